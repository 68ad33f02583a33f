"""What one audit of texts knows: Tokens, references, fine-tunes and suffixes of the same texts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.core import InvalidInput, Membership, Tokens
from tacit.core.checking import array, booleans
from tacit.signals.reference import require_same_bytes

# nats: batches of another size change a log-probability by less, any training by more
SAME_NATS = 1e-5


@dataclass(frozen=True, eq=False)
class Shadows:
    """What K models, fine-tuned like the audited one on random halves of the texts, say of them.

    Parameters
    ----------
    logp : float (k, n)
        Mean log-probability of each text under each model.
    member : bool (k, n)
        Which model was trained on which text.
    tokens : K Tokens, or none
        The same token by token.
    """

    logp: NDArray[np.floating[Any]]
    member: NDArray[np.bool_]
    tokens: tuple[Tokens, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "logp", array(self.logp, "logp", ndim=2))
        object.__setattr__(self, "member", booleans(self.member, "member", ndim=2))
        if self.logp.shape != self.member.shape:
            shapes = f"{self.logp.shape} and {self.member.shape}"
            raise InvalidInput(f"`logp` and `member` need one shape (models, texts), got {shapes}.")
        share = self.member.mean(axis=1)
        for model in np.flatnonzero((share == 0) | (share == 1)).tolist():
            what = "all of the texts" if share[model] else "none of the texts"
            raise InvalidInput(
                f"Fine-tune {model} was trained on {what}: it cannot show how members differ from "
                "non-members. Train each on a random half, or pass it as a reference if on none."
            )
        if len(np.unique(self.logp, axis=0)) < len(self.logp):
            raise InvalidInput(
                "Two fine-tunes say the same of every text: they are copies of one model. Train "
                "each on a half of its own."
            )

    @property
    def n_models(self) -> int:
        """Number of fine-tunes."""
        return len(self.logp)

    def take(self, rows: NDArray[Any]) -> "Shadows":
        """The texts `rows`."""
        parts = tuple(tokens.take(rows) for tokens in self.tokens)
        return Shadows(self.logp[:, rows], self.member[:, rows], parts)


@dataclass(frozen=True, eq=False)
class Suffixes:
    """Log-probabilities of suffixes under the sampler in use, for extraction.

    Parameters
    ----------
    log_p : float (n,)
        Of the whole suffix of each text; NaN where a text is too short.
    prefix, suffix : int
        Tokens of each.
    n, p : float
        A text counts where its suffix comes out in `n` samples with probability `p`.
    sampler : str
        Which sampler; empty for the model's own distribution.
    prior : float (n,) or None
        The largest log-probability of the same suffix under a model that was not trained on the
        text; what that model says anyway was not learned from the text.
    """

    log_p: NDArray[np.float64]
    prefix: int = 50
    suffix: int = 50
    n: float = 1000.0
    p: float = 0.5
    sampler: str = ""
    prior: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        if self.prior is not None and self.prior.shape != self.log_p.shape:
            shapes = f"{self.log_p.shape} and {self.prior.shape}"
            raise InvalidInput(f"`log_p` and `prior` need one length, got {shapes}.")

    def beside(self, others: Sequence[NDArray[np.float64]]) -> "Suffixes":
        """The same with the suffixes' log-probabilities under models that saw no text."""
        return replace(self, prior=np.max(others, axis=0)) if len(others) else self

    def take(self, rows: NDArray[Any]) -> "Suffixes":
        """The texts `rows`."""
        prior = None if self.prior is None else self.prior[rows]
        return replace(self, log_p=self.log_p[rows], prior=prior)

    @classmethod
    def of(
        cls,
        tokens: Tokens,
        *,
        prefix: int = 50,
        suffix: int = 50,
        n: float = 1000.0,
        p: float = 0.5,
    ) -> "Suffixes":
        """From the Tokens of whole texts: the suffix is what follows the first `prefix` tokens."""
        if prefix < 1 or suffix < 1:
            raise InvalidInput(f"`prefix` and `suffix` need 1 or more, got {prefix} and {suffix}.")
        row, place = tokens.ragged().row, tokens.ragged().place
        inside = (place >= prefix) & (place < prefix + suffix)
        logp = tokens.ragged().value.astype(np.float64)
        # one token that the sampler cuts off makes the sum minus infinity; rounding may exceed 0
        total = np.bincount(row[inside], weights=logp[inside], minlength=tokens.n)
        long_enough = tokens.ragged().lengths >= prefix + suffix
        value = np.where(long_enough, np.minimum(total, 0.0), np.nan)
        return cls(value, prefix, suffix, n, p, tokens.sampler)


@dataclass(frozen=True, eq=False)
class TextGame:
    """Everything that is known of the n texts of one audit.

    Parameters
    ----------
    tokens : Tokens
        Of the audited model.
    membership : Membership
        The answer key.
    texts : n texts or None
        Themselves.
    references : name to Tokens
        Of models that were not trained on them.
    shadows : Shadows or None
        Of fine-tunes on random halves.
    suffixes : Suffixes or None
        For extraction.
    slices : name to values (n,)
        Columns to slice by.
    """

    tokens: Tokens
    membership: Membership
    texts: Sequence[str] | None
    references: dict[str, Tokens]
    shadows: Shadows | None
    suffixes: Suffixes | None
    slices: Mapping[str, ArrayLike]

    def require_whole(self) -> None:
        """Raise where the parts do not speak of the same texts."""
        n = self.membership.n
        given: dict[str, int | None] = {
            "tokens": self.tokens.n,
            "texts": None if self.texts is None else len(self.texts),
            "shadows": None if self.shadows is None else self.shadows.logp.shape[1],
            "suffixes": None if self.suffixes is None else len(self.suffixes.log_p),
        }
        given |= {f"slices[{name!r}]": len(np.asarray(v)) for name, v in self.slices.items()}
        for name, size in given.items():
            if size is not None and size != n:
                raise InvalidInput(f"`{name}` needs {n} texts as `membership` has, got {size}.")
        for name, other in self.references.items():
            shown = f"references[{name!r}]"
            if other.digest != self.tokens.digest:
                require_same_bytes(self.tokens, other, name=shown)
            else:
                self.tokens.require_same_texts(other, name=shown)
                require_another_model(self.tokens, other, name)

    def take(self, rows: NDArray[np.bool_]) -> "TextGame":
        """The texts `rows`, a mask."""
        texts = self.texts
        kept = None if texts is None else [texts[i] for i in np.flatnonzero(rows).tolist()]
        suffixes = self.suffixes
        return TextGame(
            self.tokens.take(rows),
            self.membership.take(rows),
            kept,
            {name: other.take(rows) for name, other in self.references.items()},
            None if self.shadows is None else self.shadows.take(rows),
            None if suffixes is None else suffixes.take(rows),
            {name: np.asarray(values)[rows] for name, values in self.slices.items()},
        )


def require_another_model(tokens: Tokens, other: Tokens, name: str) -> None:
    """Raise where a reference answers as the audited model does, whatever it is called.

    Raises
    ------
    InvalidInput
        No log-probability differs by more than rounding does.
    """
    if np.allclose(tokens.ragged().value, other.ragged().value, rtol=0, atol=SAME_NATS):
        raise InvalidInput(
            f"Reference {name!r} answers as the audited model does, token by token: it is that "
            "model, or a copy of it. (PEFT changes the base model that it wraps: pass "
            "reference='adapter_off', or a base that was loaded apart.)"
        )
