"""Slices: simultaneous intervals, corrected p-values, and nobody dropped silently."""

import numpy as np
import pytest
from scipy.stats import binom

import tacit
from tacit.attacks import Threshold
from tacit.audits.steps.scoring import at_thresholds
from tacit.audits.steps.slices import columns_of, slice_looks, slice_results
from tacit.core.checking import labelled_codes
from tacit.metrics import simultaneous_level
from tacit.metrics.joint import joint_test


def sliced(groups, *, mu=0.0, n=600, seed=0):
    rng = np.random.default_rng(seed)
    member = np.arange(n) % 2 == 0
    signals = tacit.Signals.of(rng.normal(size=n) + mu * member)
    evidence = tacit.collect(Threshold(), signals, tacit.Membership(member))
    item = at_thresholds(tacit.Check("a", "signal", Threshold()), evidence)
    columns = {"g": labelled_codes(groups, "g")}
    looks = [*item.looks, *slice_looks(columns, [item], member)]
    test = joint_test(looks, member, shuffled=False)
    return test, slice_results(test, columns, evidence, level=0.95)


def test_intervals_hold_for_all_tested_slices_at_once():
    _, results = sliced(np.arange(600) // 2 % 3)
    assert {estimate.level for result in results for estimate in result.estimates} == {
        simultaneous_level(0.95, 3)
    }


def test_p_values_are_corrected_over_all_that_was_looked_at():
    test, results = sliced(np.arange(600) // 2 % 4, mu=0.3)
    slices = test.looks[-1]
    np.testing.assert_allclose([r.p_value for r in results], slices.p_value)
    np.testing.assert_allclose([r.p_adjusted for r in results], test.adjusted[test.places(slices)])
    # a tenth of the error over four slices: at most forty times its own p-value
    assert all(r.p_value < r.p_adjusted <= 40 * r.p_value + 1e-9 for r in results)


def test_an_interval_leaves_chance_out_only_where_the_corrected_p_value_does():
    for seed in range(5):
        for result in sliced(np.arange(600) // 2 % 4, mu=0.25, seed=seed)[1]:
            assert result.p_adjusted <= 0.05 or result.estimate("auc").low <= 0.5


def test_a_small_slice_is_kept_with_its_reason_and_costs_the_others_nothing():
    groups = np.where(
        np.arange(600) % 100 < 2, "rare", np.where(np.arange(600) // 2 % 2 == 0, "a", "b")
    )
    test, results = sliced(groups)
    results = {result.value: result for result in results}
    assert "too few records" in results["rare"].reason
    assert results["rare"].p_adjusted is None
    assert results["a"].estimates[0].level == simultaneous_level(0.95, 2)
    assert len(test.looks[-1].p_value) == 2


def test_a_slice_with_few_of_one_side_has_no_interval_but_keeps_its_p_values():
    # 60 records, 15 of them members: tested, since a look never asks who is a member
    group = np.zeros(600, int)
    group[np.flatnonzero(np.arange(600) % 2 == 0)[:15]] = 1
    group[np.flatnonzero(np.arange(600) % 2 == 1)[:45]] = 1
    _, results = sliced(group)
    assert results[1].estimates == ()
    assert results[1].p_value <= results[1].p_adjusted <= 1
    assert "too few records" in results[1].reason


def test_false_alarms_over_all_slices_stay_at_their_level():
    worlds = 100
    alarms = sum(
        min(r.p_adjusted for r in sliced(np.arange(600) // 2 % 6, seed=seed)[1]) <= 0.05
        for seed in range(worlds)
    )
    assert alarms <= binom.ppf(0.999, worlds, 0.05)


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
