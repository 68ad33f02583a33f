"""Build wheel and sdist, and try both in fresh environments: `make dist`.

The wheel is installed and imported with nothing but its own dependencies. The sdist is unpacked and
its core tests run on the installed wheel of that same source, so that it must hold what they read.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"
SAID = "import tacit, tacit.audits; print(tacit.__version__)"


def run(*command: object, cwd: Path | None = None, env: dict[str, str] | None = None) -> None:
    """One command; a failure ends the whole."""
    print("$", *command, flush=True)
    done = subprocess.run([str(part) for part in command], cwd=cwd, env=env, check=False)
    if done.returncode:
        raise SystemExit(done.returncode)


def environment(folder: Path, *packages: object) -> Path:
    """A new environment with these packages; returns its Python."""
    run(sys.executable, "-m", "venv", folder)
    python = folder / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", *packages)
    return python


def built() -> tuple[Path, Path]:
    """The wheel, made from the sdist as an index would have it, and the sdist."""
    shutil.rmtree(DIST, ignore_errors=True)
    run(sys.executable, "-m", "hatchling", "build", "-d", DIST, "-t", "sdist", cwd=ROOT)
    (sdist,) = DIST.glob("*.tar.gz")
    with tempfile.TemporaryDirectory() as folder:
        source = unpacked(sdist, Path(folder))
        run(sys.executable, "-m", "hatchling", "build", "-d", DIST, "-t", "wheel", cwd=source)
    (wheel,) = DIST.glob("*.whl")
    return wheel, sdist


def unpacked(sdist: Path, folder: Path) -> Path:
    """The one folder that the sdist holds."""
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (source,) = folder.iterdir()
    return source


def main() -> None:
    """Build, then try."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--tests", default="tests", help="the tests to run in the sdist")
    options = parser.parse_args()
    wheel, sdist = built()
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = environment(folder / "wheel", wheel)
        run(python, "-W", "error", "-c", SAID, cwd=folder, env=clean)
        run(folder / "wheel" / "bin" / "tacit", "--version", cwd=folder, env=clean)
        (folder / "source").mkdir()
        source = unpacked(sdist, folder / "source")
        tests = environment(
            folder / "tests",
            *("-r", source / "requirements" / "core.txt"),
            *("-c", source / "requirements" / "constraints.txt", wheel),
        )
        chosen = ("-m", "not framework and not browser", "-p", "no:cacheprovider")
        run(tests, "-m", "pytest", *chosen, *options.tests.split(), cwd=source, env=clean)
    print(f"{wheel.name} and {sdist.name} are fit to be released.")


if __name__ == "__main__":
    main()
