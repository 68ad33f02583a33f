"""K targets from K shadow models: every shadow model once as the target of the others."""

from typing import Any, Protocol, cast, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from tacit.attacks.reference.families import families, require_independent
from tacit.attacks.reference.in_out import Worlds, each_left_out
from tacit.attacks.reference.readings import reading
from tacit.core import Attack, NotEnoughData, Signals
from tacit.core.protocols import ScoresShadows


@runtime_checkable
class WorldAttack(Protocol):
    """An attack that needs only the sums of each record's worlds, of what it `sees` of the signal;
    see `reading`.
    """

    sees: str

    def score(self, worlds: Worlds, target: NDArray[Any]) -> NDArray[np.float64]:
        """Scores (n,) of `target` (n, q), what the attack sees of a model, against `worlds`."""
        ...


def require_targets(signals: Signals) -> list[tuple[int, ...]]:
    """The families of shadow models, if there are two or more.

    Raises
    ------
    NotEnoughData : there are fewer: nothing is left to attack a shadow model with.
    """
    groups = families(signals.shadow_member)
    if len(groups) < 2:
        message = (
            "Shadow models need two draws of records that do not give each other away, got"
            f" {len(groups)} ({signals.n_shadows} models; a pair trained on opposite halves counts"
            " once). Train 4 shadow models or more."
        )
        raise NotEnoughData(message, needed=2, got=len(groups), unit="independent draws of records")
    return groups


def shadow_scores(attack: Attack, signals: Signals) -> NDArray[np.float64]:
    """Scores float64 (m, n) of every shadow model as the target, its antithetic mate left out with
    it.

    Attacks that are functions of sums over models cost ``log2(m)`` passes over the models and m
    scorings for all targets together; others are called once a target.

    Parameters
    ----------
    attack : any attack with shadow models.
    signals : with m shadow models; the target's own signal is not used.

    Raises
    ------
    NotEnoughData : fewer than two families of shadow models, or what the attack itself raises.
    InvalidInput : the design gives membership away; see `require_independent`.
    """
    groups = require_targets(signals)
    require_independent(signals.shadow_member, groups)
    if isinstance(attack, ScoresShadows):
        return np.asarray(attack.shadow_scores(signals), np.float64)
    if isinstance(attack, WorldAttack):
        return _from_sums(cast(WorldAttack, attack), signals, groups)
    score = np.empty((signals.n_shadows, signals.n))
    for group in groups:
        for model in group:
            score[model] = attack(_as_target(signals, model, group))
    return score


def _from_sums(
    attack: WorldAttack, signals: Signals, groups: list[tuple[int, ...]]
) -> NDArray[np.float64]:
    seen = reading(signals, attack.sees)
    score = np.empty((signals.n_shadows, signals.n))
    for group, left in each_left_out(signals, groups, transform=seen):
        for model in group:
            score[model] = attack.score(left, seen(signals.shadow[model]))
    return score


def _as_target(signals: Signals, model: int, group: tuple[int, ...]) -> Signals:
    others = [k for k in range(signals.n_shadows) if k not in group]
    return Signals.of(
        signals.shadow[model],
        shadow=signals.shadow[others],
        shadow_member=signals.shadow_member[others],
        features=signals.features,
        group=signals.group,
        statistic=signals.statistic,
        scale=signals.scale,
    )
