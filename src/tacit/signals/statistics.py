"""All signals of one model by name, and which of them given outputs allow."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput, Outputs, Statistic
from tacit.core.statistic import scale_of
from tacit.signals import classification, regression

Measurement = Callable[[Outputs], NDArray[np.floating[Any]]]

# Not worked out before it is asked for: it takes half as long as all others of one pass together.
DEAR = {"modified_entropy"}
LABEL_FREE = ("entropy", "max_confidence")
REGRESSION = (
    "negative_absolute_error",
    "negative_squared_error",
    "negative_log_error",
    "gaussian_log_likelihood",
)
MEASUREMENTS: dict[str, Measurement] = {
    "loss": classification.loss,
    "scaled_logit": classification.scaled_logit,
    "confidence": classification.confidence,
    "hinge": classification.hinge,
    "modified_entropy": classification.modified_entropy,
    "entropy": classification.entropy,
    "max_confidence": classification.max_confidence,
    "correctness": classification.correctness,
    "negative_absolute_error": regression.negative_absolute_error,
    "negative_squared_error": regression.negative_squared_error,
    "negative_log_error": regression.negative_log_error,
    "gaussian_log_likelihood": regression.gaussian_log_likelihood,
}
STATISTICS: dict[str, Statistic] = {
    name: Statistic(name, function, scale_of(name)) for name, function in MEASUREMENTS.items()
}


def available(outputs: Outputs) -> tuple[str, ...]:
    """Names of the statistics that `outputs` allow, the most useful first."""
    if outputs.task == "loss":
        return ("loss",)
    if outputs.task == "regression":
        return REGRESSION
    names = tuple(name for name in STATISTICS if name not in REGRESSION)
    return names if outputs.label is not None else LABEL_FREE


def measure(outputs: Outputs, name: str | Statistic) -> NDArray[np.floating[Any]]:
    """The statistic called `name`: float (n,), larger means more like a member.

    Parameters
    ----------
    outputs : of one model.
    name : one of `STATISTICS`, or a Statistic of your own.

    Raises
    ------
    InvalidInput : there is no such statistic, or `outputs` lack what it needs.

    Examples
    --------
    >>> measure(Outputs(logits=[[2.0, 0.0], [0.0, 1.0]], label=[0, 0]), "scaled_logit").tolist()
    [2.0, -1.0]
    """
    if isinstance(name, Statistic):
        return name(outputs)
    if name not in STATISTICS:
        raise InvalidInput(f"`name` needs one of {', '.join(STATISTICS)}, got {name!r}.")
    return STATISTICS[name](outputs)


def kept(outputs: Outputs, name: str | Statistic) -> NDArray[np.floating[Any]]:
    """What `measure` says, for audits, which ask often: of a labelled multi-class model the first
    call works out the statistics that share most of their steps, and they stay with `outputs`.

    Parameters
    ----------
    outputs : of one model.
    name : see `measure`.
    """
    if isinstance(name, str) and name in classification.TOGETHER and _shares_steps(outputs):
        return keep(outputs, [name])[name]
    return measure(outputs, name)


def keep(outputs: Outputs, names: Sequence[str]) -> Mapping[str, NDArray[np.float64]]:
    """Work out in one pass what `kept` will be asked for, and what comes with it at little price.

    Parameters
    ----------
    outputs : of one model; nothing is kept of one that is not multi-class with labels.
    names : of statistics; those that share no steps with others are passed over.

    Returns
    -------
    All that is kept by now, each float64 (n,).
    """
    known = outputs.once(_nothing_yet)
    wanted = set(names) & classification.TOGETHER.keys() - known.keys()
    if wanted and _shares_steps(outputs):
        cheap = classification.TOGETHER.keys() - DEAR - known.keys()
        known |= classification.together(outputs, sorted(wanted | cheap))
    return known


def _shares_steps(outputs: Outputs) -> bool:
    return outputs.task == "multiclass" and outputs.label is not None


def _nothing_yet(outputs: Outputs) -> dict[str, NDArray[np.float64]]:
    return {}
