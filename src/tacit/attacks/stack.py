"""The shadow stack: the shadow models, each a target whose membership is known, teach how to
combine all scores.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from tacit.attacks.reference.families import families, require_independent
from tacit.attacks.reference.in_out import Mode
from tacit.attacks.reference.stack_features import (
    Columns,
    Family,
    Pair,
    simple_score,
    stack_features,
)
from tacit.attacks.reference.stacking import (
    Examples,
    Fold,
    Learner,
    Weights,
    folds,
    held_out,
    with_base,
)
from tacit.core import NotEnoughData, Signals
from tacit.core.threads import one_thread

# a model's signal (n, q), all signals, other models by number, to columns (n, d)
Beside = Callable[[NDArray[Any], Signals, Sequence[int]], NDArray[Any]]
MOST_ROWS = 128_000  # more teach nothing new, and take longer: boosting has 400 leaves to place
MOST_SUBSETS = 8  # descriptions of the target that are averaged; the ninth changes no rank
# parts of the families that are held out in turn: two suffice for three weights, and where every
# shadow model is scored four leave each learner three quarters of the models, as the target has all
PARTS_FOR_WEIGHTS = 2
PARTS_FOR_SCORES = 4
# records beside those that teach, on which a description's trends rest: 100 in each of 40 bins
POPULATION = 4_000


@dataclass(frozen=True)
class ShadowStack:
    """The default wherever there are shadow models: no attack to choose, no knob to set (shadow
    stack).

    Every shadow model is itself a target whose membership is known. Its records are described by
    the scores of the other shadow models (BASE, EB-LiRA, LiRA and what they are made of), leaving
    out the model itself and its antithetic partner. Two boosted classifiers learn membership from
    these descriptions, one of them monotone in every score, and are applied to the audited model.
    How far each is believed, and how far BASE's log-ratio from *all* models (EB-LiRA's where the
    signal has no scale to read a probability from), is learnt from shadow models and records that
    they were not taught by. No truth of the audited model is used.

    A description from all shadow models would be better informed than those that were learnt from,
    so the audited model is described once without each family of shadow models in turn, and the
    log-odds are averaged.

    The score is a membership probability, for records of which half are members. One antithetic
    pair cannot teach, because each gives the other's membership away: BASE is the score there, and
    only ranks.

    Parameters
    ----------
    mode : ``"online"``, ``"offline"`` (a record's own IN models are not used; rows of shadow
        models' own training records, as `known`, teach the rest), or ``"auto"``: online where every
        record has IN models.
    seed : of the choice of rows where there are more than 128,000.
    beside : columns of the caller's own, which say more of a record than its signal does:
        ``beside(target, signals, others)`` gives float (n, d) of a model's signal `target` (n, q)
        beside the shadow models `others` (numbers). Larger speaks for a member.

    References
    ----------
    .. [1] Wolpert, Stacked Generalization, Neural Networks 5, 1992.
    .. [2] Shokri et al., Membership Inference Attacks Against Machine Learning Models, IEEE S&P
       2017 (shadow models).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> inside = rng.random((5, 400)) < 0.5
    >>> z = rng.normal(0, 3, 400) + 2.0 * inside + rng.normal(size=(5, 400))
    >>> signals = Signals.of(
    ...     z[0], shadow=z[1:], shadow_member=inside[1:], statistic="scaled_logit"
    ... )
    >>> probability = ShadowStack()(signals)
    >>> bool(probability[inside[0]].mean() > probability[~inside[0]].mean() + 0.2)
    True
    """

    mode: Mode = "auto"
    seed: int = 0
    beside: Beside | None = field(default=None, repr=False)

    learns: ClassVar[bool] = False
    reference: ClassVar[str] = "Wolpert 1992, Shokri et al. 2017"
    needs: ClassVar[str] = "needs 4 shadow models, or 2 drawn by coins"

    @one_thread()
    def __call__(self, signals: Signals) -> NDArray[np.floating[Any]]:
        """Membership probabilities (n,).

        Raises
        ------
        NotEnoughData : fewer than two families of shadow models, or a record without OUT models.
        """
        if signals.n_shadows == 2 and len(families(signals.shadow_member)) == 1:
            base = simple_score(signals, online=self.mode != "offline")
            return np.asarray(expit(np.nan_to_num(base)), np.float64)
        teachers = _Teachers.of(signals, self)
        parts: list[Examples] = []
        descriptions: list[NDArray[np.float32]] = []
        step = -(-len(teachers.groups) // MOST_SUBSETS)
        for number, pair in teachers.each_left_out():
            parts += teachers.examples(number, pair)
            if number % step == 0:
                descriptions.append(teachers.described(number, pair, signals.target).table)
        examples = Examples.joined(parts)
        base = simple_score(signals, online=teachers.online)
        n_parts = min(PARTS_FOR_WEIGHTS, len(teachers.groups))
        every = folds(n_parts, complete=False)
        weights = Weights.of(*_rows([held_out(examples, fold, n_parts) for fold in every]))
        learner = Learner.taught(examples)
        odds = np.mean([_odds(learner, table) for table in descriptions], axis=0)
        return np.asarray(expit(weights(with_base(odds, base))), np.float64)

    @one_thread()
    def shadow_scores(self, signals: Signals) -> NDArray[np.float64]:
        """Membership probabilities (m, n) of every shadow model as the target, by learners and
        weights that saw neither its family nor, of the other models, the records that are scored.
        """
        teachers = _Teachers.of(signals, self)
        n_parts = min(PARTS_FOR_SCORES, len(teachers.groups))
        score = np.empty((signals.n_shadows, signals.n))
        learners, weights = _cross_fitted(teachers, n_parts)
        for number, pair in teachers.each_left_out():
            part = number % n_parts
            for model in teachers.groups[number]:
                table = teachers.described(number, pair, signals.shadow[model]).table
                for half in (0, 1):
                    rows = np.flatnonzero(teachers.half == half)
                    odds = _odds(learners[part, half], table[rows])
                    ratio = weights[part](with_base(odds, table[rows, 0]))
                    score[model, rows] = expit(ratio)
        return score


def _cross_fitted(
    teachers: "_Teachers", n_parts: int
) -> tuple[dict[Fold, Learner | None], list[Weights]]:
    """Learners by fold, and weights by part of the families."""
    parts = [teachers.examples(number, pair) for number, pair in teachers.each_left_out()]
    examples = Examples.joined([own for part in parts for own in part])
    apart = {fold: held_out(examples, fold, n_parts) for fold in folds(n_parts, complete=True)}
    # from other parts only: where the other half of a model's own records helped to set the
    # constant, the half with fewer members would be scored higher
    weights = [
        Weights.of(*_rows([apart[fold] for fold in apart if fold[0] != part]))
        for part in range(n_parts)
    ]
    return {fold: learner for fold, (learner, _, _) in apart.items()}, weights


def _odds(learner: Learner | None, table: NDArray[Any]) -> NDArray[np.float64]:
    """Log-odds (r, 2); nothing known where there is no learner."""
    return np.zeros((len(table), 2)) if learner is None else learner(table)


def _rows(
    apart: list[tuple[Learner | None, NDArray[np.float64], NDArray[np.bool_]]],
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Odds (r, 3) and truth (r,) of all rows that were held out."""
    odds = np.concatenate([odds for _, odds, _ in apart])
    return odds, np.concatenate([member for _, _, member in apart])


@dataclass(frozen=True, eq=False)
class _Teachers:
    """The shadow models as teachers.

    Parameters
    ----------
    signals : of the target and m shadow models.
    groups : families of shadow models.
    online : whether a record's own IN models are used.
    audited_inside : whether some shadow model was trained on an audited record.
    seed : of the choice of rows.
    beside : columns of the caller's own, or None.
    order : int (n,), the records by what is known of each, so that nothing depends on their order.
    half : int (n,), every other record in that order.
    """

    signals: Signals
    groups: list[Family]
    online: bool
    audited_inside: bool
    seed: int
    beside: Beside | None
    order: NDArray[np.intp]
    half: NDArray[np.int64]

    @classmethod
    def of(cls, signals: Signals, stack: "ShadowStack") -> "_Teachers":
        mode, groups = stack.mode, families(signals.shadow_member)
        if len(groups) < 2:
            message = (
                "ShadowStack needs 2 shadow models that do not give each other away, got"
                f" {len(groups)} (of {signals.n_shadows} models; antithetic partners count once)."
                " Train 4 shadow models, or use BASE() or EBLiRA()."
            )
            raise NotEnoughData(
                message, needed=2, got=len(groups), unit="families of shadow models"
            )
        require_independent(signals.shadow_member, groups)
        unknown = signals.known == -1
        audited = unknown if unknown.any() else np.ones(signals.n, bool)
        have_inside = signals.shadow_member[:, audited].any(axis=0)
        online = mode == "online" or (mode == "auto" and bool(have_inside.mean() >= 0.5))
        order = _order(signals)
        half = np.empty(signals.n, np.int64)
        half[order] = np.arange(signals.n) % 2
        audited_inside = bool(unknown.any() and have_inside.any())
        return cls(signals, groups, online, audited_inside, stack.seed, stack.beside, order, half)

    def described(
        self,
        number: int,
        pair: Pair,
        target: NDArray[Any],
        rows: NDArray[np.intp] | None = None,
    ) -> Columns:
        """Description of a model's signal `target` (n, q) by the models of `pair`, which lacks the
        family `number`; of the records `rows` alone where given.
        """
        if rows is None:
            columns = stack_features(pair, target, online=self.online)
        else:
            columns = stack_features(pair.take(rows), target[rows], online=self.online)
        if self.beside is not None:
            gone = self.groups[number]
            others = [model for model in range(self.signals.n_shadows) if model not in gone]
            more = np.asarray(self.beside(target, self.signals, others), np.float64)
            columns.add(1, *(more if rows is None else more[rows]).T)
        return columns

    def each_left_out(self) -> Iterator[tuple[int, Pair]]:
        """Number of each family, and the worlds of all other shadow models."""
        pairs = Pair.each_left_out(self.signals, self.groups)
        return ((number, pair) for number, (_, pair) in enumerate(pairs))

    def examples(self, number: int, pair: Pair) -> list[Examples]:
        """What each shadow model of one family can teach, described by the models of `pair`."""
        share = max(1, MOST_ROWS // self.signals.n_shadows)
        group = self.groups[number]
        every = self._teaching_rows(group)
        parts = []
        for model in group:
            rows, table, directions = self._described_rows(every, share, model, number, pair)
            parts.append(
                Examples(
                    table.astype(np.float64),
                    self.signals.shadow_member[model, rows],
                    np.full(len(rows), number),
                    self.half[rows],
                    np.array(directions),
                )
            )
        return parts

    def _described_rows(
        self, every: NDArray[np.intp], share: int, model: int, number: int, pair: Pair
    ) -> tuple[NDArray[np.intp], NDArray[np.float32], list[int]]:
        """The rows that one shadow model teaches from, `share` of `every`, their description, and
        the directions of its columns.

        What is not kept is not described: the trends in a description are fitted on the rows kept
        and on `POPULATION` more that are even over all records.
        """
        target = self.signals.shadow[model]
        if len(every) <= share:
            columns = self.described(number, pair, target)
            return every, columns.table[every], columns.direction
        rng = np.random.default_rng([self.seed, model])
        rows = every[np.sort(rng.choice(len(every), share, replace=False))]
        others = self.order[:: max(1, len(self.order) // POPULATION)]
        beside = np.concatenate([rows, others[~np.isin(others, rows)]])
        columns = self.described(number, pair, target, beside)
        return rows, columns.table[: len(rows)], columns.direction

    def _teaching_rows(self, group: Family) -> NDArray[np.intp]:
        """All records; where no shadow model was trained on audited ones, those that other shadow
        models were trained on.
        """
        if self.audited_inside:
            return self.order
        others = np.delete(self.signals.shadow_member, group, axis=0)
        taught = np.count_nonzero(others, axis=0) > 0
        return np.asarray(self.order[taught[self.order]], np.intp)


def _order(signals: Signals) -> NDArray[np.intp]:
    """Records by the target's signal; equal ones by a sum of their shadow signals with weights
    drawn once, which differs where anything does.
    """
    weight = np.random.default_rng(0).normal(size=(2, signals.n_shadows))
    tie = np.zeros(signals.n)
    for signal, member, (one, two) in zip(signals.shadow, signals.shadow_member, weight.T):
        tie += one * signal[:, 0].astype(np.float64) + two * member
    return np.lexsort((tie, *signals.target.T))
