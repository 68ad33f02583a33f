"""Speed and memory of tacit beside other libraries, as ratios: `python benchmarks/speed.py --out
benchmarks/results/speed.md`.

Every piece of work runs in a process of its own with one thread, ours and theirs in turn, several
times; the least CPU seconds count. TensorFlow Privacy runs beside us where its environment is given
(`--tf-privacy PYTHON`) or made (`--install`, about 3 GB); elsewhere the figures below, recorded on
another day on a machine of the same kind, stand in and are marked.

Lines of metrics time what a metric costs on scores that are there; lines of `tacit.audit` what
users call, from outputs to a Report. Beside the page lies a JSON with every number, for
`benchmarks/speed_compare.py` (`make bench-compare`).
"""

import argparse
import datetime
import json
import math
import os
import platform
import resource
import subprocess
import sys
import time
from pathlib import Path

from peer_environments import LeftOut, made

HERE = Path(__file__).parent
LEARNERS = ("logistic regression", "k nearest", "multilayer perceptron", "random forest")
RECORDED = {  # CPU seconds without any interval, Python 3.11
    "logits:logits_500k": ("TF Privacy", 1.1),
    "scores:5000000": ("TF Privacy", 9.7),
    "slices": ("TF Privacy", 1.4),
    "scores:25000": ("PrivacyGuard, 1,000 bootstraps", 24.0),
    "learned:logistic regression": ("TF Privacy", 3.6),
    "learned:k nearest": ("TF Privacy", 25.0),
    "learned:multilayer perceptron": ("TF Privacy", 181.0),
    "learned:random forest": ("TF Privacy", 783.0),
}
ROWS = (  # what, name, times faster that is aimed at
    ("threshold attack, every metric, 500k + 500k x 10 logits", "logits:logits_500k", 5),
    ("threshold attack, every metric, 5M + 5M scores", "scores:5000000", 12),
    ("class, correctness, percentile slices, 25k + 25k x 100, two attacks", "slices", 10),
    ("every metric, 25k + 25k scores", "scores:25000", 500),
    *((f"{name}, 25k + 25k x 10", f"learned:{name}", 1) for name in LEARNERS),
    ("gradient boosting, 25k + 25k x 10", "learned:gradient boosting", None),
    ("`tacit.audit`, 25k + 25k scores", "audit:scores:25000", None),
    ("`tacit.audit`, 5M + 5M scores", "audit:scores:5000000", None),
    ("`tacit.audit`, quick, 500k + 500k x 10 logits", "audit:quick:logits_500k", None),
    ("`tacit.audit`, quick, 25k + 25k x 100 logits", "audit:quick:slices", None),
    ("`tacit.audit`, full, 25k + 25k x 10 logits", "audit:full:logits_25k", None),
)
# A line of `tacit.audit` stands beside what the others take for their metrics of the same inputs.
SAME_INPUT = {
    "audit:scores:25000": "scores:25000",
    "audit:scores:5000000": "scores:5000000",
    "audit:quick:logits_500k": "logits:logits_500k",
    "audit:quick:slices": "slices",
}
SLOW_THEIRS = {"learned:multilayer perceptron", "learned:random forest"}
GROWTH = (10_000, 100_000, 1_000_000, 10_000_000)
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def measured(python, script, name, times):
    """The run of `name` with the least CPU time, of `times` runs."""
    runs = []
    for _ in range(times):
        command = [str(python), str(HERE / script), name]
        done = subprocess.run(
            command, capture_output=True, text=True, env=os.environ | ONE_THREAD, check=False
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
        runs.append(json.loads(done.stdout.strip().splitlines()[-1]))
    return min(runs, key=lambda run: run["cpu"])


def installed():
    """A Python with TensorFlow Privacy, made where it is missing; None where it cannot be."""
    try:
        return made("tf_privacy")
    except LeftOut as reason:
        print(f"TensorFlow Privacy is left out: {reason}", file=sys.stderr)
        return None


def child_cpu(command):
    """CPU seconds of a command, the least of 5 runs."""
    least = math.inf
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        least = min(least, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return least


def comparison(tf_privacy, times, only):
    """Lines of the table of ratios, and what was measured of ours."""
    lines, ours_of, theirs_of = [], {}, {}
    for what, name, aim in ROWS:
        if only and not any(part in name for part in only):
            continue
        print(f"{name} ...", file=sys.stderr, flush=True)
        repeats = 1 if name.startswith("learned") else times
        ours = ours_of[name] = measured(sys.executable, "speed_ours.py", name, repeats)
        same = SAME_INPUT.get(name, name)
        library, recorded = RECORDED.get(same, ("", None))
        live = tf_privacy is not None and library == "TF Privacy" and same not in SLOW_THEIRS
        if live and same not in theirs_of:
            theirs_of[same] = measured(tf_privacy, "speed_tf_privacy.py", same, repeats)
        theirs = theirs_of[same] if live else {"cpu": recorded}
        lines.append(
            line(what, name, aim, ours, theirs, library if live else f"{library} (recorded)")
        )
    return lines, ours_of


def line(what, name, aim, ours, theirs, source):
    """One line of the table of ratios."""
    area = ""
    if name.startswith("learned"):
        area = f"{ours['values'][name.partition(':')[2]]:.4f}" + (
            f" / {theirs['values']['auc']:.4f}" if "values" in theirs else ""
        )
    start = f"| {what} | {ours['cpu']:.2f} |"
    if theirs["cpu"] is None:
        return f"{start} not there | - | - | {ours['peak_mb']:.0f} MB | - | {area} |"
    ratio = theirs["cpu"] / ours["cpu"]
    # a small piece of work may stay within what the process had before
    known = ours["peak_mb"] > 0 and "peak_mb" in theirs
    memory = f"{theirs['peak_mb'] / ours['peak_mb']:.1f} x" if known else "-"
    verdict = "-" if aim is None else f"{aim} x: {'yes' if ratio >= aim else '**no**'}"
    return (
        f"{start} {source} {theirs['cpu']:.2f} | {ratio:.1f} x | {verdict} | {ours['peak_mb']:.0f}"
        f" MB | {memory} | {area} |"
    )


def growth(times):
    """Lines of the table of growth: CPU time over n log n, and memory over n, must not rise."""
    lines = []
    for total in GROWTH:
        run = measured(sys.executable, "speed_ours.py", f"scores:{total // 2}", times)
        scale = run["cpu"] / (total * math.log2(total)) * 1e9
        lines.append(
            f"| {total:,} | {run['cpu']:.3f} | {scale:.2f} | {run['peak_mb']:.0f} |"
            f" {run['peak_mb'] * 1e6 / total:.0f} |"
        )
    return lines


def starts():
    """Lines of the table of start-up times."""
    rows = (
        ("import tacit", [sys.executable, "-c", "import tacit"], 0.3),
        ("import numpy (inside the above)", [sys.executable, "-c", "import numpy"], None),
        ("tacit --help", [sys.executable, "-m", "tacit", "--help"], 0.5),
    )
    return [
        f"| {what} | {child_cpu(command):.2f} | {'-' if aim is None else f'{aim} s'} |"
        for what, command, aim in rows
    ]


def page(lines, ours, grown, started, arguments):
    """The result page."""
    big = ours.get("scores:5000000")
    sort = (
        f"5M + 5M scores with every metric: {big['cpu'] / big['sort']:.1f} x the time of sorting"
        f" them ({big['sort']:.2f} s; aim 10 x), {big['peak_mb'] / big['input_mb']:.1f} x their"
        f" memory ({big['input_mb']:.0f} MB; aim 6 x).\n"
        if big
        else ""
    )
    learned = [name for name in ours if name.startswith("learned")]
    total = sum(ours[name]["cpu"] for name in learned)
    together = (
        f"All five learned attackers, cross-fitted in five folds: {total:.0f} s (aim 60 s).\n"
    )
    head = (
        "| work | ours, CPU s | theirs, CPU s | faster | aim | our peak memory | their peak / ours"
        " | AUC ours / theirs |"
    )
    made = (
        f"{datetime.date.today().isoformat()}, {os.cpu_count()} cores, {processor()}, Python"
        f" {platform.python_version()}"
    )
    return "\n".join(
        [
            "# Speed",
            "",
            (
                f"{made}; `python benchmarks/speed.py {' '.join(arguments)}`. CPU seconds, one"
                f" thread, least of several runs, load average {os.getloadavg()[1]:.0f} (other work"
                " on the machine inflates CPU seconds, ours and theirs). Ours computes every"
                " metric with its interval and p-value; theirs computes AUC, advantage and PPV"
                " without any."
            ),
            "",
            head,
            "|---|---|---|---|---|---|---|---|",
            *lines,
            "",
            sort + (together if learned else ""),
            "## Growth",
            "",
            "Threshold attack with every metric on n scores.",
            "",
            "| n | CPU s | ns / (n log2 n) | peak MB | bytes / n |",
            "|---|---|---|---|---|",
            *grown,
            "",
            "## Start",
            "",
            "| command | CPU s | aim |",
            "|---|---|---|",
            *started,
            "",
        ]
    )


def processor():
    """What the processor calls itself."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def record(ours):
    """What was measured of ours, as plain data: seconds, beside them those of the fixed work."""
    return {
        "date": datetime.date.today().isoformat(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "work": ours,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="write the page here (printed in any case)")
    parser.add_argument(
        "--tf-privacy", type=Path, help="Python of an environment with TensorFlow Privacy"
    )
    parser.add_argument(
        "--install",
        action="store_true",
        help="make that environment in .venv (about 3 GB)",
    )
    parser.add_argument(
        "--times",
        type=int,
        default=3,
        help="runs of each piece of work; learned attackers run once",
    )
    parser.add_argument(
        "--only", nargs="*", default=[], help="only the rows whose name holds one of these"
    )
    arguments = parser.parse_args()
    tf_privacy = arguments.tf_privacy
    if arguments.install and tf_privacy is None:
        tf_privacy = installed()
    start = time.perf_counter()
    lines, ours = comparison(tf_privacy, arguments.times, arguments.only)
    grown = [] if arguments.only else growth(arguments.times)
    text = page(lines, ours, grown, [] if arguments.only else starts(), sys.argv[1:])
    print(text)
    print(f"{time.perf_counter() - start:.0f} s", file=sys.stderr)
    if arguments.out:
        arguments.out.write_text(text, encoding="utf8")
        kept = json.dumps(record(ours), indent=1) + "\n"
        arguments.out.with_suffix(".json").write_text(kept, encoding="utf8")


if __name__ == "__main__":
    main()
