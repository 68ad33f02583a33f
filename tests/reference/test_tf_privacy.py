"""Fixed inputs, and what TensorFlow Privacy (privacy_tests, commit 03035d5) makes of them.

Equal where both mean the same thing; where ours differs on purpose, the test says why and shows the
difference.
"""

import contextlib
import importlib.util
import json

import numpy as np
import pytest

from tacit import Evidence, Membership, NotEnoughData, Outputs, Signals, collect
from tacit.attacks import MembershipProbability, Threshold
from tacit.metrics import advantage, auc, named, tpr_at_fpr
from tacit.signals import measure


@pytest.fixture(scope="module")
def theirs(shared):
    return json.loads((shared / "reference" / "tf_privacy.json").read_text(encoding="utf8"))


@pytest.fixture(scope="module")
def population(shared):
    """The function that makes the fixed inputs: overfitted outputs, members first."""
    path = shared / "reference" / "make_inputs.py"
    spec = importlib.util.spec_from_file_location("make_inputs", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.population


def marked(signal, member) -> Evidence:
    return collect(Threshold(), Signals.of(signal), Membership(member))


def from_losses(case) -> Evidence:
    losses = Outputs(loss=np.r_[case["loss_train"], case["loss_test"]])
    return marked(
        measure(losses, "loss"),
        np.r_[np.ones(len(case["loss_train"])), np.zeros(len(case["loss_test"]))],
    )


SMALL = ("distinct", "ties", "perfect", "inverted", "constant", "imbalanced")


@pytest.mark.parametrize("name", SMALL)
def test_areas_of_hand_sized_cases_are_equal(theirs, name):
    case = theirs["small"][f"threshold_{name}"]
    evidence = from_losses(case)
    below = np.searchsorted(evidence.nonmember_scores, evidence.member_scores, "left")
    upto = np.searchsorted(evidence.nonmember_scores, evidence.member_scores, "right")
    assert (below + upto).mean() / 2 / evidence.n_nonmembers == pytest.approx(
        case["auc"], abs=1e-12
    )
    with contextlib.suppress(
        NotEnoughData
    ):  # an interval may need more records than a hand-sized case has
        assert auc(evidence).value == pytest.approx(case["auc"], abs=1e-12)


@pytest.mark.parametrize("name", SMALL)
def test_advantages_of_hand_sized_cases_are_equal_except_where_theirs_turns_the_guess_around(
    theirs, name
):
    """Theirs is the largest |TPR - FPR|; ours fixes the direction beforehand: turning round
    afterwards finds leaks in noise.
    """
    case = theirs["small"][f"threshold_{name}"]
    expected = 0.0 if name == "inverted" else case["advantage"]
    values, difference = _roc_difference(from_losses(case))
    assert difference == pytest.approx(expected, abs=1e-12)
    assert len(values)
    if name == "inverted":
        assert case["advantage"] == 1.0


def _roc_difference(evidence):
    values = np.unique(evidence.score)
    tpr = 1 - np.searchsorted(evidence.member_scores, values, "left") / evidence.n_members
    fpr = 1 - np.searchsorted(evidence.nonmember_scores, values, "left") / evidence.n_nonmembers
    return values, float(np.max(np.r_[0.0, tpr - fpr]))


def test_statistics_of_hand_sized_logits_are_equal(theirs):
    case = theirs["small"]["loss_entropy"]
    outputs = Outputs(logits=case["logits"], label=case["labels"])
    np.testing.assert_allclose(
        measure(outputs, "confidence"), case["stat_conf_with_prob"], rtol=1e-12
    )
    np.testing.assert_allclose(measure(outputs, "scaled_logit"), case["stat_logit"], rtol=1e-12)
    np.testing.assert_allclose(measure(outputs, "hinge"), case["stat_hinge"], atol=1e-12)
    np.testing.assert_allclose(
        measure(outputs, "entropy"), -np.array(case["entropy_nolabel"]), rtol=1e-7, atol=1e-15
    )


def test_losses_are_equal_below_the_value_at_which_theirs_are_clipped(theirs):
    case = theirs["small"]["loss_entropy"]
    loss = -measure(Outputs(logits=case["logits"], label=case["labels"]), "loss")
    clipped = np.array(case["log_loss_from_logits"])
    np.testing.assert_allclose(np.minimum(loss, -np.log(1e-8)), clipped, rtol=1e-9, atol=1e-15)
    assert loss.max() == pytest.approx(30 + np.log(2), rel=1e-12)
    assert clipped.max() == pytest.approx(18.42068, abs=1e-5)


def test_modified_entropies_are_equal_to_the_digits_that_theirs_keep(theirs):
    """Theirs computes 1 - p after p was rounded: of a confident, right answer three digits are
    left.
    """
    case = theirs["small"]["loss_entropy"]
    ours = -measure(Outputs(logits=case["logits"], label=case["labels"]), "modified_entropy")
    rows = [0, 1, 2, 5]
    np.testing.assert_allclose(ours[rows], np.array(case["modified_entropy"])[rows], rtol=1e-6)
    exact = (2 * np.exp(-30.0)) ** 2 + 2 * np.exp(-60.0)
    assert ours[3] == pytest.approx(exact, rel=1e-9, abs=0)
    assert case["modified_entropy"][3] != pytest.approx(exact, rel=1e-4, abs=0)
    assert case["modified_entropy"][3] == pytest.approx(exact, rel=1e-2, abs=0)


def test_multi_label_losses_are_the_mean_of_theirs(theirs):
    case = theirs["small"]["multilabel_bce"]
    ours = measure(Outputs(logits=np.array(case["logits"]), label=np.array(case["labels"])), "loss")
    np.testing.assert_allclose(-ours, np.mean(case["loss"], axis=1), rtol=1e-6)


@pytest.mark.parametrize("kind", ["pop_25k_10", "pop_25k_100"])
def test_threshold_attack_on_25_000_records_a_side_is_equal(theirs, population, kind):
    logits, label, member = population(25_000, int(kind.rsplit("_", 1)[1]))
    expected = theirs["float64_threshold"][kind]
    evidence = marked(measure(Outputs(logits=logits, label=label), "loss"), member)
    # their losses below 1e-8 and above 18.4 are ties; no record here is that confident or that
    # wrong
    assert auc(evidence).value == pytest.approx(expected["auc"], abs=1e-8)
    assert advantage(evidence).value == pytest.approx(expected["advantage"], abs=1e-9)


def test_rates_at_fixed_false_positive_rates_are_those_of_their_curve(theirs, population):
    logits, label, member = population(25_000, 10)
    evidence = marked(measure(Outputs(logits=logits, label=label), "loss"), member)
    recorded = theirs["population"]["W1_threshold_pop_25k_10"][0]
    for rate in (0.001, 0.01, 0.1):
        assert tpr_at_fpr(evidence, rate).value == pytest.approx(
            recorded[f"tpr_at_fpr_{rate:g}"], abs=2 / 25_000
        )


def test_their_best_precision_is_a_maximum_over_thresholds_and_ours_names_one(theirs, population):
    """A PPV of 1.0 from a handful of records is what their maximum returns; ours fixes prior and
    threshold and has an interval.
    """
    logits, label, member = population(25_000, 10)
    evidence = marked(measure(Outputs(logits=logits, label=label), "loss"), member)
    ours = named("ppv@prior=0.5")(evidence)
    assert theirs["float64_threshold"]["pop_25k_10"]["ppv"] == 1.0
    assert ours.low < ours.value < 1.0


@pytest.mark.slow
def test_threshold_attack_on_half_a_million_records_a_side_is_equal(theirs, population):
    logits, label, member = population(500_000, 10)
    expected = theirs["float64_threshold"]["pop_500k_10"]
    evidence = marked(measure(Outputs(logits=logits, label=label), "loss"), member)
    assert auc(evidence).value == pytest.approx(expected["auc"], abs=1e-8)
    assert advantage(evidence).value == pytest.approx(expected["advantage"], abs=1e-8)


def test_confident_float32_logits_keep_the_leak_that_rounding_hides():
    """Softmax in float32, then the log: beyond a margin of 16.6 all losses tie at 0; here that
    hides nearly half of the leak.
    """
    rng = np.random.default_rng(0)
    n = 20_000
    member = np.arange(2 * n) < n
    logits = rng.normal(size=(2 * n, 10)).astype(np.float32)
    label = rng.integers(0, 10, 2 * n)
    logits[np.arange(2 * n), label] += (20 + 3 * rng.normal(size=2 * n) + 2.5 * member).astype(
        np.float32
    )
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    rounded = np.log(
        np.maximum(
            (shifted / shifted.sum(axis=1, keepdims=True))[np.arange(2 * n), label],
            np.float32(1e-8),
        )
    )
    ours = auc(marked(measure(Outputs(logits=logits, label=label), "loss"), member)).value
    naive = auc(marked(rounded, member)).value
    assert ours > 0.7
    assert naive < ours - 0.08


def test_membership_probabilities_are_as_informative_and_not_in_sample(theirs, population):
    """Theirs scores records by counts that hold them; ours is cross-fitted, so its means lie no
    further apart than theirs.
    """
    logits, label, member = population(25_000, 10)
    signals = Signals.of(measure(Outputs(logits=logits, label=label), "loss"))
    evidence = collect(MembershipProbability(), signals, Membership(member))
    recorded = theirs["population"]["W9_membership_probability_25k"]
    means = evidence.score[evidence.member].mean(), evidence.score[~evidence.member].mean()
    assert means[0] == pytest.approx(recorded["mean_train"], abs=0.01)
    assert means[1] == pytest.approx(recorded["mean_test"], abs=0.01)
    assert auc(evidence).value >= 0.66
    assert max(recorded["distinct"]) == 1.0
    assert evidence.score.max() < 1.0
