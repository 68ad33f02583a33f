"""How the missing models are shared out over workers, by hand."""

import sys
from concurrent.futures import Future
from types import SimpleNamespace

import numpy as np
import pytest

from tacit.training import plan
from tacit.training.shadow import _groups, carry_out, gather

shadow_module = sys.modules["tacit.training.shadow"]
X, Y = np.arange(12.0).reshape(6, 2), np.arange(6)


def train_fn(indices, seed):
    return lambda x: np.zeros(len(x))


@pytest.mark.parametrize(
    ("most", "width", "groups"),
    [
        (None, None, [[2], [3], [5], [7], [8]]),
        (3, None, [[2, 3, 5], [7, 8]]),
        # two workers get three and two, and not five and none
        (16, 2, [[2, 3, 5], [7, 8]]),
        (16, None, [[2, 3, 5, 7, 8]]),
        (2, 1, [[2, 3], [5, 7], [8]]),
        (0, 3, [[2], [3], [5], [7], [8]]),
    ],
)
def test_missing_models_are_shared_out_fairly(most, width, groups):
    class Grouped:
        def group(self, x):
            assert x is X
            return most

    context = SimpleNamespace(
        recipe=object() if most is None else Grouped(), records=lambda: (X, Y)
    )
    assert _groups(SimpleNamespace(context=context), [2, 3, 5, 7, 8], width) == groups


@pytest.mark.parametrize(("width", "most"), [(1, 1), (3, 4)])
def test_one_job_more_than_there_are_workers_is_under_way(width, most):
    """One worker, which is this process, is given one at a time."""
    waiting, seen = [], []

    class Waits:
        def submit(self, fn, /, *args):
            future = Future()
            waiting.append((future, fn, args))
            seen.append(len(waiting))
            return future

    pool = Waits()
    pool.width = width
    run = plan(train_fn, (X, Y), n=8)

    def done(futures):
        future, fn, args = waiting.pop(0)
        future.set_result(fn(*args))
        return [future]

    store = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shadow_module, "first_done", done)
        patch.setattr(shadow_module, "width_of", lambda _: width)
        carry_out(run, store, pool=pool)
    assert max(seen) == most
    assert gather(run.plan, store).models.tolist() == list(range(8))


def test_what_is_there_already_counts_as_reused():
    store, told = {}, []
    run = plan(train_fn, X, n=5)
    carry_out(run, store, models=[1, 3])
    carry_out(run, store, progress=told.append)
    assert [(state.done, state.total, state.reused) for state in told] == [
        (2, 5, 2),
        (3, 5, 2),
        (4, 5, 2),
        (5, 5, 2),
    ]
