"""One number, never bare."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Context
from typing import Any

from tacit.core.errors import InvalidInput


@dataclass(frozen=True)
class Estimate:
    """One number with its uncertainty and what it assumes.

    Parameters
    ----------
    name : what was measured, for example ``"tpr@fpr=0.001"``.
    value : the point estimate.
    low, high : ends of the interval; a one-sided bound has an infinite other end.
    level : the share of repetitions in which the interval holds the truth, at least.
    n : number of records (or clusters, canaries, runs) that it rests on.
    method : how the interval was made.
    assumes : what must hold for the level to be true.
    p_value : of the null hypothesis "no leak", where the metric has one.
    settings : the numbers that the metric was asked with, for example ``{"fpr": 0.01}``.
    references : the papers that the interval or bound comes from.

    Raises
    ------
    InvalidInput : a number is NaN, the interval is empty, or `level` is not between 0 and 1.
    """

    name: str
    value: float
    low: float
    high: float
    level: float
    n: int
    method: str
    assumes: tuple[str, ...] = ()
    p_value: float | None = None
    settings: Mapping[str, float] = field(default_factory=dict, hash=False)
    references: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("value", "low", "high", "level"):
            object.__setattr__(self, name, float(getattr(self, name)))
        object.__setattr__(self, "n", int(self.n))
        object.__setattr__(self, "assumes", tuple(self.assumes))
        object.__setattr__(self, "references", tuple(self.references))
        settings = {str(name): float(number) for name, number in self.settings.items()}
        object.__setattr__(self, "settings", settings)
        if math.isnan(self.value) or math.isnan(self.low) or math.isnan(self.high):
            raise InvalidInput(
                f"{self.name} is not a number: {self.value} [{self.low}, {self.high}]."
            )
        if not 0 < self.level < 1:
            raise InvalidInput(f"{self.name} needs a `level` between 0 and 1, got {self.level}.")
        if self.low > self.high:
            raise InvalidInput(f"{self.name} has an empty interval: [{self.low}, {self.high}].")

    def __str__(self) -> str:
        return (
            f"{self.name} = {self.value:.4g} {interval_text(self.low, self.high)}"
            f" ({100 * self.level:g} %, n = {self.n})"
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data; infinite ends become None."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        plain |= {"assumes": list(self.assumes), "references": list(self.references)}
        ends = {end: None if math.isinf(plain[end]) else plain[end] for end in ("low", "high")}
        return plain | ends | {"settings": dict(self.settings)}

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> "Estimate":
        """The Estimate that `to_dict` wrote."""
        low = -math.inf if plain["low"] is None else plain["low"]
        high = math.inf if plain["high"] is None else plain["high"]
        return cls(**(plain | {"low": low, "high": high}))


def interval_text(low: float, high: float) -> str:
    """``[0.012, 0.035]``, or ``>= 0.012`` where only one end is known.

    A bound is rounded away from what it promises: what is at least 0.99996 is not at least 1.
    """
    if math.isinf(high):
        return f">= {rounded_down(low):.4g}"
    return f"<= {rounded_up(high):.4g}" if math.isinf(low) else f"[{low:.4g}, {high:.4g}]"


def rounded_down(value: float, digits: int = 4) -> float:
    """A lower bound with so many digits that matter, never above `value`.

    Examples
    --------
    >>> rounded_down(1.99999), rounded_down(0.1), rounded_down(2.006, digits=3)
    (1.999, 0.1, 2.0)
    """
    return _rounded(value, digits, ROUND_FLOOR)


def rounded_up(value: float, digits: int = 4) -> float:
    """An upper bound with so many digits that matter, never below `value`."""
    return _rounded(value, digits, ROUND_CEILING)


def _rounded(value: float, digits: int, rounding: str) -> float:
    # of the digits that Python shows, so that 0.1 stays 0.1
    context = Context(prec=digits, rounding=rounding)
    return float(context.create_decimal(repr(float(value))))
