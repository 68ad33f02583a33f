from dataclasses import replace

import numpy as np
import pytest

from tacit.attacks import Threshold
from tacit.core import AssumptionError, Evidence, InvalidInput, NotEnoughData, collect
from tacit.dp.bounds import epsilon_lower_bound, runs_needed, tradeoff_band
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
