"""What a synthetic table gives away, in the words of privacy officers: one row a question."""

from tacit.core import CheckResult
from tacit.render.blocks import Block, Cell, Items, Section, Table, Text
from tacit.render.cells import MAX_ROWS, interval, name_of
from tacit.render.reading import Reading
from tacit.render.words import DASH, Words, upper_first

SUCCESS = ("success on members", "success on non-members", "success of the baseline")
RISK = "residual risk"


def section(reading: Reading) -> Section:
    """The three risks with control and baseline, then what is counted in the release."""
    words = reading.words
    checks = [check for check in reading.report.checks if check.role == "risk"]
    guessed = [c for c in checks if c.notes or c.estimate(SUCCESS[0]) is not None]
    counted = [check for check in checks if check not in guessed]
    blocks: list[Block] = []
    if guessed:
        blocks += [Text(words.say("release.said")), _guesses(guessed, words)]
    if counted:
        blocks.append(_counts(counted, words))
        remarks = dict.fromkeys(
            upper_first(words.written(remark)) for check in counted for remark in check.remarks
        )
        blocks += [Items(tuple(remarks))] if remarks else []
    return Section("release", words.say("release.title"), tuple(blocks), "short")


def _guesses(checks: list[CheckResult], words: Words) -> Table:
    rows = tuple(
        (
            upper_first(name_of(check, words)),
            *(_cell(check, name, words) for name in (RISK, *SUCCESS)),
            words.p_value(check.p_adjusted),
        )
        for check in checks[:MAX_ROWS]
    )
    names = ("guess", "risk", "member", "nonmember", "baseline")
    head = (*(words.say(f"release.{name}") for name in names), words.say("column.p corrected"))
    left_out = max(0, len(checks) - MAX_ROWS)
    return Table(words.say("release.guesses"), head, rows, left_out=left_out)


def _counts(checks: list[CheckResult], words: Words) -> Table:
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            upper_first(name_of(check, words)),
            *(interval(estimate, words) for estimate in check.estimates[:2]),
            *(DASH for _ in range(2 - len(check.estimates))),
            words.p_value(check.p_adjusted),
        )
        for check in checks
    )
    names = ("what", "member or share", "nonmember")
    head = (*(words.say(f"release.{name}") for name in names), words.say("column.p corrected"))
    return Table(words.say("release.counts"), head, rows)


def _cell(check: CheckResult, name: str, words: Words) -> Cell:
    found = check.estimate(name)
    return words.say("not known") if found is None else interval(found, words)
