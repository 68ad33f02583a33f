"""The marked paper: scores beside the truth."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.core import checking
from tacit.core.beaten import beaten, lower
from tacit.core.errors import InvalidInput, NotEnoughData
from tacit.core.membership import Assignment, require_assignment
from tacit.core.sorting import (
    Counts,
    Order,
    Places,
    ascending,
    counting_type,
    order_of,
    pieces,
    steps,
    taken,
)

# Scores that are neighbours in rank are looked up together, since they look in the same places.
NEIGHBOURS = 1 << 13
KEPT, COUNTED = "_kept", "_counted"
# What `sorted_by` finds, under the names of the cached properties that it stands for.
SORTED = {"order", "step"}
SIDES = {"member_scores", "nonmember_scores"}
T = TypeVar("T")


def _nothing() -> Any:
    return None


@dataclass(frozen=True, eq=False)
class Evidence:
    """Scores beside the truth. Every metric is a function of it.

    `collect` makes it from an attack, `Evidence.of` from scores that you have.

    Parameters
    ----------
    score : float (t,), larger means that the guesser takes the record for a member; infinite scores
        are allowed, NaN is not.
    member : bool (t,), the truth; 0 and 1 are accepted.
    cluster : int (t,) or None, the unit of independence.
    assignment : who decided the truth; see `Membership`.
    attack : the attack's `repr`.
    row : int (t,), which of the n records each score belongs to; by default 0, 1, 2 ...

    Raises
    ------
    InvalidInput : lengths differ, a score is NaN, or `member` is not boolean. No records at all are
        no error here: each metric says how many it needs.
    """

    score: NDArray[np.floating[Any]]
    member: NDArray[np.bool_]
    cluster: NDArray[np.int64] | None = None
    assignment: Assignment = "observed"
    attack: str = ""
    # a factory leaves no attribute of the class, so that `__getattr__` is asked
    row: NDArray[np.int64] = field(default_factory=_nothing)

    def __post_init__(self) -> None:
        score = _scores_of(self.score)
        member = checking.booleans(self.member, "member")
        cluster = None if self.cluster is None else _numbered(self.cluster)
        row = None if self.row is None else checking.integers(self.row, "row")
        require_assignment(self.assignment)
        checking.require_length(len(score), member=member, cluster=cluster, row=row)
        object.__setattr__(self, "score", score)
        object.__setattr__(self, "member", member)
        object.__setattr__(self, "cluster", cluster)
        if row is None:
            object.__delattr__(self, "row")
        else:
            object.__setattr__(self, "row", checking.frozen(row))

    def __getattr__(self, name: str) -> Any:
        # rows that are simply counted are written out for those who ask for them
        if name != "row" or "score" not in vars(self):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        object.__setattr__(self, "row", checking.frozen(np.arange(len(self.score))))
        return vars(self)["row"]

    @classmethod
    def of(
        cls,
        score: ArrayLike,
        member: ArrayLike,
        *,
        cluster: ArrayLike | None = None,
        assignment: Assignment = "observed",
        attack: str = "",
    ) -> "Evidence":
        """Evidence from scores that you have.

        Parameters
        ----------
        score : float (t,), one a record; larger means that the guesser takes it for a member.
        member : (t,), True or 1 where the record was a member.
        cluster : (t,), the unit of independence of each record, any labels; None: the record.
        assignment : how membership was decided; see `Membership`.
        attack : what made the scores, for the report.

        Raises
        ------
        InvalidInput : lengths differ, a score is NaN, or `member` is not boolean.

        Examples
        --------
        >>> Evidence.of([0.9, 0.2, 0.7], [1, 0, 1]).n_members
        2
        """
        return cls(score, member, cluster, assignment, attack)  # type: ignore[arg-type]

    @cached_property
    def member_scores(self) -> NDArray[np.floating[Any]]:
        """The members' scores in ascending order, sorted once for all metrics."""
        scores = self.score[self.member]
        return checking.frozen(scores if self.stands else ascending(scores))

    @cached_property
    def nonmember_scores(self) -> NDArray[np.floating[Any]]:
        """The non-members' scores in ascending order, sorted once for all metrics."""
        scores = self.score[~self.member]
        return checking.frozen(scores if self.stands else ascending(scores))

    @cached_property
    def order(self) -> Order:
        """Places of the scores in ascending order, equal ones as they came: int (t,); None where
        they stand in it.
        """
        return checking.frozen(order_of(self.score))

    @property
    def stands(self) -> bool:
        """Whether the scores are known to stand in ascending order as they are."""
        return vars(self).get("order", self) is None

    @cached_property
    def step(self) -> NDArray[np.bool_]:
        """Of all scores in ascending order, all but the first: is it larger than the one before?"""
        pooled = np.concatenate([self.member_scores, self.nonmember_scores])
        # two sorted runs are merged
        pooled.sort(kind="stable")
        return checking.frozen(steps(pooled))

    def sorted_by(
        self, order: Places | None = None, step: NDArray[np.bool_] | None = None
    ) -> "Evidence":
        """This evidence, its scores sorted once for all metrics.

        Parameters
        ----------
        order : places (t,) of the scores in ascending order, from who has sorted them already.
        step : bool (t - 1,), whether the sorted score grows from each place to the next.
        """
        if vars(self).keys() >= SORTED:
            return self
        places = order_of(self.score) if order is None else order
        score, member = taken(self.score, places), taken(self.member, places)
        found: dict[str, Any] = {
            "order": places,
            "step": steps(score) if step is None else step,
            "member_scores": score[member],
            "nonmember_scores": score[~member],
        }
        # a cached property is what stands under its name
        vars(self).update({name: checking.frozen(value) for name, value in found.items()})
        return self

    def sorted_already(
        self,
        step: NDArray[np.bool_] | None = None,
        counts: tuple[Counts, Counts, Counts] | None = None,
    ) -> "Evidence":
        """This evidence, whose scores stand in ascending order as they are.

        Parameters
        ----------
        step : bool (t - 1,), whether the score grows from each place to the next.
        counts : what the function `beaten` counts, from who has counted it already.
        """
        found = steps(self.score) if step is None else step
        vars(self).update(order=None, step=checking.frozen(found))
        if counts is not None:
            vars(self).update({COUNTED: counts, "below": checking.frozen(counts[2])})
        return self

    def sorted_like(self, other: "Evidence") -> "Evidence":
        """This evidence with the scores of `other`, which are the same of the same records, and
        with what was sorted there.
        """
        found = Evidence(
            other.score,
            other.member,
            self.cluster,
            self.assignment,
            self.attack,
            self.some_rows,  # type: ignore[arg-type]
        )
        # what was worked out once may rest on the clusters
        names = SORTED | SIDES | {"below"} | ({KEPT} if self.cluster is other.cluster else set())
        vars(found).update({name: vars(other)[name] for name in names & vars(other).keys()})
        return found

    def without_counts(self) -> "Evidence":
        """This evidence without what is as long as the records and soon counted again."""
        for name in ("below", COUNTED):
            vars(self).pop(name, None)
        return self

    def once(self, function: Callable[["Evidence"], T]) -> T:
        """What `function` says of this evidence, worked out the first time that it is asked."""
        kept = vars(self).setdefault(KEPT, {})
        if function not in kept:
            kept[function] = function(self)
        return kept[function]  # type: ignore[no-any-return]

    def beaten(self) -> tuple[Counts, Counts]:
        """Twice the number of records of the other side that each record beats, ties once: of the
        members (n_members,) and of the non-members (n_nonmembers,), in ascending order.
        """
        # they are as long as the records: whoever asks has them, and nobody holds them
        counts = vars(self).pop(COUNTED, None) or beaten(self.step, self._ascending_members())
        of_members, of_others, below = counts
        vars(self)["below"] = checking.frozen(below)
        return of_members, of_others

    def _ascending_members(self) -> NDArray[np.bool_]:
        """Who is a member, bool (t,), in ascending order of the scores."""
        if vars(self).keys() >= SORTED:
            return taken(self.member, self.order)
        return _merged(self.below, len(self.member))

    @cached_property
    def below(self) -> Counts:
        """For each of `member_scores`, how many non-members score strictly lower: int (n_members,),
        ascending.
        """
        if vars(self).keys() >= SORTED:
            return checking.frozen(lower(self.step, taken(self.member, self.order)))
        scores, others = self.member_scores, self.nonmember_scores
        count = np.empty(len(scores), counting_type(len(self.score)))
        for start in range(0, len(scores), NEIGHBOURS):
            part = scores[start : start + NEIGHBOURS]
            # neighbours in rank look in the same few non-members
            low, high = np.searchsorted(others, part[[0, -1]], side="left")
            np.add(
                np.searchsorted(others[low:high], part, side="left"),
                low,
                out=count[start : start + NEIGHBOURS],
            )
        return checking.frozen(count)

    @cached_property
    def units(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Cluster of each member, and of each non-member, numbered from 0 within its side; without
        clusters, the record.
        """
        if self.cluster is None:
            return np.arange(self.n_members), np.arange(self.n_nonmembers)
        inside, outside = (
            np.unique(self.cluster[side], return_inverse=True)[1]
            for side in (self.member, ~self.member)
        )
        return checking.frozen(inside.astype(np.int64)), checking.frozen(outside.astype(np.int64))

    @cached_property
    def n_members(self) -> int:
        """Number of members scored."""
        return int(np.count_nonzero(self.member))

    @property
    def n_nonmembers(self) -> int:
        """Number of non-members scored."""
        return len(self.member) - self.n_members

    def take(self, rows: NDArray[Any]) -> "Evidence":
        """The scored records `rows` (indices or a mask into the t scores)."""
        cluster = None if self.cluster is None else self.cluster[rows]
        return Evidence(
            self.score[rows],
            self.member[rows],
            cluster,
            self.assignment,
            self.attack,
            _counted_rows(rows, len(self.score)) if self.some_rows is None else self.row[rows],
        )

    @property
    def some_rows(self) -> NDArray[np.int64] | None:
        """The same as `row`, None where it counts 0, 1, 2 ... and need not be written out."""
        return vars(self).get("row")

    def require_both(self, members: int = 1, nonmembers: int = 1) -> None:
        """Raise `NotEnoughData` where fewer than `members` or `nonmembers` records were scored."""
        for needed, got, unit in (
            (members, self.n_members, "members"),
            (nonmembers, self.n_nonmembers, "non-members"),
        ):
            if got < needed:
                message = (
                    f"This number needs {needed} {unit}, got {got} (of {len(self.member)} records)."
                )
                raise NotEnoughData(message, needed=needed, got=got, unit=unit)


def _scores_of(value: object) -> NDArray[np.floating[Any]]:
    score = checking.array(value, "score", ndim=1)
    if score.dtype not in (np.float32, np.float64):
        score = score.astype(np.float64)
    if len(score) and np.isnan(score.min()):
        rows = checking.rows_text(np.flatnonzero(np.isnan(score)))
        raise InvalidInput(f"`score` needs numbers, got NaN in {rows}. tacit drops no record.")
    return checking.frozen(score)


def _merged(below: Counts, n: int) -> NDArray[np.bool_]:
    """Who is a member, bool (n,), in the order of the score: members stand behind the non-members
    that score lower, and behind each other.
    """
    member = np.zeros(n, bool)
    for part in pieces(len(below)):
        member[below[part] + np.arange(part.start, part.stop, dtype=below.dtype)] = True
    return member


def _counted_rows(rows: NDArray[Any], n: int) -> NDArray[np.int64]:
    """What ``np.arange(n)[rows]`` is."""
    places = np.asarray(rows)
    if places.dtype.kind == "b":
        return np.flatnonzero(places).astype(np.int64, copy=False)
    return np.where(places < 0, places + n, places).astype(np.int64, copy=False)


def _numbered(cluster: object) -> NDArray[np.int64]:
    # numbers stay as they are, so that parts of one Evidence name their clusters alike
    if isinstance(cluster, np.ndarray) and cluster.dtype == np.int64 and cluster.ndim == 1:
        return checking.frozen(cluster)
    return checking.codes(cluster, "cluster")
