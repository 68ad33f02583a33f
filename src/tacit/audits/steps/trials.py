"""Trials of one variant: each run is a target of the others, and scores by what they taught."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tacit.attacks import BASE, EBLiRA
from tacit.audits.steps.runs import over_runs
from tacit.audits.steps.shadow_targets import shadow_evidence
from tacit.core import Attack, Estimate, Evidence, Membership, NotEnoughData, Signals, collect
from tacit.metrics import auc, best_threshold
from tacit.training import ShadowRun

# attacks whose scores mean the same for every run, so that a threshold learnt on others fits; the
# second reads a probability from the signal, which not every signal allows
ATTACKS: tuple[Attack, ...] = (EBLiRA(), BASE())


@dataclass(frozen=True, eq=False)
class Trials:
    """What the runs of one variant gave.

    Parameters
    ----------
    name : of the variant.
    scores : vulnerability of each run.
    accuracies : of each run on records that it was not trained on; empty where unknown.
    seconds : training time of each run.
    level : confidence of the intervals.
    """

    name: str
    scores: tuple[float, ...]
    accuracies: tuple[float, ...]
    seconds: tuple[float, ...]
    level: float

    @classmethod
    def of(
        cls, name: str, run: ShadowRun, *, level: float, taught: ShadowRun | None = None
    ) -> "Trials":
        """Score every run of a variant, with the runs of `taught` as shadow models, or where there
        are none the others of `run`.
        """
        right = run.accuracy[:, 1]
        return cls(
            name,
            run_scores(run) if taught is None else fresh_scores(taught, run),
            tuple(right.tolist()) if np.isfinite(right).all() else (),
            tuple(run.seconds.tolist()),
            level,
        )

    @property
    def score(self) -> Estimate:
        """Mean vulnerability, with the run as the unit."""
        found = over_runs(self.scores, level=self.level, name="advantage")
        assert found is not None
        return found

    @property
    def accuracy(self) -> Estimate | None:
        """Mean accuracy, with the run as the unit."""
        return over_runs(self.accuracies, level=self.level, name="accuracy")


def run_scores(run: ShadowRun) -> tuple[float, ...]:
    """The vulnerability of every run: members found less non-members accused, by the attack and
    the threshold that did best on the *other* runs. Nothing of a run is chosen on itself.

    Parameters
    ----------
    run : two runs or more, each on its own coins.
    """
    papers = [_by_signal(run), *_by_shadow(run)]
    areas = np.array([[auc(evidence).value for evidence in paper] for paper in papers])
    scores = []
    for target in range(run.n_models):
        others = np.arange(run.n_models) != target
        paper = papers[int(areas[:, others].mean(axis=1).argmax())]
        taught = [evidence for evidence, other in zip(paper, others) if other]
        scores.append(_advantage(paper[target], best_threshold(_pooled(taught))))
    return tuple(scores)


def fresh_scores(taught: ShadowRun, fresh: ShadowRun) -> tuple[float, ...]:
    """The vulnerability of fresh runs, with earlier runs of their variant as shadow models.

    Attack and threshold come from the earlier runs. Given these, fresh runs know nothing of each
    other, so that their scores are independent; scores of runs that are each other's shadow models
    are correlated, and an interval over them is too short.

    Parameters
    ----------
    taught : two runs or more, on other coins and seeds.
    fresh : the runs that are scored.
    """
    attacks: list[Attack | None] = [None, *ATTACKS[: len(_by_shadow(taught))]]
    papers = [_by_signal(taught), *_by_shadow(taught)]
    areas = [np.mean([auc(evidence).value for evidence in paper]) for paper in papers]
    best = int(np.argmax(areas))
    threshold = best_threshold(_pooled(papers[best]))
    attack = attacks[best]
    if attack is None:
        return tuple(_advantage(evidence, threshold) for evidence in _by_signal(fresh))
    scores = []
    for signal, inside in zip(fresh.shadow, fresh.member):
        signals = Signals.of(
            signal,
            shadow=taught.shadow,
            shadow_member=taught.member,
            statistic=taught.statistic,
        )
        truth = Membership(inside, fresh.plan.design.cluster, "coin")
        scores.append(_advantage(collect(attack, signals, truth), threshold))
    return tuple(scores)


def _by_signal(run: ShadowRun) -> tuple[Evidence, ...]:
    row = np.arange(run.shadow.shape[1], dtype=np.int64)
    cluster = run.plan.design.cluster
    return tuple(
        Evidence(signal[:, 0], inside, cluster, "coin", "signal", row)
        for signal, inside in zip(run.shadow, run.member)
    )


def _by_shadow(run: ShadowRun) -> list[tuple[Evidence, ...]]:
    signals = Signals.of(
        run.shadow[0], shadow=run.shadow, shadow_member=run.member, statistic=run.statistic
    )
    papers = []
    for attack in ATTACKS[: 1 if signals.scale == "none" else None]:
        try:
            papers.append(shadow_evidence(attack, signals, cluster=run.plan.design.cluster))
        except NotEnoughData:
            continue
    return papers


def _pooled(evidences: Sequence[Evidence]) -> Evidence:
    first = evidences[0]
    score, member, row = (
        np.concatenate([getattr(evidence, name) for evidence in evidences])
        for name in ("score", "member", "row")
    )
    return Evidence(score, member, None, first.assignment, first.attack, row)


def _advantage(evidence: Evidence, threshold: float) -> float:
    accused = evidence.score >= threshold
    inside = evidence.member
    return float(accused[inside].mean() - accused[~inside].mean())
