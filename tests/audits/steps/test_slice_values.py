"""Columns to slice by, as a report may show them."""

import json

import numpy as np
import pytest

import tacit
from tacit import InvalidInput, Outputs
from tacit.audits.steps.slice_values import REST, slice_column

N = 600
TRUTH = np.arange(N) % 2 == 0
RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    "values",
    [
        RNG.normal(50, 9, N),
        RNG.normal(50, 9, N).astype(np.float32),
        RNG.integers(0, 1000, N),
        RNG.normal(50, 9, N).astype(object),
        np.datetime64("2020-01-01") + np.arange(N).astype("m8[D]"),
    ],
    ids=["float64", "float32", "whole", "objects", "dates"],
)
def test_numbers_with_many_values_are_cut_at_quantiles(values):
    column = slice_column(values, "age", TRUTH)
    _, count = np.unique(column.texts, return_counts=True)
    assert 8 <= len(count) <= 11
    assert count.min() > N / 20
    assert "quantiles" in column.said


def test_no_exact_extreme_or_number_is_shown():
    values = RNG.normal(50, 9, N)
    shown = " ".join(np.unique(slice_column(values, "age", TRUTH).texts))
    assert not any(str(value) in shown for value in values.tolist())


def test_few_numbers_keep_their_values_and_missing_is_one():
    values = np.array([1.0, 2.0, np.nan] * (N // 3))
    assert set(slice_column(values, "a", TRUTH).texts) == {"1.0", "2.0", "missing"}
    mixed = np.array([True, None] * (N // 2), object)
    assert set(slice_column(mixed, "a", np.arange(N) < N / 2).texts) == {"True", "missing"}


@pytest.mark.parametrize("name", ["user{}@corp.example", "{:08x}"])
def test_identifiers_are_no_slices(name):
    column = slice_column(np.array([name.format(i) for i in range(N)]), "email", TRUTH)
    assert not column.usable
    assert "names single records" in column.said


def test_a_value_with_few_members_or_few_nonmembers_is_not_shown():
    values = np.array(["common"] * N, object)
    values[:18] = "rare"
    values[18:36] = "as rare"
    values[np.flatnonzero(TRUTH)[100:150]] = "members only"
    column = slice_column(values, "a", TRUTH)
    assert set(column.texts) == {"common", REST}
    assert "rare" in slice_column(values, "a", TRUTH, min_cell=9).texts
    assert "3 of 4 values have fewer than 10" in column.said


def test_the_rest_of_a_table_does_not_give_the_hidden_value_away():
    values = np.array(["common"] * N, object)
    values[:200] = "second"
    values[200:206] = "rare"
    column = slice_column(values, "a", TRUTH)
    # "rare" alone could be told from the totals: the next smallest is hidden with it
    assert set(column.texts) == {"common", REST}
    two = np.where(np.arange(N) < 6, "rare", "common")
    assert not slice_column(two, "a", TRUTH).usable


def test_the_most_frequent_values_are_kept():
    many = np.array([f"v{i % 200}" for i in range(8000)])
    column = slice_column(many, "a", np.arange(8000) < 4000)
    assert len(np.unique(column.texts)) == 51


def test_a_report_tells_no_single_value_and_says_what_was_done():
    outputs = [Outputs(loss=RNG.exponential(size=N // 2)) for _ in range(2)]
    names = np.array([f"user{i}@corp.example" for i in range(N)])
    report = tacit.audit(
        member=outputs[0],
        nonmember=outputs[1],
        slices={"email": (names[: N // 2], names[N // 2 :])},
        effort="quick",
    )
    assert "corp.example" not in json.dumps(report.to_dict())
    assert any("'email' was not made" in warning for warning in report.warnings)


@pytest.mark.parametrize("least", [0, -1, 2.5, True, "10"])
def test_the_least_cell_is_a_count(least):
    with pytest.raises(InvalidInput, match="`min_cell` needs a whole number"):
        slice_column(np.zeros(N), "a", TRUTH, min_cell=least)


def test_of_many_values_the_fifty_most_frequent_are_shown():
    """Value i occurs 40 + 2 i times, half of it members: the last fifty of sixty are kept."""
    size = 40 + 2 * np.arange(60)
    values = np.repeat([f"v{i:02}" for i in range(60)], size)
    column = slice_column(values, "a", np.arange(len(values)) % 2 == 0)
    assert set(column.texts) == {REST, *(f"v{i:02}" for i in range(10, 60))}


def half(n):
    return np.arange(n) % 2 == 0


def test_twenty_numbers_are_values_and_one_more_is_cut():
    for distinct, cut in ((20, False), (21, True)):
        values = np.repeat(np.arange(float(distinct)), 40)
        column = slice_column(values, "a", half(len(values)))
        assert bool(column.said) is cut
        assert ("quantiles into at most 10 groups" in column.said) is cut
        assert ("3.0" in column.texts) is not cut
        # missing and infinite numbers are no more values
        odd = np.r_[values, np.full(40, np.nan), np.full(40, np.inf)]
        assert bool("cut" in slice_column(odd, "a", half(len(odd))).said) is cut


@pytest.mark.parametrize(
    ("n", "distinct", "usable"),
    [(30, 20, True), (30, 21, False), (100, 50, True), (100, 51, False), (42, 21, True)],
)
def test_more_texts_than_half_of_the_records_and_than_twenty_are_names(n, distinct, usable):
    texts = np.array([f"v{i % distinct:03}" for i in range(n)])
    column = slice_column(texts, "a", half(n), min_cell=1)
    named = f"it has {distinct} different values for {n} records" in column.said
    assert named is not usable
    if not usable:
        assert not column.usable


def test_groups_are_named_by_rounded_edges_and_closed_below():
    """0 to 999: edges 99.9, 200, 300, 400, 500, 599, 699, 799, 899, to three digits."""
    values = np.arange(1000.0)
    texts = slice_column(values, "a", half(1000)).texts
    edges = [float(f"{edge:.3g}") for edge in np.quantile(values, np.arange(1, 10) / 10)]
    assert texts[0] == texts[99] == "below 99.9"
    assert texts[100] == f"99.9 to below {edges[1]:g}"
    assert texts[-1] == f"{edges[-1]:g} and above"
    for edge in edges[1:]:
        # a number on an edge begins the group
        assert texts[int(edge)].startswith((f"{edge:g} to", f"{edge:g} and"))
        assert texts[int(edge) - 1].endswith(f"below {edge:g}")
    assert len(np.unique(texts)) == 10


def test_what_has_no_group_is_missing_wherever_zero_lies():
    values = np.r_[np.arange(400.0) - 200, np.full(20, np.nan), np.full(20, -np.inf)]
    texts = slice_column(values, "a", half(440)).texts
    assert set(texts[400:]) == {"missing"}
    assert "missing" not in texts[:400]
    with_gaps = np.array([None, *range(40)] * 20, object)
    assert slice_column(with_gaps, "a", half(820)).texts[0] == "missing"


def test_dates_are_cut_at_whole_days():
    days = np.datetime64("2020-01-01") + np.arange(400).astype("m8[D]")
    texts = slice_column(days, "a", half(400)).texts
    # a tenth of 399 days is day 39.9, rounded to 40: the 10th of February
    assert texts[0] == texts[39] == "below 2020-02-10"
    assert texts[40] == "2020-02-10 to below 2020-03-21"
    hours = np.datetime64("2020-01-01T12:00") + np.arange(400).astype("m8[D]")
    # day 40.4 is rounded to 40, and noon of the 10th lies in the next group
    late = slice_column(hours, "a", half(400)).texts
    assert late[0] == "below 2020-02-10"
    assert (late[39], late[40]) == ("below 2020-02-10", "2020-02-10 to below 2020-03-21")
    gaps = days.copy()
    gaps[7] = np.datetime64("NaT")
    assert slice_column(gaps, "a", half(400), min_cell=1).texts[7] in ("missing", REST)


def test_objects_are_numbers_where_all_are_that_are_there():
    from tacit.audits.steps.slice_values import _numbers

    found = _numbers(np.array([1, None, 2.5, float("nan")], object))
    np.testing.assert_array_equal(found, [1, np.nan, 2.5, np.nan])
    for other in (True, "1", b"1", [1], 10**400):
        cells = np.empty(2, object)
        cells[:] = [1, other]
        assert _numbers(cells) is None
    assert _numbers(np.array([True, False])) is None
    assert _numbers(np.array([1, 2], np.uint8)).tolist() == [1.0, 2.0]
    days = _numbers(np.array(["1970-01-02T12", "NaT"], "M8[h]"))
    np.testing.assert_array_equal(days, [1.5, np.nan])


def test_ten_members_and_ten_non_members_are_shown_and_nine_are_not():
    for few, shown in ((10, True), (9, False)):
        for side in (TRUTH, ~TRUTH):
            values = np.array(["common"] * 300 + ["second"] * 300, object)
            values[np.flatnonzero(side)[:few]] = "rare"
            values[np.flatnonzero(~side)[:20]] = "rare"
            assert ("rare" in slice_column(values, "a", TRUTH).texts) is shown


def test_fifty_values_are_all_shown_and_of_fifty_one_the_rarest_have_no_slice():
    for distinct in (50, 51):
        size = 40 + 2 * np.arange(distinct)
        values = np.repeat([f"v{i:02}" for i in range(distinct)], size)
        column = slice_column(values, "a", half(len(values)))
        assert (REST in column.texts) is (distinct == 51)
        assert ("1 of 51 values" in column.said) is (distinct == 51)


def test_a_column_that_is_cut_and_has_rare_groups_says_both():
    values = np.r_[np.repeat(np.arange(60.0), 20), [np.nan] * 3]
    column = slice_column(values, "a", half(len(values)))
    assert column.said.count("; ") == 1
    assert column.said.startswith("a number with many values was cut")
    assert "have no slice" in column.said
    assert column.usable


def test_only_columns_that_were_changed_are_told_of():
    from tacit.audits.steps.slice_values import coded, slice_columns, with_slices
    from tacit.core import Report

    plain = np.array(["a", "a", "b", "b"] * (N // 4))
    given = {"plain": plain, 3: np.array([f"u{i}" for i in range(N)]), "age": np.arange(N)}
    columns = slice_columns(given, TRUTH)
    assert list(columns) == ["plain", "3", "age"]
    assert list(coded(columns)) == ["plain", "age"]
    code, texts = coded(columns)["plain"]
    assert [texts[c] for c in code[1:3]] == ["a", "b"]
    report = Report("leak", "fail", "x", warnings=("w",))
    told = with_slices(report, columns)
    assert [note.metric for note in told.unknown] == ["slices by 3", "slices by age"]
    assert told.warnings[0] == "w"
    assert told.warnings[1].startswith("The slice '3' was not made: it has 600")
    assert len(told.warnings) == 2
    assert with_slices(report, {"plain": columns["plain"]}) is report
    assert slice_columns(None, TRUTH) == {}


def test_a_column_of_another_shape_is_named():
    with pytest.raises(InvalidInput, match=r"`slices\['a'\]` needs one value a record, got shape"):
        slice_column(np.zeros((N, 1)), "a", TRUTH)
    with pytest.raises(InvalidInput, match="needs 600 values, one a record, got 599"):
        slice_column(np.zeros(N - 1), "a", TRUTH)


def test_values_put_together_by_their_members_are_in_no_slice():
    from tacit.audits.steps.slice_values import coded, slice_columns

    values = np.array(["common"] * 300 + ["second"] * 300, object)
    values[[0, 1, 2, 400]] = "rare"
    code, texts = coded(slice_columns({"a": values}, TRUTH, min_cell=5))["a"]
    assert texts == ["common"] or texts == ["second"]
    hidden = np.isin(values, [*texts], invert=True)
    assert (code[hidden] == -1).all()
    assert (code[~hidden] == 0).all()
    # a value that happens to be called so is one like the others where nothing was put together
    own = np.where(np.arange(N) < 300, REST, "z")
    assert coded(slice_columns({"a": own}, TRUTH))["a"][1] == [REST, "z"]
