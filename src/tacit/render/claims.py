"""What differs where a differential-privacy claim was audited, and not a model's records."""

import math

from tacit.core import Estimate, Report
from tacit.render.blocks import Block, Fact, Text
from tacit.render.words import SPACE, number, share

STANDING = {
    "fail": "The claim is refuted: the training tells more about a record than was promised.",
    "pass": (
        "The claim is not refuted. That is no proof that it holds: a stronger guesser may exist."
    ),
    "inconclusive": (
        "This audit cannot judge a claim: none was given, or it is too small to refute it."
    ),
}
FINDINGS = {
    "leak": "privacy loss shown",
    "no leak found": "no privacy loss shown",
    "inconclusive": "no privacy loss shown",
}
FAULTS = (
    (
        "Look for a fault first: a claim is mostly refuted by a mistake. Check that gradients are"
        " clipped a record and not a batch, that the noise has the scale the accountant was told,"
        " that batches are drawn as it assumes (Poisson or shuffled), and that no statistic of the"
        " data (normalisation, vocabulary, early stopping) leaves outside the mechanism."
    ),
    (
        "Then lower the loss itself: more noise, fewer steps, or larger batches at the same noise,"
        " each with the accountant run again."
    ),
)


def shown_epsilon(report: Report) -> Estimate | None:
    """The lower bound on epsilon that the report is about, or None for a report on a model's
    records.
    """
    chosen = next((check for check in report.checks if check.name == report.chosen), None)
    estimates = () if chosen is None or report.score is not None else chosen.estimates
    return next((item for item in estimates if item.name.startswith("epsilon")), None)


def claim_facts(bound: Estimate) -> tuple[Fact, ...]:
    """The bound, as a key figure."""
    return (
        Fact(
            "Privacy loss ε shown",
            f"≥ {number(bound.low)}",
            "",
            f"at {share(bound.level)} confidence",
        ),
    )


def claim_meaning(bound: Estimate) -> tuple[Block, ...]:
    """Epsilon as what somebody could become sure of."""
    sure = 1 / (1 + math.exp(-min(700.0, max(0.0, bound.low))))
    return (
        Text(
            "ε limits what anyone can learn about a single record from the training. Shown is a"
            f" loss of at least {number(bound.low)}: at that ε, somebody who held even odds on"
            f" whether a record was used may end up {share(sure)} sure. At ε = 0 they stay at"
            f" 50{SPACE}%. The true loss can be larger than what is shown; the bound is wrong in at"
            f" most {100 * (1 - bound.level):.3g}{SPACE}% of audits."
        ),
    )
