"""Where variants are trained: seeds, counts, limits and failures of each, by hand."""

import zlib
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest

from tacit.audits.steps import bench as steps
from tacit.audits.steps.bench import Bench, Failed, require_variants, trainable
from tacit.core import InvalidInput, NotEnoughData


def plain(indices, seed, depth=1):
    return depth


def bench(train=plain, *, tell=lambda *_: None, **more):
    return Bench(train, "data", None, "pool", 5, 0.9, {"extra": 7}, tell, **more)


@pytest.fixture
def runs(monkeypatch):
    """What `shadow` was asked for; it tells of the progress in `done` and raises `error`."""
    seen = SimpleNamespace(asked=[], done=[], error=None)

    def shadow(train, data, *, progress, **options):
        seen.asked.append((train, data, options))
        for number in seen.done:
            progress(SimpleNamespace(done=number, total=9))
        if seen.error is not None:
            raise seen.error
        return SimpleNamespace(n_models=options["n"], number=len(seen.asked))

    monkeypatch.setattr(steps, "shadow", shadow)
    return seen


def seed_of(name, stage, seed=5):
    key = (stage, zlib.crc32(name.encode()))
    return int(np.random.SeedSequence(seed, spawn_key=key).generate_state(1)[0])


def test_each_variant_and_each_stage_has_the_seed_of_its_name(runs):
    """The race is stage 1 and the confirmation 2: stored models are found again by it."""
    place = bench()
    place._run("a", {}, 3, steps.RACE)
    place._run("b", {"share": 0.25, "depth": 4}, 4, steps.CONFIRMATION)
    (train, data, first), (other, _, second) = runs.asked
    assert (first["seed"], second["seed"]) == (seed_of("a", 1), seed_of("b", 2))
    assert (first["n"], second["n"]) == (3, 4)
    assert (first["kind"], second["kind"]) == ("coin", "coin")
    # half of the records, where a variant does not say
    assert (first["share"], second["share"]) == (0.5, 0.25)
    assert (data, first["pool"], first["name"], first["extra"]) == ("data", "pool", "explore", 7)
    assert first["store"] is place.store
    assert train is plain
    assert (other(0, 0), other.keywords) == (4, {"depth": 4})


@pytest.mark.parametrize(("done", "trained"), [([], 0), ([0, 1, 2], 2), ([2, 3, 6], 4)])
def test_models_that_were_stored_already_are_not_trained(runs, done, trained):
    """The first word of progress tells how many were there."""
    told = []
    place = bench(tell=lambda *said: told.append(said))
    runs.done = done
    for times in (1, 2):
        place._run("a", {}, 3, steps.RACE)
        assert place.trained == times * trained
    assert told == [("a", number, 9) for number in done] * 2


def test_what_a_training_raises_is_its_own_failure_and_what_was_trained_counts(runs):
    place, cause = bench(), ValueError("diverged")
    runs.done, runs.error = [1, 3], cause
    with pytest.raises(Failed) as raised:
        place._run("a", {}, 3, steps.RACE)
    assert raised.value.__cause__ is cause
    assert place.trained == 2


def test_errors_of_the_store_and_of_who_is_told_are_no_failure_of_a_variant(runs):
    runs.error = OSError("disk full")
    with pytest.raises(OSError, match="disk full"):
        bench()._run("a", {}, 3, steps.RACE)

    def stop(*_):
        raise KeyError("enough")

    runs.done = [1]
    with pytest.raises(KeyError, match="enough"):
        bench(tell=stop)._run("a", {}, 3, steps.RACE)


@pytest.mark.parametrize(("now", "late"), [(14.9, False), (15.0, False), (15.1, True)])
def test_it_is_late_when_more_than_the_seconds_have_passed(monkeypatch, now, late):
    monkeypatch.setattr(steps.time, "monotonic", lambda: now)
    assert bench(seconds=5.0, began=10.0).late is late
    assert not bench(began=-1e9).late


@pytest.fixture
def scored(monkeypatch):
    """What was scored, in place of scores."""
    asked = []

    def of(name, run, *, level, taught=None):
        asked.append((name, run, level, taught))
        return f"trials of {name}"

    monkeypatch.setattr(steps.Trials, "of", of)
    return asked


def test_runs_of_the_race_are_kept_counted_and_scored_with_each_others_help(runs, scored):
    place = bench()
    assert place.raced("a", {}, runs=3) == "trials of a"
    assert place.raced("a", {}, runs=4) == "trials of a"
    assert place.models == {("a", steps.RACE): 4}
    name, run, level, taught = scored[-1]
    assert (name, level, taught) == ("a", 0.9, None)
    assert run is place.runs["a"]
    assert run.number == 2


@dataclass
class Taught:
    shadow: np.ndarray
    member: np.ndarray
    kept: list = field(default_factory=list)

    @property
    def n_models(self):
        return len(self.shadow)


@pytest.mark.parametrize(("shadows", "used"), [(2, 2), (3, 3), (4, 4), (9, 4)])
def test_fresh_runs_are_attacked_with_the_first_runs_of_the_race(runs, scored, shadows, used):
    place = bench()
    place.runs["a"] = Taught(np.arange(8.0).reshape(4, 2), np.arange(8).reshape(4, 2) < 3)
    assert place.confirmed("a", {}, runs=6, shadows=shadows) == "trials of a"
    (_, fresh, level, taught) = scored[0]
    assert level == 0.9
    assert fresh.n_models == 6
    assert runs.asked[0][2]["seed"] == seed_of("a", steps.CONFIRMATION)
    assert taught.shadow.tolist() == np.arange(8.0).reshape(4, 2)[:used].tolist()
    assert taught.member.tolist() == (np.arange(8).reshape(4, 2) < 3)[:used].tolist()
    # the race's own runs stay as they are, and are counted apart
    assert place.runs["a"].n_models == 4
    assert place.models == {("a", steps.CONFIRMATION): 6}


@pytest.mark.parametrize("cause", [NotEnoughData("few", needed=2, got=1), FloatingPointError("x")])
def test_answers_that_cannot_be_scored_are_the_variants_failure(runs, monkeypatch, cause):
    def of(*_, **__):
        raise cause

    monkeypatch.setattr(steps.Trials, "of", of)
    with pytest.raises(Failed) as raised:
        bench().raced("a", {}, runs=3)
    assert raised.value.__cause__ is cause


def test_an_error_of_our_own_is_nobodys_failure(runs, monkeypatch):
    def of(*_, **__):
        raise ValueError("a bug")

    monkeypatch.setattr(steps.Trials, "of", of)
    with pytest.raises(ValueError, match="a bug"):
        bench().raced("a", {}, runs=3)


@pytest.mark.parametrize(("length", "cut"), [(200, False), (201, True)])
def test_two_hundred_letters_of_an_error_are_shown(length, cut):
    place, error = bench(), Failed("a")
    error.__cause__ = ValueError("x" * (length - len("ValueError: ")))
    place.fails("a", error)
    whole = "ValueError: " + "x" * 188
    assert place.failed == {"a": whole + " ..." if cut else whole}


def test_an_error_of_several_lines_is_shown_in_one_and_without_its_last_stop():
    place, error = bench(), Failed("a")
    error.__cause__ = KeyError("no\n  layer: . ")
    error.__cause__ = RuntimeError("no\n  layer: . ")
    place.fails("a", error)
    assert place.failed["a"] == "RuntimeError: no layer"


@dataclass
class Recipe:
    depth: int = 1
    made: int = field(default=0, init=False)

    def fit(self): ...


def test_a_function_a_recipe_and_an_estimator_take_what_a_variant_sets():
    from sklearn.linear_model import Ridge

    assert trainable(plain, {}) is plain
    assert trainable(plain, {"depth": 3})(0, 0) == 3
    recipe = Recipe()
    deeper = trainable(recipe, {"depth": 3})
    assert (deeper.depth, recipe.depth) == (3, 1)
    ridge = Ridge(alpha=2.0)
    other = trainable(ridge, {"alpha": 5.0})
    assert (other.alpha, ridge.alpha) == (5.0, 2.0)
    same = trainable(ridge, {})
    assert same is not ridge
    assert same.alpha == 2.0


@pytest.mark.parametrize(
    ("train", "params", "said"),
    [
        (plain, {"width": 3}, r"`train_fn\(indices, seed, depth=1\)` is called as"),
        (lambda indices: None, {}, "is called as"),
        (Recipe(), {"width": 3, "depth": 2, "area": 1}, "A Recipe has no area, width.*set depth"),
        (Recipe(), {"made": 3}, "A Recipe has no made"),
        (3, {}, "`train_fn` needs a function .* got int"),
    ],
)
def test_what_a_training_does_not_take_is_refused(train, params, said):
    with pytest.raises(InvalidInput, match=said):
        trainable(train, params)


def test_an_estimator_refuses_what_it_does_not_have():
    from sklearn.linear_model import Ridge

    with pytest.raises(InvalidInput, match="width"):
        trainable(Ridge(), {"width": 3})


def test_a_callable_without_a_signature_is_taken_at_its_word():
    assert trainable(min, {}) is min


def test_variants_are_refused_before_any_is_trained():
    require_variants(plain, {"now": {}, "half": {"share": 0.25, "depth": 2}})
    for params, said in (
        ({"width": 1}, "width"),
        ({"share": 1.5}, "share"),
        ({"share": 0}, "share"),
    ):
        with pytest.raises(InvalidInput, match=f"The variant 'odd' cannot be trained: .*{said}"):
            require_variants(plain, {"now": {}, "odd": params})
