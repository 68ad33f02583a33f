"""Can these signals be right? What a mix-up of signs, rows, models or files leaves behind.

An audit of signals that cannot be right must not pass: a broken export, a sign that is wrong on
one side, records in another order or other models' memberships all look like "no leak".
"""

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput, Signals

Floats = NDArray[np.floating]

# shares of a signal's spread below which two numbers are one: single precision has 7 digits
SAME = 1e-6
# a copy agrees everywhere but where one of the two was rounded; models trained apart agree nowhere
# that others differ
COPY_SHARE = 0.9
# with fewer records on which the models differ, agreement may be chance
FEWEST_ROWS = 10
# standard errors: once in 700 such audits by chance, on either side
EXPLAINED = 3.0
# records that are hard for one model are hard for all: below this the shadow models themselves
# share too little for the audited one to be held against them
SHARED = 0.3
# of what the shadow models share with each other (correlation), the audited model needs this part
SHARED_PART = 0.5
# the models' first query is enough to tell them apart
FIRST = 0


def constant(values: Floats) -> bool:
    """Whether all numbers are the same, up to rounding.

    Examples
    --------
    >>> constant(np.array([0.1, 0.1, 0.1])), constant(np.array([0.1, 0.2]))
    (True, False)
    """
    spread = float(np.ptp(values)) if values.size else 0.0
    return spread <= SAME * float(np.max(np.abs(values), initial=0.0))


def require_no_copy(signals: Signals) -> None:
    """Raise where the audited model is one of its own shadow models.

    Raises
    ------
    InvalidInput
        A shadow model gives the audited model's own signals; says which.
    """
    shadow, target = signals.shadow[:, :, FIRST], signals.target[:, FIRST]
    if not len(shadow) or constant(target):
        return
    near = SAME * float(np.std(target))
    differ = np.ptp(shadow, axis=0) > near if len(shadow) > 1 else np.ones(len(target), bool)
    if np.count_nonzero(differ) < FEWEST_ROWS:
        return
    for model, row in enumerate(shadow):
        share = float(np.mean(np.abs(row[differ] - target[differ]) <= near))
        if share > COPY_SHARE:
            raise InvalidInput(
                f"Shadow model {model} gives the audited model's own signals on"
                f" {100 * share:.3g} % of the records: it is the audited model, or a copy of it,"
                " and would tell the attack the answer. Leave it out of `shadow` and"
                " `shadow_member`."
            )


def implausible(signals: Signals) -> tuple[str, ...]:
    """What cannot be right about a target and its shadow models, in words; empty where all can."""
    shadow, target = signals.shadow[:, :, FIRST], signals.target[:, FIRST]
    if not len(shadow):
        return ()
    if constant(target):
        return (
            "All signals of the audited model are equal, as of a broken export: they tell nothing,"
            " and so no audit of them can pass.",
        )
    flat = [model for model, row in enumerate(shadow) if constant(row)]
    if flat:
        return (
            f"All signals of shadow model {flat[0]} are equal, as of a broken export"
            f" ({len(flat)} of {len(shadow)} models).",
        )
    found = (_unexplained(shadow, signals.shadow_member), _unlike(target, shadow))
    return tuple(text for text in found if text)


def _unexplained(shadow: Floats, inside: NDArray[np.bool_]) -> str:
    """Do the shadow models show that they were trained on their own members?"""
    z = membership_shown(shadow, inside)
    if z is None or z > EXPLAINED:
        return ""
    if z < -EXPLAINED:
        return (
            "The shadow models' signals are smaller for their own members: the sign is wrong"
            " (larger means more like a member: pass minus the loss), or `shadow_member` is"
            " inverted or that of other models."
        )
    return (
        "`shadow_member` explains none of the shadow models: their signals are no larger for their"
        " own members. Either it belongs to other models or another order of records, or training"
        " leaves no trace in this signal; either way these models teach an attack nothing."
    )


def membership_shown(shadow: Floats, inside: NDArray[np.bool_]) -> float | None:
    """By how many standard errors signals are larger for members, record by record.

    Each record's mean over the models is taken away first, so that what is easy or hard for all
    models does not count.

    Parameters
    ----------
    shadow : float (m, n)
        Signals of m shadow models.
    inside : bool (m, n)
        Which record each was trained on.

    Returns
    -------
    float or None
        None where no model has members and non-members.
    """
    rest = shadow - shadow.mean(axis=0) if len(shadow) > 1 else shadow
    gain, variance = 0.0, 0.0
    for row, member in zip(rest, inside):
        if not 1 < np.count_nonzero(member) < len(member) - 1:
            continue
        gain += float(row[member].mean() - row[~member].mean())
        variance += float(row[member].var() / member.sum() + row[~member].var() / (~member).sum())
    return gain / np.sqrt(variance) if variance > 0 else None


def _unlike(target: Floats, shadow: Floats) -> str:
    """Are the records that are hard for the shadow models hard for the audited model too?"""
    if len(shadow) < 2:
        return ""
    ranks = [_ranks(row) for row in shadow]
    whole = np.sum(ranks, axis=0)
    among = float(np.median([_correlation(row, whole - row) for row in ranks]))
    own = _correlation(_ranks(target), whole)
    if among < SHARED or own >= SHARED_PART * among:
        return ""
    reason = (
        "its sign is the opposite of theirs"
        if own < -SHARED_PART * among
        else "its records are in another order, or it is another kind of model"
    )
    return (
        "The audited model does not resemble its shadow models: what is hard for one of them is"
        f" hard for the others (rank correlation {among:.2f}), and not for it ({own:.2f}). Probably"
        f" {reason}."
    )


def _ranks(values: Floats) -> NDArray[np.float64]:
    from scipy.stats import rankdata

    return np.asarray(rankdata(values), np.float64)


def _correlation(first: Floats, second: Floats) -> float:
    if constant(first) or constant(second):
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])
