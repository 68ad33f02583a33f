"""What the population alone tells about a secret column: a guesser that never saw the model."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core.threads import one_thread

SEED = 0
# a value that the reference never shows keeps a chance of about one row in a hundred thousand
FLOOR = 1e-5


@dataclass(frozen=True)
class Imputation:
    """Chances of each value of a secret from the other columns and the label, learned on others.

    Boosted trees on histograms: they take mixed columns, missing values and categories as they are.

    Parameters
    ----------
    rounds : int
        Number of trees. 60 of 15 leaves reach the plateau on Adult (4,000 rows).
    rate : float
        Learning rate.
    leaves : int
        Most leaves of a tree.

    References
    ----------
    .. [1] Jayaraman, Evans, Are Attribute Inference Attacks Just Imputation?, 2022.
    """

    rounds: int = 60
    rate: float = 0.1
    leaves: int = 15

    def __call__(
        self,
        fitted: NDArray[np.float64],
        value: NDArray[np.int64],
        asked: NDArray[np.float64],
        *,
        n_values: int,
        categorical: NDArray[np.bool_],
    ) -> NDArray[np.float64]:
        """Log-chances of each value, float64 (m, n_values).

        Parameters
        ----------
        fitted : NDArray[np.float64]
            (r, d), the other columns of the reference rows; NaN where a value is missing.
        value : NDArray[np.int64]
            (r,), the secret of the same rows as 0..n_values - 1.
        asked : NDArray[np.float64]
            (m, d), the same columns of the rows to guess about.
        n_values : int
            Number of values that the secret may take.
        categorical : NDArray[np.bool_]
            (d,), which columns hold codes and not quantities.
        """
        chance = np.full((len(asked), n_values), FLOOR)
        seen = np.unique(value)
        if len(seen) == 1 or fitted.shape[1] == 0:
            chance += np.bincount(value, minlength=n_values) / len(value)
        else:
            chance[:, seen] += self._learned(fitted, value, asked, categorical)
        return np.asarray(np.log(chance / chance.sum(axis=1, keepdims=True)))

    def _learned(
        self,
        fitted: NDArray[np.float64],
        value: NDArray[np.int64],
        asked: NDArray[np.float64],
        categorical: NDArray[np.bool_],
    ) -> NDArray[Any]:
        from sklearn.ensemble import HistGradientBoostingClassifier

        model = HistGradientBoostingClassifier(
            max_iter=self.rounds,
            learning_rate=self.rate,
            max_leaf_nodes=self.leaves,
            categorical_features=categorical if categorical.any() else None,
            early_stopping=False,
            random_state=SEED,
        )
        with one_thread():
            return np.asarray(model.fit(fitted, value).predict_proba(asked))
