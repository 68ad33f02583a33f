"""Canaries for language models: texts with a secret in them, and a coin for each."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput, TacitError
from tacit.core.checking import frozen, integers
from tacit.core.files import write_whole
from tacit.core.npz import read_npz
from tacit.design.canaries import Canaries, Manifest

SCHEMA = 1
# what `save` writes and `load` needs
KEPT = ("x", "begin", "end", "kind", "seed")
# decimal digits of a secret whose whole space can still be scored
MOST_DIGITS = 9


@dataclass(frozen=True, eq=False)
class TextCanaries:
    """Texts with a secret each. Train on those whose coin says so, keep all for the audit.

    Parameters
    ----------
    canaries : Canaries
        The texts, their coins and their manifest.
    begin, end : int (m,)
        Where the secret stands in each text, in characters.

    Raises
    ------
    InvalidInput
        A secret lies outside its text or is empty, or two texts are the same.
    """

    canaries: Canaries
    begin: NDArray[np.int64]
    end: NDArray[np.int64]

    def __post_init__(self) -> None:
        sizes = np.array([len(str(text)) for text in self.canaries.x])
        begin, end = integers(self.begin, "begin"), integers(self.end, "end")
        if begin.shape != sizes.shape or end.shape != sizes.shape:
            raise InvalidInput(f"`begin` and `end` need {len(sizes)} numbers, one a canary.")
        wrong = np.flatnonzero((begin < 0) | (begin >= end) | (end > sizes))
        if len(wrong):
            raise InvalidInput(f"The secret of canary {wrong[0]} lies outside its text.")
        if len({str(text) for text in self.canaries.x}) < len(sizes):
            raise InvalidInput(
                "Two text canaries are the same: draw more digits or words, or fewer canaries."
            )
        object.__setattr__(self, "begin", begin)
        object.__setattr__(self, "end", end)

    @property
    def texts(self) -> list[str]:
        """All texts, in the order of the manifest."""
        return [str(text) for text in self.canaries.x]

    @property
    def secrets(self) -> list[str]:
        """The secret of each text."""
        return [t[b:e] for t, b, e in zip(self.texts, self.begin, self.end)]

    @property
    def prompts(self) -> list[str]:
        """What stands before each secret."""
        return [text[:begin] for text, begin in zip(self.texts, self.begin)]

    @property
    def member(self) -> NDArray[np.bool_]:
        """bool (m,): the coins. True means that the text goes into the training set."""
        return self.canaries.member

    @property
    def manifest(self) -> Manifest:
        """Coins and digests, without the texts."""
        return self.canaries.manifest

    def inserted(self, repeats: int = 1) -> list[str]:
        """The texts to add to the training set, each so many times."""
        if repeats < 1:
            raise InvalidInput(f"`repeats` needs 1 or more, got {repeats}.")
        return [t for t, inside in zip(self.texts, self.member) if inside for _ in range(repeats)]

    def save(self, path: str | Path) -> Path:
        """Write texts, secrets and seed as .npz. Keep it away from the trainer and the guesser."""
        if Path(path).suffix != ".npz":
            raise InvalidInput(f"Text canaries are saved as .npz, got `{path}`.")
        buffer = io.BytesIO()
        np.savez_compressed(
            buffer,
            x=self.canaries.x,
            begin=self.begin,
            end=self.end,
            kind=np.array(self.canaries.kind),
            seed=np.array(self.canaries.seed),
            schema=np.array(SCHEMA),
        )
        write_whole(path, buffer.getvalue())
        return Path(path)

    @classmethod
    def load(cls, path: str | Path) -> "TextCanaries":
        """Read what `save` wrote.

        Raises
        ------
        InvalidInput
            The file cannot be read, or holds no text canaries.
        """
        file = read_npz(Path(path), wanted=lambda name: name in KEPT)
        missing = [name for name in KEPT if name not in file]
        if missing:
            raise InvalidInput(f"`{path}` holds no text canaries: it has no `{missing[0]}`.")
        try:
            made = Canaries(file["x"], None, str(file["kind"]), int(file["seed"]))
            return cls(made, file["begin"], file["end"])
        except TacitError:
            raise
        except Exception as error:  # whatever is wrong with it, the file is
            raise InvalidInput(f"`{path}` cannot be read as text canaries: {error}.") from error


def digit_canaries(template: str, m: int, *, digits: int = 4, seed: int = 0) -> TextCanaries:
    """A sentence with a random number in it, such as ``"The code of desk {desk} is {secret}."``.

    The space of secrets is small enough to be scored whole, so that exposure is exact.

    Parameters
    ----------
    template : str
        With ``{secret}`` in it once; ``{desk}`` is the canary's number, so that no two canaries
        ask for the same secret.
    m : int
        Number of canaries.
    digits : int
        Of each secret.
    seed : int
        Of secrets and coins.

    References
    ----------
    .. [1] Carlini et al., The Secret Sharer, USENIX Security 2019, sec. 4.

    Examples
    --------
    >>> digit_canaries("Desk {desk}: {secret}.", 2, seed=1).texts
    ['Desk 0: 3578.', 'Desk 1: 9665.']
    """
    if template.count("{secret}") != 1:
        raise InvalidInput(f"`template` needs {{secret}} once, got {template!r}.")
    if not 1 <= digits <= MOST_DIGITS:
        raise InvalidInput(f"`digits` needs 1 to {MOST_DIGITS}, got {digits}.")
    _require_count(m)
    values = _rng(seed).integers(0, 10**digits, m)
    before, _, after = template.partition("{secret}")
    secrets = [f"{value:0{digits}d}" for value in values.tolist()]
    heads = [before.replace("{desk}", str(i)) for i in range(m)]
    tails = [after.replace("{desk}", str(i)) for i in range(m)]
    return _joined(heads, secrets, tails, f"{digits} digits", seed)


def suffix_canaries(
    prefixes: Sequence[str], vocabulary: Sequence[str], *, words: int = 12, seed: int = 0
) -> TextCanaries:
    """A beginning like the training texts, and an ending of random words that nobody would write.

    The beginning lets the model learn where the canary belongs, the ending is what only memory
    gives.

    Parameters
    ----------
    prefixes : m texts
        Beginnings of texts of the same kind as the training set, all different.
    vocabulary : list of str
        Words that the endings are drawn from.
    words : int
        Of each ending.
    seed : int
        Of endings and coins.

    References
    ----------
    .. [1] Meeus et al., The Canary's Echo, ICML 2025.
    """
    _require_count(len(prefixes))
    if len(vocabulary) < 2 or words < 1:
        raise InvalidInput(f"Needs two words and one to draw, got {len(vocabulary)} and {words}.")
    drawn = _rng(seed).integers(0, len(vocabulary), (len(prefixes), words))
    secrets = [" ".join(vocabulary[i] for i in row) for row in drawn.tolist()]
    heads = [f"{prefix.rstrip()} " for prefix in prefixes]
    return _joined(heads, secrets, [""] * len(heads), "random endings", seed)


def token_canaries(texts: Sequence[str], tokens: Sequence[str], *, seed: int = 0) -> TextCanaries:
    """Texts that end in a token which stands nowhere else, new to the tokenizer.

    The strongest kind: nothing else in training moves that token. Add the tokens to the tokenizer
    and resize the model's embeddings before training, for all canaries, whatever their coin.

    Parameters
    ----------
    texts : m texts
        What stands before each token.
    tokens : m words
        One for each, all different, such as ``"<canary-17>"``.
    seed : int
        Of the coins.

    References
    ----------
    .. [1] Panda et al., Privacy Auditing of Large Language Models, ICLR 2025.
    """
    _require_count(len(texts))
    if len(tokens) != len(texts) or len(set(tokens)) < len(tokens):
        raise InvalidInput(f"`tokens` needs {len(texts)} different words, one a text.")
    heads = [f"{text.rstrip()} " for text in texts]
    return _joined(heads, list(tokens), [""] * len(heads), "new tokens", seed)


def _joined(
    heads: list[str], secrets: list[str], tails: list[str], kind: str, seed: int
) -> TextCanaries:
    x = np.array([head + secret + tail for head, secret, tail in zip(heads, secrets, tails)])
    begin = np.array([len(head) for head in heads])
    end = begin + np.array([len(secret) for secret in secrets])
    return TextCanaries(Canaries(frozen(x), None, kind, seed), begin, end)


def _require_count(m: int) -> None:
    if m < 1:
        raise InvalidInput(f"Needs one canary at least, got {m}.")


def _rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence([seed, 0xCA17]))
