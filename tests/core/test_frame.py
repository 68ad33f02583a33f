"""Frames of mixed types."""

import datetime

import numpy as np
import pytest

from tacit import InvalidInput
from tacit.core.frame import MISSING, Frame, alike, stacked


def test_numbers_dates_text_and_truth_values_are_told_apart():
    frame = Frame.of(
        {
            "n": [1, None, 3],
            "d": np.array(["1970-01-01", "1970-01-03", "NaT"], dtype="datetime64[D]"),
            "p": [datetime.date(1970, 1, 2), None, datetime.datetime(1970, 1, 1, 12)],
            "t": ["x", None, "y"],
            "b": [True, False, True],
        }
    )
    assert frame.kinds == {
        "n": "number",
        "d": "number",
        "p": "number",
        "t": "category",
        "b": "category",
    }
    assert np.array_equal(frame.columns["n"], [1, np.nan, 3], equal_nan=True)
    assert np.array_equal(frame.columns["d"], [0, 2, np.nan], equal_nan=True)
    assert np.array_equal(frame.columns["p"], [1, np.nan, 0.5], equal_nan=True)
    assert frame.columns["t"].tolist() == ["x", MISSING, "y"]


def test_pandas_and_polars_frames_are_read_alike():
    pandas = pytest.importorskip("pandas")
    polars = pytest.importorskip("polars")
    columns = {"a": [1.5, None, 2.0], "s": ["u", "v", None], "b": [True, None, False]}
    frames = [Frame.of(package.DataFrame(columns)) for package in (pandas, polars)]
    frames.append(Frame.of({name: list(values) for name, values in columns.items()}))
    for other in frames[1:]:
        assert other.kinds == frames[0].kinds
        for name in columns:
            one, two = frames[0].columns[name], other.columns[name]
            assert np.array_equal(one, two, equal_nan=one.dtype.kind == "f")


def test_pandas_types_with_missing_values_and_categories_are_read():
    pandas = pytest.importorskip("pandas")
    frame = Frame.of(
        pandas.DataFrame(
            {
                "i": pandas.array([1, None, 2], dtype="Int64"),
                "c": pandas.Categorical(["u", None, "u"]),
            }
        )
    )
    assert np.array_equal(frame.columns["i"], [1, np.nan, 2], equal_nan=True)
    assert frame.columns["c"].tolist() == ["u", MISSING, "u"]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (np.zeros((3, 2)), "named columns"),
        ({}, "at least one column"),
        ({"a": [[1, 2], [3]]}, "plain value"),
        ({"a": [[1, 2], [3, 4]]}, "one value a row"),
        ({"a": [{"x": 1}, {"x": 2}]}, "plain value"),
        ({"a": [1.0, np.inf]}, "finite"),
        ({"a": [1j, 2j]}, "numbers, dates or text"),
        ({"a": [1], "b": [1, 2]}, "one length"),
        ({1: [1], "1": [2]}, "distinct"),
    ],
)
def test_what_is_no_table_is_refused(value, said):
    with pytest.raises(InvalidInput, match=said):
        Frame.of(value)


def test_rows_have_the_same_code_if_and_only_if_they_agree_in_every_cell():
    frame = Frame.of({"a": [1, 1, np.nan, np.nan, 2], "s": ["x", "x", "x", "x", "x"]})
    code = frame.codes()
    assert code[0] == code[1] != code[4]
    assert code[2] == code[3] not in (code[0], code[4])


def test_sides_are_put_in_one_order():
    one, two = Frame.of({"a": [1], "b": ["x"]}), Frame.of({"b": ["y"], "a": [2]})
    fitted = alike({"one": one, "two": two})
    assert fitted["two"].names == ("a", "b")
    assert stacked(fitted.values()).columns["b"].tolist() == ["x", "y"]


def test_other_columns_are_named():
    with pytest.raises(InvalidInput, match=r"`two`.*lacks 'b' and has also 'c'"):
        alike({"one": Frame.of({"a": [1], "b": [1]}), "two": Frame.of({"a": [1], "c": [1]})})


def test_a_column_of_numbers_here_and_text_there_is_refused_with_an_example():
    with pytest.raises(InvalidInput, match=r"'a'.*`one` number, `two` category.*'much'"):
        alike({"one": Frame.of({"a": [1]}), "two": Frame.of({"a": ["much"]})})


def test_truth_values_meet_zeros_and_ones():
    fitted = alike({"one": Frame.of({"a": [0, 1]}), "two": Frame.of({"a": [True, None]})})
    assert np.array_equal(fitted["two"].columns["a"], [1, np.nan], equal_nan=True)


def test_text_that_is_a_date_everywhere_becomes_days():
    one = Frame.of({"a": ["1970-01-02", None]})
    two = Frame.of({"a": ["1970-01-03 12:00:00"]})
    fitted = alike({"one": one, "two": two})
    assert np.array_equal(fitted["one"].columns["a"], [1, np.nan], equal_nan=True)
    assert fitted["two"].columns["a"].tolist() == [2.5]
    with pytest.raises(InvalidInput, match="does not exist"):
        alike({"one": Frame.of({"a": ["2020-02-31"]})})


def test_times_with_a_zone_become_instants_and_do_not_stand_beside_times_without_one():
    zoned = [
        datetime.datetime(2020, 1, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=1))),
        None,
    ]
    frame = Frame.of({"t": zoned})
    assert frame.columns["t"][0] == 18262
    assert frame.zoned == {"t"}
    assert frame.take(np.array([0])).only(["t"]).zoned == {"t"}
    plain = Frame.of({"t": [datetime.datetime(2020, 1, 1), None]})
    assert not plain.zoned
    with pytest.raises(InvalidInput, match=r"'t' has times with a zone in `a` and .* one in `b`"):
        alike({"a": frame, "b": plain})
    empty = Frame.of({"t": [None, None]})
    assert alike({"a": frame, "b": empty})["b"].zoned == frozenset()


def test_the_zone_of_pandas_and_polars_columns_is_seen():
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    moment = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    for frame in (pandas.DataFrame({"t": [moment]}), polars.DataFrame({"t": [moment]})):
        found = Frame.of(frame)
        assert found.zoned == {"t"}
        assert found.columns["t"].tolist() == [18262]


def test_masked_cells_are_missing_and_not_what_the_mask_hides():
    frame = Frame.of({"a": np.ma.masked_equal([1, 2], 2), "b": np.ma.masked_equal(["x", "y"], "y")})
    assert np.isnan(frame.columns["a"][1])
    assert frame.columns["b"].tolist() == ["x", "(missing)"]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (np.zeros((3, 2)), "`member` needs a table with named columns.* columns=\\[...\\]"),
        ([{"a": 1}], "`member` needs a table with named columns.*pandas.DataFrame\\(rows\\)"),
        ({"a": [1], "b": [1, 2]}, "`member` needs columns of one length, got 'a' 1, 'b' 2"),
    ],
)
def test_what_nearly_is_a_table_is_refused_with_the_fix(value, said):
    with pytest.raises(InvalidInput, match=said):
        Frame.of(value, "member")


def test_a_polars_query_that_has_not_run_is_refused():
    polars = pytest.importorskip("polars")
    with pytest.raises(InvalidInput, match=r"Pass `member.collect\(\)`"):
        Frame.of(polars.DataFrame({"a": [1]}).lazy(), "member")


def test_codes_of_many_columns_never_meet_by_accident():
    rng = np.random.default_rng(3)
    columns = {name: rng.integers(0, 3, 200).astype(float) for name in "abcd"}
    rows = list(zip(*columns.values()))
    code = Frame(columns).codes()
    groups = {}
    for row, number in zip(rows, code.tolist()):
        assert groups.setdefault(row, number) == number
    assert len(set(groups.values())) == len(groups)


def test_one_side_may_lack_a_column_or_have_one_more():
    both, one = Frame({"a": np.ones(1), "b": np.ones(1)}), Frame({"a": np.ones(1)})
    with pytest.raises(InvalidInput, match="lacks 'b'"):
        alike({"first": both, "second": one})
    with pytest.raises(InvalidInput, match="has also 'b'"):
        alike({"first": one, "second": both})


def test_pairs_of_codes_do_not_meet_among_three_rows():
    """0 and 2, 1 and 0, 1 and 1: by twos the first two would be one."""
    frame = Frame.of({"a": [0.0, 1.0, 1.0], "b": [2.0, 0.0, 1.0]})
    assert len(set(frame.codes().tolist())) == 3
