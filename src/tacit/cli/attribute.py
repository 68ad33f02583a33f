"""`tacit attribute audit`: does a model tell a secret column of its training records?"""

import argparse
from pathlib import Path
from typing import Any

from tacit.cli.writing import add_output_options, check_outputs, command_told, deliver

SIDES = ("train", "test", "reference")
FILES_OF = (
    "records that the model was trained on",
    "others of the same population",
    "further ones, none of them a training record",
)
ABOUT = """\
Audits what a model tells about one column of the records that it was trained on, beside what the
other columns tell anyway.

RECIPE is a Python file that names the model, and the records unless they are given as files:

    model = ...                # loaded or trained here; or a function from records to answers
    train = (X, y)             # records that it was trained on, and their labels
    test = (X2, y2)            # others of the same population
    reference = (X3, y3)       # further ones, none of them a training record
    secret = "diagnosis"       # optional: or --secret
"""
EPILOG = """\
files: .csv, .csv.gz, .parquet or .npz, all with the same columns, --label among them. The model
gets a pandas frame of all other columns (without --cluster).

exit codes: 0 pass, 1 fail, 2 inconclusive under the policy; 3 wrong usage or unreadable input

examples:
  tacit attribute audit model.py --secret diagnosis --html report.html
  tacit attribute audit model.py --secret diagnosis --label returned \\
      --train train.csv --test holdout.csv --reference other.csv
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    command = commands.add_parser(
        "attribute",
        help="audit attribute inference: a secret column of the training records",
        description="Audits of attribute inference.",
    )
    verbs = command.add_subparsers(title="verbs", metavar="VERB", required=True)
    audit = verbs.add_parser(
        "audit",
        help="does the model tell a secret column of its training records?",
        description=ABOUT,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    audit.add_argument("recipe", metavar="RECIPE", help="a .py file that names the model")
    audit.add_argument(
        "--secret",
        metavar="COLUMN",
        action="append",
        help="the column (again for a block of one-hot columns); of an array, its number",
    )
    audit.add_argument(
        "--sensitive", metavar="VALUE", help="a value whose most likely records are looked at too"
    )
    audit.add_argument(
        "--kind",
        choices=("auto", "class", "number"),
        default="auto",
        help="category or quantity (default: by the values)",
    )
    audit.add_argument(
        "--tolerance", type=float, help="how near a guessed quantity must be, in its own unit"
    )
    files = audit.add_argument_group("records in files, in place of those that RECIPE names")
    for side, what in zip(SIDES, FILES_OF):
        files.add_argument(f"--{side}", metavar="FILE", help=what)
    files.add_argument("--label", metavar="COLUMN", help="what the model predicts")
    files.add_argument(
        "--cluster",
        metavar="COLUMN",
        help="the person behind several rows; the model is not shown it",
    )
    audit.add_argument("--policy", metavar="FILE.toml", help="the limits; default: a modest one")
    audit.add_argument(
        "--level", type=float, default=0.95, help="confidence (default: %(default)s)"
    )
    audit.add_argument("--title", default="", help="the model's name in the report")
    add_output_options(audit)
    audit.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from tacit._audit import audit_attribute
    from tacit.audits.attribute import ATTRIBUTE_POLICY
    from tacit.core import InvalidInput, Policy
    from tacit.training.recipe_file import names_in

    check_outputs(arguments)
    policy = Policy.from_toml(arguments.policy) if arguments.policy else ATTRIBUTE_POLICY
    given = [side for side in SIDES if getattr(arguments, side)]
    if given and len(given) < len(SIDES):
        raise InvalidInput("--train, --test and --reference go together: give all three or none.")
    needed = ("model",) if given else ("model", *SIDES)
    named = names_in(arguments.recipe, needed, optional=("secret", "cluster"))
    pairs: dict[str, Any] = {side: named.get(side) for side in SIDES}
    cluster = named.get("cluster")
    if given:
        pairs, cluster = _read(arguments)
    secret = named.get("secret") if not arguments.secret else _secret(arguments.secret, pairs)
    if secret is None:
        raise InvalidInput("The secret column needs a name: --secret, or `secret` in the recipe.")
    report = audit_attribute(
        named["model"],
        secret=secret,
        train=pairs["train"],
        test=pairs["test"],
        reference=pairs["reference"],
        kind=arguments.kind,
        tolerance=arguments.tolerance,
        sensitive=arguments.sensitive,
        cluster=cluster,
        policy=policy,
        level=arguments.level,
        title=arguments.title or Path(arguments.recipe).stem,
        command=command_told(arguments.words),
    )
    deliver(report, arguments)
    return report.exit_code


def _secret(words: list[str], pairs: dict[str, Any]) -> Any:
    """The secret as the records name it: the columns of an array have numbers."""
    train = pairs["train"]
    framed = isinstance(train, tuple) and hasattr(train[0], "columns")
    names = [int(word) if not framed and word.isdecimal() else word for word in words]
    return names[0] if len(names) == 1 else names


def _read(arguments: argparse.Namespace) -> tuple[dict[str, Any], Any]:
    """Records and labels of the three files, and the units of the first two."""
    from tacit.adapters.tables import read_table
    from tacit.core import InvalidInput
    from tacit.core.optional import require

    pandas = require("pandas", extra="tables", purpose="Reading records for a model")
    if not arguments.label:
        raise InvalidInput("Records in files need --label, the column that the model predicts.")
    pairs, units = {}, []
    for side in SIDES:
        table = dict(read_table(Path(getattr(arguments, side)), missing=True))
        for flag in ("label", "cluster"):
            name = getattr(arguments, flag)
            if name and name not in table and (flag == "label" or side != "reference"):
                raise InvalidInput(f"--{flag} needs a column of the files, got {name!r}.")
        label = table.pop(arguments.label)
        unit = table.pop(arguments.cluster, None) if arguments.cluster else None
        units.append(unit)
        pairs[side] = (pandas.DataFrame(table), label)
    return pairs, (units[0], units[1]) if arguments.cluster else None
