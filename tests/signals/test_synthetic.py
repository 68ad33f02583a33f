"""The five scores of a synthetic table, and the embedding that they share."""

import tracemalloc

import numpy as np
import pytest

from tacit.core import Evidence
from tacit.core.frame import Frame
from tacit.metrics import auc
from tacit.signals.embedding import MOST_DIMENSIONS, Embedding, identifiers
from tacit.signals.synthetic import (
    BANDWIDTH,
    SCORES,
    classifier_ratio,
    gen_lra,
    near,
    nearest_rows,
    squared_distances,
    synthetic_scores,
)
from tacit.testing.generators import Copier


def table(n, rng, *, wide=False):
    latent = rng.normal(size=n)
    columns = {
        "x": latent + rng.normal(size=n),
        "y": np.round(latent * 2),
        "c": np.array(["low", "mid", "high"])[np.digitize(latent, [-0.5, 0.5])],
        "d": rng.integers(0, 5, n).astype(str),
    }
    if wide:
        columns |= {f"z{i}": rng.normal(size=n) for i in range(4)}
    return Frame.of(columns)


def area(score, member):
    paper = Evidence(score, member, None, "coin", "score", np.arange(len(score)))
    return auc(paper).value


def test_numbers_are_twice_their_mid_rank_and_categories_are_one_apart():
    reference = Frame.of({"x": [1.0, 2.0, 2.0, 4.0], "c": ["a", "b", "a", "b"]})
    points = Embedding.fitted(reference)(reference)
    assert points[:, 0].tolist() == [0.25, 1.0, 1.0, 1.75]
    gap = points[0, 1:] - points[1, 1:]
    assert np.isclose(gap @ gap, 1)


def test_a_missing_number_is_in_the_middle_and_apart():
    reference = Frame.of({"x": [1.0, 2.0, np.nan]})
    points = Embedding.fitted(reference)(reference)
    assert points.shape == (3, 2)
    assert np.allclose(points[2], [1.0, np.sqrt(0.5)])


def test_many_categories_share_dimensions_and_are_still_about_one_apart():
    names = [f"v{i}" for i in range(300)]
    points = Embedding.fitted(Frame.of({"c": names}))(Frame.of({"c": names}))
    assert points.shape == (300, MOST_DIMENSIONS)
    gaps = np.concatenate([g[g > 0] for _, g in squared_distances(points, points)])
    assert 0.99 < np.sqrt(gaps).mean() < 1.01
    assert np.sqrt(gaps).std() < 0.08


def test_identifiers_and_free_text_are_found_and_measurements_are_not():
    rng = np.random.default_rng(0)
    frame = Frame.of(
        {
            "key": rng.permutation(1000),
            "mail": [f"{i}@example.org" for i in range(1000)],
            "income": np.round(rng.lognormal(10, 1, 1000), -1),
            "height": rng.normal(size=1000),
            "sex": rng.choice(["f", "m"], 1000),
        }
    )
    assert identifiers(frame) == ("key", "mail")


def test_blocks_do_not_change_a_distance_and_equal_points_are_exactly_zero_apart():
    rng = np.random.default_rng(0)
    x, y = rng.random((50, 6)), rng.random((70, 6))
    y[3] = x[10]
    whole = np.concatenate([g.copy() for _, g in squared_distances(x, y)])
    parts = np.concatenate([g.copy() for _, g in squared_distances(x, y, block=200)])
    plain = ((x[:, None] - y[None]) ** 2).sum(axis=2)
    assert np.allclose(whole, plain, atol=1e-12)
    assert np.allclose(parts, whole, atol=1e-14)
    assert whole[10, 3] == 0
    assert (nearest_rows(x, y, 3) == np.argsort(plain, axis=1)[:, :3]).all()


def test_kernels_and_gen_lra_equal_their_formulas():
    rng = np.random.default_rng(1)
    x, s, r = rng.random((7, 3)), rng.random((30, 3)), rng.random((40, 3))

    def kernel(a, b):
        return np.exp(-((a[:, None] - b[None]) ** 2).sum(axis=2) / (2 * BANDWIDTH**2))

    assert np.allclose(near(x, s).log_kernel, np.log(kernel(x, s).sum(axis=1)))
    k = 5
    of_reference = kernel(s, r).sum(axis=1)
    expected = []
    for row in x:
        close = np.argsort(((s - row) ** 2).sum(axis=1))[:k]
        gained = of_reference[close] + kernel(row[None], s[close])[0]
        expected.append(np.log(gained / 41).sum() - np.log(of_reference[close] / 40).sum())
    found = gen_lra(x, s, near(s, r).log_kernel, len(r), neighbours=k)
    assert np.allclose(found, expected, atol=1e-9)


def test_every_score_is_larger_for_members_of_a_copied_table():
    rng = np.random.default_rng(0)
    rows, reference = table(600, rng, wide=True), table(1000, rng, wide=True)
    member = rng.random(600) < 0.5
    release = Frame.of(Copier(1.0, 0.1)(rows.take(member), 0))
    found = synthetic_scores(rows, release, reference)
    assert tuple(found) == SCORES
    assert min(area(score, member) for score in found.values()) > 0.58
    assert area(found["gen_lra"], member) > 0.75


def test_no_score_tells_where_the_release_holds_other_rows():
    rng = np.random.default_rng(3)
    areas = []
    for _ in range(8):
        rows, reference = table(300, rng), table(300, rng)
        member = rng.random(300) < 0.5
        found = synthetic_scores(rows, table(300, rng), reference)
        areas.append([area(score, member) for score in found.values()])
    assert (abs(np.mean(areas, axis=0) - 0.5) < 0.05).all()


def test_memory_grows_with_rows_and_not_with_their_square():
    rng = np.random.default_rng(0)
    x, y = rng.random((6000, 4)), rng.random((6000, 4))
    tracemalloc.start()
    near(x, y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # the whole matrix would be 288 MB
    assert peak < 80e6


def test_frames_that_differ_are_refused():
    rng = np.random.default_rng(0)
    rows = table(60, rng)
    with pytest.raises(ValueError, match="same columns"):
        synthetic_scores(rows, rows, rows.only(["x", "y"]))


def test_the_scores_that_count_rows_pay_for_tables_of_unequal_size():
    """Release and reference hold the same two points, the reference each three times: no leak.

    Densities are means over rows, so that the ratio of each row is log(2 / 2 * 6 / 6) = 0, and
    every distance to the release is that to the reference.
    """
    release = Frame.of({"x": [0.0, 1.0], "y": [1.0, 0.0]})
    reference = Frame.of({"x": [0.0, 1.0] * 3, "y": [1.0, 0.0] * 3})
    rows = Frame.of({"x": [0.0, 0.4], "y": [1.0, 3.0]})
    found = synthetic_scores(rows, release, reference)
    np.testing.assert_allclose(found["domias_kernel"], 0, atol=1e-12)
    np.testing.assert_allclose(found["calibrated_distance"], 0, atol=1e-12)


def test_the_trees_say_how_much_likelier_a_row_is_of_the_release():
    """40 rows of each at x = 1 and x = 0; the same odds on both sides where all are equal."""
    apart = classifier_ratio(np.array([[1.0], [0.0]]), np.ones((40, 1)), np.zeros((80, 1)))
    assert apart[0] > 3
    assert apart[1] < -3
    np.testing.assert_allclose(classifier_ratio(*[np.ones((40, 1))] * 3), 0, atol=1e-9)


def test_a_seed_above_32_bits_is_folded_and_a_block_smaller_than_a_row_holds_one_row():
    """2^32 + 3 seeds the trees like 3 (the samples are all the rows here, in their order)."""
    rng = np.random.default_rng(0)
    x, s, r = (rng.normal(size=(50, 2)) for _ in range(3))
    classifier_ratio(x, s, r, seed=2**32 + 3)
    parts = [part for part, _ in squared_distances(x[:3], s, block=1)]
    assert [(part.start, part.stop) for part in parts] == [(0, 1), (1, 2), (2, 3)]


def test_equal_distances_are_ranked_by_the_order_of_the_rows():
    # their mean is 0, so that centring rounds nothing
    points = np.array([[0.0], [2.0], [1.0], [-1.0], [-2.0]])
    assert nearest_rows(np.array([[0.0]]), points, 3).tolist() == [[0, 2, 3]]
