"""A number that could not be known, and what it would take."""

from dataclasses import asdict, dataclass
from typing import Any

from tacit.core.errors import InvalidInput, NotEnoughData


@dataclass(frozen=True)
class Note:
    """A number that could not be known: what was asked, why it has no answer, and what it needs.

    Parameters
    ----------
    metric : what was asked: the name of a metric, or a question.
    reason : why it could not be known, in words.
    needed : how many it would take, or None where no number would help.
    got : how many there were, or None.
    unit : of `needed` and `got`, for example ``"members"``.

    Examples
    --------
    >>> Note("tpr@fpr=0.001", "too few non-members", needed=3000, got=500, unit="non-members")
    Note(metric='tpr@fpr=0.001', reason='too few non-members', needed=3000, got=500, \
unit='non-members')
    """

    metric: str
    reason: str
    needed: int | None = None
    got: int | None = None
    unit: str = ""

    def __post_init__(self) -> None:
        for name in ("metric", "reason", "unit"):
            if not isinstance(getattr(self, name), str):
                raise InvalidInput(f"`{name}` needs text, got {getattr(self, name)!r}.")
        for name in ("needed", "got"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, int(value))

    @classmethod
    def of(cls, metric: str, error: NotEnoughData) -> "Note":
        """The note that `error` leaves behind where `metric` was asked."""
        return cls(metric, str(error), error.needed, error.got, error.unit)

    def __str__(self) -> str:
        return self.reason

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> "Note":
        """The Note that `to_dict` wrote."""
        return cls(**plain)
