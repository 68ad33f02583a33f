"""What an exploration found: variants of a training, and the one difference that was confirmed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tacit.core.comparison import Comparison, Confirmed
from tacit.core.errors import InvalidInput


@dataclass(frozen=True, eq=False)
class Exploration:
    """Variants of one training side by side; `tacit.explore` makes it.

    Parameters
    ----------
    comparison : one point a variant, with the run as the unit; its headline claims only what was
        confirmed.
    params : name of a variant to its parameters.
    baseline, winner : names of variants; equal where none is to be preferred.
    confirmed : baseline against winner on fresh trainings, or None.
    dropped : names of variants that left the race early.
    seconds : name of a variant to the training time of one model.
    n_models : models that the numbers rest on.
    n_trained : of them, trained now; the others were in the store.
    failed : name of a variant that could not be trained or measured to what went wrong.
    untried : names of variants for which there was no time.

    Raises
    ------
    InvalidInput : the baseline or the winner is no variant.
    """

    comparison: Comparison
    params: Mapping[str, Mapping[str, Any]]
    baseline: str
    winner: str
    confirmed: Confirmed | None = None
    dropped: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    n_models: int = 0
    n_trained: int = 0
    failed: Mapping[str, str] = field(default_factory=dict)
    untried: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in (self.baseline, self.winner):
            if name not in self.params:
                raise InvalidInput(f"The exploration has no variant {name!r}.")

    def save(self, path: str | Path, *, lang: str = "en") -> Path:
        """Write the comparison in the format of the file's suffix (.html, .json, .txt, .md).

        Raises
        ------
        InvalidInput : the suffix is unknown.
        OSError : the disk is full or the folder cannot be written.
        """
        return self.comparison.save(path, lang=lang)

    def __str__(self) -> str:
        return str(self.comparison)

    def _repr_html_(self) -> str:
        return self.comparison._repr_html_()
