"""Which wrong lines do the tests notice? One error at a time is put into a file, and its tests run.

    python tools/mutants.py src/tacit/dp/steinke.py -- tests/dp/test_steinke.py -m "not slow"
    python tools/mutants.py src/tacit/dp/*.py --most 30 --page survivors.md -- tests/dp
    python tools/mutants.py --list tests/wrong_lines.json -- tests/dp tests/metrics tests/audits

Each error is one of: an arithmetic operator for its opposite, a comparison turned round or moved by
its edge, a number changed (whole numbers by 1, others doubled), a sign dropped, `and` for `or`,
`min` for `max`. Text, annotations and what is raised are left alone. With `--list` the errors are
those that a file lists, each alone, or with `--together` all of them at once.

A mutant is killed if a test fails, runs ten times as long as before, or does nothing for a
minute. The tests are collected once and run once without an error, to see which lines each of them
reaches; every mutant then has a process of its own, in which the functions of its module are
exchanged and those tests run that reach its statement, the quickest first. Tests slower than
`--slowest` seconds are left out.
Nothing is written to the files. Without tests after `--`, the tests of the files' rooms are used;
with `--own` only those that are named after the file, where there are any: quicker, and harsher.
"""

import argparse
import ast
import contextlib
import importlib
import json
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from exchange import put_in
from wrong_code import ROOT, Mutant, by_hand, sampled, together

# imported once, before the processes part
PRELOADED = ("numpy", "scipy.special", "scipy.stats", "scipy.optimize", "sklearn.ensemble")
NOT_BUILT = 3  # exit code of a process that could not even make its mutant
SLOWER = 10  # times what a test takes without an error; then the mutant hangs
LEAST_SECONDS = 10.0  # before a mutant is taken to hang
IDLE_SECONDS = 60.0  # of the clock without any work: it waits for what never comes
IDLE_WORK = 0.1  # seconds of processor time that are no work


@dataclass
class Seen:
    """What one test did without an error.

    Parameters
    ----------
    seconds : that it took.
    lines : it reached, by path.
    """

    seconds: float = 0.0
    lines: dict[str, set[int]] = field(default_factory=dict)


class Judge:
    """The plug-in of pytest that runs the mutants in place of the tests."""

    def __init__(self, mutants: Sequence[Sequence[Mutant]], arguments: argparse.Namespace) -> None:
        self.mutants = mutants
        self.slowest = arguments.slowest
        self.budget = arguments.budget
        self.own = arguments.own
        self.failed = False
        self.alive: list[Sequence[Mutant]] = []
        self.broken = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember that a test failed."""
        self.failed = self.failed or report.failed

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """See what the tests reach, then try every mutant."""
        paths = {str(m.path.resolve()) for group in self.mutants for m in group}
        if self.own:
            session.items = _kept(session.items, paths)
        seen = self._look(session.items, paths)
        for twin in {
            mutant.path: mutant.twin for group in self.mutants for mutant in group
        }.values():
            if self._kills(_reaching(session.items, seen, [twin], self.budget), seen, [twin]):
                _say(f"{twin.path}: the tests fail where its own code is put in")
                self.broken = True
        for group in self.mutants:
            wanted = _named_after(session.items, seen, group) if self.own else seen
            tests = _reaching(session.items, wanted, group, self.budget)
            killed = self._kills(tests, seen, group)
            if not killed:
                self.alive.append(group)
            _report(group, killed, tests)
        return True

    def _look(self, items: Sequence[pytest.Item], paths: set[str]) -> list[Seen | None]:
        """Each test's time and lines, None where it is left out; in a process of its own."""

        def watched() -> Iterator[str]:
            for item in items:
                seen = Seen(lines={path: set() for path in paths})
                start = time.process_time()
                done = self._passes_in_time(item, seen)
                seen.seconds = time.process_time() - start
                lines = {path: sorted(reached) for path, reached in seen.lines.items()}
                yield json.dumps([done, seen.seconds, lines])
                self.failed = False

        every: list[Seen | None] = []
        for item, line in zip(items, _from_a_child(watched), strict=True):
            done, seconds, lines = json.loads(line)
            if done is False:
                _say(f"fails without any error: {item.nodeid}")
                self.broken = True
            reached = {path: set(numbers) for path, numbers in lines.items()}
            every.append(Seen(seconds, reached) if done else None)
        return every

    def _passes_in_time(self, item: pytest.Item, seen: Seen) -> bool | None:
        """Whether a test passes; None if it takes too long."""

        def too_long(*_: object) -> None:
            raise _TooLong

        signal.signal(signal.SIGPROF, too_long)
        signal.setitimer(signal.ITIMER_PROF, 3 * self.slowest)
        used = time.process_time()
        try:
            with _watching(seen.lines):
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        except _TooLong:
            return None
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        if time.process_time() - used > 2 * self.slowest:
            return None
        return not self.failed

    def _kills(
        self, tests: Sequence[tuple[Seen, pytest.Item]], seen: Sequence[Seen | None], group: Any
    ) -> bool:
        """Whether one of the tests fails with the errors."""
        # of processor time: on a busy machine the clock tells nothing
        limit = int(LEAST_SECONDS + SLOWER * sum(what.seconds for what, _ in tests))
        child = os.fork()
        if child == 0:
            silent = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silent, 1)
            os.dup2(silent, 2)
            code = NOT_BUILT
            resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
            _end_when_idle()
            try:
                trees = [mutant.tree for mutant in group]
                code = 1
                for mutant, tree in zip(group, trees, strict=True):
                    put_in(mutant, tree)
                for _, item in tests:
                    item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
                    if self.failed:
                        break
                code = int(self.failed)
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        ended = os.waitstatus_to_exitcode(status)
        if ended == NOT_BUILT:
            raise RuntimeError(f"this mutant cannot be built: {group[0]}")
        return ended != 0


class _TooLong(BaseException):
    """A test takes longer than the tests that are wanted."""


def _end_when_idle() -> None:
    """End this process where it does nothing: a wait for another process takes no processor time,
    so that no limit of it is ever met.
    """
    last = [time.process_time()]

    def look(*_: object) -> None:
        used = time.process_time()
        if used - last[0] < IDLE_WORK:
            os._exit(1)
        last[0] = used

    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, IDLE_SECONDS, IDLE_SECONDS)


@contextlib.contextmanager
def _watching(lines: dict[str, set[int]]) -> Iterator[None]:
    """Note every line that is reached in the files `lines` names."""

    def local(frame: FrameType, event: str, _: object) -> Any:
        if event == "line":
            lines[frame.f_code.co_filename].add(frame.f_lineno)
        return local

    def enter(frame: FrameType, event: str, _: object) -> Any:
        return local if frame.f_code.co_filename in lines else None

    threading.settrace(enter)
    sys.settrace(enter)
    try:
        yield
    finally:
        sys.settrace(None)
        threading.settrace(None)  # type: ignore[arg-type]


def _from_a_child(lines: Any) -> Iterator[str]:
    """The lines that a function yields in a process of its own."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reads)
            silent = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silent, 1)
            os.dup2(silent, 2)
            with os.fdopen(writes, "w") as out:
                for line in lines():
                    out.write(line + "\n")
                    out.flush()
        finally:
            os._exit(0)
    os.close(writes)
    with os.fdopen(reads) as into:
        yield from into
    os.waitpid(child, 0)


def _kept(items: list[pytest.Item], paths: set[str]) -> list[pytest.Item]:
    """The tests that are named after one of the files; all where a file has none."""
    names = {f"test_{Path(path).stem}" for path in paths}
    if not names <= {_stem(item) for item in items}:
        return items
    return [item for item in items if _stem(item) in names]


def _stem(item: pytest.Item) -> str:
    """The name of a test's file; tests by hand may have a file of their own."""
    return item.path.stem.removesuffix("_by_hand")


def _named_after(
    items: Sequence[pytest.Item], seen: Sequence[Seen | None], group: Sequence[Mutant]
) -> Sequence[Seen | None]:
    """None for tests that are not named after the files of the errors, where any is."""
    names = {f"test_{mutant.path.stem}" for mutant in group}
    own = [_stem(item) in names for item in items]
    if not any(own):
        return seen
    return [what if named else None for what, named in zip(seen, own, strict=True)]


def _reaching(
    items: Sequence[pytest.Item],
    seen: Sequence[Seen | None],
    group: Sequence[Mutant],
    budget: float,
) -> list[tuple[Seen, pytest.Item]]:
    """The tests that reach a statement of the errors, the quickest first, while time is left."""
    found = []
    for item, what in zip(items, seen, strict=True):
        if what is None:
            continue
        if any(_reaches(what, mutant) or _names(item, mutant) for mutant in group):
            found.append((what, item))
    kept: list[tuple[Seen, pytest.Item]] = []
    for what, item in sorted(found, key=lambda pair: pair[0].seconds):
        budget -= what.seconds
        if budget >= 0:
            kept.append((what, item))
    return kept


def _reaches(what: Seen, mutant: Mutant) -> bool:
    reached = what.lines[str(mutant.path.resolve())]
    if not mutant.in_function:
        return bool(reached)
    first, last = mutant.lines
    return any(first <= line <= last for line in reached)


def _names(item: pytest.Item, mutant: Mutant) -> bool:
    """Whether a test reads a constant of the file, or the signature of a function, which no line
    that it reaches may show.
    """
    if mutant.in_function or not isinstance(item, pytest.Function):
        return False
    read = set(item.function.__code__.co_names)
    return any(isinstance(node, ast.Name) and node.id in read for node in mutant.right_targets)


def _report(group: Sequence[Mutant], killed: bool, tests: Sequence[object]) -> None:
    if killed:
        return
    for mutant in group:
        where = f"{mutant.path}:{mutant.lines[0]}"
        _say(f"{where}: {mutant.kind}: {mutant.text} [{len(tests)} tests]")


def default_tests(paths: Sequence[Path]) -> list[str]:
    """The tests of the files' rooms."""
    rooms = {path.resolve().relative_to(ROOT / "src" / "tacit").parts[0] for path in paths}
    return [str(ROOT / "tests" / room) for room in sorted(rooms)]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the mutants, print the survivors; 1 if fewer than `--least` percent were killed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "files",
        nargs="*",
        type=Path,
        help="files of src/ to put errors into, all of the listed ones if left out",
    )
    parser.add_argument("--list", type=Path, help="a file of wrong lines to put in")
    parser.add_argument("--together", action="store_true", help="all listed lines at once")
    parser.add_argument("--most", type=int, default=10**6, help="mutants of a file, drawn")
    parser.add_argument("--seed", type=int, default=0, help="which of them --most takes")
    parser.add_argument("--again", type=Path, help="only those that this output of a run lists")
    parser.add_argument("--slowest", type=float, default=2.0, help="seconds of a test that runs")
    parser.add_argument("--budget", type=float, default=1e9, help="seconds of tests a mutant")
    parser.add_argument("--own", action="store_true", help="only tests named after the file")
    parser.add_argument("--least", type=float, default=90.0, help="percent to be killed")
    parser.add_argument("--page", type=Path, help="add a table of the survivors to this file")
    given = list(sys.argv[1:] if argv is None else argv)
    cut = given.index("--") if "--" in given else len(given)
    arguments, tests = parser.parse_args(given[:cut]), given[cut + 1 :]
    groups = _groups(arguments)
    for name in PRELOADED:
        importlib.import_module(name)
    judge = Judge(groups, arguments)
    plain = ["-q", "-s", "-p", "no:cacheprovider", "--no-header", "--assert=plain"]
    tests = tests or default_tests([mutant.path for group in groups for mutant in group])
    pytest.main([*plain, *tests], plugins=[judge])
    return _told(judge, arguments)


def _groups(arguments: argparse.Namespace) -> list[list[Mutant]]:
    """The errors, those that go in at once in one list."""
    if arguments.list:
        listed = together(arguments.list) if arguments.together else by_hand(arguments.list)
        wanted = {path.resolve() for path in arguments.files}
        listed = [mutant for mutant in listed if not wanted or mutant.path.resolve() in wanted]
        return [listed] if arguments.together else [[mutant] for mutant in listed]
    drawn = [sampled(path, arguments.most, arguments.seed) for path in arguments.files]
    every = [mutant for mutants in drawn for mutant in mutants]
    if arguments.again:
        listed = arguments.again.read_text(encoding="utf8").splitlines()
        every = [mutant for mutant in every if _is_listed(mutant, listed)]
    return [[mutant] for mutant in every]


def _is_listed(mutant: Mutant, lines: Sequence[str]) -> bool:
    """Whether an earlier run printed this mutant."""
    start = f"{mutant.path}:{mutant.lines[0]}: {mutant.kind}: "
    near = [line for line in lines if line.startswith(start)]
    return bool(near) and any(line.startswith(start + mutant.text.split("\n")[0]) for line in near)


def _told(judge: Judge, arguments: argparse.Namespace) -> int:
    """Print the counts, write the page, and say whether it is enough."""
    total = len(judge.mutants)
    for path in dict.fromkeys(group[0].path for group in judge.mutants):
        run = [group for group in judge.mutants if group[0].path == path]
        alive = [group[0] for group in judge.alive if group[0].path == path]
        _say(f"{path}: {len(run) - len(alive)} of {len(run)} killed")
        if arguments.page:
            with arguments.page.open("a", encoding="utf8") as page:
                page.write(_table(path, len(run) - len(alive), alive))
    percent = 100 * (total - len(judge.alive)) / max(total, 1)
    _say(f"{total - len(judge.alive)} of {total} mutants killed ({percent:.1f} %)")
    return int(judge.broken or percent < arguments.least)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _table(path: Path, dead: int, alive: Sequence[Mutant]) -> str:
    lines = [f"\n## `{path}`: {dead} of {dead + len(alive)} killed\n"]
    if alive:
        lines += ["| line | error | would read | reason |", "|---|---|---|---|"]
    for mutant in alive:
        text = mutant.text.replace("|", "\\|").replace("\n", " ")
        lines.append(f"| {mutant.lines[0]} | {mutant.kind} | `{text}` | |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
