"""How `tacit.audit` grows with records, classes, slices and shadow models: CPU seconds and memory.

    OMP_NUM_THREADS=1 python benchmarks/growth.py [--largest 1e7] [--out PATH.md]

Each line is a process of its own. Time is beside `np.sort` of the same scores in the same process,
memory is what the process took at most beyond its inputs, in sizes of the inputs. `--out` writes
the page, and the numbers beside it as JSON.
"""

import argparse
import datetime
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import tacit

# Of a small audit most is a start that does not grow, so its price for a record says nothing.
FEWEST = 1_000_000
# So many records are read from files.
MAPPED = 100_000_000
# A line is left out where its inputs this many times over would not fit into free memory.
TIMES_FREE = 8


def losses(n: int) -> dict[str, float]:
    """Scores alone: `n` records in all, half of them members; from memory maps where they are very
    many.
    """
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        member, other = (
            _drawn(rng, scale, n // 2, Path(folder, f"{scale}.npy") if n >= MAPPED else None)
            for scale in (0.95, 1.0)
        )
        return _measured(
            lambda: tacit.audit(
                member=tacit.Outputs(loss=member), nonmember=tacit.Outputs(loss=other)
            ),
            np.concatenate([member, other]),
            member.nbytes + other.nbytes,
        )


def _drawn(rng: np.random.Generator, scale: float, n: int, path: Path | None) -> np.ndarray:
    """Losses float32 (n,), drawn in parts; a memory map at `path` where one is given."""
    made = (
        np.empty(n, np.float32)
        if path is None
        else np.lib.format.open_memmap(path, "w+", np.float32, (n,))
    )
    for start in range(0, n, FEWEST):
        made[start : start + FEWEST] = rng.gamma(1, scale, len(made[start : start + FEWEST]))
    return made if path is None else np.load(path, mmap_mode="r")


def classes(k: int) -> dict[str, float]:
    """Logits of `k` classes, 4 million numbers in all, or of 200 records a side."""
    rng = np.random.default_rng(0)
    n = max(200, 2_000_000 // k)
    sides = []
    for shift in (0.2, 0.0):
        label = rng.integers(0, k, n)
        logits = rng.standard_normal((n, k), dtype=np.float32)
        logits[np.arange(n), label] += 2 + shift
        sides.append(tacit.Outputs(logits=logits, label=label))
    size = sum(side.logits.nbytes for side in sides)
    return _measured(
        lambda: tacit.audit(member=sides[0], nonmember=sides[1], effort="quick"),
        sides[0].logits.ravel(),
        size,
    )


def slices(count: int) -> dict[str, float]:
    """A column of `count` values on 400,000 losses."""
    rng = np.random.default_rng(0)
    n = 200_000
    member, other = (rng.gamma(1, scale, n).astype(np.float32) for scale in (0.95, 1.0))
    column = tuple(np.array([f"v{i}" for i in rng.integers(0, count, n)]) for _ in range(2))
    return _measured(
        lambda: tacit.audit(
            member=tacit.Outputs(loss=member),
            nonmember=tacit.Outputs(loss=other),
            slices={"column": column},
        ),
        np.concatenate([member, other]),
        member.nbytes + other.nbytes,
    )


def models(count: int) -> dict[str, float]:
    """LiRA with `count` shadow models on 20,000 records."""
    rng = np.random.default_rng(0)
    order = rng.random((count, 20_000)).argsort(axis=0)
    member = np.concatenate([rng.random((1, 20_000)) < 0.5, order < count // 2])
    signal = rng.standard_normal(member.shape, dtype=np.float32) + member
    signals = tacit.Signals.of(
        signal[0], shadow=signal[1:], shadow_member=member[1:], statistic="scaled_logit"
    )
    attack = tacit.attacks.LiRA()
    return _measured(lambda: attack(signals), signal.ravel(), signal.nbytes)


KINDS: dict[str, tuple[Callable[[int], dict[str, float]], tuple[int, ...]]] = {
    "records (losses)": (losses, (10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)),
    "classes (4 million logits, quick)": (classes, (10, 100, 1_000, 10_000, 100_000)),
    "values of a slice column (400,000 losses)": (slices, (10, 100, 1_000, 10_000)),
    "shadow models (LiRA, 20,000 records)": (models, (4, 16, 64, 256, 1_000)),
}


def _measured(work: Callable[[], object], scores: np.ndarray, size: int) -> dict[str, float]:
    """CPU seconds of `work`, of a sort of `scores`, and peak memory in sizes of the input."""
    tacit.audit(member=tacit.Outputs(loss=[1.0] * 9), nonmember=tacit.Outputs(loss=[2.0] * 9))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    work()
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    np.sort(scores)
    sort = time.process_time() - start
    return {
        "seconds": seconds,
        "sort": sort,
        "memory": (peak - before) * 1024 / size,
        "mebibytes": (peak - before) / 1024,
    }


def _apart(kind: str, count: int) -> dict[str, float]:
    """One measurement in a process of its own."""
    command = [sys.executable, __file__, "--one", kind, str(count)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def table(largest: float) -> tuple[str, list[dict[str, object]]]:
    """The page, and its numbers."""
    numbers: list[dict[str, object]] = []
    lines = [
        "# Growth",
        "",
        f"`OMP_NUM_THREADS=1 python benchmarks/growth.py --largest {largest:g}`,"
        f" {datetime.date.today()}, Python {platform.python_version()}, NumPy {np.__version__},"
        f" {processor()}.",
        "",
        "CPU seconds of the whole call, beside `np.sort` of the same numbers in the same process;"
        " memory beyond the inputs, in MiB and in sizes of the inputs. What is imported once is not"
        " counted.",
        "",
        f"Load average {os.getloadavg()[1]:.0f} on {os.cpu_count()} cores at the start: other work"
        " inflates CPU seconds. The largest audit of losses reads memory maps.",
    ]
    for kind, (_, counts) in KINDS.items():
        lines += [
            "",
            f"## {kind[0].upper()}{kind[1:]}",
            "",
            "| number | CPU s | times `np.sort` | MiB | times the input |",
            "|---|---|---|---|---|",
        ]
        for count in counts:
            if count > largest:
                continue
            if kind.startswith("records") and TIMES_FREE * 4 * count > _free():
                lines.append(f"| {count:,} | not run: too little free memory | | | |")
                continue
            found = _apart(kind, count)
            numbers.append({"kind": kind, "count": count, **found})
            ratio = f"{found['seconds'] / found['sort']:.0f}" if count >= FEWEST else ""
            lines.append(
                f"| {count:,} | {found['seconds']:.2f} | {ratio} | {found['mebibytes']:.0f} |"
                f" {found['memory']:.1f} |"
            )
            print(lines[-1], flush=True)
    return "\n".join(lines) + "\n", numbers


def _free() -> float:
    """Bytes of memory that are free, where the system tells it."""
    path = Path("/proc/meminfo")
    text = path.read_text(encoding="utf8") if path.exists() else ""
    found = [line.split()[1] for line in text.splitlines() if line.startswith("MemAvailable")]
    return int(found[0]) * 1024 if found else float("inf")


def processor() -> str:
    """The processor's name, where the system tells it."""
    path = Path("/proc/cpuinfo")
    text = path.read_text(encoding="utf8") if path.exists() else ""
    names = [line.partition(":")[2].strip() for line in text.splitlines() if "model name" in line]
    return names[0] if names else platform.processor() or platform.machine()


def main() -> None:
    """Run from the command line."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--largest", type=float, default=1e7)
    options.add_argument("--out", type=Path)
    options.add_argument("--one", nargs=2, metavar=("KIND", "NUMBER"), help=argparse.SUPPRESS)
    arguments = options.parse_args()
    if arguments.one:
        kind, count = arguments.one
        print(json.dumps(KINDS[kind][0](int(count))))
        return
    text, numbers = table(arguments.largest)
    if arguments.out:
        arguments.out.write_text(text, encoding="utf8")
        about = {"date": str(datetime.date.today()), "processor": processor(), "lines": numbers}
        content = json.dumps(about, indent=1) + "\n"
        arguments.out.with_suffix(".json").write_text(content, encoding="utf8")


if __name__ == "__main__":
    main()
