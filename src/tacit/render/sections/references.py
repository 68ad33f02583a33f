"""The papers behind what this report shows."""

from tacit.render.bibliography import references
from tacit.render.blocks import Items, Section
from tacit.render.reading import Reading


def section(reading: Reading) -> Section:
    """Authors, title and place of each, in the order of the bibliography."""
    items = Items(references(reading), ordered=True)
    return Section("references", reading.words.say("references.title"), (items,))
