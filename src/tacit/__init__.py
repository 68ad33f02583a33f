"""tacit tests what a machine-learning model tells about the data it was trained on.

>>> import tacit
>>> report = tacit.audit(member=trained_on, nonmember=others)  # doctest: +SKIP
>>> print(report)  # doctest: +SKIP
"""

import signal
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if sys.orig_argv[1:3] == ["-m", "tacit"] or sys.argv[:1] == ["tacit"]:
    # Ctrl-C while the command line still loads ends it without a traceback; `main` takes over
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from tacit.core import (
    AssumptionError,
    AtMost,
    Check,
    Comparison,
    Estimate,
    Evidence,
    EvidenceFile,
    Filing,
    History,
    InvalidInput,
    Membership,
    MissingDependency,
    Note,
    NotEnoughData,
    NotRefuted,
    Outputs,
    Policy,
    Report,
    Signals,
    Statistic,
    TacitError,
    Tokens,
    Verdict,
    collect,
    load,
)

if TYPE_CHECKING:
    from tacit import (
        adapters as adapters,
        attacks as attacks,
        audits as audits,
        compat as compat,
        design as design,
        dp as dp,
        figures as figures,
        integrations as integrations,
        metrics as metrics,
        plots as plots,
        render as render,
        signals as signals,
        testing as testing,
        training as training,
    )
    from tacit._audit import audit, audit_attribute
    from tacit._audit_text import audit_text
    from tacit.audits.checks import run
    from tacit.audits.compare import compare
    from tacit.audits.dp_claim import dp_audit
    from tacit.audits.explore import explore
    from tacit.audits.history import history
    from tacit.audits.label_only import audit_label_only
    from tacit.audits.property import audit_property
    from tacit.audits.reconstruction import audit_reconstruction
    from tacit.audits.shadow import shadow_audit
    from tacit.audits.synthetic import audit_synthetic
    from tacit.audits.unlearning import audit_unlearning

__version__ = "0.2.0"

ROOMS = (
    "adapters",
    "attacks",
    "audits",
    "compat",
    "core",
    "design",
    "dp",
    "figures",
    "integrations",
    "metrics",
    "plots",
    "render",
    "signals",
    "testing",
    "training",
)
# what a user starts, loaded when it is asked for: `import tacit` loads NumPy and nothing heavier
LAZY = {
    "audit": "tacit._audit",
    "audit_synthetic": "tacit.audits.synthetic",
    "audit_attribute": "tacit._audit",
    "audit_label_only": "tacit.audits.label_only",
    "audit_property": "tacit.audits.property",
    "audit_reconstruction": "tacit.audits.reconstruction",
    "audit_unlearning": "tacit.audits.unlearning",
    "audit_text": "tacit._audit_text",
    "compare": "tacit.audits.compare",
    "dp_audit": "tacit.audits.dp_claim",
    "explore": "tacit.audits.explore",
    "history": "tacit.audits.history",
    "run": "tacit.audits.checks",
    "shadow_audit": "tacit.audits.shadow",
}

__all__ = [
    "AssumptionError",
    "AtMost",
    "Check",
    "Comparison",
    "Estimate",
    "Evidence",
    "EvidenceFile",
    "Filing",
    "History",
    "InvalidInput",
    "Membership",
    "MissingDependency",
    "NotEnoughData",
    "NotRefuted",
    "Note",
    "Outputs",
    "Policy",
    "Report",
    "Signals",
    "Statistic",
    "TacitError",
    "Tokens",
    "Verdict",
    "audit",
    "audit_attribute",
    "audit_label_only",
    "audit_property",
    "audit_reconstruction",
    "audit_synthetic",
    "audit_text",
    "audit_unlearning",
    "collect",
    "compare",
    "dp_audit",
    "explore",
    "history",
    "load",
    "run",
    "shadow_audit",
]


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name in LAZY:
            return getattr(import_module(LAZY[name]), name)
        if name in ROOMS:
            return import_module(f"tacit.{name}")
        raise AttributeError(f"module 'tacit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*__all__, *ROOMS, "__version__"})
