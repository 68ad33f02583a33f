"""Statistics of one true class among many, from logarithmic scores laid out as (classes, records).

A row of logits, or of log-probabilities, is known up to a constant; every function here ignores
that constant. The layout with classes first makes each step an elementwise operation over records:
fast, and equal rows give equal bits wherever they stand, so that ties stay ties.
"""

import numpy as np
from numpy.typing import NDArray

Block = NDArray[np.float64]
Labels = NDArray[np.int64]
SAFE_SUM = (1e-290, 1e290)


def scaled_logit(x: Block, label: Labels) -> NDArray[np.float64]:
    """log(p / (1 - p)) of the true class: its logit minus the log-sum-exp of the others, (m,) from
    (k, m).
    """
    odds = _odds_against(x, label)
    with np.errstate(divide="ignore"):
        result: NDArray[np.float64] = -np.log(odds)
    rows = _extreme(odds)
    result[rows] = _scaled_logit_of_extremes(x[:, rows], label[rows])
    return result


def log_likelihood(x: Block, label: Labels) -> NDArray[np.float64]:
    """log p of the true class, (m,); exact down to the last bit of 1 - p."""
    odds = _odds_against(x, label)
    result: NDArray[np.float64] = -np.log1p(odds)
    rows = _extreme(odds)
    result[rows] = _log_expit(_scaled_logit_of_extremes(x[:, rows], label[rows]))
    return result


def _odds_against(x: Block, label: Labels) -> NDArray[np.float64]:
    """(1 - p) / p of the true class, (m,); 0 or infinite beyond what a float holds."""
    shifted = x - _true(x, label)
    with np.errstate(over="ignore", under="ignore"):
        np.exp(shifted, out=shifted)
        shifted[label, np.arange(len(label))] = 0.0
        return _over_classes(shifted)


def _extreme(odds: NDArray[np.float64]) -> NDArray[np.intp]:
    # a row alone decides how it is computed, so equal rows stay equal
    return np.flatnonzero(~((odds > SAFE_SUM[0]) & (odds < SAFE_SUM[1])))


def _scaled_logit_of_extremes(x: Block, label: Labels) -> NDArray[np.float64]:
    others = _without(x, label)
    top = others.max(axis=0)
    with np.errstate(under="ignore"):
        total = _over_classes(np.exp(others - top))
    return np.asarray(_true(x, label) - top - np.log(total), dtype=np.float64)


def confidence(x: Block, label: Labels) -> NDArray[np.float64]:
    """p of the true class, (m,)."""
    return np.exp(log_likelihood(x, label))


def hinge(x: Block, label: Labels) -> NDArray[np.float64]:
    """Logit of the true class minus the largest other, (m,)."""
    return np.asarray(_true(x, label) - _without(x, label).max(axis=0), dtype=np.float64)


def negative_entropy(x: Block) -> NDArray[np.float64]:
    """Sum of p log p, (m,): 0 for a certain answer, -log(k) for no idea."""
    shifted, weight = _against_the_leader(x)
    rest = _over_classes(weight)
    weight *= shifted
    return np.asarray(_over_classes(weight) / (1.0 + rest) - np.log1p(rest), dtype=np.float64)


def max_confidence(x: Block) -> NDArray[np.float64]:
    """Largest p, (m,)."""
    return np.asarray(1.0 / (1.0 + _over_classes(_against_the_leader(x)[1])), dtype=np.float64)


def negative_modified_entropy(x: Block, label: Labels) -> NDArray[np.float64]:
    """(1 - p_y) log p_y + sum over other classes of p log(1 - p), (m,)."""
    columns = np.arange(len(label))
    z = scaled_logit(x, label)
    top = x.argmax(axis=0)
    z_top = scaled_logit(x, top)
    shifted = x - x[top, columns]
    with np.errstate(under="ignore"):
        p = np.exp(shifted + _log_expit(z_top))
        p_top = p[top, columns]
        p[top, columns] = 0.0
        p[label, columns] = 0.0
        others = _over_classes(p * np.log1p(-p))
        own = np.exp(_log_expit(-z)) * _log_expit(z)
    # log(1 - p) of the leading class keeps its digits only through its own margin
    leading = np.where(top == label, 0.0, p_top * _log_expit(-z_top))
    return np.asarray(own + others + leading, dtype=np.float64)


def correctness(x: Block, label: Labels) -> NDArray[np.float64]:
    """1 where the first of the largest scores is the true class, else 0, (m,)."""
    return np.asarray(x.argmax(axis=0) == label, dtype=np.float64)


def rank(x: Block, label: Labels) -> NDArray[np.float64]:
    """How many classes score above the true one, (m,)."""
    return np.asarray(np.count_nonzero(x > _true(x, label), axis=0), dtype=np.float64)


def log_probabilities(x: Block) -> Block:
    """log softmax over classes, (k, m)."""
    shifted, weight = _against_the_leader(x)
    return np.asarray(shifted - np.log1p(_over_classes(weight)), dtype=np.float64)


def _true(x: Block, label: Labels) -> NDArray[np.float64]:
    return np.asarray(x[label, np.arange(len(label))])


def _without(x: Block, label: Labels) -> Block:
    others = x.copy()
    others[label, np.arange(len(label))] = -np.inf
    return others


def _against_the_leader(x: Block) -> tuple[Block, Block]:
    """Scores minus the largest, and their exp with the leading class at 0: its sum keeps every
    digit of (1 - p) / p.
    """
    columns = np.arange(x.shape[1])
    top = x.argmax(axis=0)
    shifted = x - x[top, columns]
    with np.errstate(under="ignore"):
        weight = np.exp(shifted)
    weight[top, columns] = 0.0
    return shifted, weight


def _over_classes(x: Block) -> NDArray[np.float64]:
    return np.asarray(x.sum(axis=0), dtype=np.float64)


def _log_expit(z: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(-np.logaddexp(0.0, -z), dtype=np.float64)
