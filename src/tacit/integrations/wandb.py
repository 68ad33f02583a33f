"""Weights & Biases: the numbers of a trace in a run's history, reports as artifacts."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tacit.core import Report
from tacit.core.optional import require

REPORT_FORMATS = (".html", ".json")


class WandbLog:
    """Logs to a run, by default the active one; give it to ``PrivacyTrace(log=[...])``.
    ``WANDB_MODE=offline`` works.

    Parameters
    ----------
    run : what ``wandb.init`` returned; None: the run that is active when a look is logged.
    """

    def __init__(self, run: Any = None) -> None:
        self._run = run

    def __call__(self, numbers: Mapping[str, float], epoch: int) -> None:
        """Log the numbers beside their epoch, as a new row of the history: the run's own steps stay
        its own.
        """
        run = _active(self._run)
        run.define_metric("privacy/*", step_metric="privacy/epoch")
        run.log({**numbers, "privacy/epoch": epoch})


def log_report(
    report: Report,
    *,
    run: Any = None,
    name: str = "privacy-report",
    formats: Sequence[str] = REPORT_FORMATS,
) -> None:
    """Log a report as an artifact, and its verdict, finding and score in the run's summary.

    Parameters
    ----------
    report : from `tacit.audit`.
    run : None for the active one.
    name : of the artifact.
    formats : file suffixes to save it in.
    """
    wandb = require("wandb", extra="wandb", purpose="Logging to Weights & Biases")
    active = _active(run)
    active.summary.update(
        {
            "privacy/verdict": report.verdict,
            "privacy/finding": report.finding,
            "privacy/headline": report.headline,
        }
    )
    if report.score is not None:
        score = report.score
        active.summary.update(
            {
                "privacy/score": score.value,
                "privacy/score_low": score.low,
                "privacy/score_high": score.high,
            }
        )
    artifact = wandb.Artifact(name, type="report", description=report.headline)
    with tempfile.TemporaryDirectory() as temporary:
        for suffix in formats:
            artifact.add_file(str(report.save(Path(temporary) / f"report{suffix}")))
        active.log_artifact(artifact)


def _active(run: Any) -> Any:
    wandb = require("wandb", extra="wandb", purpose="Logging to Weights & Biases")
    return run if run is not None else wandb.run if wandb.run is not None else wandb.init()
