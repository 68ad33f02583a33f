"""`tacit show`: print a report, or write it in another format."""

import argparse

from tacit.cli.writing import add_output_options, check_outputs, deliver


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    text = "Print a saved report as a table, or write it in other formats."
    command = commands.add_parser(
        "show", help="print a saved report, or convert it", description=text
    )
    command.add_argument("report", metavar="REPORT.json", help="a report that tacit saved")
    add_output_options(command)
    command.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from tacit.core import Report

    check_outputs(arguments)
    report = Report.load(arguments.report)
    deliver(report, arguments)
    return 0
