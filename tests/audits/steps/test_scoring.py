"""Every attack on all records: prequential folds for those that learn, one price for copies."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

import tacit
from tacit.attacks import LogisticRegression, Threshold
from tacit.audits.steps.scoring import (
    at_thresholds,
    by_folds,
    measured,
    pooled_order,
    prequential_scores,
    reaching_chance,
    score_all,
)
from tacit.core import Estimate, Membership, NotEnoughData, Outputs, Signals
from tacit.metrics.prequential import deal_folds


@dataclass(frozen=True)
class Memoriser:
    """Gives back what it was told: perfect if it is ever graded on told records."""

    learns: ClassVar[bool] = True
    reference: ClassVar[str] = "none"

    def __call__(self, signals):
        return (signals.known == 1).astype(float)


def world(n=400, seed=0):
    rng = np.random.default_rng(seed)
    signals = Signals.of(rng.normal(size=n), features=rng.normal(size=(n, 2)))
    return signals, Membership(rng.permutation(n) < n // 2)


def graded(attack, signals, membership):
    order = pooled_order([signals], membership.member)
    return prequential_scores(attack, signals, membership, deal_folds(order), order)


def evidence_of(mu, n=400):
    rng = np.random.default_rng(0)
    member = np.arange(2 * n) % 2 == 0
    signals = Signals.of(rng.normal(size=2 * n) + mu * member)
    return tacit.collect(Threshold(), signals, Membership(member))


def test_an_attack_that_only_remembers_knows_nothing_of_the_next_fold():
    score, fold = graded(Memoriser(), *world())
    assert np.all(score == 0)
    assert np.bincount(fold).tolist() == [80] * 5


def test_a_learned_attack_keeps_rows_and_scores_together():
    signals, membership = world()
    leaking = Signals.of(signals.target[:, 0] + 3 * membership.member, features=signals.features)
    score, fold = graded(LogisticRegression(), leaking, membership)
    inside, outside = membership.member & (fold > 0), ~membership.member & (fold > 0)
    assert score[inside].mean() > score[outside].mean() + 1


def test_a_fold_before_which_too_little_was_told_is_not_scored():
    signals, membership = world(60)
    _, fold = graded(LogisticRegression(), signals, membership)
    assert 1 not in fold
    assert 4 in fold
    with pytest.raises(NotEnoughData, match="learns from members that it knows"):
        graded(LogisticRegression(), *world(16))


def test_an_attack_that_ranks_as_another_does_pays_once():
    evidence = evidence_of(0.2)
    check = tacit.Check("a", "s", Threshold())
    first = at_thresholds(check, evidence)
    copy = at_thresholds(tacit.Check("b", "s", Threshold()), evidence, [first])
    assert copy.looks == ()
    assert copy.source == "a"


def test_attacks_that_cannot_learn_from_so_few_are_kept_with_the_reason():
    rng = np.random.default_rng(0)
    outputs = tacit.Outputs(logits=rng.normal(size=(16, 2)), label=rng.integers(0, 2, 16))
    checks = [
        tacit.Check("t", "scaled_logit", Threshold()),
        tacit.Check("l", "scaled_logit", LogisticRegression()),
    ]
    membership = Membership(np.arange(16) % 2 == 0)
    scores = score_all(checks, outputs, membership, tell=lambda *_: None)
    assert [item.name for item in scores.items] == ["t"]
    assert scores.failed[0].name == "l"
    assert "learns from members that it knows" in scores.failed[0].reason


@pytest.mark.parametrize(
    ("name", "settings", "chance"),
    [
        ("auc", {}, 0.5),
        ("tpr@fpr=0.01", {"fpr": 0.01}, 0.01),
        ("tpr@fpr<=0.1", {"max_fpr": 0.1}, 0.1),
        ("ppv@prior=0.1", {"prior": 0.1}, 0.1),
    ],
)
def test_an_interval_of_what_is_not_significant_reaches_down_to_chance(name, settings, chance):
    estimate = Estimate(name, 0.8, 0.7, 0.9, 0.95, 10, "m", settings=settings)
    assert reaching_chance(estimate).low == chance
    assert reaching_chance(Estimate("epsilon", 0.8, 0.7, 0.9, 0.95, 10, "m")).low == 0.7


def test_what_cannot_be_measured_is_a_note_with_its_name():
    estimates, notes = measured(["auc", "tpr@fpr=0.0001"], evidence_of(1.0), level=0.9)
    assert [estimate.name for estimate in estimates] == ["auc"]
    assert estimates[0].level == 0.9
    assert notes[0].metric == "tpr@fpr=0.0001"
    assert notes[0].unit == "non-members"


def test_ranks_in_folds_of_unequal_size_are_shares_of_their_fold():
    """203 records in folds of 41 and 40: the first of n stands (n - 1) / n above the middle."""
    signals, membership = world(203)
    order = pooled_order([signals], membership.member)
    fold = deal_folds(order)
    item = by_folds(tacit.Check("l", "s", LogisticRegression()), signals, membership, fold, order)
    sizes = np.bincount(fold)
    assert set(sizes) == {40, 41}
    for number in range(1, 5):
        own = item.evidence.score[item.fold[item.evidence.row] == number]
        assert own.max() == pytest.approx(1 - 1 / sizes[number])
        assert own.min() == -own.max()


class Counts(Memoriser):
    """Counts what it was told: how many, and of them how many members."""

    def __call__(self, signals):
        told = signals.known >= 0
        return np.full(signals.n, told.sum() + 1000.0 * (signals.known == 1).sum())


def test_each_fold_is_told_all_folds_before_it_and_nothing_of_itself():
    """Folds of 80: told 80, 160, 240 and 320, and as many members as these hold."""
    signals, membership = world()
    score, fold = graded(Counts(), signals, membership)
    whole = deal_folds(pooled_order([signals], membership.member))
    for number in range(1, 5):
        before = whole < number
        expected = before.sum() + 1000.0 * membership.member[before].sum()
        assert set(score[fold == number]) == {expected}, number


def test_guessing_gives_a_half_or_nothing():
    """Where chance is set to 0 for an area, the interval of chance would leave chance out."""
    for name, chance in (("auc", 0.5), ("balanced_accuracy", 0.5), ("pauc@fpr=0.01", 0.5)):
        settings = {"max_fpr": 0.01} if "fpr" in name else {}
        found = reaching_chance(Estimate(name, 0.8, 0.7, 0.9, 0.95, 10, "m", settings=settings))
        assert (found.low, found.value, found.high) == (chance, 0.8, 0.9)
    gain = Estimate("advantage", 0.2, 0.1, 0.3, 0.95, 10, "m")
    assert reaching_chance(gain).low == 0.0
    below = Estimate("auc", 0.4, 0.3, 0.5, 0.95, 10, "m")
    assert reaching_chance(below) is below


def test_one_label_a_record_is_its_group_and_several_are_none():
    from tacit.attacks import LogisticRegression, Threshold
    from tacit.audits.steps.scoring import _signals
    from tacit.core import Check

    plain = [Check("a", "loss", Threshold()), Check("b", "loss", Threshold())]
    one = Outputs(logits=np.zeros((4, 3)), label=[0, 1, 2, 1])
    found = _signals(plain, one, None)
    assert list(found) == ["loss"]
    assert found["loss"].group.tolist() == [0, 1, 2, 1]
    # nobody who learns, nobody who reads features
    assert found["loss"].features.shape == (4, 0)
    several = Outputs(logits=np.zeros((4, 3)), label=np.ones((4, 3), int))
    assert _signals(plain, several, None)["loss"].group.tolist() == [0] * 4
    learns = [*plain, Check("c", "entropy", LogisticRegression())]
    both = _signals(learns, one, None)
    assert list(both) == ["loss", "entropy"]
    assert both["loss"].features.shape[1] == both["entropy"].features.shape[1] > 0
