"""Numbers in words that a reader without statistics takes the right way."""

import math
import re
from typing import Any

from tacit.core import Estimate, Verdict
from tacit.render.clean import clean

SPACE = "\u00a0"
SMALLEST_SHARE = 1e-6
SMALLEST_P = 1e-3
DIGITS, MOST_DIGITS, MOST_DECIMALS = 2, 4, 6
RATE = re.compile(r"tpr@fpr(<?=)([0-9.e+-]+)$")
PRECISION = re.compile(r"ppv@prior=([0-9.e+-]+)$")
PARTIAL = re.compile(r"pauc@fpr=([0-9.e+-]+)$")
PLAIN_NAMES = {
    "advantage": "Vulnerability score (advantage)",
    "auc": "AUC",
    "balanced_accuracy": "Guesses that are right, half members",
    "epsilon": "Privacy loss ε",
    "epsilon if Gaussian": "ε if the mechanism is Gaussian",
    "accuracy": "Accuracy",
}


def share(value: float, *, digits: int = DIGITS) -> str:
    """A share in per cent: `digits` that matter, and never a rounded 0 or 100.

    Examples
    --------
    >>> share(0.0213), share(0.9996), share(1.0)
    ('2.1\\xa0%', '>\\xa099.9\\xa0%', '100\\xa0%')
    """
    return f"{_percent(value, digits)}{SPACE}%"


def _percent(value: float, digits: int = DIGITS) -> str:
    if value in (0.0, 1.0):
        return f"{100 * value:.0f}"
    if 0 < value < SMALLEST_SHARE:
        return f"<{SPACE}{100 * SMALLEST_SHARE:g}"
    if 0.999 < value < 1:
        return f">{SPACE}99.9"
    percent = 100 * value
    decimals = (
        1 if abs(percent) >= 99.5 else max(0, digits - 1 - math.floor(math.log10(abs(percent))))
    )
    return f"{percent:.{decimals}f}".replace("-", "−")


def number(value: float, *, decimals: int | None = None) -> str:
    """A score with so many decimals; by default two, or two digits that matter where it is
    small.
    """
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if decimals is None:
        small = 0 < abs(value) < 0.095
        decimals = min(MOST_DECIMALS, 1 - math.floor(math.log10(abs(value)))) if small else 2
    text = f"{value:.{decimals}f}"
    return text.removeprefix("-") if not float(text) else text.replace("-", "−")


def count(value: float) -> str:
    """A whole number with thousands separated."""
    return f"{int(value):,}"


def one_in(rate: float) -> str:
    """``1 in 1,000`` for 0.001."""
    return f"1{SPACE}in{SPACE}{round(1 / rate):,}" if 0 < rate <= 0.5 else share(rate)


def p_value(value: float | None) -> str:
    """``p < 0.001``, ``p = 0.02``, or a dash where there is none."""
    if value is None:
        return "–"
    if value < SMALLEST_P:
        return f"<{SPACE}{SMALLEST_P:g}"
    return (
        f"{value:.2f}"
        if value >= 0.095
        else f"{value:.1g}"
        if value < 0.01
        else f"{value:.3f}".rstrip("0")
    )


def is_share(name: str) -> bool:
    """Whether the estimate called `name` is a share that reads best in per cent."""
    return name.startswith(("tpr", "ppv", "balanced_accuracy", "accuracy"))


def value_of(estimate: Estimate) -> str:
    """The point estimate alone, as exact as its interval allows."""
    return _written(estimate, estimate.value)


def span_of(estimate: Estimate) -> str:
    """The interval alone: ``1.2 to 3.5 %``, or ``at least 0.3``."""
    low, high = _written(estimate, estimate.low), _written(estimate, estimate.high)
    if math.isinf(estimate.high):
        return f"at least {low}"
    if math.isinf(estimate.low):
        return f"at most {high}"
    return f"{low.removesuffix(f'{SPACE}%')} to {high}"


def _written(estimate: Estimate, value: float) -> str:
    if is_share(estimate.name):
        return share(value, digits=_digits(estimate)) if math.isfinite(value) else number(value)
    half = (estimate.high - estimate.low) / 2
    if not 0 < half < math.inf:
        return number(value)
    # a third of the half-width: the last decimal shown is one that the interval leaves uncertain
    return number(value, decimals=min(MOST_DECIMALS, max(2, -math.floor(math.log10(half / 3)))))


def _digits(estimate: Estimate) -> int:
    """Two, or as many more as it takes to tell the ends of a share's interval apart."""
    if not math.isfinite(estimate.high - estimate.low):
        return DIGITS
    for digits in range(DIGITS, MOST_DIGITS):
        ends = {_percent(value, digits) for value in (estimate.low, estimate.value, estimate.high)}
        if (
            len(ends) == 3
            or estimate.low == estimate.high
            or estimate.value in (estimate.low, estimate.high)
        ):
            return digits
    return MOST_DIGITS


def both_of(estimate: Estimate) -> str:
    """Value and interval for a table: ``2.1 % (1.2–3.5 %)``, with "to" where a minus sign would
    meet the dash.
    """
    span = span_of(estimate)
    if estimate.value in (estimate.low, estimate.high) and math.isinf(estimate.high - estimate.low):
        return span
    return f"{value_of(estimate)} ({span if '−' in span else span.replace(' to ', '–')})"


def metric_name(name: str) -> str:
    """What a metric's name means, as the heading of a column."""
    if found := RATE.match(name):
        bound = "at most " if found[1] == "<=" else ""
        return f"Members found, {bound}{one_in(float(found[2]))} wrong"
    if found := PRECISION.match(name):
        return f"Accusations right where {share(float(found[1]))} are members"
    if found := PARTIAL.match(name):
        return f"AUC below {one_in(float(found[1]))} wrong"
    return PLAIN_NAMES.get(name, clean(name))


def short_metric_name(name: str) -> str:
    """As `metric_name`, for a narrow column."""
    if (rate := rate_of(name)) is not None:
        return f"Found, {one_in(rate)}"
    return "Score" if name == "advantage" else metric_name(name)


def rule_name(verdict: Verdict) -> str:
    """A gate's rule in words: ``Members found, 1 in 100 wrong, at most 5 %``."""
    name, limit = verdict.metric, verdict.limit
    known = verdict.relation == "at most" and metric_name(name) != clean(name)
    if limit is None or not known:
        return clean(verdict.rule)
    shown = f"{100 * limit:g}{SPACE}%" if is_share(name) else f"{limit:g}"
    return f"{metric_name(name)}, at most {shown}"


def rate_of(name: str) -> float | None:
    """The false-accusation rate in ``"tpr@fpr=0.001"``, or None for another name."""
    found = RATE.match(name)
    return float(found[2]) if found and found[1] == "=" else None


def upper_first(text: str) -> str:
    """`text` as the start of a sentence."""
    return text[:1].upper() + text[1:]


def plural(n: int, noun: str) -> str:
    """``1 record``, ``2 records``."""
    return f"{count(n)}{SPACE}{noun}{'' if n == 1 else 's'}"


def amount(value: Any) -> str:
    """A number of records from outside, or a dash where it is unknown."""
    return count(value) if isinstance(value, (int, float)) and math.isfinite(value) else "–"
