"""`tacit gate`: judge a saved report under a policy file."""

import argparse

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
    command.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from tacit.audits.steps.verdict import rejudged
    from tacit.core import Policy, Report

    report = Report.load(arguments.report)
    if arguments.policy:
        report = rejudged(report, Policy.from_toml(arguments.policy))
    print(f"{report.verdict.upper()} under policy {report.policy!r}: {report.headline}")
    for verdict in report.verdicts:
        print(f"  {verdict.outcome:<13} {verdict.rule}: {verdict.reason}")
    return report.exit_code
