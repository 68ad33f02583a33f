"""A random forest that tells members by what the model answered."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.attacks.learned.fitting import Classifier, Learner

# A tree draws so many known records at least, or as many as there are, with repetition. When it
# drew a fifth of 240 to 960 its AUC was lower by .04 on made-up logits, .06 on CIFAR-10 and .10 on
# Location-30.
FEWEST_SEEN = 2_000
# Of few known records a leaf holds a fifteenth, and 10 at least: with 30 of 24 to 96 the AUC was
# lower by .18 on Location-30 and by .06 on made-up logits (six draws each).
LEAVES, SMALLEST_LEAF = 15, 10
# Below so many known records each cut is the best of a third of the columns: AUC .852 against .833
# for the square root of their number on Location-30 (480 to 1,920 known), no difference beyond
# noise on CIFAR-10 and Adult. With 10,000 known the square root is better by .001 on made-up
# logits, and quicker.
MANY = 5_000


@dataclass(frozen=True)
class RandomForest(Learner):
    """A random forest on the model's outputs (``signals.features``) and the signal.

    The cut points are drawn at random ([2]_): trees that differ more, at half the time.

    Parameters
    ----------
    trees : number of trees.
    leaf : fewest records in a leaf, repeated ones included; less where few are known.
    share : of the known records that each tree draws, with repetition (2,000 at least, or as many
        as there are).
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

    trees: int = 75
    leaf: int = 30
    share: float = 0.2
    seed: int = 0

    def classifier(self) -> Classifier:
        """Of scikit-learn."""
        return Forest(self.trees, self.leaf, self.share, self.seed)


class Forest:
    """Trees of drawn cuts, each of its own sample of the records."""

    def __init__(self, trees: int, leaf: int, share: float, seed: int) -> None:
        self.trees, self.leaf, self.share, self.seed = trees, leaf, share, seed

    def fit(
        self, x: NDArray[Any], y: NDArray[Any], sample_weight: NDArray[Any] | None = None
    ) -> Any:
        # scikit-learn's own loop over trees takes as long as growing them
        from sklearn.tree import ExtraTreeRegressor

        n, rng = len(x), np.random.default_rng(self.seed)
        seen = min(n, max(FEWEST_SEEN, round(self.share * n)))
        leaf = min(self.leaf, max(SMALLEST_LEAF, n // LEAVES))
        inputs, member = np.asarray(x, np.float32), np.asarray(y, np.float64)
        self.grown = []
        for seed in rng.integers(2**31, size=self.trees):
            tree = ExtraTreeRegressor(
                min_samples_leaf=leaf,
                max_features=1 / 3 if n < MANY else "sqrt",
                random_state=int(seed),
            )
            rows = rng.integers(n, size=seen)
            weight = None if sample_weight is None else sample_weight[rows]
            self.grown.append(tree.fit(inputs[rows], member[rows], weight, check_input=False))
        return self

    def predict_proba(self, x: NDArray[Any]) -> NDArray[Any]:
        inputs = np.asarray(x, np.float32)
        share = sum(tree.predict(inputs, check_input=False) for tree in self.grown) / self.trees
        return np.stack([1 - share, share], axis=1)
