"""How finely probabilities were written down: what a 0 or a 1 among them may stand for."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Probabilities = NDArray[np.floating[Any]]
# A service that rounds keeps few digits; more than these are the digits of a float.
MOST_DIGITS = 8
# One subtraction (1 - 0.33) puts a decimal so many epsilons beside its nearest float.
OFF_GRID = 2.0
# A grid is seen only where its unit is so many epsilons wide.
WIDE_ENOUGH = 40.0
# Multiples of 1/64 may be exact: a vote of two, four or eight gives them too.
BINARY = 64
# The first numbers decide nearly always, so that a large array is not read several times.
FIRST_NUMBERS = 4096
# 1 - p of a number near 1 is a small multiple of its last place; a number of its own rarely is.
SMALL_MULTIPLES = 4096


def decimal_unit(probs: Probabilities) -> float:
    """The unit of the last digit where all numbers are rounded decimals (0.01), else 0.

    Numbers that are all 0, 1 or halves, quarters ... of it lie on a grid that a vote makes as well,
    and show nothing of rounding: 0.

    Parameters
    ----------
    probs : numbers from 0 to 1, any shape.
    """
    values = np.asarray(probs).ravel()
    if not _shows_digits(values):
        return 0.0
    for digits in range(1, MOST_DIGITS + 1):
        if 10.0**-digits < WIDE_ENOUGH * np.finfo(values.dtype).eps:
            return 0.0
        if _on_grid(values[:FIRST_NUMBERS], digits) and _on_grid(values, digits):
            return float(10.0**-digits)
    return 0.0


def floors(probs: Probabilities) -> tuple[float, float]:
    """What an exact 0 stands for, and how far below 1 an exact 1 may lie: half a unit of each.

    Rounded decimals have half a unit of their last digit at both ends. Other numbers are floats:
    next to 1 they are spaced by the epsilon of the narrowest type that holds them all; next to 0
    they reach down to the smallest normal number, unless the small ones are multiples of that
    spacing too (one minus a float is).

    Parameters
    ----------
    probs : numbers from 0 to 1, any shape.
    """
    values = np.asarray(probs).ravel()
    unit = decimal_unit(values)
    if unit:
        return unit / 2, unit / 2
    spacing = _spacing(values)
    zero = float(np.finfo(values.dtype).tiny)
    below = min(SMALL_MULTIPLES * spacing, 1 / BINARY)
    small = values[(values > 0) & (values < below)].astype(np.float64)
    if len(small) and (small % spacing == 0).all():
        zero = spacing / 2
    return zero, spacing / 2


def _shows_digits(values: Probabilities) -> bool:
    first = values[:FIRST_NUMBERS].astype(np.float64) * BINARY
    return bool((first != np.round(first)).any())


def _on_grid(values: Probabilities, digits: int) -> bool:
    exact = values.astype(np.float64)
    nearest = np.round(exact * 10.0**digits) / 10.0**digits
    allowed = OFF_GRID * float(np.finfo(values.dtype).eps)
    near = np.abs(exact - nearest) <= allowed
    # a small number is no zero that was rounded
    return bool((near & ((nearest == 0) == (exact == 0))).all())


def _spacing(values: Probabilities) -> float:
    """Distance between the floats just below 1 of the narrowest type that holds all values."""
    own = np.finfo(values.dtype)
    if _shows_digits(values):
        for kind in (np.float16, np.float32):
            if np.finfo(kind).bits < own.bits and _holds(kind, values):
                return float(np.finfo(kind).epsneg)
    return float(own.epsneg)


def _holds(kind: type[np.floating[Any]], values: Probabilities) -> bool:
    with np.errstate(over="ignore", under="ignore"):
        return all(
            bool((part.astype(kind).astype(values.dtype) == part).all())
            for part in (values[:FIRST_NUMBERS], values)
        )
