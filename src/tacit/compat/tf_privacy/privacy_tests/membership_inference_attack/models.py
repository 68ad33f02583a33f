"""Attackers that learn what members look like.

The classifiers are those of `tacit.attacks`: fixed settings and seeds in place of a search over
grids, so a run takes seconds and gives the same numbers every time.
"""

import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tacit.attacks import KNearest, LogisticRegression, MultilayerPerceptron, RandomForest
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.attack_input import (
    AttackInputData,
)
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.attack_types import (
    AttackType,
    DataSize,
)
from tacit.core import InvalidInput

Array = NDArray[Any]

# below this leaves of 30 records leave a forest little to split
FEW = 2000


@dataclass(eq=False)
class AttackerData:
    """A table of all records with their truth, and which rows an attacker is fitted on in turns.

    Parameters
    ----------
    features_all : (n, d).
    labels_all : (n,), 1 for training records and 0 for test records.
    sample_weights_all : (n,) where given.
    fold_indices : rows to fit and score in turns, shuffled.
    left_out_indices : rows only scored, so that both kinds are equally many in the folds.
    data_size : of both kinds.
    """

    features_all: Array
    labels_all: Array
    sample_weights_all: Array | None
    fold_indices: Array
    left_out_indices: Array
    data_size: DataSize


def create_attacker_data(
    attack_input_data: AttackInputData, balance: bool = True, seed: int = 0
) -> AttackerData:
    """The attackers' table: outputs, losses without weights, and extra features.

    Parameters
    ----------
    attack_input_data : outputs on both kinds of records.
    balance : leave out rows of the larger kind, drawn at random.
    seed : of the order and of what is left out.

    Raises
    ------
    InvalidInput : there are no outputs, losses or extra features.
    """
    rng = np.random.default_rng(seed)
    train, test = (_features(attack_input_data, side) for side in ("train", "test"))
    sizes = (len(train), len(test))
    rows = (rng.permutation(sizes[0]), sizes[0] + rng.permutation(sizes[1]))
    fewest = min(sizes) if balance else max(sizes)
    weights = None
    if attack_input_data.has_nonnull_sample_weights():
        both = (attack_input_data.sample_weight_train, attack_input_data.sample_weight_test)
        weights = np.concatenate([np.ravel(part) for part in both if part is not None])
    return AttackerData(
        features_all=np.concatenate([train, test]),
        labels_all=np.repeat([1.0, 0.0], sizes),
        sample_weights_all=weights,
        fold_indices=rng.permutation(np.concatenate([part[:fewest] for part in rows])),
        left_out_indices=np.concatenate([part[fewest:] for part in rows]),
        data_size=DataSize(*sizes),
    )


class TrainedAttacker:
    """An attacker that is fitted on records whose membership it is told.

    Parameters
    ----------
    backend : of joblib, for fitting in several threads or processes; None for one thread.
    """

    weighs: ClassVar[bool] = False

    def __init__(self, backend: str | None = None) -> None:
        self.model: Any = None
        self.scale: Any = None
        self.backend = backend
        logging.info("Using %s backend for training.", backend or "single-threaded")

    def classifier(self, n: int) -> Any:
        """A fresh classifier with scikit-learn's interface, for `n` records."""
        raise NotImplementedError(f"{type(self).__name__} has no classifier.")

    def train_model(
        self, input_features: Array, is_training_labels: Array, sample_weight: Array | None = None
    ) -> None:
        """Fit on records with a known truth.

        Parameters
        ----------
        input_features : (n, d).
        is_training_labels : (n,), 1 for training records.
        sample_weight : (n,); negative weights count as none, and attackers whose classifier takes
            no weights ignore them.
        """
        from sklearn.preprocessing import StandardScaler

        model = self.classifier(len(input_features))
        self.scale = StandardScaler().fit(input_features)
        weights = {}
        if sample_weight is not None and self.weighs:
            weights["sample_weight"] = np.maximum(sample_weight, 0)
        known, truth = self.scale.transform(input_features), np.asarray(is_training_labels) == 1
        with self._parallel():
            model.fit(known, truth, **weights)
        self.model = model

    def predict(self, input_features: Array) -> Array:
        """The chance of each record (n,) to have been in training."""
        if self.model is None:
            raise AssertionError("The attacker is not fitted yet; call `train_model` first.")
        return np.asarray(self.model.predict_proba(self.scale.transform(input_features))[:, 1])

    def _parallel(self) -> Any:
        if self.backend is None:
            return contextlib.nullcontext()
        import joblib  # type: ignore[import-untyped]

        return joblib.parallel_backend(self.backend, n_jobs=-1)


class LogisticRegressionAttacker(TrainedAttacker):
    """Logistic regression."""

    weighs: ClassVar[bool] = True

    def classifier(self, n: int) -> Any:
        """The classifier of `tacit.attacks.LogisticRegression`."""
        return LogisticRegression().classifier()


class MultilayerPerceptronAttacker(TrainedAttacker):
    """A small neural network."""

    def classifier(self, n: int) -> Any:
        """The classifier of `tacit.attacks.MultilayerPerceptron`."""
        return MultilayerPerceptron().classifier()


class RandomForestAttacker(TrainedAttacker):
    """A random forest."""

    weighs: ClassVar[bool] = True

    def classifier(self, n: int) -> Any:
        """The classifier of `tacit.attacks.RandomForest`, with smaller leaves on few records."""
        return RandomForest(leaf=max(2, n // 100) if n < FEW else RandomForest.leaf).classifier()


class KNearestNeighborsAttacker(TrainedAttacker):
    """A vote of the nearest records."""

    def classifier(self, n: int) -> Any:
        """The classifier of `tacit.attacks.KNearest`."""
        return KNearest().classifier()


def create_attacker(attack_type: AttackType, backend: str | None = None) -> TrainedAttacker:
    """The attacker for `attack_type`.

    Raises
    ------
    InvalidInput : the attack is not one that learns.
    """
    # looked up when asked for, so that a script may put a class of its own in a name's place
    attackers: dict[AttackType, Callable[..., TrainedAttacker]] = {
        AttackType.LOGISTIC_REGRESSION: LogisticRegressionAttacker,
        AttackType.MULTI_LAYERED_PERCEPTRON: MultilayerPerceptronAttacker,
        AttackType.RANDOM_FOREST: RandomForestAttacker,
        AttackType.K_NEAREST_NEIGHBORS: KNearestNeighborsAttacker,
    }
    if attack_type not in attackers:
        raise InvalidInput(f"{attack_type} is not an attack that learns.")
    return attackers[attack_type](backend=backend)


def _features(data: AttackInputData, side: str) -> Array:
    parts = (
        getattr(data, f"logits_or_probs_{side}"),
        data.signal(side),
        getattr(data, f"extra_features_{side}"),
    )
    columns = [np.asarray(part).reshape(len(part), -1) for part in parts if part is not None]
    if not columns:
        raise InvalidInput(
            "An attacker that learns needs logits, probs, losses or extra features, got none."
        )
    return np.concatenate(columns, axis=1)
