"""From what was measured to a Report: the same for every audit of membership."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from tacit.audits.steps.joint_finding import Found
from tacit.audits.steps.scoring import Scored, result_of
from tacit.audits.steps.verdict import finding_of, headline_of
from tacit.core import CheckResult, Evidence, Note, Policy, Report, overall
from tacit.metrics import roc_points, score_histogram

N_ROC, BEST_POINTS, OTHER_POINTS = 4, 400, 100


def results_of(found: Found, *, policy: Policy, shown: Scored) -> dict[str, CheckResult]:
    """One result an attack; the one that is shown has every metric and the vulnerability score.

    Parameters
    ----------
    found : by the joint test.
    policy : the gates.
    shown : the attack that is shown.
    """
    results = {}
    for item in found.scored:
        own, corrected = found.p_values(item)
        results[item.name] = result_of(
            item,
            level=found.shown_level,
            every=item is shown,
            policy=policy,
            p_value=own,
            p_adjusted=corrected,
            score=found.score if item is shown else None,
            found=corrected is not None and corrected <= found.alpha,
        )
    return results


def concluded(
    found: Found,
    results: Mapping[str, CheckResult],
    parts: tuple[CheckResult, ...],
    others: tuple[CheckResult, ...],
    *,
    shown: Scored,
    policy: Policy,
    warning: str = "",
) -> Report:
    """The Report of all attacks, of the slices (`parts`), and of baselines or controls (`others`).

    A `warning` says why the numbers do not speak of the model; then nothing is found, and nothing
    passes or fails. What could not be known, assumptions, environment and pictures are the caller's
    to add.
    """
    chosen = results[shown.name]
    missing = _too_few(found) if found.needed else None
    detectable = None if missing else found.detectable.worst
    finding = finding_of(
        None if missing else found.p_value,
        detectable,
        level=found.level,
        attributable=not warning,
    )
    verdicts = policy.judge(chosen.estimates, chosen.notes, attributable=not warning)
    on_all = found.p_values(shown)[1]
    return Report(
        finding=finding,
        verdict=overall(verdicts),
        headline=headline_of(
            finding,
            chosen,
            detectable,
            warning=warning,
            in_all=on_all is not None and on_all <= found.alpha,
            slices=parts,
            alpha=found.alpha,
            missing=missing,
        ),
        p_value=found.p_value,
        detectable=detectable,
        score=found.score,
        chosen=shown.name,
        checks=(*results.values(), *parts, *others),
        verdicts=verdicts,
        unknown=() if missing is None else (missing,),
        warnings=(warning,) if warning else (),
        figures={"detectable": asdict(found.detectable)},
        policy=policy.name,
        attributable=not warning,
    )


def _too_few(found: Found) -> Note:
    unit = "records" if found.cluster is None else "clusters"
    members, others = found.units
    reason = (
        f"so few {unit} show nothing, however large a leak is: it takes {found.needed} members and"
        f" {found.needed} non-members at least, got {members} and {others}"
    )
    return Note(
        "is there a leak at all?",
        reason,
        found.needed,
        min(members, others),
        f"{unit} of each side",
    )


def units(evidence: Evidence) -> tuple[int, int]:
    """Independent members and non-members: records, or clusters that hold some."""
    if evidence.cluster is None:
        return evidence.n_members, evidence.n_nonmembers
    inside, outside = evidence.units
    return int(inside.max()) + 1, int(outside.max()) + 1


def figures(scored: Sequence[Scored], shown: Scored, *, level: float) -> dict[str, Any]:
    """Numbers behind the pictures: ROC of the attack that is shown and of some others, scores of
    the one that is shown.
    """
    others = [item for item in scored if item is not shown and not item.same_as]
    most = {shown: BEST_POINTS} | dict.fromkeys(others[: N_ROC - 1], OTHER_POINTS)
    return {
        "roc": [
            roc_points(item.evidence, max_points=points, level=level) | {"attack": item.name}
            for item, points in most.items()
        ],
        "scores": [score_histogram(shown.evidence) | {"attack": shown.name}],
    }
