"""tacit tests what a machine-learning model tells about the data it was trained on.

>>> import tacit
>>> report = tacit.audit(member=trained_on, nonmember=others)  # doctest: +SKIP
>>> print(report)  # doctest: +SKIP
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tacit.core import (
    AssumptionError,
    AtMost,
    Check,
    Estimate,
    Evidence,
    InvalidInput,
    Membership,
    MissingDependency,
    NotEnoughData,
    NotRefuted,
    Outputs,
    Policy,
    Report,
    Signals,
    TacitError,
    Verdict,
    collect,
)

if TYPE_CHECKING:
    from tacit._audit import audit
    from tacit.audits.checks import run
    from tacit.audits.compare import compare

__version__ = "0.1.0"

ROOMS = (
    "adapters",
    "attacks",
    "audits",
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
LAZY = {"audit": "tacit._audit", "compare": "tacit.audits.compare", "run": "tacit.audits.checks"}

__all__ = [
    "AssumptionError",
    "AtMost",
    "Check",
    "Estimate",
    "Evidence",
    "InvalidInput",
    "Membership",
    "MissingDependency",
    "NotEnoughData",
    "NotRefuted",
    "Outputs",
    "Policy",
    "Report",
    "Signals",
    "TacitError",
    "Verdict",
    "audit",
    "collect",
    "compare",
    "run",
]


def __getattr__(name: str) -> Any:
    if name in LAZY:
        return getattr(import_module(LAZY[name]), name)
    if name in ROOMS:
        return import_module(f"tacit.{name}")
    raise AttributeError(f"module 'tacit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*__all__, *ROOMS, "__version__"})
