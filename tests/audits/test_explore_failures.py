"""What goes wrong in one variant of an exploration is its own affair, and is said."""

import os
import time

import numpy as np
import pytest

from tacit.audits.explore import explore
from tacit.training import Processes

N = 300
BASE = np.random.default_rng(0).normal(size=N)


def train(indices, seed, strength=1.0):
    """A training whose leak is `strength`, more or less from run to run."""
    rng = np.random.default_rng(seed)
    seen = BASE + rng.normal(size=N)
    seen[indices] += strength + 0.15 * rng.normal()
    return lambda rows: seen


class Study:
    """Ask and tell, as Optuna has them."""

    def __init__(self, two=False):
        self.directions = ("minimize", "maximize") if two else ("minimize",)
        self.told = []

    def ask(self):
        return len(self.told)

    def tell(self, trial, value):
        self.told.append((trial, value))


def moody(indices, seed, mood="good"):
    """A training that can go wrong in several ways."""
    if mood == "raises":
        raise RuntimeError("the layer\nis too wide.")
    if mood == "leaves":
        raise SystemExit(3)
    if mood == "once" and seed % 3 == 0:
        raise ValueError("diverged")
    observe = train(indices, seed, 0.1 if mood == "mild" else 1.0)
    if mood == "nan":
        return lambda rows: observe(rows) * np.nan
    if mood == "short":
        return lambda rows: observe(rows)[:5]
    return observe


def test_a_variant_that_fails_is_named_and_takes_no_other_with_it():
    moods = ("raises", "leaves", "nan", "short", "good", "mild")
    found = explore(moody, {mood: {"mood": mood} for mood in moods}, np.arange(N), baseline="good")
    assert found.winner == "mild"
    assert found.confirmed.better
    assert list(found.failed) == ["raises", "leaves", "nan", "short"]
    assert found.failed["raises"] == "RuntimeError: the layer is too wide"
    assert "sys.exit(3)" in found.failed["leaves"]
    assert "NaN" in found.failed["nan"]
    assert [point.name for point in found.comparison.points] == ["good", "mild"]
    assert "raises failed and was left out: “RuntimeError: the layer is too wide”." in " ".join(
        str(found).split()
    )
    assert found.n_models == found.n_trained == 12


def test_what_went_wrong_is_shown_in_one_line_of_bounded_length():
    def train_fn(indices, seed, text=None):
        if text is not None:
            raise KeyError(text)
        return train(indices, seed)

    variants = {"now": {}, "long": {"text": "x" * 5000}, "empty": {"text": ""}}
    found = explore(train_fn, variants, np.arange(N))
    assert len(found.failed["long"]) < 210
    assert found.failed["long"].endswith(" ...")
    assert found.failed["empty"] == "KeyError: ''"


def test_too_few_records_to_score_are_the_variants_own_failure():
    own = np.random.default_rng(0).normal(size=24)

    def train_fn(indices, seed):
        return lambda rows: own

    variants = {"now": {}, "few": {"share": 0.08}}
    found = explore(train_fn, variants, np.arange(24), confirm=False)
    assert found.failed["few"].startswith("NotEnoughData: ")


def test_workers_that_die_with_one_variant_train_the_others():
    def deadly(indices, seed, dies=False):
        if dies:
            os._exit(9)
        return train(indices, seed)

    variants = {"now": {}, "dies": {"dies": True}, "mild": {}}
    with Processes(2, retries=0) as pool:
        found = explore(deadly, variants, np.arange(N), pool=pool, confirm=False)
    assert list(found.failed) == ["dies"]
    assert [point.name for point in found.comparison.points] == ["now", "mild"]


def test_a_baseline_that_fails_ends_it_at_once_with_its_own_error():
    kept = {}
    variants = {"mild": {"mood": "mild"}, "now": {"mood": "raises"}}
    with pytest.raises(RuntimeError, match="too wide") as caught:
        explore(moody, variants, np.arange(N), baseline="now", store=kept)
    assert any("baseline 'now' failed" in note for note in caught.value.__notes__)
    assert not any(name.endswith(".npy") for name in kept)


def test_where_all_others_fail_the_baseline_stays():
    found = explore(moody, {"now": {}, "wide": {"mood": "raises"}}, np.arange(N))
    assert (found.winner, found.confirmed) == ("now", None)
    assert found.comparison.recommended == "now"
    assert (
        found.comparison.to_json()
        == type(found.comparison).from_json(found.comparison.to_json()).to_json()
    )


def test_a_winner_that_fails_when_it_is_confirmed_is_not_claimed():
    fresh = []

    def fragile(indices, seed, strength=1.0):
        if strength < 1:
            fresh.append(seed)
            if len(fresh) > 3:
                raise FloatingPointError("diverged")
        return train(indices, seed, strength)

    found = explore(fragile, {"now": {}, "mild": {"strength": 0.1}}, np.arange(N))
    assert (found.winner, found.confirmed) == ("mild", None)
    assert found.failed == {"mild": "FloatingPointError: diverged"}
    assert found.comparison.recommended == "now"


def test_an_error_that_is_not_the_trainings_ends_the_exploration():
    class Full(dict):
        def __setitem__(self, name, value):
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        explore(train, {"now": {}, "mild": {"strength": 0.1}}, np.arange(N), store=Full())


def test_no_variant_is_begun_when_the_time_is_up():
    def slow(indices, seed, strength=1.0):
        time.sleep(0.01)
        return train(indices, seed, strength)

    variants = {"now": {}, "mild": {"strength": 0.1}, "none": {"strength": 0.0}}
    found = explore(slow, variants, np.arange(N), seconds=0.005)
    assert found.untried == ("mild", "none")
    assert [point.name for point in found.comparison.points] == ["now"]
    assert "Not tried, as the time was up: mild, none." in found.comparison.notes
    assert explore(train, variants, np.arange(N), seconds=600).untried == ()


def test_trials_of_a_study_may_fail_but_not_all_of_them():
    study = Study(two=True)
    space = {0: {"mood": "raises"}, 1: {}, 2: {"mood": "mild"}}
    found = explore(moody, study, np.arange(N), space=space.get, trials=3)
    assert study.told[0] == (0, [1.0, 0.0])
    assert (found.baseline, found.winner) == ("trial 1: ", "trial 2: mood=mild")
    assert list(found.failed) == ["trial 0: mood=raises"]
    with pytest.raises(RuntimeError, match="too wide"):
        explore(moody, Study(), np.arange(N), space=lambda trial: {"mood": "raises"}, trials=2)


@pytest.mark.framework
def test_a_failed_trial_of_optuna_is_a_failed_trial():
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    moods = ["raises", "good", "mild"]
    found = explore(
        moody,
        study,
        np.arange(N),
        space=lambda trial: {"mood": moods[trial.suggest_int("m", 0, 2) and trial.number % 3]},
        trials=5,
    )
    states = [trial.state.name for trial in study.trials]
    assert states.count("FAIL") == len(found.failed) > 0
    assert states.count("COMPLETE") == len(found.comparison.points)
