"""What the audit of attribute inference found, in plain words."""

import numpy as np
from numpy.typing import NDArray

from tacit.audits.steps.secret import Secret
from tacit.audits.steps.secret_guesses import Asked
from tacit.core import CheckResult, Note


def headline(
    finding: str,
    blind: CheckResult,
    chosen: CheckResult,
    secret: Secret,
    detectable: float,
    warning: str,
) -> str:
    """The finding, with how often the secret was guessed with and without the model.

    Parameters
    ----------
    finding : what was found.
    blind, chosen : the guesser that never saw the model, and the one that is judged.
    secret : the column.
    detectable : the smallest advantage that would have shown in 4 audits of 5.
    warning : why the numbers do not speak of the model; empty where they do.
    """
    if warning:
        return f"Inconclusive: {warning}"
    if chosen.n_members != blind.n_members:
        # a list of the most confident: what all members' guesses reach is no baseline for it
        gain = chosen.estimates[0]
        said = (
            f"among the {chosen.name}, the share of right guesses is {gain.value:.2g} larger than "
            f"without the model ({gain.low:.2g} to {gain.high:.2g})"
        )
    else:
        before, after, others = (
            "–" if (found := check.estimate(name)) is None else f"{100 * found.value:.1f} %"
            for check, name in (
                (blind, "accuracy, members"),
                (chosen, "accuracy, members"),
                (chosen, "accuracy, non-members"),
            )
        )
        said = (
            f"without the model, “{secret.name()}” is guessed right for {before} of the members; "
            f"with it for {after}, and for {others} of records that it never saw"
        )
    if finding == "leak":
        return f"This model tells the secret of its training records: {said}."
    if finding == "no leak found":
        return (
            f"No leak of this column found: {said}. An advantage of {detectable:.2g} or more would "
            "have shown in 4 audits of 5."
        )
    return (
        f"Whether it tells is open: {said}. So few records show an advantage only from"
        f" {detectable:.2g} upwards (in 4 audits of 5)."
    )


def unknown(
    dropped: int,
    sides: tuple[Asked, Asked],
    codes: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> list[Note]:
    """What could not be known, with the reason.

    Parameters
    ----------
    dropped : rows that were left out for want of a secret.
    sides : what the model answered about members and about non-members.
    codes : the secret's value of each record of both sides; -1 where `reference` never shows it.
    """
    notes: list[Note] = []
    if dropped:
        reason = (
            f"the secret is missing in {dropped} rows of `train` and `test`, which were left out"
        )
        notes.append(Note("records without the secret", reason))
    strange = sum(int(np.count_nonzero(code < 0)) for code in codes)
    if strange:
        reason = f"{strange} records have a value that `reference` never shows: it is never guessed"
        notes.append(Note("values outside the reference", reason))
    spread = max(float(np.ptp(side.likelihood, axis=1).max(initial=0.0)) for side in sides)
    if spread == 0:
        reason = "the model's answer is the same whatever value the secret has"
        notes.append(Note("does the model look at this column?", reason))
    return notes
