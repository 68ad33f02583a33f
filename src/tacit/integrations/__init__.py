"""tacit inside other people's tools: callbacks, trackers, pipelines and a pytest plug-in."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tacit.integrations.pipeline import PrivacyTest, privacy_test
    from tacit.integrations.reporting import trace_report
    from tacit.integrations.stopping import Risen, Stop
    from tacit.integrations.trace import History, PrivacyTrace, TracePoint

HOMES = {
    "History": "tacit.integrations.trace",
    "PrivacyTest": "tacit.integrations.pipeline",
    "PrivacyTrace": "tacit.integrations.trace",
    "Risen": "tacit.integrations.stopping",
    "Stop": "tacit.integrations.stopping",
    "TracePoint": "tacit.integrations.trace",
    "privacy_test": "tacit.integrations.pipeline",
    "trace_report": "tacit.integrations.reporting",
}

__all__ = [
    "History",
    "PrivacyTest",
    "PrivacyTrace",
    "Risen",
    "Stop",
    "TracePoint",
    "privacy_test",
    "trace_report",
]


def __getattr__(name: str) -> Any:
    # lazily: the pytest plug-in lives in this package and loads in every pytest run
    if name in HOMES:
        return getattr(import_module(HOMES[name]), name)
    raise AttributeError(f"module 'tacit.integrations' has no attribute {name!r}")
