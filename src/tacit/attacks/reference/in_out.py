"""What the shadow models say of each record in its two worlds, IN and OUT, as counts, means and
sums of squares.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput, NotEnoughData, Signals

MODELS = 32  # summed at a time
BLOCK = 1 << 16  # values of so many models that fit the processor's cache
N_SHOWN = 3

Mode = Literal["auto", "online", "offline"]
Transform = Callable[[NDArray[Any]], NDArray[np.float64]]


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

    def joined(self, other: "World") -> "World":
        """The world of both sets of models, which have no model in common ([1]_, eq. 1.5).

        References
        ----------
        .. [1] Chan, Golub, LeVeque, Updating Formulae and a Pairwise Algorithm for Computing Sample
           Variances, 1979.
        """
        count = self.count + other.count
        share = (other.count / np.maximum(count, 1))[:, None]
        # exact where one side has no model: its mean is 0, and `share` is 0 or 1
        apart = other.mean - self.mean
        mean = self.mean + share * apart
        squares = self.squares + other.squares + self.count[:, None] * share * apart**2
        return World(count, mean, squares)

    @property
    def variance(self) -> NDArray[np.float64]:
        """float64 (n, q), mean squared deviation (division by the count)."""
        return self.squares / np.maximum(self.count, 1)[:, None]

    @property
    def raw_variance(self) -> NDArray[np.float64]:
        """float64 (q,), the variance of all raw values, between records and within."""
        between = self._weight @ (self.mean - self.centre) ** 2
        total = max(1, int(self.count.sum()))
        return np.asarray(self.sum_of_squares / total + between, np.float64)

    @property
    def centre(self) -> NDArray[np.float64]:
        """float64 (q,), the mean of all raw values."""
        return np.asarray(self._weight @ self.mean, np.float64)

    @property
    def sum_of_squares(self) -> NDArray[np.float64]:
        """float64 (q,), squared deviations of all values from the mean of their record."""
        # a product is several times faster than a sum along the long side
        return np.asarray(np.ones(len(self.squares)) @ self.squares, np.float64)

    @property
    def _weight(self) -> NDArray[np.float64]:
        return np.asarray(self.count / max(1, int(self.count.sum())), np.float64)


@dataclass(frozen=True, eq=False)
class Worlds:
    """Both worlds of every record: the models trained with it, and those trained without."""

    inside: World
    outside: World

    @classmethod
    def of(
        cls,
        signals: Signals,
        *,
        transform: Transform | None = None,
        models: Sequence[int] | None = None,
    ) -> "Worlds":
        """One pass over the shadow models, a block of records at a time; float64 sums, also for
        float32 memory maps.

        Parameters
        ----------
        signals : with m shadow models.
        transform : of the signal, before anything is summed.
        models : which of the shadow models; all where None.

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
        if models is not None and len(models) == 1:
            return cls._of_one(signals, models[0], transform)
        chosen = slice(None) if models is None else list(models)
        n_models = signals.n_shadows if models is None else len(models)
        step = max(1, BLOCK // (min(n_models, MODELS) * q))
        for start in range(0, n, step):
            rows = slice(start, start + step)
            _fill(
                signals.shadow[chosen, rows],
                signals.shadow_member[chosen, rows],
                transform,
                (inside, outside),
                rows,
            )
        return cls(inside, outside)

    @classmethod
    def _of_one(cls, signals: Signals, model: int, transform: Transform | None) -> "Worlds":
        value = _float64(signals.shadow[model], transform)
        member = signals.shadow_member[model]
        nothing = np.zeros_like(value)
        return cls(
            *(
                World(mine.astype(np.int64), np.where(mine[:, None], value, 0.0), nothing)
                for mine in (member, ~member)
            )
        )

    def joined(self, other: "Worlds") -> "Worlds":
        """The worlds of both sets of models, which have no model in common."""
        return Worlds(self.inside.joined(other.inside), self.outside.joined(other.outside))

    @property
    def mean_of_all(self) -> NDArray[np.float64]:
        """float64 (n, q), the mean over all models of both worlds."""
        inside, outside = self.inside.count[:, None], self.outside.count[:, None]
        total = inside * self.inside.mean + outside * self.outside.mean
        return np.asarray(total / np.maximum(inside + outside, 1), np.float64)

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


def each_left_out(
    signals: Signals, groups: Sequence[tuple[int, ...]], *, transform: Transform | None = None
) -> Iterator[tuple[tuple[int, ...], Worlds]]:
    """Every group of shadow models, with the worlds summed from all other models.

    No value of a model that is left out ever enters: taking it out of sums by subtraction would
    leave a rounding residue that tells in which world it was. Groups are halved again and again,
    and each half is joined to what is already left: ``log2(groups)`` passes over the models, and as
    many worlds in memory.

    Parameters
    ----------
    signals : with m shadow models.
    groups : models by number, each in one group.
    transform : of the signal, before anything is summed.

    Raises
    ------
    NotEnoughData : fewer than two groups, so that nothing is left.

    Examples
    --------
    >>> member = np.array([[1, 0], [0, 1], [1, 1], [0, 0]], bool)
    >>> shadow = np.arange(8.0).reshape(4, 2)
    >>> signals = Signals.of([0.0, 0.0], shadow=shadow, shadow_member=member)
    >>> for models, left in each_left_out(signals, [(0, 1), (2, 3)]):
    ...     print(models, left.inside.mean[:, 0], left.outside.mean[:, 0])
    (0, 1) [4. 5.] [6. 7.]
    (2, 3) [0. 3.] [2. 1.]
    """
    if len(groups) < 2:
        raise NotEnoughData(
            f"Leaving out needs 2 groups of shadow models, got {len(groups)}.",
            needed=2,
            got=len(groups),
            unit="groups of shadow models",
        )

    def joined(rest: Worlds | None, models: list[int]) -> Worlds:
        more = Worlds.of(signals, transform=transform, models=models)
        return more if rest is None else rest.joined(more)

    def halved(
        part: Sequence[tuple[int, ...]], rest: Worlds | None
    ) -> Iterator[tuple[tuple[int, ...], Worlds]]:
        if len(part) == 1 and rest is not None:
            yield part[0], rest
            return
        middle = len(part) // 2
        first, second = part[:middle], part[middle:]
        for kept, gone in ((first, second), (second, first)):
            yield from halved(kept, joined(rest, [model for group in gone for model in group]))

    yield from halved(list(groups), None)


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
    sums = np.zeros((2, 2, b * q))
    for start in range(0, m, MODELS):
        part = block[start : start + MODELS]
        value = (_float64(part, transform) - centre).reshape(-1, b * q)
        inside = np.repeat(member[start : start + MODELS], q, axis=1)
        for side, mask in zip(sums, (inside, ~inside)):
            # each world is summed by itself: what is left of a difference of sums tells the rest
            own = value * mask
            side[0] += own.sum(axis=0)
            side[1] += np.einsum("kb,kb->b", own, value)
    count_in = np.count_nonzero(member, axis=0)
    for world, count, side in zip(worlds, (count_in, m - count_in), sums):
        total, square = side.reshape(2, b, q)
        mean = total / np.maximum(count, 1)[:, None]
        world.count[rows] = count
        world.mean[rows] = np.where(count[:, None] > 0, mean + centre, 0.0)
        world.squares[rows] = np.where(
            count[:, None] > 1, np.maximum(square - total * mean, 0.0), 0.0
        )


def _float64(value: NDArray[Any], transform: Transform | None) -> NDArray[np.float64]:
    wide = np.asarray(value, np.float64)
    return wide if transform is None else transform(wide)
