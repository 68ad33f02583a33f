"""What can be drawn out of a language model, beside what comes out of any."""

from collections.abc import Mapping

from tacit.core import CheckResult
from tacit.render.blocks import Block, Section, Table, Text
from tacit.render.cells import MAX_ROWS, first_numbers
from tacit.render.clean import sentence
from tacit.render.reading import Reading
from tacit.render.words import setting_of

NAMES = ("extraction", "extraction difference")
EXPOSURE = "exposure"


def section(reading: Reading) -> Section:
    """Shares of texts that come out, and how exposed planted secrets are."""
    words = reading.words
    extracted = [check for check in reading.report.checks if is_of(check, *NAMES)]
    exposed = [check for check in reading.report.checks if is_of(check, EXPOSURE)]
    blocks: list[Block] = []
    if extracted:
        estimate = extracted[0].estimates[0]
        tries, chance = setting_of(estimate, "n"), setting_of(estimate, "p")
        told = {"n": words.count(tries or 1), "p": words.plain(chance or 0.5)}
        blocks.append(Text(words.say("extraction.said", **told)))
        blocks.append(first_numbers(words.say("extraction.caption"), extracted, words))
    blocks += _passages(reading)
    if exposed:
        most = exposed[0].estimates[0]
        blocks.append(Text(words.say("exposure.said")))
        blocks.append(first_numbers(words.say("exposure.caption"), exposed, words))
        if most.high == float("inf"):
            blocks.append(Text(words.say("exposure.open", n=words.count(most.n)), quiet=True))
    return Section("extraction", words.say("extraction.title"), tuple(blocks), "short")


def _passages(reading: Reading) -> list[Block]:
    """What came out word for word, where the report was asked to keep it."""
    words = reading.words
    held = (reading.report.records or {}).get("passages")
    rows = [
        (words.count(item["row"]), words.plain(item["log10_p"]), sentence(item["text"]))
        for item in (held if isinstance(held, list) else [])
        if isinstance(item, Mapping) and {"row", "log10_p", "text"} <= set(item)
    ]
    if not rows:
        return []
    head = (words.say("passages.row"), "log10 p", words.say("passages.text"))
    kept = tuple(rows[:MAX_ROWS])
    caption = words.say("passages.caption")
    return [Table(caption, head, kept, left_out=max(0, len(rows) - MAX_ROWS))]


def is_of(check: CheckResult, *names: str) -> bool:
    """Whether the check's first number is one of these."""
    return check.role == "control" and bool(check.estimates) and check.estimates[0].name in names
