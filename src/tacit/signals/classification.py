"""One number a record from a classifier's outputs. LARGER ALWAYS MEANS MORE LIKE A MEMBER.

Arithmetic is float64 whatever the input, in chunks of records that fit the processor's cache, so a
float32 array of outputs is never copied whole. The results stay float64: rounded to float32,
distinct confident records would become ties. Losses that were given are only negated and keep their
type.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput, Outputs
from tacit.core.resolution import decimal_unit, floors
from tacit.signals import binary, multiclass

CELLS = 1 << 16
MIN_ROWS = 64
# a row of probabilities may lack so much without being taken for the largest few of a longer one
MISSING = 0.01
# Statistics that share most of their steps, and what `multiclass.Answers` calls them.
TOGETHER = {
    "loss": "log_likelihood",
    "scaled_logit": "scaled_logit",
    "hinge": "hinge",
    "modified_entropy": "negative_modified_entropy",
    "entropy": "negative_entropy",
    "correctness": "correctness",
}
OfMargin = Callable[[NDArray[np.float64]], NDArray[np.float64]]
OfBlock = Callable[[NDArray[np.float64], NDArray[np.int64]], NDArray[np.float64]]


def loss(outputs: Outputs) -> NDArray[np.floating]:
    """Minus the loss (cross-entropy): log p of the true class [1]_; (n,).

    A `loss` that was given is negated. Multi-label: the mean over labels.

    References
    ----------
    .. [1] Yeom et al., Privacy Risk in Machine Learning: Analyzing the Connection to Overfitting,
       2018.
    """
    if outputs.loss is not None:
        return np.asarray(-outputs.loss)
    return _measured(outputs, "loss", multiclass.log_likelihood, binary.log_likelihood)


def confidence(outputs: Outputs) -> NDArray[np.floating]:
    """Probability of the true class; (n,). Same order as `loss`, but above 1 - 1e-16 all records
    tie.

    Multi-label: the mean over labels.
    """
    return _measured(outputs, "confidence", multiclass.confidence, binary.confidence)


def scaled_logit(outputs: Outputs) -> NDArray[np.floating]:
    """log(p / (1 - p)) of the true class [1]_, from logits as z_y - logsumexp of the other logits;
    (n,).

    Nearly normal over retrained models, and free of ties however confident the model is. A
    probability of exactly 0 or 1 stands for half a unit of the last place that the numbers have
    (0.005 of two decimals, 3e-8 below 1 of a float32), so the result is finite. Multi-label: the
    mean over labels.

    References
    ----------
    .. [1] Carlini et al., Membership Inference Attacks From First Principles, 2022, sec. V-C.
    """
    return _measured(outputs, "scaled_logit", multiclass.scaled_logit, binary.scaled_logit)


def hinge(outputs: Outputs) -> NDArray[np.floating]:
    """Logit of the true class minus the largest other logit; (n,). Multi-label: the smallest margin
    of the labels.
    """
    return _measured(outputs, "hinge", multiclass.hinge, binary.scaled_logit, worst=True)


def entropy(outputs: Outputs) -> NDArray[np.floating]:
    """Minus the entropy of the answer; (n,). Needs no label. Multi-label: the mean over labels."""
    return _measured(
        outputs,
        "entropy",
        _free(multiclass.negative_entropy),
        binary.negative_entropy,
        labelled=False,
    )


def max_confidence(outputs: Outputs) -> NDArray[np.floating]:
    """Largest probability of any class; (n,). Needs no label. Multi-label: the mean over labels."""
    return _measured(
        outputs,
        "max_confidence",
        _free(multiclass.max_confidence),
        binary.max_confidence,
        labelled=False,
    )


def modified_entropy(outputs: Outputs) -> NDArray[np.floating]:
    """Minus the modified entropy [1]_: (1 - p_y) log p_y + sum over other classes of p log(1 - p);
    (n,).

    Unlike the entropy it grows with the probability of the true class. Multi-label: the mean over
    labels.

    References
    ----------
    .. [1] Song and Mittal, Systematic Evaluation of Privacy Risks of Machine Learning Models, 2021,
       sec. 3.2.
    """
    return _measured(
        outputs,
        "modified_entropy",
        multiclass.negative_modified_entropy,
        binary.negative_modified_entropy,
    )


def correctness(outputs: Outputs) -> NDArray[np.floating]:
    """1 where the predicted class is the true one, else 0; (n,). Multi-label: the share of labels
    that are right.
    """
    return _measured(outputs, "correctness", multiclass.correctness, binary.correctness)


def together(
    outputs: Outputs, names: Sequence[str] = tuple(TOGETHER)
) -> dict[str, NDArray[np.float64]]:
    """Statistics of a labelled multi-class model by name, each (n,): one pass over the answers,
    each shared step once.

    Parameters
    ----------
    outputs : of a labelled multi-class model.
    names : some of `TOGETHER`.
    """
    room = multiclass.Room()

    def of_block(x: NDArray[np.float64], label: NDArray[np.int64]) -> NDArray[np.float64]:
        answers = multiclass.Answers(x, label, room)
        return np.stack([getattr(answers, TOGETHER[name]) for name in names])

    # of one number a record nothing is stacked
    numbers = np.reshape(by_chunk(outputs, of_block, width=len(names)), (-1, len(names)))
    numbers.setflags(write=False)
    return dict(zip(names, numbers.T))


def by_chunk(outputs: Outputs, of_block: OfBlock, *, width: int = 1) -> NDArray[np.float64]:
    """`of_block` on logarithmic scores (k, m) and labels (m,), chunk after chunk: float64 (n,
    width), or (n,) for width 1.

    Parameters
    ----------
    outputs : of a multi-class model.
    of_block : returns (m,) or, for a `width` above 1, (width, m).
    width : numbers a record.
    """
    scores = outputs.logits if outputs.logits is not None else outputs.probs
    assert scores is not None
    n, k = scores.shape
    step = max(MIN_ROWS, CELLS // k)
    floor = None if outputs.probs is None else floors(scores)[0]
    rounding = 0.0 if outputs.probs is None else k * decimal_unit(scores) / 2
    result = np.empty((width, n))
    room = multiclass.Room()
    for start in range(0, n, step):
        chunk = slice(start, start + step)
        label = (
            np.zeros(len(scores[chunk]), np.int64)
            if outputs.label is None
            else outputs.label[chunk]
        )
        x = room.of("x", (k, len(label)))
        x[...] = scores[chunk].T
        if floor is not None:
            _to_logarithms(x, floor, rounding)
        result[:, chunk] = _one_chunk(x, label, of_block)
    return result[0] if width == 1 else result.T


def margins(outputs: Outputs) -> NDArray[np.float64]:
    """Margins of the true answers of a binary (n,) or multi-label (n, k) model; of "yes" where
    there is no label.
    """
    scores = outputs.logits if outputs.logits is not None else outputs.probs
    assert scores is not None
    z = np.asarray(scores, np.float64)
    if outputs.probs is not None:
        zero, below_one = floors(scores)
        z = np.log(np.maximum(z, zero)) - np.log(np.maximum(1.0 - z, below_one))
    return z if outputs.label is None else binary.margin(z, outputs.label)


def _measured(
    outputs: Outputs,
    name: str,
    of_block: OfBlock,
    of_margin: OfMargin,
    *,
    labelled: bool = True,
    worst: bool = False,
) -> NDArray[np.float64]:
    if outputs.task in ("loss", "regression"):
        came = (
            "only `loss`" if outputs.task == "loss" else "a regression (`prediction` and `truth`)"
        )
        raise InvalidInput(f"The statistic {name!r} needs `logits` or `probs`, got {came}.")
    if labelled and outputs.label is None:
        raise InvalidInput(
            f"The statistic {name!r} needs `label`, got Outputs without it. 'entropy' and"
            " 'max_confidence' do not."
        )
    if outputs.task == "multiclass":
        return by_chunk(outputs, of_block)
    values = of_margin(margins(outputs))
    if values.ndim == 1:
        return values
    return np.asarray(values.min(axis=1) if worst else values.mean(axis=1), dtype=np.float64)


def _free(of_block: OfMargin) -> OfBlock:
    return lambda x, label: of_block(x)


def _to_logarithms(x: NDArray[np.float64], floor: float, rounding: float) -> None:
    """Turn probabilities (k, m) into their logarithms, in place.

    Where a row lacks more than rounding takes away, a service kept the largest few: the rest is
    spread evenly over the classes it left out, none of them above the smallest that it named.
    """
    rest = 1.0 - x.sum(axis=0)
    partial = np.flatnonzero(rest > MISSING + rounding)
    if len(partial):
        part = x[:, partial]
        left_out = part <= 0
        share = rest[partial] / np.maximum(left_out.sum(axis=0), 1)
        smallest = np.where(left_out, np.inf, part).min(axis=0)
        x[:, partial] = np.where(left_out, np.minimum(share, smallest), part)
    np.maximum(x, floor, out=x)
    np.log(x, out=x)


def _one_chunk(
    x: NDArray[np.float64], label: NDArray[np.int64], of_block: OfBlock
) -> NDArray[np.float64]:
    if x.shape[1] > 1:
        return of_block(x, label)
    # NumPy adds up a single column in another order: two columns keep a record's bits the same
    # wherever it stands
    return of_block(np.repeat(x, 2, axis=1), np.repeat(label, 2))[..., :1]
