"""How a language model is sampled from: temperature, top-k and nucleus."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core.errors import InvalidInput


@dataclass(frozen=True)
class Sampler:
    """Temperature first, then the k likeliest tokens, then the nucleus; what is left sums to 1.

    Parameters
    ----------
    temperature : float
        Logits are divided by it; above 0.
    top_k : int or None
        Tokens kept; ties at the edge are kept too. None: all.
    top_p : float or None
        The nucleus: the smallest set of likeliest tokens with this mass, the token that crosses
        it included. None: all.

    Raises
    ------
    InvalidInput
        An argument is out of range.

    Examples
    --------
    >>> two = Sampler(top_k=2).log_probabilities(np.log([[0.5, 0.25, 0.25], [0.6, 0.3, 0.1]]))
    >>> np.exp(two[1]).round(3).tolist()
    [0.667, 0.333, 0.0]
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None

    def __post_init__(self) -> None:
        if not (np.isfinite(self.temperature) and self.temperature > 0):
            raise InvalidInput(f"`temperature` needs a number above 0, got {self.temperature!r}.")
        if self.top_k is not None and self.top_k < 1:
            raise InvalidInput(f"`top_k` needs 1 or more, got {self.top_k!r}.")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise InvalidInput(f"`top_p` needs a share above 0 and up to 1, got {self.top_p!r}.")

    @property
    def plain(self) -> bool:
        """Does it change nothing?"""
        return self.temperature == 1 and self.top_k is None and self.top_p in (None, 1)

    def __str__(self) -> str:
        if self.plain:
            return ""
        parts = [f"temperature {self.temperature:g}"] if self.temperature != 1 else []
        parts += [f"top-k {self.top_k}"] if self.top_k is not None else []
        parts += [f"nucleus {self.top_p:g}"] if self.top_p not in (None, 1) else []
        return ", ".join(parts)

    def log_probabilities(self, logits: NDArray[Any]) -> NDArray[np.float64]:
        """Log-probabilities (n, v) of the tokens as they are sampled; -infinity where cut off.

        Parameters
        ----------
        logits : (n, v)
            Of the model; any constant may be added to a row.
        """
        scaled = np.asarray(logits, np.float64) / self.temperature
        found = _normalised(scaled)
        if self.top_k is not None and self.top_k < found.shape[1]:
            edge = -np.partition(-found, self.top_k - 1, axis=1)[:, self.top_k - 1]
            found = _normalised(np.where(found >= edge[:, None], found, -np.inf))
        if self.top_p not in (None, 1):
            found = _normalised(np.where(_nucleus(found, float(self.top_p or 1)), found, -np.inf))
        return found


def _normalised(values: NDArray[np.float64]) -> NDArray[np.float64]:
    top = values.max(axis=1, keepdims=True)
    return np.asarray(values - top - np.log(np.exp(values - top).sum(axis=1, keepdims=True)))


def _nucleus(log_p: NDArray[np.float64], mass: float) -> NDArray[np.bool_]:
    order = np.argsort(-log_p, axis=1, kind="stable")
    p = np.exp(np.take_along_axis(log_p, order, axis=1))
    # kept while the mass before the token is below the threshold
    kept = np.cumsum(p, axis=1) - p < mass
    inside = np.empty_like(kept)
    np.put_along_axis(inside, order, kept, axis=1)
    return inside
