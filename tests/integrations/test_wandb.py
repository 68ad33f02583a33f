"""Weights & Biases offline: the numbers of a trace and a report reach the run."""

import time

import numpy as np
import pytest

from tacit import Outputs, audit
from tacit.integrations import PrivacyTrace

pytestmark = [pytest.mark.framework, pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
wandb = pytest.importorskip("wandb")


def test_an_offline_run_holds_looks_and_report(tmp_path, monkeypatch):
    from tacit.integrations.wandb import WandbLog, log_report

    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(100, 4)), rng.integers(0, 3, 100)
    weights = rng.normal(size=(4, 3))
    report = audit(
        member=Outputs(loss=rng.exponential(0.2, 500)),
        nonmember=Outputs(loss=rng.exponential(1, 500)),
        effort="quick",
    )
    with wandb.init(project="tacit", dir=tmp_path) as run:
        trace = PrivacyTrace((x[:50], y[:50]), (x[50:], y[50:]), every=1, log=[WandbLog(run)])
        points = [trace.observe(epoch, lambda part: part @ weights) for epoch in range(2)]
        log_report(report, run=run, formats=(".json",))
        assert run.summary["privacy/advantage"] == points[-1].advantage.value
        assert run.summary["privacy/epoch"] == 1
        assert run.summary["privacy/verdict"] == "fail"
    deadline = time.monotonic() + 60
    path = next(tmp_path.rglob("*.wandb"))
    while b"privacy-report" not in path.read_bytes() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert b"privacy/advantage" in path.read_bytes()
    assert b"privacy-report" in path.read_bytes()
