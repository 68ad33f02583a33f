"""Slices: simultaneous intervals, corrected p-values, and nobody dropped silently."""

import numpy as np
import pytest

import tacit
from tacit.attacks import Threshold
from tacit.audits.steps.slices import columns_of, slice_results
from tacit.core.checking import labelled_codes
from tacit.metrics import holm, simultaneous_level


def sliced(groups, *, mu=0.0, n=1200, seed=0):
    rng = np.random.default_rng(seed)
    member = np.arange(n) % 2 == 0
    signals = tacit.Signals.of(rng.normal(size=n) + mu * member)
    evidence = tacit.collect(Threshold(), signals, tacit.Membership(member))
    half = np.arange(n) < n // 2
    return slice_results(
        evidence.take(half), evidence.take(~half), {"g": labelled_codes(groups, "g")}, level=0.95
    )


def test_intervals_hold_for_all_tested_slices_at_once():
    results = sliced(np.arange(1200) // 2 % 3)
    assert {estimate.level for result in results for estimate in result.estimates} == {
        simultaneous_level(0.95, 3)
    }


def test_p_values_are_corrected_over_the_slices_that_were_tested():
    results = sliced(np.arange(1200) // 2 % 4, mu=0.3)
    np.testing.assert_allclose([r.p_adjusted for r in results], holm([r.p_value for r in results]))
    assert any(r.p_adjusted > r.p_value for r in results)


def test_a_small_slice_is_kept_with_its_reason_and_costs_the_others_nothing():
    groups = np.where(
        np.arange(1200) % 100 < 2, "rare", np.where(np.arange(1200) // 2 % 2 == 0, "a", "b")
    )
    results = {result.value: result for result in sliced(groups)}
    assert "too few records" in results["rare"].reason
    assert results["rare"].p_adjusted is None
    assert results["a"].estimates[0].level == simultaneous_level(0.95, 2)


def test_false_alarms_over_all_slices_stay_at_their_level():
    worlds = 150
    alarms = sum(
        min(r.p_adjusted for r in sliced(np.arange(1200) // 2 % 6, seed=seed)) <= 0.05
        for seed in range(worlds)
    )
    assert alarms <= 16  # P(Binomial(150, 0.05) > 16) = 0.002


def test_built_in_columns_are_class_prediction_and_loss():
    rng = np.random.default_rng(0)
    outputs = tacit.Outputs(logits=rng.normal(size=(500, 3)), label=rng.integers(0, 3, 500))
    columns = columns_of(outputs, {"unit": np.array(["x", "y"] * 250)})
    assert list(columns) == ["class", "prediction", "loss percentile", "unit"]
    code, texts = columns["loss percentile"]
    assert texts[0] == "0-10 %"
    np.testing.assert_array_equal(np.bincount(code), np.full(10, 50))


def test_a_column_of_another_length_is_named():
    outputs = tacit.Outputs(loss=np.ones(5))
    with pytest.raises(tacit.InvalidInput, match="`slices\\['unit'\\]` needs 5 values"):
        columns_of(outputs, {"unit": ["x"] * 4})
