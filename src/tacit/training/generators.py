"""Shadow generators: synthetic tables made as the audited one was, each from its own half of rows.

A recipe for `tacit.training.shadow` whose models are releases: what is kept of each is the scores
that it gives to every real row, as so many queries.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput
from tacit.core.frame import Frame, alike
from tacit.signals.synthetic import SCORES, Scorer
from tacit.training.results import ShadowRun
from tacit.training.shadow import shadow

Generator = Callable[[Any, int], Any]
# Below this a release says too little of any row.
FEWEST_RELEASED = 50


@dataclass(frozen=True, eq=False)
class GeneratorRecipe:
    """Fit a generator on some rows, release a table, and score every row by the release.

    Parameters
    ----------
    fit_and_release : ``fit_and_release(rows, seed) -> frame``: fits a generator of the audited kind
        on `rows` (a part of the table that `shadow` was given, of the same type) and returns a
        release of the same columns. The same seed must give the same release.
    reference : real rows of the population, none of the audited ones among them.
    columns : the columns to score by; None for all of the reference.
    """

    fit_and_release: Generator
    reference: Frame
    columns: tuple[str, ...] | None = None

    def fit(self, x: Any, y: Any, indices: NDArray[np.int64], seed: int) -> Callable[[Any], Any]:
        """Release once, and return a function that gives the scores of all rows of `x`."""
        frame = Frame.of(self.fit_and_release(rows_of(x, indices), seed), "fit_and_release(...)")
        if frame.n < FEWEST_RELEASED:
            raise InvalidInput(
                f"`fit_and_release` needs to return {FEWEST_RELEASED} rows or more, got {frame.n}."
            )
        names = self.columns or self.reference.names
        absent = [name for name in names if name not in frame.columns]
        if absent:
            raise InvalidInput(
                f"`fit_and_release` needs to return the columns of the real rows, it has no column "
                f"{', '.join(map(repr, absent))}."
            )
        release, rows = (part.only(names) for part in (frame, Frame.of(x, "rows")))
        fitted = alike({"reference": self.reference.only(names), "rows": rows, "release": release})
        scorer = Scorer(fitted["rows"], fitted["reference"])
        found = scorer.scores(fitted["release"], seed=seed)
        table = np.stack([found[name] for name in SCORES], axis=1)
        return lambda _: table


def shadow_releases(
    fit_and_release: Generator,
    rows: Any,
    reference: Any,
    *,
    n: int = 12,
    columns: tuple[str, ...] | None = None,
    seed: int = 0,
    **options: Any,
) -> ShadowRun:
    """Releases of `n` shadow generators, each fitted on its own half of `rows`, as scores.

    Parameters
    ----------
    fit_and_release : see `GeneratorRecipe`.
    rows : the audited rows, members and non-members: pandas, polars, or a dict of columns.
    reference : real rows of the population, none of `rows` among them.
    n : number of shadow generators.
    columns : the columns to score by; None for all.
    seed : of the halves and of every generator.
    **options : `store`, `pool`, `kind`, `share`, `cluster`, `progress`; see
        `tacit.training.shadow`.

    Returns
    -------
    ShadowRun with one query a score, in the order of `tacit.signals.synthetic.SCORES`.
    """
    fixed = Frame.of(reference, "reference")
    recipe = GeneratorRecipe(fit_and_release, fixed, columns)
    table = Table(rows) if isinstance(rows, Mapping) else rows
    return shadow(recipe, table, n=n, seed=seed, **options)


class Table(dict[str, NDArray[Any]]):
    """A dict of columns that knows how many rows it has."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return (len(next(iter(self.values()))), len(self))


def rows_of(x: Any, indices: NDArray[np.int64]) -> Any:
    """The rows `indices` of a pandas or polars frame, or of a dict of columns."""
    if hasattr(x, "iloc"):
        return x.iloc[indices]
    if isinstance(x, Mapping):
        return {name: np.asarray(values)[indices] for name, values in x.items()}
    return x[indices]
