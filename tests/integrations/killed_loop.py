"""Run by test_trace.py: trains 8 epochs with a checkpoint and a trace, goes on where it was, and
prints its looks.
"""

import os
import sys
import time
from pathlib import Path

import numpy as np

from tacit.integrations import PrivacyTrace


def main(folder: Path, pause: float) -> None:
    """Train and print one line a look: epoch, AUC and a checksum of the losses."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(200, 6)).astype(np.float32), rng.integers(0, 3, 200)
    trace = PrivacyTrace((x[:100], y[:100]), (x[100:], y[100:]), every=1, path=folder / "run.trace")
    checkpoint, start, weights = folder / "model.npz", 0, np.zeros((6, 3))
    if checkpoint.exists():
        with np.load(checkpoint) as saved:
            weights, start = saved["weights"], int(saved["epoch"]) + 1
    for epoch in range(start, 8):
        for rows in np.array_split(np.random.default_rng(epoch).permutation(100), 10):
            p = np.exp(x[rows] @ weights)
            weights = weights - 0.3 * x[rows].T @ (
                p / p.sum(axis=1, keepdims=True) - np.eye(3)[y[rows]]
            ) / len(rows)
            time.sleep(pause)
        trace.observe(epoch, lambda part, now=weights: part @ now + 1e-3)
        with (folder / "model.part").open("wb") as file:
            np.savez(file, weights=weights, epoch=epoch)
        os.replace(folder / "model.part", checkpoint)
    for point, losses in zip(trace.history.points, trace.history.losses):
        sys.stdout.write(f"{point.epoch}|{point.auc.value}|{losses.astype(float).sum()}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
