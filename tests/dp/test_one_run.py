import numpy as np
import pytest
from scipy.stats import binom

from tacit.attacks import Threshold
from tacit.core import AssumptionError, Evidence, InvalidInput, NotEnoughData, collect
from tacit.dp.fdp_recursion import fdp_refuted
from tacit.dp.guesses import ranked, whole_blocks
from tacit.dp.mechanisms import ApproxDP, Gaussian
from tacit.dp.one_run import canaries_needed, one_run_epsilon
from tacit.dp.steinke import steinke_p_value
from tacit.testing import GaussianShift, LaplaceShift, RandomisedResponse


def played(game):
    return collect(Threshold(), game.signals, game.membership)


def most(worlds, level):
    """The count that so many worlds exceed once in 1,000 cases, if each does with chance level."""
    return int(binom.ppf(0.999, worlds, level))


def evidence(score, member, cluster=None, assignment="coin"):
    score = np.asarray(score, np.float64)
    return Evidence(
        score, np.asarray(member, bool), cluster, assignment, "by hand", np.arange(len(score))
    )


@pytest.mark.parametrize(
    ("epsilon", "steinke", "recursion"), [(0.5, 137, 137), (1.0, 157, 158), (2.0, 184, 185)]
)
def test_first_rejection_of_200_guesses(epsilon, steinke, recursion):
    assert (
        next(v for v in range(201) if steinke_p_value(200, 200, v, epsilon, 0.0) <= 0.05) == steinke
    )
    assert (
        next(v for v in range(201) if fdp_refuted(200, 200, v, ApproxDP(epsilon), 0.05))
        == recursion
    )


@pytest.mark.parametrize(
    ("mu", "share", "steinke", "gaussian"),
    [
        (0.5, 1.0, 0.27, 0.52),
        (1.0, 1.0, 0.71, 1.34),
        (1.0, 0.3, 1.42, 2.36),
        (2.0, 0.3, 3.21, 5.55),
        (3.0, 0.1, 3.5, 5.6),
    ],
)
def test_power_on_a_product_of_gaussians(mu, share, steinke, gaussian):
    worlds = [played(GaussianShift(mu).flip(1000, seed=s)) for s in range(24)]
    plain = np.mean([one_run_epsilon(w, 1e-5, share).low for w in worlds])
    family = np.mean(
        [one_run_epsilon(w, 1e-5, share, method="fdp", family=Gaussian).low for w in worlds]
    )
    assert plain == pytest.approx(steinke, abs=0.25)
    assert family == pytest.approx(gaussian, abs=0.4)


def shared_response(mu, m, seed):
    """Randomised response whose bias is drawn once for all canaries: every bit is mu-GDP given the
    others.
    """
    rng = np.random.default_rng(seed)
    member = rng.random(m) < 0.5
    loss = np.abs(mu * rng.normal() + mu**2 / 2)
    right = rng.random(m) < 1 / (1 + np.exp(-loss))
    return evidence((member == right).astype(float), member)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "guesses"), [("walk", None), ("steinke", (0.1, 0.3)), ("fdp", 1.0)]
)
@pytest.mark.parametrize(
    "game",
    [
        GaussianShift(0.0),
        LaplaceShift(1.0),
        RandomisedResponse(1.0),
        RandomisedResponse(1.0, tie_breaker=True),
    ],
)
def test_no_bound_exceeds_the_truth_more_often_than_its_level(game, method, guesses):
    # 17 of 80: a level of .1 stays below in 999 of 1,000 cases, one of .3 does in 1 of 20
    truth, worlds = game.epsilon(0.0), 80
    above = 0
    for seed in range(worlds):
        above += (
            one_run_epsilon(
                played(game.flip(250, seed=seed)), 0.0, guesses, level=0.9, method=method
            ).low
            > truth
        )
    assert above <= most(worlds, 0.1) == 17


def test_canaries_that_share_their_randomness_do_not_break_it():
    # 9 of 60: a Gaussian family would exceed the truth in a third of these worlds, a bound that
    # errs four times as often as it may in 4 of 5 runs of this test
    truth, worlds = GaussianShift(1.0).epsilon(1e-5), 60
    for method in (None, "walk", "steinke", "fdp"):
        above = sum(
            one_run_epsilon(shared_response(1.0, 200, s), 1e-5, method=method).low > truth
            for s in range(worlds)
        )
        assert above <= most(worlds, 0.05) == 9


def test_the_walk_needs_no_declared_share():
    worlds = [played(GaussianShift(3.0).flip(1000, seed=s)) for s in range(8)]
    walk = np.mean([one_run_epsilon(w, 1e-5).low for w in worlds])
    assert walk > np.mean([one_run_epsilon(w, 1e-5, 0.1).low for w in worlds]) + 0.5


def test_of_20000_canaries_a_family_that_is_right_shows_more():
    """Gaussian noise of mu = 1 is epsilon 4.38 at 1e-5; one run of many canaries shows half."""
    world = played(GaussianShift(1.0).flip(20_000, seed=0))
    free, family = (
        one_run_epsilon(world, 1e-5, (0.1, 0.3, 1.0), method="fdp", family=family)
        for family in (None, Gaussian)
    )
    assert 1.9 < free.low < 2.4 < family.low < 4.38


def test_what_cannot_be_coins_is_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(AssumptionError, match="1500 of 2500"):
        one_run_epsilon(evidence(rng.normal(size=2500), np.arange(2500) < 1500), 1e-5)
    with pytest.raises(AssumptionError, match="fair coin"):
        one_run_epsilon(
            evidence(rng.normal(size=100), np.arange(100) % 2 == 0, assignment="observed"), 1e-5
        )
    with pytest.raises(NotEnoughData, match="10 canaries"):
        one_run_epsilon(evidence(rng.normal(size=6), np.arange(6) % 2 == 0), 1e-5)


def test_a_gaussian_family_is_named_as_a_condition():
    world = played(LaplaceShift(1.0).flip(1000, seed=0))
    conditional = one_run_epsilon(world, 1e-5, method="fdp", family=Gaussian)
    assert conditional.name == "epsilon if Gaussian"
    assert "bound is wrong" in " ".join(conditional.assumes)
    assert one_run_epsilon(world, 1e-5, method="fdp").name == "epsilon"


def test_independent_noise_must_be_said():
    world = played(GaussianShift(2.0).flip(500, seed=0))
    with pytest.raises(AssumptionError, match="assume_independent_noise"):
        one_run_epsilon(world, 1e-5, method="independent")
    found = one_run_epsilon(world, 1e-5, method="independent", assume_independent_noise=True)
    assert "independent of one another" in " ".join(found.assumes)


def test_copies_of_a_canary_count_once():
    world = played(GaussianShift(2.0).flip(400, seed=0))
    copies = evidence(np.tile(world.score, 3), np.tile(world.member, 3), np.tile(np.arange(400), 3))
    assert one_run_epsilon(copies, 0.0) == one_run_epsilon(world, 0.0)
    assert one_run_epsilon(copies, 0.0).n == 400


def test_ties_are_never_cut():
    score = np.array([3.0, 3.0, 2.0, 1.0, 1.0, 1.0])
    right, ends = whole_blocks(ranked(evidence(score, [1, 0, 1, 0, 1, 0])), "top")
    assert ends.tolist() == [2, 3, 6]
    assert right[ends - 1].shape == (3,)
    right, ends = whole_blocks(ranked(evidence(np.zeros(6), [1, 0, 1, 0, 1, 0])), "both")
    assert len(right) == 0
    assert len(ends) == 0
    constant = one_run_epsilon(evidence(np.zeros(100), np.arange(100) % 2 == 0), 0.0)
    assert constant.low == 0


def test_rows_in_order_of_membership_do_not_help():
    member = np.arange(400) < 200
    for method in ("walk", "steinke", "fdp"):
        assert (
            one_run_epsilon(
                evidence(np.round(np.random.default_rng(0).normal(size=400)), member),
                0.0,
                method=method,
            ).low
            < 0.2
        )


@pytest.mark.parametrize(("epsilon", "delta"), [(1.0, 0.0), (4.0, 1e-5), (6.0, 1e-5)])
def test_the_canaries_needed_are_what_the_default_bound_needs(epsilon, delta):
    m = canaries_needed(epsilon, delta)

    def bound(count):
        return one_run_epsilon(
            evidence(np.arange(count), np.arange(count) >= count // 2), delta
        ).low

    assert bound(m) > epsilon
    assert bound(int(0.9 * m)) < epsilon


def test_canaries_needed_grows_with_wrong_guesses_and_may_be_impossible():
    assert (
        canaries_needed(2.0, 1e-5)
        < canaries_needed(2.0, 1e-5, accuracy=0.99)
        < canaries_needed(2.0, 1e-5, accuracy=0.95)
    )
    with pytest.raises(NotEnoughData, match="many runs"):
        canaries_needed(3.0, 1e-5, accuracy=0.9)
    with pytest.raises(NotEnoughData, match="smaller delta"):
        canaries_needed(20.0, 1e-3)


def test_bad_arguments_are_named():
    world = played(GaussianShift(1.0).flip(100, seed=0))
    with pytest.raises(InvalidInput, match="`guesses`"):
        one_run_epsilon(world, 0.0, 1.5)
    assert one_run_epsilon(world, 0.0, 30).low == one_run_epsilon(world, 0.0, 0.3).low
    with pytest.raises(InvalidInput, match="`guesses`"):
        one_run_epsilon(world, 0.0, 101)
    with pytest.raises(InvalidInput, match="leave out `guesses`"):
        one_run_epsilon(world, 0.0, 0.5, method="walk")
    with pytest.raises(InvalidInput, match="`method`"):
        one_run_epsilon(world, 0.0, method="best")
    with pytest.raises(InvalidInput, match="`delta`"):
        one_run_epsilon(world, -0.1)
    with pytest.raises(InvalidInput, match="`family`"):
        one_run_epsilon(world, 0.0, family=Gaussian)


def test_the_walk_holds_on_noise_and_on_randomised_response():
    # 23 of 120 at level .9; a bound that errs three times as often exceeds that surely (1 in 300)
    for game in (GaussianShift(0.0), RandomisedResponse(1.0)):
        above = sum(
            one_run_epsilon(played(game.flip(120, seed=s)), 0.0, level=0.9).low > game.epsilon(0.0)
            for s in range(120)
        )
        assert above <= most(120, 0.1) == 23


def test_all_numbers_of_guesses_are_the_default():
    world = played(GaussianShift(2.0).flip(4000, seed=0))
    assert "all numbers of guesses" in one_run_epsilon(world, 1e-5).method
    assert one_run_epsilon(world, 1e-5).low > one_run_epsilon(world, 1e-5, (0.1, 0.3)).low
    assert "Steinke" in one_run_epsilon(world, 1e-5, 0.1).method
    with pytest.raises(InvalidInput, match="`sides`"):
        one_run_epsilon(world, 0.0, 0.1, sides=("left",))


def told(epsilon, delta, chance, m, seed):
    """Randomised response of `epsilon` that also tells coins: in a share `chance` of the runs,
    delta / chance of them.
    """
    rng = np.random.default_rng(seed)
    member = rng.random(m) < 0.5
    score = (member == (rng.random(m) < 1 / (1 + np.exp(-epsilon)))) + rng.random(m) / 2
    if rng.random() < chance:
        shown = rng.random(m) < delta / chance
        score[shown] = np.where(member[shown], 3.0, -2.0) + rng.random(int(shown.sum())) / 2
    return evidence(score, member)


@pytest.mark.parametrize("chance", [1.0, 0.1, 0.03])
@pytest.mark.parametrize(("epsilon", "delta"), [(0.0, 0.01), (1.0, 0.01), (3.0, 0.03)])
def test_failures_are_paid_for_however_they_come_together(epsilon, delta, chance):
    # 13 of 100; a bound that errs four times as often exceeds that in 94 of 100 runs of this test
    worlds = 100
    above = sum(
        one_run_epsilon(told(epsilon, delta, chance, 300, s), delta).low > epsilon
        for s in range(worlds)
    )
    assert above <= most(worlds, 0.05) == 13


def test_a_large_claim_pays_little_for_delta():
    world = told(4.0, 0.0, 1.0, 4000, 0)
    assert one_run_epsilon(world, 1e-5).low > one_run_epsilon(world, 0.0).low - 0.02


def test_the_top_alone_shows_a_leak_that_has_only_a_top():
    rng = np.random.default_rng(0)
    member = rng.random(4000) < 0.5
    score = rng.normal(size=4000) + 8 * (member & (rng.random(4000) < 0.1))
    world = evidence(score, member)
    assert (
        one_run_epsilon(world, 0.0, 0.04, sides=("top",)).low
        > one_run_epsilon(world, 0.0, 0.04).low + 1
    )


def leaked(share, m, seed):
    """A share of the canaries tells its coin, the rest is noise."""
    rng = np.random.default_rng(seed)
    member = rng.random(m) < 0.5
    shown = rng.random(m) < share
    return evidence(np.where(shown, np.where(member, 2.0, -1.0), 0.0) + rng.random(m) / 2, member)


def test_large_delta_is_not_where_the_default_gives_up():
    # randomised response of epsilon 4, delta .01, 1,000 canaries: 1.9 by the walk alone, 2.6 by
    # three declared shares that split alpha equally
    worlds = [played(RandomisedResponse(4.0).flip(1000, seed=s)) for s in range(6)]
    mean = {
        name: np.mean([one_run_epsilon(w, 0.01, guesses, method=method).low for w in worlds])
        for name, guesses, method in (
            ("default", None, None),
            ("walk", None, "walk"),
            ("shares", (0.1, 0.3, 1.0), "fdp"),
        )
    }
    assert mean["default"] >= 2.5
    assert mean["default"] > mean["shares"] + 0.2 > mean["walk"] + 0.2


def test_a_few_canaries_that_leak_wholly_show_at_delta_a_thousandth():
    worlds = [leaked(0.05, 1000, s) for s in range(6)]
    assert np.mean([one_run_epsilon(w, 1e-3).low for w in worlds]) >= 0.3
    assert np.mean([one_run_epsilon(w, 1e-3, method="walk").low for w in worlds]) == 0


@pytest.mark.parametrize("delta", [1e-3, 1e-2])
def test_the_default_is_hardly_ever_behind_declared_shares(delta):
    # by .03 at most on average, over mechanisms that tell about all, many or few canaries
    for game in (RandomisedResponse(2.0), LaplaceShift(1.0), LaplaceShift(3.0)):
        worlds = [played(game.flip(1000, seed=s)) for s in range(5)]
        default = np.mean([one_run_epsilon(w, delta).low for w in worlds])
        for shares in ((0.1, 0.3), (0.1, 0.3, 1.0)):
            declared = [one_run_epsilon(w, delta, shares, method="fdp").low for w in worlds]
            assert default >= np.mean(declared) - 0.03


def test_the_level_of_the_default_is_an_exact_count():
    # randomised response: the number of right answers is Binomial(m, p), and at delta .01 one look
    # at all 1,000 canaries has all of alpha. The first count whose bound exceeds epsilon is the
    # one that the recursion refutes at .05, and not at .04
    epsilon, m, delta = 2.0, 1000, 0.01
    claim = ApproxDP(epsilon, delta)
    first = next(v for v in range(m) if fdp_refuted(m, m, v, claim, 0.05))
    for v, above in ((first + 1, True), (first - 1, False)):
        right = np.arange(m) < v
        coin = np.arange(m) % 2 == 0
        found = one_run_epsilon(evidence(np.where(right, coin, ~coin), coin), delta)
        assert (found.low > epsilon) == above
    later = next(v for v in range(m) if fdp_refuted(m, m, v, claim, 0.04))
    assert later > first + 1
    # delta costs: what randomised response alone shows is far below the level
    assert binom.sf(first - 1, m, 1 / (1 + np.exp(-epsilon))) < 0.01


def test_alpha_of_the_walk_is_split_between_its_sides():
    # all right, delta 0: the top has .6 of alpha, both ends .35, the bottom .05; one stop each,
    # so that bounds are binomial tails. 60 canaries of two scores
    coin = np.arange(60) < 30
    top = one_run_epsilon(evidence(coin * 1.0, coin), 0.0)
    p = {share: (0.05 * share) ** (1 / r) for share, r in ((0.35, 60), (0.6, 30), (0.05, 30))}
    ceiling = max(np.log(chance / (1 - chance)) for chance in p.values())
    assert ceiling - 0.02 <= top.low <= ceiling + 1e-6


def test_a_cluster_of_both_is_no_canary():
    member = np.arange(40) % 2 == 0
    with pytest.raises(AssumptionError, match="one canary and its copies"):
        one_run_epsilon(evidence(np.arange(40), member, np.arange(40) // 2), 0.0)


def test_the_method_says_how_alpha_was_spent():
    world = played(GaussianShift(1.0).flip(1000, seed=0))
    small, middle, large = (one_run_epsilon(world, d).method for d in (1e-6, 1e-4, 1e-2))
    assert "walk" in small
    assert "walk" in middle
    assert "0.5 (both)" in middle
    assert "recursion" not in small
    assert "walk" not in large
    assert "1 (both) of the canaries guessed (f-DP recursion), delta = 0.01" in large


def test_rows_in_another_order_give_the_same_bound():
    world = played(GaussianShift(2.0).flip(500, seed=0))
    order = np.random.default_rng(1).permutation(500)
    for delta in (0.0, 1e-3, 1e-2):
        assert one_run_epsilon(world.take(order), delta).low == one_run_epsilon(world, delta).low


def test_canaries_needed_at_large_delta_are_what_the_default_needs():
    for epsilon, delta, accuracy in ((2.0, 1e-3, 1.0), (1.0, 1e-2, 0.95)):
        m = canaries_needed(epsilon, delta, accuracy=accuracy)

        def bound(count, accuracy=accuracy, delta=delta):
            coin = np.arange(count) % 2 == 0
            wrong = np.arange(count) < count - int(accuracy * count)
            return one_run_epsilon(evidence(np.where(wrong, ~coin, coin), coin), delta).low

        assert bound(m) > epsilon
        assert bound(int(0.85 * m)) < epsilon


def test_two_guesses_are_a_number_and_none_is_refused():
    world = Evidence(np.arange(40.0), np.arange(40) >= 20, None, "coin", "x", np.arange(40))
    found = one_run_epsilon(world, 0.0, 2)
    # both right: p^2 <= .05 at p = .2236, which no epsilon of 0 or more allows
    assert found.low == 0.0
    assert one_run_epsilon(world, 0.0, 20).low > 1.0
    for guesses in (0, 0.0, 41, 2.5, -0.1):
        with pytest.raises(InvalidInput, match="`guesses`"):
            one_run_epsilon(world, 0.0, guesses)


def test_what_a_plan_of_canaries_can_be_asked():
    bad = [(1.0, 0.0, 0.5), (1.0, 0.0, 1.5), (1.0, 1.0, 0.9), (-1.0, 0.0, 0.9)]
    for epsilon, delta, accuracy in bad:
        with pytest.raises(InvalidInput):
            canaries_needed(epsilon, delta, accuracy=accuracy)


def test_the_walk_and_the_looks_spend_their_own_shares_of_alpha(monkeypatch):
    """.02 on the walk and .03 on a look; without a share the walk is not walked."""
    from tacit.dp import one_run as steps
    from tacit.dp.one_run_plan import Look, Plan

    spent = []

    def walked(ranking, delta, alpha):
        spent.append(("walk", alpha))
        return 0.25

    def recursion(ranking, looks, delta, *, at_least):
        spent.append(tuple(look.alpha for look in looks))
        return at_least

    monkeypatch.setattr(steps, "_walk", walked)
    monkeypatch.setattr(steps, "_recursion", recursion)
    looks = (Look("both", 10, 0.03),)
    assert steps._planned(None, Plan(0.02, looks), 0.0) == 0.25
    assert steps._planned(None, Plan(0.0, looks), 0.0) == 0.0
    assert spent == [("walk", 0.02), (0.03,), (0.03,)]


def test_each_look_at_a_family_is_refuted_at_its_own_share_of_alpha(monkeypatch):
    """Two declared shares: .025 each, not .05."""
    from tacit.dp import one_run as steps
    from tacit.dp.mechanisms import Gaussian
    from tacit.dp.one_run_plan import declared

    asked = []
    monkeypatch.setattr(steps, "_counted", lambda ranking, looks: [(look, 9) for look in looks])
    monkeypatch.setattr(
        steps,
        "fdp_parameter",
        lambda m, marks, build, alpha: asked.append((m, marks, alpha)) or 1.0,
    )
    ranking = type("R", (), {"member": np.zeros(100, bool)})()
    low, name = steps._family(ranking, declared(("both",), (0.1, 0.3), 100, 0.05), 1e-5, Gaussian)
    assert asked == [(100, [(10, 9), (30, 9)], 0.025)]
    assert (low, name) == (Gaussian(1.0).epsilon(1e-5), "epsilon if Gaussian")
