import numpy as np
import pytest

from tacit.core import AssumptionError, InvalidInput, NotEnoughData, Outputs, collect
from tacit.training import DirectoryStore, Here, plan, shadow
from tacit.training.shadow import carry_out, gather

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 3))
Y = (RNG.random(200) < 0.5).astype(int)


def make_train(calls=None, scale=1.0, classes=2):
    """A model that remembers its members: logits point to the label, further for members."""

    def train_fn(indices, seed):
        if calls is not None:
            calls.append((indices, seed))
        strength = np.full(len(X), 0.5)
        strength[indices] = 2.0 * scale
        noise = np.random.default_rng(seed).normal(size=len(X)) * 0.1

        def observe(x):
            assert x.shape == X.shape
            logits = np.zeros((len(x), classes))
            logits[np.arange(len(x)), Y] = strength + noise + x[:, 0] * 0
            return Outputs(logits=logits)

        return observe

    return train_fn


def counting(calls, scale=1.0):
    inner = make_train(scale=scale)

    class Counting(Here):
        def submit(self, fn, /, *args):
            calls.extend(task.model for task in args[1])
            return super().submit(fn, *args)

    return inner, Counting()


def test_numbers_of_every_model_for_every_record():
    run = shadow(make_train(), (X, Y), n=6)
    assert run.shadow.shape == (6, 200, 1)
    assert run.shadow.dtype == np.float32
    assert run.statistic == "scaled_logit"
    assert (run.member.sum(axis=0) == 3).all()
    inside, outside = run.shadow[..., 0][run.member], run.shadow[..., 0][~run.member]
    assert inside.mean() == pytest.approx(2.0, abs=0.05)
    assert outside.mean() == pytest.approx(0.5, abs=0.05)


def test_training_sees_the_planned_members_and_distinct_seeds():
    made = plan(make_train(), (X, Y), n=4)
    run = shadow(make_train(), (X, Y), n=4)
    np.testing.assert_array_equal(run.member, made.plan.design.member)
    assert len(set(made.plan.seeds.tolist())) == 4
    for model in range(4):
        observe = make_train()(np.flatnonzero(run.member[model]), int(made.plan.seeds[model]))
        logits = observe(X).logits
        expected = logits[np.arange(200), Y] - logits[np.arange(200), 1 - Y]
        np.testing.assert_allclose(run.shadow[model, :, 0], expected, rtol=1e-6)


def test_nothing_is_trained_twice(tmp_path):
    for store in ({}, tmp_path / "store"):
        calls = []
        train, pool = counting(calls)
        first = shadow(train, (X, Y), n=4, store=store, pool=pool)
        second = shadow(train, (X, Y), n=4, store=store, pool=pool)
        assert calls == [0, 1, 2, 3]
        np.testing.assert_array_equal(first.shadow, second.shadow)


def test_a_longer_run_trains_only_what_is_missing(tmp_path):
    calls = []
    train, pool = counting(calls)
    short = shadow(train, (X, Y), n=4, store=tmp_path, pool=pool)
    long = shadow(train, (X, Y), n=7, store=tmp_path, pool=pool)
    assert calls == list(range(7))
    np.testing.assert_array_equal(long.shadow[:4], short.shadow)
    stacks = list(DirectoryStore(tmp_path).path(long.plan.key).glob("stack-*.npy"))
    assert len(stacks) == 1, "the stack of the shorter run is removed"


def test_a_directory_is_read_memory_mapped(tmp_path):
    run = shadow(make_train(), (X, Y), n=4, store=tmp_path)
    base = run.shadow
    while base.base is not None and not isinstance(base, np.memmap):
        base = base.base
    assert isinstance(base, np.memmap)
    np.testing.assert_array_equal(run.shadow, shadow(make_train(), (X, Y), n=4).shadow)


@pytest.mark.parametrize("name", ["model-00002.npy", "model-00002.json"])
def test_a_damaged_entry_is_trained_again_and_nothing_else(tmp_path, name):
    calls = []
    train, pool = counting(calls)
    first = shadow(train, (X, Y), n=4, store=tmp_path, pool=pool)
    file = DirectoryStore(tmp_path).path(f"{first.plan.key}/{name}")
    file.write_bytes(file.read_bytes()[:-5])
    second = shadow(train, (X, Y), n=4, store=tmp_path, pool=pool)
    assert calls == [0, 1, 2, 3, 2]
    np.testing.assert_array_equal(first.shadow, second.shadow)


def test_a_damaged_stack_is_made_again(tmp_path):
    first = shadow(make_train(), (X, Y), n=4, store=tmp_path)
    expected = np.array(first.shadow)
    (stack,) = DirectoryStore(tmp_path).path(first.plan.key).glob("stack-*.npy")
    content = stack.read_bytes()
    stack.unlink()
    stack.write_bytes(content[:-4] + b"\0\0\0\0")
    np.testing.assert_array_equal(
        shadow(make_train(), (X, Y), n=4, store=tmp_path).shadow, expected
    )


def changes():
    yield "train_fn", {"train": make_train(scale=3.0)}
    yield "data", {"data": (X + 1e-9, Y)}
    yield "seed", {"seed": 1}
    yield "statistic", {"statistic": "loss"}
    yield "queries", {"queries": [np.negative]}
    yield "version", {"version": "2"}
    yield "design", {"kind": "coin"}


@pytest.mark.parametrize(
    ("what", "change"), list(changes()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_change_is_noticed_and_never_mixed_in(what, change):
    store = {}
    shadow(make_train(), (X, Y), n=2, store=store)
    train, data = change.pop("train", make_train()), change.pop("data", (X, Y))
    with pytest.raises(AssumptionError, match=what):
        shadow(train, data, n=2, store=store, on_change="refuse", **change)
    calls = []
    _, pool = counting(calls)
    shadow(train, data, n=2, store=store, pool=pool, **change)
    assert calls == [0, 1], "a changed run begins anew"
    shadow(make_train(), (X, Y), n=2, store=store, pool=pool, on_change="refuse")
    assert calls == [0, 1], "the old run is still there"


def test_a_changed_library_version_is_noticed(monkeypatch):
    store = {}
    shadow(make_train(), (X, Y), n=2, store=store)
    monkeypatch.setattr(
        "tacit.training.digest._version", lambda package: "99" if package == "numpy" else None
    )
    with pytest.raises(AssumptionError, match=r"version of numpy \(was .*, is 99\)"):
        shadow(make_train(), (X, Y), n=2, store=store, on_change="refuse")


@pytest.mark.parametrize(("one", "other"), [(0.5, 0.52), (0.6, 0.62)])
def test_designs_that_begin_alike_are_not_taken_for_one(one, other):
    """Twenty coins of a first model seldom fall between the two shares; some of 12 models do."""
    for seed in range(60):
        runs = [
            plan(make_train(), X[:20], n=12, kind="coin", seed=seed, share=share)
            for share in (one, other)
        ]
        first, second = (run.plan.design.member for run in runs)
        if (first[0] == second[0]).all() and (first != second).any():
            assert runs[0].plan.key != runs[1].plan.key
            return
    raise AssertionError


def test_by_default_sixteen_models_are_trained_in_pairs_and_two_statistics_are_two_runs():
    made = plan(make_train(), (X, Y))
    assert made.plan.n_models == 16
    assert made.plan.design.partner.tolist()[:4] == [1, 0, 3, 2]
    assert shadow(make_train(), (X, Y)).n_models == 16
    assert "share" not in made.plan.parts, "the key of a run of halves stays what it was"
    keys = [
        plan(make_train(), (X, Y), statistic=name).plan.key for name in ("loss", "entropy", None)
    ]
    assert len(set(keys)) == 3


def test_another_name_is_another_experiment():
    store = {}
    shadow(make_train(), (X, Y), n=2, store=store)
    shadow(make_train(scale=2.0), (X, Y), n=2, store=store, name="other", on_change="refuse")


def test_signals_may_be_given_as_they_are_and_queries_make_columns():
    def train_fn(indices, seed):
        inside = np.isin(np.arange(len(X)), indices)
        return lambda x: np.stack([inside + x[:, 0], inside - x[:, 0]], axis=1)

    run = shadow(train_fn, X, n=2, queries=[lambda x: x, lambda x: -x, lambda x: 0 * x])
    assert run.shadow.shape == (2, 200, 6)
    np.testing.assert_allclose(run.shadow[0, :, 0], run.shadow[0, :, 3])
    np.testing.assert_array_equal(run.shadow[1, :, 4], run.member[1])
    assert np.isnan(run.accuracy).all()


def test_a_shadow_model_plays_the_target_without_its_partner():
    run = shadow(make_train(), (X, Y), n=6)
    signals = run.signals(target=3)
    assert signals.n_shadows == 4
    np.testing.assert_array_equal(signals.target, run.shadow[3])
    np.testing.assert_array_equal(signals.shadow, run.shadow[[0, 1, 4, 5]])
    evidence = collect(
        lambda s: s.target[:, 0] - s.shadow.mean(axis=(0, 2)), signals, run.membership(3)
    )
    assert evidence.member_scores.min() > evidence.nonmember_scores.max()


def test_an_audited_model_is_measured_with_the_same_statistic():
    run = shadow(make_train(), (X, Y), n=2, statistic="loss")
    audited = make_train()(np.arange(100), 5)(X)
    signals = run.signals(target=Outputs(logits=audited.logits, label=Y), group=Y)
    assert signals.statistic == "loss"
    assert (signals.target < 0).all()
    assert signals.target[:100].mean() > signals.target[100:].mean()


def test_accuracies_are_per_model_inside_and_outside():
    def train_fn(indices, seed):
        logits = np.tile([1.0, 0.0], (len(X), 1))
        logits[indices, Y[indices]] = 5.0
        return lambda x: Outputs(logits=logits)

    run = shadow(train_fn, (X, Y), n=2)
    assert run.accuracy[:, 0].tolist() == [1.0, 1.0]
    assert run.accuracy[0, 1] == pytest.approx((Y[~run.member[0]] == 0).mean())


def test_models_are_kept_where_asked_for():
    store = {}
    run = shadow(
        make_train(), (X, Y), n=2, store=store, keep=lambda observe: observe(X).logits[:1].tobytes()
    )
    assert len(store[f"{run.plan.entry(1)}.model"]) == 16


def test_a_loader_is_called_instead_of_passing_data():
    direct = shadow(make_train(), (X, Y), n=2)
    loaded = shadow(make_train(), lambda: (X, Y), n=2)
    assert direct.plan.key == loaded.plan.key


def test_a_loader_that_finds_other_records_stops_the_run():
    state = [0.0]
    run = plan(make_train(), lambda: (X + state[0], Y), n=2)
    state[0] = 1.0
    with pytest.raises(InvalidInput, match="other records"):
        carry_out(run, {})


def test_an_error_in_one_job_keeps_what_was_finished():
    store = {}
    with pytest.raises(ZeroDivisionError) as caught:
        shadow(make_failing(3), X, n=8, store=store)
    assert "shadow model(s) [3]" in caught.value.__notes__[0]
    assert sum(key.endswith(".npy") for key in store) == 3


def make_failing(at):
    seeds = plan(lambda indices, seed: None, X, n=8).plan.seeds

    def train_fn(indices, seed):
        if seed == seeds[at]:
            raise ZeroDivisionError("training fell over")
        return lambda x: np.zeros(len(x))

    return train_fn


def test_a_share_of_the_models_on_each_machine():
    store = {}
    run = plan(make_train(), (X, Y), n=6)
    carry_out(run, store, models=range(3, 6))
    assert gather(run.plan, store).models.tolist() == [3, 4, 5]
    part = gather(run.plan, store)
    np.testing.assert_array_equal(part.member, run.plan.design.member[3:])
    assert part.signals(target=1).n_shadows == 1, "its partner is model 5, and is left out"
    carry_out(run, store)
    np.testing.assert_array_equal(
        gather(run.plan, store).shadow, shadow(make_train(), (X, Y), n=6).shadow
    )


def test_nothing_stored_is_not_enough():
    with pytest.raises(NotEnoughData, match="no model"):
        gather(plan(make_train(), (X, Y), n=2).plan, {})


@pytest.mark.parametrize(
    ("train", "words"),
    [
        (lambda indices, seed: None, "observe"),
        (lambda indices, seed: lambda x: np.zeros(3), "one row a record"),
        (lambda indices, seed: lambda x: np.full(len(x), np.nan), "finite"),
        ("model", "train_fn"),
    ],
)
def test_what_cannot_be_used_is_refused(train, words):
    with pytest.raises(InvalidInput, match=words):
        shadow(train, (X, Y), n=2)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"n": 0}, "model"),
        ({"n": True}, "whole number of 1"),
        ({"n": 2.0}, "whole number of 1"),
        ({"seed": -1}, "`seed` needs a whole number of 0"),
        ({"store": 3}, "store"),
        ({"pool": "two"}, "pool"),
    ],
)
def test_arguments_are_checked(options, words):
    with pytest.raises(InvalidInput, match=words):
        shadow(make_train(), (X, Y), **options)
    with pytest.raises(InvalidInput, match="rows"):
        shadow(make_train(), 7, n=2)
    for text in ("abcdef", b"abcdef", {"a": 1, "b": 2}):
        with pytest.raises(InvalidInput, match="not a number of records"):
            shadow(make_train(), text, n=2)


def test_a_kept_model_that_was_altered_or_never_kept_is_trained_again(tmp_path):
    store = DirectoryStore(tmp_path)

    def keep(observe):
        return observe(X).logits[:1].tobytes()

    shadow(make_train(), (X, Y), n=2, store=store)
    run = shadow(make_train(), (X, Y), n=2, store=store, keep=keep)
    entries = [f"{run.plan.entry(model)}.model" for model in range(2)]
    whole = [store[entry] for entry in entries]
    store[entries[0]] = whole[0][:-1] + bytes([whole[0][-1] ^ 1])
    assert sorted(run.plan.stored(store)) == [1]
    del store[entries[1]]
    assert not run.plan.stored(store)
    shadow(make_train(), (X, Y), n=2, store=store, keep=keep)
    assert [store[entry] for entry in entries] == whole
