"""Pictures: numbers first, computed once; matplotlib only when `.plot` is called."""

from tacit.plots.epsilon import EpsilonDisplay
from tacit.plots.pareto import ParetoDisplay
from tacit.plots.roc import RocDisplay
from tacit.plots.scores import ScoresDisplay
from tacit.plots.slices import SlicesDisplay
from tacit.plots.trend import TrendDisplay

__all__ = [
    "EpsilonDisplay",
    "ParetoDisplay",
    "RocDisplay",
    "ScoresDisplay",
    "SlicesDisplay",
    "TrendDisplay",
]
