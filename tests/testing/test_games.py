"""The games' closed-form truths against very large worlds."""

import numpy as np
import pytest

from tacit.core import collect
from tacit.testing import (
    ClusteredShift,
    GaussianShift,
    LaplaceShift,
    RandomisedResponse,
    ShadowGaussian,
)

N = 200_000
TOLERANCE = 5 / N**0.5


def paper(game):
    return collect(lambda signals: signals.target[:, 0], game.signals, game.membership)


def measured(evidence):
    """AUC, largest advantage, and TPR at FPR 1 % and 10 %, straight from the definitions."""
    inside, outside = evidence.member_scores, evidence.nonmember_scores
    upto = np.searchsorted(outside, inside, side="right")
    auc = (evidence.below + upto).mean() / 2 / len(outside)
    cut = np.unique(evidence.score)
    tpr = 1 - np.searchsorted(inside, cut) / len(inside)
    fpr = 1 - np.searchsorted(outside, cut) / len(outside)
    return (
        auc,
        np.max(tpr - fpr),
        {share: np.max(tpr[fpr <= share], initial=0.0) for share in (0.01, 0.1)},
    )


@pytest.mark.parametrize(
    "game",
    [GaussianShift(0.0), GaussianShift(1.0), GaussianShift(1.0, 0.5), GaussianShift(2.5, 1.0)],
)
def test_a_gaussian_world_shows_the_truths_of_its_game(game):
    auc, advantage, tpr = measured(paper(game.draw(N, N, seed=1)))
    assert auc == pytest.approx(game.auc, abs=TOLERANCE)
    assert advantage == pytest.approx(game.advantage, abs=TOLERANCE)
    for share, value in tpr.items():
        assert value == pytest.approx(game.tpr(share), abs=2 * TOLERANCE)


def test_ties_change_what_a_threshold_can_do():
    assert GaussianShift(1.0, 1.0).tpr(0.01) < GaussianShift(1.0).tpr(0.01)
    assert GaussianShift(1.0, 1e-3).auc == pytest.approx(GaussianShift(1.0).auc, abs=1e-6)


def test_gaussian_epsilon_satisfies_the_definition_of_indistinguishability():
    game = GaussianShift(1.0)
    cut = np.linspace(-6, 8, 1401)
    evidence = paper(game.draw(N, N, seed=2))
    tpr = 1 - np.searchsorted(evidence.member_scores, cut) / N
    fpr = 1 - np.searchsorted(evidence.nonmember_scores, cut) / N
    for delta in (0.01, 0.1):
        epsilon = game.epsilon(delta)
        assert np.max(tpr - np.exp(epsilon) * fpr) == pytest.approx(delta, abs=4 * TOLERANCE)
    assert GaussianShift(0.0).epsilon(1e-5) == 0


@pytest.mark.parametrize("epsilon", [0.5, 2.0])
def test_randomised_response_tells_the_bit_as_often_as_it_says(epsilon):
    for tie_breaker in (False, True):
        game = RandomisedResponse(epsilon, tie_breaker)
        evidence = paper(game.flip(N, seed=3))
        auc, advantage, _ = measured(evidence)
        if not tie_breaker:
            assert advantage == pytest.approx(game.advantage, abs=2 * TOLERANCE)
        assert auc == pytest.approx(game.auc, abs=2 * TOLERANCE)
    ratio = np.mean(evidence.member_scores >= 1) / np.mean(evidence.nonmember_scores >= 1)
    assert np.log(ratio) == pytest.approx(game.epsilon(0.0), abs=0.05)


def test_laplace_scores_have_the_largest_likelihood_ratio_they_claim():
    game = LaplaceShift(1.5)
    evidence = paper(game.flip(N, seed=4))
    assert measured(evidence)[1] == pytest.approx(game.advantage, abs=2 * TOLERANCE)
    tail = 1.2
    ratio = np.mean(evidence.member_scores >= tail) / np.mean(evidence.nonmember_scores >= tail)
    assert np.log(ratio) == pytest.approx(game.epsilon(0.0), abs=0.05)
    for delta in (0.05, 0.2):
        cut = np.linspace(-2, 4, 601)
        tpr = 1 - np.searchsorted(evidence.member_scores, cut) / evidence.n_members
        fpr = 1 - np.searchsorted(evidence.nonmember_scores, cut) / evidence.n_nonmembers
        assert np.max(tpr - np.exp(game.epsilon(delta)) * fpr) == pytest.approx(
            delta, abs=4 * TOLERANCE
        )


def test_clusters_are_whole_and_their_records_correlated():
    game = ClusteredShift(1.0, rho=0.5, size=10)
    world = game.draw(8000, 8000, seed=5)
    evidence = paper(world)
    auc, advantage, _ = measured(evidence)
    assert auc == pytest.approx(game.auc, abs=4 * TOLERANCE)
    assert advantage == pytest.approx(game.advantage, abs=4 * TOLERANCE)
    assert game.tpr(0.1) == GaussianShift(1.0).tpr(0.1)
    inside = world.membership.member.reshape(-1, 10)
    assert (inside.all(axis=1) | ~inside.any(axis=1)).all()
    noise = world.signals.target[:, 0].reshape(-1, 10) - inside
    assert np.corrcoef(noise[:, 0], noise[:, 1])[0, 1] == pytest.approx(0.5, abs=0.03)


def test_the_same_seed_draws_the_same_world():
    for game in (GaussianShift(1.0), ClusteredShift(1.0)):
        first, second = (game.draw(50, 50, seed=6).signals.target for _ in range(2))
        np.testing.assert_array_equal(first, second)
        assert not np.array_equal(first, game.draw(50, 50, seed=7).signals.target)


def test_shadow_worlds_have_antithetic_halves_and_a_real_shift():
    world = ShadowGaussian(n_shadows=8, shift=2.0).draw(5000, seed=8)
    inside = world.signals.shadow_member
    assert (inside[0::2] ^ inside[1::2]).all()
    shadow = world.signals.shadow[:, :, 0]
    gain = (shadow * inside).sum(0) / inside.sum(0).clip(1) - (shadow * ~inside).sum(0) / (
        ~inside
    ).sum(0).clip(1)
    assert gain.mean() > 1
