"""One test of all that an audit looked at, and what follows from it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tacit.audits.steps.scoring import Scored
from tacit.core import Estimate
from tacit.core.sorting import Places
from tacit.metrics.clustered import clustered_test, learned_p_value, smallest_clustered_p
from tacit.metrics.detectable import Detectable, detectable_by
from tacit.metrics.joint import SHARES, JointTest, joint_test, records_needed, separation_p_value
from tacit.metrics.looks import Look
from tacit.metrics.vulnerability import vulnerability


@dataclass(frozen=True, eq=False)
class Found:
    """What the joint test found.

    Parameters
    ----------
    scored : the attacks.
    test : of all looks, but for attackers that learn where there are clusters.
    learned : p-value of these, over clusters; None where they are part of `test`.
    member : bool (n,), the truth.
    cluster : int (n,), or None.
    ordered : an order of the records that does not depend on how they came, int (n,), or what
        gives it.
    level : one less the chance of a false alarm.
    """

    scored: tuple[Scored, ...]
    test: JointTest
    learned: float | None
    member: NDArray[np.bool_]
    cluster: NDArray[np.int64] | None
    ordered: Places | Callable[[], Places]
    level: float

    def without_rows(self) -> "Found":
        """The same without all that was summed over the records and is as long as they are."""
        looks = tuple(look.without_rows() for look in self.test.looks)
        scored = tuple(item.without_rows() for item in self.scored)
        return replace(self, scored=scored, test=replace(self.test, looks=looks))

    @property
    def order(self) -> Places:
        """An order of the records that does not depend on how they came, int (n,)."""
        return self.ordered() if callable(self.ordered) else self.ordered

    @property
    def alpha(self) -> float:
        """Chance of a false alarm."""
        return 1 - self.level

    @property
    def p_value(self) -> float:
        """Of "no leak", for all that was looked at."""
        return min(self._whole(self.test.p_value), self._apart)

    @property
    def _apart(self) -> float:
        """Of attackers that learn where they are tested apart, at their share of the error."""
        return 1.0 if self.learned is None else min(1.0, self.learned / SHARES["learned"])

    def _whole(self, p_value: float) -> float:
        """A p-value of `test` as one of the whole audit."""
        share = 1.0 if self.learned is None else 1 - SHARES["learned"]
        return min(1.0, p_value / share)

    def p_values(self, item: Scored) -> tuple[float | None, float | None]:
        """Smallest p-value of the looks at one attack alone, and corrected for all looks."""
        if item.fold is not None and self.learned is not None:
            return None, self._apart
        looks = [look for look in self.test.looks if self._is_at(look, item)]
        if not looks:
            return None, None
        own = min(float(look.p_value.min()) for look in looks)
        return own, self._whole(min(self.test.adjusted_of(look) for look in looks))

    @staticmethod
    def _is_at(look: Look, item: Scored) -> bool:
        return look.source == item.source and look.kind != "slice"

    @cached_property
    def shown(self) -> Scored:
        """The attack that is shown: the most significant one, the first of several."""
        return min(self.scored, key=self._rank)

    def _rank(self, item: Scored) -> tuple[float, float]:
        looks = [look for look in self.test.looks if self._is_at(look, item)]
        ratios = [float(self.test.ratio[self.test.places(look)].min()) for look in looks]
        corrected = self.p_values(item)[1]
        return 1.0 if corrected is None else corrected, min(ratios, default=np.inf)

    @cached_property
    def best_slice(self) -> float:
        """The smallest corrected p-value of any slice; 1 where there is none."""
        looks = [look for look in self.test.looks if look.kind == "slice"]
        return min((self._whole(self.test.adjusted_of(look)) for look in looks), default=1.0)

    @cached_property
    def shown_level(self) -> float:
        """Level of every interval of an attack, so that the choice among attacks does no harm."""
        sources = [item.source for item in self.scored if item.looks]
        return self.test.simultaneous_level(sources, level=self.level)

    @cached_property
    def score(self) -> Estimate:
        """The vulnerability score."""
        return vulnerability(
            self.test,
            [item.candidate for item in self.scored],
            self.member,
            order=self.order,
            cluster=self.cluster,
            p_value=1.0 if self.needed else self.p_value,
            level=self.level,
        )

    @cached_property
    def detectable(self) -> Detectable:
        """What would have been found in 4 audits of 5, in the first attack that has thresholds."""
        sources = [item.source for item in self.scored if item.ranked is not None]
        if not sources:
            return Detectable(1.0, 1.0, 1.0)
        return detectable_by(self.test, sources[0], self.member, level=self.level)

    @property
    def needed(self) -> int:
        """How many records (or clusters) of each side could show anything; 0 where these can."""
        n_scores = max(1, sum(bool(item.looks) for item in self.scored))
        if self.cluster is None:
            least = separation_p_value(*self.units, n_scores)
        else:
            least = n_scores * smallest_clustered_p(self.member, self.cluster)
        if least <= self.alpha * (1 - 1e-9):
            return 0
        return records_needed(n_scores, level=self.level)

    @property
    def units(self) -> tuple[int, int]:
        """Members and non-members, or clusters that hold some."""
        if self.cluster is None:
            return self.test.n_members, self.test.n_nonmembers
        inside = np.unique(self.cluster[self.member])
        return len(inside), len(np.unique(self.cluster[~self.member]))


def joint_finding(
    scored: Sequence[Scored],
    slices: Sequence[Look],
    member: NDArray[np.bool_],
    *,
    cluster: NDArray[np.int64] | None,
    order: Places | Callable[[], Places],
    level: float,
) -> Found:
    """Test everything at once.

    Clusters of one record each are none. Attackers that learn are part of the one test of records;
    over clusters they are tested apart, at their share of the error.

    Parameters
    ----------
    scored : the attacks.
    slices : looks at slices.
    member : bool (n,), the truth.
    cluster : int (n,), the unit of independence, or None.
    order : an order of the records that does not depend on how they came, int (n,), or what gives
        it.
    level : one less the chance of a false alarm.
    """
    looks = [look for item in scored for look in item.looks] + list(slices)
    if cluster is None or np.bincount(cluster).max() == 1:
        test = _settled(joint_test(looks, member))
        return Found(tuple(scored), test, None, member, None, order, level)
    plain = [look for look in looks if look.kind != "learned"]
    learners = [item for item in scored if item.fold is not None]
    learned = learned_p(learners, member, cluster) if learners else None
    if not plain:
        # nothing but attackers that learn: their looks stand for the sizes, and decide nothing
        test = clustered_test(looks, member, cluster)
        test = replace(test, p_value_each=np.ones(len(test.weight)))
        learned = None if learned is None else learned * SHARES["learned"]
        return Found(tuple(scored), test, learned, member, cluster, order, level)
    test = clustered_test(plain, member, cluster)
    return Found(tuple(scored), test, learned, member, cluster, order, level)


def _settled(test: JointTest) -> JointTest:
    """The test without the rows of its looks at slices, which nobody sums any more: they are as
    long as the records.
    """
    looks = [look.without_rows() if look.kind == "slice" else look for look in test.looks]
    return replace(test, looks=tuple(looks))


def learned_p(
    learners: Sequence[Scored], member: NDArray[np.bool_], cluster: NDArray[np.int64] | None
) -> float:
    """P-value of attackers that learn, all together.

    Parameters
    ----------
    learners : scored by folds.
    member : bool (n,), the truth.
    cluster : int (n,), the unit of independence, or None.
    """
    if cluster is None:
        return joint_test([look for item in learners for look in item.looks], member).p_value
    scores = []
    for item in learners:
        score = np.zeros(len(member))
        score[item.evidence.row] = item.evidence.score
        scores.append(score)
    fold = np.max([item.fold for item in learners if item.fold is not None], axis=0)
    return learned_p_value(scores, fold, member, cluster)
