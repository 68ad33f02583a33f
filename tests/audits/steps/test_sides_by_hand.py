"""What is compared before an audit, at its edges: constants, grids, equal rows, one copy."""

from types import SimpleNamespace

import numpy as np
import pytest

from tacit.audits.steps import sides as steps
from tacit.audits.steps.sides import (
    _coarse,
    _likeness,
    _on_grid,
    _require_different,
    _sided,
    compared,
    constant,
    require_two_sides,
)
from tacit.core import InvalidInput, Outputs

N = 40
TRUTH = np.repeat([True, False], N)


def groups(total, members, **given):
    """Groups of equal rows, by hand."""
    total, members = np.array(total), np.array(members)
    plain = {
        "total": total,
        "members": members,
        "mixed": (members > 0) & (members < total),
        "several": total >= 2,
        "lack": 0.0,
        "excess": 0.0,
        "beyond_chance": 1.0,
        "clusters": lambda alone: np.flatnonzero(alone),
    }
    return SimpleNamespace(**(plain | given))


def sided(found, chance=None, n=(5, 5)):
    member = np.repeat([True, False], n)
    return _sided(found, member, "answers", chance)


def test_a_copy_that_is_named_is_at_least_one_whatever_chance_explains():
    """Two copies: .2 of them beyond chance are one all the same, .8 are two, .7 are one."""
    for beyond, copies in ((0.2, 1), (0.7, 1), (0.8, 2), (0.0, 1)):
        found = groups([4, 1], [2, 1], lack=-4.5, beyond_chance=beyond)
        assert sided(found).copies == copies


@pytest.mark.parametrize(("lack", "named"), [(-4.0, False), (-4.01, True)])
def test_copies_are_named_beyond_four_standard_deviations(lack, named):
    sides = sided(groups([2] * 12, [1] * 12, lack=-3.0 if not named else lack))
    assert bool(sides.copies) is named
    few = groups([2] * 9, [1] * 9, lack=lack)
    assert bool(sided(few).copies) is named
    assert sided(few).seen_by == ("answers" if named else "")


@pytest.mark.parametrize(("lack", "named"), [(-3.1, False), (-3.11, True)])
def test_ten_groups_are_named_beyond_three_and_a_tenth(lack, named):
    assert bool(sided(groups([2] * 10, [1] * 10, lack=lack)).copies) is named
    assert sided(groups([2] * 9 + [1], [1] * 10, lack=lack)).copies == 0


def test_chance_is_counted_in_pairs_of_both_sides():
    """Thirty members and twenty others are 600 pairs: 1 / 12,000 of them is .05 of one copy."""
    found = groups([2], [1])
    assert sided(found, 1 / 12_001, (30, 20)).copies == 1
    assert sided(found, 1 / 12_000 * 1.0001, (30, 20)).copies == 0
    # unlikely by the groups already: whatever the chance
    known = groups([2], [1], lack=-9.0)
    assert sided(known, 1.0, (30, 20)).copies == 1


@pytest.mark.parametrize(
    ("excess", "n_groups", "repeated"), [(4.0, 5, 10), (3.99, 5, 0), (9.0, 4, 0), (4.0, 6, 12)]
)
def test_five_groups_that_lie_on_one_side_are_repeats(excess, n_groups, repeated):
    """Beyond four standard deviations; single rows and mixed groups are no repeats."""
    found = groups([2] * n_groups + [1, 2], [2] * n_groups + [1, 1], excess=excess)
    sides = sided(found)
    assert sides.repeated == repeated
    assert sides.units == (n_groups if repeated else 0)
    assert sides.repeated_by == ("answers" if repeated else "")
    assert (sides.cluster is None) is not bool(repeated)


@pytest.mark.parametrize(("others", "flat"), [(10, "non-member"), (9, "")])
def test_ten_non_members_answered_alike_are_a_broken_export(others, flat):
    rng = np.random.default_rng(0)
    outputs = Outputs(loss=np.r_[rng.exponential(size=20), np.full(others, 0.7)])
    sides = compared(outputs, np.arange(20 + others) < 20)
    assert (sides.constant, sides.n_nonmembers) == (flat, others)
    # members that are all known by heart are no news
    turned = compared(outputs, np.arange(20 + others) >= 20)
    assert turned.constant == ""


def test_a_model_that_answers_all_alike_is_constant_with_its_non_members_counted():
    sides = compared(Outputs(loss=np.full(30, 0.5)), np.arange(30) < 18)
    assert (sides.constant, sides.n_nonmembers, sides.copies) == ("record", 12, 0)
    # where the records are known they are compared, and the answers are told of all the same
    digest = np.arange(30).astype(np.uint64)
    known = compared(Outputs(loss=np.full(30, 0.5)), np.arange(30) < 18, digest=digest)
    assert (known.constant, known.copies) == ("record", 0)


def test_what_is_constant_is_asked_of_some_rows_or_of_all():
    probs = np.repeat([[0.5, 0.5], [0.5, 0.5], [0.25, 0.75]], [2, 1, 1], axis=0)
    outputs = Outputs(probs=probs, label=np.zeros(4, int))
    assert not constant(outputs)
    assert constant(outputs, np.array([True, True, True, False]))
    assert constant(outputs, np.array([False, False, False, True]))


def equal(first, second, **given):
    """Refusal of the same rows in the same order, of one group a value."""
    both = np.r_[first, second]
    member = np.arange(len(both)) < len(first)
    values = np.unique(both)
    total = [np.count_nonzero(both == value) for value in values]
    members = [np.count_nonzero(np.asarray(first) == value) for value in values]
    return _require_different([both], groups(total, members), member, "answers")


def test_rows_that_differ_beyond_the_first_numbers_are_not_the_same(monkeypatch):
    monkeypatch.setattr(steps, "FIRST_NUMBERS", 4)
    one = np.arange(60.0)
    with pytest.raises(InvalidInput, match="hold the same answers in the same order"):
        equal(one, one)
    other = one.copy()
    other[-1] = 99.0
    assert equal(one, other) is None
    other = one.copy()
    other[0] = 99.0
    assert equal(one, other) is None
    # sides of unequal size are not the same rows
    assert equal(one, one[:-1]) is None


@pytest.mark.parametrize(("n", "refused"), [(18, False), (19, True)])
def test_three_equal_values_make_the_same_order_likely_up_to_a_length(n, refused):
    """A third each: 3^-18 is 2.6e-9, 3^-19 is 8.6e-10; refused below 1e-9."""
    values = np.arange(n) % 3
    share = np.bincount(values) / n
    assert (share**2).sum() ** n < 1e-9 if refused else (share**2).sum() ** n >= 1e-9
    if refused:
        with pytest.raises(InvalidInput, match="in the same order"):
            equal(values, values)
    else:
        assert equal(values, values) is None


def test_rows_are_alike_by_their_loss_or_their_entropy_or_what_there_is():
    logits = np.array([[0.0, 2.0], [1.0, 1.0]])
    labelled = Outputs(logits=logits, label=[0, 1])
    np.testing.assert_allclose(_likeness(labelled), -np.log(1 + np.exp([2.0, 0.0])), rtol=1e-6)
    plain = _likeness(Outputs(logits=logits))
    p = np.exp([0.0, 2.0]) / np.exp([0.0, 2.0]).sum()
    expected = [-(p * np.log(p)).sum(), np.log(2)]
    np.testing.assert_allclose(np.abs(plain), expected, rtol=1e-6)


def test_votes_and_rounded_losses_are_coarse_and_logits_are_not():
    assert _coarse(Outputs(probs=np.array([[0.2, 0.8], [0.4, 0.6]]), label=[0, 1]))
    rng = np.random.default_rng(0)
    smooth = rng.dirichlet([1.0, 1.0], 50)
    assert not _coarse(Outputs(probs=smooth, label=np.zeros(50, int)))
    assert _coarse(Outputs(loss=np.array([0.0, 0.5, 1.5])))
    # the losses of votes of ten trees: minus the logarithm of tenths
    assert _coarse(Outputs(loss=-np.log(np.array([0.1, 0.3, 0.9, 1.0]))))
    # the inverse of these shares lies on no grid: gaps of 1.5, 2.5 and 5
    assert _coarse(Outputs(loss=-np.log(np.array([0.1, 0.2, 0.4, 1.0]))))
    assert not _coarse(Outputs(loss=rng.exponential(size=50)))
    assert not _coarse(Outputs(logits=np.zeros((4, 2)), label=[0, 1, 0, 1]))


def test_numbers_that_differ_in_the_eleventh_digit_are_one():
    """Ten digits count: 1e-11 apart is the same place, 1e-10 another step."""
    assert _on_grid(np.array([0.1, 0.1 + 1e-11, 0.2]))
    assert not _on_grid(np.array([0.1, 0.1 + 3e-10, 0.2]))


def test_a_grid_may_have_just_under_a_hundred_thousand_steps():
    assert _on_grid(np.array([0.0, 1.0, 99_999.0]))
    assert not _on_grid(np.array([0.0, 1.0, 100_000.0]))
    assert _on_grid(np.array([]))


def test_exactly_at_their_limits_numbers_are_off_the_grid_and_equal_rows_are_not_refused(
    monkeypatch,
):
    """A quarter of a step, and a chance of (1 / 2) ** 2."""
    monkeypatch.setattr(steps, "OFF_GRID", 0.25)
    assert not _on_grid(np.array([0.0, 1.0, 2.25]))
    assert _on_grid(np.array([0.0, 1.0, 2.125]))
    monkeypatch.setattr(steps, "BY_CHANCE", 0.25)
    assert equal([0, 1], [0, 1]) is None
    with pytest.raises(InvalidInput, match="in the same order"):
        equal([0, 1, 2], [0, 1, 2])


def test_one_object_for_two_sides_is_refused_by_its_name():
    require_two_sides(None, None, "`a` and `b`")
    require_two_sides([1], [1], "`a` and `b`")
    one = [1]
    with pytest.raises(InvalidInput, match="`a` and `b` are the same object"):
        require_two_sides(one, one, "`a` and `b`")


def test_losses_alone_are_sorted_once_and_others_not_at_all():
    """The paper is the threshold attack on losses without labels and clusters."""
    rng = np.random.default_rng(0)
    loss = rng.exponential(size=2 * N)
    paper = compared(Outputs(loss=loss), TRUTH).paper
    np.testing.assert_allclose(np.sort(paper.score), np.sort(-loss), rtol=1e-6)
    inside = np.sort(paper.score[paper.member])
    np.testing.assert_allclose(inside, np.sort(-loss[TRUTH]), rtol=1e-6)
    assert compared(Outputs(loss=loss), TRUTH, cluster=np.arange(2 * N)).paper is None
    labelled = Outputs(loss=loss, label=np.arange(2 * N) % 3)
    assert compared(labelled, TRUTH).paper is None


def test_copies_by_their_records_come_before_copies_by_their_answers():
    """Answers alone would say that all are copies; the records say that two are, or none."""
    rng = np.random.default_rng(0)
    one, more = rng.exponential(size=(2, N))
    answers = Outputs(loss=np.r_[one, one[:30], more[:10]])
    digest = np.arange(2 * N).astype(np.uint64)
    assert compared(answers, TRUTH, digest=digest, chance=1e-9).copies == 0
    digest[N : N + 2] = digest[:2]
    sides = compared(answers, TRUTH, digest=digest, chance=1e-9)
    assert (sides.copies, sides.seen_by) == (2, "records")
    assert compared(answers, TRUTH).copies == 30


@pytest.mark.parametrize(("n", "refused"), [(29, False), (30, True)])
def test_the_same_order_is_refused_below_one_in_a_thousand_million(n, refused):
    """Two values, half each: 2^-29 is 1.9e-9 and 2^-30 is 9.3e-10."""
    found = SimpleNamespace(members=np.array([n / 2, n / 2]))
    values = np.arange(n) % 2
    given, member = np.r_[values, values], np.arange(2 * n) < n
    if refused:
        with pytest.raises(InvalidInput, match="in the same order"):
            _require_different([given], found, member, "answers")
    else:
        _require_different([given], found, member, "answers")


def test_chance_that_explains_exactly_a_twentieth_of_the_copies_names_none():
    """Four members and four others are 16 pairs; 1 / 320 of them is .05 of one copy."""
    found = groups([2, 1], [1, 1])
    pairs = 16
    assert 0.05 / pairs * pairs == 0.05
    assert sided(found, 0.05 / pairs, (4, 4)).copies == 0
    assert sided(found, np.nextafter(0.05 / pairs, 0), (4, 4)).copies == 1


def test_records_that_differ_are_no_repeats_however_alike_they_are_answered():
    rng = np.random.default_rng(0)
    one, two = (np.repeat(rng.exponential(size=N // 2), 2) for _ in range(2))
    outputs = Outputs(loss=np.r_[one, two])
    assert compared(outputs, TRUTH).repeated == 2 * N
    digest = np.arange(2 * N).astype(np.uint64)
    known = compared(outputs, TRUTH, digest=digest, chance=1e-12)
    assert (known.repeated, known.cluster) == (0, None)
    # and records that repeat are repeats by their records
    again = compared(outputs, TRUTH, digest=digest // 2, chance=1e-12)
    assert (again.repeated, again.units, again.repeated_by) == (2 * N, N, "records")
