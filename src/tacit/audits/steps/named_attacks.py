"""Attacks that a user names: of this audit, of tacit, or of another package."""

from collections.abc import Sequence

import tacit.attacks
from tacit.audits.steps.default_checks import METRICS, default_checks
from tacit.audits.steps.quick_check import preferred
from tacit.core import Attack, Check, InvalidInput, Outputs
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
    if isinstance(attacks, str) or not attacks:
        raise InvalidInput(f"`attacks` needs a list of names or attacks, got {attacks!r}.")
    usual = {check.name: check for check in default_checks(outputs)}
    best = preferred(outputs)
    return tuple(_check(attack, usual, best) for attack in attacks)


def _check(attack: str | Attack, usual: dict[str, Check], best: str) -> Check:
    if not isinstance(attack, str):
        return Check(type(attack).__name__, best, attack, METRICS)
    if attack in usual:
        return usual[attack]
    if attack in plugin_names("tacit.attacks"):
        kind = plugin("tacit.attacks", attack)
        return Check(attack, best, kind() if isinstance(kind, type) else kind, METRICS)
    if attack in tacit.attacks.__all__ and isinstance(getattr(tacit.attacks, attack), type):
        return Check(attack, best, getattr(tacit.attacks, attack)(), METRICS)
    known = [*usual, *tacit.attacks.__all__, *plugin_names("tacit.attacks")]
    raise InvalidInput(
        f"`attacks` names {attack!r}, which nobody knows.{did_you_mean(attack, known)} `tacit"
        f" attacks` lists those there are; this audit's own are: {', '.join(usual)}."
    )
