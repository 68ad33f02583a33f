"""The audit of a model that answers only with a label."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.attacks import Threshold
from tacit.audits.steps.blind_baseline import blind_result
from tacit.audits.steps.conclusion import concluded, figures, results_of
from tacit.audits.steps.joint_finding import joint_finding
from tacit.audits.steps.only_labels import changes_of, labels_answered, predict_of
from tacit.audits.steps.pooled_order import pooled_order
from tacit.audits.steps.provenance import accuracy, arrays_of, environment
from tacit.audits.steps.record_table import record_table
from tacit.audits.steps.scoring import Scored, at_thresholds
from tacit.audits.steps.side_warnings import told
from tacit.audits.steps.sides import compared, require_two_sides
from tacit.audits.steps.slices import columns_of, slice_looks, slice_results
from tacit.audits.steps.small_cells import hidden_notes, hidden_values
from tacit.audits.steps.split_warning import split_warning
from tacit.audits.steps.verdict import require_known
from tacit.core import (
    DEFAULT_POLICY,
    Assignment,
    Check,
    InvalidInput,
    Membership,
    Outputs,
    Policy,
    PolicyLike,
    Report,
    Signals,
    collect,
)
from tacit.core.checking import MIN_CELL, whole
from tacit.core.dates import today
from tacit.core.options import require_options, several
from tacit.core.sorting import Places
from tacit.signals.probes import (
    Floats,
    Predict,
    augmentation_robustness,
    noise_robustness,
    right_label,
)

METRICS = ("auc", "tpr@fpr=0.01", "tpr@fpr=0.001")
# in standard deviations of each feature: from noise that few labels notice to noise that most do
SCALES = (0.1, 0.3, 1.0)
N_COPIES = 30
GAP = "right or wrong (gap)"
ASSUMES = (
    "The model was asked for labels only. A model that also gives scores tells more: audit those.",
)


def audit_label_only(
    model: Any,
    *,
    train: tuple[Any, ArrayLike],
    test: tuple[Any, ArrayLike],
    scales: Sequence[float] = SCALES,
    n_copies: int = N_COPIES,
    augmentations: Sequence[Callable[[Any], Any]] = (),
    cluster: tuple[ArrayLike, ArrayLike] | None = None,
    assignment: Assignment = "observed",
    features: tuple[ArrayLike, ArrayLike] | None = None,
    min_cell: int = MIN_CELL,
    policy: PolicyLike = DEFAULT_POLICY,
    level: float = 0.95,
    seed: int = 0,
    title: str = "",
    command: str = "",
) -> Report:
    """Audit a model that answers only with a label: hard voting, a service, a rule list.

    Three kinds of probes are tried: whether the label is right (the gap attack), how much noise the
    right label survives, and how many augmentations it survives. One test looks at all of them on
    all records, as in `tacit.audit`. The scores are shares of few questions; records that tie are
    never ordered by chance, so that a rate at few false accusations is 0 where that is all that
    labels can show.

    Parameters
    ----------
    model : Any
        An object with ``predict``, or a function from records to labels (or to scores (n, k), of
        which only the largest is used).
    train, test : tuple[Any, ArrayLike]
        ``(X, y)`` of the training records, and of others from the same population; y by the names
        that the model answers with.
    scales : Sequence[float]
        Sizes of the noise in standard deviations of each feature; () leaves noise out. Noise needs
        a numeric array.
    n_copies : int
        Noisy copies of a record a scale; the model is asked about each.
    augmentations : Sequence[Callable[[Any], Any]]
        Functions from records to as many records, best those of the training.
    cluster : tuple[ArrayLike, ArrayLike] | None
        The unit of independence of each record, for both sides.
    assignment : Assignment
        Who decided membership.
    features : tuple[ArrayLike, ArrayLike] | None
        Columns for the blind guesser that never sees the model; numeric `X` (n, d) where not given.
    min_cell : int
        A class with fewer members or non-members than this is not shown by itself.
    policy : Policy, mapping or path
        The gates, as of `tacit.audit`.
    level, seed : float, int
        Confidence; the halves and the noise.
    title, command : str
        What the report says.

    Raises
    ------
    InvalidInput
        Says which argument, what was needed and what came.
    """
    policy = Policy.of(policy)
    require_known(policy)
    require_options(level, seed, min_cell=min_cell, records=False, progress=None)
    scales = _scales(scales, n_copies)
    changes = changes_of(augmentations)
    (x1, y1), (x0, y0) = _pair(train, "train"), _pair(test, "test")
    sizes = (len(y1), len(y0))
    truth = np.repeat([True, False], sizes)
    units = None if cluster is None else _joined(cluster, "cluster", sizes)
    membership = Membership(truth, units, assignment)
    y = np.concatenate([y1, y0])
    x = _together(x1, x0)
    require_two_sides(x1, x0, "The records of `train` and `test`")
    predict = predict_of(model, x1)
    outputs = labels_answered(predict, (x1, x0), y)
    sides = compared(outputs, truth, digest=_digest(x, y), cluster=units)
    if sides.cluster is not None:
        membership = replace(membership, cluster=sides.cluster)
    columns = None if features is None else _joined(features, "features", sizes)
    if columns is None and isinstance(x, np.ndarray) and x.ndim == 2:
        columns = x
    values = _probes(
        predict, (x1, x0), x, y, scales=scales, n_copies=n_copies, changes=changes, seed=seed
    )
    signals = [Signals.of(value, statistic=name) for name, value in values.items()]
    order = pooled_order(signals, membership.member)
    scored: list[Scored] = []
    for seen in signals:
        check = Check(seen.statistic, seen.statistic, Threshold(), METRICS)
        scored.append(at_thresholds(check, collect(Threshold(), seen, membership), scored))
    report = _concluded(
        scored,
        outputs,
        membership,
        order,
        columns,
        min_cell=min_cell,
        policy=policy,
        level=level,
        seed=seed,
    )
    report = told(report, sides, policy)
    made = environment(
        arrays_of(outputs) | dict(values),
        membership,
        task="labels only",
        seed=seed,
        level=level,
        command=command,
        audit="membership",
        questions=_questions(scales, n_copies, changes, x),
    )
    return replace(
        report,
        accuracy=accuracy(outputs, membership),
        environment=made,
        created=today(),
        title=title or type(model).__name__,
    )


def _scales(scales: Any, n_copies: Any) -> tuple[float, ...]:
    whole(n_copies, "n_copies", least=1)
    listed = several(scales, "scales", "sizes of the noise")
    for scale in listed:
        number = isinstance(scale, (int, float, np.integer, np.floating))
        if not number or not 0 < scale < np.inf:
            raise InvalidInput(f"`scales` needs numbers above 0, got {scale!r}.")
    return listed


def _pair(value: Any, name: str) -> tuple[Any, NDArray[Any]]:
    if not isinstance(value, tuple) or len(value) != 2 or value[1] is None:
        raise InvalidInput(f"`{name}` needs (X, y), got {type(value).__name__}.")
    x, y = value[0], np.asarray(value[1])
    n = _count(x)
    if y.ndim != 1 or len(y) == 0 or len(y) != n:
        raise InvalidInput(f"`{name}` needs one label a record, got {n} and {y.shape}.")
    return x, y


def _count(x: Any) -> int:
    """Records, also of a sparse matrix, which has no length."""
    return int(x.shape[0]) if getattr(x, "shape", ()) else len(x)


def _joined(pair: Any, name: str, sizes: tuple[int, int]) -> NDArray[Any]:
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise InvalidInput(
            f"`{name}` needs a pair (for train, for test), got {type(pair).__name__}."
        )
    parts = [np.asarray(part) for part in pair]
    for part, size, side in zip(parts, sizes, ("train", "test")):
        if part.ndim == 0 or len(part) != size:
            raise InvalidInput(f"`{name}` needs {size} rows for `{side}`, got shape {part.shape}.")
    return np.concatenate(parts)


def _together(first: Any, second: Any) -> NDArray[Any] | None:
    """Both sides as one numeric array; None where the records are something else."""
    try:
        parts = [np.asarray(part) for part in (first, second)]
    except (TypeError, ValueError, RuntimeError):
        return None
    if (
        any(part.dtype.kind not in "biuf" for part in parts)
        or parts[0].shape[1:] != parts[1].shape[1:]
    ):
        return None
    both = np.concatenate(parts).astype(np.result_type(*parts, np.float32))
    return both if np.isfinite(both).all() else None


def _digest(x: NDArray[Any] | None, y: NDArray[Any]) -> NDArray[np.uint64] | None:
    """A number a record, equal where its numbers and label are; None where x is no array."""
    if x is None:
        return None
    label = np.unique(y.astype(str), return_inverse=True)[1].astype(np.float64)
    flat = np.column_stack([x.reshape(len(x), -1).astype(np.float64), label]) + 0.0
    rows = np.ascontiguousarray(flat).view(np.dtype((np.void, flat.shape[1] * 8))).ravel()
    return np.unique(rows, return_inverse=True)[1].astype(np.uint64)


def _probes(
    predict: Predict,
    sides: tuple[Any, Any],
    x: NDArray[Any] | None,
    y: NDArray[Any],
    *,
    scales: Sequence[float],
    n_copies: int,
    changes: Sequence[Callable[[Any], Any]],
    seed: int,
) -> dict[str, Floats]:
    pairs = list(zip(sides, np.split(y, [_count(sides[0])])))
    values = {GAP: np.concatenate([right_label(predict, *pair) for pair in pairs])}
    if x is not None and len(scales):
        noisy = [
            noise_robustness(predict, x, y, scale=scale, n_copies=n_copies, seed=seed)
            for scale in scales
        ]
        values |= {f"noise of {scale:g} deviations": value for scale, value in zip(scales, noisy)}
        if len(noisy) > 1:
            values["noise of all sizes"] = np.mean(noisy, axis=0)
    if changes:
        values["augmentations"] = np.concatenate(
            [augmentation_robustness(predict, *pair, augmentations=changes) for pair in pairs]
        )
    return values


def _concluded(
    scored: Sequence[Scored],
    outputs: Outputs,
    membership: Membership,
    order: Places,
    columns: NDArray[Any] | None,
    *,
    min_cell: int,
    policy: Policy,
    level: float,
    seed: int,
) -> Report:
    by_class = columns_of(outputs)
    found = joint_finding(
        scored,
        slice_looks(by_class, scored, membership.member),
        membership.member,
        cluster=membership.cluster,
        order=order,
        level=level,
    )
    shown = found.shown
    results = results_of(found, policy=policy, shown=shown)
    parts = slice_results(found.test, by_class, shown.evidence, level=level, min_cell=min_cell)
    hidden = hidden_values(by_class, shown.evidence.row, shown.evidence.member, min_cell)
    table = None if columns is None else record_table(columns)
    blind = blind_result(outputs, membership, table, order=order, level=level)
    warning, tried = split_warning(
        found, outputs, table, parts=parts, columns=by_class, blind=blind, seed=seed
    )
    others = (*(() if blind is None else (blind,)), *tried)
    report = concluded(found, results, parts, others, shown=shown, policy=policy, warning=warning)
    chosen = results[shown.name]
    own = [text for estimate in chosen.estimates for text in estimate.assumes]
    return replace(
        report,
        unknown=(*report.unknown, *chosen.notes, *hidden_notes(hidden, min_cell)),
        assumes=tuple(dict.fromkeys([*ASSUMES, *own])),
        figures={**report.figures, **figures(scored, shown, level=found.shown_level)},
    )


def _questions(
    scales: Sequence[float], n_copies: int, changes: Sequence[Any], x: NDArray[Any] | None
) -> int:
    """How often the model was asked about each record."""
    noisy = 0 if x is None else len(scales) * (n_copies + 1)
    return 1 + noisy + (len(changes) + 1 if changes else 0)
