"""A recipe (statistic, attack, metrics, gates), and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

from tacit.core.errors import InvalidInput
from tacit.core.estimate import Estimate
from tacit.core.gate import Gate, Verdict
from tacit.core.note import Note
from tacit.core.protocols import Attack, Metric

Role = Literal["attack", "slice", "blind", "control", "risk"]


@dataclass(frozen=True, eq=False)
class Check:
    """One privacy test: which signal, which attack, which metrics, which pass mark.

    Parameters
    ----------
    name : what the report calls it.
    statistic : name of the signal that the attack sees.
    attack : a way of guessing.
    metrics : names such as ``"auc"`` or ``"tpr@fpr=0.001"``, or functions from Evidence to
        Estimate.
    gates : pass marks for the metrics.

    Raises
    ------
    InvalidInput : the attack cannot be called, or a metric or gate is none.
    """

    name: str
    statistic: str
    attack: Attack
    metrics: Sequence[str | Metric] = ("auc", "tpr@fpr=0.01")
    gates: Sequence[Gate] = ()

    def __post_init__(self) -> None:
        for name in ("name", "statistic"):
            if not isinstance(getattr(self, name), str) or not getattr(self, name):
                raise InvalidInput(f"`{name}` of a Check needs text, got {getattr(self, name)!r}.")
        if not callable(self.attack):
            raise InvalidInput(
                f"`attack` of Check {self.name!r} needs a callable from Signals to scores, got"
                f" {self.attack!r}."
            )
        metrics = (self.metrics,) if _single(self.metrics) else tuple(self.metrics)
        for metric in metrics:
            if not isinstance(metric, str) and not callable(metric):
                raise InvalidInput(
                    f"`metrics` of Check {self.name!r} needs names such as 'auc' or functions, got"
                    f" {metric!r}."
                )
        gates = self.gates if isinstance(self.gates, (tuple, list)) else (self.gates,)
        for gate in gates:
            if not callable(gate) or not isinstance(getattr(gate, "metric", None), str):
                raise InvalidInput(
                    f"`gates` of Check {self.name!r} needs gates such as AtMost('auc', 0.6), got"
                    f" {gate!r}."
                )
        object.__setattr__(self, "metrics", metrics)
        object.__setattr__(self, "gates", tuple(gates))


def _single(metrics: object) -> bool:
    return isinstance(metrics, str) or callable(metrics)


@dataclass(frozen=True, eq=False)
class CheckResult:
    """What one check measured.

    Parameters
    ----------
    name : of the check.
    role : an attack on all records, one slice, the blind baseline, a control, or a risk of a
        release (a guess about members that is tried on non-members too).
    attack, statistic : what was run.
    slice, value : the column and its value for a slice, else empty.
    n_members, n_nonmembers : records scored.
    estimates : what was measured, each with its interval.
    p_value : of "no leak".
    p_adjusted : corrected for the number of checks of the same role.
    verdicts : of the check's own gates.
    notes : what could not be measured, and what it would take.
    remarks : what else the reader should know of it, in words.
    """

    name: str
    role: Role
    attack: str = ""
    statistic: str = ""
    slice: str = ""
    value: str = ""
    n_members: int = 0
    n_nonmembers: int = 0
    estimates: tuple[Estimate, ...] = ()
    p_value: float | None = None
    p_adjusted: float | None = None
    verdicts: tuple[Verdict, ...] = ()
    notes: tuple[Note, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """Why nothing could be measured; empty where something was."""
        return "" if self.estimates or not self.notes else self.notes[0].reason

    def estimate(self, name: str) -> Estimate | None:
        """The estimate called `name`, or None where it was not measured."""
        return next((estimate for estimate in self.estimates if estimate.name == name), None)

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        plain = {item.name: getattr(self, item.name) for item in fields(self)}
        for name in ("estimates", "verdicts", "notes"):
            plain[name] = [item.to_dict() for item in plain[name]]
        return plain | {"remarks": list(self.remarks)}

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> "CheckResult":
        """The CheckResult that `to_dict` wrote, of this schema or the first."""
        if "reason" in plain:
            plain = _second_schema(plain)
        return cls(
            **(
                plain
                | {
                    "estimates": tuple(Estimate.from_dict(item) for item in plain["estimates"]),
                    "verdicts": tuple(Verdict.from_dict(item) for item in plain["verdicts"]),
                    "notes": tuple(Note.from_dict(item) for item in plain["notes"]),
                    "remarks": tuple(plain["remarks"]),
                }
            )
        )


def _second_schema(plain: dict[str, Any]) -> dict[str, Any]:
    """Schema 1 kept one reason a check and notes in words; they are kept as they are."""
    reason = plain["reason"]
    notes = [Note(plain["name"], reason).to_dict()] if reason else []
    kept = {name: value for name, value in plain.items() if name != "reason"}
    return kept | {"notes": notes, "remarks": list(plain["notes"])}
