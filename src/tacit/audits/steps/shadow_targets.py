"""Every shadow model as a target: what an attack does to models like the audited one, and how much
models differ.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.attacks import shadow_scores
from tacit.attacks.reference.families import families
from tacit.core import Attack, Estimate, Evidence, Metric, NotEnoughData, Signals
from tacit.metrics import named

ASSUMES = (
    "Shadow models are trained as the audited model is; they share records, so that models may"
    " differ a little more."
)


def shadow_evidence(
    attack: Attack, signals: Signals, *, cluster: NDArray[np.int64] | None = None
) -> tuple[Evidence, ...]:
    """The marked paper of every shadow model as the target of the others, its antithetic mate left
    out with it.

    Parameters
    ----------
    attack : any attack with shadow models.
    signals : with m shadow models.
    cluster : the unit of independence of each record, int (n,).

    Raises
    ------
    NotEnoughData : fewer than two shadow models that do not give each other away.

    Examples
    --------
    >>> from tacit.attacks import BASE
    >>> from tacit.testing import ShadowGaussian
    >>> game = ShadowGaussian(n_shadows=4).draw(100, seed=0)
    >>> len(shadow_evidence(BASE(), game.signals))
    4
    """
    row = np.arange(signals.n, dtype=np.int64)
    scores = shadow_scores(attack, signals)
    return tuple(
        Evidence(score, member, cluster, "coin", repr(attack), row)
        for score, member in zip(scores, signals.shadow_member)
    )


def between_models(
    evidences: Sequence[Evidence],
    metric: str | Metric,
    *,
    level: float = 0.95,
    pairs: Sequence[Sequence[int]] | None = None,
) -> Estimate:
    """The mean of a metric over targets, with the interval for the model that training would give
    next time.

    The value is the mean over target models, the interval a Student interval for that mean;
    antithetic mates are averaged first, because one determines the other's training set.

    Parameters
    ----------
    evidences : one a target.
    metric : a name, or a function from Evidence to Estimate.
    level : confidence.
    pairs : indices of targets that belong together; None: those with the same or exactly opposite
        members.

    Raises
    ------
    NotEnoughData : fewer than two units, or what the metric itself raises.
    """
    from scipy.stats import t as student

    function: Callable[..., Estimate] = named(metric) if isinstance(metric, str) else metric
    found = [function(evidence) for evidence in evidences]
    units = (
        families(np.array([evidence.member for evidence in evidences])) if pairs is None else pairs
    )
    values = np.array([np.mean([found[index].value for index in unit]) for unit in units])
    if len(values) < 2:
        message = (
            f"An interval between models needs 2 targets that are not mates, got {len(values)}."
        )
        raise NotEnoughData(message, needed=2, got=len(values), unit="targets")
    half = float(
        student.ppf((1 + level) / 2, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    )
    mean = float(values.mean())
    method = f"Student interval over {len(values)} independent targets"
    return Estimate(
        found[0].name, mean, mean - half, mean + half, level, len(values), method, (ASSUMES,)
    )


def vulnerability(evidences: Sequence[Evidence], *, level: float = 0.95) -> dict[str, Any]:
    """How exposed each record is when it is trained on, with an error bar: the share of non-members
    that it outscores.

    For every target that was trained on the record, the share of that target's non-members with a
    lower score; the mean over those targets. 0.5 is not exposed, 1 is found each time. The spread
    between targets is pooled over all records.

    Returns
    -------
    dict : ``"vulnerability"``, ``"low"``, ``"high"`` lists of length n (None where no target was
    trained on the record), and
        ``"n_targets"``.
    """
    share, inside = [], []
    for evidence in evidences:
        below = np.searchsorted(evidence.nonmember_scores, evidence.score, "left")
        upto = np.searchsorted(evidence.nonmember_scores, evidence.score, "right")
        share.append((below + upto) / 2 / evidence.n_nonmembers)
        inside.append(evidence.member)
    shares, member = np.array(share), np.array(inside)
    count = member.sum(axis=0)
    mean = np.where(member, shares, 0.0).sum(axis=0) / np.maximum(count, 1)
    scatter = np.where(member, (shares - mean) ** 2, 0.0).sum()
    freedom = int(np.maximum(count - 1, 0).sum())
    spread = float(np.sqrt(scatter / freedom)) if freedom else 0.5
    half = _normal_quantile(level) * spread / np.sqrt(np.maximum(count, 1))
    low, high = np.clip(mean - half, 0, 1), np.clip(mean + half, 0, 1)
    known = count > 0
    columns = {"vulnerability": mean, "low": low, "high": high}
    listed: dict[str, Any] = {name: _listed(values, known) for name, values in columns.items()}
    return {**listed, "n_targets": count.tolist()}


def _normal_quantile(level: float) -> float:
    from scipy.special import ndtri

    return float(ndtri((1 + level) / 2))


def _listed(values: NDArray[np.float64], known: NDArray[np.bool_]) -> list[float | None]:
    return [float(value) if has else None for value, has in zip(values, known)]
