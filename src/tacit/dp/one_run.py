"""Lower bounds on epsilon from one training run with many canaries, one fair coin each."""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import numpy as np
from scipy.special import betainc, expit

from tacit.core import AssumptionError, Estimate, Evidence, InvalidInput, NotEnoughData
from tacit.core.checking import fraction
from tacit.dp.bernoulli_walk import guess_counts, walk_bound, walk_refutes
from tacit.dp.bounds import epsilon_lower_bound, require_delta
from tacit.dp.cluster_means import cluster_means
from tacit.dp.coins import require_fair_coins
from tacit.dp.fdp_recursion import failing, fdp_bound, fdp_parameter, fdp_refuted
from tacit.dp.guesses import SIDES, Ranking, Side, n_right, ranked, whole_blocks
from tacit.dp.mechanisms import ApproxDP, Mechanism
from tacit.dp.one_run_plan import Look, Plan, declared, plan
from tacit.dp.steinke import steinke_bound
from tacit.metrics.arrays import takes_arrays

Method = Literal["walk", "steinke", "fdp", "independent"]
METHODS = ("walk", "steinke", "fdp", "independent")
# The tenth and the third of all canaries that stand out most: over Gaussian mechanisms of mu .5 to
# 3 one of the two is within a tenth of the best share (table C3 of Mahloujifar et al. agrees).
FRACTIONS = (0.1, 0.3)
# Of the alpha of the walk; many mechanisms leak in the top tail alone, few in the bottom alone.
SIDE_SHARES: dict[Side, float] = {"both": 0.35, "top": 0.6, "bottom": 0.05}
FEWEST = 10  # canaries: with fewer, all guesses right refute epsilon = 1 at best
MOST = 10_000_000  # canaries that a plan looks at; more fit no training run
PLANNED = 1400  # sizes looked at between FEWEST and MOST: each is 1 % above the one before
COINS = (
    "each canary had its own fair coin, drawn independently of everything else; the guesser saw"
    " none of these coins"
)


@takes_arrays
def one_run_epsilon(
    evidence: Evidence,
    delta: float,
    guesses: float | Sequence[float] | None = None,
    *,
    level: float = 0.95,
    method: Method | None = None,
    sides: Sequence[Side] = ("both",),
    family: Callable[[float], Mechanism] | None = None,
    assume_independent_noise: bool = False,
    seed: int = 0,
) -> Estimate:
    """The privacy loss epsilon that one training run proves at least, from the coins of its
    canaries.

    The surest guesses are marked: "member" for the largest scores, "not" for the smallest; the rest
    abstains. Under (epsilon, delta)-DP no guesser is right much more often than e^epsilon / (1 +
    e^epsilon), however the canaries share the noise of the run.

    Unless told otherwise, alpha is split by a plan that knows the number of canaries, delta and the
    level alone: where delta is small for that many canaries, all of it goes to all numbers of
    guesses at once (the walk); where it is large, to a few declared shares (the f-DP recursion,
    which pays less for delta); between, to both.

    The split is fixed before looking, so it cannot be the best for every mechanism. Against all of
    alpha on the recursion at declared shares (0.1 and 0.3, or these and 1), simulated mean bounds
    with 100 and 1,000 canaries were nowhere smaller at delta 0.01; smaller by up to 0.22 at delta
    0.001 (Gaussian mechanisms, whose best shares these are; by 0.05 at most for all others); and by
    0.05 at most at delta 0 and 1e-5. Who knows the mechanism, declares `guesses`.

    Parameters
    ----------
    evidence : one row per canary; larger score means member; membership must be by coin. Rows of
        one cluster that are in or out together are copies of one canary and counted once (their
        mean score).
    delta : of the claim, in [0, 1).
    guesses : shares of the canaries to guess, or numbers of guesses from 2 up, declared before
        looking; several share alpha equally. None: 0.1 and 0.3, where the method needs shares.
    level : one-sided confidence.
    method : None: ``"steinke"`` where `guesses` are declared, else the split above. ``"walk"``: all
        numbers of guesses at once, from the top, the bottom and both ends, by the exact law of a
        Bernoulli walk. ``"steinke"``: the bound of [1]_, theorem 5.2. ``"fdp"``: the recursion of
        [2]_ for a family of trade-off functions. ``"independent"``: two-sample rates; only with
        `assume_independent_noise`.
    sides : where the guesses of ``"steinke"`` and ``"fdp"`` are taken from: ``"both"`` ends (half
        from each), the ``"top"``, the ``"bottom"``; several share alpha equally.
    family : for ``"fdp"``: from a parameter (larger leaks more) to a mechanism, such as `Gaussian`.
        None: the (epsilon, delta) family, which assumes nothing. With any other family the estimate
        is named "epsilon if <family>".
    assume_independent_noise : say True only if, given the coins, the scores are independent of one
        another.
    seed : of the order among canaries of exactly the same score, where a declared number of guesses
        takes some of them only.

    Returns
    -------
    Estimate whose `low` is the bound. A low bound proves nothing: canaries interfere with one
    another, and a rare failure may not have occurred in this run [3]_.

    Raises
    ------
    AssumptionError : membership is not by coin, the coins cannot be fair and one a canary, or noise
        would have to be independent.
    NotEnoughData : fewer than 10 canaries.

    References
    ----------
    .. [1] Steinke, Nasr, Jagielski, Privacy Auditing with One (1) Training Run, 2023.
    .. [2] Mahloujifar, Melis, Chaudhuri, Auditing f-Differential Privacy in One Run, 2025,
       algorithm 3.
    .. [3] Keinan, Shenfeld, Ligett, How Well Can Differential Privacy Be Audited in One Run?, 2025.
    """
    fraction(level, "level")
    require_delta(delta)
    method = method or ("steinke" if guesses is not None else None)
    _require(method, guesses, family, assume_independent_noise)
    canaries = _canaries(evidence)
    ranking = ranked(canaries, seed=seed)
    require_fair_coins(ranking)
    m, alpha, name = len(ranking.member), 1 - level, "epsilon"
    claim: tuple[str, ...] = (COINS,)
    if method is None:
        split = plan(m, delta, alpha)
        low, text = _planned(ranking, split, delta), _plan_text(split, m)
    elif method == "walk":
        low, text = _walk(ranking, delta, alpha), _plan_text(Plan(alpha, ()), m)
    elif method == "independent":
        low = epsilon_lower_bound(canaries, delta, level=level).low
        text = "one run, equal-local-level band"
        claim = (*claim, "given the coins, the scores are independent of one another")
    else:
        shares = _shares(guesses, m)
        looks = declared(_sides(sides), shares, m, alpha)
        text = f"one run, {_list(shares)} of the canaries guessed ({', '.join(sides)})"
        if method == "steinke":
            low, text = _steinke(ranking, looks, delta), f"{text} (Steinke et al.)"
        elif family is None:
            low, text = _recursion(ranking, looks, delta), f"{text} (f-DP recursion)"
        else:
            low, name = _family(ranking, looks, delta, family)
            text = f"{text} (f-DP recursion)"
            claim = (*claim, _condition(family))
    return Estimate(name, low, low, np.inf, level, m, f"{text}, delta = {delta:g}", claim)


def _require(method: str | None, guesses: object, family: object, independent: bool) -> None:
    if method not in (None, *METHODS):
        raise InvalidInput(f"`method` needs one of {', '.join(METHODS)}, got {method!r}.")
    if guesses is not None and method in ("walk", "independent"):
        raise InvalidInput(
            f"method {method!r} looks at all numbers of guesses: leave out `guesses`, or take"
            " steinke or fdp."
        )
    if family is not None and method != "fdp":
        raise InvalidInput(f'`family` goes with method "fdp" only, got method {method!r}.')
    if method == "independent" and not independent:
        raise AssumptionError(
            'method "independent" needs `assume_independent_noise=True`: canaries of one run share'
            " its noise unless the mechanism adds its own to each (for example orthogonal gradients"
            " under Gaussian noise). Without that, use walk or steinke."
        )


def _canaries(evidence: Evidence) -> Evidence:
    """One row a canary: copies counted once."""
    if evidence.assignment != "coin":
        raise AssumptionError(
            "A one-run bound needs a fair coin for every canary, got assignment"
            f' "{evidence.assignment}". Draw coins before training (`tacit.design.canaries`) and'
            ' pass `Membership(..., assignment="coin")`.'
        )
    canaries = cluster_means(evidence)
    if canaries is None:
        raise AssumptionError(
            "Some clusters hold canaries that are in and canaries that are out. In one run a"
            " cluster is one canary and its copies, which share a coin; leave `cluster` out where"
            " every canary had its own."
        )
    m = len(canaries.member)
    if m < FEWEST:
        raise NotEnoughData(
            f"A one-run bound needs {FEWEST} canaries at least, got {m}.",
            needed=FEWEST,
            got=m,
            unit="canaries",
        )
    return canaries


def _shares(guesses: float | Sequence[float] | None, m: int) -> tuple[float, ...]:
    """The declared shares of m, from shares or numbers of guesses."""
    if guesses is None:
        return FRACTIONS
    given = (guesses,) if isinstance(guesses, (int, float)) else tuple(guesses)
    shares = tuple(float(g) if g <= 1 else g / m for g in given)
    whole = all(g <= 1 or g == int(g) for g in given)
    if not shares or not whole or not all(0 < share <= 1 for share in shares):
        raise InvalidInput(
            f"`guesses` needs shares in (0, 1] or whole numbers in 2..{m}, got {guesses!r}."
        )
    return shares


def _sides(sides: Sequence[Side]) -> tuple[Side, ...]:
    if not sides or not set(sides) <= set(SIDES):
        raise InvalidInput(f"`sides` needs some of {', '.join(SIDES)}, got {sides!r}.")
    return tuple(sides)


def _planned(ranking: Ranking, split: Plan, delta: float) -> float:
    """The best of all looks; each holds at its own share of alpha."""
    low = _walk(ranking, delta, split.walk) if split.walk > 0 else 0.0
    return _recursion(ranking, split.looks, delta, at_least=low)


def _walk(ranking: Ranking, delta: float, alpha: float) -> float:
    m, best = len(ranking.member), 0.0
    for side, share in SIDE_SHARES.items():
        right, ends = whole_blocks(ranking, side)
        if len(ends):
            failures = m * failing(side, delta)
            best = walk_bound(right, ends, failures=failures, alpha=alpha * share, at_least=best)
    return best


def _counted(ranking: Ranking, looks: Sequence[Look]) -> Iterable[tuple[Look, int]]:
    """Each look with the number of its guesses that are right."""
    return zip(looks, n_right(ranking, [(look.side, look.guesses) for look in looks]), strict=True)


def _steinke(ranking: Ranking, looks: Sequence[Look], delta: float) -> float:
    m = len(ranking.member)
    return max(
        steinke_bound(m, look.guesses, right, delta, look.alpha)
        for look, right in _counted(ranking, looks)
    )


def _recursion(
    ranking: Ranking, looks: Sequence[Look], delta: float, *, at_least: float = 0.0
) -> float:
    m, best = len(ranking.member), at_least
    for look, right in _counted(ranking, looks):
        usable = failing(look.side, delta)
        best = fdp_bound(m, look.guesses, right, usable, look.alpha, at_least=best)
    return best


def _family(
    ranking: Ranking, looks: Sequence[Look], delta: float, family: Callable[[float], Mechanism]
) -> tuple[float, str]:
    marks = [(look.guesses, right) for look, right in _counted(ranking, looks)]
    mechanism = family(fdp_parameter(len(ranking.member), marks, family, looks[0].alpha))
    return mechanism.epsilon(delta), f"epsilon if {type(mechanism).__name__}"


def _condition(family: Callable[[float], Mechanism]) -> str:
    return (
        f"the trade-off function is of the family {type(family(0.0)).__name__}; for other"
        " mechanisms the bound is wrong"
    )


def _plan_text(split: Plan, m: int) -> str:
    """How alpha was spent, in words."""
    parts = ["all numbers of guesses at once (exact Bernoulli walk)"] if split.walk else []
    if split.looks:
        shares = ", ".join(f"{look.guesses / m:g} ({look.side})" for look in split.looks)
        parts.append(f"{shares} of the canaries guessed (f-DP recursion)")
    return f"one run, {'; '.join(parts)}"


def _list(shares: Sequence[float]) -> str:
    return ", ".join(f"{share:g}" for share in shares)


def canaries_needed(
    epsilon: float, delta: float, *, accuracy: float = 1.0, level: float = 0.95
) -> int:
    """Canaries of one run with which `one_run_epsilon` refutes `epsilon`, if a share `accuracy` of
    all guesses is right.

    For its default method, with wrong guesses spread evenly over the sure and the doubtful ones: a
    guesser that knows which of its guesses are sure needs as many sure ones among more canaries.

    Parameters
    ----------
    epsilon : the claim to refute.
    delta : of the claim, in [0, 1).
    accuracy : share of all guesses that is right, in (0.5, 1].
    level : one-sided confidence.

    Returns
    -------
    int, rounded up by 1 % at most.

    Raises
    ------
    NotEnoughData : no number of canaries up to 10 million does it: the accuracy is too low, or
        delta times their number too large.
    """
    fraction(level, "level")
    if not (0.5 < accuracy <= 1 and epsilon >= 0 and 0 <= delta < 1):
        raise InvalidInput(
            "Needs epsilon >= 0, delta in [0, 1), accuracy in (0.5, 1], got"
            f" {epsilon}, {delta}, {accuracy}."
        )
    sizes = np.unique(np.geomspace(FEWEST, MOST, PLANNED).astype(np.int64)).tolist()
    # with no more right guesses than the claim allows, no number is enough
    for m in sizes if accuracy > expit(epsilon) else ():
        if _enough(m, epsilon, delta, accuracy, 1 - level):
            return int(m)
    raise NotEnoughData(
        f"No number of canaries up to {MOST:,} in one run refutes epsilon = {epsilon:g} at delta ="
        f" {delta:g} with {100 * accuracy:g} % right guesses (chance {100 * expit(epsilon):.4g} %"
        " is allowed). Use many runs, or a smaller delta.",
        unit="canaries",
    )


def _enough(m: int, epsilon: float, delta: float, accuracy: float, alpha: float) -> bool:
    """Whether the plan for m canaries refutes `epsilon` with `accuracy` of the guesses right."""
    split = plan(m, delta, alpha)
    if split.walk and _walk_enough(m, epsilon, delta, accuracy, split.walk):
        return True
    return any(
        fdp_refuted(
            m,
            look.guesses,
            int(accuracy * look.guesses),
            ApproxDP(epsilon, failing(look.side, delta)),
            look.alpha,
        )
        for look in split.looks
    )


def _walk_enough(m: int, epsilon: float, delta: float, accuracy: float, alpha: float) -> bool:
    both = alpha * SIDE_SHARES["both"]
    guesses = m - m % 2  # half from each end
    right = int(accuracy * guesses)
    # a cheap look at the end of the walk alone: without delta, a single stop is more powerful
    if betainc(right, guesses - right + 1, expit(epsilon)) > both:
        return False
    stop = guess_counts(np.arange(2, guesses + 1, 2))
    total = (accuracy * stop).astype(np.int64)
    return walk_refutes(total, stop, epsilon, failures=m * delta, alpha=both)
