"""What goes into the attacks and what comes out, by TensorFlow Privacy's names.

Numbers that do not mean what their name says are called ``legacy_...`` here; the old getters give
them with a `LegacyNumberWarning`. `AttackResults.report` is the honest report of the same run.
"""

from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.attack_input import (
    AttackInputData,
    _log_value,
)
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.attack_result import (
    _ABSOLUTE_TOLERANCE,
    EPSILON_ALPHA,
    EPSILON_K,
    EPSILON_METHODS,
    EpsilonLowerBoundValue,
    RocCurve,
    SingleAttackResult,
)
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.attack_types import (
    AttackResultsDFColumns,
    AttackType,
    DataSize,
    PrivacyMetric,
    PrivacyReportMetadata,
)
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.probability_result import (
    MembershipProbabilityResults,
    SingleMembershipProbabilityResult,
)
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.results import (
    AttackResults,
    AttackResultsCollection,
    get_flattened_attack_metrics,
)
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.slice_specs import (
    ENTIRE_DATASET_SLICE_STR,
    SingleSliceSpec,
    SlicingFeature,
    SlicingSpec,
)

__all__ = [
    "ENTIRE_DATASET_SLICE_STR",
    "EPSILON_ALPHA",
    "EPSILON_K",
    "EPSILON_METHODS",
    "_ABSOLUTE_TOLERANCE",
    "AttackInputData",
    "AttackResults",
    "AttackResultsCollection",
    "AttackResultsDFColumns",
    "AttackType",
    "DataSize",
    "EpsilonLowerBoundValue",
    "MembershipProbabilityResults",
    "PrivacyMetric",
    "PrivacyReportMetadata",
    "RocCurve",
    "SingleAttackResult",
    "SingleMembershipProbabilityResult",
    "SingleSliceSpec",
    "SlicingFeature",
    "SlicingSpec",
    "_log_value",
    "get_flattened_attack_metrics",
]
