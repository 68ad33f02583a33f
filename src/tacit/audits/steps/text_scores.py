"""Every score of texts that the given Tokens allow, by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacit.attacks.threshold import Threshold
from tacit.audits.steps.scoring import Scored, at_thresholds
from tacit.core import Check, Membership, Signals, Tokens, collect
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
    several = []
    for name, other in references.items():
        if other.digest != tokens.digest:
            value = reference.byte_ratio(tokens, other)
            found.append(Score(f"ratio a byte, {name}", "byte_ratio", value))
            continue
        found += against(tokens, other, name)
        several.append(other)
    if len(several) > 1:
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


def scored(scores: Sequence[Score], membership: Membership) -> tuple[Scored, ...]:
    """Each score beside the truth, on all texts; two that rank alike pay once."""
    items: list[Scored] = []
    for score in scores:
        check = Check(score.name, score.statistic, Threshold(), METRICS)
        items.append(
            at_thresholds(check, collect(Threshold(), signals_of(score), membership), items)
        )
    return tuple(items)


def signals_of(score: Score) -> Signals:
    """What a guesser sees of one score."""
    return Signals.of(score.value, statistic=score.statistic)
