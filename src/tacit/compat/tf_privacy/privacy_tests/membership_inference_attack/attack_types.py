"""The attacks, their metrics, and what is known of the model: names that results are told by."""

import enum
from collections import namedtuple
from dataclasses import dataclass

DataSize = namedtuple("DataSize", "ntrain ntest")


class AttackType(enum.Enum):
    """The attacks that can be run."""

    LOGISTIC_REGRESSION = "lr"
    MULTI_LAYERED_PERCEPTRON = "mlp"
    RANDOM_FOREST = "rf"
    K_NEAREST_NEIGHBORS = "knn"
    THRESHOLD_ATTACK = "threshold"
    THRESHOLD_ENTROPY_ATTACK = "threshold-entropy"

    @property
    def is_trained_attack(self) -> bool:
        """Whether the attack learns from records whose membership it is told."""
        return not self.name.startswith("THRESHOLD")

    def __str__(self) -> str:
        return self.name


class PrivacyMetric(enum.Enum):
    """The metrics of an attack."""

    AUC = "AUC"
    ATTACKER_ADVANTAGE = "Attacker advantage"
    PPV = "Positive predictive value"
    EPSILON_LOWER_BOUND = "Epsilon lower bound"

    def __str__(self) -> str:
        return str(self.value)


class AttackResultsDFColumns(enum.Enum):
    """Columns of the data frame that say which attack a row is about."""

    SLICE_FEATURE = "slice feature"
    SLICE_VALUE = "slice value"
    DATA_SIZE_TRAIN = "train size"
    DATA_SIZE_TEST = "test size"
    ATTACK_TYPE = "attack type"

    def __str__(self) -> str:
        return str(self.value)


@dataclass
class PrivacyReportMetadata:
    """What is known of the model; what is None is computed where it can be.

    Parameters
    ----------
    accuracy_train, accuracy_test : shares classified rightly.
    loss_train, loss_test : mean losses.
    model_variant_label : the model's name.
    epoch_num : the epoch that it comes from.
    """

    accuracy_train: float | None = None
    accuracy_test: float | None = None
    loss_train: float | None = None
    loss_test: float | None = None
    model_variant_label: str = "Default model variant"
    epoch_num: int | None = None
