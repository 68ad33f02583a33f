"""What scoring with shadow models costs: 256 models x 50,000 records x 2 queries, the stack, and
growth from a memory map.

OMP_NUM_THREADS=1 python benchmarks/shadow_speed.py [--folder /tmp] [--largest-gib 2]
"""

import argparse
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from tacit.attacks import BASE, RMIA, BaVarIA, EBLiRA, LiRA, ShadowStack, shadow_scores
from tacit.attacks.rmia import share
from tacit.core import Signals

# CPU seconds of others on the same arrays, as recorded on 2026-11-23 (Python 3.11, NumPy 2.4); one
# query unless said otherwise
OTHERS = {
    "LiRA": {
        "TF Privacy (two queries)": 12.1,
        "LeakPro": 4.8,
        "SACRO-ML": 26.5,
        "PrivacyGuard": 0.74,
    },
    "RMIA once the ratios are there": {"Privacy Meter": 0.47, "LeakPro": 1.4, "PrivacyGuard": 1.8},
}
REPEATS = 3


def drawn(models, n, queries, seed=0):
    """A hierarchy of records as float32 (models, n, queries), and who is in."""
    rng = np.random.default_rng(seed)
    centre, move = (
        rng.normal(2, 2, n).astype(np.float32),
        np.exp(rng.normal(-0.3, 0.9, n)).astype(np.float32),
    )
    member = rng.random((models, n)) < 0.5
    shadow = rng.standard_normal((models, n, queries), dtype=np.float32)
    shadow += (centre + member * move)[..., None]
    return shadow, member


def cpu(work):
    """Least CPU seconds of some runs."""
    spent = []
    for _ in range(REPEATS):
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return min(spent)


def row(what, seconds, target, others=None):
    """One line of the table."""
    ratios = ", ".join(f"{name} {theirs / seconds:.0f}x" for name, theirs in (others or {}).items())
    return f"| {what} | {seconds:.3f} | {target} | {ratios} |"


def small_table():
    """256 models x 50,000 records x 2 queries."""
    shadow, member = drawn(257, 50_000, 2)
    signals = Signals.of(
        shadow[0], shadow=shadow[1:], shadow_member=member[1:], statistic="scaled_logit"
    )
    ratio, population = (
        np.random.default_rng(1).normal(size=50_000),
        np.random.default_rng(2).normal(size=10_000),
    )
    return [
        row(
            "LiRA, per record",
            cpu(lambda: LiRA(variance="per_record")(signals)),
            "0.25",
            OTHERS["LiRA"],
        ),
        row("LiRA, within", cpu(lambda: LiRA()(signals)), "0.25"),
        row("EB-LiRA", cpu(lambda: EBLiRA()(signals)), "0.5"),
        row("BaVarIA-t", cpu(lambda: BaVarIA(variant="t")(signals)), ""),
        row("BASE", cpu(lambda: BASE()(signals)), ""),
        row(
            "RMIA once the ratios are there (10,000 population points)",
            cpu(lambda: share(ratio, population, gamma=1.0)),
            "0.02",
            OTHERS["RMIA once the ratios are there"],
        ),
        row("RMIA, everything", cpu(lambda: RMIA()(signals)), ""),
        row(
            "LiRA, all 256 shadow models as targets",
            cpu(lambda: shadow_scores(LiRA(), signals)),
            "",
        ),
    ]


def stack_line():
    """16 models x 50,000 records."""
    shadow, member = drawn(17, 50_000, 1)
    member[2::2] = ~member[1:-1:2]
    signals = Signals.of(
        shadow[0], shadow=shadow[1:], shadow_member=member[1:], statistic="scaled_logit"
    )
    start = time.process_time()
    ShadowStack()(signals)
    return row("shadow stack, 16 models x 50,000 records", time.process_time() - start, "20")


def peak_memory(work):
    """Peak resident memory of a process that scores 256 models from memory, in sizes of the input,
    with the input.
    """
    code = (
        "import resource, sys, numpy as np; sys.path.insert(0, sys.argv[1]);from shadow_speed"
        " import drawn; from tacit.attacks import EBLiRA, LiRA, ShadowStack; from tacit.core"
        " import Signals;from sklearn.ensemble import HistGradientBoostingClassifier; from"
        " tacit.attacks.reference.in_out import Worlds;shadow, member = drawn(256, 50_000, 2);"
        " member[1::2] = ~member[::2];signals = Signals.of(shadow[0], shadow=shadow,"
        " shadow_member=member);before = int(open('/proc/self/statm').read().split()[1]) *"
        f" resource.getpagesize();open('/proc/self/clear_refs', 'w').write('5');{work};peak ="
        " [int(l.split()[1]) * 1024 for l in open('/proc/self/status') if"
        " l.startswith('VmHWM')][0];print((peak - before) / shadow.nbytes + 1)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(Path(__file__).parent)],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(run.stdout)


def memory_line():
    """What the attacks need beside the input."""
    single, stack = (
        peak_memory("LiRA()(signals); EBLiRA()(signals)"),
        peak_memory("ShadowStack()(signals)"),
    )
    return (
        f"Peak memory of LiRA and EB-LiRA: {single:.2f} x the input, of the stack {stack:.2f} x"
        " (target 1.5)."
    )


def growth(folder, largest):
    """CPU seconds from a memory map, doubling until the file has `largest` GiB."""
    lines = ["| models x records | GiB | LiRA, CPU s | ns a value |", "|---|---|---|---|"]
    for models, n in (
        (64, 100_000),
        (128, 200_000),
        (256, 400_000),
        (512, 800_000),
        (1000, 1_000_000),
    ):
        size = models * n * 4 / 2**30
        if size > largest:
            lines.append(f"| {models} x {n:,} | {size:.2f} | not run: above --largest-gib | |")
            continue
        path = folder / "tacit-speed.npy"
        member = _written(path, models, n)
        mapped = np.load(path, mmap_mode="r")
        rng = np.random.default_rng(0)
        start = time.process_time()
        signals = Signals.of(
            rng.normal(size=n).astype(np.float32), shadow=mapped, shadow_member=member
        )
        LiRA()(signals)
        seconds = time.process_time() - start
        lines.append(
            f"| {models} x {n:,} | {size:.2f} | {seconds:.2f} | {1e9 * seconds / models / n:.1f} |"
        )
        del signals, mapped
        path.unlink()
    return lines


def _written(path, models, n):
    out = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(models, n))
    rng = np.random.default_rng(0)
    member = np.empty((models, n), bool)
    for k in range(models):
        member[k] = rng.random(n, dtype=np.float32) < 0.5
        out[k] = rng.standard_normal(n, dtype=np.float32) + member[k]
    out.flush()
    return member


def main():
    """Measure, print and keep the results."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=Path("/tmp"))
    parser.add_argument("--largest-gib", type=float, default=2.0)
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent / "results" / "shadow_speed.md"
    )
    args = parser.parse_args()
    command = (
        f"OMP_NUM_THREADS=1 python benchmarks/shadow_speed.py --largest-gib {args.largest_gib:g}"
    )
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, NumPy {np.__version__}"
    head = [
        "# What scoring with shadow models costs",
        "",
        f"Command: `{command}`. {time.strftime('%Y-%m-%d')}, {machine}.",
        (
            f"CPU seconds, least of {REPEATS} runs; the machine was shared with other work, which"
            " makes them larger, not smaller."
        ),
        "",
        (
            "256 models x 50,000 records x 2 queries, float32. The last column: CPU seconds of"
            " other libraries recorded on arrays of"
        ),
        "the same size, divided by ours; theirs are for one query where not said otherwise.",
        "",
        "| work | CPU s | target | others / ours |",
        "|---|---|---|---|",
    ]
    tail = [
        "",
        memory_line(),
        "",
        "## Growth, from a memory map",
        "",
        *growth(args.folder, args.largest_gib),
    ]
    text = [*head, *small_table(), stack_line(), *tail]
    args.out.write_text("\n".join(text) + "\n")
    print("\n".join(text))


if __name__ == "__main__":
    main()
