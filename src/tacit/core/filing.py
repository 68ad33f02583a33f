"""Several reports of one model, and what its owner states, as one document that can be filed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tacit.core import presentation
from tacit.core.attack_class import attack_class, listed
from tacit.core.canonical import digest_of
from tacit.core.comparison import Comparison
from tacit.core.errors import InvalidInput
from tacit.core.evidence_file import EvidenceFile
from tacit.core.files import text_of, write_whole
from tacit.core.plain import finite, parsed, require_kind
from tacit.core.report import Report

SCHEMA = 1
KIND = "tacit evidence file"
# the list of items names the worst slices; the reports in the same file hold all of them
MOST_NAMES = 20
# the 19 items that a data-protection officer must be able to file, each with where it comes from
ITEMS: tuple[tuple[str, str], ...] = (
    ("model", "EDPB Opinion 28/2024, 58(e); AI Act, Annex IV 1"),
    ("training_data", "EDPB Opinion 28/2024, 58(c); AI Act, Annex IV 2(d)"),
    ("ratio", "EDPB Opinion 28/2024, 58(e)"),
    ("tester", "EDPB Opinion 28/2024, 58(e); AI Act, Annex IV 2(g)"),
    ("how", "AI Act, Annex IV 2(g)"),
    ("threats", "EDPB Opinion 28/2024, 58(c); ISO/IEC 27559; ICO"),
    ("coverage", "EDPB Opinion 28/2024, 55"),
    ("results", "EDPB Opinion 28/2024, 58(e)"),
    ("exposed", "EDPB Opinion 28/2024: each data subject"),
    ("validity", "good practice: is the test itself right"),
    ("guarantee", "NIST SP 800-226"),
    ("identification", "WP216; ICO"),
    ("measures", "EDPB Opinion 28/2024, 58(c) and (d)"),
    ("utility", "good practice: the price of the measures"),
    ("decision", "AI Act, Art. 9; ICO; ISO/IEC 42001"),
    ("assessment", "EDPB Opinion 28/2024, 58(a) and (b)"),
    ("limits", "EDPB Opinion 28/2024, executive summary"),
    ("sensitivity", "GDPR, Art. 5(1)(e)"),
    ("twin", "ISO/IEC 42001"),
)


@dataclass(frozen=True, eq=False)
class Filing:
    """What can be filed of one model: statements, reports of several audits, and a comparison.

    Parameters
    ----------
    reports : sequence of Report
        One an audit, at least one.
    statements : EvidenceFile
        What the owner states.
    comparison : Comparison or None
        Models before and after measures were taken.
    title : str
        Of the file; the model's name where empty.

    Raises
    ------
    InvalidInput
        There is no report, or something is none.
    """

    reports: Sequence[Report]
    statements: EvidenceFile = field(default_factory=EvidenceFile)
    comparison: Comparison | None = None
    title: str = ""

    def __post_init__(self) -> None:
        reports = (self.reports,) if isinstance(self.reports, Report) else tuple(self.reports)
        if not reports or not all(isinstance(report, Report) for report in reports):
            raise InvalidInput("`reports` needs at least one Report, and nothing else.")
        object.__setattr__(self, "reports", reports)
        if isinstance(self.statements, Mapping):
            object.__setattr__(self, "statements", EvidenceFile.from_dict(self.statements))
        if not isinstance(self.statements, EvidenceFile):
            raise InvalidInput("`statements` needs an EvidenceFile or a mapping of its keys.")
        if not self.title:
            name = self.statements.model or reports[0].title
            object.__setattr__(self, "title", name)

    @property
    def created(self) -> str:
        """ISO date of the newest report."""
        return max(report.created for report in self.reports)

    @property
    def digest(self) -> str:
        """Of the canonical JSON: what a signature fixes."""
        return digest_of(self.to_dict())

    def read_from_model(self, key: str) -> Any:
        """Architecture or number of parameters as the audits read them from the model.

        Parameters
        ----------
        key : str
            ``"architecture"`` or ``"parameters"``.

        Returns
        -------
        what every report that knows it says, or None where none does or they differ.
        """
        found = {report.environment.get(key) for report in self.reports} - {None}
        return found.pop() if len(found) == 1 else None

    @property
    def ratio(self) -> float | None:
        """Members for each parameter of the model, or None where either is unknown."""
        members = [report.environment.get("n_members") for report in self.reports]
        known = [n for n in members if isinstance(n, (int, float)) and not isinstance(n, bool)]
        parameters = self.statements.parameters or self.read_from_model("parameters")
        if not known or not isinstance(parameters, int):
            return None
        return max(known) / parameters

    @property
    def tells_members(self) -> bool:
        """Whether a report holds results record by record, which say who was a member."""
        return any(report.records is not None for report in self.reports)

    def items(self) -> list[dict[str, Any]]:
        """The 19 items: number, key, source, and what is known of each, as plain data."""
        facts = _facts(self)
        return [
            {"number": number, "key": key, "source": source, "facts": facts[key]}
            for number, (key, source) in enumerate(ITEMS, 1)
        ]

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        return {
            "kind": KIND,
            "schema": SCHEMA,
            "title": self.title,
            "items": self.items(),
            "statements": self.statements.to_dict(),
            "reports": [report.to_dict() for report in self.reports],
            "comparison": None if self.comparison is None else self.comparison.to_dict(),
        }

    def to_json(self) -> str:
        """JSON text; `from_json` gives the same file back."""
        return json.dumps(
            finite(self.to_dict()), indent=1, ensure_ascii=False, allow_nan=False, sort_keys=True
        )

    @classmethod
    def from_json(cls, text: str) -> "Filing":
        """The Filing that `to_json` wrote.

        Raises
        ------
        InvalidInput
            The text is no such file, or comes from a newer tacit.
        """
        return cls.from_dict(parsed(text, "evidence file"))

    @classmethod
    def from_dict(cls, plain: Any) -> "Filing":
        """The Filing that `to_dict` wrote; see `from_json`."""
        require_kind(plain, KIND, SCHEMA, "evidence file")
        reports, compared = plain.get("reports"), plain.get("comparison")
        if not isinstance(reports, list):
            raise InvalidInput("The evidence file is damaged: `reports` needs a list.")
        return cls(
            tuple(Report.from_dict(item) for item in reports),
            EvidenceFile.from_dict(plain.get("statements", {})),
            None if compared is None else Comparison.from_dict(compared),
            str(plain.get("title", "")),
        )

    @classmethod
    def load(cls, path: str | Path) -> "Filing":
        """Read a file that `save` wrote as JSON.

        Raises
        ------
        InvalidInput
            The file cannot be read or is no evidence file.
        """
        try:
            text = text_of(path)
        except (OSError, InvalidInput) as error:
            raise InvalidInput(f"`{path}` cannot be read as an evidence file: {error}.") from error
        return cls.from_json(text)

    def save(self, path: str | Path, *, lang: str = "en") -> Path:
        """Write it in the format of the file's suffix (.html, .md, .json, .txt), in one step.

        Parameters
        ----------
        path : str or Path
            The file.
        lang : str
            The language of what people read.

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
                f"`{target}` is a directory; an evidence file needs a file name, for example"
                f" `{target / 'file.html'}`."
            )
        text = presentation.rendered(self, target.suffix, lang=lang)
        write_whole(target, text.encode("utf8"))
        return target

    def __str__(self) -> str:
        return presentation.rendered(self, ".txt")

    def _repr_html_(self) -> str:
        return presentation.notebook(self)


def _facts(filing: Filing) -> dict[str, Any]:
    """What is known of each item, by key."""
    said, reports = filing.statements, filing.reports
    return {
        "model": _stated(said, "model", "version", "hash", "architecture", "parameters")
        | {f"read_{key}": filing.read_from_model(key) for key in ("architecture", "parameters")},
        "training_data": _stated(said, "training_data", "unit", "special_categories")
        | {"members": _largest(reports, "n_members")},
        "ratio": {"members_per_parameter": filing.ratio},
        "tester": _stated(said, "tested_by", "authority")
        | {"dates": sorted({report.created for report in reports if report.created})},
        "how": {"environments": [dict(report.environment) for report in reports]},
        "threats": {"classes": sorted({attack_class(report) for report in reports})},
        "coverage": _coverage(reports),
        "results": {"results": [_result(report) for report in reports]},
        "exposed": {"slices": [_exposed(report) for report in reports]} | _stated(said, "unit"),
        "validity": {"tests": [_validity(report) for report in reports]},
        "guarantee": {"bounds": [bound for report in reports for bound in _bounds(report)]}
        | _stated(said, "dp_accounting", "unit"),
        "identification": _coverage(reports),
        "measures": _stated(said, "measures") | _compared(filing.comparison),
        "utility": {"accuracy": [dict(report.accuracy) for report in reports]},
        "decision": _stated(said, "residual_risk", "decision", "owner", "review_date", "triggers"),
        "assessment": _stated(said, "legal_basis", "dpia"),
        "limits": {
            "warnings": [list(report.warnings) for report in reports],
            "detectable": [report.detectable for report in reports],
        },
        "sensitivity": {"tells_members": filing.tells_members} | _stated(said, "retention"),
        "twin": {"schema": SCHEMA, "reports": [report.schema for report in reports]},
    }


def _stated(said: EvidenceFile, *keys: str) -> dict[str, Any]:
    plain = said.to_dict()
    return {key: plain[key] for key in keys}


def _largest(reports: Sequence[Report], key: str) -> int | None:
    found = [report.environment.get(key) for report in reports]
    return max((n for n in found if isinstance(n, int)), default=None)


def _coverage(reports: Sequence[Report]) -> dict[str, Any]:
    tested = {attack_class(report) for report in reports}
    return {name: name in tested for name in listed(tested)}


def _result(report: Report) -> dict[str, Any]:
    return {
        "title": report.title,
        "class": attack_class(report),
        "finding": report.finding,
        "verdict": report.verdict,
        "score": None if report.score is None else report.score.to_dict(),
        "detectable": report.detectable,
    }


def _exposed(report: Report) -> dict[str, Any]:
    slices = [check for check in report.checks if check.role == "slice"]
    known = [(check.p_adjusted, check.name) for check in slices if check.p_adjusted is not None]
    worst = [{"name": name, "p_adjusted": p} for p, name in sorted(known)[:MOST_NAMES]]
    return {"tested": len(slices), "worst": worst}


def _validity(report: Report) -> dict[str, Any]:
    roles = [check.role for check in report.checks]
    return {
        "attributable": report.attributable,
        "blind": roles.count("blind"),
        "controls": roles.count("control"),
    }


def _bounds(report: Report) -> list[dict[str, Any]]:
    chosen = report.chosen_check
    if chosen is None or report.score is not None:
        return []
    return [item.to_dict() for item in chosen.estimates if item.name.startswith("epsilon")]


def _compared(comparison: Comparison | None) -> dict[str, Any]:
    if comparison is None:
        return {"recommended": None, "points": 0}
    return {"recommended": comparison.recommended, "points": len(comparison.points)}
