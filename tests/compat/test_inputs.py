"""What goes into `tacit.compat.tf_privacy`: probabilities in the wrong field, weights, slices."""

import numpy as np
import pytest

from tacit import InvalidInput
from tacit.compat.tf_privacy import WrongFieldWarning
from tacit.compat.tf_privacy.privacy_tests import losses, utils
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack import (
    membership_inference_attack as mia,
)
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.data_structures import (
    AttackInputData,
    AttackType,
    SingleSliceSpec,
    SlicingFeature,
    SlicingSpec,
)
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.dataset_slicing import (
    get_single_slice_specs,
    get_slice,
)


def logits(n=200, k=3, seed=0, scale=1.0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    labels = [rng.integers(0, k, n) for _ in range(2)]
    parts = [rng.normal(0, 1, (n, k)) for _ in range(2)]
    parts[0][np.arange(n), labels[0]] += 2
    return [(scale * part).astype(dtype) for part in parts], labels


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def test_probabilities_in_the_logits_field_are_read_as_probabilities():
    parts, labels = logits()
    parts = [softmax(part) for part in parts]
    data = AttackInputData(*parts, labels_train=labels[0], labels_test=labels[1])
    with pytest.warns(WrongFieldWarning, match="Set `probs_train`"):
        found = mia.run_attacks(data)
    right = mia.run_attacks(
        AttackInputData(
            probs_train=parts[0],
            probs_test=parts[1],
            labels_train=labels[0],
            labels_test=labels[1],
        )
    )
    assert repr(found) == repr(right)
    assert found.report.score == right.report.score


def test_logits_of_a_binary_model_between_0_and_1_are_noticed():
    rng = np.random.default_rng(0)
    p = rng.uniform(0.01, 0.99, (2, 100))
    data = AttackInputData(
        p[0], p[1], labels_train=np.ones(100, int), labels_test=np.ones(100, int)
    )
    with pytest.warns(WrongFieldWarning):
        assert data.get_loss_train() == pytest.approx(-np.log(p[0]))


def test_probabilities_outside_0_to_1_are_refused():
    parts, labels = logits()
    data = AttackInputData(
        probs_train=parts[0], probs_test=parts[1], labels_train=labels[0], labels_test=labels[1]
    )
    with pytest.raises(InvalidInput, match="`probs_train` needs numbers from 0 to 1"):
        mia.run_attacks(data)


def test_confident_float32_logits_keep_their_order():
    parts, labels = logits(2000, scale=12, dtype=np.float32)
    data = AttackInputData(*parts, labels_train=labels[0], labels_test=labels[1])
    exact = mia.run_attacks(data).single_attack_results[0].get_auc()
    old = [
        losses.legacy_log_loss(truth, part, from_logits=True) for truth, part in zip(labels, parts)
    ]
    tied = mia.run_attacks(AttackInputData(loss_train=old[0], loss_test=old[1]))
    assert np.mean(old[0] == 0) > 0.2
    assert len(np.unique(data.signal("train"))) == 2000
    assert exact > tied.single_attack_results[0].get_auc() + 0.005


def test_weights_do_not_move_an_attack_but_the_losses_that_are_asked_for():
    parts, labels = logits()
    plain = {"labels_train": labels[0], "labels_test": labels[1]}
    weight = np.linspace(0, 3, 200)
    weighted = AttackInputData(
        *parts, **plain, sample_weight_train=weight, sample_weight_test=weight[::-1]
    )
    bare = AttackInputData(*parts, **plain)
    assert weighted.get_loss_train() == pytest.approx(weight * bare.get_loss_train())
    assert repr(mia.run_attacks(weighted)) == repr(mia.run_attacks(bare))
    kinds = (AttackType.LOGISTIC_REGRESSION,)
    assert repr(mia.run_attacks(weighted, attack_types=kinds)) != repr(
        mia.run_attacks(bare, attack_types=kinds)
    )


@pytest.mark.parametrize("kind", [kind for kind in AttackType if kind.is_trained_attack])
def test_every_attacker_that_learns_takes_weights(kind):
    parts, labels = logits(n=60)
    data = AttackInputData(
        logits_train=parts[0],
        logits_test=parts[1],
        labels_train=labels[0],
        labels_test=labels[1],
        sample_weight_train=np.arange(60.0),
        sample_weight_test=np.ones(60),
    )
    (result,) = mia.run_attacks(data, attack_types=(kind,)).single_attack_results
    assert result.attack_type is kind


def test_the_test_losses_may_be_asked_for_first():
    parts, labels = logits()
    data = AttackInputData(*parts, labels_train=labels[0], labels_test=labels[1])
    assert data.get_loss_test().shape == (200,)


def test_percentile_slices_part_the_records():
    parts, labels = logits(500)
    data = AttackInputData(*parts, labels_train=labels[0], labels_test=labels[1])
    # many equal losses, as clipped ones are
    data.loss_train = np.round(data.get_loss_train(), 1)
    data.loss_test = np.round(data.get_loss_test(), 1)
    specs = get_single_slice_specs(SlicingSpec(entire_dataset=False, by_percentiles=True))
    slices = [get_slice(data, spec, return_slice_indices=True) for spec in specs]
    for side in ("train", "test"):
        rows = np.concatenate([getattr(part, f"{side}_indices") for part in slices])
        assert sorted(rows) == list(range(500))


def test_slices_keep_extra_features_and_the_loss_function():
    parts, labels = logits(50)
    extra = np.arange(100.0).reshape(50, 2)
    data = AttackInputData(
        *parts,
        labels_train=labels[0],
        labels_test=labels[1],
        extra_features_train=extra,
        extra_features_test=extra,
        loss_function="cross_entropy",
    )
    part = get_slice(data, SingleSliceSpec(SlicingFeature.CLASS, 1))
    assert part.extra_features_train.tolist() == extra[labels[0] == 1].tolist()
    assert part.loss_function == "cross_entropy"


@pytest.mark.parametrize(
    ("spec", "needs"),
    [
        (SingleSliceSpec(SlicingFeature.CLASS, 1), "labels_train"),
        (SingleSliceSpec(SlicingFeature.CORRECTLY_CLASSIFIED, True), "outputs and labels"),
        (
            SingleSliceSpec(SlicingFeature.CUSTOM, (np.zeros(2), np.zeros(3), 0, None)),
            "got 2 for 3",
        ),
    ],
)
def test_a_slice_that_the_data_cannot_give_says_what_it_needs(spec, needs):
    data = AttackInputData(loss_train=np.ones(3), loss_test=np.ones(3))
    with pytest.raises(InvalidInput, match=needs):
        get_slice(data, spec)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"loss_train": np.ones(3)}, "come in pairs"),
        ({}, "at least one of"),
        ({"loss_train": [1.0], "loss_test": [1.0]}, "numpy array, got list"),
        ({"loss_train": np.ones((3, 1)), "loss_test": np.ones(3)}, "one dimensional"),
        ({"logits_train": np.ones((3, 2)), "logits_test": np.ones((3, 4))}, "number of classes"),
        (
            {
                "loss_train": np.ones(3),
                "loss_test": np.ones(3),
                "labels_train": np.zeros(3),
                "labels_test": np.zeros(3, int),
            },
            "`labels_train` needs integers",
        ),
    ],
)
def test_input_that_does_not_fit_says_which(fields, says):
    with pytest.raises(InvalidInput, match=says):
        AttackInputData(**fields).validate()


def test_the_old_module_name_of_the_losses_is_importable():
    from tacit.compat.tf_privacy.privacy_tests.utils import log_loss

    assert utils is losses
    assert log_loss is losses.log_loss


def test_an_entropy_alone_has_a_report():
    rng = np.random.default_rng(0)
    data = AttackInputData(
        entropy_train=rng.exponential(0.4, 400), entropy_test=rng.exponential(1, 400)
    )
    found = mia.run_attacks(data, attack_types=(AttackType.THRESHOLD_ENTROPY_ATTACK,))
    assert found.report.finding == "leak"


def test_multilabel_losses_are_added_up():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, (2, 300, 4))
    scores = rng.normal(0, 1, (2, 300, 4))
    scores[0] += 3 * (2 * truth[0] - 1)
    data = AttackInputData(
        logits_train=scores[0], logits_test=scores[1], labels_train=truth[0], labels_test=truth[1]
    )
    assert data.is_multilabel_data()
    found = mia.run_attacks(data)
    summed = np.log1p(np.exp(-scores[0] * (2 * truth[0] - 1))).sum(axis=1)
    assert found.single_attack_results[0].membership_scores_train == pytest.approx(-summed)
    assert found.report.finding == "leak"
