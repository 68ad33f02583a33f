"""`tacit synthetic audit`: a synthetic table in a file, what it tells of the rows behind it."""

import argparse
import sys
from pathlib import Path

from tacit.cli.writing import add_cell_option, add_output_options, check_outputs, deliver

TABLES = ("release", "member", "nonmember", "reference")
EPILOG = """\
files: .csv, .csv.gz, .parquet or .npz, all with the same columns; numbers, dates, text and
true/false, with empty cells where something is missing.

exit codes: 0 pass, 1 fail, 2 inconclusive under the policy; 3 wrong usage or unreadable input

example:
  tacit synthetic audit release.csv --member train.csv --nonmember holdout.csv \\
      --reference other.csv --html report.html
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    command = commands.add_parser(
        "synthetic", help="audit a synthetic table", description="Audits of synthetic tables."
    )
    verbs = command.add_subparsers(title="verbs", metavar="VERB", required=True)
    audit = verbs.add_parser(
        "audit",
        help="what does a release tell of the rows that it was made from?",
        description=(
            "Audit a synthetic table against rows that it was made from, rows that it was not made"
            " from, and further rows of the same population."
        ),
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    audit.add_argument("release", metavar="RELEASE", help="the synthetic table")
    need = audit.add_argument_group("real rows, three files of one population, no row in two")
    need.add_argument(
        "--member", metavar="FILE", required=True, help="rows that the generator was fitted on"
    )
    need.add_argument(
        "--nonmember", metavar="FILE", required=True, help="rows that it was not fitted on"
    )
    need.add_argument(
        "--reference", metavar="FILE", required=True, help="further rows, neither of the two"
    )
    audit.add_argument(
        "--ignore", metavar="COLUMN", action="append", default=[], help="do not compare it"
    )
    audit.add_argument(
        "--secret", metavar="COLUMN", action="append", help="infer it (default: every column)"
    )
    audit.add_argument(
        "--slice", metavar="COLUMN", action="append", help="slice by it (default: categories)"
    )
    audit.add_argument(
        "--cluster",
        metavar="COLUMN",
        help="the person or other unit of each row; it is not compared",
    )
    audit.add_argument("--policy", metavar="FILE.toml", help="the limits; default: a modest one")
    audit.add_argument(
        "--level", type=float, default=0.95, help="confidence (default: %(default)s)"
    )
    audit.add_argument(
        "--seed", type=int, default=0, help="the same seed, the same report (default: %(default)s)"
    )
    audit.add_argument("--title", default="", help="the release's name in the report")
    audit.add_argument(
        "--records", action="store_true", help="keep per-row scores; they say who was a member"
    )
    audit.add_argument("--quiet", action="store_true", help="no progress")
    add_cell_option(audit)
    add_output_options(audit)
    audit.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from tacit.adapters.tables import read_table
    from tacit.audits.synthetic import audit_synthetic
    from tacit.cli.progress import Progress
    from tacit.core import DEFAULT_POLICY, InvalidInput, Policy

    check_outputs(arguments)
    policy = Policy.from_toml(arguments.policy) if arguments.policy else DEFAULT_POLICY
    tables = {name: read_table(Path(getattr(arguments, name)), missing=True) for name in TABLES}
    cluster, ignore = None, list(arguments.ignore)
    if arguments.cluster:
        if any(arguments.cluster not in tables[side] for side in ("member", "nonmember")):
            raise InvalidInput(f"`--cluster` needs a column of the files, got {arguments.cluster}.")
        own = [tables[side][arguments.cluster] for side in ("member", "nonmember")]
        cluster = (own[0], own[1])
        for table in tables.values():
            table.pop(arguments.cluster, None)
    progress = Progress(quiet=arguments.quiet)
    report = audit_synthetic(
        tables["release"],
        member=tables["member"],
        nonmember=tables["nonmember"],
        reference=tables["reference"],
        secrets=arguments.secret,
        slices=arguments.slice,
        min_cell=arguments.min_cell,
        ignore=ignore,
        cluster=cluster,
        policy=policy,
        level=arguments.level,
        seed=arguments.seed,
        title=arguments.title or Path(arguments.release).name.partition(".")[0],
        command=_command(arguments),
        records=arguments.records,
        progress=progress,
    )
    progress.close()
    deliver(report, arguments)
    return report.exit_code


def _command(arguments: argparse.Namespace) -> str:
    """How the report was made, without the folders of this machine."""
    files = {getattr(arguments, name) for name in TABLES}
    words = [Path(word).name if word in files else word for word in sys.argv[1:]]
    if words[:1] == ["synthetic"]:
        return " ".join(["tacit", *words])
    named = (f"--{name} {Path(getattr(arguments, name)).name}" for name in TABLES[1:])
    return " ".join(["tacit synthetic audit", Path(arguments.release).name, *named])
