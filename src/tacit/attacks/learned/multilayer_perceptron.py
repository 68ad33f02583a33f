"""A small neural network that tells members by what the model answered."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.attacks.learned.fitting import Classifier, Learner


@dataclass(frozen=True)
class MultilayerPerceptron(Learner):
    """A small neural network on the model's outputs (``signals.features``) and the signal.

    Parameters
    ----------
    width : of its one hidden layer.
    epochs : passes over the known records.
    seed : of the first weights, and of the order of the records.

    References
    ----------
    .. [1] Shokri et al., Membership Inference Attacks Against Machine Learning Models, 2017, sec.
       V.

    Examples
    --------
    >>> from tacit.core import Signals
    >>> rng = np.random.default_rng(0)
    >>> member = rng.random(400) < 0.5
    >>> known = np.where(np.arange(400) < 200, member, -1)
    >>> signals = Signals.of(rng.normal(size=400) + 2.0 * member, known=known)
    >>> score = MultilayerPerceptron()(signals)[200:]
    >>> bool(score[member[200:]].mean() > score[~member[200:]].mean())
    True
    """

    width: int = 32
    epochs: int = 15
    seed: int = 0

    def classifier(self) -> Classifier:
        """Of scikit-learn."""
        return Network(self.width, self.epochs, self.seed)


class Network:
    """One hidden layer, a fixed number of passes."""

    def __init__(self, width: int, epochs: int, seed: int) -> None:
        self.width, self.epochs, self.seed = width, epochs, seed

    def fit(self, x: NDArray[Any], y: NDArray[Any]) -> Any:
        import warnings

        from sklearn.exceptions import ConvergenceWarning
        from sklearn.neural_network import MLPClassifier

        size = min(256, max(16, len(x) // 20))
        self.model = MLPClassifier(
            (self.width,),
            max_iter=self.epochs,
            batch_size=size,
            alpha=1e-3,
            learning_rate_init=3e-3,
            random_state=self.seed,
        )
        with warnings.catch_warnings():
            # a fixed number of passes is the regularisation that is meant
            warnings.simplefilter("ignore", ConvergenceWarning)
            return self.model.fit(x, y)

    def predict_proba(self, x: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(self.model.predict_proba(x))
