"""Logistic regression of membership on what the model answered."""

from dataclasses import dataclass

from tacit.attacks.learned.fitting import Classifier, Learner, logistic_regression


@dataclass(frozen=True)
class LogisticRegression(Learner):
    """Logistic regression on the model's outputs (``signals.features``) and the signal.

    Parameters
    ----------
    strength : of the fit, the inverse of the ridge penalty.

    References
    ----------
    .. [1] Shokri et al., Membership Inference Attacks Against Machine Learning Models, 2017, sec.
       V.
    """

    strength: float = 1.0

    def classifier(self) -> Classifier:
        """Of scikit-learn."""
        return logistic_regression(self.strength)
