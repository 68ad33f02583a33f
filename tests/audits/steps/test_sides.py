"""Both sides are compared before anything is said."""

import numpy as np
import pytest

import tacit
from tacit import InvalidInput, Outputs
from tacit.audits.steps.equal_rows import EqualRows
from tacit.audits.steps.side_warnings import _could_hide, told
from tacit.audits.steps.sides import FIRST_NUMBERS, Sides, _sided, compared, constant
from tacit.core import AtMost, CheckResult, Estimate, Policy, Report, Verdict

N = 400
TRUTH = np.repeat([True, False], N)


def losses(seed=0, scale=1.0):
    return np.random.default_rng(seed).exponential(scale, N)


def both(first, second):
    return Outputs(loss=np.concatenate([first, second]))


def test_different_records_are_different():
    sides = compared(both(losses(0), losses(1)), TRUTH)
    assert (sides.copies, sides.repeated, sides.cluster, sides.backwards) == (0, 0, None, "")


def test_one_object_for_both_sides_is_refused():
    one = Outputs(loss=losses())
    with pytest.raises(InvalidInput, match="same object"):
        tacit.audit(member=one, nonmember=one)


@pytest.mark.parametrize("order", [np.arange(N), np.random.default_rng(0).permutation(N)])
def test_the_same_answers_on_both_sides_are_refused(order):
    with pytest.raises(InvalidInput, match="hold the same"):
        compared(both(losses(), losses()[order]), TRUTH)


def test_equal_labels_alone_in_the_same_order_are_refused():
    right = np.random.default_rng(0).integers(0, 2, N).astype(float)
    with pytest.raises(InvalidInput, match="in the same order"):
        compared(both(right, right), TRUTH)
    assert compared(both(right, right[::-1].copy()), TRUTH).copies == 0


def test_copies_of_members_are_counted():
    members, others = losses(0), losses(1)
    others[:100] = members[:100]
    sides = compared(both(members, others), TRUTH)
    assert (sides.copies, sides.seen_by) == (100, "answers")
    assert sides.share == 0.25


def test_few_copies_are_seen_by_their_records_where_chance_makes_none():
    digest = np.arange(2 * N).astype(np.uint64)
    digest[N] = digest[0]
    outputs = both(losses(0), losses(1))
    assert compared(outputs, TRUTH, digest=digest, chance=1e-12).copies == 1
    assert compared(outputs, TRUTH, digest=digest, chance=1e-2).copies == 0


def test_answers_that_are_coarse_are_no_copies():
    rng = np.random.default_rng(0)
    for seen in (3, 30, 300):
        sides = compared(both(*rng.integers(0, seen, (2, N)).astype(float)), TRUTH)
        assert (sides.copies, sides.repeated) == (0, 0)


def test_coarse_answers_of_a_model_that_leaks_are_no_repeats():
    rng = np.random.default_rng(0)
    members = np.minimum(rng.binomial(100, 0.95, N), 100) / 100.0
    others = rng.binomial(100, 0.75, N) / 100.0
    sides = compared(both(1 - members, 1 - others), TRUTH)
    assert (sides.copies, sides.repeated) == (0, 0)


@pytest.mark.parametrize("times", [2, 5, 10])
def test_repeats_within_a_side_become_clusters(times):
    rng = np.random.default_rng(0)
    first, second = (np.repeat(rng.exponential(size=N // times), times) for _ in range(2))
    sides = compared(both(first, second), np.repeat([True, False], len(first)))
    assert sides.repeated == 2 * len(first)
    assert len(np.unique(sides.cluster)) == sides.units == 2 * (N // times)
    given = compared(
        both(first, second),
        np.repeat([True, False], len(first)),
        cluster=np.arange(2 * len(first)) // times,
    )
    assert (given.repeated, given.cluster) == (0, None)


def test_an_audit_of_repeats_names_cluster_and_finds_nothing_without_a_leak():
    rng = np.random.default_rng(1)
    one, two = (Outputs(loss=np.repeat(rng.exponential(size=100), 5)) for _ in range(2))
    report = tacit.audit(member=one, nonmember=two, effort="quick")
    assert sum("`cluster=`" in warning for warning in report.warnings) == 1
    assert report.environment["n_clusters"] == 200
    # a hundred records a side show no leak below .2, however often each is repeated
    assert report.finding == "inconclusive"
    assert report.detectable > 0.2


def test_copies_that_could_hide_a_leak_make_a_pass_inconclusive():
    members, others = np.random.default_rng(0).exponential(size=(2, 4000))
    clean = tacit.audit(
        member=Outputs(loss=members), nonmember=Outputs(loss=others), effort="quick"
    )
    assert clean.verdict == "pass"
    others[:2400] = members[:2400]
    report = tacit.audit(
        member=Outputs(loss=members), nonmember=Outputs(loss=others), effort="quick"
    )
    assert (report.verdict, report.finding) == ("inconclusive", "inconclusive")
    assert "2400 of 4000 non-members (60 %) are exact copies" in report.headline


def test_a_leak_stays_a_leak_beside_copies():
    members, others = losses(0, 0.3), losses(1, 2.0)
    others[:80] = members[:80]
    report = tacit.audit(
        member=Outputs(loss=members), nonmember=Outputs(loss=others), effort="quick"
    )
    assert (report.verdict, report.finding) == ("fail", "leak")
    assert "smaller than it is" in report.warnings[-1]


def test_swapped_sides_are_noticed_whatever_attack_is_chosen():
    rng = np.random.default_rng(0)
    label = rng.integers(0, 2, N)
    sure = rng.normal(size=(N, 2)) + 3 * np.eye(2)[label]
    unsure = rng.normal(size=(N, 2))
    report = tacit.audit(
        member=Outputs(logits=unsure, label=label), nonmember=Outputs(logits=sure, label=label)
    )
    assert report.finding == report.verdict == "inconclusive"
    assert "swapped" in report.headline


def test_a_model_that_answers_the_same_to_all_is_inconclusive_and_not_refused():
    constant = tacit.Outputs(loss=np.ones(200))
    report = tacit.audit(member=constant, nonmember=constant, effort="quick", records=True)
    assert (report.finding, report.verdict) == ("inconclusive", "inconclusive")
    assert "Infinity" not in report.to_json()


def test_users_are_the_unit_of_the_test_for_swapped_sides():
    """Taken for independent, the records of 40 users of unequal size look swapped in 1 of 5 audits
    of a model that does not leak; the test may say so in 1 of 2,000.
    """
    refused = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        size = np.concatenate([[40, 30, 20], np.ones(37, int)])
        user = np.repeat(np.arange(40), size)
        loss = np.exp(rng.normal(size=40)[user] + 0.5 * rng.normal(size=len(user)))
        member = rng.permutation(np.repeat([True, False], 20))[user]
        refused += bool(compared(Outputs(loss=loss), member, cluster=user).backwards)
    assert refused <= 1


def test_labels_beside_losses_do_not_change_whether_the_sides_look_swapped():
    """With labels rows are grouped by all their numbers, which is no order of the losses."""
    rng = np.random.default_rng(3)
    member = np.repeat([True, False], 3_000)
    loss = rng.gamma(1.0, np.where(member, 1.3, 1.0))
    plain = compared(tacit.Outputs(loss=loss), member)
    labelled = compared(tacit.Outputs(loss=loss, label=rng.integers(0, 9, 6_000)), member)
    assert "swapped" in plain.backwards
    assert labelled.backwards == plain.backwards


def counted(groups, *, chance=None, expected=0.5):
    """What `_sided` makes of groups (rows, members among them), pure with chance .5 each."""
    total, members = (np.array(part) for part in zip(*groups))
    several = np.flatnonzero(total >= 2)
    order = np.arange(int(total.sum()))
    found = EqualRows(
        order, total, members, several, np.full(len(several), expected), 0.0, local=False
    )
    truth = np.concatenate([np.arange(n) < k for n, k in groups])
    return _sided(found, truth, "answers", chance), found


def test_copies_are_counted_on_the_side_of_the_non_members():
    """Twenty groups of one member and three non-members: 60 copies, not 20, of 80 non-members."""
    sides, found = counted([(4, 1)] * 20 + [(1, 0)] * 20)
    assert found.lack == pytest.approx(-(20**0.5))
    assert (sides.copies, sides.n_nonmembers, sides.share) == (60, 80, 0.75)


def test_of_mixed_groups_only_those_beyond_chance_are_copies():
    """Forty pairs of which 36 are mixed, where 20 would be: (20 - 4) / .5 = 32 copies."""
    sides, found = counted([(2, 1)] * 36 + [(2, 2)] * 4)
    assert found.lack == pytest.approx(-16 / 10**0.5)
    assert sides.copies == 32


def test_copies_are_named_once_in_30_000_audits_and_ten_pairs_in_1_000():
    """Ten pairs that are all mixed: -10^.5 = -3.16; nine: -3, and nothing is said of them."""
    assert counted([(2, 1)] * 10)[0].copies == 10
    assert counted([(2, 1)] * 9)[0].copies == 0
    # 26 of 34 pairs mixed: (8 - 17) / 8.5^.5 = -3.087; 27: -3.43
    assert counted([(2, 1)] * 26 + [(2, 2)] * 8)[0].copies == 0
    assert counted([(2, 1)] * 27 + [(2, 2)] * 7)[0].copies == 20


def test_a_single_copy_is_named_where_no_pair_of_records_is_alike_by_chance():
    """100 x 101 pairs of records and a chance of 4.9e-6: .0495 of a copy is below .05, at 5e-6 it
    is not. Counting records for pairs would name both.
    """
    groups = [(2, 1)] + [(1, 1)] * 99 + [(1, 0)] * 100
    assert counted(groups, chance=4.9e-6)[0].copies == 1
    assert counted(groups, chance=5e-6)[0].copies == 0


def test_repeats_are_units_within_a_side_and_copies_across_stay_apart():
    """Sixteen pure pairs, none mixed: +4 exactly. A mixed pair among more is no unit."""
    groups = [(2, 2)] * 8 + [(2, 0)] * 8
    assert counted(groups)[0].repeated == 32
    assert counted(groups[1:])[0].repeated == 0
    sides, _ = counted([(2, 2)] * 12 + [(2, 0)] * 12 + [(2, 1)] * 2)
    assert (sides.repeated, sides.units) == (48, 24)
    assert len(np.unique(sides.cluster)) == 24 + 4
    # four units are too few to say so, whatever their chance
    assert counted([(5, 5)] * 4, expected=0.01)[0].repeated == 0
    assert counted([(5, 5)] * 5, expected=0.01)[0].repeated == 25


@pytest.mark.parametrize(("n", "refused"), [(28, False), (30, True)])
def test_the_same_labels_in_the_same_order_are_refused_at_one_in_a_thousand_million(n, refused):
    """Two values, half of the rows each: 2^-28 is 4e-9 and 2^-30 is 9e-10."""
    right = np.repeat([0.0, 1.0], n // 2)
    outputs, member = Outputs(loss=np.r_[right, right]), np.repeat([True, False], n)
    if refused:
        with pytest.raises(InvalidInput, match="in the same order"):
            compared(outputs, member)
    else:
        assert compared(outputs, member).copies == 0


def test_one_side_that_is_wholly_within_the_other_is_refused():
    """Forty members, all of them among eighty non-members."""
    inside, more = losses(0)[:40], losses(1)[:40]
    outputs = Outputs(loss=np.r_[inside, inside, more])
    with pytest.raises(InvalidInput, match="every record of one side is a copy"):
        compared(outputs, np.arange(120) < 40)
    with pytest.raises(InvalidInput, match="every record of one side is a copy"):
        compared(outputs, np.arange(120) >= 40)


def judged(finding, *, detectable=None, high=None, metric="advantage", verdict="pass"):
    """A report with one rule that it passes, at a limit of .1."""
    verdicts = ()
    if high is not None:
        estimate = Estimate(metric, 0.0, 0.0, high, 0.95, 900, "by hand")
        verdicts = (Verdict("pass", metric, "at most", 0.1, estimate),)
    return Report(finding, verdict, "x", detectable=detectable, verdicts=verdicts)


def test_what_copies_dilute_is_given_back_to_what_would_have_shown():
    """A fifth of the non-members are copies: a leak of .08 looks like .064, of .081 like .065."""
    for detectable, hides in ((0.08, False), (0.081, True), (None, True)):
        assert _could_hide(judged("no leak found", detectable=detectable), 0.2) == hides
    # of a leak that is found the upper end may still be too low
    for high, hides in ((0.08, False), (0.0801, True)):
        assert _could_hide(judged("leak", high=high), 0.2) == hides
    assert _could_hide(judged("leak"), 1.0)
    assert not _could_hide(judged("leak", verdict="fail"), 1.0)


def test_one_copy_in_a_thousand_may_hold_a_rate_at_few_false_accusations():
    for share, hides in ((0.001, False), (0.0011, True)):
        report = judged("leak", high=0.01, metric="tpr@fpr=0.001")
        assert _could_hide(report, share) == hides


@pytest.mark.parametrize(("low", "finding"), [(0.95, "inconclusive"), (0.949, "leak")])
def test_a_leak_between_sides_that_are_wholly_apart_is_open(low, finding):
    """The lower end of the blind guesser's AUC decides, not the upper one."""
    area = Estimate("auc", 0.97, low, 0.99, 0.95, 900, "by hand")
    blind = CheckResult("blind", "blind", estimates=(area,))
    report = Report("leak", "fail", "x", checks=(blind,))
    assert told(report, Sides(100), Policy("p", AtMost("advantage", 0.1))).finding == finding


@pytest.mark.parametrize(("wrong", "swapped"), [(40, False), (0, True)])
def test_members_that_are_right_more_often_are_not_swapped_whatever_their_losses(wrong, swapped):
    """Members are right 19 times of 20 and unsure, so that their losses are larger either way; the
    others are sure, and wrong once in ten times or never.
    """
    noise = 0.02 * np.random.default_rng(0).normal(size=(2 * N, 2))
    logits = np.log(np.repeat([[0.55, 0.45], [0.95, 0.05]], N, axis=0)) + noise
    logits[:20] = logits[:20, ::-1]
    logits[N : N + wrong] = logits[N : N + wrong, ::-1]
    outputs = Outputs(logits=logits, label=np.zeros(2 * N, int))
    assert ("swapped" in compared(outputs, TRUTH).backwards) == swapped


def test_users_that_are_given_decide_the_test_for_swapped_sides_and_not_the_repeats():
    """Five users a side, a hundred records each, that differ only by user: 5 against 5 can look
    swapped by chance in 1 of 252 labellings, which is not enough; a thousand records would be.
    """
    user = np.repeat(np.arange(10), 100)
    loss = np.exp(0.5 * user + 0.01 * np.random.default_rng(0).normal(size=1000))
    member = user >= 5
    assert "swapped" in compared(Outputs(loss=loss), member).backwards
    assert compared(Outputs(loss=loss), member, cluster=user).backwards == ""


@pytest.mark.parametrize(("right", "said"), [(200, False), (199, True)])
def test_members_answered_as_often_right_as_others_are_not_swapped(right, said):
    """200 of 400 non-members are right, and surer than any of the 200 or 199 members."""
    from tacit.audits.steps.sides import _backwards

    inside = np.where(np.arange(N) < right, 0.1, -1.0)
    outside = np.where(np.arange(N) < 200, 3.0, -0.01)
    sure = np.r_[inside, outside] + np.linspace(0, 1e-3, 2 * N)
    logits = np.stack([sure, np.zeros(2 * N)], axis=1)
    outputs = Outputs(logits=logits, label=np.zeros(2 * N, int))
    assert bool(_backwards(outputs, TRUTH, None, None)) is said


@pytest.mark.parametrize(
    ("values", "coarse"),
    [
        ([0.3, 0.3, 0.3], True),
        ([0.1, 0.7], True),
        ([0.0, 0.25, 1.0], True),
        ([0.0, 0.25, 0.6], False),
        # a thousand steps of a thousandth span them, or a hundred thousand and more
        ([0.0, 0.001, 1.0], True),
        ([0.0, 0.001, 99.0], True),
        ([0.0, 0.001, 100.001], False),
        # one in a thousand of a step off the grid
        ([0.0, 0.25, 0.5002], True),
        ([0.0, 0.25, 0.5003], False),
    ],
)
def test_numbers_lie_on_a_grid_where_all_gaps_are_multiples_of_the_least(values, coarse):
    from tacit.audits.steps.sides import _on_grid

    assert _on_grid(np.array(values)) == coarse


def test_a_grid_is_judged_by_all_numbers_and_not_by_the_first_alone():
    from tacit.audits.steps.sides import FIRST_NUMBERS, _on_grid

    votes = np.arange(2 * FIRST_NUMBERS) % 11 / 10
    assert _on_grid(votes)
    votes[-1] = 0.123
    assert not _on_grid(votes)
    same = np.r_[np.full(FIRST_NUMBERS, 0.5), np.random.default_rng(0).random(50)]
    assert not _on_grid(same)


def test_one_answer_among_thousands_that_differs_is_no_constant():
    loss = np.ones(3 * FIRST_NUMBERS)
    even = np.arange(len(loss)) % 2 == 0

    def said():
        outputs = tacit.Outputs(loss=loss)
        return [constant(outputs), constant(outputs, even), constant(outputs, ~even)]

    assert said() == [True, True, True]
    loss[-1] = 2.0  # an odd place, long after the first
    assert said() == [False, True, False]
    loss[0] = 2.0
    assert said() == [False, False, False]
