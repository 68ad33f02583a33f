"""What attackers that learn pay, and how many records could show anything."""

from types import SimpleNamespace

import numpy as np
import pytest

import tacit
from tacit.audits.steps.joint_finding import Found


def found(p_value, learned, *, level=0.95, member=None, cluster=None, scored=()):
    member = np.arange(8) < 4 if member is None else member
    sides = int(member.sum()), int((~member).sum())
    test = SimpleNamespace(p_value=p_value, n_members=sides[0], n_nonmembers=sides[1], looks=())
    return Found(scored, test, learned, member, cluster, np.arange(len(member)), level)


def test_two_tests_share_the_error_nine_to_one():
    """.018 / .9 = .02 and .004 / .1 = .04: the smaller one; without a learner nothing is paid."""
    assert found(0.018, 0.004).p_value == pytest.approx(0.02)
    assert found(0.018, 0.001).p_value == pytest.approx(0.01)
    assert found(0.018, None).p_value == 0.018
    assert found(0.95, 0.5).p_value == 1.0


def test_a_null_of_both_tests_is_called_in_at_most_one_of_twenty():
    """Exactly, of two independent uniform p-values: 1 - (1 - .045) (1 - .005) = .0498."""
    grid = (np.arange(2000) + 0.5) / 2000
    first, second = (grid <= 0.05 * 0.9).mean(), (grid <= 0.05 * 0.1).mean()
    calls = [found(0.9 * p, 1.0).p_value <= 0.05 for p in (0.0499, 0.0501)]
    assert calls == [True, False]
    calls = [found(1.0, 0.1 * p).p_value <= 0.05 for p in (0.0499, 0.0501)]
    assert calls == [True, False]
    assert 1 - (1 - first) * (1 - second) <= 0.05


def test_the_level_is_one_less_the_error():
    assert found(0.5, None, level=0.9).alpha == pytest.approx(0.1)


def test_records_needed_are_counted_by_labellings():
    """4 + 4 have 70 labellings, 3 + 3 have 20, which is exactly 1/.05 and no margin."""
    assert found(1.0, None).needed == 0
    assert found(1.0, None, member=np.arange(6) < 3).needed == 4
    assert found(1.0, None, member=np.arange(8) < 4, level=0.99).needed == 5


def test_clusters_are_the_units_where_there_are_some():
    """Twelve records of three users a side; a user with both kinds counts on both."""
    member = np.repeat([True, False], 6)
    cluster = np.array([0, 0, 1, 1, 2, 2, 2, 3, 3, 4, 4, 4])
    some = found(1.0, None, member=member, cluster=cluster)
    assert some.units == (3, 3)
    assert some.needed == 4
    assert found(1.0, None, member=member).units == (6, 6)


def scored(name, score, member):
    from tacit.metrics.looks import Ranked, cut_look, rank_look

    ranked = Ranked.of(name, score)
    looks = (rank_look(ranked, member), cut_look(ranked, member))
    return SimpleNamespace(name=name, source=name, looks=looks, fold=None, ranked=ranked)


def test_pairs_of_records_are_clusters_and_single_records_are_none():
    from tacit.audits.steps.joint_finding import joint_finding

    member = np.arange(60) < 30
    item = scored("a", np.random.default_rng(0).normal(size=60), member)
    options = {"order": np.arange(60), "level": 0.95}
    pairs = joint_finding([item], [], member, cluster=np.arange(60) // 2, **options)
    assert pairs.cluster is not None
    assert pairs.test.error is not None
    assert pairs.units == (15, 15)
    single = joint_finding([item], [], member, cluster=np.arange(60), **options)
    assert single.cluster is None
    plain = joint_finding([item], [], member, cluster=None, **options)
    assert single.p_value == plain.p_value != pairs.p_value


def world(n=400, shift=0.35):
    """Two attacks, of which the second knows nothing, and a slice in which the first knows more."""
    rng = np.random.default_rng(3)
    member, group = np.arange(n) % 2 == 0, np.arange(n) // 2 % 2
    first = rng.normal(size=n) + shift * member * (1 + group)
    return member, group, first, rng.normal(size=n)


def looked_at(name, score, member):
    from tacit.attacks import Threshold
    from tacit.audits.steps.scoring import at_thresholds
    from tacit.core import Check, Evidence

    paper = Evidence(score, member, None, "observed", name, np.arange(len(score)))
    return at_thresholds(Check(name, "s", Threshold()), paper)


def test_an_attack_s_own_p_value_and_the_one_that_pays_for_all_looks():
    """The smallest of its own looks alone, and its smallest corrected one; never the slices'."""
    from tacit.audits.steps.joint_finding import joint_finding
    from tacit.metrics.slice_looks import slice_look

    member, group, one, two = world()
    items = [looked_at("a", one, member), looked_at("b", two, member)]
    slices = [slice_look("a", items[0].ranked, group, 2, member)]  # a column of the attack's name
    done = joint_finding(
        items, slices, member, cluster=None, order=np.arange(len(member)), level=0.95
    )
    rank, cut = items[0].looks
    own, corrected = done.p_values(items[0])
    assert own == min(float(rank.p_value.min()), float(cut.p_value.min()))
    assert corrected == min(done.test.adjusted_of(rank), done.test.adjusted_of(cut))
    assert own < corrected < 0.05
    blank = done.p_values(items[1])
    assert blank[0] == min(float(look.p_value.min()) for look in items[1].looks)
    assert blank[1] == min(done.test.adjusted_of(look) for look in items[1].looks)
    assert done.shown is items[0]
    # the test keeps p-values of slices, and not the rows that made them
    kept = next(look for look in done.test.looks if look.kind == "slice")
    assert kept.p_value.tolist() == slices[0].p_value.tolist()
    assert done.best_slice == done.test.adjusted_of(kept)
    assert done.shown_level == done.test.simultaneous_level(["a", "b"], level=0.95)
    assert 0.95 < done.shown_level <= 0.975
    assert done.score.p_value == done.p_value == done.test.p_value


def test_over_clusters_attackers_that_learn_are_tested_apart_and_the_score_pays_for_them():
    """.9 of the error for the looks, .1 for the learners, none of whose looks is among the others'.

    One cluster of one record among pairs makes no record of the others.
    """
    from tacit.attacks import LogisticRegression
    from tacit.audits.steps.joint_finding import joint_finding, learned_p
    from tacit.audits.steps.scoring import by_folds
    from tacit.core import Check, Membership, Signals
    from tacit.metrics.clustered import clustered_test
    from tacit.metrics.prequential import deal_folds

    rng = np.random.default_rng(5)
    cluster = np.r_[0, np.repeat(np.arange(1, 60), 2)]
    n = len(cluster)
    member = cluster % 2 == 0
    score = rng.normal(size=60)[cluster] + 0.2 * rng.normal(size=n)
    order = np.argsort(score)
    signals = Signals.of(score, features=rng.normal(size=(n, 2)))
    truth = Membership(member, cluster)
    learner = by_folds(
        Check("l", "s", LogisticRegression()),
        signals,
        truth,
        deal_folds(order, cluster=cluster),
        order,
    )
    plain = looked_at("a", score, member)
    done = joint_finding(
        [plain, learner], [], member, cluster=truth.cluster, order=order, level=0.95
    )
    assert {look.kind for look in done.test.looks} == {"rank", "cut"}
    alone = clustered_test(plain.looks, member, truth.cluster).p_value
    learned = learned_p([learner], member, truth.cluster)
    assert done.test.p_value == alone
    assert done.p_value == pytest.approx(min(alone / 0.9, learned / 0.1, 1.0))
    assert done.p_values(learner) == (None, min(1.0, learned / 0.1))
    assert done.p_values(plain)[1] >= alone / 0.9 - 1e-12
    assert done.score.p_value == done.p_value != alone


def test_without_an_attack_that_has_thresholds_nothing_smaller_than_all_is_detectable():
    blank = (SimpleNamespace(ranked=None),)
    shape = found(1.0, None, scored=blank).detectable
    assert (shape.worst, shape.shift, shape.tail) == (1.0, 1.0, 1.0)


def test_a_fold_that_one_of_several_learners_could_score_counts(monkeypatch):
    """The first fold taught the second learner too little: its records have a fold all the same."""
    from tacit.audits.steps import joint_finding as steps

    seen = []
    monkeypatch.setattr(steps, "learned_p_value", lambda *given: seen.append(given) or 0.5)
    member, fold = np.arange(6) % 2 == 0, np.array([0, 0, 1, 1, 2, 2], np.int8)
    learners = [
        SimpleNamespace(
            fold=own, evidence=SimpleNamespace(row=np.flatnonzero(own), score=own[own > 0] * 1.0)
        )
        for own in (fold, np.where(fold == 1, 0, fold))
    ]
    assert steps.learned_p(learners, member, np.arange(6)) == 0.5
    scores, folds, *_ = seen[0]
    assert folds.tolist() == fold.tolist()
    assert [score.tolist() for score in scores] == [[0, 0, 1, 1, 2, 2], [0, 0, 0, 0, 2, 2]]


def test_the_best_of_several_slices_counts_and_without_a_slice_nothing_does():
    from tacit.audits.steps.joint_finding import joint_finding
    from tacit.metrics.slice_looks import slice_look

    member, group, one, _ = world()
    item = looked_at("a", one, member)
    nothing = np.arange(len(member)) // 4 % 2
    slices = [
        slice_look(name, item.ranked, by, 2, member)
        for name, by in (("group", group), ("nothing", nothing))
    ]
    options = {"cluster": None, "order": np.arange(len(member)), "level": 0.95}
    done = joint_finding([item], slices, member, **options)
    looks = [look for look in done.test.looks if look.kind == "slice"]
    each = [done.test.adjusted_of(look) for look in looks]
    assert done.best_slice == min(each) < max(each)
    assert joint_finding([item], [], member, **options).best_slice == 1.0


def test_within_two_users_records_can_be_dealt_in_many_ways():
    """C(18, 9) ways in each of two users: far more than the twenty that one of 5 % needs."""
    user = np.repeat([0, 1], 18)
    member = np.arange(36) % 2 == 0
    assert found(1.0, None, member=member, cluster=user).needed == 0
    # whole users: C(2, 1) ways
    assert found(1.0, None, member=user == 0, cluster=user).needed == 4
    # a user of two records more: 2 * 2 ways
    both = np.r_[user, 2, 2]
    some = found(1.0, None, member=np.r_[user == 0, True, False], cluster=both)
    assert some.needed == 4


def test_three_users_a_side_that_are_told_apart_have_no_score_above_zero():
    user = np.repeat(np.arange(6), 10)
    member = user < 3
    loss = np.where(member, 0.1, 5.0) + np.random.default_rng(0).random(60)
    report = tacit.audit(
        member=tacit.Outputs(loss=loss[member]),
        nonmember=tacit.Outputs(loss=loss[~member]),
        cluster=(user[member], user[~member]),
        effort="quick",
    )
    assert report.finding == "inconclusive"
    assert report.score.low == 0
    assert report.verdict != "fail"


@pytest.mark.parametrize(("n_scores", "enough"), [(1, True), (3, True), (4, False)])
def test_how_few_clusters_could_show_anything_pays_for_every_score(n_scores, enough):
    """4 + 4 users of two records have 70 labellings: 3 / 70 is below .05, 4 / 70 is not."""
    member = np.repeat([True, False], 8)
    looked = tuple(SimpleNamespace(looks=(1,)) for _ in range(n_scores))
    some = found(1.0, None, member=member, cluster=np.arange(16) // 2, scored=looked)
    assert some.units == (4, 4)
    assert (some.needed == 0) is enough
