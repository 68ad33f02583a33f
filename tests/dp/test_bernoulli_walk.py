"""The Bernoulli walk by exact counts: small walks are enumerated."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import binom, poisson

from tacit.dp import bernoulli_walk
from tacit.dp.bernoulli_walk import guess_counts, walk_bound, walk_refutes


def crossing_by_enumeration(stop, boundary, p):
    """Chance that the count reaches its boundary at some stop, over all 2^n walks."""
    chance = 0.0
    for walk in product((0, 1), repeat=int(stop[-1])):
        total = np.cumsum(walk)[np.asarray(stop) - 1]
        if np.any(total >= boundary):
            chance += p ** sum(walk) * (1 - p) ** (len(walk) - sum(walk))
    return chance


@pytest.mark.parametrize("p", [0.5, 0.8])
def test_the_crossing_chance_is_exact(p):
    stop = np.array([3, 6, 8, 12])
    for boundary in ([3, 5, 7, 10], [4, 6, 8, 11], [3, 7, 9, 13]):
        exact = crossing_by_enumeration(stop, np.array(boundary), p)
        found = bernoulli_walk._crossing(stop, np.array(boundary), p)
        assert exact <= found <= exact + 2e-6


def test_the_crossing_chance_of_a_long_walk_is_that_of_draws():
    # 20,000 walks of 3,000 steps: exact limits of a count, 1 in 10^4 on either side
    stop = guess_counts(np.arange(1, 3001))
    boundary = bernoulli_walk._boundary(stop, 0.7, 0.004)
    chance = bernoulli_walk._crossing(stop, boundary, 0.7)
    rng = np.random.default_rng(0)
    crossed = 0
    for _ in range(20):
        total = np.cumsum(rng.random((1000, 3000)) < 0.7, axis=1)[:, stop - 1]
        crossed += int(np.any(total >= boundary, axis=1).sum())
    low, high = binom.ppf([1e-4, 1 - 1e-4], 20_000, chance)
    assert low <= crossed <= high


@pytest.mark.parametrize("p", [0.5, 0.731, 0.98])
@pytest.mark.parametrize("local", [0.3, 0.01, 1e-6])
def test_the_boundary_is_the_first_count_of_the_local_level(p, local):
    stop = np.array([4, 5, 17, 300, 40_000])
    boundary = bernoulli_walk._boundary(stop, p, local)
    assert np.all(binom.sf(boundary - 1, stop, p) <= local * (1 + 1e-8))
    assert np.all((boundary == 0) | (binom.sf(boundary - 2, stop, p) > local))


def test_guess_counts_are_a_geometric_grid_up_to_the_last():
    # whole parts of 4 * 1.08^k: 4, 4.3, 4.7, 5.04, ..., 15.98, 17.3, 18.6, and the last
    short = [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17, 18, 20]
    assert guess_counts(np.arange(1, 21)).tolist() == short
    grid = guess_counts(np.arange(1, 100_001))
    assert (grid[0], grid[-1]) == (4, 100_000)
    ratio = grid[1:] / grid[:-1]
    assert ratio[60:-1].max() <= 1.081
    assert np.median(ratio[80:]) == pytest.approx(1.08, abs=1e-3)
    assert len(grid) == 126
    assert guess_counts(np.array([7, 50])).tolist() == [7, 50]
    assert guess_counts(np.array([2])).tolist() == [2]


def test_all_guesses_right_without_failures():
    # one look: with two block ends both counts are looked at; the bound lies below the ceiling of
    # the longer one at alpha, and above that at alpha / 2
    right = np.ones(200, bool)
    low = walk_bound(right, np.array([100, 200]), failures=0.0, alpha=0.05)
    ceiling = [np.log(a ** (1 / 200) / (1 - a ** (1 / 200))) for a in (0.05, 0.025)]
    assert ceiling[1] - 1e-3 <= low <= ceiling[0]
    single = walk_bound(right, np.array([200]), failures=0.0, alpha=0.05)
    assert ceiling[0] - 1.5e-3 <= single <= ceiling[0]


def test_the_walk_with_one_stop_is_the_binomial_tail():
    right = np.arange(500) < 400
    for alpha in (0.05, 0.01):
        low = walk_bound(right, np.array([500]), failures=0.0, alpha=alpha)
        p = 1 / (1 + np.exp(-np.array([low, low + 2e-3])))
        tail = binom.sf(399, 500, p)
        assert tail[0] <= alpha < tail[1]


def test_failures_are_taken_off_by_markov():
    # one stop, all right: allowance a costs failures (1 - p) / a of alpha and a - 1 guesses
    right, failures, alpha = np.ones(1000, bool), 0.02, 0.05
    low = walk_bound(right, np.array([1000]), failures=failures, alpha=alpha)
    p_step = 1 / (1 + np.exp(-np.floor(low * 4) / 4))
    expected = failures * (1 - p_step)
    allowance = bernoulli_walk._allowance(expected, alpha)
    p = 1 / (1 + np.exp(-np.array([low, low + 2e-3])))
    tail = binom.sf(1000 - allowance, 1000, p)
    assert tail[0] <= alpha - expected / allowance < tail[1]


def test_more_failures_than_alpha_pays_for_refute_nothing():
    assert walk_bound(np.ones(50, bool), np.arange(1, 51), failures=10.0, alpha=0.01) == 0.0
    assert walk_bound(np.ones(50, bool), np.arange(1, 51), failures=1e6, alpha=0.01) == 0.0


def test_the_allowance_is_the_cheapest_that_alpha_pays_for():
    assert bernoulli_walk._allowance(0.0, 0.05) == 1
    # one is paid for, but leaves 1e-5 a look: no wrong guess in 11.5; two leave .0025, one in 8.2
    assert bernoulli_walk._allowance(0.0499, 0.05) == 2
    for failures, alpha in ((0.01, 0.05), (0.2, 0.05), (3.0, 0.02)):
        chosen = bernoulli_walk._allowance(failures, alpha)
        assert failures / chosen < alpha

        def cost(a, failures=failures, alpha=alpha):
            # the mean of wrong guesses at which a - 1 or fewer come with chance left / 10
            mean = np.linspace(0.01, 20 * a + 100, 40_000)
            return mean[np.argmin(np.abs(poisson.cdf(a - 1, mean) - (alpha - failures / a) / 10))]

        others = [a for a in bernoulli_walk.ALLOWANCES.tolist() if a * alpha > failures and a < 900]
        assert cost(chosen) <= min(cost(a) for a in others) + 0.02


def test_what_is_refuted_already_is_kept():
    right = np.arange(100) % 2 == 0
    assert walk_bound(right, np.arange(1, 101), failures=0.0, alpha=0.05, at_least=1.3) == 1.3
    assert walk_bound(right[:0], np.arange(0), failures=0.0, alpha=0.05, at_least=1.3) == 1.3
    strong = np.ones(400, bool)
    alone = walk_bound(strong, np.arange(1, 401), failures=1e-3, alpha=0.05)
    after = walk_bound(strong, np.arange(1, 401), failures=1e-3, alpha=0.05, at_least=1.3)
    assert after == pytest.approx(alone, abs=1e-3)


def test_a_refutation_agrees_with_the_bound():
    right = np.arange(800) < 700
    order = np.argsort(np.arange(800) * 7919 % 800)
    right = right[order]
    for failures in (0.0, 0.05, 2.0):
        low = walk_bound(right, np.arange(1, 801), failures=failures, alpha=0.05)
        stop = guess_counts(np.arange(1, 801))
        total = np.cumsum(right)[stop - 1]
        assert walk_refutes(total, stop, low, failures=failures, alpha=0.05)
        assert not walk_refutes(total, stop, low + 2e-3, failures=failures, alpha=0.05)


def test_the_level_is_met_exactly_on_short_walks():
    # p = 1/2: the chance over all 2^12 walks that epsilon = 0 is refuted, with all stops looked at.
    # Twice the level, or a boundary one too low, would be above
    stop = np.arange(4, 13)
    refuted = 0
    for walk in product((0, 1), repeat=12):
        total = np.cumsum(walk)[stop - 1]
        refuted += walk_refutes(total, stop, 0.0, failures=0.0, alpha=0.1)
    assert 0.06 <= refuted / 2**12 <= 0.1


@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.2])
def test_every_decision_is_that_of_the_enumerated_walk(alpha):
    # 10 steps, looked at after 4, 6, 8 and 10: refuted exactly where the walk of the same local
    # level passes with chance alpha at most
    stop = np.array([4, 6, 8, 10])
    walk = np.array(list(product((0, 1), repeat=10)))
    count = np.cumsum(walk, axis=1)[:, stop - 1]
    for epsilon in (0.0, 0.6):
        p = 1 / (1 + np.exp(-epsilon))
        law = p ** walk.sum(axis=1) * (1 - p) ** (10 - walk.sum(axis=1))
        tail = binom.sf(np.arange(12)[:, None] - 1, stop, p)  # (count, stop)
        for total in product((3, 4), (5, 6), (6, 7, 8), (8, 9, 10)):
            local = tail[np.array(total), np.arange(4)].min()
            first = np.argmax(tail <= local * (1 + 1e-9), axis=0)
            chance = float(law[np.any(count >= first, axis=1)].sum())
            if abs(chance - alpha) > 1e-5:
                found = walk_refutes(np.array(total), stop, epsilon, failures=0.0, alpha=alpha)
                assert found == (chance < alpha)


def test_a_search_that_starts_inside_a_step_allows_for_its_failures():
    right = np.arange(600) < 560
    right = right[np.argsort(np.arange(600) * 7919 % 600)]
    ends = np.arange(1, 601)
    alone = walk_bound(right, ends, failures=3.0, alpha=0.05)
    for back in (0.01, 0.1):
        after = walk_bound(right, ends, failures=3.0, alpha=0.05, at_least=alone - back)
        assert after == pytest.approx(alone, abs=1.5e-3)


@pytest.mark.parametrize("p", [0.5, 0.9])
@pytest.mark.parametrize("trials", [0, 1, 30, 5000])
def test_the_steps_of_the_walk_are_binomial_and_nothing_is_left_out(trials, p):
    first, mass = bernoulli_walk._binomial(trials, p)
    k = np.arange(first, first + len(mass))
    np.testing.assert_allclose(mass, binom.pmf(k, trials, p), rtol=1e-8, atol=1e-300)
    last = first + len(mass) - 1
    assert binom.cdf(first - 1, trials, p) + binom.sf(last, trials, p) < 1e-16
    assert 0 <= first <= last <= trials
    assert len(mass) <= 2 * (8.5 * (trials * p * (1 - p)) ** 0.5 + 15) + 3


def test_a_tail_counts_from_none_to_more_than_all():
    count = np.arange(-1, 8)
    found = bernoulli_walk._tail(count, np.full(9, 6), 0.3)
    np.testing.assert_allclose(found, binom.sf(count - 1, 6, 0.3), atol=1e-15)
    assert (found[0], found[1], found[-1]) == (1.0, 1.0, 0.0)
    assert found[-2] == pytest.approx(0.3**6)


def test_what_failures_leave_is_worked_out_by_hand():
    """3 failures at epsilon 1 are 3 / (1 + e) = .807 expected ones. An allowance of a takes a - 1
    of every count and .807 / a of alpha.
    """
    expected = 3 / (1 + np.exp(1.0))
    allowance = bernoulli_walk._allowance(expected, 0.05)
    assert allowance > expected / 0.05
    count, left = bernoulli_walk._sure(np.array([3, 30, 90]), 1.0, failures=3.0, alpha=0.05)
    assert count.tolist() == [max(0, k - allowance + 1) for k in (3, 30, 90)]
    assert left == pytest.approx(0.05 - expected / allowance)
    count, left = bernoulli_walk._sure(np.array([3, 30]), 1.0, failures=0.0, alpha=0.05)
    assert (count.tolist(), left) == ([3, 30], 0.05)


def test_a_refutation_holds_on_both_sides_of_a_step(monkeypatch):
    """At .5 and at .6 the failures of .5 count; at .5, the edge, also those of .25; at 0 those of
    0 alone.
    """
    asked = []
    monkeypatch.setattr(
        bernoulli_walk,
        "_sure",
        lambda total, known, **_: asked.append(float(known)) or (total, known),
    )
    monkeypatch.setattr(bernoulli_walk, "_refuted", lambda count, stop, budget, e: budget != 0.25)
    found = []
    for epsilon in (0.0, 0.2, 0.5, 0.6, 0.75):
        asked.clear()
        refuted = walk_refutes(np.ones(1), np.ones(1), epsilon, failures=1.0, alpha=0.05)
        found.append((sorted(asked), refuted))
    assert found == [
        ([0.0], True),
        ([0.0], True),
        ([0.25, 0.5], False),
        ([0.5], True),
        ([0.5, 0.75], True),
    ]


def test_one_stop_is_as_strict_as_its_own_tail_and_three_as_their_sum_at_most(monkeypatch):
    """P(Binomial(10, 1/2) >= 9) = 11 / 1024: refuted by one stop at that alpha, and where three
    stops share it; between, the walk itself is asked, and may just reach alpha.
    """
    p9 = 11 / 1024
    stop = np.array([4, 7, 10])
    count = np.array([2, 4, 9])
    asked = []
    monkeypatch.setattr(
        bernoulli_walk, "_crossing", lambda *given: asked.append(given[2]) or 2 * p9
    )
    decide = [
        bernoulli_walk._refuted(count, stop, budget, 0.0)
        for budget in (p9, 1.5 * p9, 2 * p9, 2.5 * p9, 3 * p9 + 1e-12)
    ]
    assert decide == [False, False, True, True, True]
    assert len(asked) == 3, "neither below one tail nor above three"
    assert bernoulli_walk._refuted(count[2:], stop[2:], p9 + 1e-9, 0.0)


@pytest.mark.parametrize(("stop", "p"), [(300, 0.9), (2000, 0.5)])
def test_what_has_fallen_far_behind_still_counts_nowhere_as_crossing(stop, p):
    """Many stops whose boundary nobody reaches: what is cut off below is under a millionth."""
    stops = np.arange(4, stop, 7)
    found = bernoulli_walk._crossing(stops, stops + 1, p)
    assert 0 <= found <= 2e-6
