"""Attacks that a user names: of this audit, of tacit, or of another package."""

from collections.abc import Sequence

import tacit.attacks
from tacit.audits.steps.default_checks import METRICS, default_checks
from tacit.audits.steps.quick_check import preferred
from tacit.core import Attack, Check, InvalidInput, Outputs
from tacit.core.collecting import require_attack
from tacit.core.options import several
from tacit.core.plugins import did_you_mean, plugin, plugin_names


def checks_of(attacks: Sequence[str | Attack], outputs: Outputs) -> tuple[Check, ...]:
    """One check an attack.

    Parameters
    ----------
    attacks : names of the default checks for these outputs (``"confidence threshold"``), of tacit's
        attacks (``"RandomForest"``), of plug-ins (entry points ``tacit.attacks``), or attacks.
    outputs : decides which signals there are.

    Raises
    ------
    InvalidInput : there is none, or a name that nobody knows.
    """
    listed = several(attacks, "attacks", "names or attacks")
    if not listed:
        raise InvalidInput("`attacks` needs a list of names or attacks, got none.")
    usual = {check.name: check for check in default_checks(outputs)}
    best = preferred(outputs)
    return tuple(_check(attack, usual, best) for attack in listed)


def _check(attack: str | Attack, usual: dict[str, Check], best: str) -> Check:
    if isinstance(attack, str) and attack in usual:
        return usual[attack]
    made = attack_of(attack, tuple(usual))
    return Check(attack if isinstance(attack, str) else type(made).__name__, best, made, METRICS)


def attack_of(attack: str | Attack, usual: Sequence[str] = ()) -> Attack:
    """The attack itself, or the one that it names.

    Parameters
    ----------
    attack : of tacit, of a plug-in, or any callable from Signals to scores; or the name of one.
    usual : names that are known besides, for the error.

    Raises
    ------
    InvalidInput : nobody knows the name, or it is no attack.
    """
    if not isinstance(attack, str):
        require_attack(attack)
        return attack
    if attack in plugin_names("tacit.attacks"):
        kind = plugin("tacit.attacks", attack)
    elif attack in tacit.attacks.__all__ and isinstance(getattr(tacit.attacks, attack), type):
        kind = getattr(tacit.attacks, attack)
    else:
        known = [*usual, *tacit.attacks.__all__, *plugin_names("tacit.attacks")]
        own = f"; this audit's own are: {', '.join(usual)}" if usual else ""
        raise InvalidInput(
            f"`attacks` names {attack!r}, which nobody knows.{did_you_mean(attack, known)} `tacit"
            f" attacks` lists those there are{own}."
        )
    made: Attack = kind() if isinstance(kind, type) else kind
    return made
