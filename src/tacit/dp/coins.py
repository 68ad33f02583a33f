"""Can these be fair coins, one for each canary? What scores, coins and kinds show of it."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, gammaincc

from tacit.core import AssumptionError, InvalidInput
from tacit.dp.guesses import Ranking

# One audit in ten thousand with fair coins is refused by each test: rare enough not to be met in
# practice, and rates of .8 and .2 are seen from some 40 canaries of a kind on.
UNFAIR = 1e-4


def require_fair_coins(ranking: Ranking) -> None:
    """Raise where canaries cannot have had a fair coin each.

    Two things are looked at: how many are in, and whether canaries of exactly the same score share
    their coin although their neighbours in score do not, as copies of one canary do.

    Parameters
    ----------
    ranking : of the canaries, copies that were declared counted once.

    Raises
    ------
    AssumptionError : fair coins would look like this less than once in 10,000 audits.
    """
    m, inside = len(ranking.member), int(np.count_nonzero(ranking.member))
    if two_sided(inside, m) < UNFAIR:
        raise AssumptionError(
            f"{inside} of {m} canaries are members: fair coins give that less than once in"
            f" {1 / UNFAIR:,.0f} times. A one-run bound would be positive without any leak. Check"
            " how membership was drawn, and whether canaries were lost on the way."
        )
    _require_no_copies(ranking)


def require_fair_within(member: NDArray[np.bool_], kind: ArrayLike) -> None:
    """Raise where the coins are not fair within each kind of canary.

    Rates that differ between kinds give a positive bound without any leak, as soon as the scores
    tell the kinds apart, even where as many canaries are in as out in total.

    Parameters
    ----------
    member : bool (m,), the coins, one a canary.
    kind : (m,), which kind of canary each is: numbers or text.

    Raises
    ------
    InvalidInput : `kind` has another length.
    AssumptionError : fair coins would look like this less than once in 10,000 audits.
    """
    kinds = np.asarray(kind)
    if kinds.shape != member.shape:
        raise InvalidInput(
            f"`kind` needs one entry a canary, got shape {kinds.shape} for {len(member)} canaries."
        )
    names, code, size = np.unique(kinds, return_inverse=True, return_counts=True)
    inside = np.bincount(code, weights=member).astype(np.int64)
    p = np.array([two_sided(int(k), int(n)) for k, n in zip(inside, size)])
    # many small kinds: no single one is improbable, the sum of their deviations is
    deviation = float(np.sum((2 * inside - size) ** 2 / size))
    together = float(gammaincc(len(size) / 2, deviation / 2))
    if 2 * min(float(np.min(p)) * len(p), together) >= UNFAIR:
        return
    worst = int(np.argmin(p))
    raise AssumptionError(
        f"The coins are not fair within each kind of canary: {inside[worst]} of {size[worst]}"
        f" canaries of kind {str(names[worst])!r} are members. Fair coins give a table like this"
        f" less than once in {1 / UNFAIR:,.0f} times, and a bound would be positive without any"
        " leak. Draw every coin with chance 1/2, whatever the kind."
    )


def two_sided(inside: int, m: int) -> float:
    """Chance that `m` fair coins fall as unevenly as `inside` of them in, or more so (exact)."""
    extreme = max(inside, m - inside)
    return min(1.0, 2 * float(betainc(extreme, m - extreme + 1, 0.5))) if extreme else 1.0


def _require_no_copies(ranking: Ranking) -> None:
    """Compare the coins of two canaries of one score with those of two neighbours in score."""
    from scipy.stats import fisher_exact  # slow to import, and few audits hold equal scores

    member, first = ranking.member, ranking.start
    tied = first[ranking.size > 1]
    if len(tied) == 0:
        return
    # the pairs share no coin but the first of each group, so fair coins make all of them
    # independent; a leak moves both kinds of pairs alike
    same = member[tied] == member[tied + 1]
    near = member[first[:-1]] == member[first[1:]]
    table = [[same.sum(), (~same).sum()], [near.sum(), (~near).sum()]]
    if float(fisher_exact(table, alternative="greater")[1]) < UNFAIR:
        raise AssumptionError(
            f"In {same.sum()} of {len(same)} pairs of canaries with exactly the same score both"
            f" are in or both out, but only in {near.sum()} of {len(near)} pairs of neighbours in"
            " score: they look like copies of one canary that share its coin. Copies count once:"
            " declare them by `cluster` (column `canary` of a file)."
        )
