"""How small the most significant of all looks gets by chance: from normal scores with the looks'
correlation over the records (`Copula`), or from shuffled membership (`Shuffles`).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import ndtri

from tacit.metrics.rows import Floats

# Draws of the importance sampling, and their seed: nobody can choose it. Relative error under 1 %.
N_DRAWS, SEED = 2_000, 20_251_125
# So many draws at a time stay in the processor's cache with the scores of all looks.
BLOCK = 125
# Normal scores of smaller chances have no finite number.
SMALLEST = 1e-300


@dataclass(frozen=True, eq=False)
class Copula:
    """Normal scores of all looks under random membership.

    Parameters
    ----------
    correlation : float64 (k, k), of the looks over the records.
    """

    correlation: Floats

    @cached_property
    def normals(self) -> Floats:
        """Fixed draws with this correlation, float64 (draws, k); singular matrices are fine."""
        values, vectors = np.linalg.eigh(self.correlation)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        plain = np.random.default_rng(SEED).standard_normal((N_DRAWS, len(root)))
        return np.asarray(plain @ root.T)

    def p_value(self, level: Floats) -> float:
        """Chance that some look has a p-value of at most ``level[j]``; looks at 0 cannot.

        Importance sampling: a look is drawn by its level and made significant, the others follow by
        their correlation with it, and each draw counts as one over the looks that are significant
        in it [1]_. So the relative error is small at any size of p.

        References
        ----------
        .. [1] Naiman, Priebe, Computing scan statistic p values using importance sampling, 2001.
        """
        able = np.flatnonzero(level > 0)
        if len(able) == 0:
            return 0.0
        # a normal score of a smaller chance has no finite number
        chance = np.maximum(level[able], SMALLEST)
        total = float(chance.sum())
        if chance.max() >= 1:
            return 1.0
        limit = -ndtri(chance)
        share = (np.arange(N_DRAWS) + 0.5) / N_DRAWS
        drawn = np.minimum(np.searchsorted(np.cumsum(chance) / total, share), len(able) - 1)
        beyond = -ndtri(np.maximum(chance[drawn] * _uniforms(), SMALLEST))
        every = len(able) == len(level)
        plain = self.normals if every else self.normals[:, able]
        correlation = self.correlation if every else self.correlation[np.ix_(able, able)]
        count = np.empty(N_DRAWS)
        for start in range(0, N_DRAWS, BLOCK):
            some = slice(start, start + BLOCK)
            look, row = drawn[some], np.arange(len(drawn[some]))
            scores = correlation[look]
            scores *= (beyond[some] - plain[some][row, look])[:, None]
            scores += plain[some]
            scores[row, look] = beyond[some]
            count[some] = np.count_nonzero(scores >= limit, axis=1)
        return min(1.0, total, total * float(np.mean(1 / count)))


def _uniforms() -> Floats:
    """One number in each of `N_DRAWS` equal parts of (0, 1), in random order."""
    return (np.random.default_rng(SEED + 1).permutation(N_DRAWS) + 0.5) / N_DRAWS


@dataclass(frozen=True, eq=False)
class Shuffles:
    """The smallest ratio of p-value and weight in each shuffle of membership, ascending.

    Parameters
    ----------
    smallest : float64 (b,), ascending.
    every : whether the shuffles are all labellings that there are, each once.
    """

    smallest: Floats
    every: bool

    def corrected(self, ratio: float) -> float:
        """Chance of a ratio as small as this."""
        # sums of float32 that tie in exact arithmetic may differ in the last digits
        count = int(np.searchsorted(self.smallest, ratio * (1 + 1e-5), side="right"))
        if self.every:
            return max(count, 1) / len(self.smallest)
        return (count + 1) / (len(self.smallest) + 1)

    def critical(self, alpha: float) -> float:
        """The largest ratio that is at most `alpha` likely; 0 where there is none."""
        extra = 0 if self.every else 1
        most = int(alpha * (len(self.smallest) + extra) * (1 + 1e-12)) - extra
        if most <= 0:
            return 0.0
        # any ratio below the next one has no more than `most` shuffles beneath it
        if most < len(self.smallest) and self.smallest[most] <= self.smallest[most - 1] * (
            1 + 1e-5
        ):
            most = int(np.searchsorted(self.smallest, self.smallest[most] * (1 - 1e-5)))
        return float(self.smallest[most - 1]) if most > 0 else 0.0
