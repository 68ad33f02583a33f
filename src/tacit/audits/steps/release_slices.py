"""Who is hit hardest by a release: the chosen score on parts of the rows."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tacit.audits.steps.multiplicity import with_adjusted
from tacit.audits.steps.small_cells import hidden_values
from tacit.core import CheckResult, Evidence, Note, NotEnoughData
from tacit.core.checking import MIN_CELL
from tacit.metrics import auc, simultaneous_level

Column = tuple[NDArray[np.int64], list[str]]

# Members and non-members of a slice: fewer show nothing that could survive the correction.
MIN_SIDE = 20
N_ISOLATION = 5


def release_slices(
    evidence: Evidence,
    columns: Mapping[str, Column],
    *,
    n_scores: int,
    level: float,
    min_cell: int = MIN_CELL,
) -> tuple[CheckResult, ...]:
    """One result a value of each column, with the AUC of the chosen score.

    No threshold is needed, so no rows are set aside. The score was chosen on the same rows:
    intervals hold for all slices and all scores at once, p-values are Holm's times `n_scores`.

    Parameters
    ----------
    evidence : of the chosen score.
    columns : codes (n,) and the text of each value.
    n_scores : among which it was chosen.
    level : two-sided confidence.
    min_cell : a value with fewer members or non-members is left out.
    """
    hidden = hidden_values(columns, evidence.row, evidence.member, min_cell)
    parts = [
        (name, text, np.flatnonzero(code[evidence.row] == value))
        for name, (code, texts) in columns.items()
        for value, text in enumerate(texts)
        if not hidden[name][value]
    ]
    tested = sum(_fewest(evidence, rows) >= MIN_SIDE for _, _, rows in parts)
    wide = simultaneous_level(level, n_scores * max(1, tested))
    results = with_adjusted([_slice(evidence, *part, level=wide) for part in parts])
    return tuple(
        r if r.p_adjusted is None else replace(r, p_adjusted=min(1.0, n_scores * r.p_adjusted))
        for r in results
    )


def isolation(distance: NDArray[np.float64]) -> Column:
    """Fifths of the rows by their distance to the nearest reference row."""
    edges = np.unique(np.quantile(distance, np.linspace(0, 1, N_ISOLATION + 1)[1:-1]))
    code = np.searchsorted(edges, distance, side="left").astype(np.int64)
    k = len(edges) + 1
    return code, [f"{i + 1} of {k}, nearest to others first" for i in range(k)]


def _fewest(evidence: Evidence, rows: NDArray[np.int64]) -> int:
    n_members = int(np.count_nonzero(evidence.member[rows]))
    return min(n_members, len(rows) - n_members)


def _slice(
    evidence: Evidence, name: str, text: str, rows: NDArray[np.int64], *, level: float
) -> CheckResult:
    n_members = int(np.count_nonzero(evidence.member[rows]))
    result = CheckResult(
        name=f"{name} = {text}",
        role="slice",
        attack=evidence.attack,
        slice=name,
        value=text,
        n_members=n_members,
        n_nonmembers=len(rows) - n_members,
    )
    got = _fewest(evidence, rows)
    if got < MIN_SIDE:
        reason = (
            f"too few rows: needs {MIN_SIDE} members and {MIN_SIDE} non-members, got "
            f"{n_members} and {len(rows) - n_members}"
        )
        return replace(result, notes=(Note(result.name, reason, MIN_SIDE, got, "rows a side"),))
    try:
        area = auc(evidence.take(rows), level=level)
    except NotEnoughData as error:
        return replace(result, notes=(Note.of(result.name, error),))
    return replace(result, estimates=(area,), p_value=area.p_value)
