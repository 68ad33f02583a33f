import numpy as np
import pytest
from scipy.stats import binom, chi2

from tacit.core import AssumptionError, Evidence, InvalidInput
from tacit.dp.coins import UNFAIR, require_fair_coins, require_fair_within, two_sided
from tacit.dp.guesses import ranked


def ranking(score, member):
    score = np.asarray(score, np.float64)
    return ranked(
        Evidence(score, np.asarray(member, bool), None, "coin", "by hand", np.arange(len(score)))
    )


def coins(inside, m):
    return np.arange(m) < inside


def test_the_chance_of_an_uneven_fall_is_exact():
    for inside, m in ((3, 10), (10, 10), (0, 10), (50, 100), (61, 100)):
        extreme = max(inside, m - inside)
        assert two_sided(inside, m) == pytest.approx(min(1, 2 * binom.sf(extreme - 1, m, 0.5)))
    assert two_sided(10, 10) == pytest.approx(2**-9)
    assert two_sided(0, 0) == 1.0


@pytest.mark.parametrize("m", [200, 1000])
def test_the_first_refused_count_has_a_chance_of_one_in_ten_thousand(m):
    assert UNFAIR == 1e-4
    first = next(k for k in range(m // 2, m) if 2 * binom.sf(k - 1, m, 0.5) < 1e-4)
    score = np.arange(m)
    require_fair_coins(ranking(score, coins(first - 1, m)))
    require_fair_coins(ranking(score, coins(m - first + 1, m)))
    for inside in (first, m - first):
        with pytest.raises(AssumptionError, match=f"{inside} of {m}"):
            require_fair_coins(ranking(score, coins(inside, m)))


def test_rates_that_differ_between_kinds_are_refused_though_balanced_in_total():
    kind = np.repeat(["noise", "text"], 500)
    member = np.concatenate([coins(400, 500), coins(100, 500)])
    with pytest.raises(AssumptionError, match=r"400 of 500 canaries of kind 'noise'"):
        require_fair_within(member, kind)
    mixed = np.concatenate([coins(300, 500), coins(200, 500)])  # .6 and .4
    with pytest.raises(AssumptionError, match="within each kind"):
        require_fair_within(mixed, kind)
    require_fair_within(np.concatenate([coins(260, 500), coins(243, 500)]), kind)


def test_many_small_kinds_are_seen_together():
    # 60 kinds of 8 canaries at rates 7/8 and 1/8: no kind alone is below 1e-4 / 60
    kind = np.repeat(np.arange(60), 8)
    member = np.concatenate([coins(7 if k % 2 else 1, 8) for k in range(60)])
    assert 2 * 60 * two_sided(7, 8) > 1e-4
    with pytest.raises(AssumptionError, match="within each kind"):
        require_fair_within(member, kind)
    fair = np.concatenate([coins(4 + (k % 3 - 1), 8) for k in range(60)])
    require_fair_within(fair, kind)


def test_the_sum_of_deviations_is_a_chi_square():
    # 100 kinds of 20: fair up to the deviation at which half of 1e-4 is left
    m, kinds = 20, 100
    limit = chi2.isf(UNFAIR / 2, kinds)
    one = (2 * 14 - m) ** 2 / m  # 14 of 20: 3.2
    enough = int(np.ceil(limit / one))
    kind = np.repeat(np.arange(kinds), m)

    def member(uneven):
        return np.concatenate([coins(14 if k < uneven else 10, m) for k in range(kinds)])

    require_fair_within(member(enough - 1), kind)
    with pytest.raises(AssumptionError):
        require_fair_within(member(enough), kind)


def test_one_uneven_kind_among_many_pays_for_being_looked_for():
    # 50 kinds of 40: the worst one is refused where 2 * 50 * p is below 1e-4
    first = next(k for k in range(20, 41) if 2 * 50 * two_sided(k, 40) < UNFAIR)
    kind = np.repeat(np.arange(50), 40)

    def member(worst):
        return np.concatenate([coins(worst if k == 7 else 20, 40) for k in range(50)])

    require_fair_within(member(first - 1), kind)
    with pytest.raises(AssumptionError, match=f"{first} of 40 canaries of kind '7'"):
        require_fair_within(member(first), kind)


def test_fair_coins_are_refused_once_in_ten_thousand():
    # 3,000 worlds of 5 kinds and of ties: 2e-4 each at most, so 6 or more in one case in 2,000
    refused = 0
    for seed in range(3000):
        rng = np.random.default_rng(seed)
        member = rng.random(60) < 0.5
        try:
            require_fair_within(member, np.arange(60) % 5)
            require_fair_coins(ranking(np.arange(60) // 2, member))
        except AssumptionError:
            refused += 1
    assert refused <= binom.ppf(1 - 5e-4, 3000, 3e-4)


def test_kinds_need_one_entry_a_canary():
    with pytest.raises(InvalidInput, match="`kind`"):
        require_fair_within(coins(5, 10), np.zeros(9))


def test_undeclared_copies_are_noticed_by_their_equal_scores():
    # 60 canaries 10 times each, no leak: the coin of a copy is that of the other
    rng = np.random.default_rng(0)
    coin, score = rng.permutation(coins(30, 60)), rng.normal(size=60)
    with pytest.raises(AssumptionError, match="60 of 60 pairs"):
        require_fair_coins(ranking(np.repeat(score, 10), np.repeat(coin, 10)))
    with pytest.raises(AssumptionError, match="copies of one canary"):
        require_fair_coins(ranking(np.repeat(score, 2), np.repeat(coin, 2)))


def test_ties_of_a_leak_are_no_copies():
    # rounded scores of a strong leak: equal scores share their coin, and so do neighbours
    rng = np.random.default_rng(1)
    member = rng.random(1000) < 0.5
    require_fair_coins(ranking(np.round(rng.normal(size=1000) + 6 * member, 1), member))
    require_fair_coins(ranking(np.round(rng.normal(size=1000), 1), member))
    require_fair_coins(ranking(member * 1.0, member))


def test_few_equal_scores_are_no_evidence():
    member = np.tile([True, True, False, False], 3)
    require_fair_coins(ranking(np.arange(12) // 2, member))  # 1 in 462
    require_fair_coins(ranking(np.arange(12), member))


def test_the_sum_over_three_kinds_has_three_degrees_of_freedom():
    # the deviations of 226 and of 228 of 400, three times: 20.28 and 23.52
    kind = np.repeat(np.arange(3), 400)
    assert chi2.isf(UNFAIR / 2, 2) < 3 * 52**2 / 400 < chi2.isf(UNFAIR / 2, 3) < 3 * 56**2 / 400
    require_fair_within(np.tile(coins(226, 400), 3), kind)
    with pytest.raises(AssumptionError):
        require_fair_within(np.tile(coins(228, 400), 3), kind)


def test_equal_scores_that_share_their_coin_less_often_are_no_copies():
    # each of 40 scores twice, once in and once out, and the neighbours all alike
    require_fair_coins(ranking(np.repeat(np.arange(40.0), 2), np.tile([True, False], 40)))
