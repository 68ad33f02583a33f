"""The accessibility checker axe-core (MPL-2.0), fetched by npm into a cache; no part of tacit."""

import functools
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

# Faults below these are matters of taste.
SEVERE = ("serious", "critical")
RUN = """
const done = arguments[0];
axe.run({resultTypes: ['violations'], preload: false}).then(found => done(found.violations));
"""


@functools.cache
def source() -> str:
    """The script; LookupError says why it cannot be had."""
    cache = Path(
        os.environ.get("TACIT_TEST_CACHE", Path(tempfile.gettempdir()) / "tacit-test-cache")
    )
    cache.mkdir(parents=True, exist_ok=True)
    packed = sorted(cache.glob("axe-core-4*.tgz"))
    if not packed:
        if shutil.which("npm") is None:
            raise LookupError("npm is not installed, so axe-core cannot be fetched")
        subprocess.run(["npm", "pack", "axe-core@4"], cwd=cache, capture_output=True, timeout=120)
        packed = sorted(cache.glob("axe-core-4*.tgz"))
        if not packed:
            raise LookupError("npm cannot fetch axe-core")
    with tarfile.open(packed[-1]) as archive:
        member = archive.extractfile("package/axe.min.js")
        if member is None:
            raise LookupError(f"{packed[-1]} holds no axe.min.js")
        return member.read().decode("utf8")


def faults(chrome: Any) -> list[tuple[str, str, str]]:
    """Rule, impact and first element of each severe fault of the page that `chrome` shows."""
    chrome.execute_script(source())
    return [
        (item["id"], item["impact"], item["nodes"][0]["html"][:200])
        for item in chrome.execute_async_script(RUN)
        if item["impact"] in SEVERE
    ]
