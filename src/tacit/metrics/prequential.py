"""Grading an attacker that learns: it scores each fold after it was told the folds before.

Given the deal, the membership of the earlier folds and the number of members in a fold, all
labellings of that fold are equally likely under "no leak", and the attacker has seen nothing else.
So the sum over folds has a known law whatever the attacker does, and no record is used only to fit
except those of the first fold.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from tacit.core.sorting import Places, counted, placed, taken
from tacit.metrics.looks import Look, Ranked, tail_table
from tacit.metrics.rows import Floats, Rows

# Fits on 20, 40, 60 and 80 % of the records cost two whole fits. Simulated against one direction
# (a half fits, a half is graded): 90 % for 80 % power.
N_FOLDS = 5
# Of each fold, the share that the second look takes for members: where tails of a leak show.
TOP = 0.1
# Folds of fewer records are counted out, since a normal sum is too rough for them.
FEW_IN_FOLD = 50
SEED = 20_251_127


def deal_folds(
    order: Places, *, cluster: NDArray[np.int64] | None = None, n_folds: int = N_FOLDS
) -> NDArray[np.int8]:
    """Deal records into folds that are alike, by the pooled records alone: int8 (n,).

    Neighbours in `order` go to different folds. There is no seed to choose, and the order in which
    the records came does not matter.

    Parameters
    ----------
    order : int (n,), the records in ascending order of a signal.
    cluster : int (n,), 0 to c - 1; clusters are dealt whole, in the order of their mean place.
    n_folds : number of folds.
    """
    n = len(order)
    if cluster is None:
        return placed(_dealt(n, n_folds), order)
    place = placed(np.arange(n), order)
    size = np.bincount(cluster)
    mean = np.bincount(cluster, weights=place) / np.maximum(size, 1)
    # clusters with the same mean place hold different records: the least place tells them apart
    first = np.full(len(size), n, np.int64)
    np.minimum.at(first, cluster, place)
    where = np.empty(len(size), np.int64)
    where[np.lexsort((first, size, mean))] = np.arange(len(size))
    return _dealt(len(size), n_folds)[where][cluster]


def _dealt(n: int, n_folds: int) -> NDArray[np.int8]:
    """Folds of n places: a fixed random order of all folds in each run of `n_folds` places."""
    blocks = -(-n // n_folds)
    hands = np.random.default_rng(SEED).random((blocks, n_folds)).argsort(axis=1)
    return hands.ravel()[:n].astype(np.int8)


def learned_looks(
    source: str, score: NDArray[np.floating], fold: NDArray[np.int8], member: NDArray[np.bool_]
) -> tuple[Look, Look]:
    """Ranks within folds, and the top of each fold: two looks for the joint test.

    Parameters
    ----------
    source : name of the attack.
    score : float (n,), of each fold by an attacker who was told the folds before it.
    fold : int8 (n,), 0 for the records that nobody scored.
    member : bool (n,), the truth.
    """
    rank, high = np.zeros(len(score), np.int64), np.zeros(len(score))
    parts = []
    for number in range(1, int(fold.max()) + 1):
        records = np.flatnonzero(fold == number)
        if len(records) == 0:
            continue
        ranked = Ranked.of(source, score[records])
        n_top = _nearest_top(ranked)
        assert ranked.order is not None
        chosen = records[ranked.order[len(records) - n_top :]]
        rank[records] = ranked.rank
        high[records] = -n_top / max(1, len(records))
        high[chosen] += 1
        n_members = int(np.count_nonzero(member[records]))
        hits = int(np.count_nonzero(member[chosen]))
        parts.append((ranked, n_members, int(rank[records][member[records]].sum()), n_top, hits))
    code = np.zeros(len(score), np.uint8)
    widest = max((len(ranked.rank) for ranked, *_ in parts), default=1)
    by_rank, by_top = _rank_tail(parts), _top_tail(parts)
    return (
        _look(source, Rows(code, 1, rank), by_rank, 0.5 / max(1, widest)),
        _look(source, Rows(code, 1, high), by_top, 1.0),
    )


def places_within(look: Look, fold: NDArray[np.int8]) -> tuple[NDArray[np.intp], Floats]:
    """The records (t,) that somebody scored, and where each stands in its fold, float64 (t,) from
    -1 to 1: scores of different fits do not compare, ranks within folds do.

    Parameters
    ----------
    look : ranks within folds, the first of `learned_looks`.
    fold : int8 (n,), 0 for the records that nobody scored.
    """
    assert look.rows.weight is not None
    rows = np.flatnonzero(fold)
    size = counted(fold, int(fold.max()) + 1)
    place = taken(look.rows.weight, rows) / size[taken(fold, rows).astype(np.intp)]
    return rows, np.asarray(place, np.float64)


def _look(source: str, rows: Rows, tail: tuple[float, float], unit: float) -> Look:
    p_value, least = (np.array([number]) for number in tail)
    return Look(source, "learned", rows, p_value, least, np.array([unit]))


_Part = tuple[Ranked, int, int, int, int]


def _nearest_top(ranked: Ranked) -> int:
    """Records in the top cut of a fold: where the score changes, nearest to `TOP` of them."""
    n = len(ranked.rank)
    allowed = n - 1 - np.flatnonzero(ranked.step)
    if len(allowed) == 0:
        return 0
    return int(allowed[np.argmin(np.abs(np.log(allowed / (TOP * n))))])


def _rank_tail(parts: list[_Part]) -> tuple[float, float]:
    """P-value of the sum of the members' ranks over folds, and the smallest that it can have."""
    total = sum(part[2] for part in parts)
    if all(len(ranked.rank) < FEW_IN_FOLD for ranked, *_ in parts):
        chance, low = np.ones(1), 0
        for ranked, n_members, *_ in parts:
            own, start = rank_chances(ranked.rank, n_members)
            chance, low = np.convolve(chance, own), low + start
        return _tail_of(chance, total - low)
    variance = sum(_variance(ranked.rank, n_members) for ranked, n_members, *_ in parts)
    # a record may rise by one rank, which is two here: half of that is the correction for steps
    p_value = float(ndtr(-(total - 1) / variance**0.5)) if variance > 0 else 1.0
    return p_value, 0.0


def _top_tail(parts: list[_Part]) -> tuple[float, float]:
    """P-value of the members in the tops of all folds, and the smallest that it can have."""
    chance, excess = np.ones(1), 0
    mean = variance = 0.0
    hits = sum(part[4] for part in parts)
    for ranked, n_members, _, n_top, _ in parts:
        n = len(ranked.rank)
        table = tail_table(n, n_members, n_top) if n else None
        if table is None:
            chance = np.zeros(0)
        else:
            own = -np.diff(np.append(table.tail, 0.0))
            chance, excess = np.convolve(chance, own), excess + table.first
        mean += n_top * n_members / max(1, n)
        variance += n_top * (n - n_top) * n_members * (n - n_members) / max(1, n**2 * (n - 1))
    if len(chance):
        return _tail_of(chance, hits - excess)
    p_value = float(ndtr(-(hits - 0.5 - mean) / variance**0.5)) if variance > 0 else 1.0
    return p_value, 0.0


def _tail_of(chance: Floats, place: int) -> tuple[float, float]:
    tail = np.cumsum(chance[::-1])[::-1] / chance.sum()
    reached = np.flatnonzero(chance > 0)
    return float(tail[min(max(place, 0), len(tail) - 1)]), float(tail[reached[-1]])


def _variance(rank: NDArray[np.integer], n_members: int) -> float:
    """Variance of the sum over random members of centred ranks."""
    n = len(rank)
    squares = float(np.sum(rank.astype(np.float64) ** 2))
    return n_members * (n - n_members) / max(1, n * (n - 1)) * squares


def rank_chances(rank: NDArray[np.integer], n_members: int) -> tuple[Floats, int]:
    """Chance of each sum of centred ranks over random members, and the smallest sum.

    Examples
    --------
    >>> chance, low = rank_chances(np.array([-2, 0, 2]), 1)
    >>> chance.round(3).tolist(), low
    ([0.333, 0.0, 0.333, 0.0, 0.333], -2)
    """
    n = len(rank)
    shifted = (rank - rank.min()).astype(np.int64) if n else np.zeros(0, np.int64)
    most = int(np.sort(shifted)[n - n_members :].sum())
    ways = np.zeros((n_members + 1, most + 1))
    ways[0, 0] = 1
    for value in shifted:
        ways[1:, value:] += ways[:-1, : most + 1 - value]
    low = int(n_members * rank.min()) if n else 0
    return ways[n_members] / ways[n_members].sum(), low
