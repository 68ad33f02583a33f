"""Exposure of planted secrets, from their perplexities and those of references never trained on."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Key = TypeVar("Key")


def compute_exposure_interpolation(
    perplexities: Mapping[Key, Sequence[float]], perplexities_reference: Sequence[float]
) -> dict[Key, NDArray[np.float64]]:
    """Exposure by rank: log2 of the number of references, less log2 of the secret's rank.

    A secret ranks after every reference that is at most as perplexing. Each array is in the order
    of its input.

    Parameters
    ----------
    perplexities : of the secrets, by any key (the number of repetitions, say).
    perplexities_reference : of sequences of the same kind that were not in training.

    References
    ----------
    .. [1] Carlini et al., The Secret Sharer, 2019, sec. 4.3.
    """
    reference = np.sort(np.asarray(perplexities_reference, float))
    most = np.log2(len(reference))
    return {
        key: most - np.log2(1 + np.searchsorted(reference, np.asarray(values), side="right"))
        for key, values in perplexities.items()
    }


def compute_exposure_extrapolation(
    perplexities: Mapping[Key, Sequence[float]], perplexities_reference: Sequence[float]
) -> dict[Key, NDArray[Any]]:
    """Exposure beyond the references: minus log2 of a skew-normal tail fitted to them.

    Parameters
    ----------
    perplexities : of the secrets, by any key.
    perplexities_reference : of sequences of the same kind that were not in training.

    References
    ----------
    .. [1] Carlini et al., The Secret Sharer, 2019, sec. 4.4.
    """
    from scipy import stats

    fitted = stats.skewnorm(*stats.skewnorm.fit(perplexities_reference))
    return {
        key: -fitted.logcdf(np.asarray(values)) / np.log(2) for key, values in perplexities.items()
    }
