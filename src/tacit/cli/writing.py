"""The options that say where a report goes, the same for every command that makes one."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tacit.core import Comparison, Report
    from tacit.core.filing import Filing
    from tacit.core.history import History


# an error of a reader may quote a whole file
LONGEST = 1000


def add_output_options(command: argparse.ArgumentParser) -> None:
    """Add `--html`, `--json` and `--out` to a command."""
    group = command.add_argument_group("where the report goes (besides the screen)")
    group.add_argument("--html", metavar="FILE", help="one self-contained page for people")
    group.add_argument(
        "--json", metavar="FILE", help="for `tacit show`, `tacit gate` and `tacit compare`"
    )
    text = (
        "any format by suffix: .md, .txt, .xml (JUnit), .sarif, .gitlab.json (code quality),"
        " .card.md (model card), .html, .json; several times"
    )
    group.add_argument("--out", metavar="FILE", action="append", default=[], help=text)
    add_language_option(group)


def add_cell_option(command: argparse.ArgumentParser) -> None:
    """Add `--min-cell` to a command that slices."""
    from tacit.core.checking import MIN_CELL

    command.add_argument(
        "--min-cell",
        type=int,
        default=MIN_CELL,
        metavar="N",
        help=(
            "leave out slices with fewer members or non-members: they would say of single people"
            " who was a member (default: %(default)s)"
        ),
    )


def add_language_option(group: "argparse._ArgumentGroup") -> None:
    """Add `--lang` to the options of a command."""
    group.add_argument(
        "--lang",
        default="en",
        choices=("en", "de", "fr"),
        help="language of what people read (default en)",
    )


def targets(arguments: argparse.Namespace) -> list[Path]:
    """The files that were asked for."""
    named = (arguments.html, arguments.json, *arguments.out)
    return [Path(name) for name in named if name is not None]


def check_outputs(arguments: argparse.Namespace, *, report: bool = True) -> None:
    """Fail before the work, not after it, where a report could not be written.

    Parameters
    ----------
    arguments : with the options of `add_output_options`.
    report : what will be written is a report; else a comparison, a history or a file.

    Raises
    ------
    InvalidInput : the folder does not exist, the target is a directory, or no format has its
        suffix.
    """
    from tacit.core import InvalidInput
    from tacit.render import DOCUMENT_SUFFIXES, FORMATS

    formats = tuple(FORMATS.values()) if report else DOCUMENT_SUFFIXES

    if any(name == "" for name in (arguments.html, arguments.json, *arguments.out)):
        raise InvalidInput(
            "--html, --json and --out need the name of a file, got an empty one: a variable that is"
            " not set?"
        )
    for flag, suffix in (("html", ".html"), ("json", ".json")):
        name = getattr(arguments, flag)
        if name and Path(name).suffix.lower() != suffix:
            raise InvalidInput(
                f"--{flag} needs a file name that ends in {suffix}, got `{name}`. Use --out for"
                " other formats."
            )
    for path in targets(arguments):
        if path.is_dir():
            raise InvalidInput(
                f"`{path}` is a directory; give a file name in it, for example"
                f" `{path / 'report.html'}`."
            )
        if not path.name.lower().endswith(formats):
            paper = " For paper, print the .html page." if path.suffix.lower() == ".pdf" else ""
            raise InvalidInput(
                f"`{path}` needs a name that ends in one of {', '.join(formats)}.{paper}"
            )
        if not path.parent.is_dir():
            raise InvalidInput(f"The folder of `{path}` does not exist. Make it first.")
        if not os.access(path.parent, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
            raise InvalidInput(f"`{path}` cannot be written: there is no permission to.")


def deliver(
    report: "Report | Comparison | Filing | History", arguments: argparse.Namespace
) -> None:
    """Write every file that was asked for, and say so on standard error; then print the report.

    Files come first, so that a closed pipe (``| head``) loses none of them; the report is printed
    even where a file could not be written.

    Raises
    ------
    OSError : a file could not be written; its old content stays.
    """
    from tacit.core import presentation

    try:
        for path in targets(arguments):
            report.save(path, lang=arguments.lang)
            print(f"wrote {path}", file=sys.stderr)
    finally:
        print(presentation.rendered(report, ".txt", lang=arguments.lang))


def said(line: str, *, error: bool = False) -> None:
    """Print one line of text that may hold words from outside: no control character of theirs
    reaches the terminal.
    """
    from tacit.render.clean import clean

    lead = line[: len(line) - len(line.lstrip())]
    print(lead + clean(line.strip(), limit=LONGEST), file=sys.stderr if error else sys.stdout)


def command_told(words: Sequence[str]) -> str:
    """How a report was made, without the folders of this machine: paths become file names.

    Examples
    --------
    >>> command_told(["audit", "/home/ada/out.npz", "--json=/tmp/r.json"])
    'tacit audit out.npz --json=r.json'
    """
    return " ".join(["tacit", *map(_without_folders, words)])


def _without_folders(word: str) -> str:
    flag, sign, value = word.partition("=") if word.startswith("-") else ("", "", word)
    if "/" in value or "\\" in value:
        value = PureWindowsPath(value).name
    return f"{flag}{sign}{value}"
