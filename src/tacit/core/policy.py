"""A policy: the gates that a release must pass, as a value or a TOML file."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tacit.core.errors import InvalidInput
from tacit.core.estimate import Estimate
from tacit.core.gate import AtMost, Gate, NotRefuted, Verdict, judge
from tacit.core.note import Note


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
    def from_toml(cls, path: str | Path) -> "Policy":
        """Read a policy file.

        The file holds a ``[policy]`` table: ``name`` (text), ``at_most`` (a table from metric to
        limit) and ``claimed_epsilon`` (a number, optional).

        Raises
        ------
        InvalidInput : the file cannot be read, or has other keys or values.
        """
        try:
            text = Path(path).read_text(encoding="utf8")
            plain = tomllib.loads(text)
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise InvalidInput(f"The policy file `{path}` cannot be read: {error}.") from error
        return cls.from_dict(plain.get("policy", {}), source=str(path))

    @classmethod
    def from_dict(cls, plain: Any, *, source: str = "policy") -> "Policy":
        """A policy from plain data; see `from_toml`."""
        if not isinstance(plain, dict):
            raise InvalidInput(
                f"`policy` in `{source}` needs to be a table ([policy]), got {plain!r}."
            )
        unknown = sorted(set(plain) - {"name", "at_most", "claimed_epsilon"})
        if unknown or not plain:
            problem = f"the unknown key(s) {', '.join(unknown)}" if unknown else "no [policy] table"
            raise InvalidInput(
                f"`{source}` has {problem}. A policy holds `name`, `at_most` and `claimed_epsilon`."
            )
        limits = plain.get("at_most", {})
        if not isinstance(limits, dict) or not all(_is_number(limit) for limit in limits.values()):
            raise InvalidInput(
                f"`at_most` in `{source}` needs a table from metric to number, got {limits!r}."
            )
        gates: list[Gate] = [AtMost(metric, float(limit)) for metric, limit in limits.items()]
        if "claimed_epsilon" in plain:
            if not _is_number(plain["claimed_epsilon"]):
                raise InvalidInput(
                    f"`claimed_epsilon` in `{source}` needs a number, got"
                    f" {plain['claimed_epsilon']!r}."
                )
            gates.append(NotRefuted(float(plain["claimed_epsilon"])))
        if not gates:
            raise InvalidInput(
                f"`{source}` sets no limit, so nothing could fail. Add `at_most` or"
                " `claimed_epsilon`."
            )
        return cls(str(plain.get("name", Path(source).stem)), tuple(gates))


DEFAULT_POLICY = Policy("default", (AtMost("advantage", 0.10), AtMost("tpr@fpr=0.01", 0.05)))


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
