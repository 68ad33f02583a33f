"""The rows that the guesses about a release are tried on: as many members as non-members."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacit.core import Membership
from tacit.core.frame import Frame, stacked
from tacit.signals.embedding import Embedding

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Codes = NDArray[np.int64]

# Guesses a side. A risk of .05 then has an interval of about .03 to either side.
MOST_GUESSES = 1_000


@dataclass(frozen=True, eq=False)
class TableGame:
    """Members and non-members drawn in equal number, the release, and the baseline's table.

    Parameters
    ----------
    member, nonmember : the rows to guess about, as many of each.
    release : the synthetic table.
    baseline : real rows of the population, at most as many as the release has: the same guesses
        are made from these, to know what the population teaches anyway.
    embed : how rows become points.
    cluster : the unit of independence of the members and of the non-members, 0 upwards on each
        side; None where every row is one.
    """

    member: Frame
    nonmember: Frame
    release: Frame
    baseline: Frame
    embed: Embedding
    cluster: tuple[Codes, Codes] | None = None

    @classmethod
    def drawn(
        cls,
        rows: Frame,
        membership: Membership,
        release: Frame,
        reference: Frame,
        *,
        seed: int,
        most: int = MOST_GUESSES,
    ) -> "TableGame":
        """Draw the rows of the game.

        Parameters
        ----------
        rows, membership : the real rows and who is a member.
        release, reference : the synthetic table, and rows that the generator never saw.
        seed : of the draw.
        most : guesses a side at most.
        """
        rng = np.random.default_rng([seed, 1])
        sides = [np.flatnonzero(membership.member), np.flatnonzero(~membership.member)]
        n = min(most, *(len(side) for side in sides))
        asked = [np.sort(rng.permutation(side)[:n]) for side in sides]
        kept = np.sort(rng.permutation(reference.n)[: min(reference.n, release.n)])
        embed = Embedding.fitted(reference, rows, release)
        return cls(
            rows.take(asked[0]),
            rows.take(asked[1]),
            release,
            reference.take(kept),
            embed,
            _units(membership, asked),
        )

    @property
    def n(self) -> int:
        """Rows of each side."""
        return self.member.n

    @property
    def asked(self) -> Frame:
        """Members, then non-members."""
        return stacked([self.member, self.nonmember])

    def sides(self, hit: Bools) -> tuple[Bools, Bools]:
        """What concerns the members and what concerns the non-members of one value a row asked."""
        return hit[: self.n], hit[self.n :]

    @property
    def units(self) -> tuple[Codes, Codes]:
        """The unit of each member and of each non-member: its cluster, or the row itself."""
        return self.cluster or (np.arange(self.n), np.arange(self.n))


def _units(membership: Membership, asked: list[NDArray[np.intp]]) -> tuple[Codes, Codes] | None:
    if membership.cluster is None:
        return None
    member, nonmember = (
        np.unique(membership.cluster[rows], return_inverse=True)[1].astype(np.int64)
        for rows in asked
    )
    return member, nonmember
