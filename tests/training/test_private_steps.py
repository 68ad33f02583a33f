"""DP-SGD by hand: each record is clipped, noise is scaled by clip and batch, batches are coins."""

from dataclasses import replace

import numpy as np
import pytest

from tacit.core import InvalidInput
from tacit.training import TorchRecipe, private_steps

pytestmark = pytest.mark.framework
torch = pytest.importorskip("torch")
pytest.importorskip("opacus")
nn = torch.nn
RNG = np.random.default_rng(0)
X = RNG.normal(size=(6, 2)).astype(np.float32) * [[1.0], [9.0], [0.1], [1.0], [5.0], [0.2]]
X = X.astype(np.float32)
Y = np.arange(6.0)


def flat(observe):
    return np.concatenate([p.detach().numpy().ravel() for p in observe.model.parameters()])


def zeros(inside=2):
    layer = nn.Linear(inside, 1)
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer


def recipe(build=zeros, **options):
    given = {"epochs": 1, "batch_size": 64, "lr": 0.5, "optimizer": "sgd", "noise": 1e-9}
    return TorchRecipe(build, loss="squared_error", **(given | options))


def test_a_step_is_the_mean_of_clipped_gradients():
    """From weights of zero the gradient of (w x + b - y)^2 is -2 y (x, 1), clipped to norm 1."""
    slopes = -2 * Y[:, None] * np.c_[X, np.ones(6)]
    clipped = slopes / np.maximum(1, np.linalg.norm(slopes, axis=1))[:, None]
    expected = -0.5 * clipped.sum(axis=0) / 6
    np.testing.assert_allclose(flat(recipe().fit(X, Y, np.arange(6), 0)), expected, atol=1e-5)
    # the clip of the mean would be another step
    mean = slopes.mean(axis=0)
    assert np.abs(expected + 0.5 * mean / np.linalg.norm(mean)).max() > 0.05


def test_only_the_rows_of_the_model_are_learnt():
    rows = np.array([1, 3, 4])
    slopes = -2 * Y[rows, None] * np.c_[X[rows], np.ones(3)]
    expected = -0.5 * slopes.mean(axis=0)
    found = flat(recipe(clip=1e6).fit(X, Y, rows, 0))
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-2)


@pytest.mark.parametrize(("noise", "clip", "n"), [(2.0, 1.0, 6), (2.0, 3.0, 6), (1.0, 1.0, 24)])
def test_noise_is_the_multiplier_times_the_clip_over_the_batch(noise, clip, n):
    """Targets of zero leave no gradient: 401 weights hold the noise of one step of rate 0.5."""
    given = recipe(lambda: zeros(400), noise=noise, clip=clip)
    x = np.ones((n, 400), np.float32)
    found = flat(given.fit(x, np.zeros(n), np.arange(n), 1))
    # 401 normal numbers give their spread to 3.5 %
    assert found.std() == pytest.approx(0.5 * noise * clip / n, rel=0.15)
    assert abs(found.mean()) < 4 * found.std() / 20


def test_every_step_of_every_epoch_adds_noise_of_its_own(monkeypatch):
    rates = []
    monkeypatch.setattr(private_steps, "set_rate", lambda _, step, epoch: rates.append(epoch))
    x = np.ones((32, 400), np.float32)
    given = recipe(lambda: zeros(400), noise=1.0, lr=0.001, epochs=3, batch_size=8)
    found = flat(given.fit(x, np.zeros(32), np.arange(32), 1))
    # 3 epochs of 4 steps: 12 draws of spread 0.001 / 8
    assert found.std() == pytest.approx(0.001 / 8 * np.sqrt(12), rel=0.15)
    assert rates == [0, 1, 2]


def test_the_rate_of_an_epoch_follows_the_schedule():
    """A cosine of two epochs has rates 1 and 1/2: the noise adds up to sqrt(1 + 1/4)."""
    x = np.ones((6, 400), np.float32)
    given = recipe(lambda: zeros(400), noise=1.0, lr=0.01, epochs=2, schedule="cosine")
    found = flat(given.fit(x, np.zeros(6), np.arange(6), 1))
    assert found.std() == pytest.approx(0.01 / 6 * np.sqrt(1.25), rel=0.1)


def test_noise_knows_nothing_of_the_first_weights():
    """Targets that the first weights hit leave no gradient: the change of the weights is noise.

    One generator for both gave a correlation of 0.35.
    """
    given = recipe(lambda: nn.Linear(2000, 1), noise=1.0, lr=1e-3)
    x = np.zeros((4, 2000), np.float32)
    torch.manual_seed(7)
    first = nn.Linear(2000, 1)
    target = np.full(4, first.bias.item())
    moved = flat(given.fit(x, target, np.arange(4), 7))[:2000]
    before = first.weight.detach().numpy().ravel()
    for one in (moved - before, (moved - before) ** 2):
        # 2000 pairs: a spread of 0.022
        assert abs(np.corrcoef(before, one)[0, 1]) < 0.09


def test_batches_are_drawn_by_coins_and_an_empty_one_is_only_noise():
    sizes = []

    def noted(batch, rng):
        sizes.append(len(batch))
        return batch

    given = recipe(batch_size=2, epochs=60, noise=1.0, lr=0.01, augment=noted)
    found = flat(given.fit(X, Y, np.arange(6), 3))
    assert np.isfinite(found).all()
    assert len(sizes) == 180
    # each of 6 records with a chance of one third: mean 2, variance 4/3, none in (2/3)^6 = 8.8 %
    assert np.mean(sizes) == pytest.approx(2, abs=4 * np.sqrt(4 / 3 / 180))
    assert np.var(sizes) == pytest.approx(4 / 3, abs=0.6)
    assert 4 <= sizes.count(0) <= 32


def test_noise_coins_and_augmentation_have_streams_of_their_own():
    """Part 1 of a seed is the augmentation's, here and in the loop without noise."""
    drawn = []

    def noted(batch, rng):
        drawn.append(rng.random())
        return batch

    recipe(augment=noted).fit(X, Y, np.arange(6), 9)
    assert drawn == [np.random.default_rng([9, 1]).random()]
    assert len({private_steps.NOISE, private_steps.COINS, 0, 1}) == 4
    parts = [private_steps._part(9, part) for part in range(4)]
    assert len(set(parts)) == 4
    assert all(2**40 < part < 2**63 for part in parts)


def test_a_seed_gives_one_model_and_two_seeds_two():
    given = recipe(noise=1.0, batch_size=2, epochs=2)
    one, same, other = (flat(given.fit(X, Y, np.arange(6), seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).min() > 1e-3


def test_classes_are_learnt_as_without_noise_where_noise_and_clip_do_nothing():
    labels = np.array([0, 1, 2, 0, 1, 2])
    given = TorchRecipe(
        lambda: nn.Linear(2, 3), epochs=3, batch_size=6, lr=0.1, optimizer="sgd", momentum=0.5
    )
    private = replace(given, noise=1e-9, clip=1e6)
    np.testing.assert_allclose(
        flat(private.fit(X, labels, np.arange(6), 2)),
        flat(given.fit(X, labels, np.arange(6), 2)),
        atol=0.01,
    )


def test_parts_that_mix_records_are_refused_and_models_are_trained_one_by_one():
    given = recipe(lambda: nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Linear(4, 1)))
    with pytest.raises(InvalidInput, match="DP-SGD cannot train this module"):
        given.fit(X, Y, np.arange(6), 0)
    assert recipe().group(X) == 1
    assert recipe(group_size=5).group(X) == 1
    with pytest.raises(InvalidInput, match="cannot share a program"):
        recipe().fit_many(X, Y, [np.arange(6)], [0])


@pytest.mark.parametrize("wrong", [{"noise": -1.0}, {"clip": 0.0}, {"label_smoothing": 1.0}])
def test_noise_and_clip_are_checked(wrong):
    with pytest.raises(InvalidInput, match="`noise`"):
        recipe(**wrong)
