"""Warnings about numbers that are kept only because old scripts ask for them."""

import warnings


class LegacyNumberWarning(UserWarning):
    """A number is given as TensorFlow Privacy gave it, but does not mean what its name says."""


class WrongFieldWarning(UserWarning):
    """Probabilities came where logits belong, or the other way round; read as such."""


# what is wrong with each number: said when a script asks for it under its old name
FAULTS = {
    "ppv": (
        "it is the largest share over all thresholds, so one lone member above every non-member"
        " makes it 1"
    ),
    "epsilon_lower_bound": (
        "it is the largest of many bounds, each of which holds only for a threshold chosen in"
        " advance, so it exceeds the truth in most runs"
    ),
}
INSTEAD = {
    "ppv": "`results.report` has the members found at a fixed false-positive rate, with interval",
    "epsilon_lower_bound": "`EpsilonLowerBound.simultaneous` and `tacit.dp` bound all thresholds at"
    " once",
}


def warn_legacy(name: str, *, asked: str, level: int = 3) -> None:
    """Warn that the number `name`, asked for as `asked`, is a legacy number, and what to use.

    Parameters
    ----------
    name : a key of `FAULTS`.
    asked : the old name by which the script asked.
    level : frames between this function and the script's line.
    """
    message = (
        f"`{asked}` gives `legacy_{name}`: {FAULTS[name]}. Instead, {INSTEAD[name]}."
        f" Ask for `legacy_{name}` to keep the old number without this warning."
    )
    warnings.warn(message, LegacyNumberWarning, stacklevel=level)
