"""`tacit unlearn audit`: is what was to be forgotten still there?"""

import argparse
from pathlib import Path

from tacit.cli.training_options import add_pool_options, pool_of
from tacit.cli.writing import add_output_options, check_outputs, command_told, deliver

OPTIONS = ("forget", "n", "cluster", "statistic", "attack", "store")
ABOUT = """\
Trains models with a coin-drawn half of the records to forget, unlearns that half, and measures what
an attacker still tells; beside it, models that unlearned nothing and models retrained without.

RECIPE is a Python file:

    data = (x, y)                                   # or a function that loads them
    def train_fn(rows, seed):                       # or a scikit-learn estimator
        ...                                         # train on x[rows], y[rows]
        return observe          # observe(x) -> tacit.Outputs, or one number a record
    def unlearn_fn(model, forget, retain, seed):    # row numbers to forget, and to keep
        ...
        return model
    forget = range(400)         # row numbers, a mask, or a share such as 0.2; or --forget
"""
EPILOG = """\
exit codes: 0 pass, 1 fail, 2 inconclusive under the policy; 3 wrong usage or unreadable input

example:
  tacit unlearn audit unlearning.py -n 16 --html report.html
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    command = commands.add_parser(
        "unlearn", help="audit unlearning", description="Audits of unlearning."
    )
    verbs = command.add_subparsers(title="verbs", metavar="VERB", required=True)
    audit = verbs.add_parser(
        "audit",
        help="is what was to be forgotten still there?",
        description=ABOUT,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    audit.add_argument("recipe", metavar="RECIPE", help="a .py file")
    audit.add_argument(
        "--forget", type=float, metavar="SHARE", help="forget this share of all records, drawn"
    )
    audit.add_argument("-n", type=int, metavar="N", help="number of models (default: 16)")
    audit.add_argument(
        "--store", metavar="WHERE", help="a folder or URL; a run that is killed goes on there"
    )
    audit.add_argument("--policy", metavar="FILE.toml", help="the limits; default: a modest one")
    audit.add_argument(
        "--level", type=float, default=0.95, help="confidence (default: %(default)s)"
    )
    audit.add_argument("--seed", type=int, default=0, help="of coins and trainings")
    audit.add_argument("--title", default="", help="the method's name in the report")
    add_pool_options(audit)
    add_output_options(audit)
    audit.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from tacit.audits.unlearning import UNLEARNING_POLICY, audit_unlearning
    from tacit.core import InvalidInput, Policy
    from tacit.training.recipe_file import names_in
    from tacit.training.stores import store_of

    check_outputs(arguments)
    policy = Policy.from_toml(arguments.policy) if arguments.policy else UNLEARNING_POLICY
    named = names_in(arguments.recipe, ("train_fn", "unlearn_fn", "data"), optional=OPTIONS)
    options = {name: named[name] for name in OPTIONS if name in named}
    changes = {"forget": arguments.forget, "n": arguments.n, "store": arguments.store}
    options |= {name: value for name, value in changes.items() if value is not None}
    if "forget" not in options:
        raise InvalidInput("What to forget needs `forget` in the recipe, or --forget SHARE.")
    store = options.pop("store", None)
    pool, close = pool_of(arguments)
    try:
        report = audit_unlearning(
            named["train_fn"],
            named["unlearn_fn"],
            named["data"],
            store=None if store is None else store_of(str(store)),
            pool=pool,
            policy=policy,
            level=arguments.level,
            seed=arguments.seed,
            title=arguments.title or Path(arguments.recipe).stem,
            command=command_told(arguments.words),
            **options,
        )
    finally:
        close()
    deliver(report, arguments)
    return report.exit_code
