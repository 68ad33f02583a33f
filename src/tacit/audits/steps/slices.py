"""Who is hit hardest: the chosen attack on parts of the records, with simultaneous intervals."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.audits.steps.scoring import Scored, reaching_chance
from tacit.audits.steps.small_cells import hidden_values
from tacit.core import CheckResult, Estimate, Evidence, Note, NotEnoughData, Outputs
from tacit.core.checking import MIN_CELL, labelled_codes
from tacit.core.parts import parts_of
from tacit.core.sorting import (
    Order,
    Places,
    counted,
    order_of,
    parted,
    placed,
    searched,
    smallest,
    taken,
)
from tacit.metrics import auc, simultaneous_level
from tacit.metrics.advantage import largest_advantages
from tacit.metrics.joint import JointTest
from tacit.metrics.looks import Look
from tacit.metrics.slice_looks import slice_look
from tacit.signals import available, kept

# An interval on fewer of either side would be too wide to read.
MIN_SIDE = 20
N_PERCENTILES = 10
# Attacks that look at slices; one where there are so many slices that all pairs are dear.
N_ATTACKS, MANY_SLICES = 3, 300
Column = tuple[NDArray[np.integer[Any]], list[str]]
Measured = tuple[Estimate, ...] | NotEnoughData


def columns_of(outputs: Outputs, paper: Evidence | None = None) -> dict[str, Column]:
    """The columns that every audit slices by, as codes (n,) and the text of each value: class,
    correctness and loss decile.

    Parameters
    ----------
    outputs : of n records.
    paper : scores of the records that were sorted already; where they stand in ascending order,
        they are the negated losses, and the codes are in that order too.
    """
    columns: dict[str, Column] = {}
    names = available(outputs)
    if outputs.label is not None and outputs.label.ndim == 1:
        code, texts = labelled_codes(outputs.label, "label")
        if outputs.classes is not None:
            texts = [outputs.classes[int(text)] for text in texts]
        columns["class"] = (code, texts)
    if "correctness" in names:
        correct = kept(outputs, "correctness") > 0.5
        columns["prediction"] = (correct.astype(np.int64), ["wrong", "correct"])
    if "loss" in names:
        stands = paper is not None and paper.stands
        fit = paper.score if stands and paper is not None else kept(outputs, "loss")
        known = stands or (paper is not None and np.array_equal(fit, paper.score))
        order = paper.order if known and paper is not None else None
        columns["loss percentile"] = _deciles(fit, order, stands=stands)
    return columns


def _deciles(fit: NDArray[np.floating], order: Order, *, stands: bool = False) -> Column:
    """Tenths by the loss, of which `fit` (n,) is the negative and whose ascending `order` may be
    known, or which `stands` in it.
    """
    share = np.linspace(0, 1, N_PERCENTILES + 1)[1:-1]
    places = order_of(fit) if order is None and not stands else order
    score = taken(fit, places)
    edges = np.unique(_quantiles(score[::-1], share))
    ends = np.append(len(score) - searched(score, -edges, side="left"), len(score))
    groups = np.repeat(np.arange(len(ends), dtype=np.int8), np.diff(ends, prepend=0))
    code = placed(groups[::-1], places)
    if len(edges) < N_PERCENTILES - 1:
        return code, [
            f"group {i + 1} of {len(edges) + 1}, lowest first" for i in range(len(edges) + 1)
        ]
    return code, [f"{10 * i}-{10 * (i + 1)} %" for i in range(N_PERCENTILES)]


def _quantiles(falling: NDArray[np.floating], share: NDArray[np.float64]) -> NDArray[Any]:
    """`np.quantile` of negated falling numbers, from the two neighbours of each quantile alone."""
    place = share * (len(falling) - 1)
    low = np.floor(place).astype(np.intp)
    pairs = -falling[np.stack([low, np.minimum(low + 1, len(falling) - 1)])]
    return np.array([np.quantile(pair, part) for pair, part in zip(pairs.T, place - low)])


def slice_looks(
    columns: Mapping[str, Column], scored: Sequence[Scored], member: NDArray[np.bool_]
) -> tuple[Look, ...]:
    """Looks at every value of each column that holds enough records, by a few attacks.

    Parameters
    ----------
    columns : to slice by.
    scored : the attacks; the first that scored all records, and two more, are used.
    member : bool (n,), the truth.
    """
    ranked = [item.ranked for item in scored if item.looks and item.ranked is not None]
    tested = {name: _tested(column) for name, column in columns.items()}
    tested = {name: found for name, found in tested.items() if found[1]}
    many = sum(len(values) for _, values in tested.values()) > MANY_SLICES
    return tuple(
        slice_look(name, item, code, len(values), member)
        for name, (code, values) in tested.items()
        for item in ranked[: 1 if many else N_ATTACKS]
    )


def _tested(column: Column) -> Column:
    """Codes 0, 1, ... of the values with enough records, -1 elsewhere, and the texts of those."""
    code, texts = column
    enough = counted(code, len(texts)) >= 2 * MIN_SIDE
    if enough.all():
        return smallest(code), texts
    renumbered = np.where(enough, np.cumsum(enough) - 1, -1)
    return smallest(renumbered)[code], [text for text, kept in zip(texts, enough) if kept]


def slice_results(
    test: JointTest,
    columns: Mapping[str, Column],
    shown: Evidence,
    *,
    level: float,
    min_cell: int = MIN_CELL,
) -> tuple[CheckResult, ...]:
    """One result a value of each column: the attack that is shown, on its records.

    Intervals hold for all slices at once; p-values are corrected for everything that the test
    looked at, and where one is not significant the interval does not leave chance out. A slice with
    too few records is kept, with the reason, and left out where it has so few that it would tell of
    single people who was a member.

    Parameters
    ----------
    test : of all looks, those at slices among them.
    columns : to slice by.
    shown : evidence of the attack that is shown.
    level : of all slices together.
    min_cell : a value with fewer members or non-members is left out.
    """
    corrected = _corrected(test, columns)
    hidden = hidden_values(columns, shown.some_rows, shown.member, min_cell)
    rows = shown.some_rows
    own = {
        name: (code if rows is None else code[rows], texts)
        for name, (code, texts) in columns.items()
    }
    n_tested = sum(_n_enough(column, hidden[name], shown) for name, column in own.items())
    wide = simultaneous_level(level, max(1, n_tested))
    paper, order = _ascending(shown)
    found: list[CheckResult] = []
    for name, (code, texts) in own.items():
        values = [
            _Value(name, text, members, others, corrected.get((name, text)))
            for text, members, others in zip(texts, *_sides((code, texts), shown.member))
        ]
        shows = ~hidden[name]
        known = [value.enough and bool(show) for value, show in zip(values, shows)]
        estimates = _estimates(paper, compress(parted(taken(code, order), len(texts)), known), wide)
        found += [
            _result(value, next(estimates) if value.enough else (), shown.attack, alpha=1 - level)
            for value in compress(values, shows)
        ]
    return tuple(found)


def _n_enough(column: Column, hidden: NDArray[np.bool_], shown: Evidence) -> int:
    """Values that are shown and have enough records for an interval."""
    return int(np.count_nonzero((np.minimum(*_sides(column, shown.member)) >= MIN_SIDE) & ~hidden))


def _sides(column: Column, member: NDArray[np.bool_]) -> tuple[list[int], list[int]]:
    """How many members, and how many others, have each value."""
    code, texts = column
    members = counted(code[member], len(texts))
    return members.tolist(), (counted(code, len(texts)) - members).tolist()


def _ascending(shown: Evidence) -> tuple[Evidence, Order]:
    """Evidence whose slices are sorted as they are, and the order in which it stands; of clusters
    the same evidence.
    """
    if shown.cluster is not None or shown.stands:
        return shown, None
    score, member = taken(shown.score, shown.order), taken(shown.member, shown.order)
    paper = Evidence(score, member, None, shown.assignment, shown.attack)
    return paper.sorted_already(shown.step), shown.order


def _corrected(
    test: JointTest, columns: Mapping[str, Column]
) -> dict[tuple[str, str], tuple[float, float]]:
    """Smallest p-value of each tested slice alone, and corrected."""
    found: dict[tuple[str, str], tuple[float, float]] = {}
    for look in test.looks:
        if look.kind != "slice":
            continue
        _, values = _tested(columns[look.source])
        adjusted = test.adjusted[test.places(look)]
        for text, own, corrected in zip(values, look.p_value, adjusted):
            before = found.get((look.source, text), (1.0, 1.0))
            pair = min(before[0], float(own)), min(before[1], float(corrected))
            found[look.source, text] = pair
    return found


@dataclass(frozen=True)
class _Value:
    """One value of a column, and the records of each side that have it.

    Parameters
    ----------
    column, text : of the value.
    n_members, n_nonmembers : records of each side.
    p_values : the smallest of the looks at it, alone and corrected; None where there was none.
    """

    column: str
    text: str
    n_members: int
    n_nonmembers: int
    p_values: tuple[float, float] | None

    @property
    def enough(self) -> bool:
        """Whether it was looked at and has enough records for an interval."""
        return min(self.n_members, self.n_nonmembers) >= MIN_SIDE and self.p_values is not None

    def too_few(self) -> Note:
        """Why there is no interval."""
        got, unit = min((self.n_members, "members"), (self.n_nonmembers, "non-members"))
        reason = (
            f"too few records: needs {MIN_SIDE} members and {MIN_SIDE} non-members, got"
            f" {self.n_members} and {self.n_nonmembers}"
        )
        return Note(f"{self.column} = {self.text}", reason, MIN_SIDE, got, unit)


def _estimates(evidence: Evidence, places: Iterable[Places], level: float) -> Iterator[Measured]:
    """AUC and advantage of each part of the records, or why there are none."""
    # no name holds one part while the next is made
    return chain.from_iterable(map(partial(_measured, level=level), parts_of(evidence, places)))


def _measured(parts: Sequence[Evidence], *, level: float) -> Sequence[Measured]:
    try:
        areas = [auc(part, level=level) for part in parts]
        return list(zip(areas, largest_advantages(parts, level=level)))
    except NotEnoughData as error:
        # of clusters, whose parts come one by one
        return [error]


def _result(value: _Value, estimates: Measured, attack: str, *, alpha: float) -> CheckResult:
    name = f"{value.column} = {value.text}"
    alone, corrected = value.p_values or (None, None)
    notes: tuple[Note, ...] = ()
    if isinstance(estimates, NotEnoughData):
        notes, estimates, alone, corrected = (Note.of(name, estimates),), (), None, None
    elif not estimates:
        # the test looked at it, so that a leak in it has a name; an interval would say nothing
        notes = (value.too_few(),)
    elif corrected is not None and corrected > alpha:
        estimates = tuple(reaching_chance(estimate) for estimate in estimates)
    return CheckResult(
        name=name,
        role="slice",
        attack=attack,
        slice=value.column,
        value=value.text,
        n_members=value.n_members,
        n_nonmembers=value.n_nonmembers,
        estimates=estimates,
        p_value=alone,
        p_adjusted=corrected,
        notes=notes,
    )
