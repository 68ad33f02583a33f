"""A model's outputs from files (npz, parquet, csv): one file with a member column, or one file a
side.

What a file may hold (arrays of an npz, columns of a table; one row a record):

``logits``, or ``logit_0``, ``logit_1`` ...
    scores of each class; a single column for a binary model with one logit
``probs``, or ``prob_0``, ``prob_1`` ...
    probabilities of each class; ``prob`` or ``prob_1`` alone: that of "yes"
``prob_no``, ``prob_yes`` ... (also ``p_`` and ``logit_``)
    the same with the names of the classes, which the labels then use too
``loss``
    a loss a record, where nothing else is known
``prediction``, ``truth``
    of a regression (or ``prediction_0`` ... and ``truth_0`` ...)
``label``, or ``label_0``, ``label_1`` ...
    the true class 0..k-1 or its name; several columns of 0/1 for a multi-label model
``member``
    1 (or train) where the record was trained on, 0 (or test) elsewhere; only where one file holds
    both sides
``features``, or ``feature_...``
    the record's own columns, for the guesser that never sees the model
``slice_...``
    a column to slice the audit by: ``slice_region`` is called "region"
``cluster``
    the unit of independence (a user, a document)

In an npz `logits`, `probs` and `features` are arrays (n, k); in a table each column has its own
number or name. `y`, `labels` and `target` are read as `label`. What is none of these is not read; a
name that looks like one of them is refused. Nothing is ever unpickled.
"""

import filecmp
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.adapters.cells import members_in, numbers, require_named
from tacit.adapters.class_names import numbered_classes
from tacit.adapters.tables import (
    column_names,
    near,
    read_table,
    require_no_lookalike,
)
from tacit.core import InvalidInput, Outputs

WIDE = {
    "logits": "logit",
    "probs": "prob",
    "label": "label",
    "prediction": "prediction",
    "truth": "truth",
    "features": "feature",
}
ALIASES = {
    "y": "label",
    "labels": "label",
    "target": "label",
    "probabilities": "probs",
    "members": "member",
    "prob": "probs",
    "logit": "logits",
}
OF_OUTPUTS = ("logits", "probs", "loss", "label", "prediction", "truth")
OURS = (*OF_OUTPUTS, "member", "features", "cluster")
PREFIXES = ("slice_", "feature_")
STEMS = tuple(stem for stem in WIDE.values() if stem != "feature")
# `logit_0`, `logits_0`: more digits than that are no class
NUMBERED = re.compile(rf"({'|'.join(STEMS)})s?_(\d{{1,6}})", re.ASCII)
# `prob_no`, `p_no`, `logit_no`: columns with the name of their class
CLASSED = re.compile(r"(logits?|probs?|p)_(.+)", re.DOTALL)
# what a model answered, in a column or in several
ANSWERS = re.compile(r"((logits?|probs?|p)(_.+)?|loss|prediction(_\d+)?)", re.DOTALL)
Columns = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Records:
    """What the files held, ready for `tacit.audit`.

    Parameters
    ----------
    member, nonmember : the model's outputs on records that it was trained on, and on others.
    features : (of members, of non-members) float (n, d) each, or None.
    slices : name -> (of members, of non-members), columns of any type.
    cluster : (of members, of non-members), or None.
    """

    member: Outputs
    nonmember: Outputs
    features: tuple[NDArray[Any], NDArray[Any]] | None
    slices: Mapping[str, tuple[NDArray[Any], NDArray[Any]]]
    cluster: tuple[NDArray[Any], NDArray[Any]] | None


@dataclass(frozen=True, eq=False)
class Rows:
    """What one file held, its rows in their order.

    Parameters
    ----------
    outputs : of the model on n records.
    member : bool (n,), True where the model was trained on the record.
    features : (n, d), or None.
    slices : name -> (n,), columns of any type.
    cluster : (n,), or None.
    """

    outputs: Outputs
    member: NDArray[np.bool_]
    features: NDArray[Any] | None
    slices: Mapping[str, NDArray[Any]]
    cluster: NDArray[Any] | None


def read_rows(path: str | Path, *, member_key: str = "member") -> Rows:
    """Read a model's outputs from one file with a member column, in the order of its rows.

    Raises
    ------
    InvalidInput : says which file, which column, what was needed and what came.
    """
    file = Path(path)
    columns = _gathered(read_table(file), file, member_key)
    _by_column(columns, file, member_key)
    inside = members_in(columns.pop(member_key), member_key, file)
    slices = {
        name.removeprefix("slice_"): value
        for name, value in columns.items()
        if name.startswith("slice_") and name != "slice_"
    }
    outputs = _outputs(columns, str(path))
    return Rows(outputs, inside, columns.get("features"), slices, columns.get("cluster"))


def read_outputs(
    paths: str | Path | Sequence[str | Path], *, member_key: str = "member"
) -> Records:
    """Read the outputs of members and non-members from one file with a member column, or from two
    files (members first).

    Parameters
    ----------
    paths : one path, or two. The suffix says the format: .npz, .parquet or .pq, .csv or .csv.gz.
    member_key : the column that is 1 for members and 0 for the others, where one file holds both.

    Raises
    ------
    InvalidInput : says which file, which column, what was needed and what came.
    MissingDependency : a parquet file needs pyarrow.
    """
    files = [paths] if isinstance(paths, (str, Path)) else list(paths)
    if len(files) not in (1, 2):
        raise InvalidInput(
            f"`paths` needs one file (with a column `{member_key}`) or two (members first), got"
            f" {len(files)}."
        )
    where = [Path(path) for path in files]
    _require_two_files(where)
    whole = [_read(path, member_key, needs_member=len(where) == 1) for path in where]
    read, classes = numbered_classes(whole, where)
    tables = [_gathered(table, path, member_key) for table, path in zip(read, where)]
    sides = (
        _by_column(tables[0], Path(files[0]), member_key)
        if len(files) == 1
        else (tables[0], tables[1])
    )
    _require_the_same_columns(sides, files)
    named = [str(files[0]), str(files[-1])]
    member, nonmember = (_outputs(side, path).named(classes) for side, path in zip(sides, named))
    slices = {
        name.removeprefix("slice_"): (sides[0][name], sides[1][name])
        for name in sides[0]
        if name.startswith("slice_") and name != "slice_"
    }
    return Records(member, nonmember, _pair(sides, "features"), slices, _pair(sides, "cluster"))


def _require_two_files(paths: Sequence[Path]) -> None:
    """Refuse one file, or a copy of it, for both sides."""
    if len(paths) < 2 or not all(path.is_file() for path in paths):
        return
    first, second = paths
    same = first.samefile(second)
    if same or (first.stat().st_size == second.stat().st_size and _equal(first, second)):
        raise InvalidInput(
            f"`{first}` and `{second}` hold the same: members and non-members need to be different"
            " records. Give the outputs on records that the model was not trained on second."
        )


def _equal(first: Path, second: Path) -> bool:
    try:
        return filecmp.cmp(first, second, shallow=False)
    except OSError as error:
        raise InvalidInput(f"`{first}` or `{second}` cannot be read: {error}.") from error


def _pair(sides: tuple[Columns, Columns], name: str) -> tuple[NDArray[Any], NDArray[Any]] | None:
    return (sides[0][name], sides[1][name]) if name in sides[0] else None


def _read(path: Path, member_key: str, *, needs_member: bool) -> dict[str, NDArray[Any]]:
    """What a file holds for us: the names are looked at first, and only ours are read."""
    names = column_names(path)
    known = {name: _known_as(name, member_key) for name in names}
    _require_no_class_twice(known, path)
    for name in (name for name, meaning in known.items() if not meaning):
        meant = _looks_like(name)
        require_no_lookalike(name, "" if meant in known.values() else meant, path)
    read = read_table(path, wanted=lambda name: bool(known[name]))
    if needs_member and member_key not in known.values():
        raise InvalidInput(
            f"`{path}` has no column `{member_key}` (it has {_listed(dict.fromkeys(names))}). One"
            " file needs it, 1 for members and 0 for the others; or pass two files, members first;"
            " or name the column with `member_key` (--member-key)."
        )
    if not any(ANSWERS.fullmatch(meaning) for meaning in known.values()):
        _require_something(dict.fromkeys(names), path)
    return read


def _known_as(name: str, member_key: str) -> str:
    """What a column is to us (`y` is `label`, `logits_01` is `logit_1`), or nothing."""
    if name == member_key or name in OURS:
        return name
    if name in ALIASES:
        return ALIASES[name]
    if name.startswith(PREFIXES) and name not in PREFIXES:
        return name
    if found := NUMBERED.fullmatch(name):
        return f"{found[1]}_{int(found[2])}"
    return name if CLASSED.fullmatch(name) else ""


def _require_no_class_twice(known: Mapping[str, str], path: Path) -> None:
    """Raise where two columns are one class: none is chosen in silence."""
    first: dict[str, str] = {}
    for name, meaning in known.items():
        if NUMBERED.fullmatch(name) and first.setdefault(meaning, name) != name:
            raise InvalidInput(
                f"`{path}` has both `{first[meaning]}` and `{name}`, which mean the same"
                f" (`{meaning}`): keep one of them."
            )


def _looks_like(name: str) -> str:
    """What a column that is none of ours may have been meant as, or nothing."""
    plain = name.strip().lower()
    for prefix in PREFIXES:
        stem = prefix.removesuffix("_")
        if re.match(rf"{stem}s?([_ -]|$)", plain):
            return f"{prefix}..."
    meant = near(plain, (*OURS, *ALIASES)) or near(plain.removesuffix("_id"), OURS)
    return ALIASES.get(meant, meant)


def _gathered(columns: Columns, path: Path, member_key: str) -> dict[str, NDArray[Any]]:
    """Numbered columns put side by side, aliases resolved, and every array as long as the
    others.
    """
    result: dict[str, NDArray[Any]] = {}
    came: dict[str, str] = {}
    for name, value in columns.items():
        known = name if name == member_key else ALIASES.get(name, name)
        if known in result and not np.array_equal(result[known], value):
            raise InvalidInput(
                f"`{path}` has both `{came[known]}` and `{name}`, which mean the same and differ:"
                " keep one of them."
            )
        result[known], came[known] = value, name
    for whole, stem in WIDE.items():
        names = (
            _numbered(result, stem)
            if stem != "feature"
            else [name for name in result if name.startswith("feature_")]
        )
        if names and whole in result:
            raise InvalidInput(f"`{path}` has both `{whole}` and `{names[0]}`: keep one of them.")
        if names:
            parts = [numbers(result.pop(name), name, path) for name in names]
            result[whole] = (
                np.column_stack(parts) if len(parts) > 1 or whole == "features" else parts[0]
            )
    _require_no_class_left(result, path)
    for name in (name for name in (*OF_OUTPUTS, "features") if name in result):
        numbers(result[name], name, path)
    if "cluster" in result:
        require_named(result["cluster"], "cluster", path)
    lengths = {name: len(value) for name, value in result.items() if value.ndim}
    if len(set(lengths.values())) > 1:
        called = ", ".join(f"`{name}` {n}" for name, n in lengths.items())
        raise InvalidInput(
            f"`{path}` needs one row a record in every array, got different lengths: {called}."
        )
    return result


def _require_no_class_left(result: Columns, path: Path) -> None:
    """Raise where a column of a class stands beside numbered ones, which would be left out."""
    for whole, stem in (("logits", "logit"), ("probs", "prob")):
        left = [name for name in result if re.match(rf"{stem}s?_.", name)]
        if left and whole in result:
            raise InvalidInput(
                f"`{path}` has `{left[0][:60]}` beside columns of `{whole}` that are numbered:"
                f" number all of them (`{stem}_0`, `{stem}_1`, ...), or name all of them."
            )


def _numbered(columns: Columns, stem: str) -> list[str]:
    """Columns stem_0 ... stem_k in the order of their numbers."""
    found = {
        int(match[2]): name
        for name in columns
        if (match := NUMBERED.fullmatch(name)) and match[1] == stem
    }
    if sorted(found) == [1]:
        # the column of "yes" alone
        return [found[1]]
    if found and sorted(found) != list(range(len(found))):
        missing = next(number for number in range(max(found) + 1) if number not in found)
        raise InvalidInput(
            f"The columns `{stem}_0`, `{stem}_1`, ... need every number, but `{stem}_{missing}` is"
            " missing."
        )
    return [found[number] for number in sorted(found)]


def _by_column(columns: Columns, path: Path, member_key: str) -> tuple[Columns, Columns]:
    inside = members_in(columns[member_key], member_key, path)
    for wanted, side in ((True, "members (1)"), (False, "non-members (0)")):
        if not (inside == wanted).any():
            raise InvalidInput(
                f"The column `{member_key}` of `{path}` needs both members and non-members, got no"
                f" {side}."
            )
    rest = {name: value for name, value in columns.items() if name != member_key}
    return {name: value[inside] for name, value in rest.items()}, {
        name: value[~inside] for name, value in rest.items()
    }


def _require_the_same_columns(sides: tuple[Columns, Columns], files: Sequence[str | Path]) -> None:
    fixed = (*OF_OUTPUTS, "features", "cluster")
    relevant = [
        {name for name in side if name in fixed or name.startswith("slice_")} for side in sides
    ]
    odd = sorted(relevant[0] ^ relevant[1])
    if odd:
        has, lacks = (0, -1) if odd[0] in relevant[0] else (-1, 0)
        raise InvalidInput(
            f"`{files[has]}` has `{odd[0]}` and `{files[lacks]}` has not: give it in both files or"
            " in neither."
        )


def _outputs(columns: Columns, path: str) -> Outputs:
    given: dict[str, Any] = {name: columns[name] for name in OF_OUTPUTS if name in columns}
    _require_something(columns, Path(path))
    try:
        return Outputs(**given)
    except InvalidInput as error:
        raise InvalidInput(f"In `{path}`: {error}") from error


def _require_something(columns: Mapping[str, Any], path: Path) -> None:
    if not columns.keys() & {"logits", "probs", "loss", "prediction"}:
        raise InvalidInput(
            f"`{path}` needs one of `logits`, `probs`, `loss` or `prediction` (in a table: columns"
            f" `logit_0`, `logit_1`, ... or `prob_0`, ...), it has {_listed(columns)}."
        )


def _listed(columns: Mapping[str, Any]) -> str:
    names = [f"`{name[:60]}`" for name in columns]
    return ", ".join(names[:12]) + (", ..." if len(names) > 12 else "") if names else "no columns"
