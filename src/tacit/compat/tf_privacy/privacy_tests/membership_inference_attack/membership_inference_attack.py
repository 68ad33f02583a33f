"""Run membership inference attacks on what a model answered.

>>> import numpy as np
>>> from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack import (
...     membership_inference_attack as mia,
... )
>>> rng = np.random.default_rng(0)
>>> results = mia.run_attacks(
...     mia.AttackInputData(loss_train=rng.exponential(0.5, 500), loss_test=rng.exponential(1, 500))
... )
>>> round(results.get_result_with_max_auc().get_auc(), 2)
0.64
>>> results.report.finding
'leak'
"""

import logging
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.compat.tf_privacy.privacy_tests.epsilon_lower_bound import EpsilonLowerBound
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack import honest, models
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.data_structures import (
    EPSILON_ALPHA,
    EPSILON_K,
    EPSILON_METHODS,
    AttackInputData,
    AttackResults,
    AttackType,
    DataSize,
    EpsilonLowerBoundValue,
    MembershipProbabilityResults,
    PrivacyReportMetadata,
    RocCurve,
    SingleAttackResult,
    SingleMembershipProbabilityResult,
    SingleSliceSpec,
    SlicingSpec,
)
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.dataset_slicing import (
    get_single_slice_specs,
    get_slice,
)
from tacit.core import InvalidInput

Array = NDArray[Any]

# of the histogram of membership probabilities, and where its logarithmic axis begins (theirs, kept)
BINS = 15
SMALLEST = 1e-10


def run_attacks(
    attack_input: AttackInputData,
    slicing_spec: SlicingSpec | None = None,
    attack_types: Iterable[AttackType] = (AttackType.THRESHOLD_ATTACK,),
    privacy_report_metadata: PrivacyReportMetadata | None = None,
    balance_attacker_training: bool = True,
    min_num_samples: int = 1,
    backend: str | None = None,
    return_slice_indices: bool = False,
) -> AttackResults:
    """Every attack on every slice, and behind ``results.report`` the audit of the same records.

    Parameters
    ----------
    attack_input : outputs on training records and on others.
    slicing_spec : which slices; all records as one where None.
    attack_types : which attacks.
    privacy_report_metadata : what is known of the model; the rest is computed.
    balance_attacker_training : fit the attackers that learn on equally many of both kinds.
    min_num_samples : slices with fewer records of a kind are left out.
    backend : of joblib, for the attackers that learn.
    return_slice_indices : also say which records are in each slice.

    Raises
    ------
    InvalidInput : the input does not fit together, or has not what an attack needs.
    """
    attack_input.validate()
    spec = SlicingSpec() if slicing_spec is None else slicing_spec
    results = []
    kinds = list(attack_types)
    for slice_spec in _slices(attack_input, spec):
        part = get_slice(attack_input, slice_spec, return_slice_indices)
        for kind in kinds:
            logging.info("Running attack: %s on slice %s", kind.name, slice_spec)
            result = _run_attack(part, kind, balance_attacker_training, min_num_samples, backend)
            if result is None:
                continue
            if return_slice_indices and not slice_spec.entire_dataset:
                result.train_indices = part.train_indices  # type: ignore[attr-defined]
                result.test_indices = part.test_indices  # type: ignore[attr-defined]
            results.append(result)
    metadata = honest.completed(privacy_report_metadata, attack_input)
    title = metadata.model_variant_label
    return AttackResults(
        results, metadata, lambda: honest.report_of(attack_input, spec, title=title)
    )


def run_membership_probability_analysis(
    attack_input: AttackInputData, slicing_spec: SlicingSpec | None = None
) -> MembershipProbabilityResults:
    """The chance of each record to have been in training, from counts that do not hold the record.

    Parameters
    ----------
    attack_input : outputs on training records and on others.
    slicing_spec : which slices; all records as one where None.

    Raises
    ------
    NotEnoughData : a slice has too few records of a kind to count others and leave some out.
    """
    attack_input.validate()
    spec = SlicingSpec() if slicing_spec is None else slicing_spec
    results = []
    for slice_spec in _slices(attack_input, spec):
        part = get_slice(attack_input, slice_spec)
        old = legacy_membership_probability(part)
        train, test = honest.membership_probability(*_values(part))
        results.append(
            SingleMembershipProbabilityResult(
                slice_spec,
                train,
                test,
                old.train_membership_probs,
                old.test_membership_probs,
            )
        )
    return MembershipProbabilityResults(results)


def legacy_membership_probability(
    attack_input: AttackInputData, num_bins: int = BINS
) -> SingleMembershipProbabilityResult:
    """Membership probabilities as TensorFlow Privacy gave them: each record is in its own count.

    With few records in a bin a record's own count makes it look like what it is, so the numbers
    are too good; `run_membership_probability_analysis` leaves it out.

    Parameters
    ----------
    attack_input : one slice.
    num_bins : of the loss (or entropy), on a logarithmic axis.
    """
    train, test = (np.maximum(part, SMALLEST) for part in _values(attack_input))
    both = np.log10(np.concatenate([train, test]))
    edges = np.logspace(both.min(), both.max(), num_bins + 1)
    places = [np.clip(np.digitize(part, edges), 1, num_bins) - 1 for part in (train, test)]
    inside, outside = (np.bincount(part, minlength=num_bins) / len(part) for part in places)
    chance = inside / np.where(inside + outside == 0, 1, inside + outside)
    return SingleMembershipProbabilityResult(
        _slice_spec(attack_input), chance[places[0]], chance[places[1]]
    )


_compute_membership_probability = legacy_membership_probability


def _run_attack(
    attack_input: AttackInputData,
    attack_type: AttackType,
    balance_attacker_training: bool = True,
    min_num_samples: int = 1,
    backend: str | None = None,
) -> SingleAttackResult | None:
    """One attack on one slice; None where the slice is too small for it."""
    attack_input.validate()
    sizes = (attack_input.get_train_size(), attack_input.get_test_size())
    if min(sizes) < min_num_samples:
        return None
    if attack_type.is_trained_attack:
        return _run_trained_attack(
            attack_input, attack_type, balance_attacker_training, backend=backend
        )
    if attack_type is AttackType.THRESHOLD_ENTROPY_ATTACK:
        return _run_threshold_entropy_attack(attack_input)
    return _run_threshold_attack(attack_input)


def _run_threshold_attack(attack_input: AttackInputData) -> SingleAttackResult:
    losses = [attack_input.signal(side) for side in ("train", "test")]
    if losses[0] is None or losses[1] is None:
        raise InvalidInput("The threshold attack needs losses, or labels and outputs.")
    if attack_input.is_multilabel_data():
        losses = [loss.sum(axis=1) for loss in losses if loss is not None]
    return _by_threshold(attack_input, AttackType.THRESHOLD_ATTACK, losses)


def _run_threshold_entropy_attack(attack_input: AttackInputData) -> SingleAttackResult:
    entropies = [attack_input.get_entropy_train(), attack_input.get_entropy_test()]
    return _by_threshold(attack_input, AttackType.THRESHOLD_ENTROPY_ATTACK, entropies)


def _by_threshold(
    attack_input: AttackInputData, attack_type: AttackType, values: list[Any]
) -> SingleAttackResult:
    """The attack that accuses records with small `values`."""
    train, test = values
    result = _judged(attack_input, attack_type, -train, -test)
    # the thresholds are told on the scale of the values
    result.roc_curve.thresholds = -result.roc_curve.thresholds
    return result


def _run_trained_attack(
    attack_input: AttackInputData,
    attack_type: AttackType,
    balance_attacker_training: bool = True,
    cross_validation_folds: int = 2,
    backend: str | None = None,
) -> SingleAttackResult | None:
    """An attack that learns, each record scored by an attacker that was not fitted on it."""
    from sklearn.model_selection import StratifiedKFold

    prepared = models.create_attacker_data(attack_input, balance_attacker_training)
    features, labels, rows = prepared.features_all, prepared.labels_all, prepared.fold_indices
    fewest = min(np.count_nonzero(labels[rows] == kind) for kind in (0, 1))
    if fewest < cross_validation_folds:
        logging.warning(
            "%s needs %d records of each kind, got %d: it is left out on this slice.",
            attack_type,
            cross_validation_folds,
            fewest,
        )
        return None
    scores = np.zeros(len(features))
    for fitted, scored in StratifiedKFold(cross_validation_folds).split(rows, labels[rows]):
        attacker = models.create_attacker(attack_type, backend=backend)
        told = rows[fitted]
        weights = prepared.sample_weights_all
        attacker.train_model(
            features[told], labels[told], None if weights is None else weights[told]
        )
        scores[rows[scored]] = attacker.predict(features[rows[scored]])
    if len(prepared.left_out_indices):
        scores[prepared.left_out_indices] = attacker.predict(features[prepared.left_out_indices])
    return _judged(attack_input, attack_type, scores[labels == 1], scores[labels == 0])


def _judged(
    attack_input: AttackInputData, attack_type: AttackType, train: Array, test: Array
) -> SingleAttackResult:
    """The result of an attack whose scores are larger for members."""
    from sklearn import metrics

    truth = np.repeat([1, 0], [len(train), len(test)])
    fpr, tpr, thresholds = metrics.roc_curve(truth, np.concatenate([train, test]))
    bounds = EpsilonLowerBound(train, test, EPSILON_ALPHA).legacy_epsilon_lower_bounds(
        EPSILON_METHODS, EPSILON_K
    )
    return SingleAttackResult(
        slice_spec=_slice_spec(attack_input),
        data_size=DataSize(len(train), len(test)),
        attack_type=attack_type,
        roc_curve=RocCurve(thresholds, tpr, fpr, len(test) / len(train)),
        epsilon_lower_bound_value=EpsilonLowerBoundValue(bounds),
        membership_scores_train=train,
        membership_scores_test=test,
    )


def _slices(attack_input: AttackInputData, spec: SlicingSpec) -> list[SingleSliceSpec]:
    every = spec.by_class is True
    return get_single_slice_specs(spec, attack_input.num_classes if every else None)


def _slice_spec(data: AttackInputData) -> SingleSliceSpec:
    return getattr(data, "slice_spec", SingleSliceSpec())


def _values(data: AttackInputData) -> tuple[Array, Array]:
    """Losses of both kinds of records, or entropies where only these are given."""
    if data.loss_train is None and data.entropy_train is not None:
        return data.get_entropy_train(), data.get_entropy_test()
    train, test = data.signal("train"), data.signal("test")
    if train is None or test is None:
        raise InvalidInput("Membership probabilities need losses, or labels and outputs.")
    if train.ndim == 2:
        return train.sum(axis=1), test.sum(axis=1)
    return train, test


def _get_accuracy(logits: Any, labels: Any) -> float | None:
    return honest.accuracy(logits, labels)


def _get_numpy_binary_accuracy(preds: Any, labels: Any) -> float:
    found = honest.multilabel_accuracy(preds, labels)
    assert found is not None
    return found


def _get_multilabel_accuracy(preds: Any, labels: Any) -> float | None:
    return honest.multilabel_accuracy(preds, labels)
