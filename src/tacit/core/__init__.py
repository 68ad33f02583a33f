"""The nouns: frozen values that every other room speaks in."""

from tacit.core.check import Check, CheckResult
from tacit.core.collecting import collect, deal
from tacit.core.comparison import Comparison
from tacit.core.errors import (
    AssumptionError,
    InvalidInput,
    MissingDependency,
    NotEnoughData,
    TacitError,
)
from tacit.core.estimate import Estimate
from tacit.core.evidence import Evidence
from tacit.core.evidence_file import EvidenceFile
from tacit.core.filing import Filing
from tacit.core.gate import AtMost, Gate, NotRefuted, Verdict, judge, overall
from tacit.core.history import History
from tacit.core.loading import load
from tacit.core.membership import Assignment, Membership
from tacit.core.note import Note
from tacit.core.outputs import Outputs, concatenate
from tacit.core.policy import DEFAULT_POLICY, Policy, PolicyLike
from tacit.core.protocols import Attack, Metric
from tacit.core.ragged import Ragged
from tacit.core.report import Report
from tacit.core.sampler import Sampler
from tacit.core.signals import Signals
from tacit.core.statistic import Scale, Statistic
from tacit.core.tokens import Tokens

__all__ = [
    "DEFAULT_POLICY",
    "Assignment",
    "AssumptionError",
    "AtMost",
    "Attack",
    "Check",
    "CheckResult",
    "Comparison",
    "Estimate",
    "Evidence",
    "EvidenceFile",
    "Filing",
    "Gate",
    "History",
    "InvalidInput",
    "Membership",
    "Metric",
    "MissingDependency",
    "NotEnoughData",
    "NotRefuted",
    "Note",
    "Outputs",
    "Policy",
    "PolicyLike",
    "Ragged",
    "Report",
    "Sampler",
    "Scale",
    "Signals",
    "Statistic",
    "TacitError",
    "Tokens",
    "Verdict",
    "collect",
    "concatenate",
    "deal",
    "judge",
    "load",
    "overall",
]
