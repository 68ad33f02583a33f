"""Several trainings of one recipe in a comparison: they become one point."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tacit.audits.steps.differences import Measured
from tacit.audits.steps.runs import FEWEST, over_runs
from tacit.core import Estimate

# the worst of a name's runs is what is said of it
FINDINGS = ("leak", "inconclusive", "no leak found", "")
VERDICTS = ("fail", "inconclusive", "pass", "")
# confidence of an accuracy's interval where no score says another
LEVEL = 0.95


def grouped(measured: Sequence[Measured]) -> list[Measured]:
    """Runs of one name (and epoch) become one point, with the run as the unit.

    Parameters
    ----------
    measured : Sequence[Measured]
        In the order given; a name that stands once stays as it is.
    """
    groups: dict[tuple[str, float | None], list[Measured]] = {}
    for item in measured:
        groups.setdefault((item.point.model, item.point.epoch), []).append(item)
    return [items[0] if len(items) == 1 else _joined(items) for items in groups.values()]


def _joined(items: Sequence[Measured]) -> Measured:
    points = [item.point for item in items]
    scores = [point.score for point in points if point.score is not None]
    values = tuple(score.value for score in scores)
    first = scores[0] if scores else None
    score = first
    if first is not None and len(values) >= FEWEST:
        score = _of_runs(scores)
    seen = [point.accuracy for point in points if point.accuracy is not None]
    level = LEVEL if first is None else first.level
    accuracy = over_runs(seen, level=level, name="accuracy")
    findings, verdicts = ({getattr(p, kind) for p in points} for kind in ("finding", "verdict"))
    point = replace(
        points[0],
        score=score,
        accuracy=float(np.mean(seen)) if seen else None,
        accuracy_low=None if accuracy is None else accuracy.low,
        accuracy_high=None if accuracy is None else accuracy.high,
        finding=next(kind for kind in (*FINDINGS, *findings) if kind in findings),
        verdict=next(kind for kind in (*VERDICTS, *verdicts) if kind in verdicts),
        n=min(p.n for p in points),
        runs=len(points),
    )
    error = None if accuracy is None else (accuracy.high - accuracy.low) / 2
    return Measured(point, None, error, values if len(values) >= FEWEST else ())


def _of_runs(scores: Sequence[Estimate]) -> Estimate | None:
    """The mean score of runs.

    A score is cut off at the ends of its interval, at 0 above all: then the spread of the runs is
    too small, and so it is where training has no chance in it. There the interval reaches as far as
    the runs' own do on average.
    """
    first = scores[0]
    found = over_runs([score.value for score in scores], level=first.level, name=first.name)
    cut = any(score.value in (score.low, score.high) for score in scores)
    if found is None or not (cut or found.low == found.high):
        return found
    ends = [float(np.mean([getattr(score, end) for score in scores])) for end in ("low", "high")]
    return replace(found, low=min(found.low, ends[0]), high=max(found.high, ends[1]))
