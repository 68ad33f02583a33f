"""CPU seconds beside other libraries, on the same arrays: `python benchmarks/speed_peers.py
--install --checkout leakpro=FOLDER --checkout privacy_guard=FOLDER --out PAGE`.

Ours and theirs in turn, each piece of work in a process of its own with one thread; imports and a
first run on little come before the clock; the least of the runs counts. Each library has an
environment of its own: made from `benchmarks/environments` (`--install`) or named (`--python
jax_privacy=PYTHON`). What no package index has needs a checkout of its repository. What is left out
is said, and why. Beside the page lies a JSON with every run.
"""

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import peer_environments
from peer_environments import LeftOut
from speed import ONE_THREAD, processor
from speed_clock import FULL

HERE = Path(__file__).parent
INSTALLED = {  # library -> its name on the package index
    "jax_privacy": "jax-privacy",
    "tf_privacy": "tensorflow-empirical-privacy",
    "memaudit": "memaudit",
    "anonymeter": "anonymeter",
}
CHECKOUTS = {  # library -> the variable that names the checkout, and where it comes from
    "privacy_guard": ("PYTHONPATH", "github.com/facebookresearch/PrivacyGuard"),
    "leakpro": ("LEAKPRO", "github.com/aidotse/LeakPro"),
}
ROWS = (  # what, ours, whose, theirs
    ("scores: rates, AUC, epsilon (theirs: 100 resamplings)", "all", "privacy_guard", "analysis"),
    ("the same, a whole `tacit.audit`", "audit", "privacy_guard", "analysis"),
    ("scores: AUC with limits (theirs: 100 resamplings)", "auc", "jax_privacy", "auc"),
    ("scores: TPR at 1 % with limits (theirs: 100 resamplings)", "tpr", "jax_privacy", "tpr"),
    ("scores: lower bound of epsilon", "bound", "jax_privacy", "bound"),
    ("scores: epsilon of one run (theirs: Steinke)", "one_run", "jax_privacy", "one_run"),
    ("scores: epsilon of one run (theirs: f-DP)", "one_run", "jax_privacy", "one_run_fdp"),
    ("scores: threshold attack (theirs: no limits)", "all", "tf_privacy", "scores"),
    ("scores: summary (theirs: no limits)", "all", "leakpro", "summary"),
    ("the same, a whole `tacit.audit`", "audit", "leakpro", "summary"),
    ("scores of a population: Attack P", "population", "leakpro", "population"),
    ("scores of canaries, few", "few", "memaudit", "statistics"),
    ("LiRA, a variance a record, from logits", "lira", "leakpro", "lira"),
    ("LiRA, a variance a record, from logits", "lira", "tf_privacy", "lira"),
    ("LiRA, one variance for all, from logits", "lira_fixed", "leakpro", "lira_fixed"),
    ("RMIA, from logits", "rmia", "leakpro", "rmia"),
    ("RMIA (theirs: from probabilities)", "rmia", "privacy_guard", "rmia"),
    ("BASE, from logits", "base", "leakpro", "base"),
    ("synthetic table: three risks", "risks", "anonymeter", "risks"),
)
# What stands below this line of the page was written by hand and is kept.
BY_HAND = "## Where the answers differ"


@dataclass(frozen=True)
class Peer:
    """A library that can be run: its Python, what its processes need, and which version it is."""

    python: str
    environment: dict
    version: str


def peer(name, pythons, checkouts, *, install):
    """The library `name`.

    Raises
    ------
    LeftOut : there is no checkout or no environment of it.
    """
    # without ours: numba, below anonymeter, would import what is called `coverage` there
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    if name in CHECKOUTS:
        variable, source = CHECKOUTS[name]
        if name not in checkouts:
            raise LeftOut(f"no package of it; give `--checkout {name}=FOLDER` of {source}")
        environment[variable] = checkouts[name]
    if name not in pythons and not install:
        raise LeftOut(f"give `--python {name}=PYTHON`, or `--install`")
    python = str(pythons[name] if name in pythons else peer_environments.made(name))
    if name in CHECKOUTS:
        version = f"at {peer_environments.commit(checkouts[name])}"
    else:
        version = peer_environments.version(python, INSTALLED[name])
    return Peer(python, environment, version)


def run(python, script, name, environment):
    """One run of a piece of work: its CPU seconds, and what it says."""
    command = [str(python), str(HERE / script), name]
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment | ONE_THREAD, check=False
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:]
        raise LeftOut(f"`{name}` failed: {''.join(last)}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def theirs(found, library, which):
    """One run of theirs."""
    if library == "leakpro":
        return run(found.python, "speed_leakpro.py", which, found.environment)
    return run(found.python, "speed_peers_theirs.py", f"{library}:{which}", found.environment)


def measured(rows, peers, times):
    """All runs of each piece of work, ours by name and theirs by library and name, in turn."""
    ours_of, theirs_of, left_out = {}, {}, {}
    for number in range(times):
        for _, mine, library, which in rows:
            print(f"{number + 1}: {mine}, {library}:{which}", file=sys.stderr, flush=True)
            own, other = ours_of.setdefault(mine, []), theirs_of.setdefault((library, which), [])
            if len(own) == number:
                own.append(run(sys.executable, "speed_peers_ours.py", mine, dict(os.environ)))
            if len(other) == number and f"{library}:{which}" not in left_out:
                try:
                    other.append(theirs(peers[library], library, which))
                except LeftOut as reason:
                    left_out[f"{library}:{which}"] = str(reason)
    return ours_of, theirs_of, left_out


def least(runs):
    """The run with the least CPU seconds."""
    return min(runs, key=lambda one: one["cpu"])


def answers(values):
    """What a piece of work says, short; a number alone needs no name."""
    if list(values) == ["value"]:
        return shown(values["value"])
    return ", ".join(f"{key} {shown(value)}" for key, value in values.items())


def shown(value):
    """One number, several, or a word."""
    if isinstance(value, list):
        return " to ".join(shown(one) for one in value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def lines_of(record):
    """The table and what was left out."""
    for row in record["rows"]:
        own, other = least(row["ours"]), least(row["theirs"])
        ratio = other["cpu"] / own["cpu"]
        yield (
            f"| {row['work']} | {row['library']} | {own['cpu']:.4f} | {other['cpu']:.4f} |"
            f" {ratio:.{0 if ratio >= 10 else 1 if ratio >= 1 else 2}f} | {answers(own['values'])}"
            f" | {answers(other['values'])} |"
        )
    yield ""
    yield "Libraries: " + "; ".join(f"{k} {v}" for k, v in record["libraries"].items()) + "."
    if record["left_out"]:
        yield ""
        yield from (f"- Not run: {name}: {why}" for name, why in record["left_out"].items())


def page(record, command):
    """The result page down to what was written by hand."""
    size = record["sizes"]
    return "\n".join(
        [
            "# Beside other libraries, live",
            "",
            (
                f"`{command}`, {record['date']}, {record['processor']}, {record['cores']} cores,"
                f" Python {record['python']}, load average {record['load'][0]:.1f} at the start,"
                f" {record['load'][1]:.1f} at the end. CPU seconds, one thread, ours and theirs in"
                f" turn, the least of {record['times']}; imports and a first run on little are not"
                f" counted. {size['scores']:,} + {size['scores']:,} scores ({size['few']:,} +"
                f" {size['few']:,} of canaries); logits of a target and {size['models']} shadow"
                f" models on {size['records']:,} records of 10 classes; tables of {size['rows']:,}"
                f" rows, {size['rows'] // 2} guesses a side. Of scores ours computes twelve"
                " metrics, each with its limits and p-value, where not one number alone is asked."
            ),
            "",
            "| work | theirs is of | ours | theirs | times | ours says | theirs says |",
            "|---|---|---|---|---|---|---|",
            *lines_of(record),
            "",
        ]
    )


def named(pairs):
    """``NAME=VALUE`` as a dict."""
    return dict(pair.split("=", 1) for pair in pairs)


def arguments():
    """What was asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--install", action="store_true", help="make environments (gigabytes)")
    parser.add_argument("--python", action="append", default=[], metavar="NAME=PYTHON")
    parser.add_argument("--checkout", action="append", default=[], metavar="NAME=FOLDER")
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=[], help="libraries")
    parser.add_argument("--out", type=Path)
    return parser.parse_args()


def main():
    given = arguments()
    pythons, checkouts = named(given.python), named(given.checkout)
    peers, left_out = {}, {}
    for name in dict.fromkeys(library for _, _, library, _ in ROWS):
        if given.only and name not in given.only:
            continue
        try:
            peers[name] = peer(name, pythons, checkouts, install=given.install)
        except LeftOut as reason:
            left_out[name] = str(reason)
            print(f"{name} is left out: {reason}", file=sys.stderr, flush=True)
    rows = [row for row in ROWS if row[2] in peers]
    before = os.getloadavg()[0]
    ours_of, theirs_of, failed = measured(rows, peers, given.times)
    record = {
        "date": datetime.date.today().isoformat(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load": [before, os.getloadavg()[0]],
        "times": given.times,
        "sizes": FULL,
        "libraries": {name: found.version for name, found in peers.items()},
        "left_out": left_out | failed,
        "rows": [
            {
                "work": what,
                "library": library,
                "ours": ours_of[mine],
                "theirs": theirs_of[library, which],
            }
            for what, mine, library, which in rows
            if theirs_of[library, which]
        ],
    }
    # what is on this machine only is not told
    told = ["--install" if given.install else "--python ..."]
    told += [f"--checkout {name}=FOLDER" for name in checkouts]
    text = page(record, f"python benchmarks/speed_peers.py --times {given.times} {' '.join(told)}")
    print(text)
    if given.out:
        old = given.out.read_text(encoding="utf8") if given.out.exists() else ""
        kept = "".join(old.partition(BY_HAND)[1:])
        given.out.write_text(f"{text}\n{kept}" if kept else text, encoding="utf8")
        given.out.with_suffix(".json").write_text(json.dumps(record, indent=1) + "\n", "utf8")


if __name__ == "__main__":
    main()
