"""How often a record is reconstructed, beside the best guess that needs no model."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtrc

from tacit.core import Estimate, InvalidInput, NotEnoughData
from tacit.core.checking import booleans, fraction
from tacit.metrics.intervals import clopper_pearson, upper_limit


def reconstruction_rate(hit: ArrayLike, *, chance: float, level: float = 0.95) -> Estimate:
    """Share of targets that were reconstructed; the p-value is of "no more than chance".

    Both are exact (binomial). One target is one training run, or one record whose value was drawn
    independently of all others; several guesses about one target are one target.

    Parameters
    ----------
    hit : ArrayLike
        bool (n,), was the reconstruction of each target near enough to the truth?
    chance : float
        How often the best guess without the model is near enough, in [0, 1); see `best_guess`.
    level : float
        Two-sided confidence.

    Raises
    ------
    NotEnoughData
        No target.

    References
    ----------
    .. [1] Balle, Cherubin, Hayes, Reconstructing Training Data with Informed Adversaries, 2022.

    Examples
    --------
    >>> print(reconstruction_rate([True] * 9 + [False] * 91, chance=0.01))
    reconstruction rate = 0.09 [0.04198, 0.164] (95 %, n = 100)
    """
    fraction(level, "level")
    found = booleans(hit, "hit")
    require_chance(chance)
    if len(found) == 0:
        message = "A rate of reconstruction needs at least 1 target, got none."
        raise NotEnoughData(message, needed=1, got=0, unit="targets")
    hits, n = int(np.count_nonzero(found)), len(found)
    low, high = clopper_pearson(hits, n, level=level)
    return Estimate(
        name="reconstruction rate",
        value=hits / n,
        low=float(low),
        high=float(high),
        level=level,
        n=n,
        method="Clopper-Pearson",
        assumes=("targets are independent", "chance is no smaller than the best guess's"),
        p_value=float(bdtrc(hits - 1, n, chance)) if hits else 1.0,
    )


def best_guess(match: ArrayLike, *, level: float = 0.95) -> Estimate:
    """How often the best single guess is right about the population (kappa), from a sample of it.

    The value is the largest share over the guesses. It is one sided: `high` is above the
    population's largest share with probability `level` (exact limits, Bonferroni over the guesses);
    use it as the chance, so that luck in the sample cannot make a model look worse.

    Parameters
    ----------
    match : ArrayLike
        bool (n, k), would guess j be near enough to the truth of sampled record i? With all
        distinct values as guesses, the prior's mode is among them.
    level : float
        One-sided confidence of `high`.

    Raises
    ------
    NotEnoughData
        No record.

    Examples
    --------
    >>> truth = np.array([0] * 60 + [1] * 40)
    >>> print(best_guess(truth[:, None] == np.arange(2)))
    best guess = 0.6 [0.6, 0.6967] (95 %, n = 100)
    """
    fraction(level, "level")
    right: NDArray[Any] = booleans(match, "match", ndim=2)
    n, k = right.shape
    if n == 0 or k == 0:
        message = f"The best guess needs records and guesses, got shape {right.shape}."
        raise NotEnoughData(message, needed=1, got=0, unit="records")
    hits = right.sum(axis=0)
    high = upper_limit(hits, n, tail=(1 - level) / k).max()
    value = float(hits.max() / n)
    return Estimate(
        name="best guess",
        value=value,
        low=value,
        high=float(high),
        level=level,
        n=n,
        method="exact upper limits, Bonferroni over guesses",
        assumes=("the sample is drawn from the population of the targets",),
    )


def require_chance(chance: float) -> None:
    """Raise where `chance` is no share below 1."""
    if not (isinstance(chance, (int, float, np.floating)) and 0 <= chance < 1):
        raise InvalidInput(f"`chance` needs a share of 0 or more and below 1, got {chance!r}.")
