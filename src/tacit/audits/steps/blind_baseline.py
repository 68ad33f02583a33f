"""The guesser that never sees the model: what the split alone gives away."""

import numpy as np
from numpy.typing import NDArray

from tacit.attacks import Blind, BlindLabels
from tacit.audits.steps.beyond_blind import Beyond
from tacit.audits.steps.scoring import prequential_scores
from tacit.core import (
    Attack,
    CheckResult,
    Evidence,
    Membership,
    Note,
    NotEnoughData,
    Outputs,
    Signals,
)
from tacit.core.sorting import Places
from tacit.metrics import auc
from tacit.metrics.prequential import deal_folds, learned_looks, places_within

MAX_BLIND_CLASSES = 100
# What the blind guesser looked at, as the `statistic` of its result.
LABELS_ONLY, RECORDS = "labels", "features of the records"
# A random split looks backwards in 1 audit of 2,000.
BACKWARDS = 0.999
# The blind guesser is believed at this p-value: a random split looks like a giveaway in 1 of 100.
REFUSED = 0.01


def blind_result(
    outputs: Outputs,
    membership: Membership,
    features: NDArray[np.float32] | None,
    *,
    order: Places,
    level: float,
) -> CheckResult | None:
    """The blind guess from the records' features, or at least from their labels; None where there
    is neither.

    Parameters
    ----------
    outputs : for the labels.
    membership : the truth.
    features : float32 (n, d), the records' own columns, or None.
    order : int (n,), an order of the records that does not depend on how they came.
    level : of the interval.
    """
    label = _few_labels(outputs)
    if label is None and features is None:
        return None
    attack, signals, what = _without_the_model(outputs.n, label, features)
    name = f"blind guesser ({what})"
    fold = deal_folds(order, cluster=membership.cluster)
    member, cluster = membership.member, membership.cluster
    try:
        score, scored = prequential_scores(attack, signals, membership, fold, order)
        look, _ = learned_looks(name, score, scored, member)
        rows, place = places_within(look, scored)
        unit = None if cluster is None else cluster[rows]
        paper = Evidence(place, member[rows], unit, membership.assignment, repr(attack), rows)
        area = auc(paper, level=level)
    except NotEnoughData as error:
        notes = (Note.of("is the split itself a giveaway?", error),)
        return CheckResult(name=name, role="blind", attack=repr(attack), notes=notes)
    return CheckResult(
        name=name,
        role="blind",
        attack=repr(attack),
        statistic=LABELS_ONLY if features is None else RECORDS,
        n_members=paper.n_members,
        n_nonmembers=paper.n_nonmembers,
        estimates=(area,),
        p_value=float(look.p_value[0]) if cluster is None else area.p_value,
    )


def _few_labels(outputs: Outputs) -> NDArray[np.int64] | None:
    """Labels (n,) where each record has one and a class may have records enough to be counted."""
    label = outputs.label
    if label is None or label.ndim != 1:
        return None
    return label if 1 < int(label.max()) + 1 <= MAX_BLIND_CLASSES else None


def _without_the_model(
    n: int, label: NDArray[np.int64] | None, features: NDArray[np.float32] | None
) -> tuple[Attack, Signals, str]:
    """The guesser, what it sees of n records, and what that is called.

    Labels alone are counted: a fit on one column a class says the same and takes far longer.
    """
    nothing = np.zeros(n, np.float32)
    if features is None:
        return BlindLabels(), Signals.of(nothing, group=label, statistic="none"), "labels only"
    columns = features
    if label is not None:
        classes = (label[:, None] == np.unique(label)[None, :]).astype(np.float32)
        columns = np.column_stack([features, classes])
    signals = Signals.of(nothing, features=columns, statistic="none")
    return Blind(), signals, "features of the records"


def gives_away(blind: CheckResult | None) -> bool:
    """Whether the blind guesser beats chance; a random split seems to in 1 audit of 100."""
    return blind is not None and blind.p_value is not None and blind.p_value <= REFUSED


def blind_warning(blind: CheckResult | None, *, subject: str = "model") -> str:
    """What the reader must know first where no leak shows but the split gives itself away.

    Parameters
    ----------
    blind : of `blind_result`.
    subject : what was audited.
    """
    if not gives_away(blind):
        return ""
    said = (
        f"the split itself is a giveaway: {_blind_text(blind)}. Members and non-members come from"
        " different populations, so these numbers measure the split and not the model. Draw both"
        " from one pool at random."
    )
    return said.replace("the model", f"the {subject}")


def beside_warning(blind: CheckResult | None, *, subject: str = "model") -> str:
    """What the reader must know of a leak beside which the split gives itself away too; see
    `blind_warning`.
    """
    if not gives_away(blind):
        return ""
    said = (
        f"the split is a giveaway too: {_blind_text(blind)}. The attack sees more than that, so"
        " there is a leak, but part of its size may come from the split."
    )
    return said.replace("the model", f"the {subject}")


def explained_warning(beyond: Beyond, blind: CheckResult | None, *, subject: str = "model") -> str:
    """What the reader must know first where the records themselves may explain what was found; see
    `blind_warning`.
    """
    if beyond.passes:
        return ""
    if beyond.reason:
        return (
            "members stand out, but too little is known to compare that with what the records"
            f" themselves give away: {beyond.reason}"
        )
    area = beyond.results[0].estimates[0]
    more = f", and {_blind_text(blind)}" if gives_away(blind) else ""
    said = (
        "members stand out, but no more than the records themselves explain: what a record tells"
        " of the attack's score, without the model, tells members from non-members with AUC"
        f" {area.value:.3g} ({area.low:.3g} to {area.high:.3g}; 0.5 is chance){more}. The split"
        " may be a giveaway: draw members and non-members from one pool at random."
    )
    return said.replace("the model", f"the {subject}")


def _blind_text(blind: CheckResult | None) -> str:
    if blind is None or not blind.estimates:
        return ""
    area = blind.estimates[0]
    return (
        "a guesser who never sees the model tells members from non-members with AUC"
        f" {area.value:.3g} ({area.low:.3g} to {area.high:.3g}; 0.5 is chance)"
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
