"""The share of members among the nearest known records."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.attacks.learned.fitting import Classifier, Learner

MOST_NEIGHBOURS = 10_000
DISTANCES = 1 << 21


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
        self.known, self.member = x[::step], y[::step].astype(np.float32)
        self.n_near = min(len(self.known), max(10, round(self.share * len(self.known))))
        return self

    def predict_proba(self, x: NDArray[Any]) -> NDArray[Any]:
        centre = self.known.mean(axis=0)
        known = self.known - centre
        length = np.einsum("ij,ij->i", known, known)
        step = max(1, DISTANCES // len(known))
        parts = [
            self._share(x[i : i + step] - centre, known, length) for i in range(0, len(x), step)
        ]
        share = np.concatenate(parts)
        return np.stack([1 - share, share], axis=1)

    def _share(self, x: NDArray[Any], known: NDArray[Any], length: NDArray[Any]) -> NDArray[Any]:
        distance = length - 2 * (x @ known.T)
        furthest = np.partition(distance, self.n_near - 1, axis=1)[:, self.n_near - 1]
        near = (distance <= furthest[:, None]).astype(np.float32)
        return np.asarray((near @ self.member) / near.sum(axis=1), dtype=np.float64)
