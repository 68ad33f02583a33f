"""The best of several scores, graded by records that did not choose it."""

import numpy as np
import pytest
from scipy.stats import binom

from tacit.audits.steps.choice import _best_cut, _graded, graded_advantage
from tacit.core import Membership, NotEnoughData, deal


def cut(score, member):
    score, member = np.asarray(score, float), np.asarray(member, bool)
    return _best_cut(score, np.argsort(-score, kind="stable"), member)


def test_the_best_cut_by_hand():
    """4 m, 3 n, 2 m, 1 n: at 4 a gain of 1/2, at 2 one of 1 - 1/2."""
    assert cut([4, 3, 2, 1], [1, 0, 1, 0]) == (4.0, 0.5)
    assert cut([4, 3, 2, 1], [1, 1, 0, 0]) == (3.0, 1.0)


def test_equal_scores_are_accused_together():
    """The block at 3 holds a member and a non-member: no cut between them."""
    assert cut([3, 3, 2, 1], [1, 0, 1, 0]) == (2.0, 0.5)
    assert cut([3, 3, 1, 1], [1, 0, 1, 0]) == (np.inf, 0.0)


def test_a_score_that_points_the_wrong_way_accuses_nobody():
    assert cut([1, 2, 3, 4], [1, 1, 0, 0]) == (np.inf, 0.0)


def test_the_better_score_is_chosen_and_graded_at_its_threshold():
    member = np.arange(400) % 2 == 0
    noise = np.random.default_rng(0).normal(size=400)
    truth = graded_advantage({"noise": noise, "told": member * 1.0}, Membership(member), seed=0)
    assert truth == 1.0


def test_twenty_useless_scores_are_not_flattered():
    """Graded on the half that chose, the best of 20 scores of 60 records gains .2 or more every
    time; on the other half it is above 0 as often as below: exact binomial limits, 1 in 1,000.
    """
    worlds, above = 60, 0
    for seed in range(worlds):
        rng = np.random.default_rng(seed)
        member = np.arange(60) % 2 == 0
        scores = {str(k): rng.normal(size=60) for k in range(20)}
        above += graded_advantage(scores, Membership(member), seed=seed) > 0
    assert above <= binom.isf(0.001, worlds, 0.5)


def test_the_grade_does_not_depend_on_the_scale_of_a_score():
    rng = np.random.default_rng(1)
    member = rng.random(100) < 0.5
    score = member + rng.normal(size=100)
    grades = [
        graded_advantage({"a": scaled}, Membership(member), seed=3)
        for scaled in (score, np.exp(score))
    ]
    assert grades[0] == pytest.approx(grades[1])


def plainly(scores, member, halves):
    """Every threshold of every score on one half, and what the best is worth on the other."""
    worth = []
    for choosing in halves:
        gains = sorted(
            (
                (score[choosing & member] >= cut).mean()
                - (score[choosing & ~member] >= cut).mean(),
                name,
                cut,
            )
            for name, score in scores.items()
            for cut in np.unique(score[choosing])
        )
        best = gains[-1]
        assert best[0] > gains[-2][0] + 1e-9, "no ties, whose order would count"
        accused = scores[best[1]] >= best[2]
        worth.append(accused[~choosing & member].mean() - accused[~choosing & ~member].mean())
    return np.mean(worth)


def test_the_grade_is_the_mean_over_both_halves_of_five_deals():
    rng = np.random.default_rng(3)
    member = np.arange(40) % 5 < 2
    membership = Membership(member)
    scores = {"a": rng.normal(size=40) + member, "b": rng.normal(size=40) + 0.9 * member}
    deals = [deal(membership, 2, seed=seed) == 1 for seed in range(11, 16)]
    halves = [side for half in deals for side in (half, ~half)]
    assert graded_advantage(scores, membership, seed=11) == pytest.approx(
        plainly(scores, member, halves)
    )


def test_whole_people_choose_or_grade():
    """Two records of each person score alike: dealt by records, a person would grade itself."""
    rng = np.random.default_rng(0)
    person = np.repeat(np.arange(30), 2)
    member = person % 2 == 0
    membership = Membership(member, person)
    score = rng.normal(size=30)[person]
    halves = [deal(membership, 2, seed=seed) == 1 for seed in range(5)]
    assert all((half[::2] == half[1::2]).all() for half in halves)
    assert graded_advantage({"a": score}, membership, seed=0) == pytest.approx(
        plainly({"a": score}, member, [side for half in halves for side in (half, ~half)])
    )


def test_what_one_half_chose_is_worth_what_the_other_half_says():
    """The first half chooses b at 5; of the other, one of two members and one of four others
    are at 5 or more.
    """
    member = np.array([1, 1, 0, 0, 1, 1, 0, 0, 0, 0], bool)
    choosing = np.arange(10) < 4
    scores = {
        "a": np.array([1.0, 2, 3, 4, 9, 9, 0, 0, 0, 0]),
        "b": np.array([7.0, 5, 4, 3, 5, 4, 6, 1, 1, 1]),
    }
    order = {name: np.argsort(-score, kind="stable") for name, score in scores.items()}
    assert _graded(scores, order, member, choosing) == 1 / 2 - 1 / 4
    # the second chooses a, whose members are above all; in the first they are below
    assert _graded(scores, order, member, ~choosing) == 0.0


@pytest.mark.parametrize("people", [None, np.array([0, 1, 2, 2])])
def test_a_side_of_one_record_or_person_has_no_halves(people):
    member = np.array([1, 0, 0, 0], bool)
    with pytest.raises(NotEnoughData, match="needs 2 members"):
        graded_advantage({"a": np.arange(4.0)}, Membership(member, people), seed=0)
