"""A secret column at its edges: kinds, tolerances, columns, missing cells and codes."""

import numpy as np
import pytest

from tacit.audits.steps import secret as steps
from tacit.audits.steps.secret import (
    Secret,
    columns_of,
    missing,
    row_keys,
    secret_of,
    values_of,
    with_value,
)
from tacit.core import InvalidInput


def column(values, at=0, width=1):
    """A table of numbers whose column `at` holds the values."""
    table = np.zeros((len(values), width))
    table[:, at] = values
    return table


def test_a_tolerance_of_nought_asks_for_the_same_number():
    secret = Secret((0,), "number", np.array([0.0, 0.5, 1.0]))
    assert secret.tolerance == 0.0
    assert (secret.match == np.eye(3)).all()
    assert secret.right(np.array([1, 1]), np.array([0.5, 0.6])).tolist() == [True, False]


def test_how_many_values_are_guessed_among():
    assert (steps.MAX_CLASSES, steps.N_NUMBERS, steps.MANY_NUMBERS) == (50, 25, 20)
    assert (steps.MAX_CODES, steps.TOLERANCE_SHARE) == (200, 0.1)


def test_a_quarter_and_three_quarters_make_the_tolerance():
    """0, 1, 4, 9, ... 400: quartiles 25 and 225, a tenth of 200."""
    found = secret_of(0, column(np.arange(21.0) ** 2), kind="number", tolerance=None)
    assert found.tolerance == pytest.approx(20.0)
    assert found.columns == (0,)
    assert set(found.values) <= set(np.arange(21.0) ** 2)


def test_a_block_of_columns_is_one_secret_with_the_combinations_that_occur():
    table = np.array([[9.0, 1, 0], [8, 0, 1], [7, 1, 0], [6, 0, 0]])
    found = secret_of([1, 2], table, kind="auto", tolerance=None)
    assert (found.kind, found.name()) == ("class", "1, 2")
    assert found.values.tolist() == [[0, 0], [0, 1], [1, 0]]
    assert found.codes(values_of(table, (1, 2))).tolist() == [2, 1, 2, 0]
    with pytest.raises(InvalidInput, match="needs one column, got a block"):
        secret_of([1, 2], table, kind="number", tolerance=None)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "got none"),
        (None, "got none"),
        (2.5, "got 2.5"),
        ([0, 0], "each column once"),
        (2, "one of the columns 0, 1; got 2"),
        ("x", "got 'x'"),
    ],
)
def test_a_secret_is_a_column_of_the_table(given, said):
    with pytest.raises(InvalidInput, match=said):
        secret_of(given, np.zeros((3, 2)), kind="auto", tolerance=None)


def test_what_a_secret_cannot_be():
    x = column([1.0, 2.0])
    with pytest.raises(InvalidInput, match="`kind` needs one of auto, class, number, got 'x'"):
        secret_of(0, x, kind="x", tolerance=None)
    with pytest.raises(InvalidInput, match="is missing in every row"):
        secret_of(0, column([np.nan, np.nan]), kind="auto", tolerance=None)
    with pytest.raises(InvalidInput, match="finite numbers"):
        secret_of(0, column([1.0, np.inf]), kind="number", tolerance=None)
    with pytest.raises(InvalidInput, match='so kind="number" cannot be'):
        secret_of(0, np.array([["a"], ["b"]]), kind="number", tolerance=None)
    number = secret_of(0, column(np.arange(60.0)), kind="number", tolerance=2.5)
    assert number.tolerance == 2.5


def test_too_many_categories_say_what_else_could_be():
    many = np.arange(60)
    for x, said in (
        (many[:, None].astype(float), 'pass kind="number"'),
        (many.astype("datetime64[D]")[:, None], "a number of days"),
        (np.array([f"v{i}" for i in many])[:, None], r"group rare ones\.$"),
    ):
        with pytest.raises(InvalidInput, match=said):
            secret_of(0, x, kind="class", tolerance=None)


class Frame:
    """The least that is a data frame here."""

    iloc = None

    def __init__(self, **columns):
        self.given = columns
        self.columns = list(columns)

    def __getitem__(self, name):
        return np.asarray(self.given[name])


def test_columns_have_distinct_names_and_tables_two_axes():
    assert columns_of(Frame(a=[1], b=[2]), "x") == ["a", "b"]
    assert columns_of(np.zeros((2, 3)), "x") == [0, 1, 2]
    twice = Frame(a=[1])
    twice.columns = ["b", "a", "a"]
    with pytest.raises(InvalidInput, match="distinct column names, got 'a' twice"):
        columns_of(twice, "x")
    for odd in (np.zeros(3), np.zeros((1, 2, 3)), 7):
        with pytest.raises(InvalidInput, match="`x` needs records with a secret column"):
            columns_of(odd, "x")


def test_cells_of_objects_are_numbers_where_all_are_and_gaps_are_gaps():
    frame = Frame(
        a=np.array([1, None, 2.5], object),
        b=np.array(["x", None, float("nan")], object),
        c=np.array([True, 2, 3], object),
        d=np.array([None, None, None], object),
    )
    assert values_of(frame, ["a"]).dtype == np.float64
    np.testing.assert_array_equal(values_of(frame, ["a"]), [1, np.nan, 2.5])
    assert values_of(frame, ["b"]).tolist() == ["x", None, None]
    assert values_of(frame, ["c"]).tolist() == [True, 2, 3]
    assert values_of(frame, ["d"]).tolist() == [None] * 3
    assert missing(values_of(frame, ["a"])).tolist() == [False, True, False]
    assert missing(values_of(frame, ["b"])).tolist() == [False, True, True]
    assert missing(values_of(frame, ["a", "d"])).tolist() == [True] * 3
    assert missing(values_of(frame, ["a", "c"])).tolist() == [False, True, False]
    assert missing(np.array(["NaT", "2020-01-01"], "datetime64[D]")).tolist() == [True, False]
    assert missing(np.array([1, 2])).tolist() == [False, False]
    assert missing(np.array([[1.0, 2], [np.nan, 2]])).tolist() == [False, True]


def test_a_copy_has_one_value_everywhere_and_the_rest_as_it_was():
    table = np.arange(6.0).reshape(3, 2)
    one = Secret((1,), "class", np.array([7.0, 8.0]))
    assert with_value(table, one, 1).tolist() == [[0, 8], [2, 8], [4, 8]]
    block = Secret((1, 0), "class", np.array([[7.0, 9.0]]))
    assert with_value(table, block, 0).tolist() == [[9, 7]] * 3
    assert table.tolist() == [[0, 1], [2, 3], [4, 5]]


def test_texts_are_coded_in_the_order_of_the_reference_up_to_two_hundred():
    """Two hundred categories have codes of their own, the rarest of 201 none."""
    names = [f"v{i:03d}" for i in range(201)]
    reference = np.array([*names, *names[:7], *names[8:]], object)
    (own, other), category = steps._coded([reference, np.array(["v007", "v008", "v000"], object)])
    assert category
    assert np.isnan(other[0])
    assert other[1:].tolist() == [7.0, 0.0]
    assert np.nanmax(own) == 199
    whole = np.array(names[:200] * 2, object)
    (own, _), _ = steps._coded([whole, whole[:1]])
    assert not np.isnan(own).any()


def test_keys_tell_labels_and_cells_apart():
    x, y = np.array([[1.0, 2.0], [1.0, 2.0]]), np.array([[1, 2], [1, 3]])
    one, two = row_keys(x, y)
    assert one != two
    assert one[:-3] == two[:-3]
    words = row_keys(np.array([["a", None], ["a", 2.5]], object), np.array([1.0, 0.5]))
    assert words == ["a|missing|1", "a|2.5|0.5"]
    assert row_keys(np.array([["a"], ["b"]]), np.array([0, 0])) == ["a|0", "b|0"]


def test_numbers_beside_texts_are_one_value_whatever_their_type():
    for value in (1, 1.0, np.int64(1), np.float32(1), True, np.bool_(True)):
        assert steps._key(value) == "1"
    assert steps._key(1.5) == "1.5"
    assert steps._key(np.array([1.0, 2.0])) == "1|2"
    assert steps._key(None) == steps._key(float("nan")) == "missing"
    assert steps._key("1") == "1"


def test_a_block_of_many_numbers_is_a_category_all_the_same():
    """Twenty-five combinations of twenty-five numbers."""
    table = np.column_stack([np.arange(25.0), np.arange(25.0) % 2])
    assert secret_of([0, 1], table, kind="auto", tolerance=None).kind == "class"


def test_only_frames_have_named_columns():
    """An array, or what has names and no rows, is read by its shape."""

    class Named:
        columns = ("a", "b")

    class Half(Named):
        def to_numpy(self):
            return np.zeros((1, 2))

    class Polars(Half):
        def with_columns(self, *_):
            return self

    for odd in (Named(), Half()):
        with pytest.raises(InvalidInput, match="`x` needs records with a secret column"):
            columns_of(odd, "x")
    assert columns_of(Polars(), "x") == ["a", "b"]


def test_a_copy_of_a_frame_keeps_its_index_and_its_types():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {"a": np.array([1, 2, 3], np.int8), "b": ["x", "y", "x"]}, index=[7, 5, 3]
    )
    other = with_value(frame, Secret(("a",), "number", np.array([2.0, 5.0])), 1)
    assert other["a"].tolist() == [5, 5, 5]
    assert other["a"].dtype == np.int8
    assert other.index.tolist() == [7, 5, 3]
    assert other["b"].tolist() == ["x", "y", "x"]
    assert frame["a"].tolist() == [1, 2, 3]
    block = Secret(("b", "a"), "class", np.array([["z", 9]], object))
    assert with_value(frame, block, 0).to_numpy().tolist() == [[9, "z"]] * 3
    assert steps.rows_of(frame, np.array([2, 0]))["a"].tolist() == [3, 1]
    assert steps.rows_of(np.arange(3), np.array([2, 0])).tolist() == [2, 0]
