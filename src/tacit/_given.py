"""What a user gave an audit: the answers of both sides with all that is known of their records,
checked and compared once for audits with and without shadow models.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.adapters import outputs_of
from tacit.adapters.answers import Kind
from tacit.adapters.records import SeenRecords, seen_features, seen_records
from tacit.audits.steps.provenance import utility as utility_of
from tacit.audits.steps.sides import (
    Sides,
    blind_to,
    compared,
    constant,
    require_two_sides,
    told,
)
from tacit.audits.steps.slice_values import MIN_CELL, SliceColumn, slice_column, with_slices
from tacit.core import InvalidInput, Outputs, Policy, Report, concatenate

Pair = tuple[ArrayLike, ArrayLike]
Slices = Mapping[str, Pair] | Sequence[str] | None


@dataclass(frozen=True, eq=False)
class Given:
    """Both sides of an audit, members first.

    Parameters
    ----------
    outputs : Outputs
        Of all n records.
    sizes : tuple[int, int]
        How many members and non-members there are.
    sides : Sides
        What is the same on both sides, and within each.
    seen : SeenRecords
        What is known of the records themselves.
    unit : NDArray[Any] | None
        The unit of independence of each record (n,), as the user gave it.
    slices : Mapping[str, ArrayLike]
        Columns to slice by, (n,) each, as they came.
    min_cell : int
        A value of a slice with fewer members or non-members is not shown by itself.
    accuracy : Mapping[str, float]
        On records of neither side, where they were given.
    """

    outputs: Outputs
    sizes: tuple[int, int]
    sides: Sides
    seen: SeenRecords
    unit: NDArray[Any] | None
    slices: Mapping[str, ArrayLike]
    min_cell: int = MIN_CELL
    accuracy: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        model: Any = None,
        *,
        member: Outputs | None = None,
        nonmember: Outputs | None = None,
        train: Any = None,
        test: Any = None,
        kind: Kind = "auto",
        features: Pair | None = None,
        slices: Slices = None,
        min_cell: int = MIN_CELL,
        cluster: Pair | None = None,
        utility: Any = None,
        level: float = 0.95,
    ) -> "Given":
        """Ask the model where one is given, and compare both sides; see `tacit.audit`.

        Raises
        ------
        InvalidInput
            Says which argument, what was needed and what came.
        """
        seen = SeenRecords()
        if model is not None:
            answered = member is not None or nonmember is not None
            _require_model_and_data(model, train, test, answered)
            member, nonmember = _answers(model, train, test, kind=kind)
            seen = seen_records(train, test)
        if not isinstance(member, Outputs) or not isinstance(nonmember, Outputs):
            came = f"`member` {type(member).__name__}, `nonmember` {type(nonmember).__name__}"
            raise InvalidInput(
                "`audit` needs `member` and `nonmember` as tacit.Outputs, or a model with `train`"
                f" and `test`, got {came}."
            )
        sizes = (member.n, nonmember.n)
        outputs = concatenate(member, nonmember)
        unit = None if cluster is None else np.asarray(_joined(cluster, "cluster", sizes))
        columns = {
            name: _joined(pair, f"slices[{name!r}]", sizes)
            for name, pair in _sliced(slices, train, test).items()
        }
        if features is not None:
            _joined(features, "features", sizes)
            seen = seen_features(*features, seen)
        if not constant(member):
            # outputs without any information are inconclusive, whichever side they stand on
            require_two_sides(member, nonmember, "`member` and `nonmember`")
        sides = compared(
            outputs,
            np.arange(sum(sizes)) < sizes[0],
            digest=_of_length(seen.digest, sizes),
            chance=seen.chance,
            cluster=unit,
        )
        known = {} if utility is None else _accuracy(model, utility, kind=kind, level=level)
        return cls(outputs, sizes, sides, seen, unit, columns, min_cell, known)

    @property
    def member(self) -> NDArray[np.bool_]:
        """Who was a member, (n,)."""
        return np.arange(sum(self.sizes)) < self.sizes[0]

    @property
    def cluster(self) -> NDArray[Any] | None:
        """The unit of independence of each record (n,): the user's, or where records repeat, the
        record.
        """
        return self.sides.cluster if self.unit is None else self.unit

    @property
    def features(self) -> Any:
        """The records' own columns, (n, d), or None."""
        return _of_length(self.seen.columns, self.sizes)

    def columns(self, rows: NDArray[np.int64] | None = None) -> dict[str, SliceColumn]:
        """The slices of all records, or of these rows, as a report may show them."""
        part = slice(None) if rows is None else rows
        return {
            name: slice_column(np.asarray(values)[part], name, self.member[part], self.min_cell)
            for name, values in self.slices.items()
        }

    def told(self, report: Report, columns: Mapping[str, SliceColumn], policy: Policy) -> Report:
        """The report of these records, with what was seen on comparing both sides, what was done
        to the columns that it was sliced by, and what the blind guesser could not look at.
        """
        report = replace(report, accuracy={**report.accuracy, **self.accuracy})
        report = with_slices(told(report, self.sides, policy), columns)
        return blind_to(report, self.seen.reason) if self.seen.reason else report


def usable(columns: Mapping[str, SliceColumn]) -> dict[str, NDArray[np.str_]]:
    """The columns that do not name single records."""
    return {name: column.texts for name, column in columns.items() if column.usable}


def _accuracy(model: Any, records: Any, *, kind: Kind, level: float) -> dict[str, float]:
    """Of the model on records of neither side, given as its answers or as ``(X, y)``."""
    if not isinstance(records, Outputs):
        if model is None:
            raise InvalidInput(
                "`utility` needs tacit.Outputs, or (X, y) beside a model, got"
                f" {type(records).__name__}."
            )
        parts = records if isinstance(records, tuple) else (records,)
        records = outputs_of(model, *parts, kind=kind)
    return utility_of(records, level=level)


def _of_length(array: Any, sizes: tuple[int, int]) -> Any:
    """`array` if it holds one row a record: a loader may repeat or leave out records."""
    return array if array is not None and len(array) == sum(sizes) else None


def _answers(
    model: Any,
    train: Any,
    test: Any,
    *,
    kind: Kind,
) -> tuple[Outputs, Outputs]:
    parts = [part if isinstance(part, tuple) else (part,) for part in (train, test)]
    answers = [outputs_of(model, *part, kind=kind) for part in parts]
    if kind == "auto" and answers[0].task != answers[1].task:
        raise InvalidInput(
            f"The model's answers look like a {answers[0].task} model's on `train` and like a"
            f" {answers[1].task} model's on `test`. Say what they are: kind='logits', 'probs',"
            " 'prediction' or 'loss'."
        )
    if kind == "auto" and (answers[0].logits is None) != (answers[1].logits is None):
        # numbers outside 0..1 on one side say that none are probabilities
        odd = int(answers[1].logits is None)
        answers[odd] = outputs_of(model, *parts[odd], kind="logits")
    return answers[0], answers[1]


def _require_model_and_data(model: Any, train: Any, test: Any, given: bool) -> None:
    if isinstance(model, Outputs):
        raise InvalidInput("`audit` takes Outputs as `member=` and `nonmember=`, not as the model.")
    if train is None or test is None or given:
        raise InvalidInput(
            "With a model, `audit` needs `train=(X, y)` and `test=(X, y)`, and neither `member` nor"
            " `nonmember`."
        )
    require_two_sides(train, test, "`train` and `test`")
    if isinstance(train, tuple) and isinstance(test, tuple) and train and test:
        require_two_sides(train[0], test[0], "The records of `train` and `test`")


def _sliced(slices: Slices, train: Any, test: Any) -> dict[str, Pair]:
    """Slices by name; names alone are columns of the frames that the model was asked about."""
    if slices is None or isinstance(slices, Mapping):
        return dict(slices or {})
    names = [slices] if isinstance(slices, str) else list(slices)
    frames = [part[0] if isinstance(part, tuple) and part else part for part in (train, test)]
    for name in names:
        if any(not hasattr(frame, "columns") or name not in frame.columns for frame in frames):
            raise InvalidInput(
                f"`slices` names {name!r}, which is no column of X on both sides. Give"
                " {name: (of members, of non-members)}."
            )
    return {str(name): (frames[0][name], frames[1][name]) for name in names}


def _joined(pair: Pair, name: str, sizes: tuple[int, int]) -> ArrayLike:
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise InvalidInput(
            f"`{name}` needs a pair (for members, for non-members), got {type(pair).__name__}."
        )
    parts = [_cells(part) for part in pair]
    for part, size, side in zip(parts, sizes, ("members", "non-members")):
        if part.ndim == 0 or len(part) != size:
            raise InvalidInput(
                f"`{name}` needs {size} rows for the {side}, got shape {part.shape}."
            )
    if parts[0].dtype.kind != parts[1].dtype.kind and "O" in (
        parts[0].dtype.kind + parts[1].dtype.kind
    ):
        parts = [part.astype(object) for part in parts]
    return np.concatenate(parts)


def _cells(part: Any) -> Any:
    """A column or table as an array; a series of categories or dates keeps its values."""
    if hasattr(part, "iloc") and str(getattr(part, "dtype", "")) in ("category", "Int64"):
        return np.asarray(part.astype(object))
    return np.asarray(part)
