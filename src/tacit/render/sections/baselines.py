"""Could it be the split, and not the model?"""

from tacit.render.blocks import Block, Section, Text
from tacit.render.cells import first_numbers
from tacit.render.reading import Reading


def section(reading: Reading) -> Section:
    """Guessers that never see the model."""
    words = reading.words
    checks = [check for check in reading.report.checks if check.role == "blind"]
    blocks: tuple[Block, ...] = ()
    if checks:
        table = first_numbers(words.say("baselines.caption"), checks, words)
        blocks = (Text(words.say("baselines.said")), table)
    return Section("baselines", words.say("baselines.title"), blocks)
