"""Fuzz every reader of foreign bytes for some CPU seconds and write down what came of it.

    python benchmarks/fuzz.py --seconds 120 --out benchmarks/results/fuzz.md

Seeds, damage and readers are those of `tests/fuzz/test_readers.py`; the tests search for seconds,
this searches for minutes, with another seed each time. An input that makes a reader do anything
but read or raise InvalidInput is written into the folder of `--faults`.
"""

import argparse
import importlib.util
import platform
import random
import resource
import sys
import tempfile
import time
import traceback
import warnings
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from tacit import InvalidInput

HERE = Path(__file__).parent
# a reader that takes longer over one small file, in CPU seconds, hangs
SLOW = 2.0


@dataclass
class Tally:
    """What came of one reader.

    Parameters
    ----------
    runs : Number of files.
    whole : How many of them were read.
    seconds : CPU seconds spent.
    slowest : CPU seconds of the slowest file.
    faults : The kinds of fault, with the first file of each.
    """

    runs: int = 0
    whole: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    faults: dict[str, bytes] = field(default_factory=dict)


def main() -> int:
    """Fuzz the readers named, or all; 1 where one of them failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("readers", nargs="*")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--faults", type=Path, default=None)
    parser.add_argument("--out", type=Path, default=None)
    given = parser.parse_args()
    tests = _tests()
    names = given.readers or list(tests.READERS)
    tallies = {}
    for name in names:
        tallies[name] = fuzzed(tests, name, given.seconds, given.seed)
        found = tallies[name]
        print(f"{name}: {found.runs} files, {len(found.faults)} faults", flush=True)
        for number, (what, content) in enumerate(found.faults.items()):
            print(f"  {what}", flush=True)
            if given.faults is not None:
                given.faults.mkdir(parents=True, exist_ok=True)
                stem, _, suffix = name.partition(".")
                (given.faults / f"{stem}-{number}.{suffix}").write_bytes(content)
        if given.out is not None:
            given.out.write_text(page(tallies, given.seed), encoding="utf-8")
    return int(any(found.faults for found in tallies.values()))


def fuzzed(tests: Any, name: str, seconds: float, seed: int) -> Tally:
    """One reader, given damaged files until the CPU time is spent."""
    reader, _ = tests.READERS[name]
    seeds = tests.seeds_of(name)
    chance = random.Random(f"{seed} {name}")
    found = Tally()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        while found.seconds < seconds:
            content = damaged(chance, seeds, tests.HOSTILE)
            path.write_bytes(content)
            began = time.process_time()
            what = _read(reader, path)
            took = time.process_time() - began
            found.runs += 1
            found.whole += what == "read"
            found.seconds += took
            found.slowest = max(found.slowest, took)
            if took > SLOW:
                what = f"took {took:.1f} s"
            if what not in ("read", "refused"):
                found.faults.setdefault(what, content)
    return found


def _read(reader: Any, path: Path) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            reader(path)
    except InvalidInput:
        return "refused"
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        last = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__} in {Path(last.filename).name}:{last.lineno}"
    return "read"


def damaged(chance: random.Random, seeds: list[bytes], hostile: tuple[bytes, ...]) -> bytes:
    """One of the seeds with up to eight pieces changed, in the ways of the tests' own strategy; or
    with the piece of another seed put in.
    """
    content = bytearray(chance.choice(seeds))
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 4, 8))):
        start = chance.randrange(max(1, len(content)))
        kind = chance.choice(("flip", "cut", "double", "hostile", "end", "byte", "splice"))
        if kind == "flip" and content:
            content[start] ^= 1 << chance.randrange(8)
        elif kind == "byte" and content:
            content[start] = chance.randrange(256)
        elif kind == "cut":
            del content[start : start + chance.randint(1, 40)]
        elif kind == "double":
            content[start:start] = content[start : start + chance.randint(1, 40)]
        elif kind == "hostile":
            content[start : start + chance.randint(0, 12)] = chance.choice(hostile)
        elif kind == "splice":
            other = chance.choice(seeds)
            begin = chance.randrange(max(1, len(other)))
            content[start:start] = other[begin : begin + chance.randint(1, 80)]
        elif chance.random() < 0.2:
            del content[start:]
    return bytes(content)


def page(tallies: dict[str, Tally], seed: int) -> str:
    """The tallies as a page."""
    total = sum(found.runs for found in tallies.values())
    faults = sum(len(found.faults) for found in tallies.values())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    lines = [
        "# Every reader of foreign bytes, fuzzed",
        "",
        f"`python benchmarks/fuzz.py --seed {seed} --out benchmarks/results/fuzz.md`,"
        f" {date.today()}, Python {platform.python_version()}, 2 shared cores.",
        "",
        f"{total:,} damaged files, {faults} faults: a fault is anything but reading the file or"
        f" raising `InvalidInput`, a warning, or more than {SLOW:g} CPU seconds over one file. The"
        f" process took {peak:.0f} MiB at most. Damage: bits and bytes changed, pieces cut out,"
        " doubled, replaced by hostile values or taken from another seed, ends cut off. The tests"
        " (`tests/fuzz`) search for about five seconds a reader in `make test`.",
        "",
        "| reader | seeds' name | CPU seconds | files | read | slowest (s) | faults |",
        "|---|---|---|---|---|---|---|",
    ]
    tests = _tests()
    for name, found in tallies.items():
        reader = getattr(tests.READERS[name][0], "__qualname__", "").replace("<lambda>", "")
        reader = reader or {"scores.npz": "read_scores"}.get(name, "read_table")
        lines.append(
            f"| `{reader}` | {name} | {found.seconds:.0f} | {found.runs:,} |"
            f" {100 * found.whole / max(1, found.runs):.0f} % | {found.slowest:.2f} |"
            f" {'; '.join(found.faults) or 'none'} |"
        )
    return "\n".join(lines) + "\n"


def _tests() -> Any:
    path = HERE.parent / "tests" / "fuzz" / "test_readers.py"
    spec = importlib.util.spec_from_file_location("readers_to_fuzz", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    sys.exit(main())
