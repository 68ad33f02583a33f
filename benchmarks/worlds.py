"""The cells of the coverage table: which worlds are drawn, what is asked of each, and what is
true.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from scipy.integrate import trapezoid
from scipy.special import ndtr, ndtri

from tacit import metrics
from tacit.core import Estimate, Evidence, NotEnoughData, Signals, collect
from tacit.testing import ClusteredShift, GaussianShift
from worlds_of_users import user_sizes

Kind = Literal["interval", "lower bound", "test"]
AUCS = (0.5, 0.6, 0.75, 0.9, 0.99)
SIZES = (
    (50, 50),
    (9, 91),
    (91, 9),
    (500, 500),
    (91, 909),
    (909, 91),
    (5000, 5000),
    (909, 9091),
    (50_000, 50_000),
    (9091, 90_909),
)
TIED_SIZES = ((50, 50), (9, 91), (91, 9), (500, 500), (909, 91), (5000, 5000))
CLUSTER_SIZES = ((10, 10), (20, 20), (100, 100), (20, 200), (500, 500))
PAIRED_SIZES = ((50, 50), (9, 91), (500, 500), (5000, 5000))
FPRS = (0.001, 0.01, 0.1)
TIE_WIDTH = 1.0
GRID = np.linspace(0, 1, 20_001)
TIGHTER = {
    "auc": (
        "few pairs are out of order, so their variance is unknown; knowing the scores' shape"
        " (binormal) would tighten it"
    ),
    "advantage, best threshold": (
        "valid for every shape of curve; a smooth curve with one best point, or a part of the"
        " records to choose the threshold on, would"
    ),
    "advantage": (
        "exact limits of two counts; mid-p or score limits are shorter, and cover 86-93 % at rates"
        " near 0 or 1"
    ),
    "ppv": (
        "exact limits of two counts; mid-p limits are shorter, and fall below their level at rates"
        " near 0 or 1"
    ),
    "tpr@fpr=": (
        "the threshold lies between two non-members and is taken at the worse one; smooth scores"
        " would tighten it"
    ),
    "pauc": (
        "steps are rounded against the claim and one pseudo-record is added; smooth scores would"
        " tighten it"
    ),
    "tpr@fpr<=": (
        "exact limits of one count; mid-p limits are shorter, and fall below their level for some"
        " rates"
    ),
}


@dataclass(frozen=True)
class Question:
    """One interval, bound or test, and what would be right.

    `ask` returns the two ends of the interval; for a test, its p-value twice. `truth` is computed
    once a cell; where it depends on the world (a threshold that was drawn), `ask` returns ends
    around 0 instead. Asked of one world in `every`.
    """

    name: str
    ask: Callable[[Evidence], tuple[float, float]]
    truth: float
    kind: Kind = "interval"
    every: int = 1


@dataclass(frozen=True, eq=False)
class Cell:
    """Worlds of one kind: `draw` makes the Evidence of one seed."""

    group: str
    world: str
    n: int
    draw: Callable[[int], Evidence]
    questions: tuple[Question, ...]


def score(signals: Signals) -> Any:
    """The attack that the games are played with: the signal itself."""
    return signals.target[:, 0]


@dataclass(frozen=True)
class Shift:
    """A Gaussian world with its truths; `clusters` gives its records in clusters of `size` with
    correlation `rho`.
    """

    mu: float
    n_members: int
    n_nonmembers: int
    tie_width: float = 0.0
    rho: float | None = None
    size: int = 10

    def draw(self, seed: int) -> Evidence:
        """The marked paper of one world."""
        if self.rho is None:
            game = GaussianShift(self.mu, self.tie_width).draw(
                self.n_members, self.n_nonmembers, seed=seed
            )
        else:
            game = ClusteredShift(self.mu, self.rho, self.size).draw(
                self.n_members, self.n_nonmembers, seed=seed
            )
        return collect(score, game.signals, game.membership)

    @cached_property
    def game(self) -> GaussianShift:
        """The game whose truths hold."""
        return GaussianShift(self.mu, self.tie_width)

    def rates(self, threshold: float) -> tuple[float, float]:
        """TPR and FPR at ``score >= threshold``."""
        edge = (
            (np.ceil(threshold / self.tie_width) - 0.5) * self.tie_width
            if self.tie_width
            else threshold
        )
        return float(ndtr(self.mu - edge)), float(ndtr(-edge))

    def partial_area(self, max_fpr: float) -> float:
        """McClish-standardised area up to `max_fpr`; the curve is straight within a block of
        ties.
        """
        if self.tie_width:
            edge = (np.arange(-40, 40) - 0.5) * self.tie_width
            fpr, tpr = ndtr(-edge)[::-1], ndtr(self.mu - edge)[::-1]
            grid = GRID * max_fpr
            curve = np.interp(grid, fpr, tpr)
        else:
            grid = np.concatenate([[0], np.geomspace(1e-12, max_fpr, 20_001)])
            curve = np.concatenate([[0], ndtr(self.mu + ndtri(grid[1:]))])
        area, least = float(trapezoid(curve, grid)), max_fpr**2 / 2
        return 0.5 * (1 + (area - least) / (max_fpr - least))


def ends(
    metric: Callable[..., Estimate], *args: Any, **options: Any
) -> Callable[[Evidence], tuple[float, float]]:
    """The interval of a metric as a question asks for it."""

    def ask(evidence: Evidence) -> tuple[float, float]:
        estimate = metric(evidence, *args, **options)
        return estimate.low, estimate.high

    return ask


def p_value(
    metric: Callable[..., Estimate], **options: Any
) -> Callable[[Evidence], tuple[float, float]]:
    """The p-value of a metric as a question asks for it."""

    def ask(evidence: Evidence) -> tuple[float, float]:
        p = metric(evidence, **options).p_value
        assert p is not None
        return p, p

    return ask


def questions(world: Shift) -> tuple[Question, ...]:
    """Everything that is asked of a Gaussian world, clustered or not."""
    asked = [
        Question("auc", ends(metrics.auc), world.game.auc),
        Question("advantage, best threshold", ends(metrics.advantage), world.game.advantage),
    ]
    for place, threshold in (
        ("middle", world.mu / 2),
        ("5 % tail", float(ndtri(0.95))),
        ("0.1 % tail", float(ndtri(0.999))),
    ):
        tpr, fpr = world.rates(threshold)
        asked.append(
            Question(f"advantage, {place}", ends(metrics.advantage, threshold=threshold), tpr - fpr)
        )
        right = 0.01 * tpr / (0.01 * tpr + 0.99 * fpr)
        asked.append(
            Question(
                f"ppv@prior=0.01, {place}",
                ends(metrics.ppv, prior=0.01, threshold=threshold),
                right,
                every=2,
            )
        )
    for fpr in FPRS:
        asked += _at_fpr(world, fpr)
    if world.mu == 0:
        asked += _tests(world)
    return tuple(asked)


def _at_fpr(world: Shift, fpr: float) -> list[Question]:
    tpr = world.game.tpr(fpr)
    return [
        Question(f"tpr@fpr={fpr:g}", ends(metrics.tpr_at_fpr, fpr), tpr),
        Question(
            f"pauc@fpr={fpr:g}", ends(metrics.partial_auc, fpr), world.partial_area(fpr), every=5
        ),
        Question(f"tpr@fpr<={fpr:g}, the FPR", _guaranteed_fpr(world, fpr), 0.0, "lower bound"),
        Question(f"tpr@fpr<={fpr:g}, the TPR", _guaranteed_tpr(world, fpr), 0.0),
    ]


def _guaranteed_fpr(world: Shift, fpr: float) -> Callable[[Evidence], tuple[float, float]]:
    def ask(evidence: Evidence) -> tuple[float, float]:
        threshold = metrics.guaranteed_threshold(evidence, fpr)
        return world.rates(np.nextafter(threshold, np.inf))[1] - fpr, np.inf

    return ask


def _guaranteed_tpr(world: Shift, fpr: float) -> Callable[[Evidence], tuple[float, float]]:
    def ask(evidence: Evidence) -> tuple[float, float]:
        threshold = metrics.guaranteed_threshold(evidence, fpr)
        truth = world.rates(np.nextafter(threshold, np.inf))[0]
        estimate = metrics.tpr_at_guaranteed_fpr(evidence, fpr)
        return estimate.low - truth, estimate.high - truth

    return ask


def _tests(world: Shift) -> list[Question]:
    middle = world.mu / 2
    return [
        Question("auc, p-value", p_value(metrics.auc), 0.05, "test"),
        Question(
            "advantage at a threshold, p-value",
            p_value(metrics.advantage, threshold=middle),
            0.05,
            "test",
        ),
        Question(
            "advantage in the tail, p-value",
            p_value(metrics.advantage, threshold=float(ndtri(0.95))),
            0.05,
            "test",
        ),
        Question("advantage, best threshold, p-value", p_value(metrics.advantage), 0.05, "test"),
    ]


def paired(mu: float, gain: float, n_members: int, n_nonmembers: int) -> Cell:
    """Two attacks on the same records: one sees the score, the other the score less `gain` and a
    noise of its own.
    """
    noise = 0.5
    scale = (1 + noise**2) ** 0.5
    weak = GaussianShift((mu - gain) / scale)
    strong = GaussianShift(mu)
    cuts = (mu / 2, (mu - gain) / 2)

    def draw(seed: int) -> Evidence:
        # the row numbers carry the seed of the second attack's noise
        game = strong.draw(n_members, n_nonmembers, seed=seed)
        first = collect(score, game.signals, game.membership)
        return replace(first, row=np.full(len(first.score), seed))

    def both(evidence: Evidence) -> tuple[Evidence, Evidence]:
        rng = np.random.default_rng([int(evidence.row[0]), 1])
        own = noise * rng.normal(size=len(evidence.score))
        return evidence, replace(evidence, score=evidence.score - gain * evidence.member + own)

    asked = (
        Question(
            "auc difference",
            lambda e: ends(metrics.paired_auc_difference, both(e)[1])(both(e)[0]),
            strong.auc - weak.auc,
        ),
        Question(
            "advantage difference",
            lambda e: ends(metrics.paired_advantage_difference, both(e)[1], cuts)(both(e)[0]),
            strong.advantage - weak.advantage,
        ),
    )
    return Cell(
        "pairs",
        f"AUC {strong.auc:.2g} and {weak.auc:.2g}, {n_members:,} + {n_nonmembers:,}",
        n_members + n_nonmembers,
        draw,
        asked,
    )


def label(world: Shift) -> str:
    """What a row of the table calls the world."""
    ties = ", ties" if world.tie_width else ""
    clusters = f" clusters of {world.size}, rho {world.rho:g}" if world.rho is not None else ""
    return (
        f"AUC {ndtr(world.mu / 2**0.5):.2g}{ties}, {world.n_members:,} +"
        f" {world.n_nonmembers:,}{clusters}"
    )


def cell(world: Shift) -> Cell:
    """The cell of one Gaussian world."""
    group = "clusters" if world.rho is not None else "ties" if world.tie_width else "records"
    n = (world.n_members + world.n_nonmembers) * (world.size if world.rho is not None else 1)
    return Cell(group, label(world), n, world.draw, questions(world))


@dataclass(frozen=True)
class Users:
    """Users of very unequal size; scores correlate .3 within a user."""

    kind: str
    inside: int
    outside: int
    mu: float

    def draw(self, seed: int) -> Evidence:
        """The marked paper of one world."""
        rng = np.random.default_rng([5, seed])
        count = self.inside + self.outside
        size = user_sizes(self.kind, count, rng)
        user = np.repeat(np.arange(count), size)
        own = np.repeat(rng.normal(size=count), size)
        member = user < self.inside
        score = 0.3**0.5 * own + 0.7**0.5 * rng.normal(size=len(user)) + self.mu * member
        return Evidence(score, member, user)


def users_cell(world: Users) -> Cell:
    """The area, and its test where there is no leak."""
    asked = [Question("auc", ends(metrics.auc), float(ndtr(world.mu / 2**0.5)))]
    if world.mu == 0:
        asked.append(Question("auc, p-value", p_value(metrics.auc), 0.05, "test"))
    area = f"AUC {ndtr(world.mu / 2**0.5):.2g}"
    name = f"{area}, {world.inside} + {world.outside} clusters of {world.kind} sizes, rho 0.3"
    return Cell("users", name, 10 * (world.inside + world.outside), world.draw, tuple(asked))


def all_cells() -> list[Cell]:
    """Sizes 100 to 100,000, balanced and 10:1, with ties, in clusters, AUC 0.5 to 0.99; small cells
    first.
    """
    shifts = [float(2**0.5 * ndtri(auc)) for auc in AUCS]
    worlds = [Shift(mu, *size) for size in SIZES for mu in shifts]
    worlds += [Shift(mu, *size, tie_width=TIE_WIDTH) for size in TIED_SIZES for mu in shifts[::2]]
    worlds += [Shift(mu, *size, rho=0.5) for size in CLUSTER_SIZES for mu in shifts[::2]]
    worlds += [
        Shift(mu, *size, rho=rho)
        for size in CLUSTER_SIZES[1:3]
        for rho in (0.1, 0.9)
        for mu in shifts[::2]
    ]
    cells = [cell(world) for world in worlds]
    cells += [
        users_cell(Users(kind, *size, mu))
        for kind, size in (("pareto", (60, 60)), ("pareto", (20, 200)), ("lognormal", (40, 40)))
        for mu in (0.0, 0.7)
    ]
    for size in PAIRED_SIZES:
        cells += [
            paired(mu, gain, *size) for mu, gain in ((0.0, 0.0), (1.0, 0.0), (1.0, 0.5), (3.0, 0.5))
        ]
    return sorted(cells, key=lambda cell: cell.n)


__all__ = [
    "TIGHTER",
    "Cell",
    "NotEnoughData",
    "Question",
    "Shift",
    "all_cells",
    "cell",
    "paired",
    "questions",
]
