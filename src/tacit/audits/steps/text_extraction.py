"""What can be drawn out of a language model: suffixes beside their control, planted secrets."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.attacks.threshold import Threshold
from tacit.audits.steps.text_game import Suffixes, TextGame
from tacit.core import (
    CheckResult,
    Estimate,
    InvalidInput,
    Membership,
    Note,
    NotEnoughData,
    Signals,
    collect,
)
from tacit.core.checking import array, booleans
from tacit.design import TextCanaries
from tacit.metrics import auc
from tacit.metrics.memorization import exposure, extractable, extraction_rate, extraction_share


@dataclass(frozen=True, eq=False)
class PlantedTexts:
    """Secrets that a coin put into the training set or left out, as the model scores them.

    Parameters
    ----------
    score : float (m,)
        Log-probability of each secret after what stands before it, less that under a reference
        where there is one. Larger: more like one that was trained on.
    member : bool (m,)
        The coins.
    beside : str
        Which reference was taken away; empty for none.
    """

    score: NDArray[np.floating[Any]]
    member: NDArray[np.bool_]
    beside: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "score", array(self.score, "score", ndim=1))
        object.__setattr__(self, "member", booleans(self.member, "member"))
        if len(self.score) != len(self.member):
            sizes = f"{len(self.score)} scores and {len(self.member)} coins"
            raise InvalidInput(f"Planted texts need a score and a coin each, got {sizes}.")


def require_canaries(canaries: object) -> TextCanaries:
    """The canaries, where they are some.

    Raises
    ------
    InvalidInput
        They are not.
    """
    if not isinstance(canaries, TextCanaries):
        raise InvalidInput(
            "`canaries` needs TextCanaries, as digit_canaries and suffix_canaries make them, got "
            f"{type(canaries).__name__}."
        )
    return canaries


def extraction_results(
    game: TextGame, *, level: float
) -> tuple[tuple[CheckResult, ...], tuple[Note, ...]]:
    """Extraction of members, of the control, and their difference; or a note of what it needs.

    Where references are known, the difference is given once more for the texts that no reference
    would say in as many tries.
    """
    suffixes = game.suffixes or Suffixes.of(game.tokens)
    if suffixes.prior is None and not suffixes.sampler:
        asked: dict[str, Any] = {"prefix": suffixes.prefix, "suffix": suffixes.suffix}
        alike = [o for o in game.references.values() if o.digest == game.tokens.digest]
        suffixes = suffixes.beside([Suffixes.of(each, **asked).log_p for each in alike])
    member, known = game.membership.member, ~np.isnan(suffixes.log_p)
    sides = (member & known, ~member & known)
    cluster = game.membership.cluster
    pair = None if cluster is None else (cluster[sides[0]], cluster[sides[1]])
    groups = pair or (None, None)
    count: dict[str, Any] = {"n": suffixes.n, "p": suffixes.p, "level": level}
    shape = f"{suffixes.suffix} tokens after {suffixes.prefix}"
    log_p = suffixes.log_p
    try:
        found = [
            (
                "extraction beyond the control",
                extraction_rate(log_p[sides[0]], log_p[sides[1]], **count, cluster=pair),
            ),
            *(
                (name, extraction_share(log_p[side], **count, cluster=group))
                for name, side, group in zip(
                    ("extraction of members", "extraction of the control"),
                    sides,
                    groups,
                )
            ),
        ]
        if suffixes.prior is not None:
            own = _unsaid(suffixes)
            gain = extraction_rate(own[sides[0]], own[sides[1]], **count, cluster=pair)
            found.append(("extraction beyond control and references", gain))
    except NotEnoughData:
        return (), (_too_short(game, suffixes, shape),)
    results = [
        CheckResult(
            name=f"{name} ({shape})",
            role="control",
            statistic=suffixes.sampler or "the model's own distribution",
            n_members=int(sides[0].sum()),
            n_nonmembers=int(sides[1].sum()),
            estimates=(estimate,),
            p_value=estimate.p_value,
        )
        for name, estimate in found
    ]
    return tuple(results), ()


def canary_results(planted: PlantedTexts, *, level: float) -> tuple[CheckResult, ...]:
    """Are planted secrets told from those left out, and how exposed is the one exposed most?

    The interval of the latter pays for the choice among all (Bonferroni).
    """
    inside, outside = planted.score[planted.member], planted.score[~planted.member]
    result = CheckResult(
        "planted secrets, in against out",
        "control",
        repr(Threshold()),
        planted.beside and f"log-probability less that of {planted.beside}",
        n_members=len(inside),
        n_nonmembers=len(outside),
    )
    truth = Membership(planted.member, assignment="coin")
    signals = Signals.of(planted.score.astype(np.float64), statistic="log-probability")
    asked: dict[str, Callable[[], Estimate]] = {
        result.name: lambda: auc(collect(Threshold(), signals, truth), level=level),
        "exposure of the planted secret exposed most": lambda: _most_exposed(
            inside, outside, level
        ),
    }
    found = []
    for name, ask in asked.items():
        try:
            estimate = ask()
        except NotEnoughData as error:
            found.append(replace(result, name=name, notes=(Note.of(name, error),)))
            continue
        found.append(replace(result, name=name, estimates=(estimate,), p_value=estimate.p_value))
    return tuple(found)


def _most_exposed(
    inside: NDArray[np.floating[Any]], outside: NDArray[np.floating[Any]], level: float
) -> Estimate:
    if not len(inside):
        raise NotEnoughData("no secret was planted", needed=1, got=0, unit="canaries")
    one = 1 - (1 - level) / len(inside)
    return replace(exposure(float(inside.max()), outside, level=one), level=level)


def _unsaid(suffixes: Suffixes) -> NDArray[np.float64]:
    """The log-probabilities, with "never" for what a reference says in as many tries."""
    other = np.asarray(suffixes.prior, np.float64)
    prior = np.where(np.isnan(other), -np.inf, other)
    said = extractable(prior, n=suffixes.n, p=suffixes.p)
    return np.asarray(np.where(said, -np.inf, suffixes.log_p), np.float64)


def _too_short(game: TextGame, suffixes: Suffixes, shape: str) -> Note:
    needed = suffixes.prefix + suffixes.suffix
    longest = int(game.tokens.ragged().lengths.max())
    reason = (
        f"extraction of {shape} needs texts of {needed} tokens on both sides; the longest text "
        f"has {longest}"
    )
    question = "which texts can be extracted?"
    return Note(question, reason, needed=needed, got=longest, unit="tokens a text")
