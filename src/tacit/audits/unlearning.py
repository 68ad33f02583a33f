"""The audit of unlearning: is it still there, and would this audit have seen it?"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.attacks import EBLiRA, shadow_scores
from tacit.attacks.reference.families import families
from tacit.audits.steps.forgotten import forgotten_units, records_in, rows_to_forget
from tacit.audits.steps.provenance import environment
from tacit.audits.steps.three_arms import ARMS, CEILING, RETRAINED, UNLEARNED, ThreeArms, Unlearn
from tacit.audits.steps.unlearning_words import alike_note, failed_control, headline
from tacit.audits.steps.unstarted import unstarted
from tacit.audits.steps.verdict import finding_of
from tacit.core import (
    AtMost,
    Attack,
    CheckResult,
    Estimate,
    InvalidInput,
    Membership,
    Note,
    NotEnoughData,
    Policy,
    PolicyLike,
    Report,
    Signals,
    overall,
)
from tacit.core.checking import confidence, whole
from tacit.core.dates import today
from tacit.core.options import seed_of
from tacit.metrics.clusters import MIN_CLUSTERS
from tacit.metrics.crossed import CrossedAuc, share_removed
from tacit.metrics.intervals import shown_in
from tacit.signals import STATISTICS
from tacit.training.jobs import split
from tacit.training.measuring import Statistic, statistic_of
from tacit.training.recipes import recipe_of
from tacit.training.shadow import shadow

POWER = 0.8  # `detectable` is what would show in 4 audits of 5
FEWEST_MODELS = 4  # two independent pairs: one to play the target, one to learn from
FEWEST_RECORDS = 20
UNLEARNING_POLICY = Policy("unlearning", (AtMost("auc", 0.55),))
ASSUMES = (
    "Each record to forget was trained on, or not, by a coin of its own in each model.",
    "The attacker knows the records and both procedures, and trains models of their own.",
)


def audit_unlearning(
    train_fn: Any,
    unlearn_fn: Unlearn,
    data: Any,
    *,
    forget: ArrayLike,
    n: int = 16,
    attack: Attack | None = None,
    statistic: str | Statistic | None = None,
    cluster: ArrayLike | None = None,
    policy: PolicyLike = UNLEARNING_POLICY,
    level: float = 0.95,
    seed: int = 0,
    store: Any = None,
    pool: Any = None,
    title: str = "unlearning",
    command: str = "",
) -> Report:
    """Does unlearning remove what training learned of the records to forget?

    `n` models are trained on all other records and on a coin-drawn half of the records to forget;
    each then unlearns that half. An attacker with the other models guesses the coins (per-record
    attack with shadow models [1]_). Two controls are measured on the same coins, and are part of
    the verdict: models that unlearned nothing (the ceiling: what there was to forget), and models
    retrained without the records (chance, or the audit is broken). A threshold on the loss for all
    records is shown beside: it mostly sees far less, which is how methods come to look better than
    they are.

    Parameters
    ----------
    train_fn : Any
        ``train_fn(rows, seed) -> observe``, where ``observe(x)`` answers for all records with
        `Outputs` or one number a record (larger for members); a scikit-learn estimator; a recipe.
    unlearn_fn : Unlearn
        ``unlearn_fn(model, forget, retain, seed) -> model``: what `train_fn` returned (for an
        estimator: the fitted estimator), the row numbers to forget, the row numbers to keep.
        It may change the model in place.
    data : Any
        ``(x, y)`` or ``x``, one row a record.
    forget : ArrayLike
        The records that could be asked to be forgotten: row numbers, a mask, or a share of all
        records (such as 0.2), which is then drawn. A few hundred.
    n : int
        Number of models; each is trained twice and unlearns once.
    attack : Attack | None
        How the coins are guessed; by default `EBLiRA`.
    statistic : str | Statistic | None
        The signal; by default the scaled logit of a classifier, else the negated loss.
    cluster : ArrayLike | None
        The unit that is forgotten as a whole (a user), one entry for each record of `data`.
    policy : Policy
        The gates; they judge the unlearned models' "auc" and "share removed".
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
        Its finding is "leak" where the unlearned models still tell; "inconclusive" where a control
        fails: the retrained models tell (the audit is broken, not the method), or those that
        unlearned nothing do not (there was nothing to see).

    Raises
    ------
    InvalidInput
        Says which argument, what was needed and what came.

    References
    ----------
    .. [1] Hayes et al., Inexact Unlearning Needs More Careful Evaluations to Avoid a False Sense
       of Privacy, 2024.
    """
    policy = Policy.of(policy)
    confidence(level)
    n = whole(n, "n", least=FEWEST_MODELS, unit="models")
    seed = seed_of(seed)
    _require_known(attack, statistic, unlearn_fn)
    x, y = split(data() if callable(data) else data)
    total = records_in(x, y)
    chosen = rows_to_forget(forget, total, seed=seed)
    retain = np.setdiff1d(np.arange(total), chosen)
    units = forgotten_units(cluster, chosen, total)
    short = _short(chosen, units)
    if short is not None:
        question = "is what was to be forgotten still there?"
        return unstarted(question, short, policy=policy, title=title)
    arms = ThreeArms(
        recipe_of(train_fn), unlearn_fn, x, y, total, chosen, retain, statistic_of(statistic)
    )
    run = shadow(
        arms,
        chosen.astype(np.float64),
        n=n,
        seed=seed,
        cluster=units,
        store=store,
        pool=pool,
        name="unlearning",
    )
    scores = {
        arm: _scores(run.shadow[:, :, column], run.member, attack or EBLiRA())
        for column, arm in enumerate(ARMS)
    }
    groups = families(run.member)
    code = None if units is None else np.unique(units, return_inverse=True)[1].astype(np.int64)
    areas = {
        arm: CrossedAuc.of(score, run.member, groups, cluster=code) for arm, score in scores.items()
    }
    plain = CrossedAuc.of(np.asarray(run.shadow[:, :, 1]), run.member, groups, cluster=code)
    alike = alike_note(float(np.ptp(run.shadow[:, :, ARMS.index(RETRAINED)], axis=0).max()))
    made = _environment(run.shadow, run.member, code, seed=seed, level=level, command=command)
    report = _concluded(areas, plain, repr(attack or EBLiRA()), policy=policy, level=level)
    counts = {"n_models": n, "n_forget": len(chosen), "n_retain": len(retain)}
    return replace(
        report,
        environment=made | counts,
        created=today(),
        title=title,
        unknown=(*report.unknown, *((alike,) if alike else ())),
    )


def _require_known(attack: object, statistic: object, unlearn_fn: object) -> None:
    if attack is not None and not callable(attack):
        raise InvalidInput(
            f"`attack` needs an attack such as EBLiRA(), got {type(attack).__name__}."
        )
    if isinstance(statistic, str) and statistic not in STATISTICS:
        raise InvalidInput(
            f"`statistic` needs one of {', '.join(sorted(STATISTICS))}, got {statistic!r}."
        )
    if not callable(unlearn_fn):
        raise InvalidInput(
            "`unlearn_fn` needs a function (model, forget, retain, seed) -> model, got "
            f"{type(unlearn_fn).__name__}."
        )


def _short(rows: NDArray[np.int64], units: NDArray[Any] | None) -> NotEnoughData | None:
    """What there is too little of; None where there is enough of everything."""
    got = len(rows)
    if got < FEWEST_RECORDS:
        message = f"An audit of unlearning needs {FEWEST_RECORDS} records to forget, got {got}."
        return NotEnoughData(message, needed=FEWEST_RECORDS, got=got, unit="records to forget")
    got = MIN_CLUSTERS if units is None else len(np.unique(units))
    if got < MIN_CLUSTERS:
        message = f"An audit of unlearning needs {MIN_CLUSTERS} clusters to forget, got {got}."
        return NotEnoughData(message, needed=MIN_CLUSTERS, got=got, unit="clusters to forget")
    return None


def _scores(signal: NDArray[Any], member: NDArray[np.bool_], attack: Attack) -> NDArray[np.float64]:
    """Every model as the target of the others: scores (m, c)."""
    shadows = np.asarray(signal)
    if np.ptp(shadows, axis=0).max(initial=0.0) == 0:
        # models that all answer alike tell nothing, and give an attack no spread to divide by
        return np.zeros(shadows.shape)
    signals = Signals.of(shadows[0], shadow=shadows, shadow_member=member, statistic="signal")
    if not hasattr(attack, "shadow_scores"):
        return shadow_scores(attack, signals)
    score = np.empty(shadows.shape)
    for group in families(member):
        # an attack that learns from all targets at once has seen this one's coins: AUC .518 where
        # nothing was trained on (300 records, 16 models); so it learns anew without them
        kept = np.setdiff1d(np.arange(len(shadows)), group)
        rest = replace(signals, shadow=signals.shadow[kept], shadow_member=member[kept])
        for model in group:
            score[model] = attack(replace(rest, target=signals.shadow[model]))
    return score


def _concluded(
    areas: Mapping[str, CrossedAuc],
    plain: CrossedAuc,
    attack: str,
    *,
    policy: Policy,
    level: float,
) -> Report:
    found = {arm: area.estimate(level=level) for arm, area in areas.items()}
    estimates: list[Estimate] = [found[UNLEARNED]]
    notes: tuple[Note, ...] = ()
    try:
        estimates.append(share_removed(areas[UNLEARNED], areas[CEILING], level=level))
    except NotEnoughData as error:
        notes = (Note.of("share removed", error),)
    warning = failed_control(areas[RETRAINED], found, level)
    left = areas[UNLEARNED]
    reach = shown_in(POWER, left.df, level=level)
    # twice the AUC's distance from one half is on the scale of the advantage
    detectable = float(min(1.0, 2 * reach * left.covariance(left) ** 0.5))
    p_value = found[UNLEARNED].p_value
    finding = finding_of(p_value, detectable, level=level, attributable=not warning)
    verdicts = policy.judge(estimates, notes)
    if warning:
        # here it is not the split that is at fault, so the usual reason would be wrong
        why = [Note(item.metric, warning) for item in verdicts]
        verdicts = tuple(
            replace(item, outcome="inconclusive", note=note) for item, note in zip(verdicts, why)
        )
    checks = (
        _check(UNLEARNED, "attack", attack, tuple(estimates), notes),
        _check(
            "one threshold for all records", "attack", "Threshold()", (plain.estimate(level=level),)
        ),
        _check(CEILING, "control", attack, (found[CEILING],)),
        _check(RETRAINED, "control", attack, (found[RETRAINED],)),
    )
    return Report(
        finding=finding,
        verdict=overall(verdicts),
        attributable=not warning,
        headline=headline(finding, found, estimates, detectable, warning),
        p_value=p_value,
        detectable=detectable,
        chosen=UNLEARNED,
        checks=checks,
        verdicts=verdicts,
        assumes=(*ASSUMES, *found[UNLEARNED].assumes),
        warnings=(warning,) if warning else (),
        unknown=notes,
        policy=policy.name,
    )


def _check(
    name: str,
    role: Any,
    attack: str,
    estimates: tuple[Estimate, ...],
    notes: tuple[Note, ...] = (),
) -> CheckResult:
    return CheckResult(
        name=name,
        role=role,
        attack=attack,
        statistic="signal of the records to forget",
        n_members=estimates[0].n,
        n_nonmembers=estimates[0].n,
        estimates=estimates,
        p_value=estimates[0].p_value,
        notes=notes,
    )


def _environment(
    shadows: NDArray[Any],
    member: NDArray[np.bool_],
    cluster: NDArray[np.int64] | None,
    *,
    seed: int,
    level: float,
    command: str,
) -> dict[str, Any]:
    units = None if cluster is None else np.tile(cluster, len(member))
    return environment(
        {"signals": np.asarray(shadows)},
        Membership(member.ravel(), units, "coin"),
        task="unlearning",
        seed=seed,
        level=level,
        command=command,
        audit="unlearning",
    )
