"""When a guess about a secret counts as right, and what is guessed among."""

import numpy as np
import pytest

from tacit.audits.steps import secret as steps
from tacit.audits.steps.secret import Secret, secret_of
from tacit.core import InvalidInput

NUMBER = Secret(("a",), "number", np.array([0.0, 1.0, 2.0, 4.0]), tolerance=1.0)


def test_a_number_at_exactly_the_tolerance_is_right():
    """0 and 1 match, 1 and 2, 2 and 4 do not."""
    assert NUMBER.match.astype(int).tolist() == [
        [1, 1, 0, 0],
        [1, 1, 1, 0],
        [0, 1, 1, 0],
        [0, 0, 0, 1],
    ]
    guess, truth = np.array([0, 0, 3, 3]), np.array([1.0, 1.1, 5.0, 2.9])
    assert NUMBER.right(guess, truth).tolist() == [True, False, True, False]
    assert NUMBER.codes(np.array([0.4, 3.2, 9.0])).tolist() == [0, 3, 3]


def test_a_category_is_right_where_it_is_the_same_and_no_candidate_is_never_right():
    secret = Secret(("a",), "class", np.array(["x", "y"]))
    assert secret.match.tolist() == [[True, False], [False, True]]
    assert secret.codes(np.array(["y", "z", "x"])).tolist() == [1, -1, 0]
    assert secret.right(np.array([1, 1, 1]), np.array(["y", "z", "x"])).tolist() == [
        True,
        False,
        False,
    ]


def test_a_tenth_of_the_quartiles_is_near_enough_and_candidates_are_middles_of_25_parts():
    """0 to 100: quartiles 25 and 75, so 5; quantiles of .02, .06, ... .98."""
    found = secret_of("a", Table(np.arange(101.0)), kind="auto", tolerance=None)
    assert found.kind == "number"
    assert found.tolerance == pytest.approx(5.0)
    assert found.values.tolist() == [2.0 + 4 * k for k in range(25)]
    assert secret_of("a", Table(np.arange(101.0)), kind="auto", tolerance=0.0).tolerance == 0.0


def test_more_than_twenty_numbers_are_a_quantity():
    for distinct, kind in ((20, "class"), (21, "number")):
        values = Table(np.arange(210) % distinct)
        assert secret_of("a", values, kind="auto", tolerance=None).kind == kind


class Table:
    """The least that is a data frame here: one column called `a`."""

    def __init__(self, values):
        self.values = values
        self.columns = ["a"]
        self.iloc = None

    def __getitem__(self, name):
        return self.values

    def __len__(self):
        return len(self.values)


def test_a_tolerance_is_a_finite_number_and_belongs_to_a_quantity():
    x = Table(np.arange(101.0))
    for odd in (-0.1, np.inf, np.nan, True, "1"):
        with pytest.raises(InvalidInput, match="`tolerance` needs a number of 0 or more"):
            secret_of("a", x, kind="auto", tolerance=odd)
    with pytest.raises(InvalidInput, match="this one is a category"):
        secret_of("a", Table(np.arange(9)), kind="class", tolerance=1.0)
    assert Secret(("a",), "class", np.array([1])).tolerance == 0


def test_a_spread_stands_in_where_half_of_the_rows_share_a_value():
    """80 zeros, ten of -10 and ten of 10: quartiles 0 and 0; a tenth of the deviation, sqrt 20."""
    values = np.repeat([0.0, -10.0, 10.0], [80, 10, 10])
    found = secret_of("a", Table(values), kind="number", tolerance=None)
    assert found.tolerance == pytest.approx(0.1 * 20**0.5)


def test_up_to_fifty_categories_may_be_guessed_among():
    for distinct in (50, 51):
        x = Table(np.array([f"v{k}" for k in range(distinct)]))
        if distinct == 50:
            assert len(secret_of("a", x, kind="auto", tolerance=None).values) == 50
        else:
            with pytest.raises(InvalidInput, match="at most 50 categories, got 51"):
                secret_of("a", x, kind="auto", tolerance=None)


def test_a_column_that_is_not_there_is_told_with_the_first_ten_that_are():
    for width, more in ((10, False), (11, True)):
        with pytest.raises(InvalidInput) as raised:
            secret_of(99, np.zeros((3, width)), kind="auto", tolerance=None)
        assert ("9, ...;" in str(raised.value)) is more
        assert "0, 1, 2, 3, 4, 5, 6, 7, 8, 9" in str(raised.value)


def test_categories_are_coded_by_the_reference_and_others_are_missing(monkeypatch):
    """ "b" three times, "a" twice, "c" once: the two most frequent have codes, in their order."""
    monkeypatch.setattr(steps, "MAX_CODES", 2)
    reference, asked = np.array(list("babcab"), object), np.array(list("acbzzzccc"), object)
    (own, other), category = steps._coded([reference, asked])
    assert category
    np.testing.assert_array_equal(own, [1, 0, 1, np.nan, 0, 1])
    np.testing.assert_array_equal(other, [0, np.nan, 1, *[np.nan] * 6])
    (plain, _), category = steps._coded([np.array([3, 1]), np.array([2.5])])
    assert (plain.tolist(), category) == ([3, 1], False)


def test_the_other_columns_and_the_label_are_what_a_guesser_sees():
    """Column 1 is the secret: columns 0 and 2, then the label."""
    parts = [np.array([[1.0, 7, 2], [3, 8, 4]]), np.array([[5.0, 9, 6]])]
    tables, categories = steps.numbers_of(
        parts, [np.array([10, 11]), np.array([12])], Secret((1,), "class", np.array([7.0]))
    )
    assert [table.tolist() for table in tables] == [[[1, 2, 10], [3, 4, 11]], [[5, 6, 12]]]
    assert categories.tolist() == [False, False, False]
    # one table is enough, and each column of a label is one
    labels = [np.array([[10, 20], [11, 21]])]
    (table,), _ = steps.numbers_of(parts[:1], labels, Secret((1,), "class", np.array([7.0])))
    assert table.tolist() == [[1, 2, 10, 20], [3, 4, 11, 21]]
    # of nothing but the secret the label is left
    (table,), _ = steps.numbers_of(
        [np.array([[7.0], [8.0]])], [np.array([1, 0])], Secret((0,), "class", np.array([7.0]))
    )
    assert table.tolist() == [[1], [0]]


def test_equal_records_with_equal_labels_have_one_key_whatever_their_type():
    x, y = np.array([[1.0, 2], [1, 2], [1, 3]]), np.array([0, 1, 0])
    keys = steps.row_keys(x, y)
    assert len(set(keys)) == 3
    assert steps.row_keys(x.astype(int), y.astype(float)) == keys
    assert steps.row_keys(x[[0, 0]], y[[0, 0]])[0] == keys[0]
    words = steps.row_keys(np.array([["a", 1], ["a", 1.0], ["a", True]], object), np.zeros(3, int))
    assert words == ["a|1|0"] * 3
