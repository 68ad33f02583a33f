"""Cores that may be used, and libraries that keep to one of them."""

import os
import subprocess
import sys

import pytest

from tacit.core import threads


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="affinity is set on Linux only")
def test_affinity_counts():
    code = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from tacit.core.threads import usable_cores; print(usable_cores())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1"]


@pytest.mark.parametrize(
    ("allowed", "cores"), [("150000 100000", 2), ("20000 100000", 1), ("max 100000", 64)]
)
def test_the_quota_of_a_container_counts(monkeypatch, tmp_path, allowed, cores):
    quota = tmp_path / "cpu.max"
    quota.write_text(allowed, encoding="ascii")
    monkeypatch.setattr(threads, "QUOTA", quota)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)), raising=False)
    assert threads.usable_cores() == cores


@pytest.mark.parametrize(("allowed", "cores"), [("250000", 3), ("-1", 64)])
def test_the_older_quota_counts_too(monkeypatch, tmp_path, allowed, cores):
    for name, text in (("QUOTA", None), ("OLD_QUOTA", allowed), ("OLD_PERIOD", "100000")):
        file = tmp_path / name
        monkeypatch.setattr(threads, name, file)
        if text is not None:
            file.write_text(text, encoding="ascii")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)), raising=False)
    assert threads.usable_cores() == cores


def test_one_thread_holds_libraries_that_nobody_had_loaded_before():
    """The first call of a process imports scikit-learn: its OpenMP must be held there too."""
    code = (
        "from tacit.core.threads import one_thread\n"
        "with one_thread():\n"
        "    import sklearn.ensemble, scipy.linalg\n"
        "    from threadpoolctl import threadpool_info\n"
        "    inside = {(x['user_api'], x['num_threads']) for x in threadpool_info()}\n"
        "after = {x['num_threads'] for x in threadpool_info() if x['user_api'] == 'openmp'}\n"
        "print(sorted(inside), after)"
    )
    many = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "3")
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | many,
    )
    assert done.stdout.strip() == "[('blas', 1), ('openmp', 1)] {3}"
