"""Contracts that every plug-in keeps, for extenders and for us."""

from collections.abc import Callable
from dataclasses import is_dataclass, replace
from typing import Any

import numpy as np

from tacit.core import Estimate, Evidence, Signals, collect
from tacit.testing.games import Game, GaussianShift, ShadowGaussian


def check_attack(
    attack: Any, *, names: dict[str, Any] | None = None, n: int = 1200, seed: int = 0
) -> None:
    """Play the games of known answer with `attack`.

    It must be a frozen dataclass whose `repr` rebuilds it; deterministic; independent of the order
    of records; it must not change its input, find members where there are some, find nothing where
    there are none, and never read what it may not (the membership of scored records).

    Parameters
    ----------
    attack : the attack.
    names : what its `repr` needs besides its own class.
    n, seed : size of the games and their seed.

    Raises
    ------
    AssertionError : says which promise is broken.
    """
    assert is_dataclass(attack), "an attack is a dataclass"
    assert getattr(type(attack), "__dataclass_params__").frozen, "an attack is frozen"  # noqa: B009
    assert isinstance(getattr(attack, "learns", None), bool), (
        "an attack says whether it learns (`learns: ClassVar[bool]`)"
    )
    rebuilt = eval(repr(attack), {type(attack).__name__: type(attack), **(names or {})})
    assert rebuilt == attack, "repr(attack) must rebuild it"
    game = _leaking(n, seed)
    _check_scores(attack, game)
    _check_power(attack, game, _silent(game, seed))


def _leaking(n: int, seed: int) -> Game:
    game = ShadowGaussian(n_shadows=16, shift=2.0).draw(n, seed=seed)
    features = np.column_stack([game.signals.target, np.abs(game.signals.target)])
    group = np.arange(n) % 3
    return Game(replace(game.signals, features=features, group=group), game.membership)


def _silent(game: Game, seed: int) -> Game:
    truth = np.random.default_rng(seed + 1).permutation(game.membership.member)
    return Game(game.signals, type(game.membership)(truth, assignment=game.membership.assignment))


def _check_scores(attack: Any, game: Game) -> None:
    signals = _told(attack, game)
    before = signals.target.copy()
    first, second = attack(signals), attack(signals)
    assert first.shape == (signals.n,), "an attack returns one score a record"
    assert first.dtype.kind == "f", "scores are floats"
    assert np.isfinite(first).all(), "scores are finite"
    np.testing.assert_array_equal(first, second, err_msg="an attack is deterministic")
    np.testing.assert_array_equal(
        before, signals.target, err_msg="an attack leaves its input alone"
    )
    order = np.random.default_rng(5).permutation(signals.n)
    moved = attack(signals.take(order))
    tolerance = 0.05 if attack.learns else 1e-4
    agree = np.corrcoef(np.argsort(np.argsort(moved)), np.argsort(np.argsort(first[order])))[0, 1]
    assert agree > 1 - tolerance, (
        f"scores depend on the order of records (rank correlation {agree:.4f})"
    )


def _told(attack: Any, game: Game) -> Signals:
    if not attack.learns:
        return game.signals
    known = game.membership.member.astype(np.int8)
    known[::2] = -1
    return game.signals.told(known)


def _check_power(attack: Any, leaking: Game, silent: Game) -> None:
    found, null = (
        _auc(collect(attack, game.signals, game.membership)) for game in (leaking, silent)
    )
    n = leaking.signals.n
    noise = np.sqrt((n + 1) / (3 * n * n))
    assert found > 0.5 + 4 * noise, (
        f"the attack finds no members where there are some (AUC {found:.3f})"
    )
    assert abs(null - 0.5) < 5 * noise, (
        f"the attack finds members where there is nothing to find (AUC {null:.3f})"
    )


def _auc(evidence: Evidence) -> float:
    below = np.searchsorted(evidence.nonmember_scores, evidence.member_scores, "left")
    upto = np.searchsorted(evidence.nonmember_scores, evidence.member_scores, "right")
    return float((below + upto).mean() / 2 / evidence.n_nonmembers)


def check_metric(
    metric: Callable[[Evidence], Estimate],
    *,
    monotone: bool = True,
    same_at_any_size: bool = True,
    seed: int = 0,
) -> None:
    """Hold a metric against games of known truth.

    It returns a finite value inside its interval, ignores the order of records and (where it is
    `monotone`) monotone changes of the score; it tells a leak from none; and its interval has a
    width, shrinks with the records, and misses the value that 400,000 records give in no more of 40
    games than its level allows.

    Parameters
    ----------
    metric : a function from Evidence to Estimate.
    monotone : it looks at ranks only.
    same_at_any_size : its truth does not depend on the number of records (it does for a rate at a
        threshold that is guaranteed by the sample), so that coverage can be counted.
    seed : of the games.

    Raises
    ------
    AssertionError : says which promise is broken.
    """
    evidence = _evidence(1.0, 2000, 3000, seed)
    first = metric(evidence)
    assert isinstance(first, Estimate), "a metric returns an Estimate"
    assert np.isfinite(first.value), "its value is finite"
    assert first.low <= first.value <= first.high, "the value lies inside its interval"
    _check_interval(metric, seed, covers=same_at_any_size)
    assert first.assumes, "an estimate says what it assumes"
    order = np.random.default_rng(seed).permutation(len(evidence.member))
    assert metric(evidence.take(order)) == first, "a metric ignores the order of records"
    if monotone:
        cubed = replace(evidence, score=evidence.score**3)
        assert metric(cubed).value == first.value, (
            "a metric of ranks ignores monotone changes of the score"
        )


# A right interval of 95 % misses more than 7 of 40 with a chance of 1e-3; one for a wrong tail or
# of no width misses nearly all of them.
N_GAMES, MOST_MISSES = 40, 7
# of the width that 800 records give, at 400,000: a right one shrinks to about a twentieth
SHRUNK = 0.9


def _evidence(shift: float, n_members: int, n_nonmembers: int, seed: int) -> Evidence:
    game = GaussianShift(shift).draw(n_members, n_nonmembers, seed=seed)
    return collect(lambda signals: signals.target[:, 0], game.signals, game.membership)


def _check_interval(metric: Callable[[Evidence], Estimate], seed: int, *, covers: bool) -> None:
    """The interval covers, has a width that shrinks, and moves with the leak in the right
    direction.
    """
    large = metric(_evidence(1.0, 200_000, 200_000, seed))
    none = metric(_evidence(0.0, 200_000, 200_000, seed))
    games = [metric(_evidence(1.0, 400, 400, seed + 1 + i)) for i in range(N_GAMES)]
    assert large.value > none.value, (
        "a metric is larger where there is a leak than where there is none, got"
        f" {large.value:.4g} and {none.value:.4g}"
    )
    assert all(game.high > game.low for game in games), "an interval of 800 records has a width"
    small = float(np.median([_width(game) for game in games]))
    assert _width(large) < SHRUNK * small, "an interval shrinks with the number of records"
    misses = sum(not game.low <= large.value <= game.high for game in games)
    assert not covers or misses <= MOST_MISSES, (
        f"the interval misses the truth ({large.value:.4g}) in {misses} of {N_GAMES} games"
    )


def _width(estimate: Estimate) -> float:
    ends = (estimate.low, estimate.high)
    return float(max(abs(end - estimate.value) for end in ends if np.isfinite(end)))
