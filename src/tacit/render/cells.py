"""Cells of tables, made from what was measured."""

from tacit.core import CheckResult, Estimate
from tacit.render.blocks import Cell, Interval, Table
from tacit.render.words import DASH, Words

# no table on a page has more rows than these; the JSON holds them all
MAX_ROWS = 40


def interval(estimate: Estimate, words: Words) -> Interval:
    """A cell that shows the estimate."""
    return Interval(estimate.value, estimate.low, estimate.high, words.both_of(estimate))


def first_numbers(caption: str, checks: list[CheckResult], words: Words) -> Table:
    """One row a check, with its first number, or the reason why it has none."""
    rows: list[tuple[Cell, ...]] = []
    for check in checks:
        shown: Cell = DASH
        if check.estimates:
            shown = interval(check.estimates[0], words)
        elif check.notes:
            shown = words.reason(check.notes[0])
        rows.append((name_of(check, words), shown, words.p_value(check.p_value)))
    names = dict.fromkeys(
        words.metric_name(check.estimates[0].name) for check in checks if check.estimates
    )
    head = (
        words.say("column.guesser"),
        " / ".join(names) or words.say("column.result"),
        words.say("column.p"),
    )
    kept = tuple(rows[:MAX_ROWS])
    return Table(caption, head, kept, left_out=max(0, len(rows) - MAX_ROWS))


def name_of(check: CheckResult, words: Words) -> str:
    """What a check is called."""
    return words.name(check.name)
