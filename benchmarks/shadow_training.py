"""Shadow models an hour: the plain in-memory PyTorch loop, processes, K models in one program, and
both.

    python benchmarks/shadow_training.py --models 16 --write benchmarks/results/shadow_training.md

Every way does the same work: train on the model's half with Adam, then one scaled logit for every
record. CPU seconds count this process and its workers, once PyTorch is imported and has taken its
first step.
"""

import argparse
import csv
import gzip
import io
import itertools
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from speed import processor

SHARED = Path(os.environ.get("TACIT_SHARED", Path(__file__).parents[2] / "shared")) / "data"
NUMERIC = ("age", "fnlwgt", "education_num", "capital_gain", "capital_loss", "hours_per_week")
WAYS = (
    "loop",
    "loop, two threads",
    "processes",
    "batched",
    "batched, bfloat16",
    "batched, processes",
)


@dataclass(frozen=True)
class Task:
    """One data set with one model."""

    name: str
    epochs: int
    batch_size: int
    share_of_models: float = 1.0


TASKS = {
    "location": Task("Location-30, MLP 446-128-30", 30, 64),
    "adult": Task("Adult, MLP 108-128-2", 10, 128),
    "adult-512": Task("Adult, MLP 108-128-2, batches of 512", 10, 512),
    "cifar": Task("CIFAR-10 (JPEG copy), CNN 16-32-64, GroupNorm", 2, 64, 0.25),
}


def records(task: str) -> tuple[np.ndarray, np.ndarray]:
    """Inputs float32 and classes of a task."""
    return {"location": location, "adult": adult, "adult-512": adult, "cifar": cifar}[task]()


def location() -> tuple[np.ndarray, np.ndarray]:
    """5,010 records, 446 binary columns, 30 classes."""
    with np.load(SHARED / "location.npz", allow_pickle=False) as kept:
        return kept["features"].astype(np.float32), kept["labels"].astype(np.int64)


def adult() -> tuple[np.ndarray, np.ndarray]:
    """20,000 records (so that a half has 10,000), numbers standardised, categories one-hot."""
    with gzip.open(SHARED / "adult.csv.gz", "rt", encoding="utf8") as file:
        rows = list(csv.DictReader(file))[:20_000]
    columns = []
    for name in rows[0]:
        text = np.array([row[name] for row in rows])
        if name in NUMERIC:
            number = text.astype(np.float64)
            columns.append(((number - number.mean()) / number.std())[:, None])
        elif name not in ("income", "split"):
            columns.append(text[:, None] == np.unique(text))
    return np.concatenate(columns, axis=1).astype(np.float32), np.array(
        [row["income"] == ">50K" for row in rows], np.int64
    )


def cifar() -> tuple[np.ndarray, np.ndarray]:
    """The first 4,000 training images."""
    from PIL import Image

    with np.load(SHARED / "cifar10_jpeg.npz", allow_pickle=False) as kept:
        content, offset, label = kept["jpeg"], kept["offsets"][:4001], kept["labels"][:4000]
    images = [
        np.asarray(Image.open(io.BytesIO(content[a:b].tobytes())))
        for a, b in itertools.pairwise(offset)
    ]
    return (np.stack(images).transpose(0, 3, 1, 2) / 255 - 0.5).astype(np.float32), label.astype(
        np.int64
    )


def builder(task: str, x: np.ndarray, y: np.ndarray) -> Callable[[], Any]:
    """A function that builds the task's network."""
    width, classes = x.shape[1], int(y.max()) + 1

    def mlp() -> Any:
        from torch import nn

        return nn.Sequential(nn.Linear(width, 128), nn.ReLU(), nn.Linear(128, classes))

    def cnn() -> Any:
        from torch import nn

        parts = []
        for a, b in ((3, 16), (16, 32), (32, 64)):
            parts += [nn.Conv2d(a, b, 3, padding=1), nn.GroupNorm(4, b), nn.ReLU(), nn.MaxPool2d(2)]
        return nn.Sequential(*parts, nn.Flatten(), nn.Linear(1024, classes))

    return cnn if task == "cifar" else mlp


def plain_loop(
    build: Callable[[], Any], task: Task, x: np.ndarray, y: np.ndarray, n_models: int
) -> np.ndarray:
    """What everybody writes: everything in memory, one model after the other, nothing of tacit but
    who is in.
    """
    import torch
    from torch.nn.functional import cross_entropy

    from tacit.design import assign

    rows, target, signals = torch.from_numpy(x), torch.from_numpy(y), []
    for seed, member in enumerate(assign(len(x), n_models).member):
        torch.manual_seed(seed)
        model, indices = build(), torch.from_numpy(np.flatnonzero(member))
        step = torch.optim.Adam(model.parameters(), lr=1e-3)
        for _ in range(task.epochs):
            for picked in indices[torch.randperm(len(indices))].split(task.batch_size):
                step.zero_grad()
                cross_entropy(model(rows[picked]), target[picked]).backward()
                step.step()
        with torch.no_grad():
            logits = torch.cat([model(part) for part in rows.split(1024)]).double()
        own = logits.gather(1, target[:, None])
        signals.append(
            (own[:, 0] - logits.scatter(1, target[:, None], -torch.inf).logsumexp(1)).numpy()
        )
    return np.stack(signals)


def work(way: str, name: str, n_models: int) -> dict[str, float]:
    """Do one task in one way in this process; seconds and a check that the models are equally
    good.
    """
    import torch

    from tacit.training import Processes, TorchRecipe, shadow

    x, y = records(name)
    task, build = TASKS[name], builder(name, x, y)
    torch.set_num_threads(threads(way))
    recipe = TorchRecipe(
        build,
        epochs=task.epochs,
        batch_size=task.batch_size,
        group_size=None if "batched" in way else 1,
        precision="bfloat16" if "bfloat16" in way else "float32",
    )
    warm_up()
    pool = Processes(2) if "processes" in way else None
    start = sum(worker_clocks(pool).values())
    began, used = time.perf_counter(), time.process_time()
    if way.startswith("loop"):
        signal = plain_loop(build, task, x, y, n_models)
    else:
        signal = shadow(recipe, (x, y), n=n_models, pool=pool).shadow[..., 0]
    wall, cpu = (
        time.perf_counter() - began,
        time.process_time() - used + sum(worker_clocks(pool).values()) - start,
    )
    return {"wall": wall, "cpu": cpu, "start": start, "right": float((signal > 0).mean())}


def threads(way: str) -> int:
    """Threads of each process."""
    return 2 if "threads" in way else 1


def worker_clocks(pool: Any) -> dict[int, float]:
    """CPU seconds of each of the two workers so far, PyTorch imported."""
    found: dict[int, float] = {}
    while pool is not None and len(found) < 2:
        found |= dict(future.result() for future in [pool.submit(clock, 0.5) for _ in range(2)])
    return found


def clock(pause: float) -> tuple[int, float]:
    """Runs in a worker: its process id and its CPU seconds; the pause leaves the next call to the
    other worker.
    """
    warm_up()
    time.sleep(pause)
    return os.getpid(), time.process_time()


def warm_up() -> None:
    """Take one step in every way, so that what PyTorch loads on first use is loaded."""
    import torch
    from torch import nn

    from tacit.training import TorchRecipe

    x, y = np.zeros((8, 2), np.float32), np.zeros(8, np.int64)
    TorchRecipe(lambda: nn.Linear(2, 2), epochs=1).fit_many(x, y, [np.arange(8)] * 2, [0, 1])
    plain = nn.Linear(2, 2)
    plain(torch.zeros(1, 2)).sum().backward()
    torch.optim.Adam(plain.parameters()).step()


def measure(way: str, name: str, n_models: int) -> dict[str, float]:
    """`work` in a fresh interpreter."""
    here = str(Path(__file__).parent)
    code = (
        f"import sys; sys.path.insert(0, {here!r}); import shadow_training as b;"
        f" print(b.work({way!r}, {name!r}, {n_models}))"
    )
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": str(threads(way)),
        "MKL_NUM_THREADS": str(threads(way)),
    }
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return dict(eval(done.stdout.splitlines()[-1]))


def least(ways: Sequence[str], name: str, n_models: int, times: int) -> dict[str, dict[str, float]]:
    """Each way's run with the least CPU seconds a model, all ways in turn, `times` rounds."""
    found: dict[str, dict[str, float]] = {}
    few = max(2, n_models // 4)
    for _ in range(times):
        for way in ways:
            count = n_models if "batched" in way else few
            run = measure(way, name, count)
            run |= {"cpu": run["cpu"] / count, "wall": run["wall"] / count}
            if way not in found or run["cpu"] < found[way]["cpu"]:
                found[way] = run
    return found


def table(ways: Sequence[str], name: str, n_models: int, times: int) -> list[str]:
    """The lines of one task."""
    task = replace(TASKS[name])
    n_models = max(4, round(n_models * task.share_of_models))
    lines = [
        f"## {task.name}",
        "",
        (
            f"{task.epochs} epochs, batches of {task.batch_size}. {max(2, n_models // 4)} models"
            f" one by one, {n_models} in batches."
        ),
        "",
        "| way | CPU s a model | times less than the loop | wall s a model | answers right |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    found = least(ways, name, n_models, times)
    for way, run in found.items():
        ratio = found["loop"]["cpu"] / run["cpu"]
        lines.append(
            f"| {way} | {run['cpu']:.3f} | {ratio:.2f} | {run['wall']:.3f} | {run['right']:.3f} |"
        )
        print(lines[-1], flush=True)
    started = max(run["start"] for run in found.values())
    if started:
        lines += [
            "",
            f"Starting the two workers cost {started:.1f} CPU s, once, and is not in the table.",
        ]
    return [*lines, ""]


def main() -> None:
    """Measure and write."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--models", type=int, default=16)
    arguments.add_argument("--tasks", default="location,adult,adult-512,cifar")
    arguments.add_argument("--ways", default=";".join(WAYS), help="loop first, between semicolons")
    arguments.add_argument("--times", type=int, default=1, help="rounds; the least counts")
    arguments.add_argument("--write", type=Path)
    given = arguments.parse_args()
    import torch

    load = os.getloadavg()[0]
    lines = [
        "# Shadow models: training many",
        "",
        (
            f"`python benchmarks/shadow_training.py {' '.join(sys.argv[1:])}`, {date.today()},"
            f" {processor()}, Python {platform.python_version()}, PyTorch {torch.__version__},"
            f" {os.cpu_count()} cores, CPU only, load average {load:.0f} at the start."
        ),
        "",
        (
            "`loop` is the plain in-memory loop with PyTorch's default optimizer, as people write"
            " it: one model after the other, one thread."
        ),
        (
            "`batched` is `tacit.training.shadow`, the probe of the faster way included. Ratios are"
            f" of CPU seconds, the least of {given.times}, all ways in turn."
        ),
        "",
    ]
    for name in given.tasks.split(","):
        lines += table(given.ways.split(";"), name, given.models, given.times)
    text = "\n".join(lines)
    print(text)
    if given.write:
        given.write.write_text(text, encoding="utf8")


if __name__ == "__main__":
    main()
