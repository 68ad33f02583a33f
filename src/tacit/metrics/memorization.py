"""What a language model can be made to say: extraction in closed form, and exposure of secrets."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.core import Estimate, InvalidInput, NotEnoughData, checking
from tacit.metrics.clusters import CLUSTERED, INDEPENDENT, effective_size
from tacit.metrics.intervals import clopper_pearson, fisher_p_value, share_difference

# below this log-probability, log(1 - p_z) is -p_z to the last digit of a float64
TINY = -36.0
ONE_TRY = "each try is an independent sample of the whole suffix"
SAME_SOURCE = "the control texts come from the same source and were never trained on"
HAYES = "Hayes et al., Measuring Memorization in Language Models via Probabilistic Extraction, 2025"
SECRET_SHARER = "Carlini et al., The Secret Sharer, 2019"
EXCHANGEABLE = (
    "the reference secrets were drawn from the same space as the secret, which was drawn at random"
)


def tries_needed(log_p: ArrayLike, p: float = 0.5) -> NDArray[np.float64]:
    """Samples after which a suffix has come out at least once with probability `p`; (n,).

    Worked out in logarithms, so that no long suffix underflows; infinite where the sampler never
    produces it.

    Parameters
    ----------
    log_p : float (n,)
        Log-probability of the whole suffix under the sampler in use; -infinity: never.
    p : float
        Probability, in (0, 1).

    References
    ----------
    .. [1] Hayes et al., Measuring Memorization in Language Models via Probabilistic Extraction,
       NAACL 2025, eq. 2.

    Examples
    --------
    >>> tries_needed([np.log(0.5)], p=0.75).tolist()
    [2.0]
    """
    values = _log_probabilities(log_p, "log_p")
    wanted = -math.log1p(-checking.fraction(p, "p"))
    with np.errstate(over="ignore", divide="ignore"):
        exact = wanted / -_log_of_missing(np.maximum(values, TINY))
        tiny = wanted * np.exp(-values)
    return np.asarray(np.where(values < TINY, tiny, exact), np.float64)


def extractable(log_p: ArrayLike, *, n: float, p: float = 0.5) -> NDArray[np.bool_]:
    """bool (k,): does the suffix come out in `n` samples with probability `p` or more?"""
    if not n >= 1:
        raise InvalidInput(f"`n` needs 1 sample or more, got {n!r}.")
    # one part in 1e12 more than asked: log(0.25)/log(0.5) must be 2 tries and not 2 + 1e-16
    return np.asarray(tries_needed(log_p, p) <= n * (1 + 1e-12))


def extraction_rate(
    log_p: ArrayLike,
    control: ArrayLike,
    *,
    n: float,
    p: float = 0.5,
    level: float = 0.95,
    cluster: tuple[ArrayLike, ArrayLike] | None = None,
) -> Estimate:
    """Share of training texts that can be extracted, less that of texts never trained on.

    Common phrases come out of every model: without the control they would be called memorised.
    The interval is that of a difference of two shares, the p-value Fisher's, of "no more than in
    the control". Texts of one user or document are no independent texts: with `cluster` each side
    counts as the number of independent texts that its clusters are worth.

    Parameters
    ----------
    log_p : float (m,)
        Log-probability of the suffix of each training text under the sampler in use.
    control : float (c,)
        The same of texts from the same source that were not trained on.
    n, p : float
        A text counts where its suffix comes out in `n` samples with probability `p`.
    level : float
        Two-sided confidence.
    cluster : pair of (m,) and (c,), or None
        The user or document of each text.

    Raises
    ------
    NotEnoughData
        There is no training text or no control.

    References
    ----------
    .. [1] Hayes et al., Measuring Memorization in Language Models via Probabilistic Extraction,
       NAACL 2025.
    .. [2] Korn, Graubard, Confidence intervals for proportions with small expected number of
       positive counts, 1998.
    """
    checking.fraction(level, "level")
    found = [extractable(values, n=n, p=p) for values in (log_p, control)]
    _require_texts(found)
    sides = [_Share.of(hit, part) for hit, part in zip(found, cluster or (None, None))]
    trained, other = sides
    low, high = share_difference((trained.hits, other.hits), (trained.n, other.n), level=level)
    value = trained.value - other.value
    method = f"(n={n:g}, p={p:g})-extraction in closed form, melded and squared exact limits"
    return Estimate(
        "extraction difference",
        value,
        min(low, value),
        max(high, value),
        level,
        sum(side.units for side in sides),
        method,
        (ONE_TRY, SAME_SOURCE, INDEPENDENT if cluster is None else CLUSTERED),
        _p_value(trained, other),
        settings={"n": n, "p": p},
        references=(HAYES,),
    )


def extraction_share(
    log_p: ArrayLike,
    *,
    n: float,
    p: float = 0.5,
    level: float = 0.95,
    cluster: ArrayLike | None = None,
) -> Estimate:
    """Share of texts whose suffix can be extracted; says nothing of training without a control.

    Parameters as of `extraction_rate`, of one side.
    """
    checking.fraction(level, "level")
    hit = extractable(log_p, n=n, p=p)
    _require_texts([hit, hit])
    side = _Share.of(hit, cluster)
    low, high = clopper_pearson(side.hits, side.n, level=level)
    method = f"(n={n:g}, p={p:g})-extraction in closed form, Clopper-Pearson"
    return Estimate(
        "extraction",
        side.value,
        min(float(low), side.value),
        max(float(high), side.value),
        level,
        side.units,
        method,
        (ONE_TRY, INDEPENDENT if cluster is None else CLUSTERED),
        settings={"n": n, "p": p},
        references=(HAYES,),
    )


@dataclass(frozen=True)
class _Share:
    """A share, and of how many independent texts it is known."""

    value: float
    n: float
    units: int

    @classmethod
    def of(cls, hit: NDArray[np.bool_], cluster: ArrayLike | None) -> "_Share":
        value = float(np.count_nonzero(hit)) / len(hit)
        if cluster is None:
            return cls(value, float(len(hit)), len(hit))
        given = np.asarray(cluster)
        checking.require_length(len(hit), cluster=given)
        _, unit = np.unique(given, return_inverse=True)
        units = int(unit.max()) + 1
        if units == len(hit):
            return cls(value, float(len(hit)), units)
        return cls(value, effective_size(hit, unit.reshape(-1).astype(np.int64)), units)

    @property
    def hits(self) -> float:
        """Of `n`."""
        return self.value * self.n


def _p_value(trained: _Share, control: _Share) -> float:
    """Fisher's, of whole numbers; where clusters make them fractions, rounded against a leak."""
    # a share times a count misses a whole number by rounding
    slack = 1e-9
    sizes = (math.floor(trained.n + slack), math.floor(control.n + slack))
    hits = (
        min(sizes[0], math.floor(trained.hits + slack)),
        min(sizes[1], math.ceil(control.hits - slack)),
    )
    return fisher_p_value(hits, sizes)


def beyond_prior(log_p: ArrayLike, reference: ArrayLike) -> NDArray[np.float64]:
    """How many times likelier the model makes each suffix than a reference does, in log10; (n,).

    A phrase that every model knows is near 0, however likely it is. Both without a cut
    (temperature only), since a suffix that either never says has no ratio.

    Raises
    ------
    InvalidInput
        A log-probability is infinite, or the lengths differ.
    """
    own, other = _log_probabilities(log_p, "log_p"), _log_probabilities(reference, "reference")
    if own.shape != other.shape:
        raise InvalidInput(f"`reference` needs {len(own)} numbers, got {len(other)}.")
    if not (np.isfinite(own).all() and np.isfinite(other).all()):
        raise InvalidInput("A ratio to the prior needs suffixes without a cut token: no top-k.")
    return np.asarray((own - other) / math.log(10), np.float64)


def exposure(
    score: float,
    references: ArrayLike,
    *,
    size: float | None = None,
    level: float = 0.95,
) -> Estimate:
    """Bits by which a secret is easier to guess than chance, from its rank among others.

    Exposure is log2 of the size of the space less log2 of the secret's rank in it; so minus log2
    of the share of secrets that score at least as high. That share is estimated from references
    drawn at random; its interval is exact (Clopper-Pearson). Where no reference scores as high the
    upper end is what the space allows, or infinite where its size is not given: no distribution
    is fitted to the tail. The secret is one of its space: where `size` is given it is counted in
    its own rank, which matters where the space is small.

    Parameters
    ----------
    score : float
        Of the secret that was trained on; larger is likelier.
    references : float (n,)
        Scores of secrets drawn at random from the same space and not trained on.
    size : float or None
        Number of secrets in the space.
    level : float
        Two-sided confidence.

    Raises
    ------
    NotEnoughData
        There is no reference.

    References
    ----------
    .. [1] Carlini et al., The Secret Sharer, USENIX Security 2019, sec. 4.

    Examples
    --------
    >>> exposure(1.0, [0.5, 2.0, 0.1], size=1000).value
    1.0
    """
    checking.fraction(level, "level")
    others = checking.floats(references, "references", ndim=1)
    own = _finite(score)
    if not len(others):
        message = "An exposure by rank needs references, got none."
        raise NotEnoughData(message, needed=1, got=0, unit="references")
    most = math.inf if size is None else math.log2(_size(size))
    better, n = int(np.count_nonzero(others >= own)), len(others)
    low, high = clopper_pearson(better, n, level=level)
    rivals = math.inf if size is None else size - 1
    # references drawn again and again tell no finer ranks than the space has
    places = min(n, rivals)
    value = -math.log2((1 + places * better / n) / (1 + places))
    bottom = min(value, _bits(float(high), rivals))
    top = max(value, min(most, _bits(float(low), rivals)))
    method = f"rank among {n} references, Clopper-Pearson"
    return Estimate(
        "exposure",
        value,
        bottom,
        top,
        level,
        n,
        method,
        (EXCHANGEABLE,),
        references=(SECRET_SHARER,),
    )


def _bits(share: float, rivals: float) -> float:
    """Exposure of a secret that this share of its rivals beats; it holds a place of its own."""
    own = share if math.isinf(rivals) else (1 + rivals * share) / (1 + rivals)
    return math.inf if own <= 0 else -math.log2(own)


def exact_exposure(score: float, every: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Exposure of a secret whose whole space was scored: no interval is left.

    Parameters
    ----------
    score : float
        Of the secret.
    every : float (|R|,)
        Scores of all secrets of the space, the secret itself among them.
    level : float
        Written on the estimate; the ends are the value.
    """
    everyone = checking.floats(every, "every", ndim=1)
    own = _finite(score)
    rank = int(np.count_nonzero(everyone >= own))
    if rank < 1:
        raise InvalidInput("`every` needs the score of the secret itself among the others.")
    value = math.log2(len(everyone)) - math.log2(rank)
    method = f"exact rank {rank:,} of {len(everyone):,}"
    return Estimate(
        "exposure",
        value,
        value,
        value,
        level,
        len(everyone),
        method,
        references=(SECRET_SHARER,),
    )


def _log_of_missing(log_p: NDArray[np.float64]) -> NDArray[np.float64]:
    """log(1 - p) of one sample."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log1p(-np.exp(log_p)), np.float64)


def _log_probabilities(values: ArrayLike, name: str) -> NDArray[np.float64]:
    found = np.atleast_1d(np.asarray(values, np.float64))
    wrong = np.flatnonzero(np.isnan(found) | (found > 0))
    if found.ndim != 1 or len(wrong):
        raise InvalidInput(
            f"`{name}` needs log-probabilities, 0 or less (or -infinity), got others in "
            f"{checking.rows_text(wrong)}."
        )
    return found


def _require_texts(sides: list[NDArray[np.bool_]]) -> None:
    if min(len(side) for side in sides) < 1:
        sizes = f"{len(sides[0])} and {len(sides[1])}"
        message = f"Extraction needs training and control texts, got {sizes}."
        raise NotEnoughData(message, needed=1, got=0, unit="texts of each side")


def _finite(score: Any) -> float:
    if not math.isfinite(float(score)):
        raise InvalidInput(f"`score` needs a finite number, got {score!r}.")
    return float(score)


def _size(size: float) -> float:
    if not size >= 1:
        raise InvalidInput(f"`size` needs 1 secret or more, got {size!r}.")
    return float(size)
