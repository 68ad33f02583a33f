"""One look at a language model in training: vulnerability, extraction and exposure so far."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.audits.steps.text_game import Suffixes
from tacit.core import Estimate, InvalidInput, Membership, NotEnoughData, Signals, Tokens, collect
from tacit.metrics import auc
from tacit.metrics.memorization import exposure, extraction_rate
from tacit.signals.reference import log_ratio


class _Ratio:
    """Guesses by the numbers themselves."""

    learns = False

    def __call__(self, signals: Signals) -> NDArray[np.floating[Any]]:
        return signals.target[:, 0]

    def __repr__(self) -> str:
        return "log-ratio to the model before training"


@dataclass(frozen=True, eq=False)
class TextGlance:
    """What one look at a language model found.

    Parameters
    ----------
    auc : Estimate or None
        Of members against non-members, by the mean log-probability less that before training.
    extraction : Estimate or None
        Share of members that can be extracted, less that of non-members.
    exposure : Estimate or None
        Of the inserted canary that is exposed most, in bits; its interval is that of one canary.
    loss : mapping
        Mean negative log-probability a token of ``"member"`` and ``"nonmember"`` texts.
    missing : mapping
        Why something could not be measured, by name.
    """

    auc: Estimate | None
    extraction: Estimate | None
    exposure: Estimate | None
    loss: Mapping[str, float]
    missing: Mapping[str, str]

    def numbers(self) -> dict[str, float]:
        """What goes to a logger, by name; an open end is left out."""
        found = {f"privacy/{side}_loss": value for side, value in self.loss.items()}
        named = {"auc": self.auc, "extraction": self.extraction, "exposure": self.exposure}
        for name, estimate in named.items():
            if estimate is not None:
                ends = {"": estimate.value, "_low": estimate.low, "_high": estimate.high}
                found |= {f"privacy/{name}{end}": v for end, v in ends.items() if np.isfinite(v)}
        return found


def text_glance(
    now: Tokens,
    before: Tokens,
    member: NDArray[np.bool_],
    *,
    canary: NDArray[np.floating[Any]] | None = None,
    inserted: NDArray[np.bool_] | None = None,
    prefix: int = 50,
    suffix: int = 50,
    tries: float = 1000.0,
    level: float = 0.95,
) -> TextGlance:
    """Measure one look.

    Parameters
    ----------
    now, before : Tokens
        The same texts under the model in training, and before its first step.
    member : bool (n,)
        Which texts are trained on.
    canary : float (m,) or None
        Log-probability of each canary's secret, less that before training.
    inserted : bool (m,) or None
        The canaries' coins; those that stayed out are the references of exposure.
    prefix, suffix, tries, level
        As of `tacit.audit_text`.

    Raises
    ------
    InvalidInput
        Lengths differ.
    """
    if now.n != len(member):
        raise InvalidInput(f"`member` needs {now.n} values, one a text, got {len(member)}.")
    missing: dict[str, str] = {}
    own = now.ragged().mean()
    loss = {
        "member": -float(own[member].mean()),
        "nonmember": -float(own[~member].mean()),
    }
    evidence = collect(_Ratio(), Signals.of(log_ratio(now, before)), Membership(member))
    log_p = Suffixes.of(now, prefix=prefix, suffix=suffix).log_p
    known = ~np.isnan(log_p)
    sides = (log_p[member & known], log_p[~member & known])
    found: dict[str, Callable[[], Estimate]] = {
        "auc": lambda: auc(evidence, level=level),
        "extraction": lambda: extraction_rate(*sides, n=tries, level=level),
        "exposure": lambda: _most_exposed(canary, inserted, level),
    }
    measured: dict[str, Estimate | None] = {}
    for name, ask in found.items():
        try:
            measured[name] = ask()
        except NotEnoughData as error:
            measured[name], missing[name] = None, str(error)
    return TextGlance(**measured, loss=loss, missing=missing)


def _most_exposed(
    canary: NDArray[np.floating[Any]] | None, inserted: NDArray[np.bool_] | None, level: float
) -> Estimate:
    if canary is None or inserted is None or not inserted.any():
        raise NotEnoughData("no canary was inserted", needed=1, got=0, unit="canaries")
    if len(canary) != len(inserted):
        raise InvalidInput(f"`inserted` needs {len(canary)} coins, got {len(inserted)}.")
    score = float(canary[inserted].max())
    return exposure(score, canary[~inserted], level=level)
