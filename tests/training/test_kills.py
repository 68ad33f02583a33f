"""A run is killed hundreds of times, its disk fills up, and nothing that was stored is lost or
wrong.
"""

import os
import resource
import subprocess
import sys

import numpy as np
import pytest

from tacit.training import DirectoryStore, gather, plan, shadow

N_MODELS = 60
KILLS = 200
# A process that never imports anything twice: it forks a child that runs the plan, and kills it at
# a random moment.
ARENA = """
import os, random, signal, sys, time
import numpy as np
from tacit.training import DirectoryStore, plan, shadow

x = np.random.default_rng(0).normal(size=(500, 1))

def train_fn(indices, seed):
    inside = np.isin(np.arange(len(x)), indices)
    return lambda z: inside + np.random.default_rng(seed).normal(size=len(z))

def run(acknowledged):
    def tell(progress):
        os.write(acknowledged, b"%d\\n" % progress.done)
    shadow(train_fn, x, n=N_MODELS, store=FOLDER, progress=tell)

def once(longest):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        run(writer)
        os._exit(0)
    os.close(writer)
    # planning is over: most kills shall hit the work, not the preparation
    begun = os.read(reader, 1)
    time.sleep(random.random() * longest)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    told = (begun + os.read(reader, 1 << 20)).split()
    os.close(reader)
    return int(told[-1]) if told else 0

if __name__ == "__main__":
    random.seed(1)
    made = plan(train_fn, x, n=N_MODELS).plan
    began = time.time()
    shadow(train_fn, x, n=N_MODELS, store=FOLDER + "-whole")
    longest = (time.time() - began) / 5
    best = finished = kills = midway = 0
    # A kill counts where it hits a run that has just stored something and has more to do. How many
    # kills that takes depends on the machine and its other work, so the pause follows what it hits.
    while midway < KILLS:
        told = once(longest)
        kills += 1
        stored = len(made.stored(DirectoryStore(FOLDER)))
        assert stored >= max(best, told), (stored, best, told)
        midway += best < stored < N_MODELS
        longest *= 1.1 if stored == best else 0.9 if stored == N_MODELS else 1
        best = stored
        if stored == N_MODELS:
            finished += 1
            assert not made.stored(DirectoryStore(FOLDER)).keys() ^ set(range(N_MODELS))
            for key in list(DirectoryStore(FOLDER)):
                del DirectoryStore(FOLDER)[key]
            best = 0
    print(kills, finished, midway, best, made.key)
"""


def arena(folder):
    return f"FOLDER = {str(folder)!r}\nN_MODELS = {N_MODELS}\nKILLS = {KILLS}\n" + ARENA


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_killed_200_times_at_random_moments_only_jobs_in_flight_are_lost(tmp_path):
    script = tmp_path / "arena.py"
    folder = tmp_path / "store"
    script.write_text(arena(folder))
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=280
    )
    assert done.returncode == 0, done.stderr
    kills, _, midway, left, key = done.stdout.split()
    assert int(kills) >= int(midway) == KILLS
    space = {"__name__": "arena"}
    exec(compile(arena(folder), "arena", "exec"), space)
    run = plan(space["train_fn"], space["x"], n=N_MODELS).plan
    assert run.key == key, "a later process finds the same run"
    kept = gather(run, DirectoryStore(folder)) if int(left) else None
    whole = shadow(space["train_fn"], space["x"], n=N_MODELS, store=folder)
    fresh = shadow(space["train_fn"], space["x"], n=N_MODELS)
    np.testing.assert_array_equal(whole.shadow, fresh.shadow)
    if kept is not None:
        np.testing.assert_array_equal(kept.shadow, fresh.shadow[kept.models])


X = np.random.default_rng(0).normal(size=(20_000, 1))


def train_fn(indices, seed):
    inside = np.isin(np.arange(len(X)), indices)
    return lambda z: inside + np.random.default_rng(seed).normal(size=len(z))


def require_honest(folder, expected):
    """What is in the store is whole and right; no unfinished file is left."""
    store = DirectoryStore(folder)
    run = plan(train_fn, X, n=len(expected)).plan
    there = run.stored(store)
    assert 0 < len(there) < len(expected)
    for model in there:
        np.testing.assert_array_equal(
            np.load(store.path(f"{run.entry(model)}.npy")), expected[model]
        )
    assert not list(store.folder.rglob(".*.part"))
    return len(there)


@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0,
    reason="mounts a small file system, which needs root on Linux",
)
def test_a_full_disk_stops_the_run_and_keeps_what_was_stored(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=420k", "tmpfs", str(folder)], capture_output=True
    ).returncode:
        pytest.skip("this machine does not let us mount a file system")
    try:
        expected = shadow(train_fn, X, n=8).shadow
        with pytest.raises(OSError, match="No space left") as caught:
            shadow(train_fn, X, n=8, store=folder)
        assert "call again" in caught.value.__notes__[0]
        assert require_honest(folder, expected) >= 4
        subprocess.run(["mount", "-o", "remount,size=4m", str(folder)], check=True)
        np.testing.assert_array_equal(shadow(train_fn, X, n=8, store=folder).shadow, expected)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)


def test_a_limit_on_file_size_stops_the_run_and_leaves_no_partial_file(tmp_path):
    expected = shadow(train_fn, X, n=4).shadow
    shadow(train_fn, X, n=2, store=tmp_path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            shadow(train_fn, X, n=4, store=tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert require_honest(tmp_path, expected) == 2
    np.testing.assert_array_equal(shadow(train_fn, X, n=4, store=tmp_path).shadow, expected)
