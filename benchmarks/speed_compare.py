"""Has a change made anything slower? Two runs of `benchmarks/speed.py`, before and after:

    python benchmarks/speed_compare.py BEFORE.json AFTER.json

Seconds of two days or two machines do not compare. Every piece of work was therefore timed beside a
fixed one (a sort, exponentials, a product of matrices) in the same process, and what compares is
the ratio to it. Ends with 1 where a piece takes more than 1.5 times its former ratio, or is gone.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Two runs of one commit on a busy machine differ by up to a third; half as much again is no noise.
SLOWDOWN = 1.5


@dataclass(frozen=True)
class Change:
    """One piece of work before and after, as ratios to the fixed work; None where it was not run.

    Parameters
    ----------
    name : of the piece.
    before, after : CPU seconds over those of the fixed work.
    """

    name: str
    before: float | None
    after: float | None

    @property
    def slowdown(self) -> float | None:
        """How many times slower it is than before; None where one of the two is missing."""
        if self.before is None or self.after is None:
            return None
        return self.after / self.before

    def fails(self, limit: float) -> bool:
        """Whether it is too much slower, or gone."""
        return self.after is None or (self.slowdown is not None and self.slowdown > limit)


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Every piece of either run.

    Raises
    ------
    ValueError : the runs have no piece in common.
    """
    old, new = (_ratios(run) for run in (before, after))
    if not old.keys() & new.keys():
        raise ValueError("The two runs have no piece of work in common.")
    names = [*old, *(name for name in new if name not in old)]
    return [Change(name, old.get(name), new.get(name)) for name in names]


def _ratios(run: Mapping[str, Any]) -> dict[str, float]:
    ratios = {name: piece["cpu"] / piece["reference"] for name, piece in run["work"].items()}
    for name, ratio in ratios.items():
        if not 0 < ratio < float("inf"):
            raise ValueError(f"{name} needs CPU seconds above 0, got a ratio of {ratio}.")
    return ratios


def table(found: Sequence[Change], limit: float) -> str:
    """The pieces as a table, the slowest first."""
    lines = ["| work | before | after | slowdown | |", "|---|---:|---:|---:|---|"]
    for change in sorted(found, key=lambda change: -(change.slowdown or 0.0)):
        numbers = [
            "-" if value is None else f"{value:.2f}"
            for value in (change.before, change.after, change.slowdown)
        ]
        verdict = "**too slow**" if change.fails(limit) else ""
        if change.after is None:
            verdict = "**gone**"
        lines.append(f"| {change.name} | {' | '.join(numbers)} | {verdict} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 1 where something fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--limit", type=float, default=SLOWDOWN, help="slowdown that is too much")
    given = parser.parse_args(arguments)
    runs = [json.loads(path.read_text(encoding="utf8")) for path in (given.before, given.after)]
    found = changes(*runs)
    print(table(found, given.limit))
    return int(any(change.fails(given.limit) for change in found))


if __name__ == "__main__":
    sys.exit(main())
