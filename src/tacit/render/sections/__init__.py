"""What a report says, one file a section, in reading order.

Every format takes its sections by one rule, the section's `reach`: "everywhere" goes into all
formats, "short" into those that people read, "long" into HTML and Markdown only.
"""

from collections.abc import Callable

from tacit.render.blocks import Section
from tacit.render.reading import Reading
from tacit.render.sections import (
    assumed,
    attacks,
    baselines,
    beside,
    controls,
    extraction,
    lower,
    made,
    meaning,
    methods,
    references,
    release,
    rules,
    slices,
    tested,
    trend,
    unknown,
)

ORDER: tuple[Callable[[Reading], Section], ...] = (
    rules.section,
    meaning.section,
    attacks.section,
    beside.section,
    slices.section,
    extraction.section,
    release.section,
    trend.section,
    baselines.section,
    controls.section,
    assumed.section,
    unknown.section,
    tested.section,
    lower.section,
    methods.section,
    made.section,
    references.section,
)


def sections_of(reading: Reading) -> tuple[Section, ...]:
    """All sections that have something to say."""
    made_all = (section(reading) for section in ORDER)
    return tuple(section for section in made_all if section.blocks)
