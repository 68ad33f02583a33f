"""Non-members that are nearly members: how many, and what the attack finds without them."""

import contextlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import CheckResult, Estimate, Evidence, NotEnoughData
from tacit.metrics import auc
from tacit.metrics.intervals import clopper_pearson

# A non-member is nearly a member where it is nearer to one than this share of the members is to
# another member; of a fair split's non-members about the same share is.
NEAR = 0.01
# Said where surely more than so many times that share is.
TIMES = 2.0
# A fair split is named by chance in 1 audit of 1,000.
SURELY = 0.999
# Pairs of records that are compared, for either question; more members, fewer non-members.
MOST_PAIRS = 20_000_000
# Beyond so many columns distances are taken in as many random directions, right to a tenth.
MOST_COLUMNS = 64
BLOCK = 2_000_000
FEWEST = 100
NAME = "near-duplicates"


def near_copies(
    table: NDArray[np.float32], shown: Evidence, *, level: float
) -> tuple[CheckResult, str] | None:
    """How many of the non-members have a near-duplicate among the members, and the AUC of the
    attack without them; None where there are no more than a fair split has.

    Parameters
    ----------
    table : float32 (n, d), the records' own columns.
    shown : the chosen attack's guesses about them.
    level : of the intervals.
    """
    if table.shape[1] == 0 or min(shown.n_members, shown.n_nonmembers) < FEWEST:
        return None
    points = _scaled(table)
    inside = points[shown.row[shown.member]]
    outside = np.flatnonzero(~shown.member)
    n_probes = max(FEWEST, MOST_PAIRS // len(inside))
    rng = np.random.default_rng(0)
    probed = np.sort(rng.permutation(outside)[:n_probes])
    own = np.sort(rng.permutation(len(inside))[:n_probes])
    limit = float(np.quantile(_nearest(inside[own], inside, own), NEAR))
    near = _nearest(points[shown.row[probed]], inside) < limit
    n, count = len(probed), int(near.sum())
    if clopper_pearson(count, n, level=SURELY)[0] <= TIMES * NEAR:
        return None
    low, high = clopper_pearson(count, n, level=level)
    share = Estimate("near-duplicates", count / n, float(low), float(high), level, n, "exact")
    kept = np.concatenate([np.flatnonzero(shown.member), probed[~near]])
    estimates = [share]
    with contextlib.suppress(NotEnoughData):
        estimates.append(auc(shown.take(np.sort(kept)), level=level))
    text = _text(share, estimates[1:], shown.attack)
    check = CheckResult(
        name=NAME,
        role="control",
        attack=shown.attack,
        n_members=shown.n_members,
        n_nonmembers=n,
        estimates=tuple(estimates),
        remarks=(text,),
    )
    return check, text


def _text(share: Estimate, area: list[Estimate], attack: str) -> str:
    found = f"{100 * share.value:.2g} % of the non-members ({100 * share.low:.2g} to"
    without = (
        f" Without them the AUC is {area[0].value:.3g} ({area[0].low:.3g} to {area[0].high:.3g})."
        if area
        else ""
    )
    return (
        f"{found} {100 * share.high:.2g} %) have a near-duplicate among the members, nearer than 99"
        " in 100 members have among the other members. They make a leak look smaller than it"
        f" is.{without}"
    )


def _scaled(table: NDArray[np.float32]) -> NDArray[np.float32]:
    """Columns of mean 0 and variance 1, in few random directions where there are many."""
    values = np.nan_to_num(table.astype(np.float64))
    spread = values.std(axis=0)
    values = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    if values.shape[1] > MOST_COLUMNS:
        rng = np.random.default_rng(0)
        values = values @ rng.normal(size=(values.shape[1], MOST_COLUMNS))
    return np.asarray(values, np.float32)


def _nearest(
    points: NDArray[np.float32], others: NDArray[np.float32], own: NDArray[Any] | None = None
) -> NDArray[np.float64]:
    """The squared distance of each point to the nearest of `others`, but for itself (`own`)."""
    squares = (others**2).sum(axis=1)
    found = np.empty(len(points))
    step = max(1, BLOCK // len(others))
    for start in range(0, len(points), step):
        part = points[start : start + step]
        distance = squares - 2 * (part @ others.T)
        if own is not None:
            distance[np.arange(len(part)), own[start : start + step]] = np.inf
        best = distance.min(axis=1) + (part**2).sum(axis=1)
        found[start : start + step] = np.maximum(best, 0.0)
    return found
