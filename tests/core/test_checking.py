"""What comes in is checked once: at its edges."""

import numpy as np
import pytest

from tacit.core import InvalidInput, checking


def test_numbers_keep_float32_and_become_float64_else():
    kinds = {
        np.float16: np.float32,
        np.float32: np.float32,
        np.float64: np.float64,
        np.int8: np.float64,
        np.longdouble: np.float64,
    }
    for came, becomes in kinds.items():
        found = checking.floats(np.ones(3, came), "x")
        assert found.dtype == becomes
        assert not found.flags.writeable
    swapped = np.array([1.0, 2.0], ">f8")
    assert checking.floats(swapped, "x").tolist() == [1, 2]
    with pytest.raises(InvalidInput, match="got booleans"):
        checking.floats(np.ones(3, bool), "x")


def test_a_masked_array_is_refused_only_where_something_is_masked():
    clean = np.ma.masked_array([1.0, 2.0], mask=[False, False])
    assert checking.floats(clean, "x").tolist() == [1, 2]
    with pytest.raises(InvalidInput, match="1 masked entries"):
        checking.floats(np.ma.masked_array([1.0, 2.0], mask=[False, True]), "x")


@pytest.mark.parametrize("place", [0, 5, 6, 19])
@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_every_piece_of_a_long_array_is_read(monkeypatch, place, wrong):
    monkeypatch.setattr(checking, "CHUNK", 6)
    x = np.zeros((20, 2))
    checking.require_finite(x, "x")
    x[place, 1] = wrong
    with pytest.raises(InvalidInput, match=f"1 row .first: {place}") as caught:
        checking.require_finite(x, "x")
    assert ("NaN" if np.isnan(wrong) else "infinite values") in str(caught.value)


def test_finite_numbers_whose_sum_is_not_are_finite():
    checking.require_finite(np.full(10, 1e308), "x")


def test_rows_are_named_and_the_others_counted():
    assert checking.rows_text(np.array([4])) == "1 row (first: 4)"
    assert checking.rows_text(np.arange(5)) == "5 rows (first: 0, 1, 2, 3, 4)"
    assert checking.rows_text(np.arange(6)) == "6 rows (first: 0, 1, 2, 3, 4, ...)"


def test_floats_count_as_integers_up_to_where_they_skip_some():
    assert checking.integers([1.0, -2.0], "x").tolist() == [1, -2]
    assert checking.integers([2.0**53 - 1], "x").tolist() == [2**53 - 1]
    with pytest.raises(InvalidInput, match=r"below 2\*\*53"):
        checking.integers([2.0**53], "x")
    assert checking.integers([2**60], "x").tolist() == [2**60]
    for wrong in (0.5, np.nan, np.inf):
        with pytest.raises(InvalidInput, match=r"fractions or NaN in 1 row \(first: 1\)"):
            checking.integers([1.0, wrong], "x")


def test_only_zeros_and_ones_are_booleans():
    assert checking.booleans([0, 1], "x").tolist() == [False, True]
    for wrong in (2, -1, 0.5):
        with pytest.raises(InvalidInput, match=r"1 row \(first: 2\)"):
            checking.booleans([0, 1, wrong], "x")


def test_words_become_places_only_where_all_are_words():
    assert checking.numbered(["b", "a"], ["a", "b"], "x").tolist() == [1, 0]
    mixed = np.array(["b", 1], object)
    assert checking.numbered(mixed, ["a", "b"], "x") is mixed
    empty = np.array([], object)
    assert checking.numbered(empty, ["a", "b"], "x") is empty
    with pytest.raises(InvalidInput, match="got 'c'"):
        checking.numbered(["a", "c"], ["a", "b"], "x")


def test_codes_count_from_the_smallest_label():
    for labels in ([7, 5, 7], ["b", "a", "b"], np.array([7, 5, 7], np.uint8), [2.5, -1.0, 2.5]):
        assert checking.codes(labels, "x").tolist() == [1, 0, 1]
    far = [10**9, 0, 10**9]
    assert checking.labelled_codes(far, "x")[1] == ["0", "1000000000"]
    # three numbers from 5 to 7 are counted, three from 5 to 8 are sorted
    for labels, texts in (([7, 5, 6], ["5", "6", "7"]), ([8, 5, 6], ["5", "6", "8"])):
        code, found = checking.labelled_codes(labels, "x")
        assert (code.tolist(), found) == ([2, 0, 1], texts)
    code, texts = checking.labelled_codes(np.array(["b", None, "b"], object), "x")
    assert (code.tolist(), texts) == ([0, 1, 0], ["b", "missing"])


@pytest.mark.parametrize(
    "units",
    [
        np.array([1.0, np.nan]),
        np.array(["a", None], object),
        np.array(["a", " "]),
        np.array(["2026-01-01", "NaT"], "datetime64[D]"),
    ],
)
def test_a_record_without_a_unit_is_named(units):
    with pytest.raises(InvalidInput, match=r"1 row \(first: 1\)"):
        checking.require_units(units, "x")
    checking.require_units(units[:1], "x")
    assert checking.unit_labels(units[:1], "x", 1).tolist() == units[:1].tolist()
    with pytest.raises(InvalidInput, match="for each of 3 records, got shape"):
        checking.unit_labels(units, "x", 3)


def test_whole_numbers_start_at_the_least():
    assert checking.whole(2, "x", least=2) == 2
    assert checking.whole(np.int64(3), "x", least=2) == 3
    for wrong in (1, 2.0, True, "2", None):
        with pytest.raises(InvalidInput, match="`x` needs 2 or more, a whole number"):
            checking.whole(wrong, "x", least=2)
    with pytest.raises(InvalidInput, match="needs 2 runs or more"):
        checking.whole(1, "x", least=2, unit="runs")


def test_lengths_are_those_of_the_records():
    checking.require_length(2, a=np.zeros(2), b=None)
    with pytest.raises(InvalidInput, match="`b` needs one row a record: 2 records, got 3"):
        checking.require_length(2, a=np.zeros(2), b=np.zeros(3))


def test_a_confidence_is_one_half_or_more_and_no_certainty():
    assert [checking.confidence(level) for level in (0.5, 0.95, 0.999)] == [0.5, 0.95, 0.999]
    for level, hint in ((0.05, "write 0.95"), (0.49, "write 0.51"), (0.0, ""), (1.0, ""), (95, "")):
        with pytest.raises(InvalidInput, match="is a confidence") as caught:
            checking.confidence(level)
        assert ("chance of error" in str(caught.value)) == bool(hint)
        assert hint in str(caught.value)


def test_a_fraction_is_neither_nothing_nor_all():
    assert checking.fraction(0.3, "x") == 0.3
    for wrong in (0, 1, -0.1, 1.1, "a"):
        with pytest.raises(InvalidInput, match="strictly between"):
            checking.fraction(wrong, "x")


def test_the_least_cell_is_a_count():
    assert checking.MIN_CELL == 10
    assert [checking.require_cell(cell) for cell in (1, np.int64(5))] == [1, 5]
    for wrong in (0, -1, 2.0, True):
        with pytest.raises(InvalidInput, match="`min_cell` needs"):
            checking.require_cell(wrong)
