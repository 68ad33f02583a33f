"""What a record tells by itself: guesses that are told no membership, each fold by fits on the
others.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import Outputs
from tacit.core.threads import one_thread

# Fits use at most so many records, spread evenly. A baseline needs to explain half of a score's
# variance, not all of it: more records cost minutes and change nothing.
FIT_LIMIT = 4_000
TREES, LEAF, NEAREST = 60, 5, 15
# How hard a record is takes half as many: the mean log-probability of labels on Adult, digits,
# Location-30, MNIST and a made-up table differs by .014 at most.
FEWER_TREES = TREES // 2
LEAST_P = 1e-6
TREES_GUESS = "trees from the record to the attack's score, without membership"
# From so many records on trees are boosted on histograms: at 4,000 in a seventh of the time of a
# forest, with as much of the score explained on made-up tables and more on Adult, Location-30 and
# digits. Among 100 a forest explains more, and is quick.
MANY = 500


def trees_guess(
    columns: NDArray[Any], score: NDArray[np.float64], fold: NDArray[np.int8], *, seed: int
) -> NDArray[np.float64]:
    """What a record's own columns tell of `score`, float64 (t,): each fold by trees that were
    fitted on the others, and were told no membership.

    Parameters
    ----------
    columns : (t, d)
    score : float64 (t,)
    fold : int8 (t,)
    seed : of a forest.
    """
    from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor

    def forest() -> Any:
        return RandomForestRegressor(
            TREES, min_samples_leaf=LEAF, max_features=1 / 3, random_state=seed, n_jobs=1
        )

    def boosted() -> Any:
        return HistGradientBoostingRegressor(
            max_iter=TREES,
            max_leaf_nodes=15,
            min_samples_leaf=2 * LEAF,
            early_stopping=False,
            random_state=seed,
        )

    make = forest if len(score) < MANY else boosted
    return _out_of_fold(make, columns, score, fold, _prediction)


def row_guesses(
    straight: NDArray[np.float64],
    columns: NDArray[np.float64],
    targets: NDArray[np.float64],
    fold: NDArray[np.int8],
    *,
    seed: int,
) -> NDArray[np.float64]:
    """What a row tells of several targets, float64 (n, k): each fold by a ridge regression that was
    fitted on the others, and a random forest on what that leaves.

    Parameters
    ----------
    straight : (n, e), where straight lines are fitted.
    columns : (n, d), where trees are cut.
    targets : float64 (n, k)
    fold : int8 (n,)
    seed : of the forest.
    """
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.linear_model import Ridge

    table = columns.astype(np.float32)
    spread = targets.std(axis=0)
    wanted = (targets - targets.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    guess = np.zeros(targets.shape)
    for number in np.unique(fold):
        here = fold == number
        others = _others(here)
        with _quiet():
            line = Ridge().fit(straight[others], wanted[others])
            rest = wanted[others] - line.predict(straight[others]).reshape(len(others), -1)
            forest = RandomForestRegressor(
                TREES, min_samples_leaf=LEAF, max_features=1 / 3, random_state=seed, n_jobs=1
            ).fit(table[others], rest)
            told = (line.predict(straight[here]), forest.predict(table[here]))
        guess[here] = sum(part.reshape(-1, targets.shape[1]) for part in told)
    return np.asarray(guess * spread + targets.mean(axis=0))


def class_means(
    label: NDArray[np.int64], score: NDArray[np.float64], fold: NDArray[np.int8]
) -> NDArray[np.float64]:
    """The mean score (t,) of each record's class in the other folds, drawn towards the mean of all
    by as many records as a leaf of the forest would need.

    Parameters
    ----------
    label : int (t,)
    score : float64 (t,)
    fold : int8 (t,)
    """
    _, code = np.unique(label, return_inverse=True)
    shape = int(fold.max()) + 1, int(code.max()) + 1
    cell = fold.astype(np.int64) * shape[1] + code
    total = np.bincount(cell, weights=score, minlength=shape[0] * shape[1]).reshape(shape)
    count = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)
    # sums of the other folds, and not all less the own: what is left out must leave no rounding
    others = 1.0 - np.eye(shape[0])
    sums, sizes = others @ total, others @ count
    everywhere = sums.sum(axis=1) / np.maximum(sizes.sum(axis=1), 1)
    mean = (sums + LEAF * everywhere[:, None]) / (sizes + LEAF)
    return np.asarray(mean[fold, code], np.float64)


def difficulties(
    features: NDArray[np.float32],
    outputs: Outputs,
    rows: NDArray[np.intp],
    fold: NDArray[np.int8],
    *,
    seed: int,
) -> tuple[NDArray[np.float64], ...]:
    """How well three unlike models that were not told a membership fit each record; larger fits.

    Each fold is judged by models fitted on the others: the log-probability of the label, or the
    negative squared error of a regression.

    Parameters
    ----------
    features : float32 (t, d), the records' columns.
    outputs : with the labels of all n records.
    rows : int (t,), which of the n.
    fold : int8 (t,).
    seed : of the forest.
    """
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

    forest = {"min_samples_leaf": LEAF, "random_state": seed, "n_jobs": 1}
    x = _standardised(features)
    if outputs.truth is not None:
        truth = outputs.truth[rows].reshape(len(rows), -1).mean(axis=1)
        errors: Sequence[Callable[[], Any]] = (
            lambda: Ridge(),
            lambda: RandomForestRegressor(FEWER_TREES, **forest),
            lambda: KNeighborsRegressor(NEAREST),
        )
        guesses = (_out_of_fold(make, x, truth, fold, _prediction) for make in errors)
        return tuple(-((guess - truth) ** 2) for guess in guesses)
    if outputs.label is None or outputs.label.ndim > 1 or len(np.unique(outputs.label)) < 2:
        return ()
    label = outputs.label[rows]
    fits: Sequence[Callable[[], Any]] = (
        lambda: LogisticRegression(max_iter=300),
        lambda: RandomForestClassifier(FEWER_TREES, **forest),
        lambda: KNeighborsClassifier(NEAREST),
    )
    return tuple(_out_of_fold(make, x, label, fold, _log_p) for make in fits)


def _standardised(x: NDArray[np.float32]) -> NDArray[np.float32]:
    spread = x.std(axis=0)
    return np.asarray((x - x.mean(axis=0)) / np.where(spread > 0, spread, 1), np.float32)


def _prediction(model: Any, x: NDArray[Any], _: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(model.predict(x), np.float64)


def _log_p(model: Any, x: NDArray[Any], label: NDArray[Any]) -> NDArray[np.float64]:
    """Log-probability of each label; a class that was not fitted has the least."""
    p = np.asarray(model.predict_proba(x), np.float64)
    place = np.searchsorted(model.classes_, label)
    inside = np.minimum(place, len(model.classes_) - 1)
    known = model.classes_[inside] == label
    own = np.where(known, p[np.arange(len(label)), inside], 0.0)
    return np.log(np.maximum(own, LEAST_P))


def _out_of_fold(
    make: Callable[[], Any],
    x: NDArray[Any],
    y: NDArray[Any],
    fold: NDArray[np.int8],
    judged: Callable[[Any, NDArray[Any], NDArray[Any]], NDArray[np.float64]],
) -> NDArray[np.float64]:
    """What models fitted on the other folds say of each record, float64 (t,)."""
    result = np.zeros(len(x))
    for number in np.unique(fold):
        here = fold == number
        others = _others(here)
        if len(others) < 2 * NEAREST or len(np.unique(y[others])) < 2:
            continue
        with _quiet():
            model = make().fit(x[others], y[others])
            result[here] = judged(model, x[here], y[here])
    return result


def _others(here: NDArray[np.bool_]) -> NDArray[np.intp]:
    """The records of the other folds, evenly at most `FIT_LIMIT` of them."""
    others = np.flatnonzero(~here)
    return others[:: max(1, -(-len(others) // FIT_LIMIT))]


@contextmanager
def _quiet() -> Iterator[None]:
    """One thread, and no word of a fit that stopped early: it is a baseline, not a result."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings(), one_thread():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield
