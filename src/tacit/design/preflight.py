"""Does every canary reach the loss whole, after truncation, packing and masking?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import AssumptionError, InvalidInput, checking
from tacit.design.text_canaries import TextCanaries

# a label that the loss leaves out
IGNORED = -100
# of a canary's tokens that must stand beside its secret
LEAST_KEPT = 0.9
# stands between two rows: no token
BORDER = -1


@dataclass(frozen=True, eq=False)
class Preflight:
    """What becomes of each canary in the rows that the trainer will see.

    Parameters
    ----------
    member : bool (m,)
        The coins.
    found : int (m,)
        In how many places the whole secret stands.
    kept : float (m,)
        The largest share of the canary's tokens around such a place.
    scored : bool (m,)
        Does every token of the secret get a loss there?
    """

    member: NDArray[np.bool_]
    found: NDArray[np.int64]
    kept: NDArray[np.float64]
    scored: NDArray[np.bool_]

    @property
    def lost(self) -> NDArray[np.bool_]:
        """bool (m,): canaries that were to be inserted and are cut, masked or absent."""
        whole = (self.found > 0) & (self.kept >= LEAST_KEPT) & self.scored
        return np.asarray(self.member & ~whole)

    @property
    def leaked(self) -> NDArray[np.bool_]:
        """bool (m,): canaries that were to stay out and stand in the rows."""
        return np.asarray(~self.member & (self.found > 0) & (self.kept >= LEAST_KEPT))

    def require(self) -> None:
        """Raise where a coin was not obeyed, so that no claim could rest on the coins.

        Raises
        ------
        AssumptionError
            Names the canaries and what became of the first.
        """
        if self.lost.any():
            first = int(np.flatnonzero(self.lost)[0])
            raise AssumptionError(
                f"{int(self.lost.sum())} of {int(self.member.sum())} canaries do not reach the "
                f"loss whole: {checking.rows_text(np.flatnonzero(self.lost))}. {self._why(first)} "
                "Make them shorter, keep them out of packing or templates that cut or mask them, "
                "or put the secret where the loss is."
            )
        if self.leaked.any():
            raise AssumptionError(
                f"{int(self.leaked.sum())} canaries whose coin says no stand in the training rows: "
                f"{checking.rows_text(np.flatnonzero(self.leaked))}. Insert only those that the "
                "coins choose."
            )

    def _why(self, row: int) -> str:
        if not self.found[row]:
            return f"Canary {row} is absent, or its secret is cut."
        if self.kept[row] < LEAST_KEPT:
            return f"Canary {row} keeps {100 * self.kept[row]:.0f} % of its tokens."
        return f"The secret of canary {row} is masked, so that it gets no loss."


def preflight(
    rows: Iterable[Mapping[str, Any]], canaries: TextCanaries, tokenizer: Any
) -> Preflight:
    """Look for every canary in the rows that the trainer will see.

    A row is one sequence after all that the training does to texts: truncation, packing, templates,
    masking. Its first token never gets a loss, because nothing predicts it.

    Parameters
    ----------
    rows : mappings
        With ``input_ids``, and ``labels`` where some tokens get no loss (-100); without them all
        tokens but padding (``attention_mask``) do.
    canaries : TextCanaries
        All of them, whatever their coin.
    tokenizer : fast transformers tokenizer
        Of the training; it says which tokens are the secret's.

    Raises
    ------
    InvalidInput
        There is no row, or the tokenizer does not know where its tokens lie or gives two canaries
        the same ones.
    """
    ids, scored = _flat(rows)
    order = np.argsort(ids, kind="stable")
    ordered = ids[order]
    found, kept, heard = [], [], []
    spans = list(_spans(canaries, tokenizer))
    _require_different([own for own, _, _ in spans])
    for own, first, last in spans:
        begin = np.searchsorted(ordered, own[first], "left")
        end = np.searchsorted(ordered, own[first], "right")
        at = _places(ids, order[begin:end], own[first:last])
        share = [_kept(ids, place - first, own) for place in at]
        whole = np.array(share) >= LEAST_KEPT
        good = [scored[place : place + last - first].all() for place in at]
        found.append(len(at))
        kept.append(max(share, default=0.0))
        heard.append(bool(np.any(whole & np.array(good, bool))) if len(at) else False)
    return Preflight(canaries.member, np.array(found), np.array(kept, float), np.array(heard))


def _flat(
    rows: Iterable[Mapping[str, Any]],
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """All rows in one, with borders; and which tokens get a loss."""
    parts, masks = [], []
    for row in rows:
        if "input_ids" not in row:
            raise InvalidInput(f"A row needs `input_ids`, got {', '.join(map(str, row))}.")
        ids = np.asarray(row["input_ids"], np.int64).ravel()
        counted = np.ones(len(ids), bool)
        if row.get("labels") is not None:
            counted = np.asarray(row["labels"]).ravel() != IGNORED
        elif row.get("attention_mask") is not None:
            counted = np.asarray(row["attention_mask"]).ravel() != 0
        counted = counted.copy()
        counted[:1] = False
        parts += [ids, np.array([BORDER])]
        masks += [counted, np.array([False])]
    if not parts:
        raise InvalidInput("`rows` needs at least one row of the training, got none.")
    return np.concatenate(parts), np.concatenate(masks)


def _spans(canaries: TextCanaries, tokenizer: Any) -> Iterable[tuple[NDArray[np.int64], int, int]]:
    """Tokens of each canary, and the first and last of its secret's."""
    try:
        coded = tokenizer(canaries.texts, add_special_tokens=False, return_offsets_mapping=True)
    except (NotImplementedError, ValueError, TypeError) as error:
        raise InvalidInput(
            f"`tokenizer` needs to say where its tokens lie (a fast tokenizer): {error}."
        ) from error
    places = zip(coded["input_ids"], coded["offset_mapping"], canaries.begin, canaries.end)
    for ids, spans, begin, end in places:
        inside = [i for i, (left, right) in enumerate(spans) if right > begin and left < end]
        yield np.asarray(ids, np.int64), inside[0], inside[-1] + 1


def _require_different(rows: list[NDArray[np.int64]]) -> None:
    same = len(rows) - len({row.tobytes() for row in rows})
    if same:
        raise InvalidInput(
            f"The tokenizer gives {same} canaries the tokens of others (words that it does not "
            "know?): the model could not tell them apart. Make secrets of words that it knows."
        )


def _places(
    ids: NDArray[np.int64], candidates: NDArray[np.intp], secret: NDArray[np.int64]
) -> NDArray[np.intp]:
    """Where the whole secret stands, of the places where its first token does."""
    at = candidates[candidates + len(secret) <= len(ids)]
    for offset in range(1, len(secret)):
        at = at[ids[at + offset] == secret[offset]]
    return np.sort(at)


def _kept(ids: NDArray[np.int64], start: int, own: NDArray[np.int64]) -> float:
    """Share of a canary's tokens that stand where they should around a place."""
    places = start + np.arange(len(own))
    there = (places >= 0) & (places < len(ids))
    return float(np.mean(ids[np.clip(places, 0, len(ids) - 1)][there] == own[there]) * there.mean())
