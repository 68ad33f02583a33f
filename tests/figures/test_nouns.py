"""The numbers of pictures check themselves when they are made."""

import numpy as np
import pytest

from tacit.core import Estimate, Evidence, InvalidInput, Report
from tacit.core.comparison import Point
from tacit.figures import (
    EpsilonFigure,
    ParetoFigure,
    RocCurve,
    RocFigure,
    ScoresFigure,
    SliceRow,
    SlicesFigure,
    TrendFigure,
)

ENDS = np.array([0.0, 1.0])
AUC = Estimate("auc", 0.6, 0.5, 0.7, 0.95, 100, "by hand")
SCORE = Estimate("advantage", 0.2, 0.1, 0.3, 0.95, 100, "by hand")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: RocCurve("a", ENDS, ENDS, ENDS, ENDS[:1]), "one length"),
        (lambda: RocFigure(()), "at least one curve"),
        (lambda: ScoresFigure("a", ENDS, ENDS, ENDS), "edges do not fit"),
        (lambda: ScoresFigure("a", np.array([0.0, np.nan]), ENDS[:1], ENDS[:1]), "finite"),
        (lambda: SlicesFigure(()), "one metric"),
        (lambda: SlicesFigure((SliceRow("a", AUC), SliceRow("b", SCORE))), "one metric"),
        (lambda: TrendFigure(()), "at least one model"),
        (lambda: ParetoFigure((Point("a", "a", None, None, SCORE),)), "accuracy and a score"),
        (lambda: EpsilonFigure(ENDS, ENDS[:1], 0.95, together=True), "one length"),
    ],
)
def test_a_picture_that_could_not_be_drawn_is_refused(make, said):
    with pytest.raises(InvalidInput, match=said):
        make()


def test_axes_show_at_least_one_decade_and_at_most_seven():
    def floor(rate):
        fpr = np.array([0.0, rate, 1.0])
        return RocFigure((RocCurve("a", fpr, fpr, fpr, fpr),)).floor

    assert floor(0.43) == pytest.approx(0.1)
    assert floor(0.001) == pytest.approx(0.001)
    assert floor(0.002) == pytest.approx(0.001)
    assert floor(1e-12) == pytest.approx(1e-7)


def test_the_roc_of_four_scores_is_the_one_by_hand():
    """Scores 4 3 2 1 of member, non-member, member, non-member: (0, 0) (0, .5) (.5, .5) (.5, 1)."""
    evidence = Evidence.of([4.0, 3.0, 2.0, 1.0], [True, False, True, False])
    curve = RocFigure.from_evidence(evidence).curves[0]
    points = set(zip(curve.fpr.tolist(), curve.tpr.tolist()))
    assert {(0.0, 0.5), (0.5, 1.0), (1.0, 1.0)} <= points


def test_histograms_hold_shares():
    evidence = Evidence.of([4.0, 3.0, 2.0, 1.0], [True, False, True, False])
    figure = ScoresFigure.from_evidence(evidence, bins=3)
    assert figure.member.sum() == pytest.approx(1.0)
    assert len(figure.edges) == 4


@pytest.mark.parametrize("figure", [RocFigure, ScoresFigure, SlicesFigure, TrendFigure])
def test_a_report_without_the_numbers_says_so(figure):
    with pytest.raises(InvalidInput, match="holds no"):
        figure.from_report(Report("inconclusive", "inconclusive", "x"))
