"""The audit of a property: do a model's answers tell the share of training records that have it?"""

from dataclasses import replace
from math import ceil, log, log2
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtrc, betaincinv

from tacit.audits.steps.forgotten import records_in, rows_to_forget
from tacit.audits.steps.provenance import environment
from tacit.audits.steps.two_shares import Dealt, TwoShares, largest_size
from tacit.audits.steps.unstarted import unstarted
from tacit.audits.steps.verdict import SMALL_LEAK, finding_of
from tacit.core import (
    AtMost,
    CheckResult,
    Estimate,
    InvalidInput,
    Membership,
    Note,
    NotEnoughData,
    Policy,
    PolicyLike,
    Report,
    overall,
)
from tacit.core.checking import booleans, confidence, fraction, whole
from tacit.core.dates import today
from tacit.core.options import seed_of
from tacit.metrics.intervals import normal_quantile
from tacit.metrics.reconstruction import reconstruction_rate
from tacit.training.jobs import split
from tacit.training.measuring import Floats
from tacit.training.plan import model_seeds
from tacit.training.recipes import recipe_of
from tacit.training.shadow import shadow

POWER = 0.8  # `detectable` is what would show in 4 audits of 5
BROKEN = 0.01  # a control at chance breaks 1 audit of 100
# all 8 right has chance 1/256: the fewest models by which a control can break the audit
FEWEST_MODELS = 8
FEWEST_RECORDS = 20  # trained on fewer, a model stands for no model that anybody would release
# of a column's whole variance, added to that within the shares: it keeps columns finite that hardly
# vary, and weighs down those that few models say to be telling
SHRINKAGE = 0.1
PROPERTY_POLICY = Policy("property", (AtMost("accuracy", 0.6),))
ASSUMES = (
    "Each model's share was decided by a coin of its own, and all else was alike.",
    "The attacker knows both shares and trains models of their own on other records.",
)
OWN_RECORDS = "No record trained two models."
SHARED_RECORDS = "Models share records, so what is told is the share among these records."


def audit_property(
    train_fn: Any,
    data: Any,
    *,
    property: ArrayLike,
    shares: tuple[float, float] = (0.3, 0.7),
    queries: ArrayLike = 0.1,
    n: int = 16,
    size: int | None = None,
    policy: PolicyLike = PROPERTY_POLICY,
    level: float = 0.95,
    seed: int = 0,
    store: Any = None,
    pool: Any = None,
    title: str = "model",
    command: str = "",
) -> Report:
    """Do a model's answers tell how many of its training records have a property?

    Of ``2 n`` models each is trained on `size` records, of which one share or the other has the
    property, as a coin decides [1]_. An attacker learns from the first half of them how the answers
    differ (the mean difference of every answer over its variance, as in a linear discriminant), and
    guesses the share of each of the other half. As a control, each model has a twin that is trained
    by the same coin with the property shuffled among the records: it must be at chance.

    Parameters
    ----------
    train_fn : Any
        ``train_fn(rows, seed) -> observe``, where ``observe(x)`` answers for all records with
        `Outputs` or numbers, one row a record; a scikit-learn estimator; a recipe.
    data : Any
        ``(x, y)`` or ``x``, one row a record.
    property : ArrayLike
        bool (n,), which records have it.
    shares : tuple[float, float]
        The two shares of training records with the property that are to be told apart.
    queries : ArrayLike
        The records that models are asked about and never trained on: row numbers, a mask, or a
        share of all records, which is then drawn.
    n : int
        Models a share, on average. Half of them are graded: 16 show an accuracy from 0.80 upwards.
    size : int | None
        Records that each model is trained on. None: as many as let every model have records of its
        own. Where it is larger, models share records: the attacker's among themselves, and those
        that are graded among themselves.
    policy : Policy
        The gates; they judge the "accuracy" on the models that are graded.
    level : float
        Confidence.
    seed : int
        Of the coins and of every training.
    store, pool : Any
        Where numbers are kept and who trains; see `tacit.training.shadow`.
    title, command : str
        What the report says.

    Returns
    -------
    Report
        Its finding is "leak" where the share is told, "inconclusive" also where the control fails.

    Raises
    ------
    InvalidInput
        Says which argument, what was needed and what came.

    References
    ----------
    .. [1] Suri, Evans, Formalizing and Estimating Distribution Inference Risks, 2022.
    """
    policy = Policy.of(policy)
    confidence(level)
    n = whole(n, "n", least=1, unit="models per share")
    seed = seed_of(seed)
    pair = _pair(shares)
    x, y = split(data() if callable(data) else data)
    total = records_in(x, y)
    holds = _holds(property, total)
    asked = rows_to_forget(queries, total, seed=seed, name="queries")
    if len(asked) == 0:
        raise InvalidInput("`queries` needs at least 1 record to ask about, got none.")
    needed = max(FEWEST_MODELS, ceil(-log2(1 - level)))
    if n < needed:
        message = f"An audit of a property needs {needed} models per share, got {n}."
        short = NotEnoughData(message, needed=needed, got=n, unit="models per share")
        return unstarted("is the share told?", short, policy=policy, title=title)
    rows = np.setdiff1d(np.arange(total), asked)
    size, parts = _size_and_parts(size, holds[rows], pair, 2 * n)
    rng = np.random.default_rng([seed, 1])
    arms = tuple(
        Dealt.of(rows, side, parts, rng) for side in (holds[rows], rng.permutation(holds[rows]))
    )
    seeds = np.array(model_seeds(seed, 2 * n))
    recipe = TwoShares(recipe_of(train_fn), x, y, total, asked, arms, pair, size, seeds)
    options = {"store": store, "pool": pool, "name": "property"}
    run = shadow(recipe, np.array(pair), n=2 * n, kind="fixed_size", seed=seed, **options)
    second = run.member[:, 1]
    right = [told(np.asarray(run.shadow[:, arm], np.float64), second, n) for arm in (0, 1)]
    found, control = (_accuracy(hits, pair, level) for hits in right)
    report = _concluded(found, control, policy)
    return replace(
        report,
        assumes=(*ASSUMES, OWN_RECORDS if parts > 2 else SHARED_RECORDS),
        environment=environment(
            {"signals": np.asarray(run.shadow)},
            Membership(np.ones(total, bool)),
            task="property",
            seed=seed,
            level=level,
            command=command,
            audit="property inference",
            n_models=2 * n,
        ),
        created=today(),
        title=title,
    )


def _pair(shares: Any) -> tuple[float, float]:
    given = tuple(np.ravel(np.asarray(shares, object)))
    if len(given) != 2:
        raise InvalidInput(f"`shares` needs two shares such as (0.3, 0.7), got {shares!r}.")
    first, second = (fraction(share, "shares") for share in given)
    if first == second:
        raise InvalidInput(f"`shares` needs two that differ, got {first:g} twice.")
    return float(first), float(second)


def _holds(value: ArrayLike, total: int) -> NDArray[np.bool_]:
    holds = booleans(value, "property")
    if len(holds) != total:
        raise InvalidInput(f"`property` needs one entry a record: {total}, got {len(holds)}.")
    if holds.all() or not holds.any():
        raise InvalidInput(
            f"`property` needs records with it and without, got {holds[0]} for all of them."
        )
    return holds


def _size_and_parts(
    size: int | None, holds: NDArray[np.bool_], shares: tuple[float, float], models: int
) -> tuple[int, int]:
    """Records a model, and the parts that they are dealt into: one a model, or one a side."""
    sides = int(np.count_nonzero(holds)), int(np.count_nonzero(~holds))
    own, most = (
        largest_size(sides[0] // parts, sides[1] // parts, shares) for parts in (models, 2)
    )
    came = f"{sides[0]} records with the property and {sides[1]} without"
    if size is None and own < FEWEST_RECORDS:
        raise InvalidInput(
            f"`property` has too few records for {models} models of {FEWEST_RECORDS} or more of "
            f"their own at the shares {shares[0]:g} and {shares[1]:g}: {came} allow {own} each. "
            f"Take fewer models, or a `size` of up to {most} to let models share records."
        )
    chosen = own if size is None else whole(size, "size", least=1, unit="records a model")
    if chosen > most:
        raise InvalidInput(
            f"`size` needs {most} records or fewer: {came} allow no more at the shares "
            f"{shares[0]:g} and {shares[1]:g}, got {chosen}."
        )
    if round(shares[0] * chosen) == round(shares[1] * chosen):
        raise InvalidInput(
            f"`shares` needs two that differ by a record, got {shares[0]:g} and {shares[1]:g} of "
            f"{chosen} records."
        )
    return chosen, models if chosen <= own else 2


def told(answers: Floats, second: NDArray[np.bool_], n: int) -> NDArray[np.bool_]:
    """Which models' shares are guessed right, bool (m - n,), by what the first `n` models show.

    Parameters
    ----------
    answers : Floats
        (m, q), what each model answers.
    second : NDArray[np.bool_]
        (m,), True where it was trained at the second share.
    n : int
        Models to learn from.
    """
    known, is_second = answers[:n], second[:n]
    if is_second.all() or not is_second.any():
        return np.asarray(~second[n:])  # nothing to learn from: "the first" is as good as any guess
    means = np.stack([known[~is_second].mean(axis=0), known[is_second].mean(axis=0)])
    spread = known.var(axis=0)
    scale = ((known - means[is_second.astype(int)]) ** 2).mean(axis=0) + SHRINKAGE * spread
    weight = np.divide(means[1] - means[0], scale, out=np.zeros_like(scale), where=spread > 0)
    return np.asarray(((answers[n:] - means.mean(axis=0)) @ weight > 0) == second[n:])


def _accuracy(right: NDArray[np.bool_], shares: tuple[float, float], level: float) -> Estimate:
    """Share of right guesses, exact: models are independent, and so are their coins."""
    return replace(
        reconstruction_rate(right, chance=0.5, level=level),
        name="accuracy",
        assumes=("models are trained independently",),
        settings={"first": shares[0], "second": shares[1]},
    )


def detectable_accuracy(n: int, *, level: float) -> float:
    """The accuracy that a test of `n` guesses finds in 4 audits of 5.

    Examples
    --------
    >>> round(detectable_accuracy(16, level=0.95), 2)
    0.8
    """
    hits = np.arange(n + 1)
    fewest = int(np.argmax(bdtrc(hits - 1.0, n, 0.5) <= 1 - level))
    return float(betaincinv(fewest, n - fewest + 1, POWER))


def records_told(accuracy: float, shares: tuple[float, float]) -> float:
    """Records that, seen in clear, would at best tell the shares apart as often ([1]_).

    References
    ----------
    .. [1] Suri, Evans, Formalizing and Estimating Distribution Inference Risks, 2022.
    """
    first, second = shares
    overlap = (first * second) ** 0.5 + ((1 - first) * (1 - second)) ** 0.5
    return log(4 * accuracy * (1 - accuracy)) / (2 * log(overlap)) if accuracy > 0.5 else 0.0


def _concluded(found: Estimate, control: Estimate, policy: Policy) -> Report:
    warning = _warning(control)
    verdicts = policy.judge([found], ())
    if warning:
        # here it is not the split that is at fault, so the usual reason would be wrong
        verdicts = tuple(
            replace(item, outcome="inconclusive", note=Note(item.metric, warning))
            for item in verdicts
        )
    least = detectable_accuracy(found.n, level=found.level)
    finding = finding_of(found.p_value, 2 * least - 1, level=found.level, attributable=not warning)
    return Report(
        finding=finding,
        verdict=overall(verdicts),
        attributable=not warning,
        headline=_headline(finding, found, least, warning),
        p_value=found.p_value,
        detectable=2 * least - 1,
        chosen="property",
        checks=(
            _check("property", "attack", found),
            _check("shuffled property", "control", control),
        ),
        verdicts=verdicts,
        warnings=(warning,) if warning else (),
        policy=policy.name,
    )


def _warning(control: Estimate) -> str:
    """Why the audit cannot speak; empty where the control is at chance."""
    hits = round(control.value * control.n)
    if 2 * bdtrc(max(hits, control.n - hits) - 1, control.n, 0.5) > BROKEN:
        return ""
    return (
        f"the audit is broken: with the property shuffled among the records the guesses are not at "
        f"chance (accuracy {control.value:.3g} of {control.n} models). Does `train_fn` keep "
        "something from one training to the next, or do its models remember records that they "
        "share? A smaller `size` gives each its own."
    )


def _headline(finding: str, found: Estimate, least: float, warning: str) -> str:
    if warning:
        return f"Inconclusive: {warning}"
    first, second = found.settings["first"], found.settings["second"]
    said = (
        f"whether it is {100 * first:.3g} % or {100 * second:.3g} % of the training records was "
        f"guessed right for {100 * found.value:.3g} % of {found.n} models "
        f"({100 * found.low:.3g} to {100 * found.high:.3g} %; half is chance)"
    )
    if finding == "leak":
        lead = f"The answers tell how many training records have the property: {said}."
        clear = ceil(records_told(found.low, (first, second)))
        more = f" So much takes {clear} records or more seen in clear." if clear > 1 else ""
        return lead + more
    if finding == "no leak found":
        return f"No sign that the answers tell how many records have the property: {said}."
    reach = normal_quantile(2 * found.level - 1) + normal_quantile(2 * POWER - 1)
    needed = ceil((reach / SMALL_LEAK) ** 2)
    return (
        f"Whether the answers tell how many records have the property is open: {said}. So few "
        f"models show an accuracy only from {least:.2g} upwards (in 4 audits of 5); about {needed} "
        f"per share would show {0.5 + SMALL_LEAK / 2:.3g}."
    )


def _check(name: str, role: Any, found: Estimate) -> CheckResult:
    return CheckResult(
        name=name,
        role=role,
        attack="mean difference",
        statistic="answers",
        n_members=found.n,
        n_nonmembers=0,
        estimates=(found,),
        p_value=found.p_value,
    )
