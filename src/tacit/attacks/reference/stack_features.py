"""What the shadow stack sees of each record: the scores of single attacks, and what they are made
of.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.attacks.base_ratio import log, mean_of_all
from tacit.attacks.eblira import Predictive, predictive
from tacit.attacks.lira import raw_variance
from tacit.attacks.reference.in_out import World, Worlds, over_queries, probability
from tacit.core import NotEnoughData, Signals

SMALLEST_VARIANCE = 1e-12


@dataclass(frozen=True, eq=False)
class Pair:
    """The worlds of every record twice: of the signal, and of its probability."""

    signal: Worlds
    chance: Worlds
    statistic: str

    @classmethod
    def of(cls, signals: Signals) -> "Pair":
        """From all shadow models."""
        statistic = signals.statistic
        return cls(
            Worlds.of(signals),
            Worlds.of(signals, transform=lambda value: probability(value, statistic)),
            statistic,
        )

    def without(self, signals: Signals, models: tuple[int, ...]) -> "Pair":
        """Both without some of the shadow models."""
        members = [signals.shadow_member[k] for k in models]
        values = [np.asarray(signals.shadow[k], np.float64) for k in models]
        chances = [probability(value, self.statistic) for value in values]
        return Pair(
            self.signal.without(*zip(values, members)),
            self.chance.without(*zip(chances, members)),
            self.statistic,
        )


def stack_features(pair: Pair, target: NDArray[Any], *, online: bool) -> NDArray[np.float32]:
    """float32 (n, d) of a model's signal `target` (n, q); NaN where a record has no model in the
    world that is asked for.

    Parameters
    ----------
    pair : the worlds of the other models.
    target : signal of the model that is guessed about.
    online : whether what the IN models of a record say about itself is used.
    """
    z = np.asarray(target, np.float64)
    chance = log(probability(z, pair.statistic))
    inside, outside = pair.signal.inside, pair.signal.outside
    columns = [
        over_queries(z),
        over_queries(chance - _missing(log(pair.chance.outside.mean), outside)),
    ]
    columns += _predicted(pair.signal, z, online)
    columns += [over_queries(_missing(outside.mean, outside)), _log_spread(outside)]
    if z.shape[1] > 1:
        columns.append(z.std(axis=1))
    if online:
        columns.append(over_queries(chance - log(mean_of_all(pair.chance))))
        columns.append(over_queries(chance - _missing(log(pair.chance.inside.mean), inside)))
        columns.append(over_queries(_fixed(z, inside) - _fixed(z, outside)))
        columns += [over_queries(_missing(inside.mean, inside)), _log_spread(inside)]
    return np.column_stack(columns).astype(np.float32)


def _predicted(worlds: Worlds, z: NDArray[np.float64], online: bool) -> list[NDArray[np.float64]]:
    """EB-LiRA's score, its two predictive centres and spreads, and the standardised distances from
    them.
    """
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
    away_in, away_out = (z - inside.mean) / sd_in, (z - outside.mean) / sd_out
    return np.stack(
        [
            score,
            inside.mean,
            outside.mean,
            np.log(sd_in),
            np.log(sd_out),
            z - outside.mean,
            away_in,
            away_out,
        ]
    )


def _fixed(z: NDArray[np.float64], world: World) -> NDArray[np.float64]:
    variance = np.maximum(raw_variance(world), SMALLEST_VARIANCE)
    return _missing(-0.5 * ((z - world.mean) ** 2 / variance + np.log(variance)), world)


def _log_spread(world: World) -> NDArray[np.float64]:
    variance = world.squares.mean(axis=1) / np.maximum(world.count - 1, 1)
    return np.where(world.count > 1, 0.5 * np.log(np.maximum(variance, SMALLEST_VARIANCE)), np.nan)


def _missing(value: NDArray[np.float64], world: World) -> NDArray[np.float64]:
    return np.where(world.count[:, None] > 0, value, np.nan)
