"""Worlds of real rows (Adult, without `fnlwgt`) and releases of known or unknown leak."""

import csv
import gzip
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tacit.core.frame import Frame
from tacit.testing.generators import Cart, Copier, GaussianCopula, Marginals

SHARED = Path(os.environ.get("TACIT_SHARED", Path(__file__).parents[1].parent / "shared"))
LEFT_OUT = ("fnlwgt", "split")


def adult() -> Frame:
    """All rows of Adult."""
    with gzip.open(SHARED / "data" / "adult.csv.gz", "rt", encoding="utf8") as file:
        header, *rows = list(csv.reader(file))
    columns: dict[str, Any] = {}
    for name, cells in zip(header, zip(*rows, strict=True), strict=True):
        if name in LEFT_OUT:
            continue
        try:
            columns[name] = np.array(cells, dtype=np.float64)
        except ValueError:
            columns[name] = np.array(cells)
    return Frame.of(columns)


@dataclass(frozen=True, eq=False)
class World:
    """Rows with coins, reference rows, and further rows for generators that leak nothing."""

    rows: Frame
    member: np.ndarray
    reference: Frame
    others: Frame

    @classmethod
    def drawn(cls, everyone: Frame, n: int, n_reference: int, *, seed: int, members: int = 0):
        """`n` rows of which half are members by coins, or `members` at random."""
        rng = np.random.default_rng(seed)
        order = rng.permutation(everyone.n)[: 2 * n + n_reference]
        parts = np.split(order, [n, n + n_reference])
        inside = rng.permutation(n) < members if members else rng.random(n) < 0.5
        return cls(
            everyone.take(parts[0]), inside, everyone.take(parts[1]), everyone.take(parts[2])
        )

    @property
    def sides(self) -> dict[str, Frame]:
        """Members, non-members and reference, as `audit_synthetic` takes them."""
        return {
            "member": self.rows.take(self.member),
            "nonmember": self.rows.take(~self.member),
            "reference": self.reference,
        }

    def release(self, generator: Callable[[Any, int], Any], *, seed: int) -> Frame:
        """What the generator makes of the members."""
        return Frame.of(generator(self.rows.take(self.member), seed))


def generators(world: World, n: int) -> dict[str, Callable[[Any, int], Any]]:
    """By name, releasing `n` rows; those that leak nothing first."""
    return {
        "other rows (no leak)": Copier(0.0, 0.0, pool=world.others, n=n),
        "independent columns (no row remains)": Marginals(n),
        "Gaussian copula": GaussianCopula(n),
        "copy 10 %, cells resampled .3": Copier(0.1, 0.3, pool=world.others, n=n),
        "copy 50 %, cells resampled .3": Copier(0.5, 0.3, pool=world.others, n=n),
        "copy all, cells resampled .3": Copier(1.0, 0.3, n=n),
        "exact copy of 10 %": Copier(0.1, 0.0, pool=world.others, n=n),
        "CART, leaves of 5": Cart(5, n),
    }
