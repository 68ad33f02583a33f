"""Pictures of one attack."""

from collections.abc import Callable, Iterable
from typing import IO, Any

import numpy as np

from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.attack_result import (
    RocCurve,
)
from tacit.core.optional import require

# bins of the histograms (theirs, kept)
BINS = 100


def save_plot(figure: Any, path: str | IO[bytes] | None, outformat: str = "png") -> None:
    """Write a figure to `path` and close it; nothing happens where `path` is None."""
    if path is None:
        return
    figure.savefig(path, bbox_inches="tight", format=outformat)
    _pyplot().close(figure)


def plot_curve_with_area(
    x: Iterable[float], y: Iterable[float], xlabel: str = "x", ylabel: str = "y"
) -> Any:
    """A curve in the unit square, with the area under it in the legend, as a matplotlib figure."""
    x, y = np.asarray(list(x)), np.asarray(list(y))
    area = RocCurve(thresholds=x, tpr=y, fpr=x, test_train_ratio=1.0).get_auc()
    figure, axes = _pyplot().subplots()
    axes.plot([0, 1], [0, 1], color="black", linewidth=1)
    axes.plot(x, y, linewidth=2, label=f"AUC: {area:.3f}")
    axes.set(xlabel=xlabel, ylabel=ylabel, aspect="equal")
    axes.legend()
    return figure


def plot_histograms(
    train: Iterable[float], test: Iterable[float], xlabel: str = "x", thresh: float | None = None
) -> Any:
    """Histograms of a number on training records and on others, as a matplotlib figure."""
    parts = {"test": np.asarray(list(test)), "train": np.asarray(list(train))}
    both = np.concatenate(list(parts.values()))
    figure, axes = _pyplot().subplots()
    for name, part in parts.items():
        edges = np.linspace(both.min(), both.max(), BINS)
        axes.hist(part, bins=edges, density=True, alpha=0.5, label=name, log=True)
    if thresh is not None:
        axes.axvline(thresh, color="red", label=f"threshold = {thresh:.3f}")
    axes.set(xlabel=xlabel, ylabel="normalized counts (density)")
    axes.legend()
    return figure


def plot_roc_curve(roc_curve: RocCurve, plot_func: Callable[..., Any] | None = None) -> Any:
    """The ROC curve with its area, as a matplotlib figure; `plot_func` may draw it instead."""
    draw = plot_curve_with_area if plot_func is None else plot_func
    return draw(roc_curve.fpr, roc_curve.tpr, xlabel="FPR", ylabel="TPR")


def _pyplot() -> Any:
    return require("matplotlib.pyplot", extra="plots", purpose="Drawing")
