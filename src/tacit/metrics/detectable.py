"""How large a leak must be for the joint test to find it in 4 audits of 5."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtrik, ndtr, ndtri

from tacit.core import InvalidInput, checking
from tacit.metrics.joint import JointTest
from tacit.metrics.looks import Table, tail_table
from tacit.metrics.rows import Floats

# Places of the corner of a two-line ROC curve; the worst of them is what is called detectable.
CORNERS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.36, 0.42, 0.5, 0.6, 0.7)
# The power of 4,000 draws is known to .6 points at 80 %.
N_DRAWS, SEED = 4_000, 20_251_129
HALVINGS = 14
# Thresholds at which a pair of normal densities is written down.
GRID = np.linspace(-9.0, 9.0, 2_001)
# How many members a tail exposes is a binomial count; it is tried at so many of its quantiles.
LUCK = (np.arange(9) + 0.5) / 9
# Scores of which the lowest tie holds so many: members that leave it change what a cut holds.
CROWDED = 0.5
# A shift of six standard deviations tells all members apart.
LARGEST_SHIFT = 6.0


@dataclass(frozen=True)
class Detectable:
    """The smallest advantages that would have been found with the asked power; 1 where none.

    Parameters
    ----------
    worst : whatever the shape: of ROC curves of two lines, the least visible. Where half of the
        records share the lowest score, members that are lifted out of it count among these.
    shift : if all members are exposed a little (normal scores).
    tail : if each member is exposed wholly with this chance.
    """

    worst: float
    shift: float
    tail: float


def detectable_by(
    test: JointTest,
    source: str,
    member: NDArray[np.bool_],
    *,
    level: float = 0.95,
    power: float = 0.8,
) -> Detectable:
    """What leak in one score the joint test finds with chance `power`, at the price of all looks.

    Parameters
    ----------
    test : of all looks.
    source : the attack in which the leak would show.
    member : bool (n,), the truth: only its sizes are used.
    level : one less the chance of a false alarm.
    power : the chance of finding.
    """
    return _sizes(_Scene.of(test, source, member, 1 - level), power)


def detectable_by_looks(
    is_rank: NDArray[np.bool_],
    place: Floats,
    spread: Floats,
    limit: float,
    correlation: Floats,
    *,
    share: float,
    n: int,
    power: float = 0.8,
) -> Detectable:
    """What leak in one score is found with chance `power` where its best look must reach `limit`.

    Parameters
    ----------
    is_rank : bool (l,), which looks are sums of ranks; the others are counts above a cut.
    place : float (l,), the share of records above each cut; 0 for ranks.
    spread : float (l,), standard deviation without a leak of the mean over members less that over
        non-members, of twice the mid-ranks or of being above the cut.
    limit : what the best look, in standard deviations, must reach.
    correlation : float (l, l), of the looks without a leak.
    share : of members among all records.
    n : number of records.
    power : the chance of finding.
    """
    limits = np.full(len(place), limit)
    return _sizes(_Scene(is_rank, place, spread, limits, _noise(correlation), share, n), power)


def _sizes(scene: "_Scene", power: float) -> Detectable:
    worst = 0.0
    for corner in CORNERS:
        found = scene.power_of(partial(scene.two_lines, corner))
        # where the worst so far would be found, the least is no larger
        if worst < 1 and (worst > 1 - corner or found(worst) < power):
            worst = max(worst, scene.smallest(found, power, 1 - corner))
    above = float(scene.place.max(initial=0.0))
    if scene.lowest is not None and 0 < above <= CROWDED:
        lifted = partial(scene.power_of_lifted, scene.lowest)
        worst = max(worst, scene.smallest(lifted, power, 1 - above))
    return Detectable(
        worst=worst,
        shift=scene.smallest(scene.power_of(scene.shift), power, 1.0),
        tail=scene.smallest(scene.power_of_tail, power, 1.0),
    )


def _noise(correlation: Floats) -> Floats:
    """Draws of the looks' chance, float (l, draws)."""
    values, vectors = np.linalg.eigh(correlation)
    plain = np.random.default_rng(SEED).standard_normal((N_DRAWS, len(correlation)))
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))) @ plain.T)


@dataclass(frozen=True, eq=False)
class _Scene:
    """Looks at one score with what each must reach, and draws of their chance.

    `lowest` is the p-value that the largest cut must reach, where cuts have tables.
    """

    is_rank: NDArray[np.bool_]
    place: Floats
    spread: Floats
    limit: Floats
    noise: Floats
    share: float
    n: int
    lowest: float | None = None

    @classmethod
    def of(cls, test: JointTest, source: str, member: NDArray[np.bool_], alpha: float) -> "_Scene":
        n = len(member)
        kinds: list[bool] = []
        places: list[float] = []
        where: list[int] = []
        tables: list[Table | None] = []
        for look in test.looks:
            if look.source == source and look.kind in ("rank", "cut"):
                count = len(look.p_value)
                kinds += [look.kind == "rank"] * count
                places += [0.0] * count if look.n_top is None else (look.n_top / n).tolist()
                tables += [None] * count if test.by_cluster or not look.tables else look.tables
                where += list(range(*test.places(look).indices(len(test.weight))))
        level = test.levels(test.critical(alpha))[where]
        with np.errstate(divide="ignore"):
            limit = -ndtri(level)
        noise = _noise(test.copula.correlation[np.ix_(where, where)])
        share = float(np.count_nonzero(member)) / n
        scene = cls(
            np.array(kinds, bool), np.array(places), test.spread[where], limit, noise, share, n
        )
        for row, table in enumerate(tables):
            if table is not None:
                limit[row] = scene.reached(row, table.fewest(level[row]))
        largest = int(np.argmax(scene.place)) if tables else 0
        if tables and tables[largest] is not None:
            # under a leak the cut is larger, and worth its share of the error at least
            scene = replace(scene, lowest=max(float(level[largest]), alpha / len(test.weight)))
        return scene

    def reached(self, look: int, hits: float) -> float:
        """What a count of members in a cut is in standard deviations; half a member less, for a
        normal count that is rounded reaches it from there.
        """
        size = self.share * (1 - self.share) * self.n
        beyond = hits - 0.5 - self.place[look] * self.share * self.n
        return float(beyond / (size * self.spread[look]))

    def two_lines(self, fpr: float, size: float) -> Floats:
        """Means and spreads of the looks where the ROC curve bends at ``(fpr, fpr + size)``."""
        corner = fpr + self.share * size
        before = np.divide(self.place, corner, out=np.zeros_like(self.place), where=corner > 0)
        after = (self.place - corner) / (1 - corner) if corner < 1 else np.zeros_like(self.place)
        gap = np.where(self.place <= corner, size * before, size * (1 - after))
        return self._means(gap, size / 2)

    def shift(self, size: float) -> Floats:
        """Means and spreads of the looks where members' normal scores are moved so far."""
        mu = min(LARGEST_SHIFT, 2 * float(ndtri((1 + size) / 2)))
        fpr, tpr = ndtr(-GRID), ndtr(mu - GRID)
        pooled = self.share * tpr + (1 - self.share) * fpr
        gap = np.interp(self.place, pooled[::-1], (tpr - fpr)[::-1])
        return self._means(gap, float(ndtr(mu / 2**0.5)) - 0.5)

    def tail(self, size: float) -> Floats:
        """Means and spreads of the looks where just this share of the members stands above all
        other records, which are as without a leak.
        """
        exposed = self.share * size
        means = self.two_lines(0.0, size)[0]
        others = np.clip((self.place - exposed) / max(1 - exposed, 1e-12), 0.0, 1.0)
        share = (self.share - exposed) / max(1 - exposed, 1e-12)
        left = (1 - exposed) * others * (1 - others) * share * (1 - share)
        null = self.place * (1 - self.place) * self.share * (1 - self.share)
        ratio = np.divide(left, null, out=np.zeros_like(left), where=null > 0)
        ranks = ((1 - size) * (1 - exposed)) ** 0.5
        return np.stack([means, np.where(self.is_rank, ranks, np.sqrt(ratio))])

    def power_of_tail(self, size: float) -> float:
        """Chance of finding members of which each is exposed wholly with chance `size`."""
        n = round(self.share * self.n)
        exposed = np.ceil(np.maximum(bdtrik(LUCK, n, size), 0.0)) / n if size < 1 else [1.0]
        return float(np.mean([self.power(self.tail(float(share))) for share in exposed]))

    def power_of_lifted(self, limit: float, size: float) -> float:
        """Chance of finding members that are lifted out of the lowest tie, each with such a chance
        that the advantage is `size`: more records than without a leak are above it then, and the
        p-value of how many members those hold must reach `limit`.
        """
        n, n_members = self.n, round(self.share * self.n)
        before = float(self.place.max())
        inside = min(1.0, before + size)
        above = self.share * inside + (1 - self.share) * before
        table = tail_table(n, n_members, round(above * n))
        chance = self.share * (1 - self.share) * n
        needed = -float(ndtri(limit))
        if table is not None:
            hits = table.fewest(limit) - 0.5 - above * n_members
            needed = hits / (chance * above * (1 - above)) ** 0.5
        # of hits less what the size of the cut gives, which varies itself
        spread = (1 - self.share) * inside * (1 - inside) + self.share * before * (1 - before)
        gain = size * chance**0.5
        return float(
            ndtr((gain - needed * (above * (1 - above)) ** 0.5) / max(spread, 1e-12) ** 0.5)
        )

    def power_of(self, means: Callable[[float], Floats]) -> Callable[[float], float]:
        """Chance of finding a leak, by its size."""
        return lambda size: self.power(means(size))

    def _means(self, gap: Floats, area: float) -> Floats:
        # twice the mid-ranks of members lie so far above those of non-members
        effect = np.where(self.is_rank, 2 * self.n * area, gap)
        means = np.divide(effect, self.spread, out=np.zeros_like(effect), where=self.spread > 0)
        return np.stack([means, np.where(self.is_rank, 1.0, self._steadier(gap))])

    def _steadier(self, gap: Floats) -> Floats:
        """Spread of the count in each cut under the leak, by that without: 0 where all are members.

        Given the size of the cut, its members vary as the four cells of the table allow.
        """
        share, place = self.share, self.place
        inside = np.clip(place + (1 - share) * gap, 0.0, 1.0)
        outside = np.clip(place - share * gap, 0.0, 1.0)
        cells = np.stack([inside, 1 - inside, outside, 1 - outside])
        weight = np.array([share, share, 1 - share, 1 - share])[:, None]
        empty = (cells <= 0).any(axis=0)
        leak = 1 / (1 / (weight * np.where(empty, 0.5, cells))).sum(axis=0)
        null = place * (1 - place) * share * (1 - share)
        ratio = np.divide(leak, null, out=np.ones_like(leak), where=null > 0)
        return np.where(empty, 0.0, np.sqrt(ratio))

    def power(self, means: Floats) -> float:
        """Chance that some look reaches its limit, from the mean and the spread of each."""
        mean, spread = means[0], means[1]
        # what chance must add; nothing helps a look that does not vary and is not there yet
        still = np.where(mean >= self.limit, -np.inf, np.inf)
        needed = np.divide(self.limit - mean, spread, out=still, where=spread > 0)
        return float(np.mean((self.noise >= needed[:, None]).any(axis=0)))

    def smallest(self, found: Callable[[float], float], power: float, most: float) -> float:
        """The smallest size of a leak that is found with chance `power`; 1 where none is."""
        low, high = 0.0, most
        if found(high) < power:
            return 1.0
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            low, high = (low, middle) if found(middle) >= power else (middle, high)
        return high


def detectable_advantage(
    n_members: int, n_nonmembers: int, *, level: float = 0.95, power: float = 0.8
) -> float:
    """Smallest advantage that an audit of this size shows in a share `power` of repetitions.

    At the least favourable rates (TPR and FPR around one half), for a threshold chosen elsewhere
    and the exact one-sided test at 1 - `level`; 1.0 where no advantage is sure to be shown.

    Parameters
    ----------
    n_members, n_nonmembers : records measured (not those used to choose the attack).
    level, power : 1 - chance of a false alarm, and chance of finding.
    """
    checking.fraction(level, "level")
    checking.fraction(power, "power")
    if min(n_members, n_nonmembers) < 1:
        raise InvalidInput(
            f"`n_members` and `n_nonmembers` need 1 or more, got {n_members} and {n_nonmembers}."
        )
    spread = (1 / n_members + 1 / n_nonmembers) ** 0.5
    alarm, find = float(ndtri(level)), float(ndtri(power))
    step = 0.5 / min(n_members, n_nonmembers)
    critical = alarm * spread / 2 + step
    gain = critical
    for _ in range(50):
        gain = critical + find * spread * max(0.0, 1 - gain**2) ** 0.5 / 2
    return float(min(1.0, gain))
