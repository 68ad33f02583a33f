"""`tacit shadow`: plan, run, status and collect of shadow models described in a file."""

import argparse
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tacit.training import Progress, Run
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
POOL_HELP = """\
where to train: `here`, a number of local processes, `ray`, `dask=ADDRESS` or
`threads=N` (default: %(default)s)"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command and its four parts."""
    kind = argparse.RawDescriptionHelpFormatter
    command = commands.add_parser(
        "shadow",
        help="train shadow models: plan, run, status, collect",
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
            part.add_argument("--pool", default="here", help=POOL_HELP)
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
            part.add_argument(
                "--gpus",
                type=float,
                default=0.0,
                help="with --pool ray: share of a GPU a job (0.25: four jobs on one)",
            )
            part.add_argument("--quiet", action="store_true", help="no progress")
        if name == "collect":
            part.add_argument(
                "--out", metavar="FILE", default="shadows.npz", help="(default: %(default)s)"
            )


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
    pool, close = _pool(arguments)
    models = _share(arguments.models, run.plan.n_models)
    try:
        carry_out(
            run, store, pool=pool, models=models, progress=None if arguments.quiet else _Line()
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


def _pool(arguments: argparse.Namespace) -> tuple[Any, Any]:
    from tacit.core import InvalidInput

    kind, _, value = arguments.pool.partition("=")
    if kind == "here":
        return None, lambda: None
    if kind.isdigit() and int(kind):
        return int(kind), lambda: None
    if kind == "threads" and value.isdigit() and int(value):
        from concurrent.futures import ThreadPoolExecutor

        threads = ThreadPoolExecutor(int(value))
        return threads, threads.shutdown
    if kind == "ray":
        from tacit.training.ray import RayPool

        return RayPool(gpus=arguments.gpus, address=value or None), lambda: None
    if kind == "dask" and value:
        from tacit.core.optional import require

        client = require("distributed", extra="dask", purpose="--pool dask").Client(value)
        return client.get_executor(retries=3, pure=False), client.close
    raise InvalidInput(
        "`--pool` needs here, a number of processes, ray, dask=ADDRESS or threads=N, got"
        f" {arguments.pool!r}."
    )


class _Line:
    """Progress on standard error: one moving line in a terminal, a line every few seconds
    elsewhere.
    """

    def __init__(self) -> None:
        self.said = -1e9

    def __call__(self, progress: "Progress") -> None:
        moving, last = sys.stderr.isatty(), progress.done == progress.total
        if not last and time.monotonic() - self.said < (0.1 if moving else 5.0):
            return
        self.said = time.monotonic()
        print(
            f"\r\x1b[2K{progress}" if moving else str(progress),
            end="\n" if last or not moving else "",
            file=sys.stderr,
            flush=True,
        )


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
