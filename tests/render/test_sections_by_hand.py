"""What the sections of a report count, sort and choose, by hand."""

import math
import runpy
from dataclasses import replace
from pathlib import Path

import pytest

from tacit.core import AtMost, CheckResult, Note, NotRefuted, Verdict
from tacit.render.cells import first_numbers
from tacit.render.sections import (
    attacks,
    beside,
    extraction,
    lower,
    methods,
    release,
    rules,
    slices,
    tested,
    unknown,
)
from tacit.render.words import upper_first

BY_HAND = runpy.run_path(str(Path(__file__).with_name("by_hand.py")))
WORDS, SCORE, estimate, check, reading, plain = (
    BY_HAND[name] for name in ("WORDS", "SCORE", "estimate", "check", "reading", "plain")
)


def table(section):
    (found,) = [block for block in section.blocks if hasattr(block, "rows")]
    return found


def column(found, place):
    return [plain(c if isinstance(c, str) else c.text) for c in (r[place] for r in found.rows)]


# attacks


def test_the_chosen_attack_comes_first_and_the_others_by_their_score():
    found = [
        check(n, estimate("advantage", v, v - 0.1, v + 0.1))
        for n, v in (("a", 0.1), ("b", 0.3), ("mine", 0.2), ("c", 0.25))
    ]
    made = table(attacks.section(reading(*found, chosen="mine")))
    assert column(made, 0)[1:] == ["b", "c", "a"]
    assert "mine" in column(made, 0)[0]
    assert column(made, 1)[0] == "0.20 (0.10–0.30)"
    assert made.marked == 0
    assert table(attacks.section(reading(*found, chosen=""))).marked is None
    assert column(table(attacks.section(reading(*found, chosen=""))), 0) == ["b", "c", "mine", "a"]


def test_columns_are_those_that_half_of_the_attacks_have_in_the_order_that_matters():
    def names(*groups):
        return attacks._columns(
            [
                check(str(i), *(estimate(n, 0.5, 0.4, 0.6) for n in group))
                for i, group in enumerate(groups)
            ]
        )

    assert names(("auc", "advantage"), ("auc",)) == ["advantage", "auc"]
    assert names(("auc", "advantage"), ("auc",), ("auc",)) == ["auc"]
    assert names(("mine", "also"), ("also",)) == ["also", "mine"]
    assert len(names(attacks.COLUMNS)) == 4
    assert names(attacks.COLUMNS) == ["advantage", "tpr@fpr=0.01", "tpr@fpr=0.001", "auc"]


def test_forty_attacks_are_rows_and_the_others_are_counted():
    many = [check(f"a{i}", estimate("auc", 0.5, 0.4, 0.6)) for i in range(43)]
    made = table(attacks.section(reading(*many)))
    assert (len(made.rows), made.left_out) == (40, 3)
    few = first_numbers("c", many, WORDS)
    assert (len(few.rows), few.left_out) == (40, 3)
    assert first_numbers("c", many[:40], WORDS).left_out == 0


def test_sides_of_the_chosen_attack_are_told_apart():
    chosen = check("mine", SCORE, n_members=7, n_nonmembers=12)
    said = plain(attacks.section(reading(chosen)).blocks[0].text)
    assert "7 members" in said
    assert "12 non-members" in said


def test_first_numbers_have_their_p_value_or_the_reason():
    checks = [
        check("a", estimate("auc", 0.6, 0.5, 0.7), estimate("advantage", 0.1, 0, 0.2), p=0.02),
        CheckResult("b", "attack", notes=(Note("auc", "too few"),)),
        CheckResult("c", "attack"),
    ]
    made = first_numbers("c", checks, WORDS)
    drawn = made.rows[0][1]
    assert (drawn.low, drawn.value, drawn.high) == (0.5, 0.6, 0.7)
    assert column(made, 1) == ["0.60 (0.50–0.70)", "Too few", "–"]
    assert column(made, 2) == ["0.02", "–", "–"]


# slices and what lowers a leak


def part(name, found, p, **more):
    return check(name, found, role="slice", p=p, **more)


def test_slices_are_counted_and_have_their_sizes():
    rows = [
        part(
            f"s{i}",
            estimate("advantage", 0.3, 0.3 - i / 1000, 0.5),
            0.01 if i < 3 else 0.5,
            n_members=i,
            n_nonmembers=100 + i,
        )
        for i in range(45)
    ]
    section = slices.section(reading(check("mine", SCORE), *rows))
    made = table(section)
    assert (len(made.rows), made.left_out) == (40, 5)
    assert column(made, 3)[:2] == ["0 / 100", "1 / 101"]
    assert column(made, 2)[2:4] == ["0.01", "0.50"]
    said = plain(section.blocks[0].text)
    assert "3" in said
    assert "45 slices" in said


@pytest.mark.parametrize(("p", "told"), [(1 - 0.95, True), (0.0501, False), (None, False)])
def test_exposed_slices_are_advised_on_up_to_the_level(p, told):
    found = reading(check("mine", SCORE), part("a", SCORE, p))
    assert bool(lower._slices(found)) is told
    control = reading(check("mine", SCORE), check("a", SCORE, role="control", p=0.01))
    assert not lower._slices(control)


@pytest.mark.parametrize(
    ("member", "nonmember", "key"),
    [(0.02, 0.0, "lower.no gap"), (0.9201, 0.9, "lower.gap"), (0.9, 0.93, "lower.no gap")],
)
def test_a_gap_is_more_than_two_points(member, nonmember, key):
    found = reading(check("mine", SCORE), accuracy={"member": member, "nonmember": nonmember})
    expected = WORDS.say(key, seen=WORDS.share(member), unseen=WORDS.share(nonmember))
    assert lower._overfitting(found) == expected
    assert lower._overfitting(reading(check("mine", SCORE))) == WORDS.say("lower.epochs")


# extraction, what stands beside, releases, what is unknown, methods


def test_extraction_says_how_many_tries_and_how_sure():
    tried = replace(estimate("extraction", 0.1, 0.05, 0.2), settings={"n": 100, "p": 0.9})
    found = check("x", tried, role="control")
    secret = check("s", estimate("exposure", 10.0, 9.0, math.inf, n=1234), role="control")
    bare = check("y", estimate("extraction", 0.1, 0.05, 0.2), role="control")
    texts = [
        plain(b.text)
        for b in extraction.section(reading(check("mine", SCORE), found, secret)).blocks
        if hasattr(b, "text")
    ]
    assert "100" in texts[0]
    assert "0.9" in texts[0]
    assert "1,234" in texts[-1]
    said = plain(extraction.section(reading(check("mine", SCORE), bare)).blocks[0].text)
    assert "0.5" in said
    closed = check("s", estimate("exposure", 10.0, 9.0, 11.0), role="control")
    assert len(extraction.section(reading(check("mine", SCORE), closed)).blocks) == 2


def test_passages_have_their_row_and_chance():
    records = {
        "passages": [{"row": 1500, "log10_p": -2.5, "text": "abc"}, {"row": 1}]
        + [{"row": 2, "log10_p": -1.0, "text": "d"}] * 44
    }
    found = table(extraction.section(reading(check("mine", SCORE), records=records)))
    assert (column(found, 0)[0], column(found, 1)[0], column(found, 2)[0]) == (
        "1,500",
        "−2.5",
        "abc",
    )
    assert (len(found.rows), found.left_out) == (40, 5)


def test_what_shadow_models_add_is_said_only_where_it_is_sure():
    names = ("advantage", "auc")
    strong = check("strong", *(estimate(n, 0.6, 0.5, 0.7) for n in names))

    def made(low):
        gain = estimate("auc gain", 0.1, low, 0.2)
        free = check("free", *(estimate(n, 0.3, 0.2, 0.4) for n in names), gain)
        environment = {
            "free_check": "free",
            "n_shadows": 16,
            "seconds_of_training": 30.0,
            "seconds_a_shadow_model": 2.5,
        }
        return beside.section(reading(strong, free, environment=environment))

    section = made(0.01)
    found = table(section)
    assert column(found, 1) == ["0.30 (0.20–0.40)", "0.60 (0.50–0.70)"]
    assert "16" in column(found, 0)[1]
    gain = WORDS.both_of(estimate("auc gain", 0.1, 0.01, 0.2))
    assert section.blocks[1].items[0] == WORDS.say("beside.gain", gain=gain)
    none = WORDS.both_of(estimate("auc gain", 0.1, 0.0, 0.2))
    assert made(0.0).blocks[1].items[0] == WORDS.say("beside.no gain", gain=none)
    assert section.blocks[1].items[-1] == WORDS.say(
        "beside.cost", whole="30.00", each="2.50", n="16"
    )


def test_a_risk_has_its_control_beside_it():
    names = (
        "residual risk",
        "success on members",
        "success on non-members",
        "success of the baseline",
    )
    risk = check(
        "guess",
        *(estimate(n, v, v - 0.05, v + 0.05) for n, v in zip(names, (0.1, 0.6, 0.5, 0.3))),
        role="risk",
        p=0.03,
    )
    count = check("copies", estimate("copies", 0.2, 0.1, 0.3), role="risk", p=0.04)
    blocks = [
        b
        for b in release.section(reading(check("mine", SCORE), risk, count)).blocks
        if hasattr(b, "rows")
    ]
    assert [column(blocks[0], i)[0][:4] for i in range(1, 5)] == ["0.10", "0.60", "0.50", "0.30"]
    assert column(blocks[0], 5) == ["0.03"]
    assert [column(blocks[1], i)[0] for i in (1, 2, 3)] == ["0.20 (0.10–0.30)", "–", "0.04"]


def test_what_is_unknown_says_what_it_needs_and_what_came():
    notes = (
        Note("auc", "too few", 1000, 12, "members"),
        Note("x", "not asked"),
        Note("y", "too few", 7, None, "members"),
    )
    made = reading(check("mine", SCORE), unknown=notes)
    needed = column(table(unknown.section(made)), 2)
    assert needed[0] == plain(WORDS.say("unknown.needed", needed="1,000 members", got="12"))
    assert needed[1:] == ["–", "7 members"]
    bare = reading(check("mine", SCORE), unknown=notes[1:2])
    assert len(table(unknown.section(bare)).head) == 2
    many = reading(check("mine", SCORE), unknown=(notes[0],) * 42)
    assert (len(table(unknown.section(many)).rows), table(unknown.section(many)).left_out) == (
        40,
        2,
    )


def test_methods_show_each_number_once_and_quote_no_guess():
    found = (
        estimate("auc", 0.6, 0.5, 0.7, n=1234, p=0.02),
        estimate("balanced_accuracy", 0.6, 0.5, 0.7),
        estimate("ppv@prior=0.1", 0.2, 0.1, 0.4),
        estimate("ppv@prior=0.2", 0.4, 0.21, 0.6),
    )
    made = table(methods.section(reading(check("mine", *found))))
    # the score comes first, and not twice as a rate of hits
    assert column(made, 0)[0].startswith("Vulnerability score")
    assert len(made.rows) == 4
    assert column(made, 3)[:2] == ["100", "1,234"]
    assert column(made, 5)[:2] == ["–", "0.02"]
    assert column(made, 1)[2] == plain(WORDS.say("methods.not shown", span=WORDS.span_of(found[2])))
    assert column(made, 1)[3] == "40 % (21–60 %)"
    assert column(made, 2)[0] == "95 %"


def test_a_result_is_never_without_its_interval():
    assert "0.20 (0.10–0.30)" in plain(tested.result(reading(check("mine", SCORE))))
    bound = estimate("epsilon", 2.0, 1.5, math.inf)
    assert "1.50" in tested.result(reading(check("mine", bound), score=None))


def test_a_rule_says_why_in_the_units_of_the_table():
    limit = AtMost("tpr@fpr=0.01", 0.05)
    found = estimate("tpr@fpr=0.01", 0.02, 0.01, 0.03)
    made = reading(check("mine", SCORE), verdicts=(limit(found),))
    assert plain(rules._reason(limit(found), made)) == plain(
        WORDS.say("rule.pass", found=WORDS.both_of(found))
    )
    high = limit(replace(found, value=0.2, low=0.1, high=0.3))
    assert "20 % (10–30 %)" in plain(rules._reason(high, made))
    bound = estimate("epsilon", 9.0, 1.5, math.inf)
    claim = NotRefuted(8)(bound)
    assert rules._reason(claim, made) == WORDS.say(
        "rule.claim.pass", low="1.50", level=WORDS.share(0.95)
    )
    strange = Verdict("pass", "advantage", "is much", estimate=SCORE)
    assert rules._reason(strange, made) == upper_first(strange.reason)
    missing = Verdict("inconclusive", "auc", "at most", 0.1)
    expected = WORDS.say("rule.not measured", metric=WORDS.metric_name("auc"))
    assert rules._reason(missing, made) == expected
    assert reading(check("mine", bound), score=None, verdicts=(missing, claim)).limit_of_claim == 8
    assert made.limit_of_claim is None
    assert (made.level, made.rate) == (0.95, None)


def test_tables_mark_one_row_and_count_what_they_leave_out():
    strong, free = check("strong", SCORE), check("free", SCORE)
    environment = {"free_check": "free", "n_shadows": True, "seconds_of_training": 3.0}
    section = beside.section(reading(strong, free, environment=environment))
    found = table(section)
    assert (found.marked, found.left_out) == (1, 0)
    # neither a truth value nor one of the two times is a number of models or a cost
    assert "–" in column(found, 0)[1]
    assert section.blocks[1].items == ()
    risks = [
        check(f"r{i}", estimate("success on members", 0.6, 0.5, 0.7), role="risk")
        for i in range(42)
    ]
    copies = check("c", *(estimate(f"e{i}", 0.2, 0.1, 0.3) for i in range(3)), role="risk")
    tables = [
        block
        for block in release.section(reading(check("mine", SCORE), *risks, copies)).blocks
        if hasattr(block, "rows")
    ]
    assert (len(tables[0].rows), tables[0].left_out) == (40, 2)
    assert len(tables[1].rows) == 1
    # a name, two numbers and a p-value, whatever else was counted
    assert len(tables[1].rows[0]) == len(tables[1].head) == 4
    only = release.section(reading(check("mine", SCORE), risks[0]))
    assert table(only).left_out == 0
    passages = {"passages": [{"row": 1, "log10_p": -1.0, "text": "d"}]}
    kept = table(extraction.section(reading(check("mine", SCORE), records=passages)))
    assert kept.left_out == 0
    note = (Note("x", "not asked"),)
    assert [len(row) for row in table(unknown.section(reading(unknown=note))).rows] == [2]


def test_a_rate_of_hits_stays_where_there_is_no_advantage():
    found = (estimate("auc", 0.6, 0.5, 0.7), estimate("balanced_accuracy", 0.6, 0.5, 0.7))
    made = table(methods.section(reading(check("mine", *found), score=None)))
    assert len(made.rows) == 2
