"""What the shadow models say of each record in its two worlds, IN and OUT, as counts, means and
sums of squares.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from tacit.core import InvalidInput, NotEnoughData, Signals

BLOCK = 2048
MODELS = 32
N_SHOWN = 3
CANCELLED = 1e-11
LOG_LIKELIHOODS = frozenset(
    {"loss", "gaussian_log_likelihood", "negative_squared_error", "negative_absolute_error"}
)
PROBABILITIES = frozenset({"confidence", "max_confidence"})

Mode = Literal["auto", "online", "offline"]
Transform = Callable[[NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class World:
    """Sufficient statistics of the models of one world.

    Parameters
    ----------
    count : int (n,), how many shadow models of each record belong to this world.
    mean : float64 (n, q), their mean signal; 0 where there is none.
    squares : float64 (n, q), sum of squared deviations from that mean.
    """

    count: NDArray[np.int64]
    mean: NDArray[np.float64]
    squares: NDArray[np.float64]

    def less(self, value: NDArray[Any], inside: NDArray[np.bool_]) -> "World":
        """The world without one model, whose signal is `value` (n, q) and which belongs to it where
        `inside` (n,).
        """
        count = self.count - inside
        left = np.maximum(count, 1)[:, None]
        gone = np.where(inside[:, None], np.asarray(value, np.float64) - self.mean, 0.0)
        mean = self.mean - gone / left
        squares = self.squares - gone * (gone + gone / left)
        # what cancellation leaves of a sum of squares that is truly zero
        squares[(squares < CANCELLED * self.squares) | (count < 2)[:, None]] = 0.0
        mean[count == 0] = 0.0
        return World(count, mean, squares)

    @property
    def variance(self) -> NDArray[np.float64]:
        """float64 (n, q), mean squared deviation (division by the count)."""
        return self.squares / np.maximum(self.count, 1)[:, None]


@dataclass(frozen=True, eq=False)
class Worlds:
    """Both worlds of every record: the models trained with it, and those trained without."""

    inside: World
    outside: World

    @classmethod
    def of(cls, signals: Signals, *, transform: Transform | None = None) -> "Worlds":
        """One pass over the shadow models, a block of records at a time; float64 sums, also for
        float32 memory maps.

        Parameters
        ----------
        signals : with m shadow models.
        transform : of the signal, before anything is summed.

        Raises
        ------
        NotEnoughData : there is no shadow model.
        """
        if signals.n_shadows == 0:
            message = (
                "Attacks with shadow models need at least one shadow model, got none: pass `shadow`"
                " and `shadow_member`."
            )
            raise NotEnoughData(message, needed=1, got=0, unit="shadow models")
        n, q = signals.target.shape
        inside = World(np.zeros(n, np.int64), np.zeros((n, q)), np.zeros((n, q)))
        outside = World(np.zeros(n, np.int64), np.zeros((n, q)), np.zeros((n, q)))
        step = max(1, BLOCK // q)
        for start in range(0, n, step):
            rows = slice(start, start + step)
            _fill(
                signals.shadow[:, rows],
                signals.shadow_member[:, rows],
                transform,
                (inside, outside),
                rows,
            )
        return cls(inside, outside)

    def without(self, *models: tuple[NDArray[Any], NDArray[np.bool_]]) -> "Worlds":
        """The worlds without some models, each given by its signal (n, q) and its membership
        (n,).
        """
        inside, outside = self.inside, self.outside
        for value, member in models:
            inside, outside = inside.less(value, member), outside.less(value, ~member)
        return Worlds(inside, outside)

    def take(self, rows: NDArray[Any]) -> "Worlds":
        """The records `rows`."""
        return Worlds(
            *(
                World(w.count[rows], w.mean[rows], w.squares[rows])
                for w in (self.inside, self.outside)
            )
        )

    def online(self, mode: Mode, attack: str, *, inside: int = 1, outside: int = 1) -> bool:
        """Whether `attack` may use IN models: as `mode` says, or (``"auto"``) where every record
        has some.

        Raises
        ------
        NotEnoughData : a record has fewer than `outside` OUT models, or, online, fewer than
            `inside` IN models.
        """
        if mode not in get_args(Mode):
            raise InvalidInput(f"`mode` needs one of {', '.join(get_args(Mode))}, got {mode!r}.")
        online = mode == "online" or (mode == "auto" and bool((self.inside.count > 0).all()))
        self.require(attack, inside=inside if online else 0, outside=outside)
        return online

    def require(self, attack: str, *, inside: int, outside: int) -> None:
        """Raise `NotEnoughData` where a record has fewer models than `attack` needs in one of its
        worlds.
        """
        for needed, world, word in (
            (inside, self.inside, "with"),
            (outside, self.outside, "without"),
        ):
            short = np.flatnonzero(world.count < needed)
            if len(short):
                raise _too_few(attack, needed, world, word, short)


def _too_few(
    attack: str, needed: int, world: World, word: str, short: NDArray[np.intp]
) -> NotEnoughData:
    got = int(world.count[short].min())
    shown = ", ".join(str(int(row)) for row in short[:N_SHOWN]) + (
        ", ..." if len(short) > N_SHOWN else ""
    )
    plural, records = (
        "models" if needed != 1 else "model",
        "records" if len(short) != 1 else "record",
    )
    advice = " or use `mode='offline'`" if word == "with" else ""
    message = (
        f"{attack} needs {needed} shadow {plural} {word} each record, got {got} for {len(short)}"
        f" {records} (first: {shown}). Train more shadow models{advice}."
    )
    return NotEnoughData(message, needed=needed, got=got, unit=f"shadow models {word} each record")


def _fill(
    block: NDArray[Any],
    member: NDArray[np.bool_],
    transform: Transform | None,
    worlds: tuple[World, World],
    rows: slice,
) -> None:
    m, b, q = block.shape
    centre = _float64(block[0], transform)
    sums = np.zeros((4, b * q))
    for start in range(0, m, MODELS):
        part = block[start : start + MODELS]
        value = ((part if transform is None else _float64(part, transform)) - centre).reshape(
            -1, b * q
        )
        inside = value * np.repeat(member[start : start + MODELS], q, axis=1).astype(np.float64)
        sums[0] += value.sum(axis=0)
        sums[1] += inside.sum(axis=0)
        sums[2] += np.einsum("kb,kb->b", value, value)
        sums[3] += np.einsum("kb,kb->b", inside, value)
    total, total_in, squares, squares_in = sums.reshape(4, b, q)
    count_in = np.count_nonzero(member, axis=0)
    parts = (
        (count_in, total_in, squares_in),
        (m - count_in, total - total_in, squares - squares_in),
    )
    for world, (count, total, square) in zip(worlds, parts):
        mean = total / np.maximum(count, 1)[:, None]
        world.count[rows] = count
        world.mean[rows] = np.where(count[:, None] > 0, mean + centre, 0.0)
        world.squares[rows] = np.where(
            count[:, None] > 1, np.maximum(square - total * mean, 0.0), 0.0
        )


def _float64(value: NDArray[Any], transform: Transform | None) -> NDArray[np.float64]:
    wide = np.asarray(value, np.float64)
    return wide if transform is None else transform(wide)


def probability(value: NDArray[Any], statistic: str) -> NDArray[np.float64]:
    """The signal as a probability: itself, exp of a log-likelihood (``"loss"``), or the logistic
    function of anything else.
    """
    wide = np.asarray(value, np.float64)
    if statistic in PROBABILITIES:
        return wide
    return np.asarray(np.exp(wide) if statistic in LOG_LIKELIHOODS else expit(wide), np.float64)


def over_queries(value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over the queries of each record, float64 (n,)."""
    return value[:, 0] if value.shape[1] == 1 else value.mean(axis=1)
