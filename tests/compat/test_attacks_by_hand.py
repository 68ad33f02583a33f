"""Attacks under the old names, by hand: which side is in training, which sign means member."""

import math

import numpy as np
import pytest

from tacit import InvalidInput
from tacit.compat.tf_privacy import LegacyNumberWarning
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack import (
    attack_input,
    honest,
    membership_inference_attack as mia,
    models,
)
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.attack_result import (
    EpsilonLowerBoundValue,
    RocCurve,
)
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.data_structures import (
    AttackInputData,
    AttackResults,
    AttackType,
    DataSize,
    PrivacyReportMetadata,
    SingleAttackResult,
    SingleMembershipProbabilityResult,
    SingleSliceSpec,
)
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.result_text import frame


def data(train=(0.1, 0.2, 0.3, 0.9), test=(0.25, 0.4, 0.5, 0.6, 1.2), **more):
    return AttackInputData(loss_train=np.array(train), loss_test=np.array(test), **more)


def test_thresholds_are_told_on_the_scale_of_the_losses():
    (found,) = mia.run_attacks(data()).single_attack_results
    roc = found.roc_curve
    for threshold, tpr, fpr in zip(roc.thresholds[1:], roc.tpr[1:], roc.fpr[1:]):
        assert tpr == np.mean(np.array([0.1, 0.2, 0.3, 0.9]) <= threshold)
        assert fpr == np.mean(np.array([0.25, 0.4, 0.5, 0.6, 1.2]) <= threshold)
    assert roc.test_train_ratio == 5 / 4
    assert found.data_size == DataSize(4, 5)
    assert found.membership_scores_test.tolist() == [-0.25, -0.4, -0.5, -0.6, -1.2]


def test_slices_with_too_few_of_either_kind_are_left_out():
    assert mia._run_attack(data(), AttackType.THRESHOLD_ATTACK, min_num_samples=4) is not None
    assert mia._run_attack(data(), AttackType.THRESHOLD_ATTACK, min_num_samples=5) is None


def test_the_area_and_the_advantage_of_a_curve_by_hand():
    """From (0, 0) by (1/4, 3/4) to (1, 1): 1/4 x 3/8 + 3/4 x 7/8; 3/4 - 1/4."""
    roc = RocCurve(np.zeros(3), np.array([0, 0.75, 1]), np.array([0, 0.25, 1]), 2.0)
    assert roc.get_auc() == pytest.approx(0.25 * 0.375 + 0.75 * 0.875)
    assert RocCurve(roc.thresholds, roc.tpr[::-1], roc.fpr[::-1], 2.0).get_auc() == roc.get_auc()
    assert roc.get_attacker_advantage() == 0.5
    assert roc.legacy_attacker_advantage() == 0.5
    # 75 of 100 members and 50 of 200 non-members
    assert roc.legacy_ppv() == pytest.approx(75 / 125)
    # rates up to a thousandth count as nobody: a third are members
    few = RocCurve(np.zeros(2), np.array([1e-3, 0.0]), np.array([0.0, 0.0]), 2.0)
    assert few.legacy_ppv() == pytest.approx(1 / 3)
    more = RocCurve(np.zeros(2), np.array([1.1e-3, 0.0]), np.array([0.0, 0.0]), 2.0)
    assert more.legacy_ppv() == 1.0
    assert "AUC: 0.75" in str(roc)


def test_the_epsilons_of_the_largest_mean_are_taken():
    bounds = {"a": np.array([3.0, 0.0]), "b": np.array([2.0, 1.5]), "c": np.array([])}
    assert EpsilonLowerBoundValue(bounds).get_max_epsilon_bounds().tolist() == [2.0, 1.5]
    assert EpsilonLowerBoundValue({}).get_max_epsilon_bounds().tolist() == []


def single(auc, epsilon=(1.0,), size=(2, 2)):
    roc = RocCurve(np.zeros(3), np.array([0, auc, 1.0]), np.array([0, 1 - auc, 1.0]), 1.0)
    value = EpsilonLowerBoundValue({"a": np.array(epsilon)})
    return SingleAttackResult(
        SingleSliceSpec(), DataSize(*size), AttackType.THRESHOLD_ATTACK, roc, value
    )


def test_the_best_of_several_results_is_the_largest():
    results = [single(0.6, (3.0,)), single(0.9, (1.0, 2.0)), single(0.3)]
    found = AttackResults(results)
    assert found.get_result_with_max_auc() is results[1]
    assert found.get_result_with_max_attacker_advantage() is results[1]
    with pytest.warns(LegacyNumberWarning, match="legacy_epsilon"):
        assert found.get_result_with_max_epsilon() is results[0]
    assert AttackResults([]).get_result_with_max_auc() is None
    with pytest.raises(InvalidInput, match="got none"):
        single(0.9, size=(0, 3)).legacy_ppv()


def test_a_row_of_the_table_has_each_number_under_its_name():
    pytest.importorskip("pandas")
    row = frame([single(0.9, (2.0, 1.0), size=(7, 9))], 3).iloc[0]
    assert (row["train size"], row["test size"]) == (7, 9)
    assert row["AUC"] == pytest.approx(single(0.9).get_auc())
    assert row["Attacker advantage"] == pytest.approx(0.8)
    assert row["legacy epsilon lower bound_1"] == 2.0
    assert row["legacy epsilon lower bound_2"] == 1.0
    assert np.isnan(row["legacy epsilon lower bound_3"])
    assert row["slice feature"] == "Entire dataset"
    assert sum(name.startswith("legacy epsilon") for name in row.index) == 3


PROBS = np.array([[0.7, 0.2, 0.1], [0.5, 0.5, 0.0]])


def test_entropies_by_hand():
    plain = attack_input._entropy_of(PROBS, None, logits=False)
    first = -sum(p * math.log(p) for p in PROBS[0])
    np.testing.assert_allclose(plain, [first, math.log(2)])
    found = attack_input._entropy_of(np.log(PROBS + 1e-300), None, logits=True)
    np.testing.assert_allclose(found, plain, rtol=1e-6)


def test_the_modified_entropy_is_low_where_the_true_class_is_sure():
    """-(1 - p_y) log p_y - sum of p_j log(1 - p_j) over the others."""
    found = attack_input._entropy_of(PROBS[:1], np.array([0]), logits=False)
    expected = -0.3 * math.log(0.7) - 0.2 * math.log(0.8) - 0.1 * math.log(0.9)
    np.testing.assert_allclose(found, [expected])
    wrong = attack_input._entropy_of(PROBS[:1], np.array([2]), logits=False)
    np.testing.assert_allclose(
        wrong, [-0.9 * math.log(0.1) - 0.7 * math.log(0.3) - 0.2 * math.log(0.8)]
    )


def test_logits_whose_rows_sum_to_one_are_logits_unless_they_are_probabilities():
    logits = np.array([[3.0, -2.0]])
    sure = 1 / (1 + math.exp(-5))
    expected = -sure * math.log(sure) - (1 - sure) * math.log(1 - sure)
    np.testing.assert_allclose(attack_input._entropy_of(logits, None, logits=True), [expected])
    np.testing.assert_allclose(
        attack_input._entropy_of(PROBS, None, logits=True),
        attack_input._entropy_of(PROBS, None, logits=False),
    )


@pytest.mark.parametrize(
    ("logits", "noticed"),
    [
        (PROBS, True),
        (PROBS + np.array([0.002, 0, 0]), False),
        (PROBS + np.array([0.0009, 0, 0]), True),
        (PROBS - np.array([0.0, 0.0, 0.2]), False),
        (np.linspace(0, 1, 20), True),
        (np.linspace(0, 1, 19), False),
        (np.full(20, 0.5), False),
        (np.linspace(0, 1.01, 20), False),
        (np.linspace(0, 1, 20)[:, None], True),
        (np.empty((0, 2)), False),
    ],
)
def test_probabilities_in_the_place_of_logits_are_noticed(logits, noticed):
    assert attack_input._are_probabilities(np.asarray(logits)) is noticed


def test_members_are_the_first_rows_of_the_table_and_have_the_label_one():
    prepared = models.create_attacker_data(data())
    assert prepared.features_all[:, 0].tolist() == [0.1, 0.2, 0.3, 0.9, 0.25, 0.4, 0.5, 0.6, 1.2]
    assert prepared.labels_all.tolist() == [1.0] * 4 + [0.0] * 5
    # four of each in the folds, the fifth of the others is only scored
    assert len(prepared.fold_indices) == 8
    assert prepared.labels_all[prepared.fold_indices].sum() == 4
    assert len(prepared.left_out_indices) == 1
    assert prepared.left_out_indices[0] >= 4
    every = [*prepared.fold_indices, *prepared.left_out_indices]
    assert sorted(every) == list(range(9))
    assert prepared.data_size == DataSize(4, 5)
    whole = models.create_attacker_data(data(), balance=False)
    assert len(whole.fold_indices) == 9
    assert len(whole.left_out_indices) == 0
    assert prepared.sample_weights_all is None


def test_weights_and_extra_features_stay_with_their_records():
    given = data(
        sample_weight_train=np.arange(4.0),
        sample_weight_test=np.arange(10.0, 15.0),
        extra_features_train=np.full((4, 2), 7.0),
        extra_features_test=np.full((5, 2), 8.0),
    )
    prepared = models.create_attacker_data(given)
    assert prepared.sample_weights_all.tolist() == [0, 1, 2, 3, 10, 11, 12, 13, 14]
    assert prepared.features_all[:, 1].tolist() == [7.0] * 4 + [8.0] * 5


class Spy:
    """Remembers what it was told, and scores by minus the loss."""

    fitted: list

    def train_model(self, features, truth, weights=None):
        Spy.fitted.append((set(features[:, 0]), truth.tolist(), weights))

    def predict(self, features):
        assert not Spy.fitted[-1][0] & set(features[:, 0]), "told what it is to score"
        return -features[:, 0]


def test_no_record_is_scored_by_an_attacker_that_was_told_it(monkeypatch):
    Spy.fitted = []
    monkeypatch.setattr(models, "create_attacker", lambda kind, backend=None: Spy())
    rng = np.random.default_rng(0)
    train, test = rng.exponential(0.5, 20), rng.exponential(1, 27)
    found = mia._run_trained_attack(data(train, test), AttackType.RANDOM_FOREST)
    assert found.membership_scores_train.tolist() == (-train).tolist()
    assert found.membership_scores_test.tolist() == (-test).tolist()
    assert [sum(truth) for _, truth, _ in Spy.fitted] == [10, 10]
    assert [len(truth) for _, truth, _ in Spy.fitted] == [20, 20]
    assert (found.roc_curve.test_train_ratio, found.data_size) == (27 / 20, DataSize(20, 27))
    one = data(train[:1], test)
    assert mia._run_trained_attack(one, AttackType.RANDOM_FOREST) is None
    assert mia._run_trained_attack(data(train[:2], test), AttackType.RANDOM_FOREST) is not None


def test_a_probability_is_the_share_of_members_in_its_bin():
    """Losses 1 and 100 in two bins a decade wide each: 2 of 2 members and 1 of 4 non-members."""
    given = data([1.0, 1.0], [1.0, 100.0, 100.0, 100.0])
    found = mia.legacy_membership_probability(given, 2)
    # rates 1 and 1/4 in the lower bin, 0 and 3/4 in the upper one
    np.testing.assert_allclose(found.train_membership_probs, [0.8, 0.8])
    np.testing.assert_allclose(found.test_membership_probs, [0.8, 0, 0, 0])
    zero = mia.legacy_membership_probability(data([0.0, 1e-11], [1.0, 1.0]), 15)
    assert zero.train_membership_probs.tolist() == [1.0, 1.0]
    assert zero.test_membership_probs.tolist() == [0.0, 0.0]


def test_precision_and_recall_at_thresholds_by_hand():
    """At 0.5: 2 of 2 members, 1 of 4 non-members; equal numbers of both make 1 / 1.25."""
    found = SingleMembershipProbabilityResult(
        SingleSliceSpec(), np.array([0.5, 0.9]), np.array([0.1, 0.5, 0.2, 0.3])
    )
    used, precision, recall = found.attack_with_varied_thresholds([0.0, 0.5, 0.9, 0.91])
    assert used.tolist() == [0.0, 0.5, 0.9]
    np.testing.assert_allclose(precision, [1 / 2, 1 / 1.25, 1.0])
    np.testing.assert_allclose(recall, [1, 1, 1 / 2])
    turned = SingleMembershipProbabilityResult(
        SingleSliceSpec(), np.array([0.1, 0.2]), np.array([0.0, 0.9])
    )
    used, precision, recall = turned.attack_with_varied_thresholds([0.15, 0.8, 0.95])
    assert (used.tolist(), precision.tolist(), recall.tolist()) == ([0.15, 0.8], [0.5, 0], [0.5, 0])
    lines = found.collect_results([0.5])
    assert "0.5000 as the threshold" in lines[1]
    assert "(0.8000, 1.0000)" in lines[1]
    # 7.5 of 8 pairs are won, one of them a tie; at .5 the rates are 1 and 1/4
    assert lines[2].endswith("an AUC of 0.94")
    assert lines[3].endswith("an advantage of 0.75")
    assert len(found.collect_results([0.5], return_roc_results=False)) == 2


def test_chances_from_other_records_keep_their_sides():
    rng = np.random.default_rng(0)
    train, test = honest.membership_probability(rng.exponential(0.1, 300), rng.exponential(1, 200))
    assert (len(train), len(test)) == (300, 200)
    assert train.mean() > 0.6 > 0.4 > test.mean()


def test_what_is_known_is_kept_and_the_rest_computed_side_by_side():
    logits = np.array([[2.0, 0.0], [0.0, 2.0], [2.0, 0.0]])
    given = AttackInputData(
        logits_train=logits,
        logits_test=logits[:2],
        labels_train=np.array([0, 1, 1]),
        labels_test=np.array([1, 1]),
    )
    found = honest.completed(PrivacyReportMetadata(loss_train=9.0), given)
    assert found.accuracy_train == pytest.approx(2 / 3)
    assert found.accuracy_test == 0.5
    assert found.loss_train == 9.0
    assert found.loss_test == pytest.approx(
        math.log1p(math.exp(-2)) / 2 + math.log1p(math.exp(2)) / 2
    )
    assert honest.accuracy(np.ones(3), np.ones(3)) is None
    assert honest.multilabel_accuracy(np.array([[0.6, 0.4, 0.2, 0.9]]), np.ones((1, 4))) == 0.5
    assert honest.multilabel_accuracy(np.array([[0.6, 0.4, 0.9, 0.9]]), np.ones((1, 4))) == 0.75
    assert honest.multilabel_accuracy(None, np.ones(2)) is None
    assert honest.completed(None, data()).accuracy_train is None


def test_both_kinds_are_needed_to_learn_from():
    rng = np.random.default_rng(0)
    many, one = rng.exponential(1, 27), np.array([0.5])
    for train, test in ((one, many), (many, one)):
        found = mia._run_trained_attack(
            data(train, test), AttackType.RANDOM_FOREST, balance_attacker_training=False
        )
        assert found is None


@pytest.mark.parametrize(("value", "refused"), [(0.0, 0), (1.0, 0), (1.01, 1), (-0.01, 1)])
def test_probabilities_are_from_nothing_to_one(value, refused):
    given = AttackInputData(
        probs_train=np.array([value, 0.5]),
        probs_test=np.array([0.5, 0.5]),
        labels_train=np.array([0, 1]),
        labels_test=np.array([0, 1]),
    )
    if refused:
        with pytest.raises(InvalidInput, match="numbers from 0 to 1"):
            given.validate()
    else:
        given.validate()


def test_several_classes_of_a_record_are_noticed():
    hot, one = np.array([[1, 1], [0, 1]]), np.array([[1, 0], [0, 0]])
    probe = AttackInputData()
    assert probe.is_multihot_labels(hot, "labels_train")
    assert not probe.is_multihot_labels(one, "labels_train")
    assert not probe.is_multihot_labels(np.array([0, 3]), "labels_train")
    with pytest.raises(InvalidInput, match="needs shape"):
        probe.is_multihot_labels(hot[None], "labels_train")

    def several(train, test, width=2):
        chances = [np.full((2, 2), 0.4), np.full((2, width), 0.4)]
        return AttackInputData(
            probs_train=chances[0], probs_test=chances[1], labels_train=train, labels_test=test
        ).multilabel_data

    assert several(hot, hot)
    assert not several(hot, one)
    assert not several(one, hot)
    assert not several(hot, np.array([[1, 1, 0], [0, 1, 1]]), width=3)


def test_what_is_audited_is_the_most_that_is_known():
    logits = np.array([[2.0, 0.0], [0.0, 3.0]])
    labels = {"labels_train": np.array([0, 1]), "labels_test": np.array([0, 1])}
    given = AttackInputData(logits_train=logits, logits_test=logits, **labels)
    assert honest.outputs_of(given, "train").logits.tolist() == logits.tolist()
    probs = np.array([[0.9, 0.1], [0.2, 0.8]])
    given = AttackInputData(probs_train=probs, probs_test=probs, **labels)
    assert honest.outputs_of(given, "test").probs.tolist() == probs.tolist()
    given = AttackInputData(logits_train=probs, logits_test=probs, **labels)
    assert honest.outputs_of(given, "train").probs.tolist() == probs.tolist()
    table = AttackInputData(loss_train=logits, loss_test=logits, multilabel_data=True)
    assert honest.outputs_of(table, "train").loss.tolist() == [2.0, 3.0]
    only = AttackInputData(entropy_train=np.array([0.1]), entropy_test=np.array([0.2]))
    sides = [honest.outputs_of(only, side).loss.tolist() for side in ("train", "test")]
    assert sides == [[0.1], [0.2]]


def test_classes_are_counted_over_both_kinds():
    def classes(train, test):
        return AttackInputData(labels_train=np.array(train), labels_test=np.array(test)).num_classes

    assert classes([0, 1], [0, 4]) == 5
    assert classes([6, 1], [0, 4]) == 7
    with pytest.raises(InvalidInput, match="set both"):
        AttackInputData(labels_train=np.array([1])).num_classes  # noqa: B018


@pytest.mark.parametrize("shapes", [((3, 2), (3, 4)), ((3,), (3, 4)), ((3, 4), (3,))])
def test_outputs_of_both_kinds_have_the_same_classes(shapes):
    given = AttackInputData(logits_train=np.ones(shapes[0]), logits_test=np.ones(shapes[1]))
    with pytest.raises(InvalidInput, match="number of classes"):
        given.validate()
    AttackInputData(logits_train=np.ones(3), logits_test=np.ones(5)).validate()
