"""Edges of the test on relabelled records: which draws, which rank, how small a p-value."""

import numpy as np
import pytest
from scipy.special import ndtr

from tacit.audits.steps import relabelling as steps
from tacit.audits.steps.relabelling import (
    Joint,
    Looked,
    _answer_keys,
    _Drawn,
    _looked,
    _p_value,
    _standardised,
    joint_test,
)
from tacit.core import Membership, NotEnoughData


def test_how_many_keys_are_drawn_and_how_small_a_tail_may_be():
    """5,000 and 50,000 draws know .05 to .003 and .001; none of 5,000 is below 1 / 5,000."""
    assert (steps.DRAWS, steps.NORMAL_DRAWS) == (4_999, 50_000)
    assert (steps.MOST_RELABELLED, steps.FEWEST_COUNTED) == (2_500, 10)
    assert (steps.TOP_SHARES, steps.FEWEST_IN_TAIL, steps.FEWEST_UNITS) == ((0.1, 0.01), 5, 4)


@pytest.mark.parametrize(("n_members", "n_others", "normal"), [(5, 6, False), (6, 6, True)])
def test_records_are_relabelled_up_to_a_number_of_the_fewer_side(
    monkeypatch, n_members, n_others, normal
):
    """The fewer side counts, and clusters are always relabelled."""
    monkeypatch.setattr(steps, "MOST_RELABELLED", 5)
    used = []
    for name in ("_normal", "_relabelled"):

        def drawn(looks, member, *size, name=name):
            used.append(name)
            one = np.ones(len(looks))
            return _Drawn(one, np.zeros(9), one, np.eye(len(looks)))

        monkeypatch.setattr(steps, name, drawn)
    n = n_members + n_others
    member = np.arange(n) < n_members
    score = {"s": np.arange(float(n))}
    joint_test(score, Membership(member))
    joint_test(score, Membership(~member))
    joint_test(score, Membership(member, np.arange(n)))
    first = "_normal" if normal else "_relabelled"
    assert used == [first, first, "_relabelled"]


@pytest.mark.parametrize(("members", "others"), [(3, 9), (9, 3)])
def test_four_of_each_side_are_enough(members, others):
    member = np.arange(members + others) < members
    with pytest.raises(NotEnoughData, match="needs 4 members and non-members, got 3") as error:
        joint_test({"s": np.arange(12.0)}, Membership(member))
    assert (error.value.needed, error.value.got) == (4, 3)
    enough = np.arange(12) < (4 if members == 3 else 8)
    assert joint_test({"s": np.arange(12.0)}, Membership(enough)).p_value <= 1


def test_the_limit_is_the_draw_of_that_rank_in_whatever_order_draws_come():
    """Of 199 draws at 5 %: nine may do as well, so the tenth largest is the limit."""
    from tacit.metrics.detectable import detectable_by_looks

    null = np.random.default_rng(0).permutation(199) / 50.0
    one = Looked(np.array([True]), np.zeros(1), np.array([0.1]), np.eye(1), 0.25, 80)
    joint = Joint(0.5, {"s": 0.5}, {"s": 1.0}, null, {"s": one})
    plain = (np.array([True]), np.zeros(1), np.array([0.1]))
    known = detectable_by_looks(*plain, np.sort(null)[-10], np.eye(1), share=0.25, n=80).worst
    assert joint.detectable("s", alpha=0.05) == known
    last = detectable_by_looks(*plain, null.max(), np.eye(1), share=0.25, n=80).worst
    # 1 in 200 leaves one, which none may reach
    assert joint.detectable("s", alpha=0.005) == last
    assert joint.detectable("s", alpha=0.0049) == 1.0


def test_a_null_of_draws_counts_itself_and_a_far_one_is_normal():
    null = np.r_[np.zeros(90), np.full(9, 2.0)]
    assert _p_value(2.0, null, 3) == 10 / 100
    assert _p_value(2.0 + 1e-8, null, 3) == 1 / 100
    assert _p_value(2.0 + 1e-10, null, 3) == 10 / 100
    normal = np.zeros(50_000)
    normal[:9] = 5.0
    # nine draws are too few to count: the normal tail, for each look
    assert _p_value(4.0, normal, 7) == pytest.approx(7 * ndtr(-4.0))
    normal[:10] = 5.0
    assert _p_value(4.0, normal, 7) == pytest.approx(11 / 50_001)
    assert _p_value(0.1, np.full(50_000, -1.0), 7) == 1.0


def test_keys_hold_as_many_members_and_do_not_depend_on_the_blocks(monkeypatch):
    member = np.arange(12) < 5
    whole = _answer_keys(member, np.random.default_rng(0))
    assert whole.shape == (4_999, 12)
    assert set(whole.sum(axis=1)) == {5.0}
    assert len(np.unique(whole, axis=0)) > 700
    for block in (1, 12 * 1000):
        monkeypatch.setattr(steps, "BLOCK", block)
        assert (_answer_keys(member, np.random.default_rng(0)) == whole).all()


def test_looks_have_mean_zero_and_length_one_and_constant_ones_stay_zero():
    """Four records, one a member: the s.d. of a sum over it is sqrt(1 * 3 / (4 * 3))."""
    found, scale = _standardised(np.array([[1.0, 2, 3, 6], [5, 5, 5, 5]]), np.arange(4) < 1)
    assert found[0] == pytest.approx(np.array([-2, -1, 0, 3]) / 14**0.5)
    assert found[1].tolist() == [0, 0, 0, 0]
    assert scale == 0.5
    # however small the numbers are
    small, _ = _standardised(np.array([[1.0, 2, 3, 6]]) / 1000, np.arange(4) < 1)
    np.testing.assert_allclose(small[0], found[0])
    assert _standardised(np.arange(6.0)[None], np.arange(6) < 2)[1] == pytest.approx(
        (8 / 30) ** 0.5
    )


def test_ranks_stand_first_and_cuts_at_their_shares():
    looks = np.array([[1.0, 2, 3, 4], [0, 0, 0, 1]])
    drawn = _Drawn(
        np.zeros(3), np.zeros(9), np.array([9.0, 0.25, 0.5]), np.arange(9.0).reshape(3, 3)
    )
    found = _looked(looks, drawn, np.array([False, True, True]), np.arange(4) < 1)
    assert found.is_rank.tolist() == [True, False]
    assert found.place.tolist() == [0.0, 0.25]
    assert found.spread.tolist() == [0.5, 0.5]
    assert found.correlation.tolist() == [[4, 5], [7, 8]]
    assert (found.share, found.n) == (0.25, 4)


def test_among_equal_p_values_the_strongest_score_is_the_best():
    joint = Joint(0.1, {"a": 0.1, "b": 0.1, "c": 0.2}, {"a": 2.0, "b": 3.0, "c": 9.0}, None, {})
    assert joint.best == "b"


def test_counts_are_looked_at_by_their_sum_alone():
    """Two scores and a count; what is known of looks is told of the scores."""
    rng = np.random.default_rng(0)
    member = np.arange(40) < 20
    count = np.where(member, 2.0, 0.0)
    found = joint_test({"a": rng.normal(size=40)}, Membership(member), counts={"c": count})
    assert list(found.adjusted) == ["a", "c"]
    assert list(found.looked) == ["a"]
    assert found.best == "c"
    # a sum over 20 of 40 that differ by two has (n - 1) ^ .5 for its largest strength
    assert found.strength["c"] == pytest.approx(39**0.5)
    assert found.adjusted["c"] == pytest.approx(1 / 5_000)


def test_normals_go_together_as_the_looks_do():
    """The larger of two equal looks is one normal, of two opposite ones its size, .798 on average,
    and of two that have nothing in common .564: each within four errors of 50,000 draws.
    """
    member = np.arange(8) % 2 == 0
    one = np.array([1.0, 1, 1, 1, -1, -1, -1, -1])
    two = np.array([1.0, 1, -1, -1, 1, 1, -1, -1])
    for looks, mean, spread in (
        ((one, 3 * one), 0.0, 1.0),
        ((one, -one), (2 / np.pi) ** 0.5, (1 - 2 / np.pi) ** 0.5),
        ((one, two), np.pi**-0.5, (1 - 1 / np.pi) ** 0.5),
    ):
        drawn = steps._normal(np.stack(looks), member)
        assert len(drawn.null) == 50_000
        assert abs(drawn.null.mean() - mean) < 4 * spread / 50_000**0.5
        assert drawn.null.std() == pytest.approx(spread, rel=0.02)
        assert drawn.correlation[0, 1] == pytest.approx(np.sign(looks[0] @ looks[1]))
    score = np.stack([2.0 * member + 0.0, one])
    drawn = steps._normal(score, member)
    # the sum over members is (n - 1) ** .5 deviations above its mean, or none
    assert drawn.observed == pytest.approx([7**0.5, 0.0])


def test_the_limit_is_the_same_of_all_orders_of_many_draws(monkeypatch):
    """4,999 draws in twenty orders, at errors that leave 249, 499 and 49 of them."""
    from types import SimpleNamespace

    limits = []

    def detectable(is_rank, place, spread, limit, correlation, *, share, n):
        limits.append(limit)
        return SimpleNamespace(worst=0.5)

    monkeypatch.setattr(steps, "detectable_by_looks", detectable)
    one = Looked(np.array([True]), np.zeros(1), np.array([0.1]), np.eye(1), 0.25, 80)
    for seed in range(20):
        null = np.random.default_rng(seed).permutation(4_999).astype(float)
        joint = Joint(0.5, {"s": 0.5}, {"s": 1.0}, null, {"s": one})
        for alpha in (0.05, 0.1, 0.01):
            joint.detectable("s", alpha=alpha)
    # the 250th, the 500th and the 50th of 4,998, 4,997, ...
    assert limits == [4_749.0, 4_499.0, 4_949.0] * 20
