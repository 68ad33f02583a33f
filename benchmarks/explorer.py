"""What the explorer claims, simulated: false claims, the coverage of what it confirms, kills, and a
real case.

    python benchmarks/explorer.py [--only STUDY] [--worlds N] [--out benchmarks/results/explorer]

- ``identical``: sixteen variants that are the same; how often is one called better?
- ``covers``: five variants, the baseline three times as vulnerable; how often does the confirmed
  interval hold the true difference between the baseline and whichever variant won?
- ``kills``: an exploration that is killed (SIGKILL) at random moments and started again.
- ``digits``: 12 networks of scikit-learn on digits with 15 % wrong labels; is the variant that wins
  nearly the best one on fresh trainings, seed after seed?
- ``one_call``: `tacit.audit(model, train=, test=, shadows=8)` on digits, training included.

Every study writes ``OUT/STUDY.json``; the page of all that are there is ``OUT.md``.
"""

import argparse
import json
import multiprocessing
import os
import signal
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import tacit
from explorer_page import page
from tacit.audits.explore import explore
from tacit.audits.steps.trials import fresh_scores
from tacit.training import shadow

Found = dict[str, Any]
N = 300
OWN = np.random.default_rng(0).normal(size=N)
# run-to-run s.d. of the leak: that of the score is then about .04, as measured on digits
SPREAD = 0.15
RUNS = 3
IDENTICAL = 16
STRENGTHS = {"now": 1.2, "mild": 0.4, "milder": 0.3, "mildest": 0.25, "mildest too": 0.25}
# fresh trainings of each variant from which the truth is known to about .003
TRUTHS = 400
KILLS, LONGEST = 100, 0.25
# fresh trainings of each network of digits: its score is then known to about .01
FRESH = 9
TOLERANCE = 0.01


def train(indices: Any, seed: int, strength: float = 1.0) -> Callable[[Any], Any]:
    """A training whose leak is `strength`, more or less from run to run."""
    rng = np.random.default_rng(seed)
    seen = OWN + rng.normal(size=N)
    seen[indices] += strength + SPREAD * rng.normal()
    return lambda rows: seen


def identical(worlds: int) -> Found:
    """How often one of sixteen equal variants is claimed to be better, and how often one wins."""
    variants: dict[str, dict[str, Any]] = {f"v{k}": {} for k in range(IDENTICAL)}
    claimed = tried = 0
    for world in range(worlds):
        found = explore(train, variants, np.arange(N), seed=1000 + world)
        tried += found.confirmed is not None
        claimed += found.confirmed is not None and found.confirmed.better
    return {
        "variants": IDENTICAL,
        "worlds": worlds,
        "confirmations": tried,
        "claimed": claimed,
    }


def covers(worlds: int) -> Found:
    """How often the confirmed interval holds the truth, over whichever variant won."""
    variants = {name: {"strength": value} for name, value in STRENGTHS.items()}
    truth = {name: _truth(value) for name, value in STRENGTHS.items()}
    held = claimed = 0
    winners: dict[str, int] = {}
    shown, raced = [], []
    for world in range(worlds):
        found = explore(train, variants, np.arange(N), seed=50_000 + world)
        if found.confirmed is None:
            continue
        change = found.confirmed.score
        true = truth["now"] - truth[found.winner]
        held += change.low <= true <= change.high
        claimed += found.confirmed.better
        winners[found.winner] = winners.get(found.winner, 0) + 1
        shown.append(change.value - true)
        point = found.comparison.point(found.winner).score
        raced.append(0.0 if point is None else point.value - truth[found.winner])
    return {
        "worlds": sum(winners.values()),
        "held": held,
        "claimed": claimed,
        "winners": winners,
        "truth": truth,
        "bias": float(np.mean(shown)),
        "bias in the race": float(np.mean(raced)),
    }


def _truth(strength: float) -> float:
    """What fresh trainings score when three earlier ones are the shadow models."""
    part = partial(train, strength=strength)
    scores = []
    for draw in range(TRUTHS // RUNS):
        taught, fresh = (
            shadow(part, np.arange(N), n=RUNS, kind="coin", seed=seed + 10_000_000)
            for seed in (2 * draw, 2 * draw + 1)
        )
        scores += fresh_scores(taught, fresh)
    return float(np.mean(scores))


def slow(indices: Any, seed: int, strength: float, log: str) -> Callable[[Any], Any]:
    """A training that takes a moment, and writes down that it began."""
    with open(log, "a", encoding="utf8") as file:
        file.write(f"{strength} {seed}\n")
    time.sleep(0.01)
    return train(indices, seed, strength)


def _explored(folder: str) -> Any:
    return explore(
        partial(slow, log=f"{folder}/log"),
        {f"v{k}": {"strength": 1.0 - 0.2 * k} for k in range(5)},
        np.arange(N),
        runs=4,
        store=f"{folder}/store",
    )


def kills(worlds: int) -> Found:
    """Kill explorations at random moments until `worlds` kills have hit; count trainings."""
    rng = np.random.default_rng(0)
    context = multiprocessing.get_context("fork")
    hit = explorations = twice = lost = different = 0
    with tempfile.TemporaryDirectory() as whole:
        expected = _untimed(_explored(whole))
    while hit < worlds:
        explorations += 1
        with tempfile.TemporaryDirectory() as folder:
            stored: set[str] = set()
            before, died = 0, 0
            while True:
                worker = context.Process(target=_explored, args=(folder,))
                worker.start()
                worker.join(float(rng.random()) * LONGEST if hit < worlds else None)
                if worker.exitcode is None and worker.pid is not None:
                    os.kill(worker.pid, signal.SIGKILL)
                    worker.join()
                    hit, died = hit + 1, died + 1
                begun = _begun(folder)
                twice += sum(line in stored for line in begun[before:])
                # the last one begun may have been in flight
                stored |= set(begun) - (set(begun[-1:]) if worker.exitcode != 0 else set())
                before = len(begun)
                if worker.exitcode == 0:
                    break
            found = _explored(folder)
            lost += len(begun) - found.n_models
            twice += found.n_trained
            different += _untimed(found) != expected
            assert lost <= hit
    return {
        "kills": hit,
        "explorations": explorations,
        "trained again after being stored": twice,
        "lost in flight": lost,
        "other results": different,
    }


def _untimed(found: Any) -> list[Any]:
    """The points of an exploration without what training took."""
    return [replace(point, seconds=None) for point in found.comparison.points]


def _begun(folder: str) -> list[str]:
    log = Path(folder, "log")
    return log.read_text().splitlines() if log.exists() else []


def digits(worlds: int) -> Found:
    """The case of real networks: twelve variants, explored anew `worlds` times, and what fresh
    trainings say of the picks.
    """
    from sklearn.datasets import load_digits
    from sklearn.neural_network import MLPClassifier

    x, y = load_digits(return_X_y=True)
    rng = np.random.default_rng(0)
    order = rng.permutation(len(y))[:1000]
    x, y = x[order] / 16, y[order].copy()
    wrong = rng.random(len(y)) < 0.15
    y[wrong] = rng.integers(0, 10, wrong.sum())
    variants = {
        f"alpha {alpha:g}, {epochs} epochs": {"alpha": alpha, "max_iter": epochs}
        for alpha in (1e-4, 0.1, 1.0)
        for epochs in (150, 80, 40, 10)
    }
    model = MLPClassifier((64,), batch_size=50, learning_rate_init=0.005, n_iter_no_change=1000)
    with _quiet():
        fresh = {name: _fresh(model, given, (x, y)) for name, given in variants.items()}
        seconds, found = [], []
        for seed in range(worlds):
            start = time.process_time()
            found.append(explore(model, variants, (x, y), tolerance=TOLERANCE, seed=seed))
            seconds.append(time.process_time() - start)
    best = max(accuracy for _, accuracy in fresh.values())
    close = [score for score, accuracy in fresh.values() if accuracy >= best - TOLERANCE]
    first = found[0].confirmed
    return {
        "models": found[0].n_models,
        "cpu_seconds": float(np.median(seconds)),
        "best_score": min(close),
        "best_accuracy": best,
        "picks": [[item.winner, *fresh[item.winner]] for item in found],
        "claimed": sum(item.confirmed is not None and item.confirmed.better for item in found),
        "confirmed": None
        if first is None
        else [first.winner, first.score.value, first.score.low, first.score.high],
        "variants": {
            point.name: [
                point.accuracy,
                0.0 if point.score is None else point.score.value,
                *fresh[point.name],
            ]
            for point in found[0].comparison.points
        },
    }


def _fresh(model: Any, given: dict[str, Any], data: Any) -> tuple[float, float]:
    """Mean score and accuracy of fresh trainings of a variant, with others as shadow models."""
    from sklearn.base import clone

    part = clone(model).set_params(**given)
    taught = shadow(part, data, n=RUNS, kind="coin", seed=77)
    fresh = shadow(part, data, n=FRESH, kind="coin", seed=78)
    return float(np.mean(fresh_scores(taught, fresh))), float(fresh.accuracy[:, 1].mean())


def one_call(worlds: int) -> Found:
    """The strongest audit of a network on digits, training included."""
    del worlds
    from sklearn.datasets import load_digits
    from sklearn.neural_network import MLPClassifier

    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))
    x, y = x[order] / 16, y[order]
    half = len(y) // 2
    with _quiet():
        model = MLPClassifier((128,), max_iter=100, random_state=0).fit(x[:half], y[:half])
        start = time.process_time()
        report = tacit.audit(
            model, train=(x[:half], y[:half]), test=(x[half:], y[half:]), shadows=8
        )
        seconds = time.process_time() - start
    return {
        "cpu_seconds": seconds,
        "training_seconds": report.environment["seconds_of_training"],
        "finding": report.finding,
        "text": str(report),
    }


def _quiet() -> Any:
    import warnings

    from sklearn.exceptions import ConvergenceWarning

    caught = warnings.catch_warnings()
    warnings.simplefilter("ignore", ConvergenceWarning)
    return caught


STUDIES: dict[str, tuple[Callable[[int], Found], int]] = {
    "identical": (identical, 400),
    "covers": (covers, 400),
    "kills": (kills, KILLS),
    "digits": (digits, 10),
    "one_call": (one_call, 1),
}


def main() -> None:
    """Run what was asked for, write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=list(STUDIES), action="append")
    parser.add_argument("--worlds", type=int)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/explorer"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for name in options.only or STUDIES:
        study, worlds = STUDIES[name]
        start = time.process_time()
        found = study(options.worlds or worlds)
        print(f"{name}: {time.process_time() - start:.1f} CPU s", flush=True)
        (options.out / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n")
    options.out.with_suffix(".md").write_text(page(options.out), encoding="utf8")


if __name__ == "__main__":
    main()
