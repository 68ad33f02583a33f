"""Evidence of parts of the records, counted together."""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import pairwise, starmap

import numpy as np
from numpy.typing import NDArray

from tacit.core.beaten import beaten
from tacit.core.evidence import Evidence
from tacit.core.sorting import PIECE, Counts, Places, steps, taken


def parts_of(evidence: Evidence, places: Iterable[Places]) -> Iterator[list[Evidence]]:
    """Evidence of each part of the records, several at a time.

    Parts of scores that stand in ascending order come sorted and counted, as many at a time as have
    `PIECE` records together; parts of others, and of clusters, come one by one.

    Parameters
    ----------
    evidence : of all records.
    places : of the records of each part, ascending.

    Examples
    --------
    >>> paper = Evidence.of([1.0, 2.0, 3.0, 4.0], [0, 0, 1, 1]).sorted_already()
    >>> (low, odd), *_ = parts_of(paper, [np.array([0, 1, 2]), np.array([0, 2])])
    >>> low.beaten()[0].tolist(), odd.beaten()[0].tolist()
    ([4], [2])
    """
    if evidence.cluster is not None or not evidence.stands:
        return ([evidence.take(part)] for part in places)
    # nothing here holds one part while the next is made
    return starmap(partial(_counted, evidence), together(places))


def together(parts: Iterable[Places]) -> Iterator[tuple[Places, list[int]]]:
    """Places of neighbouring parts, one part after the other, and where each begins and ends among
    them (k + 1,): so many parts as have `PIECE` records together, or one that has more.

    Examples
    --------
    >>> low, high, odd = np.array([0, 1, 2]), np.array([3]), np.array([1, 3])
    >>> [(places.tolist(), bounds) for places, bounds in together([low, high, odd])]
    [([0, 1, 2, 3, 1, 3], [0, 3, 4, 6])]
    """
    some: list[Places] = []
    bounds = [0]
    for part in parts:
        if some and bounds[-1] + len(part) > PIECE:
            yield _joined(some), bounds
            some, bounds = [], [0]
        some.append(part)
        bounds.append(bounds[-1] + len(part))
        if bounds[-1] >= PIECE:
            # before the next one is made
            yield _joined(some), bounds
            some, bounds = [], [0]
    if some:
        yield _joined(some), bounds


def _joined(parts: list[Places]) -> Places:
    """The parts in one array, of which nothing is copied where it is one."""
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _counted(evidence: Evidence, places: Places, bounds: list[int]) -> list[Evidence]:
    """The parts of sorted scores, one after the other, as if every score of a part were larger than
    all before it: then what a record beats in its part is what it beats, less the parts before.
    """
    score, member = taken(evidence.score, places), taken(evidence.member, places)
    own = places if evidence.some_rows is None else evidence.some_rows[places]
    row = own.astype(np.int64, copy=False)
    parts = [slice(*ends) for ends in pairwise(bounds)]
    step = steps(score)
    step[[end - 1 for end in bounds if 0 < end < len(score)]] = True
    of_members, of_others, below = beaten(step, member)
    inside = np.cumsum([0, *(np.count_nonzero(member[part]) for part in parts)])
    outside = np.array(bounds) - inside
    if len(parts) > 1:
        members_before, others_before = (
            np.repeat(before[:-1].astype(below.dtype), np.diff(side))
            for before, side in ((inside, outside), (outside, inside))
        )
        below -= others_before
        of_members -= 2 * others_before
        of_others -= 2 * members_before
    counts = zip(_split(of_members, inside), _split(of_others, outside), _split(below, inside))
    return [
        Evidence(
            score[part], member[part], None, evidence.assignment, evidence.attack, row[part]
        ).sorted_already(step[part.start : max(part.start, part.stop - 1)], count)
        for part, count in zip(parts, counts)
    ]


def _split(counts: Counts, bounds: NDArray[np.intp]) -> list[Counts]:
    return np.split(counts, bounds[1:-1])
