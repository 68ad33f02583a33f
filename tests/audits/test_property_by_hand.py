"""The audit of a property, piece by piece: sizes, cuts, limits and sentences worked out by hand."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import beta, binom

from tacit.audits import property as room
from tacit.audits.property import (
    OWN_RECORDS,
    PROPERTY_POLICY,
    SHARED_RECORDS,
    _accuracy,
    _concluded,
    _size_and_parts,
    audit_property,
    detectable_accuracy,
    told,
)
from tacit.core import InvalidInput
from tacit.training.plan import model_seeds


def holds(n_with, n_without):
    return np.arange(n_with + n_without) < n_with


def right(hits, n, level=0.95, shares=(0.3, 0.7)):
    return _accuracy(np.arange(n) < hits, shares, level)


def concluded(hits, n, *, control=None, level=0.95, shares=(0.3, 0.7)):
    beside = right(n // 2 if control is None else control, n, level)
    return _concluded(right(hits, n, level, shares), beside, PROPERTY_POLICY)


def test_models_have_records_of_their_own_down_to_twenty():
    """16 models, shares .3 and .7: 14 with and 14 without are 20 records a model, 13 are 18."""
    assert _size_and_parts(None, holds(224, 224), (0.3, 0.7), 16) == (20, 16)
    with pytest.raises(InvalidInput, match=r"allow 1[89] each"):
        _size_and_parts(None, holds(223, 224), (0.3, 0.7), 16)
    with pytest.raises(InvalidInput, match=r"allow 1[89] each"):
        _size_and_parts(None, holds(224, 223), (0.3, 0.7), 16)


def test_a_size_is_shared_between_two_sides_from_the_first_record_on_that_is_too_many():
    """14 of each a model allow 20 records; a side of all, 112 of each, allows 160."""
    sides = holds(224, 224)
    sized = {size: _size_and_parts(size, sides, (0.3, 0.7), 16) for size in (19, 20, 21, 160)}
    assert sized == {19: (19, 16), 20: (20, 16), 21: (21, 2), 160: (160, 2)}
    with pytest.raises(InvalidInput, match=r"`size` needs 160 records or fewer.*got 161"):
        _size_and_parts(161, sides, (0.3, 0.7), 16)
    # few records are allowed where they were asked for
    assert _size_and_parts(5, sides, (0.3, 0.7), 16) == (5, 16)


def test_the_side_with_fewer_records_limits_the_size():
    """320 with and 64 without, 16 models: 20 and 4 each. At .9 the 20 would do for 22 records, at
    .6 the 4 do for 10 alone.
    """
    assert _size_and_parts(10, holds(320, 64), (0.6, 0.9), 16)[1] == 16
    assert _size_and_parts(12, holds(320, 64), (0.6, 0.9), 16)[1] == 2
    assert _size_and_parts(10, holds(64, 320), (0.4, 0.1), 16)[1] == 16
    assert _size_and_parts(12, holds(64, 320), (0.4, 0.1), 16)[1] == 2


def test_shares_differ_by_a_record_of_the_chosen_size():
    """.30 and .34 of 20 are 6 and 7 records; of 10 they are 3 and 3."""
    assert _size_and_parts(20, holds(400, 400), (0.3, 0.34), 16) == (20, 16)
    with pytest.raises(InvalidInput, match=r"differ by a record, got 0.3 and 0.34 of 10"):
        _size_and_parts(10, holds(400, 400), (0.3, 0.34), 16)


@pytest.mark.parametrize("second", [[0, 0, 1, 1], [1, 1, 0, 0]])
def test_an_answer_halfway_between_both_means_is_taken_for_the_first_share(second):
    """Means 1 and 3: the cut is at 2, and who stands on it is not said to be above."""
    answers = np.array([[0.0], [2], [2], [4], [2], [2]])
    guessed = told(answers, np.array([*second, 0, 1], bool), 4)
    assert guessed.tolist() == [True, False]


def test_a_column_that_never_varies_weighs_nothing_until_it_does():
    """The second column is 7 for all that are learned from, and 100 for one that is graded."""
    answers = np.array([[0.0, 7], [2, 7], [3, 7], [5, 7], [0, 100], [9, -100]])
    assert told(answers, np.array([0, 0, 1, 1, 0, 1], bool), 4).tolist() == [True, True]


def test_a_single_model_of_one_share_is_enough_to_learn_its_mean():
    """Means 0 and (4 + 6) / 2 = 5, so the cut is at 2.5: not at the mean 10 / 3 of all three."""
    answers = np.array([[0.0], [4], [6], [3], [2]])
    assert told(answers, np.array([0, 1, 1, 1, 0], bool), 3).tolist() == [True, True]


def test_the_accuracy_is_exact_and_one_sided_in_its_p_value():
    found = right(12, 16, 0.9, (0.2, 0.6))
    assert (found.name, found.value, found.n, found.level) == ("accuracy", 0.75, 16, 0.9)
    assert found.low == pytest.approx(beta.ppf(0.05, 12, 5))
    assert found.high == pytest.approx(beta.ppf(0.95, 13, 4))
    assert found.p_value == pytest.approx(binom.sf(11, 16, 0.5))
    assert found.settings == {"first": 0.2, "second": 0.6}


def test_a_number_of_hits_whose_chance_is_alpha_itself_is_enough():
    """All 8 right has chance 1 / 256: at that alpha 8 of 8 are found, in 4 audits of 5 where each
    is right with the eighth root of .8.
    """
    assert detectable_accuracy(8, level=1 - 2**-8) == pytest.approx(0.8 ** (1 / 8))
    # 12 of 16 have chance .038 and 11 have .105: sf(11) at the accuracy is .8
    assert binom.sf(11, 16, detectable_accuracy(16, level=0.95)) == pytest.approx(0.8)
    assert binom.sf(10, 16, detectable_accuracy(16, level=0.89)) == pytest.approx(0.8)


def test_twelve_of_sixteen_are_a_leak_and_eleven_are_open():
    assert [concluded(k, 16).finding for k in (11, 12)] == ["inconclusive", "leak"]
    # the same 11 at 89 % confidence: their chance is .105
    assert concluded(11, 16, level=0.89).finding == "leak"
    report = concluded(12, 16)
    assert report.p_value == pytest.approx(binom.sf(11, 16, 0.5))
    assert report.detectable == pytest.approx(2 * detectable_accuracy(16, level=0.95) - 1)


def test_a_leak_of_a_tenth_is_excluded_from_where_it_would_have_shown():
    """An advantage of .1 is an accuracy of .55: so many models until it shows in 4 audits of 5."""
    n = next(n for n in range(500, 800) if detectable_accuracy(n, level=0.95) <= 0.55)
    assert concluded(n // 2, n).finding == "no leak found"
    assert concluded(n // 2, n).headline.startswith("No sign that the answers tell how many")
    report = concluded(n // 2 - 10, n - 10)
    assert (report.finding, report.detectable > 0.1) == ("inconclusive", True)


def test_the_rule_asks_for_an_accuracy_of_at_most_six_in_ten():
    """1,000 models: 560 right are .528 to .591, 580 right .549 to .611, 650 right .62 upwards."""
    assert [concluded(k, 1000).verdict for k in (560, 580, 650)] == ["pass", "inconclusive", "fail"]
    (verdict,) = concluded(560, 1000).verdicts
    assert (verdict.metric, verdict.limit) == ("accuracy", 0.6)


def test_a_control_that_is_not_at_chance_leaves_nothing_to_say():
    report = concluded(16, 16, control=15)
    assert (report.finding, report.verdict, report.attributable) == ("inconclusive",) * 2 + (False,)
    assert report.headline == f"Inconclusive: {report.warnings[0]}"
    assert "accuracy 0.938 of 16 models" in report.warnings[0]
    assert report.verdicts[0].note.reason == report.warnings[0]
    sound = concluded(16, 16, control=9)
    assert (sound.finding, sound.verdict, sound.warnings) == ("leak", "fail", ())


def test_the_control_stands_beside_the_attack_with_numbers_of_its_own():
    attack, control = concluded(14, 16, control=9).checks
    assert (attack.name, attack.role, attack.estimates[0].value) == ("property", "attack", 14 / 16)
    assert (control.role, control.estimates[0].value) == ("control", 9 / 16)
    assert control.p_value == pytest.approx(binom.sf(8, 16, 0.5))
    assert (attack.n_members, attack.n_nonmembers) == (16, 0)
    assert (attack.statistic, concluded(14, 16).chosen) == ("answers", "property")


def test_a_leak_is_told_in_shares_rates_and_records_seen_in_clear():
    """15 of 16 right: at least .698; shares of .3 and .7 overlap by 2 sqrt(.21) = .917, so log(4
    .698 .302) / (2 log .917) = .98 records: one, which is not worth a word. All 16 are .794: 3.
    """
    said = concluded(15, 16).headline
    assert said == (
        "The answers tell how many training records have the property: whether it is 30 % or 70 %"
        " of the training records was guessed right for 93.8 % of 16 models"
        " (69.8 to 99.8 %; half is chance)."
    )
    assert concluded(16, 16).headline.endswith(" So much takes 3 records or more seen in clear.")


def test_what_is_open_says_from_where_it_would_have_shown():
    """(1.645 + .842)^2 / .1^2 = 618.3 models a share would show an accuracy of .55; at 99 % it
    takes (2.326 + .842)^2 / .01 = 1003.7.
    """
    said = concluded(8, 16).headline
    assert said.endswith(
        "So few models show an accuracy only from 0.8 upwards (in 4 audits of 5);"
        " about 619 per share would show 0.55."
    )
    assert "about 1004 per share" in concluded(8, 16, level=0.99).headline


class Stop(Exception):
    """The audit is not looked at any further."""


def handed_over(monkeypatch, **options):
    """What an audit asks training to do."""
    seen = SimpleNamespace()

    def shadow(recipe, data, **given):
        seen.recipe, seen.data, seen.given = recipe, data, given
        raise Stop

    monkeypatch.setattr(room, "shadow", shadow)
    has = np.arange(1300) < 650
    with pytest.raises(Stop):
        audit_property(lambda rows, seed: None, np.zeros((1300, 2)), property=has, **options)
    return seen


def test_a_tenth_of_the_records_is_asked_about_and_two_n_models_are_trained(monkeypatch):
    seen = handed_over(monkeypatch)
    recipe = seen.recipe
    assert len(recipe.asked) == 130
    assert seen.data.tolist() == list(recipe.shares) == [0.3, 0.7]
    assert (seen.given["n"], seen.given["kind"], seen.given["seed"]) == (32, "fixed_size", 0)
    assert recipe.seeds.tolist() == list(model_seeds(0, 32))
    assert (recipe.n, len(recipe.arms)) == (1300, 2)
    for arm in recipe.arms:
        dealt = np.sort(np.concatenate([*arm.holders, *arm.others]))
        assert dealt.tolist() == np.setdiff1d(np.arange(1300), recipe.asked).tolist()
        assert (len(arm.holders), len(arm.others)) == (32, 32)


def test_the_first_arm_is_dealt_by_the_property_and_the_second_by_none(monkeypatch):
    """Half of the records have it: of those that the shuffled arm calls holders, about half do."""
    by_property, shuffled = handed_over(monkeypatch, seed=5).recipe.arms
    assert np.concatenate(by_property.holders).max() < 650
    assert np.concatenate(by_property.others).min() >= 650
    truly = (np.concatenate(shuffled.holders) < 650).mean()
    assert truly == pytest.approx(0.5, abs=0.1)
    n_holders = [len(np.concatenate(arm.holders)) for arm in (by_property, shuffled)]
    assert n_holders[0] == n_holders[1]


def test_a_seed_is_that_of_the_coins_the_trainings_and_the_dealing(monkeypatch):
    first, other = (handed_over(monkeypatch, seed=seed) for seed in (0, 7))
    assert other.given["seed"] == 7
    assert other.recipe.seeds.tolist() == list(model_seeds(7, 32))
    assert other.recipe.asked.tolist() != first.recipe.asked.tolist()
    dealt = [seen.recipe.arms[0].holders[0].tolist() for seen in (first, other)]
    assert dealt[0] != dealt[1]


def answered(monkeypatch, answers, second, **options):
    """The report where the models of both arms answer so, float (m, 2, q)."""
    member = np.stack([~second, second], axis=1)
    run = SimpleNamespace(shadow=answers, member=member)
    monkeypatch.setattr(room, "shadow", lambda *_, **more: run)
    has = np.arange(1300) < 650
    given = {"property": has, "n": len(second) // 2} | options
    return audit_property(lambda rows, seed: None, np.zeros((1300, 2)), **given)


def test_the_first_arm_is_the_attack_the_second_the_control_and_the_later_half_is_graded(
    monkeypatch,
):
    """Of 16 models the first 8 teach. The attack is right about 7 of the others, the control 4."""
    second = np.arange(16) % 2 == 1
    answers = np.stack([second, second], axis=1)[:, :, None].astype(float)
    answers[8, 0] = 1 - answers[8, 0]
    answers[8:12, 1] = 1 - answers[8:12, 1]
    report = answered(monkeypatch, answers, second, size=400, level=0.9)
    found, control = (check.estimates[0] for check in report.checks)
    assert (found.value, found.n, control.value, control.n) == (7 / 8, 8, 1 / 2, 8)
    assert found.level == 0.9
    made = report.environment
    assert (made["n_models"], made["task"], made["seed"], made["level"]) == (16, "property", 0, 0.9)
    assert SHARED_RECORDS in report.assumes
    own = answered(monkeypatch, answers, second)
    assert OWN_RECORDS in own.assumes
    assert SHARED_RECORDS not in own.assumes


def test_as_many_models_are_needed_as_all_right_could_show(monkeypatch):
    """At alpha 2^-9 it takes 9 right guesses in a row, at 2^-8 and above the 8 of the control."""
    for level, needed in ((1 - 2**-9, 9), (1 - 2**-8, 8), (0.95, 8)):
        has = np.arange(1300) < 650
        few = {"property": has, "n": needed - 1, "level": level}
        report = audit_property(lambda rows, seed: None, np.zeros((1300, 2)), **few)
        assert (report.unknown[0].needed, report.unknown[0].got) == (needed, needed - 1)
        assert handed_over(monkeypatch, n=needed, level=level).given["n"] == 2 * needed
