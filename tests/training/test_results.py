"""What came out of a run, by hand: rows stay with their models, and a target with its shadows."""

import numpy as np
import pytest

from tacit.core import InvalidInput, Outputs
from tacit.design import assign
from tacit.training.measuring import Named
from tacit.training.plan import make_plan
from tacit.training.results import gather
from tacit.training.stores import DirectoryStore, put_array

N, M = 6, 6


def filled(store, models=range(M), **note):
    """Model m says 10 m + row of each row."""
    plan = make_plan(
        "train",
        np.zeros(2),
        assign(N, M, seed=2),
        seed=0,
        measured={},
        version="",
        name="run",
    )
    for model in models:
        signal = (10 * model + np.arange(N, dtype=np.float32))[:, None]
        given = {"accuracy_in": 0.9, "accuracy_out": model / 10, "seconds": 2.0 * model}
        put_array(store, plan.entry(model), signal, {"statistic": "loss"} | given | note)
    return plan


@pytest.mark.parametrize("kind", ["dict", "folder"])
def test_rows_stay_with_their_models_where_some_are_missing(kind, tmp_path):
    store = {} if kind == "dict" else DirectoryStore(tmp_path)
    plan = filled(store, models=(4, 1, 2))
    run = gather(plan, store)
    assert run.models.tolist() == [1, 2, 4]
    assert run.shadow[:, 0, 0].tolist() == [10, 20, 40]
    assert run.shadow[:, 5, 0].tolist() == [15, 25, 45]
    np.testing.assert_array_equal(run.member, plan.design.member[[1, 2, 4]])
    np.testing.assert_allclose(run.accuracy, [[0.9, 0.1], [0.9, 0.2], [0.9, 0.4]])
    assert run.seconds.tolist() == [2.0, 4.0, 8.0]
    assert (run.n_models, run.statistic) == (3, "loss")
    assert not run.member.flags.writeable


def test_a_model_that_plays_the_target_is_never_its_own_shadow_nor_is_its_partner():
    store = {}
    plan = filled(store)
    run = gather(plan, store)
    for target in range(M):
        others = [model for model in range(M) if model // 2 != target // 2]
        signals = run.signals(target)
        assert signals.target[:, 0].tolist() == [10 * target + row for row in range(N)]
        assert signals.shadow[:, 0, 0].tolist() == [10 * other for other in others]
        np.testing.assert_array_equal(signals.shadow_member, plan.design.member[others])
        np.testing.assert_array_equal(run.membership(target).member, plan.design.member[target])
    # counted from the end
    assert run.signals(-1).target[0, 0] == 10 * (M - 1)
    assert run.signals(-M).target[0, 0] == 0
    # without a statistic given, losses become larger for members
    assert run.signals(Outputs(loss=np.ones(N))).target[0, 0] == -1


def test_a_place_in_a_run_with_gaps_is_not_the_number_of_the_model():
    """Of the models 1, 2, 4 and 5 the second is model 2, whose partner 3 is missing."""
    store = {}
    plan = filled(store, models=(1, 2, 4, 5))
    run = gather(plan, store)
    assert run.signals(1).shadow[:, 0, 0].tolist() == [10, 40, 50]
    assert run.signals(2).shadow[:, 0, 0].tolist() == [10, 20]
    np.testing.assert_array_equal(run.membership(2).member, plan.design.member[4])


@pytest.mark.parametrize("target", [M, -M - 1])
def test_a_target_that_is_no_model_is_refused(target):
    store = {}
    run = gather(filled(store), store)
    with pytest.raises(InvalidInput, match=f"from 0 to {M - 1}, got {target}"):
        run.signals(target)


def test_an_audited_model_keeps_every_shadow_and_what_is_said_of_it():
    store = {}
    plan = filled(store)
    run = gather(plan, store, statistic=Named("loss"))
    signals = run.signals(
        Outputs(loss=np.arange(6.0)), group=np.arange(6), features=np.ones((6, 2))
    )
    # larger means member: a loss changes its sign, a signal does not
    assert signals.target[:, 0].tolist() == [0, -1, -2, -3, -4, -5]
    assert run.signals(np.arange(6.0)).target[:, 0].tolist() == [0, 1, 2, 3, 4, 5]
    assert signals.n_shadows == M
    assert signals.group.tolist() == list(range(6))
    assert signals.features.shape == (6, 2)
    assert run.signals(0, group=np.arange(6)).group.tolist() == list(range(6))
    np.testing.assert_array_equal(signals.shadow_member, plan.design.member)


def test_unknown_accuracies_and_seconds_are_no_numbers():
    store = {}
    plan = filled(store, models=())
    put_array(store, plan.entry(0), np.ones((N, 1), np.float32), {})
    run = gather(plan, store)
    assert np.isnan(run.accuracy).all()
    assert np.isnan(run.seconds).all()
    assert run.statistic == "signal"


@pytest.mark.parametrize("kind", ["dict", "folder"])
def test_models_under_other_numbers_of_queries_are_not_put_together(kind, tmp_path):
    store = {} if kind == "dict" else DirectoryStore(tmp_path)
    plan = filled(store, models=(0, 1))
    put_array(store, plan.entry(2), np.ones((N, 2), np.float32), {})
    with pytest.raises(InvalidInput, match="same shape"):
        gather(plan, store)


def test_an_old_stack_goes_and_a_file_of_the_user_stays(tmp_path):
    store = DirectoryStore(tmp_path)
    plan = filled(store, models=(0, 1))
    first = np.array(gather(plan, store).shadow)
    mine = store.path(plan.key) / "stack-of-mine.npy"
    mine.write_bytes(b"mine")
    filled(store, models=(2,))
    assert gather(plan, store).shadow[:2].tolist() == first.tolist()
    stacks = [path.name for path in store.path(plan.key).glob("stack-*.npy")]
    assert len(stacks) == 2
    assert mine.name in stacks
