"""One p-value for many looks: closed forms, all labellings, and invariance."""

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import binom

from tacit.metrics.chance import Copula, Shuffles
from tacit.metrics.joint import correlation, joint_test, records_needed, separation_p_value, weights
from tacit.metrics.looks import Ranked, cut_look, rank_look
from tacit.metrics.permutation import Labels
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


def test_ten_independent_looks_cost_one_less_the_tenth_power():
    assert Copula(np.eye(10)).p_value(np.full(10, 0.001)) == pytest.approx(1 - 0.999**10, rel=0.005)


def test_ten_copies_of_one_look_cost_nothing():
    assert Copula(np.ones((10, 10))).p_value(np.full(10, 0.001)) == pytest.approx(0.001, rel=1e-9)


@pytest.mark.parametrize(("level", "p"), [(0.05, 0.08781), (0.001, 0.0019457), (1e-8, 1.99911e-8)])
def test_two_looks_with_correlation_one_half(level, p):
    # from the bivariate normal integral; independent looks would cost .0975 at .05
    found = Copula(np.array([[1, 0.5], [0.5, 1]])).p_value(np.full(2, level))
    assert found == pytest.approx(p, rel=0.01)


def test_a_look_that_cannot_reach_its_level_costs_nothing():
    level = np.array([0.01, 0.0, 0.0])
    assert Copula(np.eye(3)).p_value(level) == pytest.approx(0.01)
    assert Copula(np.eye(3)).p_value(np.zeros(3)) == 0


@pytest.mark.parametrize(("n", "few"), [(10, 5), (12, 4), (12, 6)])
def test_over_all_labellings_the_test_keeps_its_level(n, few):
    scores, _ = drawn(n, attacks=2, seed=n)
    for shuffled in (False, True):
        p = []
        for chosen in combinations(range(n), few):
            member = np.isin(np.arange(n), chosen)
            p.append(joint_test(looks_at(scores, member), member, shuffled=shuffled).p_value)
        assert np.mean(np.array(p) <= 0.05 + 1e-12) <= 0.05
        assert np.mean(np.array(p) <= 0.01 + 1e-12) <= 0.01


@pytest.mark.parametrize(("n", "p"), [(3, 1 / 20), (4, 1 / 70), (5, 1 / 252)])
def test_complete_separation_of_few_records_is_one_labelling_of_all(n, p):
    score = np.arange(2.0 * n)[:, None]
    member = score[:, 0] >= n
    assert joint_test(looks_at(score, member), member).p_value == pytest.approx(p)


def test_copula_and_shuffles_agree_on_a_weak_leak():
    scores, member = drawn(1000, seed=5, gain=0.12)
    looks = looks_at(scores, member)
    both = [joint_test(looks, member, shuffled=how).p_value for how in (False, True)]
    assert 0.01 < both[1] < 0.5
    # 9,999 shuffles know a p-value of .1 to 3 %; the copula itself is within a tenth
    assert both[0] == pytest.approx(both[1], rel=0.15)


@pytest.mark.parametrize("shuffled", [False, True])
def test_what_does_not_matter_does_not_change_the_p_value(shuffled):
    scores, member = drawn(300, seed=1, gain=0.2)
    p = joint_test(looks_at(scores, member), member, shuffled=shuffled).p_value
    mixed = np.random.default_rng(3).permutation(300)
    again = joint_test(looks_at(scores[mixed], member[mixed]), member[mixed], shuffled=shuffled)
    assert again.p_value == pytest.approx(p, rel=1e-9)
    risen = joint_test(looks_at(np.exp(scores), member), member, shuffled=shuffled)
    assert risen.p_value == pytest.approx(p, rel=1e-9)


def test_an_attack_listed_twice_changes_nothing():
    scores, member = drawn(300, attacks=1, seed=2, gain=0.2)
    once = joint_test(looks_at(scores, member), member, shuffled=False).p_value
    twice = joint_test(looks_at(np.repeat(scores, 2, axis=1), member), member, shuffled=False)
    assert twice.p_value == pytest.approx(once, rel=0.01)  # draws differ


def test_sides_swapped_and_scores_negated_give_the_same_p_value():
    scores, member = drawn(256, attacks=1, seed=4, gain=0.3)
    p = joint_test(looks_at(scores, member), member, shuffled=False).p_value
    swapped = joint_test(looks_at(-scores, ~member), ~member, shuffled=False).p_value
    assert swapped == pytest.approx(p, rel=0.02)


def test_the_correlation_is_that_of_the_written_out_rows():
    scores, member = drawn(400, seed=6)
    code = np.arange(400) % 3
    looks = [
        *looks_at(scores, member),
        slice_look("s", Ranked.of("0", scores[:, 0]), code, 3, member),
    ]
    dense = np.concatenate([look.rows.dense() for look in looks])
    test = joint_test(looks, member, shuffled=False)
    assert test.copula.correlation == pytest.approx(np.corrcoef(dense), abs=1e-12)
    # and so is the spread of each effect: n_members among 400 at random
    members = np.count_nonzero(member)
    spread = dense.std(axis=1, ddof=1) * (1 / members + 1 / (400 - members)) ** 0.5
    assert test.spread == pytest.approx(spread)


def test_a_leak_is_found_if_and_only_if_some_corrected_p_value_is_small():
    for seed in range(20):
        scores, member = drawn(200, seed=seed, gain=0.2)
        test = joint_test(looks_at(scores, member), member)
        assert test.adjusted.min() == pytest.approx(test.p_value)
        alpha = 0.05
        significant = test.p_value_each <= test.levels(test.critical(alpha)) * (1 + 1e-9)
        assert significant.any() == (test.p_value <= alpha)


def test_shuffled_sums_are_the_same_from_matrices_and_from_counts():
    scores, member = drawn(60, seed=7)
    rows = [look.rows for look in looks_at(scores, member)]
    labels = Labels.of(member, rows)
    chosen = next(labels._chosen())[:50]
    for one, other in zip(labels._dense(chosen), labels._gathered(chosen)):
        assert one == pytest.approx(other, abs=1e-4)
    assert labels.observed()[0][0, 0] == rows[0].weight[member].sum()


def test_ranks_weigh_three_tenths_among_many_and_as_much_as_any_look_among_few():
    scores, member = drawn(64, attacks=2)
    looks = looks_at(scores, member)
    assert weights(looks, 32) == pytest.approx(np.full(16, 1 / 16))
    many = weights(looks, 200)
    assert many[[0, 8]] == pytest.approx([0.15, 0.15])
    assert many.sum() == pytest.approx(1)


def test_a_family_that_is_absent_leaves_its_share_to_the_others():
    scores, member = drawn(64, attacks=1)
    part = slice_look("s", Ranked.of("0", scores[:, 0]), np.arange(64) % 2, 2, member)
    share = weights([*looks_at(scores, member), part], 32)
    assert share[-2:].sum() == pytest.approx(0.1 / 0.9)


def test_the_number_needed_counts_labellings():
    assert separation_p_value(5, 5, 8) == pytest.approx(8 / 252)
    assert records_needed(1) == 4
    assert records_needed(8) == 5
    assert records_needed(1, level=0.98) == 4
    assert records_needed(1, level=0.99) == 5


@pytest.mark.parametrize("cell", [(100, 1), (400, 8)])
def test_a_null_is_called_a_leak_at_most_one_time_in_twenty(cell):
    n, attacks = cell
    worlds = 150
    p = []
    for seed in range(worlds):
        scores, member = drawn(n, attacks=attacks, seed=seed)
        p.append(joint_test(looks_at(scores, member), member, shuffled=False).p_value)
    # exact limit at .1 %: a test of twice its level (10 %) is seen in 6 runs of 10
    assert np.count_nonzero(np.array(p) <= 0.05) <= binom.ppf(0.999, worlds, 0.05)


def test_looks_that_spoil_their_correction_are_caught():
    # without the price of many looks the smallest p-value is below .05 far too often
    worlds, found = 100, 0
    for seed in range(worlds):
        scores, member = drawn(200, attacks=4, seed=seed)
        found += (
            joint_test(looks_at(scores, member), member, shuffled=False).p_value_each.min() <= 0.05
        )
    assert found > binom.ppf(0.999, worlds, 0.05)


@pytest.mark.parametrize(("every", "expected"), [(False, [1, 4, 5, 5]), (True, [1, 3, 4, 4])])
def test_a_shuffle_counts_itself_unless_all_are_tried(every, expected):
    """Four shuffles, .1, .2, .2 and .5: among five with the truth, which is one of all where all
    are tried. Ties up to float32's rounding count.
    """
    shuffles = Shuffles(np.array([0.1, 0.2, 0.2, 0.5]), every)
    found = [shuffles.corrected(ratio) for ratio in (0.05, 0.2 * (1 - 5e-6), 0.5, 9.0)]
    assert found == pytest.approx(np.array(expected) / (4 if every else 5))


def test_the_critical_ratio_is_the_largest_that_is_rare_enough():
    """1 to 99 and the truth: 5 of 100. All of 100: the fifth. Ties go together."""
    plain = Shuffles(np.arange(1.0, 100), every=False)
    assert plain.critical(0.05) == 4.0
    assert plain.corrected(4.0) == 0.05
    whole = Shuffles(np.arange(1.0, 101), every=True)
    assert whole.critical(0.05) == 5.0
    assert whole.corrected(5.0) == 0.05
    assert plain.critical(0.009) == 0.0
    assert plain.critical(0.02) == 1.0
    assert whole.critical(0.01) == 1.0
    assert whole.critical(0.0099) == 0.0


@pytest.mark.parametrize("every", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_critical_and_corrected_agree_whatever_ties(every, seed):
    rng = np.random.default_rng(seed)
    smallest = np.sort(rng.integers(1, 8, 40) / 8)
    shuffles = Shuffles(smallest, every)
    for alpha in (0.01, 0.05, 0.1, 0.3, 0.6):
        rare = [ratio for ratio in np.unique(smallest) if shuffles.corrected(ratio) <= alpha]
        assert shuffles.critical(alpha) == max(rare, default=0.0)


def test_the_spread_of_an_effect_is_that_over_all_labellings():
    scores, _ = drawn(9, attacks=1, seed=8)
    chosen = [np.isin(np.arange(9), rows) for rows in combinations(range(9), 4)]
    tests = [joint_test(looks_at(scores, member), member, shuffled=False) for member in chosen]
    effects = np.array([test.effect for test in tests])
    np.testing.assert_allclose(effects.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(tests[0].spread, effects.std(axis=0))
    dense = np.concatenate([look.rows.dense() for look in tests[0].looks])
    expected = dense[:, chosen[0]].mean(axis=1) - dense[:, ~chosen[0]].mean(axis=1)
    np.testing.assert_allclose(effects[0], expected)
    assert (tests[0].n_members, tests[0].n_nonmembers) == (4, 5)


def test_beyond_ten_shuffles_the_copula_tells_how_small_a_p_value_is():
    scores, member = drawn(200, seed=3, gain=1.5)
    test = joint_test(looks_at(scores, member), member)
    assert len(test.shuffles.smallest) == 9999
    own = test.copula.p_value(test.levels(test.ratio.min()))
    assert test.p_value == min(10 / 9999, own) < 1e-6
    weak, member = drawn(200, seed=4, gain=0.2)
    test = joint_test(looks_at(weak, member), member)
    assert test.p_value == test.shuffles.corrected(test.ratio.min()) > 10 / 9999


def test_families_share_the_error_as_declared():
    """Thresholds .8, of which ranks among many .3; learned .1 for its two looks, slices .1."""
    scores, member = drawn(600, attacks=1)
    ranked = Ranked.of("0", scores[:, 0])
    fold = deal_folds(np.argsort(scores[:, 0]))
    slices = slice_look("s", ranked, np.arange(600) % 4, 4, member)
    looks = [*looks_at(scores, member), *learned_looks("l", scores[:, 0], fold, member), slices]
    n_cuts = len(looks[1].p_value)
    share = weights(looks, 200)
    expected = [0.24, *[0.56 / n_cuts] * n_cuts, 0.05, 0.05, *[0.025] * 4]
    assert share == pytest.approx(expected)
    few = weights(looks, 199)
    assert few[: n_cuts + 1] == pytest.approx(0.8 / (n_cuts + 1))


def test_intervals_of_two_scores_share_their_tails():
    """Independent scores at .95: each tail 1 - sqrt(.975), .01258; one score pays nothing, and a
    copy next to nothing.
    """
    rng = np.random.default_rng(0)
    member = np.arange(4000) % 2 == 0
    one, other = rng.normal(size=(2, 4000))
    other -= one * (one @ other) / (one @ one)
    test = joint_test(looks_at(np.stack([one, other, one], axis=1), member), member, shuffled=False)
    apart = test.simultaneous_level(["0", "1"], level=0.95)
    assert 1 - apart == pytest.approx(2 * (1 - 0.975**0.5), rel=0.01)
    assert test.simultaneous_level(["0"], level=0.95) == 0.95
    assert test.simultaneous_level(["0", "2"], level=0.95) == pytest.approx(0.95, abs=5e-4)


def test_the_critical_ratio_of_a_copula_has_its_chance():
    scores, member = drawn(300, seed=9)
    test = joint_test(looks_at(scores, member), member, shuffled=False)
    for alpha in (0.05, 0.001):
        critical = test.critical(alpha)
        assert test.corrected(critical) <= alpha
        assert test.corrected(1.1 * critical) > alpha


def test_separation_never_has_a_chance_above_one():
    assert separation_p_value(1, 1, 5) == 1.0
    assert separation_p_value(3, 2, 1) == pytest.approx(1 / 10)


def test_a_look_that_is_always_reached_makes_the_chance_one():
    copula = Copula(np.eye(3))
    assert copula.p_value(np.array([1.0, 0.01, 0.01])) == 1.0
    assert copula.p_value(np.array([0.01, 1.0, 0.0])) == 1.0
    assert copula.p_value(np.zeros(3)) == 0.0


def test_rows_of_small_numbers_correlate_as_they_are():
    """Of the order of a thousandth, and one that does not vary."""
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(2, 60)) / 1000

    def found_of(*rows):
        values = np.stack(rows)
        return correlation(values @ values.T, values.sum(axis=1), 60)

    found = found_of(first, first + second, np.full(60, 0.001))
    assert found[0, 1] == pytest.approx(np.corrcoef(first, first + second)[0, 1])
    assert found[2].tolist() == [0, 0, 1]
    opposite = found_of(first, -first)
    assert opposite[0, 1] == pytest.approx(-1.0)
    assert opposite[0, 1] >= -1.0


def test_a_score_that_is_the_same_for_all_tells_nothing():
    member = np.arange(30) < 12
    constant = rank_look(Ranked.of("a", np.zeros(30)), member)
    test = joint_test([constant, rank_look(Ranked.of("b", np.arange(30.0)), member)], member)
    assert test.p_value_each[0] == 1.0
    assert np.isfinite(test.p_value)


def test_chances_too_small_for_a_number_raise_no_warning():
    copula = Copula(np.array([[1.0, 0.0], [0.0, 1.0]]))
    assert copula.p_value(np.array([5e-324, 1e-310])) < 1e-290
    assert copula.p_value(np.array([1e-200, 1e-310])) == pytest.approx(1e-200)


@pytest.mark.parametrize(("copula", "told"), [(0.5, 0.1), (0.02, 0.02)])
def test_where_few_shuffles_are_as_extreme_the_copula_tells_but_never_more_than_they_do(
    monkeypatch, copula, told
):
    """A hundred shuffles, none as extreme: the p-value is at most ten of a hundred."""
    from types import SimpleNamespace

    from tacit.metrics.chance import Shuffles
    from tacit.metrics.joint import JointTest

    monkeypatch.setattr(JointTest, "levels", lambda self, ratio: None)
    nothing = np.zeros(0)
    law = SimpleNamespace(p_value=lambda level: copula)
    shuffles = Shuffles(np.linspace(1, 2, 100), every=False)
    test = JointTest((), nothing, nothing, nothing, nothing, 9, 9, law, shuffles)
    assert test.corrected(0.5) == told
    # ten and more are counted: (10 + 1) / 101
    assert test.corrected(float(shuffles.smallest[9])) == pytest.approx(11 / 101)
    assert JointTest(
        (), nothing, nothing, nothing, nothing, 9, 9, law, Shuffles(shuffles.smallest, every=True)
    ).corrected(0.5) == pytest.approx(1 / 100)


def test_levels_of_many_ratios_are_those_of_each_alone():
    scores, member = drawn(300, seed=8, gain=0.2)
    code = np.arange(300) % 4
    looks = [
        *looks_at(scores, member),
        slice_look("s", Ranked.of("0", scores[:, 0]), code, 4, member),
    ]
    test = joint_test(looks, member, shuffled=False)
    ratios = np.array([1e-9, 1e-3, 0.05, 3.0, 1e6])
    many = test.levels(ratios[:, None])
    assert many.tolist() == [test.levels(float(ratio)).tolist() for ratio in ratios]
    assert test._corrected(0.05, many[2]) == test.corrected(0.05)
