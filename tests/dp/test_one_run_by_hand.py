"""How a one-run audit spends alpha and counts canaries: each number asked for and by hand."""

import numpy as np
import pytest

from tacit.core import Evidence, InvalidInput, NotEnoughData
from tacit.dp import one_run
from tacit.dp.bernoulli_walk import guess_counts, walk_refutes
from tacit.dp.bounds import epsilon_lower_bound
from tacit.dp.fdp_recursion import fdp_refuted
from tacit.dp.guesses import ranked
from tacit.dp.mechanisms import ApproxDP
from tacit.dp.one_run import canaries_needed, one_run_epsilon
from tacit.dp.one_run_plan import Look, Plan, plan


def canaries(score, member, cluster=None):
    score = np.asarray(score, np.float64)
    return Evidence(score, np.asarray(member, bool), cluster, "coin", "x", np.arange(len(score)))


def test_each_side_of_the_walk_has_its_share_and_its_failures(monkeypatch):
    """Of alpha .04: .014 both, .024 top, .002 bottom; of 12 canaries and delta .01 .12 failures for
    both ends, half of them for one; each starts where the one before ended.
    """
    asked = []

    def walked(right, ends, *, failures, alpha, at_least):
        asked.append((len(right), round(failures, 12), round(alpha, 12), at_least))
        return at_least + 1.0

    monkeypatch.setattr(one_run, "walk_bound", walked)
    ranking = ranked(canaries(np.arange(12), np.arange(12) > 5))
    assert one_run._walk(ranking, 0.01, 0.04) == 3.0
    assert asked == [(12, 0.12, 0.014, 0.0), (12, 0.06, 0.024, 1.0), (12, 0.06, 0.002, 2.0)]
    assert sum(one_run.SIDE_SHARES.values()) == pytest.approx(1.0)
    # of equal scores no guess of both ends is made: that side is left out
    asked.clear()
    one_run._walk(ranked(canaries(np.zeros(12), np.arange(12) > 5)), 0.0, 0.04)
    assert [alpha for *_, alpha, _ in asked] == [0.024, 0.002]


def test_each_look_has_its_own_guesses_alpha_and_delta(monkeypatch):
    ranking = ranked(canaries(np.arange(12), np.arange(12) > 5))
    looks = (Look("both", 12, 0.02), Look("top", 5, 0.01), Look("bottom", 7, 0.03))
    asked = []

    def bound(m, r, v, delta, alpha, *, at_least):
        asked.append((m, r, v, delta, alpha, at_least))
        return at_least + 0.5

    monkeypatch.setattr(one_run, "fdp_bound", bound)
    assert one_run._recursion(ranking, looks, 0.01, at_least=0.25) == 1.75
    # told apart: all right, but one of the seven lowest is a member
    assert asked == [
        (12, 12, 12, 0.01, 0.02, 0.25),
        (12, 5, 5, 0.005, 0.01, 0.75),
        (12, 7, 6, 0.005, 0.03, 1.25),
    ]
    asked.clear()
    monkeypatch.setattr(
        one_run, "steinke_bound", lambda *given: asked.append(given) or float(len(asked) % 3)
    )
    assert one_run._steinke(ranking, looks, 0.01) == 2.0
    assert asked == [
        (12, 12, 12, 0.01, 0.02),
        (12, 5, 5, 0.01, 0.01),
        (12, 7, 6, 0.01, 0.03),
    ]


def test_shares_and_numbers_of_guesses():
    assert one_run._shares(None, 50) == (0.1, 0.3)
    assert one_run._shares(0.2, 50) == (0.2,)
    assert one_run._shares((1, 1.0, 2, 50), 50) == (1.0, 1.0, 0.04, 1.0)
    for wrong in ((), (0.5, 51), (2.5,), (0.0,), -1):
        with pytest.raises(InvalidInput, match="`guesses`"):
            one_run._shares(wrong, 50)


def test_ten_canaries_are_enough_and_nine_are_not():
    coin = np.arange(10) > 4
    assert one_run_epsilon(canaries(np.arange(10), coin), 0.0).n == 10
    with pytest.raises(NotEnoughData) as caught:
        one_run_epsilon(canaries(np.arange(9), coin[:9]), 0.0)
    assert (caught.value.needed, caught.value.got) == (10, 9)
    # nine and a copy of one are nine
    with pytest.raises(NotEnoughData, match="got 9"):
        one_run_epsilon(canaries(np.arange(10), coin, np.r_[np.arange(9), 8]), 0.0)


@pytest.mark.parametrize("m", [10, 137, 54_321, 10_000_000])
def test_the_canaries_needed_are_rounded_up_by_a_hundredth_at_most(m, monkeypatch):
    asked = []
    monkeypatch.setattr(one_run, "_enough", lambda n, *given: asked.append(given) or n >= m)
    found = canaries_needed(0.5, 1e-6, accuracy=0.9, level=0.9)
    assert m <= found <= 1.011 * m
    assert asked[0] == pytest.approx((0.5, 1e-6, 0.9, 0.1))


def test_no_number_of_canaries_shows_more_than_the_guesser_knows(monkeypatch):
    """At epsilon log 3 three of four may be right: 75 % is not more than that."""
    monkeypatch.setattr(one_run, "_enough", lambda *_: True)
    assert canaries_needed(np.log(3.0), 0.0, accuracy=0.7501) == 10
    with pytest.raises(NotEnoughData):
        canaries_needed(np.log(3.0), 0.0, accuracy=0.7499)
    monkeypatch.setattr(one_run, "_enough", lambda *_: False)
    with pytest.raises(NotEnoughData, match="10,000,000"):
        canaries_needed(0.1, 0.0)


@pytest.mark.parametrize("delta", [0.0, 2e-4])
@pytest.mark.parametrize("accuracy", [1.0, 0.9])
def test_the_quick_look_changes_no_plan_of_the_walk(delta, accuracy):
    """Against the walk itself at .35 of alpha, with half of the guesses from either end."""
    decided = []
    for m in [*range(10, 40), 75, 120, 121, 300]:
        guesses = 2 * (m // 2)
        stop = guess_counts(np.arange(2, guesses + 1, 2))
        total = np.floor(accuracy * stop).astype(np.int64)
        known = walk_refutes(total, stop, 1.0, failures=m * delta, alpha=0.35 * 0.05)
        assert one_run._walk_enough(m, 1.0, delta, accuracy, 0.05) == known
        decided.append(known)
    assert set(decided) == {False, True}


def test_a_plan_is_enough_where_its_walk_or_one_of_its_looks_is(monkeypatch):
    """Nine of ten right: whole guesses, rounded down, each look at its own alpha and delta."""
    asked = []
    split = Plan(0.02, (Look("both", 37, 0.01), Look("top", 20, 0.02)))
    monkeypatch.setattr(one_run, "plan", lambda m, delta, alpha: asked.append((m, alpha)) or split)
    monkeypatch.setattr(one_run, "_walk_enough", lambda *given: asked.append(given) or False)
    monkeypatch.setattr(
        one_run,
        "fdp_refuted",
        lambda m, r, v, claim, alpha: asked.append((m, r, v, claim, alpha)) or r == 20,
    )
    assert one_run._enough(40, 1.0, 0.01, 0.9, 0.05)
    assert asked == [
        (40, 0.05),
        (40, 1.0, 0.01, 0.9, 0.02),
        (40, 37, 33, ApproxDP(1.0, 0.01), 0.01),
        (40, 20, 18, ApproxDP(1.0, 0.005), 0.02),
    ]
    monkeypatch.setattr(one_run, "_walk_enough", lambda *_: True)
    asked.clear()
    assert one_run._enough(40, 1.0, 0.01, 0.9, 0.05)
    assert len(asked) == 1
    monkeypatch.setattr(one_run, "plan", lambda *_: Plan(0.0, ()))
    assert not one_run._enough(40, 1.0, 0.01, 0.9, 0.05)


def test_what_the_default_says_and_finds_follows_from_its_plan():
    """1,000 canaries, delta .01: one look at all of them at alpha, 900 right."""
    right = np.arange(1000) < 900
    coin = np.arange(1000) % 2 == 0
    world = canaries(np.where(right, coin, ~coin), coin)
    split = plan(1000, 0.01, 0.1)
    assert split.walk == 0
    found = one_run_epsilon(world, 0.01, level=0.9)
    shares = ", ".join(f"{look.guesses / 1000:g} ({look.side})" for look in split.looks)
    assert found.method == (
        f"one run, {shares} of the canaries guessed (f-DP recursion), delta = 0.01"
    )
    first = split.looks[0]
    assert first.guesses == 1000
    assert fdp_refuted(1000, 1000, 900, ApproxDP(found.low, 0.01), first.alpha)
    assert (found.high, found.level, found.n) == (np.inf, 0.9, 1000)
    walk = one_run_epsilon(world, 0.0, method="walk")
    assert walk.method == (
        "one run, all numbers of guesses at once (exact Bernoulli walk), delta = 0"
    )
    declared = one_run_epsilon(world, 1e-3, (0.1, 0.25), sides=("top", "both"))
    assert declared.method == (
        "one run, 0.1, 0.25 of the canaries guessed (top, both) (Steinke et al.), delta = 0.001"
    )


def test_where_noise_is_independent_the_bound_is_that_of_independent_scores():
    coin = np.arange(200) % 2 == 0
    world = canaries(np.where(np.arange(200) < 180, coin, ~coin), coin)
    found = one_run_epsilon(
        world, 0.2, method="independent", level=0.9, assume_independent_noise=True
    )
    assert found.low == epsilon_lower_bound(world, 0.2, level=0.9).low
    assert 0 < found.low < epsilon_lower_bound(world, 0.0, level=0.9).low
