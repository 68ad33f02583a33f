"""The records whose membership a guesser was told, for the attacks that learn from them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import NotEnoughData, Signals

FEWEST_A_SIDE = 10  # a threshold or a rate from fewer is a coin's
HOW = (
    "Let `tacit.collect` cross-fit the attack (leave `known` out), or tell it with `Signals.of(...,"
    " known=...)`: 1 for a member, 0 for a non-member, -1 for a record to be scored."
)


@dataclass(frozen=True, eq=False)
class KnownRecords:
    """What a guesser learns from: records whose membership it was told.

    Parameters
    ----------
    value : float (t,), the signal of each.
    group : int (t,), a public category.
    member : bool (t,), the truth.
    """

    value: NDArray[np.floating[Any]]
    group: NDArray[np.int64]
    member: NDArray[np.bool_]

    def by_group(self) -> list[tuple[int, NDArray[np.floating[Any]], NDArray[np.bool_]]]:
        """(group, values, truth) of each group that occurs."""
        order = np.argsort(self.group, kind="stable")
        groups, starts = np.unique(self.group[order], return_index=True)
        parts = np.split(order, starts[1:])
        return [
            (int(group), self.value[rows], self.member[rows]) for group, rows in zip(groups, parts)
        ]


def told_rows(signals: Signals, attack: str) -> NDArray[np.intp]:
    """Rows of the records that the guesser was told.

    Raises
    ------
    NotEnoughData : fewer than 10 members or 10 non-members were told.
    """
    rows = np.flatnonzero(signals.known != -1)
    for side, unit in ((1, "members"), (0, "non-members")):
        got = int(np.count_nonzero(signals.known == side))
        require_told(attack, got, unit, of=len(rows))
    return rows


def require_told(attack: str, got: int, unit: str, *, of: int) -> None:
    """Raise `NotEnoughData` where fewer than 10 records of one side were told; where nobody was
    told (`of`), say how.
    """
    if got < FEWEST_A_SIDE:
        message = f"{attack} learns from {unit} that it knows: it needs {FEWEST_A_SIDE}, got {got}."
        if not of:
            message += f" {HOW}"
        raise NotEnoughData(message, needed=FEWEST_A_SIDE, got=got, unit=f"known {unit}")


def one_value(signals: Signals) -> NDArray[np.floating[Any]]:
    """The signal of each record (n,), averaged over queries."""
    return signals.target[:, 0] if signals.n_queries == 1 else signals.target.mean(axis=1)


def known_records(signals: Signals, attack: str) -> KnownRecords:
    """The told records; where none was told, every record under every shadow model, whose
    membership is public.

    Raises
    ------
    NotEnoughData : there is neither.
    """
    if (signals.known == -1).all() and signals.n_shadows:
        value = signals.shadow.mean(axis=2).ravel()
        return KnownRecords(
            value, np.tile(signals.group, signals.n_shadows), signals.shadow_member.ravel()
        )
    rows = told_rows(signals, attack)
    return KnownRecords(one_value(signals)[rows], signals.group[rows], signals.known[rows] == 1)
