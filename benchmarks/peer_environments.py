"""Environments of their own for the libraries beside which we are measured, one for each file in
`benchmarks/environments`, in `$TACIT_ENVS` or `.venv`.
"""

import os
import subprocess
import sys
import venv
import zlib
from pathlib import Path

HERE = Path(__file__).parent
CONSTRAINTS = HERE.parent / "requirements" / "constraints.txt"
# Seconds that pip may take: some of them resolve for minutes, then fetch gigabytes.
PATIENCE = 1800


class LeftOut(Exception):
    """Why a library is not measured, for the page."""


def made(name):
    """The Python of the environment `name`, made where it is missing.

    Raises
    ------
    LeftOut : pip could not install it.
    """
    wanted = HERE / "environments" / f"{name}.txt"
    home = Path(os.environ.get("TACIT_ENVS", HERE.parent / ".venv"))
    folder = home / f"peer-{name}-{zlib.crc32(wanted.read_bytes())}"
    python, complete = folder / "bin" / "python", folder / ".complete"
    if complete.exists():
        return python
    print(f"Making {folder} (once) ...", file=sys.stderr, flush=True)
    venv.create(folder, with_pip=True, clear=True)
    command = [str(python), "-m", "pip", "install", "--quiet", "--progress-bar", "off"]
    command += ["-r", str(wanted), "-c", str(CONSTRAINTS)]
    try:
        done = subprocess.run(
            command, stderr=subprocess.PIPE, text=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        raise LeftOut(f"pip did not end in {PATIENCE // 60} minutes") from None
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise LeftOut(f"pip: {(errors or ['it failed'])[-1]}")
    complete.touch()
    return python


def version(python, distribution):
    """Of an installed distribution."""
    code = f"import importlib.metadata as m; print(m.version({distribution!r}))"
    return subprocess.run(
        [str(python), "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


def commit(folder):
    """Of a checkout, seven letters; empty where git does not know the folder."""
    command = ["git", "-C", str(folder), "rev-parse", "--short=7", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
