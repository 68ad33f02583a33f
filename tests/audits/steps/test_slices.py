"""Slices: simultaneous intervals, corrected p-values, and nobody dropped silently."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import binom

import tacit
from tacit.attacks import Threshold
from tacit.audits import membership_audit
from tacit.audits.steps.scoring import at_thresholds
from tacit.audits.steps.slices import (
    _deciles,
    _tested,
    columns_of,
    slice_looks,
    slice_results,
)
from tacit.core import Evidence
from tacit.core.checking import labelled_codes
from tacit.metrics import simultaneous_level
from tacit.metrics.joint import joint_test


def sliced(groups, *, mu=0.0, n=600, seed=0):
    rng = np.random.default_rng(seed)
    member = np.arange(n) % 2 == 0
    signals = tacit.Signals.of(rng.normal(size=n) + mu * member)
    evidence = tacit.collect(Threshold(), signals, tacit.Membership(member))
    item = at_thresholds(tacit.Check("a", "signal", Threshold()), evidence)
    columns = {"g": labelled_codes(groups, "g")}
    looks = [*item.looks, *slice_looks(columns, [item], member)]
    test = joint_test(looks, member, shuffled=False)
    return test, slice_results(test, columns, evidence, level=0.95)


def alone(evidence, rows, p_values, level):
    """What is said of the `rows`, one value of a column, beside a test that found `p_values`."""
    code = np.ones(len(evidence.member), int)
    code[rows] = 0
    look = SimpleNamespace(kind="slice", source="g", p_value=np.array([p_values[0], 1.0]))
    adjusted = np.array([p_values[1], 1.0])
    test = SimpleNamespace(looks=[look], adjusted=adjusted, places=lambda _: slice(0, 2))
    columns = {"g": (code, ["a", "b"])}
    return slice_results(test, columns, evidence, level=level, min_cell=0)[0]


def test_intervals_hold_for_all_tested_slices_at_once():
    _, results = sliced(np.arange(600) // 2 % 3)
    assert {estimate.level for result in results for estimate in result.estimates} == {
        simultaneous_level(0.95, 3)
    }


def test_p_values_are_corrected_over_all_that_was_looked_at():
    test, results = sliced(np.arange(600) // 2 % 4, mu=0.3)
    slices = test.looks[-1]
    np.testing.assert_allclose([r.p_value for r in results], slices.p_value)
    np.testing.assert_allclose([r.p_adjusted for r in results], test.adjusted[test.places(slices)])
    # a tenth of the error over four slices: at most forty times its own p-value
    assert all(r.p_value < r.p_adjusted <= 40 * r.p_value + 1e-9 for r in results)


def test_an_interval_leaves_chance_out_only_where_the_corrected_p_value_does():
    for seed in range(5):
        for result in sliced(np.arange(600) // 2 % 4, mu=0.25, seed=seed)[1]:
            assert result.p_adjusted <= 0.05 or result.estimate("auc").low <= 0.5


def test_a_small_slice_is_kept_with_its_reason_and_costs_the_others_nothing():
    groups = np.where(
        np.arange(600) % 100 < 4, "rare", np.where(np.arange(600) // 2 % 2 == 0, "a", "b")
    )
    test, results = sliced(groups)
    results = {result.value: result for result in results}
    assert "too few records" in results["rare"].reason
    assert results["rare"].p_adjusted is None
    assert results["a"].estimates[0].level == simultaneous_level(0.95, 2)
    assert len(test.looks[-1].p_value) == 2


def test_a_slice_with_few_of_one_side_has_no_interval_but_keeps_its_p_values():
    # 60 records, 15 of them members: tested, since a look never asks who is a member
    group = np.zeros(600, int)
    group[np.flatnonzero(np.arange(600) % 2 == 0)[:15]] = 1
    group[np.flatnonzero(np.arange(600) % 2 == 1)[:45]] = 1
    _, results = sliced(group)
    assert results[1].estimates == ()
    assert results[1].p_value <= results[1].p_adjusted <= 1
    assert "too few records" in results[1].reason


def test_false_alarms_over_all_slices_stay_at_their_level():
    worlds = 100
    alarms = sum(
        min(r.p_adjusted for r in sliced(np.arange(600) // 2 % 6, seed=seed)[1]) <= 0.05
        for seed in range(worlds)
    )
    assert alarms <= binom.ppf(0.999, worlds, 0.05)


def test_built_in_columns_are_class_prediction_and_loss():
    rng = np.random.default_rng(0)
    outputs = tacit.Outputs(logits=rng.normal(size=(500, 3)), label=rng.integers(0, 3, 500))
    columns = columns_of(outputs)
    assert list(columns) == ["class", "prediction", "loss percentile"]
    code, texts = columns["loss percentile"]
    assert texts[0] == "0-10 %"
    np.testing.assert_array_equal(np.bincount(code), np.full(10, 50))


def test_a_column_of_another_length_is_named():
    outputs = tacit.Outputs(loss=np.ones(5))
    truth = tacit.Membership([1, 1, 0, 0, 0])
    with pytest.raises(tacit.InvalidInput, match="`slices\\['unit'\\]` needs 5 values"):
        membership_audit(outputs, truth, slices={"unit": ["x"] * 4})


def test_a_slice_that_names_people_is_left_out_of_every_column():
    rng = np.random.default_rng(0)
    label = np.r_[np.repeat([0, 1], 200), [2] * 3]
    sides = [tacit.Outputs(loss=rng.exponential(1, 403), label=label) for _ in range(2)]
    for loss in (0, 400):
        # a class of three, and one of which all are members, are not shown by themselves
        other = np.r_[np.repeat([0, 1], 200), [2 if loss else 1] * 3]
        sides[1] = tacit.Outputs(loss=rng.exponential(1 + loss, 403), label=other)
        report = tacit.audit(member=sides[0], nonmember=sides[1], effort="quick")
        cells = [check for check in report.checks if check.role == "slice"]
        assert all(min(cell.n_members, cell.n_nonmembers) >= 10 for cell in cells)
        assert any(note.metric == "slices by class" for note in report.unknown)
    shown = tacit.audit(member=sides[0], nonmember=sides[1], effort="quick", min_cell=1)
    assert "2" in {check.value for check in shown.checks if check.slice == "class"}


def test_deciles_are_closed_above_and_begin_with_the_lowest_loss():
    """0 to 10: edges 1 to 9; 0 and 1 are in the first tenth, 10 in the last."""
    code, texts = _deciles(-np.arange(11.0), None)
    assert _deciles(-np.arange(11.0), np.arange(11)[::-1])[0].tolist() == code.tolist()
    assert code.tolist() == [0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert (texts[0], texts[-1]) == ("0-10 %", "90-100 %")
    code, texts = _deciles(-np.repeat([1.0, 2.0], 50), None)
    assert len(set(code[:50].tolist())) == len(set(code[50:].tolist())) == 1
    assert code[0] < code[-1]
    assert texts[0] == f"group 1 of {len(texts)}, lowest first"


def test_the_lowest_losses_are_the_first_decile():
    """Of a column of losses, not of the negated ones that attacks read."""
    loss = np.arange(100.0) / 10
    code, _ = columns_of(tacit.Outputs(loss=loss))["loss percentile"]
    assert set(code[:10]) == {0}
    assert set(code[-10:]) == {9}


def test_values_of_forty_records_are_tested_and_others_are_in_no_slice():
    code = np.repeat([0, 1, 2, 3], [39, 40, 5, 60])
    found, texts = _tested((code, ["a", "b", "c", "d"]))
    assert texts == ["b", "d"]
    assert np.repeat([-1, 0, -1, 1], [39, 40, 5, 60]).tolist() == found.tolist()


def test_twenty_of_each_side_have_an_interval():
    """Among 60: 20 members do, 19 do not, however many the others are."""
    for few, known in ((20, True), (19, False)):
        group = np.zeros(600, int)
        group[np.flatnonzero(np.arange(600) % 2 == 0)[:few]] = 1
        group[np.flatnonzero(np.arange(600) % 2 == 1)[: 60 - few]] = 1
        assert bool(sliced(group)[1][1].estimates) == known


@pytest.mark.parametrize(("corrected", "reaches"), [(0.05, False), (0.051, True)])
def test_the_corrected_p_value_decides_whether_an_interval_leaves_chance_out(corrected, reaches):
    """Significant alone and not after the correction: the interval reaches down to chance."""
    rng = np.random.default_rng(0)
    member = np.arange(200) % 2 == 0
    evidence = Evidence.of(rng.normal(size=200) + 2 * member, member)
    result = alone(evidence, np.arange(200), (1e-9, corrected), 0.95)
    area, gain = result.estimates
    assert (area.low == 0.5) == (gain.low == 0.0) == reaches
    assert (result.p_value, result.p_adjusted) == (1e-9, corrected)


def test_all_slices_with_enough_records_share_the_level(monkeypatch):
    """Groups of 40 + 40, 20 + 20, and 19 + 60: the last has no interval, and costs none; nor has
    one that nothing looked at.
    """
    from tacit.audits.steps import slices as steps

    code = np.repeat([0, 0, 1, 1, 2, 2], [40, 40, 20, 20, 19, 60])
    member = np.repeat([True, False] * 3, [40, 40, 20, 20, 19, 60])
    evidence = Evidence.of(np.random.default_rng(0).normal(size=199), member)
    columns = {"g": (code, ["a", "b", "c"])}
    p_values = {("g", "a"): (0.01, 0.04), ("g", "b"): (0.03, 0.2)}
    for looked, measured in ((["a"], [True, False, False]), (["a", "b"], [True, True, False])):
        found = {("g", text): p_values["g", text] for text in looked}
        monkeypatch.setattr(steps, "_corrected", lambda *_, found=found: found)
        results = steps.slice_results(None, columns, evidence, level=0.9)
        assert [bool(result.estimates) for result in results] == measured
        levels = {estimate.level for result in results for estimate in result.estimates}
        assert levels == {simultaneous_level(0.9, 2)}
        assert [result.p_adjusted for result in results] == [
            found.get(("g", text), (None, None))[1] for text in "abc"
        ]


def test_the_smallest_p_value_of_all_attacks_at_a_slice_counts():
    """Two attacks look at values b and c of one column; a has too few records."""
    from tacit.audits.steps.slices import _corrected

    columns = {"g": (np.repeat([0, 1, 2], [39, 40, 60]), ["a", "b", "c"])}
    looks = [
        SimpleNamespace(kind="slice", source="g", p_value=np.array([0.3, 0.02])),
        SimpleNamespace(kind="rank", source="g", p_value=np.array([1e-9])),
        SimpleNamespace(kind="slice", source="g", p_value=np.array([0.2, 0.5])),
    ]
    adjusted = np.array([0.9, 0.4, 1e-8, 0.8, 1.0])
    places = {id(looks[0]): [0, 1], id(looks[2]): [3, 4]}
    test = SimpleNamespace(looks=looks, adjusted=adjusted, places=lambda look: places[id(look)])
    assert _corrected(test, columns) == {("g", "b"): (0.2, 0.8), ("g", "c"): (0.02, 0.4)}


@pytest.mark.parametrize("clustered", [False, True])
@pytest.mark.parametrize("digits", [0, 9])
def test_numbers_of_a_slice_are_those_of_its_records_alone(digits, clustered):
    """Ties or none, infinite scores, a slice with one member and one without non-members."""
    n = 600
    rng = np.random.default_rng(digits)
    member = rng.permutation(n) < 300
    score = np.round(rng.normal(size=n) + 0.8 * member, digits)
    score[rng.choice(n, 12, replace=False)] = np.repeat([np.inf, -np.inf], 6)
    group = rng.integers(0, 3, n)
    group[np.flatnonzero(member)[:1]] = group[np.flatnonzero(~member)[:25]] = 3
    group[np.flatnonzero(member)[1:30]] = 4
    cluster = np.arange(n) // 2 if clustered else None
    whole = Evidence.of(score, member, cluster=cluster)
    item = at_thresholds(tacit.Check("a", "signal", Threshold()), whole)
    columns = {"g": labelled_codes(group, "g")}
    looks = [*item.looks, *slice_looks(columns, [item], member)]
    test = joint_test(looks, member, shuffled=False)
    results = slice_results(test, columns, whole, level=0.95, min_cell=0)
    assert [result.value for result in results] == ["0", "1", "2", "3", "4"]
    for place, result in enumerate(results):
        rows = group == place
        assert (result.n_members, result.n_nonmembers) == (
            np.count_nonzero(member & rows),
            np.count_nonzero(~member & rows),
        )
        if place > 2:
            assert not result.estimates
            assert "too few records" in result.reason
            continue
        own = None if cluster is None else cluster[rows]
        level = simultaneous_level(0.95, 3)
        for metric in (tacit.metrics.auc, tacit.metrics.advantage):
            alone = metric(score[rows], member[rows], cluster=own, level=level)
            shown = result.estimate(alone.name)
            assert (shown.value, shown.high, shown.p_value) == pytest.approx(
                (alone.value, alone.high, alone.p_value), rel=1e-12
            )
            if result.p_adjusted <= 0.05:
                assert shown.low == pytest.approx(alone.low, rel=1e-12)


def test_every_column_is_told_by_its_own_values():
    """Records 0 and 3 are wrong; the classes have names."""
    logits = np.array([[0.0, 3.0], [3.0, 0.0], [0.0, 2.0], [2.0, 0.0]])
    outputs = tacit.Outputs(logits=logits, label=[0, 0, 1, 1], classes=["cat", "dog"])
    columns = columns_of(outputs)
    code, texts = columns["prediction"]
    assert [texts[c] for c in code] == ["wrong", "correct", "correct", "wrong"]
    code, texts = columns["class"]
    assert [texts[c] for c in code] == ["cat", "cat", "dog", "dog"]
    # classes that nobody has are no values
    some = tacit.Outputs(logits=np.zeros((3, 4)), label=[3, 1, 3], classes=list("abcd"))
    code, texts = columns_of(some)["class"]
    assert ([texts[c] for c in code], sorted(texts)) == (["d", "b", "d"], ["b", "d"])


def test_losses_are_cut_in_their_own_order_beside_a_paper_of_another_score():
    rng = np.random.default_rng(0)
    loss = rng.exponential(size=100)
    member = np.arange(100) % 2 == 0
    plain, _ = columns_of(tacit.Outputs(loss=loss))["loss percentile"]
    for score in (rng.normal(size=100), -loss):
        paper = Evidence(score, member).sorted_by()
        found, _ = columns_of(tacit.Outputs(loss=loss), paper)["loss percentile"]
        assert found.tolist() == plain.tolist()


def test_what_is_told_of_a_value_with_too_few_of_a_side():
    """35 members and 10 others: the fewer side is told, with its number."""
    member = np.r_[np.ones(35, bool), np.zeros(10, bool), np.arange(60) % 2 == 0]
    evidence = Evidence.of(np.random.default_rng(0).normal(size=105), member)
    for inside, few, unit in ((member, 10, "non-members"), (~member, 10, "members")):
        paper = Evidence.of(evidence.score, inside)
        found = alone(paper, np.arange(45), (0.25, 0.5), 0.95)
        (note,) = found.notes
        assert (note.metric, note.needed, note.got, note.unit) == ("g = a", 20, few, unit)
        assert (found.n_members, found.n_nonmembers) == (
            int(inside[:45].sum()),
            int((~inside[:45]).sum()),
        )
        assert f"got {found.n_members} and {found.n_nonmembers}" in note.reason
        assert (found.p_value, found.p_adjusted, found.estimates) == (0.25, 0.5, ())
    # enough records that nothing looked at have no p-value to stand on
    untested = SimpleNamespace(looks=[])
    columns = {"g": (np.zeros(105, int), ["a"])}
    (found,) = slice_results(untested, columns, evidence, level=0.95)
    assert (found.p_value, found.p_adjusted, found.estimates) == (None, None, ())


def test_the_area_of_a_slice_is_that_of_its_records_in_whatever_order_they_stand():
    rng = np.random.default_rng(0)
    member = np.arange(80) % 2 == 0
    score = rng.normal(size=80) + member
    score[0] = -9.0
    evidence = Evidence.of(score, member)
    rows = np.r_[0, np.arange(79, 9, -1)]
    found = alone(evidence, rows, (1e-9, 1e-9), 0.9)
    pairs = score[rows][member[rows]][:, None] - score[rows][~member[rows]][None]
    assert found.estimates[0].value == pytest.approx(((pairs > 0) + (pairs == 0) / 2).mean())
    assert {estimate.level for estimate in found.estimates} == {0.9}
    assert (found.n_members, found.n_nonmembers) == (
        int(member[rows].sum()),
        int((~member[rows]).sum()),
    )


@pytest.mark.parametrize(("corrected", "reaches"), [(0.25, False), (0.2501, True)])
def test_at_exactly_the_error_an_interval_may_leave_chance_out(corrected, reaches):
    member = np.arange(80) % 2 == 0
    evidence = Evidence.of(np.random.default_rng(0).normal(size=80) + 3 * member, member)
    found = alone(evidence, np.arange(80), (1e-9, corrected), 0.75)
    assert (found.estimates[0].low == 0.5) is reaches


@pytest.mark.parametrize(
    ("members", "others", "counts"),
    [(20, 20, 1), (19, 60, 0), (60, 19, 0), (60, 10, 0), (10, 60, 0), (60, 60, 1)],
)
def test_only_values_with_twenty_of_both_sides_share_the_level(members, others, counts):
    from tacit.audits.steps.slices import _n_enough

    code = np.repeat([0, 1, 1], [80, members, others])
    member = np.r_[np.arange(80) % 2 == 0, np.ones(members, bool), np.zeros(others, bool)]
    shown = Evidence.of(np.zeros(len(code)), member)
    column = (code, ["a", "b"])
    assert _n_enough(column, np.zeros(2, bool), shown) == 1 + counts
    assert _n_enough(column, np.array([True, False]), shown) == counts


def test_three_attacks_look_at_slices_and_one_where_slices_are_many(monkeypatch):
    """Three hundred values of forty records are looked at by three, 301 by one; attacks that rank
    as another does, and those that learn, by none.
    """
    from tacit.audits.steps import slices as steps

    seen = []
    monkeypatch.setattr(steps, "slice_look", lambda *given: seen.append(given[:2]))
    items = [SimpleNamespace(looks=(1,), ranked=f"a{number}") for number in range(4)]
    others = [SimpleNamespace(looks=(), ranked="copy"), SimpleNamespace(looks=(1,), ranked=None)]
    member = np.arange(301 * 40) % 2 == 0
    code = np.arange(len(member)) // 40
    texts = [f"v{k}" for k in range(301)]
    few = np.where(code == 300, 0, code)
    for column, attacks in ((few, ["a0", "a1", "a2"]), (code, ["a0"])):
        seen.clear()
        slice_looks({"g": (column, texts)}, [*others, *items], member)
        assert seen == [("g", name) for name in attacks]
    # values are counted over all columns; a column of rare values alone is not looked at
    seen.clear()
    half = np.arange(len(member)) % 151
    rare = (np.arange(len(member)) % 400, ["x"] * 400)
    columns = {"g": (half, texts[:151]), "h": (half, texts[:151]), "i": rare}
    slice_looks(columns, [*others, *items], member)
    assert seen == [("g", "a0"), ("h", "a0")]


@pytest.mark.parametrize("n", [1, 2, 3, 10, 11, 40])
def test_tenths_of_losses_whose_order_is_known_are_those_of_all_losses(n):
    """One and two losses too; the order is that of a paper of the same scores."""
    loss = np.random.default_rng(n).exponential(size=n)
    fit = -loss
    edges = np.unique(np.quantile(loss, np.arange(1, 10) / 10))
    expected = np.searchsorted(edges, loss, side="left")
    paper = Evidence(fit, np.arange(n) % 2 == 0).sorted_by()
    for known in (None, paper):
        code, texts = columns_of(tacit.Outputs(loss=loss), known)["loss percentile"]
        assert code.tolist() == expected.tolist()
        assert len(texts) == (10 if len(edges) == 9 else len(edges) + 1)


def test_tenths_of_which_two_have_one_edge_are_groups():
    """Of 100 losses 20 are alike, between the tenths: eight edges, and nine groups."""
    loss = np.r_[np.arange(35.0), np.full(20, 35.0), np.arange(36.0, 81)]
    code, texts = columns_of(tacit.Outputs(loss=loss))["loss percentile"]
    edges = np.unique(np.quantile(loss, np.arange(1, 10) / 10))
    assert len(edges) == 8
    assert texts == [f"group {i} of 9, lowest first" for i in range(1, 10)]
    assert sorted(set(code.tolist())) == list(range(9))


def test_the_area_of_falling_and_of_rising_records_is_theirs():
    member = np.arange(60) % 3 == 0
    falling = Evidence.of(np.arange(60.0)[::-1].copy(), member)
    rising = Evidence.of(np.arange(60.0), member)
    for evidence in (falling, rising):
        found = alone(evidence, np.arange(60), (0.5, 0.5), 0.9)
        inside, outside = evidence.score[member], evidence.score[~member]
        wins = (inside[:, None] > outside[None]).mean()
        assert found.estimates[0].value == pytest.approx(wins)
