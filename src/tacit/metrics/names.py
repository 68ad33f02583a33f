"""Metrics by name, as policies and the command line write them."""

from collections.abc import Callable
from functools import partial
from typing import cast

from tacit.core import InvalidInput, Metric
from tacit.core.plugins import did_you_mean, plugin, plugin_names
from tacit.metrics.advantage import advantage, balanced_accuracy
from tacit.metrics.auc import auc
from tacit.metrics.partial import partial_auc
from tacit.metrics.rates import ppv, tpr_at_fpr, tpr_at_guaranteed_fpr

PLAIN: dict[str, Metric] = {
    "auc": auc,
    "advantage": advantage,
    "balanced_accuracy": balanced_accuracy,
}
WITH_NUMBER: dict[str, Callable[[float], Metric]] = {
    "tpr@fpr=": lambda share: cast(Metric, partial(tpr_at_fpr, fpr=share)),
    "tpr@fpr<=": lambda share: cast(Metric, partial(tpr_at_guaranteed_fpr, fpr=share)),
    "ppv@prior=": lambda share: cast(Metric, partial(ppv, prior=share)),
    "pauc@fpr=": lambda share: cast(Metric, partial(partial_auc, max_fpr=share)),
}


def named(name: str) -> Metric:
    """The metric called `name`, at its default level.

    Raises
    ------
    InvalidInput : there is no such metric; the message lists those there are.

    Examples
    --------
    >>> named("auc") is auc
    True
    """
    if name in PLAIN:
        return PLAIN[name]
    for prefix in sorted(WITH_NUMBER, key=len, reverse=True):
        if name.startswith(prefix):
            return WITH_NUMBER[prefix](_share(name, prefix))
    if name in plugin_names("tacit.metrics"):
        return cast(Metric, plugin("tacit.metrics", name))
    listed = ", ".join([*PLAIN, *(f"{prefix}0.01" for prefix in WITH_NUMBER)])
    raise InvalidInput(
        f"There is no metric {name!r}.{did_you_mean(name, [*PLAIN, *WITH_NUMBER])} There are:"
        f" {listed} (any share between 0 and 1)."
    )


def _share(name: str, prefix: str) -> float:
    text = name.removeprefix(prefix)
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 < share < 1:
        raise InvalidInput(
            f"The metric {name!r} needs a number between 0 and 1 after {prefix!r}, got {text!r}"
            " (for 1 % write 0.01)."
        )
    return share
