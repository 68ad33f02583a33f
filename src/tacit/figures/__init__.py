"""The numbers of every picture, without drawing: `plots` and `render` draw the same ones."""

from tacit.figures.epsilon import EpsilonFigure
from tacit.figures.pareto import ParetoFigure
from tacit.figures.roc import RocCurve, RocFigure
from tacit.figures.scores import ScoresFigure
from tacit.figures.slices import SliceRow, SlicesFigure
from tacit.figures.trend import Step, TrendFigure

__all__ = [
    "EpsilonFigure",
    "ParetoFigure",
    "RocCurve",
    "RocFigure",
    "ScoresFigure",
    "SliceRow",
    "SlicesFigure",
    "Step",
    "TrendFigure",
]
