"""Who is told what, in which order, and what is paid once: scoring at its edges."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest

from tacit.attacks import LogisticRegression, Threshold
from tacit.audits.steps import scoring
from tacit.audits.steps.scoring import (
    CHOSEN_METRICS,
    FIT_LIMIT,
    Scored,
    at_thresholds,
    by_folds,
    measured,
    prequential_scores,
    reaching_chance,
    result_of,
    score_all,
)
from tacit.core import (
    DEFAULT_POLICY,
    AtMost,
    Check,
    Estimate,
    Evidence,
    Membership,
    NotEnoughData,
    Outputs,
    Policy,
    Signals,
)


@dataclass(frozen=True)
class Notes:
    """Notes which records it is told of, by their signal, and what it is asked."""

    seen: list
    least: int = 0
    learns: ClassVar[bool] = True
    reference: ClassVar[str] = "none"

    def __call__(self, signals):
        told = signals.known >= 0
        if told.sum() < self.least:
            raise NotEnoughData("too few are told", needed=self.least, got=int(told.sum()))
        values = signals.target[:, 0]
        self.seen.append((values[told].tolist(), signals.known[told].tolist()))
        return values


def folded(fold, *, order=None, member=None, least=0):
    """What an attack was told of records whose signal is their number, and what it scored."""
    n = len(fold)
    seen = []
    score, scored = prequential_scores(
        Notes(seen, least),
        Signals.of(np.arange(float(n))),
        Membership(np.arange(n) % 2 == 0 if member is None else member),
        np.asarray(fold, np.int8),
        np.arange(n) if order is None else order,
    )
    return seen, score, scored


def test_records_are_told_in_the_order_that_is_given_with_what_they_are():
    """Fold 0 are records 0, 2 and 4, fold 1 are 1 and 3, fold 2 is 5; the order is turned round."""
    seen, score, scored = folded([0, 1, 0, 1, 0, 2], order=np.arange(6)[::-1])
    assert [told for told, _ in seen] == [[4.0, 2.0, 0.0], [4.0, 3.0, 2.0, 1.0, 0.0]]
    assert [truth for _, truth in seen] == [[1, 1, 1], [1, 0, 1, 0, 1]]
    assert score.tolist() == [0, 1, 0, 3, 0, 5]
    assert scored.tolist() == [0, 1, 0, 1, 0, 2]


def test_whoever_is_told_too_little_scores_nothing_and_the_next_fold_is_tried():
    _, score, scored = folded([0, 0, 1, 1, 2, 2], least=3)
    assert scored.tolist() == [0, 0, 0, 0, 2, 2]
    assert score.tolist() == [0, 0, 0, 0, 4, 5]
    with pytest.raises(NotEnoughData, match="too few are told") as error:
        folded([0, 0, 1, 1, 2, 2], least=5)
    assert (error.value.needed, error.value.got) == (5, 4)


def test_one_fold_alone_teaches_nobody():
    with pytest.raises(NotEnoughData, match="at least two folds") as error:
        folded([0, 0, 0])
    assert (error.value.needed, error.value.got, error.value.unit) == (2, 1, "folds")


def test_a_first_fold_that_nobody_is_told_before_is_asked_all_the_same():
    seen, _, scored = folded([1, 1, 2])
    assert seen == [([], []), ([0.0, 1.0], [1, 0])]
    assert scored.tolist() == [1, 1, 2]


def test_ten_thousand_records_are_told_all_and_one_more_every_second():
    assert FIT_LIMIT == 10_000
    for n, told in ((10_000, 10_000), (10_001, 5_001)):
        (first, *_), _, _ = folded(np.r_[np.zeros(n, int), 1])
        assert len(first[0]) == told


def test_warnings_of_a_learner_about_few_records_are_silent_and_its_errors_are_not():
    import warnings

    @dataclass(frozen=True)
    class Warns(Notes):
        kind: type = UserWarning

        def __call__(self, signals):
            warnings.warn("few", self.kind, stacklevel=1)
            return super().__call__(signals)

    given = (Signals.of(np.zeros(2)), Membership([True, False]))
    fold, order = np.array([0, 1], np.int8), np.arange(2)
    prequential_scores(Warns([]), *given, fold, order)
    with pytest.raises(FutureWarning):
        prequential_scores(Warns([], kind=FutureWarning), *given, fold, order)


def paper_of(values, member=None):
    values = np.asarray(values, float)
    member = np.arange(len(values)) % 2 == 0 if member is None else member
    return Evidence(values, member, None, "coin", "x", np.arange(len(values)))


def test_only_attacks_that_rank_the_records_alike_pay_once():
    rng = np.random.default_rng(0)
    values = rng.normal(size=60)
    check = Check("a", "s", Threshold())
    first = at_thresholds(check, paper_of(values))
    assert [look.kind for look in first.looks] == ["rank", "cut"]
    assert first.source == "a"
    other = at_thresholds(Check("b", "s", Threshold()), paper_of(-values), [first])
    assert len(other.looks) == 2
    assert (other.same_as, other.source) == ("", "b")
    # the same ranks, other numbers; the copy of a copy pays under the first name
    copy = at_thresholds(Check("c", "s", Threshold()), paper_of(np.exp(values)), [other, first])
    assert (copy.looks, copy.same_as) == ((), "a")
    again = at_thresholds(Check("d", "s", Threshold()), paper_of(2 * values), [copy])
    assert (again.looks, again.same_as) == ((), "a")
    # an attack that learns has no ranks of all records to compare with
    learned = Scored(check, paper_of(values), first.looks, learned=first.candidate)
    assert len(at_thresholds(check, paper_of(values), [learned]).looks) == 2


def test_rows_are_let_go_and_the_candidate_is_kept():
    rng = np.random.default_rng(0)
    item = at_thresholds(Check("a", "s", Threshold()), paper_of(rng.normal(size=60)))
    bare = item.without_rows()
    assert len(item.ranked.rank) == 60
    assert len(bare.ranked.rank) == 0
    assert bare.learned is not None
    assert bare.candidate is bare.learned
    assert [look.kind for look in bare.looks] == ["rank", "cut"]
    np.testing.assert_array_equal(bare.looks[0].p_value, item.looks[0].p_value)
    learned = replace(item, ranked=None, learned=item.candidate)
    assert learned.without_rows().ranked is None


def test_a_learned_attack_is_shown_by_its_scored_folds_alone():
    rng = np.random.default_rng(0)
    member = np.arange(200) % 2 == 0
    cluster = np.arange(200) // 2
    signals = Signals.of(rng.normal(size=200) + member, features=rng.normal(size=(200, 1)))
    truth = Membership(member, cluster, "coin")
    fold = np.repeat(np.arange(5), 40).astype(np.int8)
    check = Check("l", "s", LogisticRegression())
    item = by_folds(check, signals, truth, fold, np.arange(200))
    assert item.evidence.row.tolist() == list(range(40, 200))
    assert (item.evidence.member == member[40:]).all()
    assert (item.evidence.cluster == cluster[40:]).all()
    assert item.evidence.assignment == "coin"
    assert item.fold.tolist() == [0] * 40 + np.repeat([1, 2, 3, 4], 40).tolist()
    assert item.learned is item.candidate
    assert len(item.looks) == 2
    assert item.ranked is None


def test_a_single_check_is_scored_by_the_order_of_its_own_signal():
    rng = np.random.default_rng(0)
    outputs = Outputs(loss=rng.exponential(size=40))
    member = np.arange(40) < 20
    told = []
    found = score_all(
        [Check("a", "loss", Threshold())],
        outputs,
        Membership(member),
        tell=lambda *step: told.append(step),
    )
    (item,) = found.items
    assert told == [("a", 0, 2)]
    np.testing.assert_allclose(item.evidence.score, -outputs.loss)
    assert np.sort(found.order()).tolist() == list(range(40))


def test_a_paper_of_losses_is_followed_and_not_sorted_again(monkeypatch):
    paper = paper_of([-3.0, -2.0, -1.0, 0.0]).sorted_by()
    monkeypatch.setattr(Evidence, "sorted_by", lambda *_: pytest.fail("sorted again"))
    given = paper_of([-3.0, -2.0, -1.0, 0.0])
    found = scoring._sorted(given, given.score, lambda: pytest.fail("ordered again"), paper)
    assert (found.score == paper.score).all()


def test_an_interval_that_reaches_chance_is_left_as_it_is():
    for low in (0.5, 0.4):
        estimate = Estimate("auc", 0.6, low, 0.7, 0.95, 10, "m")
        assert reaching_chance(estimate) is estimate
    prior = Estimate("ppv@prior=0.1", 0.3, 0.2, 0.4, 0.95, 10, "m", settings={"prior": 0.1})
    assert reaching_chance(prior).low == 0.1
    both = {"fpr": 0.01, "max_fpr": 0.2, "prior": 0.3}
    strict = Estimate("tpr@fpr=0.01", 0.8, 0.7, 0.9, 0.95, 10, "m", settings=both)
    assert reaching_chance(strict).low == 0.01
    loose = replace(strict, settings={"max_fpr": 0.2, "prior": 0.3})
    assert reaching_chance(loose).low == 0.2


def item_of(n=400, metrics=("auc",), gates=()):
    rng = np.random.default_rng(0)
    member = np.arange(n) % 2 == 0
    values = rng.normal(size=n) + 2 * member
    return at_thresholds(Check("a", "loss", Threshold(), metrics, gates), paper_of(values, member))


def test_all_metrics_are_asked_of_what_is_shown_and_those_of_the_rules_that_are_not_there_yet():
    rules = (("tpr@fpr=0.2", 0.3), ("auc", 0.9), ("epsilon", 1.0), ("tpr@fpr=0.0001", 0.5))
    own = Policy("p", tuple(AtMost(*rule) for rule in rules))
    score = Estimate("advantage", 0.5, 0.4, 0.6, 0.95, 400, "by hand")
    result = result_of(item_of(), level=0.9, every=True, policy=own, score=score)
    names = [estimate.name for estimate in result.estimates]
    told = names + [note.metric for note in result.notes]
    assert sorted(told) == sorted(["auc", *CHOSEN_METRICS, "tpr@fpr=0.2", "advantage"])
    # 200 non-members say nothing of one in 10,000, and that is said once
    assert "tpr@fpr=0.0001" in {note.metric for note in result.notes}
    assert names[-1] == "advantage"
    assert {e.level for e in result.estimates[:-1]} == {0.9}
    plain = result_of(item_of(), level=0.9, every=False, policy=own, score=score)
    assert [estimate.name for estimate in plain.estimates] == ["auc", "advantage"]
    missed = result_of(item_of(), level=0.9, every=True, policy=own, score=score, found=False)
    for estimate in missed.estimates[:-1]:
        assert reaching_chance(estimate) is estimate
    # the score has its limits from the test
    assert missed.estimates[-1] is score


def test_a_check_is_judged_by_its_own_rules():
    item = item_of(gates=(AtMost("auc", 0.6),))
    result = result_of(item, level=0.9, every=False, policy=DEFAULT_POLICY)
    (verdict,) = result.verdicts
    assert (verdict.outcome, verdict.metric) == ("fail", "auc")
    assert (result.role, result.statistic, result.name) == ("attack", "loss", "a")


def test_a_metric_of_ones_own_is_named_by_its_function():
    def gain(evidence):
        raise NotEnoughData("few", needed=2, got=1)

    from functools import partial

    _, notes = measured([gain, partial(gain)], paper_of(np.arange(6.0)), level=0.9)
    assert [note.metric for note in notes] == ["gain", "gain"]

    class Nameless:
        def __call__(self, evidence):
            raise NotEnoughData("few", needed=2, got=1)

    _, (note,) = measured([Nameless()], paper_of(np.arange(6.0)), level=0.9)
    assert note.metric == "metric"
