import os
import signal
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

from tacit.core import InvalidInput
from tacit.training import Processes, plan, shadow
from tacit.training.pools import Here, WorkerLost, pool_of, width_of

X = np.arange(40.0)[:, None]


def make_train(pause=0.0):
    x = X

    def train_fn(indices, seed):
        time.sleep(pause)
        inside = np.isin(np.arange(len(x)), indices)
        return lambda z: inside + seed % 7 + z[:, 0]

    return train_fn


@pytest.fixture(scope="module")
def processes():
    with Processes(2, retries=5) as pool:
        yield pool


def test_every_pool_gives_the_same_numbers(processes):
    expected = shadow(make_train(), X, n=6).shadow
    with ThreadPoolExecutor(2) as threads:
        for pool in (Here(), processes, threads):
            np.testing.assert_array_equal(shadow(make_train(), X, n=6, pool=pool).shadow, expected)


def test_a_killed_worker_is_replaced_and_every_job_finishes(processes):
    kills = []

    def kill(progress):
        if progress.done in (1, 4, 7):
            time.sleep(0.05)
            victim = processes.pids()[0]
            os.kill(victim, signal.SIGKILL)
            kills.append(victim)

    store = {}
    run = shadow(make_train(0.1), X, n=10, pool=processes, store=store, progress=kill)
    assert len(set(kills)) == 3
    np.testing.assert_array_equal(run.shadow, shadow(make_train(0.1), X, n=10).shadow)


def test_the_standard_process_pool_works_until_it_breaks_and_then_says_what_to_do(tmp_path):
    x, flag = X, str(tmp_path / "died")

    def train_fn(indices, seed):
        if seed == last and not os.path.exists(flag):
            open(flag, "w").close()
            os._exit(9)
        return lambda z: np.full(len(x), float(seed % 97))

    last = -1
    last = int(plan(lambda indices, seed: None, X, n=4).plan.seeds[3])
    store = {}
    with (
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as standard,
        pytest.raises(BrokenExecutor) as caught,
    ):
        shadow(train_fn, X, n=4, store=store, pool=standard)
    assert "call again" in caught.value.__notes__[0]
    assert sum(key.endswith(".npy") for key in store) == 3
    assert shadow(train_fn, X, n=4, store=store, pool=Here()).n_models == 4


def test_a_job_that_always_kills_its_worker_is_given_up():
    with Processes(1, retries=1) as pool:
        with pytest.raises(WorkerLost, match="each time"):
            pool.submit(os._exit, 3).result()
        assert pool.submit(pow, 2, 5).result() == 32, "the pool still works"


def test_errors_come_back_with_the_worker_s_traceback(processes):
    def fail():
        raise LookupError("lost in the worker")

    with pytest.raises(LookupError, match="lost") as caught:
        processes.submit(fail).result()
    assert "in fail" in caught.value.__notes__[0]


def test_printing_does_not_disturb_the_answers(processes):
    def loud():
        print("to the output stream")  # noqa: T201
        os.write(1, b"and below it\n")
        return 5

    assert processes.submit(loud).result() == 5


def test_big_messages_travel(processes):
    value = np.random.default_rng(0).normal(size=(1000, 1000))
    np.testing.assert_array_equal(processes.submit(np.negative, value).result(), -value)


def test_workers_use_one_thread_and_know_the_parent_s_path(processes):
    assert processes.submit(os.getenv, "OMP_NUM_THREADS").result() == "1"
    assert set(sys.path[1:]) <= set(processes.submit(lambda: __import__("sys").path).result())


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="looks into /proc")
def test_workers_end_when_their_parent_is_killed():
    code = (
        "import time\nfrom tacit.training import Processes\npool ="
        " Processes(1)\npool.submit(int).result()\npool.submit(time.sleep,"
        " 60)\nprint(pool.pids()[0], flush=True)\ntime.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    worker = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    until = time.time() + 10
    while _alive(worker) and time.time() < until:
        time.sleep(0.05)
    assert not _alive(worker)


def _alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_script_without_a_main_guard_may_use_processes(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import numpy as np\nfrom tacit.training import shadow\nx = np.arange(20.0)\noffset = 3.0\n"
        "def helper(z):\n    return z + offset\n"
        "def train_fn(indices, seed):\n    return lambda z: helper(z)\n"
        "print(shadow(train_fn, x, n=2, pool=1).shadow[0, :3, 0].tolist())\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines() == ["[3.0, 4.0, 5.0]"]


def test_shutting_down_early_cancels_and_does_not_wait():
    began = time.perf_counter()
    pool = Processes(1)
    running, waiting = pool.submit(time.sleep, 300), pool.submit(int)
    while not pool.pids():
        time.sleep(0.01)
    pool.shutdown(cancel_futures=True)
    assert waiting.cancelled()
    with pytest.raises(WorkerLost):
        running.result()
    assert time.perf_counter() - began < 150


def test_the_number_of_processes_is_a_pool_and_nonsense_is_not():
    assert width_of(Here()) == 1
    assert width_of(ThreadPoolExecutor(3)) == 3
    with pytest.raises(InvalidInput, match="pool"):
        pool_of("two")
    with pytest.raises(InvalidInput, match="A pool needs 1 process"):
        Processes(-1)
