"""The shadow stack: the shadow models, each a target whose membership is known, teach how to
combine all scores.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from tacit.attacks.base_ratio import BASE
from tacit.attacks.eblira import EBLiRA
from tacit.attacks.reference.families import families, require_independent
from tacit.attacks.reference.in_out import Mode
from tacit.attacks.reference.stack_features import Pair, stack_features
from tacit.core import NotEnoughData, Signals

Family = tuple[int, ...]
Page = tuple[NDArray[np.float32], NDArray[np.bool_]]
MOST_ROWS = 128_000
MOST_SUBSETS = 8
PARTS = 4
LEAF = (20, 200)
MOST_OF_BASE = 4.0
WEAK = 0.15  # a median log-ratio


@dataclass(frozen=True)
class ShadowStack:
    """The default wherever there are shadow models: no attack to choose, no knob to set (shadow
    stack).

    Every shadow model is itself a target whose membership is known. Its records are described by
    the scores of the other shadow models (BASE, EB-LiRA, LiRA and what they are made of), leaving
    out the model itself and its antithetic mate; gradient boosting learns membership from these
    descriptions, and is applied to the audited model. No truth of the audited model is used. A
    description from all shadow models would be better informed than those that were learnt from, so
    the audited model is described once without each family of shadow models in turn, and the
    log-odds are averaged.

    The score is a membership probability, for records of which half are members. With two shadow
    models it only ranks: an antithetic pair cannot teach, because each gives the other's membership
    away, so EB-LiRA's log-ratio is the score, joined by BASE's where the leak is weak; two models
    by coins can each teach from one model alone, so BASE's log-ratio, which sees both, is added.

    Parameters
    ----------
    mode : ``"online"``, ``"offline"`` (a record's own IN models are not used; rows of shadow
        models' own training records, as `known`, teach the rest), or ``"auto"``: online where every
        record has IN models.
    seed : of the choice of rows where there are more than 128,000.

    References
    ----------
    .. [1] Wolpert, Stacked Generalization, Neural Networks 5, 1992.
    .. [2] Shokri et al., Membership Inference Attacks Against Machine Learning Models, IEEE S&P
       2017 (shadow models).
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
            return np.asarray(expit(_of_a_pair(signals, self.mode)), np.float64)
        lesson = _Lesson.of(signals, self.mode, self.seed)
        log_odds = lesson.log_odds(signals.target, _taught(lesson.pages().values()))
        if signals.n_shadows == 2:
            log_odds += BASE(mode=self.mode)(signals)
        return np.asarray(expit(log_odds), np.float64)

    def shadow_scores(self, signals: Signals) -> NDArray[np.float64]:
        """Membership probabilities (m, n) of every shadow model as the target, by learners that
        were not taught by it.
        """
        lesson = _Lesson.of(signals, self.mode, self.seed)
        score = np.empty((signals.n_shadows, signals.n))
        pages = lesson.pages()
        parts = min(PARTS, len(lesson.groups))
        for part in range(parts):
            hidden = lesson.groups[part::parts]
            learner = _taught([own for group, own in pages.items() if group not in hidden])
            for group in hidden:
                for model in group:
                    score[model] = expit(
                        learner(lesson.features(group, lesson.signals.shadow[model]))
                    )
        return score


def _of_a_pair(signals: Signals, mode: Mode) -> NDArray[np.float64]:
    """EB-LiRA's log-ratio, and where its typical size says that little leaks also BASE's, which
    holds up better under noise.

    The two constants were chosen on Location-30, CIFAR-10, MNIST and Adult; any choice ranks the
    records.
    """
    ratio = EBLiRA(mode=mode)(signals)
    weakness = np.exp(-((np.median(np.abs(ratio)) / WEAK) ** 2))
    return np.asarray(ratio + MOST_OF_BASE * weakness * BASE(mode=mode)(signals), np.float64)


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
    truth = np.concatenate(truths)
    columns = np.any([~np.isnan(table).all(axis=0) for table in tables], axis=0)
    whole = np.empty(
        (len(truth), int(columns.sum()))
    )  # float64, which the learner would make of it anyway
    np.concatenate([table[:, columns] for table in tables], out=whole)
    leaf = int(np.clip(len(whole) // 100, *LEAF))
    boosting = HistGradientBoostingClassifier(
        max_iter=80,
        max_leaf_nodes=8,
        min_samples_leaf=leaf,
        l2_regularization=5.0,
        early_stopping=False,
        random_state=0,
    )
    return _Learner(columns, boosting.fit(whole, truth))


@dataclass(frozen=True, eq=False)
class _Lesson:
    """The shadow models as teachers."""

    signals: Signals
    pair: Pair
    groups: list[Family]
    online: bool
    rng_seed: int
    order: NDArray[np.intp]

    @classmethod
    def of(cls, signals: Signals, mode: Mode, seed: int) -> "_Lesson":
        pair = Pair.of(signals)
        groups = families(signals.shadow_member)
        if len(groups) < 2:
            message = (
                "ShadowStack needs 2 shadow models that do not give each other away, got"
                f" {len(groups)} (of {signals.n_shadows} models; antithetic mates count once)."
                " Train 4 shadow models, or use BASE() or EBLiRA()."
            )
            raise NotEnoughData(
                message, needed=2, got=len(groups), unit="families of shadow models"
            )
        require_independent(signals.shadow_member, groups)
        unknown = signals.known == -1
        have_inside = (pair.signal.inside.count > 0)[unknown if unknown.any() else slice(None)]
        online = mode == "online" or (mode == "auto" and have_inside.mean() >= 0.5)
        return cls(signals, pair, groups, online, seed, np.lexsort(signals.target.T))

    def features(self, left_out: Family, target: NDArray[Any]) -> NDArray[np.float32]:
        return stack_features(self.pair.without(self.signals, left_out), target, online=self.online)

    def pages(self) -> dict[Family, list[Page]]:
        """What each shadow model can teach: descriptions (r, d) of its records, and who was a
        member (r,).
        """
        share = max(1, MOST_ROWS // self.signals.n_shadows)
        return {
            group: [self._page(group, model, share) for model in group] for group in self.groups
        }

    def _page(self, group: Family, model: int, share: int) -> Page:
        rows = self._teaching_rows(group)
        if len(rows) > share:
            rows = rows[
                np.sort(
                    np.random.default_rng([self.rng_seed, model]).choice(
                        len(rows), share, replace=False
                    )
                )
            ]
        return (
            self.features(group, self.signals.shadow[model])[rows],
            self.signals.shadow_member[model, rows],
        )

    def _teaching_rows(self, group: Family) -> NDArray[np.intp]:
        """All records; where no shadow model was trained on audited ones, those that other shadow
        models were trained on.

        In the order of the target's signal, so that no choice of rows depends on the order of the
        records.
        """
        member = self.signals.shadow_member
        if member[:, self.signals.known == -1].any():
            return self.order
        taught: NDArray[np.bool_] = np.delete(member, group, axis=0).max(axis=0)
        return np.asarray(self.order[taught[self.order]], np.intp)

    def log_odds(self, target: NDArray[Any], learner: "_Learner") -> NDArray[np.float64]:
        """Mean log-odds (n,) over subsets of the shadow models of the size that the learner was
        taught with.
        """
        step = max(1, -(-len(self.groups) // MOST_SUBSETS))
        chosen = self.groups[::step]
        total = np.zeros(len(target))
        for group in chosen:
            total += learner(self.features(group, target))
        return total / len(chosen)
