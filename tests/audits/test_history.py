"""One model over its versions: only what is more than chance counts as a change."""

from dataclasses import replace

import numpy as np
import pytest

import tacit
from tacit.audits.history import _accuracy_step
from tacit.core import Estimate, InvalidInput, Report, load
from tacit.core.comparison import Point
from tacit.core.history import History


def version(title, score, accuracy, *, half=0.02, created="2026-11-01", records=None):
    found = Estimate("advantage", score, score - half, score + half, 0.95, 4000, "by hand")
    return Report(
        "leak",
        "fail" if score > 0.1 else "pass",
        "x",
        score=found,
        accuracy={
            "nonmember": accuracy,
            "nonmember_low": accuracy - half,
            "nonmember_high": accuracy + half,
        },
        created=created,
        title=title,
        records=records,
    )


@pytest.fixture
def versions():
    return [
        version("v1", 0.05, 0.80, created="2026-01-01"),
        version("v2", 0.20, 0.81, created="2026-03-01"),
        version("v3", 0.19, 0.82, created="2026-05-01"),
        version("v4", 0.04, 0.70, created="2026-07-01"),
    ]


def test_only_changes_beyond_chance_are_named(versions):
    found = tacit.history(versions)
    assert found.worse == ("v2",)
    assert found.better == ("v4",)
    assert [step.real for step in found.accuracy_steps] == [False, False, True]
    assert found.created == "2026-07-01"
    # later minus earlier
    assert found.steps[0].estimate.value == pytest.approx(0.15)
    assert (found.steps[0].first, found.steps[0].second) == ("v2", "v1")


def test_all_steps_are_corrected_together():
    """A step with p = 0.04 alone is real; among ten others it is not."""
    shift = 0.041
    pair = [version("a", 0.10, 0.8), version("b", 0.10 + shift, 0.8, half=0.034)]
    alone = tacit.history(pair)
    assert alone.steps[0].p_value < 0.05
    many = [version(f"m{i}", 0.10, 0.8) for i in range(10)]
    among = tacit.history([*many, version("b", 0.10 + shift, 0.8, half=0.034)])
    assert among.steps[-1].p_value == pytest.approx(alone.steps[0].p_value)
    assert not among.steps[-1].real


def test_audits_of_the_same_records_are_compared_on_them():
    rng = np.random.default_rng(0)
    member = np.arange(600) < 300
    base = rng.normal(size=600) + 0.5 * member

    def records(extra):
        score = base + extra * member + 0.05 * rng.normal(size=600)
        return {"row": list(range(600)), "member": member.tolist(), "score": score.tolist()}

    reports = [
        version("v1", 0.20, 0.8, half=0.08, records=records(0.0)),
        version("v2", 0.23, 0.8, half=0.08, records=records(0.3)),
    ]
    found = tacit.history(reports)
    assert found.steps[0].paired
    assert found.worse == ("v2",)
    without = [version(name, score, 0.8, half=0.08) for name, score in (("v1", 0.2), ("v2", 0.23))]
    assert tacit.history(without).worse == ()


@pytest.mark.parametrize("suffix", [".txt", ".html", ".md", ".json"])
@pytest.mark.parametrize("lang", ["en", "de", "fr"])
def test_every_format_tells_it(versions, tmp_path, suffix, lang):
    path = tacit.history(versions).save(tmp_path / f"history{suffix}", lang=lang)
    text = path.read_text(encoding="utf8")
    assert "v3" in text
    assert len(text) < 200_000


def test_it_comes_back_from_json(versions, tmp_path):
    found = tacit.history(versions)
    assert History.from_json(found.to_json()).to_json() == found.to_json()
    path = found.save(tmp_path / "history.json")
    assert isinstance(load(path), History)
    with pytest.raises(InvalidInput, match="points"):
        History.from_json('{"kind": "tacit history", "schema": 1}')


def test_a_version_without_a_score_is_said_and_not_compared(versions):
    empty = Report("inconclusive", "inconclusive", "x", title="v5", created="2026-08-01")
    found = tacit.history([*versions, empty])
    assert found.steps[-1].estimate is None
    assert "no vulnerability score" in found.steps[-1].reason
    assert "v5" in str(found)


def test_a_version_without_a_score_hides_no_change(versions):
    empty = Report("inconclusive", "inconclusive", "x", title="v1b", created="2026-02-01")
    found = tacit.history([versions[0], empty, versions[1]])
    assert (found.steps[1].first, found.steps[1].second) == ("v2", "v1")
    assert found.worse == ("v2",)
    assert found.unknown == ("v1b",)
    text = " ".join(str(found).split())
    assert "before, by more than chance explains: v2." in text
    assert "Not compared, as it takes a score of both: v1b." in text


def test_versions_that_cannot_be_compared_are_not_called_unchanged(versions):
    empty = Report("inconclusive", "inconclusive", "x", title="v0", created="2026-02-01")
    text = " ".join(str(tacit.history([empty, versions[0]])).split())
    assert "No change" not in text
    assert "Not compared, as it takes a score of both: v1." in text


def test_the_picture_has_a_gap_where_a_score_is_missing(versions):
    from tacit.render.charts import versions_of
    from tacit.render.words import Words

    empty = Report("inconclusive", "inconclusive", "x", title="v1b", created="2026-02-01")
    found = tacit.history([versions[0], empty, *versions[1:], replace(empty, title="v5")])
    trend = versions_of(found, Words.of("en"))["trend"]
    assert trend["series"][0]["x"] == [1, 3, 4, 5]
    assert trend["series"][0]["apart"] == [False, True, False, False]
    # the last version has its place, and no tick stands between two versions
    assert trend["x"]["domain"][1] > 6
    assert trend["x"]["form"] == "whole"


def test_no_change_is_not_called_the_same():
    text = str(tacit.history([version("a", 0.1, 0.8), version("b", 0.11, 0.8)]))
    assert "does not show that nothing changed" in " ".join(text.split())


def test_what_cannot_be_a_history_is_refused(versions):
    with pytest.raises(InvalidInput, match="2 to 200"):
        tacit.history(versions[:1])
    with pytest.raises(InvalidInput, match="`versions`"):
        tacit.history([versions[0], versions[0]])
    with pytest.raises(InvalidInput, match="`versions` needs 4"):
        tacit.history(versions, versions=["a", "b"])
    same = tacit.history([versions[0], versions[0]], versions=["a", "b"])
    assert same.title == "v1"


def test_a_step_in_accuracy_and_one_in_vulnerability_pay_for_each_other():
    """A step of .041 at half a width of .0265 has p = 2 Phi(-1.96 * .041 / (.0265 sqrt 2)) = .032.

    Two such steps are .064 after Holm; one alone would be real, beside an accuracy that stays
    (p = 1) it pays for both looks too.
    """
    both = tacit.history(
        [version("a", 0.10, 0.8, half=0.0265), version("b", 0.141, 0.841, half=0.0265)]
    )
    for step in (*both.steps, *both.accuracy_steps):
        assert step.p_value == pytest.approx(0.0320, abs=2e-4)
        assert step.p_adjusted == pytest.approx(2 * step.p_value)
        assert not step.real


def test_a_step_is_real_at_alpha_itself_after_the_correction(monkeypatch):
    """Alpha is 1 - .95: a corrected p-value of just that is enough, and no plain one counts."""
    from tacit.audits import history

    alpha = 1 - 0.95
    for p, real in ((alpha, True), (alpha + 1e-12, False), (None, False)):
        monkeypatch.setattr(
            history,
            "with_adjusted",
            lambda items, p=p: [replace(item, p_value=0.01, p_adjusted=p) for item in items],
        )
        found = tacit.history([version("a", 0.1, 0.8), version("b", 0.11, 0.8)])
        assert [step.real for step in (*found.steps, *found.accuracy_steps)] == [real, real]


def test_a_history_is_at_95_percent_and_of_at_most_200_versions():
    many = [version(f"v{i}", 0.1, 0.8) for i in range(201)]
    assert tacit.history(many[:2]).level == 0.95
    with pytest.raises(InvalidInput, match="2 to 200 versions, got 201"):
        tacit.history(many)
    assert len(tacit.history(many[:200]).points) == 200


def test_an_accuracy_beside_no_score_is_taken_for_one_of_95_percent():
    from tacit.audits.history import _accuracy
    from tacit.core.comparison import Point

    known = {"accuracy_low": 0.7, "accuracy_high": 0.85, "n": 40}
    alone = _accuracy(Point("a", "a", None, 0.8, None, **known))
    assert (alone.value, alone.low, alone.high, alone.level, alone.n) == (0.8, 0.7, 0.85, 0.95, 40)
    score = Estimate("advantage", 0.1, 0.0, 0.2, 0.9, 40, "by hand")
    assert _accuracy(Point("a", "a", None, 0.8, score, **known)).level == 0.9
    for lost in ("accuracy_low", "accuracy_high"):
        assert _accuracy(Point("a", "a", None, 0.8, score, **(known | {lost: None}))) is None
    assert _accuracy(Point("a", "a", None, None, score, **known)) is None


def test_accuracies_of_other_levels_are_not_compared():
    def point(name, level):
        score = Estimate("advantage", 0.2, 0.1, 0.3, level, 100, "x")
        return Point(name, name, None, 0.8, score, n=100, accuracy_low=0.7, accuracy_high=0.9)

    step = _accuracy_step(point("b", 0.9), point("a", 0.95), level=0.95)
    assert step.estimate is None
    assert "different levels" in step.reason
    assert _accuracy_step(point("b", 0.9), point("a", 0.9), level=0.95).estimate is not None
