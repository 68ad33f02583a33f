"""Pictures of several models: how exposed over epochs, and against accuracy."""

from collections.abc import Callable, Sequence
from typing import Any

from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.attack_result import (
    LEGACY_EPSILON,
    LEGACY_PPV,
    SingleAttackResult,
)
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.attack_types import (
    PrivacyMetric,
    PrivacyReportMetadata,
)
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.results import (
    AttackResultsCollection,
)
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.slice_specs import (
    ENTIRE_DATASET_SLICE_STR,
)
from tacit.core import InvalidInput
from tacit.core.optional import require

EPOCH_STR = "Epoch"
TRAIN_ACCURACY_STR = "Train accuracy"
# width of one panel, room for the legend, and height, in inches
PANEL, LEGEND, HEIGHT = 5, 3, 5
Point = tuple[PrivacyReportMetadata, SingleAttackResult]

# what an axis is called, and its number; those that are not what they seem say so
METRICS: dict[PrivacyMetric, tuple[str, Callable[[SingleAttackResult], float]]] = {
    PrivacyMetric.AUC: ("AUC", lambda each: each.get_auc()),
    PrivacyMetric.ATTACKER_ADVANTAGE: (
        "Attacker advantage",
        lambda each: each.get_attacker_advantage(),
    ),
    PrivacyMetric.PPV: (LEGACY_PPV, lambda each: each.legacy_ppv()),
    PrivacyMetric.EPSILON_LOWER_BOUND: (
        LEGACY_EPSILON,
        lambda each: float(each.legacy_epsilon_lower_bound()[0]),
    ),
}


def plot_by_epochs(
    results: AttackResultsCollection, privacy_metrics: Sequence[PrivacyMetric | str]
) -> Any:
    """A panel a metric, a line a model and attack, over epochs, as a matplotlib figure.

    Parameters
    ----------
    results : with `epoch_num` in their metadata; the entire data set is shown.
    privacy_metrics : which metrics.

    Raises
    ------
    InvalidInput : metadata or its epoch is missing.
    """
    return _panels(
        results,
        privacy_metrics,
        x=lambda known: known.epoch_num,
        xlabel=EPOCH_STR,
        title="Vulnerability per Epoch",
    )


def plot_privacy_vs_accuracy(
    results: AttackResultsCollection, privacy_metrics: Sequence[PrivacyMetric | str]
) -> Any:
    """A panel a metric, a line a model and attack, over training accuracy.

    Parameters
    ----------
    results : with metadata; the entire data set is shown.
    privacy_metrics : which metrics.

    Raises
    ------
    InvalidInput : metadata or its epoch is missing.
    """
    return _panels(
        results,
        privacy_metrics,
        x=lambda known: known.accuracy_train,
        xlabel=TRAIN_ACCURACY_STR,
        title="Privacy vs Utility Analysis",
    )


def _panels(
    results: AttackResultsCollection,
    metrics: Sequence[PrivacyMetric | str],
    *,
    x: Callable[[PrivacyReportMetadata], Any],
    xlabel: str,
    title: str,
) -> Any:
    lines = _lines(results)
    pyplot = require("matplotlib.pyplot", extra="plots", purpose="Drawing")
    size = (PANEL * len(metrics) + LEGEND, HEIGHT)
    figure, axes = pyplot.subplots(1, len(metrics), figsize=size, squeeze=False)
    figure.suptitle(title)
    for panel, metric in zip(axes[0], metrics):
        name, number = METRICS[PrivacyMetric(metric)]
        for label, points in lines.items():
            ordered = sorted((x(known), number(each)) for known, each in points)
            panel.plot(*zip(*ordered), marker="o", markersize=3, label=label)
        panel.set(xlabel=xlabel, title=f"{name} for {ENTIRE_DATASET_SLICE_STR}")
    axes[0][-1].legend(loc="upper left", bbox_to_anchor=(1.02, 1))
    figure.tight_layout(rect=(0, 0, 1, 0.93))
    return figure


def _lines(results: AttackResultsCollection) -> dict[str, list[Point]]:
    """The points of each model and attack on the entire data set."""
    lines: dict[str, list[Point]] = {}
    for one_model in results.attack_results_list:
        known = one_model.privacy_report_metadata
        if known is None or known.epoch_num is None:
            raise InvalidInput(
                "A picture of several models needs `privacy_report_metadata` with `epoch_num` in"
                " each of the results."
            )
        for each in one_model.single_attack_results:
            if each.slice_spec.entire_dataset:
                label = f"{known.model_variant_label} - {each.attack_type}"
                lines.setdefault(label, []).append((known, each))
    return lines
