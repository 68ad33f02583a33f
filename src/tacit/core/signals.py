"""All that a guesser may observe. LARGER ALWAYS MEANS MORE LIKE A MEMBER."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.core import checking
from tacit.core.errors import InvalidInput
from tacit.core.files import write_whole
from tacit.core.npz import read_npz
from tacit.core.statistic import Scale, Statistic, require_scale, scale_of

# arrays of a file of signals; `tacit shadow collect` writes the second and third and a statistic
ARRAYS = ("target", "shadow", "shadow_member", "known", "features", "group")


@dataclass(frozen=True, eq=False)
class Signals:
    """All that a guesser may observe of n records under q queries each.

    LARGER ALWAYS MEANS MORE LIKE A MEMBER: a loss is negated before it comes here. `Signals.of` is
    the way to make it.

    Parameters
    ----------
    target : float (n, q), the audited model's signal; kept in the shadow models' precision.
    shadow : float (m, n, q), the same from m shadow models; m may be 0. A memory map stays one.
    shadow_member : bool (m, n), which record each shadow model was trained on.
    known : int8 (n,), 1 / 0 where the guesser was told "member" / "not", -1 elsewhere. Known
        records may be fitted on and are never scored.
    features : float (n, d), what else the guesser sees of each record (the record's own columns for
        a blind attack, the model's outputs for a learned one); d may be 0.
    group : int (n,), a public category of each record (usually its class); all 0 where there is
        none.
    statistic : the name of the signal, for example ``"scaled_logit"``.
    scale : of the signal; see `Statistic`. Attacks ask the scale, never the name.

    Raises
    ------
    InvalidInput : shapes do not fit, or a number is not finite (the row numbers are given).
    """

    target: NDArray[np.floating[Any]]
    shadow: NDArray[np.floating[Any]] = None  # type: ignore[assignment]
    shadow_member: NDArray[np.bool_] = None  # type: ignore[assignment]
    known: NDArray[np.int8] = None  # type: ignore[assignment]
    features: NDArray[np.floating[Any]] = None  # type: ignore[assignment]
    group: NDArray[np.int64] = None  # type: ignore[assignment]
    statistic: str = "signal"
    scale: Scale = "none"

    def __post_init__(self) -> None:
        target = _with_queries(checking.floats(self.target, "target", ndim=(1, 2)), 2)
        n, q = target.shape
        if n == 0:
            raise InvalidInput("`target` needs at least one record, got none.")
        if q == 0:
            raise InvalidInput(
                f"`target` needs at least one query a record, got shape {target.shape}."
            )
        shadow, shadow_member = _shadows(self.shadow, self.shadow_member, n, q)
        target = _as_kept(target, shadow)
        # what is the same for every record is stored once
        known = np.broadcast_to(np.int8(-1), n) if self.known is None else _known(self.known)
        features: NDArray[np.floating[Any]] = np.zeros((n, 0), np.float32)
        if self.features is not None:
            features = checking.floats(self.features, "features", ndim=2)
        group = np.broadcast_to(np.int64(0), n)
        if self.group is not None:
            group = checking.codes(self.group, "group")
        checking.require_length(n, features=features, group=group, known=known)
        require_scale(self.scale)
        self._set(
            target=target,
            shadow=shadow,
            shadow_member=shadow_member,
            known=checking.frozen(known),
            features=checking.frozen(features),
            group=checking.frozen(group),
        )

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
        statistic: str | Statistic = "signal",
        scale: Scale | None = None,
    ) -> "Signals":
        """Signals from arrays; one query a record may leave out the last axis.

        Parameters
        ----------
        target, shadow, shadow_member, known, features, group : see `Signals`.
        statistic : a `Statistic`, or the name of one.
        scale : of the signal; by default that of the Statistic, or of a statistic of tacit's own
            that has this name. A name that nobody knows has no scale.

        Raises
        ------
        InvalidInput : shapes do not fit, or a number is not finite (the row numbers are given).

        Examples
        --------
        >>> Signals.of([0.2, 1.5, -0.3], statistic="loss").target.shape
        (3, 1)
        """
        name = statistic if isinstance(statistic, str) else statistic.name
        if scale is None:
            scale = scale_of(name) if isinstance(statistic, str) else statistic.scale
        return cls(
            target,  # type: ignore[arg-type]
            shadow,  # type: ignore[arg-type]
            shadow_member,  # type: ignore[arg-type]
            known,  # type: ignore[arg-type]
            features,  # type: ignore[arg-type]
            group,  # type: ignore[arg-type]
            name,
            scale,
        )

    def save(self, path: str | Path) -> Path:
        """Write the signals as an .npz file, in one step; nothing is pickled.

        The file says who was in the shadow models' training sets: it is as confidential as they.

        Parameters
        ----------
        path : the file, its name ending in ``.npz``.

        Raises
        ------
        InvalidInput : the name ends in something else.
        OSError : the disk is full or the folder cannot be written.
        """
        target = _npz(path)
        content = io.BytesIO()
        arrays: dict[str, Any] = {name: getattr(self, name) for name in ARRAYS}
        np.savez(content, **arrays, statistic=np.array(self.statistic), scale=np.array(self.scale))
        write_whole(target, content.getvalue())
        return target

    @classmethod
    def load(cls, path: str | Path, *, target: ArrayLike | None = None) -> "Signals":
        """Read signals that `save` or ``tacit shadow collect`` wrote; nothing is unpickled.

        Parameters
        ----------
        path : an .npz file.
        target : the audited model's signals (n,) or (n, q) of the same records in the same order.
            A file of shadow models has none, and needs it.

        Raises
        ------
        InvalidInput : the file cannot be read, holds no signals, or `target` is missing.
        """
        arrays = read_arrays(path)
        if target is None and "target" not in arrays:
            raise InvalidInput(
                f"`{path}` holds shadow models and no audited model: give its signals as `target`."
            )
        statistic, scale = (str(arrays.pop(name, "")) for name in ("statistic", "scale"))
        given: dict[str, Any] = {name: arrays[name] for name in ARRAYS if name in arrays}
        if target is not None:
            given["target"] = target
        return cls.of(
            given.pop("target"),
            **given,
            statistic=statistic or "signal",
            scale=scale or None,  # type: ignore[arg-type]
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
        return self.changed(known=checking.frozen(values))

    def changed(self, **parts: Any) -> "Signals":
        """The same observations with other `parts`, which the caller has checked (no copy, and
        nothing is looked at again: a memory map of many shadow models is not read).
        """
        other = object.__new__(Signals)
        other._set(**{name: getattr(self, name) for name in self.__dataclass_fields__} | parts)
        return other

    def take(self, rows: NDArray[Any]) -> "Signals":
        """The records `rows` (indices or a mask), in that order."""
        return self.changed(
            target=self.target[rows],
            shadow=self.shadow[:, rows],
            shadow_member=self.shadow_member[:, rows],
            known=self.known[rows],
            features=self.features[rows],
            group=self.group[rows],
        )

    def _set(self, **parts: Any) -> None:
        for name, value in parts.items():
            object.__setattr__(self, name, value)


def _npz(path: str | Path) -> Path:
    file = Path(path)
    if file.suffix != ".npz":
        raise InvalidInput(f"`path` needs a name that ends in .npz, got {file.name!r}.")
    return file


def read_arrays(path: str | Path) -> dict[str, NDArray[Any]]:
    """All arrays of a file of signals; nothing is unpickled.

    Raises
    ------
    InvalidInput : the file cannot be read, or holds no signals.
    """
    file = _npz(path)
    arrays = read_npz(file)
    if not arrays.keys() & {"target", "shadow"}:
        raise InvalidInput(
            f"`{file}` needs `target` or `shadow`, it has {', '.join(sorted(arrays)) or 'nothing'}."
        )
    return arrays


def _with_queries(value: NDArray[Any], ndim: int) -> NDArray[Any]:
    return checking.frozen(value[..., None]) if value.ndim == ndim - 1 else value


def _as_kept(
    target: NDArray[np.floating[Any]], shadow: NDArray[np.floating[Any]]
) -> NDArray[np.floating[Any]]:
    """The target's signals in the precision that the shadow models' were stored in, so that equal
    answers, such as the certain ones of a tree, are equal signals.
    """
    if not len(shadow) or shadow.dtype != np.float32 or target.dtype == np.float32:
        return target
    if np.abs(target).max() > np.finfo(np.float32).max:
        return target
    return checking.frozen(target.astype(np.float32))


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
