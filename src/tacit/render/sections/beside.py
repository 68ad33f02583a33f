"""What the attacks without shadow models missed, which game was played, and what it cost."""

from tacit.core import CheckResult
from tacit.render.blocks import Block, Cell, Items, Section, Table
from tacit.render.cells import interval, name_of
from tacit.render.clean import clean
from tacit.render.reading import Reading
from tacit.render.words import DASH, Words

COLUMNS = ("advantage", "tpr@fpr=0.01", "auc")
GAIN = "auc gain"
GAMES = ("online", "offline", "mixed")


def section(reading: Reading) -> Section:
    """The best attack without shadow models and the one with them, on the same records."""
    words, report = reading.words, reading.report
    name = report.environment.get("free_check")
    free = next((check for check in report.checks if check.name == name), None)
    blocks: tuple[Block, ...] = ()
    if free is not None and reading.chosen is not None:
        blocks = (_table(free, reading.chosen, reading), Items(_remarks(free, reading)))
    return Section("beside", words.say("beside.title"), blocks, "short")


def _table(free: CheckResult, strong: CheckResult, reading: Reading) -> Table:
    words = reading.words
    models = _number(reading, "n_shadows")
    rows = (
        (words.say("beside.without"), *_cells(free, words)),
        (words.say("beside.with", n=words.amount(models)), *_cells(strong, words)),
    )
    head = (words.say("column.attack"), *map(words.metric_name, COLUMNS))
    short = (words.say("column.attack"), *map(words.short_metric_name, COLUMNS))
    caption = words.say("beside.caption", free=name_of(free, words), strong=name_of(strong, words))
    return Table(caption, head, rows, 1, 0, short)


def _cells(check: CheckResult, words: Words) -> tuple[Cell, ...]:
    found = [check.estimate(name) for name in COLUMNS]
    return tuple(DASH if item is None else interval(item, words) for item in found)


def _remarks(free: CheckResult, reading: Reading) -> tuple[str, ...]:
    words = reading.words
    said = []
    gain = free.estimate(GAIN)
    if gain is not None:
        key = "beside.gain" if gain.low > 0 else "beside.no gain"
        said.append(words.say(key, gain=words.both_of(gain)))
    game = clean(reading.report.environment.get("game", ""))
    if game in GAMES:
        said.append(words.say(f"beside.{game}"))
    whole, each = (
        _number(reading, name) for name in ("seconds_of_training", "seconds_a_shadow_model")
    )
    if whole is not None and each is not None:
        models = words.amount(_number(reading, "n_shadows"))
        spent = {"whole": words.number(whole), "each": words.number(each), "n": models}
        said.append(words.say("beside.cost", **spent))
    return tuple(said)


def _number(reading: Reading, name: str) -> float | None:
    value = reading.report.environment.get(name)
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    return float(value)
