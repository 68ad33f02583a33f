"""What looking at a model after every epoch costs, for each framework.

    python benchmarks/callback_overhead.py --out benchmarks/results/callback_overhead.md

Trains the same small convolutional network on 10,000 random 28 x 28 pictures, with and without the
callback at its default settings, and compares the CPU seconds (user and system, all threads) of the
epochs after the first. One process a framework.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

N, N_EPOCHS, BATCH = 10_000, 3, 100


def pictures() -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """Members and non-members: float32 (n, 1, 28, 28) and classes."""
    rng = np.random.default_rng(0)
    x, y = (
        rng.normal(size=(N + N // 4, 1, 28, 28)).astype("float32"),
        rng.integers(0, 10, N + N // 4),
    )
    return (x[:N], y[:N]), (x[N:], y[N:])


def convolutional() -> Any:
    """The network in PyTorch."""
    from torch import nn

    layers = [
        nn.Conv2d(1, 8, 3, stride=2),
        nn.ReLU(),
        nn.Conv2d(8, 16, 3, stride=2),
        nn.ReLU(),
        nn.Flatten(),
    ]
    return nn.Sequential(*layers, nn.Linear(16 * 36, 64), nn.ReLU(), nn.Linear(64, 10))


def torch_loop(watch: bool) -> list[float]:
    """A hand-written loop with PrivacyTrace."""
    import torch

    from tacit.integrations import PrivacyTrace

    members, nonmembers = pictures()
    net = convolutional()
    optimizer = torch.optim.Adam(net.parameters())
    trace = PrivacyTrace(members, nonmembers) if watch else None
    x, y = map(torch.as_tensor, members)
    clock = Clock()
    for epoch in range(N_EPOCHS):
        for rows in torch.randperm(N).split(BATCH):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
            optimizer.step()
        if trace is not None:
            trace.observe(epoch, net)
        clock.tick()
    return clock.seconds


def keras_fit(watch: bool) -> list[float]:
    """Keras `fit` with PrivacyCallback, on the backend in KERAS_BACKEND."""
    import keras

    from tacit.integrations.keras import PrivacyCallback

    members, nonmembers = ((x.transpose(0, 2, 3, 1), y) for x, y in pictures())
    layers = keras.layers
    net = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(8, 3, strides=2, activation="relu"),
            layers.Conv2D(16, 3, strides=2, activation="relu"),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(10),
        ]
    )
    net.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    clock = Clock()
    callbacks: list[Any] = [PrivacyCallback(members, nonmembers)] if watch else []
    callbacks.append(keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: clock.tick()))
    net.fit(*members, batch_size=BATCH, epochs=N_EPOCHS, verbose=0, callbacks=callbacks)
    return clock.seconds


def lightning_fit(watch: bool) -> list[float]:
    """Lightning `fit` with PrivacyCallback."""
    import lightning.pytorch as lightning
    import torch

    from tacit.integrations.lightning import PrivacyCallback

    class Module(lightning.LightningModule):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.net = convolutional()

        def forward(self, x: Any) -> Any:
            return self.net(x)

        def training_step(self, batch: Any, index: int) -> Any:
            return torch.nn.functional.cross_entropy(self(batch[0]), batch[1])

        def configure_optimizers(self) -> Any:
            return torch.optim.Adam(self.parameters())

    class Ticking(lightning.Callback):  # type: ignore[misc, name-defined]
        def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
            clock.tick()

    sets = [torch.utils.data.TensorDataset(*map(torch.as_tensor, part)) for part in pictures()]
    quiet = {
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
    }
    callbacks = [*([PrivacyCallback(*sets)] if watch else []), Ticking()]
    trainer = lightning.Trainer(
        max_epochs=N_EPOCHS, callbacks=callbacks, accelerator="cpu", **quiet
    )
    clock = Clock()
    trainer.fit(Module(), torch.utils.data.DataLoader(sets[0], BATCH, shuffle=True))
    return clock.seconds


def trainer_fit(watch: bool) -> list[float]:
    """Transformers `Trainer` with PrivacyCallback: a small BERT on 2,000 token sequences."""
    import transformers
    from datasets import Dataset

    from tacit.integrations.transformers import PrivacyCallback

    rng = np.random.default_rng(0)
    tokens, label = rng.integers(1, 200, (4000, 32)), rng.integers(0, 2, 4000)
    columns = {"input_ids": tokens, "labels": label}
    sets = [
        Dataset.from_dict({k: v[rows].tolist() for k, v in columns.items()})
        for rows in (slice(3000), slice(3000, 4000))
    ]
    sizes = {
        "hidden_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 128,
    }
    net = transformers.BertForSequenceClassification(
        transformers.BertConfig(vocab_size=200, num_labels=2, **sizes)
    )
    quiet = {
        "use_cpu": True,
        "report_to": [],
        "save_strategy": "no",
        "disable_tqdm": True,
        "logging_strategy": "no",
    }
    arguments = transformers.TrainingArguments(
        "/tmp/out", num_train_epochs=N_EPOCHS, per_device_train_batch_size=50, **quiet
    )

    class Ticking(transformers.TrainerCallback):  # type: ignore[misc, name-defined]
        def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            clock.tick()

    callbacks = [*([PrivacyCallback(*sets, every=1)] if watch else []), Ticking()]
    trainer = transformers.Trainer(net, arguments, train_dataset=sets[0], callbacks=callbacks)
    clock = Clock()
    trainer.train()
    return clock.seconds


def nnx_loop(watch: bool) -> list[float]:
    """A Flax NNX loop with PrivacyTrace."""
    import jax
    import optax
    from flax import nnx

    from tacit.integrations import PrivacyTrace

    class Net(nnx.Module):
        def __init__(self, rngs: Any) -> None:
            self.first = nnx.Conv(1, 8, (3, 3), strides=2, rngs=rngs)
            self.second = nnx.Conv(8, 16, (3, 3), strides=2, rngs=rngs)
            self.third, self.last = (
                nnx.Linear(16 * 49, 64, rngs=rngs),
                nnx.Linear(64, 10, rngs=rngs),
            )

        def __call__(self, x: Any) -> Any:
            x = nnx.relu(self.second(nnx.relu(self.first(x))))
            return self.last(nnx.relu(self.third(x.reshape(len(x), -1))))

    @nnx.jit
    def step(net: Any, optimizer: Any, x: Any, y: Any) -> None:
        gradient = nnx.grad(
            lambda model: optax.softmax_cross_entropy_with_integer_labels(model(x), y).mean()
        )(net)
        optimizer.update(net, gradient)

    members, nonmembers = ((x.transpose(0, 2, 3, 1), y) for x, y in pictures())
    net = Net(nnx.Rngs(0))
    optimizer = nnx.Optimizer(net, optax.adam(1e-3), wrt=nnx.Param)
    trace = PrivacyTrace(members, nonmembers) if watch else None
    rng, clock = np.random.default_rng(0), Clock()
    for epoch in range(N_EPOCHS):
        for rows in rng.permutation(N).reshape(-1, BATCH):
            step(net, optimizer, members[0][rows], members[1][rows])
        if trace is not None:
            trace.observe(epoch, net)
        jax.block_until_ready(nnx.state(net))
        clock.tick()
    return clock.seconds


class Clock:
    """CPU seconds between ticks."""

    def __init__(self) -> None:
        self._last = time.process_time()
        self.seconds: list[float] = []

    def tick(self) -> None:
        """An epoch has ended."""
        now = time.process_time()
        self.seconds.append(now - self._last)
        self._last = now


CASES: dict[str, tuple[Callable[[bool], list[float]], str]] = {
    "PyTorch, hand-written loop": (torch_loop, ""),
    "Lightning": (lightning_fit, ""),
    "Keras, TensorFlow": (keras_fit, "tensorflow"),
    "Keras, JAX": (keras_fit, "jax"),
    "Keras, PyTorch": (keras_fit, "torch"),
    "Flax NNX, hand-written loop": (nnx_loop, ""),
    "transformers Trainer": (trainer_fit, ""),
}


def measured(name: str) -> tuple[list[float], list[float]]:
    """CPU seconds of each epoch, without and with the callback, in a process of its own."""
    backend = {"KERAS_BACKEND": CASES[name][1]} if CASES[name][1] else {}
    environment = (
        os.environ
        | backend
        | {
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "HF_HUB_OFFLINE": "1",
            "OMP_NUM_THREADS": "1",
        }
    )
    command = [sys.executable, "-W", "ignore", __file__, "--one", name]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    alone, watched = json.loads(done.stdout.splitlines()[-1])
    return alone, watched


def table() -> str:
    """The results in Markdown."""
    lines = [
        "# What looking at a model after every epoch costs",
        "",
        (
            f"`python benchmarks/callback_overhead.py`, {datetime.now(UTC):%Y-%m-%d}, 2 cores,"
            f" Python {platform.python_version()}."
        ),
        "",
        (
            "CPU seconds (all threads) of an epoch, the fastest of those after the first, without"
            " and with the callback. A small"
        ),
        (
            "convolutional network, 10,000 members, batches of 100; 400 members and 400 non-members"
            " looked at (the default)."
        ),
        (
            "transformers: a small BERT, 3,000 sequences of 32 tokens, 200 members and 200"
            " non-members, looked at after every epoch"
        ),
        (
            "although the default for so few is every third. The first look also asks the model"
            " three times about its first batch"
        ),
        "and, on JAX and TensorFlow, compiles it.",
        "",
        (
            "| framework | epoch alone, s | epoch with a look, s | a look costs | first epoch"
            " alone, s | first epoch with a look, s |"
        ),
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name in CASES:
        alone, watched = measured(name)
        base, seen = min(alone[1:]), min(watched[1:])
        lines.append(
            f"| {name} | {base:.2f} | {seen:.2f} | {100 * (seen / base - 1):.1f} % | {alone[0]:.2f}"
            f" | {watched[0]:.2f} |"
        )
        print(lines[-1], flush=True)
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure one case, or all in turn."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--one", choices=list(CASES), help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/callback_overhead.md"))
    options = parser.parse_args()
    if options.one:
        case = CASES[options.one][0]
        print(json.dumps([case(False), case(True)]))
        return
    options.out.write_text(table(), encoding="utf8")


if __name__ == "__main__":
    main()
