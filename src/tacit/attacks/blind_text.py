"""The guesser that sees the texts and never the model."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from tacit.core import InvalidInput, NotEnoughData, Signals

View = Literal["words", "characters", "counts", "rare n-grams", "surface"]
VIEWS: tuple[View, ...] = get_args(View)
# of a ridge regression, in shares of the mean squared length of a text's row of numbers. A weak
# shift of sources lies in the few directions in which texts differ most, which a strong penalty
# keeps (a 55/45 mixture of two sources in 2,000 texts gives the characters AUC 0.54 at 30 and 0.52
# at 1); a single word that one side has is found by a weak one (in 300 texts not at 30)
PENALTY = {"words": 1.0, "characters": 30.0, "surface": 1.0}
# characters of each text that are read: enough to tell sources apart, and the cost stays bounded
MOST_CHARACTERS = 4000
# an n-gram in fewer texts says nothing of a source
FEWEST_TEXTS = 3
# columns of a table of n-grams; the most frequent are kept
MOST_COLUMNS = 20_000
# half a text on either side, so that a ratio of counts is never infinite
HALF = 0.5


@dataclass(frozen=True, eq=False)
class BlindText:
    """Guess membership from the texts alone: a gate on the split.

    Where it beats chance, members and non-members come from different sources, times or lengths,
    and every score of a language model measures that difference too. One `view` of the texts is
    often enough to find a shift that the others miss; run all of them and correct for it.

    Parameters
    ----------
    view : str
        ``"words"``: TF-IDF of words and pairs, ridge regression. ``"characters"``: the same of 2 to
        4 characters. ``"counts"``: words and pairs, multinomial naive Bayes. ``"rare n-grams"``:
        the most one-sided word or pair that a text holds. ``"surface"``: numbers such as length and
        year (`numbers`), ridge regression.
    texts : n texts
        The records, in the order of the signals.
    numbers : float (n, d) or None
        For ``"surface"``: `tacit.signals.text.surface` of the texts.

    References
    ----------
    .. [1] Das, Zhang, Tramer, Blind Baselines Beat Membership Inference Attacks for Foundation
       Models, 2024.
    .. [2] Meeus et al., SoK: Membership Inference Attacks on LLMs are Rushing Nowhere, 2024.
    """

    view: View = "words"
    texts: Sequence[str] = field(default=(), repr=False)
    numbers: NDArray[Any] | None = field(default=None, repr=False)

    learns: ClassVar[bool] = True
    reference: ClassVar[str] = "Das et al. 2024"
    needs: ClassVar[str] = "needs the texts and some known members and non-members, and no model"

    def __post_init__(self) -> None:
        if self.view not in VIEWS:
            raise InvalidInput(f"`view` needs one of {', '.join(VIEWS)}, got {self.view!r}.")
        if self.view == "surface" and self.numbers is None:
            raise InvalidInput("The view 'surface' needs `numbers`, one row a text, got none.")

    def __call__(self, signals: Signals) -> NDArray[np.floating[Any]]:
        """Scores (n,), learned from the known texts.

        Raises
        ------
        NotEnoughData
            Fewer than one known member or non-member.
        """
        if len(self.texts) != signals.n:
            raise InvalidInput(f"`texts` needs {signals.n} texts, got {len(self.texts)}.")
        rows = np.flatnonzero(signals.known != -1)
        member = signals.known[rows] == 1
        if not 0 < np.count_nonzero(member) < len(member):
            message = "BlindText needs known members and non-members, got one side only."
            raise NotEnoughData(message, needed=1, got=0, unit="known texts of each side")
        return self._learned(rows, member[:, None], np.arange(signals.n))[:, 0]

    def cross_fitted(
        self, member: NDArray[np.bool_], part: NDArray[np.integer[Any]]
    ) -> NDArray[np.float64]:
        """Scores float64 (n, b) for b answer keys at once, each part guessed from the others.

        Parameters
        ----------
        member : bool (n, b)
            One answer key a column: the truth, or shuffled ones.
        part : int (n,)
            Which part each text belongs to.
        """
        score = np.zeros(member.shape)
        for hidden in np.unique(part):
            rows, asked = np.flatnonzero(part != hidden), np.flatnonzero(part == hidden)
            score[asked] = self._learned(rows, member[rows], asked)
        return score

    def _learned(
        self, rows: NDArray[np.intp], member: NDArray[np.bool_], asked: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """Scores (a, b) of the texts `asked`, learned from `rows`."""
        if self.view == "rare n-grams":
            columns = [_most_one_sided(self._table, rows, each, asked) for each in member.T]
            return np.stack(columns, axis=1)
        if self.view == "counts":
            return _naive_bayes(self._table, rows, member, asked)
        kernel = self._kernel
        own = kernel[np.ix_(rows, rows)]
        scale = max(float(np.trace(own)) / len(rows), 1e-12)
        own[np.diag_indices(len(rows))] += PENALTY[self.view] * scale
        centred = member - member.mean(axis=0)
        weight = cho_solve(cho_factor(own, overwrite_a=True), centred)
        return np.asarray(kernel[np.ix_(asked, rows)] @ weight, np.float64)

    @cached_property
    def _kernel(self) -> NDArray[np.float64]:
        """(n, n), how much two texts have in common."""
        table = self._table
        product = table @ table.T
        return np.asarray(product.toarray() if hasattr(product, "toarray") else product, np.float64)

    @cached_property
    def _table(self) -> Any:
        """(n, d), made once without any membership; sparse but for ``"surface"``."""
        if self.view == "surface":
            numbers = np.asarray(self.numbers, np.float64)
            spread = numbers.std(axis=0)
            return (numbers - numbers.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
        from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

        read = [text[:MOST_CHARACTERS] for text in self.texts]
        options: dict[str, Any] = {"max_features": MOST_COLUMNS, "min_df": min(2, len(read))}
        if self.view == "characters":
            options |= {"analyzer": "char_wb", "ngram_range": (2, 4)}
        else:
            # words of one letter and signs too: scripts without blanks have few others
            options |= {"token_pattern": r"(?u)\w+|[^\w\s]", "ngram_range": (1, 2)}
        if self.view in ("words", "characters"):
            maker = TfidfVectorizer(sublinear_tf=True, dtype=np.float32, **options)
        else:
            maker = CountVectorizer(dtype=np.float32, binary=self.view != "counts", **options)
        try:
            return maker.fit_transform(read)
        except ValueError:  # no n-gram is in two texts
            from scipy.sparse import csr_matrix

            return csr_matrix((len(read), 1), dtype=np.float32)


def _naive_bayes(
    table: Any, rows: NDArray[np.intp], member: NDArray[np.bool_], asked: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Log-odds of the words, without the prior, which is the same for all texts."""
    given = table[rows].T
    log_p = []
    for side in (member, ~member):
        count = np.asarray(given @ side.astype(np.float32)) + 1
        log_p.append(np.log(count) - np.log(count.sum(axis=0)))
    return np.asarray(table[asked] @ (log_p[0] - log_p[1]), np.float64)


def _most_one_sided(
    table: Any, rows: NDArray[np.intp], member: NDArray[np.bool_], asked: NDArray[np.intp]
) -> NDArray[np.float64]:
    """The largest log-ratio of members to non-members among each text's n-grams."""
    inside = np.asarray(table[rows[member]].sum(axis=0)).ravel()
    outside = np.asarray(table[rows[~member]].sum(axis=0)).ravel()
    ratio = np.log(inside + HALF) - np.log(outside + HALF)
    ratio = np.where(inside + outside >= FEWEST_TEXTS, ratio, -np.inf)
    lowest = float(np.min(ratio, initial=0.0, where=np.isfinite(ratio))) - 1
    own = table[asked]
    score = np.full(len(asked), lowest)
    filled = np.flatnonzero(np.diff(own.indptr))
    if len(filled):
        each = np.maximum(ratio[own.indices], lowest)
        score[filled] = np.maximum.reduceat(each, own.indptr[:-1][filled])
    return score
