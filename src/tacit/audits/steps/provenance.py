"""How a report was made: versions, seed, digest of the inputs, date."""

import hashlib
import os
import platform
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import Membership, Outputs
from tacit.signals import available, measure

PACKAGES = ("tacit", "numpy", "scipy", "scikit-learn")


def environment(
    outputs: Outputs, membership: Membership, *, seed: int, level: float, command: str
) -> dict[str, Any]:
    """Versions, seed, level, command, and a digest of outputs and membership."""
    return {
        "versions": {
            "python": platform.python_version(),
            **{name: _version(name) for name in PACKAGES},
        },
        "seed": seed,
        "level": level,
        "command": command,
        "digest": digest(outputs, membership),
        "task": outputs.task,
        "n_members": int(np.count_nonzero(membership.member)),
        "n_nonmembers": int(np.count_nonzero(~membership.member)),
        "n_clusters": None if membership.cluster is None else int(membership.cluster.max()) + 1,
    }


def digest(outputs: Outputs, membership: Membership) -> str:
    """A BLAKE2b digest of all arrays: the same inputs, the same digest."""
    total = hashlib.blake2b(digest_size=16)
    named: Mapping[str, NDArray[Any] | None] = {
        name: getattr(outputs, name) for name in Outputs.__dataclass_fields__
    }
    for name, value in {
        **named,
        "member": membership.member,
        "cluster": membership.cluster,
    }.items():
        if value is not None:
            total.update(f"{name} {value.dtype} {value.shape}".encode())
            total.update(np.ascontiguousarray(value).data)
    return total.hexdigest()


def accuracy(outputs: Outputs, membership: Membership) -> dict[str, float]:
    """Share of right answers on members and on non-members; empty where labels were not given."""
    if "correctness" not in available(outputs):
        return {}
    correct = measure(outputs, "correctness")
    sides = {"member": correct[membership.member], "nonmember": correct[~membership.member]}
    return {side: float(values.mean()) for side, values in sides.items() if len(values)}


def today() -> str:
    """The date (UTC), or that of SOURCE_DATE_EPOCH for reproducible files."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    day: date = (
        datetime.fromtimestamp(int(epoch), UTC).date()
        if epoch.isdigit()
        else datetime.now(UTC).date()
    )
    return day.isoformat()


@cache
def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"
