"""A report, read once: what several sections need is found here and nowhere else."""

from dataclasses import dataclass, replace

from tacit.core import CheckResult, Estimate, Report
from tacit.core.attack_class import attack_class
from tacit.render.words import Words, setting_of

# the shares of false accusations at which audits measure, smallest first
RATES = ("tpr@fpr=0.001", "tpr@fpr=0.01", "tpr@fpr=0.1")
# the confidence that audits use by default, for a report without a score
DEFAULT_LEVEL = 0.95


@dataclass(frozen=True, eq=False)
class Reading:
    """A report and what is looked up in it.

    Parameters
    ----------
    report : Report
        What is read.
    words : Words
        The language that it is told in.
    chosen : CheckResult or None
        The check whose attack was chosen.
    epsilon : Estimate or None
        The lower bound on epsilon that the report is about; None for one on a model's records.
    rate : Estimate or None
        The share of members found, at the smallest share of false accusations where the chosen
        attack beats a blind guess; where it beats one at none, at the smallest that was measured.
    level : float
        Confidence of the headline.
    kind : str
        The kind of attack, see `attack_class`.
    """

    report: Report
    words: Words
    chosen: CheckResult | None
    epsilon: Estimate | None
    rate: Estimate | None
    level: float
    kind: str

    @classmethod
    def of(cls, report: Report, words: Words) -> "Reading":
        """Read `report` to be told in `words`."""
        chosen = report.chosen_check
        if attack_class(report) == "synthetic data":
            words = replace(words, subject="release")
        return cls(
            report,
            words,
            chosen,
            _epsilon(report, chosen),
            _rate(chosen),
            DEFAULT_LEVEL if report.score is None else report.score.level,
            attack_class(report),
        )

    @property
    def limit_of_claim(self) -> float | None:
        """The epsilon that was claimed, where a rule holds the bound against one."""
        limits = (v.limit for v in self.report.verdicts if v.relation == "not refuted")
        return next((limit for limit in limits if limit is not None), None)


def beats_guessing(rate: Estimate) -> bool:
    """Whether a share of members found is surely above the share of non-members accused."""
    fpr = setting_of(rate, "fpr")
    return rate.low > (1.0 if fpr is None else fpr)


def _epsilon(report: Report, chosen: CheckResult | None) -> Estimate | None:
    if chosen is None or report.score is not None:
        return None
    return next((item for item in chosen.estimates if item.name.startswith("epsilon")), None)


def _rate(chosen: CheckResult | None) -> Estimate | None:
    if chosen is None:
        return None
    found = [rate for name in RATES if (rate := chosen.estimate(name)) is not None]
    return next((rate for rate in found if beats_guessing(rate)), found[0] if found else None)
