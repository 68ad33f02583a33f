"""A trace becomes a report, like that of an audit."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tacit.audits.training_run import course_report
from tacit.core import DEFAULT_POLICY, NotEnoughData, PolicyLike, Report
from tacit.core.checking import MIN_CELL
from tacit.integrations.trace import PrivacyTrace


def trace_report(
    trace: PrivacyTrace,
    *,
    slices: Mapping[str, tuple[Sequence[Any], Sequence[Any]]] | None = None,
    min_cell: int = MIN_CELL,
    records: bool = False,
    policy: PolicyLike = DEFAULT_POLICY,
    title: str = "model",
) -> Report:
    """What the whole course of a training tells: the trend, the last look, all looks together, and
    the most exposed slices.

    Parameters
    ----------
    trace : with at least one look.
    slices : a public column of *all* members and of *all* non-members under each name, ``{"region":
        (of_members, of_others)}``.
    min_cell : a value with fewer members or non-members in the sample is not shown by itself.
    records : also list the members of the sample by their row numbers, most exposed first. They say
        who was a member.
    policy : the gates of the verdict.
    title : the model's name.

    Raises
    ------
    NotEnoughData : the trace holds no look.
    """
    history = trace.history
    if not history.points:
        raise NotEnoughData(
            "A report on a training needs at least 1 look, got none.", needed=1, got=0, unit="looks"
        )
    inside, outside = trace.rows
    sampled = {
        name: np.concatenate([np.asarray(of_members)[inside], np.asarray(others)[outside]]).tolist()
        for name, (of_members, others) in (slices or {}).items()
    }
    report: Report = course_report(
        history.losses,
        history.member,
        score=history.points[-1].advantage,
        trend=[trace.trend(title)],
        slices=sampled,
        min_cell=min_cell,
        rows=np.concatenate(trace.rows) if records else None,
        policy=policy,
        level=trace.level,
        title=title,
    )
    return report
