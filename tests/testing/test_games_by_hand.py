"""Truths of the games from closed forms that are worked out here, and draws told apart by hand."""

import math

import numpy as np
import pytest
from scipy.special import ndtr
from scipy.stats import laplace, norm

from tacit.testing import (
    ClusteredShift,
    GaussianShift,
    LaplaceShift,
    RandomisedResponse,
    ShadowGaussian,
)


def sides(game):
    score, member = game.signals.target[:, 0].astype(float), game.membership.member
    return score[member], score[~member]


def test_a_gaussian_game_has_the_truths_of_tables():
    """Phi(1 / sqrt 2) = 0.76025, Phi(1/2) = 0.69146, Phi(1 - 2.32635) = 0.09236."""
    game = GaussianShift(1.0)
    assert game.auc == pytest.approx(0.76025, abs=1e-5)
    assert game.advantage == pytest.approx(2 * 0.691462 - 1, abs=1e-5)
    assert game.tpr(0.01) == pytest.approx(0.09236, abs=1e-4)
    # turned round, no threshold is better than accusing nobody
    assert GaussianShift(-1.0).advantage == 0.0
    assert GaussianShift(-1.0).auc == pytest.approx(1 - 0.76025, abs=1e-5)


def test_a_rounded_gaussian_game_has_the_truths_of_its_cells():
    """Cells of width 4 end at -6, -2, 2 and 6: three matter."""
    game = GaussianShift(1.0, 4.0)
    outside = np.diff(norm.cdf([-np.inf, -2, 2, np.inf]))
    inside = np.diff(norm.cdf([-np.inf, -2, 2, np.inf], loc=1))
    wins = sum(inside[i] * (outside[:i].sum() + outside[i] / 2) for i in range(3))
    assert game.auc == pytest.approx(wins, abs=1e-6)
    assert game.advantage == pytest.approx(inside[2] - outside[2], abs=1e-6)
    # at 5 % the cell from 2 upwards is accused (2.3 %), at 1 % only that from 6 upwards
    assert game.tpr(0.05) == pytest.approx(ndtr(-1), abs=1e-9)
    assert game.tpr(float(ndtr(-2.0))) == pytest.approx(ndtr(-1), abs=1e-9)
    assert game.tpr(0.01) == pytest.approx(ndtr(-5), abs=1e-9)
    assert game.tpr(0.0) == 0.0


def beyond(epsilon, inside, outside):
    return np.maximum(inside - math.exp(epsilon) * outside, 0).sum()


@pytest.mark.parametrize("delta", [1e-6, 0.01, 0.2])
def test_gaussian_epsilon_is_where_the_densities_differ_by_delta(delta):
    game, grid = GaussianShift(1.5), np.linspace(-12, 14, 260_001)
    mass = (norm.pdf(grid - 1.5), norm.pdf(grid))
    found = beyond(game.epsilon(delta), *(part * 1e-4 for part in mass))
    assert found == pytest.approx(delta, rel=1e-3)
    assert GaussianShift(-1.5).epsilon(delta) == game.epsilon(delta)


def test_epsilon_at_its_ends():
    """Delta 0 needs a bounded ratio of densities; the total variation is Phi(1/2) x 2 - 1."""
    game = GaussianShift(1.0)
    assert game.epsilon(0.0) == math.inf
    assert GaussianShift(0.0).epsilon(0.0) == 0.0
    assert game.epsilon(game.advantage + 1e-9) == 0.0
    assert 0 < game.epsilon(game.advantage - 1e-3) < 0.01
    assert GaussianShift(8.0).epsilon(1e-9) > 60


def test_rounding_leaves_less_to_tell_apart():
    """Cells of width 4 end at -6, -2, 2, 6: the epsilon of these, not of the finer score."""
    game = GaussianShift(1.0, 4.0)
    edges = [-np.inf, -6, -2, 2, 6, np.inf]
    outside, inside = np.diff(norm.cdf(edges)), np.diff(norm.cdf(edges, loc=1))
    for delta in (0.01, 0.1):
        found = game.epsilon(delta)
        both = (beyond(found, inside, outside), beyond(found, outside, inside))
        assert max(both) == pytest.approx(delta, abs=1e-9)
        assert 0 < found < GaussianShift(1.0).epsilon(delta)
    assert game.epsilon(0.2) == 0.0
    assert GaussianShift(1.0, 1e-3).epsilon(0.01) == pytest.approx(
        GaussianShift(1.0).epsilon(0.01), abs=1e-5
    )


def test_randomised_response_by_hand():
    """e^eps = 3: the bit is told with 3/4; advantage 1/2, area 3/4."""
    game = RandomisedResponse(math.log(3))
    assert game.advantage == pytest.approx(0.5)
    assert game.auc == pytest.approx(0.75)
    assert game.epsilon(0.0) == pytest.approx(math.log(3))
    assert game.epsilon(0.25) == pytest.approx(math.log(2))
    assert game.epsilon(0.5) == pytest.approx(0.0)
    assert game.epsilon(0.9) == 0.0
    inside, outside = sides(RandomisedResponse(math.log(3)).flip(40_000, seed=0))
    assert set(inside) == set(outside) == {0.0, 1.0}
    assert inside.mean() == pytest.approx(0.75, abs=0.02)
    assert outside.mean() == pytest.approx(0.25, abs=0.02)
    inside, _ = sides(RandomisedResponse(math.log(3), tie_breaker=True).flip(40_000, seed=0))
    assert inside.max() < 1.5
    assert np.unique(inside).size > 1000
    assert (inside >= 1).mean() == pytest.approx(0.75, abs=0.02)


def test_laplace_by_hand():
    """Scale 1/2 and shift 1: epsilon 2, and half of exp(-1) of each side beyond the middle."""
    game = LaplaceShift(2.0)
    assert game.advantage == pytest.approx(1 - math.exp(-1))
    assert game.advantage == pytest.approx(laplace.sf(0.5, 1, 0.5) - laplace.sf(0.5, 0, 0.5))
    assert game.epsilon(0.0) == 2.0
    grid = np.linspace(-15, 16, 310_001)
    mass = (laplace.pdf(grid, 1, 0.5) * 1e-4, laplace.pdf(grid, 0, 0.5) * 1e-4)
    for delta in (0.1, 0.4):
        assert beyond(game.epsilon(delta), *mass) == pytest.approx(delta, abs=1e-3)
    assert game.epsilon(0.9) == 0.0
    inside, outside = sides(game.flip(40_000, seed=0))
    assert np.median(inside) == pytest.approx(1, abs=0.02)
    assert np.median(outside) == pytest.approx(0, abs=0.02)
    assert np.abs(inside - 1).mean() == pytest.approx(0.5, abs=0.02)
    inside, outside = sides(LaplaceShift(0.0).flip(2000, seed=0))
    assert np.isfinite(inside).all()


@pytest.mark.parametrize("kind", ["draw", "flip"])
def test_members_are_the_side_that_is_shifted(kind):
    game = GaussianShift(5.0, 0.5)
    world = game.draw(3000, 1000, seed=1) if kind == "draw" else game.flip(4000, seed=1)
    inside, outside = sides(world)
    assert inside.mean() == pytest.approx(5, abs=0.1)
    assert outside.mean() == pytest.approx(0, abs=0.15)
    assert inside.std() == pytest.approx(math.sqrt(1 + 0.5**2 / 12), abs=0.05)
    np.testing.assert_allclose(inside % 0.5 % 0.5, 0, atol=1e-9)
    if kind == "draw":
        assert (len(inside), len(outside)) == (3000, 1000)
        assert world.membership.assignment == "fixed_size"
        # in random order
        assert 500 < world.membership.member[:1000].sum() < 900
    else:
        assert world.membership.assignment == "coin"
        assert len(inside) == pytest.approx(2000, abs=130)


def test_every_game_with_coins_says_so_and_draws_as_many_as_were_asked_for():
    for game in (LaplaceShift(1.0), RandomisedResponse(1.0), GaussianShift(1.0)):
        world = game.flip(1000, seed=2)
        assert world.membership.assignment == "coin"
        assert len(world.membership.member) == 1000
        assert 400 < world.membership.member.sum() < 600


def test_clusters_by_hand():
    game = ClusteredShift(2.0, rho=0.25, size=4)
    world = game.draw(3000, 1000, seed=3)
    member = world.membership.member.reshape(-1, 4)
    score = world.signals.target[:, 0].reshape(-1, 4)
    assert member[:, 0].sum() == 3000
    assert (member == member[:, :1]).all()
    assert np.unique(world.membership.cluster).size == 4000
    assert (np.diff(world.membership.cluster.reshape(-1, 4), axis=1) == 0).all()
    noise = score - 2.0 * member
    assert noise.mean() == pytest.approx(0, abs=0.05)
    assert noise.std() == pytest.approx(1, abs=0.03)
    assert np.corrcoef(noise[:, 0], noise[:, 3])[0, 1] == pytest.approx(0.25, abs=0.06)
    assert np.corrcoef(noise[:-1, 0], noise[1:, 0])[0, 1] == pytest.approx(0, abs=0.06)
    assert (game.auc, game.advantage) == (GaussianShift(2.0).auc, GaussianShift(2.0).advantage)
    assert game.tpr(0.02) == GaussianShift(2.0).tpr(0.02)


def test_shadow_worlds_by_hand():
    """In log, a record's gain is normal with centre -0.3 and spread 0.9, times the shift."""
    n = 4000
    world = ShadowGaussian(n_shadows=64, queries=3, shift=2.0).draw(n, seed=4)
    signals = world.signals
    assert signals.shadow.shape == (64, n, 3)
    assert signals.target.shape == (n, 3)
    inside = signals.shadow_member
    own = signals.shadow.mean(axis=2)
    count = inside.sum(axis=0)
    assert (count == 32).all()
    centre = (own * ~inside).sum(axis=0) / 32
    gain = (own * inside).sum(axis=0) / 32 - centre
    assert np.median(gain) == pytest.approx(2 * math.exp(-0.3), rel=0.06)
    assert centre.mean() == pytest.approx(2, abs=0.15)
    assert centre.std() == pytest.approx(2, abs=0.12)
    rest = own - centre - gain * inside
    assert np.median(rest.std(axis=0)) == pytest.approx(1.0, abs=0.06)
    # the target is drawn like its shadows and by coins of its own
    member = world.membership.member
    assert world.membership.assignment == "coin"
    assert member.mean() == pytest.approx(0.5, abs=0.04)
    left = signals.target.mean(axis=1) - centre - gain * member
    assert left.std() == pytest.approx(math.exp(0.35**2), abs=0.12)
    assert abs((member == inside[0]).mean() - 0.5) < 0.04
    # queries of one model differ by a noise of one tenth
    spread = (signals.shadow[..., 0] - signals.shadow[..., 1]).std() / math.sqrt(2)
    assert spread == pytest.approx(0.1, abs=0.01)


def test_by_default_sixteen_shadows_answer_one_query():
    signals = ShadowGaussian().draw(20, seed=0).signals
    assert signals.shadow.shape == (16, 20, 1)
    assert ShadowGaussian() == ShadowGaussian(16, 1, 1.0, antithetic=True)
    assert ClusteredShift(1.0) == ClusteredShift(1.0, rho=0.5, size=10)


@pytest.mark.parametrize("n_shadows", [4, 5])
def test_pairs_of_shadow_models_are_complements_only_where_asked_for(n_shadows):
    inside = ShadowGaussian(n_shadows).draw(50, seed=5).signals.shadow_member
    for first in range(0, n_shadows - 1, 2):
        assert (inside[first] ^ inside[first + 1]).all()
    coins = ShadowGaussian(n_shadows, antithetic=False).draw(50, seed=5).signals.shadow_member
    assert not (coins[0] ^ coins[1]).all()
    assert not (inside[0] ^ inside[2]).all()
