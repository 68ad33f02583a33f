"""Descriptions that fit exactly one record: do they fit one member more often than a non-member?

Descriptions made from one table are not independent of one another: many of them fit the same
extreme record. The records are the unit.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import Estimate, InvalidInput, NotEnoughData, checking
from tacit.metrics.risks import correlation, risk_limits

Floats = NDArray[np.float64]

UNITS = "records (or clusters of them) are independent of one another"
PAIRED = "each description was tried on as many members as non-members"
# Answer keys dealt at first, and where the first p-value is small: then one of 1e-4 can be told,
# which outlasts the correction for 23 risks that share a tenth of the error.
FIRST, MORE, SMALL = 999, 9_999, 0.02
# Numbers held at once while answer keys are dealt: 16 MB.
BLOCK = 1 << 21
SEED = 20_261


def singled_out_risk(
    member: NDArray[Any],
    nonmember: NDArray[Any],
    *,
    level: float = 0.95,
    dealt: "Dealt | None" = None,
) -> Estimate:
    """Residual risk of descriptions that succeed where exactly one record fits.

    The risk is ``1 - q1 / q0`` with the failure rates q on members and non-members, as in
    `residual_risk`. Membership is dealt anew among the records: that gives an exact p-value,
    however descriptions depend on one another, and the variance by which the interval is widened
    where many descriptions fit the same record [1]_.

    Parameters
    ----------
    member : int (k, u), records of each unit (a record, or a cluster) that each description fits.
    nonmember : int (k, v), the same descriptions on as many non-members.
    level : two-sided confidence.
    dealt : what random answer keys make of the same descriptions, where that is known already.

    Raises
    ------
    InvalidInput : the numbers of descriptions differ.
    NotEnoughData : fewer than 2 descriptions or units, or all succeed on the non-members.

    References
    ----------
    .. [1] Pitman, Significance tests which may be applied to samples from any populations, 1937.

    Examples
    --------
    >>> member, nonmember = np.eye(40, 60, dtype=int), np.eye(40, 60, k=30, dtype=int)
    >>> risk = singled_out_risk(member, nonmember)
    >>> round(risk.value, 3), risk.p_value < 0.01
    (1.0, True)
    """
    checking.fraction(level, "level")
    fits = [np.asarray(side) for side in (member, nonmember)]
    k = len(fits[0])
    if any(side.ndim != 2 for side in fits) or len(fits[1]) != k:
        raise InvalidInput(
            "`member` and `nonmember` need one row a description, the same ones, got shapes "
            f"{fits[0].shape} and {fits[1].shape}."
        )
    fewest = min(k, fits[0].shape[1], fits[1].shape[1])
    if fewest < 2:
        message = f"A residual risk needs 2 descriptions and 2 records a side, got {fewest}."
        raise NotEnoughData(message, needed=2, got=fewest, unit="descriptions and records")
    inside, outside = (side.sum(axis=1) == 1 for side in fits)
    if outside.all():
        message = f"All {k} descriptions fit one non-member, so membership can add nothing."
        raise NotEnoughData(message, needed=1, got=0, unit="failed descriptions")
    dealt = Dealt.of(*fits) if dealt is None else dealt
    link, size = correlation(inside, outside), k / dealt.design_effect
    failed = (float((~inside).mean()), float((~outside).mean()))
    misses = (failed[0] * size, failed[1] * size)
    low, high = risk_limits(misses, (size, size), link=link, level=level)
    value = 1 - failed[0] / failed[1]
    return Estimate(
        "residual risk",
        value,
        min(low, value),
        max(high, value),
        level,
        2 * k,
        "ratio of failure rates (MOVER, Wilson), relabelled records",
        (UNITS, PAIRED),
        dealt.p_value,
    )


@dataclass(frozen=True, eq=False)
class Dealt:
    """What random answer keys make of the same descriptions.

    Parameters
    ----------
    p_value : share of the answer keys under which members are singled out as much more often.
    design_effect : how many times fewer the descriptions are worth than if they were independent;
        at least 1, at most their number.
    """

    p_value: float
    design_effect: float

    @classmethod
    def of(cls, member: NDArray[Any], nonmember: NDArray[Any]) -> "Dealt":
        """Deal membership anew among the units; see `singled_out_risk` for the arrays."""
        from scipy.sparse import csr_matrix

        fits = np.concatenate([member, nonmember], axis=1)
        truth = np.arange(fits.shape[1]) < member.shape[1]
        # the order of the records must not matter: they are put in an order of their own first
        some = fits.any(axis=0)
        rest = np.flatnonzero(some)[np.lexsort(fits[:, some])] if some.any() else np.array([], int)
        order = np.concatenate([np.flatnonzero(~some), rest])
        table = csr_matrix(fits[:, order].astype(np.float32))
        inside, outside = (side.sum(axis=1) == 1 for side in (member, nonmember))
        gap = inside.astype(np.float64) - outside
        found = _gaps(table, truth[order], FIRST)
        # one description that differs is the least that a variance can be told from
        naive = max(1.0, len(gap) * float(gap.var()))
        effect = min(float(len(gap)), max(1.0, float(found.var()) / naive))
        p_value = _p_value(found, gap.sum())
        if p_value <= SMALL:
            p_value = _p_value(_gaps(table, truth[order], MORE), gap.sum())
        return cls(p_value, effect)


def _gaps(table: Any, truth: NDArray[np.bool_], draws: int) -> Floats:
    """Descriptions that single out a member less those that single out a non-member, (draws,)."""
    rng = np.random.default_rng(SEED)
    total = np.asarray(table.sum(axis=1))
    gaps, step = np.empty(draws), max(1, BLOCK // max(table.shape))
    for start in range(0, draws, step):
        part = gaps[start : start + step]
        keys = np.repeat(truth[None], len(part), axis=0)
        rng.permuted(keys, axis=1, out=keys)
        ours = table @ keys.T.astype(np.float32)
        part[:] = (ours == 1).sum(axis=0) - (total - ours == 1).sum(axis=0)
    return gaps


def _p_value(null: Floats, observed: float) -> float:
    return (int(np.count_nonzero(null >= observed)) + 1) / (len(null) + 1)
