"""A third party's models, outputs and published results: Location-30 with and without the MemGuard
defence.

The outputs and the accuracies were published with Song and Mittal, Systematic Evaluation of Privacy
Risks of Machine Learning Models (USENIX Security 2021); the accuracies were printed by the authors'
own evaluation code to three digits.
"""

import numpy as np
import pytest

from tacit import Membership, Outputs, Signals, collect
from tacit.attacks import ClassConditional, MembershipProbability, Threshold
from tacit.metrics import auc
from tacit.signals import measure

# statistic: (accuracy undefended, with MemGuard), class-wise thresholds set on the shadow model
ACCURACY = {
    "correctness": (0.687, 0.687),
    "confidence": (0.763, 0.691),
    "entropy": (0.616, 0.521),
    "modified_entropy": (0.781, 0.688),
}
# statistic: (AUC undefended, with MemGuard) over the target's 2,000 records
AUC = {
    "confidence": (0.8698, 0.6900),
    "entropy": (0.8444, 0.6012),
    "modified_entropy": (0.8711, 0.6037),
}
ROUNDING = 0.00051
DEFENCES = ("", "memguard_")


@pytest.fixture(scope="module")
def published(shared):
    with np.load(shared / "data" / "location_predictions.npz", allow_pickle=False) as archive:
        return dict(archive)


def outputs(published, model, defence, kind):
    return Outputs(
        **{kind: published[f"{model}_{defence}{kind}"]}, label=published[f"{model}_labels"]
    )


def guessed_from_the_shadow_model(published, attack, statistic, defence, kind):
    """The target's records, scored by a guesser who was told the membership of the shadow model's
    records only.
    """
    target, shadow = (outputs(published, model, defence, kind) for model in ("target", "shadow"))
    member = np.r_[published["target_member"], published["shadow_member"]]
    signals = Signals.of(
        np.r_[measure(target, statistic), measure(shadow, statistic)],
        known=np.r_[np.full(target.n, -1), published["shadow_member"]],
        group=np.r_[target.label, shadow.label],
    )
    return collect(attack, signals, Membership(member))


@pytest.mark.parametrize("kind", ["logits", "probs"])
@pytest.mark.parametrize("defended", [0, 1], ids=["undefended", "MemGuard"])
@pytest.mark.parametrize("statistic", ACCURACY)
def test_attack_accuracies_with_class_thresholds_are_those_published(
    published, statistic, defended, kind
):
    evidence = guessed_from_the_shadow_model(
        published, ClassConditional(fewest=1), statistic, DEFENCES[defended], kind
    )
    accuracy = ((evidence.score >= 0) == evidence.member).mean()
    assert accuracy == pytest.approx(ACCURACY[statistic][defended], abs=ROUNDING)


@pytest.mark.parametrize("kind", ["logits", "probs"])
@pytest.mark.parametrize("defended", [0, 1], ids=["undefended", "MemGuard"])
@pytest.mark.parametrize("statistic", AUC)
def test_areas_are_those_computed_independently(published, statistic, defended, kind):
    target = outputs(published, "target", DEFENCES[defended], kind)
    membership = Membership(published["target_member"])
    estimate = auc(collect(Threshold(), Signals.of(measure(target, statistic)), membership))
    assert estimate.value == pytest.approx(AUC[statistic][defended], abs=0.00006)


def test_too_few_records_a_class_make_class_thresholds_worse_for_the_entropy(published):
    """The shadow model has 12 to 50 records a class: thresholds of all records, our default there,
    do better.
    """
    by_class = guessed_from_the_shadow_model(
        published, ClassConditional(fewest=1), "entropy", "", "probs"
    )
    of_all = guessed_from_the_shadow_model(published, ClassConditional(), "entropy", "", "probs")
    gain = ((of_all.score >= 0) == of_all.member).mean() - (
        (by_class.score >= 0) == by_class.member
    ).mean()
    assert gain == pytest.approx(0.019, abs=0.001)


def test_probabilities_learned_on_the_shadow_model_rank_the_targets_members(published):
    """They rank; they are not calibrated for the target, whose accuracy on non-members is .63 and
    not the shadow's .43.
    """
    evidence = guessed_from_the_shadow_model(
        published, MembershipProbability(), "modified_entropy", "", "probs"
    )
    assert auc(evidence).low > 0.75
    sure = evidence.score > 0.7
    assert evidence.member[sure].mean() < evidence.score[sure].mean() - 0.05
