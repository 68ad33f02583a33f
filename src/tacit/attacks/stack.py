"""The shadow stack: the shadow models, each a target whose membership is known, teach how to combine all scores."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from tacit.attacks.base import BASE
from tacit.attacks.eblira import EBLiRA
from tacit.attacks.families import families, require_independent
from tacit.attacks.stack_features import Pair, stack_features
from tacit.attacks.worlds import Mode
from tacit.core import NotEnoughData, Signals

Family = tuple[int, ...]
Page = tuple[NDArray[np.float32], NDArray[np.bool_]]
MOST_ROWS = 240_000
MOST_SUBSETS = 8
PARTS = 4
LEAF = (20, 200)


@dataclass(frozen=True)
class ShadowStack:
    """The default wherever there are shadow models: no attack to choose, no knob to set (shadow stack).

    Every shadow model is itself a target whose membership is known. Its records are described by the scores of the other
    shadow models (BASE, EB-LiRA, LiRA and what they are made of), leaving out the model itself and its antithetic mate; gradient
    boosting learns membership from these descriptions, and is applied to the audited model. No truth of the audited model is used.
    A description from all shadow models would be better informed than those that were learnt from, so the audited model is
    described once without each family of shadow models in turn, and the log-odds are averaged.

    The score is a membership probability, for records of which half are members. One antithetic pair alone cannot teach,
    because each gives the other's membership away: there the log-ratios of EB-LiRA and BASE are added instead.

    Parameters
    ----------
    mode : ``"online"``, ``"offline"`` (a record's own IN models are not used; rows of shadow models' own training records,
        as `known`, teach the rest), or ``"auto"``: online where every record has IN models.
    seed : of the choice of rows where there are more than 240,000.

    References
    ----------
    .. [1] Wolpert, Stacked Generalization, Neural Networks 5, 1992.
    .. [2] Shokri et al., Membership Inference Attacks Against Machine Learning Models, IEEE S&P 2017 (shadow models).
    """

    mode: Mode = "auto"
    seed: int = 0

    learns: ClassVar[bool] = False
    reference: ClassVar[str] = "Wolpert 1992, Shokri et al. 2017"
    needs: ClassVar[str] = "needs shadow models, two or more"

    def __call__(self, signals: Signals) -> NDArray[np.floating[Any]]:
        """Membership probabilities (n,).

        Raises
        ------
        NotEnoughData : fewer than two families of shadow models, or a record without OUT models.
        """
        if signals.n_shadows == 2 and len(families(signals.shadow_member)) == 1:
            return np.asarray(expit(EBLiRA(mode=self.mode)(signals) + BASE(mode=self.mode)(signals)), np.float64)
        order = np.lexsort(signals.target.T)
        lesson = _Lesson.of(signals.take(order), self.mode, self.seed)
        score = np.empty(signals.n)
        score[order] = expit(lesson.log_odds(lesson.signals.target, _taught(lesson.pages().values())))
        return score

    def shadow_scores(self, signals: Signals) -> NDArray[np.float64]:
        """Membership probabilities (m, n) of every shadow model as the target, by learners that were not taught by it."""
        order = np.lexsort(signals.target.T)
        lesson = _Lesson.of(signals.take(order), self.mode, self.seed)
        score = np.empty((signals.n_shadows, signals.n))
        pages = lesson.pages()
        parts = min(PARTS, len(lesson.groups))
        for part in range(parts):
            hidden = lesson.groups[part::parts]
            learner = _taught([own for group, own in pages.items() if group not in hidden])
            for group in hidden:
                for model in group:
                    score[model, order] = expit(learner(lesson.features(group, lesson.signals.shadow[model])))
        return score


@dataclass(frozen=True, eq=False)
class _Learner:
    """Boosted trees on the columns that were not empty when they were taught."""

    columns: NDArray[np.bool_]
    boosting: Any

    def __call__(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        return np.asarray(self.boosting.decision_function(features[:, self.columns]), np.float64)


def _taught(pages: Iterable[Sequence[Page]]) -> _Learner:
    from sklearn.ensemble import HistGradientBoostingClassifier

    tables, truths = zip(*(page for own in pages for page in own))
    table, truth = np.concatenate(tables), np.concatenate(truths)
    leaf = int(np.clip(len(table) // 100, *LEAF))
    boosting = HistGradientBoostingClassifier(
        max_iter=80, max_leaf_nodes=8, min_samples_leaf=leaf, l2_regularization=5.0, early_stopping=False, random_state=0
    )
    columns = np.asarray(~np.isnan(table).all(axis=0))
    return _Learner(columns, boosting.fit(table[:, columns], truth))


@dataclass(frozen=True, eq=False)
class _Lesson:
    """The shadow models as teachers."""

    signals: Signals
    pair: Pair
    groups: list[Family]
    online: bool
    rng_seed: int

    @classmethod
    def of(cls, signals: Signals, mode: Mode, seed: int) -> "_Lesson":
        pair = Pair.of(signals)
        groups = families(signals.shadow_member)
        if len(groups) < 2:
            message = (
                f"ShadowStack needs 2 shadow models that do not give each other away, got {len(groups)} (of {signals.n_shadows} "
                "models; antithetic mates count once). Train 4 shadow models, or use BASE() or EBLiRA()."
            )
            raise NotEnoughData(message, needed=2, got=len(groups), unit="families of shadow models")
        require_independent(signals.shadow_member, groups)
        unknown = signals.known == -1
        have_inside = (pair.signal.inside.count > 0)[unknown if unknown.any() else slice(None)]
        online = mode == "online" or (mode == "auto" and have_inside.mean() >= 0.5)
        return cls(signals, pair, groups, online, seed)

    def features(self, left_out: Family, target: NDArray[Any]) -> NDArray[np.float32]:
        return stack_features(self.pair.without(self.signals, left_out), target, online=self.online)

    def pages(self) -> dict[Family, list[Page]]:
        """What each shadow model can teach: descriptions (r, d) of its records, and who was a member (r,)."""
        share = max(1, MOST_ROWS // self.signals.n_shadows)
        return {group: [self._page(group, model, share) for model in group] for group in self.groups}

    def _page(self, group: Family, model: int, share: int) -> Page:
        rows = self._teaching_rows(group)
        if len(rows) > share:
            rows = np.sort(np.random.default_rng([self.rng_seed, model]).choice(rows, share, replace=False))
        return self.features(group, self.signals.shadow[model])[rows], self.signals.shadow_member[model, rows]

    def _teaching_rows(self, group: Family) -> NDArray[np.intp]:
        """All records; where no shadow model was trained on audited ones, those that other shadow models were trained on."""
        member = self.signals.shadow_member
        if member[:, self.signals.known == -1].any():
            return np.arange(self.signals.n)
        return np.flatnonzero(np.delete(member, group, axis=0).any(axis=0))

    def log_odds(self, target: NDArray[Any], learner: "_Learner") -> NDArray[np.float64]:
        """Mean log-odds (n,) over subsets of the shadow models of the size that the learner was taught with."""
        step = max(1, -(-len(self.groups) // MOST_SUBSETS))
        chosen = self.groups[::step]
        total = np.zeros(len(target))
        for group in chosen:
            total += learner(self.features(group, target))
        return total / len(chosen)
