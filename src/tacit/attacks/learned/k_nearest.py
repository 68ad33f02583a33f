"""The share of members among the nearest known records."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.attacks.learned.fitting import Classifier, Learner

# the attackers of an audit are told so many: a nearer one among more would change no rank
MOST_NEIGHBOURS = 10_000
# distances at a time, 1 MB: with a copy of a part of them they fit the second cache of a core
DISTANCES = 1 << 18
# one known record in eight says below which distance the k nearest are, so that the others need no
# sorting; four standard deviations of such a count are too few in 3 of 100,000 records
SAMPLED = 8
SAFE = 4.0


@dataclass(frozen=True)
class KNearest(Learner):
    """The share of members among the nearest known records, in the space of the model's outputs and
    the signal.

    Parameters
    ----------
    share : of the known records that are neighbours (at least 10 records; beyond 10,000 known
        records an even sample is kept).

    References
    ----------
    .. [1] Shokri et al., Membership Inference Attacks Against Machine Learning Models, 2017, sec.
       V.

    Examples
    --------
    >>> from tacit.core import Signals
    >>> rng = np.random.default_rng(0)
    >>> member = rng.random(400) < 0.5
    >>> known = np.where(np.arange(400) < 200, member, -1)
    >>> signals = Signals.of(rng.normal(size=400) + 2.0 * member, known=known)
    >>> score = KNearest()(signals)[200:]
    >>> bool(score[member[200:]].mean() > score[~member[200:]].mean())
    True
    """

    share: float = 0.02

    def classifier(self) -> Classifier:
        """Brute force, in blocks."""
        return Neighbours(self.share)


class Neighbours:
    """All known records as near as the k-th nearest count: ties need no arbitrary choice."""

    def __init__(self, share: float) -> None:
        self.share = share

    def fit(self, x: NDArray[Any], y: NDArray[Any]) -> Any:
        step = -(-len(x) // MOST_NEIGHBOURS)
        self.known, self.member = x[::step], y[::step].astype(np.float64)
        self.n_near = min(len(self.known), max(10, round(self.share * len(self.known))))
        return self

    def predict_proba(self, x: NDArray[Any]) -> NDArray[Any]:
        n = len(self.known)
        # an order that says nothing of a record, so that its first part is a sample
        order = np.random.default_rng(n).permutation(n)
        centre = self.known.mean(axis=0)
        known = np.ascontiguousarray((self.known[order] - centre).T)
        length = np.einsum("ij,ij->j", known, known)
        known *= -2
        member = self.member[order]
        step = max(1, DISTANCES // n)
        parts = []
        for start in range(0, len(x), step):
            distance = (x[start : start + step] - centre) @ known
            distance += length
            parts.append(self._share(distance, member))
        share = np.concatenate(parts)
        return np.stack([1 - share, share], axis=1)

    def _share(
        self, distance: NDArray[np.float32], member: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Share of members among the nearest, (a,), from the distances (a, n) to known records."""
        rows, columns = _within(distance, self._limit(distance))
        counts = np.bincount(rows, minlength=len(distance))
        few = counts < self.n_near
        if few.any():
            # the sample deceived: here all distances are sorted
            limit = np.where(few, np.inf, self._limit(distance))
            rows, columns = _within(distance, limit)
            counts = np.bincount(rows, minlength=len(distance))
        value = distance[rows, columns]
        near = value <= _kth(value, counts, self.n_near)[rows]
        rows, columns = rows[near], columns[near]
        members = np.bincount(rows, weights=member[columns], minlength=len(distance))
        return np.asarray(members / np.bincount(rows, minlength=len(distance)), np.float64)

    def _limit(self, distance: NDArray[np.float32]) -> NDArray[np.floating[Any]]:
        """A distance (a,) that k records should not exceed, by a sample, which is an eighth to
        sort.
        """
        n = distance.shape[1]
        size = n // SAMPLED
        expected = size * self.n_near / n
        place = int(expected + SAFE * expected**0.5) + 1
        if not 0 <= place < size:
            return np.full(len(distance), np.inf, np.float32)
        return np.asarray(np.partition(distance[:, :size], place, axis=1)[:, place])


def _within(
    distance: NDArray[np.float32], limit: NDArray[np.floating[Any]]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the distances that do not exceed the limit of their row."""
    close = distance <= limit[:, None].astype(distance.dtype)
    return np.divmod(np.flatnonzero(close), distance.shape[1])


def _kth(value: NDArray[np.float32], counts: NDArray[np.intp], k: int) -> NDArray[np.float32]:
    """The k-th smallest of each row, from the values of one row after the other and how many each
    has, k or more.
    """
    wide = np.full((len(counts), counts.max()), np.inf, value.dtype)
    wide[np.arange(wide.shape[1]) < counts[:, None]] = value
    return np.asarray(np.partition(wide, k - 1, axis=1)[:, k - 1])
