"""CPU seconds beside libraries that compute intervals: `python benchmarks/speed_peers.py
--privacy-guard PYTHON FOLDER --jax-privacy PYTHON --out benchmarks/results/speed_peers.md`.

The same 25,000 + 25,000 scores; ours and theirs in turn, each in a process of its own with one
thread, imports before the clock; the least of the runs counts. PYTHON is that of an environment
that holds the library; PrivacyGuard is not on PyPI: FOLDER is a checkout of its repository.
"""

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from speed_inputs import shifted

N, DELTA = 25_000, 1e-6
# Their default is 1,000, which takes ten times as long.
RESAMPLED = 100
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def privacy_guard(members, others):
    """Its analysis of scores: rates, AUC and epsilon, each with bootstrapped limits."""
    import pandas as pd
    from privacy_guard.analysis.mia.aggregate_analysis_input import (
        AggregateAnalysisInput,
        AggregationType,
    )
    from privacy_guard.analysis.mia.analysis_node import AnalysisNode

    users = [str(number) for number in range(2 * N)]
    sides = [
        pd.DataFrame({"user_id": names, "score": side.astype(np.float64)})
        for names, side in ((users[:N], members), (users[N:], others))
    ]

    def work():
        read = AggregateAnalysisInput(AggregationType.MAX, *sides, user_id_key="user_id")
        node = AnalysisNode(
            read, delta=DELTA, n_users_for_eval=N, num_bootstrap_resampling_times=RESAMPLED
        )
        return node.run_analysis()

    return work


def jax_privacy(members, others, *, which):
    """One number of its auditor with bootstrapped limits, or its Clopper-Pearson bound."""
    from jax_privacy.auditing import Bonferroni, BootstrapParams, CanaryScoreAuditor

    auditor = CanaryScoreAuditor(members, others)
    resampled = BootstrapParams(num_samples=RESAMPLED, seed=0)
    works = {
        "auc": lambda: auditor.attack_auroc(bootstrap_params=resampled),
        "tpr": lambda: auditor.tpr_at_given_fpr(fpr=0.01, bootstrap_params=resampled),
        "bound": lambda: auditor.epsilon_clopper_pearson(
            0.05, DELTA, threshold_strategy=Bonferroni()
        ),
    }
    return works[which]


def ours(members, others, *, which):
    """The same of ours."""
    import tacit
    from speed_ours import every_metric
    from tacit.dp import epsilon_lower_bound
    from tacit.metrics import auc, tpr_at_fpr

    evidence = tacit.Evidence.of(np.concatenate([members, others]), np.arange(2 * N) < N)
    works = {
        "all": lambda: every_metric(evidence),
        "auc": lambda: auc(evidence),
        "tpr": lambda: tpr_at_fpr(evidence, 0.01),
        "bound": lambda: epsilon_lower_bound(evidence, delta=DELTA),
    }
    return works[which]


ROWS = (  # what, ours, whose, theirs
    (f"rates, AUC and bounds, {RESAMPLED} resamplings", "all", "privacy_guard", ""),
    (f"AUC with limits, {RESAMPLED} resamplings", "auc", "jax_privacy", "auc"),
    (f"TPR at 1 % with limits, {RESAMPLED} resamplings", "tpr", "jax_privacy", "tpr"),
    ("lower bound of epsilon", "bound", "jax_privacy", "bound"),
)


def timed(library, which):
    """Do one piece of work here and print its CPU seconds."""
    makers = {"privacy_guard": privacy_guard, "jax_privacy": jax_privacy, "ours": ours}
    settings = {"which": which} if which else {}
    work = makers[library](*shifted(N), **settings)
    start = time.process_time()
    work()
    print(json.dumps({"cpu": time.process_time() - start}))


def spent(python, library, which, folder=None):
    """CPU seconds of one piece of work in a process of its own."""
    command = [str(python), __file__, "--work", f"{library}:{which}"]
    environment = os.environ | ONE_THREAD
    if folder is not None:
        environment["PYTHONPATH"] = str(folder)
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])["cpu"]


def table(pythons, times):
    """Lines of the table, of the libraries that were given."""
    for what, mine, library, which in ROWS:
        if library not in pythons:
            continue
        python, *folder = pythons[library]
        runs = [
            (spent(sys.executable, "ours", mine), spent(python, library, which, *folder))
            for _ in range(times)
        ]
        own, theirs = (min(side) for side in zip(*runs, strict=True))
        yield f"| {what} | {library} | {own:.4f} | {theirs:.3f} | {theirs / own:.0f} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", help="do this here and now")
    parser.add_argument("--privacy-guard", nargs=2, metavar=("PYTHON", "FOLDER"))
    parser.add_argument("--jax-privacy", nargs=1, metavar="PYTHON")
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    if given.work:
        timed(*given.work.split(":"))
        return
    asked = {"privacy_guard": given.privacy_guard, "jax_privacy": given.jax_privacy}
    pythons = {name: value for name, value in asked.items() if value}
    from speed import processor

    lines = [
        "# Beside libraries that compute intervals",
        "",
        (
            f"`python benchmarks/speed_peers.py`, {datetime.date.today()}, {processor()},"
            f" {os.cpu_count()} cores, Python {platform.python_version()}, load average"
            f" {os.getloadavg()[0]:.0f}. CPU seconds for {N:,} + {N:,} scores, one thread, ours and"
            f" theirs in turn, the least of {given.times}; imports are not counted."
        ),
        "",
        "| work | theirs is of | ours | theirs | times |",
        "|---|---|---|---|---|",
    ]
    for line in table(pythons, given.times):
        print(line, flush=True)
        lines.append(line)
    if given.out:
        given.out.write_text("\n".join([*lines, ""]), encoding="utf8")


if __name__ == "__main__":
    main()
