"""Lower bounds on epsilon from one training run with many canaries, one fair coin each."""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, expit

from tacit.core import AssumptionError, Estimate, Evidence, InvalidInput, NotEnoughData
from tacit.core.checking import fraction
from tacit.dp.bernoulli_walk import guess_counts, walk_bound, walk_refutes
from tacit.dp.bounds import epsilon_lower_bound
from tacit.dp.mechanisms import ApproxDP, Mechanism
from tacit.metrics.arrays import takes_arrays

Method = Literal["walk", "steinke", "fdp", "independent"]
Side = Literal["both", "top", "bottom"]
Guesses = tuple[NDArray[np.bool_], NDArray[np.int64]]
METHODS = ("walk", "steinke", "fdp", "independent")
FRACTIONS = (0.1, 0.3)
SHARES = {
    "both": 0.35,
    "top": 0.6,
    "bottom": 0.05,
}  # of alpha; many mechanisms leak in the top tail alone
UNFAIR = 1e-4
MOST = 10_000_000  # canaries that a plan looks at
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
) -> Estimate:
    """The privacy loss epsilon that one training run proves at least, from the coins of its
    canaries.

    The surest guesses are marked: "member" for the largest scores, "not" for the smallest; the rest
    abstains. Ties stay together, so the guesses depend on the scores alone. Under (epsilon,
    delta)-DP no guesser is right much more often than e^epsilon / (1 + e^epsilon), however the
    canaries share the noise of the run.

    Parameters
    ----------
    evidence : one row per canary; larger score means member; membership must be by coin. Rows of
        one cluster that are in or out together are copies of one canary and counted once (their
        mean score).
    delta : of the claim, in [0, 1).
    guesses : shares of the canaries to guess, or numbers of guesses from 2 up, declared before
        looking; several share alpha equally. None: 0.1 and 0.3, where the method needs shares.
    level : one-sided confidence.
    method : None: ``"steinke"`` where `guesses` are declared, else ``"walk"``. ``"walk"``: all
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

    Returns
    -------
    Estimate whose `low` is the bound. A low bound proves nothing: canaries interfere with one
    another, and a rare failure may not have occurred in this run [3]_.

    Raises
    ------
    AssumptionError : membership is not by coin, the inclusion rate is not that of fair coins, or
        noise would have to be independent.
    NotEnoughData : fewer than 10 canaries.

    References
    ----------
    .. [1] Steinke, Nasr, Jagielski, Privacy Auditing with One (1) Training Run, 2023.
    .. [2] Mahloujifar, Melis, Chaudhuri, Auditing f-Differential Privacy in One Run, 2025,
       algorithm 3.
    .. [3] Keinan, Shenfeld, Ligett, How Well Can Differential Privacy Be Audited in One Run?, 2025.
    """
    fraction(level, "level")
    method = method or ("steinke" if guesses is not None else "walk")
    _require(delta, method, guesses, family, assume_independent_noise)
    canaries = _canaries(evidence)
    m, name = len(canaries.member), "epsilon"
    claim: tuple[str, ...] = (COINS,)
    if method == "walk":
        low, text = (
            _walk(canaries, delta, 1 - level),
            "one run, all numbers of guesses at once (exact Bernoulli walk)",
        )
    elif method == "independent":
        low = epsilon_lower_bound(canaries, delta, level=level).low
        text, claim = (
            "one run, equal-local-level band",
            (*claim, "given the coins, the scores are independent of one another"),
        )
    else:
        shares = _shares(guesses, m)
        marks = [
            mark
            for guesses_of in _sorted(canaries, _sides(sides))
            for mark in _marked(guesses_of, shares, m)
        ]
        alpha = (1 - level) / len(marks)
        text = (
            f"one run, {', '.join(f'{share:g}' for share in shares)} of the canaries guessed"
            f" ({', '.join(sides)})"
        )
        if method == "steinke":
            low, text = (
                max(_steinke(m, r, v, delta, alpha) for r, v in marks),
                f"{text} (Steinke et al.)",
            )
        else:
            low, name, more = _fdp(m, marks, delta, alpha, family)
            text, claim = f"{text} (f-DP recursion)", (*claim, *more)
    return Estimate(name, low, low, np.inf, level, m, f"{text}, delta = {delta:g}", claim)


def _require(delta: float, method: str, guesses: object, family: object, independent: bool) -> None:
    if not 0 <= delta < 1:
        raise InvalidInput(f"`delta` needs a number in [0, 1), got {delta!r}.")
    if method not in METHODS:
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
    if evidence.assignment != "coin":
        raise AssumptionError(
            "A one-run bound needs a fair coin for every canary, got assignment"
            f' "{evidence.assignment}". Draw coins before training (`tacit.design.canaries`) and'
            ' pass `Membership(..., assignment="coin")`.'
        )
    canaries = _once(evidence)
    m, inside = len(canaries.member), canaries.n_members
    if m < 10:
        raise NotEnoughData(
            f"A one-run bound needs 10 canaries at least, got {m}.",
            needed=10,
            got=m,
            unit="canaries",
        )
    extreme = max(inside, m - inside)
    if 2 * betainc(extreme, m - extreme + 1, 0.5) < UNFAIR:
        raise AssumptionError(
            f"{inside} of {m} canaries are members: fair coins give that less than once in"
            f" {1 / UNFAIR:,.0f} times. A one-run bound would be positive without any leak. Check"
            " how membership was drawn, and whether canaries were lost on the way."
        )
    return canaries


def _once(evidence: Evidence) -> Evidence:
    """Copies of a canary (rows of a cluster, in or out together) as one; clusters of mixed
    membership are left alone.
    """
    if evidence.cluster is None:
        return evidence
    row, code, size = np.unique(
        evidence.cluster, return_index=True, return_inverse=True, return_counts=True
    )[1:]
    inside = np.bincount(code, weights=evidence.member)
    if len(row) == len(code) or not np.all((inside == 0) | (inside == size)):
        return evidence
    mean = np.bincount(code, weights=evidence.score.astype(np.float64)) / size
    return Evidence(mean, inside > 0, None, evidence.assignment, evidence.attack, evidence.row[row])


def _shares(guesses: float | Sequence[float] | None, m: int) -> tuple[float, ...]:
    given = (
        FRACTIONS
        if guesses is None
        else (guesses,)
        if isinstance(guesses, (int, float))
        else tuple(guesses)
    )
    shares = tuple(float(g) if g <= 1 else g / m for g in given)
    if (
        not shares
        or not all(0 < share <= 1 for share in shares)
        or any(g > 1 and g != int(g) for g in given)
    ):
        raise InvalidInput(
            f"`guesses` needs shares in (0, 1] or whole numbers in 2..{m}, got {guesses!r}."
        )
    return shares


def ordered(evidence: Evidence, side: str) -> Guesses:
    """Whether each guess is right, surest first, and the counts at which no tie is cut.

    Parameters
    ----------
    evidence : of the canaries.
    side : ``"top"`` (accuse the largest scores), ``"bottom"`` (clear the smallest) or ``"both"``
        (either, by distance of the rank from the middle).
    """
    return next(_sorted(evidence, (side,)))


def _sorted(evidence: Evidence, sides: Sequence[str]) -> Iterator[Guesses]:
    """`ordered` for several sides, from one sort."""
    order = np.argsort(evidence.score)
    score = evidence.score[order]
    start = np.append(0, np.flatnonzero(score[1:] != score[:-1]) + 1)
    size = np.diff(np.append(start, len(order)))
    centre = np.repeat(
        2 * np.cumsum(size) - size - len(order), size
    )  # twice the distance of the mean rank from the middle
    member = evidence.member[order]
    for side in sides:
        if side == "both":
            # two monotone runs, which a stable sort only merges
            surest = np.argsort(-np.abs(centre), kind="stable")
            surest = surest[centre[surest] != 0]
            right, sureness = (member == (centre > 0))[surest], np.abs(centre)[surest]
        else:
            way = slice(None, None, -1) if side == "top" else slice(None)
            right, sureness = (member == (side == "top"))[way], centre[way]
        ends = np.append(np.flatnonzero(np.diff(sureness)) + 1, len(sureness))
        yield right, ends[ends > 0]


def _walk(canaries: Evidence, delta: float, alpha: float) -> float:
    m, best = len(canaries.member), 0.0
    for (side, share), (right, ends) in zip(
        SHARES.items(), _sorted(canaries, tuple(SHARES)), strict=True
    ):
        if len(ends):
            failures = m * delta if side == "both" else m * delta / 2
            best = walk_bound(right, ends, failures=failures, alpha=alpha * share, at_least=best)
    return best


def _sides(sides: Sequence[Side]) -> tuple[Side, ...]:
    if not sides or not set(sides) <= set(SHARES):
        raise InvalidInput(f"`sides` needs some of {', '.join(SHARES)}, got {sides!r}.")
    return tuple(sides)


def _marked(guesses: Guesses, shares: Sequence[float], m: int) -> Iterator[tuple[int, int]]:
    """Guesses made and guesses right for the surest `shares` of m, without cutting a tie (fewer, or
    else one block).
    """
    right, ends = guesses
    for share in shares:
        fitting = ends[ends <= max(1, round(share * m))]
        r = 0 if len(ends) == 0 else int(fitting[-1] if len(fitting) else ends[0])
        yield r, int(np.sum(right[:r]))


def _steinke(m: int, r: int, v: int, delta: float, alpha: float) -> float:
    if r == 0:
        return 0.0
    return _largest(lambda epsilon: steinke_p_value(m, r, v, epsilon, delta) <= alpha)


def steinke_p_value(m: int, r: int, v: int, epsilon: float, delta: float) -> float:
    """Chance of at least `v` right among `r` guesses on `m` canaries under (epsilon, delta)-DP, at
    most.

    beta + 2 m delta max_i (P(W >= v - i) - beta) / i, with W ~ Binomial(r, e^epsilon / (1 +
    e^epsilon)), beta = P(W >= v) (Steinke, Nasr, Jagielski 2023, theorem 5.2).
    """
    p = float(expit(epsilon))
    if v <= 0:
        return 1.0
    beta = float(betainc(v, r - v + 1, p))
    if delta == 0:
        return beta
    reach = min(v, max(64, int(v - r * p + 12 * np.sqrt(r * p * (1 - p)))))
    i = np.arange(1, reach + 1)
    left = v - i
    tail = np.where(left > 0, betainc(np.maximum(left, 1), r - left + 1, p), 1.0)
    return float(min(1.0, beta + 2 * m * delta * np.max((tail - beta) / i)))


def _fdp(
    m: int,
    marks: list[tuple[int, int]],
    delta: float,
    alpha: float,
    family: Callable[[float], Mechanism] | None,
) -> tuple[float, str, tuple[str, ...]]:
    plain = family is None
    build: Callable[[float], Mechanism] = (
        (lambda epsilon: ApproxDP(epsilon, delta)) if family is None else family
    )
    refuted = _largest(
        lambda parameter: any(fdp_refuted(m, r, v, build(parameter), alpha) for r, v in marks if r)
    )
    if plain:
        return refuted, "epsilon", ()
    mechanism = build(refuted)
    low = mechanism.epsilon(delta) if refuted > 0 else 0.0
    words = (
        f"the trade-off function is of the family {type(mechanism).__name__}; for other mechanisms"
        " the bound is wrong"
    )
    return low, f"epsilon if {type(mechanism).__name__}", (words,)


def fdp_refuted(m: int, r: int, v: int, mechanism: Mechanism, alpha: float) -> bool:
    """Whether `v` right among `r` guesses on `m` canaries refute that the mechanism's trade-off
    function holds.

    The recursion of Mahloujifar, Melis, Chaudhuri (2025, algorithm 3) with two options a canary; it
    stops as soon as the outcome is certain.
    """
    inverse = mechanism.inverse_blowup
    reached, before, limit = alpha * v / m, alpha * (r - v) / m, r / m
    for i in range(v - 1, -1, -1):
        step = max(before, inverse(reached))
        if step == before or reached + before > limit:
            break
        reached = min(1.0, reached + i / (r - i) * (step - before))
        before = step
    return reached + before > limit


def _largest(
    refuted: Callable[[float], bool], *, tolerance: float = 1e-4, most: float = 64.0
) -> float:
    """The largest parameter that is refuted, from below; 0 where none is."""
    if not refuted(0.0):
        return 0.0
    low, high = 0.0, 1.0
    while high < most and refuted(high):
        low, high = high, 2 * high
    while high - low > tolerance:
        middle = (low + high) / 2
        low, high = (middle, high) if refuted(middle) else (low, middle)
    return low


def canaries_needed(
    epsilon: float, delta: float, *, accuracy: float = 1.0, level: float = 0.95
) -> int:
    """Canaries of one run with which `one_run_epsilon` refutes `epsilon`, if a share `accuracy` of
    all guesses is right.

    For its default method, with wrong guesses spread evenly over the sure and the doubtful ones: a
    guesser that knows which of its guesses are sure needs as many sure ones among more canaries.

    Raises
    ------
    NotEnoughData : no number of canaries up to 10 million does it: the accuracy is too low, or
        delta times their number too large.
    """
    fraction(level, "level")
    if not (0.5 < accuracy <= 1 and epsilon >= 0 and 0 <= delta < 1):
        raise InvalidInput(
            f"Needs epsilon >= 0, delta in [0, 1), accuracy in (0.5, 1], got {epsilon}, {delta},"
            f" {accuracy}."
        )
    alpha = (1 - level) * SHARES["both"]
    for m in (
        np.unique(np.geomspace(10, MOST, 1400).astype(np.int64)).tolist()
        if accuracy > expit(epsilon)
        else ()
    ):
        guesses = m - m % 2  # half from each end
        right = int(accuracy * guesses)
        if betainc(right, guesses - right + 1, expit(epsilon)) > alpha:
            continue
        stop = guess_counts(np.arange(2, guesses + 1, 2))
        if walk_refutes(
            (accuracy * stop).astype(np.int64), stop, epsilon, failures=m * delta, alpha=alpha
        ):
            return int(m)
    raise NotEnoughData(
        f"No number of canaries up to {MOST:,} in one run refutes epsilon = {epsilon:g} at delta ="
        f" {delta:g} with {100 * accuracy:g} % right guesses (chance {100 * expit(epsilon):.4g} %"
        " is allowed). Use many runs, or a smaller delta.",
        unit="canaries",
    )
