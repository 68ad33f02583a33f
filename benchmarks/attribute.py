"""What the audit of attribute inference says where the truth is known, and of a forest on Adult.

python benchmarks/attribute.py planted --secret class --worlds 200 --log class.jsonl
python benchmarks/attribute.py planted --secret number --worlds 100 --log number.jsonl
python benchmarks/attribute.py planted --secret constant --worlds 20
python benchmarks/attribute.py planted --secret class --share 0 --worlds 200 --log null.jsonl
python benchmarks/attribute.py adult

A planted model gives away the secret of a known share of its training records and knows nothing
of anybody else. Results: `benchmarks/results/attribute.md`.
"""

import argparse
import csv
import gzip
import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import tacit
from tacit.metrics.intervals import clopper_pearson

SHARED = Path(os.environ.get("TACIT_SHARED", Path(__file__).parents[1].parent / "shared"))
NUMBERS = ("age", "education_num", "capital_gain", "capital_loss", "hours_per_week")
Floats = NDArray[np.float64]


def people(n: int, secret: str, rng: np.random.Generator) -> Floats:
    """Two columns that tell a little about a third."""
    age, ward = rng.normal(50, 12, n), rng.integers(0, 4, n)
    if secret == "constant":
        return np.column_stack([age, ward, np.ones(n)])
    if secret == "number":
        # nine values, all of which are among the quantiles that a quantity is guessed among
        amount = np.clip(np.round(0.1 * (age - 50) + 2 * rng.normal(size=n)), -4, 4)
        return np.column_stack([age, ward, amount])
    lean, draw = np.clip((age - 50) / 30, -0.4, 0.4), rng.random(n)
    illness = np.where(draw < 0.6 - lean, 0, np.where(draw < 0.9, 1, 2))
    return np.column_stack([age, ward, illness])


def planted(secret: str, share: float, rows: int, seed: int) -> dict[str, Any]:
    """One world: what was found, and whether the interval holds the share that was planted."""
    rng = np.random.default_rng([seed, rows, ("class", "number", "constant").index(secret)])
    sides = [people(n, secret, rng) for n in (rows, rows, rows)]
    told = rng.random(rows) < share
    known = {row[0]: row[2] for row in sides[0][told]}

    def model(batch: Floats) -> Floats:
        """Surer of the label the nearer a told record is shown with its own secret."""
        off = np.array([abs(known.get(row[0], np.inf) - row[2]) for row in batch])
        return np.where(np.isfinite(off), 0.97 * np.exp(-10 * off**2), 0.05) + 1e-3

    pairs = [(x, np.ones(len(x), int)) for x in sides]
    began = time.process_time()
    report = tacit.audit_attribute(
        model,
        secret=2,
        train=pairs[0],
        test=pairs[1],
        reference=pairs[2],
        kind="number" if secret == "number" else "class",
    )
    gain = report.check("prior and model").estimate("relative excess")
    found: dict[str, Any] = {"seed": seed, "finding": report.finding}
    found["baseline"] = report.checks[0].estimate("accuracy, members").value
    if gain is not None:
        found |= {"value": gain.value, "high": share < gain.low, "low": share > gain.high}
    return found | {"seconds": time.process_time() - began}


def table(secret: str, share: float, rows: int, worlds: list[dict[str, Any]]) -> None:
    """One line of the results."""
    n, measured = len(worlds), [world for world in worlds if "value" in world]
    leaks = sum(world["finding"] == "leak" for world in worlds)
    print(
        "| secret | planted | records a side | worlds | called a leak (exact 95 % limits) | mean"
        " share found | interval holds the share | too high, too low | guessed right without the"
        " model | CPU s a world |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    low, high = clopper_pearson(leaks, n, level=0.95)
    mean = {key: np.mean([world[key] for world in worlds]) for key in ("baseline", "seconds")}
    cells = ["–"] * 3
    if measured:
        missed = [sum(world[end] for world in measured) for end in ("high", "low")]
        cells = [
            f"{np.mean([world['value'] for world in measured]):.3f}",
            f"{len(measured) - sum(missed)} of {len(measured)}",
            f"{missed[0]}, {missed[1]}",
        ]
    print(
        f"| {secret} | {share:.2f} | {rows} | {n} | {leaks} ({low:.1%} to {high:.1%}) |"
        f" {' | '.join(cells)} | {mean['baseline']:.3f} | {mean['seconds']:.2f} |"
    )


def adult(seed: int = 0) -> None:
    """A forest of 200 trees on 2,000 rows of Adult, its secret the marital status."""
    import pandas as pd
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    with gzip.open(SHARED / "data" / "adult.csv.gz", "rt", encoding="utf8") as file:
        frame = pd.DataFrame(list(csv.DictReader(file))).drop(columns=["fnlwgt", "split"])
    rng = np.random.default_rng(seed)
    frame = frame.iloc[rng.permutation(len(frame))[:8000]].reset_index(drop=True)
    frame = frame.astype(dict.fromkeys(NUMBERS, float))
    y = (frame.pop("income") == ">50K").to_numpy().astype(int)
    words = [name for name in frame if name not in NUMBERS]
    coin = rng.random(4000) < 0.5
    rows = [np.flatnonzero(coin), np.flatnonzero(~coin), np.arange(4000, 8000)]
    encode = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), words), remainder="passthrough"
    )
    forest = make_pipeline(encode, RandomForestClassifier(200, random_state=0))
    forest.fit(frame.iloc[rows[0]], y[rows[0]])
    sides = [(frame.iloc[row], y[row]) for row in rows]
    report = tacit.audit_attribute(
        forest, secret="marital_status", train=sides[0], test=sides[1], reference=sides[2]
    )
    print(f"finding: {report.finding}\n\n| check | number | estimate |\n|---|---|---|")
    for check in report.checks:
        for estimate in check.estimates:
            ends = f"{estimate.value:.3f} ({estimate.low:.3f} to {estimate.high:.3f})"
            print(f"| {check.name} | {estimate.name} | {ends} |")


def main() -> None:
    """Run one part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=("planted", "adult"))
    parser.add_argument("--secret", choices=("class", "number", "constant"), default="class")
    parser.add_argument("--share", type=float, default=0.3, help="of the records, given away")
    parser.add_argument("--rows", type=int, default=300, help="a side, and of the reference")
    parser.add_argument("--worlds", type=int, default=100)
    parser.add_argument("--log", type=Path, help="worlds that are done; a run continues there")
    given = parser.parse_args()
    began = time.process_time()
    if given.part == "adult":
        adult()
    else:
        log = given.log
        lines = log.read_text(encoding="utf8").splitlines() if log and log.exists() else []
        worlds = [json.loads(line) for line in lines]
        for seed in range(len(worlds), given.worlds):
            worlds.append(planted(given.secret, given.share, given.rows, seed))
            if log:
                with log.open("a", encoding="utf8") as file:
                    file.write(json.dumps(worlds[-1]) + "\n")
        table(given.secret, given.share, given.rows, worlds)
    print(f"\n{time.process_time() - began:.0f} CPU s")


if __name__ == "__main__":
    main()
