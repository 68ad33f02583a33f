"""How a report was made: versions, seed, digest of the inputs, date."""

import hashlib
import os
import platform
import re
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit import __version__
from tacit.core import InvalidInput, Membership, Outputs
from tacit.core.outputs import ARRAYS
from tacit.metrics.clusters import MIN_CLUSTERS, effective_size
from tacit.metrics.intervals import clopper_pearson
from tacit.signals import available, kept, measure

# where CI systems say which commit runs: one's own, GitHub, GitLab, Azure, Jenkins
COMMITS = ("TACIT_COMMIT", "GITHUB_SHA", "CI_COMMIT_SHA", "BUILD_SOURCEVERSION", "GIT_COMMIT")
# what a variable must look like to be believed: SHA-1 or SHA-256, at least seven digits
COMMIT = re.compile(r"[0-9a-f]{7,64}")
PACKAGES = ("numpy", "scipy", "scikit-learn")


def environment(
    arrays: Mapping[str, NDArray[Any] | None],
    membership: Membership,
    *,
    task: str,
    seed: int,
    level: float,
    command: str,
    **facts: Any,
) -> dict[str, Any]:
    """How a report was made: versions, seed, level, command, and a digest of all that came in.

    Parameters
    ----------
    arrays : what was audited, by name; see `arrays_of` for Outputs.
    membership : the answer key.
    task : what kind of thing was audited.
    seed, level, command : of the audit.
    facts : what else the report should say, such as the number of shadow models.
    """
    cluster = membership.cluster
    return {
        "versions": {
            "tacit": __version__,
            "python": platform.python_version(),
            **{name: _version(name) for name in PACKAGES},
        },
        "machine": machine(),
        **commit(),
        "seed": seed,
        "level": level,
        "command": command,
        "digest": digest({**arrays, "member": membership.member, "cluster": cluster}),
        "task": task,
        "n_members": int(np.count_nonzero(membership.member)),
        "n_nonmembers": int(np.count_nonzero(~membership.member)),
        "n_clusters": None if cluster is None else int(cluster.max()) + 1,
        **facts,
    }


def machine() -> str:
    """Kind of machine that measured, without its name."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"


def commit() -> dict[str, str]:
    """The commit of the code that runs, where a CI system says it; else nothing."""
    known = (os.environ.get(name, "") for name in COMMITS)
    return next(({"commit": value} for value in known if COMMIT.fullmatch(value)), {})


def arrays_of(outputs: Outputs) -> dict[str, NDArray[Any] | None]:
    """The arrays of Outputs by name."""
    return {name: getattr(outputs, name) for name in ARRAYS}


def digest(arrays: Mapping[str, NDArray[Any] | None]) -> str:
    """A BLAKE2b digest of named arrays: the same inputs, the same digest."""
    total = hashlib.blake2b(digest_size=16)
    for name, value in arrays.items():
        if value is not None:
            total.update(f"{name} {value.dtype} {value.shape}".encode())
            # memory maps are read a row at a time
            for part in value if value.ndim == 3 else (value,):
                total.update(np.ascontiguousarray(part).data)
    return total.hexdigest()


def accuracy(outputs: Outputs, membership: Membership, *, level: float = 0.95) -> dict[str, float]:
    """Share of right answers on members and on non-members, each with the ends of its interval.

    Keys are ``"member"``, ``"member_low"``, ``"member_high"`` and the same for ``"nonmember"``.
    Empty where labels were not given; without ends where there are too few clusters.

    Parameters
    ----------
    outputs : what the model answered.
    membership : the truth.
    level : two-sided, of each exact interval [1]_.

    References
    ----------
    .. [1] Clopper, Pearson, The use of confidence or fiducial limits illustrated in the case of the
       binomial, 1934.
    """
    if "correctness" not in available(outputs):
        return {}
    correct = kept(outputs, "correctness")
    result: dict[str, float] = {}
    for name, inside in (("member", membership.member), ("nonmember", ~membership.member)):
        right = correct[inside]
        if len(right) == 0:
            continue
        result[name] = share = float(right.mean())
        size = _worth(right, membership.cluster, inside)
        if size:
            low, high = clopper_pearson(share * size, size, level=level)
            result |= {f"{name}_low": float(low), f"{name}_high": float(high)}
    return result


def utility(outputs: Outputs, *, level: float = 0.95) -> dict[str, float]:
    """Share of right answers on records that the audit does not use, with the ends of its interval.

    Keys are ``"utility"``, ``"utility_low"`` and ``"utility_high"``.

    Parameters
    ----------
    outputs : what the model answered, with labels.
    level : two-sided.

    Raises
    ------
    InvalidInput : there are no labels.
    """
    if "correctness" not in available(outputs):
        raise InvalidInput("`utility` needs answers with labels, to see which of them are right.")
    right = measure(outputs, "correctness")
    share = float(right.mean())
    low, high = clopper_pearson(share * len(right), len(right), level=level)
    return {"utility": share, "utility_low": float(low), "utility_high": float(high)}


def _worth(
    right: NDArray[np.floating[Any]], cluster: NDArray[np.int64] | None, inside: NDArray[np.bool_]
) -> float:
    """Independent records that know the share as well; 0 where clusters are too few to tell."""
    if cluster is None:
        return len(right)
    _, unit = np.unique(cluster[inside], return_inverse=True)
    return effective_size(right > 0.5, unit) if unit.max() + 1 >= MIN_CLUSTERS else 0.0


@cache
def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"
