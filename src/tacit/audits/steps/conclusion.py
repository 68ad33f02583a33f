"""From what was measured to a Report: the same for every audit of membership."""

from collections.abc import Mapping, Sequence
from typing import Any

from tacit.audits.steps.scoring import Marked, main_p_value
from tacit.audits.steps.verdict import finding_of, headline_of, whole_p_value
from tacit.core import CheckResult, Evidence, NotEnoughData, Policy, Report, overall
from tacit.metrics import detectable_advantage, roc_points, score_histogram

N_ROC, BEST_POINTS, OTHER_POINTS = 4, 400, 100


def concluded(
    results: Mapping[str, CheckResult],
    parts: tuple[CheckResult, ...],
    others: tuple[CheckResult, ...],
    best: Marked,
    *,
    policy: Policy,
    level: float,
    warning: str = "",
) -> Report:
    """The Report of the attack that was chosen (`best`), its slices (`parts`), and baselines or
    controls (`others`).

    A `warning` says why the numbers do not speak of the model; then nothing is found, and nothing
    passes or fails. What could not be known, assumptions, environment and pictures are the caller's
    to add.
    """
    chosen = results[best.name]
    score = chosen.estimate("advantage")
    main = main_p_value(best, level)
    p_value = whole_p_value(main, parts)
    try:
        detectable: float | None = detectable_advantage(*units(best.measured), level=level)
    except NotEnoughData:
        detectable = None
    finding = finding_of(p_value, detectable, level=level, attributable=not warning)
    verdicts = policy.judge(chosen.estimates, chosen.notes, attributable=not warning)
    return Report(
        finding=finding,
        verdict=overall(verdicts),
        headline=headline_of(finding, chosen, detectable, warning=warning, main=main, slices=parts),
        p_value=p_value,
        detectable=detectable,
        score=score,
        chosen=best.name,
        checks=(*results.values(), *parts, *others),
        verdicts=verdicts,
        warnings=(warning,) if warning else (),
        policy=policy.name,
        attributable=not warning,
    )


def units(evidence: Evidence) -> tuple[int, int]:
    """Independent members and non-members: records, or clusters that hold some."""
    if evidence.cluster is None:
        return evidence.n_members, evidence.n_nonmembers
    inside, outside = evidence.units
    return int(inside.max()) + 1, int(outside.max()) + 1


def figures(marked: Sequence[Marked], best: Marked, *, level: float) -> dict[str, Any]:
    """Numbers behind the pictures: ROC of the chosen attack and the most promising others, scores
    of the chosen one.
    """
    others = sorted((item for item in marked if item is not best), key=lambda item: -item.promise)
    shown = {best: BEST_POINTS} | dict.fromkeys(others[: N_ROC - 1], OTHER_POINTS)
    return {
        "roc": [
            roc_points(item.measured, max_points=most, level=level) | {"attack": item.name}
            for item, most in shown.items()
        ],
        "scores": [score_histogram(best.measured) | {"attack": best.name}],
    }
