"""Do lower bounds on epsilon hold, and how tight are they? Adversarial worlds of known epsilon,
drawn by the hundred or thousand.

    python benchmarks/dp_validity.py --jax --parts FOLDER [--sizes 100 1000] [--deltas 1e-5]
    [--scale S] [--bounds "one run: default" "one run: walk"]

For every bound in every cell: how often it exceeded the truth (at most 5 % is right), and its mean.
With --jax, the auditor of jax-privacy reads the same worlds. A cell whose assumptions do not hold
for a bound is marked; there the bound may fail. Every size and delta is kept in FOLDER as it ends,
and the page is written from all that is there: sizes may run side by side.
"""

import argparse
import datetime
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dp_worlds import World, worlds
from tacit.core import AssumptionError, Evidence
from tacit.dp import Gaussian, epsilon_lower_bound, one_run_epsilon
from tacit.dp.cluster_means import cluster_means

LEVEL = 0.95
GRID = (0.003, 0.01, 0.03, 0.1, 0.3)
SIZES = {100: 2000, 1000: 2000, 10_000: 1000, 100_000: 200}
FEWEST = 20
EARLY = 0.2  # of the worlds, on which all means are compared: jax-privacy reads no more
CLOSE = 0.005  # of epsilon: a smaller difference is a tie
DEFAULT = "one run: default"
COMMAND = "python benchmarks/dp_validity.py --jax --parts FOLDER"
RECORDED = """\
## PrivacyGuard, as recorded

Not run here (its recorded figures of 2026-11-23, worlds with a tie-breaker and delta = 1e-5;
CP: Clopper-Pearson, all data; upper end: of the headline; share of runs above the truth in %,
order: no leak, Gaussian 1, Gaussian 4, Laplace 1, randomised response 1, that with a tie-breaker):

| estimator | m | above the truth, % | mean bound |
|---|---|---|---|
| CP | 1,000 | 5.6 / 0.1 / 0 / 5.4 / 0.9 / **7.6** | -.002 / .239 / 1.462 / .838 / .824 / .868 |
| CP | 10,000 | **8.6** / 1.0 / 0 / **12.2** / 1.8 / **17.2** | .004 / .5 / 2.2 / .962 / .944 / .973 |
| upper end | 1,000 | **99.6 / 98.8 / 100 / 99.6 / 96.6 / 100** | 4.4 / 5.6 / 6.2 / 5.9 / 1.2 / 5.9 |
"""  # noqa: E501


@dataclass(frozen=True)
class Bound:
    """A bound: its name, how it reads evidence, which worlds it is entitled to hold in, and in what
    share of them it is read.
    """

    name: str
    read: Callable[[Evidence, float], float]
    entitled: Callable[[World], bool]
    share: float = 1.0
    most: int = 100_000
    theirs: bool = False


@dataclass(frozen=True)
class Cell:
    """What one bound did in one world at one size."""

    world: str
    bound: str
    m: int
    delta: float
    truth: float
    entitled: bool
    theirs: bool
    count: int
    above: float
    mean: float
    early: float

    @property
    def broken(self) -> bool:
        """Above its level by more than three Monte Carlo errors."""
        return self.above > 1 - LEVEL + 3 * float(np.sqrt(LEVEL * (1 - LEVEL) / self.count))


def ours() -> list[Bound]:
    """The bounds of tacit."""

    def two(method: str) -> Callable[[Evidence, float], float]:
        return lambda evidence, delta: (
            epsilon_lower_bound(evidence, delta, level=LEVEL, method=method).low
        )

    def one(method: str | None, **more: object) -> Callable[[Evidence, float], float]:
        return lambda evidence, delta: (
            one_run_epsilon(evidence, delta, level=LEVEL, method=method, **more).low
        )

    def median(evidence: Evidence) -> float:
        return float(np.median(evidence.score))

    def at_median(method: str) -> Callable[[Evidence, float], float]:
        return lambda e, delta: (
            epsilon_lower_bound(e, delta, level=LEVEL, method=method, threshold=median(e)).low
        )

    def independent(world: World) -> bool:
        return world.independent

    def always(world: World) -> bool:
        return True

    return [
        Bound(DEFAULT, one(None), always),
        Bound("one run: walk", one("walk"), always, EARLY),
        Bound("one run: Steinke .1, .3", one("steinke", guesses=(0.1, 0.3)), always),
        Bound(
            "one run: Steinke, five shares, two sides",
            one("steinke", guesses=GRID, sides=("both", "top")),
            always,
            0.1,
        ),
        Bound("one run: f-DP recursion .1, .3", one("fdp", guesses=(0.1, 0.3)), always, EARLY),
        Bound(
            "one run: f-DP recursion .1, .3, 1", one("fdp", guesses=(0.1, 0.3, 1.0)), always, EARLY
        ),
        Bound(
            "one run: f-DP, Gaussian family",
            one("fdp", guesses=(0.1, 0.3), family=Gaussian),
            lambda w: w.gaussian and w.independent,
        ),
        Bound("two-sample: ELL band", two("ell"), independent),
        Bound("two-sample: Bonferroni", two("bonferroni"), independent),
        Bound("two-sample: DKW", two("dkw"), independent),
        Bound("two-sample: split", two("split"), independent),
        Bound("two-sample: fixed at the median", at_median("fixed"), independent),
        Bound("Jeffreys at the median (credible)", at_median("jeffreys"), lambda w: False, 0.02),
    ]


def jax_bounds() -> list[Bound]:
    """The auditor of jax-privacy 2.0.0, in both directions where it offers them."""
    from jax_privacy.auditing import Bonferroni, CanaryScoreAuditor, Split

    def read(method: str, strategy: Callable[[], object]) -> Callable[[Evidence, float], float]:
        def low(evidence: Evidence, delta: float) -> float:
            once = cluster_means(evidence) or evidence  # it knows no copies
            inside, outside = once.score[once.member], once.score[~once.member]
            auditor = CanaryScoreAuditor(inside, outside)
            sides = (
                method != "epsilon_clopper_pearson"
            )  # only Clopper-Pearson offers both directions
            bound = getattr(auditor, method)(
                1 - LEVEL, max(delta, 1e-12), one_sided=sides, threshold_strategy=strategy()
            )
            return max(0.0, float(bound))

        return low

    def independent(world: World) -> bool:
        return world.independent

    return [
        Bound(
            "jax-privacy: one run, Bonferroni",
            read("epsilon_one_run", Bonferroni),
            lambda w: True,
            EARLY,
            100_000,
            True,
        ),
        Bound(
            "jax-privacy: one run, split",
            read("epsilon_one_run", lambda: Split(seed=0)),
            lambda w: True,
            EARLY,
            100_000,
            True,
        ),
        Bound(
            "jax-privacy: CP, hull Bonferroni",
            read("epsilon_clopper_pearson", Bonferroni),
            independent,
            EARLY,
            100_000,
            True,
        ),
        Bound(
            "jax-privacy: CP, split",
            read("epsilon_clopper_pearson", lambda: Split(seed=0)),
            independent,
            EARLY,
            100_000,
            True,
        ),
        Bound(
            "jax-privacy: f-DP (Gaussian), Bonferroni",
            read("epsilon_one_run_fdp", Bonferroni),
            lambda w: w.gaussian and w.independent,
            0.01,
            1000,
            True,
        ),
    ]


def said(bound: Bound, evidence: Evidence, delta: float) -> float:
    """The bound; 0 where it refuses the world (fair coins look unfair once in 10,000 worlds)."""
    try:
        return bound.read(evidence, delta)
    except AssumptionError:
        return 0.0


def played(world: World, bounds: Sequence[Bound], m: int, delta: float, count: int) -> list[Cell]:
    """Every bound on the same `count` worlds, or on the first of them."""
    read = [
        bound for bound in bounds if m <= bound.most and (delta > 0 or "Gaussian" not in bound.name)
    ]
    lows: dict[str, list[float]] = {bound.name: [] for bound in read}
    for seed in range(count):
        evidence = world.evidence(m, delta, seed)
        for bound in read:
            if seed < max(FEWEST, count * bound.share):
                lows[bound.name].append(said(bound, evidence, delta))
    truth = world.epsilon(delta)
    return [
        Cell(
            world.name,
            bound.name,
            m,
            delta,
            truth,
            bound.entitled(world),
            bound.theirs,
            len(lows[bound.name]),
            float(np.mean(np.array(lows[bound.name]) > truth + 1e-9)),
            float(np.mean(lows[bound.name])),
            float(np.mean(lows[bound.name][: max(FEWEST, int(count * EARLY))])),
        )
        for bound in read
    ]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the cells asked for, keep them, write the page of all; 1 if a bound broke where it is
    entitled to hold.
    """
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scale", type=float, default=1.0, help="times the number of worlds")
    parser.add_argument(
        "--jax", action="store_true", help="run the auditor of jax-privacy on the same worlds"
    )
    parser.add_argument(
        "--sizes",
        type=int,
        nargs="*",
        default=list(SIZES),
        choices=SIZES,
        help="only these numbers of canaries",
    )
    parser.add_argument(
        "--only", nargs="*", default=[""], help="only worlds whose name holds one of these words"
    )
    parser.add_argument(
        "--bounds", nargs="*", default=[""], help="only bounds whose name holds one of these words"
    )
    parser.add_argument(
        "--deltas", type=float, nargs="*", default=[1e-2, 1e-3, 1e-5, 0.0], help="only these deltas"
    )
    parser.add_argument(
        "--parts", type=Path, required=True, help="folder in which finished sizes are kept"
    )
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent / "results" / "dp_validity.md"
    )
    arguments = parser.parse_args(argv)
    every = ours() + (jax_bounds() if arguments.jax else [])
    bounds = [b for b in every if any(word in b.name for word in arguments.bounds)]
    arguments.parts.mkdir(parents=True, exist_ok=True)
    for m in arguments.sizes:
        for delta in arguments.deltas:
            cells: list[Cell] = []
            start = time.process_time()
            for world in (
                w for w in worlds(delta) if any(word in w.name for word in arguments.only)
            ):
                cells += played(
                    world, bounds, m, delta, max(FEWEST, int(SIZES[m] * arguments.scale))
                )
                print(
                    f"m = {m}, delta = {delta:g}, {world.name}:"
                    f" {time.process_time() - start:.0f} s",
                    flush=True,
                )
            kept = {"seconds": time.process_time() - start, "cells": [vars(cell) for cell in cells]}
            (arguments.parts / f"{m}-{delta:g}.json").write_text(json.dumps(kept))
            found = load(arguments.parts)
            given = list(sys.argv[1:] if argv is None else argv)
            arguments.out.write_text(page(*found, command=_shown_command(given)), encoding="utf8")
    return int(any(cell.broken and cell.entitled for cell in load(arguments.parts)[0]))


def _shown_command(given: Sequence[str]) -> str:
    """What to type for the same page, without the folders of this machine."""
    shown, skipped = [], False
    for word in given:
        if word in ("--parts", "--out") or skipped:
            skipped = not skipped
            continue
        shown.append(f'"{word}"' if " " in word else word)
    return " ".join(["python benchmarks/dp_validity.py --parts FOLDER", *shown])


def load(parts: Path) -> tuple[list[Cell], float]:
    """All cells in the folder, by size, and what they took in CPU seconds."""
    kept = [json.loads(path.read_text()) for path in parts.glob("*.json")]
    cells = [Cell(**cell) for part in kept for cell in part["cells"]]
    return sorted(cells, key=lambda cell: (cell.m, -cell.delta)), sum(
        part["seconds"] for part in kept
    )


def page(cells: Sequence[Cell], seconds: float, *, command: str = COMMAND) -> str:
    """The whole page: what held, how tight, and every cell."""
    head = [
        "# Lower bounds on epsilon: do they hold, how tight are they?",
        "",
        (
            f"`{command}`, {datetime.date.today()},"
            f" {os.cpu_count()} cores, Python {platform.python_version()}, {seconds / 60:.0f} CPU"
            f" minutes. One-sided level {LEVEL:g}: at most 5 % of the worlds may show a bound above"
            " the truth. A cell is broken where that share is above 5 % by more than three Monte"
            " Carlo errors. Numbers of worlds stand in the tables at the end (the larger sizes may"
            " have run with a smaller --scale)."
        ),
    ]
    return "\n".join(
        [*head, *summary(cells), *shares(cells), *tightness(cells), *details(cells), "", RECORDED]
    )


def shares(cells: Sequence[Cell]) -> list[str]:
    """For every bound, the largest share above the truth at each size, where it is entitled to hold
    and where it is not.
    """
    sizes = list(dict.fromkeys(cell.m for cell in cells))
    lines = ["", "## The largest share of worlds above the truth, in %", ""]
    lines += [
        (
            "Over all mechanisms and all deltas; in brackets over those whose assumptions do not"
            " hold."
        ),
        "",
    ]
    lines += [
        "| bound | " + " | ".join(f"m = {m:,}" for m in sizes) + " |",
        "|---" * (len(sizes) + 1) + "|",
    ]
    for bound in dict.fromkeys(cell.bound for cell in cells):
        row = []
        for m in sizes:
            here = [cell for cell in cells if (cell.bound, cell.m) == (bound, m)]
            inside = max((100 * c.above for c in here if c.entitled), default=None)
            outside = max((100 * c.above for c in here if not c.entitled), default=None)
            text = "" if inside is None else f"{inside:.1f}"
            row.append(text if outside is None else f"{text} ({outside:.1f})".strip())
        lines.append(f"| {bound} | " + " | ".join(row) + " |")
    return lines


def leaders(cells: Sequence[Cell]) -> list[tuple[Cell, Cell | None]]:
    """In every leaking cell the tightest bound that is entitled to hold: ours, and theirs where it
    was run.
    """
    found = []
    for where in dict.fromkeys((c.world, c.m, c.delta) for c in cells if c.truth > 0):
        here = [
            c for c in cells if (c.world, c.m, c.delta) == where and c.entitled and not c.broken
        ]
        best = {
            side: max((c for c in here if c.theirs == side), key=lambda c: c.early, default=None)
            for side in (False, True)
        }
        if best[False] is not None:
            found.append((best[False], best[True]))
    return found


def tightness(cells: Sequence[Cell]) -> list[str]:
    """The tightest valid bound of each side in every leaking cell."""
    lines = ["", "## The tightest bound that is entitled to hold", ""]
    lines += [f"Means on the first {100 * EARLY:g} % of the worlds, the same for all bounds.", ""]
    lines += [
        "| mechanism | m | delta | truth | one run, default | ours | jax-privacy |",
        "|---|---|---|---|---|---|---|",
    ]
    for mine, other in leaders(cells):
        default = next(
            c
            for c in cells
            if (c.world, c.m, c.delta, c.bound) == (mine.world, mine.m, mine.delta, DEFAULT)
        )
        rival = (
            "not run"
            if other is None
            else f"{other.early:.3f} ({other.bound.removeprefix('jax-privacy: ')})"
        )
        where = f"{mine.world} | {mine.m:,} | {mine.delta:g} | {mine.truth:.2f}"
        lines.append(
            f"| {where} | {default.early:.3f} | {mine.early:.3f} ({mine.bound}) | {rival} |"
        )
    return lines


def details(cells: Sequence[Cell]) -> list[str]:
    """One table a size and delta: rows are bounds, columns are worlds."""
    lines = ["", "## Every cell", ""]
    lines.append(
        "Share of worlds above the truth in %, then the mean bound. In brackets: the bound's"
        " assumption does not hold in that world. Bold: broken."
    )
    for m, delta in dict.fromkeys((cell.m, cell.delta) for cell in cells):
        here = [cell for cell in cells if (cell.m, cell.delta) == (m, delta)]
        truths = {cell.world: cell.truth for cell in here}
        counts = {cell.bound: cell.count for cell in here}
        lines += ["", f"### {m:,} canaries, delta = {delta:g}", ""]
        lines += [
            "| bound | worlds | "
            + " | ".join(f"{n} (truth {t:.2f})" for n, t in truths.items())
            + " |"
        ]
        lines += ["|---" * (len(truths) + 2) + "|"]
        for bound, count in counts.items():
            row = {cell.world: cell for cell in here if cell.bound == bound}
            lines.append(
                f"| {bound} | {count:,} | " + " | ".join(shown(row[name]) for name in truths) + " |"
            )
    return lines


def shown(cell: Cell) -> str:
    """Share above the truth in %, then the mean; brackets where the bound is not entitled to hold,
    bold where it broke.
    """
    above = f"{100 * cell.above:.1f}"
    text = f"{'**' + above + '**' if cell.broken else above} · {cell.mean:.3f}"
    return text if cell.entitled else f"({text})"


def summary(cells: Sequence[Cell]) -> list[str]:
    """Where an entitled bound broke, and where the tightest valid bound of theirs beats ours."""
    broken = [cell for cell in cells if cell.broken and cell.entitled]
    loose = [cell for cell in cells if cell.broken and not cell.entitled]
    entitled = sum(cell.entitled for cell in cells)
    lines = [
        "",
        "## Summary",
        "",
        (
            f"- Cells in which a bound is entitled to hold: {entitled:,}; broken:"
            f" {len(broken)}{_colon(broken)}"
        ),
    ]
    lines += [
        f"  - {c.bound}, {c.world}, m = {c.m:,}, delta = {c.delta:g}: {100 * c.above:.1f} % of"
        f" {c.count:,}"
        for c in broken
    ]
    lines.append(
        f"- Cells in which a bound is not entitled to hold: {len(cells) - entitled:,}; broken:"
        f" {len(loose)} (bold in brackets)."
    )
    pairs = [(mine, other) for mine, other in leaders(cells) if other is not None]
    behind = [(mine, other) for mine, other in pairs if other.early > mine.early + CLOSE]
    if pairs:
        text = (
            f"- Leaking cells with a valid bound of jax-privacy: {len(pairs)}; ours is less tight"
            f" (by more than {CLOSE:g}) in "
        )
        lines.append(f"{text}{len(behind)}{_colon(behind)}")
    for mine, other in behind:
        where = f"{mine.world}, m = {mine.m:,}, delta = {mine.delta:g}"
        lines.append(f"  - {where}: {mine.bound} {mine.early:.3f}, {other.bound} {other.early:.3f}")
    return lines


def _colon(items: Sequence[object]) -> str:
    return ":" if items else "."


if __name__ == "__main__":
    raise SystemExit(main())
