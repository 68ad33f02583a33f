"""What the shadow stack sees of each record: the scores of single attacks, and what they are made
of.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.attacks.reference.densities import log_normal, smallest_variance
from tacit.attacks.reference.empirical_bayes import Predictive, predictive
from tacit.attacks.reference.in_out import Transform, World, Worlds, each_left_out
from tacit.attacks.reference.readings import log_probability, over_queries, reading
from tacit.core import NotEnoughData, Signals

Family = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Pair:
    """The worlds of every record twice: of the signal, and of its probability.

    Parameters
    ----------
    signal : of what the models answered.
    chance : of its probability, as `chance_of` reads it.
    chance_of : from a signal to its probability.
    """

    signal: Worlds
    chance: Worlds
    chance_of: Transform

    @classmethod
    def each_left_out(
        cls, signals: Signals, groups: Sequence[Family]
    ) -> Iterator[tuple[Family, "Pair"]]:
        """Every family of shadow models, with the worlds of all others: see `each_left_out`."""
        chance_of = reading(signals, "probability")
        parts = each_left_out(signals, groups)
        chances = each_left_out(signals, groups, transform=chance_of)
        for (group, signal), (_, chance) in zip(parts, chances):
            yield group, cls(signal, chance, chance_of)


@dataclass(frozen=True, eq=False)
class Columns:
    """Columns of a table, being collected: each with the direction in which it speaks for a member.

    Parameters
    ----------
    value : float64 (n,) each.
    direction : 1 where a larger value can only speak for a member, 0 where it may do either.
    """

    value: list[NDArray[np.float64]]
    direction: list[int]

    def add(self, direction: int, *values: NDArray[np.float64]) -> None:
        """Columns of one direction; several queries are averaged."""
        for value in values:
            self.value.append(value if value.ndim == 1 else over_queries(value))
            self.direction.append(direction)

    @property
    def table(self) -> NDArray[np.float32]:
        """float32 (n, d), the columns side by side."""
        return np.column_stack(self.value).astype(np.float32)


def stack_features(pair: Pair, target: NDArray[Any], *, online: bool) -> Columns:
    """Columns of a model's signal `target` (n, q); NaN where a record has no model in the world
    that is asked for. The first is the log-ratio of BASE.

    Parameters
    ----------
    pair : the worlds of the other models.
    target : signal of the model that is guessed about.
    online : whether what the IN models of a record say about itself is used.
    """
    z = np.asarray(target, np.float64)
    inside, outside = pair.signal.inside, pair.signal.outside
    chance = log_probability(pair.chance_of(z))
    likelier = chance - _missing(log_probability(pair.chance.outside.mean), outside)
    table = Columns([], [])
    table.add(1, chance - log_probability(pair.chance.mean_of_all) if online else likelier)
    table.add(1, z)
    _add_predicted(table, pair.signal, z, online)
    table.add(0, _missing(outside.mean, outside), _log_spread(outside, pair.signal))
    if z.shape[1] > 1:
        table.add(0, z.std(axis=1))
    if online:
        table.add(1, likelier, chance - _missing(log_probability(pair.chance.inside.mean), inside))
        table.add(1, _raw_density(z, inside, pair.signal) - _raw_density(z, outside, pair.signal))
        table.add(0, _missing(inside.mean, inside), _log_spread(inside, pair.signal))
    return table


def _add_predicted(table: Columns, worlds: Worlds, z: NDArray[np.float64], online: bool) -> None:
    """EB-LiRA's score, its two predictive centres and spreads, and the distances from them."""
    n, q = z.shape
    sums = np.zeros((8, n))
    try:
        for query in range(q):
            inside, outside = predictive(worlds, query=query, own_inside=online)
            sums += _distances(inside, outside, z[:, query])
    except NotEnoughData:
        sums[:] = np.nan
    sums[:, worlds.outside.count + (worlds.inside.count if online else 0) == 0] = np.nan
    # a signal far above the members' centre is no less a member's than one at it
    table.add(1, *sums[:4] / q)
    table.add(0, *sums[4:] / q)


def _distances(
    inside: Predictive, outside: Predictive, z: NDArray[np.float64]
) -> NDArray[np.float64]:
    sd_in, sd_out = np.sqrt(inside.variance), np.sqrt(outside.variance)
    score = inside.log_density(z) - outside.log_density(z)
    away = z - outside.mean
    upwards = (score, away, (z - inside.mean) / sd_in, away / sd_out)
    return np.stack([*upwards, inside.mean, outside.mean, np.log(sd_in), np.log(sd_out)])


def _raw_density(z: NDArray[np.float64], world: World, worlds: Worlds) -> NDArray[np.float64]:
    variance = np.maximum(world.raw_variance, smallest_variance(worlds))
    return _missing(log_normal(z - world.mean, variance), world)


def _log_spread(world: World, worlds: Worlds) -> NDArray[np.float64]:
    variance = world.squares / np.maximum(world.count - 1, 1)[:, None]
    spread = 0.5 * np.log(np.maximum(variance, smallest_variance(worlds)).mean(axis=1))
    return np.where(world.count > 1, spread, np.nan)


def _missing(value: NDArray[np.float64], world: World) -> NDArray[np.float64]:
    return np.where(world.count[:, None] > 0, value, np.nan)
