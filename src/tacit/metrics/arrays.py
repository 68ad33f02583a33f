"""Metrics on Evidence are metrics on arrays too: ``auc(evidence)`` or ``auc(score, member)``."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast, overload

import numpy as np
from numpy.typing import ArrayLike

from tacit.core import Evidence, InvalidInput

P = ParamSpec("P")
R = TypeVar("R", covariant=True)


class OnEvidenceOrArrays(Protocol[P, R]):
    """What `takes_arrays` makes of a metric."""

    @overload
    def __call__(self, evidence: Evidence, /, *args: P.args, **kwargs: P.kwargs) -> R: ...

    @overload
    def __call__(
        self, score: ArrayLike, member: ArrayLike, /, *args: P.args, **kwargs: P.kwargs
    ) -> R: ...


def takes_arrays(metric: Callable[Concatenate[Evidence, P], R]) -> OnEvidenceOrArrays[P, R]:
    """Let a metric take ``(score, member)`` in place of Evidence, and ``cluster=`` with them.

    The order of scikit-learn, ``(member, score)``, works as well where the two can be told apart:
    `member` is the one that holds nothing but 0 and 1.

    Raises
    ------
    InvalidInput : both arrays, or neither, hold nothing but 0 and 1, so nobody can tell which one
        is the truth; the error says what to write.
    """

    @wraps(metric)
    def either(first: Any, *rest: Any, **options: Any) -> Any:
        if isinstance(first, Evidence):
            return metric(first, *rest, **options)
        if not rest or isinstance(rest[0], (Evidence, str)) or np.ndim(rest[0]) == 0:
            raise InvalidInput(
                f"`{getattr(metric, '__name__', 'metric')}` needs an Evidence, or the two arrays"
                f" `score` and `member`, got {type(first).__name__} alone."
            )
        cluster = options.pop("cluster", None)
        score, member = _told_apart(first, rest[0])
        return metric(Evidence.of(score, member, cluster=cluster), *rest[1:], **options)

    return cast(OnEvidenceOrArrays[P, R], either)


def _told_apart(first: ArrayLike, second: ArrayLike) -> tuple[ArrayLike, ArrayLike]:
    """The scores and the truth, whichever of the two came first."""
    truths = [_is_truth(value) for value in (first, second)]
    if all(truths):
        booleans = [np.asarray(value).dtype.kind == "b" for value in (first, second)]
        truths = booleans if sum(booleans) == 1 else truths
    if truths == [False, True]:
        return first, second
    if truths == [True, False]:
        return second, first
    came = "both hold nothing but 0 and 1" if all(truths) else "neither holds only 0 and 1"
    raise InvalidInput(
        f"Of the two arrays, {came}, so `member` cannot be told from `score`. Write"
        " `tacit.Evidence.of(score, member)`, with `member` True or 1 for members."
    )


def _is_truth(value: ArrayLike) -> bool:
    array = np.asarray(value)
    if array.dtype.kind == "b":
        return True
    return array.dtype.kind in "iuf" and bool(((array == 0) | (array == 1)).all())
