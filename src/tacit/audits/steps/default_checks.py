"""Which checks an audit runs by default: every attack on one model that its outputs allow."""

from typing import Literal, get_args

from tacit.attacks import (
    ClassConditional,
    GradientBoosting,
    KNearest,
    LogisticRegression,
    MultilayerPerceptron,
    RandomForest,
    Threshold,
)
from tacit.audits.steps.quick_check import preferred
from tacit.core import Check, InvalidInput, Outputs
from tacit.core.options import several
from tacit.signals import available

Effort = Literal["quick", "full"]
METRICS = ("auc", "tpr@fpr=0.01", "tpr@fpr=0.001")
SINGLE_SIGNALS = {
    "scaled_logit": "confidence threshold",
    "hinge": "margin threshold",
    "modified_entropy": "modified entropy threshold",
    "entropy": "entropy threshold",
    "correctness": "gap (correct or not)",
    "negative_squared_error": "squared error threshold",
    "loss": "loss threshold",
}
LEARNED = {
    "logistic regression": LogisticRegression(),
    "gradient boosting": GradientBoosting(),
    "random forest": RandomForest(),
    "k nearest neighbours": KNearest(),
    "multilayer perceptron": MultilayerPerceptron(),
}
MAX_CLASSES = 1000


def checks_given(checks: object) -> tuple[Check, ...]:
    """The checks that a user wrote.

    Raises
    ------
    InvalidInput : they are no list of Checks.
    """
    remedy = "Names of attacks go into `attacks`."
    return several(checks, "checks", "tacit.Check", kind=Check, remedy=remedy)


def require_effort(effort: object) -> None:
    """Raise `InvalidInput` where `effort` is no effort."""
    if effort not in get_args(Effort):
        raise InvalidInput(f"`effort` needs 'full' or 'quick', got {effort!r}.")


def default_checks(outputs: Outputs, *, effort: Effort = "full") -> tuple[Check, ...]:
    """One check an attack that these outputs allow, strongest single signal first.

    Parameters
    ----------
    outputs : decides which signals there are.
    effort : ``"quick"`` leaves out the attackers that learn.
    """
    names = available(outputs)
    best = preferred(outputs)
    single = [
        name for name in SINGLE_SIGNALS if name in names and (name != "loss" or best == "loss")
    ]
    checks = [Check(SINGLE_SIGNALS[name], name, Threshold(), METRICS) for name in single]
    if not checks:
        checks = [Check(f"{name} threshold", name, Threshold(), METRICS) for name in names]
    if (
        outputs.label is not None
        and outputs.label.ndim == 1
        and 1 < int(outputs.label.max()) + 1 <= MAX_CLASSES
    ):
        checks.append(Check("confidence threshold per class", best, ClassConditional(), METRICS))
    require_effort(effort)
    if effort == "full" and outputs.task in ("multiclass", "binary", "multilabel"):
        checks += [Check(name, best, attack, METRICS) for name, attack in LEARNED.items()]
    return tuple(checks)
