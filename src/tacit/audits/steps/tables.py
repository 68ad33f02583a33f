"""What an audit of a synthetic table is given, made alike, with what had to be left out named."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.audits.steps.equal_rows import EqualRows, number_of
from tacit.audits.steps.side_warnings import repeated_records_text
from tacit.audits.steps.sides import repeats_of
from tacit.core import Assignment, InvalidInput, Membership, NotEnoughData
from tacit.core.checking import unit_labels
from tacit.core.frame import MISSING, Frame, alike, stacked
from tacit.metrics.clusters import MIN_CLUSTERS
from tacit.signals.embedding import identifiers

# Fewer rows hold too little of anybody, and too little is known of the population.
FEWEST_ROWS = 50
# Of the values of a category in the release that no real row has, before it is worth a word.
UNKNOWN_SHARE = 0.01
N_SHOWN = 5


@dataclass(frozen=True, eq=False)
class Tables:
    """The real rows with the answer key, the release and the reference, in the same columns.

    Parameters
    ----------
    rows : members, then non-members, in the columns that are compared.
    membership : the answer key.
    synthetic, reference : the release, and real rows that the generator never saw.
    identifier : columns that name a row, of rows and release: compared for equality only.
    left_out : why each column that is not compared is not.
    remarks : what is odd about the tables.
    """

    rows: Frame
    membership: Membership
    synthetic: Frame
    reference: Frame
    identifier: dict[str, tuple[NDArray[Any], NDArray[Any]]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """All cells that are compared, by name."""
        sides = {"rows": self.rows, "synthetic": self.synthetic, "reference": self.reference}
        return {
            f"{side} {name}": values
            for side, frame in sides.items()
            for name, values in frame.columns.items()
        }


def tables_of(
    synthetic: Any,
    member: Any,
    nonmember: Any,
    reference: Any,
    *,
    ignore: Sequence[str] = (),
    cluster: tuple[ArrayLike, ArrayLike] | None = None,
    assignment: Assignment = "observed",
) -> Tables:
    """The four tables, checked against one another.

    Raises
    ------
    InvalidInput : columns or their types differ, a category is coded otherwise in the release,
        nothing is left to compare, or `cluster` does not fit.
    """
    given = {
        "member": Frame.of(member, "member"),
        "nonmember": Frame.of(nonmember, "nonmember"),
        "reference": Frame.of(reference, "reference"),
        "synthetic": Frame.of(synthetic, "synthetic"),
    }
    ignore = column_names(ignore, "ignore")
    absent = [name for name in ignore if name not in given["member"].columns]
    if absent:
        raise InvalidInput(f"`ignore` needs columns of the tables, got {absent[0]!r}.")
    frames = alike({side: _without(frame, ignore) for side, frame in given.items()})
    _require_rows(frames)
    real = stacked([frames[side] for side in ("member", "nonmember", "reference")])
    named = identifiers(real)
    constant = [n for n in real.names if n not in named and _constant(real, frames, n)]
    left_out = dict.fromkeys(ignore, "left out as asked")
    left_out |= dict.fromkeys(named, "an identifier or free text: compared for equality only")
    left_out |= dict.fromkeys(constant, "it has one value only")
    kept = [name for name in real.names if name not in left_out]
    if not kept:
        raise InvalidInput(
            f"Nothing is left to compare: {'; '.join(f'{n} ({r})' for n, r in left_out.items())}."
        )
    rows = stacked([frames["member"], frames["nonmember"]])
    if min(real.n, frames["synthetic"].n) >= FEWEST_ROWS:
        # fewer rows share no value, and overlap nowhere, by chance
        _require_same_coding(real.only(kept), frames["synthetic"].only(kept))
        _require_same_scale(real.only(kept), frames["synthetic"].only(kept))
    membership = _membership(frames, rows.only(kept), cluster, assignment)
    oddities = _oddities(real.only(kept), frames["synthetic"].only(kept))
    if cluster is None and membership.cluster is not None:
        oddities.append(repeated_records_text(membership.cluster))
    return Tables(
        rows.only(kept),
        membership,
        frames["synthetic"].only(kept),
        frames["reference"].only(kept),
        {n: (rows.columns[n], frames["synthetic"].columns[n]) for n in named},
        left_out,
        tuple(oddities),
    )


def column_names(given: Any, argument: str) -> list[str]:
    """Names of columns as the tables have them: text, one or several.

    Raises
    ------
    InvalidInput : something that is no name and no list of names.
    """
    if isinstance(given, (str, int, np.integer)):
        return [str(given)]
    try:
        return [str(name) for name in given]
    except TypeError:
        raise InvalidInput(
            f"`{argument}` needs names of columns, got {type(given).__name__}."
        ) from None


def require_enough(tables: Tables) -> None:
    """Raise `NotEnoughData` where a table has fewer than 50 rows, or a side too few clusters."""
    member = tables.membership.member
    cluster = tables.membership.cluster
    if cluster is not None:
        for name, inside in (("members", member), ("non-members", ~member)):
            got = len(np.unique(cluster[inside]))
            if got < MIN_CLUSTERS:
                message = f"An audit over clusters needs {MIN_CLUSTERS} of {name}, got {got}."
                raise NotEnoughData(
                    message, needed=MIN_CLUSTERS, got=got, unit=f"clusters of {name}"
                )
    sizes = {
        "rows of the release": tables.synthetic.n,
        "reference rows": tables.reference.n,
        "members": int(member.sum()),
        "non-members": int((~member).sum()),
    }
    for unit, got in sizes.items():
        if got < FEWEST_ROWS:
            message = f"An audit of a synthetic table needs {FEWEST_ROWS} {unit}, got {got}."
            raise NotEnoughData(message, needed=FEWEST_ROWS, got=got, unit=unit)


def _without(frame: Frame, ignore: Sequence[str]) -> Frame:
    kept = [name for name in frame.names if name not in ignore]
    return frame.only(kept) if kept else frame


def _require_rows(frames: dict[str, Frame]) -> None:
    for side, frame in frames.items():
        if frame.n == 0:
            raise InvalidInput(f"`{side}` needs at least one row, got none.")


def _constant(real: Frame, frames: dict[str, Frame], name: str) -> bool:
    values = np.concatenate([real.columns[name], frames["synthetic"].columns[name]])
    return len(np.unique(values)) == 1 or bool(
        values.dtype.kind == "f" and np.isnan(real.columns[name]).all()
    )


def _membership(
    frames: dict[str, Frame],
    rows: Frame,
    cluster: tuple[ArrayLike, ArrayLike] | None,
    assignment: Assignment,
) -> Membership:
    sizes = [frames["member"].n, frames["nonmember"].n]
    truth = np.repeat([True, False], sizes)
    if cluster is None:
        return Membership(truth, _repeats(rows, truth), assignment)
    if not isinstance(cluster, (tuple, list)) or len(cluster) != 2:
        raise InvalidInput(
            "`cluster` needs a pair (labels of the members' rows, of the non-members' rows), "
            f"got {type(cluster).__name__}."
        )
    parts = [
        unit_labels(part, "cluster", size, side).astype(str)
        for part, size, side in zip(cluster, sizes, ("members", "non-members"), strict=True)
    ]
    return Membership(truth, np.concatenate(parts), assignment)


def _repeats(rows: Frame, member: NDArray[np.bool_]) -> NDArray[np.int64] | None:
    """One cluster for rows that repeat on one side, where chance does not explain it."""
    codes = [np.unique(column, return_inverse=True)[1] for column in rows.columns.values()]
    return repeats_of(EqualRows.by_number(number_of([np.column_stack(codes)]), member))


def _require_same_coding(real: Frame, synthetic: Frame) -> None:
    for name, kind in real.kinds.items():
        if kind != "category":
            continue
        made, known = (np.unique(f.columns[name]) for f in (synthetic, real))
        made, known = made[made != MISSING], known[known != MISSING]
        if len(made) and len(known) and not np.isin(made, known).any():
            raise InvalidInput(
                f"The column {name!r} of `synthetic` shares no value with the real rows: "
                f"{str(made[0])!r} there, {str(known[0])!r} here. Write it the same way everywhere."
            )


def _require_same_scale(real: Frame, synthetic: Frame) -> None:
    for name, kind in real.kinds.items():
        if kind != "number":
            continue
        made, known = (f.columns[name][~np.isnan(f.columns[name])] for f in (synthetic, real))
        if len(made) and len(known) and (made.min() > known.max() or made.max() < known.min()):
            raise InvalidInput(
                f"The column {name!r} of `synthetic` lies outside all real rows: "
                f"{made.min():.6g} to {made.max():.6g} there, {known.min():.6g} to "
                f"{known.max():.6g} here. Write it in the same unit everywhere, or leave it out "
                "(`ignore=`)."
            )


def _oddities(real: Frame, synthetic: Frame) -> list[str]:
    """What of the release no real row has, where it is more than a few cells."""
    remarks = []
    for name, kind in real.kinds.items():
        made = synthetic.columns[name]
        told = made[made != MISSING] if kind == "category" else made[~np.isnan(made)]
        gone = synthetic.n - len(told)
        if gone > UNKNOWN_SHARE * synthetic.n and not _has_gaps(real.columns[name]):
            remarks.append(
                f"{100 * gone / synthetic.n:.1f} % of the release has no value of {name!r}, which"
                " every real row has"
            )
        elif len(np.unique(made)) == 1:
            remarks.append(f"the column {name!r} has one value only in the release")
        unknown = _unknown_values if kind == "category" else _outside
        remarks += unknown(name, real.columns[name], told, synthetic.n)
    return remarks


def _has_gaps(values: NDArray[Any]) -> bool:
    return bool((values == MISSING if values.dtype.kind == "U" else np.isnan(values)).any())


def _unknown_values(name: str, real: NDArray[Any], told: NDArray[Any], n: int) -> list[str]:
    strange = told[~np.isin(told, np.unique(real))]
    if len(strange) <= UNKNOWN_SHARE * n:
        return []
    shown = ", ".join(repr(str(v)) for v in np.unique(strange)[:N_SHOWN])
    return [
        f"{100 * len(strange) / n:.1f} % of the release has a value of {name!r} that no real"
        f" row has ({shown})"
    ]


def _outside(name: str, real: NDArray[Any], told: NDArray[Any], n: int) -> list[str]:
    known = real[~np.isnan(real)]
    strange = np.count_nonzero((told < known.min()) | (told > known.max()))
    if strange <= UNKNOWN_SHARE * n:
        return []
    return [
        f"{100 * strange / n:.1f} % of the release has a value of {name!r} outside all real rows "
        f"({known.min():.6g} to {known.max():.6g})"
    ]
