"""What plain data must look like before it becomes a report: a file may come from anywhere."""

import math
import sys
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from tacit.core.errors import InvalidInput

Rule = Callable[[Any, str], None]
# the largest float
LARGEST = sys.float_info.max


def record(**rules: Rule) -> Rule:
    """A mapping that holds these keys; others are left to the constructor."""

    def check(value: Any, place: str) -> None:
        mapping(value, place)
        for key, rule in rules.items():
            if key not in value:
                raise InvalidInput(
                    f"The file is damaged: {f'`{place}`' if place else 'it'} has no `{key}`."
                )
            rule(value[key], f"{place}.{key}" if place else key)

    return check


def many(rule: Rule) -> Rule:
    """A list in which every item obeys `rule`."""

    def check(value: Any, place: str) -> None:
        if not isinstance(value, (list, tuple)):
            raise _damaged(place, "a list", value)
        for index, item in enumerate(value):
            rule(item, f"{place}[{index}]")

    return check


def maybe(rule: Rule) -> Rule:
    """Nothing, or what `rule` allows."""

    def check(value: Any, place: str) -> None:
        if value is not None:
            rule(value, place)

    return check


def choice(*words: str) -> Rule:
    """One of these words."""

    def check(value: Any, place: str) -> None:
        if not isinstance(value, str) or value not in words:
            raise _damaged(place, f"one of {', '.join(map(repr, words))}", value)

    return check


def where_given(rule: Rule, *keys: str) -> Rule:
    """A mapping in which these keys, where they are there, obey `rule`."""

    def check(value: Any, place: str) -> None:
        mapping(value, place)
        for key in keys:
            if key in value:
                rule(value[key], f"{place}.{key}" if place else key)

    return check


def every(*rules: Rule) -> Rule:
    """All of these rules."""

    def check(value: Any, place: str) -> None:
        for rule in rules:
            rule(value, place)

    return check


def numbers(value: Any, place: str) -> None:
    """A mapping from text to numbers."""
    mapping(value, place)
    for key, item in value.items():
        number(item, f"{place}.{key}")


def text(value: Any, place: str) -> None:
    """A text."""
    if not isinstance(value, str):
        raise _damaged(place, "text", value)


def number(value: Any, place: str) -> None:
    """A finite number."""
    usable = isinstance(value, (int, float)) and not isinstance(value, bool)
    # a whole number of 400 digits is JSON too, and no float
    if not usable or not abs(value) <= LARGEST or not math.isfinite(value):
        raise _damaged(place, "a finite number", value)


def share(value: Any, place: str) -> None:
    """A number from 0 to 1, as chances and accuracies are."""
    number(value, place)
    if not 0 <= value <= 1:
        raise _damaged(place, "a number from 0 to 1", value)


def shares(value: Any, place: str) -> None:
    """A mapping from text to numbers from 0 to 1."""
    mapping(value, place)
    for key, item in value.items():
        share(item, f"{place}.{key}")


def whole(value: Any, place: str) -> None:
    """A whole number of 0 or more, as all counts are."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST:
        raise _damaged(place, "a whole number of 0 or more", value)


def day(value: Any, place: str) -> None:
    """A date such as 2026-11-26, or nothing."""
    text(value, place)
    try:
        if value:
            date.fromisoformat(value)
    except ValueError:
        raise _damaged(place, "a date such as 2026-11-26", value) from None


def boolean(value: Any, place: str) -> None:
    """True or False."""
    if not isinstance(value, bool):
        raise _damaged(place, "true or false", value)


def mapping(value: Any, place: str) -> None:
    """A mapping."""
    if not isinstance(value, Mapping):
        raise _damaged(place, "a table", value)


def _damaged(place: str, needed: str, value: Any) -> InvalidInput:
    return InvalidInput(
        f"The file is damaged: `{place}` needs {needed}, got {str(value)[:40]!r}"
        f" ({type(value).__name__})."
    )


OUTCOME = choice("pass", "fail", "inconclusive", "skipped")
FIRST_VERDICT = record(outcome=OUTCOME, rule=text, reason=text)
ESTIMATE_FIELDS: dict[str, Rule] = {
    "name": text,
    "value": number,
    "low": maybe(number),
    "high": maybe(number),
    "level": number,
    "n": whole,
    "method": text,
    "assumes": many(text),
    "p_value": maybe(share),
}
FIRST_ESTIMATE = record(**ESTIMATE_FIELDS)
ESTIMATE = record(**ESTIMATE_FIELDS, settings=numbers, references=many(text))
NOTE = record(metric=text, reason=text, needed=maybe(whole), got=maybe(whole), unit=text)
VERDICT = record(
    outcome=OUTCOME,
    metric=text,
    relation=text,
    limit=maybe(number),
    estimate=maybe(ESTIMATE),
    note=maybe(NOTE),
)
CHECK_FIELDS: dict[str, Rule] = {
    "name": text,
    "role": choice("attack", "slice", "blind", "control", "risk"),
    "attack": text,
    "statistic": text,
    "slice": text,
    "value": text,
    "n_members": whole,
    "n_nonmembers": whole,
    "p_value": maybe(share),
    "p_adjusted": maybe(share),
}
FIRST_CHECK = record(
    **CHECK_FIELDS,
    estimates=many(FIRST_ESTIMATE),
    verdicts=many(FIRST_VERDICT),
    reason=text,
    notes=many(text),
)
CHECK = record(
    **CHECK_FIELDS,
    estimates=many(ESTIMATE),
    verdicts=many(VERDICT),
    notes=many(NOTE),
    remarks=many(text),
)
REPORT_FIELDS: dict[str, Rule] = {
    "finding": choice("leak", "no leak found", "inconclusive"),
    "verdict": choice("pass", "fail", "inconclusive"),
    "headline": text,
    "p_value": maybe(share),
    "detectable": maybe(number),
    "chosen": text,
    "accuracy": shares,
    "assumes": many(text),
    "warnings": many(text),
    "figures": mapping,
    "policy": text,
    "environment": mapping,
    "created": day,
    "title": text,
    "records": maybe(mapping),
}
FIRST_REPORT = record(
    **REPORT_FIELDS,
    score=maybe(FIRST_ESTIMATE),
    checks=many(FIRST_CHECK),
    verdicts=many(FIRST_VERDICT),
    unknown=many(mapping),
)
REPORT = record(
    **REPORT_FIELDS,
    score=maybe(ESTIMATE),
    checks=many(CHECK),
    verdicts=many(VERDICT),
    unknown=many(NOTE),
    attributable=boolean,
)
POINT = every(
    record(
        name=text,
        model=text,
        epoch=maybe(number),
        accuracy=maybe(number),
        score=maybe(FIRST_ESTIMATE),
        finding=text,
        verdict=text,
        n=whole,
        front=boolean,
    ),
    where_given(maybe(number), "accuracy_low", "accuracy_high", "seconds"),
    where_given(whole, "runs"),
)
DIFFERENCE = every(
    record(
        first=text,
        second=text,
        estimate=maybe(FIRST_ESTIMATE),
        p_value=maybe(share),
        p_adjusted=maybe(share),
        real=boolean,
        paired=boolean,
        reason=text,
    ),
    where_given(maybe(FIRST_ESTIMATE), "accuracy"),
)
HISTORY = record(
    points=many(POINT),
    dates=many(day),
    steps=many(DIFFERENCE),
    accuracy_steps=many(DIFFERENCE),
    level=number,
    created=day,
    title=text,
)
CONFIRMED = every(
    record(score=FIRST_ESTIMATE, accuracy=maybe(FIRST_ESTIMATE), runs=whole),
    where_given(maybe(FIRST_ESTIMATE), "baseline_score", "winner_score"),
    where_given(text, "baseline", "winner"),
)
COMPARISON = every(
    record(
        points=many(POINT),
        differences=many(DIFFERENCE),
        recommended=text,
        recommendation=text,
        notes=many(text),
        level=number,
        created=day,
        title=text,
    ),
    where_given(text, "baseline"),
    where_given(maybe(CONFIRMED), "confirmed"),
)
