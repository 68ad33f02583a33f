"""Canaries: records made to be remembered, each in or out of the training set by its own fair
coin.
"""

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput, Membership
from tacit.core.checking import booleans, frozen, integers
from tacit.core.files import text_of, write_whole
from tacit.core.npz import read_npz
from tacit.core.plain import parsed

SCHEMA = 1
# what a file of canaries holds
FIELDS = ("x", "label", "kind", "seed", "schema")
# whole numbers from here on are no int64
LARGEST = 2**63
FAIR = 0.5  # chance of a canary to be in; every bound of `tacit.dp` from one run rests on it
COIN_STREAM = 0xC014  # keeps the coins apart from the draw of the content (`canary_kinds`)


@dataclass(frozen=True, eq=False)
class Manifest:
    """Which canaries there are and what their coins said; the audit reads it, the trainer and the
    guesser must not.

    Parameters
    ----------
    kind : how the canaries were made.
    seed : of canaries and coins.
    member : bool (m,), the coins: True means inserted.
    cluster : int (m,), equal for copies of one canary, which share a coin.
    digest : m texts, the first 16 hex digits of each canary's SHA-256, so that the audit can tell
        that it scores the same.
    """

    kind: str
    seed: int
    member: NDArray[np.bool_]
    cluster: NDArray[np.int64]
    digest: tuple[str, ...]

    def __post_init__(self) -> None:
        if not isinstance(self.kind, str):
            raise InvalidInput(f"`kind` of a manifest needs text, got {self.kind!r:.60}.")
        if type(self.seed) is not int or self.seed < 0:
            raise InvalidInput(
                f"`seed` of a manifest needs a whole number of 0 or more, got {self.seed!r:.60}."
            )
        if isinstance(self.digest, str) or not all(isinstance(text, str) for text in self.digest):
            raise InvalidInput("`digest` of a manifest needs a list of texts, one a canary.")
        member = booleans(self.member, "member")
        cluster = integers(self.cluster, "cluster")
        if not 0 < len(member) == len(cluster) == len(self.digest):
            raise InvalidInput(
                "`member`, `cluster` and `digest` of a manifest need one entry a canary, got"
                f" {len(member)}, {len(cluster)} and {len(self.digest)}."
            )
        object.__setattr__(self, "member", member)
        object.__setattr__(self, "cluster", cluster)
        object.__setattr__(self, "digest", tuple(self.digest))
        self._require_one_coin_a_cluster()

    def _require_one_coin_a_cluster(self) -> None:
        code = np.unique(self.cluster, return_inverse=True)[1]
        size, inside = np.bincount(code), np.bincount(code, weights=self.member)
        split = np.flatnonzero((inside > 0) & (inside < size))
        if len(split):
            row = int(np.flatnonzero(code == split[0])[0])
            raise InvalidInput(
                f"Copies of one canary share a coin, but those of row {row} are in and out: the"
                " manifest was edited or damaged."
            )

    @property
    def membership(self) -> Membership:
        """The answer key: coins, with copies of a canary as one cluster."""
        copies = len(np.unique(self.cluster)) < len(self.cluster)
        return Membership(self.member, self.cluster if copies else None, "coin")

    def require_same(self, x: Sequence[Any] | NDArray[Any]) -> None:
        """Raise `InvalidInput` where `x` is not the list of canaries, in their order, that the
        coins were drawn for.
        """
        self.require_same_digests(digests(x))

    def require_same_digests(self, digest: Sequence[str]) -> None:
        """As `require_same`, from what `digests` made of the canaries when they were scored."""
        if len(digest) != len(self.digest):
            raise InvalidInput(
                f"The manifest lists {len(self.digest)} canaries, got {len(digest)}."
            )
        other = [i for i, (got, listed) in enumerate(zip(digest, self.digest)) if got != listed]
        if other and sorted(digest) == sorted(self.digest):
            raise InvalidInput(
                "These are the canaries of the manifest in another order (first difference: row"
                f" {other[0]}). Score them in its order."
            )
        if other:
            raise InvalidInput(
                f"{len(other)} canaries differ from the manifest (first: row {other[0]}). Score"
                " them in its order."
            )

    def save(self, path: str | Path) -> Path:
        """Write JSON in one step; holds no canary, only digests."""
        plain = {
            "schema": SCHEMA,
            "kind": self.kind,
            "seed": self.seed,
            "member": self.member.astype(int).tolist(),
        }
        plain |= {"cluster": self.cluster.tolist(), "digest": list(self.digest)}
        write_whole(path, json.dumps(plain, indent=1).encode("utf8"))
        return Path(path)

    @classmethod
    def load(cls, path: str | Path) -> "Manifest":
        """Read what `save` wrote, here or in `Canaries`.

        Raises
        ------
        InvalidInput : the file cannot be read or is not a manifest.
        """
        if Path(path).suffix == ".npz":
            return Canaries.load(path).manifest
        try:
            plain = parsed(text_of(path), "canary manifest")
            if not isinstance(plain, dict) or plain.get("schema") != SCHEMA:
                raise InvalidInput(f"it is not of schema {SCHEMA}")
            member, cluster = plain["member"], plain["cluster"]
            _require_whole(member, "member")
            _require_whole(cluster, "cluster")
            digest = plain["digest"]
            if not isinstance(digest, list):
                raise InvalidInput("`digest` needs a list of texts, one a canary")
            return cls(
                plain["kind"],
                plain["seed"],
                np.array(member, np.int64),
                np.array(cluster, np.int64),
                tuple(digest),
            )
        except Exception as error:  # whatever is wrong is the file's
            raise InvalidInput(
                f"`{path}` cannot be read as a canary manifest: {_said(error)}."
            ) from error


def _require_whole(value: object, name: str) -> None:
    """Raise where a list of a manifest holds anything but whole numbers (true and false are)."""
    if not isinstance(value, list):
        raise InvalidInput(f"`{name}` needs a list of whole numbers, got {str(value)[:60]!r}")
    for row, item in enumerate(value):
        if not isinstance(item, int) or abs(item) >= LARGEST:
            raise InvalidInput(f"`{name}` needs whole numbers, got {str(item)[:60]!r} in row {row}")


def _said(error: Exception) -> str:
    text = f"`{error.args[0]}` is missing" if isinstance(error, KeyError) else str(error)
    return (text[:300] or type(error).__name__).rstrip(".")


@dataclass(frozen=True, eq=False)
class Canaries:
    """Canaries with their content. Insert those whose coin says so, keep all of them for the audit.

    Rows of equal content are copies of one canary: they share a coin, and the audit counts them
    once.

    Parameters
    ----------
    x : (m, ...), one row a canary.
    label : int (m,), or None for text.
    kind, seed : how they were made; the coins come from `seed` too.
    """

    x: NDArray[Any]
    label: NDArray[np.int64] | None
    kind: str
    seed: int
    manifest: Manifest = field(init=False)

    def __post_init__(self) -> None:
        if len(self.x) == 0:
            raise InvalidInput("Canaries need at least one row, got none.")
        object.__setattr__(self, "x", frozen(np.ascontiguousarray(self.x)))
        digest = digests(self.x)
        codes = np.unique(digest, return_inverse=True)[1].astype(np.int64)
        rng = np.random.default_rng(np.random.SeedSequence([self.seed, COIN_STREAM]))
        coin = rng.random(int(codes.max()) + 1) < FAIR
        object.__setattr__(
            self, "manifest", Manifest(self.kind, self.seed, coin[codes], codes, digest)
        )

    @property
    def member(self) -> NDArray[np.bool_]:
        """bool (m,): the coins. True means that the canary goes into the training set."""
        return self.manifest.member

    @property
    def inserted(self) -> tuple[NDArray[Any], NDArray[np.int64] | None]:
        """The rows (and labels) to add to the training set."""
        return self.x[self.member], None if self.label is None else self.label[self.member]

    def save(self, path: str | Path) -> Path:
        """Write the canaries with their content as .npz, in one step. Keep it away from the trainer
        and the guesser.
        """
        if Path(path).suffix != ".npz":
            raise InvalidInput(
                f"Canaries with content are saved as .npz, got `{path}`. For JSON, save"
                " `canaries.manifest`."
            )
        buffer = io.BytesIO()
        label = np.zeros(0, np.int64) if self.label is None else self.label
        np.savez_compressed(
            buffer,
            x=self.x,
            label=label,
            kind=np.array(self.kind),
            seed=np.array(self.seed),
            schema=np.array(SCHEMA),
        )
        write_whole(path, buffer.getvalue())
        return Path(path)

    @classmethod
    def load(cls, path: str | Path) -> "Canaries":
        """Read what `save` wrote.

        Raises
        ------
        InvalidInput : the file cannot be read or does not hold canaries.
        """
        try:
            file = read_npz(Path(path), wanted=FIELDS.__contains__)
            if int(file["schema"]) != SCHEMA:
                raise InvalidInput(f"it is not of schema {SCHEMA}")
            label = integers(file["label"], "label") if len(file["label"]) else None
            if label is not None and len(label) != len(file["x"]):
                raise InvalidInput(f"`label` needs one class a canary, got {len(label)}")
            return cls(file["x"], label, str(file["kind"]), int(file["seed"]))
        except Exception as error:  # whatever is wrong is the file's
            raise InvalidInput(f"`{path}` cannot be read as canaries: {_said(error)}.") from error


def digests(x: Sequence[Any] | NDArray[Any]) -> tuple[str, ...]:
    """The first 16 hex digits of the SHA-256 of each canary, as a manifest lists them.

    Whoever scores canaries writes these beside the scores, so that the audit can tell that both
    speak of the same canaries in the same order.

    Parameters
    ----------
    x : (m, ...), the canaries as they were made (same type and shape), or m texts.
    """
    return tuple(_digest(row) for row in x)


def _digest(row: Any) -> str:
    content = row.encode("utf8") if isinstance(row, str) else np.ascontiguousarray(row).tobytes()
    return hashlib.sha256(content).hexdigest()[:16]
