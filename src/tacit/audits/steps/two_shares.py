"""Models trained at one of two shares of a property, each beside one whose property is shuffled."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.audits.steps.three_arms import OTHER_SEED, Seen, asked
from tacit.core import InvalidInput, Outputs
from tacit.core.checking import floats
from tacit.training.jobs import Recipe
from tacit.training.measuring import Floats

Rows = NDArray[np.int64]
ANSWERS = ("logits", "probs", "prediction", "loss")


def largest_size(n_with: int, n_without: int, shares: tuple[float, float]) -> int:
    """Records that a model can have at either share, from so many with and without the property.

    Examples
    --------
    >>> largest_size(70, 70, (0.3, 0.7))
    100
    """
    size = 1 + int(min(min(n_with / share, n_without / (1 - share)) for share in shares))
    while any(round(s * size) > n_with or size - round(s * size) > n_without for s in shares):
        size -= 1
    return size


@dataclass(frozen=True, eq=False)
class Dealt:
    """Which records each model may be trained on.

    Parameters
    ----------
    holders, others : tuple[Rows, ...]
        Row numbers with and without the property, one entry a part.
    """

    holders: tuple[Rows, ...]
    others: tuple[Rows, ...]

    @classmethod
    def of(
        cls, rows: Rows, holds: NDArray[np.bool_], parts: int, rng: np.random.Generator
    ) -> "Dealt":
        """Deal `rows` into `parts` that have the property equally often."""
        sides = [rng.permutation(rows[side]) for side in (holds, ~holds)]
        holders, others = [tuple(np.array_split(side, parts)) for side in sides]
        return cls(holders, others)

    def drawn(self, part: int, share: float, size: int, rng: np.random.Generator) -> Rows:
        """`size` records of one part, of which this share has the property; sorted."""
        n_with = round(share * size)
        chosen = [
            rng.permutation(side[part])[:count]
            for side, count in ((self.holders, n_with), (self.others, size - n_with))
        ]
        return np.sort(np.concatenate(chosen))


@dataclass(frozen=True, eq=False)
class TwoShares:
    """A recipe whose "records" are the two shares: the one that is in is that of the model.

    Parameters
    ----------
    recipe : Recipe
        How to train.
    x, y : Any
        All records.
    n : int
        Number of records.
    asked : Rows
        The records that every model is asked about.
    arms : tuple[Dealt, ...]
        By the property, and by the shuffled property.
    shares : tuple[float, float]
        The shares of records with the property.
    size : int
        Records that each model is trained on.
    seeds : NDArray[np.int64]
        Of the models, in their order: tells which part of the records is theirs.
    """

    recipe: Recipe
    x: Any
    y: Any
    n: int
    asked: Rows
    arms: tuple[Dealt, ...]
    shares: tuple[float, float]
    size: int
    seeds: NDArray[np.int64]

    def fit(self, x: Any, y: Any, indices: Rows, seed: int) -> Seen:
        """Train by the property and then by the shuffled one: what both answer, float (2, q)."""
        model = int(np.flatnonzero(self.seeds == seed)[0])
        share = self.shares[int(indices[0])]
        answers = []
        # the same coin for both: what a training keeps for the next one shows in the control
        for arm, own_seed in zip(self.arms, (seed, seed ^ OTHER_SEED)):
            part = model * len(arm.holders) // len(self.seeds)
            rows = arm.drawn(part, share, self.size, np.random.default_rng(own_seed))
            answers.append(self._answer(rows, own_seed))
        if answers[0].shape != answers[1].shape:
            raise InvalidInput(
                "`observe` needs as many numbers a record from every model, got "
                f"{answers[0].size} and {answers[1].size} in all."
            )
        return Seen(np.stack(answers))

    def _answer(self, rows: Rows, seed: int) -> Floats:
        observe = asked("train_fn", lambda: self.recipe.fit(self.x, self.y, rows, seed))
        answer = asked("observe", lambda: observe(self.x))
        if isinstance(answer, Outputs):
            given = (getattr(answer, name) for name in ANSWERS)
            answer = next(value for value in given if value is not None)
        value = floats(answer, "observe", ndim=(1, 2, 3))
        if len(value) != self.n:
            raise InvalidInput(
                f"`observe` needs one row for each of {self.n} records, got {len(value)} rows."
            )
        return np.asarray(value[self.asked].ravel())
