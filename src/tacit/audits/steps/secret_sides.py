"""What an audit of attribute inference is given, checked side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.audits.steps.equal_rows import EqualRows
from tacit.audits.steps.overlap import same_records
from tacit.audits.steps.secret import (
    Column,
    Secret,
    columns_of,
    missing,
    row_keys,
    rows_of,
    secret_of,
    values_of,
)
from tacit.audits.steps.secret_guesses import Units
from tacit.audits.steps.side_warnings import repeated_records_text
from tacit.audits.steps.sides import repeats_of
from tacit.core import InvalidInput, NotEnoughData
from tacit.core.checking import unit_labels
from tacit.metrics.clusters import MIN_CLUSTERS
from tacit.metrics.intervals import fisher_p_value

Part = tuple[Any, NDArray[Any]]
SIDES = ("train", "test", "reference")
FEWEST_REFERENCE = 50  # imputation from fewer rows knows little, and then any model seems to tell
FEWEST_SIDE = 20  # below this no interval of a share is shorter than +-0.2
OVERLAP_ALARM = 1e-3  # a reference of strangers is refused in 1 audit of 1,000


@dataclass(frozen=True, eq=False)
class SecretSides:
    """Records of the three sides whose secret is known.

    Parameters
    ----------
    secret : Secret
        The column and its candidates.
    parts : Sequence[Part]
        Records and labels of train, test and reference.
    units : Units
        The unit of independence of the records of train and of test.
    dropped : int
        How many records of train and test were left out, their secret being missing.
    hiding : str
        What can hide a leak (training records among the test records); empty where nothing does.
    repeats : str
        That copies of a record count as one unit; empty where they do not.
    """

    secret: Secret
    parts: Sequence[Part]
    units: Units
    dropped: int
    hiding: str
    repeats: str = ""

    @property
    def short(self) -> NotEnoughData | None:
        """What there is too little of; None where there is enough of everything."""
        needs = (FEWEST_SIDE, FEWEST_SIDE, FEWEST_REFERENCE)
        for name, (x, _), needed in zip(SIDES, self.parts, needs):
            if len(x) < needed:
                message = f"Attribute inference needs {needed} rows of `{name}`, got {len(x)}."
                return NotEnoughData(message, needed=needed, got=len(x), unit=f"rows of `{name}`")
        for name, unit in zip(SIDES, self.units or ()):
            got = len(np.unique(unit))
            if got < MIN_CLUSTERS:
                message = f"An audit over clusters needs {MIN_CLUSTERS} in `{name}`, got {got}."
                return NotEnoughData(
                    message, needed=MIN_CLUSTERS, got=got, unit=f"clusters of `{name}`"
                )
        return None


def secret_sides(
    pairs: Sequence[Any],
    secret: Column | Sequence[Column],
    *,
    kind: Literal["auto", "class", "number"],
    tolerance: float | None,
    cluster: tuple[ArrayLike, ArrayLike] | None,
) -> SecretSides:
    """The three sides, checked against one another.

    Raises
    ------
    InvalidInput
        There is no such column, the sides have other columns or other values of the secret,
        `cluster` does not fit, or `reference` holds records of another side.
    """
    parts = _parts(pairs)
    found = secret_of(secret, parts[2][0], kind=kind, tolerance=tolerance)
    units = _units(cluster, parts)
    parts, units, dropped = _complete(parts, units, found)
    if not all(len(x) for x, _ in parts):
        return SecretSides(found, parts, units, dropped, "")
    _require_known_values(found, parts)
    keys = [row_keys(x, y) for x, y in parts]
    _require_strangers(keys)
    every = np.unique(np.concatenate(keys), return_inverse=True)[1].astype(np.int64)
    codes = np.split(every, np.cumsum([len(key) for key in keys])[:2])
    names = ("records of `train`", "records of `test`")
    repeats = ""
    if units is None:
        units, repeats = _repeats(codes[0], codes[1])
    hiding = same_records(codes[0], codes[1], codes[2], names)
    return SecretSides(found, parts, units, dropped, hiding, repeats)


def _repeats(train: NDArray[np.int64], test: NDArray[np.int64]) -> tuple[Units, str]:
    """One unit for records that repeat on one side, where chance does not explain it, and what the
    reader is told of them.

    Parameters
    ----------
    train, test : equal where two records are.
    """
    number = np.concatenate([train, test]).astype(np.uint64)
    found = EqualRows.by_number(number, np.arange(len(number)) < len(train))
    cluster = repeats_of(found)
    if cluster is None:
        return None, ""
    return (cluster[: len(train)], cluster[len(train) :]), repeated_records_text(cluster)


def _parts(pairs: Sequence[Any]) -> list[Part]:
    """Records and labels of each side, with the same columns."""
    parts = []
    for name, pair in zip(SIDES, pairs):
        if not isinstance(pair, tuple) or len(pair) != 2 or pair[1] is None:
            got = "(X, None)" if isinstance(pair, tuple) and len(pair) == 2 else type(pair).__name__
            raise InvalidInput(f"`{name}` needs (X, y), got {got}.")
        x = pair[0] if hasattr(pair[0], "columns") else np.asarray(pair[0])
        y = np.asarray(pair[1])
        columns_of(x, name)
        if y.ndim == 0 or len(x) != len(y):
            got = "one label" if y.ndim == 0 else f"{len(x)} and {len(y)}"
            raise InvalidInput(f"`{name}` needs one label a record, got {got}.")
        parts.append((x, y))
    wanted = columns_of(parts[0][0], "train")
    for name, (x, _) in zip(SIDES[1:], parts[1:]):
        came = columns_of(x, name)
        if came != wanted:
            odd = [repr(item) for item in (*wanted, *came) if (item in wanted) != (item in came)]
            how = f"differs in {', '.join(odd[:5])}" if odd else "has them in another order"
            raise InvalidInput(f"`{name}` needs the columns of `train`; it {how}.")
    return parts


def _units(cluster: Any, parts: Sequence[Part]) -> Units:
    if cluster is None:
        return None
    if not isinstance(cluster, (tuple, list)) or len(cluster) != 2:
        raise InvalidInput("`cluster` needs a pair (of the training records, of the test records).")
    units = tuple(
        unit_labels(part, "cluster", len(x), f"records of `{name}`")
        for name, part, (x, _) in zip(SIDES, cluster, parts)
    )
    # labels of any type (None apart) sort as text
    texts = [unit.astype(str) if unit.dtype.kind == "O" else unit for unit in units]
    return texts[0], texts[1]


def _complete(parts: Sequence[Part], units: Units, secret: Secret) -> tuple[list[Part], Units, int]:
    """Only the records whose secret is known, and how many of train and test were left out."""
    kept = [~missing(values_of(x, secret.columns)) for x, _ in parts]
    rows = [np.flatnonzero(mask) for mask in kept]
    whole = [(rows_of(x, row), y[row]) for (x, y), row in zip(parts, rows)]
    left = None if units is None else (units[0][rows[0]], units[1][rows[1]])
    return whole, left, int(sum(np.count_nonzero(~mask) for mask in kept[:2]))


def _require_known_values(secret: Secret, parts: Sequence[Part]) -> None:
    """Refuse a reference whose values of the secret are none of those of the audited records."""
    if secret.kind == "number" or len(parts[2][0]) < FEWEST_REFERENCE:
        # few reference rows show no value by chance
        return
    codes = [secret.codes(values_of(x, secret.columns)) for x, _ in parts[:2]]
    strange = sum(int(np.count_nonzero(code < 0)) for code in codes)
    n = sum(len(code) for code in codes)
    shown = repr(secret.values.tolist()[0])
    if strange == n:
        raise InvalidInput(
            f"`reference` shares no value of `secret` with `train` and `test` (it has {shown}, for "
            "example). Write it the same way everywhere."
        )
    if strange and len(secret.values) == 1:
        raise InvalidInput(
            f"`reference` has one value of `secret` only, {shown}, and {strange} records of "
            "`train` and `test` have others: what it never shows cannot be guessed. Take reference "
            "rows of the same population."
        )


def _require_strangers(keys: Sequence[Sequence[str]]) -> None:
    """Refuse a reference that holds records of one of the other sides.

    Populations have twins, so a few equal rows prove nothing: the share of training records found
    in the reference is compared with that of the test records, and the other way round.
    """
    known = set(keys[2])
    hits = [sum(key in known for key in side) for side in keys[:2]]
    sizes = [len(side) for side in keys[:2]]
    for own, other, what in ((0, 1, "training"), (1, 0, "test")):
        p_value = fisher_p_value((hits[own], hits[other]), (sizes[own], sizes[other]))
        # two sides are looked at
        if 2 * p_value < OVERLAP_ALARM:
            raise InvalidInput(
                f"`reference` holds {what} records: {hits[own]} of {sizes[own]} rows of"
                f" `{SIDES[own]}` are in it, but {hits[other]} of {sizes[other]} of"
                f" `{SIDES[other]}`. The imputation learns from records of neither side: leave"
                " them out."
            )
