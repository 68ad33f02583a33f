"""What the audit of a release found, in plain words."""

from tacit.core import CheckResult, Evidence
from tacit.core.report import Finding

RATES = ("tpr@fpr=0.001", "tpr@fpr=0.01", "tpr@fpr=0.1")
ASSIGNMENTS = {
    "observed": (
        "Members were not drawn by the auditor: that they are a random part of the rows is assumed."
    ),
    "fixed_size": "Members were drawn at random from one pool, in a fixed number.",
    "coin": "Each row (or cluster) became a member by an independent fair coin.",
}


def headline(
    finding: Finding,
    chosen: CheckResult | None,
    detectable: float | None,
    *,
    best: str,
    chosen_shown: bool,
    warning: str = "",
) -> str:
    """The finding in one plain sentence.

    Parameters
    ----------
    finding : what was found.
    chosen : the score that showed most.
    detectable : the advantage that would have been shown in 4 audits of 5.
    best : the name of whatever showed most, a score, a slice or a risk.
    chosen_shown : whether the chosen score is significant by itself.
    warning : why the numbers do not speak of the release, if they do not.
    """
    if warning:
        return f"Inconclusive: {warning}"
    if finding == "leak" and chosen is not None:
        return _leak(chosen) if chosen_shown else f"This release leaks: shown by {best}."
    if finding == "no leak found" and detectable is not None:
        return (
            f"No leak found in this release. A leak with an advantage of {detectable:.2g} or more "
            "would have shown in 4 audits of 5; a smaller one, or a stronger attack, is not ruled "
            "out."
        )
    if detectable is None:
        return "Inconclusive: there are too few rows to measure anything."
    return (
        "Whether it leaks is open: no leak was shown, but this few rows show an advantage only"
        f" from {detectable:.2g} upwards (in 4 audits of 5), so a leak that matters could be there."
    )


def _leak(chosen: CheckResult) -> str:
    score = chosen.estimate("advantage")
    said = (
        ""
        if score is None
        else f" Vulnerability score {score.value:.2g} ({score.low:.2g} to {score.high:.2g}; 0 is "
        "none, 1 is total)."
    )
    for name in RATES:
        rate = chosen.estimate(name)
        fpr = 1.0 if rate is None else rate.settings["fpr"]
        if rate is not None and rate.low > fpr:
            return (
                "This release leaks: whoever may be wrong about 1 in "
                f"{round(1 / fpr):,} non-members finds {100 * rate.value:.3g} % of the members "
                f"({100 * rate.low:.3g} % to {100 * rate.high:.3g} %); guessing finds "
                f"{100 * fpr:.3g} %.{said}"
            )
    return f"This release leaks: members are told from non-members better than by chance.{said}"


def assumptions(evidence: Evidence, *, n_reference: int) -> tuple[str, ...]:
    """What must hold for the numbers to mean what they say."""
    unit = "Rows" if evidence.cluster is None else "Clusters"
    return (
        f"{unit} are independent of one another; members, non-members and the {n_reference:,} "
        "reference rows come from the same population.",
        "No reference row is a member or a non-member.",
        ASSIGNMENTS[evidence.assignment],
        "One release was audited: another run of the same generator may tell more or less.",
    )
