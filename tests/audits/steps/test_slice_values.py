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
