"""How often the audit of synthetic tables alarms, finds, and covers; what it costs.

python benchmarks/synthetic.py null --worlds 200
python benchmarks/synthetic.py power --worlds 100
python benchmarks/synthetic.py generators
python benchmarks/synthetic.py shadows --targets 4
python benchmarks/synthetic.py risks
python benchmarks/synthetic.py speed

Each prints a table in Markdown, with the CPU seconds that it took; they are kept in
`benchmarks/results/synthetic.md`. Peers: `benchmarks/synthetic_peers.py`.
"""

import argparse
import json
import resource
import time
from pathlib import Path
from typing import Any

import numpy as np

from synthetic_worlds import World, adult, generators
from tacit.audits.synthetic import audit_synthetic
from tacit.core.frame import Frame
from tacit.metrics.intervals import clopper_pearson
from tacit.metrics.risks import correlation, risk_limits
from tacit.signals.synthetic import SCORES, synthetic_scores
from tacit.testing.generators import Cart, Marginals

NO_LEAK, LEAK = "other rows (no leak)", "copy 10 %, cells resampled .3"


def alarms(name: str, worlds: range, n: int, n_reference: int, log: Path | None) -> None:
    """Share of worlds that are called a leak; each world is a line of `log`, so a run goes on."""
    everyone = adult()
    lines = log.read_text(encoding="utf8").splitlines() if log and log.exists() else []
    found = {line["seed"]: line for line in map(json.loads, lines)}
    for seed in worlds:
        if seed in found:
            continue
        began = time.process_time()
        world = World.drawn(everyone, n, n_reference, seed=1000 + seed)
        release = world.release(generators(world, n)[name], seed=seed)
        report = audit_synthetic(
            release, **world.sides, secrets=["income", "age", "hours_per_week"], assignment="coin"
        )
        risks = [c for c in report.checks if c.role == "risk" and c.estimate("residual risk")]
        found[seed] = {
            "seed": seed,
            "finding": report.finding,
            "refused": not report.attributable,
            "auc": report.check(report.chosen).estimate("auc").value,
            "share": report.check("share closer to members").p_value <= 0.05,
            "risks": min(c.p_adjusted for c in risks) <= 0.05,
            "seconds": time.process_time() - began,
        }
        if log:
            with log.open("a", encoding="utf8") as file:
                file.write(json.dumps(found[seed]) + "\n")
    table(name, list(found.values()))


def table(name: str, rows: list[dict[str, Any]]) -> None:
    """One line of the results, with exact limits of the first share."""
    leaks = sum(row["finding"] == "leak" for row in rows)
    low, high = clopper_pearson(leaks, len(rows), level=0.95)
    print(
        "| release | worlds | called a leak | 95 % limits | split refused | share test, p <= .05"
        " | risks, Holm p <= .05 | mean AUC of the chosen score | CPU s a world |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    means = {key: np.mean([row[key] for row in rows]) for key in rows[0] if key != "finding"}
    print(
        f"| {name} | {len(rows)} | {leaks / len(rows):.1%} | {low:.1%} to {high:.1%} |"
        f" {means['refused']:.1%} | {means['share']:.1%} | {means['risks']:.1%} |"
        f" {means['auc']:.3f} | {means['seconds']:.1f} |"
    )


def by_generator() -> None:
    """Every score on every generator, one world of 4,000 rows."""
    everyone = adult()
    world = World.drawn(everyone, 4000, 8000, seed=0)
    print("| generator | finding | share closer |", " | ".join(SCORES), "|")
    print("|---|---|---|" + "---|" * len(SCORES))
    for name, generator in generators(world, 4000).items():
        release = world.release(generator, seed=1)
        report = audit_synthetic(release, **world.sides, assignment="coin", secrets=["income"])
        share = report.check("share closer to members").estimates[0]
        areas = [c.estimate("auc") for c in report.checks if c.role == "attack"][: len(SCORES)]
        told = " | ".join(f"{a.value:.3f} [{a.low:.3f}, {a.high:.3f}]" for a in areas)
        print(f"| {name} | {report.finding} | {share.value:.3f} | {told} |")


def shadows(targets: int) -> None:
    """CART on 961 members of 2,000 rows, with and without 12 shadow generators."""
    everyone = adult()
    found: dict[str, list[float]] = {}
    for seed in range(targets):
        world = World.drawn(everyone, 2000, 8000, seed=seed, members=961)
        release = world.release(Cart(5, 4000), seed=seed)
        report = audit_synthetic(
            release,
            **{side: dict(frame.columns) for side, frame in world.sides.items()},
            generator=Cart(5, 4000),
            shadows=12,
            secrets=["income"],
            assignment="fixed_size",
        )
        for check in report.checks:
            if check.role == "attack":
                found.setdefault(check.name, []).append(check.estimate("auc").value)
    print("| attack | mean AUC | s.d. over targets |\n|---|---|---|")
    for name, values in found.items():
        spread = f"{np.std(values, ddof=1):.3f}" if len(values) > 1 else "–"
        print(f"| {name} | {np.mean(values):.3f} | {spread} |")


def risks(repetitions: int = 40_000) -> None:
    """Coverage of the residual risk's interval in 36 cells, and paired in 12."""
    rng = np.random.default_rng(0)
    print("| n a side | p0 | risk | covered | too high | too low |\n|---|---|---|---|---|---|")
    for n in (100, 500, 2000):
        for p0 in (0.02, 0.3, 0.7, 0.95):
            for risk in (0.0, 0.1, 0.3):
                counts = rng.binomial(n, [(1 - p0) * (1 - risk), 1 - p0], (repetitions, 2))
                pairs, times = np.unique(counts[counts[:, 1] > 0], axis=0, return_counts=True)
                ends = np.array([risk_limits(tuple(k), (n, n), level=0.95) for k in pairs])
                high = np.average(ends[:, 0] > risk + 1e-9, weights=times)
                low = np.average(ends[:, 1] < risk - 1e-9, weights=times)
                print(f"| {n} | {p0} | {risk} | {1 - high - low:.4f} | {high:.4f} | {low:.4f} |")
    print("\n| n pairs | p0 | risk | same outcome forced | covered |\n|---|---|---|---|---|")
    for n in (100, 500):
        for p0 in (0.05, 0.3):
            for risk in (0.0, 0.2):
                covered = [
                    _paired(rng, n, p0, risk, share) for share in (0.3,) for _ in range(2000)
                ]
                print(f"| {n} | {p0} | {risk} | .3 | {np.mean(covered):.4f} |")


def _paired(rng: np.random.Generator, n: int, p0: float, risk: float, shared: float) -> bool:
    first = rng.random(n)
    second = np.where(rng.random(n) < shared, first, rng.random(n))
    inside, outside = first < 1 - (1 - p0) * (1 - risk), second < p0
    failures = (int((~inside).sum()), int((~outside).sum()))
    link = correlation(inside, outside)
    low, high = risk_limits(failures, (n, n), link=link, level=0.95)
    return low <= risk + 1e-9 and high >= risk - 1e-9


def speed() -> None:
    """CPU seconds and memory of the scores, by number of rows."""
    everyone = adult()
    print("| real rows | release | reference | CPU s | peak memory, MB |\n|---|---|---|---|---|")
    for n, m, r in (
        (1250, 2500, 2500),
        (2500, 5000, 5000),
        (5000, 10_000, 10_000),
        (10_000, 20_000, 18_000),
    ):
        order = np.random.default_rng(0).permutation(everyone.n)
        rows, reference = everyone.take(order[:n]), everyone.take(order[n : n + r])
        made = Frame.of(Marginals(m)(everyone.take(order[n + r :]), 0))
        began = time.process_time()
        synthetic_scores(rows, made, reference)
        took = time.process_time() - began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"| {n:,} | {m:,} | {r:,} | {took:.1f} | {peak:.0f} |")


def main() -> None:
    """Run one part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "part", choices=("null", "power", "generators", "shadows", "risks", "speed")
    )
    parser.add_argument("--worlds", type=int, default=100)
    parser.add_argument("--first", type=int, default=0, help="seed of the first world")
    parser.add_argument("--log", type=Path, help="worlds that are done; a run continues there")
    parser.add_argument("--targets", type=int, default=4)
    arguments = parser.parse_args()
    began, worlds = time.process_time(), range(arguments.first, arguments.worlds)
    parts = {
        "null": lambda: alarms(NO_LEAK, worlds, 2000, 4000, arguments.log),
        "power": lambda: alarms(LEAK, worlds, 4000, 8000, arguments.log),
        "generators": by_generator,
        "shadows": lambda: shadows(arguments.targets),
        "risks": risks,
        "speed": speed,
    }
    parts[arguments.part]()
    print(f"\n{time.process_time() - began:.0f} CPU s")


if __name__ == "__main__":
    main()
