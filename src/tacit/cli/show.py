"""`tacit show`: print a saved document, write it in another format or language, or verify it."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from tacit.cli.writing import add_output_options, check_outputs, deliver

if TYPE_CHECKING:
    from tacit.core import Comparison, Report
    from tacit.core.filing import Filing
    from tacit.core.history import History

TEXT = """\
Print a report, comparison or evidence file that tacit saved as JSON, or write it in other formats
and languages. With --verify, say whether a page was made from this very JSON.
"""
EPILOG = """\
signing: the JSON file is what is signed, with any tool; its digest stands on the last line of every
page made from it, so that the signature fixes the page too:
  openssl dgst -sha256 -sign key.pem -out report.json.sig report.json      (or gpg, minisign)
  openssl dgst -sha256 -verify public.pem -signature report.json.sig report.json
  tacit show report.json --verify report.html
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    command = commands.add_parser(
        "show",
        help="print a saved report, convert or verify it",
        description=TEXT,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("report", metavar="REPORT.json", help="what tacit saved as JSON")
    command.add_argument(
        "--verify",
        metavar="PAGE",
        help="a page or a digest; exit 0 if it belongs to this JSON, 1 if not",
    )
    add_output_options(command)
    command.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from tacit.core import load

    check_outputs(arguments)
    document = load(arguments.report)
    if arguments.verify:
        return _verify(document, arguments.verify)
    deliver(document, arguments)
    return 0


def _verify(document: "Report | Comparison | Filing | History", page: str) -> int:
    from tacit.core import InvalidInput
    from tacit.core.canonical import NAME, digest_of
    from tacit.core.files import text_of

    digest = digest_of(document.to_dict())
    target = Path(page)
    if page.startswith(f"{NAME}:"):
        same, name = page == digest, "the digest"
    else:
        try:
            lines = text_of(target).splitlines()
        except (OSError, InvalidInput) as error:
            raise InvalidInput(f"`{page}` cannot be read as a page: {error}.") from error
        same, name = any(digest in line for line in lines), page
    print(f"{digest}\n{name} {'belongs to' if same else 'does NOT belong to'} this JSON")
    return 0 if same else 1
