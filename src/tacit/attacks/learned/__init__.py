"""Guessers that learn from records whose membership they were told, one a file."""

from tacit.attacks.learned.gradient_boosting import GradientBoosting
from tacit.attacks.learned.k_nearest import KNearest
from tacit.attacks.learned.logistic_regression import LogisticRegression
from tacit.attacks.learned.multilayer_perceptron import MultilayerPerceptron
from tacit.attacks.learned.random_forest import RandomForest

__all__ = [
    "GradientBoosting",
    "KNearest",
    "LogisticRegression",
    "MultilayerPerceptron",
    "RandomForest",
]
