"""What the shadow stack sees of a text token by token, beside its mean log-probability."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.audits.steps.text_game import Shadows
from tacit.core import InvalidInput, Ragged, Signals, Tokens

Values = NDArray[np.float64]
# tokens are weighed by how hard they are for the fine-tunes: so many classes, of so many tokens
CLASSES, FEWEST = 24, 50
# squared nats by which a token varies between models where too few models are there to say
UNKNOWN_VARIANCE = 1.0
# standard deviations at which one token's vote begins to level off
REACH = 2.0


@dataclass(frozen=True, eq=False)
class TokenColumns:
    """Columns of the shadow stack from Tokens: a model beside other fine-tunes, text by text.

    Training on a text moves its easy tokens and its hard ones by different amounts, and hard ones
    vary more from model to model. So each token's difference to the middle between models with and
    without the text is weighed by the mean shift over the variance of tokens as hard as it is, and
    averaged over the text: as it is, and with two kinds of votes that a single token cannot
    outweigh. Which model is asked about is told by its mean log-probabilities, which no two share.

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
    logp: NDArray[np.floating[Any]]
    shadows: Shadows

    def __call__(
        self, target: NDArray[np.floating[Any]], signals: Signals, others: Sequence[int]
    ) -> Values:
        """Columns (n, 3); a larger value speaks for a member, NaN where no model knows a text.

        Parameters
        ----------
        target : float (n, 1)
            The signal of the model that is guessed about.
        signals : Signals
            Of all models.
        others : list of int
            The fine-tunes that it is held against.
        """
        own = self._tokens_of(target[:, 0]).ragged()
        beside = [self._tokens_of(signals.shadow[model, :, 0]).ragged().value for model in others]
        worlds = _Worlds.of(beside, signals.shadow_member[list(others)][:, own.row])
        if not worlds.known.any():
            return np.full((own.n, 3), np.nan)
        weight, spread = worlds.weights()
        gap = own.value.astype(np.float64) - worlds.middle
        votes = (REACH * spread * np.tanh(gap / (REACH * spread)), np.tanh(gap), gap)
        known = worlds.known[own.start[:-1]]
        columns = [Ragged(weight * vote, own.start).mean() for vote in votes]
        return np.column_stack([np.where(known, column, np.nan) for column in columns])

    def _tokens_of(self, signal: NDArray[np.floating[Any]]) -> Tokens:
        # signals are kept in the precision of those of the shadow models
        if np.array_equal(signal, self.logp.astype(signal.dtype)):
            return self.tokens
        same = [np.array_equal(signal, logp.astype(signal.dtype)) for logp in self.shadows.logp]
        if True not in same:
            raise InvalidInput("The signals are of other models than the Tokens.")
        return self.shadows.tokens[same.index(True)]


@dataclass(frozen=True, eq=False)
class _Worlds:
    """What models with a text and models without it say of its tokens, float (t,) each.

    Parameters
    ----------
    shift : mean of those with it less mean of those without.
    middle : half-way between the two means; the mean of all where one side is empty.
    hard : mean of all models.
    squares : summed squared deviations within both.
    freedom : their degrees of freedom.
    known : whether both sides have a model.
    """

    shift: Values
    middle: Values
    hard: Values
    squares: Values
    freedom: Values
    known: NDArray[np.bool_]

    @classmethod
    def of(cls, value: Sequence[NDArray[Any]], inside: NDArray[np.bool_]) -> "_Worlds":
        means, counts = [], []
        squares = np.zeros(inside.shape[1])
        for chosen in (inside, ~inside):
            count = chosen.sum(axis=0)
            total = np.zeros(inside.shape[1])
            for own, mask in zip(value, chosen):
                total += np.where(mask, own, 0.0)
            mean = total / np.maximum(count, 1)
            for own, mask in zip(value, chosen):
                squares += np.where(mask, (own - mean) ** 2, 0.0)
            means.append(mean)
            counts.append(count)
        known = (counts[0] > 0) & (counts[1] > 0)
        hard = (means[0] * counts[0] + means[1] * counts[1]) / len(value)
        return cls(
            shift=means[0] - means[1],
            middle=np.where(known, (means[0] + means[1]) / 2, hard),
            hard=hard,
            squares=squares,
            freedom=np.asarray(sum(np.maximum(count - 1, 0) for count in counts), np.float64),
            known=known,
        )

    def weights(self) -> tuple[Values, Values]:
        """Shift over variance, and standard deviation, of the tokens as hard as each."""
        n_classes = int(np.clip(len(self.hard) // FEWEST, 1, CLASSES))
        cuts = np.quantile(self.hard, np.arange(1, n_classes) / n_classes)
        place = np.searchsorted(cuts, self.hard)
        freedom = np.bincount(place, self.freedom, n_classes)
        squares = np.bincount(place, self.squares, n_classes)
        count = np.bincount(place[self.known], minlength=n_classes)
        moved = np.bincount(place[self.known], self.shift[self.known], n_classes)
        common = float(self.shift[self.known].mean())
        shift = np.where(count > 0, moved / np.maximum(count, 1), common)
        # where tokens differ at all within a side, they have a degree of freedom
        variance = np.where(squares > 0, squares / np.maximum(freedom, 1), UNKNOWN_VARIANCE)
        return (shift / variance)[place], np.sqrt(variance)[place]
