"""Does an attack see more than the record itself gives away?

A model that was trained on none of these records answers as a function of the record alone. So a
leak is called only where an attack tells members better than what the record predicts of the
attack's own score, and better than how hard the record is; none of these guesses is told a
membership.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacit.audits.steps.joint_finding import Found
from tacit.audits.steps.record_guesses import (
    TREES_GUESS,
    class_means,
    difficulties,
    trees_guess,
)
from tacit.audits.steps.scoring import Scored
from tacit.core import CheckResult, Evidence, NotEnoughData, Outputs
from tacit.metrics import auc, no_leak_p_value, paired_advantage_difference, paired_auc_difference
from tacit.metrics.looks import Ranked
from tacit.metrics.prequential import deal_folds

# So many of the most significant attacks may show that they see more: each further one is a
# further chance for a false alarm.
MOST_TRIED = 3
# A difficulty whose own p-value is above this tells nothing; pairing with noise would cost power.
SPEAKS = 0.2
# Labels alone tell little of a record: what they predict counts only where they tell the split.
LABELS_SPEAK = 0.05
# Comparisons use at most so many records, spread evenly.
MOST_COMPARED = 100_000
# More classes than this are one column of the predicted attack, not one each.
MOST_CLASSES = 20
MOST_PRODUCTS = 200


@dataclass(frozen=True, eq=False)
class Beyond:
    """What came of it.

    Parameters
    ----------
    passes : whether some attack sees more than the records give away.
    results : one baseline an attack that was compared.
    reason : why nothing could be compared; empty where it could.
    """

    passes: bool
    results: tuple[CheckResult, ...] = ()
    reason: str = ""


@dataclass(frozen=True, eq=False)
class _Records:
    """The records that are compared: their columns, folds, and how hard each is. What they predict
    of an attack counts up to the p-value `limit` of its own. `label` is where one label a record is
    all that is known of it.
    """

    rows: NDArray[np.intp]
    table: NDArray[np.float32]
    fold: NDArray[np.int8]
    difficulty: tuple[NDArray[np.float64], ...]
    seed: int
    limit: float
    label: NDArray[np.int64] | None = None

    @property
    def how(self) -> str:
        """What predicts an attack's score from the record."""
        if self.label is not None:
            return "mean of the attack's score in each class, without membership"
        return TREES_GUESS

    def predicted(self, score: NDArray[np.float64], rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """What the record tells of `score`: each fold by trees fitted on the others, or, where
        labels are all that there is, by the mean of their class in the others.
        """
        if self.label is not None:
            return class_means(self.label[rows], score, self.fold[rows])
        columns = np.column_stack([self.table, *self.difficulty])[rows]
        return trees_guess(columns, score, self.fold[rows], seed=self.seed)


def beyond_blind(
    found: Found,
    outputs: Outputs,
    features: NDArray[np.float32] | None,
    *,
    in_slice: NDArray[np.bool_] | None = None,
    seed: int,
) -> Beyond:
    """Compare the significant attacks with what the records give away.

    An attack passes where it beats what the record predicts of its own score, and every difficulty
    that speaks, each in a paired test at the level of the audit; to need all of them takes no
    correction.

    Parameters
    ----------
    found : by the joint test.
    outputs : what the model answered; their labels are part of the record.
    features : float32 (n, d), the records' own columns, or None.
    in_slice : bool (n,), where the leak shows in a slice alone.
    seed : of the forests.
    """
    records = _records(found, outputs, features, seed)
    if records is None:
        return Beyond(True, reason="there are neither columns nor labels to predict from")
    significant = [item for item in found.scored if item.looks and _significant(found, item)]
    if in_slice is not None:
        significant = [item for item in found.scored if item.looks and item.ranked is not None]
    significant.sort(key=lambda item: found.p_values(item)[1] or 0.0)
    tried = significant[:MOST_TRIED]
    if not tried:
        return Beyond(False, reason="no single attack stands out")
    alpha = found.alpha / (len(tried) if in_slice is not None else 1)
    results: list[CheckResult] = []
    for item in tried:
        try:
            passed, result = _compared(found, item, records, in_slice, alpha)
        except NotEnoughData as error:
            return Beyond(False, tuple(results), str(error))
        results.append(result)
        if passed:
            return Beyond(True, tuple(results))
    return Beyond(False, tuple(results))


def _significant(found: Found, item: Scored) -> bool:
    corrected = found.p_values(item)[1]
    return corrected is not None and corrected <= found.alpha


def _compared(
    found: Found,
    item: Scored,
    records: _Records,
    in_slice: NDArray[np.bool_] | None,
    alpha: float,
) -> tuple[bool, CheckResult]:
    """Whether one attack sees more, and the baseline that it was compared with."""
    at = np.full(len(found.member), -1)
    at[records.rows] = np.arange(len(records.rows))
    kept = at[item.evidence.row] >= 0
    evidence = item.evidence.take(kept)
    rows = at[evidence.row]
    own = Ranked.of("", evidence.score).rank / len(rows)
    baselines = [records.predicted(own, rows), *(score[rows] for score in records.difficulty)]
    if in_slice is not None:
        inside = in_slice[evidence.row]
        evidence = evidence.take(inside)
        baselines = [score[inside] for score in baselines]
    papers = [_as(evidence, score) for score in baselines]
    speaking = [
        paper
        for paper, limit in zip(papers, (records.limit, *[SPEAKS] * len(papers)))
        if no_leak_p_value(paper) <= limit
    ]
    top = None if in_slice is not None else _best_cut(found, item)
    p_values = [more_than(evidence, paper, top) for paper in speaking]
    area = auc(papers[0], level=found.level)
    result = CheckResult(
        name=f"what the record tells of: {item.name}",
        role="blind",
        attack=records.how,
        statistic="none",
        n_members=papers[0].n_members,
        n_nonmembers=papers[0].n_nonmembers,
        estimates=(area,),
        p_value=max(p_values, default=None),
        remarks=(f"p-value: of the attack telling no more than {len(speaking)} such guesses",),
    )
    return max(p_values, default=0.0) <= alpha, result


def _as(evidence: Evidence, score: NDArray[np.float64]) -> Evidence:
    return Evidence(
        score, evidence.member, evidence.cluster, evidence.assignment, "the record", evidence.row
    )


def _best_cut(found: Found, item: Scored) -> float | None:
    """Share of records in the cut that is significant where ranks are not; None where ranks are."""
    best = None
    for look in found.test.looks:
        if look.source != item.source or look.kind not in ("rank", "cut"):
            continue
        corrected = found.test.adjusted[found.test.places(look)]
        if look.kind == "rank" and corrected[0] <= found.alpha:
            return None
        if look.n_top is not None:
            best = float(look.n_top[np.argmin(corrected)]) / len(found.member)
    return best


def more_than(evidence: Evidence, baseline: Evidence, top: float | None) -> float:
    """P-value of "the attack tells no more than the baseline", on the same records: by their ranks,
    or, where `top` is a share of the records, by who stands in that share.
    """
    if top is None:
        estimate = paired_auc_difference(evidence, baseline)
    else:
        cuts = tuple(float(np.quantile(paper.score, 1 - top)) for paper in (evidence, baseline))
        estimate = paired_advantage_difference(evidence, baseline, (cuts[0], cuts[1]))
    p_value = 1.0 if estimate.p_value is None else estimate.p_value
    return p_value / 2 if estimate.value > 0 else 1 - p_value / 2


def _records(
    found: Found, outputs: Outputs, features: NDArray[np.float32] | None, seed: int
) -> _Records | None:
    step = max(1, -(-len(found.member) // MOST_COMPARED))
    rows = found.order[::step].astype(np.intp)
    columns = None if features is None else features[rows]
    label = _labels(outputs, rows)
    parts = [part for part in (columns, label) if part is not None]
    if not parts:
        return None
    if columns is not None and label is not None:
        parts.append(_products(columns, label))
    cluster = found.cluster
    fold = deal_folds(found.order, cluster=cluster)[rows]
    hard: tuple[NDArray[np.float64], ...] = ()
    if columns is not None:
        hard = difficulties(columns, outputs, rows, fold, seed=seed)
    limit = LABELS_SPEAK if columns is None else 1.0
    counted = None
    if columns is None and outputs.truth is None and outputs.label is not None:
        counted = outputs.label[rows] if outputs.label.ndim == 1 else None
    table = np.column_stack(parts).astype(np.float32, copy=False)
    return _Records(rows, table, fold, hard, seed, limit, counted)


def _labels(outputs: Outputs, rows: NDArray[np.intp]) -> NDArray[np.float32] | None:
    """The labels of `rows` as columns; None where there are none."""
    if outputs.truth is not None:
        truth = np.asarray(outputs.truth[rows], np.float32)
        return truth.reshape(len(truth), -1)
    if outputs.label is None:
        return None
    if outputs.label.ndim > 1:
        return np.asarray(outputs.label[rows], np.float32)
    classes, code = np.unique(outputs.label[rows], return_inverse=True)
    if len(classes) > MOST_CLASSES:
        return code[:, None].astype(np.float32)
    return np.asarray(code[:, None] == np.arange(len(classes)), np.float32)


def _products(features: NDArray[np.float32], label: NDArray[np.float32]) -> NDArray[np.float32]:
    """Columns times labels, where they are few: what a model makes of both together."""
    if features.shape[1] * label.shape[1] > MOST_PRODUCTS:
        return np.zeros((len(features), 0), np.float32)
    return (features[:, :, None] * label[:, None, :]).reshape(len(features), -1)
