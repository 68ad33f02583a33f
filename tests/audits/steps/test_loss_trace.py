"""What a training's losses tell: rises, exposed records and slices, and the screening number."""

import numpy as np
import pytest

from tacit.attacks import EpochVote
from tacit.audits.steps.loss_trace import (
    accuracy,
    exposed_slices,
    most_exposed,
    record_losses,
    rises,
    screening,
    trace_signals,
)
from tacit.core import Membership, Outputs, collect

MEMBER = np.arange(400) < 200


def losses(shifts, seed=0):
    rng = np.random.default_rng(seed)
    difficulty = rng.normal(size=400)
    return np.array(
        [difficulty - shift * MEMBER + 0.3 * rng.normal(size=400) for shift in shifts], np.float32
    )


def test_losses_and_accuracy_come_from_outputs():
    outputs = Outputs(logits=[[0.0, 0.0], [9.0, 0.0]], label=[0, 1])
    np.testing.assert_allclose(
        record_losses(outputs), [np.log(2), 9 + np.log1p(np.exp(-9))], rtol=1e-6
    )
    assert accuracy(outputs) == 0.5
    assert accuracy(Outputs(loss=[1.0])) is None
    np.testing.assert_allclose(
        record_losses(Outputs(prediction=[1.0, 2.0], truth=[0.0, 0.0])), [1, 4]
    )


def test_a_rise_is_found_against_each_earlier_look():
    found = rises(losses([0.0, 0.2, 1.5]), MEMBER, [0, 1])
    assert [rise.since for rise in found] == [0, 1]
    assert all(rise.significant and rise.difference.value > 0.2 for rise in found)
    assert found[0].limit == pytest.approx(0.05 / 6 / 2)


def test_a_fall_is_no_rise():
    (found,) = rises(losses([1.5, 0.0]), MEMBER, [0])
    assert not found.significant
    assert found.p_value > 0.99


def test_all_limits_together_spend_the_whole_error_and_no_more():
    spent = sum(0.05 / (t * (t - 1)) / (t - 1) * (t - 1) for t in range(2, 100_000))
    assert 0.0499 < spent < 0.05


def test_the_members_that_were_learned_last_are_the_most_exposed():
    epochs = np.arange(12)
    course = np.tile(2 * np.exp(-epochs / 0.7)[:, None], (1, 400))
    course[:, [7, 30]] = (4 / (1 + np.exp(epochs - 5.0)))[:, None]
    course[:, 300] = 9 - epochs
    np.testing.assert_array_equal(most_exposed(course, MEMBER, share=0.01), [7, 30])


def test_the_most_exposed_slices_come_first():
    rng = np.random.default_rng(0)
    group = np.where(np.arange(400) % 4 == 0, "rare", "usual")
    course = (
        rng.normal(0, 0.1, (10, 400))
        + np.where(group == "rare", 2.0, 0.1) * np.linspace(1, 0, 10)[:, None]
    )
    first, second = exposed_slices(course, MEMBER, {"group": group})
    assert (first.slice, first.value) == ("group", "rare")
    assert first.estimates[0].value == pytest.approx(20 / 50)
    assert first.estimates[0].low > 0.1 > second.estimates[0].high
    assert first.p_adjusted < 1e-6
    assert second.p_adjusted == 1.0


def test_the_whole_course_tells_members():
    evidence = collect(EpochVote(), trace_signals(losses([0.5] * 8)), Membership(MEMBER))
    assert evidence.attack == "EpochVote(share=0.5, skip=0)"
    assert evidence.score[MEMBER].mean() > evidence.score[~MEMBER].mean()


def test_the_screening_number_takes_the_share_that_the_sample_allows():
    assert screening(losses([1.0]), MEMBER).name == "tail@fnr=0.01"
    few = np.arange(60) < 30
    assert screening(losses([1.0])[:, 180:240], few).name == "tail@fnr=0.05"
    assert screening(np.zeros((1, 8)), np.arange(8) < 4) is None


def test_a_rise_is_tested_one_sided_and_a_fall_is_none():
    """p / 2 of the paired difference for a rise, 1 - p / 2 for a fall."""
    from tacit.audits.steps.loss_trace import loss_evidence, rises
    from tacit.metrics import paired_auc_difference

    rng = np.random.default_rng(0)
    member = np.arange(80) < 40
    blank, leaking = rng.normal(size=80), rng.normal(size=80) - 0.8 * member
    known = paired_auc_difference(loss_evidence(leaking, member), loss_evidence(blank, member))
    assert known.value > 0
    (up,) = rises(np.array([blank, leaking]), member, [0])
    (down,) = rises(np.array([leaking, blank]), member, [0])
    assert up.p_value == pytest.approx(known.p_value / 2)
    assert down.p_value == pytest.approx(1 - known.p_value / 2)
    # the second look spends 1 / 2 of the error, the third 1 / 6, shared by the two before it
    assert up.limit == pytest.approx(0.05 / 2)
    third = rises(np.array([blank, blank, leaking]), member, [0, 1])
    assert [rise.limit for rise in third] == pytest.approx([0.05 / 6 / 2] * 2)
    (same,) = rises(np.array([blank, blank]), member, [0])
    assert same.p_value == pytest.approx(0.5)


def test_exposed_slices_by_hand():
    """40 members, the tenth with the highest losses are 4: three of the ten "a", one of thirty "b".

    Clopper-Pearson at 97.5 % since there are two slices; Fisher's p-value of a against the others,
    and Holm's correction of the smaller one.
    """
    from scipy.stats import beta, hypergeom

    member = np.arange(60) < 40
    group = np.where(np.arange(60) < 10, "a", "b")
    course = np.zeros((4, 60))
    course[:, [0, 1, 2, 10]] = [3.0, 4.0, 5.0, 6.0]
    course[:, 50:] = 99.0  # non-members are not asked
    first, second = exposed_slices(course, member, {"g": group})
    assert (first.value, first.n_members, second.n_members) == ("a", 10, 30)
    assert first.n_nonmembers == second.n_nonmembers == 0
    share = first.estimates[0]
    assert (share.value, share.level) == (0.3, 0.95)
    assert share.low == pytest.approx(beta.ppf(0.0125, 3, 8))
    assert share.high == pytest.approx(beta.ppf(1 - 0.0125, 4, 7))
    p = hypergeom.sf(2, 40, 10, 4)
    assert first.p_value == pytest.approx(p)
    assert first.p_adjusted == pytest.approx(2 * p)
    assert second.p_value == pytest.approx(hypergeom.sf(0, 40, 30, 4))


def test_a_share_of_the_members_is_rounded_up_and_the_highest_mean_loss_is_first():
    course = np.tile(np.arange(201.0), (3, 1))
    found = most_exposed(course, np.ones(201, bool), share=0.01)
    assert found.tolist() == [200, 199, 198]


def test_one_member_of_a_hundred_is_exposed_unless_told_otherwise_and_one_slice_is_no_evidence():
    course = np.tile(np.arange(300.0), (2, 1))
    assert len(most_exposed(course, np.ones(300, bool))) == 3
    (alone,) = exposed_slices(course, np.ones(300, bool), {"g": np.repeat("a", 300)})
    assert alone.p_value == alone.p_adjusted == 1.0


def test_a_rise_is_real_at_exactly_its_limit():
    from tacit.audits.steps.loss_trace import Rise
    from tacit.core import Estimate

    change = Estimate("auc difference", 0.1, 0.0, 0.2, 0.95, 10, "by hand")
    assert Rise(0, change, 0.025, 0.025).significant
    assert not Rise(0, change, 0.0251, 0.025).significant


def test_one_look_has_not_risen_and_a_pair_that_cannot_be_told_apart_is_no_evidence(monkeypatch):
    from types import SimpleNamespace

    from tacit.audits.steps import loss_trace as steps

    assert rises(np.zeros((1, 8)), np.arange(8) < 4, [0]) == ()
    asked = []

    def difference(now, then, *, level):
        asked.append((now.score.tolist(), then.score.tolist(), level))
        return SimpleNamespace(value=0.1, p_value=None)

    monkeypatch.setattr(steps, "paired_auc_difference", difference)
    course = np.arange(12.0).reshape(3, 4)
    (rise,) = rises(course, np.arange(4) < 2, [1], level=0.8)
    # the last look against the second, by minus the losses; all of .2 over t (t - 1) and two looks
    assert asked == [([-8, -9, -10, -11], [-4, -5, -6, -7], 0.8)]
    assert (rise.since, rise.p_value) == (1, 0.5)
    assert rise.limit == pytest.approx(0.2 / 6 / 2)


def test_the_screening_number_is_of_the_last_look_at_the_level_that_is_asked_for():
    course = np.stack([losses([0.0])[0], losses([2.0])[0]])
    found, alone = screening(course, MEMBER, level=0.8), screening(course[1:], MEMBER, level=0.8)
    assert (found.value, found.level) == (alone.value, 0.8)
    assert found.value != screening(course[:1], MEMBER).value
    ten = np.arange(20) < 10
    assert screening(losses([1.0])[:, 190:210], ten).name == "tail@fnr=0.1"
    assert screening(losses([1.0])[:, 191:210], np.arange(19) < 9) is None


def test_slices_are_put_in_order_by_what_is_sure_of_them():
    """One of one is less sure than eleven of twenty, and a slice without members is none."""
    member = np.arange(200) < 160
    group = np.full(200, "rest", object)
    group[0], group[1:21], group[160:] = "one", "many", "nobody"
    course = np.zeros((2, 200))
    course[:, :12] = 9.0
    course[:, 100:104] = 8.0
    found = exposed_slices(course, member, {"g": group}, level=0.9)
    assert [result.value for result in found] == ["many", "one", "rest"]
    # sixteen of 160 are the tenth: all of the loud ones
    assert [result.estimates[0].value for result in found] == [11 / 20, 1.0, 4 / 139]
    assert all(result.estimates[0].level == 0.9 for result in found)


def test_the_most_exposed_are_row_numbers_of_all_records_and_slices_are_of_members_alone():
    """Members are the last ten of thirty; the two with the highest losses are 22 and 27."""
    member = np.arange(30) >= 20
    course = np.tile(np.arange(30.0)[::-1], (3, 1))
    course[:, [27, 22]] = [60.0, 50.0]
    assert most_exposed(course, member, share=0.2).tolist() == [27, 22]
    assert most_exposed(course, member, share=0.3).tolist() == [27, 22, 20]
    group = np.where(np.arange(30) % 2, "odd", "even")
    odd, even = exposed_slices(course, member, {"g": group})
    # the tenth of ten members is 27
    assert (odd.value, odd.estimates[0].value, odd.n_members) == ("odd", 1 / 5, 5)
    assert (even.value, even.estimates[0].value, even.n_members) == ("even", 0.0, 5)
    # one of five against none of five other members: Fisher's is 1/2 here
    assert odd.p_value == pytest.approx(0.5)
