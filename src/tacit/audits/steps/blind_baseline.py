"""The guesser that never sees the model: if it wins, the split was measured and not the model."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.attacks import Blind, LogisticRegression
from tacit.audits.steps.halves import Halves
from tacit.core import CheckResult, Evidence, Membership, Note, NotEnoughData, Outputs, Signals
from tacit.core.checking import floats
from tacit.metrics import auc

MAX_BLIND_CLASSES = 100
# what the blind guesser looked at, as the `statistic` of its result
LABELS_ONLY, RECORDS = "labels", "features of the records"
REFUSED = 0.01
BACKWARDS = 0.999


def blind_result(
    outputs: Outputs,
    membership: Membership,
    halves: Halves,
    features: ArrayLike | None,
    *,
    level: float,
    seed: int,
) -> CheckResult | None:
    """The blind guess from the records' features, or at least from their labels; None where there
    is neither.
    """
    columns, what = _blind_features(outputs, features)
    if columns is None:
        return None
    name = f"blind guesser ({what})"
    attack = LogisticRegression() if features is None else Blind()
    signals = Signals.of(np.zeros(outputs.n, np.float32), features=columns, statistic="none")
    try:
        _, measured = halves.mark(attack, signals, membership, seed=seed)
        area = auc(measured, level=level)
    except NotEnoughData as error:
        notes = (Note.of("is the split itself a giveaway?", error),)
        return CheckResult(name=name, role="blind", attack=repr(attack), notes=notes)
    return CheckResult(
        name=name,
        role="blind",
        attack=repr(attack),
        statistic=LABELS_ONLY if features is None else RECORDS,
        n_members=measured.n_members,
        n_nonmembers=measured.n_nonmembers,
        estimates=(area,),
        p_value=area.p_value,
    )


def _blind_features(
    outputs: Outputs, features: ArrayLike | None
) -> tuple[NDArray[np.floating[Any]] | None, str]:
    label = outputs.label
    known = label is not None and label.ndim == 1 and 1 < int(label.max()) + 1 <= MAX_BLIND_CLASSES
    one_hot = None
    if known and label is not None:
        one_hot = (label[:, None] == np.unique(label)[None, :]).astype(np.float32)
    if features is None:
        return one_hot, "labels only"
    given = floats(features, "features", ndim=2)
    return (
        given if one_hot is None else np.column_stack([given, one_hot])
    ), "features of the records"


def blind_warning(blind: CheckResult | None) -> str:
    """What the reader must know first where the blind guesser beats chance; empty where it does
    not.

    A split that was drawn at random is refused in 1 audit of 100 (`REFUSED`).
    """
    if blind is None or blind.p_value is None or blind.p_value > REFUSED:
        return ""
    area = blind.estimates[0]
    return (
        "the split itself is a giveaway: a guesser who never sees the model tells members from"
        f" non-members with AUC {area.value:.3g} ({area.low:.3g} to {area.high:.3g}; 0.5 is"
        " chance). Members and non-members come from different populations, so these numbers"
        " measure the split and not the model. Draw both from one pool at random."
    )


def backwards_warning(measured: Evidence) -> str:
    """What the reader must know first where members look *less* like members than non-members;
    empty where they do not.

    A random split is refused in 1 audit of 2,000.
    """
    try:
        area = auc(measured, level=BACKWARDS)
    except NotEnoughData:
        return ""
    if area.high >= 0.5:
        return ""
    return (
        f"the model fits its members worse than the non-members (AUC {area.value:.3g}, at most"
        f" {area.high:.3g}; 0.5 is chance), which training does not do. Are members and non-members"
        " swapped, is the loss negated, or are they of different populations?"
    )
