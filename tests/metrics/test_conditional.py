"""Membership and a score beyond what the record explains of both."""

import numpy as np
import pytest

from tacit.core import InvalidInput
from tacit.metrics import conditional
from tacit.metrics.conditional import conditional_p_values


def test_a_fair_coin_a_record_is_counted_exactly():
    """Three members stand out: all three heads, 1 of 8."""
    rest, member = np.zeros((9, 2)), np.arange(9) < 3
    rest[:3, 0] = 1.0
    rest[[0, 1, 5], 1] = 1.0  # two of three are members: 4 of 8
    p = conditional_p_values(rest, member, np.full(9, 0.5))
    assert p == pytest.approx([1 / 8, 1 / 2], abs=0.03)


def test_a_likely_member_is_no_surprise():
    rest, member = np.zeros((4, 1)), np.array([True, False, False, False])
    rest[0] = 1.0
    for chance in (0.9, 0.1):
        p = conditional_p_values(rest, member, np.full(4, chance))
        assert p[0] == pytest.approx(chance, abs=0.03)


def test_records_of_one_person_are_one_coin():
    rest, member = np.ones((8, 1)), np.ones(8, bool)
    one = conditional_p_values(rest, member, np.full(8, 0.5), cluster=np.repeat(["a", "b"], 4))
    assert one[0] == pytest.approx(1 / 4, abs=0.03)
    assert conditional_p_values(rest, member, np.full(8, 0.5))[0] < 0.01


def test_blocks_of_keys_make_no_difference(monkeypatch):
    rng = np.random.default_rng(0)
    known = rng.normal(size=(30, 2)), rng.random(30) < 0.5, rng.random(30)
    whole = conditional_p_values(*known)
    monkeypatch.setattr(conditional, "BLOCK", 30 * 700)
    np.testing.assert_allclose(conditional_p_values(*known), whole, atol=0.05)


def test_the_level_holds_where_both_predictions_are_rough():
    """A confounded score: each prediction is a line through a curve, and the other makes up."""
    alarms = plain = 0
    for seed in range(150):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=300)
        chance = 1 / (1 + np.exp(-x))
        member = rng.random(300) < chance
        score = x + 0.3 * np.sin(3 * x) + rng.normal(size=300)
        alarms += conditional_p_values((score - x)[:, None], member, chance)[0] <= 0.05
        plain += (
            conditional_p_values((score - score.mean())[:, None], member, chance * 0 + 0.5)[0]
            <= 0.05
        )
    assert alarms <= 14  # 5 % of 150, and what chance adds in 98 of 100 runs
    assert plain > 140


def test_a_score_that_knows_more_is_found():
    rng = np.random.default_rng(1)
    x = rng.normal(size=300)
    chance = 1 / (1 + np.exp(-x))
    member = rng.random(300) < chance
    score = x + 0.5 * member + rng.normal(size=300)
    assert conditional_p_values((score - x)[:, None], member, chance)[0] < 0.01


def test_other_lengths_are_refused():
    with pytest.raises(InvalidInput, match="one row a record"):
        conditional_p_values(np.zeros((3, 1)), np.ones(2, bool), np.ones(3))


def test_a_score_that_says_nothing_has_a_p_value_of_exactly_one_whatever_the_blocks(monkeypatch):
    for block in (1 << 22, 30 * 700, 1):
        monkeypatch.setattr(conditional, "BLOCK", block)
        p = conditional_p_values(np.zeros((30, 1)), np.arange(30) < 15, np.full(30, 0.5))
        assert p.tolist() == [1.0]


def test_no_p_value_is_below_one_in_two_thousand():
    member = np.arange(40) < 20
    p = conditional_p_values((member - 0.5)[:, None], member, np.full(40, 0.5))
    assert p.tolist() == [1 / 2_000]


def test_a_cluster_of_one_record_is_that_record():
    rng = np.random.default_rng(3)
    rest, member, chance = rng.normal(size=(20, 2)), rng.random(20) < 0.5, rng.random(20)
    alone = conditional_p_values(rest, member, chance, cluster=np.arange(20))
    assert alone.tolist() == conditional_p_values(rest, member, chance).tolist()


def test_keys_are_drawn_in_blocks_that_fill_the_memory_they_may_use(monkeypatch):
    drawn = []

    class Half:
        def random(self, shape, dtype):
            drawn.append((*shape, dtype))
            return np.full(shape, 0.5, dtype)

    monkeypatch.setattr(conditional.np.random, "default_rng", lambda seed: Half())
    monkeypatch.setattr(conditional, "BLOCK", 30 * 700 + 29)
    # a chance of exactly what was drawn makes nobody a member, a larger one does
    p = conditional_p_values(np.ones((30, 1)), np.arange(30) < 1, np.full(30, 0.5))
    assert drawn == [(700, 30, np.float32)] * 2 + [(599, 30, np.float32)]
    assert p.tolist() == [1 / 2_000]
    assert conditional_p_values(np.ones((9, 1)), np.arange(9) < 9, np.full(9, 0.51))[0] == 1


def test_the_keys_are_those_of_a_seed_that_no_release_may_change():
    """The same records have the same p-values in every version: drawn here once more, at once."""
    rng = np.random.default_rng(3)
    rest, member, chance = rng.normal(size=(40, 3)), rng.random(40) < 0.5, rng.random(40)
    drawn = np.random.default_rng(20_252).random((1_999, 40), np.float32) < chance
    reached = ((drawn - chance) @ rest >= (member - chance) @ rest).sum(axis=0)
    p = conditional_p_values(rest, member, chance)
    np.testing.assert_array_equal(p, (reached + 1) / 2_000)
    # a block of 4,194,304 numbers of 8 bytes
    assert conditional.BLOCK * 8 == 32 * 2**20


def test_what_is_left_of_a_person_s_scores_is_added_up():
    """Three records of 1 weigh more than one of 2: heads for the first person are enough, 1 of 2.

    By their means the second alone would do as well: 3 of 4.
    """
    rest, cluster = np.array([[1.0], [1], [1], [2]]), np.array([4, 4, 4, 9])
    member = np.array([1, 1, 1, 0], bool)
    p = conditional_p_values(rest, member, np.full(4, 0.5), cluster=cluster)
    assert p[0] == pytest.approx(1 / 2, abs=0.03)


def test_a_person_is_a_member_with_the_mean_chance_and_by_one_record_already():
    """Chances .1 and .9 of two records are .5 of a person; one of three records is a member's."""
    rest, cluster = np.array([[1.0], [1], [0], [0], [0]]), np.array([0, 0, 1, 1, 1])
    member = np.array([1, 1, 0, 0, 0], bool)
    chance = np.array([0.1, 0.9, 0.2, 0.2, 0.2])
    assert conditional_p_values(rest, member, chance, cluster=cluster)[0] == pytest.approx(
        1 / 2, abs=0.03
    )
    one = np.array([0, 0, 1, 0, 0], bool)
    p = conditional_p_values(rest[::-1], one, chance, cluster=cluster)
    # the second person holds the two records that stand out: heads in 1 of 5
    assert p[0] == pytest.approx(1 / 5, abs=0.03)


def test_rounding_is_a_billionth_and_no_more():
    """A key that does worse by half of that does as well, by one and a half it does not."""
    member, chance = np.array([True, False]), np.full(2, 0.5)
    for gap, p in ((0.5e-9, 3 / 4), (1.5e-9, 1 / 2)):
        rest = np.array([[1.0], [1.0 - gap]])
        found = conditional_p_values(rest, member, chance)
        assert found[0] == pytest.approx(p, abs=0.03)
