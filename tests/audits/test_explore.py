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
from tacit.audits.steps.runs import difference_of_runs
from tacit.audits.steps.trials import fresh_scores
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
        ({"variants": {"a": {}, " ": {}}}, "names and parameters"),
        ({"progress": 3}, "`progress`"),
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
