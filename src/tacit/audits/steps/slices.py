"""Who is hit hardest: the chosen attack on parts of the records, with simultaneous intervals."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.audits.steps.multiplicity import with_adjusted
from tacit.core import CheckResult, Evidence, InvalidInput, Note, NotEnoughData, Outputs
from tacit.core.checking import labelled_codes
from tacit.metrics import advantage, auc, best_threshold, simultaneous_level
from tacit.signals import available, measure

MIN_SIDE = 20
N_PERCENTILES = 10
Column = tuple[NDArray[np.int64], list[str]]


def columns_of(outputs: Outputs, given: Mapping[str, ArrayLike] | None) -> dict[str, Column]:
    """The columns to slice by, as codes (n,) and the text of each value: class, correctness, loss
    decile, and any given.

    Raises
    ------
    InvalidInput : a given column does not hold one value a record.
    """
    columns: dict[str, Column] = {}
    names = available(outputs)
    if outputs.label is not None and outputs.label.ndim == 1:
        code, texts = labelled_codes(outputs.label, "label")
        if outputs.classes is not None:
            texts = [outputs.classes[int(text)] for text in texts]
        columns["class"] = (code, texts)
    if "correctness" in names:
        correct = measure(outputs, "correctness") > 0.5
        columns["prediction"] = (correct.astype(np.int64), ["wrong", "correct"])
    if "loss" in names:
        columns["loss percentile"] = _deciles(-measure(outputs, "loss"))
    for name, values in (given or {}).items():
        columns[str(name)] = labelled_codes(values, f"slices[{name!r}]")
        if len(columns[str(name)][0]) != outputs.n:
            raise InvalidInput(
                f"`slices[{name!r}]` needs {outputs.n} values, one a record, got"
                f" {len(columns[str(name)][0])}."
            )
    return columns


def _deciles(loss: NDArray[np.floating]) -> Column:
    edges = np.unique(np.quantile(loss, np.linspace(0, 1, N_PERCENTILES + 1)[1:-1]))
    code = np.searchsorted(edges, loss, side="left").astype(np.int64)
    if len(edges) < N_PERCENTILES - 1:
        return code, [
            f"group {i + 1} of {len(edges) + 1}, lowest first" for i in range(len(edges) + 1)
        ]
    return code, [f"{10 * i}-{10 * (i + 1)} %" for i in range(N_PERCENTILES)]


def slice_results(
    choosing: Evidence, measured: Evidence, columns: Mapping[str, Column], *, level: float
) -> tuple[CheckResult, ...]:
    """One result a value of each column, measured on the measured half.

    Thresholds come from the choosing half. Intervals hold for all slices at once; p-values are
    Holm-adjusted. A slice with too few records is kept, with the reason.
    """
    pairs = [
        (name, text, in_choosing, in_measured)
        for name, (code, texts) in columns.items()
        for text, in_choosing, in_measured in zip(
            texts, _rows(code, choosing, texts), _rows(code, measured, texts)
        )
    ]
    n_tested = sum(_enough(measured.member[rows]) for _, _, _, rows in pairs)
    wide = simultaneous_level(level, max(1, n_tested))
    results = [
        _slice(name, text, choosing.take(a), measured.take(b), wide)
        if len(a) and len(b)
        else _nobody(name, text, measured.attack)
        for name, text, a, b in pairs
    ]
    return tuple(with_adjusted(results))


def _rows(
    code: NDArray[np.int64], evidence: Evidence, texts: list[str]
) -> Iterable[NDArray[np.intp]]:
    own = code[evidence.row]
    order = np.argsort(own, kind="stable")
    return np.split(order, np.searchsorted(own[order], np.arange(1, len(texts))))


def _enough(member: NDArray[np.bool_]) -> bool:
    n_members = int(np.count_nonzero(member))
    return min(n_members, len(member) - n_members) >= MIN_SIDE


def _nobody(name: str, text: str, attack: str) -> CheckResult:
    """A slice that one of the halves does not have: a value that few records share."""
    title = f"{name} = {text}"
    reason = "too few records: one half of them has none of this value"
    note = Note(title, reason, MIN_SIDE, 0, "members")
    return CheckResult(
        name=title, role="slice", attack=attack, slice=name, value=text, notes=(note,)
    )


def _slice(
    name: str, text: str, choosing: Evidence, measured: Evidence, level: float
) -> CheckResult:
    n_members, n_nonmembers = measured.n_members, measured.n_nonmembers
    result = CheckResult(
        name=f"{name} = {text}",
        role="slice",
        attack=measured.attack,
        slice=name,
        value=text,
        n_members=n_members,
        n_nonmembers=n_nonmembers,
    )
    if min(n_members, n_nonmembers) < MIN_SIDE:
        need = f"needs {MIN_SIDE} members and {MIN_SIDE} non-members in the measured half"
        reason = f"too few records: {need}, got {n_members} and {n_nonmembers}"
        got, unit = min((n_members, "members"), (n_nonmembers, "non-members"))
        return replace(result, notes=(Note(result.name, reason, MIN_SIDE, got, unit),))
    try:
        area = auc(measured, level=level)
        estimates = [area]
        if choosing.n_members and choosing.n_nonmembers:
            estimates.append(advantage(measured, threshold=best_threshold(choosing), level=level))
    except NotEnoughData as error:
        return replace(result, notes=(Note.of(result.name, error),))
    return replace(result, estimates=tuple(estimates), p_value=area.p_value)
