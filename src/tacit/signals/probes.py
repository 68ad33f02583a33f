"""What a model that answers only with a label tells when it is asked again and again.

LARGER ALWAYS MEANS MORE LIKE A MEMBER. All of these scores are shares of few questions, so many
records tie; ties are kept as they are, and never broken by chance or by the order of records.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.core import InvalidInput
from tacit.core.checking import floats

Floats = NDArray[np.float64]
Predict = Callable[[Any], Any]


def right_label(predict: Predict, x: Any, label: ArrayLike) -> Floats:
    """1 where the model's label is the true one, else 0; float64 (n,): the gap attack [1]_.

    The advantage of the guess "member where right" is the gap between the accuracies on members and
    on non-members, and its balanced accuracy is 1/2 + gap / 2.

    Parameters
    ----------
    predict : Predict
        From n records to n labels; or to scores (n, k), of which the largest counts.
    x : Any
        The records, in the form that the model takes.
    label : ArrayLike
        (n,), the true labels, by the names that the model uses.

    References
    ----------
    .. [1] Yeom et al., Privacy Risk in Machine Learning, 2018, sec. 3.
    """
    truth = np.asarray(label)
    answer = np.asarray(predict(x))
    if answer.ndim == 2 and answer.shape[1] == 1:
        answer = answer[:, 0]
    if answer.ndim == 2 and truth.ndim == 1:
        answer = answer.argmax(axis=1)
    if answer.shape != truth.shape:
        raise InvalidInput(
            f"`predict` needs one label a record, shape {truth.shape}, got {answer.shape}."
        )
    same = np.asarray(answer == truth)
    # a record with several labels is as right as its share of right ones
    return np.asarray(same.reshape(len(truth), -1).mean(axis=1), np.float64)


def noise_robustness(
    predict: Predict,
    x: ArrayLike,
    label: ArrayLike,
    *,
    scale: float,
    spread: ArrayLike | None = None,
    n_copies: int = 50,
    seed: int = 0,
) -> Floats:
    """Share of noisy copies of each record (and the record itself) with the right label; (n,).

    The margin of a trained record is mostly wider: its label survives more noise [1]_, [2]_. Normal
    noise on numbers; columns of 0 and 1 are flipped instead, with probability ``scale / 4`` (at
    most 1/2). Every record gets the same noise, so that copies differ between records by the
    records only.

    Parameters
    ----------
    predict : Predict
        From records to labels; it is asked ``n_copies + 1`` times about all of them.
    x : ArrayLike
        float (n, ...), the records.
    label : ArrayLike
        (n,), the true labels.
    scale : float
        Size of the noise in units of `spread`.
    spread : ArrayLike | None
        Of each feature, the shape of one record; None takes the standard deviation over `x`: pass
        members and non-members together.
    n_copies : int
        Noisy copies of a record.
    seed : int
        Of the noise.

    References
    ----------
    .. [1] Choquette-Choo et al., Label-Only Membership Inference Attacks, 2021, sec. 3.
    .. [2] Li, Zhang, Membership Leakage in Label-Only Exposures, 2021.
    """
    records = floats(x, "x", ndim=range(1, 8))
    if not scale > 0 or n_copies < 1:
        raise InvalidInput(
            f"`scale` needs a number above 0 and `n_copies` 1 or more, got {scale!r}, {n_copies!r}."
        )
    size = records.std(axis=0) if spread is None else floats(spread, "spread")
    if size.shape != records.shape[1:]:
        raise InvalidInput(f"`spread` needs shape {records.shape[1:]}, got {size.shape}.")
    flag = ((records == 0) | (records == 1)).all(axis=0)
    rng = np.random.default_rng(seed)
    total = right_label(predict, records, label)
    for _ in range(n_copies):
        noise = scale * size * rng.standard_normal(records.shape[1:])
        flipped = rng.random(records.shape[1:]) < min(0.5, scale / 4)
        copy = np.where(flag, np.where(flipped, 1 - records, records), records + noise)
        total = total + right_label(predict, copy.astype(records.dtype, copy=False), label)
    return np.asarray(total / (n_copies + 1))


def augmentation_robustness(
    predict: Predict, x: Any, label: ArrayLike, *, augmentations: Sequence[Callable[[Any], Any]]
) -> Floats:
    """Share of the augmented records (and the record itself) with the right label; float64 (n,).

    Best with the augmentations of the training [1]_: a model has seen those of its members.

    Parameters
    ----------
    predict : Predict
        From records to labels.
    x : Any
        The records.
    label : ArrayLike
        (n,), the true labels.
    augmentations : Sequence[Callable[[Any], Any]]
        Functions from records to as many records: shifts, mirror images, paraphrases.

    References
    ----------
    .. [1] Choquette-Choo et al., Label-Only Membership Inference Attacks, 2021, sec. 4.
    """
    if not augmentations:
        raise InvalidInput("`augmentations` needs at least one function, got none.")
    answers = [right_label(predict, x, label)]
    answers += [right_label(predict, change(x), label) for change in augmentations]
    return np.asarray(np.mean(answers, axis=0))
