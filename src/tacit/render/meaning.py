"""What the numbers mean where members are rare: how many accusations would be right."""

import math
import re

from tacit.core import CheckResult, Estimate, Report
from tacit.render.blocks import Block, Interval, Table, Text
from tacit.render.claims import claim_meaning, shown_epsilon
from tacit.render.words import PRECISION, both_of, one_in, rate_of

CAPTION = "Precision of the chosen attack at realistic base rates."
PRIORS = (0.5, 0.1, 0.01, 0.001)
RATES = ("tpr@fpr=0.001", "tpr@fpr=0.01", "tpr@fpr=0.1")
_AT = re.compile(r"at FPR ([0-9.e+-]+):")


def tail_rate(report: Report) -> Estimate | None:
    """The chosen attack's share of members found, at the smallest false-accusation rate where it
    beats a blind guess.

    Where it beats one at none, the smallest of the usual rates that was measured.
    """
    chosen = _chosen(report)
    found = (
        []
        if chosen is None
        else [rate for name in RATES if (rate := chosen.estimate(name)) is not None]
    )
    return next(
        (rate for rate in found if rate.low > (rate_of(rate.name) or 1.0)), next(iter(found), None)
    )


def meaning(report: Report) -> tuple[Block, ...]:
    """The score as guesses out of 100, then precision at realistic base rates; for a claim, what
    its epsilon means.
    """
    if (bound := shown_epsilon(report)) is not None:
        return claim_meaning(bound)
    blocks: list[Block] = []
    if report.score is not None:
        blocks.append(Text(_guesses(report.score)))
    chosen, rate = _chosen(report), tail_rate(report)
    rows = () if chosen is None else _precision_rows(chosen, rate)
    if rows:
        said = (
            "In life few candidates are members, so most accusations of a weak attacker are wrong."
            f" {_setting(chosen, rate)}:"
        )
        head = ("Members among the candidates", "Accusations that are right", "In words")
        blocks.append(Text(said))
        blocks.append(
            Table(CAPTION, head, rows, short=("Members among", "Right accusations", "In words"))
        )
    return tuple(blocks)


def _chosen(report: Report) -> CheckResult | None:
    return next((check for check in report.checks if check.name == report.chosen), None)


def _guesses(score: Estimate) -> str:
    right = [
        50 * (1 + min(1.0, max(-1.0, value))) for value in (score.value, score.low, score.high)
    ]
    decimals = next(
        (places for places in range(3) if round(right[1], places) < round(right[2], places)), 0
    )
    text = (
        f"Of 100 guesses about 50 members and 50 others, this attacker gets {right[0]:.{decimals}f}"
        " right"
    )
    if math.isfinite(score.low) and math.isfinite(score.high):
        text += f" ({right[1]:.{decimals}f} to {right[2]:.{decimals}f})"
    return f"{text}; a coin gets 50. That is an average: single records can be far more exposed."


def _precision_rows(
    chosen: CheckResult, rate: Estimate | None
) -> tuple[tuple[str | Interval, ...], ...]:
    measured = _measured(chosen, rate)
    if measured:
        priors = sorted(measured, reverse=True)
        return tuple(
            _row(prior, *_ends(measured[prior]), both_of(measured[prior])) for prior in priors
        )
    if rate is None:
        return ()
    return tuple(_computed_row(prior, rate) for prior in PRIORS)


def _measured(chosen: CheckResult, rate: Estimate | None) -> dict[float, Estimate]:
    """Precision as measured, by base rate; none where only the headline's rate of false accusations
    beats guessing.
    """
    measured = {
        float(found[1]): item for item in chosen.estimates if (found := PRECISION.match(item.name))
    }
    shown = any(item.low > prior for prior, item in measured.items())
    beats = rate is not None and rate.low > (rate_of(rate.name) or 1.0)
    return measured if shown or not beats else {}


def _ends(estimate: Estimate) -> tuple[float, float, float]:
    return estimate.value, estimate.low, estimate.high


def _computed_row(prior: float, rate: Estimate) -> tuple[str | Interval, ...]:
    fpr = rate_of(rate.name) or 1.0
    value, low, high = (
        _precision(found, fpr, prior)
        for found in (rate.value, max(0.0, rate.low), min(1.0, rate.high))
    )
    shown = Estimate("ppv", value, low, high, rate.level, rate.n, rate.method)
    return _row(prior, value, low, high, both_of(shown))


def _precision(tpr: float, fpr: float, prior: float) -> float:
    accused = prior * tpr + (1 - prior) * fpr
    return prior * tpr / accused if accused else 0.0


def _row(
    prior: float, value: float, low: float, high: float, text: str
) -> tuple[str | Interval, ...]:
    right = min(1000, max(0, round(1000 * value)))
    words = f"about {right:,} of 1,000 accused {'is a member' if right == 1 else 'are members'}"
    if low <= prior:
        words = f"not shown to beat guessing ({1000 * prior:g} of 1,000)"
    return (one_in(prior), Interval(value, low, high, text), words)


def _setting(chosen: CheckResult | None, rate: Estimate | None) -> str:
    measured = {} if chosen is None else _measured(chosen, rate)
    at = next((found for item in measured.values() if (found := _AT.match(item.method))), None)
    fpr = float(at[1]) if at else None if measured or rate is None else rate_of(rate.name)
    return f"When {one_in(fpr)} outsiders is accused" if fpr else "By the chosen attack"
