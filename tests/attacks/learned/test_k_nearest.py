"""Nearest neighbours: exact whatever the blocks, or as far as a sample says."""

import numpy as np
import pytest

from tacit.attacks.learned import k_nearest
from tacit.attacks.learned.k_nearest import Neighbours


def by_hand(known, member, asked, k):
    """Share of members among all known records as near as the k-th."""
    distance = ((asked[:, None, :].astype(float) - known[None, :, :]) ** 2).sum(axis=2)
    furthest = np.sort(distance, axis=1)[:, k - 1]
    near = distance <= furthest[:, None]
    return (near * member).sum(axis=1) / near.sum(axis=1)


@pytest.mark.parametrize("distances", [1, 5_000, 1 << 18])
def test_shares_are_those_of_all_distances_sorted(monkeypatch, distances):
    monkeypatch.setattr(k_nearest, "DISTANCES", distances)
    rng = np.random.default_rng(0)
    known, asked = (rng.normal(size=(n, 5)).astype(np.float32) for n in (500, 150))
    member = rng.random(500) < 0.5
    share = Neighbours(0.05).fit(known, member).predict_proba(asked)[:, 1]
    np.testing.assert_allclose(share, by_hand(known, member, asked, 25), atol=1e-6)


def test_of_many_known_records_a_sample_says_how_far_the_neighbours_reach():
    rng = np.random.default_rng(1)
    known, asked = (rng.normal(size=(n, 3)).astype(np.float32) for n in (5000, 400))
    member = known[:, 0] > 0
    share = Neighbours(0.05).fit(known, member).predict_proba(asked)[:, 1]
    exact = by_hand(known, member, asked, 250)
    # of 500, the twenty-fifth: its place among all is 250 give or take 46
    assert np.abs(share - exact).max() < 0.17
    assert np.abs(share - exact).mean() < 0.01


def test_all_that_tie_with_the_last_neighbour_count():
    known = np.repeat(np.arange(4.0, dtype=np.float32), 500)[:, None]
    member = np.arange(2000) % 4 == 0
    member[1000:1500] = True
    share = Neighbours(0.02).fit(known, member).predict_proba(np.array([[0.1], [2.1]], np.float32))
    np.testing.assert_allclose(share[:, 1], [0.25, 1.0])


@pytest.mark.parametrize("n", [10, 15, 200])
def test_few_known_records_are_enough(n):
    rng = np.random.default_rng(2)
    known, asked = (rng.normal(size=(k, 2)).astype(np.float32) for k in (n, 20))
    member = np.arange(n) % 2 == 0
    share = Neighbours(0.02).fit(known, member).predict_proba(asked)[:, 1]
    np.testing.assert_allclose(share, by_hand(known, member, asked, 10), atol=1e-6)


def test_the_nearest_ten_on_a_line_are_counted_and_ties_too():
    """Members at 0 to 9, others at 10 to 19; ten neighbours at least."""
    known = np.arange(20.0)[:, None]
    model = Neighbours(0.02).fit(known, np.arange(20) < 10)
    # at 4.5: 0 to 9. At 9.5: 5 to 14. At 9: 5 to 13 and, equally far, 4 and 14
    share = model.predict_proba(np.array([[4.5], [9.5], [9.0]]))
    np.testing.assert_allclose(share[:, 1], [1.0, 5 / 10, 6 / 11], rtol=1e-6)
    np.testing.assert_allclose(share.sum(axis=1), 1.0)


def test_a_share_of_many_known_records_is_near():
    known = np.arange(1000.0)[:, None]
    model = Neighbours(0.1).fit(known, np.arange(1000) % 4 == 0)
    assert model.n_near == 100
    # of 450 to 549, those that four divides
    np.testing.assert_allclose(model.predict_proba(np.array([[499.5]]))[0, 1], 25 / 100)


def test_beyond_ten_thousand_known_records_an_even_part_is_kept():
    """Of 10,001 every second, of 25,000 every third; a fiftieth of what is kept is near."""
    for n, step in ((10_000, 1), (10_001, 2), (25_000, 3)):
        known = np.arange(float(n))[:, None]
        model = Neighbours(0.02).fit(known, np.arange(n) % 2 == 0)
        assert model.known[:, 0].tolist() == list(range(0, n, step))
        assert model.n_near == round(0.02 * len(range(0, n, step)))
        assert model.member.tolist() == [1.0 * (k % 2 == 0) for k in range(0, n, step)]
