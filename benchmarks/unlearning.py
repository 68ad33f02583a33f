"""How often exact unlearning is accused, and how often the retrained control holds one half.

python benchmarks/unlearning.py --runs 40

Digits of which 15 in 100 have a wrong label, 200 of 600 may be asked to be forgotten, 16 trees a
run, each run with records, coins and seeds of its own. "Exact" trains anew without the records,
"half" without every other one of them, "none" not at all. Kept in
`benchmarks/results/synthetic.md`.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.tree import DecisionTreeClassifier

import tacit
from tacit.metrics.intervals import clopper_pearson

N, N_FORGET, N_MODELS = 600, 200, 16
METHODS = ("exact", "half", "none")


def records(seed: int) -> tuple[Any, Any]:
    """Digits with wrong labels."""
    x, y = load_digits(return_X_y=True)
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(x))[:N]
    y = np.where(rng.random(N) < 0.15, rng.integers(0, 10, N), y[rows])
    return x[rows], y


def tree(x: Any, y: Any, seed: int) -> DecisionTreeClassifier:
    """A tree that remembers, and has chance of its own."""
    made = DecisionTreeClassifier(
        max_features="sqrt", min_samples_leaf=2, random_state=seed % 2**31
    )
    return made.fit(x, y)


def unlearner(x: Any, y: Any, method: str) -> Callable[..., Any]:
    """``unlearn_fn(model, forget, retain, seed)`` of one method."""

    def unlearn(model: Any, forget: Any, retain: Any, seed: int) -> Any:
        if method == "none":
            return model
        kept = retain if method == "exact" else np.concatenate([retain, forget[::2]])
        return tree(x[kept], y[kept], seed)

    return unlearn


def runs(method: str, number: int) -> None:
    """One line of the table."""
    began, leaks, held, left, ceiling, refused = time.process_time(), 0, 0, [], [], 0
    for seed in range(number):
        x, y = records(seed)
        report = tacit.audit_unlearning(
            DecisionTreeClassifier(max_features="sqrt", min_samples_leaf=2),
            unlearner(x, y, method),
            (x, y),
            forget=np.arange(N_FORGET),
            n=N_MODELS,
            seed=seed,
        )
        control = report.check("retrained without them").estimates[0]
        leaks += report.finding == "leak"
        refused += not report.attributable
        held += control.low <= 0.5 <= control.high
        left.append(report.check("unlearned").estimates[0].value)
        ceiling.append(report.check("no unlearning").estimates[0].value)
    low, high = clopper_pearson(held, number, level=0.95)
    took = (time.process_time() - began) / number
    areas = f"{np.mean(left):.3f} | {np.mean(ceiling):.3f}"
    print(
        f"| {method} | {number} | {leaks} | {refused} | {areas} |"
        f" {held} of {number} ({low:.1%} to {high:.1%}) | {took:.1f} |",
        flush=True,
    )


def main() -> None:
    """Run the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS)
    given = parser.parse_args()
    print(
        "| method | runs | called a leak | control failed | AUC left | AUC before |"
        " retrained models hold .5 | CPU s a run |\n|---|---|---|---|---|---|---|---|"
    )
    for method in given.methods:
        runs(method, given.runs)


if __name__ == "__main__":
    main()
