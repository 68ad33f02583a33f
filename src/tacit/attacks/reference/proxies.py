"""Other records, in models that were trained on them, as stand-ins for a record that no model was
trained on.
"""

from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.attacks.reference.densities import SMALLEST_SHARE, SMALLEST_VARIANCE
from tacit.core import NotEnoughData, Signals
from tacit.core.threads import one_thread

ENOUGH_SIGNALS = 30  # a median and a spread of fewer are noisier than those of the whole class
ENOUGH_FOR_A_SPREAD = 8  # as many models as LiRA asks for before it trusts a record's own variance
BLOCK = 1 << 22  # signals gathered at a time: 32 MB


@dataclass(frozen=True, eq=False)
class Proxies:
    """What to expect of a record's signal in models trained on it: a Gaussian a record and query.

    Parameters
    ----------
    centre, spread : float64 (n, q).
    """

    centre: NDArray[np.float64]
    spread: NDArray[np.float64]

    @classmethod
    def of_group(cls, signals: Signals, group: NDArray[np.int64]) -> "Proxies":
        """Median and spread of all signals of trained-on records of the same `group` (n,); of all
        where it has fewer than 30.
        """
        everyone = np.asarray(signals.shadow[signals.shadow_member], np.float64)
        of = np.broadcast_to(group, signals.shadow_member.shape)[signals.shadow_member]
        centre, spread = np.empty(signals.target.shape), np.empty(signals.target.shape)
        for code in np.unique(group):
            inside = everyone[of == code]
            inside = inside if len(inside) >= ENOUGH_SIGNALS else everyone
            centre[group == code] = np.median(inside, axis=0)
            spread[group == code] = inside.std(axis=0)
        return cls(centre, np.maximum(spread, smallest_deviation(signals)))

    @classmethod
    def of_neighbours(cls, signals: Signals, n_near: int | None) -> "Proxies":
        """Median and spread of the signals of each record's nearest trained-on records, which are
        never itself.

        Where these are fewer than 8 signals, the spread is the pooled one of all records about
        their own proxies.

        Parameters
        ----------
        n_near : how many; None takes as few as have 30 signals together.

        Raises
        ------
        NotEnoughData : fewer than two records were trained on.
        """
        times = np.count_nonzero(signals.shadow_member, axis=0)
        usable = np.flatnonzero(times)
        if len(usable) < 2:
            message = (
                "PMIA needs 2 records that a shadow model was trained on, to be each other's"
                f" proxies, got {len(usable)}."
            )
            raise NotEnoughData(message, needed=2, got=len(usable), unit="trained-on records")
        k = n_near or ceil(ENOUGH_SIGNALS / float(times[usable].mean()))
        near = nearest(directions(signals.features), signals.group, usable, min(k, len(usable) - 1))
        return cls(*_of_rows(signals, near))


def smallest_deviation(signals: Signals) -> NDArray[np.float64]:
    """float64 (q,), the standard deviation below which a spread is rounding: see
    `SMALLEST_SHARE`.
    """
    variance = np.var(signals.shadow, axis=(0, 1), dtype=np.float64)
    return np.asarray(np.sqrt(np.maximum(SMALLEST_SHARE * variance, SMALLEST_VARIANCE)), np.float64)


def directions(features: NDArray[Any]) -> NDArray[np.float32]:
    """Standardised columns and a constant one, scaled to length one: near rows have a high cosine.
    float32 (n, d + 1).

    The constant keeps the order of records apart where there are few columns.
    """
    wide = np.asarray(features, np.float64)
    scale = wide.std(axis=0)
    varies = scale > 1e-9 * np.abs(wide.mean(axis=0))
    standard = (wide[:, varies] - wide[:, varies].mean(axis=0)) / scale[varies]
    lifted = np.hstack([standard, np.ones((len(wide), 1))])
    return np.asarray(lifted / np.linalg.norm(lifted, axis=1, keepdims=True), np.float32)


def nearest(
    place: NDArray[np.float32], group: NDArray[np.int64], usable: NDArray[np.intp], k: int
) -> NDArray[np.intp]:
    """Rows of the k nearest `usable` records of the same group, without the record itself: int (n,
    k), -1 where there are fewer.

    A record alone in its group gets neighbours of all groups.
    """
    found = np.full((len(place), k), -1, np.intp)
    for code in np.unique(group):
        rows = np.flatnonzero(group == code)
        _search(place, rows, usable[group[usable] == code], found)
    lonely = np.flatnonzero((found == -1).all(axis=1))
    if len(lonely):
        _search(place, lonely, usable, found)
    return found


@one_thread()
def _search(
    place: NDArray[np.float32],
    rows: NDArray[np.intp],
    usable: NDArray[np.intp],
    found: NDArray[np.intp],
) -> None:
    from sklearn.neighbors import NearestNeighbors

    width = min(found.shape[1] + 1, len(usable))
    if not width:
        return
    near = usable[
        NearestNeighbors(n_neighbors=width)
        .fit(place[usable])
        .kneighbors(place[rows], return_distance=False)
    ]
    own = near == rows[:, None]
    near[own] = -1
    last = np.argsort(own, axis=1, kind="stable")[:, : found.shape[1]]
    found[rows, : last.shape[1]] = np.take_along_axis(near, last, axis=1)


def _of_rows(
    signals: Signals, near: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    n, q = signals.target.shape
    centre, squares, count = np.empty((n, q)), np.empty((n, q)), np.empty((n, 1), np.int64)
    step = max(1, BLOCK // (near.shape[1] * signals.n_shadows * q))
    for start in range(0, n, step):
        rows = slice(start, start + step)
        picked = near[rows]
        value = np.asarray(signals.shadow[:, picked], np.float64)
        inside = signals.shadow_member[:, picked] & (picked >= 0)
        together = (
            np.where(inside[..., None], value, np.nan)
            .transpose(1, 0, 2, 3)
            .reshape(len(picked), -1, q)
        )
        centre[rows], squares[rows], count[rows, 0] = _median_and_squares(together)
    pooled = np.sqrt(squares.sum(axis=0) / count.sum())
    spread = np.where(count >= ENOUGH_FOR_A_SPREAD, np.sqrt(squares / count), pooled)
    return centre, np.maximum(spread, smallest_deviation(signals))


def _median_and_squares(
    value: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Medians (b, q), squared deviations from the means (b, q) and counts (b,) of `value` (b, s, q)
    without its NaN.
    """
    count = np.count_nonzero(~np.isnan(value[:, :, 0]), axis=1)
    ranked = np.sort(value, axis=1)
    middle = [
        np.take_along_axis(ranked, rank[:, None, None], axis=1)[:, 0]
        for rank in ((count - 1) // 2, count // 2)
    ]
    squares = np.nansum((value - np.nanmean(value, axis=1, keepdims=True)) ** 2, axis=1)
    return (middle[0] + middle[1]) / 2, squares, count
