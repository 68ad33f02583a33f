from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import beta, binom

from tacit.attacks import Threshold
from tacit.core import AssumptionError, Evidence, InvalidInput, NotEnoughData, collect
from tacit.dp.bounds import epsilon_lower_bound, independent_scores, runs_needed, tradeoff_band
from tacit.testing import GaussianShift, LaplaceShift, RandomisedResponse


def played(game):
    return collect(Threshold(), game.signals, game.membership)


def evidence(score, member, cluster=None, assignment="coin"):
    score = np.asarray(score, np.float64)
    return Evidence(
        score, np.asarray(member, bool), cluster, assignment, "by hand", np.arange(len(score))
    )


@pytest.mark.parametrize("method", ["ell", "bonferroni", "dkw", "split"])
@pytest.mark.parametrize(
    "game",
    [
        GaussianShift(0.0),
        LaplaceShift(1.0),
        RandomisedResponse(1.0),
        GaussianShift(0.0, tie_width=0.5),
    ],
)
def test_no_bound_exceeds_the_truth_more_often_than_its_level(method, game):
    truth, worlds = game.epsilon(1e-5), 80
    above = sum(
        epsilon_lower_bound(played(game.flip(300, seed=s)), 1e-5, level=0.9, method=method).low
        > truth
        for s in range(worlds)
    )
    assert above / worlds <= 0.1 + 3 * np.sqrt(0.09 / worlds)


def test_ell_is_tight_at_500_a_side():
    worlds = [played(GaussianShift(2.0).draw(500, 500, seed=s)) for s in range(20)]
    mean = {
        m: np.mean([epsilon_lower_bound(w, 1e-5, method=m).low for w in worlds])
        for m in ("ell", "bonferroni", "dkw", "split")
    }
    assert mean["ell"] >= 2.4
    assert mean["ell"] > max(mean["bonferroni"], mean["dkw"], mean["split"])


def test_perfect_scores_reach_the_ceiling_of_a_fixed_threshold():
    perfect = evidence(np.arange(200) >= 100, np.arange(200) >= 100)
    alpha = 0.025
    ceiling = np.log(alpha ** (1 / 100) / (1 - alpha ** (1 / 100)))
    assert epsilon_lower_bound(perfect, 0.0, method="fixed", threshold=0.5).low == pytest.approx(
        ceiling, rel=1e-9
    )


def test_both_directions_are_used():
    # nobody's score is high by mistake, but a third of the members is surely cleared of nothing:
    # swap roles by negation
    game = played(GaussianShift(2.0).draw(400, 400, seed=1))
    swapped = evidence(-game.score, ~game.member)
    assert epsilon_lower_bound(game, 1e-5).low == pytest.approx(
        epsilon_lower_bound(swapped, 1e-5).low, abs=1e-6
    )
    rare = np.concatenate([np.full(500, 1.0), np.where(np.arange(500) < 200, 0.0, 1.0)])
    cleared = evidence(rare, np.arange(1000) < 500)
    assert epsilon_lower_bound(cleared, 0.0).low > 3  # only TNR / FNR shows it


def test_an_observed_split_is_named_as_such():
    found = epsilon_lower_bound(
        evidence(np.arange(100), np.arange(100) >= 50, assignment="observed"), 1e-5
    )
    assert found.name == "empirical epsilon of this split"
    assert "nothing about the training algorithm" in " ".join(found.assumes)
    assert found.high == np.inf


def test_one_run_is_refused():
    one = evidence(np.arange(100), np.arange(100) % 2 == 0, cluster=np.zeros(100, np.int64))
    with pytest.raises(AssumptionError, match="one_run_epsilon"):
        epsilon_lower_bound(one, 1e-5)


def test_runs_with_several_canaries_count_once():
    rng, truth = np.random.default_rng(0), 0.0
    above = 0
    for _ in range(60):
        run, shared = np.repeat(np.arange(60), 20), np.repeat(rng.normal(size=60) * 5, 20)
        member = np.repeat(rng.random(60) < 0.5, 20)
        bound = epsilon_lower_bound(
            evidence(shared + rng.normal(size=1200), member, run), 0.0, level=0.9
        )
        assert bound.n == 60
        above += bound.low > truth
    assert above <= 12


def test_mixed_runs_use_one_canary_each():
    rng = np.random.default_rng(1)
    run, member = np.repeat(np.arange(80), 5), rng.random(400) < 0.5
    bound = epsilon_lower_bound(evidence(rng.normal(size=400) + 9 * member, member, run), 0.0)
    assert bound.n == 80
    assert "drawn at random" in " ".join(bound.assumes)


def test_order_and_monotone_changes_of_the_score_do_not_matter():
    world = played(GaussianShift(1.5).draw(300, 500, seed=3))
    first = epsilon_lower_bound(world, 1e-5)
    assert epsilon_lower_bound(world.take(np.random.default_rng(0).permutation(800)), 1e-5) == first
    assert epsilon_lower_bound(replace(world, score=world.score**3), 1e-5).low == first.low
    assert epsilon_lower_bound(
        replace(world, score=world.score.astype(np.float32)), 1e-5
    ).low == pytest.approx(first.low, abs=1e-3)


def test_jeffreys_is_labelled_and_above_clopper_pearson():
    world = played(GaussianShift(2.0).draw(500, 500, seed=1))
    credible = epsilon_lower_bound(world, 1e-5, method="jeffreys", threshold=2.5)
    assert "credible" in credible.method
    assert credible.low > epsilon_lower_bound(world, 1e-5, method="fixed", threshold=2.5).low


def test_jeffreys_agrees_with_posterior_draws():
    world = played(GaussianShift(2.0).draw(300, 300, seed=2))
    fp, fn = np.sum(world.nonmember_scores > 2), np.sum(world.member_scores <= 2)
    rng = np.random.default_rng(0)
    fpr, fnr = (
        rng.beta(fp + 0.5, 300 - fp + 0.5, 200_000),
        rng.beta(fn + 0.5, 300 - fn + 0.5, 200_000),
    )
    draws = np.maximum(np.log((1 - fnr) / fpr), np.log((1 - fpr) / fnr))
    found = epsilon_lower_bound(world, 0.0, method="jeffreys", threshold=2.0).low
    assert found == pytest.approx(np.quantile(draws, 0.05), abs=0.02)


def test_the_tradeoff_band_holds_everywhere_and_refutes_what_is_wrong():
    from tacit.dp.mechanisms import Gaussian

    above, worlds = 0, 80
    for seed in range(worlds):
        band = tradeoff_band(played(GaussianShift(1.0).draw(300, 300, seed=seed)), level=0.9)
        above += band.excess(Gaussian(1.0).tradeoff) > 1e-9
    assert above / worlds <= 0.1 + 3 * np.sqrt(0.09 / worlds)
    strong = tradeoff_band(played(GaussianShift(3.0).draw(300, 300, seed=0)))
    assert strong.excess(Gaussian(1.0).tradeoff) > 0.2
    assert np.all(np.diff(strong.fpr) >= 0)
    assert np.all(np.diff(strong.tpr) >= 0)
    assert (
        strong.epsilon(1e-5)
        == epsilon_lower_bound(played(GaussianShift(3.0).draw(300, 300, seed=0)), 1e-5).low
    )


def test_a_larger_delta_gives_no_larger_bound():
    band = tradeoff_band(played(GaussianShift(2.0).draw(500, 500, seed=0)))
    bounds = [band.epsilon(delta) for delta in (0.0, 1e-5, 1e-3, 0.1, 0.5)]
    assert bounds == sorted(bounds, reverse=True)


def test_bad_arguments_are_named():
    world = played(GaussianShift(1.0).draw(50, 50, seed=0))
    with pytest.raises(InvalidInput, match="`delta`"):
        epsilon_lower_bound(world, 1.0)
    with pytest.raises(InvalidInput, match="`threshold`"):
        epsilon_lower_bound(world, 0.0, method="fixed")
    with pytest.raises(InvalidInput, match="`threshold`"):
        epsilon_lower_bound(world, 0.0, threshold=1.0)
    with pytest.raises(InvalidInput, match="`method`"):
        epsilon_lower_bound(world, 0.0, method="best")
    with pytest.raises(NotEnoughData):
        epsilon_lower_bound(evidence([1, 2, 3], [True, False, False]), 0.0)


def test_runs_needed_is_enough_and_one_pair_less_is_not():
    n = runs_needed(3.0, 1e-5)
    for runs, refutes in ((n, True), (n - 2, False)):
        perfect = evidence(np.arange(runs) % 2, np.arange(runs) % 2 == 1)
        assert (
            epsilon_lower_bound(perfect, 1e-5, method="fixed", threshold=0.5).low > 3.0
        ) == refutes
    with pytest.raises(NotEnoughData):
        runs_needed(30.0, 0.0)


def test_a_fixed_threshold_by_hand_in_both_directions():
    # 100 a side, 8 and 60 above the threshold; Clopper-Pearson at half of alpha each. Without the
    # halving the bound is .14 larger, with delta forgotten .06.
    score = np.concatenate([np.arange(100) < 8, np.arange(100) < 60]).astype(float)
    world = evidence(score, np.arange(200) >= 100)
    for delta in (0.0, 0.05):
        for level in (0.95, 0.8):
            alpha = (1 - level) / 2
            fpr, tpr = beta.ppf(1 - alpha, 9, 92), beta.ppf(alpha, 60, 41)
            accuse = np.log((tpr - delta) / fpr)
            clear = np.log((1 - fpr - delta) / (1 - tpr))
            found = epsilon_lower_bound(world, delta, level=level, method="fixed", threshold=0.5)
            assert accuse > clear
            assert found.low == pytest.approx(accuse, rel=1e-9)
            assert found.n == 200
            # the mirror: now clearing is what shows
            mirrored = evidence(-score, np.arange(200) < 100)
            found = epsilon_lower_bound(
                mirrored, delta, level=level, method="fixed", threshold=-0.5
            )
            assert found.low == pytest.approx(accuse, rel=1e-9)


@pytest.mark.parametrize("method", ["bonferroni", "dkw"])
def test_a_band_by_hand_halves_alpha_between_the_rates(method):
    # 50 a side told apart but for one non-member: FPR 1/50, TPR 1 at the best threshold
    score = np.concatenate([np.arange(49), [200], 100 + np.arange(50)]).astype(float)
    world = evidence(score, np.arange(100) >= 50)
    alpha, n = 0.025, 50
    if method == "dkw":
        fpr, tpr = 1 / 50 + np.sqrt(np.log(1 / alpha) / 100), 1 - np.sqrt(np.log(1 / alpha) / 100)
    else:
        fpr, tpr = beta.ppf(1 - alpha / n, 2, 49), beta.ppf(alpha / n, 50, 1)
    others = np.log((1 - fpr) / (1 - tpr)), np.log(tpr / fpr)
    found = epsilon_lower_bound(world, 0.0, method=method).low
    assert found == pytest.approx(max(others), rel=1e-6)


def test_the_equal_local_level_band_by_hand_halves_alpha():
    from tacit.dp.bands import local_level

    world = evidence(np.arange(80), np.arange(80) >= 40)
    eta = local_level(40, 0.025)
    limit = 1 - eta ** (1 / 40)  # of a rate of 0 of 40
    assert epsilon_lower_bound(world, 0.0).low == pytest.approx(
        np.log((1 - limit) / limit), rel=1e-9
    )
    band = tradeoff_band(world)
    assert band.epsilon(0.1) == pytest.approx(np.log((0.9 - limit) / limit), rel=1e-9)
    assert np.all(np.diff(band.fpr) >= 0)
    assert np.all(np.diff(band.tpr) >= 0)
    assert (band.fpr.min(), band.tpr.max()) == pytest.approx((limit, 1 - limit))


def test_a_split_counts_in_the_half_that_did_not_choose():
    # told apart without an error: the counted half has 50 a side, at half of alpha each
    world = evidence(np.arange(200), np.arange(200) >= 100)
    fpr = 1 - 0.025 ** (1 / 50)
    assert epsilon_lower_bound(world, 0.0, method="split").low == pytest.approx(
        np.log((1 - fpr) / fpr), rel=1e-9
    )


def test_jeffreys_is_the_posterior_quantile():
    # 2 of 60 and 10 of 40 wrong; 2 x 10^6 draws of Beta(2.5, 58.5) and Beta(10.5, 30.5)
    score = np.concatenate([np.arange(60) < 2, np.arange(40) >= 10]).astype(float)
    world = evidence(score, np.arange(100) >= 60)
    rng = np.random.default_rng(0)
    fpr, fnr = rng.beta(2.5, 58.5, 2_000_000), rng.beta(10.5, 30.5, 2_000_000)
    for delta in (0.0, 0.05):
        with np.errstate(divide="ignore", invalid="ignore"):
            drawn = np.fmax(
                np.log(np.maximum(0, 1 - delta - fnr) / fpr),
                np.log(np.maximum(0, 1 - delta - fpr) / fnr),
            )
        found = epsilon_lower_bound(world, delta, method="jeffreys", threshold=0.5).low
        assert found == pytest.approx(np.quantile(drawn, 0.05), abs=0.01)


def test_runs_needed_by_hand():
    # n a side all right: log((a^(1/n) - delta) / (1 - a^(1/n))) with a = .025
    for epsilon, delta in ((1.0, 0.0), (4.0, 1e-5), (2.0, 0.1)):
        n = runs_needed(epsilon, delta) // 2
        rate = 0.025 ** (1 / np.array([n - 1, n]))
        bound = np.log((rate - delta) / (1 - rate))
        assert bound[0] <= epsilon < bound[1]
    assert runs_needed(0.0, 0.0) == 12  # .025^(1/6) = .541, .025^(1/5) = .478


def test_a_larger_cluster_drawn_at_random_gives_one_score_a_run():
    rng = np.random.default_rng(0)
    member = rng.random(400) < 0.5
    world = evidence(rng.normal(size=400) + member, member, cluster=np.repeat(np.arange(100), 4))
    reduced, _ = independent_scores(world, seed=3)
    assert len(reduced.member) == 100
    assert np.array_equal(np.unique(reduced.row // 4), np.arange(100))
    assert np.array_equal(world.score[reduced.row], reduced.score)
    place = np.bincount(reduced.row % 4, minlength=4)
    low, high = binom.ppf([1e-5, 1 - 1e-5], 100, 0.25)
    assert np.all((place >= low) & (place <= high))
    other, _ = independent_scores(world, seed=4)
    assert not np.array_equal(other.row, reduced.row)


@pytest.mark.parametrize("method", ["fixed", "jeffreys"])
def test_a_record_at_the_threshold_is_not_accused(method):
    score = np.repeat([0.0, 1.0, 2.0, 0.0, 1.0], [5, 15, 20, 30, 10])
    world = evidence(score, np.arange(80) < 40)
    at = epsilon_lower_bound(world, 1e-5, method=method, threshold=1.0).low
    assert at == epsilon_lower_bound(world, 1e-5, method=method, threshold=1.5).low
    assert at != epsilon_lower_bound(world, 1e-5, method=method, threshold=0.5).low


def test_two_of_either_kind_are_enough_and_one_is_not():
    for method in ("ell", "split"):
        four = evidence([0.0, 1.0, 2.0, 3.0], np.arange(4) > 1)
        assert epsilon_lower_bound(four, 0.0, method=method).low == 0
    for n_members in (1, 3):
        with pytest.raises(NotEnoughData):
            epsilon_lower_bound(evidence([0.0, 1.0, 2.0, 3.0], np.arange(4) < n_members), 0.0)


def test_a_score_a_run_says_nothing_of_whole_clusters():
    world = evidence(np.arange(8.0), np.arange(8) > 3, np.arange(8))
    assert not any("whole cluster" in text for text in epsilon_lower_bound(world, 0.0).assumes)


def test_the_posterior_counts_delta_where_clearing_tells_more():
    """60 of 100 wrongly accused, 1 of 100 missed, delta .1: log((1 - FPR - delta) / FNR)."""
    score = np.r_[np.ones(60), np.zeros(40), np.ones(99), 0.0]
    world = evidence(score, np.arange(200) >= 100)
    rng = np.random.default_rng(0)
    fpr, fnr = rng.beta(60.5, 40.5, 400_000), rng.beta(1.5, 99.5, 400_000)
    draws = np.log((1 - fpr - 0.1) / fnr)
    found = epsilon_lower_bound(world, 0.1, method="jeffreys", threshold=0.5).low
    assert found == pytest.approx(np.quantile(draws, 0.05), abs=0.02)


def test_ten_million_runs_are_five_million_of_each_kind():
    """What six million of each kind would refute is beyond the plan, what four would is not."""
    from tacit.dp.bounds import _perfect

    with pytest.raises(NotEnoughData, match="more than 10000000 independent runs"):
        runs_needed(_perfect(6_000_000, 0.0, 0.95), 0.0)
    assert runs_needed(_perfect(4_000_000, 0.0, 0.95), 0.0) in range(8_000_000, 8_000_010)
