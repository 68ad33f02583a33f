"""A random forest that tells members by what the model answered."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.attacks.learned.fitting import Classifier, Learner

# A tree sees so many known records at least, or all. With a fifth of 240 to 960, as before, its AUC
# was lower by .05 on made-up logits and on CIFAR-10, and by .06 on Location-30.
FEWEST_SEEN = 2_000
# Below so many known records each cut is the best of a third of the columns: AUC .852 against .833
# for the square root of their number on Location-30 (480 to 1,920 known), equal on CIFAR-10 and
# Adult. With 10,000 the square root is better by .001 on made-up logits and needs less time.
MANY = 5_000


@dataclass(frozen=True)
class RandomForest(Learner):
    """A random forest on the model's outputs (``signals.features``) and the signal.

    The cut points are drawn at random ([2]_): trees that differ more, at half the time.

    Parameters
    ----------
    trees : number of trees.
    leaf : fewest records in a leaf.
    share : of the known records that each tree sees (2,000 at least, or all).
    seed : of the records and columns that each tree is given.

    References
    ----------
    .. [1] Shokri et al., Membership Inference Attacks Against Machine Learning Models, 2017, sec.
       V.
    .. [2] Geurts, Ernst, Wehenkel, Extremely randomized trees, 2006.

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

    trees: int = 50
    leaf: int = 20
    share: float = 0.2
    seed: int = 0

    def classifier(self) -> Classifier:
        """Of scikit-learn."""
        return Forest(self.trees, self.leaf, self.share, self.seed)


class Forest:
    """Trees of drawn cuts."""

    def __init__(self, trees: int, leaf: int, share: float, seed: int) -> None:
        self.trees, self.leaf, self.share, self.seed = trees, leaf, share, seed

    def fit(
        self, x: NDArray[Any], y: NDArray[Any], sample_weight: NDArray[Any] | None = None
    ) -> Any:
        from sklearn.ensemble import ExtraTreesClassifier

        n = len(x)
        self.model = ExtraTreesClassifier(
            self.trees,
            min_samples_leaf=self.leaf,
            max_samples=min(n, max(FEWEST_SEEN, round(self.share * n))),
            max_features=1 / 3 if n < MANY else "sqrt",
            bootstrap=True,
            random_state=self.seed,
            n_jobs=1,
        )
        return self.model.fit(x, y, sample_weight)

    def predict_proba(self, x: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(self.model.predict_proba(x))
