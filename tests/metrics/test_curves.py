"""Curves as numbers: small, finite, and the same picture."""

import json

import numpy as np
import pytest

from tacit.core import Evidence, InvalidInput, collect
from tacit.metrics import roc_points, score_histogram, tpr_at_fpr
from tacit.testing import ClusteredShift, GaussianShift


def play(game):
    return collect(lambda signals: signals.target[:, 0], game.signals, game.membership)


def full_curve(evidence):
    cut = np.unique(evidence.score)[::-1]
    fpr = 1 - np.searchsorted(evidence.nonmember_scores, cut) / evidence.n_nonmembers
    tpr = 1 - np.searchsorted(evidence.member_scores, cut) / evidence.n_members
    return np.concatenate([[0], fpr]), np.concatenate([[0], tpr])


@pytest.mark.parametrize("width", [0.0, 0.5])
def test_a_reduced_curve_draws_the_same_picture(width):
    evidence = play(GaussianShift(1.0, width).draw(20_000, 20_000, seed=1))
    points = roc_points(evidence, max_points=400)
    fpr, tpr = np.array(points["fpr"]), np.array(points["tpr"])
    assert len(fpr) <= 400
    full_fpr, full_tpr = full_curve(evidence)
    grid = np.geomspace(2 / 20_000, 1, 300)
    drawn, whole = np.interp(grid, fpr, tpr), np.interp(grid, full_fpr, full_tpr)
    assert np.abs(np.log(drawn) - np.log(whole)).max() < (0.08 if width == 0 else 0.02)
    assert np.abs(drawn - whole).max() < 0.01


def test_every_point_of_the_reduced_curve_is_on_the_whole_one():
    evidence = play(GaussianShift(1.0, 0.25).draw(300, 500, seed=2))
    points, whole = roc_points(evidence), set(zip(*full_curve(evidence)))
    assert {(round(f * 500), round(t * 300)) for f, t in zip(points["fpr"], points["tpr"])} <= {
        (round(f * 500), round(t * 300)) for f, t in whole
    }


def test_a_curve_starts_and_ends_where_curves_do_and_never_falls():
    for game in (
        GaussianShift(1.0).draw(60, 40, seed=3),
        GaussianShift(5.0, 1.0).draw(30, 30, seed=3),
    ):
        points = roc_points(play(game))
        assert (points["fpr"][0], points["tpr"][0]) == (0, 0)
        assert (points["fpr"][-1], points["tpr"][-1]) == (1, 1)
        for name in ("fpr", "tpr", "low", "high"):
            assert np.all(np.diff(points[name]) >= -1e-12), name
        assert all(
            low <= tpr <= high
            for low, tpr, high in zip(points["low"], points["tpr"], points["high"])
        )
        json.dumps(points, allow_nan=False)


def test_the_band_is_that_of_the_metric_at_its_anchors():
    evidence = play(GaussianShift(1.0).draw(200, 40, seed=4))
    points = roc_points(evidence)
    at = points["fpr"].index(0.25)
    estimate = tpr_at_fpr(evidence, 0.25)
    last = len(points["fpr"]) - 1 - points["fpr"][::-1].index(0.25)
    assert points["tpr"][last] == estimate.value
    assert points["low"][at] == pytest.approx(estimate.low, rel=1e-3)
    assert points["band"] == "pointwise"


def test_few_clusters_leave_the_band_open_and_many_close_it():
    open_band = roc_points(play(ClusteredShift(1.0).draw(3, 30, seed=5)))
    assert set(open_band["low"]) == {0.0}
    assert set(open_band["high"]) == {1.0}
    closed = roc_points(play(ClusteredShift(1.0).draw(100, 100, seed=5)))
    assert max(np.subtract(closed["high"], closed["low"])) < 0.6


def test_too_few_points_are_refused():
    with pytest.raises(InvalidInput, match="`max_points` needs 32 or more"):
        roc_points(play(GaussianShift(1.0).draw(20, 20, seed=6)), max_points=2)


def test_a_histogram_counts_every_record_once():
    evidence = play(GaussianShift(1.0).draw(500, 700, seed=7))
    shares = score_histogram(evidence, bins=20)
    assert len(shares["edges"]) == 21
    assert sum(shares["member"]) == pytest.approx(1)
    assert sum(shares["nonmember"]) == pytest.approx(1)
    inside = (evidence.member_scores >= shares["edges"][5]) & (
        evidence.member_scores < shares["edges"][6]
    )
    assert shares["member"][5] == pytest.approx(inside.mean())


@pytest.mark.parametrize("scores", [[np.inf, 1.0, -np.inf, 0.0], [np.inf] * 4, [2.0] * 4])
def test_a_histogram_of_infinite_or_equal_scores_is_finite(scores):
    evidence = Evidence(
        np.array(scores), np.array([True, True, False, False]), None, "observed", "", np.arange(4)
    )
    shares = score_histogram(evidence, bins=5)
    json.dumps(shares, allow_nan=False)
    assert sum(shares["member"]) == pytest.approx(1)
    json.dumps(roc_points(evidence), allow_nan=False)


def test_a_histogram_needs_a_bin():
    with pytest.raises(InvalidInput, match="`bins`"):
        score_histogram(play(GaussianShift(1.0).draw(20, 20, seed=8)), bins=0)


def test_a_small_curve_keeps_both_corners_of_every_step():
    """Others 4, 2, 2, 0, members 5, 3, 2, 1: by hand."""
    score = np.array([5.0, 3, 2, 1, 4, 2, 2, 0])
    points = roc_points(Evidence(score, np.arange(8) < 4, None))
    corners = list(zip(points["fpr"], points["tpr"]))
    expected = [(0, 0), (0, 0.25), (0.25, 0.25), (0.25, 0.5), (0.75, 0.75), (0.75, 1), (1, 1)]
    assert corners == expected


def test_between_anchors_the_band_is_that_of_the_anchors_around():
    """Never inside the interval at that very rate: its ends are monotone in the rate."""
    evidence = play(GaussianShift(1.0).draw(300, 150, seed=9))
    points = roc_points(evidence, level=0.9)
    fpr = np.array(points["fpr"])
    inner = np.unique(fpr[(fpr > 0) & (fpr < 1)])
    assert len(inner) > 32
    anchors = inner[np.unique(np.rint(np.linspace(0, len(inner) - 1, 32)).astype(int))]
    exact = {share: tpr_at_fpr(evidence, share, level=0.9) for share in anchors[anchors >= 1 / 150]}
    for share, low, high, tpr in zip(fpr, points["low"], points["high"], points["tpr"]):
        if share <= anchors[0] or share >= anchors[-1]:
            continue
        before = max(each.low for at, each in exact.items() if at <= share)
        after = min(each.high for at, each in exact.items() if at >= share)
        assert low == pytest.approx(min(before, tpr), rel=2e-3)
        assert high == pytest.approx(max(after, tpr), rel=2e-3)
    assert points["low"][0] == 0
    assert points["high"][-1] == 1
    assert (points["n_members"], points["n_nonmembers"]) == (300, 150)


def test_a_histogram_leaves_a_thousandth_at_either_end_out_of_its_range():
    """Of 2,001 members -1,000 ... 1,000 the third smallest and the third largest are the ends, but
    for rounding (no edge is a score); all are counted still, in the outermost bins.
    """
    score = np.concatenate([np.arange(-1000.0, 1001), [0.0, 1.0]])
    shares = score_histogram(Evidence(score, np.arange(2003) < 2001, None), bins=4)
    assert shares["edges"] == pytest.approx([-998, -499, 0, 499, 998], abs=8)
    assert not np.isin(shares["edges"], score).any()
    counts = np.diff([0, *np.searchsorted(score[:2001], shares["edges"][1:-1]), 2001])
    assert shares["member"] == pytest.approx(counts / 2001)
    assert shares["nonmember"] == [0, 0, 1, 0]


def test_a_histogram_of_one_value_is_one_wide():
    shares = score_histogram(Evidence(np.full(4, 2.0), np.arange(4) < 2, None), bins=2)
    assert shares["edges"] == pytest.approx([1.5, 2.0, 2.5], abs=0.01)
    assert shares["member"] == [0, 1]


@pytest.mark.parametrize("scale", [1e-300, 1e-6, 1.0, 1e9, 1e300])
@pytest.mark.parametrize("digits", [None, 0, 1, 2])
@pytest.mark.parametrize("bins", [1, 7, 60])
def test_no_edge_of_a_histogram_is_the_exact_score_of_a_record(scale, digits, bins):
    score = np.random.default_rng(0).exponential(5, 500)
    score = (score if digits is None else score.round(digits)) * scale
    shares = score_histogram(Evidence(score, np.arange(500) < 250, None), bins=bins)
    edges = np.array(shares["edges"])
    assert len(np.unique(edges)) == bins + 1
    assert not np.isin(edges, score).any()
    assert sum(shares["member"]) == pytest.approx(1)


def test_a_curve_of_two_corners_has_the_widest_band():
    from tacit.metrics.curves import _band

    world = Evidence(np.zeros(8), np.arange(8) < 4, None, "observed", "x", np.arange(8))
    low, high = _band(world, np.array([0.0, 1.0]), 0.95)
    assert low.tolist() == [0.0, 1.0]
    assert high.tolist() == [1.0, 1.0]


def test_a_band_does_not_fall_where_single_limits_do(monkeypatch):
    """Limits at 8 rates of .2, .5, .4 ...: the band keeps the highest lower one before and the
    lowest upper one after.
    """
    from tacit.metrics import curves

    low = np.array([0.1, 0.2, 0.5, 0.4, 0.6, 0.3, 0.7, 0.8])
    high = np.array([0.3, 0.6, 0.5, 0.9, 0.7, 0.8, 0.95, 0.9])
    monkeypatch.setattr(
        curves, "tpr_limits", lambda paper, fpr, *_, level: (low[: len(fpr)], high[: len(fpr)])
    )
    fpr = np.append(np.arange(1, 9) / 10, 1.0)
    paper = Evidence.of(np.arange(40.0), np.arange(40) % 2 == 0)
    bottom, top = curves._band(paper, fpr, 0.95)
    assert bottom.tolist() == [0.1, 0.2, 0.5, 0.5, 0.6, 0.6, 0.7, 0.8, 1.0]
    assert top.tolist() == [0.3, 0.5, 0.5, 0.7, 0.7, 0.8, 0.9, 0.9, 1.0]


def test_the_steps_of_a_histogram_have_two_digits_by_hand():
    """From 0 to 123.45 in ten bins: 12.345 wide, so 12, about 62 (61.725 in whole numbers). From 0
    to 9.99: .999 wide, so 1.0 in hundredths, about 5.0 (4.995, rounded up from 499.5 to an even
    500); there 0 and 10 are edges, 0 a score, and all edges move by 1 / 97 of a step.
    """
    score = np.array([0.0, 123.45, 50.5, 60.5])
    member = np.arange(4) < 2
    edges = score_histogram(Evidence(score, member, None), bins=10)["edges"]
    assert edges == pytest.approx([2 + 12 * k for k in range(11)], abs=1e-9)
    edges = score_histogram(Evidence(score * 9.99 / 123.45, member, None), bins=10)["edges"]
    assert edges == pytest.approx([k - 1 / 97 for k in range(11)], abs=0.011)


def test_a_range_leaves_out_one_record_in_a_thousand_at_either_end():
    from tacit.metrics.curves import _range

    both = np.arange(6003) % 3 != 0
    score = np.where(both, 0.0, np.arange(6003.0))
    # 2,001 members 0, 3, ..., 6,000: the third smallest and the third largest
    assert _range(Evidence(score, ~both, None)) == (0.0, 5994.0)
    score = np.where(both, 3000.0, score)
    assert _range(Evidence(score, ~both, None)) == (6.0, 5994.0)


@pytest.mark.parametrize("value", [1e18, -1e200])
def test_equal_scores_beyond_what_can_be_rounded_have_a_histogram(value):
    """A half more or less is the same number there."""
    shares = score_histogram(Evidence(np.full(4, value), np.arange(4) < 2, None), bins=2)
    assert shares["edges"][0] < value < shares["edges"][-1]
    assert sum(shares["member"]) == sum(shares["nonmember"]) == 1


def test_the_drawn_ranks_of_a_curve_by_hand():
    """10,000 of either side, each member just above the non-member of its place; 80 points at most:
    the first 10 ranks, fifths, 12 on a log scale (powers of 10 ** (4 / 11)), and members 1, 5,000,
    10,000 and 100 from the top (the member r + 1 from the top has r non-members above it).
    """
    from tacit.metrics.curves import _kept_ranks

    score = np.concatenate([np.arange(10_000) + 0.5, np.arange(10_000.0)])
    evidence = Evidence(score, np.arange(20_000) < 10_000, None)
    logs = {1, 2, 5, 12, 28, 66, 152, 351, 811, 1874, 4329, 10_000}
    fifths = {2000, 4000, 6000, 8000}
    assert set(_kept_ranks(evidence, 80).tolist()) == {*range(11), *fifths, *logs, 99, 4999, 9999}
    assert set(_kept_ranks(evidence, 32).tolist()) == {0, 1, 2, 3, 4, 22, 464, 10_000}
    assert roc_points(evidence) == roc_points(evidence, max_points=400)


def test_over_clusters_the_band_is_that_of_the_metric_at_its_anchors():
    evidence = play(ClusteredShift(1.0).draw(100, 100, seed=5))
    points = roc_points(evidence, max_points=32)
    fpr = np.array(points["fpr"])
    inner = np.unique(fpr[(fpr > 0) & (fpr < 1)])
    at = float(inner[inner >= 0.1][0])
    estimate = tpr_at_fpr(evidence, at)
    where = int(np.flatnonzero(fpr == at)[0])
    assert len(inner) <= 32, "else this rate is no anchor"
    assert points["low"][where] == pytest.approx(estimate.low, rel=2e-3)
    assert points["high"][where] == pytest.approx(estimate.high, rel=2e-3)
    assert estimate.low < points["tpr"][where] < estimate.high
