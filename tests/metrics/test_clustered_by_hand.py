"""Shuffles of users and within users, one by one."""

import numpy as np
import pytest

from tacit.metrics import clustered
from tacit.metrics.clustered import clustered_test
from tacit.metrics.looks import Ranked, cut_look, rank_look


def looks_at(scores, member):
    found = []
    for column in range(scores.shape[1]):
        ranked = Ranked.of(str(column), scores[:, column])
        found += [rank_look(ranked, member), cut_look(ranked, member)]
    return [look for look in found if look is not None]


def world(seed, size, inside, *, gain=0.0, mixed=False):
    """Users of the given sizes, the first `inside` of them members; or each record by a coin."""
    rng = np.random.default_rng([9, seed])
    user = np.repeat(np.arange(len(size)), size)
    member = rng.random(len(user)) < 0.5 if mixed else user < inside
    own = np.repeat(rng.normal(size=(len(size), 1)), size, axis=0)
    score = 0.4 * own + 0.9 * rng.normal(size=(len(user), 2))
    return score + gain * member[:, None], member, user


def test_what_looks_weigh_follows_from_the_fewer_users(monkeypatch):
    """Five users of members against eight: five decide whether ranks weigh as cuts do."""
    asked, weights = [], clustered.weights
    monkeypatch.setattr(
        clustered, "weights", lambda looks, few: asked.append(few) or weights(looks, few)
    )
    for inside in (5, 8):
        score, member, user = world(0, np.full(13, 3), inside)
        clustered_test(looks_at(score, member), member, user)
    assert asked == [5, 5]


def test_within_users_every_shuffle_keeps_as_many_members_of_each(monkeypatch):
    """Users of 4, 2 and 5 records with 1, 1 and 3 members: all records take part, in blocks of any
    size, each as often as its user's share (four standard errors of 600 shuffles).
    """
    from tacit.metrics.clustered import _Clusters, _Within

    unit = np.repeat([0, 1, 2], [4, 2, 5])
    member = np.isin(np.arange(11), [2, 5, 6, 8, 9])
    rows = [rank_look(Ranked.of("a", np.arange(11.0)), member).rows]
    within = _Within.of(_Clusters.of(rows, member, unit), rows, member)
    seen = []
    monkeypatch.setattr(
        _Within, "_of", lambda self, chosen: seen.append(chosen) or np.zeros((len(chosen), 1))
    )
    for block in (11 * 7, 1_000_000):
        seen.clear()
        monkeypatch.setattr(clustered, "BLOCK", block)
        assert len(within.shuffled(np.random.default_rng(0), 600)) == 600
        chosen = np.concatenate(seen)
        assert {len(part) for part in seen[:-1]} <= {7}
        for row in chosen:
            assert len(set(row)) == 5
            assert np.bincount(unit[row]).tolist() == [1, 1, 3]
        share = np.bincount(chosen.ravel(), minlength=11) / 600
        wanted = np.repeat([1 / 4, 1 / 2, 3 / 5], [4, 2, 5])
        assert (np.abs(share - wanted) < 4 * np.sqrt(wanted * (1 - wanted) / 600)).all()


def test_whole_users_are_shuffled_each_time_anew():
    """Four users of one look: over many shuffles all six labellings come, equally often."""
    from tacit.metrics.clustered import _Between

    w, d = np.ones((4, 1)), np.array([[1.0], [2], [4], [8]])
    columns = np.stack([w, w * d, w**2, w**2 * d, w**2 * d**2], axis=1)
    # no usual variance: that of the users themselves is told
    between = _Between(np.array([True, True, False, False]), columns, np.zeros(1))
    apart, variance = between.shuffled(np.random.default_rng(0), 1200)
    values, counts = np.unique(apart, return_counts=True)
    # pairs 3, 5, 6, 9, 10, 12 of 15: twice the pair less 15, halved
    assert values.tolist() == [-4.5, -2.5, -1.5, 1.5, 2.5, 4.5]
    assert (np.abs(counts - 200) < 4 * (1200 * 5 / 36) ** 0.5).all()
    assert between.observed()[0].tolist() == [[-4.5]]
    # (1, 2) about 1.5 and (4, 8) about 6: squares .5 and 8, each over 2 ** 2
    assert between.observed()[1].tolist() == [[8.5 / 4]]
    assert len(variance) == 1200


@pytest.mark.parametrize("mixed", [False, True])
def test_equal_scores_tell_nothing_of_users_and_spoil_no_other_look(mixed):
    score, member, user = world(4, np.full(14, 3), 7, gain=0.5, mixed=mixed)
    flat = rank_look(Ranked.of("flat", np.full(len(user), 0.1)), member)
    looks = [rank_look(Ranked.of("a", score[:, 0]), member)]
    alone = clustered_test(looks, member, user)
    test = clustered_test([*looks, flat], member, user)
    assert (test.effect[1], test.spread[1], test.p_value_each[1]) == (0, 0, 0.5)
    assert test.effect[0] == pytest.approx(alone.effect[0])
    assert clustered_test([flat], member, user).p_value == 1.0


def test_so_few_users_allow_one_of_all_labellings_that_are_dealt():
    """Three users against three: 20 ways; a user of one member and one other: 2; of one member
    among four: 4; of two among five: 10.
    """
    from tacit.metrics.clustered import smallest_clustered_p

    pure = np.array([1, 1, 1, 0, 0, 0], bool)
    assert smallest_clustered_p(pure, np.arange(6)) == pytest.approx(1 / 20)
    pair = np.r_[pure, True, False]
    assert smallest_clustered_p(pair, np.array([0, 1, 2, 3, 4, 5, 6, 6])) == pytest.approx(1 / 40)
    mixed = np.array([0, 1, 0, 0, 1, 0, 1, 0, 0], bool)
    users = np.repeat([7, 3], [4, 5])
    assert smallest_clustered_p(mixed, users) == pytest.approx(1 / 40)
    both = np.r_[pure, mixed]
    every = np.r_[np.arange(100, 106), users]
    assert smallest_clustered_p(both, every) == pytest.approx(1 / 800)


def test_the_true_users_are_counted_among_their_shuffles():
    """Shuffles are a sample: of b that are k as extreme, the p-value is (k + 1) / (b + 1)."""
    score, member, user = world(4, np.full(16, 3), 8)
    test = clustered_test(looks_at(score, member), member, user)
    assert test.shuffles.every is False
    smallest = test.shuffles.smallest
    reached = int((smallest <= test.ratio.min() * (1 + 1e-5)).sum())
    assert reached > 20, "another world: so few are looked up elsewhere"
    assert test.p_value == (reached + 1) / (len(smallest) + 1)


def test_a_fold_of_one_kind_says_nothing_of_an_attacker_that_learns():
    rng = np.random.default_rng(5)
    user = np.repeat(np.arange(24), 2)
    member = (user % 2 == 0) | (user >= 16)
    score = rng.normal(size=48) + member
    fold = np.where(user < 16, 1, 2).astype(np.int8)
    both = clustered.learned_p_value([score], fold, member, user)
    alone = clustered.learned_p_value([score], np.where(fold == 2, 0, 1), member, user)
    assert both == alone < 0.5


def test_a_fold_that_speaks_against_a_leak_speaks_against_it():
    rng = np.random.default_rng(6)
    user = np.repeat(np.arange(32), 2)
    member = user % 2 == 0
    fold = np.where(user < 16, 1, 2).astype(np.int8)
    score = rng.normal(size=64) + member * np.where(fold == 1, 1.0, -1.0)
    both = clustered.learned_p_value([score], fold, member, user)
    alone = clustered.learned_p_value([score], np.where(fold == 2, 0, 1), member, user)
    assert alone < 0.2 < both
