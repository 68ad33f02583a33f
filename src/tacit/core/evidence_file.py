"""What an organisation states beside what tacit measured, so that a report can be filed."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from tacit.core.errors import InvalidInput
from tacit.core.files import text_of

# a statement is read by people; a longer text is a document of its own, to be referred to
LONGEST = 2000
# what a test cannot say, in the languages of the reports: tacit files no legal verdict, and no
# statement of a decision may make the page read as one
VERDICTS = re.compile(
    r"\b(anonym\w*|pseudonym\w*|compliant|compliance|conform|conforme\w*|konform\w*"
    r"|\w+-konform|safe|unbedenklich)\b",
    re.IGNORECASE,
)
DECISIONS = ("decision", "residual_risk")
LISTS = ("measures", "triggers")


@dataclass(frozen=True)
class EvidenceFile:
    """What the file of a model states: twenty keys, all optional, none invented.

    What is empty is printed as "not stated". Nothing here is tested by tacit; a report says so.

    Parameters
    ----------
    tested_by : str
        Name and role of who ran the tests and answers for them.
    authority : str
        On whose behalf or by what mandate.
    model : str
        Name of the model.
    version : str
        Of the model.
    hash : str
        Of the model's file, with the name of the algorithm.
    architecture : str
        Kind of model and its size in words.
    parameters : int or None
        How many parameters were trained; at least 1.
    training_data : str
        What the records are, and where they come from.
    unit : str
        What is protected: one record, or one person with all that belongs to them.
    special_categories : str
        Special categories of personal data in the training data, or that there are none.
    legal_basis : str
        References to the legal basis of the training.
    dpia : str
        Reference of the data-protection impact assessment, and the officer's advice on it.
    dp_accounting : str
        For a claim of differential privacy: adjacency, accountant, and what is released.
    measures : tuple of str
        What was done against leaks.
    residual_risk : str
        What remains, in the owner's words.
    decision : str
        What was decided because of the tests.
    owner : str
        Who owns the risk.
    review_date : str
        When the file is looked at again, as YYYY-MM-DD.
    triggers : tuple of str
        What calls for a new test before that date, such as a retraining or a new attack.
    retention : str
        How long this file is kept, and who may read it.

    Raises
    ------
    InvalidInput
        A key has another type, a text is longer than 2,000 characters, `review_date` is no date, or
        `decision` or `residual_risk` holds a legal verdict, which no test can give.

    Examples
    --------
    >>> EvidenceFile(model="credit-scorer", version="2.1", unit="one applicant").stated
    ('model', 'version', 'unit')
    """

    tested_by: str = ""
    authority: str = ""
    model: str = ""
    version: str = ""
    hash: str = ""
    architecture: str = ""
    parameters: int | None = None
    training_data: str = ""
    unit: str = ""
    special_categories: str = ""
    legal_basis: str = ""
    dpia: str = ""
    dp_accounting: str = ""
    measures: tuple[str, ...] = ()
    residual_risk: str = ""
    decision: str = ""
    owner: str = ""
    review_date: str = ""
    triggers: tuple[str, ...] = ()
    retention: str = ""

    def __post_init__(self) -> None:
        for name in KEYS:
            value = getattr(self, name)
            if name == "parameters":
                _require_count(value)
            elif name in LISTS:
                object.__setattr__(self, name, _texts(name, value))
            elif name == "review_date" and isinstance(value, date):
                object.__setattr__(self, name, value.isoformat())
            else:
                _require_text(name, value)
        if self.review_date:
            _require_date(self.review_date)
        for name in DECISIONS:
            found = VERDICTS.search(getattr(self, name))
            if found:
                raise InvalidInput(
                    f"`{name}` holds {found.group()!r}, a legal verdict that no test gives. Say"
                    " what was decided, and refer to the document that argues it in `dpia` or"
                    " `legal_basis`."
                )

    @property
    def stated(self) -> tuple[str, ...]:
        """The keys that are not empty."""
        return tuple(name for name in KEYS if getattr(self, name))

    def to_dict(self) -> dict[str, Any]:
        """Plain data: all twenty keys, empty ones too."""
        return asdict(self) | {name: list(getattr(self, name)) for name in LISTS}

    @classmethod
    def from_dict(cls, plain: Any, *, source: str = "file") -> "EvidenceFile":
        """What `plain` states.

        Parameters
        ----------
        plain : mapping
            Keys as in `EvidenceFile`; none must be there.
        source : str
            Where it comes from, for errors.

        Raises
        ------
        InvalidInput
            It is no mapping, or has other keys or values.
        """
        if not isinstance(plain, Mapping):
            raise InvalidInput(
                f"`file` in `{source}` needs to be a table ([file]), got {str(plain)[:60]!r}."
            )
        unknown = sorted(set(map(str, plain)) - set(KEYS))
        if unknown:
            raise InvalidInput(
                f"[file] in `{source}` has the unknown key(s) {', '.join(unknown)}. It may hold"
                f" {', '.join(KEYS)}."
            )
        return cls(**plain)

    @classmethod
    def from_toml(cls, path: str | Path) -> "EvidenceFile":
        """What the ``[file]`` table of a TOML file states; nothing where it has none.

        Raises
        ------
        InvalidInput
            The file cannot be read, or has other keys or values.
        """
        try:
            plain = tomllib.loads(text_of(path))
        except (OSError, ValueError, RecursionError) as error:
            raise InvalidInput(f"`{path}` cannot be read: {error}.") from error
        return cls.from_dict(plain.get("file", {}), source=str(path))


KEYS = tuple(item.name for item in fields(EvidenceFile))


def _require_text(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise InvalidInput(f"`{name}` needs text, got {str(value)[:60]!r}.")
    if len(value) > LONGEST:
        raise InvalidInput(
            f"`{name}` needs at most {LONGEST:,} characters, got {len(value):,}. Refer to a"
            " document instead."
        )


def _texts(name: str, value: object) -> tuple[str, ...]:
    items = (value,) if isinstance(value, str) else value
    if not isinstance(items, (list, tuple)):
        raise InvalidInput(f"`{name}` needs a list of texts, got {str(value)[:60]!r}.")
    for item in items:
        _require_text(name, item)
    return tuple(item for item in items if item)


def _require_count(value: object) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InvalidInput(
            f"`parameters` needs a whole number of 1 or more, got {str(value)[:60]!r}."
        )


def _require_date(value: str) -> None:
    try:
        date.fromisoformat(value)
    except ValueError as error:
        raise InvalidInput(f"`review_date` needs a date as YYYY-MM-DD, got {value!r}.") from error
