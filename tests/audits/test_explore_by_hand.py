"""The exploration, piece by piece: who is raced against whom, confirmed how often, and counted."""

import inspect
from types import SimpleNamespace

import numpy as np
import pytest

from tacit.audits import explore as room
from tacit.audits.explore import _baseline, _confirmed, _named, _require, explore
from tacit.audits.steps.bench import Failed
from tacit.core import InvalidInput
from tacit.core.exploration import Exploration


def train(indices, seed, strength=1.0):
    return lambda rows: np.zeros(4)


def test_an_exploration_takes_three_runs_twenty_trials_and_one_point_unless_told_otherwise():
    given = inspect.signature(explore).parameters
    wanted = {"runs": 3, "confirm": True, "tolerance": 0.01, "trials": 20, "seed": 0, "level": 0.95}
    assert {name: given[name].default for name in wanted} == wanted


def raced(monkeypatch, winner, variants=("now", "mild"), **options):
    """An exploration whose race is written here, and what it asks of its parts."""
    seen = SimpleNamespace(confirmed=[])
    measured = {name: SimpleNamespace(seconds=[1.0, k, 5.0]) for k, name in enumerate(variants)}

    def race(bench, params, first, **given):
        seen.bench, seen.first, seen.race = bench, first, given
        bench.models = {("now", 0): 3, ("mild", 0): 4, ("now", 1): 5}
        bench.trained = 7
        return measured, ("worse",)

    def confirm(bench, params, baseline, best, runs):
        seen.confirmed.append((baseline, best, runs))

    def won(found, first, tolerance):
        seen.won = (first, tolerance)
        return winner

    monkeypatch.setattr(room, "raced", race)
    monkeypatch.setattr(room, "winner_of", won)
    monkeypatch.setattr(room, "_confirmed", confirm)
    monkeypatch.setattr(room, "comparison_of", lambda *_, **given: given)
    named = {name: {"strength": 1.0} for name in variants}
    seen.found = explore(train, named, np.arange(4), **options)
    return seen


@pytest.mark.parametrize(
    ("options", "runs"),
    [
        ({}, [3]),
        ({"runs": 5}, [5]),
        ({"confirm": 4}, [4]),
        ({"confirm": False}, []),
        ({"confirm": 0}, []),
    ],
)
def test_a_winner_is_confirmed_as_often_as_it_was_run_or_as_was_asked(monkeypatch, options, runs):
    seen = raced(monkeypatch, "mild", **options)
    assert seen.confirmed == [("now", "mild", n) for n in runs]
    # what is done today needs no confirmation
    assert raced(monkeypatch, "now", **options).confirmed == []


def test_what_was_measured_and_trained_is_counted(monkeypatch):
    seen = raced(monkeypatch, "mild", seed=4, level=0.9, tolerance=0.25, runs=6, seconds=9.0)
    found = seen.found
    assert isinstance(found, Exploration)
    assert (found.baseline, found.winner, found.dropped) == ("now", "mild", ("worse",))
    # one model's time is the mean over the runs: (1 + 0 + 5) / 3 and (1 + 1 + 5) / 3
    assert found.seconds == {"now": 2.0, "mild": pytest.approx(7 / 3)}
    assert (found.n_models, found.n_trained) == (12, 7)
    assert (seen.first, seen.race) == ("now", {"runs": 6, "tolerance": 0.25})
    assert seen.won == ("now", 0.25)
    assert (seen.bench.seed, seen.bench.level, seen.bench.seconds) == (4, 0.9, 9.0)
    assert found.comparison["baseline"] == "now"
    assert found.comparison["title"] == "exploration"


def test_a_baseline_that_is_named_comes_first(monkeypatch):
    seen = raced(monkeypatch, "mild", baseline="mild")
    assert (seen.first, seen.found.baseline, seen.confirmed) == ("mild", "mild", [])
    assert _baseline("", {"a": 1, "b": 2}) == "a"
    with pytest.raises(InvalidInput, match="`baseline` needs one of a, b, got 'c'"):
        _baseline("c", {"a": 1, "b": 2})


def test_a_study_is_asked_for_as_many_trials_and_runs(monkeypatch):
    seen = {}

    def asked(bench, study, space, **given):
        seen.update(given, study=study, space=space)
        found = SimpleNamespace(seconds=[1.0])
        return {"one": {}, "two": {}}, {"two": found, "one": found}

    monkeypatch.setattr(room, "asked", asked)
    monkeypatch.setattr(room, "winner_of", lambda found, first, tolerance: first)
    monkeypatch.setattr(room, "comparison_of", lambda *_, **given: given)
    study = object()
    found = explore(train, study, np.arange(4), space=dict, trials=7, runs=4)
    assert seen == {"study": study, "space": dict, "trials": 7, "runs": 4}
    # the first that was measured is what is done today
    assert (found.baseline, found.winner, found.dropped) == ("two", "two", ())


def trials(scores, accuracies=()):
    return SimpleNamespace(scores=scores, accuracies=accuracies, score=("of", scores))


def bench_of(fresh, models=(5, 7), level=0.9):
    """A bench whose fresh runs are written here."""
    asked, failed = [], []

    def confirmed(name, params, **given):
        asked.append((name, params, given))
        if isinstance(fresh[name], Exception):
            raise fresh[name]
        return fresh[name]

    runs = {name: SimpleNamespace(n_models=n) for name, n in zip(("now", "mild"), models)}
    made = SimpleNamespace(runs=runs, confirmed=confirmed, level=level)
    made.fails = lambda name, error: failed.append(name)
    return made, asked, failed


PARAMS = {"now": {"a": 1}, "mild": {"a": 2}}


def test_what_is_gained_is_before_less_after_and_what_is_lost_after_less_before():
    fresh = {
        "now": trials((0.5, 0.6, 0.7), (0.9, 0.8, 0.7)),
        "mild": trials((0.1, 0.2, 0.3), (0.7, 0.7, 0.7)),
    }
    for models in ((5, 7), (7, 5)):
        bench, asked, _ = bench_of(fresh, models)
        found = _confirmed(bench, PARAMS, "now", "mild", 3)
        assert asked == [(n, PARAMS[n], {"runs": 3, "shadows": 5}) for n in ("now", "mild")]
    assert (found.score.value, found.accuracy.value) == (pytest.approx(0.4), pytest.approx(-0.1))
    assert {found.score.level, found.accuracy.level} == {0.9}
    names = (found.score.name, found.accuracy.name)
    assert names == ("advantage difference", "accuracy difference")
    assert (found.runs, found.baseline, found.winner, found.better) == (3, "now", "mild", True)
    assert found.baseline_score == ("of", (0.5, 0.6, 0.7))
    assert found.winner_score == ("of", (0.1, 0.2, 0.3))


def test_accuracy_is_compared_where_both_have_one():
    with_one, without = trials((0.5, 0.6, 0.7), (0.9,) * 3), trials((0.1, 0.2, 0.3))
    for pair in ((with_one, without), (without, with_one)):
        bench, _, _ = bench_of(dict(zip(("now", "mild"), pair)))
        assert _confirmed(bench, PARAMS, "now", "mild", 3).accuracy is None


@pytest.mark.parametrize("broken", ["now", "mild"])
def test_fresh_runs_that_fail_confirm_nothing(broken):
    fresh = {name: trials((0.5, 0.6, 0.7)) for name in PARAMS} | {broken: Failed("lost")}
    bench, _, failed = bench_of(fresh)
    assert _confirmed(bench, PARAMS, "now", "mild", 3) is None
    assert failed == [broken]


def test_variants_are_copied_and_need_names_and_parameters():
    given = {"a": {"x": 1}, "b": {}}
    found = _named(given)
    assert found == given
    assert found["a"] is not given["a"]
    for wrong in ({"a": {}}, {"a": {}, "": {}}, {"a": {}, 3: {}}, {"a": {}, "b": [1]}):
        with pytest.raises(InvalidInput, match="`variants` needs"):
            _named(wrong)


@pytest.mark.parametrize(
    "odd",
    [
        {"tolerance": np.nan},
        {"tolerance": "0"},
        {"seconds": -1.0},
        {"confirm": -3},
        {"confirm": 3.5},
        {"runs": 2.5},
        {"trials": 0},
    ],
)
def test_numbers_that_no_exploration_takes_are_refused(odd):
    fine = {
        "runs": 3,
        "confirm": True,
        "tolerance": 0.0,
        "trials": 2,
        "seconds": None,
        "options": {},
    }
    _require(**fine)
    with pytest.raises(InvalidInput):
        _require(**(fine | odd))
