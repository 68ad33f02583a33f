"""What the audit of unlearning says, and when its controls do not let it speak."""

from types import SimpleNamespace

import pytest
from scipy.stats import t

from tacit.audits.steps.unlearning_words import alike_note, failed_control, headline
from tacit.core import Estimate


def area(value, p_value=None, name="auc"):
    return Estimate(name, value, value - 0.1, value + 0.1, 0.95, 90, "by hand", p_value=p_value)


def retrained(value, variance, df=7.0):
    return SimpleNamespace(value=value, df=df, covariance=lambda other: variance)


def found(ceiling, p_value, left=0.6):
    return {"no unlearning": area(ceiling, p_value), "unlearned": area(left)}


def test_retrained_models_are_at_chance_in_99_of_100_sound_audits():
    """Two-sided: 99.5 % of Student's t, 3.499 standard errors at 7 degrees of freedom."""
    far = t.ppf(0.995, 7) * 0.02
    assert far == pytest.approx(3.4995 * 0.02, rel=1e-4)
    sound = found(0.8, 0.001)
    for away, broken in ((far - 1e-6, False), (far + 1e-6, True)):
        for value in (0.5 + away, 0.5 - away):
            said = failed_control(retrained(value, 0.02**2), sound, 0.95)
            assert said.startswith("the audit is broken") == broken
            assert (said == "") != broken
            assert f"(AUC {value:.3g}, where 0.5" in said or not broken


def test_there_is_something_to_forget_where_the_first_models_are_told_apart():
    for p_value, level, nothing in (
        (0.25, 0.75, False),
        (0.26, 0.75, True),
        (0.001, 0.75, False),
        (None, 0.75, True),
    ):
        said = failed_control(retrained(0.5, 0.01), found(0.8, p_value), level)
        assert bool(said) == nothing
        assert "with an AUC of 0.8 (0.7 to 0.9; 0.5 is chance)" in said or not nothing


@pytest.mark.parametrize(
    ("finding", "begins"),
    [
        ("leak", "Unlearning leaves traces: "),
        ("no leak found", "No trace found after unlearning: "),
        ("inconclusive", "Whether traces stay is open: "),
    ],
)
def test_what_is_left_is_told_beside_what_there_was(finding, begins):
    arms = found(0.8, 0.001, left=0.625)
    removed = area(0.583, name="share removed")
    said = headline(finding, arms, (area(0.1, name="gap"), removed), 0.25, "")
    told = (
        "after unlearning an attacker still tells the records with an AUC of 0.625 (0.525 to"
        " 0.725), before with 0.8; 0.5 is chance. Removed: 58 % (48 to 68 %) of what there was to"
        " see."
    )
    assert said.startswith(begins + told)
    # an advantage of 0.25 is an area of 0.625
    only = "only from an AUC of 0.62 upwards (in 4 audits of 5)"
    assert (only in said) == (finding == "inconclusive")
    assert "Removed" not in headline(finding, arms, (), 0.25, "")
    assert headline(finding, arms, (), 0.25, "why") == "Inconclusive: why"


def test_models_that_answer_alike_are_told():
    assert alike_note(1e-12) is None
    note = alike_note(0.0)
    assert note is not None
    assert note.metric == "chance in training"
