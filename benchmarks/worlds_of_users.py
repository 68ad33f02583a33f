"""Worlds of users: records that belong together, without a leak or with one of known size."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from tacit.core import Evidence
from tacit.metrics import auc
from tacit.metrics.clustered import clustered_test
from tacit.metrics.detectable import Detectable, detectable_by
from tacit.metrics.joint import JointTest
from tacit.metrics.looks import Ranked, cut_look, rank_look

# Users, the records of each, how alike those of one user are, whether a user is on both sides.
USERS = {
    "40 + 40, ten copies each": ("copies", 80, 1.0, False),
    "60 + 60 of unequal size": ("bounded", 120, 0.5, False),
    "200 + 200 of three": ("three", 400, 0.2, False),
    "12 + 12 of ten": ("copies", 24, 0.3, False),
    "150 of unequal size, on both sides": ("bounded", 150, 0.5, True),
}


@dataclass(frozen=True, eq=False)
class Users:
    """Scores (n, a) of the records of users: `member` (n,), `user` (n,)."""

    scores: NDArray[np.float64]
    member: NDArray[np.bool_]
    user: NDArray[np.int64]


def tested(users: Users) -> JointTest:
    """The joint test over these users."""
    columns = range(users.scores.shape[1])
    ranked = [Ranked.of(str(column), users.scores[:, column]) for column in columns]
    looks = [look(item, users.member) for item in ranked for look in (rank_look, cut_look)]
    kept = [look for look in looks if look is not None]
    return clustered_test(kept, users.member, users.user)


def called_by_users(users: Users) -> bool:
    """Whether a leak is called."""
    return tested(users).p_value <= 0.05


def detectable_by_users(users: Users) -> Detectable:
    """What is printed as found in 4 audits of 5."""
    return detectable_by(tested(users), "0", users.member)


def user_world(kind: str, seed: list[int]) -> Users:
    """One world of `USERS` without a leak; one normal score."""
    sizes, count, alike, mixed = USERS[kind]
    rng = np.random.default_rng([76, *seed])
    size = user_sizes(sizes, count, rng)
    user = np.repeat(np.arange(count), size)
    member = rng.random(len(user)) < 0.5 if mixed else user < count // 2
    own, each = rng.normal(size=count)[user], rng.normal(size=len(user))
    score = alike**0.5 * own + (1 - alike) ** 0.5 * each
    return Users(score[:, None], member, user)


def exposed(users: Users, size: float, corner: float | None) -> Users:
    """The same with a leak: members moved up by a shift of advantage `size`, or so that the ROC
    curve has two lines which meet at ``(corner, corner + size)``.
    """
    score = users.scores[:, 0].copy()
    inside = score[users.member]
    if corner is None:
        inside = inside + 2 * ndtri((1 + size) / 2)
    else:
        place, bend = ndtr(inside), corner + size
        high = 1 - corner * (1 - place) / bend
        low = (1 - corner) * place / max(1e-12, 1 - bend)
        inside = ndtri(np.clip(np.where(place > 1 - bend, high, low), 1e-12, 1 - 1e-12))
    score[users.member] = inside
    return replace(users, scores=score[:, None])


def user_sizes(kind: str, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Records a user: Pareto (.7) of 1 to 500, lognormal (1.5, 1.3), ``"20 against 1"`` for
    the first half of the users and the others, or 10 each.
    """
    if "against" in kind:
        return np.repeat([int(part) for part in kind.split("against")], count // 2)
    if kind == "pareto":
        return np.clip(np.ceil(rng.pareto(0.7, count)), 1, 500).astype(int)
    if kind == "bounded":
        return np.clip((rng.random(count) ** (-1 / 1.2)).astype(int), 1, 200)
    if kind == "three":
        return np.full(count, 3)
    if kind == "lognormal":
        return np.maximum(1, np.round(rng.lognormal(1.5, 1.3, count))).astype(int)
    return np.full(count, 10)


def clustered_null(kind: str, inside: int, outside: int, seed: int) -> tuple[bool, bool]:
    """Whether users without a leak are called one, and whether the interval holds an AUC of .5."""
    rng = np.random.default_rng([75, seed])
    size = user_sizes(kind, inside + outside, rng)
    user = np.repeat(np.arange(inside + outside), size)
    own = np.repeat(rng.normal(size=(inside + outside, 1)), size, axis=0)
    scores = 0.4 * own + 0.9 * rng.normal(size=(len(user), 3))
    member = user < inside
    test = tested(Users(scores, member, user))
    area = auc(Evidence(scores[:, 0], member, user))
    return test.p_value <= 0.05, area.low <= 0.5 <= area.high
