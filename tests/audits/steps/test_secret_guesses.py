"""A model tells a secret only where it beats non-members and imputation: both pay, by hand."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import hypergeom

from tacit.audits.steps.secret_guesses import (
    Asked,
    Hits,
    _count_difference,
    _share,
    _top,
    baseline_result,
    guesser_result,
    precision_result,
)
from tacit.metrics.clusters import effective_size
from tacit.metrics.excess import share_excess
from tacit.metrics.intervals import clopper_pearson, share_difference
from tacit.metrics.paired import paired_share_difference


def right(count, of=50):
    return np.arange(of) < count


@pytest.mark.parametrize(("told", "others", "without"), [(30, 15, 20), (30, 28, 10)])
def test_the_smaller_of_both_differences_counts_and_its_upper_end_pays_twice(told, others, without):
    hits, base = Hits(right(told), right(others)), Hits(right(without), right(12))
    found = guesser_result("a", hits, base, None, 0.95)
    advantage = found.estimates[0]
    excess = share_excess(hits.member, hits.nonmember)
    beyond = paired_share_difference(hits.member, base.member)
    assert advantage.value == min(excess.value, beyond.value)
    assert advantage.low == min(excess.low, beyond.low)
    assert found.p_value == advantage.p_value == max(excess.p_value, beyond.p_value)
    # each upper end at 97.5 %, for each may be the smaller one
    strict = share_excess(hits.member, hits.nonmember, level=0.975).high
    paired = paired_share_difference(hits.member, base.member, level=0.975).high
    assert advantage.high == pytest.approx(min(strict, paired))
    assert min(strict, paired) > min(excess.high, beyond.high)
    relative = found.estimates[3]
    assert relative.value == pytest.approx((told - others) / (50 - others))


def test_imputation_is_compared_between_the_sides():
    found = baseline_result(Hits(right(20), right(12)), None, 0.95)
    assert found.p_value == pytest.approx(hypergeom.sf(19, 100, 50, 32))
    assert [one.value for one in found.estimates] == pytest.approx([0.16, 0.4, 0.24])


def test_lists_that_share_records_differ_in_the_others_only():
    """8 of 10 against 3 of 10, of lists of 20: a quarter."""
    found = _count_difference("x", [8, 3], 10, 20, 0.95)
    low, high = share_difference((8, 3), (10, 10), level=0.95)
    assert found.value == 0.25
    assert (found.low, found.high) == pytest.approx((low / 2, high / 2))
    assert found.p_value == pytest.approx(hypergeom.sf(7, 20, 10, 11))
    same = _count_difference("x", [0, 0], 0, 20, 0.95)
    assert (same.value, same.low, same.high, same.p_value) == (0, 0, 0, 1)


def test_the_most_confident_have_the_largest_share_of_their_own_chances():
    """Shares of the second value: .5, .8, .1, .8; the first of two equal ones comes first."""
    chance = np.log([[5, 5], [2, 8], [90, 10], [0.002, 0.008]])
    assert _top(chance, 1, 3).tolist() == [1, 3, 0]
    assert _top(chance, 0, 1).tolist() == [2]


def test_a_list_of_the_most_confident_holds_one_record_of_each_person():
    """Shares .5, .8, .1, .8, .7: the second and fourth are one person's, and so the fifth is in."""
    chance = np.log([[5, 5], [2, 8], [90, 10], [2, 8], [3, 7]])
    assert _top(chance, 1, 3, np.array(["a", "b", "c", "b", "d"])).tolist() == [1, 4, 0]
    same = np.array([0, 0, 1, 1])
    asked = Asked(same, np.log([[9, 1], [8, 2], [7, 3], [6, 4]]), np.zeros((4, 2)))
    people = (np.array([0, 0, 1, 1]),) * 2
    found = precision_result("ill", 1, 2, (asked, asked), (same, same), people, 0.95)
    # the surest of person 1 has it, the surest of person 0 has not; in truth alone they are ill
    assert [found.estimate(f"accuracy, {side}").value for side in ("members", "non-members")] == [
        0.5,
        0.5,
    ]
    assert found.estimate("beyond imputation").value == 0


def test_the_shares_of_right_guesses_rest_on_as_many_records_as_the_people_are_worth():
    """40 people of 5 copies, half of them guessed: limits of 20 of about 40, and not of 200."""
    hit = np.repeat(np.arange(40) % 2 == 0, 5)
    person = np.repeat(np.arange(40), 5)
    by_record, by_person = _share("x", hit, 0.95), _share("x", hit, 0.95, person)
    worth = effective_size(hit, person)
    assert 35 < worth <= 40
    for found, n in ((by_record, 200), (by_person, worth)):
        ends = [float(end) for end in clopper_pearson(n / 2, n, level=0.95)]
        assert [found.low, found.high] == pytest.approx(ends)


def test_precision_among_the_most_confident_by_hand():
    """Of members the model's first two have the value; imputation's first two hold one of them."""
    member = SimpleNamespace(
        both=np.log([[1, 9], [1, 8], [5, 5], [9, 1]]),
        prior=np.log([[1, 9], [5, 5], [1, 8], [9, 1]]),
    )
    other = SimpleNamespace(both=np.log([[1, 9], [1, 8], [9, 1], [9, 1]]))
    codes = (np.array([1, 1, 0, 0]), np.array([0, 1, 1, 0]))
    found = precision_result("ill", 1, 2, (member, other), codes, None, 0.95)
    advantage, excess, beyond, inside, outside = found.estimates
    # one record of each list is not in the other: 1 of 1 against 0 of 1, of two
    assert (beyond.value, excess.value, advantage.value) == (0.5, 0.5, 0.5)
    assert (inside.value, outside.value) == (1.0, 0.5)
    _, high = share_difference((1, 0), (1, 1), level=0.975)
    assert advantage.high == pytest.approx(
        min(high / 2, share_difference((2, 1), (2, 2), level=0.975)[1])
    )
    assert found.p_value == max(excess.p_value, beyond.p_value)


def test_records_with_a_value_that_is_no_candidate_are_not_asked_about():
    """Of two known and two unknown members the known ones count, on their own side's prior."""
    from tacit.audits.steps.secret_guesses import Asked, auditor_result

    rng = np.random.default_rng(0)
    sides = tuple(
        Asked(np.zeros(n), np.log(rng.dirichlet(np.ones(3), n)), rng.normal(size=(n, 3)))
        for n in (30, 40)
    )
    codes = (np.where(np.arange(30) < 5, -1, 1), np.where(np.arange(40) < 7, -1, 2))
    found = auditor_result(sides, codes, None, 0.95)
    assert (found.n_members, found.n_nonmembers) == (25, 33)


def test_prior_and_model_multiply_their_chances():
    from tacit.audits.steps.secret_guesses import Asked

    side = Asked(np.zeros(1), np.log([[0.5, 0.25]]), np.log([[0.1, 0.4]]))
    assert np.exp(side.both) == pytest.approx(np.array([[0.05, 0.1]]))


def test_more_than_one_record_of_a_list_is_not_in_the_other_and_the_upper_end_pays_twice():
    """Depth 4: lists 0-3 and 2-5 of members. Of 0 and 1 both have the value, of 4 and 5 one.

    Of others the four most confident hold one: 2 - 1 of 4 beyond imputation, 3 - 1 of 4 in excess.
    """

    def side(first):
        chance = np.full((8, 2), [9.0, 1.0])
        chance[first, 1] = [50, 40, 30, 20]
        return np.log(chance)

    member = SimpleNamespace(both=side([0, 1, 2, 3]), prior=side([2, 3, 4, 5]))
    other = SimpleNamespace(both=side([4, 5, 6, 7]))
    codes = (np.array([1, 1, 1, 0, 0, 1, 0, 0]), np.array([1, 1, 1, 1, 0, 1, 0, 0]))
    found = precision_result("ill", 1, 4, (member, other), codes, None, 0.9)
    advantage, excess, beyond, inside, outside = found.estimates
    assert (beyond.value, excess.value, advantage.value) == (0.25, 0.5, 0.25)
    assert (inside.value, outside.value) == (0.75, 0.25)
    # two-sided 90 % each for the lower end, 95 % for the upper end of the smaller one
    low, high = share_difference((2, 1), (2, 2), level=0.9)
    assert (beyond.low, beyond.high) == pytest.approx((low * 2 / 4, high * 2 / 4))
    whole = share_difference((3, 1), (4, 4), level=0.9)
    assert (excess.low, excess.high) == pytest.approx(whole)
    tops = (
        share_difference((2, 1), (2, 2), level=0.95)[1] * 2 / 4,
        share_difference((3, 1), (4, 4), level=0.95)[1],
    )
    assert advantage.high == pytest.approx(min(tops))
    assert advantage.level == 0.9


def test_lists_that_agree_have_no_difference_and_no_width():
    for depth in (1, 20):
        same = _count_difference("x", [0, 0], 0, depth, 0.95)
        assert (same.value, same.low, same.high, same.p_value) == (0, 0, 0, 1)


def test_beyond_imputation_is_counted_by_the_units_of_the_members():
    from tacit.audits.steps.secret_guesses import _beyond

    hits, base = Hits(right(30), right(15)), Hits(right(20), right(12))
    units = (np.arange(50) // 5, np.arange(50) // 2)
    known = paired_share_difference(hits.member, base.member, cluster=units[0], level=0.9)
    wrong = paired_share_difference(hits.member, base.member, cluster=units[1], level=0.9)
    found = _beyond(hits, base, units, 0.9)
    assert (found.low, found.high, found.p_value) == (known.low, known.high, known.p_value)
    assert found.low != wrong.low


def test_the_first_candidate_is_known_too():
    """Codes 0 and 1 are candidates, -1 is none: 20 of 25 members, 24 of 30 others."""
    from tacit.audits.steps.secret_guesses import Asked, auditor_result

    rng = np.random.default_rng(0)
    sides = tuple(
        Asked(np.zeros(n), np.log(rng.dirichlet(np.ones(2), n)), rng.normal(size=(n, 2)))
        for n in (25, 30)
    )
    codes = tuple(np.where(np.arange(n) % 5 == 0, -1, np.arange(n) % 2) for n in (25, 30))
    found = auditor_result(sides, codes, None, 0.95)
    assert (found.n_members, found.n_nonmembers) == (20, 24)


def test_what_has_no_p_value_shows_nothing():
    from tacit.audits.steps.secret_guesses import _smaller
    from tacit.core import Estimate

    def difference(value, p):
        return Estimate("x", value, value - 0.25, value + 0.25, 0.9, 60, "by hand", p_value=p)

    found = _smaller(difference(0.5, 0.01), difference(0.25, None), 0.75)
    assert (found.value, found.low, found.high, found.p_value) == (0.25, 0.0, 0.75, 1.0)
    assert (found.level, found.n) == (0.9, 60)
    assert _smaller(difference(0.5, None), difference(0.25, 0.02), 0.75).p_value == 1.0


def test_chances_that_are_all_but_nought_are_told_apart():
    """Logarithms far below those that a float holds, and one candidate that cannot be."""
    log_chance = np.array([[-5000.0, -5001.0], [-9000.0, -8990.0], [-3.0, -np.inf]])
    assert _top(log_chance, 1, 3).tolist() == [1, 0, 2]
    wide = np.array([[0.0, -2000.0], [-2000.0, 0.0]])
    assert _top(wide, 1, 1).tolist() == [1]


def test_units_of_both_sides_are_followed_where_the_value_is_known():
    """Records in pairs: units of two of either side, of which those with a known value count."""
    from tacit.audits.steps.secret_guesses import Asked, auditor_result
    from tacit.metrics import auc

    rng = np.random.default_rng(0)
    sides = tuple(
        Asked(np.zeros(n), np.log(rng.dirichlet(np.ones(2), n)), rng.normal(size=(n, 2)))
        for n in (24, 30)
    )
    codes = tuple(np.where(np.arange(n) % 6 == 0, -1, np.arange(n) % 2) for n in (24, 30))
    units = (np.arange(24) // 2, np.arange(30) // 2 + 50)
    plain = auditor_result(sides, codes, None, 0.9).estimates[0]
    found = auditor_result(sides, codes, units, 0.9).estimates[0]
    assert found.value == pytest.approx(plain.value)
    assert found.level == 0.9
    assert (found.low, found.high) != (plain.low, plain.high)
    from tacit.core import Evidence
    from tacit.signals.attribute import auditor_score

    known = [code >= 0 for code in codes]
    score = np.concatenate(
        [
            auditor_score(side.prior[mask], side.likelihood[mask], code[mask])
            for side, code, mask in zip(sides, codes, known)
        ]
    )
    member = np.repeat([True, False], [mask.sum() for mask in known])
    cluster = np.concatenate([unit[mask] for unit, mask in zip(units, known)])
    paper = Evidence(score, member, np.unique(cluster, return_inverse=True)[1], row=None)
    area = auc(paper, level=0.9)
    assert (found.low, found.high) == pytest.approx((area.low, area.high))


def test_shares_have_exact_limits_at_their_level():
    from scipy.stats import beta

    from tacit.audits.steps.secret_guesses import _share

    found = _share("a", right(3, 10), 0.9)
    assert (found.value, found.n, found.level) == (0.3, 10, 0.9)
    assert found.low == pytest.approx(beta.ppf(0.05, 3, 8))
    assert found.high == pytest.approx(beta.ppf(0.95, 4, 7))


def test_the_best_guesses_of_both_sides_are_marked():
    from tacit.audits.steps.secret import Secret
    from tacit.audits.steps.secret_guesses import Asked, hits_of

    secret = Secret(("a",), "class", np.array(["x", "y"]))
    chance = np.log([[0.9, 0.1], [0.2, 0.8]])
    one = Asked(np.array(["x", "x"]), chance, np.zeros((2, 2)))
    two = Asked(np.array(["y", "y"]), chance, np.zeros((2, 2)))
    found = hits_of(secret, (one, two), lambda side: side.prior)
    assert found.member.tolist() == [True, False]
    assert found.nonmember.tolist() == [False, True]


def test_imputation_s_list_is_held_against_the_members_list_alone():
    """Imputation lists members 2 and 3, both with the value; the model members 0 and 1, one of
    them; the non-members' list, 2 and 3 too, has nothing to do with that.
    """

    def side(first):
        chance = np.full((4, 2), [9.0, 1.0])
        chance[first, 1] = [50, 40]
        return np.log(chance)

    member = SimpleNamespace(both=side([0, 1]), prior=side([2, 3]))
    other = SimpleNamespace(both=side([2, 3]))
    codes = (np.array([1, 0, 1, 1]), np.array([0, 0, 0, 1]))
    found = precision_result("ill", 1, 2, (member, other), codes, None, 0.9)
    advantage, excess, beyond, *_ = found.estimates
    assert (beyond.value, excess.value, advantage.value) == (-0.5, 0.0, -0.5)
    assert found.p_value == beyond.p_value
