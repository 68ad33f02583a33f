"""Who is asked, from which table is guessed, and how near a guess must be."""

from types import SimpleNamespace

import numpy as np
import pytest

from tacit.audits.steps import inference as steps
from tacit.audits.steps.inference import inference, right, tolerance


def test_members_and_non_members_are_guessed_by_the_release_and_members_by_the_baseline(
    monkeypatch,
):
    """The baseline's values 0 to 100 allow 4.5 either way, whoever is asked."""
    asked = SimpleNamespace(columns={"a": np.array([10.0, 20, 30, 40, 50])})
    member = SimpleNamespace(columns={"a": np.array([10.0, 20])})
    baseline = SimpleNamespace(columns={"a": np.arange(101.0)})
    release = SimpleNamespace(columns={"a": np.array([7.0])})
    guesses = {
        (id(asked), id(release)): np.array([14.5, 24.51, 30, 35.5, 45.4]),
        (id(member), id(baseline)): np.array([5.4, 15.5]),
    }

    def guessed(game, rows, table, secrets):
        return {name: guesses[id(rows), id(table)] for name in secrets}

    monkeypatch.setattr(steps, "_guessed", guessed)
    game = SimpleNamespace(
        asked=asked,
        member=member,
        baseline=baseline,
        release=release,
        sides=lambda hit: (hit[:2], hit[2:]),
    )
    inside, outside, known = inference(game, ["a"])["a"]
    assert inside.tolist() == [True, False]
    assert outside.tolist() == [True, True, False]
    assert known.tolist() == [False, True]


def test_a_guess_may_be_off_by_exactly_the_width():
    truth = np.array([1.0, 1.0, 1.0, np.nan])
    assert right(np.array([1.5, 0.5, 1.51, 1.0]), truth, 0.5).tolist() == [True, True, False, False]
    assert right(np.array([2.0]), np.array([2.0]), 0.0).tolist() == [True]


def test_the_width_is_that_of_the_middle_nine_tenths_below_zero_too():
    assert tolerance(np.arange(101.0) - 500) == pytest.approx(4.5)
    assert tolerance(np.r_[np.arange(101.0), 1e9]) < 5.0


def test_a_guess_of_nothing_is_a_guess_like_any_other():
    found = right(np.array(["", "a", "", "b"]), np.array(["a", "a", "", "c"]), 0.0)
    assert found.tolist() == [False, True, True, False]
