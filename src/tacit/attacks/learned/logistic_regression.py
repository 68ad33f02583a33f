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

    Examples
    --------
    >>> import numpy as np
    >>> from tacit.core import Signals
    >>> rng = np.random.default_rng(0)
    >>> member = rng.random(400) < 0.5
    >>> known = np.where(np.arange(400) < 200, member, -1)
    >>> signals = Signals.of(rng.normal(size=400) + 2.0 * member, known=known)
    >>> score = LogisticRegression()(signals)[200:]
    >>> bool(score[member[200:]].mean() > score[~member[200:]].mean())
    True
    """

    strength: float = 1.0

    def classifier(self) -> Classifier:
        """Of scikit-learn; by Newton's method, which on some ten columns needs 5 steps for 30."""
        return logistic_regression(self.strength, "newton-cholesky")
