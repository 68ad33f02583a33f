"""Sides of an audit of attribute inference, checked against one another."""

import numpy as np
import pytest

from tacit.audits.steps.secret import Secret
from tacit.audits.steps.secret_sides import (
    SecretSides,
    _complete,
    _parts,
    _require_known_values,
    _require_strangers,
    _units,
    secret_sides,
)
from tacit.core import InvalidInput


def keys(known, of, start):
    """`of` keys, the first `known` of which are in the reference."""
    return [f"r{i}" for i in range(known)] + [f"s{start + i}" for i in range(of - known)]


def test_records_of_one_side_in_the_reference_are_refused_and_twins_of_both_are_not():
    """Fisher's test, one-sided: 12 of 40 against none is p = .0001, 9 of 40 against none .0012."""
    reference = [f"r{i}" for i in range(60)]
    for train, test, refused in ((12, 0, True), (9, 0, False), (30, 30, False)):
        sides = (keys(train, 40, 0), keys(test, 40, 100), reference)
        if refused:
            with pytest.raises(InvalidInput, match=f"{train} of 40 rows of `train` are in it"):
                _require_strangers(sides)
        else:
            _require_strangers(sides)
        turned = (keys(test, 40, 0), keys(train, 40, 100), reference)
        if refused:
            with pytest.raises(InvalidInput, match=f"test records: {train} of 40 rows of `test`"):
                _require_strangers(turned)
        else:
            _require_strangers(turned)


WORD = Secret((1,), "class", np.array([3.0, 4.0]))


def part(n, value=3.0):
    return np.column_stack([np.arange(n) * 1.0, np.full(n, value)]), np.arange(n) % 2


@pytest.mark.parametrize(
    ("sizes", "lacks", "needed", "got"),
    [
        ((20, 20, 50), None, 0, 0),
        ((19, 20, 50), "train", 20, 19),
        ((20, 19, 50), "test", 20, 19),
        ((20, 20, 49), "reference", 50, 49),
        ((3, 2, 1), "train", 20, 3),
    ],
)
def test_twenty_records_a_side_and_fifty_others_are_enough(sizes, lacks, needed, got):
    short = SecretSides(WORD, [part(n) for n in sizes], None, 0, "").short
    if lacks is None:
        assert short is None
    else:
        assert f"needs {needed} rows of `{lacks}`, got {got}" in str(short)
        assert (short.needed, short.got, short.unit) == (needed, got, f"rows of `{lacks}`")


def test_five_clusters_a_side_are_enough():
    parts = [part(20), part(20), part(50)]
    for counts, lacks in (((5, 5), None), ((4, 5), "train"), ((5, 4), "test")):
        units = tuple(np.arange(20) % count for count in counts)
        short = SecretSides(WORD, parts, units, 0, "").short
        assert (short is None) == (lacks is None)
        if lacks:
            assert (short.needed, short.got, short.unit) == (5, 4, f"clusters of `{lacks}`")


def test_sides_need_records_labels_and_the_same_columns():
    good = part(3)
    assert [len(y) for _, y in _parts([good, part(2), part(4)])] == [3, 2, 4]
    for bad, said in (
        (np.zeros((3, 2)), "`test` needs (X, y), got ndarray"),
        ((good[0], None), "`test` needs (X, y), got (X, None)"),
        ((good[0], good[1], good[1]), "`test` needs (X, y), got tuple"),
        ((good[0], 7), "`test` needs one label a record, got one label"),
        ((good[0], good[1][:2]), "`test` needs one label a record, got 3 and 2"),
        ((good[0][:, :1], good[1]), "`test` needs the columns of `train`; it differs in 1"),
    ):
        with pytest.raises(InvalidInput) as raised:
            _parts([good, bad, good])
        assert said in str(raised.value)


def test_records_whose_secret_is_missing_are_left_out_with_their_labels_and_units():
    """One of train, two of test and one of the reference; the reference is not counted."""
    x = [part(4)[0], part(4)[0], part(5)[0]]
    for table, gone in zip(x, ([1], [0, 3], [4])):
        table[gone, 1] = np.nan
    parts = [(table, 10 * np.arange(len(table))) for table in x]
    units = (np.array([5, 6, 7, 8]), np.array([1, 2, 3, 4]))
    kept, left, dropped = _complete(parts, units, WORD)
    assert [table[:, 0].tolist() for table, _ in kept] == [[0, 2, 3], [1, 2], [0, 1, 2, 3]]
    assert [label.tolist() for _, label in kept] == [[0, 20, 30], [10, 20], [0, 10, 20, 30]]
    assert [unit.tolist() for unit in left] == [[5, 7, 8], [2, 3]]
    assert dropped == 3
    assert _complete(parts, None, WORD)[1] is None


def test_units_are_those_of_train_and_of_test():
    parts = [part(2), part(3), part(4)]
    assert _units(None, parts) is None
    one, two = _units((["a", "b"], ["c", "c", "d"]), parts)
    assert (one.tolist(), two.tolist()) == (["a", "b"], ["c", "c", "d"])
    with pytest.raises(InvalidInput, match="`cluster` needs a pair"):
        _units(["a", "b", "c"], parts)
    with pytest.raises(InvalidInput, match="records of `test`"):
        _units((["a", "b"], ["c", "d"]), parts)


def test_a_reference_that_shows_none_of_the_values_is_refused():
    """3 and 4 are known. Two of 20 others are no harm where the reference shows two values."""
    whole = [part(20), part(20), part(50)]
    _require_known_values(WORD, whole)
    strange = [part(20, 9.0), part(20, 9.0), part(50)]
    with pytest.raises(
        InvalidInput, match=r"shares no value of `secret`.*it has 3\.0, for example"
    ):
        _require_known_values(WORD, strange)
    # fewer than 50 reference rows show no value by chance
    _require_known_values(WORD, [*strange[:2], part(49)])
    some = [part(20, 9.0), part(20), part(50)]
    _require_known_values(WORD, some)
    single = Secret((1,), "class", np.array([3.0]))
    with pytest.raises(InvalidInput, match=r"one value of `secret` only, 3\.0, and 20 records"):
        _require_known_values(single, some)
    block = Secret((0, 1), "class", np.array([[77.0, 78.0]]))
    with pytest.raises(InvalidInput, match=r"it has \[77.0, 78.0\]"):
        _require_known_values(block, whole)


def test_the_reference_says_what_a_secret_may_be_and_records_on_both_sides_hide_a_leak():
    """Column 1 of the reference holds 3 and 4. All of 30 test records are training records."""

    def side(n, start):
        return np.column_stack([start + np.arange(n) * 1.0, 3.0 + np.arange(n) % 2]), np.arange(n)

    options = {"kind": "class", "tolerance": None, "cluster": None}
    apart = secret_sides((side(30, 0), side(30, 100), side(60, 200)), 1, **options)
    assert apart.secret.values.tolist() == [3, 4]
    assert (apart.hiding, apart.dropped, apart.units) == ("", 0, None)
    assert [len(x) for x, _ in apart.parts] == [30, 30, 60]
    same = secret_sides((side(30, 0), side(30, 0), side(60, 200)), 1, **options)
    assert "records of `test`" in same.hiding


@pytest.mark.parametrize(("p", "refused"), [(0.5e-3, False), (0.45e-3, True)])
def test_a_reference_of_strangers_is_refused_in_less_than_one_audit_of_a_thousand(
    monkeypatch, p, refused
):
    from tacit.audits.steps import secret_sides as steps

    seen = []

    def fisher(hits, sizes):
        seen.append((hits, sizes))
        return p

    monkeypatch.setattr(steps, "fisher_p_value", fisher)
    sides = (keys(3, 40, 0), keys(2, 30, 100), ["r0", "r1", "r2"])
    if refused:
        with pytest.raises(InvalidInput, match=r"3 of 40 rows of `train` .* 2 of 30 of `test`"):
            _require_strangers(sides)
    else:
        _require_strangers(sides)
    assert seen[0] == ((3, 2), (40, 30))
    assert seen[1:] == ([] if refused else [((2, 3), (30, 40))])


def test_columns_in_another_order_or_of_another_name_are_told():
    class Frame:
        iloc = None

        def __init__(self, *names):
            self.columns = names

        def __len__(self):
            return 2

    label = np.zeros(2)
    with pytest.raises(InvalidInput, match=r"`reference` .*; it has them in another order"):
        _parts([(Frame("a", "b"), label), (Frame("a", "b"), label), (Frame("b", "a"), label)])
    with pytest.raises(InvalidInput, match=r"differs in 'a', 'b', 'c', 'd', 'e'\."):
        _parts([(Frame(*"abcdef"), label), (Frame("z"), label), (Frame(*"abcdef"), label)])


def test_units_of_any_type_are_told_apart_as_text():
    units = (np.array([1, "1"], object), np.array(["a", 2, "a"], object))
    one, two = _units(units, [part(2), part(3), part(4)])
    assert np.unique(two).tolist() == ["2", "a"]
    assert two[0] == two[2] != two[1]
    assert len(one) == 2


def test_a_side_whose_secret_is_never_known_is_empty_and_not_compared():
    train = np.column_stack([np.arange(30.0), np.full(30, np.nan)])
    other = np.column_stack([np.arange(60.0), 3.0 + np.arange(60) % 2])
    found = secret_sides(
        ((train, np.zeros(30)), (other[:30], np.zeros(30)), (other, np.zeros(60))),
        1,
        kind="class",
        tolerance=None,
        cluster=None,
    )
    assert found.dropped == 30
    assert found.short.got == 0
    assert found.hiding == ""


def test_a_record_that_occurs_often_counts_as_often():
    """One record of the reference is half of the training records, and no test record."""
    own = [f"train {k}" for k in range(30)]
    keys = (["twin"] * 30 + own, [f"test {k}" for k in range(60)], ["twin", "other"])
    with pytest.raises(InvalidInput, match="30 of 60 rows of `train`"):
        _require_strangers(keys)
    few = (["twin"] * 4 + [*own, *own[:26]], *keys[1:])
    _require_strangers(few)


def sides_of(train, test):
    reference = np.random.default_rng(9).integers(0, 2, (60, 4)) + 0.5
    pairs = [(x, np.zeros(len(x), int)) for x in (train, test, reference)]
    return secret_sides(pairs, 3, kind="class", tolerance=None, cluster=None)


def people(seed, n, copies=1):
    rng = np.random.default_rng(seed)
    rows = np.column_stack([rng.normal(size=(n, 3)), rng.integers(0, 2, n) + 0.5])
    return np.repeat(rows, copies, axis=0)


def test_records_that_repeat_on_one_side_are_one_unit_each_and_the_reader_is_told():
    given = sides_of(people(0, 20, copies=3), people(1, 60))
    assert [len(np.unique(unit)) for unit in given.units] == [20, 60]
    assert (given.units[0].reshape(20, 3) == given.units[0][::3, None]).all()
    assert not set(given.units[0]) & set(given.units[1])
    assert given.repeats.startswith("60 records are repeats of 20 within their own side")


def test_records_that_differ_or_are_alike_by_chance_are_units_of_their_own():
    few = [np.random.default_rng(seed).integers(0, 2, (60, 4)) + 0.5 for seed in (0, 1)]
    for train, test in ((people(0, 60), people(1, 60)), few):
        given = sides_of(train, test)
        assert given.units is None
        assert given.repeats == ""
