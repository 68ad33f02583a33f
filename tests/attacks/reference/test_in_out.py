"""Running sums: right by brute force, on float32, on memory maps, and with models taken out
again.
"""

import tracemalloc

import numpy as np
import pytest

from tacit.attacks.reference.in_out import Worlds, probability
from tacit.core import Signals


def brute(shadow, member):
    inside = np.where(member[..., None], shadow.astype(np.float64), np.nan)
    with np.errstate(all="ignore"):
        mean = np.nanmean(inside, axis=0)
        return member.sum(axis=0), mean, np.nansum((inside - mean) ** 2, axis=0)


def drawn(m=9, n=5000, q=2, seed=0):
    rng = np.random.default_rng(seed)
    shadow = (rng.normal(20, 3, (1, n, 1)) + rng.normal(0, 1, (m, n, q))).astype(np.float32)
    member = rng.random((m, n)) < 0.5
    member[:2], member[2:4] = True, False
    return shadow, member


@pytest.mark.parametrize("m", [9, 70])
def test_sums_equal_brute_force_over_several_blocks(m):
    shadow, member = drawn(m)
    worlds = Worlds.of(Signals.of(shadow[0], shadow=shadow, shadow_member=member))
    for world, mask in ((worlds.inside, member), (worlds.outside, ~member)):
        count, mean, squares = brute(shadow, mask)
        np.testing.assert_array_equal(world.count, count)
        np.testing.assert_allclose(world.mean, mean, rtol=1e-12)
        np.testing.assert_allclose(world.squares, squares, rtol=1e-9, atol=1e-10)


def test_taking_models_out_equals_never_having_them():
    shadow, member = drawn(6)
    everything = Worlds.of(Signals.of(shadow[0], shadow=shadow, shadow_member=member))
    fewer = everything.without(
        (shadow[0], member[0]), (shadow[3], member[3]), (shadow[5], member[5])
    )
    kept = [1, 2, 4]
    direct = Worlds.of(Signals.of(shadow[0], shadow=shadow[kept], shadow_member=member[kept]))
    for got, expected in ((fewer.inside, direct.inside), (fewer.outside, direct.outside)):
        np.testing.assert_array_equal(got.count, expected.count)
        np.testing.assert_allclose(got.mean, expected.mean, rtol=1e-12)
        np.testing.assert_allclose(got.squares, expected.squares, rtol=1e-8, atol=1e-9)
        assert (got.squares[got.count < 2] == 0).all(), "one model has no spread"


def test_one_float32_offset_of_a_million_keeps_the_spread():
    rng = np.random.default_rng(1)
    shadow = (1e6 + rng.integers(-8, 9, (64, 300, 1)) / 4).astype(np.float32)
    member = rng.random((64, 300)) < 0.5
    worlds = Worlds.of(Signals.of(shadow[0], shadow=shadow, shadow_member=member))
    _, _, squares = brute(shadow, member)
    np.testing.assert_allclose(worlds.inside.squares, squares, rtol=1e-9)


def test_a_memory_map_is_read_in_blocks(tmp_path):
    shadow, member = drawn(64, 20_000, 2)
    np.save(tmp_path / "shadow.npy", shadow)
    mapped = np.load(tmp_path / "shadow.npy", mmap_mode="r")
    signals = Signals.of(shadow[0], shadow=mapped, shadow_member=member)
    tracemalloc.start()
    worlds = Worlds.of(signals)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.5 * shadow.nbytes, f"peak {peak / shadow.nbytes:.2f} x the input"
    np.testing.assert_array_equal(worlds.inside.count, member.sum(axis=0))


def test_a_loss_is_a_log_likelihood_and_all_else_a_logit():
    np.testing.assert_allclose(probability(np.log([0.25]), "loss"), [0.25])
    np.testing.assert_allclose(probability(np.array([np.log(1 / 3)]), "scaled_logit"), [0.25])
