"""The guesser that sees the texts and never the model."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput, NotEnoughData, Signals

View = Literal["words", "characters", "counts", "rare n-grams", "surface"]
VIEWS: tuple[View, ...] = get_args(View)
# inverse strength of the penalty, as in the published blind baselines
C = 3.0
# characters of each text that are read: enough to tell sources apart, and the cost stays bounded
MOST_CHARACTERS = 4000
# an n-gram in fewer texts says nothing of a source
FEWEST_TEXTS = 3
# columns of a table of n-grams; the most frequent are kept
MOST_COLUMNS = 100_000
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
        ``"words"``: TF-IDF of words and pairs, logistic regression. ``"characters"``: the same of
        2 to 4 characters. ``"counts"``: words and pairs, multinomial naive Bayes. ``"rare
        n-grams"``: the most one-sided word or pair that a text holds. ``"surface"``: numbers such
        as length and year (`numbers`), logistic regression.
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
        if self.view == "rare n-grams":
            return _most_one_sided(self._table, rows, member)
        learned = self._learner().fit(self._table[rows], member)
        if self.view == "counts":
            log_p = learned.predict_joint_log_proba(self._table)
            return np.asarray(log_p[:, 1] - log_p[:, 0], np.float64)
        return np.asarray(learned.decision_function(self._table), np.float64)

    def _learner(self) -> Any:
        from sklearn.linear_model import LogisticRegression
        from sklearn.naive_bayes import MultinomialNB

        if self.view == "counts":
            return MultinomialNB()
        if self.view == "surface":
            return LogisticRegression(C=C, max_iter=300)
        return LogisticRegression(C=C, solver="liblinear", random_state=0)

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


def _most_one_sided(
    table: Any, rows: NDArray[np.intp], member: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """The largest log-ratio of members to non-members among each text's n-grams."""
    inside = np.asarray(table[rows[member]].sum(axis=0)).ravel()
    outside = np.asarray(table[rows[~member]].sum(axis=0)).ravel()
    ratio = np.log(inside + HALF) - np.log(outside + HALF)
    ratio = np.where(inside + outside >= FEWEST_TEXTS, ratio, -np.inf)
    lowest = float(np.min(ratio, initial=0.0, where=np.isfinite(ratio))) - 1
    score = np.full(table.shape[0], lowest)
    filled = np.flatnonzero(np.diff(table.indptr))
    if len(filled):
        each = np.maximum(ratio[table.indices], lowest)
        score[filled] = np.maximum.reduceat(each, table.indptr[:-1][filled])
    return score
