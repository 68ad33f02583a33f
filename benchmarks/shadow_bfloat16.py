"""Does `TorchRecipe(precision="bfloat16")` train small shadow models faster, and as well?

    OMP_NUM_THREADS=1 python benchmarks/shadow_bfloat16.py --seeds 3

One thread, 16 models in one program (convolutions one by one), both precisions in turn on the same
seeds. CPU seconds a model without the answers on all records, the least over the seeds. AUC of the
loss, accuracy and mean loss on records outside are means over the models; for bfloat16 the
difference to float32 with its standard error over the seeds.
"""

import argparse
import time

import numpy as np
import torch

from shadow_training import TASKS, builder, records, warm_up
from tacit import Outputs
from tacit.design import assign
from tacit.metrics import auc
from tacit.signals import measure
from tacit.training import TorchRecipe

MODELS = {"location": 16, "adult": 16, "adult-512": 16, "cifar": 2}
PRECISIONS = ("float32", "bfloat16")


def trained(precision, name, seed, epochs=None):
    """CPU seconds a model; AUC of the loss, accuracy on and loss of records outside, means."""
    x, y = records(name)
    task, member = TASKS[name], assign(len(x), MODELS[name], seed=seed).member
    recipe = TorchRecipe(
        builder(name, x, y),
        epochs=epochs or task.epochs,
        batch_size=task.batch_size,
        precision=precision,
    )
    rows = [np.flatnonzero(inside) for inside in member]
    seeds = [1000 * seed + number for number in range(len(rows))]
    start = time.process_time()
    if name == "cifar":
        models = [recipe.fit(x, y, some, own) for some, own in zip(rows, seeds, strict=True)]
    else:
        models = recipe.fit_many(x, y, rows, seeds)
    spent = (time.process_time() - start) / len(rows)
    said = []
    for model, inside in zip(models, member, strict=True):
        answer = Outputs(logits=model(x).logits, label=y)
        score = measure(answer, "loss")
        right = answer.logits.argmax(axis=1) == y
        said.append([auc(score, inside).value, right[~inside].mean(), -score[~inside].mean()])
    return [spent, *np.mean(said, axis=0)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--tasks", default="adult,adult-512,location,cifar")
    given = parser.parse_args()
    torch.set_num_threads(1)
    warm_up()
    print("| task | precision | CPU s a model | times less | AUC | accuracy | loss |")
    print("|---|---|---:|---:|---:|---:|---:|")
    for name in given.tasks.split(","):
        for precision in PRECISIONS:
            trained(precision, name, 0, epochs=1)
        pairs = [[trained(way, name, seed) for way in PRECISIONS] for seed in range(given.seeds)]
        plain, half = np.moveaxis(np.array(pairs), 1, 0)
        gap = (half - plain)[:, 1:]
        error = gap.std(axis=0, ddof=1) / np.sqrt(given.seeds)
        values = [f"{value:.4f}" for value in plain[:, 1:].mean(axis=0)]
        gaps = [f"{a:+.5f} ({b:.5f})" for a, b in zip(gap.mean(axis=0), error, strict=True)]
        least = (plain[:, 0].min(), half[:, 0].min())
        for way, spent, told in zip(PRECISIONS, least, (values, gaps), strict=True):
            print(
                f"| {TASKS[name].name} | {way} | {spent:.3f} | {least[0] / spent:.2f} |"
                f" {' | '.join(told)} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
