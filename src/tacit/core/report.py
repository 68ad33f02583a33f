"""The certificate: plain data, JSON both ways, no raw record."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from tacit.core import presentation, report_shape
from tacit.core.check import CheckResult
from tacit.core.errors import InvalidInput
from tacit.core.estimate import Estimate
from tacit.core.files import text_of, write_whole
from tacit.core.gate import EXIT_CODES, Verdict
from tacit.core.note import Note
from tacit.core.optional import require
from tacit.core.plain import finite, parsed

# 2: notes, verdicts and settings are fields; files of schema 1 are still read
SCHEMA = 2
# file names whose format is not told by their last suffix
DOUBLE_SUFFIXES = (".card.md", ".gitlab.json")
FRAME_COLUMNS = (
    "check",
    "role",
    "attack",
    "slice",
    "value",
    "n_members",
    "n_nonmembers",
    "metric",
    "estimate",
    "low",
    "high",
    "level",
    "n",
    "p_value",
    "p_adjusted",
    "method",
)
Finding = Literal["leak", "no leak found", "inconclusive"]
# A score of 1 is a total leak; nobody reads .996 as anything else.
TOTAL_LEAK = 0.995


@dataclass(frozen=True, eq=False)
class Report:
    """What an audit found, as plain data.

    Parameters
    ----------
    finding : a statistical statement about the whole audit: ``"leak"``, ``"no leak found"`` or
        ``"inconclusive"``.
    verdict : the policy's judgement: ``"pass"``, ``"fail"`` or ``"inconclusive"``.
    headline : the finding in one plain sentence.
    p_value : of "no leak" for the whole audit, all attacks and slices included.
    detectable : the smallest advantage that this much data would have shown in 4 audits of 5.
    score : the vulnerability score (advantage of the attack that would be chosen), or None where it
        cannot be known.
    chosen : name of the check whose attack was chosen.
    checks : one result an attack, a slice, a baseline.
    verdicts : one a gate of the policy.
    accuracy : of the model on ``"member"`` and ``"nonmember"`` records; empty where labels were not
        given.
    unknown : what could not be known, and what it would take.
    assumes : what must hold for the numbers to mean what they say.
    warnings : what the reader must know first, such as a split that a blind guesser tells apart.
    figures : numbers behind the pictures, already reduced: ``"roc"``, ``"scores"``, ``"trend"`` ...
    policy : name of the policy.
    environment : versions, seed, digest of the inputs, command.
    created : ISO date.
    title : name of the model.
    records : per-record results, only if asked for.
    """

    finding: Finding
    verdict: Literal["pass", "fail", "inconclusive"]
    headline: str
    p_value: float | None = None
    detectable: float | None = None
    score: Estimate | None = None
    chosen: str = ""
    checks: tuple[CheckResult, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    accuracy: Mapping[str, float] = field(default_factory=dict)
    unknown: tuple[Note, ...] = ()
    assumes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)
    policy: str = "default"
    environment: Mapping[str, Any] = field(default_factory=dict)
    created: str = ""
    title: str = "model"
    records: Mapping[str, Any] | None = None
    attributable: bool = True
    schema: int = SCHEMA

    def __post_init__(self) -> None:
        # a version or a path for a title is its text; JSON would not be read back otherwise
        object.__setattr__(self, "title", str(self.title))

    @property
    def exit_code(self) -> int:
        """0 pass, 1 fail, 2 inconclusive."""
        return EXIT_CODES[self.verdict]

    @property
    def chosen_check(self) -> CheckResult | None:
        """The check whose attack was chosen, or None where none was."""
        return next((check for check in self.checks if check.name == self.chosen), None)

    def check(self, name: str) -> CheckResult:
        """The check called `name`.

        Raises
        ------
        InvalidInput : there is none; the error lists the names that there are.
        """
        for result in self.checks:
            if result.name == name:
                return result
        raise InvalidInput(
            f"The report has no check {name!r}. It has:"
            f" {', '.join(result.name for result in self.checks)}."
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        plain = {item.name: getattr(self, item.name) for item in fields(self)}
        plain["score"] = None if self.score is None else self.score.to_dict()
        plain["checks"] = [result.to_dict() for result in self.checks]
        plain["verdicts"] = [verdict.to_dict() for verdict in self.verdicts]
        plain["unknown"] = [note.to_dict() for note in self.unknown]
        for name in ("figures", "environment", "records"):
            plain[name] = finite(plain[name])
        return plain

    def to_json(self) -> str:
        """JSON text; `from_json` gives the same report back, and the same inputs and seed give the
        same text.
        """
        return json.dumps(
            self.to_dict(), indent=1, ensure_ascii=False, allow_nan=False, sort_keys=True
        )

    @classmethod
    def from_json(cls, text: str) -> "Report":
        """The Report that `to_json` wrote.

        Raises
        ------
        InvalidInput : the text is not such a report, or comes from a newer tacit.
        """
        return cls.from_dict(parsed(text, "report"))

    @classmethod
    def from_dict(cls, plain: Any) -> "Report":
        """The Report that `to_dict` wrote; see `from_json`."""
        if not isinstance(plain, dict) or "schema" not in plain or "finding" not in plain:
            raise InvalidInput("This is not a tacit report: it has no `schema` and `finding`.")
        if plain["schema"] not in (1, SCHEMA):
            raise InvalidInput(
                f"The report has schema {plain['schema']!r}, this tacit reads schemas 1 to"
                f" {SCHEMA}. Install a newer tacit-privacy."
            )
        shape = report_shape.FIRST_REPORT if plain["schema"] == 1 else report_shape.REPORT
        shape(plain, "")
        _require_known(plain)
        try:
            return cls(**(plain | _typed(plain)))
        except (KeyError, TypeError, AttributeError) as error:
            raise InvalidInput(f"The report is damaged: {error}.") from error

    @classmethod
    def load(cls, path: str | Path) -> "Report":
        """Read a report that `save` wrote as JSON.

        Raises
        ------
        InvalidInput : the file cannot be read or is not a report.
        """
        try:
            text = text_of(path)
        except (OSError, InvalidInput) as error:
            raise InvalidInput(f"`{path}` cannot be read as a report: {error}.") from error
        try:
            return cls.from_json(text)
        except InvalidInput as error:
            raise InvalidInput(f"`{path}`: {error}") from error

    def save(self, path: str | Path, *, format: str | None = None, lang: str = "en") -> Path:
        """Write the report in the format of the file's suffix.

        .json, .html, .md, .txt, .xml for JUnit, .sarif, .gitlab.json for GitLab's code quality, and
        .card.md for a section of a model card. The file is replaced in one step: where writing
        fails, the old one stays.

        Parameters
        ----------
        path : the file.
        format : ``"json"``, ``"html"``, ``"md"``, ``"txt"``, ``"xml"``, ``"sarif"``, ``"gitlab"``
            or ``"card.md"``, for a path whose suffix does not say it.
        lang : the language of what people read: ``"en"``, ``"de"`` or ``"fr"``.

        Raises
        ------
        InvalidInput : the format or the language is unknown.
        OSError : the disk is full or the folder cannot be written.
        """
        target = Path(path)
        if target.is_dir():
            raise InvalidInput(
                f"`{target}` is a directory; a report needs a file name, for example"
                f" `{target / 'report.html'}`."
            )
        double = (end for end in DOUBLE_SUFFIXES if target.name.lower().endswith(end))
        suffix = next(double, target.suffix)
        if format is not None:
            suffix = f".{format.removeprefix('.')}"
        write_whole(target, presentation.rendered(self, suffix, lang=lang).encode("utf8"))
        return target

    def to_frame(self) -> Any:
        """One row a check and estimate, as a pandas data frame.

        Returns
        -------
        pandas.DataFrame with the columns check, role, attack, slice, value, n_members,
        n_nonmembers, metric, estimate, low, high, level, n, p_value, p_adjusted and method.

        Raises
        ------
        MissingDependency : pandas is not installed.
        """
        pandas: Any = require("pandas", extra="tables", purpose="A data frame of the report")
        return pandas.DataFrame(
            [_row(check, estimate) for check in self.checks for estimate in check.estimates],
            columns=FRAME_COLUMNS,
        )

    def __str__(self) -> str:
        return presentation.rendered(self, ".txt")

    def _repr_html_(self) -> str:
        return presentation.notebook(self)


def _require_known(plain: Mapping[str, Any]) -> None:
    strange = plain.keys() - {item.name for item in fields(Report)}
    if strange:
        raise InvalidInput(
            f"The report has the field `{str(min(strange))[:60]}`, which this tacit does not know:"
            " it was edited, or written by another version. Take the field out."
        )


def _row(check: CheckResult, estimate: Estimate) -> tuple[Any, ...]:
    return (
        check.name,
        check.role,
        check.attack,
        check.slice,
        check.value,
        check.n_members,
        check.n_nonmembers,
        estimate.name,
        estimate.value,
        estimate.low,
        estimate.high,
        estimate.level,
        estimate.n,
        check.p_value if estimate.p_value is None else estimate.p_value,
        check.p_adjusted,
        estimate.method,
    )


def _typed(plain: dict[str, Any]) -> dict[str, Any]:
    if plain["schema"] == 1:
        plain = plain | {
            "unknown": [_first_note(item) for item in plain["unknown"]],
            "attributable": _was_attributable(plain),
            "schema": SCHEMA,
        }
    return {
        "score": None if plain["score"] is None else Estimate.from_dict(plain["score"]),
        "checks": tuple(CheckResult.from_dict(item) for item in plain["checks"]),
        "verdicts": tuple(Verdict.from_dict(item) for item in plain["verdicts"]),
        "unknown": tuple(Note.from_dict(item) for item in plain["unknown"]),
        "assumes": tuple(plain["assumes"]),
        "warnings": tuple(plain["warnings"]),
        "attributable": plain["attributable"],
        "schema": plain["schema"],
    }


def _first_note(plain: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "metric": str(plain.get("question", "")),
        "reason": str(plain.get("reason", "")),
        "needed": plain.get("needed"),
        "got": plain.get("got"),
        "unit": str(plain.get("unit") or ""),
    }


def _was_attributable(plain: Mapping[str, Any]) -> bool:
    """Schema 1 had no field for it: only audits of one split were refused, and they warned."""
    other = {"runs", "n_shadows"} & set(plain["environment"])
    return bool(other) or not plain["warnings"] or plain["finding"] != "inconclusive"
