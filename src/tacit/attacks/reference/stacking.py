"""How the shadow stack learns: boosted trees from shadow models whose membership is known, and how
far each of them is to be believed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

# 50 rounds of the usual rate rank as well as 80 on 21 real cells (benchmarks/stack_families.py);
# 63 bins rank as well as 255, and histograms of small tables cost a quarter less
ROUNDS = 50
BINS = 63
LEAVES = 8
RIDGE = 5.0
# the smallest leaf is a hundredth of the rows, within limits that keep small tables smooth and
# large ones able to find the few records on which a low false-positive rate rests
LEAF = (20, 200)
LEAF_SHARE = 100
FEWEST_ROWS = 4 * LEAF[0]  # below, a tree has no split to make


@dataclass(frozen=True, eq=False)
class Examples:
    """Descriptions of records under shadow models whose membership is known.

    Parameters
    ----------
    table : float64 (r, d), the first column the log-ratio of BASE.
    member : bool (r,), who was trained on.
    family : int (r,), number of the family of the shadow model.
    half : int (r,), 0 or 1: to which half of all records the record belongs.
    direction : int (d,), 1 where a larger value of a column can only speak for a member, else 0.
    """

    table: NDArray[np.float64]
    member: NDArray[np.bool_]
    family: NDArray[np.int64]
    half: NDArray[np.int64]
    direction: NDArray[np.int64]

    @classmethod
    def joined(cls, parts: Sequence["Examples"]) -> "Examples":
        """All rows of several tables of the same columns."""
        return cls(
            np.concatenate([part.table for part in parts]),
            np.concatenate([part.member for part in parts]),
            np.concatenate([part.family for part in parts]),
            np.concatenate([part.half for part in parts]),
            parts[0].direction,
        )

    def take(self, rows: NDArray[np.bool_]) -> "Examples":
        """The examples `rows` (a mask)."""
        return Examples(
            self.table[rows],
            self.member[rows],
            self.family[rows],
            self.half[rows],
            self.direction,
        )


@dataclass(frozen=True, eq=False)
class Learner:
    """Two boosted classifiers on the columns that were not empty when they were taught.

    One may only turn towards "member" as a score of a single attack rises, which keeps it from
    learning noise where little leaks; the other is free, and sees what no single direction says
    (nearest neighbours weighted by distance answer members exactly 1 and others nearly 1).
    """

    columns: NDArray[np.bool_]
    monotone: Any
    free: Any

    @classmethod
    def taught(cls, examples: Examples) -> "Learner | None":
        """Taught by `examples`; None where they are too few, or of one kind only."""
        from sklearn.ensemble import HistGradientBoostingClassifier

        n = len(examples.member)
        if n < FEWEST_ROWS or not 0 < np.count_nonzero(examples.member) < n:
            return None
        columns = np.count_nonzero(~np.isnan(examples.table), axis=0) > 0
        table = examples.table[:, columns]
        limits = [examples.direction[columns], None]
        fitted = [
            HistGradientBoostingClassifier(
                max_iter=ROUNDS,
                max_bins=BINS,
                max_leaf_nodes=LEAVES,
                min_samples_leaf=int(np.clip(n // LEAF_SHARE, *LEAF)),
                l2_regularization=RIDGE,
                monotonic_cst=limit,
                early_stopping=False,
                random_state=0,  # draws rows for bins beyond 200,000, more than ever teach
            ).fit(table, examples.member)
            for limit in limits
        ]
        return cls(columns, *fitted)

    def __call__(self, table: NDArray[Any]) -> NDArray[np.float64]:
        """Log-odds (r, 2) of rows of a table (r, d): of the monotone and of the free classifier."""
        seen = np.asarray(table[:, self.columns], np.float64)
        odds = (part.decision_function(seen) for part in (self.monotone, self.free))
        return np.column_stack(list(odds))


@dataclass(frozen=True, eq=False)
class Weights:
    """How far to believe the monotone and the free classifier and the best-informed simple score.

    Parameters
    ----------
    slope : float64 (3,), none negative.
    constant : of the log-odds.
    """

    slope: NDArray[np.float64]
    constant: float

    @classmethod
    def of(cls, odds: NDArray[np.float64], member: NDArray[np.bool_]) -> "Weights":
        """Logistic regression of membership (r,) on `odds` (r, 3), pulled towards the monotone
        classifier alone by a ridge that weighs about as much as one record.

        Where there is nothing to learn from, the simple score alone counts.
        """
        if not 0 < np.count_nonzero(member) < len(member):
            return cls(np.array([0.0, 0.0, 1.0]), 0.0)
        sign = np.where(member, 1.0, -1.0)
        start = np.array([1.0, 0.0, 0.0, 0.0])
        wide = np.column_stack([odds, np.ones(len(odds))])

        def loss(weight: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            margin = sign * (wide @ weight)
            apart = np.r_[(weight - start)[:-1], 0.0]
            slope = apart - wide.T @ (sign * expit(-margin))
            return float(np.logaddexp(0.0, -margin).sum() + (apart @ apart) / 2), slope

        bounds = [(0.0, None)] * 3 + [(None, None)]
        best = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
        return cls(best[:-1], float(best[-1]))

    def __call__(self, odds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log-odds (r,) from `odds` (r, 3)."""
        return np.asarray(odds @ self.slope + self.constant, np.float64)


def with_base(odds: NDArray[np.float64], base: NDArray[Any]) -> NDArray[np.float64]:
    """Odds (r, 3): those of a learner (r, 2), and the log-ratio of BASE (r,), whose long tails
    asinh brings in without changing an order; 0, which says nothing, where there is none.
    """
    return np.column_stack([odds, np.arcsinh(np.nan_to_num(np.asarray(base, np.float64)))])


Fold = tuple[int, int]


def folds(n_parts: int, *, complete: bool) -> list[Fold]:
    """(part of the families, half of the records): what is held out together.

    Parameters
    ----------
    n_parts : parts of the families.
    complete : whether every row is held out once; else each part goes with one half only, which is
        enough to learn three weights at half the cost.
    """
    parts = range(n_parts)
    return [(part, half) for part in parts for half in ((0, 1) if complete else (part % 2,))]


def held_out(
    examples: Examples, fold: Fold, n_parts: int
) -> tuple["Learner | None", NDArray[np.float64], NDArray[np.bool_]]:
    """A learner that saw neither the families nor the records of `fold`, and what it says of them.

    Without the records too: what a record's IN models answered in sum is the same number whichever
    of them is the target, so its other rows, whose labels are known, would tell the hidden one.

    Returns
    -------
    The learner; odds (r, 3) of the rows held out; who of them was a member (r,). No rows where
    there is no learner.
    """
    part, half = fold
    hidden = examples.family % n_parts == part
    asked = examples.take(hidden & (examples.half == half))
    learner = Learner.taught(examples.take(~hidden & (examples.half != half)))
    if learner is None:
        return None, np.empty((0, 3)), np.empty(0, bool)
    return learner, with_base(learner(asked.table), asked.table[:, 0]), asked.member
