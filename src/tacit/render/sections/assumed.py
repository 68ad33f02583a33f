"""What must hold for the numbers to mean what they say."""

from tacit.render.blocks import Items, Original, Section
from tacit.render.reading import Reading
from tacit.render.words import upper_first


def section(reading: Reading) -> Section:
    """Every assumption once."""
    report, words = reading.report, reading.words
    said = [*report.assumes, *(() if report.score is None else report.score.assumes)]
    items = tuple(_whole(words.written(text)) for text in _once(said))
    blocks = (Items(items),) if items else ()
    return Section("assumed", words.say("assumed.title"), blocks, "everywhere")


def _once(texts: list[str]) -> list[str]:
    """Each text once; one that another contains is left out."""
    keys = {text.lower().rstrip("."): text for text in reversed(texts)}
    return [
        text
        for key, text in reversed(keys.items())
        if not any(key != other and key in other for other in keys)
    ]


def _whole(text: str) -> str:
    """`text` as a sentence with its full stop."""
    whole = upper_first(text).rstrip(".") + "."
    return Original(whole) if isinstance(text, Original) else whole
