"""What the guessers that learn share: the table that they fit on, and the log-odds that they
give.
"""

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from tacit.attacks.learned.known_rows import told_rows
from tacit.core import Signals
from tacit.core.threads import one_thread

CLIP = 1e-9  # of probabilities: log-odds beyond 20 tell no record from another


class Classifier(Protocol):
    """The part of a scikit-learn classifier that is used here."""

    def fit(self, x: NDArray[Any], y: NDArray[Any], /) -> Any:
        """Learn."""
        ...

    def predict_proba(self, x: NDArray[Any], /) -> NDArray[Any]:
        """Probabilities of the classes, (n, 2)."""
        ...


def logistic_regression(strength: float = 1.0, solver: str = "lbfgs") -> Classifier:
    """Logistic regression; `strength` is the inverse of its ridge penalty."""
    from sklearn.linear_model import LogisticRegression

    # 300 steps: standardised columns converge in fewer
    return LogisticRegression(  # type: ignore[no-any-return]
        C=strength, solver=solver, max_iter=300
    )


def boosted_trees(
    rounds: int = 60, rate: float = 0.08, leaves: int = 8, seed: int = 0
) -> Classifier:
    """Boosted trees on histograms: `rounds` trees of at most `leaves` leaves, shrunk by `rate`;
    `seed` of the rows that set the bins, where there are more than 200,000.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(  # type: ignore[no-any-return]
        max_iter=rounds,
        learning_rate=rate,
        max_leaf_nodes=leaves,
        early_stopping=False,
        random_state=seed,
    )


@dataclass(frozen=True)
class Learner(ABC):
    """Fits a classifier on the told records' features and signal, and scores all records with its
    log-odds.
    """

    learns: ClassVar[bool] = True
    reference: ClassVar[str] = "Shokri et al. 2017"
    needs: ClassVar[str] = "needs some known members and non-members"

    @abstractmethod
    def classifier(self) -> Classifier:
        """A fresh classifier."""

    def __call__(self, signals: Signals) -> NDArray[np.floating[Any]]:
        """Scores (n,): the learned log-odds of being a member."""
        rows = told_rows(signals, type(self).__name__)
        return log_odds(self.classifier(), observed(signals), rows, signals.known[rows] == 1)


def observed(signals: Signals) -> NDArray[np.float32]:
    """The features and the signal of each record, float32 (n, d + q)."""
    columns = [np.asarray(part, np.float32) for part in (signals.features, signals.target)]
    return np.concatenate(columns, axis=1)


def log_odds(
    model: Classifier, x: NDArray[np.float32], rows: NDArray[np.intp], member: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Fit `model` on the standardised `rows` of `x`; the log-odds of all others, float64 (n,), and
    0 for `rows`.

    The rows are put in an order of their own first, so that the order of records does not matter,
    and one thread works: the same bits everywhere, and no idle threads that spin on a shared
    machine.
    """
    order = _own_order(x[rows], member)
    rows, member = rows[order], member[order]
    standard = standardised(x, rows)
    asked = np.ones(len(x), bool)
    asked[rows] = False
    score = np.zeros(len(x))
    with one_thread(), _unchecked():
        model.fit(standard[rows], member)
        if asked.any():
            p = np.clip(
                np.asarray(model.predict_proba(standard[asked])[:, 1], np.float64), CLIP, 1 - CLIP
            )
            score[asked] = np.log(p) - np.log1p(-p)
    return score


def _own_order(known: NDArray[np.float32], member: NDArray[np.bool_]) -> NDArray[np.intp]:
    """An order of the records by what they hold, whatever the order in which they came.

    By their bytes, which is one comparison a pair: sorting column by column takes seven times as
    long.
    """
    row = np.concatenate([known, member[:, None]], axis=1, dtype=np.float32)
    return np.argsort(row.view(np.dtype((np.void, row.strides[0]))).ravel())


def _unchecked() -> AbstractContextManager[Any]:
    """scikit-learn does not check every table and parameter again, for each of many small fits."""
    from sklearn import config_context

    return config_context(  # type: ignore[no-any-return]
        assume_finite=True, skip_parameter_validation=True
    )


def standardised(x: NDArray[np.float32], rows: NDArray[np.intp]) -> NDArray[np.float32]:
    """Columns with mean 0 and spread 1 on `rows`; columns of 0 and 1 stay as they are, constant
    ones become 0. The order of `rows` decides how sums are rounded.
    """
    known = x[rows].astype(np.float64)
    centre, spread = known.mean(axis=0), known.std(axis=0)
    flag = ((known == 0) | (known == 1)).all(axis=0)
    centre[flag], spread[flag] = 0.0, 1.0
    return np.asarray((x - centre) / np.where(spread > 0, spread, 1.0), dtype=np.float32)
