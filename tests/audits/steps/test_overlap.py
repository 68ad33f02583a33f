"""Records on two sides at once."""

import numpy as np
import pytest
from scipy.stats import binom

from tacit.audits.steps.overlap import OVERLAP_P, copies, same_records

NAMES = ("members", "non-members")


def test_the_chance_of_copies_is_that_of_a_binomial():
    here, there = np.arange(30), np.arange(100, 200)
    asked = np.r_[np.arange(10), [100], [500]]
    # 11 records that occur once, 10 of them here, where a share of 30 / 130 was to be expected
    k, other, p = copies(asked, here, there)
    assert (k, other) == (10, 1)
    assert p == pytest.approx(binom.sf(9, 11, 30 / 130))


def test_records_that_occur_more_than_once_are_no_witnesses():
    here, there = np.array([1, 1, 2, 3]), np.array([2, 4])
    assert copies(np.array([1, 2, 4]), here, there)[:2] == (0, 1)


def test_members_among_the_non_members_are_named():
    member, other, reference = np.arange(200), np.arange(1000, 1200), np.arange(2000, 2400)
    assert same_records(member, other, reference, NAMES) == ""
    mixed = np.r_[other[:170], member[:30]]
    said = same_records(member, mixed, reference, NAMES)
    assert said.startswith("15.0 % of the non-members equal one of the members in every column")
    assert same_records(member, member, np.r_[member, reference], NAMES) != ""


def test_twins_of_a_population_raise_few_alarms():
    """Rows of a small alphabet: most have twins everywhere."""
    rng = np.random.default_rng(0)
    alarms, worlds = 0, 400
    for _ in range(worlds):
        sides = [rng.zipf(1.5, n) for n in (300, 300, 900)]
        alarms += same_records(*sides, NAMES) != ""
    assert binom.sf(alarms - 1, worlds, OVERLAP_P) > 0.001


def test_without_the_size_of_the_tables_twins_would_be_alarms():
    """A member side three times the reference has three times the twins."""
    rng = np.random.default_rng(1)
    asked, member, reference = (rng.integers(0, 2000, n) for n in (500, 1500, 500))
    k, other, p = copies(asked, member, reference)
    assert p > 0.001
    assert binom.sf(k - 1, k + other, 0.5) < 0.001
