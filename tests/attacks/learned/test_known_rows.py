"""Attacks that learn say what they need when nobody told them anything."""

import numpy as np
import pytest

from tacit import InvalidInput, NotEnoughData, Signals, attacks
from tacit.attacks.learned.known_rows import known_records, one_value, told_rows
from tacit.testing import check_attack

LEARNERS = [
    attacks.ClassConditional(),
    attacks.MembershipProbability(),
    attacks.Population(),
    attacks.LogisticRegression(),
    attacks.RandomForest(),
    attacks.GradientBoosting(),
    attacks.KNearest(),
    attacks.MultilayerPerceptron(),
    attacks.Blind(),
]


@pytest.mark.parametrize("attack", LEARNERS, ids=repr)
def test_attacks_that_learn_need_to_be_told(attack):
    signals = Signals.of(np.arange(50.0), features=np.ones((50, 2)))
    with pytest.raises(
        NotEnoughData, match=r"knows: it needs 10, got 0\. Let `tacit.collect` cross-fit"
    ) as caught:
        attack(signals)
    assert caught.value.needed == 10


def test_blind_needs_columns():
    signals = Signals.of(np.arange(50.0), known=np.arange(50) % 2)
    with pytest.raises(InvalidInput, match="`features`"):
        attacks.Blind()(signals)


@pytest.mark.slow
@pytest.mark.parametrize("attack", LEARNERS, ids=repr)
def test_the_contract_of_attacks_holds(attack):
    check_attack(attack)


@pytest.mark.parametrize("attack", LEARNERS[3:], ids=repr)
def test_no_score_depends_on_the_order_of_records(attack):
    rng = np.random.default_rng(0)
    member = rng.random(300) < 0.5
    known = np.where(np.arange(300) < 200, member, -1)
    signals = Signals.of(
        rng.normal(size=300) + member,
        features=rng.normal(size=(300, 3)) + member[:, None],
        known=known,
    )
    order = rng.permutation(300)
    np.testing.assert_allclose(
        attack(signals.take(order)), attack(signals)[order], rtol=1e-4, atol=1e-5
    )


def game():
    """Two queries a record; three groups; members told of rows 0-11, others of 12-22."""
    known = np.r_[np.ones(12), np.zeros(11), -np.ones(3)].astype(int)
    target = np.column_stack([np.arange(26.0), 2 * np.arange(26.0)])
    return Signals.of(target, known=known, group=np.arange(26) % 3)


def test_what_is_learned_from_is_the_mean_of_the_queries_of_those_who_were_told():
    found = known_records(game(), "x")
    np.testing.assert_allclose(found.value, 1.5 * np.arange(23))
    assert found.member.tolist() == [True] * 12 + [False] * 11
    assert found.group.tolist() == (np.arange(23) % 3).tolist()
    assert told_rows(game(), "x").tolist() == list(range(23))
    np.testing.assert_allclose(one_value(Signals.of([3.0, 4.0])), [3, 4])


def test_each_group_has_its_own_values_and_its_own_truth():
    parts = known_records(game(), "x").by_group()
    assert [group for group, _, _ in parts] == [0, 1, 2]
    for group, value, member in parts:
        rows = np.arange(group, 23, 3)
        np.testing.assert_allclose(value, 1.5 * rows)
        assert member.tolist() == (rows < 12).tolist()


def test_without_told_records_shadow_models_say_who_their_members_were():
    """Two models of three records: their answers one after the other, each with its members."""
    shadow = np.array([[[1.0, 3.0], [2.0, 2.0], [0.0, 4.0]], [[5.0, 7.0], [6.0, 6.0], [8.0, 0.0]]])
    member = np.array([[1, 0, 1], [0, 0, 1]], bool)
    signals = Signals.of(
        np.zeros((3, 2)), shadow=shadow, shadow_member=member, group=np.array([0, 1, 1])
    )
    found = known_records(signals, "x")
    assert found.value.tolist() == [2, 2, 2, 6, 6, 4]
    assert found.member.tolist() == [True, False, True, False, False, True]
    assert found.group.tolist() == [0, 1, 1, 0, 1, 1]


@pytest.mark.parametrize(
    ("members", "others", "lacks"),
    [(10, 10, ""), (9, 30, "members"), (30, 9, "non-members"), (9, 9, "members")],
)
def test_ten_of_each_side_are_enough_and_nine_are_not(members, others, lacks):
    known = np.r_[np.ones(members), np.zeros(others), -1].astype(int)
    signals = Signals.of(np.arange(len(known)) * 1.0, known=known)
    if not lacks:
        assert len(told_rows(signals, "x")) == 20
        return
    with pytest.raises(NotEnoughData, match=f"x learns from {lacks} that it knows") as raised:
        told_rows(signals, "x")
    assert (raised.value.needed, raised.value.got) == (10, 9)
    assert "cross-fit" not in str(raised.value)
