"""Scores of single records from shadow models, by TensorFlow Privacy's names and signs.

Here, and only here, a LOW score means member, as scripts written for TensorFlow Privacy expect. On
tacit's line larger means member, and `tacit.attacks.LiRA`, `EBLiRA` and `ShadowStack` find more.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from tacit.compat.tf_privacy.privacy_tests.losses import SMALL, log_loss
from tacit.core import InvalidInput

Array = NDArray[Any]
Option = Literal["both", "in", "out"]
Centre = Literal["median", "mean"]

# a spread of zero (one shadow model) gets this much, so that its density is finite (theirs, kept)
SMALLEST_SPREAD = 1e-30
STATISTICS = ("conf with prob", "xe", "logit", "conf with logit", "hinge")
ON_LOGITS = ("conf with logit", "hinge")


def compute_score_lira(
    stat_target: Array | Sequence[Any],
    stat_in: Sequence[Array],
    stat_out: Sequence[Array],
    option: Option = "both",
    fix_variance: bool = False,
    median_or_mean: Centre = "median",
) -> Array:
    """LiRA's score (n,), averaged over augmentations; LOW means member.

    Parameters
    ----------
    stat_target : (n, k), of the target model under k augmentations.
    stat_in : for each record the statistics (m, k) of the shadow models trained on it.
    stat_out : the same of those not trained on it.
    option : log p(out) - log p(in), or minus log p(in), or log p(out).
    fix_variance : one spread for all records.
    median_or_mean : centre of the Gaussian; its spread is taken about the mean of a record, or
        about the centre where `fix_variance`.

    Raises
    ------
    InvalidInput : an option is unknown, or shapes do not fit.

    References
    ----------
    .. [1] Carlini et al., Membership Inference Attacks From First Principles, 2022, alg. 1.
    """
    _require_options(option, median_or_mean)
    target = np.asarray(stat_target, float)
    score = np.zeros(target.shape)
    for side, stats, sign in (("in", stat_in, -1), ("out", stat_out, 1)):
        if option in (side, "both"):
            centre, spread = _fitted(stats, side, median_or_mean, fixed=fix_variance)
            score += sign * _log_density(target, centre, spread + SMALLEST_SPREAD)
    return np.asarray(score.mean(axis=1))


def compute_score_offset(
    stat_target: Array | Sequence[Any],
    stat_in: Sequence[Array],
    stat_out: Sequence[Array],
    option: Option = "both",
    median_or_mean: Centre = "median",
) -> Array:
    """The target's statistic less its centre over shadow models (n,), averaged over augmentations.

    Parameters
    ----------
    stat_target, stat_in, stat_out : as for `compute_score_lira`.
    option : the centre of the models trained on the record, of the others, or half-way.
    median_or_mean : which centre.

    Raises
    ------
    InvalidInput : an option is unknown, or shapes do not fit.
    """
    _require_options(option, median_or_mean)
    chosen = [
        _centres(stats, side, median_or_mean)
        for side, stats in (("in", stat_in), ("out", stat_out))
        if option in (side, "both")
    ]
    return np.asarray((np.asarray(stat_target, float) - np.mean(chosen, axis=0)).mean(axis=1))


def calculate_statistic(
    pred: Array,
    labels: Array,
    sample_weight: Array | None = None,
    is_logits: bool = True,
    option: str = "logit",
    small_value: float = 1e-45,
) -> Array:
    """A statistic (n,) of what the model answered; `pred` is left as it is.

    Parameters
    ----------
    pred : (n, k) logits or probabilities.
    labels : int (n,), the true class.
    sample_weight : (n,), multiplies the loss ``"xe"`` only.
    is_logits : whether `pred` holds logits.
    option : ``"conf with prob"`` p of the true class; ``"xe"`` the loss; ``"logit"``
        log p / (1 - p); ``"conf with logit"`` the true logit; ``"hinge"`` that less the largest of
        the others.
    small_value : added to probabilities before a logarithm; logits need none.

    Raises
    ------
    InvalidInput : the option is unknown, or needs logits.
    """
    if option not in STATISTICS:
        raise InvalidInput(f"`option` needs one of {STATISTICS}, got {option!r}.")
    if option in ON_LOGITS and not is_logits:
        raise InvalidInput(f"{option!r} needs logits, and `pred` holds probabilities.")
    rows = np.arange(len(labels))
    pred = np.asarray(pred, np.float64)
    if option == "conf with logit":
        return np.asarray(pred[rows, labels])
    if option == "conf with prob":
        return np.asarray((special.softmax(pred, axis=1) if is_logits else pred)[rows, labels])
    if option == "xe":
        return log_loss(labels, pred, sample_weight, from_logits=is_logits, small_value=SMALL)
    true = pred[rows, labels]
    others = pred.copy()
    others[rows, labels] = -np.inf if is_logits else 0.0
    if option == "hinge":
        return np.asarray(true - others.max(axis=1))
    if is_logits:
        return np.asarray(true - special.logsumexp(others, axis=1))
    return np.asarray(np.log(true + small_value) - np.log(others.sum(axis=1) + small_value))


def convert_logit_to_prob(logit: Array) -> Array:
    """Softmax of each row, float64."""
    return np.asarray(special.softmax(np.asarray(logit, np.float64), axis=1))


def replace_nan_with_column_mean(a: Array) -> None:
    """Put the mean of its column into the place of each NaN; `a` itself is changed."""
    missing = np.isnan(a)
    if missing.any():
        a[missing] = np.broadcast_to(np.nanmean(a, axis=0), a.shape)[missing]


def _fitted(
    stats: Sequence[Array], side: str, centre: Centre, *, fixed: bool
) -> tuple[Array, Array | np.floating[Any]]:
    """Centres (n, k) and spreads (n, k), or one spread for all."""
    centres = _centres(stats, side, centre)
    if fixed:
        return centres, np.nanstd(np.concatenate([s - c for s, c in zip(stats, centres)]))
    return centres, _reduced(stats, np.nanstd)


def _centres(stats: Sequence[Array], side: str, centre: Centre) -> Array:
    if not stats or any(np.ndim(s) != 2 or s.shape[1] != stats[0].shape[1] for s in stats):
        raise InvalidInput(
            f"`stat_{side}` needs an array of shape (m, k) for each record, with the same k."
        )
    return _reduced(stats, np.nanmedian if centre == "median" else np.nanmean)


def _reduced(stats: Sequence[Array], reduce: Callable[..., Array]) -> Array:
    """One row a record; a record without shadow models gets the mean of the others."""
    columns = stats[0].shape[1]
    rows = np.array(
        [reduce(s, axis=0) if len(s) else np.full(columns, np.nan) for s in stats], float
    )
    replace_nan_with_column_mean(rows)
    return rows


def _log_density(x: Array, centre: Array, spread: Any) -> Array:
    return np.asarray(-(((x - centre) / spread) ** 2) / 2 - np.log(spread * np.sqrt(2 * np.pi)))


def _require_options(option: str, centre: str) -> None:
    if option not in ("both", "in", "out"):
        raise InvalidInput(f'`option` needs "both", "in" or "out", got {option!r}.')
    if centre not in ("median", "mean"):
        raise InvalidInput(f'`median_or_mean` needs "median" or "mean", got {centre!r}.')
