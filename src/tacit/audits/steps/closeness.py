"""Is the release closer to its members? A one-way alarm, and what it holds of them verbatim."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tacit.core import CheckResult, Estimate, Membership, Note, NotEnoughData
from tacit.core.evidence import Evidence
from tacit.core.frame import Frame, stacked
from tacit.metrics import auc
from tacit.metrics.intervals import normal_quantile
from tacit.signals.synthetic import squared_distances

Floats = NDArray[np.float64]

SHARE = "share of the release nearest to a member"
ONE_WAY = (
    "an alarm in one direction only: a share that is no larger than expected says nothing, "
    "because records can be told apart without any row of the release being near to them"
)


def nearest_counts(x: Floats, s: Floats) -> Floats:
    """For each real row, how many rows of the release are nearest to it, float (n,).

    Where several real rows are equally near, each gets its share.

    Parameters
    ----------
    x : float (n, d), the real rows.
    s : float (m, d), the release.
    """
    count = np.zeros(len(x))
    for _, squared in squared_distances(s, x):
        near = squared == squared.min(axis=1, keepdims=True)
        count += (near / near.sum(axis=1, keepdims=True)).sum(axis=0)
    return count


def share_result(
    count: Floats, membership: Membership, *, level: float, p_adjusted: float | None
) -> CheckResult:
    """The share of the release that is nearest to a member (of members and non-members together).

    The rows of a release are not independent, so its interval takes the real rows as the unit, and
    its p-value is that of relabelled records.

    Parameters
    ----------
    count : of `nearest_counts`.
    membership : who is a member.
    level : two-sided confidence.
    p_adjusted : of the joint test.
    """
    member = membership.member
    total = float(count.sum())
    value = float(count[member].sum() / total)
    residual = count * (member - value)
    if membership.cluster is not None:
        residual = np.bincount(membership.cluster, weights=residual)
    half = normal_quantile(level) * float(np.sqrt((residual**2).sum())) / total
    expected = float(member.mean())
    estimate = Estimate(
        SHARE,
        value,
        max(0.0, value - half),
        min(1.0, value + half),
        level,
        len(member),
        "ratio over real rows, normal limits",
        ("real rows are independent of one another",),
    )
    return CheckResult(
        name="share closer to members",
        role="risk",
        statistic="distance",
        n_members=int(member.sum()),
        n_nonmembers=int((~member).sum()),
        estimates=(estimate,),
        p_value=p_adjusted,
        p_adjusted=p_adjusted,
        remarks=(f"expected without a leak: {expected:.3g}", ONE_WAY),
    )


def copied(rows: Frame, synthetic: Frame) -> NDArray[np.bool_]:
    """Which of the rows are in the release cell by cell, bool (n,)."""
    code = stacked([rows, synthetic]).codes()
    return np.isin(code[: rows.n], code[rows.n :])


def twin_rows(rows: Frame, membership: Membership) -> NDArray[np.bool_]:
    """Rows that have an exact twin of the other side, bool (n,)."""
    code = rows.codes()
    members = np.bincount(code, weights=membership.member)[code]
    everyone = np.bincount(code)[code]
    return np.asarray((members > 0) & (members < everyone))


def twins_result(evidence: Evidence, twin: NDArray[np.bool_], *, level: float) -> CheckResult:
    """The AUC without the rows that have a twin of the other side, and how many there are.

    A non-member that equals a member is counted as wrongly accused however much the release tells,
    so twins hide a leak.

    Parameters
    ----------
    evidence : of the chosen attack.
    twin : bool (n,), by row.
    level : two-sided confidence.
    """
    own = twin[evidence.row]
    share = float(own[~evidence.member].mean())
    kept = evidence.take(~own)
    result = CheckResult(
        name="without twins",
        role="control",
        attack=evidence.attack,
        n_members=kept.n_members,
        n_nonmembers=kept.n_nonmembers,
        remarks=(f"{100 * share:.1f} % of the non-members equal a member in every column",),
    )
    try:
        area = auc(kept, level=level)
    except NotEnoughData as error:
        return replace(result, notes=(Note.of(result.name, error),))
    return replace(result, estimates=(area,), p_value=area.p_value)
