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
    chance : of its probability, as `chance_of` reads it; None where the signal has no scale.
    chance_of : from a signal to its probability.
    """

    signal: Worlds
    chance: Worlds | None
    chance_of: Transform

    @classmethod
    def each_left_out(
        cls, signals: Signals, groups: Sequence[Family]
    ) -> Iterator[tuple[Family, "Pair"]]:
        """Every family of shadow models, with the worlds of all others: see `each_left_out`."""
        parts = each_left_out(signals, groups)
        if signals.scale == "none":
            for group, signal in parts:
                yield group, cls(signal, None, reading(signals, "signal"))
            return
        chance_of = reading(signals, "probability")
        chances = each_left_out(signals, groups, transform=chance_of)
        for (group, signal), (_, chance) in zip(parts, chances):
            yield group, cls(signal, chance, chance_of)

    def take(self, rows: NDArray[np.intp]) -> "Pair":
        """The records `rows`."""
        chance = None if self.chance is None else self.chance.take(rows)
        return Pair(self.signal.take(rows), chance, self.chance_of)


def simple_score(signals: Signals, *, online: bool) -> NDArray[np.float64]:
    """The best-informed simple score (n,), from all shadow models: BASE's log-ratio, or EB-LiRA's
    where the signal has no scale to read a probability from; NaN where there is no model to compare
    with.
    """
    if signals.scale == "none":
        pair = Pair(Worlds.of(signals), None, reading(signals, "signal"))
    else:
        chance_of = reading(signals, "probability")
        pair = Pair(Worlds.of(signals), Worlds.of(signals, transform=chance_of), chance_of)
    return stack_features(pair, signals.target, online=online).value[0]


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
        """float32 (n, d), the columns side by side; what is too large becomes the largest float32,
        which trees place at the same end.
        """
        most = float(np.finfo(np.float32).max)
        return np.clip(np.column_stack(self.value), -most, most).astype(np.float32)


def stack_features(pair: Pair, target: NDArray[Any], *, online: bool) -> Columns:
    """Columns of a model's signal `target` (n, q); NaN where a record has no model in the world
    that is asked for. The first is the log-ratio of BASE, or of EB-LiRA where the signal has no
    scale.

    Parameters
    ----------
    pair : the worlds of the other models.
    target : signal of the model that is guessed about.
    online : whether what the IN models of a record say about itself is used.
    """
    z = np.asarray(target, np.float64)
    inside, outside = pair.signal.inside, pair.signal.outside
    ratios = _ratios(pair, z, online)
    predicted = _predicted(pair.signal, z, online)
    table = Columns([], [])
    # a signal far above the members' centre is no less a member's than one at it
    table.add(1, *ratios, *predicted[:4], z)
    table.add(0, *predicted[4:], _missing(outside.mean, outside))
    table.add(0, _log_spread(outside, pair.signal))
    if z.shape[1] > 1:
        table.add(0, z.std(axis=1))
    if online:
        table.add(1, _raw_density(z, inside, pair.signal) - _raw_density(z, outside, pair.signal))
        table.add(0, _missing(inside.mean, inside), _log_spread(inside, pair.signal))
    return table


def _ratios(pair: Pair, z: NDArray[np.float64], online: bool) -> list[NDArray[np.float64]]:
    """Log-ratios of the probability to the mean of all models, of OUT and of IN models, the one of
    BASE first.
    """
    if pair.chance is None:
        return []
    own, all_models = log_probability(pair.chance_of(z)), log_probability(pair.chance.mean_of_all)
    out, inside = (
        _missing(own - log_probability(world.mean), world)
        for world in (pair.chance.outside, pair.chance.inside)
    )
    return [own - all_models, out, inside] if online else [out]


def _predicted(worlds: Worlds, z: NDArray[np.float64], online: bool) -> list[NDArray[np.float64]]:
    """EB-LiRA's score, the distances from its two predictives, and their centres and spreads."""
    n, q = z.shape
    sums = np.zeros((8, n))
    try:
        for query in range(q):
            inside, outside = predictive(worlds, query=query, own_inside=online)
            sums += _distances(inside, outside, z[:, query])
    except NotEnoughData:
        sums[:] = np.nan
    sums[:, worlds.outside.count + (worlds.inside.count if online else 0) == 0] = np.nan
    return list(sums / q)


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
