"""Signals to scores, one attack a file."""

from tacit.attacks.base_ratio import BASE
from tacit.attacks.bavaria import BaVarIA
from tacit.attacks.blind import Blind
from tacit.attacks.blind_labels import BlindLabels
from tacit.attacks.class_conditional import ClassConditional
from tacit.attacks.difficulty import DifficultyCalibration
from tacit.attacks.eblira import EBLiRA
from tacit.attacks.epoch_vote import EpochVote
from tacit.attacks.learned import (
    GradientBoosting,
    KNearest,
    LogisticRegression,
    MultilayerPerceptron,
    RandomForest,
)
from tacit.attacks.lira import LiRA
from tacit.attacks.membership_probability import MembershipProbability
from tacit.attacks.pmia import PMIA
from tacit.attacks.population import Population
from tacit.attacks.quantile import QuantileRegression
from tacit.attacks.reference.leave_one_out import shadow_scores
from tacit.attacks.reference_population import ReferencePopulation
from tacit.attacks.rmia import RMIA
from tacit.attacks.shokri import ShokriClassifier
from tacit.attacks.stack import ShadowStack
from tacit.attacks.threshold import Threshold

__all__ = [
    "BASE",
    "PMIA",
    "RMIA",
    "BaVarIA",
    "Blind",
    "BlindLabels",
    "ClassConditional",
    "DifficultyCalibration",
    "EBLiRA",
    "EpochVote",
    "GradientBoosting",
    "KNearest",
    "LiRA",
    "LogisticRegression",
    "MembershipProbability",
    "MultilayerPerceptron",
    "Population",
    "QuantileRegression",
    "RandomForest",
    "ReferencePopulation",
    "ShadowStack",
    "ShokriClassifier",
    "Threshold",
    "shadow_scores",
]
