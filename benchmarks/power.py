"""What the test of a whole audit finds, beside the rule that it replaced and beside an oracle.

    python benchmarks/power.py [--worlds N] [--only GROUP] [--out benchmarks/results/power.md]

Eight attacks whose scores are correlated .64; one of them leaks. "Halves" is the former rule: one
half of the records chose an attack and its threshold, the other half graded it with half of the
error, the rest was kept for slices. "Oracle" looks at the leaking attack alone.
"""

import argparse
import datetime
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from tacit.core import Evidence
from tacit.metrics import auc, best_threshold
from tacit.metrics.detectable import detectable_by
from tacit.metrics.intervals import fisher_p_value
from tacit.metrics.joint import JointTest, joint_test
from tacit.metrics.looks import Ranked, cut_look, rank_look
from worlds_of_audits import audited_drift, audited_shift, audited_signal
from worlds_of_users import (
    USERS,
    called_by_users,
    clustered_null,
    detectable_by_users,
    exposed,
    user_world,
)

ALPHA, ATTACKS, COMMON = 0.05, 8, 0.8
Scores = NDArray[np.float64]


@dataclass(frozen=True)
class World:
    """Members and non-members; the first attack leaks."""

    n_members: int
    n_nonmembers: int
    shift: float = 0.0
    tail: float = 0.0
    lack: float = 0.0
    corner: tuple[float, float] | None = None
    rounded: bool = False

    def draw(self, seed: int) -> tuple[Scores, NDArray[np.bool_]]:
        """Scores (n, attacks) and the truth (n,)."""
        rng = np.random.default_rng([71, seed])
        n = self.n_members + self.n_nonmembers
        member = np.arange(n) < self.n_members
        common = COMMON * rng.normal(size=(n, 1))
        scores = common + (1 - COMMON**2) ** 0.5 * rng.normal(size=(n, ATTACKS))
        scores[:, 0] += self.shift * member + 3 * (member & (rng.random(n) < self.tail))
        scores[:, 0] -= 3 * (~member & (rng.random(n) < self.lack))
        if self.corner is not None:
            scores[:, 0] = self._two_lines(scores[:, 0], member, rng)
        return (np.round(2 * scores) / 2 if self.rounded else scores), member

    def _two_lines(
        self, score: Scores, member: NDArray[np.bool_], rng: np.random.Generator
    ) -> Scores:
        """Ranks whose ROC curve bends at (t, t + d), and that keep their common part."""
        fpr, size = self.corner or (0.0, 0.0)
        place = ndtr(score)
        high = 1 - place < fpr
        moved = member & ~high & (rng.random(len(score)) < size / (1 - fpr))
        within = rng.random(len(score))
        return np.where(moved, 1 - fpr * within if fpr else 1 + within, place)


def looks_at(scores: Scores, member: NDArray[np.bool_]) -> list:
    """Rank and cut looks of every attack."""
    ranked = [Ranked.of(str(column), scores[:, column]) for column in range(scores.shape[1])]
    pairs = [(rank_look(item, member), cut_look(item, member)) for item in ranked]
    return [look for pair in pairs for look in pair if look is not None]


def tested(scores: Scores, member: NDArray[np.bool_]) -> JointTest:
    """The joint test of all attacks."""
    return joint_test(looks_at(scores, member), member)


def new(scores: Scores, member: NDArray[np.bool_]) -> bool:
    """The rule of the audit."""
    return tested(scores, member).p_value <= ALPHA


def oracle(scores: Scores, member: NDArray[np.bool_]) -> bool:
    """The same looks at the leaking attack alone."""
    return tested(scores[:, :1], member).p_value <= ALPHA


def halves(scores: Scores, member: NDArray[np.bool_]) -> bool:
    """The former rule: three looks at what one half chose, with half of the error."""
    first = np.zeros(len(member), bool)
    for side in (member, ~member):
        rows = np.flatnonzero(side)
        first[np.random.default_rng(0).permutation(rows)[: len(rows) // 2]] = True
    papers = [Evidence(scores[first, a], member[first]) for a in range(scores.shape[1])]
    best = max(range(len(papers)), key=lambda a: _gain(papers[a], best_threshold(papers[a])))
    chosen, graded = papers[best], Evidence(scores[~first, best], member[~first])
    strict = np.sort(chosen.nonmember_scores)[-1 - chosen.n_nonmembers // 100]
    cuts = (best_threshold(chosen), np.nextafter(strict, np.inf))
    p = [auc(graded).p_value, *(_fisher(graded, cut) for cut in cuts)]
    return 6 * min(p) <= ALPHA


def _counts(paper: Evidence, cut: float) -> tuple[int, int]:
    high = paper.score >= cut
    return int((high & paper.member).sum()), int((high & ~paper.member).sum())


def _gain(paper: Evidence, cut: float) -> float:
    hits = _counts(paper, cut)
    return hits[0] / paper.n_members - hits[1] / paper.n_nonmembers


def _fisher(paper: Evidence, cut: float) -> float:
    return fisher_p_value(_counts(paper, cut), (paper.n_members, paper.n_nonmembers))


RULES: dict[str, Callable[[Scores, NDArray[np.bool_]], bool]] = {
    "halves": halves,
    "new": new,
    "oracle": oracle,
}


def share(world: World, rule: Callable, worlds: int) -> float:
    """How often a rule calls a leak."""
    return float(np.mean([rule(*world.draw(seed)) for seed in range(worlds)]))


def row(name: str, advantage: float, world: World, worlds: int, rules=tuple(RULES)) -> str:
    """One line of the table."""
    found = [f"{100 * share(world, RULES[rule], worlds):.1f}" for rule in rules]
    dashes = ["-"] * (len(RULES) - len(rules))
    line = f"| {name} | {advantage:.3f} | {worlds} | {' | '.join(found + dashes)} |"
    print(line, flush=True)
    return line


def largest_gap(share_: float) -> float:
    """Advantage of a tail: this share moved by 3."""
    grid = np.linspace(-3, 5, 2000)
    return float((share_ * (ndtr(3 - grid) - ndtr(-grid))).max())


def power(worlds: int) -> list[str]:
    """Leaks of three shapes."""
    lines = ["| leak | advantage | worlds | halves | new | oracle |", "|---|---|---|---|---|---|"]
    for size in (0.2, 0.25, 0.3):
        gain = 2 * float(ndtr(size / 2)) - 1
        world = World(500, 500, shift=size)
        lines.append(row(f"500 + 500, shift {size}", gain, world, worlds))
    for size in (0.04, 0.06, 0.08):
        world = World(500, 500, tail=size)
        name = f"500 + 500, {100 * size:.0f} % of members by 3 sd"
        lines.append(row(name, largest_gap(size), world, worlds))
    lack = World(500, 500, lack=0.06)
    lines.append(row("500 + 500, 6 % of the others by -3 sd", largest_gap(0.06), lack, worlds))
    few = World(100, 100, shift=0.45)
    lines.append(row("100 + 100, shift .45", 2 * float(ndtr(0.225)) - 1, few, worlds))
    lines += ["", smallest(worlds)]
    return lines


def smallest(worlds: int) -> str:
    """The advantage that is found in 80 % of worlds, interpolated on the normal scale."""
    shifts = (0.2, 0.22, 0.24)
    found = [share(World(500, 500, shift=size), new, worlds) for size in shifts]
    gains = [2 * float(ndtr(size / 2)) - 1 for size in shifts]
    slope, start = np.polyfit(gains, ndtri(found), 1)
    text = (
        f"Smallest advantage of a shift that is found in 80 %: {(ndtri(0.8) - start) / slope:.3f}"
    )
    print(text, flush=True)
    return text + " (500 + 500, eight attacks)."


def nulls(worlds: int) -> list[str]:
    """No leak at all."""
    lines = ["| null world | worlds | called a leak, % |", "|---|---|---|"]
    cells = {
        "500 + 500": World(500, 500),
        "100 + 100": World(100, 100),
        "20 + 20": World(20, 20),
        "40 v 2,000": World(40, 2000),
        "500 + 500, rounded": World(500, 500, rounded=True),
        "20 + 20, rounded": World(20, 20, rounded=True),
        "10,000 + 10,000 (copula)": World(10_000, 10_000),
    }
    for name, world in cells.items():
        number = worlds if world.n_members < 5000 else worlds // 4
        found = 100 * share(world, new, number)
        lines.append(f"| {name} | {number} | {found:.1f} |")
        print(lines[-1], flush=True)
    return lines


def detected(worlds: int) -> list[str]:
    """Leaks of exactly the size that the audit says it would have found in 80 %."""
    lines = ["| n a side | shape | printed | worlds | found, % |", "|---|---|---|---|---|"]
    for n in (100, 500):
        found = detectable_by(tested(*World(n, n).draw(0)), "0", World(n, n).draw(0)[1])
        cells = {
            "two lines, worst": (found.worst, World(n, n, corner=(0.4, found.worst))),
            "shift": (found.shift, World(n, n, shift=2 * float(ndtri((1 + found.shift) / 2)))),
            "tail (t = 0)": (found.tail, World(n, n, corner=(0.0, found.tail))),
        }
        for name, (size, world) in cells.items():
            power_ = 100 * share(world, new, worlds)
            lines.append(f"| {n} | {name} | {size:.3f} | {worlds} | {power_:.1f} |")
            print(lines[-1], flush=True)
    return lines


def whole(worlds: int) -> list[str]:
    """Whole audits by `tacit.audit`."""
    lines = ["| whole audit | worlds | called a leak, % |", "|---|---|---|"]
    cells = {
        "one signal, 500 + 500, no leak": partial(audited_signal, kind="null"),
        "one signal, 500 + 500, shift .2": partial(audited_signal, kind="shift"),
        "one signal, 500 + 500, 6 % of members by 3 sd": partial(audited_signal, kind="tail"),
        "labels drift 5 / 15 %, nobody seen, features given": partial(audited_drift, leak=0.0),
        "leak of AUC .59, one column of 20 shifted by .2": audited_shift,
    }
    for name, audit in cells.items():
        number = worlds if "signal" in name else worlds // 3
        found = np.mean([audit(seed).finding == "leak" for seed in range(number)])
        lines.append(f"| {name} | {number} | {100 * found:.1f} |")
        print(lines[-1], flush=True)
    return lines


def clusters(worlds: int) -> list[str]:
    """Users of unequal size: false alarms of the test, cover of the AUC."""
    lines = ["| users | worlds | called a leak, % | AUC .5 covered, % |", "|---|---|---|---|"]
    for kind, inside, outside in (
        ("pareto", 60, 60),
        ("pareto", 20, 200),
        ("lognormal", 40, 40),
        ("equal", 20, 20),
        ("20 against 1", 40, 40),
        ("1 against 20", 40, 40),
        ("20 against 3", 60, 60),
    ):
        found = np.array([clustered_null(kind, inside, outside, seed) for seed in range(worlds)])
        alarms, covered = 100 * found.mean(axis=0)
        lines.append(f"| {kind} {inside} + {outside} | {worlds} | {alarms:.1f} | {covered:.1f} |")
        print(lines[-1], flush=True)
    return lines


def detected_users(worlds: int) -> list[str]:
    """Leaks of the size that is printed where records are those of users."""
    lines = ["| users | leak | printed | worlds | found, % |", "|---|---|---|---|---|"]
    for kind in USERS:
        found = [detectable_by_users(user_world(kind, [1, seed])) for seed in range(8)]
        worst, shift = (
            float(np.median([getattr(one, name) for one in found])) for name in ("worst", "shift")
        )
        cells = {"shift": (shift, None), "two lines, worst": (worst, 0.4)}
        for name, (size, corner) in cells.items():
            calls = [
                called_by_users(exposed(user_world(kind, [2, seed]), size, corner))
                for seed in range(worlds)
            ]
            power_ = 100 * float(np.mean(calls))
            lines.append(f"| {kind} | {name} | {size:.3f} | {worlds} | {power_:.1f} |")
            print(lines[-1], flush=True)
    return lines


GROUPS: dict[str, tuple[str, Callable[[int], list[str]]]] = {
    "power": ("Power", power),
    "nulls": ("False alarms", nulls),
    "detected": ('"Would have shown in 4 audits of 5"', detected),
    "users": ('"Would have shown in 4 audits of 5", over users', detected_users),
    "clusters": ("Clusters of unequal size", clusters),
    "whole": ("Whole audits", whole),
}


def main() -> None:
    """Run from the command line."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--worlds", type=int, default=400)
    options.add_argument("--only", choices=tuple(GROUPS))
    options.add_argument("--out", type=Path)
    asked = options.parse_args()
    started = time.process_time()
    text = []
    for name, (title, group) in GROUPS.items():
        if asked.only in (None, name):
            text += [f"## {title}", "", *group(asked.worlds), ""]
    seconds = time.process_time() - started
    machine = f"Python {platform.python_version()}, 2 cores, {seconds:.0f} CPU s"
    head = [
        "# Power and false alarms of the joint test",
        "",
        f"`python benchmarks/power.py --worlds {asked.worlds}`,",
        f"{datetime.date.today()}, {machine}.",
        "",
        *(__doc__ or "").split("\n\n")[-1].strip().splitlines(),
        "",
    ]
    if asked.out:
        asked.out.write_text("\n".join([*head, *text]), encoding="utf8")


if __name__ == "__main__":
    main()
