"""`tacit dp`: audit a differential-privacy claim, plan such an audit, draw its lower curve."""

import argparse
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tacit.cli.writing import add_output_options, check_outputs, deliver

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tacit.core import Membership
    from tacit.design import Manifest

FILES = """\
FILE holds one score a canary, larger meaning more like a member:
  .npz, .csv, .csv.gz, .parquet
         `score` and, without --manifest, `member` (0/1); if there is reason to, also
         `canary`  the name of the canary, the same for copies of one
         `run`     the name of the run, with --runs many
         `kind`    which kind of canary: coins are tested within each kind
         `digest`  of `tacit.design.digests`: whether these are the canaries of the manifest
  .npy   the scores alone, with --manifest
The manifest is what `tacit.design` wrote before training (coins.json, or canaries.npz).

exit codes: 0 not refuted (no proof that the claim holds), 1 refuted, 2 inconclusive,
3 wrong usage or unreadable input
"""
NAMES = {"canary", "run", "kind", "digest"}  # columns in which every row has a name
ACCURACIES = (1.0, 0.99, 0.95)
DELTAS = (0.0, 1e-9, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2)


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command and its three parts."""
    text = (
        "Audit a differential-privacy claim with canaries. An audit can refute a claim; it never"
        " proves one."
    )
    command = commands.add_parser(
        "dp", help="audit a differential-privacy claim with canaries", description=text
    )
    parts = command.add_subparsers(title="parts", metavar="PART", required=True)
    _add_audit(parts)
    _add_plan(parts)
    _add_curve(parts)


def _add_audit(parts: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    text = "Bound epsilon from below by the scores of canaries, and hold the claim against it."
    kind = argparse.RawDescriptionHelpFormatter
    command = parts.add_parser(
        "audit", help="try to refute a claim", description=text, epilog=FILES, formatter_class=kind
    )
    _add_scores(command)
    command.add_argument(
        "--epsilon",
        type=float,
        help="the claim; without it the bound is printed and the verdict is inconclusive",
    )
    command.add_argument("--delta", type=float, required=True, help="of the claim")
    command.add_argument("--title", default="model", help="what the report calls the model")
    add_output_options(command)
    command.set_defaults(run=_audit)


def _add_plan(parts: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    text = "How many canaries (in one run) or runs (one canary each) it takes to refute a claim."
    command = parts.add_parser("plan", help="how many canaries or runs it takes", description=text)
    command.add_argument("--epsilon", type=float, required=True, help="the claim to refute")
    command.add_argument("--delta", type=float, required=True, help="of the claim")
    command.add_argument(
        "--level", type=float, default=0.95, help="one-sided confidence (default 0.95)"
    )
    command.set_defaults(run=_plan)


def _add_curve(parts: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    text = (
        "Print the lower bound on epsilon at several deltas; with --runs many also the whole lower"
        " trade-off curve."
    )
    kind = argparse.RawDescriptionHelpFormatter
    command = parts.add_parser(
        "curve",
        help="lower bounds at every delta",
        description=text,
        epilog=FILES,
        formatter_class=kind,
    )
    _add_scores(command)
    command.add_argument(
        "--csv", metavar="FILE", help="write the trade-off curve (fpr, tpr) here; needs --runs many"
    )
    command.set_defaults(run=_curve)


def _add_scores(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", metavar="FILE", help="scores of the canaries (.npz, .csv, .npy)")
    command.add_argument("--manifest", metavar="FILE", help="the coins, written before training")
    text = (
        "one: all canaries were in the same training (default). many: independent trainings, one"
        " score each"
    )
    command.add_argument("--runs", choices=("one", "many"), default="one", help=text)
    command.add_argument(
        "--level", type=float, default=0.95, help="one-sided confidence (default 0.95)"
    )


def _audit(arguments: argparse.Namespace) -> int:
    from tacit.audits.dp_claim import dp_audit

    check_outputs(arguments)
    scored = read_scores(arguments.file, arguments.manifest, runs=arguments.runs)
    report = dp_audit(
        scored.score,
        scored.key,
        kind=scored.kind,
        digest=scored.digest,
        delta=arguments.delta,
        claimed_epsilon=arguments.epsilon,
        runs=arguments.runs,
        level=arguments.level,
        title=arguments.title,
        command=f"tacit dp audit {Path(arguments.file).name} --delta {arguments.delta:g}",
    )
    deliver(report, arguments)
    return report.exit_code


def _plan(arguments: argparse.Namespace) -> int:
    from tacit.core import NotEnoughData
    from tacit.dp import canaries_needed, runs_needed

    epsilon, delta, level = arguments.epsilon, arguments.delta, arguments.level
    print(
        f"To refute epsilon = {epsilon:g} at delta = {delta:g} with {100 * level:g} % confidence,"
        " at least:"
    )
    for accuracy in ACCURACIES:
        guessed = (
            "every guess is right"
            if accuracy == 1
            else f"{100 * accuracy:g} % of the guesses are right"
        )
        try:
            count = canaries_needed(epsilon, delta, accuracy=accuracy, level=level)
            print(f"  one run, {count:,} canaries with a coin each, all guessed, if {guessed}")
        except NotEnoughData:
            allowed = 100 / (1 + math.exp(-epsilon))
            reachable = 100 * accuracy > allowed
            why = (
                "not with 10 million canaries"
                if reachable
                else f"impossible, epsilon = {epsilon:g} allows {allowed:.4g} %"
            )
            print(f"  one run, if {guessed}: {why}")
    try:
        runs = runs_needed(epsilon, delta, level=level)
        print(
            f"  {runs:,} independent runs, half of them with the canary, if no guess is ever wrong"
        )
    except NotEnoughData as error:
        print(f"  many runs: {error}")
    print(
        "These are floors. A guesser that abstains from doubtful canaries needs as many sure ones"
        " among more canaries."
    )
    return 0


def _curve(arguments: argparse.Namespace) -> int:
    from tacit.audits.dp_claim import dp_evidence
    from tacit.core import InvalidInput
    from tacit.dp import one_run_epsilon, tradeoff_band

    if arguments.csv and arguments.runs != "many":
        raise InvalidInput("--csv needs --runs many: one run bounds epsilon, not the rates.")
    scored = read_scores(arguments.file, arguments.manifest, runs=arguments.runs)
    evidence = dp_evidence(scored.score, scored.key, kind=scored.kind, digest=scored.digest)
    band = tradeoff_band(evidence, level=arguments.level) if arguments.runs == "many" else None
    holds = "all rows together" if band is not None else "each row by itself"
    print(f"delta     epsilon >=   ({100 * arguments.level:g} % confidence, {holds})")
    for delta in DELTAS:
        low = (
            one_run_epsilon(evidence, delta, level=arguments.level).low
            if band is None
            else band.epsilon(delta)
        )
        print(f"{delta:<9g} {low:.4f}")
    if band is not None and arguments.csv:
        from tacit.core.files import write_whole

        rows = "".join(f"{x:.9g},{y:.9g}\n" for x, y in zip(band.fpr.tolist(), band.tpr.tolist()))
        write_whole(arguments.csv, f"fpr_at_most,tpr_at_least\n{rows}".encode())
    return 0


@dataclass(frozen=True)
class Scored:
    """What a file says of the canaries.

    Parameters
    ----------
    score : one number a canary (or a run).
    key : the coins.
    kind : which kind of canary each is, or None.
    digest : of the content of each canary as it was scored, or None.
    """

    score: "NDArray[Any]"
    key: "Membership | Manifest"
    kind: "NDArray[Any] | None"
    digest: tuple[str, ...] | None


def read_scores(path: str, manifest: str | None, *, runs: str) -> Scored:
    """Scores and coins from files.

    Parameters
    ----------
    path : .npz, .csv, .csv.gz, .parquet or .npy.
    manifest : the coins, or None where `path` holds `member`.
    runs : "one" or "many".

    Raises
    ------
    InvalidInput : a file cannot be read, or lacks what is needed.
    """
    from tacit.adapters.cells import require_named
    from tacit.core import InvalidInput, Membership
    from tacit.design import Manifest

    columns = _columns(Path(path))
    if "score" not in columns:
        raise InvalidInput(
            f"`{path}` needs `score`, one number a canary; it has"
            f" {', '.join(sorted(columns)) or 'nothing'}."
        )
    for name in NAMES & columns.keys():
        require_named(columns[name], name, path)
    digest = columns.get("digest")
    rest = (columns.get("kind"), None if digest is None else tuple(digest.tolist()))
    if manifest is not None:
        if "member" in columns:
            raise InvalidInput(
                f"`{path}` holds `member` already: give either that or --manifest, so that they"
                " cannot differ."
            )
        return Scored(columns["score"], Manifest.load(manifest), *rest)
    if "member" not in columns:
        raise InvalidInput(f"`{path}` needs `member` (0/1), or give the coins with --manifest.")
    cluster = columns.get("run") if runs == "many" else columns.get("canary")
    return Scored(columns["score"], Membership(columns["member"], cluster, "coin"), *rest)


def _columns(path: Path) -> "dict[str, NDArray[Any]]":
    """Columns by name; a .npy file holds the scores alone."""
    from tacit.adapters.tables import column_names, near, read_table, require_no_lookalike
    from tacit.core.npz import read_npy

    if path.suffix == ".npy":
        return {"score": read_npy(path)}
    known, names = ("score", "member", *sorted(NAMES)), column_names(path)
    for name in names:
        meant = near(name, [other for other in known if other not in names])
        require_no_lookalike(name, "" if name in known else meant, path)
    return read_table(path, wanted=known.__contains__)
