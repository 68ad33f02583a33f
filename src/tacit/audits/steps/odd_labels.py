"""Labels that do not go with a model's answers: numbered in another order, or of other records."""

import numpy as np
from numpy.typing import NDArray

from tacit.audits.steps.verdict import percent
from tacit.core import Outputs
from tacit.core.sorting import first_places

# Answers and labels that have nothing to do with one another agree less often than chance by so
# many standard deviations once in 2 million audits ...
BELOW = -5.0
# ... and to this share of what chance gives: records of few users are not as many as they seem.
SHARE = 0.8
# of each side so many records tell
MOST = 100_000


def labels_at_odds(outputs: Outputs, member: NDArray[np.bool_]) -> str:
    """Why the labels of a side cannot be those of its answers; empty where they can.

    A model is right at least as often as its answers, dealt out at random among the records, would
    be: on its training records by training, and on others by what it learned. One that is right
    less often was given labels in which the classes have other numbers.

    Parameters
    ----------
    outputs : of both sides; nothing is said of losses, regressions and several labels a record.
    member : bool (n,), the truth.
    """
    if outputs.label is None or outputs.label.ndim != 1:
        return ""
    for side, text in ((member, _MEMBERS), (~member, _NONMEMBERS)):
        rows = first_places(side, MOST)
        answered = _classes(outputs, rows)
        if answered is None:
            return ""
        right, chance, far = agreement(answered, outputs.label[rows])
        if far < BELOW and right < SHARE * chance:
            return text.format(right=percent(right), chance=percent(chance))
    return ""


def agreement(answered: NDArray[np.int64], label: NDArray[np.int64]) -> tuple[float, float, float]:
    """How often classes (n,) that were answered are the true ones; how often they would be if they
    were dealt out at random among the records; and the difference in standard deviations of that.

    Mean and variance are those over all permutations, with the counts n_k of the answers and m_k of
    the labels: the mean of the number of matches is the sum of n_k m_k over n.

    Examples
    --------
    >>> agreement(np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0]))[:2]
    (0.0, 0.5)
    """
    n = len(label)
    if n < 2:
        return 0.0, 0.0, 0.0
    k = int(max(answered.max(), label.max())) + 1
    told, true = (np.bincount(x, minlength=k).astype(np.float64) for x in (answered, label))
    pairs = float(told @ true)
    spread = pairs - float((told * true) @ (told + true)) / n + (pairs / n) ** 2
    right, chance = float((answered == label).mean()), pairs / n**2
    if spread <= 0:
        return right, chance, 0.0
    return right, chance, n * (right - chance) / float(np.sqrt(spread / (n - 1)))


def _classes(outputs: Outputs, rows: NDArray[np.intp]) -> NDArray[np.int64] | None:
    """The class that was answered for each record; None where answers are no classes."""
    scores = outputs.logits if outputs.logits is not None else outputs.probs
    if scores is None:
        return None
    if scores.ndim == 2:
        return np.asarray(scores[rows].argmax(axis=1), np.int64)
    return (scores[rows] > (0 if outputs.logits is not None else 0.5)).astype(np.int64)


_MEMBERS = (
    "the labels of the members do not go with the model's answers: {right} of its answers are the"
    " label, where chance alone gives {chance}. Are the classes numbered in another order, or are"
    " answers and labels those of different records?"
)
_NONMEMBERS = (
    "the labels of the non-members do not go with the model's answers: {right} of its answers are"
    " the label, where chance alone gives {chance}. Are the classes numbered in another order than"
    " on the members' side, or are answers and labels those of different records?"
)
