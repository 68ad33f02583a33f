"""What a learned attacker looks at: a few numbers a record that do not depend on which class is
which.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import Outputs
from tacit.signals import classification, multiclass
from tacit.signals.statistics import available, measure

TOP = 10
MOST_LABELS = 30


def feature_matrix(outputs: Outputs) -> NDArray[np.floating[Any]]:
    """Features of each record for attacks that learn: float32 (n, d), not standardised.

    For a multi-class model: the largest 10 log-probabilities in descending order, and where there
    is a label the log-probability of the true class, its scaled logit and its rank, then the
    entropy and the modified entropy, then the label as 0/1 columns unless there are more than 30
    classes. For every other kind of model: all its statistics.

    Parameters
    ----------
    outputs : what one model answered for n records.
    """
    if outputs.task != "multiclass":
        return np.column_stack([measure(outputs, name) for name in available(outputs)]).astype(
            np.float32
        )
    k, labelled = _classes(outputs), outputs.label is not None
    top = min(k, TOP)
    width = top + 1 + (4 if labelled else 0)
    numbers = classification.by_chunk(
        outputs, lambda x, label: _rows(x, label, top, labelled=labelled), width=width
    )
    columns = [numbers.astype(np.float32)]
    if outputs.label is not None and k <= MOST_LABELS:
        columns.append((outputs.label[:, None] == np.arange(k)).astype(np.float32))
    return np.concatenate(columns, axis=1)


def _classes(outputs: Outputs) -> int:
    scores = outputs.logits if outputs.logits is not None else outputs.probs
    assert scores is not None
    return int(scores.shape[1])


def _rows(
    x: NDArray[np.float64], label: NDArray[np.int64], top: int, *, labelled: bool
) -> NDArray[np.float64]:
    ordered = np.sort(multiclass.log_probabilities(x), axis=0)[::-1][:top]
    always = [*ordered, multiclass.negative_entropy(x)]
    if not labelled:
        return np.stack(always)
    z = multiclass.scaled_logit(x, label)
    own = [
        -np.logaddexp(0.0, -z),
        z,
        multiclass.rank(x, label),
        multiclass.negative_modified_entropy(x, label),
    ]
    return np.stack([*always, *own])
