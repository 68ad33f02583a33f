"""A model, or another function of a user's, is asked; where it fails, the error says on what."""

import re
from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from tacit.core.errors import InvalidInput, TacitError

Ask = Callable[[Any], NDArray[Any]]
# what frameworks put into their messages for a terminal
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def guarded(ask: Ask, who: str = "The model") -> Ask:
    """The same question, and where it fails on the records an error that says so.

    Parameters
    ----------
    ask : from a batch of inputs to an array of answers.
    who : is asked, for the error.
    """

    def asked(x: Any) -> NDArray[Any]:
        try:
            return ask(x)
        except (TacitError, MemoryError):
            raise
        except Exception as error:
            raise InvalidInput(_failed(x, error, who)) from error

    return asked


def _failed(x: Any, error: Exception, who: str) -> str:
    said = " ".join(COLOUR.sub("", str(error)).split())[:300].rstrip(".:")
    text = f"{who} could not answer: {type(error).__name__}: {said}."
    if type(error).__name__ == "NotFittedError":
        return f"{text} Fit it first."
    kind = str(getattr(x, "dtype", ""))
    shape = f" of shape {tuple(x.shape)}" if getattr(x, "shape", ()) else ""
    came = f"{type(x).__name__}{shape}{f' and type {kind}' if kind else ''}"
    if "int8" in kind:
        came += " (whole numbers: were images scaled to floats in training?)"
    return (
        f"{text} The records came as {came}. Give the records in the form in which it was trained,"
        " or a function that brings them into that form."
    )
