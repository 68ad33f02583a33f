"""Accuracy against vulnerability on CIFAR-10: several classifiers, looked at after every epoch of
their training.

    python examples/cifar10_privacy_vs_accuracy.py --data cifar10_jpeg.npz --reduced --out results/

`--data` is a folder with the standard ``cifar-10-batches-py``, or the JPEG copy
``cifar10_jpeg.npz``. `--reduced` trains small networks on 4,000 records, which takes minutes on two
CPU cores; without it all 50,000 records are used, for a GPU. Writes ``cifar10.json`` and
``cifar10.md`` (the numbers), ``cifar10.png`` (the picture) and one trace file a model; an
interrupted run goes on with the models that are missing.
"""

import argparse
import io
import json
import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tacit.integrations import History, PrivacyTrace, Risen

MEAN, SPREAD = np.float32([0.4914, 0.4822, 0.4465]), np.float32([0.2470, 0.2435, 0.2616])
DELTA, PRIVATE_BATCH, LEAST_NOISE = 1e-5, 256, 0.5


@dataclass(frozen=True)
class Recipe:
    """How one classifier is trained."""

    name: str
    channels: tuple[int, ...]
    epochs: int
    augment: bool = False
    dropout: float = 0.0
    weight_decay: float = 0.0
    noise: float | None = None


def recipes(reduced: bool) -> list[Recipe]:
    """The classifiers of the picture."""
    small, large = ((12, 24), (16, 32, 64)) if reduced else ((32, 64), (64, 128, 256))
    epochs, private_epochs = (16, 10) if reduced else (60, 60)
    return [
        Recipe("small CNN", small, epochs),
        Recipe("larger CNN", large, epochs),
        Recipe("larger, augmentation", large, epochs, augment=True),
        Recipe("small, DP-SGD, noise 0.1", small, private_epochs, noise=0.1),
        Recipe("small, DP-SGD, noise 1.0", small, 6 if reduced else private_epochs, noise=1.0),
        Recipe("small, dropout", small, epochs, dropout=0.5),
        Recipe("small, weight decay", small, 9 if reduced else epochs, weight_decay=1.0),
    ]


def images(path: Path, n_train: int, n_test: int) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """The first records of the training and the test part: float32 (n, 3, 32, 32) and int64
    (n,).
    """
    train, test = pixels(path, n_train, n_test)
    return (_scaled(train[0]), train[1]), (_scaled(test[0]), test[1])


def pixels(path: Path, n_train: int, n_test: int) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """The same records as they are: uint8 (n, 32, 32, 3) and int64 (n,)."""
    if path.is_dir():
        return _standard(path, n_train, n_test)
    from PIL import Image

    with np.load(path, allow_pickle=False) as packed:
        content, offsets, labels, split = (
            packed[name] for name in ("jpeg", "offsets", "labels", "split")
        )
    parts = []
    for code, n in ((0, n_train), (1, n_test)):
        rows = np.flatnonzero(split == code)[:n]
        read = [
            np.asarray(Image.open(io.BytesIO(content[offsets[i] : offsets[i + 1]].tobytes())))
            for i in rows
        ]
        parts.append((np.stack(read), labels[rows].astype(np.int64)))
    return parts[0], parts[1]


def _standard(folder: Path, n_train: int, n_test: int) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    inside = folder / "cifar-10-batches-py" if (folder / "cifar-10-batches-py").is_dir() else folder
    parts = []
    for names, n in (([f"data_batch_{i}" for i in range(1, 6)], n_train), (["test_batch"], n_test)):
        batches = [pickle.loads((inside / name).read_bytes(), encoding="bytes") for name in names]  # noqa: S301
        colours = np.concatenate([batch[b"data"] for batch in batches])[:n]
        labels = np.concatenate([batch[b"labels"] for batch in batches])[:n]
        shaped = colours.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        parts.append((np.ascontiguousarray(shaped), labels.astype(np.int64)))
    return parts[0], parts[1]


def _scaled(pixels: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(
        ((pixels.astype(np.float32) / 255 - MEAN) / SPREAD).transpose(0, 3, 1, 2)
    )


def network(recipe: Recipe) -> Any:
    """Convolutions (without batch norm, which DP-SGD forbids), halving the picture each time, and
    one hidden layer.
    """
    from torch import nn

    layers: list[Any] = []
    for before, after in zip((3, *recipe.channels), recipe.channels):
        layers += [nn.Conv2d(before, after, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    side = 32 // 2 ** len(recipe.channels)
    width = recipe.channels[-1] * side * side
    return nn.Sequential(
        *layers,
        nn.Flatten(),
        nn.Dropout(recipe.dropout),
        nn.Linear(width, 128),
        nn.ReLU(),
        nn.Linear(128, 10),
    )


def epochs_of(recipe: Recipe, train: tuple[Any, Any], device: str) -> Iterator[Any]:
    """Train, and give the model after each epoch."""
    import torch

    torch.manual_seed(0)
    model = network(recipe).to(device)
    rate = 0.5 if recipe.noise is not None else 1e-3
    private = recipe.noise is not None
    optimizer: Any = (
        torch.optim.SGD(model.parameters(), lr=rate)
        if private
        else torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=recipe.weight_decay)
    )
    data = torch.utils.data.TensorDataset(torch.as_tensor(train[0]), torch.as_tensor(train[1]))
    loader: Any = torch.utils.data.DataLoader(
        data, batch_size=PRIVATE_BATCH if private else 64, shuffle=True
    )
    if private:
        from opacus import PrivacyEngine

        model, optimizer, loader = PrivacyEngine().make_private(
            module=model,
            optimizer=optimizer,
            data_loader=loader,
            noise_multiplier=recipe.noise,
            max_grad_norm=1.0,
        )
    loss = torch.nn.CrossEntropyLoss()
    for _ in range(recipe.epochs):
        model.train()
        for x, y in loader:
            optimizer.zero_grad()
            moved = augmented(x) if recipe.augment else x
            loss(model(moved.to(device)), y.to(device)).backward()
            optimizer.step()
        yield model


def augmented(x: Any) -> Any:
    """Random shifts by up to 4 pixels and mirror images."""
    import torch

    wide = torch.nn.functional.pad(x, (4, 4, 4, 4))
    top, left = torch.randint(0, 9, (2, len(x)))
    shifted = torch.stack(
        [picture[:, i : i + 32, j : j + 32] for picture, i, j in zip(wide, top, left)]
    )
    return torch.where((torch.rand(len(x)) < 0.5)[:, None, None, None], shifted.flip(3), shifted)


def trained(
    recipe: Recipe, train: tuple[Any, Any], test: tuple[Any, Any], out: Path, device: str
) -> dict[str, Any]:
    """One classifier with a look after every epoch; a trace file that holds all epochs saves
    training again.
    """
    path = out / f"{recipe.name.replace(', ', '-').replace(' ', '-')}.trace"
    trace = PrivacyTrace(train, test, every=1, size=1000, path=path)
    if len(trace.history.points) != recipe.epochs:
        for epoch, model in enumerate(epochs_of(recipe, train, device)):
            point = trace.observe(epoch, model)
            if point is not None:
                print(
                    f"{recipe.name:>26} epoch {epoch:2d} accuracy {point.utility:.3f} "
                    f" {point.advantage}",
                    flush=True,
                )
    return {
        **trace.trend(recipe.name),
        "stop": first_stop(trace.history),
        "epsilon": epsilon(recipe, len(train[1])),
    }


def first_stop(history: History) -> dict[str, Any] | None:
    """When `Risen` would have stopped the training, and which epoch's checkpoint it would have
    shipped.
    """
    for n in range(2, len(history.points) + 1):
        stop = Risen()(History(history.points[:n], history.losses[:n], history.member))
        if stop is not None:
            return {"epoch": history.points[n - 1].epoch, "ship": stop.ship, "reason": stop.reason}
    return None


def epsilon(recipe: Recipe, n_records: int) -> float | None:
    """What DP-SGD has spent at the end, at delta 1e-5; None without it, or with noise too small to
    mean anything.
    """
    if recipe.noise is None or recipe.noise < LEAST_NOISE:
        return None
    from opacus.accountants import create_accountant

    accountant = create_accountant("prv")
    steps = -(-n_records // PRIVATE_BATCH)
    accountant.history = [(recipe.noise, 1 / steps, steps * recipe.epochs)]
    return float(accountant.get_epsilon(delta=DELTA))


def draw(results: list[dict[str, Any]], path: Path, title: str) -> None:
    """Test accuracy against vulnerability, one line a model, one point an epoch; a ring where
    `Risen` would have stopped.
    """
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 6), layout="constrained")
    colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]
    for colour, result in zip(colours, results):
        accuracy = [point["accuracy"] for point in result["points"]]
        score = [point["score"]["value"] for point in result["points"]]
        axes.plot(accuracy, score, "-", color=colour, linewidth=1, alpha=0.6)
        axes.scatter(
            accuracy, score, s=np.linspace(6, 36, len(score)), color=colour, label=result["model"]
        )
        if result["stop"] is not None:
            shipped = next(
                i
                for i, point in enumerate(result["points"])
                if point["epoch"] == result["stop"]["ship"]
            )
            axes.plot(
                accuracy[shipped],
                score[shipped],
                "o",
                markersize=13,
                fillstyle="none",
                color=colour,
                markeredgewidth=1.8,
            )
    axes.plot(
        [],
        [],
        "o",
        markersize=11,
        fillstyle="none",
        color="grey",
        label="checkpoint that the stop rule ships",
    )
    axes.set(xlabel="test accuracy", ylabel="vulnerability (membership advantage)", title=title)
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, loc="upper left")
    figure.savefig(path, dpi=130)
    plt.close(figure)


def table(results: list[dict[str, Any]], title: str) -> str:
    """The last epoch of each model, and the checkpoint that the stop rule ships, in Markdown."""
    lines = [
        f"# {title}",
        "",
        (
            "Vulnerability is the membership advantage of a threshold attack on the scaled logit,"
            " with its 95 % interval."
        ),
        "",
        (
            "| model | epochs | last accuracy | last vulnerability | shipped epoch | its accuracy |"
            " its vulnerability | epsilon |"
        ),
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for result in results:
        last, stop = result["points"][-1], result["stop"]
        shipped = (
            None
            if stop is None
            else next(point for point in result["points"] if point["epoch"] == stop["ship"])
        )
        kept = (
            "– | – | –"
            if shipped is None
            else f"{shipped['epoch']} | {shipped['accuracy']:.3f} | {_interval(shipped)}"
        )
        epsilon = "–" if result["epsilon"] is None else f"{result['epsilon']:.2f}"
        cells = (
            f"{len(result['points'])} | {last['accuracy']:.3f} | {_interval(last)} | {kept} |"
            f" {epsilon}"
        )
        lines.append(f"| {result['model']} | {cells} |")
    return "\n".join(lines) + "\n"


def _interval(point: dict[str, Any]) -> str:
    score = point["score"]
    return f"{score['value']:.3f} [{score['low']:.3f}, {score['high']:.3f}]"


def main() -> None:
    """Train, write the numbers, draw."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("cifar10_results"))
    parser.add_argument("--reduced", action="store_true")
    parser.add_argument(
        "--device", default=None, help="cpu, cuda ...; by default cuda where there is one"
    )
    options = parser.parse_args()
    import torch

    device = options.device or ("cuda" if torch.cuda.is_available() else "cpu")
    options.out.mkdir(parents=True, exist_ok=True)
    train, test = images(options.data, *((4000, 4000) if options.reduced else (50000, 10000)))
    results = [
        trained(recipe, train, test, options.out, device) for recipe in recipes(options.reduced)
    ]
    (options.out / "cifar10.json").write_text(json.dumps({"trend": results}, indent=1))
    title = f"CIFAR-10, {len(train[1]):,} training records, a point an epoch"
    draw(results, options.out / "cifar10.png", title)
    (options.out / "cifar10.md").write_text(table(results, title), encoding="utf8")


if __name__ == "__main__":
    main()
