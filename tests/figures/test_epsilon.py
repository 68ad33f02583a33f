"""Epsilon against delta: which bound stands at which delta, and what is said of all of them."""

from types import SimpleNamespace

import numpy as np
import pytest

import tacit.dp
from tacit.core import Evidence, InvalidInput
from tacit.figures import EpsilonFigure
from tacit.figures.epsilon import DELTAS

EVIDENCE = Evidence.of([4.0, 3.0, 2.0, 1.0], [True, False, True, False])


@pytest.fixture
def asked(monkeypatch):
    """Bounds that say what they were asked: -log10 of delta; the value is another number."""
    said = []

    def band(evidence, *, level):
        said.append(("many", level))
        return SimpleNamespace(epsilon=lambda delta: -np.log10(delta))

    def one(evidence, delta, *, level):
        said.append(("one", level))
        return SimpleNamespace(low=-np.log10(delta), value=99.0, high=np.inf)

    monkeypatch.setattr(tacit.dp, "tradeoff_band", band)
    monkeypatch.setattr(tacit.dp, "one_run_epsilon", one)
    return said


@pytest.mark.parametrize("runs", ["one", "many"])
def test_every_delta_has_its_own_bound_in_ascending_order(asked, runs):
    found = EpsilonFigure.from_evidence(
        EVIDENCE, runs=runs, deltas=(1e-2, 1e-5, 1e-3), claim=(8.0, 1e-5), level=0.9
    )
    np.testing.assert_allclose(found.delta, [1e-5, 1e-3, 1e-2])
    np.testing.assert_allclose(found.epsilon, [5, 3, 2])
    # one band holds at all deltas at once, bounds of one run each at its own
    assert found.together is (runs == "many")
    assert asked == [(runs, 0.9)] * (1 if runs == "many" else 3)
    assert (found.level, found.claim) == (0.9, (8.0, 1e-5))


def test_by_default_nine_powers_of_ten_at_95_per_cent(asked):
    found = EpsilonFigure.from_evidence(EVIDENCE, runs="many")
    np.testing.assert_allclose(found.delta, [10.0**-p for p in range(9, 0, -1)])
    np.testing.assert_allclose(found.delta, DELTAS)
    assert asked == [("many", 0.95)]
    assert found.claim is None


@pytest.mark.parametrize(("runs", "deltas"), [("two", (0.1,)), ("one", ()), ("many", ())])
def test_other_runs_and_no_delta_are_refused(runs, deltas):
    with pytest.raises(InvalidInput, match='"one" or "many"'):
        EpsilonFigure.from_evidence(EVIDENCE, runs=runs, deltas=deltas)


def test_lengths_of_nothing_are_refused():
    with pytest.raises(InvalidInput, match="one length above 0, got 0 and 0"):
        EpsilonFigure(np.array([]), np.array([]), 0.95, together=True)
