"""Do the numbers speak of the model, or of the split?"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tacit.audits.steps.beyond_blind import beyond_blind
from tacit.audits.steps.blind_baseline import (
    backwards_warning,
    blind_warning,
    explained_warning,
)
from tacit.audits.steps.joint_finding import Found
from tacit.audits.steps.odd_labels import labels_at_odds
from tacit.audits.steps.slices import Column
from tacit.core import CheckResult, Outputs

DRAWN = ("coin", "fixed_size")


def split_warning(
    found: Found,
    outputs: Outputs,
    table: NDArray[np.float32] | None,
    *,
    parts: Sequence[CheckResult],
    columns: Mapping[str, Column],
    blind: CheckResult | None,
    seed: int,
) -> tuple[str, tuple[CheckResult, ...]]:
    """Why the numbers do not speak of the model, empty where they do, and the baselines tried.

    Where something was found, the records themselves must not explain it; where nothing was, the
    split must not give itself away, labels must go with the answers, and members must not fit
    worse than the non-members. A split
    that was drawn (`assignment` "coin" or "fixed_size") cannot be explained by the records, so it
    is compared with them only where the blind guesser contradicts the draw.

    Parameters
    ----------
    found : by the joint test.
    outputs : what the model answered.
    table : float32 (n, d), the records' own columns, or None.
    parts, columns : results of the slices, and the columns that they come from.
    blind : the guesser that never sees the model.
    seed : of learners.
    """
    drawn = found.shown.evidence.assignment in DRAWN and not blind_warning(blind)
    if found.p_value <= found.alpha and not found.needed and drawn:
        return "", ()
    if found.p_value <= found.alpha and not found.needed:
        inside = _worst_slice(found, parts, columns)
        beyond = beyond_blind(found, outputs, table, in_slice=inside, seed=seed)
        return explained_warning(beyond, blind), beyond.results
    first = next((item for item in found.scored if item.ranked is not None), found.shown)
    member = found.shown.evidence.member
    odd = labels_at_odds(outputs, member) if outputs.n == len(member) else ""
    return blind_warning(blind) or odd or backwards_warning(first.evidence), ()


def _worst_slice(
    found: Found, parts: Sequence[CheckResult], columns: Mapping[str, Column]
) -> NDArray[np.bool_] | None:
    """Records of the slice in which alone the leak shows, bool (n,); None where it shows in all."""
    corrected = [found.p_values(item)[1] for item in found.scored]
    if min((p for p in corrected if p is not None), default=1.0) <= found.alpha:
        return None
    tested = [part for part in parts if part.p_adjusted is not None]
    if not tested:
        return None
    worst = min(tested, key=lambda part: part.p_adjusted or 0.0)
    code, texts = columns[worst.slice]
    return np.asarray(code == texts.index(worst.value))
