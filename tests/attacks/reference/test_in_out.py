"""Running sums: right by brute force, on float32, on memory maps, and with models taken out
again.
"""

import tracemalloc

import numpy as np
import pytest

from tacit.attacks.reference.in_out import Worlds, each_left_out
from tacit.core import NotEnoughData, Signals


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


def of(shadow, member):
    return Signals.of(shadow[0], shadow=shadow, shadow_member=member)


@pytest.mark.parametrize("m", [9, 70])
def test_sums_equal_brute_force_over_several_blocks(m):
    shadow, member = drawn(m)
    worlds = Worlds.of(Signals.of(shadow[0], shadow=shadow, shadow_member=member))
    for world, mask in ((worlds.inside, member), (worlds.outside, ~member)):
        count, mean, squares = brute(shadow, mask)
        np.testing.assert_array_equal(world.count, count)
        np.testing.assert_allclose(world.mean, mean, rtol=1e-12)
        np.testing.assert_allclose(world.squares, squares, rtol=1e-9, atol=1e-10)


def test_leaving_models_out_equals_never_having_them():
    shadow, member = drawn(7)
    signals = Signals.of(shadow[0], shadow=shadow, shadow_member=member)
    groups = [(0, 3), (1,), (2, 5), (4,), (6,)]
    seen = []
    for group, left in each_left_out(signals, groups):
        seen.append(group)
        kept = [k for k in range(7) if k not in group]
        direct = Worlds.of(Signals.of(shadow[0], shadow=shadow[kept], shadow_member=member[kept]))
        for got, expected in ((left.inside, direct.inside), (left.outside, direct.outside)):
            np.testing.assert_array_equal(got.count, expected.count)
            np.testing.assert_allclose(got.mean, expected.mean, rtol=1e-12)
            np.testing.assert_allclose(got.squares, expected.squares, rtol=1e-8, atol=1e-9)
            assert (got.squares[got.count < 2] == 0).all(), "one model has no spread"
    assert seen == groups


def test_a_model_that_is_left_out_leaves_no_trace():
    """Not one bit: by subtraction a residue of 1e-16 would tell in which world the model was."""
    rng = np.random.default_rng(0)
    shadow = rng.integers(1, 7, (6, 500)) / 7
    member = rng.random((6, 500)) < 0.5
    groups = [(0,), (1, 2), (3,), (4, 5)]
    before = dict(each_left_out(of(shadow, member), groups))
    for group in groups:
        changed, turned = shadow.copy(), member.copy()
        changed[list(group)] = rng.normal(size=(len(group), 500))
        turned[list(group)] ^= True
        after = dict(each_left_out(of(changed, turned), groups))[group]
        for one, other in (
            (before[group].inside, after.inside),
            (before[group].outside, after.outside),
        ):
            np.testing.assert_array_equal(one.mean, other.mean)
            np.testing.assert_array_equal(one.squares, other.squares)


def test_each_world_is_summed_without_the_other():
    """The OUT mean does not change by a bit where only signals of IN models change."""
    rng = np.random.default_rng(1)
    shadow, member = rng.normal(size=(9, 400)), rng.random((9, 400)) < 0.5
    member[0] = False  # the model about which all are centred
    changed = np.where(member, 3 * shadow + 1, shadow)
    before, after = (Worlds.of(of(signal, member)).outside for signal in (shadow, changed))
    np.testing.assert_array_equal(before.mean, after.mean)
    np.testing.assert_array_equal(before.squares, after.squares)


def test_leaving_out_needs_something_left():
    shadow, member = drawn(3)
    with pytest.raises(NotEnoughData, match="needs 2 groups of shadow models, got 1"):
        next(each_left_out(of(shadow[:, :, 0], member), [(0, 1, 2)]))


def test_leaving_out_keeps_few_sums_in_memory():
    shadow, member = drawn(128, 20_000, 1)
    signals = Signals.of(shadow[0], shadow=shadow, shadow_member=member)
    tracemalloc.start()
    for _ in each_left_out(signals, [(k,) for k in range(128)]):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    one = 2 * 3 * 8 * 20_000  # the sums of both worlds
    assert peak < 12 * one, f"{peak / one:.1f} sums: more than log2(128) + 5"


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
