"""A trace becomes a report: trend, last look, all looks, exposed slices, records only if asked."""

import numpy as np
import pytest

from tacit import NotEnoughData, Report
from tacit.integrations import PrivacyTrace, trace_report


@pytest.fixture(scope="module")
def watched():
    """A training that learns one kind, a fifth of the records, late, and its members by heart."""
    rng = np.random.default_rng(0)
    x, y = np.column_stack([np.arange(800.0), rng.normal(size=800)]), rng.integers(0, 2, 800)
    late = np.arange(800) % 400 < 80
    member = np.arange(800) < 400
    trace = PrivacyTrace((x[:400], y[:400]), (x[400:], y[400:]), every=1, size=300)

    def predict(part, epoch):
        rows = part[:, 0].astype(int)
        by_heart = late[rows] & member[rows]
        margin = np.where(by_heart, 4.0 * (epoch - 4), 1.0 + 0.5 * member[rows]) + part[:, 1]
        return np.stack(
            [np.where(y[rows] == 0, margin, 0), np.where(y[rows] == 1, margin, 0)], axis=1
        )

    for epoch in range(8):
        trace.observe(epoch, lambda part, epoch=epoch: predict(part, epoch))
    return trace, np.where(late, "late", "early")


def test_a_report_holds_the_trend_and_both_attacks(watched):
    trace, _ = watched
    report = trace_report(trace, title="two kinds")
    assert report.finding == "leak"
    assert report.score == trace.history.points[-1].advantage
    assert [len(line["points"]) for line in report.figures["trend"]] == [8]
    assert {check.name for check in report.checks} == {
        "loss after the last look",
        "votes of all looks",
    }
    assert report.checks[0].estimate("tail@fnr=0.01") is not None
    assert report.records is None
    assert Report.from_json(report.to_json()).to_json() == report.to_json()
    assert "Vulnerability by epoch" in report._repr_html_() or str(report)


def test_the_slice_that_was_learned_by_heart_comes_first(watched):
    trace, kind = watched
    report = trace_report(trace, slices={"kind": (kind[:400], kind[400:])})
    slices = [check for check in report.checks if check.role == "slice"]
    assert (slices[0].slice, slices[0].value) == ("kind", "late")
    assert slices[0].p_adjusted < 1e-6
    assert "kind" in str(report)


def test_record_numbers_are_told_only_if_asked(watched):
    trace, kind = watched
    records = trace_report(trace, records=True).records
    assert sorted(records["row"]) == trace.rows[0].tolist()
    n_late = int((kind[records["row"]] == "late").sum())
    assert (kind[records["row"][:n_late]] == "late").all()


def test_too_few_looks_are_said(watched):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(100, 3)), rng.integers(0, 2, 100)
    trace = PrivacyTrace((x[:50], y[:50]), (x[50:], y[50:]), every=1)
    with pytest.raises(NotEnoughData, match="at least 1 look"):
        trace_report(trace)
    trace.observe(0, lambda part: part[:, :2])
    report = trace_report(trace, slices={"class": (y[:50], y[50:])}, records=True)
    assert report.unknown[0].got == 1
    assert report.records is None
