"""Every score of texts that the given Tokens allow, by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacit.attacks.threshold import Threshold
from tacit.audits.steps.halves import Halves
from tacit.audits.steps.scoring import Marked
from tacit.core import Check, Evidence, Membership, Signals, Tokens, collect
from tacit.metrics import best_threshold
from tacit.signals import language, reference

METRICS = ("auc", "tpr@fpr=0.01", "tpr@fpr=0.001")


@dataclass(frozen=True, eq=False)
class Score:
    """One number a text.

    Parameters
    ----------
    name : str
        What the report calls it.
    statistic : str
        Of which scores are made of which numbers.
    value : float (n,)
        Larger means more like a member.
    """

    name: str
    statistic: str
    value: NDArray[np.float64]


def scores_of(tokens: Tokens, references: Mapping[str, Tokens]) -> tuple[Score, ...]:
    """All scores that these Tokens allow, the plainest first.

    Parameters
    ----------
    tokens : Tokens
        Of the audited model.
    references : name to Tokens
        The same texts under models that were not trained on them.
    """
    found = [Score("log-probability", "mean_logprob", language.mean_logprob(tokens))]
    found.append(Score("Min-K", "min_k", language.min_k(tokens)))
    if tokens.compressed is not None:
        found.append(Score("zlib", "zlib_ratio", language.zlib_ratio(tokens)))
    if tokens.mean is not None and tokens.var is not None:
        value = language.min_k_plus_plus(tokens)
        found.append(Score("Min-K++", "min_k_plus_plus", value))
    for name, other in references.items():
        found += against(tokens, other, name)
    if len(references) > 1:
        several = list(references.values())
        value = reference.base_ratio(tokens, several)
        found.append(Score(f"BASE over {len(several)} references", "base_ratio", value))
        found += against(tokens, reference.pooled(tokens, several), "all references")
    return tuple(found)


def against(tokens: Tokens, other: Tokens, name: str) -> list[Score]:
    """The scores of a model beside one reference called `name`."""
    made = {
        "ratio": "log_ratio",
        "window votes (WBC)": "window_vote",
        "tanh vote": "tanh_vote",
    }
    if tokens.top1 is not None:
        made |= {
            "error zone": "error_zone",
            "error zone (as published)": "error_zone_published",
        }
    return [
        Score(f"{label}, {name}", function, getattr(reference, function)(tokens, other))
        for label, function in made.items()
    ]


def marked_scores(scores: Sequence[Score], membership: Membership, halves: Halves) -> list[Marked]:
    """Each score beside the truth, its threshold set on one half of the texts and graded on the
    other.
    """
    marked = []
    for score in scores:
        signals = Signals.of(score.value, statistic=score.statistic)
        evidence = collect(Threshold(), signals, membership)
        choosing, measured = evidence.take(halves.choosing), evidence.take(halves.measured)
        threshold = best_threshold(choosing)
        promise = _gain(choosing, threshold)
        check = Check(score.name, score.statistic, Threshold(), METRICS)
        marked.append(Marked(check, choosing, measured, threshold, promise))
    return marked


def _gain(choosing: Evidence, threshold: float) -> float:
    """Share of members at or above the threshold, less that of non-members."""
    return float(
        (choosing.member_scores >= threshold).mean()
        - (choosing.nonmember_scores >= threshold).mean()
    )
