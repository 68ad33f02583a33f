"""Slices, sequences and the text of results under the old names, by hand."""

import math

import numpy as np
import pytest

from tacit import InvalidInput
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack import (
    membership_inference_attack as mia,
    models,
    seq2seq_mia,
)
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.attack_result import (
    EpsilonLowerBoundValue,
    RocCurve,
)
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.data_structures import (
    AttackInputData,
    AttackType,
    DataSize,
    SingleAttackResult,
    SingleSliceSpec,
    SlicingFeature,
    SlicingSpec,
)
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.dataset_slicing import (
    get_single_slice_specs,
    get_slice,
)
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.result_text import best


def data(train=(0.1, 0.2, 0.3, 0.9), test=(0.25, 0.4, 0.5, 0.6, 1.2), **more):
    return AttackInputData(loss_train=np.array(train), loss_test=np.array(test), **more)


def test_ten_slices_of_the_loss_part_all_records():
    """A hundred losses: a border belongs to the lower slice, the least loss to the first."""
    train, test = np.arange(0.0, 50), np.arange(50.0, 100)
    given = data(train, test)
    specs = get_single_slice_specs(SlicingSpec(entire_dataset=False, by_percentiles=True))
    assert [spec.value for spec in specs] == [(low, low + 10) for low in range(0, 100, 10)]
    parts = [get_slice(given, spec) for spec in specs]
    assert [len(part.loss_train) for part in parts] == [10] * 5 + [0] * 5
    assert [len(part.loss_test) for part in parts] == [0] * 5 + [10] * 5
    assert parts[0].loss_train.tolist() == list(range(10))
    border = get_slice(
        data([1.0, 2.0, 3.0], [1.0, 2.0]), SingleSliceSpec(SlicingFeature.PERCENTILE, (0, 50))
    )
    assert border.loss_train.tolist() == [1.0, 2.0]


def test_right_and_wrong_answers_and_groups_are_told_apart():
    probs = np.array([[0.9, 0.1], [0.9, 0.1], [0.2, 0.8]])
    given = AttackInputData(
        probs_train=probs,
        probs_test=probs[:2],
        labels_train=np.array([0, 1, 1]),
        labels_test=np.array([1, 1]),
    )
    for value, train, test in ((True, [0, 2], []), (False, [1], [0, 1])):
        spec = SingleSliceSpec(SlicingFeature.CORRECTLY_CLASSIFIED, value)
        part = get_slice(given, spec, return_slice_indices=True)
        assert (part.train_indices.tolist(), part.test_indices.tolist()) == (train, test)
    groups = (np.array([4, 5, 4]), np.array([5, 4]), 4, "four")
    part = get_slice(
        given, SingleSliceSpec(SlicingFeature.CUSTOM, groups), return_slice_indices=True
    )
    assert (part.train_indices.tolist(), part.test_indices.tolist()) == ([0, 2], [1])
    part = get_slice(given, SingleSliceSpec(SlicingFeature.CLASS, 1), return_slice_indices=True)
    assert (part.train_indices.tolist(), part.test_indices.tolist()) == ([1, 2], [0, 1])
    assert given.num_classes == 2


def test_ranks_and_losses_of_tokens_by_hand():
    """Right tokens 1, 0, 2: two scores are above the first, none above the second, one is tied."""
    logits = [np.array([[3.0, 1.0, 2.0], [5.0, 0.0, 0.0]]), np.array([[1.0, 0.0, 1.0]])]
    rank, loss = seq2seq_mia._tokens(logits, [np.array([1, 0]), np.array([[2]])])
    assert rank.tolist() == [2, 0, 0]
    expected = [
        math.log(math.exp(3) + math.exp(1) + math.exp(2)) - 1,
        math.log(math.exp(5) + 2) - 5,
        math.log(2 * math.e + 1) - 1,
    ]
    np.testing.assert_allclose(loss, expected)


def test_batches_with_low_ranks_are_called_members():
    logits = np.array([[[3.0, 1.0], [0.0, 2.0]]])
    inputs = seq2seq_mia.Seq2SeqAttackInputData(
        logits_train=iter([logits, logits]),
        logits_test=iter([logits]),
        labels_train=iter([np.array([[0, 1]]), np.array([[0, 0]])]),
        labels_test=iter([np.array([[1, 0]])]),
        vocab_size=2,
    )
    found = seq2seq_mia.run_seq2seq_attack(inputs)
    (result,) = found.single_attack_results
    # mean ranks 0 and 1/2 against 1
    assert result.membership_scores_train.tolist() == [0.0, -0.5]
    assert result.membership_scores_test.tolist() == [-1.0]
    assert result.get_auc() == 1.0
    known = found.privacy_report_metadata
    assert (known.accuracy_train, known.accuracy_test) == (0.75, 0.0)
    sure, unsure = math.log1p(math.exp(-2)), math.log1p(math.exp(2))
    assert known.loss_train == pytest.approx((3 * sure + unsure) / 4)
    assert known.loss_test == pytest.approx(unsure)


def test_a_class_that_is_none_is_refused():
    hot = np.array([[1, 1], [0, 1]])
    given = AttackInputData(
        probs_train=np.full((2, 2), 0.4),
        probs_test=np.full((2, 2), 0.4),
        labels_train=hot,
        labels_test=hot[::-1],
    )
    part = get_slice(given, SingleSliceSpec(SlicingFeature.CLASS, 0), return_slice_indices=True)
    assert (part.train_indices.tolist(), part.test_indices.tolist()) == ([0], [1])
    with pytest.raises(InvalidInput, match="so no class 2"):
        get_slice(given, SingleSliceSpec(SlicingFeature.CLASS, 2))


@pytest.mark.parametrize("n", [None, 0, 1001])
def test_every_class_needs_a_number_of_classes(n):
    with pytest.raises(InvalidInput, match="from 1 to 1000"):
        get_single_slice_specs(SlicingSpec(by_class=True), n)
    assert len(get_single_slice_specs(SlicingSpec(by_class=True), 1000)) == 1001


def test_a_thousand_groups_are_the_most():
    def specs(n):
        groups = [np.arange(n)]
        return get_single_slice_specs(
            SlicingSpec(all_custom_train_indices=groups, all_custom_test_indices=groups)
        )

    assert len(specs(1000)) == 1001
    with pytest.raises(InvalidInput, match="1001 groups"):
        specs(1001)


def result(area, epsilon):
    roc = RocCurve(np.zeros(3), np.array([0, area, 1.0]), np.array([0, 1 - area, 1.0]), 1.0)
    value = EpsilonLowerBoundValue({"a": np.array(epsilon)})
    size = DataSize(round(100 * area), 7)
    return SingleAttackResult(SingleSliceSpec(), size, AttackType.THRESHOLD_ATTACK, roc, value)


def test_the_best_of_each_metric_is_told():
    """Of areas .6, .9 and .7 the second is best; of epsilons the first, and none is the worst."""
    results = [result(0.6, [3.0, 1.0]), result(0.9, [1.0]), result(0.7, [])]
    lines = best(results, "title", 2)
    assert lines[0] == "title"
    assert "90 training and 7 test" in lines[1]
    assert "an AUC of 0.90" in lines[1]
    assert "90 training" in lines[2]
    assert "an advantage of 0.80" in lines[2]
    assert "60 training" in lines[4]
    assert "of 3.0000, 1.0000" in lines[4]
    assert "on slice" in lines[1]
    assert "on slice" not in best(results, "t", 2, one_slice=True)[1]
    assert "70 training" not in lines[4]


def test_one_record_of_each_kind_is_attacked_and_slices_say_which_they_are():
    spec = SlicingSpec(by_percentiles=True)
    found = mia.run_attacks(data([0.1, 0.9], [0.2, 0.8]), spec, return_slice_indices=True)
    whole, *parts = found.single_attack_results
    assert whole.train_indices is None
    assert mia.run_attacks(data([0.1], [0.2])).single_attack_results[0].get_auc() == 1.0
    assert all(part.train_indices is not None for part in parts)
    half = get_slice(
        data([0.1, 0.9], [0.2, 0.8]), SingleSliceSpec(SlicingFeature.PERCENTILE, (0, 50)), True
    )
    assert (half.train_indices.tolist(), half.test_indices.tolist()) == ([0], [0])


def test_weights_below_nothing_count_as_none(monkeypatch):
    told = []

    class Fits:
        def fit(self, features, truth, sample_weight):
            told.append((truth.tolist(), sample_weight.tolist()))

    attacker = models.LogisticRegressionAttacker()
    monkeypatch.setattr(attacker, "classifier", lambda n: Fits())
    weights = np.array([0.5, -1.0, 2.0])
    attacker.train_model(np.arange(3.0)[:, None], np.array([1.0, 0.0, 1.0]), weights)
    assert told == [([True, False, True], [0.5, 0.0, 2.0])]
