"""The pytest plug-in: a `tacit` fixture, and `assert_private`, which fails with the report's
headline.

This file loads in every pytest run of an environment that has tacit, so it imports nothing but the
standard library and pytest.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tacit.core import Policy, Report

    Limits = Policy | Mapping[str, float] | str | Path


def assert_private(report: "Report", policy: "Limits | None" = None) -> None:
    """Pass only if `report` keeps `policy`; otherwise fail with the report's headline.

    Parameters
    ----------
    report : what `tacit.audit` returned.
    policy : a `tacit.Policy`, the path of a policy file, or limits such as ``{"advantage": 0.1}``.
        None: the policy that the report was made with.

    Raises
    ------
    AssertionError : the report fails the policy, or is inconclusive. Too little data never passes.
    """
    __tracebackhide__ = True
    from tacit.audits.steps.verdict import rejudged
    from tacit.core import Policy

    judged = report if policy is None else rejudged(report, Policy.of(policy))
    if judged.verdict != "pass":
        reasons = [
            f"{verdict.outcome}: {verdict.rule}: {verdict.reason}"
            for verdict in judged.verdicts
            if verdict.outcome != "pass"
        ]
        raise AssertionError("\n".join([judged.headline, *reasons]))


class Auditor:
    """What the `tacit` fixture gives: `audit`, and `assert_private`, which also leaves the report
    in the test's results.
    """

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._request = request
        self._reports: list[Report] = []

    def audit(self, *args: Any, **options: Any) -> "Report":
        """`tacit.audit`, with the same arguments; the headline becomes a property of the test
        (JUnit keeps it).
        """
        import tacit as library

        return self._kept(library.audit(*args, **options))

    def assert_private(self, report: "Report", policy: "Limits | None" = None) -> None:
        """`assert_private`; with ``--tacit-reports`` the report is also written there, passed or
        not.
        """
        __tracebackhide__ = True
        if all(report is not known for known in self._reports):
            self._kept(report)
        assert_private(report, policy)

    def _kept(self, report: "Report") -> "Report":
        self._reports.append(report)
        number = f".{len(self._reports)}" if len(self._reports) > 1 else ""
        self._request.node.user_properties.append((f"tacit{number}", report.headline))
        folder = self._request.config.getoption("tacit_reports")
        if folder is not None:
            Path(folder).mkdir(parents=True, exist_ok=True)
            name = "".join(
                letter if letter.isalnum() or letter in "-_" else "-"
                for letter in self._request.node.name
            )
            report.save(Path(folder) / f"{name}{number}.json")
        return report


@pytest.fixture  # type: ignore[untyped-decorator]
def tacit(request: pytest.FixtureRequest) -> Auditor:
    """Audit models in tests: ``tacit.audit(model, train=..., test=...)``, then
    ``tacit.assert_private(report, policy)``.
    """
    return Auditor(request)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--tacit-reports FOLDER``."""
    group = parser.getgroup("tacit", "privacy tests")
    group.addoption(
        "--tacit-reports",
        default=None,
        metavar="FOLDER",
        help="write the reports of the `tacit` fixture there as JSON",
    )


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """List the headlines at the end of the run."""
    found = list(_headlines(terminalreporter.stats))
    if found:
        terminalreporter.section("privacy")
        for name, headline in found:
            terminalreporter.line(f"{name}: {headline}")


def _headlines(stats: Mapping[str, list[Any]]) -> Iterator[tuple[str, str]]:
    for reports in (stats.get("passed", []), stats.get("failed", [])):
        for report in reports:
            if getattr(report, "when", "") == "call":
                yield from (
                    (report.nodeid, value)
                    for key, value in report.user_properties
                    if key.split(".")[0] == "tacit"
                )
