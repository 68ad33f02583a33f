"""Vulnerability over the epochs."""

from tacit.render.blocks import Chart, Section
from tacit.render.reading import Reading


def section(reading: Reading) -> Section:
    """The picture of the epochs, where the report has one."""
    words = reading.words
    chart = Chart("trend", words.say("trend.picture"), words.say("trend.summary"))
    blocks = (chart,) if reading.report.figures.get("trend") else ()
    return Section("trend", words.say("trend.title"), blocks)
