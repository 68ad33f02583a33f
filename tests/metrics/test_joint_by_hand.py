"""The joint test written out: all labellings of few records, and which road is taken."""

from itertools import combinations

import numpy as np
import pytest

from tacit.metrics.chance import Copula
from tacit.metrics.joint import joint_test
from tacit.metrics.looks import Ranked, cut_look, rank_look
from tacit.metrics.prequential import deal_folds, learned_looks
from tacit.metrics.slice_looks import slice_look


def looks_at(scores, member):
    """Rank and cut looks of each column."""
    found = []
    for column in range(scores.shape[1]):
        ranked = Ranked.of(str(column), scores[:, column])
        found += [rank_look(ranked, member), cut_look(ranked, member)]
    return [look for look in found if look is not None]


def drawn(n, attacks=3, seed=0, gain=0.0):
    rng = np.random.default_rng(seed)
    member = rng.permutation(np.arange(n) % 2 == 0)
    scores = 0.8 * rng.normal(size=(n, 1)) + 0.6 * rng.normal(size=(n, attacks))
    return scores + gain * member[:, None], member


@pytest.mark.parametrize(("n", "m", "ties"), [(8, 3, 50), (9, 6, 7), (10, 5, 6)])
def test_the_whole_test_is_that_of_all_labellings_written_out(n, m, ties):
    """Two scores and a column of slices. Each look's p-value under every labelling: of counts from
    the counts themselves, of ranks by the normal law with the exact spread. Of the error thresholds
    get 8/9 in equal parts, the two slices 1/9; the smallest ratio of both decides.
    """
    from scipy.stats import norm, rankdata

    rng = np.random.default_rng(n)
    scores = rng.integers(0, ties, (n, 2)).astype(float)
    code = np.arange(n) % 2
    member = np.isin(np.arange(n), rng.permutation(n)[:m])
    slices = slice_look("s", Ranked.of("0", scores[:, 0]), code, 2, member)
    test = joint_test([*looks_at(scores, member), slices], member)
    rows = []
    for score in scores.T:
        rows.append(("rank", 2 * rankdata(score) - n - 1))
        tops = {int(n / 2**j + 0.5) for j in range(1, 9) if n / 2**j + 0.5 >= 4}
        for top in sorted(tops | {n - top for top in tops}, reverse=True):
            cut = np.sort(score)[n - top]
            if (score >= cut).sum() == top:  # a cut that lies on a step as it is
                rows.append(("cut", (score >= cut).astype(float)))
    for value in (0, 1):
        own = rankdata(scores[code == value, 0])
        rank = np.zeros(n)
        rank[code == value] = 2 * own - len(own) - 1
        rows.append(("rank", rank))
    assert len(rows) == len(test.weight), "other scores: here a cut was moved to the next step"
    weight = np.append(np.full(len(rows) - 2, 8 / 9 / (len(rows) - 2)), [1 / 18, 1 / 18])
    assert test.weight == pytest.approx(weight)
    labels = np.array([np.isin(np.arange(n), c) for c in combinations(range(n), m)])
    p = []
    for kind, row in rows:
        sums = labels @ row
        if kind == "cut":
            p.append([np.mean(sums >= own) for own in sums])
        else:
            p.append(norm.sf(sums / sums.std()) if sums.std() > 1e-9 else np.ones(len(sums)))
    ratio = (np.array(p).T / weight).min(axis=1)
    truth = int(np.flatnonzero((labels == member).all(axis=1))[0])
    assert test.p_value_each == pytest.approx(np.array(p)[:, truth], rel=1e-6)
    assert test.p_value == pytest.approx(np.mean(ratio <= ratio[truth] * (1 + 1e-5)))
    each = np.array([row for _, row in rows])
    assert test.effect == pytest.approx(
        each[:, member].mean(axis=1) - each[:, ~member].mean(axis=1), abs=1e-12
    )
    gap = labels @ each.T / m - (~labels) @ each.T / (n - m)
    assert test.spread == pytest.approx(gap.std(axis=0), abs=1e-9)


def test_two_records_are_a_difference_with_a_spread():
    """Ranks 1 and -1: the difference is 2 or -2 in either of two labellings."""
    member = np.array([True, False])
    test = joint_test([rank_look(Ranked.of("a", np.array([1.0, 0.0])), member)], member)
    assert (test.effect[0], test.spread[0]) == pytest.approx((2.0, 2.0))
    assert (test.n_members, test.n_nonmembers, test.p_value) == (1, 1, 0.5)


def test_membership_is_shuffled_up_to_a_number_of_records(monkeypatch):
    from tacit.metrics import joint

    scores, member = drawn(40)
    for most, shuffled in ((19, False), (20, True)):
        monkeypatch.setattr(joint, "MOST_SHUFFLED", most)
        test = joint_test(looks_at(scores, member), member)
        assert (test.shuffles is not None) == shuffled
    assert joint_test(looks_at(scores, member), member, shuffled=False).shuffles is None


def test_of_many_ratios_64_are_worked_out_and_the_rest_lie_between(monkeypatch):
    """Exact where asked, on a line of logarithms between, certain from .99 on."""
    from tacit.metrics.joint import JointTest

    k = 127
    ratio = np.geomspace(1e-4, 10, k)
    weight = np.full(k, 1 / k)
    asked = []
    copula = Copula(np.eye(2))
    test = JointTest((), weight, ratio * weight, weight, weight, 9, 9, copula, by_cluster=True)

    def corrected(self, r, levels):
        assert levels == pytest.approx(np.minimum(r * weight, 1.0))
        asked.append(r)
        return min(1.0, 0.5 * r**0.5)

    monkeypatch.setattr(JointTest, "_corrected", corrected)
    assert test.adjusted == pytest.approx(np.minimum(1.0, 0.5 * ratio**0.5), rel=1e-6, abs=0.012)
    known = ratio[::2]
    assert len(known) == 64
    assert asked == pytest.approx(
        [r for r in known if 0.5 * r**0.5 < 0.99] + [known[len(asked) - 1]]
    )


def test_a_score_and_its_negative_are_opposite_looks():
    """Correlation -1: at .01 and .02 only one of both can be reached, so their chances add up."""
    score = np.random.default_rng(0).normal(size=300)
    member = np.arange(300) < 120
    looks = [rank_look(Ranked.of(str(way), way * score), member) for way in (1, -1)]
    test = joint_test(looks, member, shuffled=False)
    assert test.copula.correlation == pytest.approx(np.array([[1, -1], [-1, 1]]))
    assert test.copula.p_value(np.array([0.01, 0.02])) == pytest.approx(0.03, rel=0.01)


def test_attackers_that_learn_are_never_shuffled():
    """They have seen the membership of earlier folds: other labels would have taught them else."""
    scores, member = drawn(60, attacks=1)
    fold = deal_folds(np.argsort(scores[:, 0]))
    learned = learned_looks("l", scores[:, 0], fold, member)
    for shuffled in (None, True, False):
        test = joint_test([*looks_at(scores, member), *learned], member, shuffled=shuffled)
        assert test.shuffles is None
        assert test.p_value_each[-2:] == pytest.approx([look.p_value[0] for look in learned])
    assert joint_test(looks_at(scores, member), member).shuffles is not None


def test_a_family_is_as_significant_as_its_best_look_is_beside_all_others():
    """Each look's ratio, counted among the shuffles of membership: the smallest one of a family."""
    scores, member = drawn(40, attacks=2, gain=0.4)
    looks = looks_at(scores, member)
    test = joint_test(looks, member)
    for look in looks:
        own = test.places(look)
        assert own.stop - own.start == len(look.p_value)
        ratio = test.p_value_each[own] / test.weight[own]
        assert test.adjusted_of(look) == pytest.approx(test.corrected(float(ratio.min())))
        # what a look has by itself is less than what it has beside all others
        assert test.adjusted_of(look) > 2 * test.p_value_each[own].min()
