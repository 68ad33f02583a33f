"""What a release's three tests and its slices pay for each other, by hand."""

from types import SimpleNamespace

import numpy as np
import pytest

from tacit.audits.steps import release_report as steps
from tacit.audits.steps.release_report import Found
from tacit.audits.steps.release_slices import isolation, release_slices
from tacit.core import CheckResult, Evidence
from tacit.metrics import auc


def part(name, p):
    return CheckResult(name, "slice", p_value=p, p_adjusted=p)


def found(joint, slices=(), risks=()):
    adjusted = {"a": joint, "nearest": 0.9}
    return Found(
        {"a": np.zeros(2)},
        {"nearest": np.zeros(2)},
        SimpleNamespace(p_value=joint, adjusted=adjusted),
        "a",
        tuple(part(f"slice {p}", p) for p in slices),
        tuple(part(f"risk {p}", p) for p in risks),
        np.zeros(2),
    )


def test_the_error_is_shared_by_scores_slices_and_risks_and_no_more_than_all_of_it():
    shares = (steps.JOINT_SHARE, steps.SLICE_SHARE, steps.RISK_SHARE)
    assert sum(shares) == pytest.approx(1.0)
    for joint, slices, risks in (
        (0.01, (0.5, 0.9), (0.5,)),
        (0.5, (0.9, 0.001), (0.8,)),
        (0.5, (0.4,), (0.002, 0.9)),
        (0.9, (), (None,)),
    ):
        ways = [joint / shares[0]]
        ways += [p / shares[1] for p in slices]
        ways += [p / shares[2] for p in risks if p is not None]
        assert found(joint, slices, risks).p_value == pytest.approx(min(1.0, *ways))
    assert found(0.01, (0.5,)).best == "a"
    assert found(0.5, (0.001,)).best == "slice 0.001"
    assert found(0.5, (0.4,), (0.0001,)).best == "risk 0.0001"


def test_slices_pay_for_all_slices_and_for_the_score_that_was_chosen():
    """Two slices of 60 and one of 12, five scores: ten intervals, and Holm's p-values times 5."""
    rng = np.random.default_rng(0)
    member = np.arange(132) % 2 == 0
    score = rng.normal(size=132) + np.where(np.arange(132) < 60, 1.6, 0.0) * member
    code = np.repeat([0, 1, 2], [60, 60, 12])
    paper = Evidence.of(score, member)
    results = release_slices(
        paper, {"g": (code, ["x", "y", "z"])}, n_scores=5, level=0.95, min_cell=2
    )
    by_value = {result.value: result for result in results}
    areas = {
        text: auc(paper.take(np.flatnonzero(code == i)), level=1 - 0.05 / 10)
        for i, text in enumerate("xy")
    }
    for text, area in areas.items():
        assert by_value[text].estimates[0].level == pytest.approx(1 - 0.05 / 10)
        assert by_value[text].estimates[0].low == pytest.approx(area.low)
        assert by_value[text].p_value == area.p_value
    small, large = sorted(area.p_value for area in areas.values())
    assert small < 0.001
    assert min(r.p_adjusted for r in results if r.p_adjusted) == pytest.approx(10 * small)
    assert by_value["y"].p_adjusted == pytest.approx(min(1.0, 5 * max(large, 2 * small)))
    assert "got 6 and 6" in by_value["z"].reason


def test_rows_are_cut_into_fifths_by_their_distance_nearest_first():
    code, texts = isolation(np.arange(100.0)[::-1])
    assert np.bincount(code).tolist() == [20] * 5
    assert (code[0], code[-1]) == (4, 0)
    assert texts[0] == "1 of 5, nearest to others first"
    assert len(isolation(np.zeros(30))[1]) <= 2


def test_forty_members_and_ten_others_are_too_few_rows():
    """The fewer side counts: all rows in place of the non-members would be enough."""
    rng = np.random.default_rng(0)
    member = np.r_[np.arange(50) < 40, np.arange(60) < 30]
    paper = Evidence.of(rng.normal(size=110), member)
    columns = {"g": (np.repeat([0, 1], [50, 60]), ["x", "y"])}
    few, enough = release_slices(paper, columns, n_scores=1, level=0.95, min_cell=2)
    assert "got 40 and 10" in few.reason
    assert not few.estimates
    assert enough.estimates[0].level == 0.95
