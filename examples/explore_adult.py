"""Which knob buys how much privacy for how much accuracy? A network on the Adult census records
with the ready-made knobs, DP-SGD among them.

    python examples/explore_adult.py --data adult.csv.gz --out explored/

`--data` is a CSV file (or .csv.gz) of UCI Adult with a header. Every network is trained on 3,000 of
6,000 records (by coins); the whole takes a few CPU minutes, most of them for DP-SGD (`--noise`
without a number leaves it out). Needs PyTorch, Opacus and dp-accounting. Writes
``explore_adult.json``, ``.html`` and ``.md`` (the comparison and its table) and
``explore_adult.png`` (the picture). What is trained is kept in ``OUT/store``: a run that is killed
goes on there, and a second one only draws.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np

import tacit
from explored import deliver
from tacit.audits.knobs import torch_knobs
from tacit.training import TorchRecipe

NUMBERS = (
    "age",
    "fnlwgt",
    "education_num",
    "capital_gain",
    "capital_loss",
    "hours_per_week",
)
WIDTH, N_COLUMNS = 128, 110
NOISES = (0.5, 1.0, 3.0)


def records(path: Path, n: int) -> tuple[Any, Any]:
    """The first n rows: numbers scaled, categories one-hot, float32 (n, N_COLUMNS); int64 (n,)."""
    import pandas

    table = pandas.read_csv(path).head(n)
    numbers = table[list(NUMBERS)].astype("float64")
    # gains and weights are skewed by orders of magnitude
    numbers = np.log1p(numbers)
    scaled = (numbers - numbers.mean()) / numbers.std()
    others = [name for name in table.columns if name not in (*NUMBERS, "income", "split")]
    columns = pandas.concat([scaled, pandas.get_dummies(table[others], dtype=float)], axis=1)
    # a category that these rows lack leaves its column empty
    wide = np.zeros((n, N_COLUMNS), np.float32)
    wide[:, : columns.shape[1]] = columns.to_numpy(np.float32)
    label = table["income"].str.strip().str.startswith(">50K")
    return wide, label.to_numpy(np.int64)


def network() -> Any:
    """One hidden layer."""
    return _network(WIDTH)


def narrow() -> Any:
    """An eighth of the width."""
    return _network(WIDTH // 8)


def dropout() -> Any:
    """Half of the hidden units are left out in training."""
    return _network(WIDTH, share=0.5)


def _network(width: int, *, share: float = 0.0) -> Any:
    from torch import nn

    return nn.Sequential(
        nn.Linear(N_COLUMNS, width), nn.ReLU(), nn.Dropout(share), nn.Linear(width, 2)
    )


def main() -> None:
    """Explore, write the numbers, draw."""
    import torch

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("explored"))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--records", type=int, default=6000)
    parser.add_argument("--noise", type=float, nargs="*", default=NOISES, help="of DP-SGD")
    options = parser.parse_args()
    torch.set_num_threads(1)
    recipe = TorchRecipe(network, epochs=30, batch_size=64, lr=2e-3)
    others = {"an eighth of the width": narrow, "dropout": dropout}
    start = time.process_time()
    found = tacit.explore(
        recipe,
        torch_knobs(recipe, options.records, networks=others, noises=options.noise),
        records(options.data, options.records),
        runs=options.runs,
        tolerance=0.01,
        store=options.out / "store",
        title=f"Adult, {options.records // 2:,} records a model",
        progress=lambda name, done, of: print(
            f"{time.process_time() - start:6.0f} CPU s  {name}: {done} of {of}", flush=True
        ),
    )
    deliver(found, options.out / "explore_adult")


if __name__ == "__main__":
    main()
