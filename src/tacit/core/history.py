"""One model over its versions: plain data, JSON both ways."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tacit.core import presentation, report_shape
from tacit.core.comparison import Difference, Point
from tacit.core.errors import InvalidInput
from tacit.core.estimate import Estimate
from tacit.core.files import write_whole
from tacit.core.plain import parsed, require_kind

SCHEMA = 1
KIND = "tacit history"


@dataclass(frozen=True, eq=False)
class History:
    """How vulnerable and how accurate a model is, version by version. `tacit.history` makes it.

    Parameters
    ----------
    points : tuple of Point
        One a version, the oldest first.
    dates : tuple of str
        ISO date of each version's audit, or empty where it has none.
    steps : tuple of Difference
        Each version minus the last one before it that has a score, in vulnerability.
    accuracy_steps : tuple of Difference
        The same in accuracy on records that the model was not trained on.
    level : float
        Confidence of the tests; both kinds of steps are corrected together (Holm).
    created : str
        ISO date of the newest audit.
    title : str
        Of the model.

    Raises
    ------
    InvalidInput
        There are fewer than two versions, two have the same name, or a step is missing.
    """

    points: tuple[Point, ...]
    dates: tuple[str, ...]
    steps: tuple[Difference, ...]
    accuracy_steps: tuple[Difference, ...]
    level: float = 0.95
    created: str = ""
    title: str = "model"
    schema: int = SCHEMA

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", str(self.title))
        names = [point.name for point in self.points]
        if len(names) < 2 or len(set(names)) < len(names):
            raise InvalidInput(f"A history needs 2 or more versions of different names: {names}.")
        lengths = {len(self.steps), len(self.accuracy_steps), len(self.dates) - 1}
        if lengths != {len(names) - 1}:
            raise InvalidInput(
                f"A history of {len(names)} versions needs {len(names) - 1} steps of both kinds and"
                f" {len(names)} dates."
            )

    @property
    def worse(self) -> tuple[str, ...]:
        """Versions that are more vulnerable than the one before by more than chance explains."""
        return tuple(step.first for step in self.steps if _rises(step))

    @property
    def unknown(self) -> tuple[str, ...]:
        """Versions that could not be compared with an earlier one in vulnerability."""
        return tuple(step.first for step in self.steps if step.estimate is None)

    @property
    def better(self) -> tuple[str, ...]:
        """Versions that are less vulnerable than the one before by more than chance explains."""
        return tuple(step.first for step in self.steps if step.real and not _rises(step))

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        plain = asdict(self) | {"kind": KIND}
        for item, point in zip(plain["points"], self.points):
            item["score"] = None if point.score is None else point.score.to_dict()
        for name in ("steps", "accuracy_steps"):
            for item, step in zip(plain[name], getattr(self, name)):
                item["estimate"] = None if step.estimate is None else step.estimate.to_dict()
        return plain

    def to_json(self) -> str:
        """JSON text; `from_json` gives the same history back."""
        return json.dumps(
            self.to_dict(), indent=1, ensure_ascii=False, allow_nan=False, sort_keys=True
        )

    @classmethod
    def from_json(cls, text: str) -> "History":
        """The History that `to_json` wrote.

        Raises
        ------
        InvalidInput
            The text is no such history, or comes from a newer tacit.
        """
        return cls.from_dict(parsed(text, "history"))

    @classmethod
    def from_dict(cls, plain: Any) -> "History":
        """The History that `to_dict` wrote; see `from_json`."""
        require_kind(plain, KIND, SCHEMA, "history")
        plain = {name: value for name, value in plain.items() if name != "kind"}
        report_shape.HISTORY(plain, "")
        try:
            plain["points"] = tuple(
                Point(**(item | {"score": _estimate(item["score"])})) for item in plain["points"]
            )
            for name in ("steps", "accuracy_steps"):
                plain[name] = tuple(
                    Difference(**(item | {"estimate": _estimate(item["estimate"])}))
                    for item in plain[name]
                )
            return cls(**(plain | {"dates": tuple(plain["dates"])}))
        except (KeyError, TypeError, AttributeError) as error:
            raise InvalidInput(f"The history is damaged: {error}.") from error

    def save(self, path: str | Path, *, lang: str = "en") -> Path:
        """Write it in the format of the file's suffix (.html, .json, .txt, .md), in one step.

        Raises
        ------
        InvalidInput
            The suffix or the language is unknown.
        OSError
            The disk is full or the folder cannot be written.
        """
        target = Path(path)
        if target.is_dir():
            raise InvalidInput(
                f"`{target}` is a directory; a history needs a file name, for example"
                f" `{target / 'history.html'}`."
            )
        write_whole(target, presentation.rendered(self, target.suffix, lang=lang).encode("utf8"))
        return target

    def __str__(self) -> str:
        return presentation.rendered(self, ".txt")

    def _repr_html_(self) -> str:
        return presentation.notebook(self)


def _rises(step: Difference) -> bool:
    return step.real and step.estimate is not None and step.estimate.value > 0


def _estimate(plain: dict[str, Any] | None) -> Estimate | None:
    return None if plain is None else Estimate.from_dict(plain)
