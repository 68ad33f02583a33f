"""A policy: the gates that a release must pass, as a value or a TOML file."""

import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import Any

from tacit.core.errors import InvalidInput
from tacit.core.estimate import Estimate
from tacit.core.files import text_of
from tacit.core.gate import AtMost, Gate, NotRefuted, Verdict, judge, require_exceedable
from tacit.core.note import Note
from tacit.core.plugins import did_you_mean


@dataclass(frozen=True)
class Policy:
    """Gates under a name.

    Parameters
    ----------
    name : what the report calls it.
    gates : one or more of `AtMost`, `NotRefuted` or anything with a `metric` that judges an
        Estimate; a single gate needs no tuple.

    Raises
    ------
    InvalidInput : there is no gate, or something that is none.
    """

    name: str
    gates: tuple[Gate, ...]

    def __post_init__(self) -> None:
        if not isinstance(self.name, str):
            raise InvalidInput(f"`name` of a Policy needs text, got {self.name!r}.")
        gates = self.gates if isinstance(self.gates, (tuple, list)) else (self.gates,)
        for gate in gates:
            if not callable(gate) or not isinstance(getattr(gate, "metric", None), str):
                raise InvalidInput(
                    "`gates` of a Policy needs gates such as AtMost('advantage', 0.1), got"
                    f" {gate!r}."
                )
        if not gates:
            raise InvalidInput(
                "`gates` of a Policy needs at least one gate, got none, so nothing could fail."
            )
        object.__setattr__(self, "gates", tuple(gates))

    def judge(
        self,
        estimates: Sequence[Estimate],
        notes: Sequence[Note] = (),
        *,
        attributable: bool = True,
    ) -> tuple[Verdict, ...]:
        """One verdict a gate; see `tacit.core.gate.judge`."""
        return judge(self.gates, estimates, notes, attributable=attributable)

    @classmethod
    def of(cls, limits: "PolicyLike") -> "Policy":
        """A policy, whatever a user holds.

        Parameters
        ----------
        limits : a Policy; a mapping from metric to limit such as ``{"advantage": 0.1}``, which may
            hold ``claimed_epsilon``, or the content of a ``[policy]`` table; or the path of a file.

        Raises
        ------
        InvalidInput : it is none of these, or a limit is wrong.
        """
        if isinstance(limits, cls):
            return limits
        if isinstance(limits, (str, Path)):
            return cls.from_toml(limits)
        if isinstance(limits, Mapping):
            if {"at_most", "name"} & set(limits):
                return cls.from_dict(dict(limits))
            claim = {key: limits[key] for key in ("claimed_epsilon",) if key in limits}
            at_most = {key: value for key, value in limits.items() if key not in claim}
            return cls.from_dict({"name": "limits", "at_most": at_most, **claim})
        raise InvalidInput(
            "`policy` needs a tacit.Policy, limits such as {'advantage': 0.1}, or the path of a"
            f" policy file, got {type(limits).__name__}."
        )

    @classmethod
    def from_toml(cls, path: str | Path) -> "Policy":
        """Read a policy file.

        The file holds a ``[policy]`` table: ``name`` (text), ``at_most`` (a table from metric to
        limit) and ``claimed_epsilon`` (a number, optional). A ``[file]`` table beside it is that of
        `EvidenceFile`; other tables are refused, so that no limit is lost by a slip.

        Raises
        ------
        InvalidInput : the file cannot be read, or has other tables, keys or values.
        """
        try:
            plain = tomllib.loads(text_of(path))
        except (OSError, ValueError, RecursionError) as error:
            raise InvalidInput(f"The policy file `{path}` cannot be read: {error}.") from error
        _require_keys(plain, TABLES, f"`{path}`", "table")
        return cls.from_dict(plain.get("policy", {}), source=str(path))

    @classmethod
    def from_dict(cls, plain: Any, *, source: str = "policy") -> "Policy":
        """A policy from plain data; see `from_toml`."""
        if not isinstance(plain, Mapping):
            raise InvalidInput(
                f"`policy` in `{source}` needs to be a table ([policy]), got {plain!r}."
            )
        if not plain:
            raise InvalidInput(f"`{source}` has no [policy] table, so nothing could fail.")
        _require_keys(plain, KEYS, f"[policy] of `{source}`", "key")
        limits = plain.get("at_most", {})
        if not isinstance(limits, Mapping):
            raise InvalidInput(
                f"`at_most` in `{source}` needs a table from metric to number, got {limits!r}."
            )
        gates: list[Gate] = [
            AtMost(metric, _limit(metric, limit, source)) for metric, limit in limits.items()
        ]
        if "claimed_epsilon" in plain:
            claimed = _finite(plain["claimed_epsilon"], "claimed_epsilon", source)
            gates.append(NotRefuted(claimed))
        if not gates:
            raise InvalidInput(
                f"`{source}` sets no limit, so nothing could fail. Add `at_most` or"
                " `claimed_epsilon`."
            )
        name = plain.get("name", Path(source).stem)
        if not isinstance(name, str):
            raise InvalidInput(f"`name` in `{source}` needs text, got {name!r}.")
        return cls(name, tuple(gates))


TABLES = ("policy", "file")
# what people write in quotes: 0.1, 10 %, and 0,1 where a comma stands before the decimals
SHARE = re.compile(r"(\d{1,9}(?:[.,]\d{1,9})?) ?(%?)", re.ASCII)
KEYS = ("name", "at_most", "claimed_epsilon")
DEFAULT_POLICY = Policy("default", (AtMost("advantage", 0.10), AtMost("tpr@fpr=0.01", 0.05)))


def _require_keys(plain: Mapping[str, Any], known: Sequence[str], place: str, kind: str) -> None:
    for key in plain:
        if key not in known:
            listed = ", ".join(f"`{name}`" for name in known)
            raise InvalidInput(
                f"{place} has the unknown {kind} `{key}`.{did_you_mean(str(key), known)} It may"
                f" hold {listed}."
            )


def _limit(metric: str, value: Any, source: str) -> float:
    limit = _finite(value, f"at_most.{metric}", source)
    require_exceedable(metric, limit, f"`at_most.{metric}` in `{source}`")
    return limit


def _finite(value: Any, name: str, source: str) -> float:
    problem = isinstance(value, bool) or not isinstance(value, Real)
    try:
        number = math.nan if problem else float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        shown = str(value)[:40]
        raise InvalidInput(
            f"`{name}` in `{source}` needs a finite number, got {shown!r}.{_written(value)}"
        )
    return number


def _written(text: Any) -> str:
    """How a number in quotes, or in percent, is written, in words."""
    found = SHARE.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        return ""
    number = float(found[1].replace(",", "."))
    share = " without quotes, as a share" if found[2] else " without quotes"
    return f" Write {number / (100 if found[2] else 1):g}{share}."


# what a user may hold in place of a Policy
PolicyLike = Policy | Mapping[str, Any] | str | Path
