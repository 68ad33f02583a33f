"""What an audit of a synthetic table is given, made alike, with what had to be left out named."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.core import Assignment, InvalidInput, Membership, NotEnoughData
from tacit.core.frame import MISSING, Frame, alike, stacked
from tacit.metrics.intervals import fisher_p_value
from tacit.signals.embedding import identifiers

# Fewer rows hold too little of anybody, and too little is known of the population.
FEWEST_ROWS = 50
# The reference must not hold members: refused in 1 audit of 1,000 where it does not.
OVERLAP_P = 0.001
# How much more often than the rows' own twins explain they may be in the reference.
OVERLAP_FACTOR, OVERLAP_SLACK = 3, 0.05
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
    _require_same_coding(real.only(kept), frames["synthetic"].only(kept))
    return Tables(
        rows.only(kept),
        _membership(frames, cluster, assignment),
        frames["synthetic"].only(kept),
        frames["reference"].only(kept),
        {n: (rows.columns[n], frames["synthetic"].columns[n]) for n in named},
        left_out,
        tuple(_unknown_values(real.only(kept), frames["synthetic"].only(kept))),
    )


def require_enough(tables: Tables) -> None:
    """Raise `NotEnoughData` where a table has fewer than 50 rows."""
    member = tables.membership.member
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


def overlap_warning(tables: Tables) -> str:
    """What the reader must know where the reference holds audited rows; empty where it does not.

    Rows have twins by chance; so members are compared with non-members, and both with how often a
    member equals a non-member.
    """
    n = tables.rows.n
    code = stacked([tables.rows, tables.reference]).codes()
    inside = np.isin(code[:n], code[n:])
    member = tables.membership.member
    k1, n1 = int(inside[member].sum()), int(member.sum())
    k0, n0 = int(inside[~member].sum()), int((~member).sum())
    p = 2 * min(fisher_p_value((k1, k0), (n1, n0)), fisher_p_value((k0, k1), (n0, n1)))
    natural = float(np.isin(code[:n][member], code[:n][~member]).mean())
    expected = min(1.0, natural * max(1.0, tables.reference.n / n0))
    both = (k1 + k0) / n > OVERLAP_FACTOR * expected + OVERLAP_SLACK
    if p > OVERLAP_P and not both:
        return ""
    return (
        f"the reference holds audited rows: {100 * k1 / n1:.1f} % of the members and"
        f" {100 * k0 / n0:.1f} % of the non-members are in it cell by cell, more than rows of one"
        " population that are alike by chance. Scores that compare with it are then wrong. Take"
        " reference rows that are neither members nor non-members."
    )


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
    cluster: tuple[ArrayLike, ArrayLike] | None,
    assignment: Assignment,
) -> Membership:
    sizes = [frames["member"].n, frames["nonmember"].n]
    truth = np.repeat([True, False], sizes)
    if cluster is None:
        return Membership(truth, None, assignment)
    if not isinstance(cluster, (tuple, list)) or len(cluster) != 2:
        raise InvalidInput(
            "`cluster` needs a pair (labels of the members' rows, of the non-members' rows), "
            f"got {type(cluster).__name__}."
        )
    parts = [np.asarray(part).astype(str) for part in cluster]
    for part, size, side in zip(parts, sizes, ("members", "non-members"), strict=True):
        if part.shape != (size,):
            raise InvalidInput(f"`cluster` needs {size} labels of {side}, got shape {part.shape}.")
    return Membership(truth, np.concatenate(parts), assignment)


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


def _unknown_values(real: Frame, synthetic: Frame) -> list[str]:
    """Categories of the release that no real row has, where they are more than a few cells."""
    remarks = []
    for name, kind in real.kinds.items():
        if kind != "category":
            continue
        values = synthetic.columns[name]
        strange = ~np.isin(values, np.unique(real.columns[name]))
        if strange.mean() > UNKNOWN_SHARE:
            shown = ", ".join(repr(str(v)) for v in np.unique(values[strange])[:N_SHOWN])
            remarks.append(
                f"{100 * strange.mean():.1f} % of the release has a value of {name!r} that no real"
                f" row has ({shown})"
            )
    return remarks
