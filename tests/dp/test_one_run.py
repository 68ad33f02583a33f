import time

import numpy as np
import pytest

from tacit.attacks import Threshold
from tacit.core import AssumptionError, Evidence, InvalidInput, NotEnoughData, collect
from tacit.dp.fdp_recursion import fdp_refuted
from tacit.dp.guesses import ranked, whole_blocks
from tacit.dp.mechanisms import ApproxDP, Gaussian
from tacit.dp.one_run import canaries_needed, one_run_epsilon
from tacit.dp.steinke import steinke_p_value
from tacit.testing import GaussianShift, LaplaceShift, RandomisedResponse


def played(game):
    return collect(Threshold(), game.signals, game.membership)


def evidence(score, member, cluster=None, assignment="coin"):
    score = np.asarray(score, np.float64)
    return Evidence(
        score, np.asarray(member, bool), cluster, assignment, "by hand", np.arange(len(score))
    )


@pytest.mark.parametrize(
    ("epsilon", "steinke", "recursion"), [(0.5, 137, 137), (1.0, 157, 158), (2.0, 184, 185)]
)
def test_first_rejection_of_200_guesses(epsilon, steinke, recursion):
    assert (
        next(v for v in range(201) if steinke_p_value(200, 200, v, epsilon, 0.0) <= 0.05) == steinke
    )
    assert (
        next(v for v in range(201) if fdp_refuted(200, 200, v, ApproxDP(epsilon), 0.05))
        == recursion
    )


@pytest.mark.parametrize(
    ("mu", "share", "steinke", "gaussian"),
    [
        (0.5, 1.0, 0.27, 0.52),
        (1.0, 1.0, 0.71, 1.34),
        (1.0, 0.3, 1.42, 2.36),
        (2.0, 0.3, 3.21, 5.55),
        (3.0, 0.1, 3.5, 5.6),
    ],
)
def test_power_on_a_product_of_gaussians(mu, share, steinke, gaussian):
    worlds = [played(GaussianShift(mu).flip(1000, seed=s)) for s in range(24)]
    plain = np.mean([one_run_epsilon(w, 1e-5, share).low for w in worlds])
    family = np.mean(
        [one_run_epsilon(w, 1e-5, share, method="fdp", family=Gaussian).low for w in worlds]
    )
    assert plain == pytest.approx(steinke, abs=0.25)
    assert family == pytest.approx(gaussian, abs=0.4)


def shared_response(mu, m, seed):
    """Randomised response whose bias is drawn once for all canaries: every bit is mu-GDP given the
    others.
    """
    rng = np.random.default_rng(seed)
    member = rng.random(m) < 0.5
    loss = np.abs(mu * rng.normal() + mu**2 / 2)
    right = rng.random(m) < 1 / (1 + np.exp(-loss))
    return evidence((member == right).astype(float), member)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "guesses"), [("walk", None), ("steinke", (0.1, 0.3)), ("fdp", 1.0)]
)
@pytest.mark.parametrize(
    "game",
    [
        GaussianShift(0.0),
        LaplaceShift(1.0),
        RandomisedResponse(1.0),
        RandomisedResponse(1.0, tie_breaker=True),
    ],
)
def test_no_bound_exceeds_the_truth_more_often_than_its_level(game, method, guesses):
    truth, worlds = game.epsilon(0.0), 60
    above = 0
    for seed in range(worlds):
        above += (
            one_run_epsilon(
                played(game.flip(250, seed=seed)), 0.0, guesses, level=0.9, method=method
            ).low
            > truth
        )
    assert above / worlds <= 0.1 + 3 * np.sqrt(0.09 / worlds)


def test_canaries_that_share_their_randomness_do_not_break_it():
    truth, worlds = GaussianShift(1.0).epsilon(1e-5), 60
    for method in ("walk", "steinke", "fdp"):
        above = sum(
            one_run_epsilon(shared_response(1.0, 200, s), 1e-5, method=method).low > truth
            for s in range(worlds)
        )
        assert above / worlds <= 0.05 + 3 * np.sqrt(0.05 / worlds)


def test_the_walk_needs_no_declared_share():
    worlds = [played(GaussianShift(3.0).flip(1000, seed=s)) for s in range(8)]
    walk = np.mean([one_run_epsilon(w, 1e-5).low for w in worlds])
    assert walk > np.mean([one_run_epsilon(w, 1e-5, 0.1).low for w in worlds]) + 0.5


def test_20000_canaries_take_half_a_second():
    world = played(GaussianShift(1.0).flip(20_000, seed=0))
    for family in (None, Gaussian):
        start = time.process_time()
        one_run_epsilon(world, 1e-5, (0.1, 0.3, 1.0), method="fdp", family=family)
        assert time.process_time() - start < 0.5


def test_what_cannot_be_coins_is_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(AssumptionError, match="1500 of 2500"):
        one_run_epsilon(evidence(rng.normal(size=2500), np.arange(2500) < 1500), 1e-5)
    with pytest.raises(AssumptionError, match="fair coin"):
        one_run_epsilon(
            evidence(rng.normal(size=100), np.arange(100) % 2 == 0, assignment="observed"), 1e-5
        )
    with pytest.raises(NotEnoughData, match="10 canaries"):
        one_run_epsilon(evidence(rng.normal(size=6), np.arange(6) % 2 == 0), 1e-5)


def test_a_gaussian_family_is_named_as_a_condition():
    world = played(LaplaceShift(1.0).flip(1000, seed=0))
    conditional = one_run_epsilon(world, 1e-5, method="fdp", family=Gaussian)
    assert conditional.name == "epsilon if Gaussian"
    assert "bound is wrong" in " ".join(conditional.assumes)
    assert one_run_epsilon(world, 1e-5, method="fdp").name == "epsilon"


def test_independent_noise_must_be_said():
    world = played(GaussianShift(2.0).flip(500, seed=0))
    with pytest.raises(AssumptionError, match="assume_independent_noise"):
        one_run_epsilon(world, 1e-5, method="independent")
    found = one_run_epsilon(world, 1e-5, method="independent", assume_independent_noise=True)
    assert "independent of one another" in " ".join(found.assumes)


def test_copies_of_a_canary_count_once():
    world = played(GaussianShift(2.0).flip(400, seed=0))
    copies = evidence(np.tile(world.score, 3), np.tile(world.member, 3), np.tile(np.arange(400), 3))
    assert one_run_epsilon(copies, 0.0) == one_run_epsilon(world, 0.0)
    assert one_run_epsilon(copies, 0.0).n == 400


def test_ties_are_never_cut():
    score = np.array([3.0, 3.0, 2.0, 1.0, 1.0, 1.0])
    right, ends = whole_blocks(ranked(evidence(score, [1, 0, 1, 0, 1, 0])), "top")
    assert ends.tolist() == [2, 3, 6]
    assert right[ends - 1].shape == (3,)
    right, ends = whole_blocks(ranked(evidence(np.zeros(6), [1, 0, 1, 0, 1, 0])), "both")
    assert len(right) == 0
    assert len(ends) == 0
    constant = one_run_epsilon(evidence(np.zeros(100), np.arange(100) % 2 == 0), 0.0)
    assert constant.low == 0


def test_rows_in_order_of_membership_do_not_help():
    member = np.arange(400) < 200
    for method in ("walk", "steinke", "fdp"):
        assert (
            one_run_epsilon(
                evidence(np.round(np.random.default_rng(0).normal(size=400)), member),
                0.0,
                method=method,
            ).low
            < 0.2
        )


@pytest.mark.parametrize(("epsilon", "delta"), [(1.0, 0.0), (4.0, 1e-5), (6.0, 1e-5)])
def test_the_canaries_needed_are_what_the_default_bound_needs(epsilon, delta):
    m = canaries_needed(epsilon, delta)

    def bound(count):
        return one_run_epsilon(
            evidence(np.arange(count), np.arange(count) >= count // 2), delta
        ).low

    assert bound(m) > epsilon
    assert bound(int(0.9 * m)) < epsilon


def test_canaries_needed_grows_with_wrong_guesses_and_may_be_impossible():
    assert (
        canaries_needed(2.0, 1e-5)
        < canaries_needed(2.0, 1e-5, accuracy=0.99)
        < canaries_needed(2.0, 1e-5, accuracy=0.95)
    )
    with pytest.raises(NotEnoughData, match="many runs"):
        canaries_needed(3.0, 1e-5, accuracy=0.9)
    with pytest.raises(NotEnoughData, match="smaller delta"):
        canaries_needed(20.0, 1e-3)


def test_bad_arguments_are_named():
    world = played(GaussianShift(1.0).flip(100, seed=0))
    with pytest.raises(InvalidInput, match="`guesses`"):
        one_run_epsilon(world, 0.0, 1.5)
    assert one_run_epsilon(world, 0.0, 30).low == one_run_epsilon(world, 0.0, 0.3).low
    with pytest.raises(InvalidInput, match="`guesses`"):
        one_run_epsilon(world, 0.0, 101)
    with pytest.raises(InvalidInput, match="leave out `guesses`"):
        one_run_epsilon(world, 0.0, 0.5, method="walk")
    with pytest.raises(InvalidInput, match="`method`"):
        one_run_epsilon(world, 0.0, method="best")
    with pytest.raises(InvalidInput, match="`delta`"):
        one_run_epsilon(world, -0.1)
    with pytest.raises(InvalidInput, match="`family`"):
        one_run_epsilon(world, 0.0, family=Gaussian)


def test_the_walk_holds_on_noise_and_on_randomised_response():
    for game in (GaussianShift(0.0), RandomisedResponse(1.0)):
        above = sum(
            one_run_epsilon(played(game.flip(120, seed=s)), 0.0, level=0.9).low > game.epsilon(0.0)
            for s in range(30)
        )
        assert above / 30 <= 0.1 + 3 * np.sqrt(0.09 / 30)


def test_all_numbers_of_guesses_are_the_default():
    world = played(GaussianShift(2.0).flip(4000, seed=0))
    assert "all numbers of guesses" in one_run_epsilon(world, 1e-5).method
    assert one_run_epsilon(world, 1e-5).low > one_run_epsilon(world, 1e-5, (0.1, 0.3)).low
    assert "Steinke" in one_run_epsilon(world, 1e-5, 0.1).method
    with pytest.raises(InvalidInput, match="`sides`"):
        one_run_epsilon(world, 0.0, 0.1, sides=("left",))


def told(epsilon, delta, chance, m, seed):
    """Randomised response of `epsilon` that also tells coins: in a share `chance` of the runs,
    delta / chance of them.
    """
    rng = np.random.default_rng(seed)
    member = rng.random(m) < 0.5
    score = (member == (rng.random(m) < 1 / (1 + np.exp(-epsilon)))) + rng.random(m) / 2
    if rng.random() < chance:
        shown = rng.random(m) < delta / chance
        score[shown] = np.where(member[shown], 3.0, -2.0) + rng.random(int(shown.sum())) / 2
    return evidence(score, member)


@pytest.mark.parametrize("chance", [1.0, 0.1, 0.03])
@pytest.mark.parametrize(("epsilon", "delta"), [(0.0, 0.01), (1.0, 0.01), (3.0, 0.03)])
def test_failures_are_paid_for_however_they_come_together(epsilon, delta, chance):
    worlds = 100
    above = sum(
        one_run_epsilon(told(epsilon, delta, chance, 300, s), delta).low > epsilon
        for s in range(worlds)
    )
    assert above / worlds <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / worlds)


def test_a_large_claim_pays_little_for_delta():
    world = told(4.0, 0.0, 1.0, 4000, 0)
    assert one_run_epsilon(world, 1e-5).low > one_run_epsilon(world, 0.0).low - 0.02


def test_the_top_alone_shows_a_leak_that_has_only_a_top():
    rng = np.random.default_rng(0)
    member = rng.random(4000) < 0.5
    score = rng.normal(size=4000) + 8 * (member & (rng.random(4000) < 0.1))
    world = evidence(score, member)
    assert (
        one_run_epsilon(world, 0.0, 0.04, sides=("top",)).low
        > one_run_epsilon(world, 0.0, 0.04).low + 1
    )
