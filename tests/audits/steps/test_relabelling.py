"""One test of many scores on all records."""

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import binom

from tacit import InvalidInput, Membership, NotEnoughData
from tacit.audits.steps import relabelling
from tacit.audits.steps.relabelling import joint_test


def test_the_p_value_is_that_of_all_answer_keys():
    rng = np.random.default_rng(0)
    score = rng.normal(size=10)
    member = np.isin(np.arange(10), [0, 2, 4, 6, 8])
    score[member] += 0.8
    rank = np.argsort(np.argsort(score))
    observed = rank[member].sum()
    sums = [rank[list(rows)].sum() for rows in combinations(range(10), 5)]
    exact = np.mean(np.array(sums) >= observed)
    found = joint_test({"s": score}, Membership(member)).p_value
    assert abs(found - exact) < 4 * np.sqrt(exact * (1 - exact) / relabelling.DRAWS)


def alarms(worlds, *, best_of=joint_test, clusters=False):
    """How many null worlds have p <= .05."""
    rng = np.random.default_rng(11)
    found = 0
    for _ in range(worlds):
        shared = rng.normal(size=200)
        scores = {f"s{i}": shared + rng.normal(size=200) for i in range(5)}
        if clusters:
            unit = np.repeat(np.arange(40), 5)
            scores = {n: s + 2 * np.repeat(rng.normal(size=40), 5) for n, s in scores.items()}
            key = Membership((rng.permutation(40) < 20)[unit], unit)
        else:
            key = Membership(rng.permutation(200) < 100)
        found += best_of(scores, key).p_value <= 0.05
    return found


@pytest.fixture
def few_draws(monkeypatch):
    monkeypatch.setattr(relabelling, "DRAWS", 399)


def test_null_worlds_alarm_at_the_level(few_draws):
    assert binom.cdf(alarms(400), 400, 0.05) > 0.001
    assert binom.sf(alarms(400) - 1, 400, 0.05) > 0.001


def test_the_smallest_of_uncorrected_p_values_would_alarm_too_often(few_draws):
    class Naive:
        def __init__(self, scores, key):
            each = [joint_test({n: s}, key).p_value for n, s in scores.items()]
            self.p_value = min(each)

    assert binom.sf(alarms(200, best_of=Naive) - 1, 200, 0.05) < 0.001


def test_whole_clusters_are_relabelled(few_draws, monkeypatch):
    found = alarms(300, clusters=True)
    assert binom.cdf(found, 300, 0.05) > 0.001
    assert binom.sf(found - 1, 300, 0.05) > 0.001

    def without(scores, key):
        return joint_test(scores, Membership(key.member))

    assert binom.sf(alarms(100, best_of=without, clusters=True) - 1, 100, 0.05) < 0.001


def test_large_tables_use_normals_with_the_same_answer(monkeypatch):
    rng = np.random.default_rng(2)
    member = rng.random(3000) < 0.5
    scores = {"a": rng.normal(size=3000) + 0.075 * member, "b": rng.normal(size=3000)}
    by_keys = joint_test(scores, Membership(member))
    monkeypatch.setattr(relabelling, "MOST_RELABELLED", 10)
    by_normals = joint_test(scores, Membership(member))
    assert 0.002 < by_keys.p_value < 0.5
    assert abs(np.log(by_keys.p_value / by_normals.p_value)) < 0.3


def test_a_tail_of_a_few_records_is_seen():
    rng = np.random.default_rng(4)
    member = rng.random(1000) < 0.5
    score = rng.normal(size=1000)
    score[np.flatnonzero(member)[:12]] += 6
    found = joint_test({"s": score, "noise": rng.normal(size=1000)}, Membership(member))
    assert found.p_value < 0.01
    assert found.best == "s"


def test_the_order_of_the_records_does_not_matter():
    rng = np.random.default_rng(5)
    member, score = rng.random(100) < 0.5, rng.normal(size=100)
    order = rng.permutation(100)
    first = joint_test({"s": score}, Membership(member))
    second = joint_test({"s": score[order]}, Membership(member[order]))
    assert first.p_value == second.p_value


def test_constant_scores_show_nothing():
    member = np.arange(40) < 20
    assert joint_test({"s": np.zeros(40)}, Membership(member)).p_value == 1


def test_mixed_clusters_and_too_few_records_are_refused():
    member = np.arange(20) < 10
    with pytest.raises(InvalidInput, match="in or out as a whole"):
        joint_test({"s": np.zeros(20)}, Membership(member, np.arange(20) // 4))
    with pytest.raises(NotEnoughData):
        joint_test({"s": np.zeros(20)}, Membership(np.arange(20) < 2))


def two_lines(size, corner, n, rng):
    """A score whose ROC curve bends at (corner, corner + size): half of the records are members."""
    member = rng.permutation(n) < n // 2
    top = rng.random(n) < np.where(member, corner + size, corner)
    return rng.random(n) + top, member


@pytest.mark.parametrize("unit", [1, 4])
@pytest.mark.parametrize("corner", [0.05, 0.36])
def test_what_is_called_detectable_is_found_in_four_audits_of_five(few_draws, unit, corner):
    rng = np.random.default_rng(5)
    n, worlds, alpha = 300, 150, 0.04

    def world(size):
        score, member = two_lines(size, corner, n, rng)
        scores = {"told": score, "other": rng.normal(size=n)}
        # copies of a record: as many witnesses as records, not as rows
        scores = {name: np.repeat(value, unit) for name, value in scores.items()}
        cluster = None if unit == 1 else np.repeat(np.arange(n), unit)
        return joint_test(scores, Membership(np.repeat(member, unit), cluster))

    size = world(0.0).detectable("told", alpha=alpha)
    assert 0.1 < size < 0.35
    found = sum(world(size).adjusted["told"] <= alpha for _ in range(worlds))
    # at the least visible corner; the least found of all is 80 %, and no leak is found much less
    assert binom.cdf(found, worlds, 0.8) > 0.001
    if corner == 0.36:
        assert binom.sf(found - 1, worlds, 0.95) > 0.001


def test_a_test_with_fewer_draws_than_the_level_asks_for_finds_nothing(few_draws):
    rng = np.random.default_rng(6)
    joint = joint_test({"s": rng.normal(size=50)}, Membership(rng.permutation(50) < 25))
    assert joint.detectable("s", alpha=0.001) == 1.0


def test_records_as_many_as_normals_serve_are_told_alike(monkeypatch):
    rng = np.random.default_rng(7)
    score, key = rng.normal(size=600), Membership(rng.permutation(600) < 300)
    drawn = joint_test({"s": score}, key).detectable("s", alpha=0.04)
    monkeypatch.setattr(relabelling, "MOST_RELABELLED", 10)
    assert joint_test({"s": score}, key).detectable("s", alpha=0.04) == pytest.approx(
        drawn, rel=0.03
    )


def test_the_true_answer_key_counts_among_those_drawn():
    """99 keys drawn: none as strong is 1 / 100, one as strong 2 / 100, all 1."""
    from tacit.audits.steps.relabelling import _p_value

    null = np.arange(99.0)
    assert _p_value(100.0, null, 7) == pytest.approx(0.01)
    assert _p_value(98.0, null, 7) == pytest.approx(0.02)
    assert _p_value(-1.0, null, 7) == 1.0


def test_beyond_what_normals_reach_all_looks_pay():
    from scipy.stats import norm

    from tacit.audits.steps.relabelling import NORMAL_DRAWS, _p_value

    null = np.zeros(NORMAL_DRAWS)
    null[:9] = 10.0
    assert _p_value(5.0, null, 7) == pytest.approx(7 * norm.sf(5.0))
    null[9] = 10.0
    assert _p_value(5.0, null, 7) == pytest.approx(11 / (NORMAL_DRAWS + 1))


def test_equal_scores_share_the_middle_of_their_ranks():
    from tacit.audits.steps.relabelling import looks_of

    looks = looks_of(np.array([1.0, 1, 2, 3, 3, 3]))
    assert looks[0].tolist() == [1.5, 1.5, 3, 5, 5, 5]


def test_sums_over_random_members_have_variance_one():
    """All 20 answer keys of three members among six, and 15 of two."""
    from tacit.audits.steps.relabelling import _standardised

    looks = np.array([[1.0, 2, 3, 4, 5, 9], [0, 0, 1, 0, 1, 0]])
    for few in (3, 2):
        keys = np.array([np.isin(np.arange(6), rows) for rows in combinations(range(6), few)])
        standard, scale = _standardised(looks, keys[0])
        np.testing.assert_allclose((keys @ standard.T / scale).var(axis=0), 1.0)


def test_a_tail_holds_five_records_and_none_is_looked_at_twice():
    """Of 40, a tenth are 4 and a hundredth none: no tail; of 50, five; a hundredth are the same."""
    from tacit.audits.steps.relabelling import looks_of

    assert [int(look.sum()) for look in looks_of(np.arange(40.0))[1:]] == []
    assert [int(look.sum()) for look in looks_of(np.arange(50.0))[1:]] == [5]
    assert [int(look.sum()) for look in looks_of(np.arange(600.0))[1:]] == [60, 6]
    ties = np.repeat([0.0, 1.0], [90, 10])
    assert [int(look.sum()) for look in looks_of(ties)[1:]] == [10]


def test_the_spread_of_a_difference_of_means_is_that_of_all_answer_keys():
    """All 15 keys of two members among six: n / (n - 1) is 6 / 5."""
    from tacit.audits.steps.relabelling import _spread

    look = np.array([[1.0, 2, 3, 4, 5, 9]])
    gaps = [
        look[0, list(rows)].mean() - np.delete(look[0], list(rows)).mean()
        for rows in combinations(range(6), 2)
    ]
    assert _spread(look, np.arange(6) < 2)[0] == pytest.approx(np.std(gaps))


def test_unequal_clusters_are_compared_by_their_means_and_not_by_their_sums(monkeypatch):
    """Clusters of 1 to 30 records, and a score that tells their sizes alone: sums over members
    grow with what is drawn, means of members less means of the others do not.
    """
    from tacit.audits.steps import relabelling as steps

    monkeypatch.setattr(steps, "DRAWS", 2_000)
    size = np.array([30.0, 1, 2, 3, 25, 2, 1, 4, 28, 3])
    looks = np.array([size * (np.arange(10) - 4.5)])
    looks = looks - size * looks.sum() / size.sum()
    member = np.arange(10) % 2 == 0
    drawn = steps._relabelled(looks, member, size)

    def gap(inside):
        return (looks[0, inside].sum() / size[inside].sum()) - (
            looks[0, ~inside].sum() / size[~inside].sum()
        )

    keys = [np.isin(np.arange(10), rows) for rows in combinations(range(10), 5)]
    gaps = np.array([gap(key) for key in keys])
    expected = (gap(member) - gaps.mean()) / gaps.std()
    # 2,000 of 252 keys know the spread to 2 %
    assert drawn.observed[0] == pytest.approx(expected, rel=0.08, abs=0.06)
    assert drawn.spread[0] == pytest.approx(gaps.std(), rel=0.08)


def looked(null, *, spread=(0.1,), is_rank=(True,)):
    from tacit.audits.steps.relabelling import Joint, Looked

    one = Looked(
        np.array(is_rank), np.zeros(len(spread)), np.array(spread), np.eye(len(spread)), 0.5, 100
    )
    return Joint(0.5, {"s": 0.5}, {"s": 1.0}, np.array(null), {"s": one})


def test_as_many_draws_may_do_as_well_as_the_level_leaves():
    """99 draws at 5 %: (reached + 1) / 100 <= .05 leaves four, so a look has to exceed the fifth
    largest; with 18 draws (1 + 0) / 19 is above 5 %, and nothing is found.
    """
    from tacit.metrics.detectable import detectable_by_looks

    null = np.arange(99.0) / 30
    found = looked(null).detectable("s", alpha=0.05)
    one = np.array([True]), np.zeros(1), np.array([0.1])
    known = detectable_by_looks(*one, np.sort(null)[-5], np.eye(1), share=0.5, n=100).worst
    assert found == known
    assert looked(null[:18]).detectable("s", alpha=0.05) == 1.0
    assert looked(null[:19] / 10).detectable("s", alpha=0.05) < 1.0


def test_ranks_are_told_of_twice_and_the_smallest_p_value_counts():
    """Sums of doubled mid-ranks have twice the spread of sums of ranks."""
    from tacit.audits.steps.relabelling import _spread

    rng = np.random.default_rng(1)
    member = rng.permutation(60) < 30
    loud, silent = rng.normal(size=60) + 2 * member, rng.normal(size=60)
    joint = joint_test({"loud": loud, "silent": silent}, Membership(member))
    ranks = np.argsort(np.argsort(loud)) + 1.0
    assert joint.looked["loud"].spread[0] == pytest.approx(2 * _spread(ranks[None], member)[0])
    assert joint.looked["loud"].spread[1] == pytest.approx(
        _spread((ranks > 54)[None].astype(float), member)[0]
    )
    assert joint.p_value == joint.adjusted["loud"] < joint.adjusted["silent"]
    assert joint.best == "loud"


def test_equal_scores_are_as_strong_as_the_answer_key_that_they_are_compared_with():
    """Two values: 20 keys of 3 of 6, of which 10 hold two or three of the upper half."""
    score = np.repeat([0.0, 1.0], 3).repeat(2)
    member = np.isin(np.arange(12), [0, 1, 6, 7, 8, 9])
    # at least four of six members among the six upper: 1 + 36 + 225 of 924 keys
    found = joint_test({"s": score}, Membership(member)).p_value
    exact = (1 + 36 + 225) / 924
    assert abs(found - exact) < 4 * np.sqrt(exact * (1 - exact) / relabelling.DRAWS)


def test_clusters_add_up_what_their_records_have_beyond_the_mean():
    """Looks 1, 2, 6, 7 have mean 4: -3 - 2 of the first user, 2 and 3 of the others."""
    from tacit.audits.steps.relabelling import _by_unit

    looks, unit = np.array([[1.0, 2, 6, 7]]), np.array([0, 0, 1, 2])
    member, summed, size = _by_unit(looks, Membership(np.array([1, 1, 0, 1], bool), unit))
    assert (member.tolist(), size.tolist()) == ([True, False, True], [2, 1, 1])
    assert summed.tolist() == [[-5, 2, 3]]
    mixed = Membership(np.array([1, 0, 0, 1, 0, 1], bool), np.array([0, 0, 1, 1, 2, 3]))
    with pytest.raises(InvalidInput, match="got 2 with both"):
        _by_unit(np.zeros((1, 6)), mixed)


def test_looks_over_clusters_are_standardised_by_the_keys_drawn_and_constant_ones_stay_zero(
    few_draws,
):
    from tacit.audits.steps.relabelling import _relabelled

    rng = np.random.default_rng(2)
    size = np.array([1.0, 3, 2, 2, 1, 4, 2, 1])
    looks = np.stack([size * rng.normal(size=8), np.zeros(8)])
    drawn = _relabelled(looks, np.arange(8) % 2 == 0, size)
    # the variance of all that was drawn is 1, to the last digit, and 0 of nothing
    np.testing.assert_allclose(np.diag(drawn.correlation), [1.0, 0.0], rtol=1e-12)
    assert drawn.observed[1] == 0
    assert np.isfinite(drawn.null).all()


def test_tails_are_cut_where_the_number_of_records_above_is_nearest_to_a_share():
    """100 records of five values: 40, 30, 14, 10 and 6 of them. The highest tenth is nearest to
    the six (log 10/6 = .51 against log 16/10 = .47: the sixteen), a hundredth to the six.
    """
    from tacit.audits.steps.relabelling import looks_of

    score = np.repeat([0.0, 1, 2, 3, 4], [40, 30, 14, 10, 6])
    looks = looks_of(score)
    assert [int(look.sum()) for look in looks[1:]] == [16, 6]
    assert all((score[look == 1] >= 3).all() for look in looks[1:])
