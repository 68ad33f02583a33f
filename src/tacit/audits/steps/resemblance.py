"""Do the shadow models resemble the audited model? Their non-members' signals and their accuracy,
side by side.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacit.core import Signals

MOST_SPREADS = 4.0
SMALLEST_DISTANCE = 0.05
SMALLEST_ACCURACY_GAP = 0.01
# Smirnov's quantile: of equal distributions one in a thousand pairs of samples is further apart
SMIRNOV = 1.95


@dataclass(frozen=True)
class Resemblance:
    """How far the audited model's non-members are from the shadow models' non-members, and how far
    these are from each other.

    Parameters
    ----------
    distance : Kolmogorov-Smirnov distance between the audited model's signals of non-members and
        those of all shadow models.
    usual : the same of each shadow model against the others.
    warnings : what does not fit, in words; empty where all does.
    """

    distance: float
    usual: tuple[float, ...]
    warnings: tuple[str, ...]


def resemblance(
    signals: Signals,
    member: NDArray[np.bool_],
    *,
    accuracy: float | None = None,
    shadow_accuracy: Sequence[float] = (),
) -> Resemblance:
    """Compare the audited model with its shadow models.

    Parameters
    ----------
    signals : with m shadow models.
    member : bool (n,), the audited model's truth.
    accuracy : of the audited model on records that it was not trained on.
    shadow_accuracy : the same of each shadow model.
    """
    outside = [
        np.sort(row[~inside, 0]) for row, inside in zip(signals.shadow, signals.shadow_member)
    ]
    own = np.sort(signals.target[~member, 0])
    everyone = np.sort(np.concatenate(outside))
    distance = ks_distance(own, everyone)
    usual = tuple(
        ks_distance(values, np.sort(np.concatenate([*outside[:number], *outside[number + 1 :]])))
        for number, values in enumerate(outside)
        if len(outside) > 1
    )
    by_chance = SMIRNOV * (1 / len(own) + 1 / len(everyone)) ** 0.5
    warnings = []
    if distance > max(SMALLEST_DISTANCE, by_chance, _limit(usual)):
        warnings.append(
            "The shadow models do not resemble the audited model: its non-members' signals are"
            f" {distance:.2f} away from theirs (Kolmogorov-Smirnov; among shadow models at most"
            f" {max(usual, default=0.0):.2f}). Train shadow models as the model was trained."
        )
    if accuracy is not None and len(shadow_accuracy) > 1:
        centre, spread = float(np.mean(shadow_accuracy)), float(np.std(shadow_accuracy, ddof=1))
        if abs(accuracy - centre) > max(SMALLEST_ACCURACY_GAP, MOST_SPREADS * spread):
            warnings.append(
                f"The audited model's accuracy on non-members is {accuracy:.3f}, the shadow models'"
                f" {centre:.3f} (spread {spread:.3f}): attacks with these shadow models see less,"
                " or something else, than with matching ones."
            )
    return Resemblance(distance, usual, tuple(warnings))


def ks_distance(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Largest difference of two empirical distribution functions; both sorted.

    Examples
    --------
    >>> ks_distance(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    1.0
    """
    both = np.concatenate([first, second])
    gap = np.searchsorted(first, both, "right") / len(first) - np.searchsorted(
        second, both, "right"
    ) / len(second)
    return float(np.abs(gap).max())


def _limit(usual: Sequence[float]) -> float:
    if len(usual) < 2:
        return 2 * max(usual, default=0.0)
    return float(np.mean(usual) + MOST_SPREADS * np.std(usual, ddof=1))
