"""Generators of synthetic tables: two that people use, and three whose leak is known.

Each is called as a recipe for shadow generators: ``generator(rows, seed) -> frame``, where `rows`
and the release are dicts of columns (n,), or whatever `Frame.of` reads.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core.frame import Frame

Columns = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Copier:
    """Releases rows of its training table with cells drawn anew: a leak of known size.

    A share of the release are copies of training rows; in each copy every cell is replaced, with
    probability `resampled`, by that of another training row. The others are made of independent
    columns: they hold no row.

    Parameters
    ----------
    copied : share of the release that are copies, in [0, 1].
    resampled : chance of each cell of a copy to be replaced.
    pool : further real rows; where given, what is not a copy is one of them, with the same chance
        of replaced cells, so that copies do not show by being likelier than the rest.
    n : rows to release; None for as many as there are training rows.
    """

    copied: float = 1.0
    resampled: float = 0.3
    pool: Any = None
    n: int | None = None

    def __call__(self, rows: Any, seed: int) -> Columns:
        """One release."""
        rng = np.random.default_rng(seed)
        own = Frame.of(rows)
        n = own.n if self.n is None else self.n
        n_copied = round(self.copied * n)
        copies = _perturbed(own, n_copied, self.resampled, rng)
        if self.pool is None:
            rest = _perturbed(own, n - n_copied, 1.0, rng)
        else:
            rest = _perturbed(Frame.of(self.pool), n - n_copied, self.resampled, rng)
        order = rng.permutation(n)
        return {name: np.concatenate([copies[name], rest[name]])[order] for name in own.names}


def _perturbed(frame: Frame, n: int, resampled: float, rng: np.random.Generator) -> Columns:
    """`n` rows of the frame, without repetition where it has enough, cells replaced by chance."""
    rows = rng.choice(frame.n, n, replace=n > frame.n)
    made = {}
    for name, values in frame.columns.items():
        other = values[rng.integers(0, frame.n, n)]
        made[name] = np.where(rng.random(n) < resampled, other, values[rows])
    return made


@dataclass(frozen=True)
class Marginals:
    """Draws every column on its own: nothing of a row remains."""

    n: int | None = None

    def __call__(self, rows: Any, seed: int) -> Columns:
        """One release."""
        own = Frame.of(rows)
        n = own.n if self.n is None else self.n
        return _perturbed(own, n, 1.0, np.random.default_rng(seed))


@dataclass(frozen=True)
class GaussianCopula:
    """Normal scores of all columns, their correlation, and the marginals back again.

    Categories are put in order of their frequency. What it knows of single rows is in the
    marginals and d^2 correlations.

    Parameters
    ----------
    n : rows to release; None for as many as there are training rows.

    References
    ----------
    .. [1] Patki, Wedge, Veeramachaneni, The Synthetic Data Vault, 2016, sec. III.
    """

    n: int | None = None

    def __call__(self, rows: Any, seed: int) -> Columns:
        """One release."""
        from scipy.special import ndtr, ndtri

        rng = np.random.default_rng(seed)
        own = Frame.of(rows)
        n = own.n if self.n is None else self.n
        ordered = {name: _sorted_column(values) for name, values in own.columns.items()}
        # a random place among equal values, so that the normal scores are normal
        place = [
            (
                np.argsort(np.argsort(key + rng.random(own.n) * 1e-9 * (key.max() + 1)))
                if len(key)
                else key
            )
            for key in (_order(v) for v in own.columns.values())
        ]
        normal = ndtri((np.stack(place, axis=1) + 0.5) / own.n)
        link = np.atleast_2d(np.corrcoef(normal, rowvar=False))
        value, vector = np.linalg.eigh(link)
        root = vector * np.sqrt(np.maximum(value, 0))
        drawn = ndtr(rng.normal(size=(n, len(ordered))) @ root.T)
        pick = np.minimum((drawn * own.n).astype(np.int64), own.n - 1)
        return {name: values[pick[:, j]] for j, (name, values) in enumerate(ordered.items())}


def _order(values: NDArray[Any]) -> NDArray[np.float64]:
    """Keys to sort a column by: numbers by value (missing last), categories by frequency."""
    if values.dtype.kind != "U":
        return np.unique(values, return_inverse=True)[1].astype(np.float64)
    _, code, count = np.unique(values, return_inverse=True, return_counts=True)
    rank = np.empty(len(count))
    rank[np.lexsort((np.arange(len(count)), -count))] = np.arange(len(count))
    return np.asarray(rank[code])


def _sorted_column(values: NDArray[Any]) -> NDArray[Any]:
    return values[np.argsort(_order(values), kind="stable")]


@dataclass(frozen=True)
class Cart:
    """Column by column: each is drawn from the leaf of a tree that was grown on those before it.

    The first column is drawn from its own values. Small leaves memorise.

    Parameters
    ----------
    leaf : fewest training rows in a leaf.
    n : rows to release; None for as many as there are training rows.

    References
    ----------
    .. [1] Reiter, Using CART to generate partially synthetic public use microdata, 2005.
    .. [2] Nowok, Raab, Dibben, synthpop: Bespoke creation of synthetic data in R, 2016.
    """

    leaf: int = 5
    n: int | None = None

    def __call__(self, rows: Any, seed: int) -> Columns:
        """One release."""
        rng = np.random.default_rng(seed)
        own = Frame.of(rows)
        n = own.n if self.n is None else self.n
        names = list(own.names)
        known = np.stack([_order(values) for values in own.columns.values()], axis=1)
        row = np.empty((n, len(names)), np.int64)
        row[:, 0] = rng.integers(0, own.n, n)
        for j in range(1, len(names)):
            made = np.stack([known[row[:, i], i] for i in range(j)], axis=1)
            category = own.kinds[names[j]] == "category"
            row[:, j] = self._drawn(known[:, :j], known[:, j], made, rng, category=category)
        return {name: own.columns[name][row[:, j]] for j, name in enumerate(names)}

    def _drawn(
        self,
        x: NDArray[np.float64],
        y: NDArray[np.float64],
        asked: NDArray[np.float64],
        rng: np.random.Generator,
        *,
        category: bool,
    ) -> NDArray[np.int64]:
        """For each of `asked`, a training row of the same leaf."""
        from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

        kind = DecisionTreeClassifier if category else DecisionTreeRegressor
        tree = kind(min_samples_leaf=self.leaf, random_state=int(rng.integers(2**31)))
        tree.fit(x, y)
        leaf = tree.apply(x)
        order = np.argsort(leaf, kind="stable")
        start, end = (
            np.searchsorted(leaf[order], tree.apply(asked), side) for side in ("left", "right")
        )
        return np.asarray(order[start + (rng.random(len(asked)) * (end - start)).astype(np.int64)])
