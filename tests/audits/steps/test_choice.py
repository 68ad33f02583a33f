"""The best of several scores, graded by records that did not choose it."""

import numpy as np
import pytest
from scipy.stats import binom

from tacit.audits.steps.choice import _best_cut, graded_advantage
from tacit.core import Membership


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
