"""What records beat on the other side, counted from front to back of their sorted scores."""

import numpy as np
from numpy.typing import NDArray

from tacit.core.sorting import Counts, counting_type, in_runs, pieces_between, tie_runs

# From so many distinct scores a record on, equal ones are set right afterwards; measured.
FEW_TIED = 0.85


def beaten(step: NDArray[np.bool_], member: NDArray[np.bool_]) -> tuple[Counts, Counts, Counts]:
    """What each record beats on the other side, in ascending order.

    Parameters
    ----------
    step : bool (n - 1,), whether the sorted score grows from each place to the next; see `steps`.
    member : bool (n,), the truth, in the order of the score.

    Returns
    -------
    Twice the number of non-members that each member beats, ties once; twice the number of members
    that each non-member beats; and how many non-members score strictly lower than each member.

    Examples
    --------
    >>> wins = beaten(np.array([True, False]), np.array([False, True, False]))
    >>> [counts.tolist() for counts in wins]
    [[3], [0, 1], [1]]
    """
    n, n_members = len(member), int(np.count_nonzero(member))
    kind = counting_type(n)
    of_members, below = np.empty(n_members, kind), np.empty(n_members, kind)
    of_others = np.empty(n - n_members, kind)
    inside = outside = 0
    for part in pieces_between(step, n):
        own = member[part]
        upto = np.cumsum(own, dtype=kind)
        m = int(upto[-1])
        here, there = slice(inside, inside + m), slice(outside, outside + len(own) - m)
        # members and non-members of each run of equal scores, and how many stand before it
        ends = np.append(np.flatnonzero(step[part.start : part.stop - 1]), len(own) - 1)
        if len(ends) > FEW_TIED * len(own):
            # as if no scores were equal, and then those that are
            place = np.arange(1 + outside, 1 + outside + len(own), dtype=kind) - upto
            below[here] = place[own]
            np.multiply(below[here], 2, out=of_members[here])
            np.multiply(upto[~own] + kind(inside), 2, out=of_others[there])
            begin, size = tie_runs(step[part.start : part.stop - 1])
            first = upto[begin] - own[begin]
            members = upto[begin + size - 1] - first
            before, others = begin - first, size - members
            tied = in_runs(first, members)
            below[here][tied] = np.repeat(before + outside, members)
            of_members[here][tied] = np.repeat(2 * (before + outside) + others, members)
            tied = in_runs(before, others)
            of_others[there][tied] = np.repeat(2 * (first + inside) + members, others)
        else:
            members = np.diff(upto[ends], prepend=kind(0))
            others = np.diff((ends + 1).astype(kind) - upto[ends], prepend=kind(0))
            before = np.cumsum(others, dtype=kind) - others + kind(outside)
            members_before = upto[ends] - members + kind(inside)
            below[here] = np.repeat(before, members)
            of_members[here] = np.repeat(2 * before + others, members)
            of_others[there] = np.repeat(2 * members_before + members, others)
        inside, outside = here.stop, there.stop
    return of_members, of_others, below


def lower(step: NDArray[np.bool_], member: NDArray[np.bool_]) -> Counts:
    """The last of what `beaten` counts alone: how many non-members score strictly lower than each
    member.
    """
    n = len(member)
    kind = counting_type(n)
    found = np.empty(int(np.count_nonzero(member)), kind)
    inside = 0
    for part in pieces_between(step, n):
        own = member[part]
        upto = np.cumsum(own, dtype=kind)
        here = slice(inside, inside + int(upto[-1]))
        place = np.arange(part.start - inside, part.stop - inside, dtype=kind)
        starts = np.append(0, np.flatnonzero(step[part.start : part.stop - 1]) + 1)
        if len(starts) < len(own):
            run = np.zeros(len(own), kind)
            run[starts[1:]] = 1
            before = place[starts] - upto[starts] + own[starts]
            found[here] = before[np.cumsum(run)[own]]
        else:
            found[here] = (place - upto)[own] + kind(1)
        inside = here.stop
    return found
