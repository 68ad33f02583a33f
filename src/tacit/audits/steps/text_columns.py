"""What the shadow stack sees of a text token by token, beside its mean log-probability."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tacit.audits.steps.text_game import Shadows
from tacit.core import InvalidInput, Ragged, Signals, Tokens
from tacit.signals.language import min_k_plus_plus
from tacit.signals.reference import error_zone, tanh_vote, window_vote

Values = NDArray[np.float64]
# tokens' worth of the common variance that is mixed into a token's own, which rests on a few models
PRIOR = 4.0
# share of a text's lowest differences that are averaged
LOWEST = 0.2


@dataclass(frozen=True, eq=False)
class TokenColumns:
    """Columns of the shadow stack from Tokens: a model beside other fine-tunes, text by text.

    Which model is asked about is told by its mean log-probabilities, which no two models share.

    Parameters
    ----------
    tokens : Tokens
        Of the audited model.
    logp : float (n,)
        Its mean log-probability of each text, as the signals have it.
    shadows : Shadows
        The fine-tunes, with their Tokens.
    """

    tokens: Tokens
    logp: NDArray[np.floating]
    shadows: Shadows

    def __call__(self, target: NDArray[np.floating], signals: Signals, others: Sequence[int]) -> Values:
        """Columns (n, d); a larger value speaks for a member, NaN where nothing is known.

        Parameters
        ----------
        target : float (n, 1)
            The signal of the model that is guessed about.
        signals : Signals
            Of all models.
        others : list of int
            The fine-tunes that it is held against.
        """
        own = self._tokens_of(target[:, 0])
        beside = [self._tokens_of(signals.shadow[model, :, 0]) for model in others]
        value = np.stack([each.ragged().value.astype(np.float64) for each in beside])
        rows = own.ragged()
        inside = signals.shadow_member[list(others)][:, rows.row]
        out, everyone = _log_mean(value, ~inside), _log_mean(value, np.ones_like(inside))
        found = [_matched(rows, value, inside)]
        for reference in (out, everyone):
            other = replace(own, logp=_placed(own, reference), mean=None, var=None)
            found += [tanh_vote(own, other), window_vote(own, other)]
            if own.top1 is not None:
                found.append(error_zone(own, other))
        gap = Ragged(rows.value.astype(np.float64) - out, rows.start)
        found.append(gap.mean_of_smallest(LOWEST))
        if own.mean is not None and own.var is not None:
            found.append(min_k_plus_plus(own))
        return np.column_stack(found)

    def _tokens_of(self, signal: NDArray[np.floating]) -> Tokens:
        if np.array_equal(signal, self.logp):
            return self.tokens
        same = [np.array_equal(signal, logp) for logp in self.shadows.logp]
        if True not in same:
            raise InvalidInput("The signals are of other models than the Tokens.")
        return self.shadows.tokens[same.index(True)]


def _log_mean(value: Values, chosen: NDArray[np.bool_]) -> Values:
    """Log of the mean probability of each token over the chosen models; NaN without one."""
    kept = np.where(chosen, value, -np.inf)
    count = chosen.sum(axis=0)
    top = np.where(count > 0, kept.max(axis=0), 0.0)
    with np.errstate(divide="ignore"):
        found = top + np.log(np.exp(kept - top).sum(axis=0) / np.maximum(count, 1))
    return np.asarray(np.where(count > 0, np.minimum(found, 0.0), np.nan), np.float64)


def _matched(own: Ragged, value: Values, inside: NDArray[np.bool_]) -> Values:
    """How far the model has gone, on each token, the way that models trained on the text go.

    The log-ratio of two Gaussians a token with one variance, a mean over the tokens: the shift from
    models without the text to those with it, drawn towards the common shift as far as so few
    models leave it uncertain.
    """
    counts = [chosen.sum(axis=0) for chosen in (inside, ~inside)]
    known = (counts[0] > 0) & (counts[1] > 0)
    means, squares = [], np.zeros(value.shape[1])
    for chosen, count in zip((inside, ~inside), counts):
        mean = np.where(chosen, value, 0.0).sum(axis=0) / np.maximum(count, 1)
        squares += np.where(chosen, (value - mean) ** 2, 0.0).sum(axis=0)
        means.append(mean)
    freedom = np.maximum(counts[0] + counts[1] - 2, 0)
    shift = np.where(known, means[0] - means[1], 0.0)
    if not known.any():
        return np.full(own.n, np.nan)
    common = float(shift[known].mean())
    spread = float(shift[known].var())
    pooled = float(squares.sum() / freedom.sum()) if freedom.sum() else spread
    variance = (squares + PRIOR * pooled) / (freedom + PRIOR)
    noise = pooled * (1 / np.maximum(counts[0], 1) + 1 / np.maximum(counts[1], 1))
    signal = max(spread - float(noise[known].mean()), 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        kept = np.nan_to_num(signal / (signal + noise))
        drawn = common + kept * (shift - common)
        ratio = drawn * (own.value - (means[0] + means[1]) / 2) / variance
    whole = Ragged(np.where(known, np.nan_to_num(ratio), 0.0), own.start).mean()
    return np.asarray(np.where(known[own.start[:-1]], whole, np.nan), np.float64)


def _placed(tokens: Tokens, value: Values) -> NDArray[np.float32]:
    """Numbers of the scored tokens, put where these stand; where nothing is known the model's own."""
    found = tokens.logp.copy()
    known = np.where(np.isnan(value), tokens.ragged().value, value)
    if tokens.scored is None:
        return known.astype(np.float32)
    found[tokens.scored] = known
    return found
