"""Means and differences of runs: the training is the unit, not the record."""

from collections.abc import Sequence

import numpy as np

from tacit.core import Estimate

METHOD = "Student interval over {n} runs"
WELCH = "Welch's t over runs"
ASSUMES = "Runs are independent trainings of one recipe, each with its own draw and seed."
# an error bar needs a spread, and a spread two runs
FEWEST = 2


def over_runs(
    values: Sequence[float], *, level: float, name: str, floor: float = -np.inf
) -> Estimate | None:
    """The mean of what single runs gave, with the interval for the mean of all runs of the recipe.

    Parameters
    ----------
    values : Sequence[float]
        One number a run.
    level : float
        Two-sided confidence.
    name : str
        What was measured.
    floor : float
        The smallest value that there is; the interval does not go below.

    Returns
    -------
    Estimate, or None where there are fewer than two runs.

    Examples
    --------
    >>> found = over_runs([0.1, 0.2, 0.3], level=0.95, name="advantage")
    >>> round(found.value, 3), round(found.high, 3), found.n
    (0.2, 0.448, 3)
    """
    from scipy.special import stdtrit

    numbers = np.asarray(values, np.float64)
    if len(numbers) < FEWEST:
        return None
    error = float(numbers.std(ddof=1)) / len(numbers) ** 0.5
    half = float(stdtrit(len(numbers) - 1, (1 + level) / 2)) * error
    mean = float(numbers.mean())
    return Estimate(
        name,
        mean,
        max(mean - half, min(mean, floor)),
        mean + half,
        level,
        len(numbers),
        METHOD.format(n=len(numbers)),
        (ASSUMES,),
    )


def difference_of_runs(
    first: Sequence[float], second: Sequence[float], *, level: float, name: str
) -> Estimate:
    """Mean of the first runs minus mean of the second, by Welch's t; the p-value is two-sided.

    With unequal numbers of runs the degrees of freedom are those of the smaller side, which holds
    whatever the two spreads are.

    Parameters
    ----------
    first, second : Sequence[float]
        One number a run, two runs or more each.
    level : float
        Two-sided confidence.
    name : str
        What was measured.

    References
    ----------
    .. [1] Welch, The generalization of "Student's" problem when several different population
       variances are involved, 1947.

    Examples
    --------
    >>> difference_of_runs([0.1, 0.2], [0.1, 0.2], level=0.95, name="score").p_value
    1.0
    """
    from scipy.special import stdtr, stdtrit

    sides = [np.asarray(values, np.float64) for values in (first, second)]
    value = float(sides[0].mean() - sides[1].mean())
    errors = [side.var(ddof=1) / len(side) for side in sides]
    whole = float(sum(errors))
    n = sum(len(side) for side in sides)
    if whole == 0:
        p_value = 1.0 if value == 0 else 0.0
        return Estimate(f"{name} difference", value, value, value, level, n, WELCH, (), p_value)
    freedom = whole**2 / sum(error**2 / (len(side) - 1) for error, side in zip(errors, sides))
    if len(sides[0]) != len(sides[1]):
        # where the noisier side has fewer runs Welch's degrees of freedom cover 90 % of the time
        freedom = min(len(side) for side in sides) - 1
    half = float(stdtrit(freedom, (1 + level) / 2)) * whole**0.5
    p_value = float(2 * stdtr(freedom, -abs(value) / whole**0.5))
    return Estimate(
        f"{name} difference",
        value,
        value - half,
        value + half,
        level,
        n,
        WELCH,
        (ASSUMES,),
        p_value,
    )
