"""The same measurements where the answer is known."""

from tacit.render.blocks import Block, Items, Section, Text
from tacit.render.cells import first_numbers
from tacit.render.reading import Reading
from tacit.render.sections.extraction import EXPOSURE, NAMES, is_of
from tacit.render.words import upper_first


def section(reading: Reading) -> Section:
    """What the controls show."""
    words = reading.words
    checks = [
        check
        for check in reading.report.checks
        if check.role == "control" and not is_of(check, *NAMES, EXPOSURE)
    ]
    blocks: list[Block] = []
    if checks:
        blocks.append(Text(words.say("controls.said"), brief=False))
        blocks.append(first_numbers(words.say("controls.caption"), checks, words))
    remarks = tuple(
        upper_first(words.written(remark)) for check in checks for remark in check.remarks
    )
    if remarks:
        blocks.append(Items(remarks))
    return Section("controls", words.say("controls.title"), tuple(blocks))
