"""Which knob buys how much privacy for how much accuracy? Variants of a CIFAR-10 classifier, raced
against each other, and the winner confirmed on fresh trainings.

    python examples/explore_cifar10.py --data cifar10_jpeg.npz --out explored/

`--data` is a folder with the standard ``cifar-10-batches-py``, or the JPEG copy
``cifar10_jpeg.npz``. Every model is trained on 25,000 of the 50,000 records (by coins), in half a
minute to a minute of one CPU core; the whole takes about 20 CPU minutes. Writes
``explore_cifar10.json``, ``.html`` and ``.md`` (the comparison and its table) and
``explore_cifar10.png`` (the picture). What is trained is kept in ``OUT/store``: a run that is
killed goes on there, and a second one only draws.
"""

import argparse
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import tacit
from cifar10_privacy_vs_accuracy import pixels
from explored import deliver

MEAN, SPREAD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)
BATCH, RATE, WARM_UP = 128, 0.1, 0.2
SIDE, MARGIN = 32, 4
# answers are read in batches of their own, in float32
ASKED = 500

VARIANTS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "shift and mirror": {"augment": True},
    "half the epochs": {"epochs": 5},
    "weight decay x 4": {"decay": 2e-3},
    "label smoothing": {"smoothing": 0.1},
    "half the data": {"share": 0.25},
}


def network(width: int) -> Any:
    """Four convolutions with batch norm; the first halves the picture."""
    from torch import nn

    layers: list[Any] = []
    steps = ((3, 1, 2), (1, 2, 1), (2, 4, 1), (4, 4, 1))
    for number, (before, after, stride) in enumerate(steps):
        inside = before if number == 0 else before * width
        layers += [
            nn.Conv2d(inside, after * width, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(after * width),
            nn.ReLU(),
        ]
        if number in (1, 2):
            layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4 * width, 10))


def scaled(images: Any) -> Any:
    """Of uint8 (n, height, width, 3) what the network takes: float32 (n, 3, height, width)."""
    import torch

    colours = images.to(torch.float32) / 255
    return ((colours - torch.tensor(MEAN)) / torch.tensor(SPREAD)).permute(0, 3, 1, 2)


def moved(wide: Any, draw: Any) -> Any:
    """Of images with a margin, random parts of the size of the original, half of them mirrored."""
    import torch

    n = len(wide)
    top, left = torch.randint(0, 2 * MARGIN + 1, (2, n, 1), generator=draw)
    line = torch.arange(SIDE)
    column = torch.where(torch.rand(n, 1, generator=draw) < 0.5, line, line.flip(0))
    place = torch.arange(n)[:, None, None]
    return wide[place, (top + line)[:, :, None], (left + column)[:, None, :]]


def train(
    records: Any,
    indices: Any,
    seed: int,
    *,
    width: int = 16,
    epochs: int = 10,
    augment: bool = False,
    decay: float = 5e-4,
    smoothing: float = 0.0,
) -> Any:
    """One classifier, trained on the records `indices`: SGD with Nesterov's momentum, warm-up and
    linear decay; products in bfloat16 where the processor has them.
    """
    import torch
    from torch.nn import functional as F

    torch.manual_seed(seed)
    draw = torch.Generator().manual_seed(seed)
    x, y = (torch.as_tensor(part[indices]) for part in records)
    if augment:
        margins = ((0, 0), (MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0))
        x = torch.as_tensor(np.pad(x.numpy(), margins, mode="reflect"))
    model = network(width).to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(
        model.parameters(), lr=RATE, momentum=0.9, nesterov=True, weight_decay=decay
    )
    steps = epochs * (len(y) // BATCH)
    warm = max(1, int(WARM_UP * steps))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / warm, (steps - step) / (steps - warm))
    )
    model.train()
    for _ in range(epochs):
        order = torch.randperm(len(y), generator=draw)
        for rows in order[: len(y) // BATCH * BATCH].split(BATCH):
            images = scaled(moved(x[rows], draw) if augment else x[rows])
            optimizer.zero_grad(set_to_none=True)
            with torch.autocast("cpu", torch.bfloat16):
                logits = model(images)
            loss = F.cross_entropy(logits.float(), y[rows], label_smoothing=smoothing)
            loss.backward()
            optimizer.step()
            schedule.step()
    model.eval()
    return partial(answers, model, records[1])


def answers(model: Any, label: Any, images: Any) -> tacit.Outputs:
    """What the model says of all records, in float32."""
    import torch

    with torch.inference_mode():
        parts = torch.as_tensor(images).split(ASKED)
        logits = torch.cat([model(scaled(part)) for part in parts])
    return tacit.Outputs(logits=logits.numpy(), label=label)


def main() -> None:
    """Explore, write the numbers, draw."""
    import torch

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("explored"))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--records", type=int, default=50_000, help="fewer, for a first look")
    options = parser.parse_args()
    torch.set_num_threads(1)
    (records, _) = pixels(options.data, options.records, 1)
    start = time.process_time()
    found = tacit.explore(
        partial(train, records),
        VARIANTS,
        records,
        runs=options.runs,
        tolerance=0.04,
        store=options.out / "store",
        title=f"CIFAR-10, {options.records // 2:,} records a model",
        progress=lambda name, done, of: print(
            f"{time.process_time() - start:6.0f} CPU s  {name}: {done} of {of}", flush=True
        ),
    )
    deliver(found, options.out / "explore_cifar10")


if __name__ == "__main__":
    main()
