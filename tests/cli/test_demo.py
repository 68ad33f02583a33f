"""The demo keeps what the README promises."""

from dataclasses import replace

import pytest

import tacit
from tacit.cli import main


@pytest.mark.slow
def test_the_demo_shows_a_model_that_leaks_beyond_the_policy_and_one_that_does_not(
    tmp_path, capsys
):
    assert main(["demo", "--out", str(tmp_path), "--effort", "quick"]) == 0
    printed = capsys.readouterr().out
    overfitted, regularised = (
        tacit.Report.load(tmp_path / f"{name}.json") for name in ("overfitted", "regularised")
    )
    # weight decay leaves 4 points between training and test accuracy: a leak that is small enough
    assert overfitted.finding == "leak"
    assert overfitted.verdict == "fail"
    assert regularised.verdict != "fail"
    assert regularised.accuracy["nonmember"] >= overfitted.accuracy["nonmember"]
    assert overfitted.score.low > regularised.score.high
    for name in ("overfitted", "regularised", "comparison"):
        assert str(tmp_path / f"{name}.html") in printed
        assert (tmp_path / f"{name}.html").stat().st_size < 500_000


def test_saved_reports_of_the_demo_do_not_say_who_was_a_member(tmp_path, monkeypatch):
    from tacit.cli import demo

    world = demo.digits(seed=0)
    half = [tacit.Outputs(loss=world.x[rows].sum(axis=1)) for rows in (world.member, ~world.member)]
    report = tacit.audit(member=half[0], nonmember=half[1], records=True)
    demo._write(tmp_path, {"a": report, "b": replace(report, title="another")})
    assert tacit.Report.load(tmp_path / "a.json").records is None
