"""Signals that cannot be right are told from those that can, in both audits that take signals."""

import numpy as np
import pytest

from tacit.audits.dp_claim import dp_audit
from tacit.audits.shadow import shadow_audit
from tacit.audits.steps import plausible as steps
from tacit.audits.steps.plausible import constant, implausible, membership_shown, require_no_copy
from tacit.core import AssumptionError, InvalidInput, Membership, Signals

N, M = 800, 8


def world(seed=0, *, leak=1.0, loc=0.0):
    """(target, truth, shadow, inside): what is hard is hard for every model."""
    rng = np.random.default_rng(seed)
    hard = loc - rng.exponential(1, N)
    truth, inside = rng.random(N) < 0.5, rng.random((M, N)) < 0.5
    shadow = hard + 0.5 * rng.normal(size=(M, N)) + leak * inside
    return hard + 0.5 * rng.normal(size=N) + leak * truth, truth, shadow, inside


def doubts(target, shadow, inside):
    return " ".join(implausible(Signals.of(target, shadow=shadow, shadow_member=inside)))


def test_an_honest_game_is_not_doubted():
    for seed in range(20):
        target, _, shadow, inside = world(seed, leak=0.3)
        signals = Signals.of(target, shadow=shadow, shadow_member=inside)
        require_no_copy(signals)
        assert implausible(signals) == ()


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda t, s, i: (np.full(N, 0.3), s, i), "are equal"),
        (lambda t, s, i: (t, np.vstack([s[:-1], np.zeros(N)]), i), "shadow model 7 are equal"),
        (lambda t, s, i: (-t, s, i), "sign is the opposite"),
        (lambda t, s, i: (t[::-1], s, i), "another order"),
        (lambda t, s, i: (t, s, ~i), "sign is wrong"),
        (lambda t, s, i: (-t, -s, i), "sign is wrong"),
        (lambda t, s, i: (t, s, i[:, ::-1]), "explains none"),
        (lambda t, s, i: (t, s, np.roll(i, 1, axis=0)), "that of other models"),
    ],
)
@pytest.mark.parametrize("loc", [0.0, 1.0])
def test_each_mix_up_is_named(break_it, message, loc):
    target, _, shadow, inside = world(1, loc=loc)
    assert message in doubts(*break_it(target, shadow, inside))


@pytest.mark.parametrize("noise", [0.0, 1e-9])
def test_a_target_among_its_shadow_models_is_refused(noise):
    target, truth, shadow, inside = world(2)
    rng = np.random.default_rng(3)
    shadow[5], inside[5] = target + noise * rng.normal(size=N), truth
    with pytest.raises(InvalidInput, match="Shadow model 5 gives the audited model's own"):
        require_no_copy(Signals.of(target, shadow=shadow.astype(np.float32), shadow_member=inside))


def test_models_that_agree_on_easy_records_are_no_copies():
    target, _, shadow, inside = world(4)
    easy = np.random.default_rng(5).random(N) < 0.95
    target[easy] = 0.0
    shadow[:, easy] = 0.0
    require_no_copy(Signals.of(target, shadow=shadow, shadow_member=inside))


def test_a_shadow_audit_of_doubtful_signals_is_inconclusive_and_says_why():
    target, truth, shadow, inside = world(6)
    signals = Signals.of(-target, shadow=shadow, shadow_member=inside)
    report = shadow_audit(signals, Membership(truth))
    assert (report.verdict, report.finding) == ("inconclusive", "inconclusive")
    assert not report.attributable
    assert "sign" in report.headline


def test_membership_is_shown_by_its_standard_errors():
    """Two models of four records by hand: deviations from each record's mean are +-1/2."""
    shadow = np.array([[1.0, 1.0, 0.0, 0.0, 0.5, 0.1], [0.0, 0.0, 1.0, 1.0, 0.4, 0.5]])
    inside = np.array([[1, 1, 0, 0, 1, 0], [0, 0, 1, 1, 0, 1]], bool)
    rest = shadow - shadow.mean(axis=0)
    gain = sum(r[i].mean() - r[~i].mean() for r, i in zip(rest, inside))
    variance = sum(r[i].var() / 3 + r[~i].var() / 3 for r, i in zip(rest, inside))
    assert membership_shown(shadow, inside) == pytest.approx(gain / np.sqrt(variance))
    assert membership_shown(shadow, np.zeros_like(inside)) is None


def coins(seed=0, m=1000):
    rng = np.random.default_rng(seed)
    member = rng.random(m) < 0.5
    return rng, member, Membership(member, assignment="coin")


@pytest.mark.parametrize("claim", [None, 0.1, 1.0, 8.0])
def test_scores_that_point_backwards_refute_nothing_and_pass_nothing(claim):
    rng, member, key = coins()
    score = rng.normal(size=len(member)) - 3.0 * member
    report = dp_audit(score, key, delta=1e-5, claimed_epsilon=claim)
    assert report.verdict == "inconclusive"
    assert "point backwards" in report.headline
    assert dp_audit(-score, key, delta=1e-5, claimed_epsilon=1.0).verdict == "fail"


def test_equal_scores_pass_no_claim():
    _, member, key = coins()
    report = dp_audit(np.full(len(member), 0.25), key, delta=1e-5, claimed_epsilon=1.0)
    assert report.verdict == "inconclusive"
    assert "equal" in report.headline


def test_scores_without_a_leak_are_seldom_called_backwards():
    backwards = 0
    for seed in range(60):
        rng, member, key = coins(seed, 400)
        report = dp_audit(rng.normal(size=len(member)), key, delta=1e-5, claimed_epsilon=1.0)
        backwards += "backwards" in report.headline
    assert backwards <= 1, "once in a thousand by chance"


def test_coins_that_differ_between_kinds_are_refused_whatever_holds_them():
    rng = np.random.default_rng(0)
    kind = np.repeat(["a", "b"], 300)
    member = rng.random(600) < np.where(kind == "a", 0.8, 0.2)
    with pytest.raises(AssumptionError, match="not fair within each kind"):
        dp_audit(rng.normal(size=600), Membership(member, assignment="coin"), delta=1e-5, kind=kind)


def test_constant_is_constant_up_to_rounding():
    assert constant(np.full(5, 1 / 3))
    assert constant(1e6 + 1e-3 * np.arange(3))
    assert not constant(np.array([0.0, 1e-300]))


@pytest.mark.parametrize(("alike", "refused"), [(90, False), (91, True)])
def test_a_copy_agrees_on_more_than_nine_records_of_ten(alike, refused):
    rng = np.random.default_rng(0)
    target, shadow = rng.normal(size=100), rng.normal(size=(3, 100))
    shadow[1, :alike] = target[:alike]
    inside = np.arange(100) % 2 == np.zeros((3, 1))
    signals = Signals.of(target, shadow=shadow, shadow_member=inside)
    if refused:
        with pytest.raises(InvalidInput, match=f"Shadow model 1 .* on {alike} %"):
            require_no_copy(signals)
    else:
        require_no_copy(signals)


def test_half_of_what_the_shadow_models_share_is_needed():
    """Their likeness to one another is that to the sum of the *others*, by ranks.

    Two models that agree on two thirds: with themselves in the sum they would share .9 and not .8,
    and a target at .41 would be refused.
    """
    from scipy.stats import rankdata

    from tacit.audits.steps.plausible import _unlike

    rng = np.random.default_rng(3)
    hard = rng.normal(size=2000)
    shadow = hard + 0.5 * rng.normal(size=(2, 2000))
    ranks = np.stack([rankdata(row) for row in shadow])
    among = np.corrcoef(*ranks)[0, 1]
    whole = ranks.sum(axis=0)
    mixed = rng.normal(size=2000)
    for share in np.linspace(0, 1, 41):
        target = share * hard + (1 - share) * mixed
        own = np.corrcoef(rankdata(target), whole)[0, 1]
        assert bool(_unlike(target, shadow)) == (own < among / 2)
        assert ("opposite" in _unlike(-target, shadow)) == (own > among / 2)


def test_models_that_share_too_little_hold_nothing_against_the_target():
    from tacit.audits.steps.plausible import _unlike

    rng = np.random.default_rng(4)
    hard, target = rng.normal(size=2000), rng.normal(size=2000)
    for noise, said in ((1.0, True), (2.0, False)):
        shadow = hard + noise * rng.normal(size=(4, 2000))
        assert bool(_unlike(target, shadow)) == said


def test_membership_shows_by_models_with_two_records_of_each_side_or_more():
    """One model alone is taken as it is: members 3 and 5, others 0 and 2, each with variance 1:
    a gap of 3 over sqrt(1/2 + 1/2). With one member, or one other, it says nothing.
    """
    row = np.array([3.0, 5, 0, 2])
    assert membership_shown(row[None], np.array([[1, 1, 0, 0]], bool)) == pytest.approx(3.0)
    for member in ([1, 0, 0, 0], [1, 1, 1, 0]):
        assert membership_shown(row[None], np.array([member], bool)) is None
    # of two models each stands against the mean of both: halves of their difference
    two = np.array([row, -row])
    inside = np.array([[1, 1, 0, 0], [0, 0, 1, 1]], bool)
    assert membership_shown(two, inside) == pytest.approx(6 / np.sqrt(2))


def test_as_many_records_as_are_needed_decide_whether_a_model_is_a_copy():
    """Both shadow models and the target agree on all others, which tell nothing."""
    from tacit.audits.steps.plausible import FEWEST_ROWS

    rng = np.random.default_rng(0)
    target = rng.normal(size=400)
    for n, refused in ((FEWEST_ROWS, True), (FEWEST_ROWS - 1, False)):
        other = target.copy()
        other[:n] += 1.0
        inside = rng.random((2, 400)) < 0.5
        signals = Signals.of(target, shadow=np.stack([other, target]), shadow_member=inside)
        if refused:
            with pytest.raises(InvalidInput, match="Shadow model 1 gives"):
                require_no_copy(signals)
        else:
            require_no_copy(signals)


def test_what_is_constant_goes_with_nothing():
    from tacit.audits.steps.plausible import _correlation

    same, rising = np.ones(9), np.arange(9.0)
    assert _correlation(same, rising) == _correlation(rising, same) == 0.0
    assert _correlation(rising, -rising) == pytest.approx(-1.0)


def test_numbers_are_one_within_a_millionth_of_the_largest():
    """Of nothing at all, and at exactly the share, they are."""
    assert constant(np.zeros(0))
    assert constant(np.array([1.0, 1 + 0.9e-6]))
    assert not constant(np.array([1.0, 1 + 1.1e-6]))
    assert constant(np.array([-4.0, -4.0 - 3e-6]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(steps, "SAME", 0.5)
        assert constant(np.array([1.0, 2.0]))
        assert not constant(np.array([1.0, 2.01]))


def test_agreement_is_counted_where_the_shadow_models_differ_by_more_than_rounding(monkeypatch):
    """A quarter of the spread (1) is rounding here. Ten records on which the two models differ by
    2, where the second agrees with the target to exactly a quarter, and ten on which they differ
    by exactly a quarter and are far from it: those do not count.
    """
    monkeypatch.setattr(steps, "SAME", 0.25)
    target = np.tile([-1.0, 1.0], 10)
    near, far = target[:10] + 0.25, np.full(10, 9.0)
    shadow = np.stack([np.r_[near + 2, far], np.r_[near, far + 0.25]])
    inside = np.tile([[True, False], [False, True]], 10)
    signals = Signals.of(target, shadow=shadow, shadow_member=inside)
    with pytest.raises(InvalidInput, match="Shadow model 1 gives"):
        require_no_copy(signals)
    # a little more than a quarter is no agreement
    shadow[1, :10] += 1e-3
    require_no_copy(Signals.of(target, shadow=shadow, shadow_member=inside))


def test_one_shadow_model_alone_is_a_copy_too():
    target = np.random.default_rng(0).normal(size=20)
    inside = np.arange(20)[None] < 10
    with pytest.raises(InvalidInput, match=r"Shadow model 0 gives .* on 100 %"):
        require_no_copy(Signals.of(target, shadow=target[None], shadow_member=inside))
    require_no_copy(Signals.of(target, shadow=target[None] + 1, shadow_member=inside))


@pytest.mark.parametrize(
    ("z", "said"),
    [
        (None, ""),
        (3.01, ""),
        (3.0, "explains none"),
        (0.0, "explains none"),
        (-3.0, "explains none"),
        (-3.01, "sign is wrong"),
    ],
)
def test_three_standard_errors_explain_a_model_or_turn_it_round(monkeypatch, z, said):
    monkeypatch.setattr(steps, "membership_shown", lambda shadow, inside: z)
    found = steps._unexplained(np.zeros((2, 9)), np.zeros((2, 9), bool))
    assert said in found
    assert bool(found) == bool(said)


@pytest.mark.parametrize(
    ("among", "own", "said"),
    [
        ((0.5, 0.5), 0.25, ""),
        ((0.5, 0.5), 0.24, "another order"),
        ((0.5, 0.5), -0.25, "another order"),
        ((0.5, 0.5), -0.26, "opposite"),
        ((0.3, 0.3), 0.0, "another order"),
        ((0.29, 0.29), -1.0, ""),
        # the middle of the models counts: neither their mean (.6) nor the two most alike
        ((0.9, 0.5, 0.4), 0.26, ""),
        ((0.9, 0.5, 0.4), 0.24, "another order"),
    ],
)
def test_the_target_needs_half_of_the_likeness_of_the_middle_shadow_model(
    monkeypatch, among, own, said
):
    left, seen = iter((*among, own)), []

    def correlation(first, second):
        seen.append((first, second))
        return next(left)

    monkeypatch.setattr(steps, "_correlation", correlation)
    target, shadow = np.array([9.0, 1, 1, 500]), np.arange(4.0 * len(among)).reshape(-1, 4)
    found = steps._unlike(target, shadow)
    assert said in found
    assert bool(found) == bool(said)
    # ranks, ties at their mean, and each model against the others
    assert [first.tolist() for first, _ in seen] == [[1, 2, 3, 4]] * len(among) + [[3, 1.5, 1.5, 4]]
    others = len(among) - 1
    assert [second.tolist() for _, second in seen[:-1]] == [
        [others * k for k in (1, 2, 3, 4)]
    ] * len(among)
    assert seen[-1][1].tolist() == [len(among) * k for k in (1, 2, 3, 4)]


def test_one_shadow_model_has_no_others_to_be_like():
    assert steps._unlike(np.arange(9.0), -np.arange(9.0)[None]) == ""


def test_flat_shadow_models_are_counted():
    target, _, shadow, inside = world(3)
    shadow[[2, 5]] = 0.25
    assert "shadow model 2 are equal, as of a broken export (2 of 8 models)" in doubts(
        target, shadow, inside
    )
    assert doubts(target, shadow[:0], inside[:0]) == ""


def test_a_constant_target_is_no_copy_of_anything():
    """It is told of as a broken export, by name, and not as a copy."""
    inside = np.tile([True, False], (2, 20))
    signals = Signals.of(np.full(40, 0.5), shadow=np.full((2, 40), 0.5), shadow_member=inside)
    require_no_copy(signals)
    assert "All signals of the audited model are equal" in implausible(signals)[0]


def test_each_side_s_spread_is_divided_by_its_own_number():
    """Members 1, 3, 5 (mean 3, variance 8/3) and non-members 0, 1, 1, 2, 1, 1 (mean 1, variance
    1/3): 2 / sqrt(8/9 + 1/18).
    """
    shadow = np.array([[1, 3, 5, 0, 1, 1, 2, 1, 1.0]])
    inside = np.arange(9)[None, :] < 3
    assert membership_shown(shadow, inside) == pytest.approx(2 / np.sqrt(8 / 9 + 1 / 18))
    assert membership_shown(-shadow, inside) == pytest.approx(-2 / np.sqrt(8 / 9 + 1 / 18))
