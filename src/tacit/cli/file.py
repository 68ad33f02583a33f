"""`tacit file`: reports of one model and what its owner states, as one document to be filed."""

import argparse

from tacit.cli.writing import add_language_option, check_outputs, deliver

TEXT = """\
Combine audits of one model (membership, attributes, differential privacy, language ...) with what
its owner states, as an evidence file for a data-protection officer, an auditor or a review board:
19 items, what was tested and what was not, every report in short. What nobody stated is printed
as "not stated". The file gives no legal verdict.
"""
EPILOG = """\
statements: the [file] table of a TOML file, twenty keys, all optional:
  [file]
  tested_by = "A. Example, data protection"
  model = "credit-scorer"
  version = "2.1"
  parameters = 48210
  unit = "one applicant"
  review_date = "2027-05-01"
  triggers = ["retraining", "a new attack is published"]
  (also: authority, hash, architecture, training_data, special_categories, legal_basis, dpia,
  dp_accounting, measures, residual_risk, decision, owner, retention)

examples:
  tacit file membership.json dp.json --statements tacit.toml --out file.html --out file.json
  tacit file new.json --comparison compare.json --lang de --out akte.html
  openssl dgst -sha256 -sign key.pem -out file.json.sig file.json
  tacit show file.json --verify file.html
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    command = commands.add_parser(
        "file",
        help="combine reports into an evidence file",
        description=TEXT,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument(
        "reports", metavar="REPORT.json", nargs="+", help="reports that tacit saved as JSON"
    )
    command.add_argument(
        "--statements", metavar="FILE.toml", help="what the owner states: its [file] table"
    )
    command.add_argument(
        "--comparison",
        metavar="COMPARE.json",
        help="models before and after measures, as tacit compare saved it",
    )
    command.add_argument("--title", default="", help="of the file (default: the model's name)")
    group = command.add_argument_group("where the file goes (besides the screen)")
    group.add_argument("--html", metavar="FILE", help="one page, for people and for paper")
    group.add_argument("--json", metavar="FILE", help="plain data; this is what is signed")
    group.add_argument(
        "--out",
        metavar="FILE",
        action="append",
        default=[],
        help="any of .html, .md, .json, .txt; several times",
    )
    add_language_option(group)
    command.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from tacit.core import Comparison, Report
    from tacit.core.evidence_file import EvidenceFile
    from tacit.core.filing import Filing

    check_outputs(arguments, report=False)
    stated = EvidenceFile()
    if arguments.statements:
        stated = EvidenceFile.from_toml(arguments.statements)
    filing = Filing(
        [Report.load(path) for path in arguments.reports],
        stated,
        Comparison.load(arguments.comparison) if arguments.comparison else None,
        arguments.title,
    )
    deliver(filing, arguments)
    return 0
