"""Proxies: counts, medians and spreads by hand."""

import numpy as np
import pytest

from tacit.attacks.reference.proxies import (
    Proxies,
    _median_and_squares,
    directions,
    nearest,
    smallest_deviation,
)
from tacit.core import Signals


def test_medians_and_squares_ignore_what_is_missing():
    """1, 2, 9: median 2, mean 4, squares 9 + 4 + 25. 1, 4: median 2.5, squares 2 * 1.5^2."""
    value = np.array([[9.0, 1, np.nan, 2], [4, np.nan, np.nan, 1]])[:, :, None]
    median, squares, count = _median_and_squares(value)
    np.testing.assert_allclose(median[:, 0], [2, 2.5])
    np.testing.assert_allclose(squares[:, 0], [38, 4.5])
    np.testing.assert_array_equal(count, [3, 2])


def test_the_smallest_deviation_is_a_millionth_of_the_spread_of_all_signals():
    signals = Signals.of([0.0, 0.0], shadow=[[0.0, 2.0], [4.0, 6.0]], shadow_member=[[1, 0]] * 2)
    assert smallest_deviation(signals) == pytest.approx(1e-6 * np.sqrt(5))
    flat = Signals.of([0.0, 0.0], shadow=[[0.0, 0.0]], shadow_member=[[1, 0]])
    assert smallest_deviation(flat) == pytest.approx(1e-150)


@pytest.mark.parametrize(("n_first", "own"), [(30, True), (29, False)])
def test_a_class_of_30_signals_stands_for_itself(n_first, own):
    """Fewer ask everybody: the trained-on records alone, never the others."""
    rng = np.random.default_rng(0)
    n = 80
    group = (np.arange(n) >= n_first).astype(int)
    member = np.ones(n, bool)
    member[-5:] = False
    shadow = rng.normal(size=n) + 5 * group
    signals = Signals.of(np.zeros(n), shadow=shadow[None], shadow_member=member[None])
    proxies = Proxies.of_group(signals, group)
    first = shadow[group == 0] if own else shadow[member]
    assert proxies.centre[0, 0] == pytest.approx(np.median(first), abs=1e-6)
    assert proxies.spread[0, 0] == pytest.approx(first.std(), rel=1e-6)
    second = shadow[(group == 1) & member]
    assert proxies.centre[-1, 0] == pytest.approx(np.median(second), abs=1e-6)
    assert proxies.spread[-1, 0] == pytest.approx(second.std(), rel=1e-6)


def test_directions_are_standardised_and_of_length_one():
    """Columns 0, 2, 4 and a constant: deviates -sqrt(1.5), 0, sqrt(1.5) beside a one."""
    place = directions(np.array([[0.0, 7.0], [2, 7], [4, 7]]))
    expected = np.array([[-np.sqrt(1.5), 1], [0, 1], [np.sqrt(1.5), 1]])
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(place, expected, atol=1e-6)


def test_the_nearest_of_the_class_come_in_order_and_never_the_record_itself():
    place = directions(np.arange(6.0)[:, None])
    group = np.array([0, 0, 0, 0, 1, 1])
    near = nearest(place, group, np.array([0, 2, 3, 4]), 2)
    assert near[0].tolist() == [2, 3]
    assert near[1].tolist()[0] in (0, 2)
    assert set(near[2].tolist()) == {0, 3}
    # 4 is alone among the usable of its class: record 5 has it, 4 itself asks all
    assert near[5].tolist() == [4, -1]
    assert near[4].tolist() == [3, 2]


def test_few_proxies_borrow_the_spread_and_eight_do_not():
    """k neighbours in one model: k signals. With 8 the spread is their own, with 7 the pooled."""
    rng = np.random.default_rng(1)
    n = 40
    shadow = rng.normal(size=n)
    features = np.arange(float(n))[:, None]
    signals = Signals.of(
        np.zeros(n), shadow=shadow[None], shadow_member=np.ones((1, n), bool), features=features
    )
    for k in (7, 8):
        near = nearest(directions(features), signals.group, np.arange(n), k)
        each = shadow[near].astype(np.float32).astype(float)
        pooled = np.sqrt(((each - each.mean(axis=1, keepdims=True)) ** 2).sum() / (k * n))
        expected = each.std(axis=1) if k == 8 else np.full(n, pooled)
        proxies = Proxies.of_neighbours(signals, k)
        np.testing.assert_allclose(proxies.spread[:, 0], expected, rtol=1e-5)
        np.testing.assert_allclose(proxies.centre[:, 0], np.median(each, axis=1), rtol=1e-5)


def test_as_few_neighbours_as_have_30_signals_are_asked():
    """4 models, all records in all of them: ceil(30 / 4) = 8 neighbours."""
    rng = np.random.default_rng(2)
    n = 30
    shadow, features = rng.normal(size=(4, n)), rng.normal(size=(n, 2))
    signals = Signals.of(
        np.zeros(n), shadow=shadow, shadow_member=np.ones((4, n), bool), features=features
    )
    auto, eight = Proxies.of_neighbours(signals, None), Proxies.of_neighbours(signals, 8)
    np.testing.assert_array_equal(auto.centre, eight.centre)
    np.testing.assert_array_equal(auto.spread, eight.spread)
