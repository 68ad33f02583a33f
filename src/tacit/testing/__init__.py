"""For extenders and for our own tests: games with closed-form truth, and contracts that every
plug-in keeps.
"""

from tacit.testing.adapters import check_adapter
from tacit.testing.contracts import check_attack, check_metric
from tacit.testing.games import (
    ClusteredShift,
    Game,
    GaussianShift,
    LaplaceShift,
    RandomisedResponse,
    ShadowGaussian,
)
from tacit.testing.generators import Cart, Copier, GaussianCopula, Marginals
from tacit.testing.stores import check_store

__all__ = [
    "Cart",
    "ClusteredShift",
    "Copier",
    "Game",
    "GaussianCopula",
    "GaussianShift",
    "LaplaceShift",
    "Marginals",
    "RandomisedResponse",
    "ShadowGaussian",
    "check_adapter",
    "check_attack",
    "check_metric",
    "check_store",
]
