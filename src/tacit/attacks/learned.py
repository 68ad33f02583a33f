"""Guessers that learn from records whose membership they were told."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from tacit.attacks.told import told_rows
from tacit.core import Signals

SEED = 0
CLIP = 1e-9
MOST_NEIGHBOURS = 10_000
DISTANCES = 1 << 21


class Classifier(Protocol):
    """The part of a scikit-learn classifier that is used here."""

    def fit(self, x: NDArray[Any], y: NDArray[Any], /) -> Any:
        """Learn."""
        ...

    def predict_proba(self, x: NDArray[Any], /) -> NDArray[Any]:
        """Probabilities of the classes, (n, 2)."""
        ...


@dataclass(frozen=True)
class _Learner(ABC):
    """Fits a classifier on the told records' features and signal, and scores all records with its log-odds."""

    learns: ClassVar[bool] = True
    reference: ClassVar[str] = "Shokri et al. 2017"

    @abstractmethod
    def classifier(self) -> Classifier:
        """A fresh classifier."""

    def __call__(self, signals: Signals) -> NDArray[np.floating[Any]]:
        """Scores (n,): the learned log-odds of being a member."""
        rows = told_rows(signals, type(self).__name__)
        return log_odds(self.classifier(), observed(signals), rows, signals.known[rows] == 1)


@dataclass(frozen=True)
class LogisticRegression(_Learner):
    """Logistic regression on the model's outputs (``signals.features``) and the signal.

    Parameters
    ----------
    strength : of the fit, the inverse of the ridge penalty.

    References
    ----------
    .. [1] Shokri et al., Membership Inference Attacks Against Machine Learning Models, 2017, sec. V.
    """

    strength: float = 1.0

    def classifier(self) -> Classifier:
        """Of scikit-learn."""
        from sklearn.linear_model import LogisticRegression as Model

        return Model(C=self.strength, max_iter=300)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class RandomForest(_Learner):
    """A random forest on the model's outputs (``signals.features``) and the signal.

    Parameters
    ----------
    trees : number of trees. leaf : fewest records in a leaf. share : of the records that each tree sees.

    References
    ----------
    .. [1] Shokri et al., Membership Inference Attacks Against Machine Learning Models, 2017, sec. V.
    """

    trees: int = 100
    leaf: int = 20
    share: float = 0.2

    def classifier(self) -> Classifier:
        """Of scikit-learn."""
        from sklearn.ensemble import RandomForestClassifier

        return RandomForestClassifier(  # type: ignore[no-any-return]
            self.trees, min_samples_leaf=self.leaf, max_samples=self.share, random_state=SEED, n_jobs=1
        )


@dataclass(frozen=True)
class GradientBoosting(_Learner):
    """Boosted trees on histograms of the model's outputs (``signals.features``) and the signal.

    Parameters
    ----------
    rounds : number of trees. rate : learning rate. leaves : most leaves of a tree.

    References
    ----------
    .. [1] Shokri et al., Membership Inference Attacks Against Machine Learning Models, 2017, sec. V.
    """

    rounds: int = 60
    rate: float = 0.08
    leaves: int = 8

    def classifier(self) -> Classifier:
        """Of scikit-learn."""
        from sklearn.ensemble import HistGradientBoostingClassifier

        return HistGradientBoostingClassifier(  # type: ignore[no-any-return]
            max_iter=self.rounds, learning_rate=self.rate, max_leaf_nodes=self.leaves, early_stopping=False, random_state=SEED
        )


@dataclass(frozen=True)
class KNearest(_Learner):
    """The share of members among the nearest known records, in the space of the model's outputs and the signal.

    Parameters
    ----------
    share : of the known records that are neighbours (at least 10 records; beyond 10,000 known records an even sample is kept).

    References
    ----------
    .. [1] Shokri et al., Membership Inference Attacks Against Machine Learning Models, 2017, sec. V.
    """

    share: float = 0.02

    def classifier(self) -> Classifier:
        """Brute force, in blocks."""
        return _Neighbours(self.share)


@dataclass(frozen=True)
class MultilayerPerceptron(_Learner):
    """A small neural network on the model's outputs (``signals.features``) and the signal.

    Parameters
    ----------
    width : of its one hidden layer. epochs : passes over the known records.

    References
    ----------
    .. [1] Shokri et al., Membership Inference Attacks Against Machine Learning Models, 2017, sec. V.
    """

    width: int = 32
    epochs: int = 15

    def classifier(self) -> Classifier:
        """Of scikit-learn."""
        return _Network(self.width, self.epochs)


class _Neighbours:
    """All known records as near as the k-th nearest count: ties need no arbitrary choice."""

    def __init__(self, share: float) -> None:
        self.share = share

    def fit(self, x: NDArray[Any], y: NDArray[Any]) -> Any:
        step = -(-len(x) // MOST_NEIGHBOURS)
        self.known, self.member = x[::step], y[::step].astype(np.float32)
        self.n_near = min(len(self.known), max(10, round(self.share * len(self.known))))
        return self

    def predict_proba(self, x: NDArray[Any]) -> NDArray[Any]:
        centre = self.known.mean(axis=0)
        known = self.known - centre
        length = np.einsum("ij,ij->i", known, known)
        step = max(1, DISTANCES // len(known))
        parts = [self._share(x[i : i + step] - centre, known, length) for i in range(0, len(x), step)]
        share = np.concatenate(parts)
        return np.stack([1 - share, share], axis=1)

    def _share(self, x: NDArray[Any], known: NDArray[Any], length: NDArray[Any]) -> NDArray[Any]:
        distance = length - 2 * (x @ known.T)
        furthest = np.partition(distance, self.n_near - 1, axis=1)[:, self.n_near - 1]
        near = (distance <= furthest[:, None]).astype(np.float32)
        return np.asarray((near @ self.member) / near.sum(axis=1), dtype=np.float64)


class _Network:
    def __init__(self, width: int, epochs: int) -> None:
        self.width, self.epochs = width, epochs

    def fit(self, x: NDArray[Any], y: NDArray[Any]) -> Any:
        import warnings

        from sklearn.exceptions import ConvergenceWarning
        from sklearn.neural_network import MLPClassifier

        size = min(256, max(16, len(x) // 20))
        self.model = MLPClassifier(
            (self.width,), max_iter=self.epochs, batch_size=size, alpha=1e-3, learning_rate_init=3e-3, random_state=SEED
        )
        with warnings.catch_warnings():
            # a fixed number of passes is the regularisation that is meant
            warnings.simplefilter("ignore", ConvergenceWarning)
            return self.model.fit(x, y)

    def predict_proba(self, x: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(self.model.predict_proba(x))


def observed(signals: Signals) -> NDArray[np.float32]:
    """The features and the signal of each record, float32 (n, d + q)."""
    columns = [np.asarray(part, np.float32) for part in (signals.features, signals.target)]
    return np.concatenate(columns, axis=1)


def log_odds(model: Classifier, x: NDArray[np.float32], rows: NDArray[np.intp], member: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Fit `model` on the standardised `rows` of `x`; the log-odds of all others, float64 (n,), and 0 for `rows`.

    The rows are put in an order of their own first, so that the order of records does not matter, and one thread works:
    the same bits everywhere, and no idle threads that spin on a shared machine.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    standard = standardised(x, rows)
    order = np.lexsort((member, *standard[rows].T))
    asked = np.ones(len(x), bool)
    asked[rows] = False
    score = np.zeros(len(x))
    with threadpool_limits(1):
        model.fit(standard[rows[order]], member[order])
        if asked.any():
            p = np.clip(np.asarray(model.predict_proba(standard[asked])[:, 1], np.float64), CLIP, 1 - CLIP)
            score[asked] = np.log(p) - np.log1p(-p)
    return score


def standardised(x: NDArray[np.float32], rows: NDArray[np.intp]) -> NDArray[np.float32]:
    """Columns with mean 0 and spread 1 on `rows`; columns of 0 and 1 stay as they are, constant ones become 0."""
    known = np.sort(x[rows], axis=0).astype(np.float64)
    centre, spread = known.mean(axis=0), known.std(axis=0)
    flag = ((known == 0) | (known == 1)).all(axis=0)
    centre[flag], spread[flag] = 0.0, 1.0
    return np.asarray((x - centre) / np.where(spread > 0, spread, 1.0), dtype=np.float32)
