"""`tacit shadow`: plan, run, status, collect and audit of shadow models described in a file."""

import argparse
import sys
from typing import TYPE_CHECKING, Any

from tacit.cli import shadow_audit
from tacit.cli.training_options import TrainingLine, add_pool_options, pool_of

if TYPE_CHECKING:
    from tacit.training import Run
    from tacit.training.recipe_file import RecipeFile

ABOUT = """\
Trains shadow models that a small file describes, and keeps what they say of every record.

A Python file is enough:

    data = (x, y)                                  # or a function that loads them
    def train_fn(indices, seed):  # or a scikit-learn estimator, TorchRecipe, KerasRecipe
        ...                                        # train on x[indices], y[indices]
        return observe            # observe(x) -> tacit.Outputs, or one number a record
    options = {"n": 16}                            # optional
    store = "shadows"      # optional: a folder beside the file, or a URL such as s3://...

A run that is killed loses the jobs in flight and nothing else: type the same command again.
"""
EPILOG = """\
exit codes: 0 all models are there, 1 a training failed, 2 some models are missing,
3 wrong usage or something has changed
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command and its five parts."""
    kind = argparse.RawDescriptionHelpFormatter
    command = commands.add_parser(
        "shadow",
        help="train shadow models and audit with them: plan, run, status, collect, audit",
        description=ABOUT,
        epilog=EPILOG,
        formatter_class=kind,
    )
    parts = command.add_subparsers(title="parts", metavar="PART", required=True)
    for name, text, run in (
        ("plan", "say what would be trained, and train nothing", _plan),
        ("run", "train what is not stored yet", _run),
        ("status", "say what is stored", _status),
        ("collect", "write the numbers of all stored models into one .npz file", _collect),
    ):
        part = parts.add_parser(
            name,
            help=text,
            description=text.capitalize() + ".",
            epilog=EPILOG,
            formatter_class=kind,
        )
        part.add_argument("recipe", metavar="RECIPE", help="a .py or .toml file")
        part.add_argument(
            "--store", metavar="WHERE", help="a folder or URL, instead of the one in the file"
        )
        part.add_argument(
            "-n",
            type=int,
            metavar="N",
            help="number of shadow models, instead of the one in the file",
        )
        part.set_defaults(run=run)
        if name == "run":
            add_pool_options(part)
            part.add_argument(
                "--models",
                metavar="A:B",
                help="only models A to B - 1, for a share of the work on this machine",
            )
            part.add_argument(
                "--retrain",
                action="store_true",
                help="begin a new run where function, data or libraries have changed",
            )
        if name == "collect":
            part.add_argument(
                "--out", metavar="FILE", default="shadows.npz", help="(default: %(default)s)"
            )
    shadow_audit.add(parts)


def _opened(arguments: argparse.Namespace) -> "tuple[RecipeFile, Run, Any]":
    from tacit.training.recipe_file import read_recipe

    recipe = read_recipe(arguments.recipe)
    return recipe, recipe.plan(n=arguments.n), recipe.open(arguments.store)


def _plan(arguments: argparse.Namespace) -> int:
    from tacit.training.plan import other_runs

    _, run, store = _opened(arguments)
    design, there = run.plan.design, run.plan.stored(store)
    sizes = design.member.sum(axis=1)
    print(
        f"{design.n_models} shadow models of {design.n} records, each trained on {sizes.min()} to"
        f" {sizes.max()}"
    )
    print(f"run {run.plan.key}: {len(there)} stored, {design.n_models - len(there)} to train")
    known = [float(note["seconds"]) for note in there.values() if "seconds" in note]
    if known:
        print(f"a model took {sum(known) / len(known):.3g} s")
    _print_changes(other_runs(store, run.plan), new=not there)
    return 0


def _print_changes(others: "dict[str, dict[str, tuple[str, str]]]", *, new: bool) -> None:
    for key, parts in others.items():
        changed = ", ".join(f"{name} (was {old}, is {now})" for name, (old, now) in parts.items())
        print(f"{'changed since' if new else 'also stored:'} run {key}: {changed}")


def _run(arguments: argparse.Namespace) -> int:
    from tacit.core import TacitError
    from tacit.training import carry_out
    from tacit.training.plan import require_same

    _, run, store = _opened(arguments)
    if not arguments.retrain:
        require_same(store, run.plan)
    pool, close = pool_of(arguments)
    models = _share(arguments.models, run.plan.n_models)
    try:
        carry_out(
            run,
            store,
            pool=pool,
            models=models,
            progress=None if arguments.quiet else TrainingLine(),
        )
    except (TacitError, OSError):
        raise
    except Exception as error:
        notes = "\n".join(getattr(error, "__notes__", []))
        print(f"tacit: {type(error).__name__}: {error}\n{notes}", file=sys.stderr)
        return 1
    finally:
        close()
    return _verdict(run, store)


def _share(text: str | None, n: int) -> range | None:
    from tacit.core import InvalidInput

    if text is None:
        return None
    first, _, last = text.partition(":")
    try:
        chosen = range(*slice(int(first or 0), int(last or n)).indices(n))
    except ValueError:
        chosen = range(0)
    if not chosen:
        raise InvalidInput(
            f"`--models` needs two numbers A:B with A below B and below {n}, got {text!r}."
        )
    return chosen


def _status(arguments: argparse.Namespace) -> int:
    import numpy as np

    from tacit.training import gather
    from tacit.training.plan import other_runs

    _, run, store = _opened(arguments)
    code = _verdict(run, store)
    there = run.plan.stored(store)
    if there:
        kept = gather(run.plan, store)
        if np.isfinite(kept.accuracy).all():
            inside, outside = kept.accuracy.mean(axis=0)
            print(
                f"accuracy {inside:.4g} on its own records, {outside:.4g} on the others (mean of"
                f" {len(there)} models)"
            )
        print(
            f"signal {kept.statistic}, {kept.shadow.shape[2]} a record; {kept.seconds.mean():.3g} s"
            " a model"
        )
    _print_changes(other_runs(store, run.plan), new=not there)
    return code


def _collect(arguments: argparse.Namespace) -> int:
    import io

    import numpy as np

    from tacit.core import InvalidInput
    from tacit.core.files import write_whole
    from tacit.training import gather

    if not arguments.out.endswith(".npz"):
        raise InvalidInput(f"`--out` needs a name that ends in .npz, got {arguments.out!r}.")
    _, run, store = _opened(arguments)
    kept = gather(run.plan, store)
    content = io.BytesIO()
    names: dict[str, Any] = {
        "shadow": kept.shadow,
        "shadow_member": kept.member,
        "accuracy": kept.accuracy,
        "model": kept.models,
        "seconds": kept.seconds,
    }
    np.savez(
        content,
        **names,
        statistic=np.array(kept.statistic),
        partner=kept.plan.design.partner[kept.models],
    )
    write_whole(arguments.out, content.getvalue())
    print(
        f"wrote {arguments.out}: shadow {kept.shadow.shape}, shadow_member {kept.member.shape}",
        file=sys.stderr,
    )
    return _verdict(run, store)


def _verdict(run: "Run", store: Any) -> int:
    there = len(run.plan.stored(store))
    print(f"{there} of {run.plan.n_models} shadow models of run {run.plan.key} are stored")
    return 0 if there == run.plan.n_models else 2
