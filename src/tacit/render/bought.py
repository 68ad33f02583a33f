"""What each knob bought: every variant of a training against the baseline, and what it cost."""

from dataclasses import replace

from tacit.core import Comparison, Estimate
from tacit.core.comparison import Confirmed, Difference
from tacit.render.blocks import Block, Cell, Interval, Table, Text
from tacit.render.cells import MAX_ROWS, interval
from tacit.render.clean import clean
from tacit.render.words import DASH, Words

COLUMNS = ("variant", "vulnerability change", "accuracy change", "training time", "confirmed")


def bought(comparison: Comparison, words: Words) -> tuple[Block, ...]:
    """A sentence about what was confirmed, and one row a variant."""
    found = [
        item
        for item in comparison.differences
        if item.second == comparison.baseline and item.estimate is not None
    ]
    if not comparison.baseline or not found:
        return ()
    confirmed = comparison.confirmed
    found.sort(key=lambda item: confirmed is None or item.first != confirmed.winner)
    rows = tuple(_row(item, comparison, words) for item in found[:MAX_ROWS])
    marked = 0 if confirmed is not None and found[0].first == confirmed.winner else None
    head = tuple(words.say(f"column.{key}") for key in COLUMNS)
    caption = words.say("bought.caption", baseline=clean(comparison.baseline))
    table = Table(caption, head, rows, marked, max(0, len(found) - MAX_ROWS))
    return (Text(said(confirmed, words)), table)


def said(confirmed: Confirmed | None, words: Words) -> str:
    """The price and what was had for it, on fresh trainings."""
    if confirmed is None:
        return words.say("bought.unconfirmed")
    names = {
        "winner": clean(confirmed.winner),
        "baseline": clean(confirmed.baseline),
        "runs": words.count(confirmed.runs),
    }
    if not confirmed.better or confirmed.share is None:
        fall = words.both_of(confirmed.score)
        return words.say("bought.not better", fall=fall, **names)
    names["share"] = words.share(confirmed.share)
    price = confirmed.accuracy
    if price is None:
        return words.say("bought.free", **names)
    span = words.say("from to", low=_signed(price.low, words), high=_signed(price.high, words))
    if price.low <= 0 <= price.high:
        points = _signed(price.value, words)
        return words.say("bought.same", points=points, span=span, **names)
    points = words.number(100 * abs(price.value), decimals=1)
    key = "bought.gain" if price.value > 0 else "bought.price"
    return words.say(key, points=points, span=span, **names)


def _row(item: Difference, comparison: Comparison, words: Words) -> tuple[Cell, ...]:
    confirmed = comparison.confirmed
    fresh = confirmed is not None and confirmed.winner == item.first
    score, price = item.estimate, item.accuracy
    if confirmed is not None and fresh:
        score, price = _turned(confirmed.score), confirmed.accuracy
    told = "no"
    if confirmed is not None and fresh:
        told = "yes" if confirmed.better else "bought.refuted"
    return (
        clean(item.first),
        DASH if score is None else interval(score, words),
        DASH if price is None else _points(price, words),
        _time(item, comparison, words),
        words.say(told),
    )


def _turned(fall: Estimate) -> Estimate:
    """A fall as a change: the winner minus the baseline."""
    return replace(fall, value=-fall.value, low=-fall.high, high=-fall.low)


def _points(price: Estimate, words: Words) -> Interval:
    low, high = _signed(price.low, words), _signed(price.high, words)
    span = words.say("from to", low=low, high=high)
    text = f"{_signed(price.value, words)} ({span})"
    return Interval(price.value, price.low, price.high, text)


def _signed(value: float, words: Words) -> str:
    """A change of an accuracy in points."""
    text = words.number(100 * value, decimals=1)
    return f"+{text}" if float(f"{100 * value:.1f}") > 0 else text


def _time(item: Difference, comparison: Comparison, words: Words) -> str:
    seconds = {point.name: point.seconds for point in comparison.points}
    own, base = seconds.get(item.first), seconds.get(item.second)
    if own is None:
        return DASH
    times = f", ×{words.number(own / base)}" if base else ""
    return f"{words.number(own)} s{times}"
