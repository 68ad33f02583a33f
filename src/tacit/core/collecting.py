"""Let an attack guess and mark its guesses: the only place where scores and truth are joined."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import checking
from tacit.core.errors import InvalidInput, NotEnoughData
from tacit.core.evidence import Evidence
from tacit.core.membership import Membership
from tacit.core.options import require_a
from tacit.core.signals import Signals

Scorer = Callable[[Signals], NDArray[np.floating[Any]]]


def collect(
    attack: Scorer, signals: Signals, membership: Membership, *, folds: int = 5, seed: int = 0
) -> Evidence:
    """Let `attack` guess, then mark its guesses.

    An attack that learns (``attack.learns``) is cross-fitted: the records are dealt into `folds`
    parts, whole clusters together, and each part is scored by a guesser who was told the membership
    of the others only. Where ``signals.known`` tells some records already, the guesser keeps that
    knowledge and the rest is scored.

    Parameters
    ----------
    attack : any callable from Signals to scores (n,).
    signals : what the guesser observes of n records.
    membership : the answer key of the same records.
    folds, seed : how records are dealt for an attack that learns.

    Raises
    ------
    InvalidInput : something is none of these, lengths differ, or the attack returned NaN or the
        wrong shape.
    NotEnoughData : there is no member or no non-member to score.
    """
    require_attack(attack)
    require_a(signals, Signals, "signals", "Signals.of(score) makes one of scores.")
    require_a(membership, Membership, "membership", "Membership(member) makes one of 0 and 1.")
    if signals.n != membership.n:
        raise InvalidInput(
            f"`signals` and `membership` need the same records, got {signals.n} and {membership.n}."
        )
    unknown = signals.known == -1
    every = bool(unknown.all())
    if getattr(attack, "learns", False) and every:
        score = _cross_fitted(attack, signals, membership, deal(membership, folds, seed=seed))
    else:
        score = _scores(attack, signals)
    row = None if every else np.flatnonzero(unknown).astype(np.int64, copy=False)
    kept = slice(None) if every else unknown
    cluster = None if membership.cluster is None else membership.cluster[kept]
    evidence = Evidence(
        checking.frozen(score[kept]),
        membership.member[kept],
        cluster,
        membership.assignment,
        repr(attack),
        row,  # type: ignore[arg-type]
    )
    _require_two_sides(evidence.member)
    return evidence


def require_attack(attack: object) -> None:
    """Raise where `attack` is a class or a name, and not an attack.

    Raises
    ------
    InvalidInput : it cannot be asked for scores.
    """
    if isinstance(attack, type):
        raise InvalidInput(f"An attack is made of its class: write `{attack.__name__}()`.")
    if not callable(attack):
        raise InvalidInput(
            f"`attack` needs an attack such as tacit.attacks.LiRA(), got {attack!r}."
        )


def deal(membership: Membership, parts: int, *, seed: int) -> NDArray[np.int8]:
    """Deal records into `parts` of equal size: int8 (n,), clusters whole, members and non-members
    in proportion.

    Raises
    ------
    NotEnoughData : members or non-members (or clusters that hold some) are fewer than `parts`.
    """
    cluster = membership.cluster
    inside, outside = _sides(membership)
    for side, stratum in (("members", inside), ("non-members", outside)):
        count = int(np.count_nonzero(stratum))
        if count < parts:
            message = (
                f"Dealing records into {parts} parts needs {parts} {side} (or clusters of them),"
                f" got {count}."
            )
            raise NotEnoughData(message, needed=parts, got=count, unit=side)
    part = np.zeros(len(inside), np.int8)
    rng = np.random.default_rng(seed)
    dealt = 0
    for stratum in (inside & ~outside, outside & ~inside, inside & outside):
        count = int(np.count_nonzero(stratum))
        hand = ((np.arange(count) + dealt) % parts).astype(np.int8)
        rng.shuffle(hand)
        part[stratum] = hand
        dealt += count
    return part if cluster is None else part[cluster]


def _sides(membership: Membership) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """For each unit (record or cluster): does it hold members, does it hold non-members?"""
    if membership.cluster is None:
        return membership.member, ~membership.member
    size = np.bincount(membership.cluster)
    inside = np.bincount(membership.cluster, weights=membership.member, minlength=len(size))
    return inside > 0, inside < size


def _cross_fitted(
    attack: Scorer, signals: Signals, membership: Membership, part: NDArray[np.int8]
) -> NDArray[np.floating[Any]]:
    score = np.empty(signals.n, np.float64)
    truth = membership.member.astype(np.int8)
    for hidden in range(int(part.max()) + 1):
        inside = part == hidden
        score[inside] = _scores(attack, signals.told(np.where(inside, np.int8(-1), truth)))[inside]
    return score


def _scores(attack: Scorer, signals: Signals) -> NDArray[np.floating[Any]]:
    score = np.asarray(attack(signals))
    if score.shape != (signals.n,) or score.dtype.kind != "f":
        raise InvalidInput(
            f"{attack!r} needs to return {signals.n} float scores, got shape {score.shape} of"
            f" {score.dtype}."
        )
    if np.isnan(score).any():
        raise InvalidInput(
            f"{attack!r} returned NaN in {checking.rows_text(np.flatnonzero(np.isnan(score)))}."
        )
    return score


def _require_two_sides(member: NDArray[np.bool_]) -> None:
    n_members = int(np.count_nonzero(member))
    for got, unit, other in (
        (n_members, "members", "non-members"),
        (len(member) - n_members, "non-members", "members"),
    ):
        if got == 0:
            message = (
                f"A guessing game needs members and non-members, got no {unit} ({len(member)}"
                f" {other if len(member) > 1 else other.removesuffix('s')})."
            )
            raise NotEnoughData(message, needed=1, got=0, unit=unit)
