"""Boosted trees that tell members by what the model answered."""

from dataclasses import dataclass

from tacit.attacks.learned.fitting import Classifier, Learner, boosted_trees


@dataclass(frozen=True)
class GradientBoosting(Learner):
    """Boosted trees on histograms of the model's outputs (``signals.features``) and the signal.

    Parameters
    ----------
    rounds : number of trees.
    rate : learning rate.
    leaves : most leaves of a tree.
    seed : of the rows that set the histograms' bins, where there are more than 200,000.

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
    >>> score = GradientBoosting()(signals)[200:]
    >>> bool(score[member[200:]].mean() > score[~member[200:]].mean())
    True
    """

    rounds: int = 30
    rate: float = 0.15
    leaves: int = 4
    seed: int = 0

    def classifier(self) -> Classifier:
        """Of scikit-learn."""
        return boosted_trees(self.rounds, self.rate, self.leaves, self.seed)
