"""For extenders and for our own tests: games with closed-form truth, and contracts that every plug-in keeps."""

from tacit.testing.contracts import check_attack, check_metric
from tacit.testing.games import ClusteredShift, Game, GaussianShift, LaplaceShift, RandomisedResponse, ShadowGaussian

__all__ = [
    "ClusteredShift",
    "Game",
    "GaussianShift",
    "LaplaceShift",
    "RandomisedResponse",
    "ShadowGaussian",
    "check_attack",
    "check_metric",
]
