"""`tacit audit`: the outputs of a model in a file, a report on the screen and in files."""

import argparse
import math

from tacit.cli.writing import (
    add_cell_option,
    add_output_options,
    check_outputs,
    command_told,
    deliver,
    said,
)

# a usual number: each record is in four of them and out of four, which serves every attack
SHADOWS = 8
UNITS: tuple[tuple[float, str], ...] = (
    (86400.0, "days"),
    (3600.0, "hours"),
    (60.0, "minutes"),
    (0.0, "seconds"),
)

KEYS = """\
files: one .npz, .parquet or .csv with a column `member` (1: trained on it, 0: not), or two
files, members first.
  logits  (n, k), or logit_0, logit_1 ... in a table   scores before the softmax: best
  probs   (n, k), or prob_0, prob_1 ...                probabilities
  loss    (n,)                                         where nothing else is known
  prediction, truth                                    of a regression
  label   (n,) 0..k-1; (n, k) of 0/1 for multi-label
  features (n, d), or feature_...                      the records' own columns
  slice_NAME (n,)                                      slice by it: slice_region is called "region"
  cluster (n,)                                         the unit of independence: a user, a document

exit codes: 0 pass, 1 fail, 2 inconclusive under the policy; 3 wrong usage or unreadable input

examples:
  tacit audit outputs.npz
  tacit audit members.parquet nonmembers.parquet --policy tacit.toml --html report.html
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    command = commands.add_parser(
        "audit",
        help="audit the outputs of a model",
        description=(
            "Audit a model from what it answered on records that it was trained on, and on others."
        ),
        epilog=KEYS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument(
        "files",
        metavar="FILE",
        nargs="+",
        help="one file with a member column, or two: members, non-members",
    )
    command.add_argument(
        "--member-key",
        default="member",
        metavar="NAME",
        help="the member column (default: %(default)s)",
    )
    command.add_argument(
        "--policy",
        metavar="FILE.toml",
        help="the limits (see `tacit gate --help`); default: a modest built-in policy",
    )
    command.add_argument(
        "--effort",
        choices=("full", "quick"),
        default="full",
        help="quick leaves out the attackers that learn",
    )
    command.add_argument(
        "--attack",
        action="append",
        metavar="NAME",
        help="run this attack in place of the default ones (again for more; see `tacit attacks`)",
    )
    command.add_argument(
        "--level", type=float, default=0.95, help="confidence (default: %(default)s)"
    )
    command.add_argument(
        "--seed",
        type=int,
        default=0,
        help="the same seed gives the same report (default: %(default)s)",
    )
    command.add_argument("--title", default="", help="the model's name in the report")
    command.add_argument(
        "--records",
        action="store_true",
        help="keep per-record scores; they say who was a member: do not publish",
    )
    command.add_argument(
        "--trained-in",
        type=float,
        metavar="SECONDS",
        help="what training the model took, to say what a stronger audit would cost",
    )
    command.add_argument("--quiet", action="store_true", help="no progress")
    add_cell_option(command)
    add_output_options(command)
    command.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from pathlib import Path

    from tacit._audit import audit
    from tacit.adapters.files import read_outputs
    from tacit.cli.progress import Progress
    from tacit.core import DEFAULT_POLICY, InvalidInput, Policy

    if len(arguments.files) > 2:
        raise InvalidInput(
            "`tacit audit` takes one file or two (members, non-members), got"
            f" {len(arguments.files)}."
        )
    if arguments.trained_in is not None and not 0 < arguments.trained_in < math.inf:
        raise InvalidInput(
            f"--trained-in needs a number of seconds above 0, got {arguments.trained_in:g}."
        )
    check_outputs(arguments)
    policy = Policy.from_toml(arguments.policy) if arguments.policy else DEFAULT_POLICY
    records = read_outputs(arguments.files, member_key=arguments.member_key)
    progress = Progress(quiet=arguments.quiet)
    report = audit(
        member=records.member,
        nonmember=records.nonmember,
        features=records.features,
        slices=records.slices,
        min_cell=arguments.min_cell,
        cluster=records.cluster,
        policy=policy,
        effort=arguments.effort,
        attacks=arguments.attack,
        level=arguments.level,
        seed=arguments.seed,
        title=arguments.title or Path(arguments.files[0]).stem,
        records=arguments.records,
        command=command_told(arguments.words),
        progress=progress,
    )
    progress.close()
    deliver(report, arguments)
    if not arguments.quiet:
        said(stronger(arguments.trained_in), error=True)
    return report.exit_code


def stronger(seconds: float | None) -> str:
    """What an audit with shadow models would cost, in one line.

    Examples
    --------
    >>> stronger(90.0)[:68]
    'Attacks with shadow models find more: 8 of them are 12 minutes of tr'
    """
    cost = f"{SHADOWS} times the training of the model"
    if seconds is not None and seconds > 0:
        whole = SHADOWS * seconds
        size, unit = next(item for item in UNITS if whole >= 2 * item[0])
        amount = whole / (size or 1.0)
        cost = f"{amount:.2g} {unit} of training ({SHADOWS} times {seconds:g} s)"
    return (
        f"Attacks with shadow models find more: {SHADOWS} of them are {cost}."
        " `tacit shadow audit RECIPE --model FILE`, or tacit.audit(model, ..., shadows=8)."
    )
