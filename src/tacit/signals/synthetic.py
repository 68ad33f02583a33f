"""What a synthetic table tells of one real row: five scores. LARGER MEANS MORE LIKE A MEMBER.

Every score compares the release S with rows R of the same population that the generator never saw:
what the population looks like anyway must not count as a leak. No matrix larger than a block is
ever held: memory grows with the number of rows, not with its square.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput
from tacit.core.frame import Frame, stacked
from tacit.core.threads import one_thread
from tacit.signals.embedding import Embedding

Floats = NDArray[np.float64]

SCORES = ("distance", "calibrated_distance", "domias_kernel", "domias_classifier", "gen_lra")
# Of the Gaussian kernel in embedding units, where two categories or two random numbers are about
# 1 apart: a third of that, so that a row of one other cell weighs little.
BANDWIDTH = 0.35
# Rows of the release nearest to a record whose likelihood Gen-LRA compares.
NEIGHBOURS = 20
# Of the classifier, as in the measurements of `benchmarks/results/synthetic.md`.
ROUNDS = 100
# Below any distance that ranks of a table can have; what is smaller is rounding.
ROUNDING = 1e-12
# A density that is not zero where no reference row is near.
FLOOR = 1e-12
# Elements of a block of squared distances: 16 MB, which stays in the cache of most machines.
BLOCK = 1 << 21


@dataclass(frozen=True, eq=False)
class Near:
    """What the rows of one table are to a block of points.

    Parameters
    ----------
    nearest : float (n,), distance to the nearest row.
    log_kernel : float (n,), log of the sum over rows of exp(-d^2 / 2 h^2).
    """

    nearest: Floats
    log_kernel: Floats


def synthetic_scores(
    rows: Frame, synthetic: Frame, reference: Frame, *, seed: int = 0
) -> dict[str, Floats]:
    """All five scores of every row.

    - ``distance``: minus the distance to the nearest row of the release [1]_;
    - ``calibrated_distance``: distance to the nearest reference row, less that [1]_;
    - ``domias_kernel``: log ratio of the densities of release and reference, by kernels [2]_;
    - ``domias_classifier``: the same ratio as the log-odds of boosted trees that tell the release
      from the reference;
    - ``gen_lra``: how much likelier the nearest rows of the release become when the row is added
      to the reference [3]_.

    Parameters
    ----------
    rows : n real rows to score, members and non-members.
    synthetic : the release.
    reference : real rows of the same population, none of `rows` among them.
    seed : of the classifier and of the even samples that it learns from.

    Returns
    -------
    dict : one float64 (n,) a name of `SCORES`.

    Raises
    ------
    InvalidInput : the frames differ in their columns, or a column has no value in the reference.

    References
    ----------
    .. [1] Chen, Yu, Zhang, Fritz, GAN-Leaks, 2020, sec. 4.
    .. [2] van Breugel, Sun, Qian, van der Schaar, Membership Inference Attacks against Synthetic
       Data through Overfitting Detection, 2023, eq. 2.
    .. [3] Ward, Wang, Cheng, Data Plagiarism Index / Gen-LRA, 2025.
    """
    return Scorer(rows, reference).scores(synthetic, seed=seed)


class Scorer:
    """The rows and the reference, embedded once, for one release or for many.

    Parameters
    ----------
    rows, reference : see `synthetic_scores`.
    others : further frames whose categories the embedding must know.
    """

    def __init__(self, rows: Frame, reference: Frame, *others: Frame) -> None:
        _require_same_columns(rows, reference)
        self.rows, self.reference, self.others = rows, reference, others

    def scores(self, synthetic: Frame, *, seed: int = 0) -> dict[str, Floats]:
        """The five scores under one release; see `synthetic_scores`."""
        _require_same_columns(synthetic, self.reference)
        embed = Embedding.fitted(self.reference, self.rows, synthetic, *self.others)
        x, s, r = (embed(frame) for frame in (self.rows, synthetic, self.reference))
        of_release, of_reference = near(x, s), near(x, r)
        ratio = of_release.log_kernel - np.log(len(s)) - of_reference.log_kernel + np.log(len(r))
        return {
            "distance": -of_release.nearest,
            "calibrated_distance": of_reference.nearest - of_release.nearest,
            "domias_kernel": ratio,
            "domias_classifier": classifier_ratio(
                embed.ordered(self.rows),
                embed.ordered(synthetic),
                embed.ordered(self.reference),
                seed=seed,
            ),
            "gen_lra": gen_lra(x, s, near(s, r).log_kernel, len(r)),
        }


def near(x: Floats, y: Floats, *, bandwidth: float = BANDWIDTH) -> Near:
    """Nearest distance and kernel sum of each of the points `x` (n, d) to the points `y` (m, d)."""
    nearest, log_kernel = np.empty(len(x)), np.empty(len(x))
    for part, squared in squared_distances(x, y):
        least = squared.min(axis=1)
        nearest[part] = np.sqrt(least)
        squared -= least[:, None]
        squared *= -0.5 / bandwidth**2
        np.exp(squared, out=squared)
        log_kernel[part] = np.log(squared.sum(axis=1)) - least / (2 * bandwidth**2)
    return Near(nearest, log_kernel)


def gen_lra(
    x: Floats,
    s: Floats,
    log_reference: Floats,
    n_reference: int,
    *,
    neighbours: int = NEIGHBOURS,
    bandwidth: float = BANDWIDTH,
) -> Floats:
    """Log-likelihood that the nearest rows of the release gain when a row joins the reference.

    Parameters
    ----------
    x : float (n, d), the rows.
    s : float (m, d), the release.
    log_reference : float (m,), log kernel sum of the reference at each row of the release.
    n_reference : number of reference rows.
    neighbours : rows of the release that a row is compared with, the nearest.
    bandwidth : of the kernel, in units of the embedding.
    """
    score = np.empty(len(x))
    mass = np.exp(log_reference) + FLOOR
    k = min(neighbours, len(s))
    for part, squared in squared_distances(x, s):
        close = np.argpartition(squared, k - 1, axis=1)[:, :k]
        kernel = np.exp(-0.5 * np.take_along_axis(squared, close, axis=1) / bandwidth**2)
        score[part] = np.log1p(kernel / mass[close]).sum(axis=1)
    return np.asarray(score - k * np.log((n_reference + 1) / n_reference))


def classifier_ratio(x: Floats, s: Floats, r: Floats, *, seed: int = 0) -> Floats:
    """Log-odds of boosted trees that a row is of the release and not of the reference.

    Parameters
    ----------
    x, s, r : one column a variable, as `Embedding.ordered` makes them; `s` and `r` are evened out.
    seed : of the sample and of the trees.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    rng = np.random.default_rng(seed)
    size = min(len(s), len(r))
    s, r = (part[np.sort(rng.permutation(len(part))[:size])] for part in (s, r))
    model = HistGradientBoostingClassifier(
        max_iter=ROUNDS, early_stopping=False, random_state=seed % 2**32
    )
    with one_thread():
        model.fit(np.concatenate([s, r]), np.repeat([1, 0], size))
        return np.asarray(model.decision_function(x), np.float64)


def squared_distances(
    x: Floats, y: Floats, *, block: int = BLOCK
) -> Iterator[tuple[slice, Floats]]:
    """Squared distances of the points `x` to all of `y`, so many rows of `x` at a time.

    Yields
    ------
    (slice, float (rows, m)) : which rows of `x`, and their squared distances, never negative and
        exactly 0 where points agree; the array may be written to.
    """
    centre = y.mean(axis=0)
    x, y = x - centre, y - centre
    length = np.einsum("ij,ij->i", y, y)
    step = max(1, block // len(y))
    for start in range(0, len(x), step):
        part = slice(start, min(start + step, len(x)))
        squared = x[part] @ (-2 * y.T)
        squared += length
        squared += np.einsum("ij,ij->i", x[part], x[part])[:, None]
        squared[squared < ROUNDING] = 0.0
        yield part, squared


def nearest_rows(x: Floats, y: Floats, k: int) -> NDArray[np.int64]:
    """Indices into `y` of the k nearest of each of `x`, int64 (n, k), the nearest first."""
    found = np.empty((len(x), k), np.int64)
    for part, squared in squared_distances(x, y):
        close = np.argpartition(squared, k - 1, axis=1)[:, :k]
        own = np.take_along_axis(squared, close, axis=1)
        # equal distances in the order of the rows, so that the answer does not depend on the block
        order = np.lexsort((close, own), axis=1)
        found[part] = np.take_along_axis(close, order, axis=1)
    return found


def pooled_categories(*frames: Frame) -> dict[str, NDArray[Any]]:
    """All values of each column of categories."""
    everyone = stacked(frames)
    kinds = everyone.kinds
    return {n: np.unique(v) for n, v in everyone.columns.items() if kinds[n] == "category"}


def _require_same_columns(frame: Frame, reference: Frame) -> None:
    if frame.kinds != reference.kinds or frame.names != reference.names:
        raise InvalidInput(
            f"Frames need the same columns in the same order: {frame.kinds} and "
            f"{reference.kinds}. Pass them through `tacit.core.frame.alike` first."
        )
