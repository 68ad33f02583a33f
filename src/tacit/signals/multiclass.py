"""Statistics of one true class among many, from logarithmic scores laid out as (classes, records).

A row of logits, or of log-probabilities, is known up to a constant; every function here ignores
that constant. The layout with classes first makes each step an elementwise operation over records:
fast, and equal rows give equal bits wherever they stand, so that ties stay ties.
"""

import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Block = NDArray[np.float64]
Labels = NDArray[np.int64]
SAFE_SUM = (1e-290, 1e290)


class Room:
    """Memory for one block of scores after the other: to ask for fresh memory takes longer than to
    fill it.
    """

    def __init__(self) -> None:
        self._kept: dict[str, NDArray[np.float64]] = {}

    def of(self, name: str, shape: tuple[int, ...]) -> Block:
        """An array of this shape, its numbers left over from the last block."""
        size = math.prod(shape)
        if name not in self._kept or self._kept[name].size < size:
            self._kept[name] = np.empty(size)
        return self._kept[name][:size].reshape(shape)


class Answers:
    """Logarithmic scores of one block of records; what several statistics have in common is worked
    out once.

    Parameters
    ----------
    x : float64 (k, m), logits or log-probabilities.
    label : int (m,), the true classes.
    room : where numbers (k, m) are kept on the way; of a block before, which is done with.
    """

    def __init__(self, x: Block, label: Labels, room: Room | None = None) -> None:
        self.x = x
        self.label = label
        self._room = Room() if room is None else room
        self._columns = np.arange(len(label))

    @cached_property
    def true(self) -> NDArray[np.float64]:
        """Score of the true class, (m,)."""
        return np.asarray(self.x[self.label, self._columns])

    @cached_property
    def top(self) -> NDArray[np.intp]:
        """The first of the classes with the largest score, (m,)."""
        return np.asarray(self.x.argmax(axis=0))

    @cached_property
    def odds(self) -> NDArray[np.float64]:
        """(1 - p) / p of the true class, (m,); 0 or infinite beyond what a float holds."""
        shifted = np.subtract(self.x, self.true, out=self._passing())
        with np.errstate(over="ignore", under="ignore"):
            np.exp(shifted, out=shifted)
            shifted[self.label, self._columns] = 0.0
            return _over_classes(shifted)

    @cached_property
    def scaled_logit(self) -> NDArray[np.float64]:
        """log(p / (1 - p)) of the true class, (m,)."""
        return self._scaled_logit(self.odds, self.label)

    def _scaled_logit(self, odds: NDArray[np.float64], label: Labels) -> NDArray[np.float64]:
        with np.errstate(divide="ignore"):
            result: NDArray[np.float64] = -np.log(odds)
        rows = _extreme(odds)
        result[rows] = _scaled_logit_of_extremes(self.x[:, rows], label[rows])
        return result

    @cached_property
    def log_likelihood(self) -> NDArray[np.float64]:
        """log p of the true class, (m,)."""
        result: NDArray[np.float64] = -np.log1p(self.odds)
        rows = _extreme(self.odds)
        result[rows] = -np.logaddexp(0.0, -self.scaled_logit[rows])
        return result

    @cached_property
    def hinge(self) -> NDArray[np.float64]:
        """Logit of the true class minus the largest other, (m,)."""
        others = self._passing()
        others[...] = self.x
        others[self.label, self._columns] = -np.inf
        return np.asarray(self.true - others.max(axis=0), np.float64)

    @cached_property
    def shifted(self) -> Block:
        """Scores minus the largest, (k, m)."""
        largest = self.x[self.top, self._columns]
        return np.asarray(np.subtract(self.x, largest, out=self._room.of("shifted", self.x.shape)))

    @cached_property
    def weight(self) -> Block:
        """Exp of `shifted` with the leading class at 0, (k, m): its sum keeps every digit of (1 -
        p) / p.
        """
        with np.errstate(under="ignore"):
            weight = np.exp(self.shifted, out=self._room.of("weight", self.x.shape))
        weight[self.top, self._columns] = 0.0
        return np.asarray(weight)

    @cached_property
    def rest(self) -> NDArray[np.float64]:
        """(1 - p) / p of the leading class, (m,)."""
        return _over_classes(self.weight)

    @cached_property
    def negative_entropy(self) -> NDArray[np.float64]:
        """Sum of p log p, (m,)."""
        parts = np.multiply(self.weight, self.shifted, out=self._passing())
        return np.asarray(_over_classes(parts) / (1.0 + self.rest) - np.log1p(self.rest))

    @cached_property
    def negative_modified_entropy(self) -> NDArray[np.float64]:
        """(1 - p_y) log p_y + sum over other classes of p log(1 - p), (m,)."""
        log_true, log_not_true = _log_expits(self.scaled_logit)
        log_top, log_not_top = _log_expits(self._scaled_logit(self.rest, self.top))
        with np.errstate(under="ignore"):
            p_top = np.exp(log_top)
            # minus p of every class but the leading and the true one
            minus_p = np.multiply(self.weight, -p_top, out=self._passing())
            minus_p[self.label, self._columns] = 0.0
            parts = np.log1p(minus_p, out=self._room.of("parts", self.x.shape))
            parts *= minus_p
            others = -_over_classes(parts)
            own = np.exp(log_not_true) * log_true
        # log(1 - p) of the leading class keeps its digits only through its own margin
        leading = np.where(self.top == self.label, 0.0, p_top * log_not_top)
        return np.asarray(own + others + leading, dtype=np.float64)

    def _passing(self) -> Block:
        """Memory (k, m) for what one statistic needs on its way."""
        return self._room.of("passing", self.x.shape)

    @cached_property
    def correctness(self) -> NDArray[np.float64]:
        """1 where the first of the largest scores is the true class, else 0, (m,)."""
        return np.asarray(self.top == self.label, dtype=np.float64)


def scaled_logit(x: Block, label: Labels) -> NDArray[np.float64]:
    """log(p / (1 - p)) of the true class: its logit minus the log-sum-exp of the others, (m,) from
    (k, m).
    """
    return Answers(x, label).scaled_logit


def log_likelihood(x: Block, label: Labels) -> NDArray[np.float64]:
    """log p of the true class, (m,); exact down to the last bit of 1 - p."""
    return Answers(x, label).log_likelihood


def _extreme(odds: NDArray[np.float64]) -> NDArray[np.intp]:
    # a row alone decides how it is computed, so equal rows stay equal
    return np.flatnonzero(~((odds > SAFE_SUM[0]) & (odds < SAFE_SUM[1])))


def _scaled_logit_of_extremes(x: Block, label: Labels) -> NDArray[np.float64]:
    others = _without(x, label)
    top = others.max(axis=0)
    with np.errstate(under="ignore"):
        total = _over_classes(np.exp(others - top))
    return np.asarray(x[label, np.arange(len(label))] - top - np.log(total), dtype=np.float64)


def confidence(x: Block, label: Labels) -> NDArray[np.float64]:
    """p of the true class, (m,)."""
    return np.exp(log_likelihood(x, label))


def hinge(x: Block, label: Labels) -> NDArray[np.float64]:
    """Logit of the true class minus the largest other, (m,)."""
    return Answers(x, label).hinge


def negative_entropy(x: Block) -> NDArray[np.float64]:
    """Sum of p log p, (m,): 0 for a certain answer, -log(k) for no idea."""
    return _unlabelled(x).negative_entropy


def max_confidence(x: Block) -> NDArray[np.float64]:
    """Largest p, (m,)."""
    return np.asarray(1.0 / (1.0 + _unlabelled(x).rest), dtype=np.float64)


def negative_modified_entropy(x: Block, label: Labels) -> NDArray[np.float64]:
    """(1 - p_y) log p_y + sum over other classes of p log(1 - p), (m,)."""
    return Answers(x, label).negative_modified_entropy


def correctness(x: Block, label: Labels) -> NDArray[np.float64]:
    """1 where the first of the largest scores is the true class, else 0, (m,)."""
    return Answers(x, label).correctness


def rank(x: Block, label: Labels) -> NDArray[np.float64]:
    """How many classes score above the true one, (m,)."""
    return np.asarray(np.count_nonzero(x > Answers(x, label).true, axis=0), dtype=np.float64)


def log_probabilities(x: Block) -> Block:
    """log softmax over classes, (k, m)."""
    answers = _unlabelled(x)
    return np.asarray(answers.shifted - np.log1p(answers.rest), dtype=np.float64)


def _unlabelled(x: Block) -> Answers:
    """Of statistics that need no label."""
    return Answers(x, np.zeros(x.shape[1], np.int64))


def _without(x: Block, label: Labels) -> Block:
    others = x.copy()
    others[label, np.arange(len(label))] = -np.inf
    return others


def _over_classes(x: Block) -> NDArray[np.float64]:
    return np.asarray(x.sum(axis=0), dtype=np.float64)


def _log_expits(z: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """log p and log(1 - p) where z = log(p / (1 - p)): `np.logaddexp` of both with 0, from steps
    that the processor does for several numbers at once.
    """
    with np.errstate(under="ignore"):
        likelier = np.log1p(np.exp(-np.abs(z)))
    return -(np.maximum(-z, 0.0) + likelier), -(np.maximum(z, 0.0) + likelier)
