"""Tokens of one model to one number a text. LARGER ALWAYS MEANS MORE LIKE A MEMBER."""

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput, Tokens, checking

# the published default of Min-K and Min-K++, the least likely fifth of a text
SHARE = 0.2
# below this a variance is rounding error: a place where the model is certain
SMALLEST_VARIANCE = 1e-6
# what an attack may compute from each: a log-likelihood may be exponentiated, a rank only compared
SCALES = {
    "mean_logprob": "log-likelihood",
    "zlib_ratio": "none",
    "min_k": "log-likelihood",
    "min_k_plus_plus": "none",
}


def mean_logprob(tokens: Tokens) -> NDArray[np.float64]:
    """Mean log-probability of a text's tokens in nats, minus its loss; (n,).

    Scale: a log-likelihood (of the geometric mean of the tokens). The one number to give to
    attacks with shadow models.
    """
    return tokens.ragged().mean()


def byte_logprob(tokens: Tokens) -> NDArray[np.float64]:
    """Log-probability of a text a byte, in nats; (n,).

    Scale: a log-likelihood. The only one of these that may be compared between models with
    different tokenizers.

    Raises
    ------
    InvalidInput
        The Tokens do not know the texts' sizes.
    """
    return np.asarray(tokens.ragged().sum() / _size(tokens, "n_bytes"), np.float64)


def zlib_ratio(tokens: Tokens) -> NDArray[np.float64]:
    """Log-probability of a text over its size in bytes after zlib; (n,).

    Scale: none, it only ranks.

    Raises
    ------
    InvalidInput
        The Tokens do not know the compressed sizes.

    References
    ----------
    .. [1] Carlini et al., Extracting Training Data from Large Language Models, 2021, sec. 4.2.
    """
    return np.asarray(tokens.ragged().sum() / _size(tokens, "compressed"), np.float64)


def min_k(tokens: Tokens, share: float = SHARE) -> NDArray[np.float64]:
    """Mean log-probability of a text's least likely `share` of tokens, one at least; (n,).

    Scale: a log-likelihood.

    References
    ----------
    .. [1] Shi et al., Detecting Pretraining Data from Large Language Models, ICLR 2024.
    """
    return tokens.ragged().mean_of_smallest(checking.fraction(share, "share"))


def min_k_plus_plus(tokens: Tokens, share: float = SHARE) -> NDArray[np.float64]:
    """Min-K of the standardised log-probabilities; (n,).

    Each token's log-probability less the mean over the vocabulary at its place, over the standard
    deviation there.

    Scale: none, it only ranks.

    Raises
    ------
    InvalidInput
        The Tokens do not hold `mean` and `var`.

    References
    ----------
    .. [1] Zhang et al., Min-K%++: Improved Baseline for Detecting Pre-Training Data, ICLR 2025.
    """
    part = checking.fraction(share, "share")
    logp, mean, var = (tokens.ragged(name) for name in ("logp", "mean", "var"))
    spread = np.sqrt(np.maximum(var.value.astype(np.float64), SMALLEST_VARIANCE))
    standard = (logp.value.astype(np.float64) - mean.value) / spread
    return type(logp)(standard, logp.start).mean_of_smallest(part)


def _size(tokens: Tokens, name: str) -> NDArray[np.int64]:
    size: NDArray[np.int64] | None = getattr(tokens, name)
    if size is None:
        raise InvalidInput(
            f"These Tokens have no `{name}`: make them from the texts with "
            "`tacit.adapters.language.tokens_of`, or give the sizes."
        )
    return size
