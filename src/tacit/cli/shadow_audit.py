"""`tacit shadow audit`: a model's answers in a file and its shadow models, one report."""

import argparse
from typing import TYPE_CHECKING, Any

from tacit.cli.training_options import TrainingLine, add_pool_options, pool_of
from tacit.cli.writing import (
    add_cell_option,
    add_output_options,
    check_outputs,
    command_told,
    deliver,
)

if TYPE_CHECKING:
    from tacit.adapters.files import Rows
    from tacit.core import Signals

ABOUT = """\
Audits a model with shadow models, and without them, on the same records.

RECIPE is the file that describes the shadow models (those that are not stored yet are trained
first), or the .npz that `tacit shadow collect` wrote. The file of --model holds what the audited
model answered: the columns that `tacit audit` reads, with `member`, one row for each record of the
recipe's data, in the same order.
"""
EPILOG = """\
exit codes: 0 pass, 1 fail, 2 inconclusive under the policy; 3 wrong usage or unreadable input

examples:
  tacit shadow audit train.py --model outputs.npz --html report.html
  tacit shadow audit shadows.npz --model outputs.npz
"""


def add(parts: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the part."""
    part = parts.add_parser(
        "audit",
        help="audit a model with shadow models and without, one report",
        description=ABOUT,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    part.add_argument("recipe", metavar="RECIPE", help="a .py or .toml file, or a collected .npz")
    part.add_argument(
        "--model", required=True, metavar="FILE", help="what the audited model answered"
    )
    part.add_argument(
        "--member-key",
        default="member",
        metavar="NAME",
        help="the member column (default: %(default)s)",
    )
    part.add_argument(
        "--store", metavar="WHERE", help="a folder or URL, instead of the one in the file"
    )
    part.add_argument("-n", type=int, metavar="N", help="number of shadow models")
    part.add_argument("--policy", metavar="FILE.toml", help="the limits (see `tacit gate --help`)")
    part.add_argument(
        "--effort",
        choices=("full", "quick"),
        default="full",
        help="quick leaves out the attackers without shadow models that learn",
    )
    part.add_argument("--level", type=float, default=0.95, help="confidence (default: %(default)s)")
    part.add_argument("--seed", type=int, default=0, help="of the attackers that learn")
    part.add_argument("--title", default="", help="the model's name in the report")
    part.add_argument(
        "--records",
        action="store_true",
        help="keep per-record scores; they say who was a member: do not publish",
    )
    add_pool_options(part)
    add_cell_option(part)
    add_output_options(part)
    part.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from pathlib import Path

    import numpy as np

    from tacit.adapters.files import read_rows
    from tacit.audits.strong import strong_audit
    from tacit.cli.progress import Progress
    from tacit.core import DEFAULT_POLICY, InvalidInput, Membership, Policy

    check_outputs(arguments)
    policy = Policy.from_toml(arguments.policy) if arguments.policy else DEFAULT_POLICY
    rows = read_rows(arguments.model, member_key=arguments.member_key)
    collected = Path(arguments.recipe).suffix == ".npz"
    signals, facts = _collected(arguments, rows) if collected else _trained(arguments, rows)
    # a record that every shadow model was trained on has nothing to be compared with
    kept = np.flatnonzero(~signals.shadow_member.all(axis=0))
    if not len(kept):
        raise InvalidInput("Every shadow model was trained on all records: none can be attacked.")
    progress = Progress(quiet=arguments.quiet)
    report = strong_audit(
        rows.outputs.take(kept),
        signals.take(kept),
        Membership(rows.member[kept], None if rows.cluster is None else rows.cluster[kept]),
        features=None if rows.features is None else rows.features[kept],
        slices={name: values[kept] for name, values in rows.slices.items()},
        min_cell=arguments.min_cell,
        policy=policy,
        effort=arguments.effort,
        level=arguments.level,
        seed=arguments.seed,
        title=arguments.title or Path(arguments.model).stem,
        command=command_told(arguments.words),
        records=arguments.records,
        progress=progress,
        **facts,
    )
    progress.close()
    deliver(report, arguments)
    return report.exit_code


def _collected(arguments: argparse.Namespace, rows: "Rows") -> "tuple[Signals, dict[str, Any]]":
    from tacit.core import Signals
    from tacit.core.signals import read_arrays

    arrays = read_arrays(arguments.recipe)
    target = _measured(rows, str(arrays.get("statistic", "signal")))
    signals = Signals.load(arguments.recipe, target=target)
    facts: dict[str, Any] = {"seconds": arrays["seconds"].tolist()} if "seconds" in arrays else {}
    if "accuracy" in arrays:
        facts["shadow_accuracy"] = _known(arrays["accuracy"][:, 1])
    return signals.changed(group=_group(rows, signals)), facts


def _trained(arguments: argparse.Namespace, rows: "Rows") -> "tuple[Signals, dict[str, Any]]":
    from tacit.training import carry_out, gather
    from tacit.training.plan import require_same
    from tacit.training.recipe_file import read_recipe

    recipe = read_recipe(arguments.recipe)
    run, store = recipe.plan(n=arguments.n), recipe.open(arguments.store)
    require_same(store, run.plan)
    pool, close = pool_of(arguments)
    try:
        carry_out(run, store, pool=pool, progress=None if arguments.quiet else TrainingLine())
    finally:
        close()
    kept = gather(run.plan, store, statistic=run.context.statistic)
    _require_rows(rows, kept.plan.design.n)
    signals = kept.signals(rows.outputs if kept.statistic != "signal" else _measured(rows, ""))
    facts = {
        "seconds": kept.seconds.tolist(),
        "shadow_accuracy": _known(kept.accuracy[:, 1]),
    }
    return signals.changed(group=_group(rows, signals)), facts


def _measured(rows: "Rows", statistic: str) -> Any:
    from tacit.core import InvalidInput
    from tacit.signals import available, measure

    if statistic not in available(rows.outputs):
        raise InvalidInput(
            f"The shadow models were measured by {statistic or 'numbers of their own'!r}, which"
            " cannot be read from the answers of --model"
            f" (they allow {', '.join(available(rows.outputs))})."
        )
    return measure(rows.outputs, statistic)


def _require_rows(rows: "Rows", n: int) -> None:
    from tacit.core import InvalidInput

    if rows.outputs.n != n:
        raise InvalidInput(
            f"--model needs one row for each of the recipe's {n} records, in the same order, got"
            f" {rows.outputs.n}."
        )


def _group(rows: "Rows", signals: "Signals") -> Any:
    import numpy as np

    label = rows.outputs.label
    return label if label is not None and label.ndim == 1 else np.zeros(signals.n, np.int64)


def _known(values: Any) -> list[float]:
    import numpy as np

    return [float(value) for value in values[np.isfinite(values)]]
