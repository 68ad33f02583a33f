"""May scores of these texts be blamed on the model? Two guessers that did not see it, and overlaps.

The first sees the texts and no model; the second is a model that cannot have been trained on them.
Where one of them tells members from non-members, the split was measured and not the model.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tacit.attacks.blind_text import VIEWS, BlindText
from tacit.attacks.threshold import Threshold
from tacit.core import (
    CheckResult,
    Estimate,
    Evidence,
    InvalidInput,
    Membership,
    Note,
    NotEnoughData,
    Signals,
    Tokens,
    checking,
    collect,
    deal,
)
from tacit.metrics import auc, holm, no_leak_p_value
from tacit.metrics.matching import shared_runs
from tacit.signals.language import mean_logprob, min_k_plus_plus, zlib_ratio
from tacit.signals.text import surface, words_of

# a split that was drawn at random is refused in 1 audit of 100 by either gate
REFUSED = 0.01
# shuffles of the answer key at a time, and how many as good as the truth are enough: 84 innocent
# splits of 100 end in the first lot, and every lot costs a factorization of the kernel, 5 times
SHUFFLES, ENOUGH = (64, 192, 768), 10
# parts of the texts, each guessed from the others
FOLDS = 5
# texts that the blind guessers look at; their cost grows with the square
MOST_TEXTS = 4000
# tokens of a run that two unrelated texts hardly share by chance
RUN = 32
# the same in words, which are longer than tokens
WORDS = 24
# a text of fewer tokens stands in others by chance: it is shared where another text is the same
SHORTEST_RUN = 8
# share of the texts of one side that may hold a run of the other before the audit is refused
MOST_SHARED = 0.01


@dataclass(frozen=True, eq=False)
class Overlap:
    """Texts of one side that hold a run of tokens of the other side.

    Parameters
    ----------
    shared : bool (n,)
        Which texts, of both sides.
    length : int
        Tokens of a run.
    member, nonmember : float
        Share of the texts of each side.
    unit : ``"tokens"`` or ``"words"``
        Of `length`.
    """

    shared: NDArray[np.bool_]
    length: int
    member: float
    nonmember: float
    unit: str = "tokens"

    @property
    def too_much(self) -> bool:
        """Are more than 1 % of either side's texts concerned?"""
        return max(self.member, self.nonmember) > MOST_SHARED

    def kept(self) -> NDArray[np.bool_]:
        """bool (n,): the texts that stand on one side only.

        Raises
        ------
        InvalidInput
            None would be left of a side.
        """
        if max(self.member, self.nonmember) >= 1:
            raise InvalidInput(
                "overlap='drop' would leave no text of a side: all members or all non-members "
                "stand on the other side too."
            )
        return ~self.shared


def blind_results(
    texts: Sequence[str], membership: Membership, *, level: float, seed: int
) -> tuple[CheckResult, ...]:
    """Five guessers that see the texts and no model, cross-fitted; p-values Holm-adjusted.

    The p-values are those of shuffles of the answer key, clusters whole: cross-fitted scores
    depend on each other, and where texts come in kinds, as texts do, the Mann-Whitney test of
    them refuses six random splits of 100 in place of one. The rare n-grams are learned on one half
    and tested on the other, both ways, since shuffling them is slow. More than 4,000 texts are
    sampled. A text that stands on a side several times is looked at once: that it is repeated is
    no word of it.

    Parameters
    ----------
    texts : n texts
        Of both sides, in the order of `membership`.
    membership : Membership
        The answer key.
    level : float
        Confidence of the intervals.
    seed : int
        Deals the folds, and shuffles.

    Raises
    ------
    InvalidInput
        `texts` has another length.
    """
    if len(texts) != membership.n:
        raise InvalidInput(f"`texts` needs {membership.n} texts, got {len(texts)}.")
    rows = _once(texts, membership)
    texts, membership = [texts[row] for row in rows.tolist()], membership.take(rows)
    if membership.n > MOST_TEXTS:
        rows = np.sort(np.random.default_rng(seed).choice(membership.n, MOST_TEXTS, replace=False))
        texts, membership = [texts[row] for row in rows.tolist()], membership.take(rows)
    numbers = surface(texts)
    found = []
    for view in VIEWS:
        guesser = BlindText(view, texts, numbers)
        result = CheckResult(f"blind guesser ({view} of the texts)", "blind", repr(guesser), "none")
        try:
            evidence = collect(guesser, _nothing(membership.n), membership, seed=seed)
            area = auc(evidence, level=level)
            ask = _by_halves if view == "rare n-grams" else _by_shuffles
            p_value = ask(guesser, membership, seed=seed)
        except NotEnoughData as error:
            found.append(replace(result, notes=(Note.of("auc", error),)))
            continue
        found.append(_measured(result, evidence, replace(area, p_value=p_value)))
    return adjusted(found)


def can_be_refused(membership: Membership) -> bool:
    """Are there shuffles enough of so few texts that any split of them could be refused?"""
    n, members = membership.n, int(membership.member.sum())
    return math.comb(n, members) * REFUSED >= len(VIEWS)


def _once(texts: Sequence[str], membership: Membership) -> NDArray[np.int64]:
    """The first row of each text on each side."""
    first: dict[tuple[str, bool], int] = {}
    for row, key in enumerate(zip(texts, membership.member.tolist())):
        first.setdefault(key, row)
    return np.array(sorted(first.values()), np.int64)


def _nothing(n: int) -> Signals:
    return Signals.of(np.zeros(n, np.float32), statistic="none")


def _by_shuffles(guesser: BlindText, membership: Membership, *, seed: int) -> float:
    """Share of shuffled answer keys that are guessed as well as the true one (Besag, Clifford).

    Shuffles stop when ten have been, so that an innocent split costs few.
    """
    rng = np.random.default_rng([seed, 0xB11D])
    unit, member = _units(membership)
    n_units = int(unit.max()) + 1
    part = rng.permutation(np.arange(n_units) % FOLDS)[unit]
    truth = -np.inf
    done = reached = 0
    for lot in SHUFFLES:
        columns = [rng.permutation(member)[unit] for _ in range(lot)]
        if not done:
            columns.append(membership.member)
        keys = np.stack(columns, axis=1)
        areas = _areas(guesser.cross_fitted(keys, part), keys)
        truth = truth if done else float(areas[-1])
        better = np.flatnonzero(areas[:lot] >= truth)
        if reached + len(better) >= ENOUGH:
            return float(ENOUGH / (done + better[ENOUGH - reached - 1] + 1))
        reached += len(better)
        done += lot
    return (reached + 1) / (done + 1)


def _by_halves(guesser: BlindText, membership: Membership, *, seed: int) -> float:
    """Learned on each half and tested on the other: twice the smaller p-value."""
    part = deal(membership, 2, seed=seed)
    found = []
    for hidden in (0, 1):
        known = np.where(part == hidden, -1, membership.member.astype(np.int8))
        evidence = collect(guesser, _nothing(membership.n).told(known), membership)
        p_value = auc(evidence).p_value
        found.append(1.0 if p_value is None else p_value)
    return min(1.0, 2 * min(found))


def _units(membership: Membership) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The cluster of each text, and what the answer key says of each cluster.

    A cluster with texts on both sides is cut in two: what it says is not one answer.
    """
    if membership.cluster is None:
        return np.arange(membership.n), membership.member
    pairs = np.stack([membership.cluster, membership.member.astype(np.int64)], axis=1)
    sides, unit = np.unique(pairs, axis=0, return_inverse=True)
    return unit.reshape(-1).astype(np.int64), sides[:, 1] == 1


def _areas(score: NDArray[np.float64], member: NDArray[np.bool_]) -> NDArray[np.float64]:
    """AUC of each column, ties half."""
    from scipy.stats import rankdata

    rank = rankdata(score, axis=0)
    inside = member.sum(axis=0)
    top = (rank * member).sum(axis=0) - inside * (inside + 1) / 2
    return np.asarray(top / np.maximum(inside * (len(member) - inside), 1), np.float64)


def reference_results(
    references: Mapping[str, Tokens], membership: Membership, *, level: float
) -> tuple[CheckResult, ...]:
    """Scores of models that cannot have seen the texts; two-sided p-values, Holm-adjusted.

    Parameters
    ----------
    references : name to Tokens
        Of both sides, in the order of `membership`.
    membership : Membership
        The audited model's answer key, which is nothing to these models.
    level : float
        Confidence of the intervals.
    """
    found = []
    for name, tokens in references.items():
        for statistic, values in _scores_of(tokens).items():
            signals = Signals.of(values, statistic=statistic)
            label = f"{name} alone ({statistic})"
            result = CheckResult(label, "control", repr(Threshold()), statistic)
            try:
                evidence = collect(Threshold(), signals, membership)
                area = auc(evidence, level=level)
            except NotEnoughData as error:
                found.append(replace(result, notes=(Note.of("auc", error),)))
                continue
            other = replace(membership, member=~membership.member)
            ways = (evidence, collect(Threshold(), signals, other))
            # each way with the scores that tie: one is not what the other leaves of 1
            both = min(1.0, 2 * min(map(no_leak_p_value, ways)))
            found.append(_measured(result, evidence, replace(area, p_value=both)))
    return adjusted(found)


def gate_warning(blind: Sequence[CheckResult], models: Sequence[CheckResult]) -> str:
    """What the reader must know first where a gate is shut; empty where both are open."""
    worst = _worst(blind)
    if worst is not None:
        area = worst.estimates[0]
        return (
            "the split itself is a giveaway: a guesser who sees the texts and never the model"
            f" ({_view(worst)}) tells members from non-members with AUC {area.value:.3g}"
            f" ({area.low:.3g} to {area.high:.3g}; 0.5 is chance). Members and non-members come"
            " from different sources or times, so these numbers measure the split and not the"
            " model. Draw both from one pool at random."
        )
    worst = _worst(models)
    if worst is not None:
        area = worst.estimates[0]
        return (
            "the split itself is a giveaway: a model that was not trained on these texts"
            f" ({worst.name}) tells members from non-members with AUC {area.value:.3g}"
            f" ({area.low:.3g} to {area.high:.3g}; 0.5 is chance). Either the texts differ in kind"
            " between the sides, or that model has seen them. Draw both sides from one pool at"
            " random, and give a reference that cannot have seen them."
        )
    return ""


def overlap_of(
    tokens: Tokens | None, membership: Membership, texts: Sequence[str] | None = None
) -> Overlap | None:
    """Texts that share a run of 32 tokens with a text of the other side.

    Where the model gives no token numbers the words of the texts are compared, 24 in a row; None
    where there are no texts either. Texts shorter than a run share where one stands whole in the
    other; those of fewer than 8 tokens, which stand in others by chance, where another text is the
    same.
    """
    if tokens is not None and tokens.token is not None:
        rows, length, unit = tokens.ragged("token"), RUN, "tokens"
    elif texts is not None:
        rows, length, unit = words_of(texts), WORDS, "words"
    else:
        return None
    shared = np.zeros(rows.n, bool)
    size = np.minimum(rows.lengths, length)
    sides = [np.flatnonzero(membership.member), np.flatnonzero(~membership.member)]
    for own, other in (sides, sides[::-1]):
        if not len(other):
            continue
        corpus = rows.take(other)
        for each in np.unique(size[own]).tolist():
            chosen = own[size[own] == each]
            inside = corpus
            if each < SHORTEST_RUN:
                same = np.flatnonzero(corpus.lengths == each)
                if not len(same):
                    continue
                inside = corpus.take(same)
            shared[chosen] |= shared_runs(rows.take(chosen), inside, length=each)
    parts = [float(shared[side].mean()) if len(side) else 0.0 for side in sides]
    return Overlap(checking.frozen(shared), length, parts[0], parts[1], unit)


def require_apart(overlap: Overlap | None) -> None:
    """Raise where too many texts stand on both sides.

    Raises
    ------
    InvalidInput
        More than 1 % of a side's texts hold a run of the other side; row numbers are given.
    """
    if overlap is None or not overlap.too_much:
        return
    if overlap.shared.all():
        raise InvalidInput(
            "`member` and `nonmember` hold the same texts: every text of either side stands in "
            "the other. Non-members are texts that the model was not trained on."
        )
    rows = checking.rows_text(np.flatnonzero(overlap.shared))
    raise InvalidInput(
        f"Members and non-members overlap: {100 * overlap.member:.3g} % of the members and"
        f" {100 * overlap.nonmember:.3g} % of the non-members share {overlap.length}"
        f" {overlap.unit} in a row with the other side, or stand in it whole, in {rows}, members"
        " counted first. A non-member that was trained on in part is neither. Pass overlap='drop'"
        " to leave these texts out, or overlap='keep' to count them as they are."
    )


def adjusted(results: Sequence[CheckResult]) -> tuple[CheckResult, ...]:
    """The results with Holm-adjusted p-values, over those that have one."""
    known = [index for index, result in enumerate(results) if result.p_value is not None]
    found = list(results)
    for index, p in zip(known, holm([results[index].p_value or 0.0 for index in known])):
        found[index] = replace(found[index], p_adjusted=float(p))
    return tuple(found)


def _measured(result: CheckResult, evidence: Evidence, area: Estimate) -> CheckResult:
    return replace(
        result,
        n_members=evidence.n_members,
        n_nonmembers=evidence.n_nonmembers,
        estimates=(area,),
        p_value=area.p_value,
    )


def _scores_of(tokens: Tokens) -> dict[str, NDArray[np.float64]]:
    found = {"mean_logprob": mean_logprob(tokens)}
    if tokens.compressed is not None:
        found["zlib_ratio"] = zlib_ratio(tokens)
    if tokens.mean is not None and tokens.var is not None:
        found["min_k_plus_plus"] = min_k_plus_plus(tokens)
    return found


def _worst(results: Sequence[CheckResult]) -> CheckResult | None:
    refused = [r for r in results if r.p_adjusted is not None and r.p_adjusted <= REFUSED]
    return min(refused, key=lambda result: result.p_adjusted or 0.0, default=None)


def _view(result: CheckResult) -> str:
    return result.name.partition("(")[2].removesuffix(")")
