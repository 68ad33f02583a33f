"""One test of many scores on all records: how often does a random answer key do as well?

Scores that were made without the answer key are as they are whoever is a member. If membership was
decided by coins or a random split, every answer key with as many members was as likely: that gives
the exact distribution of the best of all scores, however they depend on one another.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from tacit.core import InvalidInput, Membership, NotEnoughData
from tacit.metrics.detectable import detectable_by_looks

Floats = NDArray[np.float64]

# Answer keys drawn. A p-value of .05 is then known to .003, and none is below 1 / 5,000.
DRAWS = 4_999
# Beyond so many members (and non-members) sums of ranks are normal to three digits, and normals
# with the same correlation are drawn in place of answer keys.
MOST_RELABELLED = 2_500
NORMAL_DRAWS = 50_000
# Below so many draws that do as well, the normal tail is used, corrected for all looks.
FEWEST_COUNTED = 10
# The tails that are looked at besides the ranks: a leak of a few records shows there.
TOP_SHARES = (0.1, 0.01)
# A tail of fewer records has no significant outcome.
FEWEST_IN_TAIL = 5
FEWEST_UNITS = 4
BLOCK = 1 << 23
SEED = 20_260


@dataclass(frozen=True, eq=False)
class Joint:
    """What the test says.

    Parameters
    ----------
    p_value : of "membership shows in none of the scores".
    adjusted : the same for each score, corrected for all of them.
    strength : the largest standardised look of each score.
    null : the largest of all looks with random answer keys, float (draws,).
    looked : what is known of the looks at each score without a leak.
    """

    p_value: float
    adjusted: Mapping[str, float]
    strength: Mapping[str, float]
    null: Floats
    looked: Mapping[str, "Looked"]

    @property
    def best(self) -> str:
        """The score that shows most."""
        return min(self.adjusted, key=lambda name: (self.adjusted[name], -self.strength[name]))

    def detectable(self, name: str, *, alpha: float) -> float:
        """The advantage of a leak in the score `name` that is found in 4 audits of 5.

        Parameters
        ----------
        name : of a score (of what is added up there is no ROC curve).
        alpha : chance of a false alarm of this test.
        """
        # so many draws may do as well: p-values are (reached + 1) / (draws + 1)
        rank = int(np.floor(alpha * (len(self.null) + 1))) - 1
        if rank < 0:
            return 1.0
        limit = float(np.sort(self.null)[-rank - 1])
        look = self.looked[name]
        return detectable_by_looks(
            look.is_rank,
            look.place,
            look.spread,
            limit,
            look.correlation,
            share=look.share,
            n=look.n,
        ).worst


@dataclass(frozen=True, eq=False)
class Looked:
    """The looks at one score without a leak; see `detectable_by_looks`."""

    is_rank: NDArray[np.bool_]
    place: Floats
    spread: Floats
    correlation: Floats
    share: float
    n: int


def joint_test(
    scores: Mapping[str, Floats],
    membership: Membership,
    *,
    counts: Mapping[str, Floats] | None = None,
) -> Joint:
    """Whether members score higher than non-members in any of the scores.

    Each score is looked at by its ranks and by its highest tenth and hundredth; each of `counts` by
    its sum. Every look is standardised by its mean and variance under a random answer key, and the
    largest is compared with the largest of random answer keys [1]_.

    Parameters
    ----------
    scores : float (n,) each, larger for members; made without the answer key.
    membership : who is a member; whole clusters are relabelled together.
    counts : float (n,) each, of which the sum over members matters as it is.

    Raises
    ------
    InvalidInput : a cluster has members and non-members.
    NotEnoughData : fewer than 4 members or non-members (or clusters of them).

    References
    ----------
    .. [1] Westfall, Young, Resampling-Based Multiple Testing, 1993, ch. 2.
    """
    owner, plain = _looks(scores, counts or {})
    member, looks, size = _by_unit(plain, membership)
    fewest = int(min(np.count_nonzero(member), np.count_nonzero(~member)))
    if fewest < FEWEST_UNITS:
        message = (
            f"A test on relabelled records needs {FEWEST_UNITS} members and non-members, got "
            f"{fewest}."
        )
        raise NotEnoughData(message, needed=FEWEST_UNITS, got=fewest, unit="members or non-members")
    if size is None and fewest > MOST_RELABELLED:
        drawn = _normal(looks, member)
    else:
        drawn = _relabelled(looks, member, size)
    observed, null = drawn.observed, drawn.null
    names = [*scores, *(counts or {})]
    strength = {name: float(observed[owner == i].max()) for i, name in enumerate(names)}
    adjusted = {name: _p_value(strength[name], null, len(looks)) for name in names}
    looked = {
        name: _looked(plain[owner == i], drawn, owner == i, membership.member)
        for i, name in enumerate(scores)
    }
    return Joint(min(adjusted.values()), adjusted, strength, null, looked)


@dataclass(frozen=True, eq=False)
class _Drawn:
    """Standardised looks, the largest of each draw, and how looks vary and go together."""

    observed: Floats
    null: Floats
    spread: Floats
    correlation: Floats


def _looked(
    looks: Floats, drawn: _Drawn, own: NDArray[np.bool_], member: NDArray[np.bool_]
) -> Looked:
    """Of one score, whose first look is its ranks; the others are cuts."""
    is_rank = np.arange(len(looks)) == 0
    # ranks are looked at as they are, and told of twice
    spread = drawn.spread[own] * np.where(is_rank, 2.0, 1.0)
    place = np.where(is_rank, 0.0, looks.mean(axis=1))
    link = drawn.correlation[np.ix_(own, own)]
    return Looked(is_rank, place, spread, link, float(member.mean()), len(member))


def _looks(
    scores: Mapping[str, Floats], counts: Mapping[str, Floats]
) -> tuple[NDArray[np.int64], Floats]:
    """Which score each look is of, and the looks, float (l, n), none of them constant."""
    owner, rows = [], []
    for index, score in enumerate(scores.values()):
        for look in looks_of(score):
            owner.append(index)
            rows.append(look)
    for index, count in enumerate(counts.values(), start=len(scores)):
        owner.append(index)
        rows.append(np.asarray(count, np.float64))
    return np.array(owner), np.stack(rows)


def looks_of(score: Floats) -> list[Floats]:
    """The looks at one score: its mid-ranks, and who stands in its highest tenth and hundredth.

    Parameters
    ----------
    score : float (n,)
    """
    _, place, size = np.unique(
        np.asarray(score, np.float64), return_inverse=True, return_counts=True
    )
    middle = np.cumsum(size) - (size - 1) / 2
    looks, seen = [middle[place]], set[int]()
    above = np.cumsum(size[::-1])[::-1]
    for share in TOP_SHARES:
        # among equal scores no record is taken before another: the nearest place of change
        cut = int(np.argmin(np.abs(np.log(above / (share * len(score))))))
        if FEWEST_IN_TAIL <= above[cut] < len(score) and cut not in seen:
            seen.add(cut)
            looks.append((place >= cut).astype(np.float64))
    return looks


def _by_unit(
    looks: Floats, membership: Membership
) -> tuple[NDArray[np.bool_], Floats, Floats | None]:
    """The truth and the looks of each unit, and its size where units are clusters."""
    member = membership.member
    if membership.cluster is None:
        return member, looks, None
    unit = membership.cluster
    size = np.bincount(unit)
    inside = np.bincount(unit, weights=member)
    if ((inside > 0) & (inside < size)).any():
        n = int(np.count_nonzero((inside > 0) & (inside < size)))
        raise InvalidInput(
            f"`cluster` needs clusters that are in or out as a whole, got {n} with both members "
            "and non-members. Draw whole clusters, or leave `cluster` out."
        )
    centred = looks - looks.mean(axis=1, keepdims=True)
    summed = np.stack([np.bincount(unit, weights=look) for look in centred]).astype(np.float64)
    return inside > 0, summed, size.astype(np.float64)


def _normal(looks: Floats, member: NDArray[np.bool_]) -> _Drawn:
    """The standardised looks, and the largest of normals with the same correlation."""
    standard, scale = _standardised(looks, member)
    link = standard @ standard.T
    value, vector = np.linalg.eigh(link)
    root = vector * np.sqrt(np.maximum(value, 0))
    drawn = np.random.default_rng(SEED).normal(size=(NORMAL_DRAWS, len(looks))) @ root.T
    spread = _spread(looks, member)
    return _Drawn(standard @ member / scale, drawn.max(axis=1), spread, link)


def _spread(looks: Floats, member: NDArray[np.bool_]) -> Floats:
    """Standard deviation of each look's mean over members less that over the others."""
    n, m = len(member), int(np.count_nonzero(member))
    centred = looks - looks.mean(axis=1, keepdims=True)
    return np.asarray(np.linalg.norm(centred, axis=1) * np.sqrt(n / ((n - 1) * m * (n - m))))


def _standardised(looks: Floats, member: NDArray[np.bool_]) -> tuple[Floats, float]:
    """Looks with mean 0 and length 1 (constant ones stay 0); the s.d. of their sum over members."""
    centred = looks - looks.mean(axis=1, keepdims=True)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    n, m = len(member), int(np.count_nonzero(member))
    scale = float(np.sqrt(m * (n - m) / (n * (n - 1))))
    return centred / np.where(length > 0, length, 1.0), scale


def _relabelled(looks: Floats, member: NDArray[np.bool_], size: Floats | None) -> _Drawn:
    standard, scale = _standardised(looks, member)
    rng = np.random.default_rng(SEED)
    # the order of the records must not matter: they are put in an order of their own first
    order = np.lexsort(standard)
    keys = np.concatenate([member[order][None], _answer_keys(member[order], rng)])
    if size is None:
        values = keys @ standard[:, order].T / scale
        spread, link = _spread(looks, member), standard @ standard.T
    else:
        ours, sizes = looks[:, order], size[order]
        inside = keys @ sizes
        values = keys @ ours.T * (sizes.sum() / (inside * (sizes.sum() - inside)))[:, None]
        spread = values[1:].std(axis=0)
        values = (values - values[1:].mean(axis=0)) / np.where(spread > 0, spread, 1.0)
        link = values[1:].T @ values[1:] / len(values[1:])
    return _Drawn(values[0], values[1:].max(axis=1), spread, link)


def _answer_keys(member: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.float32]:
    """Random answer keys with as many members, float32 (draws, n)."""
    keys = np.empty((DRAWS, len(member)), np.float32)
    step = max(1, BLOCK // len(member))
    for start in range(0, DRAWS, step):
        part = keys[start : start + step]
        part[:] = member
        rng.permuted(part, axis=1, out=part)
    return keys


def _p_value(strength: float, null: Floats, n_looks: int) -> float:
    reached = int(np.count_nonzero(null >= strength - 1e-9))
    if reached < FEWEST_COUNTED and len(null) == NORMAL_DRAWS:
        return float(min(1.0, n_looks * ndtr(-strength)))
    return (reached + 1) / (len(null) + 1)
