"""Members and non-members compared before anything is said: copies, repeats, swapped sides."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.attacks import Threshold
from tacit.audits.steps.ascending import by_falling_loss
from tacit.audits.steps.blind_baseline import backwards_warning
from tacit.audits.steps.equal_rows import EqualRows
from tacit.audits.steps.odd_labels import labels_at_odds
from tacit.audits.steps.same_numbers import require_other_numbers
from tacit.core import (
    Evidence,
    InvalidInput,
    Membership,
    NotEnoughData,
    Outputs,
    Signals,
    collect as marked,
)
from tacit.core.sorting import first_places
from tacit.signals import available, keep, kept

# Equal rows of a coin's split lie on one side too often, or on both, in 1 audit of 30,000 each.
REPEATS, COPIES = 4.0, -4.0
# Fewer pairs of equal rows that are all copies fall to chance in 1 audit of 1,000.
FEW_COPIES, ALL_MIXED = 10, -3.1
MIN_GROUPS = 5
# The first numbers decide nearly always, so that a large array is not sorted.
FIRST_NUMBERS = 4096
# Numbers that are all multiples of one step, of which so many span them, are votes or rounded.
GRID_DIGITS, OFF_GRID, MOST_STEPS = 10, 1e-3, 1e5
# Copies are named where chance explains less than this share of them.
EXPLAINED = 0.05
# The same rows in the same order by chance, for which both sides are refused as one.
BY_CHANCE = 1e-9


@dataclass(frozen=True, eq=False)
class Sides:
    """What is the same on both sides, and within each.

    Parameters
    ----------
    n_nonmembers : how many there are.
    copies : non-members that are exact copies of members, beyond what chance explains.
    seen_by : how the copies were seen: by their "records" or by their "answers".
    repeated : records that stand more than once on their own side.
    units : how many different records those are.
    repeated_by : likewise.
    cluster : int64 (n,), one number for all copies of a record on one side; None where there are
        no such repeats.
    odd_labels : why labels cannot be those of the answers; empty where they can.
    backwards : why the sides look swapped; empty where they do not.
    constant : the side for which the model answered the same for every record: "record",
        "non-member", or "" for none.
    paper : of losses alone without clusters, the threshold attack on them, the records in
        ascending order of the score; else None.
    """

    n_nonmembers: int
    copies: int = 0
    seen_by: str = ""
    repeated: int = 0
    units: int = 0
    repeated_by: str = ""
    cluster: NDArray[np.int64] | None = None
    odd_labels: str = ""
    backwards: str = ""
    constant: str = ""
    paper: Evidence | None = None

    @property
    def share(self) -> float:
        """Of the non-members that are copies."""
        return self.copies / self.n_nonmembers


def compared(
    outputs: Outputs,
    member: NDArray[np.bool_],
    *,
    digest: NDArray[np.uint64] | None = None,
    chance: float = 1.0,
    cluster: NDArray[Any] | None = None,
    statistics: Sequence[str] = (),
) -> Sides:
    """Compare both sides.

    A fair split puts equal rows on one side as often as coins would. Rows that are equal because
    the model answers coarsely obey that; copies across the sides, and repeats within one, do not.

    Parameters
    ----------
    outputs : of both sides.
    member : bool (n,), the truth.
    digest : (n,), equal where records are; None where they were not given.
    chance : how often two different records agree; 1 where that is not known.
    cluster : (n,), the unit of independence of each record; repeats are not looked for where it is
        given.
    statistics : what the audit will ask of the outputs later: worked out here, in one pass.

    Raises
    ------
    InvalidInput : both sides hold the same.
    """
    keep(outputs, statistics)
    answers = _answers(outputs)
    found = EqualRows.by_likeness(answers, lambda: _likeness(outputs), member)
    _require_different(answers, found, member, "answers")
    require_other_numbers(outputs, member)
    sides = _sided(found, member, "answers", None)
    if sides.repeated and _coarse(outputs):
        sides = replace(sides, repeated=0, cluster=None)
    # of losses alone the largest comes last, and is the least like a member
    alone = outputs.task == "loss" and outputs.label is None
    rising = None if not alone or found.step is None else (found.order, found.step)
    if digest is not None:
        found = EqualRows.by_number(digest, member)
        _require_different([digest], found, member, "records")
        own = _sided(found, member, "records", chance)
        repeats = own if own.repeated else replace(sides, repeated=0, cluster=None)
        # records that differ may be answered alike: what is known of the records decides
        sides = replace(repeats, copies=own.copies, seen_by=own.seen_by)
    if cluster is not None:
        sides = replace(sides, repeated=0, cluster=None)
    same = constant(outputs)
    if same and digest is None:
        # a model that answers the same to all has told nothing: that is inconclusive, and no copy
        return Sides(sides.n_nonmembers, constant="record")
    if sides.copies and _whole(found):
        raise InvalidInput(
            "Members and non-members hold the same records: every record of one side is a copy of"
            f" one on the other (by their {sides.seen_by}). There is nothing to tell apart. Give"
            " records that the model was not trained on as non-members."
        )
    del found
    units = sides.cluster if cluster is None else cluster
    # members that are all answered alike may all be known by heart; of non-members only some are
    several = len(member) - np.count_nonzero(member) >= FEW_COPIES
    flat = several and not same and constant(outputs, ~member) and not _by_heart(outputs, member)
    paper = None
    if rising is not None and outputs.loss is not None and units is None:
        paper = by_falling_loss(outputs.loss, member, *rising)
    del rising
    swapped = _backwards(outputs, member, units, paper)
    return replace(
        sides,
        constant="record" if same else "non-member" if flat else "",
        odd_labels=labels_at_odds(outputs, member),
        backwards=swapped,
        paper=None if paper is None else paper.without_counts(),
    )


def constant(outputs: Outputs, rows: NDArray[np.bool_] | slice = slice(None)) -> bool:
    """Whether a model answered the same for every record of `rows`, as a broken export does."""
    parts = (outputs.logits, outputs.probs, outputs.loss, outputs.prediction)
    answer = next(part for part in parts if part is not None)
    # records that are answered differently nearly always stand among the first
    for part in (answer[:FIRST_NUMBERS], answer):
        chosen = part[rows if isinstance(rows, slice) else rows[: len(part)]]
        if not (chosen == chosen[:1]).all():
            return False
    return True


def _by_heart(outputs: Outputs, member: NDArray[np.bool_]) -> bool:
    """May non-members be answered alike because the answers are coarse: right or wrong, or votes?

    Where members are all answered alike too, only certain answers (0 and 1) are: two other numbers
    are the mean over each side, repeated for each record.
    """
    if not _coarse(outputs):
        return False
    values = outputs.loss if outputs.loss is not None else outputs.probs
    certain = values is not None and bool(np.isin(values, (0, 1)).all())
    return certain or not constant(outputs, member)


def require_two_sides(first: Any, second: Any, name: str) -> None:
    """Refuse one object, or one array, for both sides.

    Raises
    ------
    InvalidInput : `name` is the same on both.
    """
    if first is not None and first is second:
        raise InvalidInput(
            f"{name} are the same object. Members are what the model was trained on, non-members"
            " what it never saw: give two different sets."
        )


def _sided(
    found: EqualRows, member: NDArray[np.bool_], seen_by: str, chance: float | None
) -> Sides:
    mixed = found.mixed
    copies = int((found.total - found.members)[mixed].sum())
    n_members = int(np.count_nonzero(member))
    n_nonmembers = len(member) - n_members
    few = np.count_nonzero(found.several) >= FEW_COPIES
    unlikely = found.lack < COPIES or (few and found.lack < ALL_MIXED)
    if unlikely:
        copies = max(1, round(copies * found.beyond_chance))
    if chance is not None:
        unlikely |= chance * n_members * n_nonmembers < EXPLAINED * copies
    sides = Sides(n_nonmembers, copies if unlikely else 0, seen_by if unlikely else "")
    cluster = repeats_of(found)
    if cluster is None:
        return sides
    alone = found.several & ~mixed
    return replace(
        sides,
        repeated=int(found.total[alone].sum()),
        units=int(np.count_nonzero(alone)),
        repeated_by=seen_by,
        cluster=cluster,
    )


def repeats_of(found: EqualRows) -> NDArray[np.int64] | None:
    """One cluster for the rows of each group that lies on one side, int64 (n,); None where chance
    explains such groups.

    Copies on both sides stay records of their own: a coin decided each.
    """
    alone = found.several & ~found.mixed
    if found.excess < REPEATS or np.count_nonzero(alone) < MIN_GROUPS:
        return None
    return found.clusters(alone)


def _whole(found: EqualRows) -> bool:
    """Is every record of one side a copy of one on the other?"""
    return not (found.members == 0).any() or not (found.members == found.total).any()


def _answers(outputs: Outputs) -> list[NDArray[Any]]:
    """All that the model answered, and the labels."""
    names = ("logits", "probs", "loss", "prediction", "label", "truth")
    return [value for name in names if (value := getattr(outputs, name)) is not None]


def same_answers(first: Outputs, second: Outputs) -> bool:
    """Did a model answer the same, with the same labels, about as many records in this order?"""
    ours, theirs = _answers(first), _answers(second)
    return len(ours) == len(theirs) and all(map(np.array_equal, ours, theirs))


def _likeness(outputs: Outputs) -> NDArray[np.float64]:
    names = available(outputs)
    name = next((name for name in ("loss", "entropy") if name in names), names[0])
    return np.asarray(kept(outputs, name), np.float64)


def _coarse(outputs: Outputs) -> bool:
    """Do the answers lie on a grid, as votes and rounded numbers do? Then ties are no news."""
    if outputs.probs is not None:
        return _on_grid(outputs.probs)
    if outputs.loss is not None:
        return _on_grid(outputs.loss) or _on_grid(np.exp(-np.abs(outputs.loss)))
    return False


def _on_grid(values: NDArray[Any]) -> bool:
    flat = values.ravel()
    for part in (flat[:FIRST_NUMBERS], flat):
        places = np.unique(np.round(part.astype(np.float64), GRID_DIGITS))
        if len(places) < 2:
            continue
        gaps = np.diff(places)
        # the gaps of more numbers are no wider
        if gaps.sum() >= MOST_STEPS * gaps.min():
            return False
    if len(places) < 2:
        return True
    steps = gaps / gaps.min()
    return bool(np.abs(steps - np.round(steps)).max() < OFF_GRID)


def _require_different(
    arrays: Sequence[NDArray[Any]], found: EqualRows, member: NDArray[np.bool_], what: str
) -> None:
    """Refuse the same rows in the same order, unless so few values make that likely."""
    n = int(np.count_nonzero(member))
    if 2 * n != len(member):
        return
    first, second = (first_places(side, FIRST_NUMBERS) for side in (member, ~member))
    # large arrays that differ do so at once
    same = all(np.array_equal(array[first], array[second]) for array in arrays)
    if not same or not all(np.array_equal(array[member], array[~member]) for array in arrays):
        return
    share = found.members / n
    if n * np.log(float((share**2).sum())) < np.log(BY_CHANCE):
        raise InvalidInput(
            f"Members and non-members hold the same {what} in the same order. There is nothing to"
            " tell apart. Give records that the model was not trained on as non-members."
        )


def _by_loss(
    outputs: Outputs, member: NDArray[np.bool_], cluster: NDArray[Any] | None
) -> Evidence | None:
    """The records scored by how well the model fits them; None without members or non-members."""
    signals = Signals.of(kept(outputs, "loss"), statistic="loss")
    try:
        return marked(Threshold(), signals, Membership(member, cluster))
    except NotEnoughData:
        return None


def _backwards(
    outputs: Outputs,
    member: NDArray[np.bool_],
    cluster: NDArray[Any] | None,
    paper: Evidence | None,
) -> str:
    """Why the sides look swapped: the model knows the non-members better."""
    names = available(outputs)
    if "loss" not in names:
        return ""
    if "correctness" in names:
        right = kept(outputs, "correctness")
        if right[member].mean() >= right[~member].mean():
            return ""
    paper = _by_loss(outputs, member, cluster) if paper is None else paper
    return "" if paper is None else backwards_warning(paper)
