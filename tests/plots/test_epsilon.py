"""Bounds at every delta, from one run and from many."""

from dataclasses import replace

import numpy as np
import pytest

from tacit.attacks import Threshold
from tacit.core import AssumptionError, InvalidInput, Membership, Signals, collect
from tacit.dp import one_run_epsilon
from tacit.figures import EpsilonFigure
from tacit.plots import EpsilonDisplay


def evidence(*, runs, shift=2.0, n=400):
    rng = np.random.default_rng(0)
    member = rng.random(n) < 0.5
    key = Membership(member, cluster=np.arange(n) if runs == "many" else None, assignment="coin")
    return collect(Threshold(), Signals.of(rng.normal(size=n) + shift * member), key)


@pytest.mark.parametrize("runs", ["one", "many"])
def test_bounds_fall_with_delta_and_are_those_of_the_metric(runs):
    display = EpsilonFigure.from_evidence(evidence(runs=runs), runs=runs, deltas=(1e-2, 1e-5, 1e-3))
    assert display.delta.tolist() == [1e-5, 1e-3, 1e-2]
    assert np.all(np.diff(display.epsilon) <= 0)
    assert display.epsilon[0] > 0
    assert display.together == (runs == "many")
    if runs == "one":
        assert display.epsilon[0] == pytest.approx(one_run_epsilon(evidence(runs="one"), 1e-5).low)


def test_the_claim_is_drawn_beside_the_bound():
    pytest.importorskip("matplotlib")
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot

    ax = pyplot.subplots()[1]
    drawn = EpsilonDisplay.from_evidence(evidence(runs="one"), runs="one", claim=(1.0, 1e-5)).plot(
        ax
    )
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert texts == ["shown at least (95 %, each delta by itself)", "claimed: ε = 1 at δ = 1e-05"]
    assert drawn.ax is ax
    pyplot.close("all")


def test_canaries_of_one_run_are_not_taken_for_many():
    one_run = replace(evidence(runs="one"), cluster=np.zeros(400, np.int64))
    with pytest.raises(AssumptionError):
        EpsilonFigure.from_evidence(one_run, runs="many")


def test_bad_options_are_named():
    with pytest.raises(InvalidInput, match="runs"):
        EpsilonDisplay.from_evidence(evidence(runs="one"), runs="two")
    with pytest.raises(InvalidInput, match="deltas"):
        EpsilonDisplay.from_evidence(evidence(runs="one"), runs="one", deltas=())
