"""Every attack on all records: prequential folds for those that learn, one price for copies."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

import tacit
from tacit.attacks import LogisticRegression, Threshold
from tacit.audits.steps.scoring import (
    at_thresholds,
    measured,
    pooled_order,
    prequential_scores,
    reaching_chance,
    score_all,
)
from tacit.core import Estimate, Membership, NotEnoughData, Signals
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
    order = pooled_order([signals])
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
    with pytest.raises(NotEnoughData, match="told"):
        graded(LogisticRegression(), *world(16))


def test_the_order_of_records_is_forgotten_even_where_signals_tie():
    rng = np.random.default_rng(0)
    value, other = rng.integers(0, 3, 50).astype(float), rng.permutation(50).astype(float)
    mixed = rng.permutation(50)
    order = pooled_order([Signals.of(value), Signals.of(other)])
    again = pooled_order([Signals.of(value[mixed]), Signals.of(other[mixed])])
    assert np.array_equal(mixed[again], order)


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
    assert "told" in scores.failed[0].reason


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
