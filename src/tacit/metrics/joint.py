"""One p-value for many looks at the same records, and the price that each pays for the others.

Every look has a p-value of its own and a share `weight` of the error. The test looks at the
smallest ratio of the two. How often random membership makes so small a ratio follows from the
correlation of the looks over the records (`Copula`), or from shuffled membership (`Shuffles`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from tacit.core import InvalidInput
from tacit.metrics.chance import SMALLEST, Copula, Shuffles
from tacit.metrics.intervals import crossing
from tacit.metrics.looks import Look, smallest_rank_p
from tacit.metrics.permutation import Labels
from tacit.metrics.rows import Floats, Rows, gram

# Shares of the error that each family of looks may spend. Simulated: at these shares the attackers
# that learn and the slices together cost a plain leak 3.5 points of power.
SHARES = {"threshold": 0.80, "learned": 0.10, "slice": 0.10}
# Of the share of thresholds, what ranks get where both sides have `MANY` records: +6 points of
# power on shifts for -1 on tails. Among fewer records cuts are so discrete that all weigh the same.
RANK_SHARE, MANY = 0.3, 200
# Up to so many records on the smaller side membership is shuffled, which is exact; beyond it the
# copula is as good (within 1 % of the p-value in simulations).
MOST_SHUFFLED = 2_500
# With fewer shuffles as extreme as what was seen, their count says little.
FEW_COUNTED = 10
# A p-value above this is not worked out further: nothing is found there.
CERTAIN = 0.99
# So many corrected p-values are worked out one by one.
MOST_EXACT = 64
# The logarithm of a ratio is known to so small a part of the ends between which it lies.
FINEST_LOG = 1e-7
# Chances so many times smaller than the one that is looked for are no guide to it.
FAR = 1_000.0


@dataclass(frozen=True, eq=False)
class JointTest:
    """All looks at once.

    Parameters
    ----------
    looks : what was looked at.
    weight : float64 (k,), share of the error of each look; they sum to 1.
    p_value_each : float64 (k,), of each look alone.
    effect : float64 (k,), mean of each row over members less its mean over non-members.
    spread : float64 (k,), standard error of `effect` under random membership.
    n_members, n_nonmembers : records of each side.
    copula : of the looks.
    shuffles : where membership was shuffled; then it decides in place of the copula.
    error : float64 (k,), standard error of `effect` as it was found, for limits; None where that is
        `spread`.
    by_cluster : whether whole clusters were shuffled: then no look is a count of records, and no
        table of such counts says what p-values it can have.
    """

    looks: tuple[Look, ...]
    weight: Floats
    p_value_each: Floats
    effect: Floats
    spread: Floats
    n_members: int
    n_nonmembers: int
    copula: Copula
    shuffles: Shuffles | None = None
    error: Floats | None = None
    by_cluster: bool = False

    @property
    def ratio(self) -> Floats:
        """P-value over weight of each look, float64 (k,)."""
        return self.p_value_each / self.weight

    @cached_property
    def p_value(self) -> float:
        """Of "no leak": the chance that random membership makes some look so significant."""
        return self.corrected(float(self.ratio.min()))

    def corrected(self, ratio: float) -> float:
        """Chance that the smallest ratio of p-value and weight is at most `ratio`."""
        return self._corrected(ratio, self.levels(ratio))

    def _corrected(self, ratio: float, levels: Floats) -> float:
        """The same, where the `levels` of the ratio are known."""
        if self.shuffles is None:
            return self.copula.p_value(levels)
        counted = self.shuffles.corrected(ratio)
        coarse = FEW_COUNTED / len(self.shuffles.smallest)
        if self.shuffles.every or counted > coarse:
            return counted
        # so few shuffles were as extreme that only the copula tells how small the p-value is
        return min(coarse, self.copula.p_value(levels))

    @cached_property
    def adjusted(self) -> Floats:
        """P-value of each look, corrected for all others; float64 (k,).

        Beyond `MOST_EXACT` different ratios those between are interpolated on the log scale.
        """
        known = np.unique(self.ratio)
        if len(known) > MOST_EXACT:
            known = known[np.unique(np.linspace(0, len(known) - 1, MOST_EXACT).astype(int))]
        found = np.ones(len(known))
        for place, levels in enumerate(self.levels(known[:, None])):
            found[place] = self._corrected(float(known[place]), levels)
            if found[place] >= CERTAIN:
                break
        logs = np.interp(_log(self.ratio), _log(known), _log(found))
        return np.asarray(np.minimum(1.0, np.exp(logs)))

    def adjusted_of(self, look: Look) -> float:
        """The smallest corrected p-value of one family of looks."""
        return float(self.adjusted[self.places(look)].min())

    def simultaneous_level(self, sources: Sequence[str], *, level: float = 0.95) -> float:
        """Level at which each of these scores may be shown so that no choice among them harms.

        Two-sided intervals at this level hold all at once with chance `level`, given how the scores
        move together.

        Parameters
        ----------
        sources : names of attacks.
        level : of all together.
        """
        where = [
            self.places(look).start
            for look in self.looks
            if look.source in sources and look.kind in ("rank", "learned")
        ]
        if len(where) < 2:
            return level
        ranks = Copula(self.copula.correlation[np.ix_(where, where)])
        tail = (1 - level) / 2
        own = _largest(
            lambda share: ranks.p_value(np.full(len(where), share)), tail, tail / len(where), tail
        )
        return 1 - 2 * own

    def places(self, look: Look) -> slice:
        """Where the looks of one family are among all k."""
        start = 0
        for other in self.looks:
            if other is look:
                return slice(start, start + len(other.p_value))
            start += len(other.p_value)
        raise InvalidInput(f"`look` {look.source!r} is not in this test.")

    def levels(self, ratio: float | Floats) -> Floats:
        """The largest p-value of each look that it can have at this ratio, float64 (k,); of ratios
        (m, 1), float64 (m, k).
        """
        limit = np.minimum(ratio * self.weight, 1.0)
        if self.by_cluster:
            return limit
        parts = [look.attainable(limit[..., self.places(look)]) for look in self.looks]
        return np.concatenate(parts, axis=-1)

    def critical(self, alpha: float) -> float:
        """The largest ratio that random membership makes with chance `alpha` at most."""
        if self.shuffles is not None:
            return self.shuffles.critical(alpha)
        if alpha not in self._critical:
            self._critical[alpha] = _largest(self.corrected, alpha, alpha, 1 / self.weight.min())
        return self._critical[alpha]

    @cached_property
    def _critical(self) -> dict[float, float]:
        """What `critical` has found, which is asked for by limits and by what is detectable."""
        return {}


def _log(value: Floats) -> Floats:
    return np.asarray(np.log(np.maximum(value, SMALLEST)))


def _largest(chance: Callable[[float], float], limit: float, low: float, high: float) -> float:
    """The largest number from `low` to `high` whose `chance`, which rises with it, is below `limit`
    still; on logarithmic scales chances of many looks are nearly straight lines.
    """

    def spare(log_number: float) -> float:
        found = chance(float(np.exp(log_number)))
        return float(np.log(limit / max(found, limit / FAR)))

    found = crossing(spare, float(np.log(high)), float(np.log(low)), finest=FINEST_LOG)
    return float(np.exp(found))


def joint_test(
    looks: Sequence[Look], member: NDArray[np.bool_], *, shuffled: bool | None = None
) -> JointTest:
    """Test all looks together.

    Parameters
    ----------
    looks : at the same n records.
    member : bool (n,), the truth.
    shuffled : whether to shuffle membership; None where that is possible (no look depends on
        membership) and the smaller side has at most `MOST_SHUFFLED` records.

    Raises
    ------
    InvalidInput : there is no look.
    """
    kept = tuple(looks)
    if not kept:
        raise InvalidInput("`looks` needs at least one look, got none.")
    sides = int(np.count_nonzero(member)), int(np.count_nonzero(~member))
    few = min(sides)
    weight = weights(kept, few)
    p_value = np.concatenate([look.p_value for look in kept])
    rows = [look.rows for look in kept]
    total, products = np.concatenate([part.totals for part in rows]), gram(rows)
    copula = Copula(correlation(products, total, len(member)))
    effect, spread = _effects(rows, total, np.diag(products), member)
    possible = all(look.kind != "learned" for look in kept)
    if not possible or (few > MOST_SHUFFLED if shuffled is None else not shuffled):
        return JointTest(kept, weight, p_value, effect, spread, *sides, copula)
    labels = Labels.of(member, rows)
    tails = _Tails(kept, spread / _gap(member))
    own = tails(labels.observed())[0]
    smallest = np.sort(labels.smallest(lambda totals: (tails(totals) / weight).min(axis=1)))
    shuffles = Shuffles(smallest, labels.every)
    return JointTest(kept, weight, own, effect, spread, *sides, copula, shuffles)


def _gap(member: NDArray[np.bool_]) -> float:
    """What turns a sum over members, of a row that sums to 0, into the difference of both means."""
    n_members = int(np.count_nonzero(member))
    return 1 / max(1, n_members) + 1 / max(1, len(member) - n_members)


def _effects(
    rows: Sequence[Rows], total: Floats, square: Floats, member: NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """Difference of the means of both sides of each row, and its spread under random membership.

    Parameters
    ----------
    rows : k rows.
    total, square : float64 (k,), the sum of each over all records, and that of its squares.
    member : bool (n,), the truth.
    """
    n, n_members = len(member), int(np.count_nonzero(member))
    truth = Rows(member.astype(np.uint8), 2)
    inside = np.concatenate([truth.products(part)[1] for part in rows])
    variance = np.maximum(square - total**2 / n, 0.0) / max(1, n - 1)
    gap = _gap(member)
    effect = (inside - total * n_members / n) * gap
    return effect, np.sqrt(variance * n_members * (n - n_members) / n) * gap


class _Tails:
    """P-values of sums over members, of any membership: from tables for cuts, normal for ranks."""

    def __init__(self, looks: Sequence[Look], spread: Floats) -> None:
        self.looks = looks
        ends = np.cumsum([len(look.p_value) for look in looks])[:-1]
        self.spread = np.split(spread, ends)

    def __call__(self, totals: Sequence[Floats]) -> Floats:
        """Float64 (b, k), from one (b, n_rows) a family."""
        parts = zip(self.looks, totals, self.spread)
        return np.concatenate([self._of(*part) for part in parts], axis=1)

    def _of(self, look: Look, total: Floats, spread: Floats) -> Floats:
        if look.kind == "cut":
            hits = np.rint(total)
            tables = enumerate(look.tables)
            columns = [table.p_value(hits[:, row]) for row, table in tables if table is not None]
            return np.stack(columns, axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            score = total / spread
        return np.asarray(ndtr(-np.where(spread > 0, score, -np.inf)))


def weights(looks: Sequence[Look], few: int) -> Floats:
    """Share of the error of each look, float64 (k,); they sum to 1.

    A family that is absent leaves its share to the others in proportion.

    Parameters
    ----------
    looks : what is looked at.
    few : records on the smaller side.
    """
    family = [look.kind if look.kind in SHARES else "threshold" for look in looks]
    total = sum(SHARES[name] for name in set(family))
    parts = []
    for look, name in zip(looks, family):
        share = SHARES[name] / total * _within(look, looks, few)
        parts.append(np.full(len(look.p_value), share / len(look.p_value)))
    return np.concatenate(parts)


def _within(look: Look, looks: Sequence[Look], few: int) -> float:
    """Share of one `look` of what its family may spend."""
    if look.kind in ("slice", "learned"):
        return 1 / sum(other.kind == look.kind for other in looks)
    sizes = {
        kind: sum(len(other.p_value) for other in looks if other.kind == kind)
        for kind in ("rank", "cut")
    }
    if few < MANY or 0 in sizes.values():
        return len(look.p_value) / sum(sizes.values())
    share = RANK_SHARE if look.kind == "rank" else 1 - RANK_SHARE
    return share * len(look.p_value) / sizes[look.kind]


def correlation(products: Floats, total: Floats, n: int) -> Floats:
    """Correlation of rows over the records, float64 (k, k); 0 for a row without variance.

    It is that of sums over random members too, whatever their number.

    Parameters
    ----------
    products : float64 (k, k), inner products of the rows.
    total : float64 (k,), their sums.
    n : number of records.
    """
    covariance = products - np.outer(total, total) / n
    spread = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    safe = np.where(spread > 0, spread, np.inf)
    result = np.clip(covariance / safe[:, None] / safe, -1.0, 1.0)
    np.fill_diagonal(result, 1.0)
    return np.asarray(result)


def separation_p_value(n_members: int, n_nonmembers: int, n_scores: int) -> float:
    """The smallest p-value that so few records allow: complete separation by one score.

    Parameters
    ----------
    n_members, n_nonmembers : records (or clusters) of each side.
    n_scores : attacks that look at them.

    Examples
    --------
    >>> round(separation_p_value(4, 4, 1) * 70, 9)
    1.0
    """
    return float(min(1.0, n_scores * smallest_rank_p(n_members + n_nonmembers, n_members)))


def records_needed(n_scores: int, *, level: float = 0.95) -> int:
    """Fewest members, with as many non-members, among whom complete separation is significant.

    Examples
    --------
    >>> records_needed(1), records_needed(8)
    (4, 5)
    """
    needed = 2
    # one separation in exactly 1 / alpha labellings is no margin at all
    while separation_p_value(needed, needed, n_scores) > (1 - level) * (1 - 1e-9):
        needed += 1
    return needed
