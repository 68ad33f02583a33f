"""Shadow models in one call: planned, trained anywhere, kept as numbers, never trained twice."""

import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from tacit.core import InvalidInput
from tacit.core.options import require_choice, several
from tacit.design import assign
from tacit.design.assignment import Kind
from tacit.training.jobs import Answer, Context, Task, keep_context, run_job, split
from tacit.training.measuring import Statistic, statistic_of, unchanged
from tacit.training.plan import Plan, make_plan, require_same
from tacit.training.pools import Pool, Processes, pool_of, width_of
from tacit.training.progress import Progress, Watch
from tacit.training.recipes import recipe_of
from tacit.training.results import ShadowRun, gather
from tacit.training.stores import Store, put_array, put_kept, store_of

Change = Literal["retrain", "refuse"]


@dataclass(frozen=True, eq=False)
class Run:
    """A plan with what is needed to carry it out."""

    plan: Plan
    context: Context


def shadow(
    train_fn: Any,
    data: Any,
    *,
    n: int = 16,
    store: Any = None,
    pool: "Pool | int | None" = None,
    progress: Callable[[Progress], None] | None = None,
    on_change: Change = "retrain",
    **options: Any,
) -> ShadowRun:
    """Train `n` shadow models, each on its own random half of the records, and return what they say
    of every record.

    Parameters
    ----------
    train_fn : ``train_fn(indices, seed) -> observe``, where ``observe(x)`` returns `Outputs` or
        signals (n,) or (n, q), larger for members. Or a scikit-learn estimator, or a recipe
        (`TorchRecipe`, `KerasRecipe`).
    data : ``(x, y)`` or ``x``, one row a record; or a function without arguments that loads them
        (each worker once).
    n : number of shadow models. A longer run of the same plan trains only the models that are
        missing.
    store : where numbers are kept: a path, a dict, any mapping from str to bytes (fsspec); None
        keeps them in memory. A killed run loses the jobs in flight and nothing else: call again.
    pool : None trains in this process, a number in that many local processes; or an executor,
        `RayPool`, Dask's executor.
    progress : called with a `Progress` after every change.
    on_change : what to do where the store holds the same run made with another `train_fn`, data or
        library version: ``"retrain"`` begins a new run beside it, ``"refuse"`` raises. They are
        never mixed.
    **options : `seed`, `kind`, `share`, `cluster`, `fixed`, `statistic`, `queries`, `version`,
        `name`, `keep`; see `plan`.

    Raises
    ------
    InvalidInput : an argument, or what a model answered, cannot be used.
    AssumptionError : something has changed and `on_change` is ``"refuse"``.
    OSError : the store cannot be written (full disk); what was stored stays.
    """
    run = plan(train_fn, data, n=n, **options)
    kept = store_of(store)
    require_choice(on_change, "on_change", get_args(Change))
    if on_change == "refuse":
        require_same(kept, run.plan)
    carry_out(run, kept, pool=pool, progress=progress)
    return gather(run.plan, kept, statistic=run.context.statistic)


def plan(
    train_fn: Any,
    data: Any,
    *,
    n: int = 16,
    seed: int = 0,
    kind: Kind = "antithetic",
    share: float = 0.5,
    cluster: ArrayLike | None = None,
    fixed: ArrayLike | None = None,
    statistic: "str | Statistic | None" = None,
    queries: Sequence[Callable[[Any], Any]] | None = None,
    version: str = "",
    name: str = "run",
    keep: Callable[[Any], bytes] | None = None,
) -> Run:
    """Decide a run without training anything.

    Parameters
    ----------
    train_fn, data, n : see `shadow`.
    seed : of the assignment and of every model's own seed.
    kind, share, cluster, fixed : who is in; see `tacit.design.assign`.
    statistic : a name from `tacit.signals.STATISTICS`, or a function from `Outputs` to (n,). None:
        the scaled logit for classifiers with labels, the negated loss for everything else.
    queries : functions from inputs to inputs (augmentations), one column of signals each; None asks
        once, unchanged.
    version : any text; change it when something changes that cannot be seen here (a file that
        `train_fn` reads).
    name : of the experiment, the first part of its keys in the store.
    keep : ``keep(observe) -> bytes`` for those who want the models too; stored as they are.
    """
    _require_whole(n, "n", least=1, of=" shadow models")
    _require_whole(seed, "seed", least=0)
    for given, called in ((version, "version"), (name, "name")):
        if not isinstance(given, str):
            raise InvalidInput(f"`{called}` needs text, got {type(given).__name__}.")
    records = data() if callable(data) else data
    x, _ = split(records)
    recipe = recipe_of(train_fn)
    asked = (unchanged,) if queries is None else several(queries, "queries", "functions")
    for query in asked:
        if not callable(query):
            raise InvalidInput(f"`queries` needs functions from inputs to inputs, got {query!r}.")
    measure = statistic_of(statistic)
    design = assign(_length(x), n, kind=kind, share=share, cluster=cluster, fixed=fixed, seed=seed)
    measured: dict[str, object] = {
        "statistic": statistic or "default",
        "queries": asked,
        "keep": keep,
    }
    # a design is known by its first model, which two shares near each other may have in common
    if share != 0.5:
        measured["share"] = float(share)
    made = make_plan(
        recipe, records, design, seed=seed, measured=measured, version=version, name=name
    )
    return Run(
        made,
        Context(
            recipe, data, digest=made.parts["data"], queries=asked, statistic=measure, keep=keep
        ),
    )


def _require_whole(value: object, name: str, *, least: int, of: str = "") -> None:
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or value < least:  # type: ignore[operator]
        raise InvalidInput(
            f"`{name}` needs a whole number of {least} or more{of}, got {value!r:.80}."
        )


def _length(x: Any) -> int:
    if isinstance(x, (str, bytes)) or type(x) is dict:
        raise InvalidInput(
            f"`data` needs (x, y) or x, one row a record, got {type(x).__name__}: its length is not"
            " a number of records."
        )
    try:
        return int(x.shape[0]) if hasattr(x, "shape") else len(x)
    except (TypeError, IndexError):
        raise InvalidInput(
            f"`data` needs rows that can be counted, got {type(x).__name__}."
        ) from None


def carry_out(
    run: Run,
    store: Store,
    *,
    pool: "Pool | int | None" = None,
    progress: Callable[[Progress], None] | None = None,
    models: Sequence[int] | None = None,
) -> None:
    """Train the models of a plan that are not in the store yet, and store each as it comes.

    Parameters
    ----------
    run : what `plan` made.
    store : where results are kept; what is there already is not trained again.
    pool : where to train: None for here, a number of processes, or a pool.
    progress : called with a `Progress` after each model.
    models : only these (for a share of the work on this machine); None: all.
    """
    wanted = range(run.plan.n_models) if models is None else models
    there = run.plan.stored(store)
    if run.context.keep is not None:
        # trained before without keeping: what is asked for now is not there
        there = {model: note for model, note in there.items() if "kept" in note}
    missing = [model for model in wanted if model not in there]
    workers, ours = pool_of(pool)
    watch = Watch(len(wanted), len(wanted) - len(missing), progress)
    watch.tell()
    if not missing:
        return
    run.plan.write(store)
    if isinstance(workers, Processes):
        workers.share(run.context.name, keep_context, run.context.name, run.context.packed)
        run.context.sent = True
    good = False
    try:
        _drive(run, store, workers, _groups(run, missing, width_of(workers)), watch)
        good = True
    finally:
        run.context.sent = False
        if isinstance(workers, Processes):
            workers.unshare(run.context.name)
        if ours:
            workers.shutdown(cancel_futures=not good)  # type: ignore[attr-defined]


def _groups(run: Run, missing: list[int], width: int | None) -> list[list[int]]:
    size = getattr(run.context.recipe, "group", None)
    most = 1 if size is None else int(size(run.context.records()[0]))
    fair = max(1, min(most, math.ceil(len(missing) / (width or 1))))
    return [missing[start : start + fair] for start in range(0, len(missing), fair)]


def _drive(run: Run, store: Store, pool: Pool, groups: list[list[int]], watch: Watch) -> None:
    window = (width_of(pool) or len(groups)) + (0 if width_of(pool) == 1 else 1)
    queue, running, failed = list(reversed(groups)), dict[Any, list[int]](), None
    while running or (queue and failed is None):
        while queue and failed is None and len(running) < window:
            models = queue.pop()
            running[
                pool.submit(run_job, run.context, [_task(run.plan, model) for model in models])
            ] = models
        for future in first_done(list(running)):
            models = running.pop(future)
            try:
                for answer in future.result():
                    _keep(run.plan, store, answer)
                    watch.done()
            except Exception as error:
                error.add_note(
                    f"In the job of shadow model(s) {models}. What was finished is stored: mend the"
                    " cause and call again."
                )
                failed = failed or error
    if failed is not None:
        raise failed


def first_done(futures: list[Any]) -> list[Any]:
    """Those of `futures` that are finished, once there is one."""
    if all(isinstance(future, Future) for future in futures):
        return list(wait(futures, return_when=FIRST_COMPLETED).done)
    while not (finished := [future for future in futures if future.done()]):
        time.sleep(0.02)
    return finished


def _task(plan: Plan, model: int) -> Task:
    member = plan.design.member[model]
    return Task(model, int(plan.seeds[model]), np.packbits(member).tobytes(), len(member))


def _keep(plan: Plan, store: Store, answer: Answer) -> None:
    place, note = plan.entry(answer.model), dict(answer.note)
    if answer.kept is not None:
        note["kept"] = put_kept(store, place, answer.kept)
    put_array(store, place, answer.signal, note)
