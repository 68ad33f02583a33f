"""Linkability: two halves of a person's columns, joined by way of the release."""

import numpy as np
from numpy.typing import NDArray

from tacit.audits.steps.table_game import Bools, Floats, TableGame
from tacit.core import NotEnoughData
from tacit.core.frame import Frame
from tacit.signals.synthetic import nearest_rows

# Nearest synthetic rows of each half in which the two halves may meet.
NEIGHBOURS = 5


def linkability(
    game: TableGame, *, seed: int, neighbours: int = NEIGHBOURS
) -> tuple[Bools, Bools, Bools]:
    """Whether the two halves of each row meet in the release: members, non-members, baseline.

    The columns are dealt into two halves. A link succeeds where one of the release's rows nearest
    to the first half is among those nearest to the second [1]_. The baseline links the members by
    way of real rows of the population.

    Raises
    ------
    NotEnoughData : there are fewer than 2 columns.

    References
    ----------
    .. [1] Giomi et al., A Unified Framework for Quantifying Privacy Risk in Synthetic Data, 2023,
       sec. 4.2.
    """
    names = list(game.release.names)
    if len(names) < 2:
        message = f"Linkability needs 2 columns to link, got {len(names)}."
        raise NotEnoughData(message, needed=2, got=len(names), unit="columns")
    order = np.random.default_rng([seed, 3]).permutation(len(names))
    first = sorted(names[i] for i in order[: len(names) // 2])
    halves = [game.embed.dimensions(names, first)]
    halves.append(game.embed.dimensions(names, [name for name in names if name not in first]))
    asked = game.embed(game.asked)
    inside, outside = game.sides(_linked(asked, game.embed(game.release), halves, neighbours))
    own: Frame = game.member
    baseline = _linked(game.embed(own), game.embed(game.baseline), halves, neighbours)
    return inside, outside, baseline


def _linked(x: Floats, y: Floats, halves: list[NDArray[np.int64]], neighbours: int) -> Bools:
    k = min(neighbours, len(y))
    near = [nearest_rows(x[:, part], y[:, part], k) for part in halves]
    return np.asarray((near[0][:, :, None] == near[1][:, None, :]).any(axis=(1, 2)))
