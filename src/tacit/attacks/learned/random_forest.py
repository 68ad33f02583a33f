"""A random forest that tells members by what the model answered."""

from dataclasses import dataclass

from tacit.attacks.learned.fitting import Classifier, Learner


@dataclass(frozen=True)
class RandomForest(Learner):
    """A random forest on the model's outputs (``signals.features``) and the signal.

    Parameters
    ----------
    trees : number of trees.
    leaf : fewest records in a leaf.
    share : of the records that each tree sees.
    seed : of the records and columns that each tree is given.

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
    >>> score = RandomForest()(signals)[200:]
    >>> bool(score[member[200:]].mean() > score[~member[200:]].mean())
    True
    """

    trees: int = 100
    leaf: int = 20
    share: float = 0.2
    seed: int = 0

    def classifier(self) -> Classifier:
        """Of scikit-learn."""
        from sklearn.ensemble import RandomForestClassifier

        return RandomForestClassifier(  # type: ignore[no-any-return]
            self.trees,
            min_samples_leaf=self.leaf,
            max_samples=self.share,
            random_state=self.seed,
            n_jobs=1,
        )
