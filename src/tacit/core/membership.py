"""The answer key: which records the model was trained on, and who decided it."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.core import checking
from tacit.core.errors import InvalidInput

Assignment = Literal["coin", "fixed_size", "observed"]


@dataclass(frozen=True, eq=False)
class Membership:
    """The answer key of a guessing game.

    Parameters
    ----------
    member : bool (n,), True where the record was in the training set.
    cluster : the unit of independence of each record (a user, a document, a run); any labels. None:
        every record for itself.
    assignment : how membership was decided, and so which claims are allowed. ``"coin"``: an
        independent fair coin a cluster; ``"fixed_size"``: a random subset of fixed size;
        ``"observed"``: a split that was found, not drawn.
    """

    member: NDArray[np.bool_]
    cluster: NDArray[np.int64] | None = None
    assignment: Assignment = "observed"

    def __init__(
        self,
        member: ArrayLike,
        cluster: ArrayLike | None = None,
        assignment: Assignment = "observed",
    ) -> None:
        require_assignment(assignment)
        inside = checking.booleans(member, "member")
        units = None if cluster is None else checking.codes(cluster, "cluster")
        if cluster is not None:
            checking.require_units(cluster, "cluster")
        if len(inside) == 0:
            raise InvalidInput("`member` needs at least one record, got none.")
        checking.require_length(len(inside), cluster=units)
        object.__setattr__(self, "member", inside)
        object.__setattr__(self, "cluster", units)
        object.__setattr__(self, "assignment", assignment)

    @property
    def n(self) -> int:
        """Number of records."""
        return len(self.member)

    def take(self, rows: NDArray[Any]) -> "Membership":
        """The records `rows` (indices or a mask), in that order."""
        return Membership(
            self.member[rows], None if self.cluster is None else self.cluster[rows], self.assignment
        )


def require_assignment(value: object) -> None:
    """Raise `InvalidInput` where `value` does not say who decided membership."""
    if value not in get_args(Assignment):
        raise InvalidInput(
            f"`assignment` needs one of {', '.join(get_args(Assignment))}, got {value!r}."
        )
