"""The explorer: what it claims holds on fresh trainings, and nothing is trained twice."""

import multiprocessing
import os
import time
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pytest
from scipy.stats import binom

import tacit
from tacit.audits.explore import explore
from tacit.audits.knobs import mlp_knobs
from tacit.audits.steps.race import accurate, leading
from tacit.audits.steps.runs import difference_of_runs
from tacit.audits.steps.trials import Trials, fresh_scores
from tacit.core import InvalidInput
from tacit.training import shadow

N = 300
BASE = np.random.default_rng(0).normal(size=N)


def train(indices, seed, strength=1.0, spread=0.15):
    """A training whose leak is `strength`, more or less from run to run."""
    rng = np.random.default_rng(seed)
    seen = BASE + rng.normal(size=N)
    seen[indices] += strength + spread * rng.normal()
    return lambda rows: seen


def classifier(indices, seed, strength=1.0, right=1.0):
    """The same with answers, and so with an accuracy."""
    rng = np.random.default_rng(seed)
    logit = right + BASE + rng.normal(size=N)
    logit[indices] += strength
    logits = np.column_stack([np.zeros(N), logit])
    return lambda rows: tacit.Outputs(logits=logits, label=np.ones(N, int))


def test_the_winner_is_confirmed_on_fresh_trainings_and_only_that_is_claimed():
    found = explore(train, {"now": {}, "mild": {"strength": 0.1}}, np.arange(N), seed=2, runs=4)
    assert (found.baseline, found.winner) == ("now", "mild")
    assert found.confirmed.better
    assert found.confirmed.runs == 4
    assert found.comparison.recommended == "mild"
    assert "confirmed on 4 fresh trainings of each" in found.comparison.recommendation
    assert found.n_models == found.n_trained >= 15
    assert "mild (4 runs)" in str(found)


def test_what_is_not_confirmed_is_not_claimed():
    found = explore(train, {f"v{k}": {} for k in range(6)}, np.arange(N), seed=5)
    assert found.confirmed is None or not found.confirmed.better
    assert found.comparison.recommended == "v0"
    unconfirmed = explore(
        train, {"now": {}, "mild": {"strength": 0.1}}, np.arange(N), confirm=False
    )
    assert unconfirmed.confirmed is None
    assert "not confirmed" in unconfirmed.comparison.recommendation
    assert unconfirmed.comparison.recommended == "now"


def test_a_variant_that_costs_too_much_accuracy_does_not_win():
    variants = {"now": {}, "poor": {"strength": 0.0, "right": -1.0}, "mild": {"strength": 0.2}}
    found = explore(classifier, variants, (np.arange(N), np.ones(N, int)), seed=3, tolerance=0.05)
    assert found.winner == "mild"
    assert found.confirmed.accuracy is not None
    assert found.comparison.point("now").accuracy_low is not None


def test_nothing_is_trained_twice_and_a_longer_exploration_goes_on():
    kept, variants = {}, {"now": {}, "mild": {"strength": 0.1}}
    first = explore(train, variants, np.arange(N), store=kept)
    again = explore(train, variants, np.arange(N), store=kept)
    assert first.n_trained == 12
    assert again.n_trained == 0
    assert again.comparison.to_json() == first.comparison.to_json()
    longer = explore(train, variants, np.arange(N), store=kept, runs=4, confirm=3)
    assert longer.n_trained == 2


def test_an_exploration_that_is_killed_keeps_what_was_trained():
    kept, steps = {}, []

    class Killed(Exception):
        pass

    def stop(name, done, of):
        steps.append(done)
        if len(steps) == 6:
            raise Killed

    variants = {"now": {}, "mild": {"strength": 0.1}}
    with pytest.raises(Killed):
        explore(train, variants, np.arange(N), store=kept, progress=stop)
    stored = sum(name.endswith(".npy") for name in kept)
    again = explore(train, variants, np.arange(N), store=kept)
    assert stored >= 4
    assert again.n_trained == again.n_models - stored


def test_a_variant_that_is_surely_worse_leaves_the_race():
    variants = {"now": {"strength": 0.3}, "worse": {"strength": 6.0}}
    found = explore(train, variants, np.arange(N), runs=5)
    assert found.dropped == ("worse",)
    assert found.comparison.point("worse").runs < 5


@dataclass
class Study:
    """Ask and tell, as Optuna has them."""

    directions: tuple = ("minimize",)
    told: list = field(default_factory=list)

    def ask(self):
        return len(self.told)

    def tell(self, trial, value):
        self.told.append((trial, value))


@pytest.mark.parametrize("directions", [("minimize",), ("minimize", "maximize")])
def test_a_study_is_asked_and_told(directions):
    study = Study(directions)
    found = explore(
        classifier,
        study,
        (np.arange(N), np.ones(N, int)),
        space=lambda trial: {"strength": 1.0 - 0.4 * trial},
        trials=3,
        tolerance=0.1,
    )
    assert [trial for trial, _ in study.told] == [0, 1, 2]
    assert isinstance(study.told[0][1], list) == (len(directions) == 2)
    assert found.baseline == "trial 0: strength=1"
    assert found.winner == "trial 2: strength=0.2"


@pytest.mark.framework
@pytest.mark.parametrize("directions", [["minimize"], ["minimize", "maximize"]])
def test_a_study_of_optuna_is_asked_and_told(directions):
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = optuna.samplers.TPESampler(seed=0, n_startup_trials=2)
    study = optuna.create_study(directions=directions, sampler=sampler)
    found = explore(
        classifier,
        study,
        (np.arange(N), np.ones(N, int)),
        space=lambda trial: {"strength": trial.suggest_float("strength", 0.0, 2.0)},
        trials=6,
        tolerance=0.1,
    )
    done = study.get_trials(states=[optuna.trial.TrialState.COMPLETE])
    assert len(done) == len(found.params) == 6
    told = [trial.values[0] for trial in done]
    assert told == [found.comparison.point(name).score.value for name in found.params]
    assert len(done[0].values) == len(directions)
    strengths = {name: given["strength"] for name, given in found.params.items()}
    assert strengths[found.winner] < np.median(list(strengths.values()))


def counted(indices, seed, strength, log):
    """A training that takes a moment, and writes down that it began."""
    with log.open("a") as file:
        file.write(f"{strength} {seed}\n")
    time.sleep(0.01)
    return train(indices, seed, strength)


def counted_exploration(folder):
    variants = {f"v{k}": {"strength": 1.0 - 0.3 * k} for k in range(3)}
    part = partial(counted, log=folder / "log")
    return explore(part, variants, np.arange(N), runs=4, store=folder / "store")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are killed where they can be forked")
def test_an_exploration_that_is_shot_trains_nothing_twice_but_what_was_in_flight(tmp_path):
    rng, kills = np.random.default_rng(0), 0
    fork = multiprocessing.get_context("fork")
    while True:
        worker = fork.Process(target=counted_exploration, args=(tmp_path,))
        worker.start()
        worker.join(0.02 + 0.1 * rng.random() if kills < 8 else None)
        if worker.exitcode == 0:
            break
        worker.kill()
        worker.join()
        kills += 1
    begun = len((tmp_path / "log").read_text().splitlines())
    again = counted_exploration(tmp_path)
    assert again.n_trained == 0
    assert begun <= again.n_models + kills


def test_identical_variants_are_no_better_than_each_other():
    worlds = 20
    claimed = 0
    for world in range(worlds):
        found = explore(train, {f"v{k}": {} for k in range(16)}, np.arange(N), seed=100 + world)
        claimed += found.confirmed is not None and found.confirmed.better
    assert claimed <= binom.ppf(0.999, worlds, 0.05)


def drawn(seed, strength):
    part = partial(train, strength=strength)
    return shadow(part, np.arange(N), n=3, kind="coin", seed=seed)


def test_the_confirmed_difference_covers_the_truth():
    # scores by `run_scores`, in which runs are each other's shadow models, cover in 263 of 300
    worlds = 200
    before = np.array([fresh_scores(drawn(k, 1.2), drawn(50_000 + k, 1.2)) for k in range(worlds)])
    after = np.array(
        [fresh_scores(drawn(20_000 + k, 0.2), drawn(70_000 + k, 0.2)) for k in range(worlds)]
    )
    truth = before.mean() - after.mean()
    found = [
        difference_of_runs(one, other, level=0.95, name="advantage")
        for one, other in zip(before, after)
    ]
    held = sum(item.low <= truth <= item.high for item in found)
    assert held >= binom.ppf(0.001, worlds, 0.95)


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
    study = Study(("minimize", "maximize"))
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


def test_a_variant_without_an_accuracy_cannot_win_where_others_have_one():
    def mixed(indices, seed, strength=1.0, quiet=False):
        observe = classifier(indices, seed, strength)
        return (lambda rows: observe(rows).logits[:, 1]) if quiet else observe

    variants = {"now": {}, "mild": {"strength": 0.3}, "quiet": {"strength": 0.0, "quiet": True}}
    data = (np.arange(N), np.ones(N, int))
    found = explore(mixed, variants, data, tolerance=0.2, confirm=False)
    assert found.winner == "mild"
    assert "Without an accuracy, so they could not win: quiet." in found.comparison.notes
    assert "No accuracy is known" in str(explore(train, {"now": {}, "b": {}}, np.arange(N)))


def trials_of(name, scores, accuracies=()):
    return Trials(name, scores, accuracies, (1.0,) * len(scores), 0.95)


def test_the_leader_is_not_who_was_lucky_in_its_spread():
    narrow = trials_of("narrow", (0.110, 0.111, 0.112))
    lower = trials_of("lower", (0.06, 0.08, 0.10))
    assert narrow.score.high < lower.score.high
    assert leading({"narrow": narrow, "lower": lower}, 0.01).name == "lower"
    # with more runs the error is smaller, and counts
    longer = trials_of("longer", (0.06, 0.08, 0.10, 0.12, 0.06, 0.08, 0.085))
    assert leading({"lower": lower, "longer": longer}, 0.01).name == "longer"


def test_accuracy_is_allowed_one_standard_error():
    best = trials_of("best", (0.3, 0.3, 0.3), (0.80, 0.82, 0.84))
    near = trials_of("near", (0.1, 0.1, 0.1), (0.775, 0.795, 0.815))
    poor = trials_of("poor", (0.0, 0.0, 0.0), (0.76, 0.78, 0.80))
    names = {item.name: item for item in (best, near, poor)}
    # .02 apart, with an error of .02 * sqrt(2 / 3) = .016
    assert [item.name for item in accurate(names, 0.01)] == ["best", "near"]
    assert [item.name for item in accurate(names, 0.0)] == ["best"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"runs": 2}, "3 trainings a variant or more"),
        ({"runs": 3.5}, "`runs`"),
        ({"confirm": 2}, "`confirm` needs 3 or more"),
        ({"seconds": 0}, "`seconds`"),
        ({"seed": -1}, "`seed`"),
        ({"trials": 1}, "`trials`"),
        ({"variants": {}}, "two or more.*got 0"),
        ({"variants": ((name, {}) for name in "ab")}, "mapping of names.*got generator"),
        ({"variants": {"a": {}, "b": {"stregnth": 1.0}}}, "'b' cannot be trained.*'stregnth'"),
        ({"variants": {"a": {}, "b": {"share": 1.5}}}, "'b' cannot be trained.*`share`"),
        ({"variants": {"a": {}, 2: {}}}, "names and parameters"),
        ({"shadows": 8}, "no shadows; of shadow runs"),
        ({"variants": Study(), "space": lambda trial: 3}, "dict of parameters, got int"),
        ({"variants": {"a": {}}}, "two or more"),
        ({"variants": {"a": 1, "b": 2}}, "names and parameters"),
        ({"variants": 5}, "`ask` and `tell`"),
        ({"variants": Study()}, "`space`"),
        ({"baseline": "c"}, "`baseline`"),
        ({"tolerance": 1.0}, "`tolerance`"),
    ],
)
def test_what_cannot_be_explored_is_said(changes, says):
    given = {"variants": {"a": {}, "b": {"strength": 0.5}}} | changes
    with pytest.raises(InvalidInput, match=says):
        explore(train, given.pop("variants"), np.arange(N), **given)


def test_the_knobs_of_a_scikit_learn_mlp_are_ready_made():
    from sklearn.neural_network import MLPClassifier

    knobs = mlp_knobs(MLPClassifier((32, 16), max_iter=40))
    assert knobs["half the width"] == {"hidden_layer_sizes": (16, 8)}
    assert knobs["10 epochs"] == {"max_iter": 10}
    with pytest.raises(InvalidInput, match="MLPClassifier"):
        mlp_knobs(object())


def test_an_estimator_is_explored_by_its_parameters(tmp_path):
    from sklearn.datasets import load_digits
    from sklearn.ensemble import RandomForestClassifier

    x, y = load_digits(return_X_y=True)
    found = explore(
        RandomForestClassifier(15),
        {"now": {}, "pruned": {"min_samples_leaf": 5}, "less": {"share": 0.25}},
        (x[:500], y[:500]),
        tolerance=0.2,
    )
    assert found.winner == "pruned"
    assert found.save(tmp_path / "explored.html").stat().st_size > 1000


def test_the_command_line_explores_a_file(tmp_path, capsys):
    from tacit.cli import main
    from tacit.core import Comparison

    (tmp_path / "recipe.py").write_text(
        "import numpy as np\n"
        "data = np.arange(200)\n"
        "base = np.random.default_rng(0).normal(size=200)\n"
        "def train_fn(indices, seed, strength=2.0):\n"
        "    seen = base + np.random.default_rng(seed).normal(size=200)\n"
        "    seen[indices] += strength\n"
        "    return lambda rows: seen\n"
        "variants = {'now': {}, 'mild': {'strength': 0.1}}\n"
    )
    out = tmp_path / "explored.json"
    assert main(["explore", str(tmp_path / "recipe.py"), "--json", str(out), "--quiet"]) == 0
    assert Comparison.load(out).recommended == "mild"
    assert "confirmed on 3 fresh trainings" in " ".join(capsys.readouterr().out.split())
    late = ["explore", str(tmp_path / "recipe.py"), "--seconds", "1e-9", "--quiet"]
    assert main(late) == 0
    assert "Not tried, as the time was up: mild." in " ".join(capsys.readouterr().out.split())
    assert main(["explore", str(tmp_path / "none.py")]) == 3
