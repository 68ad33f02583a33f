"""Does a score go with membership beyond what the record itself explains of both?"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.core import InvalidInput

Floats = NDArray[np.float64]

# Answer keys drawn: no p-value is below 1 / 2,000.
DRAWS = 1_999
# Elements of a block of drawn keys: 32 MB.
BLOCK = 1 << 22
SEED = 20_252


def conditional_p_values(
    residual: ArrayLike, member: ArrayLike, chance: ArrayLike, *, cluster: ArrayLike | None = None
) -> Floats:
    """P-values (k,) of "given the record, membership owes nothing to the score", one a score.

    What the record does not explain of a score is added up over the members, and compared with
    answer keys in which each record is a member by its own chance [1]_. Both the chance and what
    the record explains of the score are predictions; the test errs by the *product* of their errors
    only, so that each may be rough [2]_.

    Parameters
    ----------
    residual : ArrayLike
        float (n, k), scores less what was predicted of them from the record.
    member : ArrayLike
        bool (n,), the truth.
    chance : ArrayLike
        float (n,), of being a member, predicted from the record; in (0, 1).
    cluster : ArrayLike | None
        The unit of independence of each record, (n,): whole clusters are members, by the mean
        chance of their records.

    Raises
    ------
    InvalidInput
        The lengths differ.

    References
    ----------
    .. [1] Candes, Fan, Janson, Lv, Panning for Gold: Model-X Knockoffs, 2018, sec. 4.1.
    .. [2] Shah, Peters, The Hardness of Conditional Independence Testing and the Generalised
       Covariance Measure, 2020, theorem 6.

    Examples
    --------
    >>> member = np.repeat([True, False], 6)
    >>> p = conditional_p_values(np.c_[member, ~member] - 0.5, member, np.full(12, 0.5))
    >>> bool(p[0] < 0.002), bool(p[1] == 1)
    (True, True)
    """
    rest = np.asarray(residual, np.float64)
    truth, p = np.asarray(member, bool), np.asarray(chance, np.float64)
    if rest.ndim != 2 or truth.shape != p.shape or truth.shape != rest.shape[:1]:
        raise InvalidInput(
            "`residual`, `member` and `chance` need one row a record, got shapes "
            f"{rest.shape}, {truth.shape} and {p.shape}."
        )
    if cluster is not None:
        code = np.unique(np.asarray(cluster), return_inverse=True)[1].ravel()
        size = np.bincount(code)
        rest = np.stack([np.bincount(code, weights=column) for column in rest.T], axis=1)
        p = np.bincount(code, weights=p) / size
        truth = np.bincount(code, weights=truth) > 0
    observed = (truth - p) @ rest
    rng = np.random.default_rng(SEED)
    reached = np.zeros(rest.shape[1], np.int64)
    step = max(1, BLOCK // len(p))
    for start in range(0, DRAWS, step):
        drawn = rng.random((min(step, DRAWS - start), len(p)), np.float32) < p
        # rounding must not tell a key that does as well from one that does better
        reached += ((drawn - p) @ rest >= observed - 1e-9).sum(axis=0)
    return np.asarray((reached + 1) / (DRAWS + 1))
