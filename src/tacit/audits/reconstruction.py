"""The audit of reconstruction: successes beside the best guess, and against a privacy claim."""

from dataclasses import replace
from math import inf
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.audits.steps.provenance import environment
from tacit.audits.steps.unstarted import unstarted
from tacit.core import (
    CheckResult,
    Estimate,
    InvalidInput,
    Membership,
    Note,
    NotEnoughData,
    Report,
    Verdict,
    overall,
)
from tacit.core.checking import booleans, confidence
from tacit.core.dates import today
from tacit.core.estimate import rounded_down, rounded_up
from tacit.core.report import Finding
from tacit.dp.mechanisms import Mechanism
from tacit.dp.reconstruction import reconstruction_bound
from tacit.metrics.intervals import lower_limit
from tacit.metrics.reconstruction import reconstruction_rate, require_chance

SMALL_LEAK = 0.10  # as in the audit of membership: a rate this far above chance matters
ALONE_ALARM = 0.01  # a control at chance is refused in 1 audit of 100
ASSUMES = (
    "One success or failure for each independent target; what counts as success was fixed before.",
    "Chance is that of the best guess that needs no model, by the same measure of success.",
)


def audit_reconstruction(
    hit: ArrayLike,
    *,
    chance: float | Estimate,
    claim: Mechanism | None = None,
    control: ArrayLike | None = None,
    level: float = 0.95,
    title: str = "model",
    command: str = "",
) -> Report:
    """Are records reconstructed more often than the best guess without the model would be?

    Bring the successes of any reconstruction (gradient inversion, model inversion, extraction):
    one bool a target. The report sets them beside chance with an exact interval, and refutes a
    claim of differential privacy where the lower limit of the rate exceeds what the claim allows.

    Parameters
    ----------
    hit : ArrayLike
        bool (n,), was each target's reconstruction near enough? One entry an independent target.
    chance : float | Estimate
        How often the best guess without the model is near enough; or the estimate of
        `tacit.metrics.reconstruction.best_guess`, whose upper limit is then used.
    claim : Mechanism | None
        What the training is said to guarantee: `Gaussian(mu)`, `ApproxDP(epsilon, delta)` or a
        `Curve` of `tacit.dp`. None: there is nothing to refute, and the verdict is inconclusive.
    control : ArrayLike | None
        bool (m,), the same reconstruction where it cannot work (from another client's gradient,
        from a model that never saw the target). Where it beats chance, chance was set too low
        and the audit says nothing.
    level : float
        Confidence; one-sided for the refutation.
    title, command : str
        What the report says of the model and of itself.

    Raises
    ------
    InvalidInput
        See its text.
    """
    confidence(level)
    _require_mechanism(claim)
    kappa = chance.high if isinstance(chance, Estimate) else float(chance)
    require_chance(kappa)
    found = booleans(hit, "hit")
    try:
        rate = reconstruction_rate(found, chance=kappa, level=level)
    except NotEnoughData as error:
        return unstarted("are records reconstructed?", error, policy=None, title=title)
    alone = None if control is None else reconstruction_rate(control, chance=kappa, level=level)
    warning = _warning(alone, kappa)
    verdicts: tuple[Verdict, ...] = () if claim is None else (_verdict(rate, found, claim, kappa),)
    if warning:
        verdicts = tuple(
            replace(item, outcome="inconclusive", note=Note(item.metric, warning))
            for item in verdicts
        )
    finding = _finding(rate, kappa, level, warning)
    checks = [_check("reconstruction", "attack", rate)]
    if alone is not None:
        checks.append(_check("reconstruction where it cannot work", "control", alone))
    return Report(
        finding=finding,
        verdict=overall(verdicts),
        attributable=not warning,
        headline=_headline(rate, kappa, finding, verdicts, warning),
        p_value=rate.p_value,
        chosen="reconstruction",
        checks=tuple(checks),
        verdicts=verdicts,
        assumes=(*ASSUMES, rate.assumes[0]),
        warnings=(warning,) if warning else (),
        policy="no claim" if claim is None else f"claimed {claim!r}",
        environment=_environment(found, kappa, level=level, command=command),
        created=today(),
        title=title,
    )


def _require_mechanism(claim: Any) -> None:
    if claim is not None and (isinstance(claim, type) or not hasattr(claim, "tradeoff")):
        came = f"the class {claim.__name__}" if isinstance(claim, type) else repr(claim)
        raise InvalidInput(
            "`claim` needs what the training is said to guarantee, such as"
            f" tacit.dp.ApproxDP(epsilon, delta) or tacit.dp.Gaussian(mu), got {came}."
        )


def _verdict(rate: Estimate, hit: NDArray[np.bool_], claim: Mechanism, chance: float) -> Verdict:
    """Is the claim refuted by the one-sided lower limit of the rate?"""
    bound = reconstruction_bound(claim, chance=chance)
    hits, n = int(np.count_nonzero(hit)), len(hit)
    low, ceiling = lower_limit([hits, n], n, tail=1 - rate.level).tolist()
    settings = {"chance": chance, "ceiling": ceiling}
    shown = replace(rate, low=low, high=inf, settings=settings)
    note = None
    if ceiling <= bound:
        reason = (
            f"{n} targets could not refute this claim even if all were reconstructed: they show a "
            f"rate of {rounded_up(ceiling):.4g} at most, and {claim!r} allows {bound:.4g}"
        )
        note = Note(rate.name, reason)
    outcome: Any = "fail" if low > bound else "pass" if note is None else "inconclusive"
    if outcome == "pass":
        reason = (
            f"not refuted: a rate of at least {rounded_down(low):.4g} is shown, which {claim!r} "
            f"allows (up to {bound:.4g}); it proves nothing more"
        )
        note = Note(rate.name, reason)
    return Verdict(outcome, rate.name, "at most", bound, shown, note)


def _finding(rate: Estimate, chance: float, level: float, warning: str) -> Finding:
    if warning:
        return "inconclusive"
    if rate.p_value is not None and rate.p_value <= 1 - level:
        return "leak"
    return "no leak found" if rate.high - chance <= SMALL_LEAK else "inconclusive"


def _warning(control: Estimate | None, chance: float) -> str:
    if control is None or control.p_value is None or control.p_value > ALONE_ALARM:
        return ""
    return (
        f"chance was set too low: where the reconstruction cannot work it succeeds at a rate of "
        f"{control.value:.3g} ({control.low:.3g} to {control.high:.3g}), against a chance of "
        f"{chance:.3g}. The best guess without the model is better than that."
    )


def _headline(
    rate: Estimate,
    chance: float,
    finding: Finding,
    verdicts: tuple[Verdict, ...],
    warning: str,
) -> str:
    if warning:
        return f"Inconclusive: {warning}"
    said = (
        f"{100 * rate.value:.3g} % of {rate.n} targets were reconstructed ({100 * rate.low:.3g} to "
        f"{100 * rate.high:.3g} %), where the best guess without the model reaches "
        f"{100 * chance:.3g} %"
    )
    lead = {
        "leak": "This model gives records away",
        "no leak found": "No reconstruction beyond chance found",
        "inconclusive": "Inconclusive",
    }[finding]
    text = f"{lead}: {said}."
    if verdicts and verdicts[0].outcome == "fail":
        return f"The claim is refuted. {text}"
    return text


def _check(name: str, role: Any, rate: Estimate) -> CheckResult:
    return CheckResult(
        name=name,
        role=role,
        attack="reconstruction",
        statistic="success",
        n_members=rate.n,
        n_nonmembers=0,
        estimates=(rate,),
        p_value=rate.p_value,
    )


def _environment(
    hit: NDArray[np.bool_], chance: float, *, level: float, command: str
) -> dict[str, Any]:
    return environment(
        {"hit": hit, "chance": np.array(chance)},
        Membership(np.ones(len(hit), bool)),
        task="reconstruction",
        seed=0,
        level=level,
        command=command,
        chance=chance,
        audit="reconstruction",
    )
