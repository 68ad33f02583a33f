"""One correction for having asked several questions."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from tacit.core import CheckResult
from tacit.core.comparison import Difference
from tacit.metrics import holm

Result = TypeVar("Result", CheckResult, Difference)


def with_adjusted(results: Sequence[Result]) -> list[Result]:
    """The results with their p-values Holm-adjusted over all that have one."""
    tested = [i for i, result in enumerate(results) if result.p_value is not None]
    adjusted = list(results)
    for i, p in zip(tested, holm([results[i].p_value or 0.0 for i in tested])):
        adjusted[i] = replace(results[i], p_adjusted=float(p))
    return adjusted
