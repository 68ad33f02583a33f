"""Who is most exposed."""

from tacit.core import InvalidInput
from tacit.figures import SlicesFigure
from tacit.render.blocks import Block, Chart, Section, Table, Text
from tacit.render.cells import MAX_ROWS, interval
from tacit.render.reading import Reading


def section(reading: Reading) -> Section:
    """The parts of the records that leak most surely."""
    return Section("slices", reading.words.say("slices.title"), _blocks(reading), "short")


def _blocks(reading: Reading) -> tuple[Block, ...]:
    words = reading.words
    try:
        figure = SlicesFigure.from_report(reading.report, max_slices=MAX_ROWS)
    except InvalidInput:
        return ()
    rows = tuple(
        (
            words.name(row.name),
            interval(row.estimate, words),
            words.p_value(row.p_adjusted),
            f"{words.count(row.n_members)} / {words.count(row.n_nonmembers)}",
        )
        for row in figure.rows
    )
    said = words.say(
        "slices.said",
        exposed=words.count(figure.n_significant),
        total=words.counted(len(rows) + figure.left_out, "slice"),
    )
    ends = (words.say("column.p corrected"), words.say("column.sizes"))
    first = words.say("column.slice")
    table = Table(
        words.say("slices.caption"),
        (first, words.metric_name(figure.metric), *ends),
        rows,
        None,
        figure.left_out,
        (first, words.short_metric_name(figure.metric), *ends),
    )
    picture = Chart("slices", words.say("slices.picture"), words.say("slices.summary"))
    return (Text(said, brief=False), picture, table)
