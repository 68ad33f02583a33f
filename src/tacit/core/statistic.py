"""A measurement of outputs, with the scale that says what an attack may compute from it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from tacit.core.errors import InvalidInput

if TYPE_CHECKING:
    from tacit.core.outputs import Outputs

Scale = Literal["log-likelihood", "logit", "probability", "none"]
# The scales of tacit's own statistics, for signals that come with a name only.
OWN_SCALES: dict[str, Scale] = {
    "loss": "log-likelihood",
    "gaussian_log_likelihood": "log-likelihood",
    "negative_squared_error": "log-likelihood",
    "negative_absolute_error": "log-likelihood",
    "scaled_logit": "logit",
    "hinge": "logit",
    "confidence": "probability",
    "max_confidence": "probability",
}


@dataclass(frozen=True)
class Statistic:
    """A measurement: Outputs to one number a record. Larger always means more like a member.

    Parameters
    ----------
    name : what reports call it.
    function : from Outputs to float (n,).
    scale : what the number is. ``"log-likelihood"``: its exponential is the likelihood of the
        record; ``"logit"``: its sigmoid is a probability; ``"probability"``: it is one itself;
        ``"none"``: it only ranks, and an attack that needs a probability has to say so.

    Raises
    ------
    InvalidInput : `scale` is none of these, or `function` cannot be called.

    Examples
    --------
    >>> Statistic("my log-probability", lambda outputs: -outputs.loss, "log-likelihood").scale
    'log-likelihood'
    """

    name: str
    function: "Callable[[Outputs], NDArray[np.floating[Any]]]"
    scale: Scale = "none"

    def __post_init__(self) -> None:
        require_scale(self.scale)
        if not isinstance(self.name, str) or not self.name:
            raise InvalidInput(f"`name` of a Statistic needs text, got {self.name!r}.")
        if not callable(self.function):
            raise InvalidInput(
                f"`function` of the Statistic {self.name!r} needs a callable, got"
                f" {self.function!r}."
            )

    def __call__(self, outputs: "Outputs") -> "NDArray[np.floating[Any]]":
        """One number a record, float (n,)."""
        return self.function(outputs)


def scale_of(name: str) -> Scale:
    """The scale of the statistic called `name`: ``"none"`` where it is not one of tacit's own."""
    return OWN_SCALES.get(name, "none")


def require_scale(scale: object) -> None:
    """Raise `InvalidInput` where `scale` is not one."""
    if scale not in get_args(Scale):
        raise InvalidInput(
            f"`scale` needs one of {', '.join(map(repr, get_args(Scale)))}, got {scale!r}."
        )
