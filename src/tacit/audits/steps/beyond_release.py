"""Does a release show more of a row than the row itself gives away?

A release that was made without any of these rows can show only what is a function of the row.
Where members and non-members come from different populations that tells them apart all the same,
above all where the release was made from other rows of the members' population. So a leak is called
only where membership goes with what the release shows *beyond* what the row explains of both.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacit.audits.steps.beyond_blind import MOST_TRIED, Beyond
from tacit.audits.steps.record_guesses import row_guesses
from tacit.audits.steps.relabelling import Joint, looks_of
from tacit.core import CheckResult, Evidence, Membership, NotEnoughData
from tacit.core.sorting import Places
from tacit.metrics import auc
from tacit.metrics.conditional import conditional_p_values
from tacit.metrics.prequential import deal_folds

Floats = NDArray[np.float64]

# Nobody is a member for certain: a predicted chance of 0 or 1 would leave no other answer key.
LEAST_CHANCE = 0.01
FITS = "ridge regression and random forest from the row to the score and to membership"


@dataclass(frozen=True, eq=False)
class Rows:
    """What is known of the real rows without the release.

    Parameters
    ----------
    points : float (n, e), the rows as points.
    columns : float (n, d), their cells as numbers, NaN where missing.
    to_reference : float (n,), the distance of each to its nearest reference row.
    order : int (n,), an order of the rows that does not depend on how they came.
    membership : the truth.
    seed : of the forests.
    """

    points: Floats
    columns: Floats
    to_reference: Floats
    order: Places
    membership: Membership
    seed: int

    def explain(self, targets: Floats) -> Floats:
        """What a row tells of each of the `targets` (n, k): each fold by fits on the others."""
        straight = np.column_stack([self.points, self.to_reference])
        table = np.column_stack([np.nan_to_num(self.columns), self.to_reference])
        fold = deal_folds(self.order, cluster=self.membership.cluster)
        return row_guesses(straight, table, targets, fold, seed=self.seed)


def beyond_release(
    shown: Mapping[str, Floats], joint: Joint, rows: Rows, *, alpha: float, level: float
) -> Beyond:
    """Compare what stands out with what the rows give away.

    At most three scores or counts are tried, the strongest first; they and their looks (ranks and
    tails, as in the joint test) share the error.

    Parameters
    ----------
    shown : float (n,) each, scores and counts of the joint test.
    joint : the test of all of them.
    rows : what is known of them.
    alpha : chance of a false alarm of the joint test, and of this comparison.
    level : of the interval of what a row gives away.
    """
    significant = [name for name in shown if joint.adjusted[name] <= alpha]
    tried = sorted(significant, key=lambda name: -joint.strength[name])[:MOST_TRIED]
    if not tried:
        return Beyond(False, reason="no single attack stands out")
    looks = [np.stack(looks_of(shown[name]), axis=1) for name in tried]
    truth = rows.membership.member.astype(np.float64)
    targets = np.column_stack([truth, *looks])
    guess = rows.explain(targets)
    chance = np.clip(guess[:, 0], LEAST_CHANCE, 1 - LEAST_CHANCE)
    p_values = conditional_p_values(
        targets[:, 1:] - guess[:, 1:], truth > 0, chance, cluster=rows.membership.cluster
    )
    results, passes, start = [], False, 0
    for name, look in zip(tried, looks):
        own = p_values[start : start + look.shape[1]]
        p_value = min(1.0, len(own) * float(own.min()))
        try:
            results.append(_result(name, guess[:, 1 + start], rows, p_value, level=level))
        except NotEnoughData as error:
            return Beyond(False, tuple(results), str(error))
        passes |= p_value * len(tried) <= alpha
        start += look.shape[1]
    return Beyond(passes, tuple(results))


def _result(name: str, guess: Floats, rows: Rows, p_value: float, *, level: float) -> CheckResult:
    """The baseline that a score was compared with: what the row tells of it."""
    key = rows.membership
    told = Evidence(guess, key.member, key.cluster, key.assignment, "the record", np.arange(key.n))
    return CheckResult(
        name=f"what the record tells of: {name}",
        role="blind",
        attack=FITS,
        statistic="none",
        n_members=told.n_members,
        n_nonmembers=told.n_nonmembers,
        estimates=(auc(told, level=level),),
        p_value=p_value,
        remarks=("p-value: of the release showing no more than the row explains",),
    )
