"""What tacit makes of the same input: the report, and probabilities from other records."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from tacit.attacks import MembershipProbability
from tacit.compat.tf_privacy.privacy_tests.losses import LossFunction
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.attack_input import (
    AttackInputData,
)
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.attack_types import (
    PrivacyReportMetadata,
)
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.slice_specs import (
    SlicingSpec,
)
from tacit.core import Membership, Outputs, Report, Signals, collect

Array = NDArray[Any]


def report_of(data: AttackInputData, spec: SlicingSpec, *, title: str) -> Report:
    """The report of `tacit.audit` on the records of `data`.

    Class, correctness and loss deciles are sliced by the audit itself; custom groups are handed on.

    Parameters
    ----------
    data : validated input.
    spec : its custom groups become slices.
    title : the model's name.

    Raises
    ------
    InvalidInput : the outputs do not fit together.
    """
    from tacit._audit import audit

    slices = {
        f"custom {place}": (np.asarray(train), np.asarray(test))
        for place, (train, test, _) in enumerate(spec.groups(), 1)
    }
    return audit(
        member=outputs_of(data, "train"),
        nonmember=outputs_of(data, "test"),
        slices=slices,
        title=title,
    )


def outputs_of(data: AttackInputData, side: str) -> Outputs:
    """The ``"train"`` or ``"test"`` records as `tacit.Outputs`.

    Outputs with labels come first, as more can be made of them; then losses; an entropy is read as
    a loss where there is nothing else.
    """
    logits, probs = getattr(data, f"logits_{side}"), getattr(data, f"probs_{side}")
    labels = getattr(data, f"labels_{side}")
    crossed = data.loss_function in (LossFunction.CROSS_ENTROPY, "cross_entropy")
    if crossed and (logits is not None or probs is not None):
        if logits is not None and data.logits_are_probabilities():
            logits, probs = None, logits
        if logits is not None:
            return Outputs(logits=logits, label=labels)
        return Outputs(probs=probs, label=labels)
    loss = data.signal(side)
    if loss is None:
        loss = data.get_entropy_train() if side == "train" else data.get_entropy_test()
    return Outputs(loss=loss.sum(axis=1) if loss.ndim == 2 else loss)


def membership_probability(train: Array, test: Array) -> tuple[Array, Array]:
    """The chance of each record to be a member, by counts over others with a similar loss.

    Parameters
    ----------
    train, test : losses (n,) and (m,).

    Raises
    ------
    NotEnoughData : too few of a kind to learn from some and score the others.
    """
    truth = np.repeat([True, False], [len(train), len(test)])
    signals = Signals.of(-np.concatenate([train, test]), statistic="neg_loss")
    found = collect(MembershipProbability(), signals, Membership(truth))
    chance = np.empty(len(truth))
    chance[found.row] = found.score
    return chance[truth], chance[~truth]


def completed(
    metadata: PrivacyReportMetadata | None, data: AttackInputData
) -> PrivacyReportMetadata:
    """A copy of `metadata` in which missing accuracies and losses are computed."""
    known = PrivacyReportMetadata() if metadata is None else metadata
    found: dict[str, float | None] = {}
    for side in ("train", "test"):
        outputs, labels = getattr(data, f"logits_or_probs_{side}"), getattr(data, f"labels_{side}")
        if data.is_multilabel_data():
            logits = getattr(data, f"logits_{side}")
            chances = outputs if logits is None else special.expit(logits)
            found[f"accuracy_{side}"] = multilabel_accuracy(chances, labels)
        else:
            found[f"accuracy_{side}"] = accuracy(outputs, labels)
        loss = data.signal(side)
        found[f"loss_{side}"] = None if loss is None else float(np.mean(loss))
    missing = {name: value for name, value in found.items() if getattr(known, name) is None}
    return replace(known, **missing)  # type: ignore[arg-type]


def accuracy(outputs: Any, labels: Any) -> float | None:
    """The share of records whose largest output is that of their class; None without outputs."""
    if outputs is None or labels is None or np.ndim(outputs) < 2:
        return None
    return float(np.mean(np.argmax(outputs, axis=1) == np.asarray(labels)))


def multilabel_accuracy(chances: Any, labels: Any) -> float | None:
    """The share of answers on the right side of one half; None without outputs."""
    if chances is None or labels is None:
        return None
    return float(np.mean(np.round(chances) == np.asarray(labels)))
