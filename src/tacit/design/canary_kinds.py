"""What canaries are made of: mislabelled and foreign records, noise, rare rows, random tokens."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from tacit.core import InvalidInput
from tacit.core.checking import frozen
from tacit.design.canaries import Canaries

CONTENT_STREAM = 0xCA11  # keeps the content apart from the coins: any two different numbers do


def mislabelled(x: ArrayLike, label: ArrayLike, *, n_classes: int, seed: int = 0) -> Canaries:
    """Real records that are not in the training set, each with a wrong label drawn at random (Aerni
    et al. 2024, sec. 4).

    Parameters
    ----------
    x : (m, ...), records held out of training.
    label : int (m,), their true labels in 0..n_classes - 1.
    n_classes : number of classes.
    seed : of labels and coins.
    """
    rows, truth = np.asarray(x), np.asarray(label, np.int64)
    if truth.shape != (len(rows),) or n_classes < 2 or np.any((truth < 0) | (truth >= n_classes)):
        raise InvalidInput(
            f"`label` needs one class in 0..{n_classes - 1} a row and 2 classes at least, got shape"
            f" {truth.shape}."
        )
    shift = _rng(seed).integers(1, n_classes, len(rows))
    return Canaries(rows, frozen((truth + shift) % n_classes), "mislabelled", seed)


def random_pixels(
    m: int,
    shape: Sequence[int],
    *,
    n_classes: int,
    low: float = 0.0,
    high: float = 1.0,
    dtype: Any = np.float32,
    seed: int = 0,
) -> Canaries:
    """Images of uniform noise with labels drawn at random.

    Parameters
    ----------
    m : number of canaries.
    shape : of one image.
    n_classes : number of classes.
    low, high : range of a pixel; integers include `high`.
    dtype : of a pixel.
    seed : of pixels, labels and coins.
    """
    rng, kind = _rng(seed), np.dtype(dtype)
    size = (int(m), *(int(side) for side in shape))
    whole = kind.kind in "iu"
    x = (
        rng.integers(int(low), int(high), size, dtype=kind, endpoint=True)
        if whole
        else rng.uniform(low, high, size).astype(kind)
    )
    return Canaries(x, frozen(rng.integers(0, n_classes, int(m))), "random pixels", seed)


def out_of_distribution(x: ArrayLike, *, n_classes: int, seed: int = 0) -> Canaries:
    """Foreign records (another data set, in the same format) with labels drawn at random.

    Parameters
    ----------
    x : (m, ...), the foreign records.
    n_classes : number of classes of the audited model.
    seed : of labels and coins.
    """
    rows = np.asarray(x)
    return Canaries(
        rows, frozen(_rng(seed).integers(0, n_classes, len(rows))), "out of distribution", seed
    )


def rare_rows(
    x: ArrayLike, m: int, *, n_classes: int, share: float = 0.01, seed: int = 0
) -> Canaries:
    """Table rows in which every column holds a rare value: far out for numbers, and combined as no
    real row combines them.

    Each column is drawn from its own lowest or highest `share` of values in `x`, independently of
    the other columns.

    Parameters
    ----------
    x : float (n, d), the table that they should look foreign in.
    m : number of canaries.
    n_classes : number of classes; labels are drawn at random.
    share : how far out, in (0, 0.5].
    seed : of rows and coins.
    """
    table = np.asarray(x)
    if table.ndim != 2 or len(table) < 2 or not 0 < share <= 0.5:
        raise InvalidInput(
            f"Needs a table (n, d) with 2 rows at least and `share` in (0, 0.5], got {table.shape}"
            f" and {share}."
        )
    rng, ordered = _rng(seed), np.sort(table, axis=0)
    reach = max(1, int(share * len(table)))
    pick = rng.integers(0, reach, (int(m), table.shape[1]))
    row = np.where(rng.random(pick.shape) < 0.5, pick, len(table) - 1 - pick)
    return Canaries(
        ordered[row, np.arange(table.shape[1])],
        frozen(rng.integers(0, n_classes, int(m))),
        "rare rows",
        seed,
    )


def random_tokens(
    m: int, length: int, *, vocabulary: int | Sequence[str], seed: int = 0
) -> Canaries:
    """Random token strings (Carlini et al. 2019, sec. 4).

    Parameters
    ----------
    m : number of canaries.
    length : tokens a canary.
    vocabulary : number of token ids, for canaries int (m, length); or words, for texts of words
        joined by spaces.
    seed : of tokens and coins.
    """
    size = vocabulary if isinstance(vocabulary, int) else len(vocabulary)
    if m < 1 or length < 1 or size < 2:
        raise InvalidInput(
            f"Needs one canary, one token and two words at least, got {m}, {length} and {size}."
        )
    token = _rng(seed).integers(0, size, (int(m), int(length)))
    if isinstance(vocabulary, int):
        return Canaries(token, None, "random tokens", seed)
    words = np.array([" ".join(vocabulary[i] for i in row) for row in token.tolist()])
    return Canaries(words, None, "random tokens", seed)


def _rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence([seed, CONTENT_STREAM]))
