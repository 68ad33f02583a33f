"""Several audits side by side: plain data, JSON both ways."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tacit.core import presentation, report_shape
from tacit.core.errors import InvalidInput
from tacit.core.estimate import Estimate
from tacit.core.files import text_of, write_whole
from tacit.core.plain import parsed, require_kind

SCHEMA = 1
KIND = "tacit comparison"
CONFIRMED_ESTIMATES = ("score", "accuracy", "baseline_score", "winner_score")


@dataclass(frozen=True)
class Point:
    """One audited model, or one epoch of it.

    Parameters
    ----------
    name : unique within the comparison.
    model : what its line is called.
    epoch : of the checkpoint, or None.
    accuracy : on records that it was not trained on, or None.
    score : the vulnerability score, or None where unknown.
    finding, verdict : of its report.
    n : records that the score rests on.
    front : no other point is at least as accurate and at most as vulnerable (and better in one).
    runs : trainings of one recipe that it is the mean of; then intervals have the run as the unit.
    accuracy_low, accuracy_high : interval of the accuracy, or None.
    seconds : training time of one model, or None where unknown.
    """

    name: str
    model: str
    epoch: float | None
    accuracy: float | None
    score: Estimate | None
    finding: str = ""
    verdict: str = ""
    n: int = 0
    front: bool = False
    runs: int = 1
    accuracy_low: float | None = None
    accuracy_high: float | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Difference:
    """Whether two points differ in vulnerability by more than chance.

    Parameters
    ----------
    first, second : names of points.
    estimate : first minus second, or None where they cannot be compared.
    p_value : of "no difference".
    p_adjusted : corrected for the number of differences looked at (Holm).
    real : the corrected p-value is at most 1 - level.
    paired : both were audited on the same records.
    reason : why they cannot be compared; empty where they can.
    accuracy : accuracy of the first minus that of the second, with the run as the unit, or None.
    """

    first: str
    second: str
    estimate: Estimate | None = None
    p_value: float | None = None
    p_adjusted: float | None = None
    real: bool = False
    paired: bool = False
    reason: str = ""
    accuracy: Estimate | None = None


@dataclass(frozen=True)
class Confirmed:
    """Baseline against winner on fresh coins and seeds; nothing of it was used to choose.

    Parameters
    ----------
    score : vulnerability of the baseline minus that of the winner; above 0 where the winner is
        less vulnerable.
    accuracy : accuracy of the winner minus that of the baseline, or None where unknown.
    runs : fresh trainings of each.
    baseline_score, winner_score : what the differences are made of.
    baseline, winner : names of points.
    """

    score: Estimate
    accuracy: Estimate | None
    runs: int
    baseline_score: Estimate | None = None
    winner_score: Estimate | None = None
    baseline: str = ""
    winner: str = ""

    @property
    def better(self) -> bool:
        """Whether the winner is less vulnerable by more than chance."""
        return self.score.low > 0

    @property
    def share(self) -> float | None:
        """Share of the baseline's vulnerability that is gone, at most 1; None where the baseline
        shows none.
        """
        base = self.baseline_score
        if base is None or base.value <= 0:
            return None
        return min(1.0, self.score.value / base.value)


@dataclass(frozen=True, eq=False)
class Comparison:
    """What several audits say together, as plain data. `tacit.compare` makes it.

    Parameters
    ----------
    points : one an audit or an epoch, in the order given.
    differences : one a pair of points.
    recommended : name of a point, or "" where nothing can be recommended.
    recommendation : in plain words.
    notes : what the reader must know: points left out, tests that are not paired, audits of
        different records.
    level : confidence of the tests.
    created : ISO date of the newest report.
    baseline : name of the point that the others are weighed against, or "".
    confirmed : the baseline against the winner on fresh trainings, or None.
    """

    points: tuple[Point, ...]
    differences: tuple[Difference, ...]
    recommended: str
    recommendation: str
    notes: tuple[str, ...] = ()
    level: float = 0.95
    created: str = ""
    title: str = "comparison"
    schema: int = SCHEMA
    baseline: str = ""
    confirmed: Confirmed | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", str(self.title))

    def point(self, name: str) -> Point:
        """The point called `name`.

        Raises
        ------
        InvalidInput : there is none; the error lists the names that there are.
        """
        for point in self.points:
            if point.name == name:
                return point
        raise InvalidInput(
            f"The comparison has no point {name!r}. It has:"
            f" {', '.join(point.name for point in self.points)}."
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        plain = asdict(self) | {"kind": KIND}
        for item, point in zip(plain["points"], self.points):
            item["score"] = None if point.score is None else point.score.to_dict()
        for item, difference in zip(plain["differences"], self.differences):
            item["estimate"] = _plain(difference.estimate)
            item["accuracy"] = _plain(difference.accuracy)
        if self.confirmed is not None:
            plain["confirmed"] |= {
                name: _plain(getattr(self.confirmed, name)) for name in CONFIRMED_ESTIMATES
            }
        return plain

    def to_json(self) -> str:
        """JSON text; `from_json` gives the same comparison back."""
        return json.dumps(
            self.to_dict(), indent=1, ensure_ascii=False, allow_nan=False, sort_keys=True
        )

    @classmethod
    def from_json(cls, text: str) -> "Comparison":
        """The Comparison that `to_json` wrote.

        Raises
        ------
        InvalidInput : the text is not such a comparison, or comes from a newer tacit.
        """
        return cls.from_dict(parsed(text, "comparison"))

    @classmethod
    def from_dict(cls, plain: Any) -> "Comparison":
        """The Comparison that `to_dict` wrote; see `from_json`."""
        require_kind(plain, KIND, SCHEMA, "comparison")
        plain = {name: value for name, value in plain.items() if name != "kind"}
        report_shape.COMPARISON(plain, "")
        try:
            points = tuple(
                Point(**(item | {"score": _estimate(item["score"])})) for item in plain["points"]
            )
            differences = tuple(
                Difference(
                    **item
                    | {
                        "estimate": _estimate(item["estimate"]),
                        "accuracy": _estimate(item.get("accuracy")),
                    }
                )
                for item in plain["differences"]
            )
            return cls(
                **(
                    plain
                    | {
                        "points": points,
                        "differences": differences,
                        "notes": tuple(plain["notes"]),
                        "confirmed": _confirmed(plain.get("confirmed")),
                    }
                )
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise InvalidInput(f"The comparison is damaged: {error}.") from error

    @classmethod
    def load(cls, path: str | Path) -> "Comparison":
        """Read a comparison that `save` wrote as JSON.

        Raises
        ------
        InvalidInput : the file cannot be read or is not a comparison.
        """
        try:
            text = text_of(path)
        except (OSError, InvalidInput) as error:
            raise InvalidInput(f"`{path}` cannot be read as a comparison: {error}.") from error
        return cls.from_json(text)

    def save(self, path: str | Path, *, lang: str = "en") -> Path:
        """Write it in the format of the file's suffix (.html, .json, .txt, .md), in one step.

        Raises
        ------
        InvalidInput : the suffix is unknown.
        OSError : the disk is full or the folder cannot be written.
        """
        target = Path(path)
        if target.is_dir():
            raise InvalidInput(
                f"`{target}` is a directory; a comparison needs a file name, for example"
                f" `{target / 'compare.html'}`."
            )
        write_whole(target, presentation.rendered(self, target.suffix, lang=lang).encode("utf8"))
        return target

    def __str__(self) -> str:
        return presentation.rendered(self, ".txt")

    def _repr_html_(self) -> str:
        return presentation.notebook(self)


def _plain(estimate: Estimate | None) -> dict[str, Any] | None:
    return None if estimate is None else estimate.to_dict()


def _confirmed(plain: dict[str, Any] | None) -> Confirmed | None:
    if plain is None:
        return None
    found = {name: _estimate(plain.get(name)) for name in CONFIRMED_ESTIMATES}
    return Confirmed(**(plain | found))


def _estimate(plain: dict[str, Any] | None) -> Estimate | None:
    if plain is None:
        return None
    return Estimate.from_dict(plain)
