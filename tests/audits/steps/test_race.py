"""Who leads a race of variants, and who is accurate enough to."""

from tacit.audits.steps.race import accurate, leading
from tacit.audits.steps.trials import Trials


def trials_of(name, scores, accuracies=()):
    return Trials(name, scores, accuracies, (1.0,) * len(scores), 0.95)


def test_the_leader_is_not_who_was_lucky_in_its_spread():
    narrow = trials_of("narrow", (0.110, 0.111, 0.112))
    lower = trials_of("lower", (0.06, 0.08, 0.10))
    assert narrow.score.high < lower.score.high
    assert leading({"narrow": narrow, "lower": lower}, 0.01).name == "lower"
    # with more runs the error is smaller, and counts
    longer = trials_of("longer", (0.06, 0.08, 0.10, 0.12, 0.06, 0.08, 0.085))
    assert leading({"lower": lower, "longer": longer}, 0.01).name == "longer"


def test_accuracy_is_allowed_one_standard_error():
    best = trials_of("best", (0.3, 0.3, 0.3), (0.80, 0.82, 0.84))
    near = trials_of("near", (0.1, 0.1, 0.1), (0.775, 0.795, 0.815))
    poor = trials_of("poor", (0.0, 0.0, 0.0), (0.76, 0.78, 0.80))
    names = {item.name: item for item in (best, near, poor)}
    # .02 apart, with an error of .02 * sqrt(2 / 3) = .016
    assert [item.name for item in accurate(names, 0.01)] == ["best", "near"]
    assert [item.name for item in accurate(names, 0.0)] == ["best"]
