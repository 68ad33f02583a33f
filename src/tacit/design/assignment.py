"""Who is in which shadow model: seeded coins, antithetic pairs or subsets of fixed size; clusters
stay whole.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.core import InvalidInput, Membership, checking
from tacit.core.membership import Assignment

Kind = Literal["antithetic", "coin", "fixed_size"]


@dataclass(frozen=True, eq=False)
class Design:
    """Which record each of m models is trained on.

    Parameters
    ----------
    member : bool (m, n), True where the model is trained on the record.
    assignment : ``"coin"`` where every cluster has an independent fair coin within each model,
        ``"fixed_size"`` where each model gets a subset of fixed size; a biased coin is
        ``"observed"``, since claims from coins need fair ones.
    partner : int (m,), the model whose members are exactly the others (of the records that are
        drawn); -1 where there is none.
    cluster : int (n,) or None, the unit that is in or out as a whole.
    """

    member: NDArray[np.bool_]
    assignment: Assignment
    partner: NDArray[np.int64]
    cluster: NDArray[np.int64] | None = None

    @property
    def n_models(self) -> int:
        """Number of models."""
        return len(self.member)

    @property
    def n(self) -> int:
        """Number of records."""
        return int(self.member.shape[1])

    def membership(self, model: int) -> Membership:
        """The answer key of one model, for a game in which it is the target."""
        return Membership(self.member[model], self.cluster, self.assignment)

    def references(self, model: int) -> NDArray[np.int64]:
        """The models that may serve as shadows of `model`: all but itself and its partner.

        A partner's training set is the complement of the target's: whoever sees it knows the
        answers.
        """
        kept = np.ones(self.n_models, bool)
        kept[model] = False
        if self.partner[model] >= 0:
            kept[self.partner[model]] = False
        return np.flatnonzero(kept).astype(np.int64)


def assign(
    n: int,
    models: int,
    *,
    kind: Kind = "antithetic",
    share: float = 0.5,
    cluster: ArrayLike | None = None,
    fixed: ArrayLike | None = None,
    seed: int = 0,
) -> Design:
    """Draw who is in each of `models` training sets of `n` records.

    Every model (or pair) has its own generator, spawned from `seed`: a design of 32 models begins
    with the design of 16, so that a run can be extended and nothing is trained twice.

    Parameters
    ----------
    n : number of records.
    models : number of models.
    kind : ``"antithetic"``: models 2k and 2k + 1 are trained on complementary halves, so that every
        record is in exactly half of an even number of models; ``"coin"``: an independent coin per
        cluster and model; ``"fixed_size"``: a random subset of ``round(share * clusters)`` clusters
        per model.
    share : chance (or share) of being in; antithetic pairs need one half.
    cluster : any labels (n,); records with the same label are in or out together.
    fixed : int (n,), 1 for records that every model is trained on, 0 for those that no model is
        trained on, -1 for those that are drawn; None draws all. `share` is of those drawn.
    seed : of the draw.

    Raises
    ------
    InvalidInput : an argument is out of range, or a model would be trained on nothing or on
        everything.

    Examples
    --------
    >>> assign(1000, 4, seed=1).member.sum(axis=0).tolist() == [2] * 1000
    True
    """
    chance = checking.fraction(share, "share")
    if kind not in get_args(Kind):
        raise InvalidInput(f"`kind` needs one of {', '.join(get_args(Kind))}, got {kind!r}.")
    if models < 1 or n < 2:
        raise InvalidInput(f"A design needs at least 1 model and 2 records, got {models} and {n}.")
    if kind == "antithetic" and chance != 0.5:
        raise InvalidInput(
            f"Antithetic pairs need `share` = 0.5, got {chance:g}: use kind='coin' or 'fixed_size'."
        )
    unit = None if cluster is None else checking.codes(cluster, "cluster")
    settled = _fixed(fixed, n)
    checking.require_length(n, cluster=unit, fixed=settled)
    free = np.flatnonzero(settled < 0)
    own = np.arange(len(free)) if unit is None else checking.codes(unit[free], "cluster")
    n_units = int(own.max()) + 1
    drawn = np.stack([_row(kind, n_units, chance, model, seed) for model in range(models)])
    _require_two_sides(drawn)
    member = np.tile(settled == 1, (models, 1))
    member[:, free] = drawn[:, own]
    name: Assignment = (
        "fixed_size" if kind == "fixed_size" else "coin" if chance == 0.5 else "observed"
    )
    return Design(checking.frozen(member), name, checking.frozen(_partners(kind, models)), unit)


def _fixed(fixed: ArrayLike | None, n: int) -> NDArray[np.int64]:
    if fixed is None:
        return np.full(n, -1, np.int64)
    settled = checking.integers(fixed, "fixed")
    if not np.isin(settled, (-1, 0, 1)).all():
        raise InvalidInput("`fixed` needs 1 (always in), 0 (never in) or -1 (drawn) a record.")
    if not (settled < 0).any():
        raise InvalidInput("`fixed` needs records that are drawn (-1), got none.")
    return settled.astype(np.int64)


def _row(kind: Kind, n_units: int, share: float, model: int, seed: int) -> NDArray[np.bool_]:
    draw = model // 2 if kind == "antithetic" else model
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(draw,)))
    if kind == "fixed_size":
        return rng.permutation(n_units) < round(share * n_units)
    inside = rng.random(n_units) < share
    return ~inside if kind == "antithetic" and model % 2 else inside


def _partners(kind: Kind, models: int) -> NDArray[np.int64]:
    partner = np.full(models, -1, np.int64)
    if kind == "antithetic":
        paired = np.arange(models - models % 2)
        partner[paired] = paired ^ 1
    return partner


def _require_two_sides(drawn: NDArray[np.bool_]) -> None:
    inside = drawn.sum(axis=1)
    empty = np.flatnonzero((inside == 0) | (inside == drawn.shape[1]))
    if len(empty):
        raise InvalidInput(
            "Each model needs records (or clusters) in and out, got all on one side for"
            f" {len(empty)} of {len(drawn)} models with {drawn.shape[1]} to draw from: give more"
            " records or clusters, or a `share` nearer to one half."
        )
