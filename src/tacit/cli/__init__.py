"""The command line: argument parsing; every command is one call into the rooms."""

import argparse
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module

COMMANDS = (
    "demo",
    "audit",
    "text",
    "show",
    "compare",
    "history",
    "gate",
    "file",
    "attacks",
    "shadow",
    "explore",
    "synthetic",
    "attribute",
    "unlearn",
    "dp",
)

# no verdict uses these: 0 pass, 1 fail, 2 inconclusive
WRONG_USAGE, CRASHED, INTERRUPTED = 3, 70, 130
EPILOG = """\
exit codes: 0 pass, 1 fail, 2 inconclusive, 3 wrong usage or unreadable input, 70 a crash

examples:
  tacit demo                                     two real models, audited, in a minute
  tacit audit outputs.npz --html report.html     does this model tell on its training data?
  tacit gate report.json --policy tacit.toml     in CI: may it ship?
"""


class _Parser(argparse.ArgumentParser):
    """Usage errors exit with 3, since 2 means inconclusive; each command names its own."""

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        found, strange = super().parse_known_args(args, namespace)
        if strange:
            known = [option for action in self._actions for option in action.option_strings]
            flags = [word for word in strange if word.startswith("-")]
            near = get_close_matches(flags[0].partition("=")[0], known, n=1) if flags else []
            hint = f". Did you mean {near[0]}?" if near else ""
            self.error(f"unrecognized arguments: {' '.join(strange)}{hint}")
        return found, strange

    def error(self, message: str) -> None:  # type: ignore[override]
        self.print_usage(sys.stderr)
        self.exit(WRONG_USAGE, f"{self.prog}: {message}\nTry '{self.prog} --help'.\n")


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
    not be written, 70 an unexpected error, 130 interrupted.
    """
    from tacit.cli.writing import said
    from tacit.core import TacitError
    from tacit.core.dates import fixed_second

    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            # closed by whoever started the program (`2>&-`): what is said goes nowhere
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
        if hasattr(getattr(sys, name), "reconfigure"):
            # a terminal that lacks a character shows a question mark, and loses nothing else
            getattr(sys, name).reconfigure(errors="replace")
    try:
        if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        fixed_second()
        arguments = parser().parse_args(argv)
        arguments.words = list(sys.argv[1:] if argv is None else argv)
        return _code_of(arguments)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return WRONG_USAGE
    except (TacitError, OSError) as error:
        said(f"tacit: {error}", error=True)
        return WRONG_USAGE
    except KeyboardInterrupt:
        said("tacit: interrupted", error=True)
        return INTERRUPTED
    except Exception as error:
        traceback.print_exc()
        said(
            f"tacit: unexpected {type(error).__name__}: this is a fault of tacit or of a plug-in,"
            " and no verdict. Please report it with the lines above.",
            error=True,
        )
        return CRASHED


def _code_of(arguments: argparse.Namespace) -> int:
    """The exit code of the command; no plug-in or recipe ends the program with one of its own."""
    try:
        return int(arguments.run(arguments))
    except SystemExit as error:
        raise RuntimeError(f"something called sys.exit({error.code!r})") from error


def _version() -> str:
    from tacit import __version__

    return __version__
