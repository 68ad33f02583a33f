import time

import numpy as np
import pytest

from tacit.core import InvalidInput
from tacit.training import shadow

pytestmark = [
    pytest.mark.framework,
    pytest.mark.slow,
    pytest.mark.filterwarnings(
        "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning"
    ),
]
X = np.arange(60.0)[:, None]


def make_train(log):
    x = X

    def train_fn(indices, seed):
        with open(log, "a") as file:
            file.write(f"{seed}\n")
        time.sleep(0.5)
        inside = np.isin(np.arange(len(x)), indices)
        return lambda z: inside + np.random.default_rng(seed).normal(size=len(z))

    return train_fn


@pytest.fixture
def cluster():
    pytest.importorskip("ray")
    import ray
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    nodes = [made.add_node(num_cpus=1) for _ in range(2)]
    ray.init(address=made.address, log_to_driver=False)
    yield made, nodes
    ray.shutdown()
    made.shutdown()


def test_a_node_dies_and_everything_finishes_and_nothing_stored_is_trained_twice(cluster, tmp_path):
    from tacit.training.ray import RayPool

    made, nodes = cluster
    log = tmp_path / "starts.txt"
    log.touch()
    store, stored_at_death = {}, []

    def kill(progress):
        if progress.done == 4 and not stored_at_death:
            made.remove_node(nodes[0], allow_graceful=False)
            stored_at_death.extend(
                [
                    len(log.read_text().split()),
                    sorted(key for key in store if key.endswith(".json")),
                ]
            )

    run = shadow(make_train(log), X, n=14, store=store, pool=RayPool(retries=-1), progress=kill)
    assert run.shadow.shape == (14, 60, 1)
    began = log.read_text().split()
    assert set(began) == {str(seed) for seed in run.plan.seeds}
    done_before = [int(key[-10:-5]) for key in stored_at_death[1] if "model-" in key]
    assert len(done_before) == 4
    started_after = began[stored_at_death[0] :]
    assert not {str(run.plan.seeds[model]) for model in done_before} & set(started_after), (
        "a stored model was trained again"
    )

    began_before = len(log.read_text().split())
    again = shadow(make_train(log), X, n=14, store=store, pool=RayPool())
    assert len(log.read_text().split()) == began_before
    here = shadow(make_train(log), X, n=14)
    np.testing.assert_array_equal(again.shadow, here.shadow)
    _gpu_shares_are_asked_for()


def _gpu_shares_are_asked_for():
    """A job that reserves a GPU waits where there is none, instead of running without one."""
    import concurrent.futures

    from tacit.training.ray import RayPool

    waiting = RayPool(gpus=0.25).submit(pow, 2, 3)
    with pytest.raises(concurrent.futures.TimeoutError):
        waiting.result(timeout=3)


def test_arguments_are_checked():
    from tacit.training.ray import RayPool

    with pytest.raises(InvalidInput, match="gpus"):
        RayPool(gpus=-1)
