"""What the audit of unlearning found, in plain words."""

from collections.abc import Mapping, Sequence

from tacit.audits.steps.three_arms import CEILING, UNLEARNED
from tacit.core import Estimate, Note
from tacit.metrics.crossed import CrossedAuc
from tacit.metrics.intervals import t_quantile

# a retraining that is at chance breaks the audit in 1 run of 100
BROKEN = 0.01


def failed_control(retrained: CrossedAuc, found: Mapping[str, Estimate], level: float) -> str:
    """Why the controls do not let the audit speak; empty where they do.

    Parameters
    ----------
    retrained : CrossedAuc
        Of the models retrained without the records.
    found : Mapping[str, Estimate]
        The AUC of every arm.
    level : float
        Confidence.
    """
    margin = t_quantile(1 - BROKEN, retrained.df) * retrained.covariance(retrained) ** 0.5
    if abs(retrained.value - 0.5) > margin:
        return (
            f"the audit is broken: models retrained without the records still tell them apart (AUC "
            f"{retrained.value:.3g}, where 0.5 is chance). Does `train_fn` keep something from one "
            "training to the next, or look at more rows than it is given?"
        )
    ceiling = found[CEILING]
    if ceiling.p_value is None or ceiling.p_value > 1 - level:
        return (
            f"there was nothing to forget that this audit can see: models that unlearned nothing "
            f"are told apart with an AUC of {ceiling.value:.3g} ({ceiling.low:.3g} to "
            f"{ceiling.high:.3g}; 0.5 is chance). Take more records or more models."
        )
    return ""


def headline(
    finding: str,
    found: Mapping[str, Estimate],
    estimates: Sequence[Estimate],
    detectable: float,
    warning: str,
) -> str:
    """The finding, with what is left to see after unlearning and what there was before.

    Parameters
    ----------
    finding : what was found.
    found : the areas under the curve by name.
    estimates : all that was measured, the share removed among them.
    detectable : the smallest advantage that would have shown in 4 audits of 5.
    warning : why the numbers do not speak of the unlearning; empty where they do.
    """
    if warning:
        return f"Inconclusive: {warning}"
    left, ceiling = found[UNLEARNED], found[CEILING]
    said = (
        f"after unlearning an attacker still tells the records with an AUC of {left.value:.3g} "
        f"({left.low:.3g} to {left.high:.3g}), before with {ceiling.value:.3g}; 0.5 is chance"
    )
    removed = next((item for item in estimates if item.name == "share removed"), None)
    if removed is not None:
        ends = f"{100 * removed.low:.0f} to {100 * removed.high:.0f} %"
        said += f". Removed: {100 * removed.value:.0f} % ({ends}) of what there was to see"
    if finding == "leak":
        return f"Unlearning leaves traces: {said}."
    if finding == "no leak found":
        return f"No trace found after unlearning: {said}."
    return (
        f"Whether traces stay is open: {said}. No trace was shown, but so few records and models"
        f" show one only from an AUC of {0.5 + detectable / 2:.2g} upwards (in 4 audits of 5)."
    )


def alike_note(spread: float) -> Note | None:
    """What to know where every retrained model gives the same answers.

    Parameters
    ----------
    spread : float
        The largest difference between two retrained models' signals of one record.
    """
    if spread > 0:
        return None
    reason = (
        "models retrained with other seeds all answer alike: `train_fn` does not use its seed, or "
        "its training has no chance in it. Then one model stands for all of them, and intervals "
        "say nothing of a training that has chance in it"
    )
    return Note("chance in training", reason)
