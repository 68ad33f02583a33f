"""Nouns check themselves when they are made."""

import numpy as np
import pytest

from tacit.core import (
    AtMost,
    Check,
    Evidence,
    InvalidInput,
    NotRefuted,
    Policy,
    Signals,
    Statistic,
)
from tacit.metrics import auc, tpr_at_fpr

RNG = np.random.default_rng(0)
TRUTH = RNG.integers(0, 2, 2000)
SCORE = RNG.normal(size=2000) + TRUTH


def test_zeros_and_ones_are_truth_and_not_row_numbers():
    whole = auc(Evidence(SCORE, TRUTH))
    assert whole == auc(Evidence.of(SCORE, TRUTH.astype(bool)))
    assert whole.n == 2000


@pytest.mark.parametrize("arrays", [(SCORE, TRUTH), (TRUTH, SCORE), (list(SCORE), list(TRUTH))])
def test_metrics_take_arrays_in_the_order_of_either_habit(arrays):
    assert auc(*arrays) == auc(Evidence.of(SCORE, TRUTH))
    assert tpr_at_fpr(*arrays, 0.1) == tpr_at_fpr(Evidence.of(SCORE, TRUTH), 0.1)


def test_scores_of_zero_and_one_are_told_apart_by_their_type_or_refused():
    hard = (SCORE > 0.5).astype(int)
    assert auc(hard, TRUTH.astype(bool)) == auc(Evidence.of(hard, TRUTH))
    with pytest.raises(InvalidInput, match=r"Evidence\.of"):
        auc(hard, TRUTH)
    with pytest.raises(InvalidInput, match="neither holds only 0 and 1"):
        auc(SCORE, SCORE)
    with pytest.raises(InvalidInput, match="`score` and `member`"):
        auc(SCORE)


def test_clusters_travel_with_arrays():
    users = np.arange(2000) // 10
    assert auc(SCORE, TRUTH, cluster=users) == auc(Evidence.of(SCORE, TRUTH, cluster=users))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Evidence([0.1, np.nan], [0, 1]), "`score` needs numbers, got NaN in 1 row"),
        (lambda: Evidence([0.1, 0.2], [0, 1, 1]), "`member` needs one row a record"),
        (lambda: Evidence([0.1, 0.2], [0, 2]), "`member` needs True/False or 0/1"),
        (lambda: Evidence([0.1, 0.2], [0, 1], cluster=[1]), "`cluster` needs one row a record"),
        (lambda: Evidence([0.1, 0.2], [0, 1], row=np.array([0])), "`row` needs one row a record"),
        (lambda: Evidence([0.1, 0.2], [0, 1], assignment="dice"), "`assignment` needs one of"),
        (lambda: Evidence([[0.1, 0.2]], [0]), "`score` needs 1 dimension"),
        (lambda: Signals(np.array([np.nan, 1.0])), "`target` needs finite numbers"),
        (lambda: Signals([1.0], shadow=[[1.0]]), "`shadow` and `shadow_member` go together"),
        (lambda: Signals([1.0], scale="logits"), "`scale` needs one of"),
        (lambda: Statistic("", abs), "`name` of a Statistic"),
        (lambda: Statistic("a", 3), "`function` of the Statistic"),
        (lambda: Policy("p", ()), "at least one gate"),
        (lambda: Policy("p", "auc"), "needs gates such as"),
        (lambda: Policy(3, AtMost("auc", 0.6)), "`name` of a Policy"),
        (lambda: AtMost("auc", "low"), "`limit` needs a number"),
        (lambda: AtMost("auc", True), "`limit` needs a number"),
        (lambda: AtMost("", 0.5), "`metric` needs the name"),
        (lambda: NotRefuted(float("inf")), "`claimed_epsilon` needs a finite number"),
        (lambda: Check("a", "loss", 3), "`attack` of Check 'a'"),
        (lambda: Check("", "loss", abs), "`name` of a Check"),
        (lambda: Check("a", "loss", abs, metrics=[3]), "`metrics` of Check 'a'"),
        (lambda: Check("a", "loss", abs, gates=["auc"]), "`gates` of Check 'a'"),
    ],
)
def test_what_a_noun_cannot_be_is_refused_where_it_is_made(make, says):
    with pytest.raises(InvalidInput, match=says):
        make()


def test_one_gate_needs_no_tuple():
    gate = AtMost("auc", 0.6)
    assert Policy("p", gate) == Policy("p", (gate,)) == Policy("p", [gate])
    assert Check("a", "loss", abs, gates=gate).gates == (gate,)
    assert Check("a", "loss", abs, metrics="auc").metrics == ("auc",)


def test_a_name_that_nobody_knows_has_no_scale():
    assert Signals.of([1.0], statistic="loss").scale == "log-likelihood"
    assert Signals.of([1.0], statistic="my own").scale == "none"
    assert Signals.of([1.0], statistic=Statistic("my own", abs, "logit")).scale == "logit"
    assert Signals.of([1.0]).scale == "none"


def test_signals_derived_from_signals_keep_what_is_not_changed():
    signals = Signals.of([1.0, 2.0, 3.0], statistic="loss", group=[0, 1, 1])
    part = signals.take(np.array([2, 0])).told([1, -1])
    assert part.target.ravel().tolist() == [3.0, 1.0]
    assert (part.statistic, part.scale) == ("loss", "log-likelihood")
    assert part.known.tolist() == [1, -1]


def test_a_target_is_kept_in_the_precision_of_its_shadow_models():
    """Equal answers of a tree differed by rounding, and looked like those of another model."""
    shadow = np.full((2, 3, 1), -708.39641853, np.float32)
    member = np.zeros((2, 3), bool)
    signals = Signals.of(np.full(3, -708.39641853), shadow=shadow, shadow_member=member)
    assert signals.target.dtype == np.float32
    assert (signals.target == signals.shadow[0]).all()
    huge = Signals.of(np.full(3, 1e300), shadow=shadow, shadow_member=member)
    assert (huge.target == 1e300).all()
    assert Signals.of(np.full(3, 0.1)).target.dtype == np.float64
