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
    metric: Callable[[Evidence], Estimate], *, monotone: bool = True, seed: int = 0
) -> None:
    """A metric returns a finite value inside its interval, ignores record order and monotone
    changes of the score.

    Raises
    ------
    AssertionError : says which promise is broken.
    """
    game = GaussianShift(1.0).draw(2000, 3000, seed=seed)
    evidence = collect(lambda signals: signals.target[:, 0], game.signals, game.membership)
    first = metric(evidence)
    assert isinstance(first, Estimate), "a metric returns an Estimate"
    assert np.isfinite(first.value), "its value is finite"
    assert first.low <= first.value <= first.high, "the value lies inside its interval"
    assert first.assumes, "an estimate says what it assumes"
    order = np.random.default_rng(seed).permutation(len(evidence.member))
    assert metric(evidence.take(order)) == first, "a metric ignores the order of records"
    if monotone:
        cubed = replace(evidence, score=evidence.score**3)
        assert metric(cubed).value == first.value, (
            "a metric of ranks ignores monotone changes of the score"
        )
