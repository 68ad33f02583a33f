"""Placements by hand."""

import numpy as np
import pytest

from tacit.attacks.reference.ranks import placement


def test_a_placement_counts_half_of_the_ties():
    among = np.array([3.0, 1.0, 2.0, 2.0])
    assert placement(np.array([0.0, 1.0, 2.0, 2.5, 9.0]), among).tolist() == [
        0,
        0.125,
        0.5,
        0.75,
        1,
    ]


def test_the_mean_placement_is_the_area_under_the_curve():
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 6, 30), rng.integers(0, 5, 40)
    pairs = (x[:, None] > y) + 0.5 * (x[:, None] == y)
    assert placement(x, y).mean() == pytest.approx(pairs.mean())
