"""All that a guesser may observe. LARGER ALWAYS MEANS MORE LIKE A MEMBER."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.core import checking
from tacit.core.errors import InvalidInput


@dataclass(frozen=True, eq=False)
class Signals:
    """All that a guesser may observe of n records under q queries each.

    LARGER ALWAYS MEANS MORE LIKE A MEMBER: a loss is negated before it comes here. Build it with
    `Signals.of`.

    Parameters
    ----------
    target : float (n, q), the audited model's signal.
    shadow : float (m, n, q), the same from m shadow models; m may be 0. A memory map stays one.
    shadow_member : bool (m, n), which record each shadow model was trained on.
    known : int8 (n,), 1 / 0 where the guesser was told "member" / "not", -1 elsewhere. Known
        records may be fitted on and are never scored.
    features : float (n, d), what else the guesser sees of each record (the record's own columns for
        a blind attack, the model's outputs for a learned one); d may be 0.
    group : int (n,), a public category of each record (usually its class); all 0 where there is
        none.
    statistic : the name of the signal, for example ``"scaled_logit"``.
    """

    target: NDArray[np.floating[Any]]
    shadow: NDArray[np.floating[Any]]
    shadow_member: NDArray[np.bool_]
    known: NDArray[np.int8]
    features: NDArray[np.floating[Any]]
    group: NDArray[np.int64]
    statistic: str = "signal"

    @classmethod
    def of(
        cls,
        target: ArrayLike,
        *,
        shadow: ArrayLike | None = None,
        shadow_member: ArrayLike | None = None,
        known: ArrayLike | None = None,
        features: ArrayLike | None = None,
        group: ArrayLike | None = None,
        statistic: str = "signal",
    ) -> "Signals":
        """Signals from arrays; one query a record may leave out the last axis.

        Raises
        ------
        InvalidInput : shapes do not fit, or a number is not finite (the row numbers are given).

        Examples
        --------
        >>> Signals.of([0.2, 1.5, -0.3], statistic="loss").target.shape
        (3, 1)
        """
        scores = _with_queries(checking.floats(target, "target", ndim=(1, 2)), 2)
        n, q = scores.shape
        if n == 0:
            raise InvalidInput("`target` needs at least one record, got none.")
        if q == 0:
            raise InvalidInput(
                f"`target` needs at least one query a record, got shape {scores.shape}."
            )
        shadows, inside = _shadows(shadow, shadow_member, n, q)
        side = (
            np.zeros((n, 0), np.float32)
            if features is None
            else checking.floats(features, "features", ndim=2)
        )
        category = np.zeros(n, np.int64) if group is None else checking.codes(group, "group")
        told = np.full(n, -1, np.int8) if known is None else _known(known)
        checking.require_length(n, features=side, group=category, known=told)
        return cls(
            scores,
            shadows,
            inside,
            checking.frozen(told),
            checking.frozen(side),
            checking.frozen(category),
            statistic,
        )

    @property
    def n(self) -> int:
        """Number of records."""
        return len(self.target)

    @property
    def n_queries(self) -> int:
        """Number of queries a record."""
        return int(self.target.shape[1])

    @property
    def n_shadows(self) -> int:
        """Number of shadow models."""
        return len(self.shadow)

    def told(self, known: ArrayLike) -> "Signals":
        """The same observations with a guesser who knows the membership of some records (1, 0; -1
        for unknown).
        """
        values = _known(known)
        checking.require_length(self.n, known=values)
        return replace(self, known=checking.frozen(values))

    def take(self, rows: NDArray[Any]) -> "Signals":
        """The records `rows` (indices or a mask), in that order."""
        return replace(
            self,
            target=self.target[rows],
            shadow=self.shadow[:, rows],
            shadow_member=self.shadow_member[:, rows],
            known=self.known[rows],
            features=self.features[rows],
            group=self.group[rows],
        )


def _with_queries(value: NDArray[Any], ndim: int) -> NDArray[Any]:
    return checking.frozen(value[..., None]) if value.ndim == ndim - 1 else value


def _known(value: ArrayLike) -> NDArray[np.int8]:
    result = checking.integers(value, "known")
    if not np.isin(result, (-1, 0, 1)).all():
        raise InvalidInput("`known` needs 1 (member), 0 (not) or -1 (not told) a record.")
    return result.astype(np.int8)


def _shadows(
    shadow: ArrayLike | None, member: ArrayLike | None, n: int, q: int
) -> tuple[NDArray[np.floating[Any]], NDArray[np.bool_]]:
    if (shadow is None) != (member is None):
        raise InvalidInput("`shadow` and `shadow_member` go together: give both or neither.")
    if shadow is None or member is None:
        return checking.frozen(np.zeros((0, n, q), np.float32)), checking.frozen(
            np.zeros((0, n), bool)
        )
    scores = _with_queries(checking.floats(shadow, "shadow", ndim=(2, 3)), 3)
    inside = checking.booleans(member, "shadow_member", ndim=2)
    if scores.shape[1:] != (n, q):
        raise InvalidInput(
            f"`shadow` needs shape (models, {n}, {q}) to fit `target`, got {scores.shape}."
        )
    if inside.shape != scores.shape[:2]:
        raise InvalidInput(
            f"`shadow_member` needs shape {scores.shape[:2]} (models, records), got {inside.shape}."
        )
    return scores, inside
