"""Chosen on one half of the records, measured on the other: nothing is graded by the data that
picked it.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tacit.core import Attack, Evidence, Membership, Signals, collect, deal

FIT_LIMIT = 10_000
N_PARTS = 4


@dataclass(frozen=True, eq=False)
class Halves:
    """How the records of an audit are used.

    Parameters
    ----------
    part : int8 (n,). Parts 0 and 1 are the choosing half: attackers that learn are fitted on each
        of them and score the other. Parts 2 and 3 are the measured half: no attack, threshold or
        hyper-parameter has seen their truth.
    """

    part: NDArray[np.int8]

    @classmethod
    def dealt(cls, membership: Membership, *, seed: int) -> "Halves":
        """Deal clusters whole, members and non-members in proportion.

        Raises
        ------
        NotEnoughData : fewer than 4 members or non-members (or clusters of them).
        """
        return cls(deal(membership, N_PARTS, seed=seed))

    @property
    def choosing(self) -> NDArray[np.bool_]:
        """Mask (n,) of the choosing half."""
        return self.part < 2

    @property
    def measured(self) -> NDArray[np.bool_]:
        """Mask (n,) of the measured half."""
        return self.part >= 2

    def mark(
        self, attack: Attack, signals: Signals, membership: Membership, *, seed: int
    ) -> tuple[Evidence, Evidence]:
        """Evidence on the choosing half and on the measured half."""
        if not attack.learns:
            whole = collect(attack, signals, membership)
            return whole.take(self.choosing), whole.take(self.measured)
        first, second = (
            collect(attack, signals.told(self._told(fitted, membership, seed=seed)), membership)
            for fitted in (0, 1)
        )
        left, right = _scattered(first, signals.n), _scattered(second, signals.n)
        score = np.where(self.part == 0, right, np.where(self.part == 1, left, (left + right) / 2))
        cluster = membership.cluster
        whole = replace(
            first, score=score, member=membership.member, cluster=cluster, row=np.arange(signals.n)
        )
        return whole.take(self.choosing), whole.take(self.measured)

    def _told(self, fitted: int, membership: Membership, *, seed: int) -> NDArray[np.int8]:
        rows = np.flatnonzero(self.part == fitted)
        if len(rows) > FIT_LIMIT:
            rows = np.sort(
                np.random.default_rng(seed + fitted).choice(rows, FIT_LIMIT, replace=False)
            )
        known = np.full(membership.n, -1, np.int8)
        known[rows] = membership.member[rows]
        return known


def _scattered(evidence: Evidence, n: int) -> NDArray[np.float64]:
    score = np.zeros(n)
    score[evidence.row] = evidence.score
    return score
