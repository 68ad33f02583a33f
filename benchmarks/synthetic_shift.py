"""Releases where members come from another population than non-members and reference.

python benchmarks/synthetic_shift.py null --shift 2 --seeds 4 --log shift_2.jsonl
python benchmarks/synthetic_shift.py null --shift 5 --seeds 4 --log shift_5.jsonl
python benchmarks/synthetic_shift.py leak --shift 5 --seeds 1 --log shift_leak.jsonl

The populations of `synthetic_populations.py`; members are high in the first column (`high_rows`).
Null releases are made from other rows of the members' population, so that scores tell members from
non-members and yet nothing leaks. Of the audit only the scores, their joint test and the comparison
with what a row explains are run: risks and slices alone are no leak beside a split that gives
itself away. Results: `benchmarks/results/synthetic.md`.
"""

import argparse
import json
import time
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from synthetic_populations import LEAK, NULL, POPULATIONS, Release, Sample, high_rows
from tacit.audits.steps.beyond_release import Rows, beyond_release
from tacit.audits.steps.closeness import nearest_counts
from tacit.audits.steps.relabelling import joint_test
from tacit.audits.steps.release_report import JOINT_SHARE
from tacit.core import Membership
from tacit.core.frame import Frame, stacked
from tacit.metrics.intervals import clopper_pearson
from tacit.signals.embedding import Embedding
from tacit.signals.synthetic import synthetic_scores

ALPHA = 0.05
LIKE_MEMBERS = ("the population", "CART of other rows", "30 other rows, again and again")
LEAKS = ("copy 10 %", "copy 50 %, noise .1", "CART, leaves of 5")


def world(sample: Sample, name: str, release: Release, *, shift: float, seed: int, rows: int):
    """Whether the scores stand out, and whether they show more than the rows explain."""
    keys = [zlib.crc32(text.encode()) for text in (sample.__name__, name)]
    rng = np.random.default_rng([seed, 7, *keys])
    people = high_rows(sample, shift)
    began = time.process_time()
    member, nonmember = people(rng, rows // 2), sample(rng, rows // 2)
    table = sample(rng, rows)
    made = Frame.of(release(rng, member, table, people, rows // 2))
    real, reference = stacked([Frame.of(member), Frame.of(nonmember)]), Frame.of(table)
    key = Membership(np.arange(rows) < rows // 2)
    scores = synthetic_scores(real, made, reference)
    embed = Embedding.fitted(reference, real, made)
    points = embed(real)
    counts = {"nearest": nearest_counts(points, embed(made))}
    joint = joint_test(scores, key, counts=counts)
    found: dict[str, Any] = {"pop": sample.__name__, "gen": name, "seed": seed}
    found["p"] = joint.p_value / JOINT_SHARE
    if found["p"] <= ALPHA:
        away = scores["calibrated_distance"] - scores["distance"]
        order = np.lexsort(points.T)
        known = Rows(points, embed.ordered(real), away, order, key, seed=0)
        beyond = beyond_release(
            {**scores, **counts}, joint, known, alpha=JOINT_SHARE * ALPHA, level=1 - ALPHA
        )
        found["passes"] = bool(beyond.passes)
    return found | {"s": round(time.process_time() - began, 2)}


def table(part: str, shift: float, worlds: list[dict[str, Any]]) -> None:
    """One line of the results."""
    n = len(worlds)
    loud = sum(line["p"] <= ALPHA for line in worlds)
    called = sum(line.get("passes", False) for line in worlds)
    low, high = clopper_pearson(called, n, level=0.95)
    missed = [line for line in worlds if not line.get("passes", False)]
    print("| releases | shift | worlds | scores stand out | called a leak | exact 95 % limits |")
    print("|---|---|---|---|---|---|")
    print(f"| {part} | {shift:g} | {n} | {loud} | {called} | {low:.1%} to {high:.1%} |")
    if part == "leak":
        print("\nnot called:", "; ".join(f"{line['pop']}, {line['gen']}" for line in missed))
    print(f"\n{np.mean([line['s'] for line in worlds]):.2f} CPU s a world")


def main() -> None:
    """Run one part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=("null", "leak"))
    parser.add_argument("--shift", type=float, default=5.0, help="how unlike members are")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--rows", type=int, default=400, help="members and non-members together")
    parser.add_argument("--log", type=Path, help="worlds that are done; a run continues there")
    given = parser.parse_args()
    kinds, names = (NULL, LIKE_MEMBERS) if given.part == "null" else (LEAK, LEAKS)
    log = given.log
    lines = log.read_text(encoding="utf8").splitlines() if log and log.exists() else []
    worlds = [json.loads(line) for line in lines]
    known = {(line["pop"], line["gen"], line["seed"]) for line in worlds}
    for seed in range(given.seeds):
        for sample in POPULATIONS:
            for name in names:
                if (sample.__name__, name, seed) in known:
                    continue
                made = world(
                    sample, name, kinds[name], shift=given.shift, seed=seed, rows=given.rows
                )
                worlds.append(made)
                if log:
                    with log.open("a", encoding="utf8") as file:
                        file.write(json.dumps(made) + "\n")
    table(given.part, given.shift, worlds)


if __name__ == "__main__":
    main()
