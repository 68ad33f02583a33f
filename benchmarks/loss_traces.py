"""Do losses kept during training find the records that shadow models find most exposed?

    python benchmarks/loss_traces.py --data ../shared/data --out benchmarks/results/loss_traces.md

Trains small networks on random halves of digits and of Location-30. Each is the target in turn: its
members are ranked by LiRA with the others as shadow models, and by statistics of their losses over
the target's own training, which cost nothing. Precision at 1 % is the share of the 1 % of members
ranked highest by the losses that LiRA ranks among its highest 1 %.
"""

import argparse
import platform
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from tacit.attacks import LiRA
from tacit.core import Signals
from tacit.signals.traces import epochs_above, mean_loss, trace_iqr

SHARES = (0.01, 0.05)
STATISTICS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "range of losses (LT-IQR)": trace_iqr,
    "mean loss over training": mean_loss,
    "share of epochs with p < 1/2": lambda losses: epochs_above(losses, np.log(2)),
    "loss after the last epoch (no trace)": lambda losses: losses[:, -1],
    "minus the loss after the last epoch": lambda losses: -losses[:, -1],
}


def digits() -> tuple[np.ndarray, np.ndarray]:
    """Handwritten digits of scikit-learn: (1797, 64) in [0, 1]."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    return x / 16, y


def location(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Location-30: (5010, 446) of 0 and 1."""
    with np.load(folder / "location.npz", allow_pickle=False) as packed:
        return packed["features"].astype(np.float64), packed["labels"].astype(np.int64)


def trained(
    x: np.ndarray, y: np.ndarray, member: np.ndarray, *, width: int, epochs: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """A network with one hidden layer, by SGD with momentum: losses (epochs, n) and scaled logits
    (n,) of all records.
    """
    rng = np.random.default_rng(seed)
    k, d = int(y.max()) + 1, x.shape[1]
    weights = [
        rng.normal(0, (2 / d) ** 0.5, (d, width)),
        np.zeros(width),
        rng.normal(0, (2 / width) ** 0.5, (width, k)),
        np.zeros(k),
    ]
    speed = [np.zeros_like(part) for part in weights]
    rows, losses = np.flatnonzero(member), []
    for _ in range(epochs):
        for batch in np.array_split(rng.permutation(rows), max(1, len(rows) // 32)):
            hidden, p = _forward(x[batch], weights)
            p[np.arange(len(batch)), y[batch]] -= 1
            p /= len(batch)
            back = (p @ weights[2].T) * (hidden > 0)
            gradients = [x[batch].T @ back, back.sum(axis=0), hidden.T @ p, p.sum(axis=0)]
            for part, moving, gradient in zip(weights, speed, gradients):
                moving *= 0.9
                moving -= 0.05 * gradient
                part += moving
        losses.append(-np.log(np.maximum(_forward(x, weights)[1][np.arange(len(y)), y], 1e-300)))
    return np.array(losses, np.float32), _scaled(losses[-1])


def _forward(x: np.ndarray, weights: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    hidden = np.maximum(x @ weights[0] + weights[1], 0)
    z = hidden @ weights[2] + weights[3]
    p = np.exp(z - z.max(axis=1, keepdims=True))
    return hidden, p / p.sum(axis=1, keepdims=True)


def _scaled(loss: np.ndarray) -> np.ndarray:
    return -loss - np.log(np.maximum(-np.expm1(-loss), 1e-16))


def compared(
    x: np.ndarray, y: np.ndarray, *, n_models: int, width: int, epochs: int
) -> dict[str, Any]:
    """Precision of each statistic at each share, mean and standard error over the targets, and the
    models' accuracy.
    """
    rng = np.random.default_rng(1)
    inside = np.stack([rng.random(len(y)) < 0.5 for _ in range(n_models // 2)])
    inside = np.concatenate([inside, ~inside])
    runs = [
        trained(x, y, member, width=width, epochs=epochs, seed=seed)
        for seed, member in enumerate(inside)
    ]
    logits = np.stack([run[1] for run in runs])
    found: dict[tuple[str, float], list[float]] = {
        (name, share): [] for name in STATISTICS for share in SHARES
    }
    for target in range(n_models):
        others = np.arange(n_models) != target
        score = LiRA()(
            Signals.of(
                logits[target], shadow=logits[others][..., None], shadow_member=inside[others]
            )
        )
        rows = np.flatnonzero(inside[target])
        losses = runs[target][0].T[rows]
        for name, statistic in STATISTICS.items():
            for share in SHARES:
                n_top = int(np.ceil(share * len(rows)))
                first, second = (
                    set(np.argsort(-values, kind="stable")[:n_top])
                    for values in (score[rows], statistic(losses))
                )
                found[name, share].append(len(first & second) / n_top)
    correct = np.array(
        [
            [(run[0][-1] < np.log(2))[side].mean() for side in (m, ~m)]
            for run, m in zip(runs, inside)
        ]
    )
    return {
        "precision": found,
        "sure": correct.mean(axis=0),
        "n_members": int(inside.sum(axis=1).mean()),
    }


def table(cases: dict[str, dict[str, Any]], n_models: int) -> str:
    """The results in Markdown."""
    python = platform.python_version()
    lines = [
        "# Losses kept during training against LiRA's ranking",
        "",
        (
            f"`benchmarks/loss_traces.py --data ... --models {n_models}`,"
            f" {datetime.now(UTC):%Y-%m-%d}, 2 cores, Python {python}."
        ),
        "",
        (
            f"{n_models} networks with one hidden layer on random halves, each the target in turn;"
            " LiRA has the others as shadows."
        ),
        (
            "Mean over the targets, plus or minus one standard error (targets share shadow models,"
            " so it is a guide only). A random"
        ),
        "ranking has a precision of 1 % and 5 %.",
        "",
    ]
    for case, result in cases.items():
        inside, outside = (f"{100 * part:.1f} %" for part in result["sure"])
        lines += [
            f"## {case}",
            "",
            (
                f"About {result['n_members']:,} members a model; p > 1/2 for {inside} of members"
                f" and {outside} of others."
            ),
            "",
            "| ranked by | precision at 1 % | precision at 5 % |",
            "| --- | --- | --- |",
        ]
        for name in STATISTICS:
            cells = [result["precision"][name, share] for share in SHARES]
            text = [
                f"{100 * np.mean(cell):.1f} % ± {100 * np.std(cell, ddof=1) / len(cell) ** 0.5:.1f}"
                for cell in cells
            ]
            lines.append(f"| {name} | {' | '.join(text)} |")
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    """Train, compare, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="the folder with location.npz")
    parser.add_argument("--models", type=int, default=24)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/loss_traces.md"))
    options = parser.parse_args()
    cases = {"digits": compared(*digits(), n_models=options.models, width=64, epochs=40)}
    print("digits done", flush=True)
    cases["Location-30"] = compared(
        *location(options.data), n_models=options.models, width=64, epochs=30
    )
    options.out.write_text(table(cases, options.models), encoding="utf8")


if __name__ == "__main__":
    main()
