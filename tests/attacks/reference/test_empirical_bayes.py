"""Predictives of uneven records: every weight by hand."""

import numpy as np
import pytest
from scipy import stats

from tacit.attacks.reference.empirical_bayes import Predictive, predictive
from tacit.attacks.reference.in_out import World, Worlds
from tacit.attacks.reference.moderated import Trend, VariancePrior
from tacit.core import NotEnoughData


def uneven(n=20, seed=0):
    """Records with 0 to 4 IN and 0 to 5 OUT models, whose shift grows with their place."""
    rng = np.random.default_rng(seed)
    n_in, n_out = rng.integers(1, 5, n), rng.integers(1, 6, n)
    n_in[:3] = n_out[3:5] = 0
    out = rng.normal(0, 2, n)
    inside = out + 3 + out + rng.normal(0, 6, n)
    worlds = []
    for count, mean in ((n_in, inside), (n_out, out)):
        squares = np.where(count > 1, rng.chisquare(4, n) * np.maximum(count - 1, 0), 0.0)
        worlds.append(World(count, np.where(count > 0, mean, 0.0)[:, None], squares[:, None]))
    return Worlds(*worlds)


def moderated(world, along):
    left = np.maximum(world.count - 1, 0).astype(float)
    some = left > 0
    prior = VariancePrior.of(along[some], world.squares[some, 0], left[some])
    return prior.moderated(along, world.squares[:, 0], left)


def by_precision(first, noise, second, noise_too):
    weight, weight_too = 1 / noise, 1 / noise_too
    return (weight * first + weight_too * second) / (weight + weight_too), 1 / (weight + weight_too)


@pytest.mark.parametrize("n", [20, 120])
def test_both_worlds_tell_each_mean(n):
    worlds = uneven(n)
    inside, outside = worlds.inside, worlds.outside
    mean_in, mean_out = inside.mean[:, 0], outside.mean[:, 0]
    no_in, no_out = inside.count == 0, outside.count == 0
    both = ~no_in & ~no_out
    along = np.where(no_in, mean_out, np.where(no_out, mean_in, (mean_in + mean_out) / 2))
    (var_in, df_in), (var_out, df_out) = (moderated(world, along) for world in (inside, outside))
    noise_in = var_in / np.where(no_in, np.nan, inside.count)
    noise_out = var_out / np.where(no_out, np.nan, outside.count)
    gap = (mean_in - mean_out)[both]
    trend = Trend.of(along[both], gap)
    rest = (gap - trend(along[both])) ** 2 - noise_in[both] - noise_out[both]
    move, spread = trend(along), np.maximum(Trend.of(along[both], rest)(along), 0)
    assert spread.mean() > 0.5, "a case without spread shows nothing"
    found_in, found_out = predictive(worlds, query=0)
    back, error = by_precision(mean_out, noise_out, mean_in - move, noise_in + spread)
    np.testing.assert_allclose(found_out.mean[both], back[both])
    np.testing.assert_allclose(found_out.variance[both], (var_out + error)[both])
    there, error = by_precision(mean_in, noise_in, mean_out + move, noise_out + spread)
    np.testing.assert_allclose(found_in.mean[both], there[both])
    np.testing.assert_allclose(found_in.variance[both], (var_in + error)[both])
    # without models of a world: the mean of the other and the typical shift
    np.testing.assert_allclose(found_in.mean[no_in], (mean_out + move)[no_in])
    np.testing.assert_allclose(
        found_in.variance[no_in], (var_in + noise_out + spread)[no_in], rtol=1e-6
    )
    np.testing.assert_allclose(found_out.mean[no_out], (mean_in - move)[no_out])
    np.testing.assert_allclose(
        found_out.variance[no_out], (var_out + noise_in + spread)[no_out], rtol=1e-6
    )
    np.testing.assert_allclose(found_out.mean[no_in], mean_out[no_in])
    np.testing.assert_array_equal(found_in.freedom, df_in)
    np.testing.assert_array_equal(found_out.freedom, df_out)


@pytest.mark.parametrize("n", [20, 120])
def test_offline_the_shift_of_others_is_added_to_the_out_mean(n):
    worlds = uneven(n, seed=1)
    inside, outside = worlds.inside, worlds.outside
    mean_in, mean_out = inside.mean[:, 0], outside.mean[:, 0]
    asked = outside.count > 0
    both = (inside.count > 0) & asked
    (var_in, _), (var_out, _) = (moderated(world, mean_out) for world in (inside, outside))
    gap = (mean_in - mean_out)[both]
    trend = Trend.of(mean_out[both], gap)
    # the record's own OUT mean stays in the shift: only the IN means' error is taken off
    rest = (gap - trend(mean_out[both])) ** 2 - var_in[both] / inside.count[both]
    move, spread = trend(mean_out), np.maximum(Trend.of(mean_out[both], rest)(mean_out), 0)
    assert spread.mean() > 0.5, "a case without spread shows nothing"
    found_in, found_out = predictive(worlds, query=0, own_inside=False)
    np.testing.assert_allclose(found_in.mean, mean_out + move)
    np.testing.assert_allclose(found_in.variance, var_in + spread)
    np.testing.assert_allclose(found_out.mean, mean_out)
    expected = var_out[asked] * (1 + 1 / outside.count[asked])
    np.testing.assert_allclose(found_out.variance[asked], expected)


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
