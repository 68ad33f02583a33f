"""How likely single records were in training, by slice, and what an attack makes of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.compat.tf_privacy.privacy_tests.epsilon_lower_bound import EpsilonLowerBound
from tacit.compat.tf_privacy.privacy_tests.losses import format_number_list
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.attack_result import (
    EPSILON_ALPHA,
    EPSILON_K,
    EPSILON_METHODS,
    LEGACY_EPSILON,
    EpsilonLowerBoundValue,
    RocCurve,
)
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.slice_specs import (
    SingleSliceSpec,
)

Array = NDArray[Any]


@dataclass(eq=False)
class SingleMembershipProbabilityResult:
    """The chance of each record of a slice to have been in training.

    Parameters
    ----------
    slice_spec : the slice.
    train_membership_probs, test_membership_probs : one a record, from counts that do not hold it.
    legacy_train_membership_probs, legacy_test_membership_probs : from counts that hold the record
        itself, as TensorFlow Privacy gave them; None where the result was made by hand.
    """

    slice_spec: SingleSliceSpec
    train_membership_probs: Array
    test_membership_probs: Array
    legacy_train_membership_probs: Array | None = None
    legacy_test_membership_probs: Array | None = None

    def attack_with_varied_thresholds(
        self, threshold_list: Iterable[float]
    ) -> tuple[Array, Array, Array]:
        """Thresholds that some record reaches, and precision (equal numbers) and recall at each."""
        inside, outside = self.train_membership_probs, self.test_membership_probs
        highest = max(inside.max(), outside.max())
        used = np.array([threshold for threshold in threshold_list if threshold <= highest])
        recall = np.array([np.mean(inside >= threshold) for threshold in used])
        accused = np.array([np.mean(outside >= threshold) for threshold in used])
        return used, recall / (recall + accused), recall

    def collect_results(
        self, threshold_list: Iterable[float], return_roc_results: bool = True
    ) -> list[str]:
        """Lines of text: precision and recall at thresholds, and the attack that uses them all."""
        title = f'\nMembership probability analysis over slice: "{self.slice_spec}"'
        rows = zip(*self.attack_with_varied_thresholds(threshold_list))
        lines = [
            f"  with {threshold:.4f} as the threshold on membership probability, the"
            f" precision-recall pair is ({precision:.4f}, {recall:.4f})"
            for threshold, precision, recall in rows
        ]
        return [title, *lines, *(self._curve() if return_roc_results else [])]

    def _curve(self) -> list[str]:
        """AUC, advantage and legacy epsilon of thresholds on the probability, a line each."""
        inside, outside = self.train_membership_probs, self.test_membership_probs
        values = np.unique(np.concatenate([inside, outside]))
        below = [np.searchsorted(np.sort(part), values) / len(part) for part in (inside, outside)]
        tpr, fpr = (np.append(1 - part, 0.0) for part in below)
        roc = RocCurve(np.append(values, np.inf), tpr, fpr, len(outside) / len(inside))
        bounds = EpsilonLowerBound(inside, outside, EPSILON_ALPHA).legacy_epsilon_lower_bounds(
            EPSILON_METHODS, EPSILON_K
        )
        epsilon = format_number_list(EpsilonLowerBoundValue(bounds).get_max_epsilon_bounds())
        did = "  thresholding on membership probability achieved"
        return [
            f"{did} an AUC of {roc.get_auc():.2f}",
            f"{did} an advantage of {roc.get_attacker_advantage():.2f}",
            f"{did} top-{EPSILON_K} {LEGACY_EPSILON}s of {epsilon}",
        ]


@dataclass(eq=False)
class MembershipProbabilityResults:
    """Membership probabilities of several slices.

    Parameters
    ----------
    membership_prob_results : one a slice.
    """

    membership_prob_results: Sequence[SingleMembershipProbabilityResult]

    def summary(self, threshold_list: Iterable[float]) -> str:
        """The text of all slices."""
        thresholds = list(threshold_list)
        lines = [each.collect_results(thresholds) for each in self.membership_prob_results]
        return "\n".join(line for part in lines for line in part)
