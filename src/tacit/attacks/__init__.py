"""Signals to scores, one attack a file."""

from tacit.attacks.base import BASE
from tacit.attacks.bavaria import BaVarIA
from tacit.attacks.blind import Blind
from tacit.attacks.class_conditional import ClassConditional
from tacit.attacks.eblira import EBLiRA
from tacit.attacks.learned import GradientBoosting, KNearest, LogisticRegression, MultilayerPerceptron, RandomForest
from tacit.attacks.lira import LiRA
from tacit.attacks.membership_probability import MembershipProbability
from tacit.attacks.population import Population
from tacit.attacks.rmia import RMIA
from tacit.attacks.stack import ShadowStack
from tacit.attacks.threshold import Threshold

__all__ = [
    "BASE",
    "RMIA",
    "BaVarIA",
    "Blind",
    "ClassConditional",
    "EBLiRA",
    "GradientBoosting",
    "KNearest",
    "LiRA",
    "LogisticRegression",
    "MembershipProbability",
    "MultilayerPerceptron",
    "Population",
    "RandomForest",
    "ShadowStack",
    "Threshold",
]
