"""Legacy numbers equal theirs, and the honest ones hold."""

import json
import re

import numpy as np
import pytest

from tacit import InvalidInput, NotEnoughData
from tacit.compat.tf_privacy import LegacyNumberWarning
from tacit.compat.tf_privacy.privacy_tests import epsilon_lower_bound as elb
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack import (
    advanced_mia,
    membership_inference_attack as mia,
)
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.data_structures import (
    AttackInputData,
    SlicingSpec,
)
from tacit.compat.tf_privacy.privacy_tests.secret_sharer import exposures, generate_secrets


@pytest.fixture(scope="module")
def theirs(shared):
    return json.loads((shared / "reference" / "tf_privacy.json").read_text(encoding="utf8"))[
        "small"
    ]


def test_the_threshold_attack_by_hand():
    data = AttackInputData(
        loss_train=np.array([0.1, 0.2, 0.3, 0.9]), loss_test=np.array([0.25, 0.4, 0.5, 0.6, 1.2])
    )
    (found,) = mia.run_attacks(data).single_attack_results
    # members win 5 + 5 + 4 + 1 of 20 pairs; at 0.3 the attack has 3 of 4 and 1 of 5
    assert found.get_auc() == pytest.approx(15 / 20)
    assert found.get_attacker_advantage() == pytest.approx(3 / 4 - 1 / 5)
    assert found.legacy_ppv() == 1.0
    assert found.membership_scores_train.tolist() == [-0.1, -0.2, -0.3, -0.9]


@pytest.mark.parametrize(
    ("method", "bounds"),
    [
        # of the R package asbio: 473 of 984 against 755 of 1705, 2 of 699 against 213 of 526
        (elb.BoundMethod.KATZ_LOG, (1.01166194, 0.00220470)),
        (elb.BoundMethod.ADJUSTED_LOG, (1.01189079, 0.00310880)),
        (elb.BoundMethod.BAILEY, (1.01148934, 0.00162322)),
        (elb.BoundMethod.INV_SINH, (1.01167669, 0.00233503)),
    ],
)
def test_ratio_bounds_are_those_of_the_literature(method, bounds):
    cases = ((473, 755, 984, 1705), (2, 213, 699, 526))
    found = [elb.RatioBound(*case, 0.05).compute_bound(method) for case in cases]
    assert found == pytest.approx(bounds, abs=1e-7)


def test_the_clopper_pearson_bound_of_a_perfect_attack():
    # Jagielski et al. 2020: 500 of 500 against 0 of 500 at 99 % is 4.54
    bound = elb.RatioBound(500, 0, 500, 500, 0.01).compute_bound(elb.BoundMethod.CLOPPER_PEARSON)
    assert np.log(bound) == pytest.approx(4.54, abs=0.005)


def test_legacy_membership_probabilities_by_hand():
    # five bins a decade apart hold 3 and 0, 1 and 1, 1 and 2, 0 and 1, 0 and 1 of 5
    data = AttackInputData(
        loss_train=np.array([1, 1, 1, 10, 100]), loss_test=np.array([10, 100, 100, 1000, 10000])
    )
    found = mia.legacy_membership_probability(data)
    assert found.train_membership_probs == pytest.approx([1, 1, 1, 1 / 2, 1 / 3])
    assert found.test_membership_probs == pytest.approx([1 / 2, 1 / 3, 1 / 3, 0, 0])


CASES = ("distinct", "ties", "perfect", "inverted", "constant", "imbalanced")


@pytest.mark.parametrize("name", CASES)
def test_legacy_numbers_of_the_threshold_attack_are_theirs(theirs, name):
    case = theirs[f"threshold_{name}"]
    data = AttackInputData(
        loss_train=np.array(case["loss_train"]), loss_test=np.array(case["loss_test"])
    )
    (found,) = mia.run_attacks(data).single_attack_results
    assert found.get_auc() == pytest.approx(case["auc"], abs=1e-12)
    assert found.legacy_attacker_advantage() == pytest.approx(case["advantage"], abs=1e-12)
    assert found.legacy_ppv() == pytest.approx(case["ppv"], abs=1e-12)
    assert found.legacy_epsilon_lower_bound() == pytest.approx(case["eps_bailey_top5"], abs=1e-9)
    assert found.roc_curve.tpr.tolist() == case["tpr"]
    assert found.roc_curve.thresholds[1:].tolist() == pytest.approx(case["thresholds"][1:])


def test_ratio_bounds_are_theirs_on_a_grid(theirs):
    for row in theirs["ratio_bound_grid"]:
        bound = elb.RatioBound(row["tp"], row["fp"], row["pos"], row["neg"], row["alpha"])
        for method in elb.BoundMethod:
            assert bound.compute_bound(method) == pytest.approx(row[method.value], rel=1e-9)


def test_legacy_epsilons_are_theirs(theirs):
    case = theirs["elb_60_50"]
    for alpha in (0.05, 0.01):
        for two in (True, False):
            for given in (True, False):
                old = elb.EpsilonLowerBound(
                    np.array(case["pos"]),
                    np.array(case["neg"]),
                    alpha,
                    two,
                    np.array(case["thresholds"]) if given else None,
                ).legacy_epsilon_lower_bounds()
                expected = case[f"alpha{alpha}_two{two}_thr{given}"]
                for method, values in expected.items():
                    found = old[elb.BoundMethod(method)][: len(values)]
                    assert found == pytest.approx(values, rel=1e-9)


def test_legacy_membership_probabilities_are_theirs(theirs):
    case = theirs["membership_probability"]
    data = AttackInputData(
        loss_train=np.array(case["loss_train"]), loss_test=np.array(case["loss_test"])
    )
    found = mia.legacy_membership_probability(data, case["num_bins"])
    assert found.train_membership_probs == pytest.approx(case["train"])
    assert found.test_membership_probs == pytest.approx(case["test"])
    rates = case["at_thresholds"]
    used, precision, recall = found.attack_with_varied_thresholds(rates["t"])
    assert np.array([used, precision, recall]) == pytest.approx(
        np.array(rates["used_precision_recall"])
    )


def test_scores_from_shadow_models_are_theirs(theirs):
    case = theirs["lira_small"]
    stat, keep = np.array(case["stat"]), np.array(case["keep"], bool)
    target, shadows, inside = stat[0], stat[1:], keep[1:]
    stat_in = [shadows[inside[:, i], i] for i in range(stat.shape[1])]
    stat_out = [shadows[~inside[:, i], i] for i in range(stat.shape[1])]
    checked = 0
    for name, expected in case.items():
        if not name.startswith(("lira_", "offset_")):
            continue
        parts = name.split("_")
        if parts[0] == "lira":
            found = advanced_mia.compute_score_lira(
                target, stat_in, stat_out, parts[1], parts[2] == "fixTrue", parts[3]
            )
        else:
            found = advanced_mia.compute_score_offset(target, stat_in, stat_out, parts[1], parts[2])
        assert found == pytest.approx(expected, rel=1e-9), name
        checked += 1
    assert checked >= 12


def test_a_low_lira_score_means_member():
    # models with the record answer about 4, models without it about 0
    stat_in, stat_out = [np.array([[3.0], [5.0]])] * 2, [np.array([[-1.0], [1.0]])] * 2
    score = advanced_mia.compute_score_lira([[4.0], [0.0]], stat_in, stat_out)
    assert score == pytest.approx([-8.0, 8.0])


def test_the_logit_of_a_sure_answer_is_exact():
    logits = np.array([[800.0, 0.0], [0.0, 800.0]])
    kept = logits.copy()
    stat = advanced_mia.calculate_statistic(logits, np.array([0, 0]))
    assert stat.tolist() == [800.0, -800.0]
    assert (logits == kept).all()


def test_exposures_are_theirs(theirs):
    case = theirs["exposure_small"]
    for name, find in (
        ("interpolation", exposures.compute_exposure_interpolation),
        ("extrapolation", exposures.compute_exposure_extrapolation),
    ):
        found = find(case["secrets"], case["ref"])
        for key, expected in case[name].items():
            # theirs comes sorted, ours in the order of the secrets
            assert np.sort(found[key]) == pytest.approx(np.sort(expected), rel=1e-6)


def test_exposures_come_in_the_order_of_the_secrets():
    found = exposures.compute_exposure_interpolation({"a": [9.0, 0.5]}, [1.0, 2.0, 3.0, 4.0])
    assert found["a"] == pytest.approx([2 - np.log2(5), 2.0])
    # a secret as perplexing as the second of four references ranks third
    tied = exposures.compute_exposure_interpolation({"a": [2.0]}, [1.0, 2.0, 3.0, 4.0])
    assert tied["a"] == pytest.approx([np.log2(4) - np.log2(3)])


def test_secrets_of_a_seed_are_theirs(theirs):
    assert theirs["random_sequences_seed1_vocab_abc_2_n4"] == (
        generate_secrets.generate_random_sequences(list("abc"), "{}-{}", 4, seed=1)
    )


def test_too_few_secrets_are_noticed():
    with pytest.warns(UserWarning, match="has 4 texts, not the 9"):
        texts = generate_secrets.generate_random_sequences("ab", "{}{}", 9)
    assert sorted(texts) == ["aa", "ab", "ba", "bb"]
    config = generate_secrets.SecretConfig([1, 3], [2, 1], 0)
    secrets = generate_secrets.construct_secret(config, texts)
    assert secrets.references == []
    assert len(generate_secrets.construct_secret_dataset([secrets])) == 5
    with pytest.raises(InvalidInput, match="needs 3 sequences"):
        generate_secrets.construct_secret(config, texts[:2])


def test_the_legacy_epsilon_is_positive_where_nothing_leaks_and_the_honest_one_is_not():
    rng = np.random.default_rng(0)
    worlds, old, honest = 60, 0, 0
    for _ in range(worlds):
        bound = elb.EpsilonLowerBound(rng.normal(size=300), rng.normal(size=300), 0.05)
        old += (
            bound.legacy_epsilon_lower_bounds([elb.BoundMethod.BAILEY], 1)[elb.BoundMethod.BAILEY][
                0
            ]
            > 0
        )
        honest += bound.simultaneous().low > 0
    assert old > 0.7 * worlds
    # at 5 % the chance of more than 8 of 60 is below one in 500
    assert honest <= 8


def test_old_epsilons_warn():
    bound = elb.EpsilonLowerBound(np.arange(9.0), np.arange(9.0), 0.05)
    for ask in (
        lambda: bound.compute_epsilon_lower_bounds(),
        lambda: bound.compute_epsilon_lower_bound(elb.BoundMethod.BAILEY),
    ):
        with pytest.warns(LegacyNumberWarning, match="chosen in advance"):
            ask()


@pytest.mark.parametrize(
    "make",
    [
        lambda: elb.RatioBound(5, 1, 4, 4, 0.05),
        lambda: elb.RatioBound([1, 2], [1], 4, 4, 0.05),
        lambda: elb.RatioBound(1, 1, 4, 4, 0.5),
        lambda: elb.EpsilonLowerBound(np.ones((2, 2)), np.ones(2), 0.05),
        lambda: elb.RatioBound(1, 1, 4, 4, 0.05).compute_bound("bailey"),
        lambda: advanced_mia.compute_score_lira([[0.0]], [], [], "both"),
        lambda: advanced_mia.compute_score_lira([[0.0]], [], [], "neither"),
        lambda: advanced_mia.compute_score_offset([[0.0]], [], [], "in", "mode"),
        lambda: advanced_mia.calculate_statistic(np.ones((1, 2)), np.array([0]), option="x"),
    ],
)
def test_nonsense_is_refused(make):
    with pytest.raises(InvalidInput):
        make()


def test_probabilities_of_equal_kinds_are_no_better_than_a_coin():
    rng = np.random.default_rng(3)
    data = AttackInputData(loss_train=rng.exponential(1, 60), loss_test=rng.exponential(1, 60))
    (found,) = mia.run_membership_probability_analysis(data).membership_prob_results
    old = found.legacy_train_membership_probs.mean() - found.legacy_test_membership_probs.mean()
    new = found.train_membership_probs.mean() - found.test_membership_probs.mean()
    # a record in its own count looks like what it is
    assert old > 0.05
    assert new < old / 2


def test_membership_probabilities_are_calibrated():
    rng = np.random.default_rng(0)
    data = AttackInputData(
        loss_train=rng.exponential(0.4, 4000), loss_test=rng.exponential(1, 4000)
    )
    (found,) = mia.run_membership_probability_analysis(data).membership_prob_results
    chance = np.r_[found.train_membership_probs, found.test_membership_probs]
    member = np.repeat([1, 0], 4000)
    for low, high in ((0, 0.3), (0.3, 0.6), (0.6, 1)):
        rows = (chance >= low) & (chance < high)
        spread = 3 * np.sqrt(0.25 / rows.sum()) + 0.01
        assert abs(chance[rows].mean() - member[rows].mean()) < spread
    text = found.collect_results([0.5, 0.7])
    # 0.714 by theory; bins and folds cost a little
    assert re.search(r"an AUC of 0\.(69|70|71)", text[3])
    assert "legacy epsilon" in text[-1]


def test_probabilities_by_class_need_records_to_learn_from():
    rng = np.random.default_rng(0)
    data = AttackInputData(
        loss_train=rng.exponential(1, 8),
        loss_test=rng.exponential(1, 8),
        labels_train=np.arange(8) % 2,
        labels_test=np.arange(8) % 2,
    )
    with pytest.raises(NotEnoughData):
        mia.run_membership_probability_analysis(data, SlicingSpec(by_class=True))
