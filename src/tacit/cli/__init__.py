"""The command line: argument parsing; every command is one call into the rooms."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

COMMANDS = ("demo", "audit", "show", "compare", "gate", "file", "attacks", "shadow", "dp")

EPILOG = """\
exit codes: 0 pass, 1 fail, 2 inconclusive, 3 wrong usage or unreadable input

examples:
  tacit demo                                     two real models, audited, in a minute
  tacit audit outputs.npz --html report.html     does this model tell on its training data?
  tacit gate report.json --policy tacit.toml     in CI: may it ship?
"""


class _Parser(argparse.ArgumentParser):
    """Usage errors exit with 3, since 2 means inconclusive."""

    def error(self, message: str) -> None:  # type: ignore[override]
        self.print_usage(sys.stderr)
        self.exit(3, f"{self.prog}: {message}\nTry '{self.prog} --help'.\n")


def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    top = _Parser(
        prog="tacit",
        description=(
            "Privacy tests for machine learning: what does a model tell about its training data,"
            " and how sure are we?"
        ),
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"tacit {_version()}")
    commands = top.add_subparsers(
        title="commands", metavar="COMMAND", required=True, parser_class=_Parser
    )
    for name in COMMANDS:
        import_module(f"tacit.cli.{name}").add(commands)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code.

    0 pass, 1 fail, 2 inconclusive, 3 usage: wrong arguments, unreadable input or a file that could
    not be written.
    """
    from tacit.core import TacitError

    arguments = parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 3
    except (TacitError, OSError) as error:
        print(f"tacit: {error}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        print("tacit: interrupted", file=sys.stderr)
        return 130


def _version() -> str:
    from tacit import __version__

    return __version__
