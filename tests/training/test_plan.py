"""A plan by hand: every model's seed, its place in the store, and what a change is called."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from tacit.core import AssumptionError
from tacit.design import assign
from tacit.training.plan import (
    DAMAGED,
    Plan,
    make_plan,
    model_seeds,
    other_runs,
    require_same,
)
from tacit.training.stores import put_array


def made(data=(1, 2), **options):
    design = options.pop("design", assign(8, 4, seed=0))
    given = {"seed": 0, "measured": {"statistic": "loss"}, "version": "", "name": "run"}
    return make_plan("train", np.array(data), design, **(given | options))


def test_every_model_has_a_seed_of_its_own_and_a_longer_run_begins_alike():
    seeds = model_seeds(3, 200)
    assert len(set(seeds)) == 200
    assert seeds[:5] == model_seeds(3, 5)
    assert not set(seeds) & set(model_seeds(4, 200))
    assert all(0 <= seed < 2**31 for seed in seeds)
    # 200 seeds of 31 bits: half of them are above one half
    assert 70 < sum(seed >= 2**30 for seed in seeds) < 130
    first = np.random.SeedSequence(3, spawn_key=(1, 0)).generate_state(1)[0]
    assert seeds[0] == int(first) // 2


def test_seeds_of_models_are_not_those_of_the_draw_of_members():
    """The design spawns from the same seed: who is in must say nothing of the training."""
    drawn = {
        int(np.random.SeedSequence(3, spawn_key=(m,)).generate_state(1)[0] >> 1) for m in range(9)
    }
    assert not drawn & set(model_seeds(3, 9))


def test_a_plan_says_who_is_where():
    plan = made()
    assert (plan.n_models, plan.seeds.tolist()) == (4, model_seeds(0, 4))
    assert plan.entry(3) == f"{plan.key}/model-00003"
    assert plan.key == f"run/{plan.key.split('/')[1]}"
    assert len(plan.key.split("/")[1]) == 16
    assert plan.parts["seed"] == "0"
    assert not plan.seeds.flags.writeable


@pytest.mark.parametrize(
    "change",
    [
        {"data": (1, 3)},
        {"seed": 1},
        {"measured": {"statistic": "entropy"}},
        {"version": "2"},
        {"design": assign(8, 4, seed=4)},
        {"design": assign(8, 4, seed=0, kind="coin")},
        {"design": assign(8, 4, seed=0, cluster=[0, 0, 1, 1, 2, 2, 3, 3])},
        {"design": assign(8, 4, seed=0, fixed=[1, -1, -1, -1, -1, -1, -1, 0])},
    ],
)
def test_whatever_moves_a_number_moves_the_key(change):
    assert made(**change).key != made().key


def test_the_number_of_models_and_the_order_of_the_parts_do_not_move_the_key():
    assert made(design=assign(8, 6, seed=0)).key == made().key
    plan = made()
    turned = Plan(plan.design, plan.seeds, dict(reversed(plan.parts.items())), plan.name)
    assert turned.key == plan.key


def test_the_identity_of_a_recipe_stands_for_it():
    design = assign(8, 4, seed=0)
    options = {"seed": 0, "measured": {}, "version": "", "name": "run"}
    one, other = (
        make_plan(SimpleNamespace(identity="same", n=n), np.zeros(2), design, **options)
        for n in (1, 2)
    )
    assert one.key == other.key


def test_only_whole_models_of_this_plan_count_as_stored():
    plan, store = made(), {}
    for model in (0, 2, 5):
        put_array(store, plan.entry(model), np.ones((8, 1), np.float32), {"seconds": float(model)})
    put_array(store, made(seed=1).entry(1), np.ones((8, 1), np.float32), {})
    assert {model: note["seconds"] for model, note in plan.stored(store).items()} == {
        0: 0.0,
        2: 2.0,
    }
    store[f"{plan.entry(2)}.npy"] = store[f"{plan.entry(2)}.npy"][:-1] + b"x"
    assert list(plan.stored(store)) == [0]


def test_a_plan_is_written_once_and_mended_where_it_is_damaged():
    plan, store = made(), {}
    plan.write(store)
    place = f"{plan.key}/plan.json"
    assert json.loads(store[place])["parts"] == dict(plan.parts)
    store[place] = json.dumps({"parts": {"data": "kept"}}).encode()
    plan.write(store)
    assert json.loads(store[place])["parts"] == {"data": "kept"}
    store[place] = b"{"
    plan.write(store)
    assert json.loads(store[place])["parts"] == dict(plan.parts)


def test_other_runs_say_what_was_and_what_is():
    plan, store = made(), {}
    for other in (made(version="old"), made(name="another"), plan):
        other.write(store)
    broken = f"run/{'0' * 16}/plan.json"
    store[broken] = b"[]"
    found = other_runs(store, plan)
    assert found == {
        made(version="old").key: {"version": ("old", "")},
        f"run/{'0' * 16}": {DAMAGED: ("cut or edited", "whole")},
    }
    fewer = Plan(plan.design, plan.seeds, {"version": ""}, "run")
    assert other_runs({f"{plan.key}/plan.json": store[f"{plan.key}/plan.json"]}, fewer)[plan.key][
        "seed"
    ] == ("0", "absent")


def test_a_refusal_names_the_run_that_differs_least():
    store = {}
    near, far = made(version="old"), made(version="older", seed=1, data=(5, 6))
    for other in (near, far):
        other.write(store)
    with pytest.raises(AssumptionError, match=r"another version \(was old, is \)\.") as caught:
        require_same(store, made())
    assert near.key in str(caught.value)
    made().write(store)
    require_same(store, made())
    require_same({f"run/{'0' * 16}/plan.json": b"x"}, made())
    require_same({}, made())
