"""What a model answers for members and for non-members, and whether its answers can be what they
were taken for.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.adapters import adapter_of, outputs_of, plugin_for
from tacit.adapters.answers import Kind
from tacit.adapters.keras import last_activation
from tacit.core import InvalidInput, Outputs

# these adapters know from the model what its answers are
TOLD_BY_MODEL = ("sklearn", "density")
# fewer records say too little of whether answers and labels have to do with one another
FEW_RECORDS = 20
# Answers of a model and its own training labels are related beyond this many standard errors; those
# of a function of losses pass by chance once in 40.
RELATED = 2.0
# few records leave it open: only those are refused whose relation is surely weaker than this area
WEAK = 0.7
# Of a trained model's logits, some lie on either side of 0 where this share of labels is the rarer.
RARE_LABEL = 0.05
READ_AS_PROBS = (
    "The model's answers, one number from 0 to 1 a record, were read as probabilities of class 1"
    " (where they are losses, kind='loss' says so)."
)
READ_AS_LOGITS = (
    "The model's answers, one number a record, were read as logits of class 1 (where they are"
    " losses, kind='loss' says so)."
)
SAY_KIND = "Say what they are: kind='loss', 'probs', 'logits' or 'prediction'."


def answers_of_both(
    model: Any, train: Any, test: Any, *, kind: Kind = "auto"
) -> tuple[tuple[Outputs, Outputs], str]:
    """Outputs on both sides, read alike, and what was assumed to read them ("" for nothing).

    One number a record may be a probability, a logit, a prediction or a loss. Where `kind` does not
    say, the records that the model was trained on must bear the reading out.

    Parameters
    ----------
    model : Any
        See `tacit.adapters.outputs_of`.
    train, test : Any
        ``(X, y)``, or X, or a loader, of members and of non-members.
    kind : Kind
        What the answers are.

    Raises
    ------
    InvalidInput : the numbers leave open what they are; see also `outputs_of`.
    """
    parts = [part if isinstance(part, tuple) else (part,) for part in (train, test)]
    answers = [outputs_of(model, *part, kind=kind) for part in parts]
    if kind == "auto" and answers[0].task != answers[1].task:
        raise InvalidInput(
            f"The model's answers look like a {answers[0].task} model's on `train` and like a"
            f" {answers[1].task} model's on `test`. {SAY_KIND}"
        )
    if kind == "auto" and (answers[0].logits is None) != (answers[1].logits is None):
        # numbers outside 0..1 on one side say that none are probabilities
        odd = int(answers[1].logits is None)
        answers[odd] = outputs_of(model, *parts[odd], kind="logits")
    if any(answer.label is None for answer in answers):
        # the true values of a regression may be whole numbers on one side by chance
        answers = [
            replace(answer, label=None) if answer.loss is not None else answer for answer in answers
        ]
    said = ""
    if kind == "auto" and not _says_itself(model):
        said = _assumed(answers[0])
    return (answers[0], answers[1]), said


def _says_itself(model: Any) -> bool:
    """Does the model say what its answers are, by its class or its last layer?"""
    if plugin_for(model) is not None or adapter_of(model) in TOLD_BY_MODEL:
        return True
    return adapter_of(model) == "keras" and last_activation(model) != "auto"


def _assumed(members: Outputs) -> str:
    """What reading a model's answers on its training records took for granted."""
    if members.prediction is not None and members.truth is not None:
        _require_predicting(np.asarray(members.prediction), np.asarray(members.truth))
    if members.task != "binary" or members.label is None or members.loss is not None:
        return ""
    label = members.label.ravel() > 0
    answer = members.probs if members.probs is not None else members.logits
    if answer is None:
        return ""
    two = answer.ndim == 2 and answer.shape[1] == 2
    one = np.asarray(answer[:, 1] - answer[:, 0] if two else answer.ravel(), np.float64)
    _require_related(one, label, one_sided=members.probs is None)
    if two:
        return ""
    return READ_AS_PROBS if members.probs is not None else READ_AS_LOGITS


def _require_predicting(answer: NDArray[Any], truth: NDArray[Any]) -> None:
    """Refuse predictions of the training records that are worse than their mean."""
    if len(truth) < FEW_RECORDS:
        return
    truth = truth.astype(np.float64)
    error = ((answer.astype(np.float64) - truth) ** 2).mean()
    spread = ((truth - truth.mean(axis=0)) ** 2).mean()
    if error > spread:
        raise InvalidInput(
            "The model answers with numbers that, taken as predictions of `y`, are further from it"
            " than its mean is, even on `train` (mean squared error"
            f" {error:.3g}, variance of `y` {spread:.3g}). {SAY_KIND}"
        )


def _require_related(answer: NDArray[np.float64], label: NDArray[np.bool_], **how: bool) -> None:
    """Refuse answers about the training records that have nothing to do with their 0/1 labels."""
    ones, zeros = int(label.sum()), int((~label).sum())
    if min(ones, zeros) < FEW_RECORDS / 2:
        return
    order = np.unique(answer, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(order[2]) - (order[2] - 1) / 2)[order[1]]
    area = (ranks[label].sum() - ones * (ones + 1) / 2) / (ones * zeros)
    error = np.sqrt((ones + zeros + 1) / (12 * ones * zeros))
    rare = min(ones, zeros) / len(label)
    sided = how["one_sided"] and bool((answer >= 0).all() or (answer <= 0).all())
    unrelated = area < 0.5 + RELATED * error and area + RELATED * error < WEAK
    if unrelated or (sided and rare > RARE_LABEL):
        raise InvalidInput(
            "The model answers with one number a record, and on `train` these numbers have nothing"
            f" to do with the 0/1 labels (area under the curve {area:.2f}"
            f"{', all of one sign' if sided else ''}): losses? {SAY_KIND}"
        )
