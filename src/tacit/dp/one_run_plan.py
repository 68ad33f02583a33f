"""How a one-run audit spends its alpha before it looks: on the walk, and on declared shares."""

from collections.abc import Sequence
from dataclasses import dataclass

from tacit.dp.fdp_recursion import failing
from tacit.dp.guesses import Side

# The f-DP recursion pays for delta once a look and together with chance, the walk by Markov's
# inequality on top of chance. All numbers below were chosen by mean bounds over twelve mechanisms,
# 100 to 100,000 canaries and delta 1e-5 to 1e-2 (`benchmarks/dp_validity.py` shows the outcome);
# the bound is valid for any of them, since they depend on m, delta and alpha alone.
WALK_ALONE = 1.0  # m delta / alpha up to which the walk loses nothing to delta
WALK_TOO = 10.0  # m delta / alpha up to which the walk still finds more than further shares do
WALK_TOO_RATE = 5e-4  # delta / alpha up to which it does so for any number of canaries
WALK_SHARE = 0.5  # of alpha, between the two
# (side, share of the canaries guessed, weight of what is left of alpha), most useful first. All
# canaries and half of them serve mechanisms that tell about everybody (randomised response,
# Laplace), few of them from the top canaries that stand out.
LOOKS: tuple[tuple[Side, float, float], ...] = (
    ("both", 1.0, 0.5),
    ("both", 0.5, 0.2),
    ("both", 0.1, 0.1),
    ("top", 0.025, 0.08),
    ("both", 0.25, 0.1),
    ("top", 0.01, 0.05),
    ("top", 0.004, 0.05),
    ("top", 0.002, 0.04),
)
FEWEST_GUESSES = 10  # all right refute epsilon = 1 at best (alpha = .05), so fewer are no use
# A mechanism may fail in a share delta / alpha of the canaries at once, with chance alpha. A look
# is worth taking where those are at most this share of its guesses, and gets that much alpha first.
AFFORDABLE = 0.45
COST_LIMIT = 0.6  # of alpha: what may go into these costs together


@dataclass(frozen=True)
class Look:
    """A number of guesses declared before looking, and the alpha spent on it.

    Parameters
    ----------
    side : where the guesses are taken from.
    guesses : how many.
    alpha : chance of a false refutation.
    """

    side: Side
    guesses: int
    alpha: float


@dataclass(frozen=True)
class Plan:
    """How alpha is split.

    Parameters
    ----------
    walk : alpha for all numbers of guesses at once (`bernoulli_walk`); 0 for none.
    looks : declared numbers of guesses (`fdp_recursion`).
    """

    walk: float
    looks: tuple[Look, ...]


def plan(m: int, delta: float, alpha: float) -> Plan:
    """The split for `m` canaries, from what is known before any score is seen.

    Parameters
    ----------
    m : canaries, 10 at least.
    delta : of the claim.
    alpha : chance of a bound above the truth, in all.
    """
    share = walk_share(m, delta, alpha)
    rest = alpha * (1 - share)
    return Plan(alpha * share, _looks(m, delta, rest) if rest > 0 else ())


def walk_share(m: int, delta: float, alpha: float) -> float:
    """The share of alpha that goes to the walk."""
    if m * delta <= WALK_ALONE * alpha:
        return 1.0
    kept = m * delta <= WALK_TOO * alpha or delta <= WALK_TOO_RATE * alpha
    return WALK_SHARE if kept else 0.0


def _looks(m: int, delta: float, alpha: float) -> tuple[Look, ...]:
    """The looks that `alpha` pays for; each gets what its failures cost and a share of the rest."""
    taken: list[tuple[Side, int, float, float]] = []
    spent = 0.0
    for side, share, weight in LOOKS:
        guesses = round(share * m)
        cost = m * failing(side, delta) / (AFFORDABLE * max(guesses, 1))
        if guesses < FEWEST_GUESSES or (taken and spent + cost > COST_LIMIT * alpha):
            continue
        taken.append((side, guesses, weight, min(cost, alpha)))
        spent += taken[-1][3]
    total = sum(weight for _, _, weight, _ in taken)
    return tuple(
        Look(side, guesses, cost + (alpha - spent) * weight / total)
        for side, guesses, weight, cost in taken
    )


def declared(sides: Sequence[Side], shares: Sequence[float], m: int, alpha: float) -> list[Look]:
    """Looks at all `shares` from all `sides`, which share `alpha` equally."""
    each = alpha / (len(sides) * len(shares))
    return [Look(side, max(1, round(share * m)), each) for side in sides for share in shares]
