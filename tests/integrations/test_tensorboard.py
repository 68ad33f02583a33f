"""TensorBoard events hold the numbers of every look."""

import numpy as np
import pytest

from tacit import Outputs, audit
from tacit.integrations import PrivacyTrace

pytestmark = pytest.mark.framework
pytest.importorskip("tensorboardX")


def test_an_event_file_reads_back(tmp_path):
    from tacit.integrations.tensorboard import TensorBoardLog

    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(100, 4)), rng.integers(0, 3, 100)
    weights = rng.normal(size=(4, 3))
    with TensorBoardLog(tmp_path) as log:
        trace = PrivacyTrace((x[:50], y[:50]), (x[50:], y[50:]), every=1, log=[log])
        points = [trace.observe(epoch, lambda part: part @ weights) for epoch in range(3)]
        report = audit(
            member=Outputs(loss=rng.exponential(1, 100)),
            nonmember=Outputs(loss=rng.exponential(2, 100)),
            effort="quick",
        )
        log.report(report, 2)
    scalars, texts = _events(tmp_path)
    assert scalars["privacy/advantage"] == pytest.approx(
        {i: point.advantage.value for i, point in enumerate(points)}
    )
    assert scalars["privacy/auc_low"] == pytest.approx(
        {i: point.auc.low for i, point in enumerate(points)}
    )
    assert report.headline in texts
    estimate = report.checks[0].estimates[0]
    assert scalars[f"privacy/{report.checks[0].name}/{estimate.name}".replace(" ", "_")][
        2
    ] == pytest.approx(estimate.value)


def _events(folder):
    """Scalars by tag and step, and all text, read from the records of the event file."""
    from tensorboardX.proto.event_pb2 import Event

    scalars, texts = {}, []
    content = next(folder.glob("events*")).read_bytes()
    while content:
        length = int.from_bytes(content[:8], "little")
        event = Event.FromString(content[12 : 12 + length])
        content = content[16 + length :]
        for value in event.summary.value:
            if value.WhichOneof("value") == "simple_value":
                scalars.setdefault(value.tag, {})[event.step] = value.simple_value
            elif value.tensor.string_val:
                texts.append(value.tensor.string_val[0].decode())
    return scalars, texts
