"""How often does a whole audit call a model that leaks nothing a leak? All attacks and slices
included.

    python benchmarks/audit_null.py [--worlds N] [--only TEXT] [--first SEED] [--out PATH]

Members and non-members are drawn from the same distribution, so every "leak" is a false alarm; at
level 0.95 at most 5 % may be.
"""

import argparse
import datetime
import platform
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import tacit
from worlds_of_users import user_sizes

LIMIT = 0.05


@dataclass(frozen=True)
class Cell:
    """One kind of null world."""

    name: str
    n_members: int
    n_nonmembers: int
    effort: str = "quick"
    classes: int = 4
    clusters: int = 0
    users: str = ""
    distinct: int = 0
    digits: int = 0
    single: bool = False
    share: float = 1.0

    def audit(self, seed: int) -> tacit.Report:
        """Audit one world."""
        rng = np.random.default_rng([7, seed])
        if self.users:
            return self._of_users(rng)
        made = [self._outputs(n, rng) for n in (self.n_members, self.n_nonmembers)]
        region = tuple(rng.integers(0, 5, part.n) for part in made)
        options = {}
        if self.clusters:
            options["cluster"] = tuple(
                np.arange(part.n) // self.clusters + 10**6 * side for side, part in enumerate(made)
            )
        return tacit.audit(
            member=made[0],
            nonmember=made[1],
            slices={"region": region},
            effort=self.effort,
            seed=seed,
            **options,
        )

    def _of_users(self, rng: np.random.Generator) -> tacit.Report:
        """Losses of users of very unequal size, the members' users and the others'."""
        sides = []
        for side, count in enumerate((self.n_members, self.n_nonmembers)):
            size = user_sizes(self.users, count, rng)
            own = np.repeat(rng.normal(size=count), size)
            loss = np.exp(0.5 * own + rng.normal(size=len(own)))
            sides.append(
                (tacit.Outputs(loss=loss), np.repeat(np.arange(count), size) + side * 10**6)
            )
        (member, inside), (nonmember, outside) = sides
        return tacit.audit(member=member, nonmember=nonmember, cluster=(inside, outside))

    def _outputs(self, n: int, rng: np.random.Generator) -> tacit.Outputs:
        if self.distinct:
            value = rng.integers(0, self.distinct, n)
            return tacit.Outputs(loss=np.where(rng.random(n) < 0.01, 9.0, value.astype(float)))
        if self.single:
            return tacit.Outputs(loss=rng.gamma(1, 1, n).astype(np.float32))
        label = rng.integers(0, self.classes, n)
        logits = rng.normal(size=(n, self.classes))
        if self.clusters:
            logits += np.repeat(
                rng.normal(size=(n // self.clusters, self.classes)), self.clusters, axis=0
            )
        logits[np.arange(n), label] += 1.5
        if self.digits:
            probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
            probs = np.round(probs, self.digits)
            return tacit.Outputs(probs=probs / probs.sum(axis=1, keepdims=True), label=label)
        return tacit.Outputs(logits=logits, label=label)


CELLS = (
    Cell("100 + 100", 100, 100),
    Cell("500 + 500", 500, 500),
    Cell("2,000 + 2,000", 2000, 2000),
    Cell("200 + 2,000", 200, 2000),
    Cell("500 + 500, 20 classes", 500, 500, classes=20),
    Cell("1,000 + 1,000 in clusters of 10", 1000, 1000, clusters=10),
    Cell("20 + 20", 20, 20),
    Cell("40 + 2,000", 40, 2000),
    Cell("three distinct losses, 1 % rare, 100 + 5,000", 100, 5000, distinct=3),
    Cell("probabilities of two digits, 500 + 500", 500, 500, digits=2),
    Cell("float32 losses, 100,000 + 100,000", 100_000, 100_000, single=True, share=0.5),
    Cell("users of Pareto sizes, 60 + 60", 60, 60, users="pareto"),
    Cell("users of Pareto sizes, 20 + 200", 20, 200, users="pareto"),
    Cell("users of lognormal sizes, 40 + 40", 40, 40, users="lognormal"),
    Cell("300 + 300, learned attackers too", 300, 300, effort="full", share=0.2),
)


def measured(cell: Cell, worlds: int, first: int = 0) -> dict[str, float]:
    """Share of worlds called a leak, called clean and refused as a bad split."""
    found, refused = [], 0
    for seed in range(first, first + worlds):
        report = cell.audit(seed)
        found.append(report.finding)
        refused += bool(report.warnings)
    leak = found.count("leak") / worlds
    return {
        "worlds": worlds,
        "leak": leak,
        "error": float(np.sqrt(max(leak, 1 / worlds) * (1 - leak) / worlds)),
        "clean": found.count("no leak found") / worlds,
        "refused": refused / worlds,
    }


def table(worlds: int, only: str = "", first: int = 0) -> str:
    """The results as Markdown, of the cells whose name holds `only`."""
    started = time.process_time()
    rows = [
        (
            "| world (no leak) | worlds | called a leak | Monte Carlo error | no leak found | split"
            " refused |"
        ),
        "|---|---|---|---|---|---|",
    ]
    for cell in CELLS:
        if only not in cell.name:
            continue
        row = measured(cell, max(20, int(worlds * cell.share)), first)
        mark = " **above 5 %**" if row["leak"] - 2 * row["error"] > LIMIT else ""
        rows.append(
            f"| {cell.name} | {row['worlds']:.0f} | {100 * row['leak']:.1f} %{mark} |"
            f" {100 * row['error']:.1f} | {100 * row['clean']:.0f} % |"
            f" {100 * row['refused']:.1f} % |"
        )
        print(rows[-1], flush=True)
    seconds = time.process_time() - started
    made = (
        f"{datetime.date.today()}, Python {platform.python_version()}, 2 cores, {seconds:.0f} CPU s"
    )
    head = [
        "# False alarms of the whole audit",
        "",
        f"`python benchmarks/audit_null.py --worlds {worlds}`, {made}.",
        "",
        (
            "No world leaks. All attacks, a user's column and the built-in slices are looked at; at"
            " level 0.95 at most 5 % may be"
        ),
        (
            "called a leak. The split is refused (a guesser without the model, or members that fit"
            " worse than the others) in about"
        ),
        "1 of 100 by design.",
        "",
    ]
    return "\n".join([*head, *rows]) + "\n"


def main() -> None:
    """Run from the command line."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--worlds", type=int, default=400)
    options.add_argument("--only", default="", help="part of the name of a cell")
    options.add_argument("--first", type=int, default=0, help="seed of the first world")
    options.add_argument("--out", type=Path)
    arguments = options.parse_args()
    text = table(arguments.worlds, arguments.only, arguments.first)
    if arguments.out:
        arguments.out.write_text(text, encoding="utf8")


if __name__ == "__main__":
    main()
