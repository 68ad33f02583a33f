"""What an exploration says: variants side by side, and in words what may be claimed."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tacit.audits.compare import front, paying
from tacit.audits.steps.bench import Bench
from tacit.audits.steps.multiplicity import with_adjusted
from tacit.audits.steps.runs import difference_of_runs
from tacit.audits.steps.trials import Trials
from tacit.core import Comparison
from tacit.core.comparison import Confirmed, Difference, Point
from tacit.core.dates import today


def comparison_of(
    measured: Mapping[str, Trials],
    bench: Bench,
    *,
    baseline: str,
    winner: str,
    confirmed: Confirmed | None,
    title: str,
) -> Comparison:
    """All variants side by side; the headline claims what was confirmed and nothing else.

    Parameters
    ----------
    measured : of every variant.
    bench : where they were trained.
    baseline, winner : names of variants.
    confirmed : what fresh trainings said of the two, or None.
    title : what it is called.
    """
    points = front(tuple(_point(item) for item in measured.values()))
    claimed = confirmed is not None and confirmed.better
    recommended = winner if claimed else baseline
    points = tuple(paying(p, len(points)) if p.name == winner else p for p in points)
    return Comparison(
        points,
        _differences(measured, baseline, bench.level),
        recommended,
        _said(baseline, winner, confirmed),
        _notes(measured, bench),
        bench.level,
        today(),
        title,
        baseline=baseline,
        confirmed=confirmed,
    )


def _point(item: Trials) -> Point:
    """One variant in the picture, with the run as the unit."""
    accuracy = item.accuracy
    return Point(
        item.name,
        item.name,
        None,
        None if accuracy is None else accuracy.value,
        item.score,
        runs=len(item.scores),
        accuracy_low=None if accuracy is None else accuracy.low,
        accuracy_high=None if accuracy is None else accuracy.high,
        seconds=float(np.mean(item.seconds)),
    )


def _differences(
    measured: Mapping[str, Trials], baseline: str, level: float
) -> tuple[Difference, ...]:
    """Every variant against the baseline, corrected; none of it is claimed."""
    base = measured[baseline]
    found = []
    for name, item in measured.items():
        if name != baseline:
            change = difference_of_runs(item.scores, base.scores, level=level, name="advantage")
            price = None
            if item.accuracies and base.accuracies:
                price = difference_of_runs(
                    item.accuracies, base.accuracies, level=level, name="accuracy"
                )
            found.append(Difference(name, baseline, change, change.p_value, accuracy=price))
    return tuple(
        replace(item, real=item.p_adjusted is not None and item.p_adjusted <= 1 - level)
        for item in with_adjusted(found)
    )


def _said(baseline: str, winner: str, confirmed: Confirmed | None) -> str:
    """What may be claimed: the confirmed difference, and nothing else."""
    same = winner == baseline
    # names are a user's words, and read as such only in quotes
    winner, baseline = f"“{winner}”", f"“{baseline}”"
    if same:
        return f"No variant within the tolerance was less vulnerable than {baseline}."
    if confirmed is None:
        return (
            f"{winner} looked least vulnerable. This was not confirmed on fresh trainings, and the"
            " least of many looks smaller than it is."
        )
    change, price = confirmed.score, confirmed.accuracy
    fresh = f"on {confirmed.runs} fresh trainings of each"
    if not confirmed.better:
        return (
            f"{winner} looked least vulnerable, but {fresh} it is not shown to be less vulnerable"
            f" than {baseline} (by {change.value:.3f}, {change.low:.3f} to {change.high:.3f})."
        )
    cost = ""
    if price is not None:
        cost = (
            f" Its accuracy changes by {100 * price.value:+.1f} points ({100 * price.low:+.1f} to"
            f" {100 * price.high:+.1f})."
        )
    return (
        f"{winner} lowers the vulnerability of {baseline} by {change.value:.3f}"
        f" ({change.low:.3f} to {change.high:.3f}), confirmed {fresh}.{cost}"
    )


def _notes(measured: Mapping[str, Trials], bench: Bench) -> tuple[str, ...]:
    """What the reader must know: what was trained, what is claimed, who is missing and why."""
    models = sum(bench.models.values())
    notes = [
        f"{models} models were trained; every run drew its own records and seed, and the other runs"
        " of its variant were its shadow models.",
        "Only the headline was confirmed on fresh trainings. Differences between variants in the"
        " table were looked at to choose, and the smallest of many looks smaller than it is; runs"
        " of one variant share their shadow models, so that error bars in the table are short.",
    ]
    unknown = [name for name, item in measured.items() if not item.accuracies]
    if len(unknown) == len(measured):
        notes.append(
            "No accuracy is known: the least vulnerable variant won, whatever it costs elsewhere."
        )
    elif unknown:
        notes.append(f"Without an accuracy, so they could not win: {', '.join(unknown)}.")
    notes += [f"{name} failed and was left out: “{what}”." for name, what in bench.failed.items()]
    if bench.untried:
        notes.append(f"Not tried, as the time was up: {', '.join(bench.untried)}.")
    return tuple(notes)
