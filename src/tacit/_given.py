"""What a user gave an audit: the answers of both sides with all that is known of their records,
checked and compared once for audits with and without shadow models.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from inspect import isroutine
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.adapters import outputs_of
from tacit.adapters.answers import Kind
from tacit.adapters.arrays import n_records
from tacit.adapters.both_sides import answers_of_both
from tacit.adapters.description import describe
from tacit.adapters.pairs import paired, require_uncrossed
from tacit.adapters.records import SeenRecords, seen_features, seen_records
from tacit.audits.steps.provenance import utility as utility_of
from tacit.audits.steps.side_warnings import blind_to, without_records
from tacit.audits.steps.sides import Sides, compared, constant, require_two_sides, same_answers
from tacit.core import Assignment, InvalidInput, Outputs, Report, concatenate

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
    accuracy : Mapping[str, float]
        On records of neither side, where they were given.
    assumed : str
        How the model's answers were read, where that is a guess.
    model : Mapping[str, Any]
        Its architecture and size, as far as an adapter knows them.
    """

    outputs: Outputs
    sizes: tuple[int, int]
    sides: Sides
    seen: SeenRecords
    unit: NDArray[Any] | None
    slices: Mapping[str, ArrayLike]
    accuracy: Mapping[str, float] = field(default_factory=dict)
    assumed: str = ""
    model: Mapping[str, Any] = field(default_factory=dict)

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
        cluster: Pair | None = None,
        utility: Any = None,
        level: float = 0.95,
        statistics: Sequence[str] = (),
    ) -> "Given":
        """Ask the model where one is given, and compare both sides; see `tacit.audit`.

        The `statistics` are those that the audit will ask for: all are worked out in one pass.

        Raises
        ------
        InvalidInput
            Says which argument, what was needed and what came.
        """
        seen, assumed = SeenRecords(), ""
        if model is not None:
            answered = member is not None or nonmember is not None
            train, test = paired(train, "train"), paired(test, "test")
            require_uncrossed(train, test)
            _require_model_and_data(model, train, test, answered)
            (member, nonmember), assumed = answers_of_both(model, train, test, kind=kind)
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
            _require_rows(features, "features", sizes)
            seen = seen_features(*features, seen)
        if not constant(member):
            # outputs without any information are inconclusive, whichever side they stand on
            require_two_sides(member, nonmember, "`member` and `nonmember`")
        sides = compared(
            outputs,
            _members_first(sizes),
            digest=_of_length(seen.digest, sizes),
            chance=seen.chance,
            cluster=unit,
            statistics=statistics,
        )
        known = {} if utility is None else _accuracy(model, utility, member, kind=kind, level=level)
        described = _description(model)
        return cls(outputs, sizes, sides, seen, unit, columns, known, assumed, described)

    @property
    def member(self) -> NDArray[np.bool_]:
        """Who was a member, (n,)."""
        return _members_first(self.sizes)

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

    def rows_of_slices(self, rows: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
        """The slices of some of the records."""
        return {name: np.asarray(values)[rows] for name, values in self.slices.items()}

    def without_answers(self) -> "Given":
        """The same without what the model answered, but for one record."""
        return replace(
            self,
            outputs=self.outputs.take(np.zeros(1, int)),
            sides=replace(self.sides, paper=None),
        )

    def finished(self, report: Report, assignment: Assignment) -> Report:
        """The report of these records, with what else is known of them and of the model; it says
        where nobody looked at the records themselves.
        """
        report = replace(
            report,
            accuracy={**report.accuracy, **self.accuracy},
            assumes=(*report.assumes, *([self.assumed] if self.assumed else [])),
            environment={**report.environment, **self.model},
        )
        if self.seen.reason:
            return blind_to(report, self.seen.reason)
        looked = self.seen.columns is not None or assignment != "observed"
        return report if looked else without_records(report)


def _members_first(sizes: tuple[int, int]) -> NDArray[np.bool_]:
    member = np.zeros(sum(sizes), bool)
    member[: sizes[0]] = True
    return member


def _description(model: Any) -> dict[str, Any]:
    # a function that asks a model is not the model
    if model is None or isroutine(model) or isinstance(model, partial):
        return {}
    return dict(describe(model))


def _accuracy(
    model: Any, records: Any, member: Outputs, *, kind: Kind, level: float
) -> dict[str, float]:
    """Of the model on records of neither side, given as its answers or as ``(X, y)``."""
    if not isinstance(records, Outputs):
        if model is None:
            raise InvalidInput(
                "`utility` needs tacit.Outputs, or (X, y) beside a model, got"
                f" {type(records).__name__}."
            )
        parts = records if isinstance(records, tuple) else (records,)
        records = outputs_of(model, *parts, kind=kind)
    if records.n == member.n and same_answers(records, member):
        raise InvalidInput(
            "`utility` holds the training records: what a model knows by heart says nothing of how"
            " accurate it is. Give records of neither side."
        )
    return utility_of(records, level=level)


def _of_length(array: Any, sizes: tuple[int, int]) -> Any:
    """`array` if it holds one row a record: a loader may repeat or leave out records."""
    return array if array is not None and len(array) == sum(sizes) else None


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
    names = [slices] if isinstance(slices, str) else _names_of(slices)
    frames = [part[0] if isinstance(part, tuple) and part else part for part in (train, test)]
    for name in names:
        if any(not hasattr(frame, "columns") or name not in frame.columns for frame in frames):
            raise InvalidInput(
                f"`slices` names {name!r}, which is no column of X on both sides. Give"
                " {name: (of members, of non-members)}."
            )
    return {str(name): (frames[0][name], frames[1][name]) for name in names}


def _names_of(slices: Any) -> list[str]:
    if isinstance(slices, (list, tuple)) and all(isinstance(name, str) for name in slices):
        return list(slices)
    raise InvalidInput(
        "`slices` needs {name: (of members, of non-members)}, or a list of names of columns of X,"
        f" got {type(slices).__name__}."
    )


def _require_rows(pair: Any, name: str, sizes: tuple[int, int]) -> None:
    _require_pair(pair, name)
    for part, size, side in zip(pair, sizes, ("members", "non-members")):
        if n_records(part) != size:
            raise InvalidInput(f"`{name}` needs {size} rows for the {side}, got {n_records(part)}.")


def _require_pair(pair: Any, name: str) -> None:
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise InvalidInput(
            f"`{name}` needs a pair (for members, for non-members), got {type(pair).__name__}."
        )


def _joined(pair: Pair, name: str, sizes: tuple[int, int]) -> ArrayLike:
    _require_pair(pair, name)
    parts = [_cells(part) for part in pair]
    for part, size, side in zip(parts, sizes, ("members", "non-members")):
        if part.ndim == 0 or len(part) != size:
            raise InvalidInput(
                f"`{name}` needs {size} rows for the {side}, got shape {part.shape}."
            )
    if parts[0].shape[1:] != parts[1].shape[1:]:
        raise InvalidInput(
            f"`{name}` needs the same columns for members and non-members, got shapes"
            f" {parts[0].shape} and {parts[1].shape}."
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
