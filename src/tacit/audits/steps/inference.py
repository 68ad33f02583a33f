"""Inference: a cell that is guessed from the other cells by way of the release."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.audits.steps.table_game import Bools, Floats, TableGame
from tacit.core.frame import Frame
from tacit.signals.synthetic import squared_distances

# A number is guessed where it is at most this share of the width of the middle nine tenths away.
TOLERANCE = 0.05


def inference(game: TableGame, secrets: Sequence[str]) -> dict[str, tuple[Bools, Bools, Bools]]:
    """Whether each secret cell is guessed: members, non-members, and members by the baseline.

    The guess is the cell of the release's row that is nearest in all other columns [1]_. The
    baseline guesses from real rows of the population. How near a number must be is a share of the
    column's own width, not of the guess: a guess below zero is as right or wrong as any other.

    Parameters
    ----------
    game : the tables.
    secrets : columns to guess.

    References
    ----------
    .. [1] Giomi et al., A Unified Framework for Quantifying Privacy Risk in Synthetic Data, 2023,
       sec. 4.3.
    """
    asked = game.asked
    by_release = _guessed(game, asked, game.release, secrets)
    by_baseline = _guessed(game, game.member, game.baseline, secrets)
    found = {}
    for name in secrets:
        width = tolerance(game.baseline.columns[name])
        hit = right(by_release[name], asked.columns[name], width)
        inside, outside = game.sides(hit)
        known = right(by_baseline[name], game.member.columns[name], width)
        found[name] = (inside, outside, known)
    return found


def tolerance(values: NDArray[Any]) -> float:
    """How far a guess of a number may be off; 0 for categories and for constant columns."""
    if values.dtype.kind == "U" or np.isnan(values).all():
        return 0.0
    low, high = np.nanquantile(values, [0.05, 0.95])
    return float(TOLERANCE * (high - low))


def right(guess: NDArray[Any], truth: NDArray[Any], width: float) -> Bools:
    """Which guesses are right: equal, or for numbers at most `width` off; missing is a value."""
    if truth.dtype.kind == "U":
        return np.asarray(guess == truth)
    both = np.isnan(guess) & np.isnan(truth)
    return np.asarray(both | (np.abs(guess - truth) <= width))


def _guessed(
    game: TableGame, asked: Frame, table: Frame, secrets: Sequence[str]
) -> dict[str, NDArray[Any]]:
    """For each secret, the cell of the row of the table that is nearest in the other columns."""
    x, y = game.embed(asked), game.embed(table)
    names = list(table.names)
    own = {name: game.embed.dimensions(names, [name]) for name in secrets}
    row = {name: np.empty(len(x), np.int64) for name in secrets}
    for part, squared in squared_distances(x, y):
        for name in secrets:
            without = squared - _squared_gap(x[part][:, own[name]], y[:, own[name]])
            row[name][part] = without.argmin(axis=1)
    return {name: table.columns[name][row[name]] for name in secrets}


def _squared_gap(x: Floats, y: Floats) -> Floats:
    """Squared distances in one column (n, m)."""
    if x.shape[1] == 1:
        return np.asarray((x - y.T) ** 2)
    length = np.einsum("ij,ij->i", x, x)[:, None] + np.einsum("ij,ij->i", y, y)
    return np.asarray(length - 2 * (x @ y.T))
