"""Results of several attacks as text and as a data frame; legacy numbers are called so."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tacit.compat.tf_privacy.privacy_tests.losses import format_number_list
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.attack_result import (
    LEGACY_EPSILON,
    LEGACY_PPV,
    SingleAttackResult,
)
from tacit.core.optional import require


def best(
    results: Sequence[SingleAttackResult], title: str, k: int, *, one_slice: bool = False
) -> list[str]:
    """The best attack by each metric, a line each.

    Parameters
    ----------
    results : one an attack and slice.
    title : the first line.
    k : how many legacy epsilons are kept.
    one_slice : leave out which slice it is.
    """
    metrics: list[tuple[Callable[[SingleAttackResult], float], str]] = [
        (lambda each: each.get_auc(), "an AUC of {:.2f}"),
        (lambda each: each.get_attacker_advantage(), "an advantage of {:.2f}"),
        (lambda each: each.legacy_ppv(), f"a {LEGACY_PPV} of {{:.2f}}"),
    ]
    lines = [title]
    for metric, words in metrics:
        found = max(results, key=metric)
        lines.append(_line(found, words.format(metric(found)), one_slice=one_slice))
    found = max(results, key=_mean_epsilon)
    epsilon = format_number_list(found.legacy_epsilon_lower_bound())
    words = f"top-{k} {LEGACY_EPSILON}s of {epsilon}"
    return [*lines, _line(found, words, one_slice=one_slice)]


def frame(results: Sequence[SingleAttackResult], k: int) -> Any:
    """One row an attack, as a pandas DataFrame.

    Parameters
    ----------
    results : one an attack and slice.
    k : how many legacy epsilons get a column; missing ones are NaN.
    """
    pandas = require("pandas", extra="tables", purpose="Results as a data frame")
    rows = []
    for each in results:
        feature = each.slice_spec.feature
        whole = feature is None
        epsilon = each.legacy_epsilon_lower_bound()[:k]
        padded = np.concatenate([epsilon, np.full(k - len(epsilon), np.nan)])
        rows.append(
            {
                "slice feature": str(each.slice_spec) if feature is None else feature.value,
                "slice value": "" if whole else str(each.slice_spec.value),
                "train size": each.data_size.ntrain,
                "test size": each.data_size.ntest,
                "attack type": str(each.attack_type),
                "Attacker advantage": each.get_attacker_advantage(),
                "AUC": each.get_auc(),
                LEGACY_PPV: each.legacy_ppv(),
                **{f"{LEGACY_EPSILON}_{rank}": value for rank, value in enumerate(padded, 1)},
            }
        )
    return pandas.DataFrame(rows)


def _line(found: SingleAttackResult, words: str, *, one_slice: bool) -> str:
    size = f"with {found.data_size.ntrain} training and {found.data_size.ntest} test examples"
    where = "" if one_slice else f" on slice {found.slice_spec}"
    return f"  {found.attack_type} ({size}) achieved {words}{where}"


def _mean_epsilon(result: SingleAttackResult) -> float:
    epsilon = result.legacy_epsilon_lower_bound()
    return float(np.mean(epsilon)) if len(epsilon) else -np.inf
