"""A report is plain data: JSON both ways, whole files or none, no surprises from a damaged one."""

import errno
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import tacit
from tacit.core import (
    AtMost,
    CheckResult,
    Estimate,
    InvalidInput,
    Note,
    NotRefuted,
    Policy,
    Report,
)


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
        verdicts=(AtMost("auc", 0.7)(estimate),),
        notes=(Note("a", "b", needed=2, got=1, unit="members"),),
        remarks=("by hand",),
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
        report(unknown=(Note("q", "r"),), figures={"roc": [{"fpr": [0, 1]}]}).to_json()
    )
    assert (
        again.to_json()
        == report(unknown=(Note("q", "r"),), figures={"roc": [{"fpr": [0, 1]}]}).to_json()
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
        (json.dumps(report().to_dict() | {"surprise": 1}), "field `surprise`, which this"),
        (json.dumps(report().to_dict())[:-1] + ', "verdict": "pass"}', "key 'verdict' twice"),
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


HERE = Path(__file__).parent


@pytest.mark.parametrize("name", ["report", "claim"])
def test_files_of_the_first_schema_are_read_with_all_their_numbers(name):
    text = (HERE / f"{name}_of_schema_1.json").read_text(encoding="utf8")
    old = json.loads(text)
    again = Report.from_json(text)
    assert again.finding == old["finding"]
    assert [check.name for check in again.checks] == [check["name"] for check in old["checks"]]
    assert [verdict.outcome for verdict in again.verdicts] == [
        verdict["outcome"] for verdict in old["verdicts"]
    ]
    assert [verdict.reason for verdict in again.verdicts] == [
        verdict["reason"] for verdict in old["verdicts"]
    ]
    assert [note.reason for note in again.unknown] == [item["reason"] for item in old["unknown"]]
    assert again.attributable
    assert Report.from_json(again.to_json()).to_json() == again.to_json()


def test_a_report_of_the_first_schema_is_judged_from_its_numbers():
    from tacit.audits.steps.verdict import rejudged

    old = Report.load(HERE / "claim_of_schema_1.json")
    assert rejudged(old, Policy("p", NotRefuted(1.0))).verdict == "fail"
    assert rejudged(old, Policy("p", NotRefuted(8.0))).verdict == "pass"


def test_a_frame_has_one_row_a_check_and_estimate():
    frame = report().to_frame()
    assert frame[["check", "metric"]].values.tolist() == [["loss", "auc"]]
    assert frame.loc[0, "low"] == 0.55


def test_a_path_without_suffix_takes_its_format_by_name(tmp_path):
    saved = report().save(tmp_path / "audit", format="json")
    assert Report.load(saved).headline == "This model leaks."
    with pytest.raises(InvalidInput, match="suffix"):
        report().save(tmp_path / "audit", format="doc")


# what was edited, and what the error says
EDITED = {
    "a chance above 1": ({"p_value": 7}, "`p_value` needs a number from 0 to 1, got '7'"),
    "an accuracy in percent": ({"accuracy": {"member": 87.0}}, "`accuracy.member` needs .* 0 to 1"),
    "a date in words": ({"created": "today"}, "`created` needs a date such as 2026-11-26"),
    "a day that there is not": ({"created": "2026-13-45"}, "`created` needs a date"),
}


@pytest.mark.parametrize(("changes", "says"), EDITED.values(), ids=EDITED)
def test_a_number_or_a_date_that_cannot_be_is_refused(changes, says):
    with pytest.raises(InvalidInput, match=says):
        Report.from_dict(report().to_dict() | changes)


def test_a_count_is_never_below_0():
    plain = report().to_dict()
    plain["checks"][0]["n_members"] = -5
    with pytest.raises(InvalidInput, match=r"`checks.0..n_members` needs a whole number of 0"):
        Report.from_dict(plain)


def test_a_title_that_is_no_text_becomes_one():
    """It was saved as a number, and then could not be read."""
    assert Report.from_json(replace(report(), title=3).to_json()).title == "3"


def test_options_that_were_numbers_of_numpy_are_saved():
    made = replace(report(), environment={"seed": np.int64(3), "level": np.float32(0.5)})
    assert json.loads(made.to_json())["environment"] == {"seed": 3, "level": 0.5}
