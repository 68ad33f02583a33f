"""What numbers must look like to be probabilities, and when they are taken for something else."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import checking
from tacit.core.errors import InvalidInput
from tacit.core.resolution import decimal_unit

# rows of probabilities sum to one within this, as services round and truncate
SUM_TOLERANCE = 1e-2
# numbers that were meant as logits sum to one this closely only by being probabilities
LOOKS_LIKE_ONE = 1e-4
# fewer numbers may lie between 0 and 1, or below 100, by chance
ENOUGH_TO_TELL = 20
# rows in percent sum to 100 within what sums of one are allowed
HUNDRED_TOLERANCE = 100 * SUM_TOLERANCE
# only so many rows, all with the same number of answers, show that a service keeps the largest few
ENOUGH_PARTIAL = 5


def require_probabilities(probs: NDArray[np.floating[Any]], *, tolerance: float) -> None:
    """Refuse numbers outside 0 to 1; what was rounded may leave it by `tolerance`.

    Raises
    ------
    InvalidInput : the error says whether they look like percent.
    """
    outside = (probs < -tolerance) | (probs > 1 + tolerance)
    if outside.any():
        rows = np.flatnonzero(outside.reshape(len(probs), -1).any(axis=1))
        remedy = "If these are logits, pass them as `logits=`."
        if look_like_percent(probs):
            remedy = "They look like percent: divide them by 100."
        raise InvalidInput(
            f"`probs` needs numbers from 0 to 1, got values from {probs.min():.4g} to"
            f" {probs.max():.4g} in {checking.rows_text(rows)}. {remedy}"
        )


def require_sums_of_one(probs: NDArray[np.floating[Any]]) -> None:
    """Refuse rows (n, k) that sum to something else than one, for any reason that is not rounding
    or a service that keeps the largest few.

    Raises
    ------
    InvalidInput : the error lists what else such numbers may be.
    """
    sums = probs.sum(axis=1, dtype=np.float64)
    rows = np.flatnonzero(np.abs(sums - 1) > SUM_TOLERANCE)
    if not len(rows):
        return
    # k numbers, each off by at most half a unit of its last digit
    rounding = SUM_TOLERANCE + probs.shape[1] * decimal_unit(probs) / 2
    if (np.abs(sums[rows] - 1) <= rounding).all() or _largest_few(probs, sums, rounding):
        return
    raise InvalidInput(
        f"`probs` needs rows that sum to 1, got sums from {sums.min():.4g} to {sums.max():.4g}"
        f" in {checking.rows_text(rows)}. Logits go to `logits=`; independent outputs need a"
        " `label` of shape (n, k); rounded probabilities need the same number of decimals"
        " everywhere, and answers of the largest few classes a 0 for each of the others."
    )


def _largest_few(
    probs: NDArray[np.floating[Any]], sums: NDArray[np.float64], rounding: float
) -> bool:
    """Does every row keep the same few classes' probabilities, and 0 for the rest?"""
    kept = int(np.count_nonzero(probs, axis=1).max())
    full = np.count_nonzero(np.count_nonzero(probs, axis=1) == kept)
    return bool(
        len(probs) >= ENOUGH_PARTIAL
        and 0 < kept < probs.shape[1]
        and full >= len(probs) / 2
        and (sums <= 1 + rounding).all()
        and (probs >= 0).all()
    )


def look_like_probabilities(logits: NDArray[np.floating[Any]], *, exclusive: bool) -> bool:
    """Were probabilities given as logits? Of classes that exclude one another rows sum to one."""
    if exclusive:
        off = np.abs(logits.sum(axis=1, dtype=np.float64) - 1)
        return logits.shape[1] > 1 and bool((off < LOOKS_LIKE_ONE).all() and (logits >= 0).all())
    return logits.size >= ENOUGH_TO_TELL and bool(
        (logits > 0).all() and (logits < 1).all() and np.ptp(logits) > 0
    )


def look_like_percent(probs: NDArray[np.floating[Any]]) -> bool:
    """Numbers from 0 to 100 whose rows, if there are any, sum to about 100 with what was rounded
    off.
    """
    if (probs < 0).any() or (probs > 100 + HUNDRED_TOLERANCE).any() or probs.max() <= 2:
        return False
    if probs.ndim == 1:
        return len(probs) >= ENOUGH_TO_TELL and bool(probs.max() > 50)
    off = np.abs(probs.sum(axis=1, dtype=np.float64) - 100)
    return bool((off <= HUNDRED_TOLERANCE + probs.shape[1] / 2).all())
