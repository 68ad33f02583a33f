"""The same answers in another precision or order are the same answers."""

import numpy as np
import pytest

import tacit
from tacit import InvalidInput, Membership, Outputs
from tacit.audits.steps.sides import compared

RNG = np.random.default_rng(0)
N = 300
LOSS = RNG.exponential(1.0, N)
PROBS = RNG.dirichlet(np.ones(4), N)
TRUTH = np.repeat([True, False], N)


@pytest.mark.parametrize(
    "other",
    [
        LOSS.astype(np.float32),
        LOSS.round(6),
        LOSS * (1 + 1e-9),
        RNG.permutation(LOSS).astype(np.float32),
        np.r_[LOSS[:-2], 9.0, 8.0].astype(np.float32),
    ],
    ids=["float32", "six decimals", "jitter", "another order", "two others"],
)
def test_a_rounded_copy_is_refused(other):
    with pytest.raises(InvalidInput, match="There is nothing to tell apart"):
        compared(Outputs(loss=np.r_[LOSS, other]), TRUTH)


def test_rounded_probabilities_are_seen():
    both = np.concatenate([PROBS, PROBS.astype(np.float32).astype(np.float64)])
    with pytest.raises(InvalidInput, match="but for rounding"):
        compared(Outputs(probs=both, label=np.arange(2 * N) % 4), TRUTH)


def test_other_answers_of_one_distribution_are_not():
    for seed in range(5):
        rng = np.random.default_rng(seed)
        compared(Outputs(loss=rng.exponential(1.0, 2 * N)), TRUTH)
        votes = rng.binomial(10, 0.9, 2 * N) / 10
        compared(Outputs(probs=votes, label=rng.integers(0, 2, 2 * N)), TRUTH)


@pytest.mark.parametrize(
    "answers",
    [
        {"probs": np.ones(N), "label": np.arange(N) % 2},
        {"loss": np.zeros(N)},
        {"logits": np.zeros((N, 3)), "label": np.arange(N) % 3},
    ],
    ids=["probabilities", "losses", "logits"],
)
def test_answers_that_are_all_the_same_are_inconclusive(answers):
    other = {name: value[::-1] for name, value in answers.items()}
    sides = [Outputs(**answers), Outputs(**other)]
    report = tacit.audit(member=sides[0], nonmember=sides[1], effort="quick")
    assert report.verdict == "inconclusive"
    assert "the same" in report.headline


@pytest.mark.parametrize(
    "cluster",
    [
        [None, "a", "b"],
        [np.nan, 1.0, 2.0],
        ["", "a", "b"],
        np.array(["NaT", "2020-01-01", "2020-01-02"], "M8[D]"),
        np.array([None, 1, 2], object),
    ],
    ids=["None", "NaN", "blank", "NaT", "an object"],
)
def test_records_without_a_cluster_are_not_one_cluster(cluster):
    with pytest.raises(InvalidInput, match=r"`cluster` .* missing ones in 1 row \(first: 0\)"):
        Membership([1, 0, 1], cluster=cluster)


@pytest.mark.parametrize("effort", ["max", "Full", "", 1])
def test_an_unknown_effort_is_not_a_weaker_audit(effort):
    sides = [Outputs(loss=RNG.exponential(1.0, 50)) for _ in range(2)]
    with pytest.raises(InvalidInput, match="`effort` needs"):
        tacit.audit(member=sides[0], nonmember=sides[1], effort=effort)


@pytest.mark.parametrize("value", [10**400, 1j, b"x", np.timedelta64(3, "D")])
def test_any_value_can_be_sliced_by(value):
    sides = [Outputs(loss=RNG.exponential(1.0, 60)) for _ in range(2)]
    column = [value, 1] * 30
    report = tacit.audit(
        member=sides[0], nonmember=sides[1], effort="quick", slices={"a": (column, column)}
    )
    assert {check.slice for check in report.checks if check.role == "slice"} >= {"a"}


def test_a_pass_says_what_is_open_and_never_inconclusive():
    rng = np.random.default_rng(3)
    for seed in range(6):
        rng = np.random.default_rng(seed)
        sides = [Outputs(loss=rng.exponential(1.0, 400)) for _ in range(2)]
        report = tacit.audit(member=sides[0], nonmember=sides[1], effort="quick")
        assert report.verdict != "pass" or not report.headline.startswith("Inconclusive")


@pytest.mark.parametrize(("same", "refused"), [(99, True), (98, False)])
def test_ninety_nine_of_a_hundred_are_the_same_sides(same, refused):
    rng = np.random.default_rng(1)
    one = rng.exponential(1.0, 100)
    other = np.r_[one[:same] * (1 + 1e-8), 50 + rng.exponential(1.0, 100 - same)]
    both, truth = Outputs(loss=np.r_[one, other]), np.repeat([True, False], 100)
    if refused:
        with pytest.raises(InvalidInput, match="but for rounding"):
            compared(both, truth)
    else:
        compared(both, truth)


LOGITS = np.random.default_rng(4).normal(size=(N, 4))


@pytest.mark.parametrize(
    "other",
    [
        LOGITS + 1.0,
        LOGITS + np.arange(N)[:, None],
        LOGITS.round(3),
        LOGITS - LOGITS.max(axis=1, keepdims=True),
        np.random.default_rng(5).permutation(LOGITS.round(4)),
    ],
    ids=["shifted", "each row shifted", "three decimals", "log-softmax", "rounded and permuted"],
)
def test_logits_that_say_the_same_are_refused(other):
    label = np.arange(2 * N) % 4
    with pytest.raises(InvalidInput, match="There is nothing to tell apart"):
        compared(Outputs(logits=np.concatenate([LOGITS, other]), label=label), TRUTH)


def test_two_draws_are_never_taken_for_one():
    for seed in range(60):
        rng = np.random.default_rng(seed)
        n = (20, 60, 400)[seed % 3]
        truth = np.repeat([True, False], n)
        compared(Outputs(loss=rng.exponential(1.0, 2 * n)), truth)
        # neighbours in time: non-members are the next steps of the same walk
        walk = rng.normal(size=2 * n).cumsum()
        compared(Outputs(prediction=walk, truth=walk + rng.normal(size=2 * n)), truth)


def test_small_numbers_of_a_table_are_as_precise_as_usual_ones():
    """Most numbers are 1: of one near 0 a difference below their precision is none."""
    from tacit.audits.steps.same_numbers import PRECISION, _share

    first = np.array([[1.0], [1.0], [0.0]])
    for change, share in ((0.5, 1.0), (1.5, 2 / 3)):
        second = np.array([[1.0], [1.0], [change * PRECISION]])
        assert _share(first, second) == pytest.approx(share)
    assert _share(np.zeros((3, 2)), np.zeros((3, 2))) == 1.0
    # all numbers of a row count
    assert _share(np.ones((2, 2)), np.array([[1.0, 1.0], [1.0, 2.0]])) == 0.5
    assert _share(np.ones((2, 1)), np.array([[1.25], [1.5]]), np.array([0.25])) == 0.5
