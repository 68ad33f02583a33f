"""Tokens of a model beside those of references to one number a text. LARGER: MORE LIKE A MEMBER.

A reference is a model of the same tokenizer that was not trained on the texts: the base model, or
better one that was fine-tuned like the audited model on other documents. Which of the two it is
matters more than the choice among these scores.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput, Ragged, Tokens, checking

# the list in the published configuration of the window votes
WIDTHS = (2, 3, 4, 6, 9, 13, 18, 25, 32, 40)
# the published ratio divides by the losses plus this
SMALLEST_LOSS = 1e-12
# one squared nat beside the squared differences: a text with one small difference is no evidence
ONE_NAT = 1.0
# orders texts without a wrong token among themselves and leaves them below any real difference
OWN_STRATUM = 1e-9
SCALES = {
    "log_ratio": "log-likelihood",
    "window_vote": "none",
    "error_zone": "none",
    "error_zone_published": "none",
    "tanh_vote": "none",
    "base_ratio": "log-likelihood",
    "byte_ratio": "log-likelihood",
}


def log_ratio(target: Tokens, reference: Tokens) -> NDArray[np.float64]:
    """Mean difference of the log-probabilities a token, in nats; (n,).

    Scale: a log-likelihood (ratio).

    Parameters
    ----------
    target : Tokens
        Of the audited model.
    reference : Tokens
        The same texts under a model with the same tokenizer.
    """
    return differences(target, reference).mean()


def window_vote(
    target: Tokens, reference: Tokens, widths: Sequence[int] = WIDTHS
) -> NDArray[np.float64]:
    """Share of windows in which the model fits better than the reference, over widths; (n,).

    For each width (cut to the text's length), the share of windows whose summed difference of
    log-probabilities is positive; the mean over the widths.

    Scale: none, it only ranks; it is bounded, so it is a poor signal for shadow models.

    References
    ----------
    .. [1] Chen et al., Window-based membership inference (WBC), USENIX Security 2026.
    """
    if not widths or min(widths) < 1:
        raise InvalidInput(f"`widths` needs numbers of tokens from 1 up, got {tuple(widths)}.")
    gap = differences(target, reference)
    whole = gap.sum()
    room = gap.lengths[gap.row] - gap.place
    total = np.zeros(gap.n)
    window = np.zeros(len(gap.value))
    done = 0
    for width in sorted(widths):
        # each window grows token by token, so no text's sums depend on its neighbours
        for step in range(done, min(width, len(window))):
            window[: len(window) - step] += gap.value[step:]
        done = width
        inside = room >= width
        won = np.add.reduceat((window > 0) & inside, gap.start[:-1], dtype=np.int64)
        count = gap.lengths - width + 1
        total += np.where(count > 0, won / np.maximum(count, 1), whole > 0)
    return np.asarray(total / len(widths), np.float64)


def error_zone(target: Tokens, reference: Tokens) -> NDArray[np.float64]:
    """How far the model is ahead of the reference where it still errs, as a t-like ratio; (n,).

    Over the tokens after the first that were not the model's first guess: the sum of the
    differences of the log-probabilities over the root of their summed squares plus one. A text
    without such a token says nothing here: it gets the neutral 0, ordered among its like by its
    mean log-probability. `all_right` says which texts these are.

    Scale: none, it only ranks.

    Raises
    ------
    InvalidInput
        The target's Tokens do not hold `top1`.

    References
    ----------
    .. [1] Ilic et al., Error-zone membership inference (EZ-MIA), 2026. The ratio there is
       `error_zone_published`; this form has no special cases.
    """
    gap, wrong = differences(target, reference), _wrong(target)
    inside = np.where(wrong, gap.value, 0.0)
    top, squares = Ragged(inside, gap.start).sum(), Ragged(inside**2, gap.start).sum()
    score = top / np.sqrt(squares + ONE_NAT)
    order = OWN_STRATUM * target.ragged().mean()
    return np.asarray(np.where(all_right(target), order, score), np.float64)


def error_zone_published(target: Tokens, reference: Tokens) -> NDArray[np.float64]:
    """The error zone as its authors' code computes it: gains over losses on wrong tokens; (n,).

    Texts with fewer than two wrong tokens, or without any loss, get 0, the least member-like
    score; a text learned by heart is among them.

    Scale: none, it only ranks.

    References
    ----------
    .. [1] Ilic et al., Error-zone membership inference (EZ-MIA), 2026.
    """
    gap, wrong = differences(target, reference), _wrong(target)
    inside = np.where(wrong, gap.value, 0.0)
    gains = Ragged(np.maximum(inside, 0), gap.start).sum()
    losses = Ragged(np.maximum(-inside, 0), gap.start).sum()
    few = Ragged(wrong, gap.start).sum() < 2
    return np.asarray(np.where(few | (losses == 0), 0.0, gains / (losses + SMALLEST_LOSS)))


def all_right(target: Tokens) -> NDArray[np.bool_]:
    """bool (n,): texts in which every token after the first was the model's first guess."""
    return np.asarray(Ragged(_wrong(target), target.kept_start).sum() == 0)


def tanh_vote(target: Tokens, reference: Tokens) -> NDArray[np.float64]:
    """Mean hyperbolic tangent of the differences of the log-probabilities, in nats; (n,).

    A vote a token that a single large difference cannot outweigh; no window and no parameter.

    Scale: none, it only ranks.
    """
    gap = differences(target, reference)
    return Ragged(np.tanh(gap.value), gap.start).mean()


def base_ratio(target: Tokens, references: Sequence[Tokens]) -> NDArray[np.float64]:
    """Mean log-probability less the log of the references' mean likelihood; (n,).

    BASE on the geometric mean of the tokens: mean lp - log (1/K) sum_k exp(mean lp_k). Clearly
    better than the same over whole sequences, whose likelihoods differ by so much that one
    reference decides.

    Scale: a log-likelihood (ratio).

    Parameters
    ----------
    target : Tokens
        Of the audited model.
    references : K of them
        The same texts under reference models.

    References
    ----------
    .. [1] Lassila et al., Practical Bayes-Optimal Membership Inference Attacks, NeurIPS 2025.
    """
    own = target.ragged().mean()
    others = np.stack([reference.ragged().mean() for reference in _several(target, references)])
    return np.asarray(own - _log_mean_exp(others), np.float64)


def byte_ratio(target: Tokens, reference: Tokens) -> NDArray[np.float64]:
    """Difference of the log-probabilities of whole texts, in nats a byte; (n,).

    The one score against a reference with another tokenizer: the characters are the same.

    Scale: a log-likelihood (ratio).

    Raises
    ------
    InvalidInput
        The Tokens do not know the sizes of the texts, or these differ.
    """
    require_same_bytes(target, reference, name="reference")
    gain = target.ragged().sum() - reference.ragged().sum()
    return np.asarray(gain / np.asarray(target.n_bytes), np.float64)


def require_same_bytes(target: Tokens, other: Tokens, *, name: str) -> None:
    """Raise where two models with different tokenizers do not speak of texts of the same sizes.

    Raises
    ------
    InvalidInput
        A size is not known, or the texts differ in number or size.
    """
    if target.n_bytes is None or other.n_bytes is None:
        raise InvalidInput(
            f"`{name}` has another tokenizer ({other.digest or 'unnamed'} against "
            f"{target.digest or 'unnamed'}), so that only whole texts can be compared, a byte; "
            "and the sizes of the texts (`n_bytes`) are not known."
        )
    if target.n != other.n:
        raise InvalidInput(f"`{name}` needs the same {target.n} texts, got {other.n}.")
    differ = np.flatnonzero(target.n_bytes != other.n_bytes)
    if len(differ):
        rows = checking.rows_text(differ)
        raise InvalidInput(f"`{name}` has texts of another size in bytes in {rows}.")


def pooled(target: Tokens, references: Sequence[Tokens]) -> Tokens:
    """One reference from K: the log of the mean probability of each token."""
    others = np.stack([np.asarray(r.logp, np.float64) for r in _several(target, references)])
    return replace(references[0], logp=np.minimum(_log_mean_exp(others), 0.0), mean=None, var=None)


def differences(target: Tokens, reference: Tokens) -> Ragged:
    """Target's less reference's log-probability of every scored token, in nats.

    Raises
    ------
    InvalidInput
        The two have different tokenizers, texts or scored tokens.
    """
    target.require_same_texts(reference)
    own, other = target.ragged(), reference.ragged()
    return Ragged(own.value.astype(np.float64) - other.value, own.start)


def _wrong(target: Tokens) -> NDArray[np.bool_]:
    top1 = target.ragged("top1")
    return np.asarray(~top1.value & (top1.place > 0))


def _several(target: Tokens, references: Sequence[Tokens]) -> Sequence[Tokens]:
    if not references:
        raise InvalidInput("`references` needs at least one Tokens, got none.")
    for reference in references:
        target.require_same_texts(reference, name="references")
    return references


def _log_mean_exp(values: NDArray[np.float64]) -> NDArray[np.float64]:
    top = values.max(axis=0)
    return np.asarray(top + np.log(np.mean(np.exp(values - top), axis=0)), np.float64)
