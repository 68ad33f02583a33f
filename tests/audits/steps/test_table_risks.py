"""The risks of a table hold together: intervals by Bonferroni, p-values by Holm."""

import numpy as np
import pytest
from scipy.stats import beta

from tacit.audits.steps import table_risks as steps
from tacit.core import NotEnoughData
from tacit.metrics.risks import PAIRED


def hits(right, of=40):
    return np.arange(of) < right


def test_four_risks_pay_for_each_other(monkeypatch):
    outcome = (hits(20), hits(10), hits(5))

    def singling_out(game, *, width=2, seed):
        if width == 1:
            raise NotEnoughData("too few", needed=20, got=3, unit="descriptions")
        return outcome

    monkeypatch.setattr(steps, "singling_out", singling_out)
    monkeypatch.setattr(steps, "linkability", lambda game, *, seed: outcome)
    monkeypatch.setattr(
        steps, "inference", lambda game, secrets: {"age": (*outcome[:2], hits(0, 0))}
    )
    results = steps.table_risks(None, ["age"], seed=0, level=0.95)
    assert [result.name for result in results][1] == "singling out by one value"
    assert results[1].p_value is None
    tested = [result for result in results if result.p_value is not None]
    assert len(tested) == 3
    smallest = min(result.p_value for result in tested)
    assert min(result.p_adjusted for result in tested) == pytest.approx(3 * smallest)
    for result in tested:
        risk, inside, outside, *baseline = result.estimates
        assert risk.level == inside.level == pytest.approx(1 - 0.05 / 4)
        assert inside.value == 0.5
        assert inside.low == pytest.approx(beta.ppf(0.05 / 8, 20, 21))
        assert inside.high == pytest.approx(beta.ppf(1 - 0.05 / 8, 21, 20))
        assert outside.value == 0.25
        assert len(baseline) == (result.name != "inference of age")
        # the same description is tried on both sides; links and cells are guessed row by row
        assert (PAIRED in risk.assumes) == result.name.startswith("singling out")
