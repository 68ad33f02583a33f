"""`tacit history`: one model over its versions, from saved reports or an MLflow registry."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from tacit.cli.writing import add_language_option, check_outputs, deliver

if TYPE_CHECKING:
    from tacit.core import Report

TEXT = """\
One model over its versions: how vulnerable and how accurate each is, with intervals, and which
changes from one version to the next are more than chance.

Reports are given oldest first. Audits that kept their records (tacit audit --records) of the same
split are tested on the same records, which shows much smaller changes.
"""
EPILOG = """\
examples:
  tacit history v1.json v2.json v3.json --html history.html
  tacit history v2.json v3.json --fail-if-worse            in CI: exit 1 where v3 leaks more
  tacit history --mlflow credit-scorer --html history.html  every version of a registered model
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    command = commands.add_parser(
        "history",
        help="one model over its versions: what changed for sure",
        description=TEXT,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument(
        "reports", metavar="REPORT.json", nargs="*", help="one a version, the oldest first"
    )
    command.add_argument("--mlflow", metavar="MODEL", help="a registered model to read instead")
    command.add_argument("--tracking-uri", metavar="URI", help="of MLflow; its own default if not")
    command.add_argument(
        "--versions", metavar="NAME", nargs="+", help="what to call them (default: titles or files)"
    )
    command.add_argument("--title", default="", help="the model's name")
    command.add_argument(
        "--level", type=float, default=0.95, help="confidence of the tests (default 0.95)"
    )
    command.add_argument(
        "--fail-if-worse",
        action="store_true",
        help=(
            "exit 1 where the newest version is surely more vulnerable than the one before, 2 where"
            " it cannot be compared"
        ),
    )
    group = command.add_argument_group("where the history goes (besides the screen)")
    group.add_argument("--html", metavar="FILE", help="one self-contained page for people")
    group.add_argument("--json", metavar="FILE", help="plain data")
    group.add_argument(
        "--out",
        metavar="FILE",
        action="append",
        default=[],
        help="any of .md, .txt, .html, .json; several times",
    )
    add_language_option(group)
    command.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from tacit.audits.history import history
    from tacit.core.gate import EXIT_CODES

    check_outputs(arguments, report=False)
    names, reports = _read(arguments)
    found = history(
        reports,
        versions=arguments.versions or names,
        level=arguments.level,
        title=arguments.title or arguments.mlflow or "",
    )
    deliver(found, arguments)
    if not arguments.fail_if_worse:
        return EXIT_CODES["pass"]
    newest = found.points[-1].name
    if newest in found.unknown:
        return EXIT_CODES["inconclusive"]
    return EXIT_CODES["fail" if newest in found.worse else "pass"]


def _read(arguments: argparse.Namespace) -> "tuple[list[str] | None, list[Report]]":
    """Names of the versions (None: the titles of the reports) and their reports."""
    from tacit.core import InvalidInput, Report

    if bool(arguments.reports) == bool(arguments.mlflow):
        raise InvalidInput("Give either reports of two or more versions, or --mlflow MODEL.")
    if arguments.mlflow:
        from tacit.integrations.mlflow_registry import version_reports

        found = version_reports(arguments.mlflow, tracking_uri=arguments.tracking_uri)
        return [name for name, _ in found], [report for _, report in found]
    reports = [Report.load(path) for path in arguments.reports]
    if len({report.title for report in reports}) == len(reports):
        return None, reports
    stems = [Path(path).stem for path in arguments.reports]
    return (stems if len(set(stems)) == len(stems) else list(arguments.reports)), reports
