"""The four tables of an audit of a release: what is compared, refused, left out and remarked."""

import numpy as np
import pytest

from tacit.audits.steps.tables import (
    FEWEST_ROWS,
    Tables,
    column_names,
    require_enough,
    tables_of,
)
from tacit.core import InvalidInput, Membership, NotEnoughData
from tacit.core.frame import Frame
from tacit.metrics.clusters import MIN_CLUSTERS

UP = np.arange(60.0)


def given(n=60, **columns):
    """The same columns on all four sides; a column may be a dict by side."""
    sides = ("synthetic", "member", "nonmember", "reference")
    plain = {"x": np.arange(n) % 7 + 0.5} | columns
    return [
        {name: cell[side] if isinstance(cell, dict) else cell for name, cell in plain.items()}
        for side in sides
    ]


def by_side(synthetic, real):
    return {"synthetic": synthetic, "member": real, "nonmember": real, "reference": real}


def test_rows_are_members_and_then_non_members_in_the_columns_that_are_kept():
    x = {side: np.arange(60.0) % 7 + place for place, side in enumerate("srmn")}
    cells = {"synthetic": x["s"], "member": x["m"], "nonmember": x["n"], "reference": x["r"]}
    constant = np.full(60, 3.0)
    found = tables_of(*given(x=cells, c=constant, w=UP), ignore="w")
    assert found.rows.names == found.synthetic.names == found.reference.names == ("x",)
    assert (found.rows.columns["x"] == np.r_[x["m"], x["n"]]).all()
    assert (found.synthetic.columns["x"] == x["s"]).all()
    assert (found.reference.columns["x"] == x["r"]).all()
    assert found.membership.member.tolist() == [True] * 60 + [False] * 60
    assert found.membership.assignment == "observed"
    assert found.left_out == {"w": "left out as asked", "c": "it has one value only"}
    assert set(found.arrays) == {"rows x", "synthetic x", "reference x"}


def test_a_column_that_names_a_row_is_kept_for_equality_alone():
    texts = {
        side: np.array([f"{side}{i}" for i in range(60)])
        for side in ("synthetic", "member", "nonmember", "reference")
    }
    found = tables_of(*given(i=texts))
    assert found.left_out == {"i": "an identifier or free text: compared for equality only"}
    rows, release = found.identifier["i"]
    assert rows.tolist() == [*texts["member"], *texts["nonmember"]]
    assert release.tolist() == texts["synthetic"].tolist()


def test_a_column_is_constant_only_where_the_release_has_no_other_value():
    same = np.full(60, 3.0)
    other = np.r_[np.full(59, 3.0), 4.0]
    assert "c" in tables_of(*given(c=same)).left_out
    assert "c" not in tables_of(*given(c=by_side(other, same))).left_out
    # nothing is known of any real row
    nothing = np.full(60, np.nan)
    assert "c" in tables_of(*given(c=by_side(UP, nothing))).left_out
    assert "c" not in tables_of(*given(c=by_side(nothing, UP % 5))).left_out
    with pytest.raises(InvalidInput, match="Nothing is left to compare: x "):
        tables_of(*given(x=same))
    with pytest.raises(InvalidInput, match="left out as asked"):
        tables_of(*given(), ignore=["x"])


def test_what_is_to_be_ignored_must_be_there():
    with pytest.raises(InvalidInput, match="`ignore` needs columns of the tables, got 'z'"):
        tables_of(*given(w=UP), ignore=["w", "z"])
    assert tables_of(*given(w=UP), ignore=["w"]).rows.names == ("x",)
    assert column_names("income", "ignore") == ["income"]
    assert column_names(3, "ignore") == ["3"]
    assert column_names(np.int64(3), "ignore") == ["3"]
    assert column_names((1, "b"), "ignore") == ["1", "b"]
    with pytest.raises(InvalidInput, match="`slices` needs names of columns, got float"):
        column_names(1.5, "slices")


@pytest.mark.parametrize("side", range(4))
def test_a_side_without_a_row_is_named(side):
    sides = given()
    sides[side] = {"x": np.zeros(0)}
    name = ("synthetic", "member", "nonmember", "reference")[side]
    with pytest.raises(InvalidInput, match=f"`{name}` needs at least one row, got none"):
        tables_of(*sides)


def test_one_row_a_side_is_enough_to_be_compared():
    found = tables_of(*given(1, x=by_side([1.0], [2.0])))
    assert (found.rows.n, found.synthetic.n, found.reference.n) == (2, 1, 1)


def test_units_are_those_of_members_and_then_of_non_members():
    units = (np.arange(60) // 2, np.arange(60) // 3 + 20)
    found = tables_of(*given(), cluster=units, assignment="coin")
    assert found.membership.assignment == "coin"
    member, nonmember = found.membership.cluster[:60], found.membership.cluster[60:]
    assert len(set(member.tolist())) == 30
    assert len(set(nonmember.tolist())) == 20
    # units 20 to 29 of the members are units of the non-members too
    assert len(np.unique(found.membership.cluster)) == 40
    for wrong in (np.zeros(120), (np.zeros(60),), (np.zeros(60),) * 3):
        with pytest.raises(InvalidInput, match="`cluster` needs a pair"):
            tables_of(*given(), cluster=wrong)
    for wrong, said in (((np.zeros(59), np.zeros(60)), "60"), ((np.zeros(60), np.zeros(61)), "60")):
        with pytest.raises(InvalidInput, match=said):
            tables_of(*given(), cluster=wrong)


def test_categories_that_share_no_value_are_coded_otherwise():
    real = np.array(["a", "b", "c"] * 20)
    same = np.array(["A", "B", "C"] * 20)
    with pytest.raises(InvalidInput, match="'A' there, 'a' here"):
        tables_of(*given(c=by_side(same, real)))
    same[7] = "a"
    assert "c" in tables_of(*given(c=by_side(same, real))).rows.names
    # that a cell is missing on both sides is no value that they share
    gaps, more = real.astype(object), np.array(["A", "B", "C"] * 20, object)
    gaps[0] = more[0] = None
    with pytest.raises(InvalidInput, match="shares no value"):
        tables_of(*given(c=by_side(more, gaps)))
    nothing = np.full(60, None, object)
    assert "c" in tables_of(*given(c=by_side(nothing, real))).rows.names


@pytest.mark.parametrize(
    ("shift", "refused"), [(59.0, False), (59.5, True), (-59.0, False), (-59.5, True)]
)
def test_numbers_that_lie_outside_all_real_ones_are_in_another_unit(shift, refused):
    """Real ones are 0 to 59: those of the release begin at 59 or end at 0, or lie beyond."""
    sides = given(c=by_side(UP + shift, UP))
    for side in sides:
        side["c"] = np.r_[np.nan, side["c"][1:-1], side["c"][-1]]
        side["c"][1] = side["c"][1] - 1
    if refused:
        with pytest.raises(InvalidInput, match="lies outside all real rows"):
            tables_of(*sides)
    else:
        assert "c" in tables_of(*sides).rows.names
    nothing = np.full(60, np.nan)
    assert "c" in tables_of(*given(c=by_side(nothing, UP % 5))).rows.names


@pytest.mark.parametrize(
    ("n", "made", "refused"), [(50, 50, True), (50, 49, False), (16, 60, False)]
)
def test_few_rows_may_share_nothing_by_chance(n, made, refused):
    """Fifty rows of the release, and of all real ones together: 3 x 16 are 48, 3 x 17 are 51."""
    real, release = np.arange(float(n)), np.arange(float(made)) + 1000
    sides = given(1)
    for place, side in enumerate(sides):
        size = made if place == 0 else n
        side["x"] = np.arange(size) % 5 + 0.5
        side["c"] = release if place == 0 else real
    if refused:
        with pytest.raises(InvalidInput, match="lies outside all real rows"):
            tables_of(*sides)
        sides[0]["c"] = np.where(np.arange(made) % 2, "p", "q")
        for side in sides[1:]:
            side["c"] = np.where(np.arange(n) % 2, "r", "s")
        with pytest.raises(InvalidInput, match="shares no value"):
            tables_of(*sides)
    else:
        assert "c" in tables_of(*sides).rows.names


def test_three_times_seventeen_real_rows_are_fifty():
    for n, refused in ((17, True), (16, False)):
        sides = given(1)
        for place, side in enumerate(sides):
            side["x"] = np.arange(50 if place == 0 else n) % 5 + 0.5
            side["c"] = np.arange(50 if place == 0 else n) % 9 + 100.0 * (place == 0)
        if refused:
            with pytest.raises(InvalidInput, match="lies outside"):
                tables_of(*sides)
        else:
            assert "c" in tables_of(*sides).rows.names


def enough(members=50, others=50, release=50, reference=50, cluster=None):
    def frame(n):
        return Frame.of({"x": np.arange(float(n))})

    truth = Membership(np.arange(members + others) < members, cluster)
    require_enough(Tables(frame(members + others), truth, frame(release), frame(reference)))


@pytest.mark.parametrize(
    ("side", "unit"),
    [
        ("members", "members"),
        ("others", "non-members"),
        ("release", "rows of the release"),
        ("reference", "reference rows"),
    ],
)
def test_fifty_rows_of_each_are_enough_and_forty_nine_are_not(side, unit):
    assert FEWEST_ROWS == 50
    enough()
    with pytest.raises(NotEnoughData, match=f"needs 50 {unit}, got 49") as error:
        enough(**{side: 49})
    assert (error.value.needed, error.value.got, error.value.unit) == (50, 49, unit)


def test_both_sides_need_enough_clusters():
    """As many units as a table of them can be tested with, and one less on either side."""
    least = MIN_CLUSTERS
    unit = np.arange(60)
    enough(60, 60, cluster=np.r_[unit % least, unit % least + 100])
    for pair, name in (((least - 1, least), "members"), ((least, least - 1), "non-members")):
        cluster = np.r_[unit % pair[0], unit % pair[1] + 100]
        with pytest.raises(NotEnoughData, match=f"of {name}, got {least - 1}") as error:
            enough(60, 60, cluster=cluster)
        assert (error.value.needed, error.value.got) == (least, least - 1)
        assert error.value.unit == f"clusters of {name}"


def remarks(release, real, n=200):
    x = np.arange(n) % 7 + 0.5
    sides = given(n, x=x, c=by_side(np.asarray(release), np.asarray(real)))
    return list(tables_of(*sides).remarks)


def test_values_that_no_real_row_has_are_told_beyond_one_cell_in_a_hundred():
    """Two of 200 cells are nothing, three are."""
    real = np.array(["a", "b"] * 100)
    for k, said in ((2, False), (3, True)):
        made = real.copy()
        made[:k] = [*"zyx"][:k]
        told = remarks(made, real)
        assert bool(told) is said
    assert told == ["1.5 % of the release has a value of 'c' that no real row has ('x', 'y', 'z')"]
    made[:3] = "z"
    (told,) = remarks(made, real)
    assert told == "1.5 % of the release has a value of 'c' that no real row has ('z')"
    made[:8] = [*"hgfedzyx"]
    (told,) = remarks(made, real)
    assert told.startswith("4.0 % of the release")
    assert told.endswith("('d', 'e', 'f', 'g', 'h')")


def test_numbers_outside_the_real_range_are_told_on_both_ends():
    """Real ones are 0 to 9; the ends themselves are inside."""
    real = np.arange(200) % 10 + 0.0
    for k, said in ((1, False), (2, True)):
        made = real.copy()
        made[:k], made[10 : 10 + k] = -1.0, 9.5
        told = remarks(made, real)
        assert bool(told) is said
    assert told == ["2.0 % of the release has a value of 'c' outside all real rows (0 to 9)"]
    for value in (-1.0, 9.5):
        made = real.copy()
        made[:3] = value
        (told,) = remarks(made, real)
        assert told.startswith("1.5 % of the release")


def test_gaps_of_the_release_are_told_where_no_real_row_has_one():
    real = np.arange(200) % 10 + 0.0
    for k, said in ((2, False), (3, True)):
        made = real.copy()
        made[:k] = np.nan
        told = remarks(made, real)
        assert bool(told) is said
    assert told == ["1.5 % of the release has no value of 'c', which every real row has"]
    gaps = real.copy()
    gaps[5] = np.nan
    assert remarks(made, gaps) == []
    texts = np.array(["a", "b"] * 100, object)
    fewer = texts.copy()
    fewer[:3] = None
    assert remarks(fewer, texts) == [told[0]]
    lacking = texts.copy()
    lacking[9] = None
    assert remarks(fewer, lacking) == []


def test_a_column_with_one_value_in_the_release_is_told():
    real = np.arange(200) % 10 + 0.0
    assert remarks(np.full(200, 4.0), real) == ["the column 'c' has one value only in the release"]
    assert remarks(np.r_[np.full(199, 4.0), 5.0], real) == []
