"""How often do the intervals hold? Worlds of known truth, drawn by the thousand.

    python benchmarks/coverage.py [--quick] [--worlds N] [--group NAME] [--out PATH]

For every interval, bound and test in every cell: how often it missed the truth on either side, with
the Monte Carlo error. A row that is not two Monte Carlo errors above its target gets more worlds
until it is, or until it has ten times as many: what is far from its target is settled by few
worlds, what is near by thousands.
"""

import argparse
import datetime
import json
import os
import platform
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from exact import difference_coverage
from worlds import TIGHTER, Cell, Kind, NotEnoughData, Question, all_cells

TARGET = {"interval": 0.94, "lower bound": 0.95, "test": 0.95}
WIDE = 0.98
WORLDS, QUICK_WORLDS = 1000, 60
RECORDS_A_CELL = 5_000_000
FEWEST_WORLDS = 40
MOST_ROUNDS = 10
SHARE_GIVEN, NEVER_GIVEN = 0.05, 20


@dataclass
class Tally:
    """What one question got right so far in one cell: a row of the table."""

    group: str
    world: str
    question: str
    kind: Kind
    truth: float
    missed_low: int = 0
    missed_high: int = 0
    given: int = 0
    asked: int = 0
    width: float = 0.0

    def add(self, low: float, high: float) -> None:
        """Count one answer."""
        self.given += 1
        if self.kind == "test":
            self.missed_high += low <= self.truth
            return
        self.missed_high += self.truth < low
        self.missed_low += self.truth > high
        self.width += high - low

    @property
    def coverage(self) -> float:
        """Share of answers that held the truth (for a test: share of null worlds without an
        alarm).
        """
        return 1 - (self.missed_low + self.missed_high) / self.given if self.given else float("nan")

    @property
    def error(self) -> float:
        """Monte Carlo standard error of the coverage; never that of certainty."""
        p = (self.missed_low + self.missed_high + 0.5) / (self.given + 1)
        return float((p * (1 - p) / max(1, self.given)) ** 0.5)

    @property
    def verdict(self) -> str:
        """``"ok"``, ``"wide"`` (above 98 %), ``"near"`` (below the target by less than two errors)
        or ``"LOW"``.
        """
        target = TARGET[self.kind]
        if self.coverage < target:
            return "LOW" if self.coverage + 2 * self.error < target else "near"
        return "wide" if self.kind == "interval" and self.coverage > WIDE else "ok"


def cover(cell: Cell, n_worlds: int, *, rounds: int = MOST_ROUNDS) -> list[Tally]:
    """Draw `n_worlds` of a cell and ask everything; ask again what is not clearly above its
    target.
    """
    pairs = [
        (question, Tally(cell.group, cell.world, question.name, question.kind, question.truth))
        for question in cell.questions
    ]
    _ask(cell, pairs, range(n_worlds))
    for extra in range(1, rounds):
        unsure = [
            (question, row)
            for question, row in pairs
            if row.given and row.coverage - TARGET[row.kind] < 2 * row.error
        ]
        if not unsure:
            break
        _ask(cell, unsure, range(extra * n_worlds, (extra + 1) * n_worlds))
    return [row for _, row in pairs]


def _ask(cell: Cell, pairs: Sequence[tuple[Question, Tally]], seeds: Iterable[int]) -> None:
    for seed in seeds:
        evidence = cell.draw(seed)
        for question, row in pairs:
            if seed % question.every or (row.given == 0 and row.asked > NEVER_GIVEN):
                continue
            row.asked += 1
            with suppress(NotEnoughData):
                row.add(*question.ask(evidence))


def worlds_for(cell: Cell, n_worlds: int) -> int:
    """Fewer worlds where each is large."""
    return max(min(FEWEST_WORLDS, n_worlds), min(n_worlds, RECORDS_A_CELL // cell.n))


def report(tallies: Sequence[Tally], seconds: float) -> str:
    """The table in Markdown: a summary a question, then every row below its target or above 98 %,
    then all rows.
    """
    given = [tally for tally in tallies if tally.given >= max(1, SHARE_GIVEN * tally.asked)]
    lines = [_title(given, seconds), "", "## By question", ""]
    lines += [
        "| question | cells | lowest coverage | median | highest | below target |",
        "|---|---|---|---|---|---|",
    ]
    for name in dict.fromkeys(tally.question for tally in given):
        rows = [tally for tally in given if tally.question == name]
        covered = [tally.coverage for tally in rows]
        low = sum(tally.verdict == "LOW" for tally in rows)
        near = sum(tally.verdict == "near" for tally in rows)
        worst = min(rows, key=lambda tally: tally.coverage)
        lines.append(
            f"| {name} | {len(rows)} | {_percent(worst)} ({worst.group}: {worst.world}) |"
            f" {100 * np.median(covered):.1f} % | {100 * max(covered):.1f} % | {low} (+ {near}"
            " within two errors) |"
        )
    lines += _exact() + _wide(given)
    lines += [
        "",
        "## All rows",
        "",
        "| cell | question | kind | worlds | coverage | truth below | truth above | mean width | |",
    ]
    lines += ["|---|---|---|---|---|---|---|---|---|"]
    return "\n".join([*lines, *(_row(tally) for tally in given)]) + "\n"


def _exact() -> list[str]:
    """The advantage at a threshold, without simulation."""
    lines = ["", "## Advantage at a threshold, every outcome counted (no Monte Carlo error)", ""]
    lines += [
        "| rates and records | coverage | truth below | truth above | median over rates |",
        "|---|---|---|---|---|",
    ]
    for name, below, above, median in difference_coverage():
        cells = [f"{100 * value:.2f} %" for value in (1 - below - above, below, above, median)]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def _wide(tallies: Sequence[Tally]) -> list[str]:
    """Which intervals cover more than 98 %, where, and what a tighter one would take."""
    lines = [
        "",
        "## Wider than they need to be (above 98 %)",
        "",
        "| question | rows | of | what a tighter one would take |",
    ]
    lines += ["|---|---|---|---|"]
    for name in dict.fromkeys(tally.question for tally in tallies if tally.kind == "interval"):
        rows = [tally for tally in tallies if tally.question == name]
        n_wide = sum(tally.verdict == "wide" for tally in rows)
        if n_wide:
            reason = next((text for prefix, text in TIGHTER.items() if name.startswith(prefix)), "")
            lines.append(f"| {name} | {n_wide} | {len(rows)} | {reason} |")
    return lines


def _title(tallies: Sequence[Tally], seconds: float) -> str:
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    low = sum(tally.verdict == "LOW" for tally in tallies)
    return (
        f"# Coverage, simulated\n\n{today}, {machine}; {seconds:,.0f} CPU seconds; `make"
        f" coverage`.\n\n{len(tallies)} rows of {min(tally.given for tally in tallies):,} to"
        f" {max(tally.given for tally in tallies):,} worlds;"
        f" {max(_records(tally.world) for tally in tallies):,} records at most. Two-sided 95 %"
        f" intervals should cover at least 94 %, bounds and tests at least 95 %. {low} rows are"
        " below their target by more than two Monte Carlo errors;"
        f" {sum(tally.verdict == 'near' for tally in tallies)} by less;"
        f" {sum(tally.verdict == 'wide' for tally in tallies)} cover more than 98 %."
    )


def _records(world: str) -> int:
    """Members and non-members (or clusters of each) in the name of a world."""
    counts = (
        world.split(", ")[-1 if "clusters" not in world else -2].split(" clusters")[0].split(" + ")
    )
    return sum(int(count.replace(",", "")) for count in counts)


def _percent(tally: Tally) -> str:
    return f"{100 * tally.coverage:.1f} ± {100 * tally.error:.1f} %"


def _row(tally: Tally) -> str:
    width = f"{tally.width / tally.given:.3g}" if tally.kind == "interval" else ""
    below, above = tally.missed_high / tally.given, tally.missed_low / tally.given
    note = "" if tally.verdict == "ok" else tally.verdict
    return (
        f"| {tally.group}: {tally.world} | {tally.question} | {tally.kind} | {tally.given} "
        f"| {_percent(tally)} | {100 * below:.1f} % | {100 * above:.1f} % | {width} | {note} |"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the table; exit code 1 where a row is below its target by more than two Monte Carlo
    errors.
    """
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="few worlds, small ones: seconds instead of many minutes",
    )
    parser.add_argument(
        "--worlds", type=int, default=WORLDS, help="worlds a cell (fewer where each is large)"
    )
    parser.add_argument(
        "--group", action="append", help="only cells of this group (records, ties, clusters, pairs)"
    )
    parser.add_argument("--world", default="", help="only cells whose name holds this text")
    parser.add_argument(
        "--match", default="", help="only questions whose name begins with this text"
    )
    parser.add_argument(
        "--most-records", type=int, default=200_000, help="only cells with at most so many records"
    )
    parser.add_argument("--out", type=Path, help="write the table here as well")
    parser.add_argument(
        "--rows",
        type=Path,
        help="keep finished cells in this file (JSON lines) and do not repeat them",
    )
    chosen = parser.parse_args(arguments)
    limit = 1000 if chosen.quick else chosen.most_records
    cells = [
        cell
        for cell in all_cells()
        if cell.n <= limit and (not chosen.group or cell.group in chosen.group)
    ]
    cells = [cell for cell in cells if chosen.world in cell.world]
    tallies = _run(
        cells, QUICK_WORLDS if chosen.quick else chosen.worlds, chosen.match, chosen.rows
    )
    text = report(tallies, time.process_time())
    if chosen.out:
        chosen.out.write_text(text, encoding="utf8")
    print(text)
    return int(any(tally.verdict == "LOW" for tally in tallies if tally.given))


def _run(cells: Sequence[Cell], n_worlds: int, match: str, rows: Path | None) -> list[Tally]:
    tallies = (
        [Tally(**json.loads(line)) for line in rows.read_text().splitlines()]
        if rows and rows.exists()
        else []
    )
    finished = {(tally.group, tally.world) for tally in tallies}
    for number, cell in enumerate(cells, 1):
        if (cell.group, cell.world) in finished:
            continue
        asked = Cell(
            cell.group,
            cell.world,
            cell.n,
            cell.draw,
            tuple(q for q in cell.questions if q.name.startswith(match)),
        )
        found = cover(asked, worlds_for(cell, n_worlds))
        tallies += found
        if rows:
            with rows.open("a", encoding="utf8") as file:
                file.writelines(json.dumps(asdict(tally)) + "\n" for tally in found)
        print(
            f"[{number}/{len(cells)}] {time.process_time():.0f} s  {cell.group}: {cell.world}",
            file=sys.stderr,
            flush=True,
        )
    return tallies


if __name__ == "__main__":
    sys.exit(main())
