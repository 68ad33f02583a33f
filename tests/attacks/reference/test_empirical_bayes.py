"""Predictives of uneven records: every weight by hand."""

import numpy as np
import pytest
from scipy import stats

from tacit.attacks.reference.empirical_bayes import Predictive, predictive
from tacit.attacks.reference.in_out import World, Worlds
from tacit.attacks.reference.moderated import VariancePrior
from tacit.core import NotEnoughData


def uneven(n=20, seed=0):
    """Records with 0 to 4 IN and 1 to 5 OUT models, shifts that differ; fewer than 50, so that
    every trend is one mean.
    """
    rng = np.random.default_rng(seed)
    n_in, n_out = rng.integers(1, 5, n), rng.integers(1, 6, n)
    n_in[:3] = 0
    out = rng.normal(0, 2, n)
    inside = np.where(n_in > 0, out + 3 + rng.normal(0, 6, n), 0.0)
    worlds = []
    for count, mean in ((n_in, inside), (n_out, out)):
        squares = np.where(count > 1, rng.chisquare(4, n) * np.maximum(count - 1, 0), 0.0)
        worlds.append(World(count, mean[:, None], squares[:, None]))
    return Worlds(*worlds)


def moderated(world, along):
    left = np.maximum(world.count - 1, 0).astype(float)
    some = left > 0
    prior = VariancePrior.of(along[some], world.squares[some, 0], left[some])
    return prior.moderated(along, world.squares[:, 0], left)


def by_precision(first, noise, second, noise_too):
    weight, weight_too = 1 / noise, 1 / noise_too
    return (weight * first + weight_too * second) / (weight + weight_too), 1 / (weight + weight_too)


def test_both_worlds_tell_each_mean():
    worlds = uneven()
    inside, outside = worlds.inside, worlds.outside
    mean_in, mean_out = inside.mean[:, 0], outside.mean[:, 0]
    both = inside.count > 0
    along = np.where(both, (mean_in + mean_out) / 2, mean_out)
    (var_in, df_in), (var_out, df_out) = (moderated(world, along) for world in (inside, outside))
    noise_out = var_out / outside.count
    noise_in = var_in / np.where(both, inside.count, np.nan)
    move = (mean_in - mean_out)[both]
    spread = ((move - move.mean()) ** 2 - noise_in[both] - noise_out[both]).mean()
    assert spread > 0.5, "a case without spread shows nothing"
    found_in, found_out = predictive(worlds, query=0)
    back, error = by_precision(
        mean_out[both], noise_out[both], mean_in[both] - move.mean(), noise_in[both] + spread
    )
    np.testing.assert_allclose(found_out.mean[both], back)
    np.testing.assert_allclose(found_out.variance[both], (var_out[both] + error))
    there, error = by_precision(
        mean_in[both], noise_in[both], mean_out[both] + move.mean(), noise_out[both] + spread
    )
    np.testing.assert_allclose(found_in.mean[both], there)
    np.testing.assert_allclose(found_in.variance[both], var_in[both] + error)
    # without IN models: the OUT mean and the typical shift
    np.testing.assert_allclose(found_in.mean[~both], mean_out[~both] + move.mean())
    np.testing.assert_allclose(
        found_in.variance[~both], (var_in + noise_out + spread)[~both], rtol=1e-6
    )
    np.testing.assert_allclose(found_out.mean[~both], mean_out[~both])
    np.testing.assert_array_equal(found_in.freedom, df_in)
    np.testing.assert_array_equal(found_out.freedom, df_out)


def test_offline_the_shift_of_others_is_added_to_the_out_mean():
    worlds = uneven(seed=1)
    inside, outside = worlds.inside, worlds.outside
    mean_in, mean_out = inside.mean[:, 0], outside.mean[:, 0]
    both = inside.count > 0
    (var_in, _), (var_out, _) = (moderated(world, mean_out) for world in (inside, outside))
    move = (mean_in - mean_out)[both]
    # the record's own OUT mean stays in the shift: only the IN means' error is taken off
    spread = ((move - move.mean()) ** 2 - (var_in[both] / inside.count[both])).mean()
    found_in, found_out = predictive(worlds, query=0, own_inside=False)
    assert spread > 0.5, "a case without spread shows nothing"
    np.testing.assert_allclose(found_in.mean, mean_out + move.mean())
    np.testing.assert_allclose(found_in.variance, var_in + spread)
    np.testing.assert_allclose(found_out.mean, mean_out)
    np.testing.assert_allclose(found_out.variance, var_out * (1 + 1 / outside.count))


def test_one_model_of_each_world_takes_its_variance_from_the_scatter_of_shifts():
    """Shifts 1, 3, 5, 7: mean 4, squares 9, 1, 1, 9 of a difference of two: mean 5, halved."""
    one = np.ones(4, int)
    nothing = np.zeros((4, 1))
    out = np.arange(4.0)
    inside = out + np.array([1, 3, 5, 7])
    worlds = Worlds(World(one, inside[:, None], nothing), World(one, out[:, None], nothing))
    found_in, found_out = predictive(worlds, query=0)
    # all scatter is noise, so a mean is told by both worlds alike: 2.5 + 2.5 / 2
    np.testing.assert_allclose(found_in.variance, 3.75)
    np.testing.assert_allclose(found_out.mean, (out + inside - 4) / 2)
    np.testing.assert_array_equal(found_in.freedom, np.inf)


def test_a_world_of_single_models_borrows_the_variance_of_the_other():
    one, two, nothing = np.ones(4, int), np.full(4, 2), np.zeros((4, 1))
    out = np.arange(4.0)[:, None]
    squares = np.full((4, 1), 2.0)
    worlds = Worlds(World(one, out + 3, nothing), World(two, out, squares))
    found_in, found_out = predictive(worlds, query=0)
    level, _ = moderated(worlds.outside, out[:, 0])
    np.testing.assert_allclose(found_in.variance - level, found_out.variance - level)
    assert (found_in.variance > level).all()


def test_the_density_is_student_s_at_the_distance_from_the_mean():
    some = Predictive(np.array([1.0]), np.array([4.0]), np.array([5.0]))
    expected = stats.t.logpdf(2.5, 5, 1.0, 2.0)
    assert some.log_density(np.array([2.5]))[0] == pytest.approx(expected)


def test_no_record_in_both_worlds_is_not_enough():
    n, nothing = np.array([2, 0]), np.zeros((2, 1))
    worlds = Worlds(World(n, nothing, nothing), World(n[::-1], nothing, nothing))
    with pytest.raises(NotEnoughData, match="needs 1 record with shadow models both"):
        predictive(worlds, query=0)
