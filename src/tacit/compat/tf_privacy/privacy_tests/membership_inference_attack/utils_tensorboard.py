"""Write results to TensorBoard through writers of TensorFlow; none is needed for tacit's own."""

from collections.abc import Mapping, Sequence
from typing import Any

from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.results import (
    AttackResults,
    get_flattened_attack_metrics,
)
from tacit.core import InvalidInput
from tacit.core.optional import require


def write_to_tensorboard_tf2(
    writers: Any, tags: Sequence[str], values: Sequence[float], step: int
) -> None:
    """Write one scalar a tag.

    Parameters
    ----------
    writers : one ``tf.summary`` writer, or one a tag.
    tags, values : of the same length.
    step : of all of them.

    Raises
    ------
    InvalidInput : there is no writer, or lengths differ.
    """
    if not writers:
        raise InvalidInput("`writers` needs a writer of `tf.summary`, got none.")
    each = list(writers) if isinstance(writers, (list, tuple)) else [writers] * len(tags)
    if not len(each) == len(tags) == len(values):
        raise InvalidInput(
            f"`writers`, `tags` and `values` need one length, got {len(each)}, {len(tags)} and"
            f" {len(values)}."
        )
    summary = require(
        "tensorflow", extra="keras", purpose="Writing to TensorFlow's writers"
    ).summary
    for writer, tag, value in zip(each, tags, values):
        with writer.as_default():
            summary.scalar(tag, value, step=step)
        writer.flush()


def write_results_to_tensorboard_tf2(
    attack_results: AttackResults,
    writers: Any | Mapping[str, Any],
    step: int,
    merge_classifiers: bool,
) -> None:
    """Write every number of `attack_results`.

    Parameters
    ----------
    attack_results : from `run_attacks`.
    writers : one writer, or one an attack's name where `merge_classifiers`.
    step : of all numbers.
    merge_classifiers : one tag a slice and metric, with the attacks as runs.
    """
    kinds, slices, metrics, values = get_flattened_attack_metrics(attack_results)
    if merge_classifiers:
        tags = [f"attack/{where}_{metric}" for where, metric in zip(slices, metrics)]
        writers = [writers[kind] for kind in kinds]
    else:
        tags = [f"attack/{w}_{k}_{m}" for w, k, m in zip(slices, kinds, metrics)]
    write_to_tensorboard_tf2(writers, tags, values, step)
