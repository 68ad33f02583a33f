"""The pass mark. Too little data never passes."""

import math
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from tacit.core.errors import InvalidInput
from tacit.core.estimate import Estimate, interval_text

Outcome = Literal["pass", "fail", "inconclusive", "skipped"]
EXIT_CODES: dict[str, int] = {"pass": 0, "fail": 1, "inconclusive": 2, "skipped": 2}


@dataclass(frozen=True)
class Verdict:
    """What a gate says of one estimate: ``"pass"``, ``"fail"``, ``"inconclusive"`` or
    ``"skipped"``, with its reason.
    """

    outcome: Outcome
    rule: str
    reason: str

    @property
    def exit_code(self) -> int:
        """0 pass, 1 fail, 2 inconclusive or skipped."""
        return EXIT_CODES[self.outcome]

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {"outcome": self.outcome, "rule": self.rule, "reason": self.reason}


class Gate(Protocol):
    """A pass mark for the estimate called `metric`."""

    @property
    def metric(self) -> str:
        """Name of the estimate that the gate judges."""
        ...

    def __call__(self, estimate: Estimate, /) -> Verdict:
        """Judge one estimate."""
        ...


@dataclass(frozen=True)
class AtMost:
    """Passes only if the whole interval of `metric` is at or below `limit`, fails only if it is
    wholly above.

    Examples
    --------
    >>> AtMost("auc", 0.6)(Estimate("auc", 0.55, 0.52, 0.58, 0.95, 900, "DeLong")).outcome
    'pass'
    """

    metric: str
    limit: float

    def __post_init__(self) -> None:
        if not math.isfinite(self.limit):
            raise InvalidInput(f"`limit` needs a finite number, got {self.limit}.")

    def __call__(self, estimate: Estimate) -> Verdict:
        """The verdict on `estimate`."""
        outcome: Outcome = (
            "pass"
            if estimate.high <= self.limit
            else "fail"
            if estimate.low > self.limit
            else "inconclusive"
        )
        word = {"pass": "lies at or below", "fail": "lies above", "inconclusive": "reaches across"}[
            outcome
        ]
        interval = interval_text(estimate.low, estimate.high)
        reason = (
            f"{estimate.name} = {estimate.value:.4g} {interval} {word} the limit {self.limit:g}"
        )
        return Verdict(outcome, f"{self.metric} at most {self.limit:g}", reason)


@dataclass(frozen=True)
class NotRefuted:
    """Fails if a lower bound on epsilon exceeds the claim. A pass means "not refuted", nothing
    stronger.

    Parameters
    ----------
    claimed_epsilon : what the training is said to guarantee.
    metric : the estimate that it judges; its `low` is the bound.
    """

    claimed_epsilon: float
    metric: str = "epsilon"

    def __post_init__(self) -> None:
        if not self.claimed_epsilon >= 0:
            raise InvalidInput(
                f"`claimed_epsilon` needs a number of 0 or more, got {self.claimed_epsilon}."
            )

    def __call__(self, estimate: Estimate) -> Verdict:
        """The verdict on `estimate`."""
        refuted = estimate.low > self.claimed_epsilon
        if refuted:
            reason = (
                f"refuted: epsilon is at least {estimate.low:.4g} ({100 * estimate.level:g} %"
                " confidence)"
            )
        else:
            reason = (
                f"not refuted: the audit shows epsilon >= {estimate.low:.4g}, which the claim"
                " allows; it proves nothing more"
            )
        return Verdict(
            "fail" if refuted else "pass",
            f"claimed epsilon {self.claimed_epsilon:g} not refuted",
            reason,
        )


def overall(verdicts: tuple[Verdict, ...]) -> Literal["pass", "fail", "inconclusive"]:
    """One verdict for all: any fail fails; a pass needs every gate to pass; no gates at all is
    inconclusive.
    """
    outcomes = {verdict.outcome for verdict in verdicts}
    if "fail" in outcomes:
        return "fail"
    return "pass" if outcomes == {"pass"} else "inconclusive"
