"""How small the most significant of all looks gets by chance: from normal scores with the looks'
correlation over the records (`Copula`), or from shuffled membership (`Shuffles`).
"""

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from tacit.metrics.rows import Floats

# Draws of the importance sampling, and their seed: nobody can choose it. Relative error under 1 %.
N_DRAWS, SEED = 2_000, 20_251_125
# What no draw of such a block can make significant is left out of the block. Smaller blocks leave
# out more, and take longer to tell: measured.
BLOCK = 50
# So many pairs of a block and a look, and runs of draws with all looks, are held at a time.
PAIRS, RUNS = 1_200, 250
# Rounding may take no look out of a block, nor the one that is drawn below its own limit.
ROUNDING = 1e-9
# Normal scores of smaller chances have no finite number.
SMALLEST = 1e-300


@dataclass(frozen=True, eq=False)
class Copula:
    """Normal scores of all looks under random membership.

    Parameters
    ----------
    correlation : float64 (k, k), of the looks over the records; symmetric, 1 on the diagonal.
    """

    correlation: Floats

    @cached_property
    def normals(self) -> Floats:
        """Fixed draws with this correlation, float64 (k, draws); singular matrices are fine."""
        values, vectors = np.linalg.eigh(self.correlation)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        plain = np.random.default_rng(SEED).standard_normal((N_DRAWS, len(root)))
        return np.asarray(root @ plain.T)

    @cached_property
    def peaks(self) -> Floats:
        """The largest of the `normals` of each look in each block of draws, float64 (blocks, k)."""
        blocks = self.normals.reshape(len(self.normals), -1, BLOCK)
        return np.ascontiguousarray(blocks.max(axis=2).T)

    def p_value(self, level: Floats) -> float:
        """Chance that some look has a p-value of at most ``level[j]``; looks at 0 cannot.

        Importance sampling: a look is drawn by its level and made significant, the others follow by
        their correlation with it, and each draw counts as one over the looks that are significant
        in it [1]_. So the relative error is small at any size of p.

        References
        ----------
        .. [1] Naiman, Priebe, Computing scan statistic p values using importance sampling, 2001.
        """
        # a normal score of a smaller chance has no finite number
        chance = np.where(level > 0, np.maximum(level, SMALLEST), 0.0)
        total = float(chance.sum())
        if total == 0:
            return 0.0
        if chance.max() >= 1:
            return 1.0
        limit = -ndtri(chance)
        # equal shares of the total: as many draws fall to each look
        share = (np.arange(N_DRAWS) + 0.5) / N_DRAWS
        ends = np.searchsorted(share, np.cumsum(chance) / total, side="right")
        drawn = np.repeat(np.arange(len(level)), np.diff(ends, prepend=0))
        beyond = -ndtri(np.maximum(chance[drawn] * _uniforms(), SMALLEST))
        moved = beyond - self.normals[drawn, np.arange(N_DRAWS)]
        count = self._significant(drawn, moved, limit - ROUNDING)
        return min(1.0, total, total * float(np.mean(1 / count)))

    def _significant(
        self, drawn: NDArray[np.intp], moved: Floats, limit: Floats
    ) -> NDArray[np.intp]:
        """How many looks are significant in each draw, int (draws,).

        Parameters
        ----------
        drawn : int (draws,), ascending, the look that is made significant.
        moved : float64 (draws,), by how much that changes its normal score.
        limit : float64 (k,), from which normal score on a look is significant.
        """
        k, moves = len(limit), moved.reshape(-1, BLOCK)
        # where the row of the look that is drawn begins in the flat matrix
        row = (drawn * k).reshape(-1, BLOCK)
        normals = self.normals.reshape(k, -1, BLOCK)
        block, look = np.divmod(self._within_reach(drawn, np.abs(moved), limit), k)
        count = np.zeros(N_DRAWS, np.intp)
        for start in range(0, len(block), PAIRS):
            at, of = block[start : start + PAIRS], look[start : start + PAIRS]
            place = row[at]
            place += of[:, None]
            scores = self.correlation.take(place)
            scores *= moves[at]
            scores += normals[of, at]
            pair, draw = np.divmod(np.flatnonzero(scores >= limit[of, None]), BLOCK)
            count += np.bincount(at[pair] * BLOCK + draw, minlength=N_DRAWS)
        return count

    def _within_reach(
        self, drawn: NDArray[np.intp], moved: Floats, limit: Floats
    ) -> NDArray[np.intp]:
        """Pairs of a block of draws and a look that some draw of the block may make significant, as
        ``block * k + look``, ascending.

        No draw changes the score of a look by more than it moves times their correlation, and none
        had a larger score than the peak of its block.
        """
        # runs of draws of one block that make the same look significant
        new = np.append(True, drawn[1:] != drawn[:-1])
        new[::BLOCK] = True
        first = np.flatnonzero(new)
        block, furthest = first // BLOCK, np.maximum.reduceat(moved, first)
        found = np.zeros(self.peaks.size, bool)
        for start in range(0, len(first), RUNS):
            some = slice(start, start + RUNS)
            reached = np.abs(self.correlation[drawn[first[some]]])
            reached *= furthest[some, None]
            reached += self.peaks[block[some]]
            run, look = np.divmod(np.flatnonzero(reached >= limit), len(limit))
            found[block[some][run] * len(limit) + look] = True
        return np.flatnonzero(found)


@cache
def _uniforms() -> Floats:
    """One number in each of `N_DRAWS` equal parts of (0, 1), in random order."""
    found = (np.random.default_rng(SEED + 1).permutation(N_DRAWS) + 0.5) / N_DRAWS
    found.setflags(write=False)
    return found


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
