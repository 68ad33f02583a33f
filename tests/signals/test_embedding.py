"""Rows of a table as points, by hand."""

import numpy as np

from tacit.core.frame import Frame
from tacit.signals.embedding import MOST_DIMENSIONS, Embedding, identifiers


def test_text_names_a_row_where_more_than_half_of_its_values_are_distinct():
    """50 rows: 25 distinct values are half, 26 are more; with 49 rows nothing is decided."""

    def frame(n, distinct):
        return Frame.of({"t": [f"v{i % distinct}" for i in range(n)]})

    assert identifiers(frame(50, 25)) == ()
    assert identifiers(frame(50, 26)) == ("t",)
    assert identifiers(frame(49, 49)) == ()


def test_whole_numbers_name_a_row_only_where_each_is_distinct_and_none_is_missing():
    key = np.arange(50.0)
    twice = np.where(key == 49, 48, key)
    gone = np.where(key == 0, np.nan, key)
    parts = key + 0.5
    frame = Frame.of({"key": key, "twice": twice, "gone": gone, "parts": parts})
    assert identifiers(frame) == ("key",)


def test_dimensions_belong_to_their_columns_and_a_missing_cell_has_one_of_its_own():
    """x and its flag, three categories, y without a flag: 2 + 3 + 1 dimensions."""
    reference = Frame.of({"x": [1.0, np.nan, 3.0], "c": ["a", "b", "d"], "y": [1.0, 2.0, 4.0]})
    embed = Embedding.fitted(reference)
    names = reference.names
    assert embed(reference).shape == (3, 6)
    assert embed.dimensions(names, ["x"]).tolist() == [0, 1]
    assert embed.dimensions(names, ["c"]).tolist() == [2, 3, 4]
    assert embed.dimensions(names, ["y", "x"]).tolist() == [0, 1, 5]
    # mid-ranks among the two known values of x: 0.5 and 1.5, the missing one in the middle
    np.testing.assert_allclose(embed(reference)[:, 0], [0.5, 1.0, 1.5])
    np.testing.assert_allclose(embed(reference)[:, 1], [0, np.sqrt(0.5), 0])


def test_sixty_four_categories_are_exactly_one_apart_and_more_share_as_many_signs():
    for n in (MOST_DIMENSIONS, MOST_DIMENSIONS + 1):
        frame = Frame.of({"c": [f"v{i:03}" for i in range(n)]})
        points = Embedding.fitted(frame)(frame)
        assert points.shape == (n, 64)
        # each code has the length 1 / sqrt(2), so that strangers are about 1 apart
        np.testing.assert_allclose((points**2).sum(axis=1), 0.5)
        if n == 64:
            np.testing.assert_allclose(points @ points.T, np.eye(64) / 2)
        else:
            assert set(np.unique(np.abs(points))) == {1 / np.sqrt(128)}
            assert 0.4 < (points > 0).mean() < 0.6


def test_trees_see_numbers_as_they_are_and_categories_by_their_place():
    reference = Frame.of({"x": [1.0, np.nan], "c": ["b", "d"]})
    other = Frame.of({"x": [7.0], "c": ["a"]})
    embed = Embedding.fitted(reference, other)
    np.testing.assert_array_equal(embed.ordered(reference), [[1.0, 1.0], [np.nan, 2.0]])
    np.testing.assert_array_equal(embed.ordered(other), [[7.0, 0.0]])
