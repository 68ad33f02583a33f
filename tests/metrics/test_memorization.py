"""Extraction in closed form and exposure by rank: by hand, by simulation."""

import itertools
import math

import numpy as np
import pytest
from scipy.stats import binom

from tacit.core import InvalidInput, NotEnoughData, Sampler
from tacit.metrics.memorization import (
    beyond_prior,
    exact_exposure,
    exposure,
    extractable,
    extraction_rate,
    extraction_share,
    tries_needed,
)


def test_the_tries_needed_are_the_formula():
    found = tries_needed(np.log([0.5, 0.1, 1.0]), p=0.75)
    np.testing.assert_allclose(found, [2.0, math.log(0.25) / math.log(0.9), 0.0])
    assert extractable([math.log(0.5)], n=2, p=0.75)[0]
    assert not extractable([math.log(0.49)], n=2, p=0.75)[0]


def test_long_suffixes_do_not_underflow():
    assert tries_needed([-1000.0], 0.5)[0] == math.inf
    np.testing.assert_allclose(tries_needed([-100.0], 0.5), math.log(2) * math.exp(100.0))
    assert tries_needed([-np.inf], 0.5)[0] == math.inf
    near = tries_needed([-35.999999, -36.000001], 0.5)
    np.testing.assert_allclose(near[0], near[1], rtol=1e-5)


@pytest.mark.parametrize(
    "sampler", [Sampler(), Sampler(0.7), Sampler(top_k=2), Sampler(1, None, 0.8)]
)
def test_the_closed_form_is_what_sampling_a_bigram_model_gives(sampler):
    rng = np.random.default_rng(0)
    table = sampler.log_probabilities(rng.normal(0, 1.5, (5, 5)))
    suffix = [0, *np.exp(table).argmax(axis=1)[[0, 1]]]
    log_p = sum(table[a, b] for a, b in itertools.pairwise(suffix))
    n_draws = 100_000
    state, alive = np.zeros(n_draws, int), np.ones(n_draws, bool)
    for token in suffix[1:]:
        steps = (rng.random(n_draws)[:, None] > np.exp(table)[state].cumsum(axis=1)).sum(axis=1)
        alive &= steps == token
        state = np.minimum(steps, 4)
    hits = int(alive.sum())
    assert 0.0005 < binom.cdf(hits, n_draws, math.exp(log_p)) < 0.9995
    n = 3
    by_draws = alive[: n_draws // n * n].reshape(-1, n).any(axis=1)
    chance = -math.expm1(n * math.log1p(-math.exp(log_p)))
    assert 0.0005 < binom.cdf(int(by_draws.sum()), len(by_draws), chance) < 0.9995
    assert extractable([log_p], n=n, p=chance * 0.999)[0]
    assert not extractable([log_p], n=n, p=chance * 1.001)[0]


def test_phrases_that_every_text_holds_are_no_extraction():
    common = np.log([0.9] * 4 + [1e-30] * 396)
    found = extraction_rate(common, common, n=1000)
    assert found.value == 0
    assert found.low < 0 < found.high
    assert found.p_value > 0.5
    assert extraction_share(common, n=1000).value == 0.01


@pytest.mark.parametrize(
    ("inside", "outside"), [(0.1, 0.1), (0.02, 0.0), (0.6, 0.05), (0.01, 0.01)]
)
def test_the_interval_of_the_difference_holds_the_truth(inside, outside):
    rng = np.random.default_rng([int(100 * inside), int(100 * outside)])
    runs, held = 1000, 0
    for _ in range(runs):
        sides = [np.where(rng.random(200) < share, -1.0, -99.0) for share in (inside, outside)]
        found = extraction_rate(*sides, n=1000)
        held += found.low <= inside - outside <= found.high
    # as few as 95 % coverage allows in 1 of 1,000 simulations
    assert held >= binom.ppf(0.001, runs, 0.95)


def test_exposure_by_hand():
    found = exposure(1.0, [2.0, 1.0, 0.0, -1.0, 0.5, 0.1, 0.2])
    assert found.value == pytest.approx(-math.log2(3 / 8))
    assert math.isfinite(found.high)
    alone = exposure(9.0, np.zeros(100))
    assert alone.high == math.inf
    assert exposure(9.0, np.zeros(100), size=1024).high == 10.0
    assert alone.value == pytest.approx(math.log2(101))


def test_the_interval_of_exposure_holds_the_truth():
    rng = np.random.default_rng(0)
    runs = 2000
    for share in (0.5, 0.05, 0.001):
        better = rng.binomial(300, share, runs)
        held = 0
        for b in better.tolist():
            references = np.r_[np.ones(b), np.zeros(300 - b)]
            found = exposure(0.5, references)
            held += found.low <= -math.log2(share) <= found.high
        assert held >= binom.ppf(0.001, runs, 0.95), share


def test_a_secret_counts_in_its_own_rank_where_the_space_is_small():
    """Second of 4: 1 of 3 rivals is better, however often the three are drawn; 1 bit."""
    often = np.repeat([2.0, 0.0, -1.0], 1000)
    found = exposure(1.0, often, size=4)
    assert found.value == pytest.approx(1.0)
    assert 0.9 < found.low <= 1.0 <= found.high < 1.1
    assert exposure(1.0, [2.0, 0.0, -1.0], size=4).value == pytest.approx(1.0)
    assert exposure(9.0, [2.0, 0.0, -1.0], size=4).high == 2.0
    assert exposure(1.0, [2.0], size=1).value == 0.0


def test_the_exact_exposure_is_a_rank_with_ties_against_the_secret():
    scores = np.arange(1000.0)
    assert exact_exposure(999.0, scores).value == pytest.approx(math.log2(1000))
    assert exact_exposure(0.0, scores).value == pytest.approx(0.0)
    assert exact_exposure(5.0, np.full(8, 5.0)).value == pytest.approx(0.0)
    with pytest.raises(InvalidInput, match="itself"):
        exact_exposure(5.0, [1.0, 2.0])


def test_the_prior_is_taken_off_in_powers_of_ten():
    np.testing.assert_allclose(beyond_prior(np.log([1e-2]), np.log([1e-5])), [3.0])
    with pytest.raises(InvalidInput, match="no top-k"):
        beyond_prior([-np.inf], [-1.0])
    with pytest.raises(InvalidInput, match="1 numbers, got 2"):
        beyond_prior([-1.0], [-1.0, -2.0])


def test_bad_arguments_are_named():
    with pytest.raises(InvalidInput, match=r"`log_p`.*1 row"):
        tries_needed([0.5])
    with pytest.raises(InvalidInput, match="`p`"):
        tries_needed([-1.0], p=1.0)
    with pytest.raises(InvalidInput, match="`n`"):
        extractable([-1.0], n=0)
    with pytest.raises(NotEnoughData, match="training and control"):
        extraction_rate([], [-1.0], n=10)
    with pytest.raises(NotEnoughData, match="references"):
        exposure(1.0, [])
    with pytest.raises(InvalidInput, match="`score`"):
        exposure(np.nan, [1.0])


def test_the_difference_of_two_shares_by_hand_and_half_is_the_default():
    """A chance of 1/4 a try: three tries reach 1 - (3/4)^3 = .58, two reach .44."""
    quarter, never = np.log(0.25), -np.inf
    assert extractable([quarter], n=3).tolist() == [True]
    assert extractable([quarter], n=2).tolist() == [False]
    found = extraction_rate([quarter] * 3 + [never], [quarter] + [never] * 4, n=3)
    assert found.value == pytest.approx(3 / 4 - 1 / 5)
    assert found.n == 9
    assert extraction_rate([quarter], [never], n=3).value == 1.0


def of_users(rng, rate, users, size, alike):
    """Texts that come out, `alike` within a user (beta-binomial), and their users."""
    share = rng.beta(rate * (1 / alike - 1), (1 - rate) * (1 / alike - 1), users)
    hit = rng.random((users, size)) < share[:, None]
    return np.where(hit.ravel(), -1.0, -99.0), np.repeat(np.arange(users), size)


@pytest.mark.parametrize(("inside", "outside"), [(0.3, 0.1), (0.1, 0.1)])
def test_the_interval_of_the_difference_holds_the_truth_for_users(inside, outside):
    """40 users of 8 texts a side, correlation 0.4; texts as units would miss 3 of 10."""
    rng = np.random.default_rng(3)
    caught = naive = 0
    draws = 300
    for _ in range(draws):
        texts, user = of_users(rng, inside, 40, 8, 0.4)
        control, other = of_users(rng, outside, 40, 8, 0.4)
        found = extraction_rate(texts, control, n=10, cluster=(user, other))
        plain = extraction_rate(texts, control, n=10)
        caught += found.low <= inside - outside <= found.high
        naive += plain.low <= inside - outside <= plain.high
    # as few as 95 % coverage allows in 1 of 1,000 simulations
    least = binom.ppf(0.001, draws, 0.95)
    assert caught >= least
    assert naive < least


def test_the_p_value_of_users_is_that_of_so_many_independent_texts():
    rng = np.random.default_rng(4)
    wrong = 0
    for _ in range(300):
        texts, user = of_users(rng, 0.2, 30, 8, 0.4)
        control, other = of_users(rng, 0.2, 30, 8, 0.4)
        wrong += extraction_rate(texts, control, n=10, cluster=(user, other)).p_value <= 0.05
    assert wrong <= binom.ppf(0.999, 300, 0.05)


def test_clusters_of_single_texts_change_nothing():
    texts, control = np.log([0.5, 0.01, 0.6, 1e-9]), np.log([1e-9, 0.5, 1e-9])
    alone = extraction_rate(texts, control, n=2)
    found = extraction_rate(texts, control, n=2, cluster=(list("abcd"), list("xyz")))
    assert (found.value, found.low, found.high, found.p_value) == (
        alone.value,
        alone.low,
        alone.high,
        alone.p_value,
    )
    share = extraction_share(texts, n=2, cluster=list("aabb"))
    assert share.n == 2
    assert share.low < extraction_share(texts, n=2).low
    with pytest.raises(InvalidInput):
        extraction_share(texts, n=2, cluster=list("aab"))


def test_fractions_of_texts_are_rounded_against_a_leak():
    """4.75 of 9.5 members are 4 of 9, 2.28 of 7.6 controls are 3 of 7."""
    from scipy.stats import hypergeom

    from tacit.metrics.memorization import _p_value, _Share

    found = _p_value(_Share(0.5, 9.5, 20), _Share(0.3, 7.6, 20))
    assert found == pytest.approx(hypergeom.sf(3, 16, 9, 7))
    # 3 of 10 that miss a whole number by rounding only are 3
    whole = _p_value(_Share(0.7, 10.0, 10), _Share(0.1 + 0.2, 10.0, 10))
    assert whole == pytest.approx(hypergeom.sf(6, 20, 10, 10))


def test_unless_told_otherwise_a_suffix_is_to_come_out_with_chance_one_half():
    """One of ten samples: 1 - .9 ** t is .5 at t = log .5 / log .9 = 6.58."""
    from tacit.metrics.memorization import extractable, tries_needed

    tenth = np.log([0.1])
    assert tries_needed(tenth)[0] == pytest.approx(np.log(0.5) / np.log(0.9))
    assert [bool(extractable(tenth, n=n)[0]) for n in (6, 7)] == [False, True]
    assert extraction_share(tenth, n=7).value == 1.0
    assert extraction_share(tenth, n=6).value == 0.0
    assert extraction_rate(tenth, tenth - 1, n=7).value == 1.0


def test_a_share_has_clopper_and_pearson_s_limits():
    """3 of 8 come out in one sample: a certain one, and two that come with chance .6."""
    from scipy.stats import binomtest

    log_p = np.log([1.0, 0.6, 0.6, 0.4, 0.3, 0.2, 0.1, 0.05])
    found = extraction_share(log_p, n=1, level=0.9)
    known = binomtest(3, 8).proportion_ci(0.9, method="exact")
    assert (found.value, found.n, found.level) == (3 / 8, 8, 0.9)
    assert (found.low, found.high) == pytest.approx((known.low, known.high))
