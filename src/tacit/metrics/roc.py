"""Counts of members and non-members at or above a threshold."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import Evidence, InvalidInput
from tacit.core.sorting import pieces, searched
from tacit.metrics.arrays import takes_arrays
from tacit.metrics.clusters import effective_size, units


@dataclass(frozen=True)
class Side:
    """One side of the paper at one threshold: `hits` of `n` records accused, worth `size`
    independent ones in `n_units` units.
    """

    hits: int
    n: int
    size: float
    n_units: int

    @property
    def share(self) -> float:
        """Share of the side that is accused."""
        return self.hits / self.n

    @property
    def effective_hits(self) -> float:
        """Hits on the scale of independent records."""
        return self.share * self.size


def at_or_above(scores: NDArray[np.floating[Any]], threshold: float) -> int:
    """How many of `scores` (ascending) are `threshold` or more."""
    return len(scores) - int(searched(scores, threshold))


def sides(evidence: Evidence, threshold: float) -> tuple[Side, Side]:
    """Members and non-members at ``score >= threshold``.

    Raises
    ------
    InvalidInput : the threshold is NaN.
    NotEnoughData : no member, no non-member, or fewer than 5 clusters of either.
    """
    if np.isnan(threshold):
        raise InvalidInput("`threshold` needs a number, got NaN.")
    evidence.require_both()
    return _side(evidence, threshold, member=True), _side(evidence, threshold, member=False)


def _side(evidence: Evidence, threshold: float, *, member: bool) -> Side:
    scores = evidence.member_scores if member else evidence.nonmember_scores
    hits, n = at_or_above(scores, threshold), len(scores)
    if evidence.cluster is None:
        return Side(hits, n, n, n)
    cluster, score = units(evidence, member=member)
    return Side(hits, n, effective_size(score >= threshold, cluster), int(cluster.max()) + 1)


@takes_arrays
def best_threshold(evidence: Evidence) -> float:
    """The score at which TPR - FPR is largest on these records: the cut for *other* records.

    The highest such score where several do equally well; infinity where accusing nobody is best.
    """
    evidence.require_both()
    place = best_place(evidence)
    return float(evidence.member_scores[place]) if place < evidence.n_members else float("inf")


def best_place(evidence: Evidence) -> int:
    """Index into `member_scores` of the best threshold; `n_members` where accusing nobody is
    best.
    """
    largest, place = 0.0, evidence.n_members
    for part, gain in gains_in_parts(evidence):
        top = float(gain.max())
        if top > 0 and top >= largest:
            largest, place = top, part.start + int(np.flatnonzero(gain == top)[-1])
    if place == evidence.n_members:
        return place
    return int(np.searchsorted(evidence.member_scores, evidence.member_scores[place], side="left"))


def gains(evidence: Evidence) -> NDArray[np.float64]:
    """TPR - FPR at each of `member_scores` as a threshold (at all but the first of equal scores,
    less than that).
    """
    return np.concatenate([gain for _, gain in gains_in_parts(evidence)])


def gains_in_parts(evidence: Evidence) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    """The `gains` of one slice of the members after the other, so that little is made at a time."""
    n_members = evidence.n_members
    for part in pieces(n_members):
        gain = np.arange(n_members - part.start, n_members - part.stop, -1) / n_members
        gain -= 1
        gain += evidence.below[part] / evidence.n_nonmembers
        yield part, gain
