"""One look, cheap enough for every epoch: the attack that needs no choice, on all records."""

from tacit.attacks import Threshold
from tacit.core import CheckResult, Membership, Outputs, Signals, collect, concatenate
from tacit.metrics import advantage, auc
from tacit.signals import available, measure

PREFERENCE = ("scaled_logit", "loss", "negative_squared_error")


def glance(member: Outputs, nonmember: Outputs, *, level: float = 0.95) -> CheckResult:
    """The threshold attack on one signal that is fixed beforehand, so that nothing has to be
    chosen.

    The advantage is that of the best threshold, with an interval that holds for all thresholds at
    once.

    Parameters
    ----------
    member, nonmember : outputs of the model on records that it was trained on, and on others.
    level : two-sided confidence.

    Returns
    -------
    CheckResult with the estimates ``"advantage"`` and ``"auc"``; `p_value` is that of the AUC.
    """
    outputs = concatenate(member, nonmember)
    statistic = preferred(outputs)
    signals = Signals.of(measure(outputs, statistic), statistic=statistic)
    truth = Membership([True] * member.n + [False] * nonmember.n)
    evidence = collect(Threshold(), signals, truth)
    area = auc(evidence, level=level)
    return CheckResult(
        name=f"threshold on {statistic}",
        role="attack",
        attack=evidence.attack,
        statistic=statistic,
        n_members=member.n,
        n_nonmembers=nonmember.n,
        estimates=(advantage(evidence, level=level), area),
        p_value=area.p_value,
    )


def preferred(outputs: Outputs) -> str:
    """The signal that is best on its own for this kind of model."""
    names = available(outputs)
    return next((name for name in PREFERENCE if name in names), names[0])
