"""`tacit compare`: privacy against accuracy over several saved reports."""

import argparse

from tacit.cli.writing import add_language_option, check_outputs, deliver

TEXT = """\
Compare audits: which model or epoch gives the most privacy for its accuracy, and which
differences are real.

Reports with the same title make one line; the epoch is the one that the report carries
(`environment.epoch`).
Audits that kept their records (tacit audit --records) of the same split are tested on the same
records, which shows much smaller differences than two intervals do.
"""
EPILOG = """\
example:
  tacit compare epoch3.json epoch6.json epoch9.json --html compare.html
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    command = commands.add_parser(
        "compare",
        help="privacy against accuracy over several reports",
        description=TEXT,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument(
        "reports", metavar="REPORT.json", nargs="+", help="reports that tacit saved as JSON"
    )
    command.add_argument("--title", default="comparison", help="what the comparison is called")
    command.add_argument(
        "--tolerance",
        type=float,
        default=0.01,
        help="accuracy that may be given up, as a share (default 0.01)",
    )
    command.add_argument(
        "--level", type=float, default=0.95, help="confidence of the tests (default 0.95)"
    )
    group = command.add_argument_group("where the comparison goes (besides the screen)")
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
    from tacit.audits.compare import compare
    from tacit.core import Report

    check_outputs(arguments, report=False)
    reports = [Report.load(path) for path in arguments.reports]
    comparison = compare(
        reports, level=arguments.level, tolerance=arguments.tolerance, title=arguments.title
    )
    deliver(comparison, arguments)
    return 0
