"""Train the shadow models that the attacks are compared on, with tacit.training; what is stored is
never trained again.

python benchmarks/shadow_trainings.py location adult mnist cifar10 --store /tmp/tacit-shadows
"""

import argparse
import csv
import gzip
import io
import os
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import nn

from tacit.training import ShadowRun, TorchRecipe, shadow

SHARED = Path(os.environ.get("TACIT_SHARED", Path(__file__).parents[2] / "shared")) / "data"
NUMBERS = ("age", "fnlwgt", "education_num", "capital_gain", "capital_loss", "hours_per_week")
WORDS = (
    "workclass",
    "marital_status",
    "occupation",
    "relationship",
    "race",
    "sex",
    "native_country",
)


@dataclass(frozen=True)
class Case:
    """One data set with its model and the number of shadow models."""

    what: str
    recipe: TorchRecipe
    models: int = 34
    queries: tuple | None = None


def location():
    """All 5,010 records of Location-30."""
    z = np.load(SHARED / "location.npz")
    return z["features"].astype(np.float32), z["labels"].astype(np.int64)


def adult():
    """10,000 rows of Adult, numbers standardised, words one-hot."""
    with gzip.open(SHARED / "adult.csv.gz", "rt", encoding="utf8") as file:
        rows = list(csv.DictReader(file))
    numbers = np.array([[float(row[name]) for name in NUMBERS] for row in rows])
    numbers[:, 3:5] = np.log1p(numbers[:, 3:5])
    columns = [(numbers - numbers.mean(0)) / numbers.std(0)]
    for name in WORDS:
        kinds, code = np.unique([row[name] for row in rows], return_inverse=True)
        columns.append(np.eye(len(kinds))[code])
    kept = np.random.default_rng(7).permutation(len(rows))[:10_000]
    x = np.concatenate(columns, axis=1).astype(np.float32)
    return x[kept], np.array([row["income"] == ">50K" for row in rows]).astype(np.int64)[kept]


def mnist():
    """8,000 training images of MNIST."""
    z = np.load(SHARED / "mnist.npz")
    kept = np.random.default_rng(7).permutation(60_000)[:8_000]
    return (z["images"][kept] / 255.0).astype(np.float32).reshape(-1, 784), z["labels"][
        kept
    ].astype(np.int64)


def cifar10():
    """The first 10,000 training images of CIFAR-10 (a JPEG copy), balanced over classes."""
    from PIL import Image

    z = np.load(SHARED / "cifar10_jpeg.npz")
    jpeg, at = z["jpeg"], z["offsets"]
    images = [
        np.asarray(Image.open(io.BytesIO(jpeg[at[i] : at[i + 1]].tobytes()))) for i in range(10_000)
    ]
    x = (np.stack(images).astype(np.float32) / 255 - 0.47) / 0.25
    return np.ascontiguousarray(x.transpose(0, 3, 1, 2)), z["labels"][:10_000].astype(np.int64)


def mlp(inputs, classes, hidden=(128,)):
    """Layers with rectifiers between."""
    sizes = (inputs, *hidden, classes)
    layers = [part for a, b in pairwise(sizes) for part in (nn.Linear(a, b), nn.ReLU())]
    return nn.Sequential(*layers[:-1])


def cnn():
    """Three convolutions."""
    return nn.Sequential(
        nn.Conv2d(3, 24, 5, 2, 2),
        nn.ReLU(),
        nn.Conv2d(24, 48, 3, 1, 1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(48, 96, 3, 1, 1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(1536, 10),
    )


def mlp_location():
    """446-128-30."""
    return mlp(446, 30)


def mlp_adult():
    """128 and 64 hidden units."""
    return mlp(adult()[0].shape[1], 2, (128, 64))


def mlp_mnist():
    """784-128-10."""
    return mlp(784, 10)


def moved(batch, rng):
    """Half of the images mirrored, all moved by up to two pixels."""
    turn = torch.from_numpy(rng.random(len(batch)) < 0.5)
    wide = nn.functional.pad(
        torch.where(turn[:, None, None, None], batch.flip(3), batch), (2, 2, 2, 2), mode="reflect"
    )
    down, right = rng.integers(0, 5, 2)
    return wide[:, :, down : down + 32, right : right + 32]


def as_they_are(x):
    """The first query."""
    return x


def mirrored(x):
    """The second query: every image mirrored."""
    return np.ascontiguousarray(np.asarray(x)[..., ::-1])


LOADERS = {"location": location, "adult": adult, "mnist": mnist, "cifar10": cifar10}
CASES = {
    "location": Case(
        "Location-30, 5,010 records, MLP 128",
        TorchRecipe(mlp_location, epochs=40, batch_size=64, lr=2e-3, schedule="cosine"),
    ),
    "adult": Case(
        "Adult, 10,000 records, MLP 128-64, 40 epochs (overfitted on purpose)",
        TorchRecipe(mlp_adult, epochs=40, batch_size=64, schedule="cosine"),
    ),
    "mnist": Case(
        "MNIST, 8,000 records, MLP 128",
        TorchRecipe(mlp_mnist, epochs=20, batch_size=64, schedule="cosine"),
    ),
    "cifar10": Case(
        "CIFAR-10 (JPEG copy), 10,000 records, CNN with three convolutions, two queries (mirrored)",
        TorchRecipe(
            cnn, epochs=12, batch_size=64, lr=2e-3, schedule="cosine", augment=moved, group_size=1
        ),
        queries=(as_they_are, mirrored),
    ),
}


def trained(name: str, store: Path, *, say=None) -> ShadowRun:
    """The shadow models of one case, trained now or taken from `store`."""
    case = CASES[name]
    folder = store / name
    return shadow(
        case.recipe,
        LOADERS[name](),
        n=case.models,
        seed=1,
        queries=case.queries,
        store=folder,
        name=name,
        progress=say,
    )


def main() -> None:
    """Train what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="+", choices=sorted(CASES))
    parser.add_argument("--store", type=Path, required=True)
    args = parser.parse_args()
    torch.set_num_threads(1)
    for name in args.names:
        run = trained(name, args.store, say=lambda now, name=name: print(name, now, flush=True))
        inside, outside = run.accuracy.mean(axis=0)
        seconds = run.seconds.mean()
        print(
            f"{name}: {run.n_models} models, accuracy {inside:.3f} inside / {outside:.3f} outside,"
            f" {seconds:.1f} s a model"
        )


if __name__ == "__main__":
    # a run is known by its functions, and those must have the same names when another script asks
    # for the same models
    from shadow_trainings import main as main_by_name

    main_by_name()
