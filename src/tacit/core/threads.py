"""How many cores this process may use, and numerical libraries that keep to one of them."""

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Where Linux says how much of the processor a container may use: version 2, and version 1.
QUOTA = Path("/sys/fs/cgroup/cpu.max")
OLD_QUOTA = Path("/sys/fs/cgroup/cpu/cpu.cfs_quota_us")
OLD_PERIOD = Path("/sys/fs/cgroup/cpu/cpu.cfs_period_us")


def usable_cores() -> int:
    """Cores that this process may use: by its affinity, and by the quota of its container."""
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    quota = _quota()
    return cores if quota is None else max(1, min(cores, math.ceil(quota)))


def _quota() -> float | None:
    """Cores that the container is allowed, None where nothing limits it."""
    try:
        if QUOTA.exists():
            allowed, period = QUOTA.read_text(encoding="ascii").split()
        else:
            allowed = OLD_QUOTA.read_text(encoding="ascii")
            period = OLD_PERIOD.read_text(encoding="ascii")
        share = float(allowed) / float(period)
    except (OSError, ValueError, ZeroDivisionError):  # "max" is no number: there is no limit
        return None
    return share if share > 0 else None


@contextmanager
def one_thread() -> Iterator[None]:
    """Numerical libraries take one thread each: OpenMP's and BLAS's.

    Small tables gain little from more, and on a machine that does other work threads without a core
    of their own spin: ten times the CPU seconds were measured. scikit-learn is imported first,
    because a library that is loaded inside is not held.
    """
    import sklearn.utils  # noqa: F401  (its OpenMP runtime comes with it)
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(1):
        yield
