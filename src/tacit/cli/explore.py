"""`tacit explore`: variants of a training that a file describes, raced and confirmed."""

import argparse

from tacit.cli.training_options import add_pool_options, pool_of
from tacit.cli.writing import add_language_option

ABOUT = """\
Trains variants of one recipe, compares what they tell about their records, and confirms the winner
on fresh trainings.

A Python file names what is explored:

    data = (x, y)                                  # or a function that loads them
    def train_fn(indices, seed, *, width=64, decay=0.0):
        ...                                        # or a scikit-learn estimator
        return observe
    variants = {"now": {}, "narrow": {"width": 16}, "decay": {"decay": 1e-2}}   # baseline first
    store = "shadows"                              # optional

A run that is killed goes on where it was: type the same command again. A variant that fails is
named with its reason, and the others go on.
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    command = commands.add_parser(
        "explore",
        help="what to change: variants of a training, raced and confirmed",
        description=ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("recipe", metavar="RECIPE", help="a .py file")
    command.add_argument(
        "--runs", type=int, default=3, help="trainings a variant (default: %(default)s)"
    )
    command.add_argument(
        "--confirm",
        type=int,
        metavar="N",
        help="fresh trainings of winner and baseline, 3 or more (default: as --runs; 0: none)",
    )
    command.add_argument("--baseline", default="", help="what is done today (default: the first)")
    command.add_argument(
        "--tolerance",
        type=float,
        default=0.01,
        help="accuracy that may be given up, as a share (default: %(default)s)",
    )
    command.add_argument("--seed", type=int, default=0, help="of all draws (default: %(default)s)")
    command.add_argument(
        "--level", type=float, default=0.95, help="confidence (default: %(default)s)"
    )
    command.add_argument(
        "--seconds", type=float, metavar="N", help="begin no further variant after so long"
    )
    command.add_argument("--store", metavar="WHERE", help="a folder or URL for the numbers")
    add_pool_options(command)
    group = command.add_argument_group("where the comparison goes (besides the screen)")
    group.add_argument("--html", metavar="FILE", help="one self-contained page for people")
    group.add_argument("--json", metavar="FILE", help="for `tacit show`")
    group.add_argument("--out", metavar="FILE", action="append", default=[], help="by suffix")
    add_language_option(group)
    command.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from tacit.audits.explore import explore
    from tacit.cli.progress import Progress
    from tacit.cli.writing import check_outputs, deliver
    from tacit.training.recipe_file import read_variants

    check_outputs(arguments, report=False)
    recipe, variants = read_variants(arguments.recipe)
    pool, close = pool_of(arguments)
    progress = Progress(quiet=arguments.quiet)
    try:
        found = explore(
            recipe.train_fn,
            variants,
            recipe.data,
            runs=arguments.runs,
            confirm=True if arguments.confirm is None else arguments.confirm,
            baseline=arguments.baseline,
            tolerance=arguments.tolerance,
            seed=arguments.seed,
            level=arguments.level,
            seconds=arguments.seconds,
            store=recipe.open(arguments.store),
            pool=pool,
            progress=progress,
            **recipe.options,
        )
    finally:
        close()
        progress.close()
    deliver(found.comparison, arguments)
    return 0
