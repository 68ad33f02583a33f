"""Running sums: right by brute force, on float32, on memory maps, and with models taken out
again.
"""

import tracemalloc

import numpy as np
import pytest

from tacit.attacks.reference.in_out import Worlds, each_left_out
from tacit.core import InvalidInput, NotEnoughData, Signals


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


def by_hand():
    """Records in 2, 1 and 0 of three models: values 1, 3 | 5, then 4 | 6, 8, then | 1, 1, 4."""
    shadow = np.array([[1.0, 4.0, 1.0], [3.0, 6.0, 1.0], [5.0, 8.0, 4.0]])
    member = np.array([[1, 1, 0], [1, 0, 0], [0, 0, 0]], bool)
    return Worlds.of(Signals.of([0.0] * 3, shadow=shadow, shadow_member=member))


def test_counts_means_and_variances_by_hand():
    worlds = by_hand()
    assert worlds.inside.count.tolist() == [2, 1, 0]
    assert worlds.inside.mean[:, 0].tolist() == [2, 4, 0]
    assert worlds.inside.variance[:, 0].tolist() == [1, 0, 0]
    np.testing.assert_allclose(worlds.outside.mean[:, 0], [5, 7, 2])
    # squares 0, 1 + 1 and 1 + 1 + 4 over 1, 2 and 3 models
    np.testing.assert_allclose(worlds.outside.variance[:, 0], [0, 1, 2])
    np.testing.assert_allclose(worlds.mean_of_all[:, 0], [9 / 3, 18 / 3, 6 / 3])
    # over all values: IN 1, 3, 4; OUT 5, 6, 8, 1, 1, 4
    np.testing.assert_allclose(worlds.inside.centre, 8 / 3)
    np.testing.assert_allclose(worlds.outside.centre, 25 / 6)
    np.testing.assert_allclose(worlds.outside.raw_variance, np.var([5, 6, 8, 1, 1, 4]))
    np.testing.assert_allclose(worlds.outside.sum_of_squares, 8)


def test_a_record_in_one_model_alone_has_its_answer_as_the_mean_of_all():
    one = Worlds.of(Signals.of([0.0, 0.0], shadow=[[3.0, 8.0]], shadow_member=[[1, 0]]))
    assert one.mean_of_all[:, 0].tolist() == [3, 8]
    assert one.outside.mean[:, 0].tolist() == [0, 8]


def test_a_mode_is_online_where_every_record_has_a_model_of_its_own():
    worlds = by_hand()
    assert worlds.online("auto", "Attack") is False
    assert worlds.take(np.array([0, 1])).online("auto", "Attack") is True
    assert worlds.online("offline", "Attack") is False
    # offline no record needs an IN model
    assert worlds.online("offline", "Attack", inside=9) is False
    with pytest.raises(NotEnoughData) as raised:
        worlds.online("online", "Attack")
    said = "Attack needs 1 shadow model with each record, got 0 for 1 record (first: 2)."
    assert str(raised.value).startswith(said)
    assert (raised.value.needed, raised.value.got) == (1, 0)
    with pytest.raises(InvalidInput, match="`mode` needs one of auto, online, offline, got 'on'"):
        worlds.online("on", "Attack")


def test_records_that_lack_models_are_counted_and_three_of_them_named():
    worlds = by_hand()
    with pytest.raises(NotEnoughData) as raised:
        worlds.online("offline", "Attack", outside=3)
    said = "Attack needs 3 shadow models without each record, got 1 for 2 records (first: 0, 1)."
    assert str(raised.value) == said + " Train more shadow models."
    worlds.online("offline", "Attack", outside=1)
    many = worlds.take(np.array([2, 2, 2, 2, 1]))
    with pytest.raises(NotEnoughData, match=r"for 4 records \(first: 0, 1, 2, ...\)"):
        many.online("online", "Attack")


def test_two_groups_are_enough_to_leave_one_out():
    shadow, member = np.array([[1.0], [5.0]]), np.array([[True], [False]])
    left = list(each_left_out(Signals.of([0.0], shadow=shadow, shadow_member=member), [(0,), (1,)]))
    assert left[0][1].outside.mean.tolist() == [[5]]
    assert left[1][1].inside.mean.tolist() == [[1]]
