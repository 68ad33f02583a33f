"""Intervals of shares, against their definitions."""

import numpy as np
import pytest
from scipy.special import betainc, betaincinv

from tacit.metrics.intervals import (
    clopper_pearson,
    confidence_nodes,
    crossing,
    fisher_p_value,
    furthest_limit,
    lower_limit,
    melded_quantile,
    mixture_limits,
    normal_quantile,
    share_difference,
    share_differences,
    t_quantile,
    upper_ends,
    upper_limit,
    wilson,
)


def test_exact_limits_are_clopper_and_pearson_s():
    from scipy.stats import binomtest

    for hits, n in [(0, 10), (3, 10), (10, 10), (1, 1), (480, 500)]:
        expected = binomtest(hits, n).proportion_ci(0.95, method="exact")
        assert clopper_pearson(hits, n, level=0.95) == pytest.approx(
            (expected.low, expected.high), abs=1e-9
        )


def test_exact_limits_take_arrays_and_effective_counts():
    low, high = clopper_pearson([0.0, 2.5, 7.3], [7.3, 7.3, 7.3], level=0.9)
    assert low[0] == 0
    assert high[2] == 1
    assert (np.diff(low) > 0).all()
    assert (np.diff(high) > 0).all()


def test_a_mixture_of_one_count_is_the_exact_interval():
    hits = np.array([[0.0], [7.0], [40.0]])
    low, high = mixture_limits(hits, hits, 40, np.ones((3, 1)), level=0.95)
    expected = clopper_pearson(hits[:, 0], 40, level=0.95)
    np.testing.assert_allclose(low, expected[0], rtol=2e-3, atol=1e-8)
    np.testing.assert_allclose(high, expected[1], rtol=2e-3, atol=1e-8)
    assert (low <= expected[0] + 1e-12).all()
    assert (high >= expected[1] - 1e-12).all()


def test_a_mixture_has_the_mass_it_claims():
    counts, weight = np.array([[3.0, 5.0, 12.0]]), np.array([[0.2, 0.5, 0.3]])
    low, high = mixture_limits(counts, counts, 30, weight, level=0.9)
    assert (weight * betainc(counts, 30 - counts + 1, low[:, None])).sum() == pytest.approx(
        0.05, rel=0.02
    )
    assert (weight * betainc(counts + 1, 30 - counts, high[:, None])).sum() == pytest.approx(
        0.95, rel=0.002
    )


def test_a_count_that_may_be_none_leaves_the_low_end_at_none():
    low, high = mixture_limits(
        np.array([[0.0, 9.0]]), np.array([[4.0, 30.0]]), 30, np.array([[0.04, 0.96]]), level=0.95
    )
    assert low[0] == 0
    assert high[0] == 1


def test_melding_one_known_rate_is_the_other_s_interval():
    first = confidence_nodes(8, 13)
    assert melded_quantile(first[:, None] - np.zeros((1, len(first))), 0.975) == pytest.approx(
        betaincinv(8, 13, 0.975), abs=0.01
    )
    assert set(confidence_nodes(0, 5)) == {0.0}
    assert set(confidence_nodes(5, 0)) == {1.0}


def test_the_difference_of_swapped_groups_is_the_mirror_image():
    for hits, n in [((3, 9), (10, 20)), ((20, 0), (20, 30)), ((0, 30), (20, 30))]:
        low, high = share_difference(hits, n, level=0.95)
        assert share_difference(hits[::-1], n[::-1], level=0.95) == pytest.approx((-high, -low))
        assert -1 <= low <= hits[0] / n[0] - hits[1] / n[1] <= high <= 1


def test_quantiles_are_those_of_the_published_tables():
    assert normal_quantile(0.95) == pytest.approx(1.959964, abs=1e-6)
    assert normal_quantile(0.90) == pytest.approx(1.644854, abs=1e-6)
    assert t_quantile(0.95, 1) == pytest.approx(12.7062, abs=1e-4)
    assert t_quantile(0.95, 9) == pytest.approx(2.2622, abs=1e-4)
    assert t_quantile(0.99, 4) == pytest.approx(4.6041, abs=1e-4)


def test_one_sided_limits_spend_the_whole_tail_on_their_side():
    """Closed forms: with all of n hit the lower limit is tail^(1/n), with none the upper one is
    1 - tail^(1/n); the "rule of three" at 5 %.
    """
    assert lower_limit(20, 20, tail=0.05) == pytest.approx(0.05 ** (1 / 20))
    assert upper_limit(0, 20, tail=0.05) == pytest.approx(1 - 0.05 ** (1 / 20))
    assert lower_limit(0, 20, tail=0.05) == 0
    assert upper_limit(20, 20, tail=0.05) == 1
    assert upper_limit(20.5, 20, tail=0.05) == 1
    assert lower_limit(1, 20, tail=0.05) == pytest.approx(1 - 0.95 ** (1 / 20))


def test_a_difference_combines_squared_distances_of_exact_limits():
    """By hand from the exact limits of 60/100 and 35/90; a sum of distances would be 40 % wider."""
    from scipy.stats import binomtest

    first, second = (
        binomtest(*pair).proportion_ci(0.95, method="exact") for pair in ((60, 100), (35, 90))
    )
    p1, p2 = 0.6, 35 / 90
    low = p1 - p2 - ((p1 - first.low) ** 2 + (second.high - p2) ** 2) ** 0.5
    high = p1 - p2 + ((first.high - p1) ** 2 + (p2 - second.low) ** 2) ** 0.5
    assert share_difference((60, 35), (100, 90), level=0.95) == pytest.approx((low, high))


def melded(hits, n, p):
    """Quantile of Beta(x1 + 1, n1 - x1) - Beta(x2, n2 - x2 + 1) by integration, not by nodes."""
    from scipy.integrate import quad
    from scipy.optimize import brentq
    from scipy.stats import beta

    first, second = beta(hits[0] + 1, n[0] - hits[0]), beta(hits[1], n[1] - hits[1] + 1)

    def below(x):
        return quad(lambda v: first.cdf(x + v) * second.pdf(v), 0, 1, points=[second.mean()])[0]

    return brentq(lambda x: below(x) - p, -1, 1, xtol=1e-6)


@pytest.mark.parametrize(("hits", "n"), [((48, 2), (50, 50)), ((29, 3), (30, 40))])
def test_near_one_the_upper_end_is_the_melded_one(hits, n):
    """Here squared distances are too short: the end is that of Fay, Proschan and Brittain."""
    short = share_differences([hits], [n], level=0.95)[1][0]
    expected = melded(hits, n, 0.975)
    high = share_difference(hits, n, level=0.95)[1]
    assert high == pytest.approx(max(short, expected), abs=5e-4)
    assert expected > short + 1e-3, "a case in which both are equal shows nothing"
    mirrored = share_difference(hits[::-1], n[::-1], level=0.95)
    assert mirrored[0] == pytest.approx(-high)


def test_melding_starts_at_ten_misses_and_false_hits():
    """At 10 of both the melded limit is longer and used; at 11 of either kind it is not."""
    for hits, n in [((30, 10), (40, 40)), ((10, 30), (40, 40))]:
        wide = share_difference(hits, n, level=0.95)
        plain = tuple(float(end[0]) for end in share_differences([hits], [n], level=0.95))
        assert wide != pytest.approx(plain, abs=1e-9)
    for hits in [(29, 10), (30, 11), (10, 29), (11, 30)]:
        plain = tuple(float(end[0]) for end in share_differences([hits], [(40, 40)], level=0.95))
        assert share_difference(hits, (40, 40), level=0.95) == plain


def test_fisher_counts_tables_by_hand():
    """The lady tasting tea: 4 of 4 right has chance 1/70, 3 or more 17/70, 1 or more 69/70."""
    assert fisher_p_value((4, 0), (4, 4)) == pytest.approx(1 / 70)
    assert fisher_p_value((3, 1), (4, 4)) == pytest.approx(17 / 70)
    assert fisher_p_value((1, 3), (4, 4)) == pytest.approx(69 / 70)
    assert fisher_p_value((0, 4), (4, 4)) == 1
    # 2 of 3 and 3 of 3: no fewer than 2 can be hit
    assert fisher_p_value((2, 3), (3, 3)) == 1


def test_fisher_goes_on_past_one_block_of_tables():
    """10,000 tables are at least as extreme: more than are summed at a time."""
    from scipy.stats import hypergeom

    for hits in (20_200, 19_900, 20_000):
        expected = hypergeom.sf(hits - 1, 80_000, 40_000, 40_000)
        found = fisher_p_value((hits, 40_000 - hits), (40_000, 40_000))
        assert found == pytest.approx(expected, rel=1e-6)


def test_nodes_weigh_as_much_as_the_two_rates_are_likely():
    """The sum of two independent uniforms is at most .5 with chance 1/8."""
    first, second = confidence_nodes(1, 1), confidence_nodes(1, 1)
    total = first[:, None] + second[None, :]
    assert melded_quantile(total, 1 / 8) == pytest.approx(0.5, abs=0.03)
    assert melded_quantile(total, 7 / 8) == pytest.approx(1.5, abs=0.03)
    assert melded_quantile(total, 1.0) == total.max()


def test_a_mixture_counts_each_component_by_its_weight():
    """A count that is 0 with chance .3: the lower end is that of the other at (.05 - .3) < 0, so 0;
    with chance .02 it is the quantile (.05 - .02) / .98 of Beta(9, 22).
    """
    counts = np.array([[0.0, 9.0]])
    for chance in (0.3, 0.02):
        low, _ = mixture_limits(counts, counts, 30, np.array([[chance, 1 - chance]]), level=0.9)
        expected = betaincinv(9, 22, max(0.0, (0.05 - chance) / (1 - chance)))
        assert low[0] == pytest.approx(expected, rel=1e-3)
    full = np.array([[30.0, 9.0]])
    _, high = mixture_limits(full, full, 30, np.array([[0.02, 0.98]]), level=0.9)
    assert high[0] == pytest.approx(betaincinv(10, 21, 0.95 / 0.98), rel=1e-3)


def test_wilson_s_limits_are_those_of_the_published_example():
    """Newcombe 1998, 81 of 263: .2553 to .3662; none of ten: up to z^2 / (10 + z^2) = .2775."""
    low, high = wilson(np.array([81, 0, 10]), np.array([263, 10, 10]), level=0.95)
    np.testing.assert_allclose(low.round(4), [0.2553, 0.0, 0.7225])
    np.testing.assert_allclose(high.round(4), [0.3662, 0.2775, 1.0])


@pytest.mark.parametrize("n", [(1, 4), (3, 2), (4, 4), (5, 3)])
def test_fisher_is_the_share_of_all_labellings(n):
    """Every table, each counted out over the labellings of its hits."""
    from itertools import combinations

    everyone = range(sum(n))
    for total in range(sum(n) + 1):
        inside = [sum(i < n[0] for i in chosen) for chosen in combinations(everyone, total)]
        for hits in range(max(0, total - n[1]), min(n[0], total) + 1):
            known = np.mean(np.array(inside) >= hits)
            assert fisher_p_value((hits, total - hits), n) == pytest.approx(known, rel=1e-12)


@pytest.mark.parametrize("block", [1, 2, 5, 7])
def test_fisher_sums_tables_in_blocks_of_any_size(block, monkeypatch):
    """Also where the last table of a block is the last of all, and where chances still rise."""
    from scipy.stats import hypergeom

    from tacit.metrics import intervals

    monkeypatch.setattr(intervals, "BLOCK", block)
    for hits, total, n in [
        (3, 20, (20, 20)),
        (8, 12, (12, 30)),
        (10, 20, (10, 40)),
        (2, 30, (25, 9)),
    ]:
        known = hypergeom.sf(hits - 1, sum(n), n[0], total)
        assert fisher_p_value((hits, total - hits), n) == pytest.approx(known, rel=1e-12)


@pytest.mark.parametrize(("hits", "n"), [((9, 2), (10, 11)), ((5, 1), (5, 7)), ((19, 0), (20, 6))])
def test_the_melded_quantile_is_that_of_the_two_beta_laws(hits, n):
    """P(B1 - B2 <= x) by integration at the quantile found: half a node (1/72 of the normal range,
    some .004 of probability in the tail) of .975.
    """
    from scipy.integrate import quad
    from scipy.stats import beta

    from tacit.metrics.intervals import _melded_difference

    top = _melded_difference(hits, n, 0.975)
    first, second = (hits[0] + 1, n[0] - hits[0]), (hits[1], n[1] - hits[1] + 1)

    def below(v):
        return beta.cdf(v + top, *first) if first[1] else float(v + top >= 1)

    mass = below(0.0) if hits[1] == 0 else quad(lambda v: below(v) * beta.pdf(v, *second), 0, 1)[0]
    if first[1]:
        assert mass == pytest.approx(0.975, abs=0.004)
    else:
        # all of the first are hits: the upper end of its rate is 1, so 1 - B2 decides
        assert top == pytest.approx(1 - beta.ppf(0.025, *second), abs=0.01)


def test_a_difference_never_leaves_its_range():
    """All against none: up to 1 and no further, down to the exact limits' distance."""
    low, high = share_difference((30, 0), (30, 30), level=0.95)
    assert high == 1.0
    # 1 - sqrt 2 (1 - .025 ** (1 / 30)), or the longer melded end
    assert -1 < low <= 1 - 2**0.5 * (1 - 0.025 ** (1 / 30))
    assert share_difference((0, 30), (30, 30), level=0.95) == pytest.approx((-high, -low))
    assert share_differences([[1, 0]], [[1, 1]], level=0.95)[1][0] >= 1
    assert share_difference((1, 0), (1, 1), level=0.95)[1] == 1.0


@pytest.mark.parametrize("scale", [1.0, 1e-6])
@pytest.mark.parametrize("guess", [0.0, 0.4, 1.0])
def test_a_root_is_bracketed_closely_and_in_few_steps(scale, guess):
    """Of x^3 = c, sharply and flatly bent: the bracket is 5e-4 of the root (or 1e-9) at most, holds
    it, and takes far fewer looks than halving to the last digit would, even from a bad guess.
    """
    from tacit.metrics.intervals import RELATIVE, RESOLUTION, _root

    target = np.array([0.001, 0.3, 0.9]) * scale
    asked = []

    def excess(x):
        asked.append(x)
        return x**3 - target**3

    low, high = _root(excess, np.zeros(3), np.full(3, scale), np.full(3, guess * scale), np.ones(3))
    assert ((low <= target) & (target <= high)).all()
    assert (high - low <= RESOLUTION + RELATIVE * high).all()
    assert len(asked) <= 30


def test_the_search_for_a_root_stops_once_all_are_close():
    from tacit.metrics.intervals import _root

    asked = []
    low, high = _root(
        lambda x: asked.append(x) or x - 0.25, np.zeros(1), np.ones(1), np.full(1, 0.25), np.ones(1)
    )
    # a straight line: the guess is the root itself, two more close both sides
    assert low[0] <= 0.25 <= high[0]
    assert len(asked) <= 3


def test_limits_of_a_mixture_take_few_looks_and_are_rounded_outwards(monkeypatch):
    """A count of 0 to 40 that is binomial, of 40: half of the time .3 or less is a true upper
    limit. Against bisection to the last digit, in six looks at the incomplete beta function.
    """
    from scipy.special import betainc
    from scipy.stats import binom

    from tacit.metrics import intervals

    hits = np.arange(41.0)[None, :]
    weight = binom.pmf(hits, 40, 0.3)

    def bisected(a, b, p):
        low, high = 0.0, 1.0
        for _ in range(60):
            middle = (low + high) / 2
            inner = betainc(np.maximum(a, 1), np.maximum(b, 1), middle)
            mass = np.where(a <= 0, 1.0, np.where(b <= 0, 0.0, inner))
            low, high = (low, middle) if (weight * mass).sum() >= p else (middle, high)
        return low

    looks = []
    monkeypatch.setattr(intervals, "betainc", lambda *given: looks.append(given) or betainc(*given))
    low, high = intervals.mixture_limits(hits, hits, 40.0, weight, level=0.9)
    assert len(looks) <= 12
    exact = bisected(hits, 41 - hits, 0.05), bisected(hits + 1, 40 - hits, 0.95)
    assert exact[0] * (1 - 6e-4) <= low[0] <= exact[0] + 1e-12
    assert exact[1] - 1e-12 <= high[0] <= exact[1] * (1 + 6e-4)


@pytest.mark.parametrize("tail", [0.4, 0.05, 1e-4, 1e-9])
def test_no_exact_limit_lies_further_from_the_share_than_its_bound(tail):
    for n in (1, 2, 5, 30.5, 250, 2_000):
        hits = np.linspace(0, n, 41)
        share = hits / n
        widest = max(
            float((upper_limit(hits, n, tail=tail) - share).max()),
            float((share - lower_limit(hits, n, tail=tail)).max()),
        )
        assert widest <= furthest_limit(n, tail=tail)
        # and no more than what a normal limit would be, times 1.5, and a record
        assert furthest_limit(n, tail=tail) < 1.5 * (np.log(1 / tail) / 2 / n) ** 0.5 + 1 / n


def test_upper_ends_of_several_are_those_of_each_interval():
    """Few misses or many, one after the other: no row reads the counts of another."""
    hits = np.array([(30, 3), (0, 0), (25, 30), (5, 0), (2.5, 40), (70, 20)])
    n = np.array([(40, 60), (5, 5), (60, 90), (5, 9), (9.5, 80), (100, 50)])
    for counts, sizes, sign in ((hits, n, 1), (hits[:, ::-1], n[:, ::-1], -1)):
        expected = [
            sign * share_difference(tuple(pair), tuple(size), level=0.9)[(1 + sign) // 2]
            for pair, size in zip(hits, n)
        ]
        assert upper_ends(counts, sizes, level=0.9).tolist() == expected


@pytest.mark.parametrize(("near", "end"), [(0.3, 0.0), (0.3, 1.0), (1.0, 0.0), (0.0, 1.0)])
def test_a_crossing_is_where_bisection_finds_it_rounded_to_the_end(near, end):
    rng = np.random.default_rng(3)
    for _ in range(50):
        root = near + (end - near) * rng.beta(0.3, 0.3)
        power = rng.choice([0.5, 1.0, 2.0, 7.0])

        def excess(value, root=root, power=power):
            beyond = (value - root) * np.sign(end - near)
            return float(np.sign(beyond) * abs(beyond) ** power)

        found = crossing(excess, near, end)
        assert found == pytest.approx(root, abs=1e-14)
        assert (found - root) * np.sign(end - near) >= 0


def test_a_crossing_that_is_nowhere_is_the_end():
    assert crossing(lambda value: -1.0, 0.5, 1.0) == 1.0
    assert crossing(lambda value: value - 0.5, 0.5, 0.5) == 0.5
