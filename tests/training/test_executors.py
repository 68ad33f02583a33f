"""Other people's pools and stores, the real ones."""

import os
import signal
import time

import numpy as np
import pytest

from tacit.testing import check_store
from tacit.training import shadow

X = np.arange(60.0)[:, None]
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::FutureWarning"
)


def make_train(pause=0.0):
    x = X

    def train_fn(indices, seed):
        time.sleep(pause)
        inside = np.isin(np.arange(len(x)), indices)
        return lambda z: inside + np.random.default_rng(seed).normal(size=len(z))

    return train_fn


@pytest.mark.framework
@pytest.mark.slow
def test_dask_s_executor_is_a_pool_and_a_killed_worker_is_no_loss():
    distributed = pytest.importorskip("distributed")
    expected = shadow(make_train(0.2), X, n=8).shadow
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        store, killed = {}, []

        def kill(progress):
            if progress.done == 2:
                killed.append(next(iter(client.run(os.getpid).values())))
                os.kill(killed[0], signal.SIGKILL)

        pool = client.get_executor(retries=3, pure=False)
        np.testing.assert_array_equal(
            shadow(make_train(0.2), X, n=8, pool=pool, store=store, progress=kill).shadow, expected
        )
        assert killed
        assert killed[0] not in client.run(os.getpid).values(), (
            "the nanny has started another worker"
        )


def test_fsspec_mappings_are_stores(tmp_path):
    fsspec = pytest.importorskip("fsspec")
    expected = shadow(make_train(), X, n=4).shadow
    for where in ("memory://tacit-shadow", f"file://{tmp_path}/shadow"):
        calls = []

        def count(progress, calls=calls):
            calls.append(progress.reused)

        shadow(make_train(), X, n=4, store=fsspec.get_mapper(where), progress=count)
        again = shadow(make_train(), X, n=4, store=fsspec.get_mapper(where), progress=count)
        assert calls == [0, 0, 0, 0, 0, 4]
        np.testing.assert_array_equal(again.shadow, expected)


@pytest.mark.framework
@pytest.mark.slow
def test_an_s3_bucket_is_a_store(monkeypatch):
    s3fs = pytest.importorskip("s3fs")
    server_of = pytest.importorskip("moto.server").ThreadedMotoServer
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    server = server_of(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        files = s3fs.S3FileSystem(
            endpoint_url=f"http://{host}:{port}", skip_instance_cache=True, use_listings_cache=False
        )
        files.mkdir("tacit-bucket")
        check_store(lambda: files.get_mapper("tacit-bucket/contract"))
        store = files.get_mapper("tacit-bucket/run")
        expected = shadow(make_train(), X, n=4).shadow
        np.testing.assert_array_equal(shadow(make_train(), X, n=4, store=store).shadow, expected)
        reused = []
        damaged = next(key for key in store if key.endswith("model-00002.npy"))
        store[damaged] = store[damaged][:-3]
        again = shadow(
            make_train(),
            X,
            n=4,
            store=store,
            progress=lambda progress: reused.append(progress.reused),
        )
        assert reused[0] == 3
        np.testing.assert_array_equal(again.shadow, expected)
    finally:
        server.stop()
