"""Guesses from the scores of canaries, surest first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tacit.core import Evidence

Side = Literal["both", "top", "bottom"]
SIDES: tuple[Side, ...] = ("both", "top", "bottom")
# Keeps the order among ties apart from coins that somebody drew with the same seed: with the same
# stream the order would tell the coins.
TIES = 0x71E5
Guesses = tuple[NDArray[np.bool_], NDArray[np.int64]]


@dataclass(frozen=True, eq=False)
class Ranking:
    """Coins in ascending order of the score; canaries of one score in random order. Made by
    `ranked`.

    Parameters
    ----------
    member : bool (m,), the coins.
    start : int (b,), ascending: where each block of equal scores starts; the first is 0.
    toss : bool (m,), a coin of the guesser for each place, for those in the very middle.
    """

    member: NDArray[np.bool_]
    start: NDArray[np.int64]
    toss: NDArray[np.bool_]

    @cached_property
    def size(self) -> NDArray[np.int64]:
        """int (b,): canaries in each block of equal scores."""
        return np.diff(np.append(self.start, len(self.member)))

    @cached_property
    def centre(self) -> NDArray[np.int64]:
        """int (m,): twice the distance of the mean rank of a canary's block from the middle."""
        size = self.size
        return np.repeat(2 * np.cumsum(size) - size - len(self.member), size)

    @cached_property
    def surest(self) -> NDArray[np.int64]:
        """int (m,): places by distance from the middle, the farthest first."""
        # two monotone runs, which a stable sort only merges
        return np.argsort(-np.abs(self.centre), kind="stable")


def ranked(evidence: Evidence, *, seed: int = 0) -> Ranking:
    """Sort the canaries once, for all looks.

    Parameters
    ----------
    evidence : of the canaries, one row each.
    seed : of the order among canaries of one score, and of the guesses in the very middle. Neither
        depends on a coin, whatever the order of the rows.
    """
    order = np.argsort(evidence.score)
    score = evidence.score[order]
    start = np.append(0, np.flatnonzero(score[1:] != score[:-1]) + 1)
    rng = np.random.default_rng([seed, TIES])
    if len(start) < len(order):
        block = np.repeat(np.arange(len(start)), np.diff(np.append(start, len(order))))
        order = order[np.lexsort((rng.random(len(order))[order], block))]
    return Ranking(evidence.member[order], start, rng.random(len(order)) < 0.5)


def whole_blocks(ranking: Ranking, side: str) -> Guesses:
    """Whether each guess is right, surest first, and the counts at which no tie is cut.

    Parameters
    ----------
    ranking : of the canaries.
    side : ``"top"`` (accuse the largest scores), ``"bottom"`` (clear the smallest) or ``"both"``
        (either, by the distance of the rank from the middle; scores in the very middle abstain).

    Returns
    -------
    bool (r,) and int (b,), ascending.
    """
    member, centre = ranking.member, ranking.centre
    if side == "both":
        surest = ranking.surest[centre[ranking.surest] != 0]
        right, sureness = (member == (centre > 0))[surest], np.abs(centre)[surest]
    else:
        way = slice(None, None, -1) if side == "top" else slice(None)
        right, sureness = (member == (side == "top"))[way], centre[way]
    ends = np.append(np.flatnonzero(np.diff(sureness)) + 1, len(sureness))
    return right, ends[ends > 0]


def n_right(ranking: Ranking, looks: Sequence[tuple[str, int]]) -> Iterator[int]:
    """How many of the `r` surest guesses are right, for each look (side, r).

    Exactly r guesses are made, whatever the scores: with delta above 0 a number of guesses that
    depends on the scores would let a mechanism choose where to fail. A block of equal scores that
    does not fit is guessed in part, at random; canaries in the very middle are guessed by a toss.

    Parameters
    ----------
    ranking : of the canaries.
    looks : side, as in `whole_blocks`, and number of guesses in 1..m.
    """
    member = ranking.member
    for side, r in looks:
        if side == "both":
            place = ranking.surest[:r]
            centre = ranking.centre[place]
            accused = np.where(centre == 0, ranking.toss[place], centre > 0)
            right = member[place] == accused
        else:
            right = member[-r:] if side == "top" else ~member[:r]
        yield int(np.count_nonzero(right))
