"""`tacit gate`: judge a saved report under a policy file."""

import argparse
from typing import TYPE_CHECKING

from tacit.cli.writing import add_output_options, check_outputs, said, targets

if TYPE_CHECKING:
    from tacit.core import Policy, Report, Verdict

POLICY = """\
a policy file:
  [policy]
  name = "release"
  claimed_epsilon = 8            # optional: fail if a DP audit refutes it

  [policy.at_most]
  advantage = 0.10               # the vulnerability score
  "tpr@fpr=0.001" = 0.01         # members found when 1 in 1,000 non-members is accused

A gate passes only if the whole interval lies inside the limit. Too little data is inconclusive,
never a pass.
Every verdict in the file is computed again from its numbers; a file that contradicts itself is
refused.

exit codes: 0 pass, 1 fail, 2 inconclusive, 3 wrong usage or unreadable input
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    command = commands.add_parser(
        "gate",
        help="judge a saved report under a policy; for CI",
        description="Judge a saved report under a policy and exit with the verdict.",
        epilog=POLICY,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("report", metavar="REPORT.json", help="a report that tacit saved")
    command.add_argument(
        "--policy",
        metavar="FILE.toml",
        help="the limits; without it the report's own verdict counts",
    )
    add_output_options(command)
    command.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from tacit.audits.steps.verdict import rejudged, require_consistent
    from tacit.core import Policy, Report

    check_outputs(arguments)
    report = Report.load(arguments.report)
    require_consistent(report, other_rules=bool(arguments.policy))
    if arguments.policy:
        policy = Policy.from_toml(arguments.policy)
        _require_known(policy, report)
        report = rejudged(report, policy)
    for path in targets(arguments):
        report.save(path, lang=arguments.lang)
        said(f"wrote {path}", error=True)
    said(f"{report.verdict.upper()} under policy {report.policy!r}: {report.headline}")
    for verdict in report.verdicts:
        said(f"  {verdict.outcome:<13} {verdict.rule}: {verdict.reason}{_hint(verdict)}")
    return report.exit_code


def _require_known(policy: "Policy", report: "Report") -> None:
    """A limit on a metric that nobody knows could never fail."""
    from tacit.metrics import named

    measured = {estimate.name for check in report.checks for estimate in check.estimates}
    for gate in policy.gates:
        if gate.metric not in measured | {"epsilon"}:
            named(gate.metric)


def _hint(verdict: "Verdict") -> str:
    """Which command measures what the report lacks."""
    if verdict.estimate is not None or verdict.outcome != "inconclusive":
        return ""
    if verdict.metric == "epsilon":
        return " (`tacit dp audit` measures it)"
    return " (`tacit audit --policy FILE.toml` measures what the policy limits)"
