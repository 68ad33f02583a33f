"""A recipe (statistic, attack, metrics, gates), and what came of it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from tacit.core.estimate import Estimate
from tacit.core.gate import Gate, Verdict
from tacit.core.protocols import Attack, Metric

Role = Literal["attack", "slice", "blind", "control"]


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
    """

    name: str
    statistic: str
    attack: Attack
    metrics: Sequence[str | Metric] = ("auc", "tpr@fpr=0.01")
    gates: Sequence[Gate] = ()


@dataclass(frozen=True, eq=False)
class CheckResult:
    """What one check measured.

    Parameters
    ----------
    name : of the check.
    role : an attack on all records, one slice, the blind baseline, or a control.
    attack, statistic : what was run.
    slice, value : the column and its value for a slice, else empty.
    n_members, n_nonmembers : records scored.
    estimates : what was measured, each with its interval.
    p_value : of "no leak", and p_adjusted : corrected for the number of checks of the same role.
    verdicts : of the check's own gates.
    reason : why something could not be measured; empty where all was.
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
    reason: str = ""
    notes: tuple[str, ...] = field(default=())

    def estimate(self, name: str) -> Estimate | None:
        """The estimate called `name`, or None where it was not measured."""
        return next((estimate for estimate in self.estimates if estimate.name == name), None)

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        plain = asdict(self)
        plain["estimates"] = [estimate.to_dict() for estimate in self.estimates]
        plain["verdicts"] = [verdict.to_dict() for verdict in self.verdicts]
        plain["notes"] = list(self.notes)
        return plain

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> "CheckResult":
        """The CheckResult that `to_dict` wrote."""
        estimates = tuple(Estimate.from_dict(item) for item in plain["estimates"])
        verdicts = tuple(Verdict(**item) for item in plain["verdicts"])
        return cls(
            **(
                plain
                | {"estimates": estimates, "verdicts": verdicts, "notes": tuple(plain["notes"])}
            )
        )
