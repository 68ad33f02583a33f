"""The pass mark. Too little data never passes."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any, Literal, Protocol, runtime_checkable

from tacit.core.errors import InvalidInput
from tacit.core.estimate import Estimate, interval_text, rounded_down, rounded_up
from tacit.core.note import Note

Outcome = Literal["pass", "fail", "inconclusive", "skipped"]
EXIT_CODES: dict[str, int] = {"pass": 0, "fail": 1, "inconclusive": 2, "skipped": 2}
# metrics whose largest value is 1: a limit of 1 or more could never fail
SHARES = ("advantage", "auc", "balanced_accuracy", "tpr@fpr", "ppv@prior", "pauc@fpr", "accuracy")
# metrics that hold a number, which people write in several ways
NUMBERED = re.compile(r"(tpr@fpr<?=|ppv@prior=|pauc@fpr=)(.+)")
NOT_ATTRIBUTABLE = (
    "the split itself tells members from non-members, so the numbers do not speak of the model"
)


@dataclass(frozen=True)
class Verdict:
    """What a gate says of one estimate.

    Parameters
    ----------
    outcome : ``"pass"``, ``"fail"``, ``"inconclusive"`` or ``"skipped"``.
    metric : the estimate that was judged.
    relation : what the gate asks of it: ``"at most"``, ``"not refuted"``, or a gate's own words.
    limit : what it was held against, or None where the gate has no number.
    estimate : what was judged, or None where it was not measured.
    note : why it could not be judged, or None where it could.
    """

    outcome: Outcome
    metric: str
    relation: str = "at most"
    limit: float | None = None
    estimate: Estimate | None = None
    note: Note | None = None

    def __post_init__(self) -> None:
        if self.outcome not in EXIT_CODES:
            raise InvalidInput(
                f"`outcome` needs one of {', '.join(EXIT_CODES)}, got {self.outcome!r}."
            )
        if self.limit is not None:
            object.__setattr__(self, "limit", float(self.limit))

    @property
    def exit_code(self) -> int:
        """0 pass, 1 fail, 2 inconclusive or skipped."""
        return EXIT_CODES[self.outcome]

    @property
    def rule(self) -> str:
        """What the gate asks, in words."""
        if self.relation == "not refuted" and self.limit is not None:
            return f"claimed {self.metric} {self.limit:g} not refuted"
        limit = "" if self.limit is None else f" {self.limit:g}"
        return f"{self.metric} {self.relation}{limit}".rstrip()

    @property
    def reason(self) -> str:
        """Why, in words."""
        if self.note is not None:
            return self.note.reason
        if self.estimate is None:
            return f"{self.metric} was not measured"
        if self.relation == "not refuted":
            return _claim_reason(self.outcome, self.estimate)
        word = {"pass": "lies within", "fail": "lies beyond"}.get(self.outcome, "reaches across")
        if self.relation == "at most":
            words = {"pass": "lies at or below", "fail": "lies above"}
            word = words.get(self.outcome, "reaches across")
        found = self.estimate
        limit = "what is asked" if self.limit is None else f"the limit {self.limit:g}"
        interval = interval_text(found.low, found.high)
        return f"{found.name} = {found.value:.4g} {interval} {word} {limit}"

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "outcome": self.outcome,
            "metric": self.metric,
            "relation": self.relation,
            "limit": self.limit,
            "estimate": None if self.estimate is None else self.estimate.to_dict(),
            "note": None if self.note is None else self.note.to_dict(),
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> "Verdict":
        """The Verdict that `to_dict` wrote, of this schema or the first."""
        if "rule" in plain:
            note = Note(plain["rule"], plain["reason"])
            return cls(plain["outcome"], plain["rule"], relation="", note=note)
        estimate, note_ = plain["estimate"], plain["note"]
        return cls(
            plain["outcome"],
            plain["metric"],
            plain["relation"],
            plain["limit"],
            None if estimate is None else Estimate.from_dict(estimate),
            None if note_ is None else Note.from_dict(note_),
        )


def _claim_reason(outcome: Outcome, bound: Estimate) -> str:
    shown = f"{rounded_down(bound.low):.4g}"
    if outcome == "fail":
        return f"refuted: {bound.name} is at least {shown} ({100 * bound.level:g} % confidence)"
    return (
        f"not refuted: the audit shows {bound.name} >= {shown}, which the claim allows; it proves"
        " nothing more"
    )


@runtime_checkable
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

    Parameters
    ----------
    metric : name of the estimate.
    limit : finite; in the units of the metric (0.1 is 10 %).

    Raises
    ------
    InvalidInput : `metric` is no name, or `limit` is not a finite number that can be exceeded.

    Examples
    --------
    >>> AtMost("auc", 0.6)(Estimate("auc", 0.55, 0.52, 0.58, 0.95, 900, "DeLong")).outcome
    'pass'
    """

    metric: str
    limit: float

    def __post_init__(self) -> None:
        _require_name(self.metric)
        object.__setattr__(self, "metric", one_name(self.metric))
        object.__setattr__(self, "limit", _number(self.limit, "limit"))
        if not math.isfinite(self.limit):
            raise InvalidInput(f"`limit` needs a finite number, got {self.limit}.")
        require_exceedable(self.metric, self.limit, f"The limit of {self.metric}")

    def __call__(self, estimate: Estimate) -> Verdict:
        """The verdict on `estimate`."""
        outcome: Outcome = "inconclusive"
        if estimate.high <= self.limit:
            outcome = "pass"
        elif estimate.low > self.limit:
            outcome = "fail"
        return Verdict(outcome, self.metric, "at most", self.limit, estimate)


@dataclass(frozen=True)
class NotRefuted:
    """Fails if a lower bound on epsilon exceeds the claim. A pass means "not refuted", nothing
    stronger; an audit that could not have refuted the claim even with perfect guesses is
    inconclusive (the bound's setting ``"ceiling"`` says what it could show at most).

    Parameters
    ----------
    claimed_epsilon : what the training is said to guarantee, finite and at least 0.
    metric : the estimate that it judges; its `low` is the bound.

    Raises
    ------
    InvalidInput : `claimed_epsilon` is not a finite number of 0 or more.
    """

    claimed_epsilon: float
    metric: str = "epsilon"

    def __post_init__(self) -> None:
        _require_name(self.metric)
        claimed = _number(self.claimed_epsilon, "claimed_epsilon")
        object.__setattr__(self, "claimed_epsilon", claimed)
        if not 0 <= claimed < math.inf:
            raise InvalidInput(
                "`claimed_epsilon` needs a finite number of 0 or more (an infinite claim cannot be"
                f" refuted), got {claimed}."
            )

    def __call__(self, estimate: Estimate) -> Verdict:
        """The verdict on `estimate`."""
        claimed = self.claimed_epsilon
        outcome: Outcome = "fail" if estimate.low > claimed else "pass"
        note = None
        ceiling = estimate.settings.get("ceiling")
        if outcome == "pass" and ceiling is not None and ceiling <= claimed:
            outcome = "inconclusive"
            note = Note(
                self.metric,
                "this audit could not refute the claim: even if every guess is right, it shows an"
                f" epsilon of {rounded_up(ceiling, 3):.3g} and no more (`tacit dp plan` says how"
                " many canaries it takes)",
            )
        return Verdict(outcome, self.metric, "not refuted", claimed, estimate, note)


def judge(
    gates: Sequence[Gate],
    estimates: Sequence[Estimate],
    notes: Sequence[Note] = (),
    *,
    attributable: bool = True,
) -> tuple[Verdict, ...]:
    """One verdict a gate.

    Parameters
    ----------
    gates : the pass marks.
    estimates : what was measured; the first of a name counts.
    notes : what could not be known; they give a gate without an estimate its reason.
    attributable : False where the numbers do not speak of the model: then nothing passes or fails.
    """
    found = {estimate.name: estimate for estimate in reversed(estimates)}
    unknown = {note.metric: note for note in notes}
    verdicts = [
        gate(found[gate.metric])
        if gate.metric in found
        else _unmeasured(gate, unknown.get(gate.metric))
        for gate in gates
    ]
    if attributable:
        return tuple(verdicts)
    return tuple(
        replace(verdict, outcome="inconclusive", note=Note(verdict.metric, NOT_ATTRIBUTABLE))
        for verdict in verdicts
    )


def overall(verdicts: Sequence[Verdict]) -> Literal["pass", "fail", "inconclusive"]:
    """One verdict for all: any fail fails; a pass needs every gate to pass; no gates at all is
    inconclusive.
    """
    outcomes = {verdict.outcome for verdict in verdicts}
    if "fail" in outcomes:
        return "fail"
    return "pass" if outcomes == {"pass"} else "inconclusive"


def _unmeasured(gate: Gate, note: Note | None) -> Verdict:
    limit = getattr(gate, "limit", getattr(gate, "claimed_epsilon", None))
    relation = "not refuted" if isinstance(gate, NotRefuted) else "at most"
    if not isinstance(gate, (AtMost, NotRefuted)):
        relation = str(getattr(gate, "relation", "judged"))
    missing = note or Note(gate.metric, f"{gate.metric} was not measured")
    return Verdict("inconclusive", gate.metric, relation, limit, None, missing)


def one_name(metric: str) -> str:
    """The one spelling of a metric, however its number and its spaces are written.

    Examples
    --------
    >>> one_name("TPR@FPR = 0.010")
    'tpr@fpr=0.01'
    """
    found = NUMBERED.fullmatch("".join(metric.split()).lower())
    if found is None:
        return metric
    try:
        return f"{found[1]}{float(found[2]):g}"
    except ValueError:
        return metric


def require_exceedable(metric: str, limit: float, name: str) -> None:
    """Raise where no value of `metric` could lie above `limit`, or none at or below it."""
    if limit < 0 and metric.startswith(SHARES):
        raise InvalidInput(
            f"{name} is {limit:g}, which nothing can keep: {metric} is a share, 0 or more (for 10 %"
            " write 0.1)."
        )
    if limit >= 1 and metric.startswith(SHARES):
        share = f" (for 10 % write 0.1; you may mean {limit / 100:g})" if limit > 1 else ""
        raise InvalidInput(
            f"{name} is {limit:g}, which nothing can exceed: {metric} is at most 1{share}. A limit"
            " that cannot fail is no limit."
        )


def _require_name(metric: object) -> None:
    if not isinstance(metric, str) or not metric:
        raise InvalidInput(f"`metric` needs the name of a metric, got {metric!r}.")


def _number(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise InvalidInput(f"`{name}` needs a number, got {value!r}.")
    return float(value)
