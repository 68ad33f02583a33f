"""From what a model answered to the one number a record that is kept."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import Outputs

Floats = NDArray[np.floating[Any]]
Statistic = Callable[[Outputs], Floats]


@dataclass(frozen=True)
class Named:
    """A statistic by its name; None: the scaled logit for labelled classifiers, else the first one
    that is available.
    """

    name: str | None = None

    def __call__(self, outputs: Outputs) -> Floats:
        """One number a record, larger for members."""
        from tacit.signals import measure

        return measure(outputs, self.chosen(outputs))

    def chosen(self, outputs: Outputs) -> str:
        """The name of the statistic for such outputs."""
        from tacit.signals import available

        if self.name is not None:
            return self.name
        names = available(outputs)
        return (
            "scaled_logit" if "scaled_logit" in names and outputs.task != "multilabel" else names[0]
        )


def unchanged(x: Any) -> Any:
    """The query that asks for a record as it is."""
    return x


def statistic_of(given: "str | Statistic | None") -> Statistic:
    """A function from `Outputs` to one number a record."""
    return given if callable(given) else Named(given)


def name_of(statistic: Statistic, outputs: Outputs) -> str:
    """What to call the signal."""
    return (
        statistic.chosen(outputs)
        if isinstance(statistic, Named)
        else getattr(statistic, "__name__", "signal")
    )


def labelled(outputs: Outputs, y: Any) -> Outputs:
    """The outputs with the labels of the data, where the observer left them out."""
    if outputs.label is not None or y is None or (outputs.logits is None and outputs.probs is None):
        return outputs
    return Outputs(logits=outputs.logits, probs=outputs.probs, label=y)


def accuracies(outputs: Outputs, inside: NDArray[np.bool_]) -> dict[str, float]:
    """Share of right answers on the model's own members and on the others; empty where there are no
    classes.
    """
    scores = outputs.logits if outputs.logits is not None else outputs.probs
    if scores is None or outputs.label is None or outputs.task == "multilabel":
        return {}
    cut = 0.0 if outputs.logits is not None else 0.5
    right = (scores > cut if scores.ndim == 1 else scores.argmax(axis=1)) == outputs.label
    return {
        "accuracy_in": float(right[inside].mean()),
        "accuracy_out": float(right[~inside].mean()),
    }
