"""How a report was made: versions, seed, digest of the inputs, date."""

import hashlib
import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit import __version__
from tacit.core import Membership, Outputs
from tacit.core.outputs import ARRAYS
from tacit.signals import available, measure

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


def accuracy(outputs: Outputs, membership: Membership) -> dict[str, float]:
    """Share of right answers on members and on non-members; empty where labels were not given."""
    if "correctness" not in available(outputs):
        return {}
    correct = measure(outputs, "correctness")
    sides = {"member": correct[membership.member], "nonmember": correct[~membership.member]}
    return {side: float(values.mean()) for side, values in sides.items() if len(values)}


@cache
def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"
