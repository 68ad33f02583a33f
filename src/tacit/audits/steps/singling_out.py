"""Singling out: a description that fits one synthetic row, tried on real people."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import and_

import numpy as np
from numpy.typing import NDArray

from tacit.audits.steps.table_game import Bools, Codes, Floats, TableGame
from tacit.core import NotEnoughData

# Columns that a description combines. More fit nobody, fewer fit many.
WIDTH = 4
# Draws for each description that is wanted: most do not single out a synthetic row.
TRIES = 10
FEWEST_DESCRIPTIONS = 20
# Descriptions tried. More of them from one release say the same again.
MOST_DESCRIPTIONS = 500
# Conditions whose rows are kept in memory, a bit a row: 25 MB where there are 50,000 rows.
MASKS = 4096


@dataclass(frozen=True)
class Condition:
    """One column of a description: equal, at least or at most a value; NaN fits missing cells."""

    column: int
    kind: str
    value: float

    def holds(self, cells: Floats) -> Bools:
        """Which cells of its column, float (n,), it fits."""
        if np.isnan(self.value):
            return np.asarray(np.isnan(cells))
        if self.kind == "equal":
            return np.asarray(cells == self.value)
        return np.asarray(cells >= self.value if self.kind == "at least" else cells <= self.value)


Description = tuple[Condition, ...]


def singling_out(
    game: TableGame, *, width: int = WIDTH, seed: int
) -> tuple[NDArray[np.uint16], NDArray[np.uint16], Bools]:
    """Which members and which non-members each description fits; and the baseline's successes.

    A description that is true of exactly one row of the release is tried on as many members as
    non-members; it succeeds where it is true of exactly one of them [1]_. Both sides are asked the
    same descriptions. The baseline's are made from real rows of the population in the same way.

    Parameters
    ----------
    game : the tables.
    width : columns that a description combines; 1 for single rare or extreme values.
    seed : of the descriptions.

    Returns
    -------
    tuple : (k, u) and (k, v), rows of each unit (a cluster, or the row itself) of the members and
        of the non-members that each description fits; bool (b,), which descriptions of the baseline
        fit exactly one member.

    Raises
    ------
    NotEnoughData : fewer than 20 descriptions single out a row.

    References
    ----------
    .. [1] Giomi et al., A Unified Framework for Quantifying Privacy Risk in Synthetic Data, 2023,
       sec. 4.1.
    """
    real = {"category": False, "number": True}
    numeric = [real[kind] for kind in game.release.kinds.values()]
    release, member, nonmember, baseline = (
        np.asfortranarray(game.embed.ordered(part))
        for part in (game.release, game.member, game.nonmember, game.baseline)
    )
    wanted = min(game.n, MOST_DESCRIPTIONS)
    made = _descriptions(release, numeric, wanted, width=width, seed=seed)
    if len(made) < FEWEST_DESCRIPTIONS:
        message = (
            f"Singling out by {width} column(s) needs {FEWEST_DESCRIPTIONS} descriptions that fit "
            f"one synthetic row, found {len(made)}."
        )
        raise NotEnoughData(message, needed=FEWEST_DESCRIPTIONS, got=len(made), unit="descriptions")
    others = _descriptions(baseline, numeric, wanted, width=width, seed=seed)
    units = game.units
    own, theirs = (_fitting(made, *side) for side in zip((member, nonmember), units))
    return own, theirs, np.array([len(_fits(item, member)) == 1 for item in others], bool)


def _fitting(descriptions: Sequence[Description], table: Floats, unit: Codes) -> NDArray[np.uint16]:
    """How many rows of each unit each description is true of, (k, units)."""
    n = int(unit.max()) + 1
    rows = [np.bincount(unit[_fits(item, table)], minlength=n) for item in descriptions]
    return np.stack(rows).astype(np.uint16)


def _fits(description: Description, table: Floats) -> NDArray[np.intp]:
    """The rows of the table that it is true of."""
    first, *others = description
    rows = np.flatnonzero(first.holds(table[:, first.column]))
    for condition in others:
        rows = rows[condition.holds(table[rows, condition.column])]
    return rows


def _descriptions(
    table: Floats, numeric: list[bool], wanted: int, *, width: int, seed: int
) -> list[Description]:
    """Different descriptions that are true of exactly one row of the table."""
    rng = np.random.default_rng([seed, 2, width])
    if width == 1:
        found = _single(table, numeric)
        return [found[i] for i in np.sort(rng.permutation(len(found))[:wanted])]
    width = min(width, table.shape[1])
    middle = [
        float(np.median(col[~np.isnan(col)])) if (~np.isnan(col)).any() else 0.0 for col in table.T
    ]
    rows_of = _masks(table)
    kept: dict[Description, None] = {}
    for _ in range(TRIES * wanted):
        if len(kept) == wanted:
            break
        row = table[rng.integers(len(table))]
        columns = np.sort(rng.permutation(table.shape[1])[:width])
        item = tuple(_condition(int(c), float(row[c]), numeric[c], middle[c]) for c in columns)
        rows = reduce(and_, (rows_of(condition) for condition in item))
        # one row: without its lowest bit nothing is left
        if rows and not rows & (rows - 1) and item not in kept:
            kept[item] = None
    return list(kept)


def _masks(table: Floats) -> Callable[[Condition], int]:
    """The rows of the table that a condition is true of, as the bits of one number."""

    @lru_cache(maxsize=MASKS)
    def rows_of(condition: Condition) -> int:
        holds = condition.holds(table[:, condition.column])
        return int.from_bytes(np.packbits(holds).tobytes(), "big")

    return rows_of


def _condition(column: int, value: float, numeric: bool, middle: float) -> Condition:
    if not numeric or np.isnan(value):
        return Condition(column, "equal", value)
    return Condition(column, "at least" if value > middle else "at most", value)


def _single(table: Floats, numeric: list[bool]) -> list[Description]:
    """Values that occur once, and the ends of numbers that are reached once."""
    found: list[Description] = []
    for column, cells in enumerate(table.T):
        values, count = np.unique(cells[~np.isnan(cells)], return_counts=True)
        found += [(Condition(column, "equal", float(v)),) for v in values[count == 1]]
        if numeric[column] and len(values):
            ends: list[tuple[str, int]] = [("at most", 0), ("at least", -1)]
            found += [
                (Condition(column, kind, float(values[place])),)
                for kind, place in ends
                if count[place] == 1
            ]
    return found
