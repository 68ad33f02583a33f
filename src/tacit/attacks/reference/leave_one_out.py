"""K targets from K shadow models: every shadow model once as the target of the others."""

from typing import Any, Protocol, cast, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from tacit.attacks.reference.families import families, require_independent
from tacit.attacks.reference.in_out import Worlds, probability
from tacit.core import Attack, NotEnoughData, Signals


@runtime_checkable
class WorldAttack(Protocol):
    """An attack that needs only the running sums of each record's worlds, of the signal or of its
    probability.
    """

    sees: str

    def score(self, worlds: Worlds, target: NDArray[Any]) -> NDArray[np.float64]:
        """Scores (n,) of a model's signal (or probability) `target` (n, q) against `worlds`."""
        ...


def shadow_scores(attack: Attack, signals: Signals) -> NDArray[np.float64]:
    """Scores float64 (m, n) of every shadow model as the target, its antithetic mate left out with
    it.

    Attacks that are functions of running sums cost O(n m) for all targets together; others are
    called once a target.

    Parameters
    ----------
    attack : any attack with shadow models.
    signals : with m shadow models; the target's own signal is not used.

    Raises
    ------
    NotEnoughData : fewer than two families of shadow models, or what the attack itself raises.
    InvalidInput : the design gives membership away; see `require_independent`.
    """
    groups = families(signals.shadow_member)
    if len(groups) < 2:
        message = (
            f"Shadow models as targets need 2 that do not give each other away, got {len(groups)}"
            f" (of {signals.n_shadows} models; antithetic mates count once). Train 4 shadow models."
        )
        raise NotEnoughData(message, needed=2, got=len(groups), unit="families of shadow models")
    require_independent(signals.shadow_member, groups)
    if hasattr(attack, "shadow_scores"):
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
    statistic = signals.statistic
    if attack.sees == "probability":
        worlds = Worlds.of(signals, transform=lambda value: probability(value, statistic))
    else:
        worlds = Worlds.of(signals)
    score = np.empty((signals.n_shadows, signals.n))
    for group in groups:
        values = [np.asarray(signals.shadow[model], np.float64) for model in group]
        if attack.sees == "probability":
            values = [probability(value, statistic) for value in values]
        left = worlds.without(
            *((value, signals.shadow_member[model]) for value, model in zip(values, group))
        )
        for value, model in zip(values, group):
            score[model] = attack.score(left, value)
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
    )
