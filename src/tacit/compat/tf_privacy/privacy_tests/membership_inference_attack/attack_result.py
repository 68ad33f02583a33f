"""What one attack found on one slice; legacy numbers are called so wherever they are shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.compat.tf_privacy.legacy import warn_legacy
from tacit.compat.tf_privacy.privacy_tests import epsilon_lower_bound as elb, losses
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.attack_types import (
    AttackType,
    DataSize,
)
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.slice_specs import (
    SingleSliceSpec,
)
from tacit.core import InvalidInput

Array = NDArray[Any]

LEGACY_PPV = "legacy positive predictive value"
LEGACY_EPSILON = "legacy epsilon lower bound"
# rates below this count as zero in the legacy PPV
_ABSOLUTE_TOLERANCE = 1e-3
# the legacy epsilon: its formula, its level (of one threshold), and how many of the largest stay
EPSILON_METHODS = (elb.BoundMethod.BAILEY,)
EPSILON_ALPHA = 0.05
EPSILON_K = 5


@dataclass(eq=False)
class RocCurve:
    """Members found against non-members accused, at every threshold.

    Parameters
    ----------
    thresholds, tpr, fpr : (k,).
    test_train_ratio : non-members for each member.
    """

    thresholds: Array
    tpr: Array
    fpr: Array
    test_train_ratio: float

    def get_auc(self) -> float:
        """Area under the curve."""
        heights = (self.tpr[1:] + self.tpr[:-1]) / 2
        return float(abs(np.sum(np.diff(self.fpr) * heights)))

    def get_attacker_advantage(self) -> float:
        """The largest TPR - FPR: an attack that accuses the records it should not has none.

        It is the largest of many, so it lies above zero where nothing leaks; `AttackResults.report`
        has it with an interval, at a threshold chosen from other records.
        """
        return float(max(0.0, np.max(self.tpr - self.fpr)))

    def legacy_attacker_advantage(self) -> float:
        """The largest difference in either direction, as TensorFlow Privacy gave it."""
        return float(np.max(np.abs(self.tpr - self.fpr)))

    def get_ppv(self) -> float:
        """`legacy_ppv`, with a warning."""
        warn_legacy("ppv", asked="RocCurve.get_ppv")
        return self.legacy_ppv()

    def legacy_ppv(self) -> float:
        """The largest share of members among the accused, over all thresholds.

        Where both rates are near zero it counts as the share of members among all records.
        """
        tpr, fpr = np.asarray(self.tpr, float), np.asarray(self.fpr, float)
        accused = tpr + fpr * self.test_train_ratio
        ppv = np.divide(tpr, accused, out=np.zeros_like(accused), where=accused != 0)
        nobody = (tpr <= _ABSOLUTE_TOLERANCE) & (fpr <= _ABSOLUTE_TOLERANCE)
        return float(np.max(np.where(nobody, 1 / (1 + self.test_train_ratio), ppv)))

    def __str__(self) -> str:
        return "\n".join(["RocCurve(", *self.lines(), ")"])

    def lines(self) -> list[str]:
        """Its numbers, one a line."""
        return [
            f"  AUC: {self.get_auc():.2f}",
            f"  Attacker advantage: {self.get_attacker_advantage():.2f}",
            f"  {LEGACY_PPV}: {self.legacy_ppv():.2f}",
        ]


@dataclass(eq=False)
class EpsilonLowerBoundValue:
    """Legacy epsilons by the formula that they come from.

    Parameters
    ----------
    bounds : from a method to its largest values, descending.
    """

    bounds: Mapping[elb.BoundMethod, Array]

    def get_max_epsilon_bounds(self) -> Array:
        """The values of the method whose mean is largest; empty where there are none."""
        found = [np.asarray(bound) for bound in self.bounds.values() if len(bound)]
        return max(found, key=np.mean) if found else np.array([])

    def __str__(self) -> str:
        numbers = losses.format_number_list(self.get_max_epsilon_bounds())
        return f"EpsilonLowerBoundValue([{numbers}])"


@dataclass(eq=False)
class SingleAttackResult:
    """One attack on one slice.

    Parameters
    ----------
    slice_spec : the slice.
    data_size : its records.
    attack_type : the attack.
    roc_curve : how well it does.
    epsilon_lower_bound_value : legacy epsilons.
    membership_scores_train, membership_scores_test : one a record; larger means member.
    train_indices, test_indices : the records of the slice, where asked for.
    """

    slice_spec: SingleSliceSpec
    data_size: DataSize
    attack_type: AttackType
    roc_curve: RocCurve
    epsilon_lower_bound_value: EpsilonLowerBoundValue
    membership_scores_train: Array | None = None
    membership_scores_test: Array | None = None
    train_indices: Array | None = None
    test_indices: Array | None = None

    def get_auc(self) -> float:
        """Area under the ROC curve."""
        return self.roc_curve.get_auc()

    def get_attacker_advantage(self) -> float:
        """The largest TPR - FPR."""
        return self.roc_curve.get_attacker_advantage()

    def legacy_attacker_advantage(self) -> float:
        """The largest difference in either direction."""
        return self.roc_curve.legacy_attacker_advantage()

    def get_ppv(self) -> float:
        """`legacy_ppv`, with a warning."""
        warn_legacy("ppv", asked="SingleAttackResult.get_ppv")
        return self.legacy_ppv()

    def legacy_ppv(self) -> float:
        """The largest share of members among the accused, over all thresholds."""
        if self.data_size.ntrain == 0:
            raise InvalidInput("A share of members needs members, got none in this slice.")
        return self.roc_curve.legacy_ppv()

    def get_epsilon_lower_bound(self) -> Array:
        """`legacy_epsilon_lower_bound`, with a warning."""
        warn_legacy("epsilon_lower_bound", asked="SingleAttackResult.get_epsilon_lower_bound")
        return self.legacy_epsilon_lower_bound()

    def legacy_epsilon_lower_bound(self) -> Array:
        """The largest log ratios over thresholds, uncorrected, descending."""
        return self.epsilon_lower_bound_value.get_max_epsilon_bounds()

    def __str__(self) -> str:
        epsilon = losses.format_number_list(self.legacy_epsilon_lower_bound())
        lines = [
            f"  SliceSpec: {self.slice_spec}",
            f"  DataSize: (ntrain={self.data_size.ntrain}, ntest={self.data_size.ntest})",
            f"  AttackType: {self.attack_type}",
            *self.roc_curve.lines(),
            f"  {LEGACY_EPSILON}: {epsilon}",
        ]
        return "\n".join(["SingleAttackResult(", *lines, ")"])
