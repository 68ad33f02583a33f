"""How likely is it that this very record was a member?"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tacit.attacks.learned.known_rows import known_records, one_value
from tacit.core import Signals

MOST_BINS = 40


@dataclass(frozen=True)
class MembershipProbability:
    """The chance that a record was a member, given its signal and class, when half of all records
    are (privacy risk score).

    The signals of known records are counted in bins of equal share, members and non-members apart,
    and class by class where a class has enough of both. With c1 of n1 members and c0 of n0
    non-members in a bin, the score is r1 / (r1 + r0) with r = (c + 1/2) / (n + 1/2 per bin), so
    that no record is ever certain. A record is scored by counts that do not hold it, which keeps
    the score calibrated: of records scored r, a share r are members.

    Parameters
    ----------
    per_bin : known records of each side that a bin should hold on average.
    fewest : known members, and known non-members, that a class needs for counts of its own.

    References
    ----------
    .. [1] Song and Mittal, Systematic Evaluation of Privacy Risks of Machine Learning Models, 2021,
       sec. 4.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> member = rng.random(400) < 0.5
    >>> known = np.where(np.arange(400) < 200, member, -1)
    >>> signals = Signals.of(rng.normal(size=400) + 2.0 * member, known=known)
    >>> score = MembershipProbability()(signals)[200:]
    >>> bool(score[member[200:]].mean() > score[~member[200:]].mean())
    True
    """

    per_bin: int = 50
    fewest: int = 200
    learns: ClassVar[bool] = True
    reads_features: ClassVar[bool] = False
    reference: ClassVar[str] = "Song and Mittal 2021"
    needs: ClassVar[str] = "needs some known members and non-members, or shadow models"

    def __call__(self, signals: Signals) -> NDArray[np.floating[Any]]:
        """Scores (n,), probabilities strictly between 0 and 1."""
        learned = known_records(signals, "MembershipProbability")
        value = one_value(signals)
        score = self._probability(value, learned.value, learned.member)
        for group, known, member in learned.by_group():
            if min(np.count_nonzero(member), np.count_nonzero(~member)) >= self.fewest:
                rows = np.flatnonzero(signals.group == group)
                score[rows] = self._probability(value[rows], known, member)
        return score

    def _probability(
        self,
        value: NDArray[np.floating[Any]],
        known: NDArray[np.floating[Any]],
        member: NDArray[np.bool_],
    ) -> NDArray[np.float64]:
        n1 = int(np.count_nonzero(member))
        n0 = len(member) - n1
        bins = int(np.clip(min(n1, n0) // self.per_bin, 2, MOST_BINS))
        edges = np.unique(np.quantile(known, np.arange(1, bins) / bins, method="inverted_cdf"))
        place = np.searchsorted(edges, known, side="left")
        inside = np.bincount(place, weights=member, minlength=len(edges) + 1) + 0.5
        outside = np.bincount(place, weights=~member, minlength=len(edges) + 1) + 0.5
        rate = inside / inside.sum()
        chance = rate / (rate + outside / outside.sum())
        return np.asarray(chance[np.searchsorted(edges, value, side="left")], dtype=np.float64)
