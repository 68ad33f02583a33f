"""A report is plain data: JSON both ways, whole files or none, no surprises from a damaged one."""

import errno
import json

import pytest

import tacit
from tacit.core import CheckResult, Estimate, Report, Verdict


def report(**changes):
    estimate = Estimate(
        "auc", 0.6, 0.55, float("inf"), 0.95, 900, "DeLong", ("Records are independent.",), 0.001
    )
    check = CheckResult(
        "loss",
        "attack",
        "Threshold()",
        "loss",
        estimates=(estimate,),
        verdicts=(Verdict("pass", "r", "w"),),
        notes=("a: b",),
    )
    plain = {
        "finding": "leak",
        "verdict": "fail",
        "headline": "This model leaks.",
        "score": estimate,
        "checks": (check,),
    }
    return Report(**(plain | changes))


def test_json_gives_the_same_report_back():
    again = Report.from_json(
        report(
            unknown=({"question": "q", "reason": "r"},), figures={"roc": [{"fpr": [0, 1]}]}
        ).to_json()
    )
    assert (
        again.to_json()
        == report(
            unknown=({"question": "q", "reason": "r"},), figures={"roc": [{"fpr": [0, 1]}]}
        ).to_json()
    )
    assert again.checks[0].estimates[0].high == float("inf")
    assert again.score.p_value == 0.001


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not a tacit report"),
        ("[1, 2]", "not a tacit report"),
        ('{"finding": "leak"}', "not a tacit report"),
        ("[" * 100_000, "not a tacit report"),
        (json.dumps({"schema": 99, "finding": "leak"}), "schema 99"),
        (json.dumps({"schema": 1, "finding": "leak"}), "damaged"),
        (json.dumps(report().to_dict() | {"surprise": 1}), "damaged"),
        (json.dumps(report().to_dict() | {"checks": [{"name": "x"}]}), "damaged"),
    ],
)
def test_a_damaged_report_is_a_clear_error(text, says):
    with pytest.raises(tacit.InvalidInput, match=says):
        Report.from_json(text)


def test_not_a_number_never_reaches_a_file():
    with pytest.raises(ValueError, match="JSON"):
        report(detectable=float("nan")).to_json()
    with pytest.raises(tacit.InvalidInput, match="not a number"):
        Estimate("auc", float("nan"), 0, 1, 0.95, 1, "x")


@pytest.mark.parametrize("suffix", [".json", ".html", ".md", ".txt"])
def test_a_full_disk_leaves_the_old_report_whole(tmp_path, monkeypatch, suffix):
    path = tmp_path / f"report{suffix}"
    report().save(path)
    old = path.read_bytes()

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tacit.core.files.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        report(headline="another").save(path)
    assert path.read_bytes() == old
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_directory_or_an_unknown_suffix_is_named(tmp_path):
    with pytest.raises(tacit.InvalidInput, match="is a directory"):
        report().save(tmp_path)
    with pytest.raises(tacit.InvalidInput, match="docx"):
        report().save(tmp_path / "report.docx")
    with pytest.raises(tacit.InvalidInput, match="cannot be read"):
        Report.load(tmp_path)


def test_unicode_paths_work(tmp_path):
    path = tmp_path / "отчёт 報告.json"
    assert Report.load(report().save(path)).finding == "leak"


def test_exit_codes_follow_the_verdict():
    assert [report(verdict=verdict).exit_code for verdict in ("pass", "fail", "inconclusive")] == [
        0,
        1,
        2,
    ]


def test_an_unknown_check_lists_those_there_are():
    with pytest.raises(tacit.InvalidInput, match="loss"):
        report().check("nope")
