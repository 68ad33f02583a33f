"""CPU seconds where nobody limits threads, beside those with one thread: `python
benchmarks/threads.py --out benchmarks/results/threads.md`.

Threads without a core of their own spin: they cost CPU seconds and give nothing. Each piece of work
runs in a process of its own, with and without OMP_NUM_THREADS=1 in turn; the least counts. Imports
are in both.
"""

import argparse
import datetime
import os
import platform
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np

import tacit
from shadow_speed import drawn
from speed import ONE_THREAD, processor
from speed_inputs import overfitted
from tacit import Outputs
from tacit.attacks import ShadowStack
from tacit.core import Signals

AIM = 1.2


def two_sides(n):
    logits, label, member = overfitted(n, 10)
    return [Outputs(logits=logits[side], label=label[side]) for side in (member, ~member)]


def quick():
    inside, outside = two_sides(25_000)
    tacit.audit(member=inside, nonmember=outside, effort="quick")


def full():
    inside, outside = two_sides(10_000)
    tacit.audit(member=inside, nonmember=outside, effort="full")


def with_columns():
    """A guesser without the model, who learns from the records' own columns."""
    inside, outside = two_sides(2_000)
    columns = np.random.default_rng(0).normal(size=(2, 2_000, 10))
    tacit.audit(member=inside, nonmember=outside, features=tuple(columns), effort="quick")


def stack():
    shadow, member = drawn(17, 20_000, 1)
    member[2::2] = ~member[1:-1:2]
    ShadowStack()(
        Signals.of(shadow[0], shadow=shadow[1:], shadow_member=member[1:], statistic="scaled_logit")
    )


WORK = {
    "quick": ("`tacit.audit`, quick, 25k + 25k x 10 logits", quick),
    "full": ("`tacit.audit`, full, 10k + 10k x 10 logits", full),
    "columns": ("`tacit.audit`, quick, 2k + 2k with 10 columns of their own", with_columns),
    "stack": ("`ShadowStack`, 16 models x 20k", stack),
}


def spent(name, environment):
    """CPU seconds of a process that does one piece of work."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, __file__, "--work", name], check=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def table(times):
    """Lines of the table."""
    free = {key: value for key, value in os.environ.items() if key not in ONE_THREAD}
    for name, (what, _) in WORK.items():
        runs = [(spent(name, free), spent(name, free | ONE_THREAD)) for _ in range(times)]
        unset, one = (min(side) for side in zip(*runs, strict=True))
        verdict = "yes" if unset <= AIM * one else "**no**"
        yield f"| {what} | {unset:.2f} | {one:.2f} | {unset / one:.2f} | {verdict} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", choices=WORK, help="do this here and now")
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    if given.work:
        WORK[given.work][1]()
        return
    load = os.getloadavg()[0]
    lines = [
        "# Threads",
        "",
        (
            f"`python benchmarks/threads.py --times {given.times}`, {datetime.date.today()},"
            f" {processor()}, {os.cpu_count()} cores, Python {platform.python_version()}, load"
            f" average {load:.0f} at the start. CPU seconds of a whole process, imports included,"
            " where no variable limits threads, and with OMP_NUM_THREADS=1 (also for OpenBLAS and"
            " MKL): in turn, the least of the runs."
        ),
        "",
        f"| work | unset | 1 thread | ratio | at most {AIM} |",
        "|---|---|---|---|---|",
    ]
    for line in table(given.times):
        print(line, flush=True)
        lines.append(line)
    if given.out:
        given.out.write_text("\n".join([*lines, ""]), encoding="utf8")


if __name__ == "__main__":
    main()
