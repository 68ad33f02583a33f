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

    References
    ----------
    .. [1] Shokri et al., Membership Inference Attacks Against Machine Learning Models, 2017, sec.
       V.
    """

    rounds: int = 60
    rate: float = 0.08
    leaves: int = 8

    def classifier(self) -> Classifier:
        """Of scikit-learn."""
        return boosted_trees(self.rounds, self.rate, self.leaves)
