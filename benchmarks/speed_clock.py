"""How a piece of work is timed in a process of its own, ours and others'."""

import contextlib
import io
import json
import sys
import time

import numpy as np

# Scores a side (few: where theirs takes n x n numbers), shadow models, their records, rows.
FULL = {"scores": 25_000, "few": 2_000, "models": 64, "records": 20_000, "rows": 1_000}
# The same work on little, before the clock starts: first calls import and allocate.
LITTLE = {"scores": 500, "few": 300, "models": 64, "records": 60, "rows": 200}


def clocked(make):
    """Do ``make(LITTLE)()``, then ``make(FULL)()``; print CPU seconds of the second and what it
    says as JSON: a dict, or a function that makes one after the clock. What the works print
    themselves is swallowed.
    """
    with contextlib.redirect_stdout(io.StringIO()):
        make(LITTLE)()
        work = make(FULL)
        start = time.process_time()
        said = work()
        spent = time.process_time() - start
        values = said() if callable(said) else said
    sys.stdout.write(json.dumps({"cpu": spent, "values": values}) + "\n")


def read_off(score, member):
    """AUC, and members found at 1 % false alarms, for those who hand out scores alone."""
    inside, outside = np.sort(score[member]), np.sort(score[~member])
    wins = np.searchsorted(outside, inside, "left") + np.searchsorted(outside, inside, "right")
    cut = outside[len(outside) - 1 - int(0.01 * len(outside))]
    return {"auc": float(wins.mean() / 2 / len(outside)), "tpr": float((inside > cut).mean())}
