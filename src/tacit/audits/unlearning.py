"""The audit of unlearning: is it still there, and would this audit have seen it?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, is_dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.attacks import EBLiRA, shadow_scores
from tacit.attacks.reference.families import families
from tacit.audits.steps.provenance import environment
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
    Outputs,
    Policy,
    PolicyLike,
    Report,
    Signals,
    overall,
)
from tacit.core.checking import booleans, confidence, integers
from tacit.core.dates import today
from tacit.metrics.crossed import CrossedAuc, share_removed
from tacit.metrics.intervals import normal_quantile, t_quantile
from tacit.training.jobs import Observe, Recipe, split
from tacit.training.measuring import Floats, Statistic, labelled, statistic_of
from tacit.training.recipes import recipe_of
from tacit.training.shadow import shadow

Unlearn = Callable[[Any, NDArray[np.int64], NDArray[np.int64], int], Any]
CEILING, UNLEARNED, RETRAINED = "no unlearning", "unlearned", "retrained without them"
ARMS = (CEILING, UNLEARNED, RETRAINED)
# a retraining that is at chance breaks the audit in 1 run of 100
BROKEN = 0.01
POWER = 0.8  # `detectable` is what would show in 4 audits of 5
FEWEST_MODELS = 4  # two independent pairs: one to play the target, one to learn from
FEWEST_RECORDS = 20
OTHER_SEED = 0x9E3779B9  # so that a retraining shares no random number with the first training
UNLEARNING_POLICY = Policy("unlearning", (AtMost("auc", 0.55),))
ASSUMES = (
    "Each record to forget was trained on, or not, by a coin of its own in each model.",
    "The attacker knows the records and both procedures, and trains models of their own.",
)


@dataclass(frozen=True, eq=False)
class ThreeArms:
    """A recipe that trains with some of the records to forget, unlearns them, and retrains without.

    Parameters
    ----------
    recipe : Recipe
        How to train.
    unlearn : Unlearn
        ``unlearn(model, forget, retain, seed) -> model``.
    x, y : Any
        All records.
    forget, retain : NDArray[np.int64]
        Row numbers of the records to forget, and of those that every model is trained on.
    statistic : Statistic
        From `Outputs` to one number a record.
    """

    recipe: Recipe
    unlearn: Unlearn
    x: Any
    y: Any
    forget: NDArray[np.int64]
    retain: NDArray[np.int64]
    statistic: Statistic

    def fit(self, x: Any, y: Any, indices: NDArray[np.int64], seed: int) -> Observe:
        """Train, look, unlearn, look, retrain, look: a function that gives the three columns."""
        chosen = self.forget[indices]
        rows = np.sort(np.concatenate([self.retain, chosen]))
        trained = self.recipe.fit(self.x, self.y, rows, seed)
        # looked at first: unlearning may change the model in place
        columns = [self._look(trained)]
        columns.append(self._look(self._unlearned(trained, chosen, seed)))
        again = self.recipe.fit(self.x, self.y, self.retain, seed ^ OTHER_SEED)
        columns.append(self._look(again))
        return Seen(np.stack(columns, axis=1))

    def _unlearned(self, trained: Any, chosen: NDArray[np.int64], seed: int) -> Any:
        inner = getattr(trained, "model", None)
        if inner is not None and is_dataclass(trained) and not isinstance(trained, type):
            # a scikit-learn estimator: the user's function takes and returns the estimator itself
            return replace(trained, model=self.unlearn(inner, chosen, self.retain, seed))
        model = self.unlearn(trained, chosen, self.retain, seed)
        if not callable(model):
            raise InvalidInput(
                "`unlearn_fn` needs to return a function observe(x), as `train_fn` does, got "
                f"{type(model).__name__}."
            )
        return model

    def _look(self, observe: Observe) -> Floats:
        """The signal of the records to forget; (c,), the mean where there are several queries."""
        answer = observe(self.x)
        if isinstance(answer, Outputs):
            answer = self.statistic(labelled(answer, self.y))
        value = np.asarray(answer, np.float64).reshape(len(answer), -1).mean(axis=1)
        n = int(self.forget.max(initial=0)) + 1
        if len(value) < n:
            raise InvalidInput(
                f"`observe` needs one row for each of all records, got {len(value)} rows."
            )
        return np.asarray(value[self.forget])


@dataclass(frozen=True, eq=False)
class Seen:
    """What three models said, whatever is asked."""

    columns: Floats

    def __call__(self, x: Any) -> Floats:
        """The columns (c, 3)."""
        return self.columns


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
        The records that could be asked to be forgotten: row numbers, or a mask. A few hundred.
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
    x, y = split(data() if callable(data) else data)
    total = len(x)
    chosen = _rows(forget, total)
    retain = np.setdiff1d(np.arange(total), chosen)
    if len(retain) == 0:
        raise InvalidInput("`forget` holds every record: nothing is left to train on and to keep.")
    if n < FEWEST_MODELS:
        raise InvalidInput(f"`n` needs {FEWEST_MODELS} models or more, got {n}.")
    if len(chosen) < FEWEST_RECORDS:
        message = (
            f"An audit of unlearning needs {FEWEST_RECORDS} records to forget, got {len(chosen)}."
        )
        error = NotEnoughData(
            message, needed=FEWEST_RECORDS, got=len(chosen), unit="records to forget"
        )
        question = "is what was to be forgotten still there?"
        return unstarted(question, error, policy=policy, title=title)
    units = None if cluster is None else _units(cluster, total)[chosen]
    arms = ThreeArms(recipe_of(train_fn), unlearn_fn, x, y, chosen, retain, statistic_of(statistic))
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
    made = _environment(run.shadow, run.member, code, seed=seed, level=level, command=command)
    report = _concluded(areas, plain, repr(attack or EBLiRA()), policy=policy, level=level)
    counts = {"n_models": n, "n_forget": len(chosen), "n_retain": len(retain)}
    return replace(report, environment=made | counts, created=today(), title=title)


def _rows(forget: ArrayLike, total: int) -> NDArray[np.int64]:
    value = np.asarray(forget)
    if value.dtype.kind == "b":
        mask = booleans(value, "forget")
        if len(mask) != total:
            raise InvalidInput(f"`forget` as a mask needs {total} entries, got {len(mask)}.")
        return np.flatnonzero(mask).astype(np.int64)
    rows = integers(value, "forget")
    if len(rows) and (rows.min() < 0 or rows.max() >= total):
        raise InvalidInput(
            f"`forget` needs row numbers 0 to {total - 1}, got {rows.min()} to {rows.max()}."
        )
    if len(np.unique(rows)) < len(rows):
        raise InvalidInput("`forget` needs each row once, got some of them twice.")
    return np.sort(rows)


def _units(cluster: ArrayLike, total: int) -> NDArray[Any]:
    units = np.asarray(cluster)
    if units.shape != (total,):
        raise InvalidInput(
            f"`cluster` needs one entry for each of {total} records, got shape {units.shape}."
        )
    return units


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
    warning = _warning(areas[RETRAINED], found, level)
    left = areas[UNLEARNED]
    reach = normal_quantile(2 * level - 1) + normal_quantile(2 * POWER - 1)
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
        headline=_headline(finding, found, estimates, detectable, warning),
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


def _warning(retrained: CrossedAuc, found: Mapping[str, Estimate], level: float) -> str:
    """Why the controls do not let the audit speak; empty where they do."""
    margin = t_quantile(1 - BROKEN, retrained.df) * retrained.covariance(retrained) ** 0.5
    if abs(retrained.value - 0.5) > margin:
        return (
            f"the audit is broken: models retrained without the records still tell them apart (AUC "
            f"{retrained.value:.3g}, where 0.5 is chance). Does `train_fn` keep something from one "
            "training to the next, or look at more rows than it is given?"
        )
    ceiling = found[CEILING]
    if ceiling.p_value is None or ceiling.p_value > 1 - level:
        return (
            f"there was nothing to forget that this audit can see: models that unlearned nothing "
            f"are told apart with an AUC of {ceiling.value:.3g} ({ceiling.low:.3g} to "
            f"{ceiling.high:.3g}; 0.5 is chance). Take more records or more models."
        )
    return ""


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


def _headline(
    finding: str,
    found: Mapping[str, Estimate],
    estimates: list[Estimate],
    detectable: float,
    warning: str,
) -> str:
    if warning:
        return f"Inconclusive: {warning}"
    left, ceiling = found[UNLEARNED], found[CEILING]
    said = (
        f"after unlearning an attacker still tells the records with an AUC of {left.value:.3g} "
        f"({left.low:.3g} to {left.high:.3g}), before with {ceiling.value:.3g}; 0.5 is chance"
    )
    removed = next((item for item in estimates if item.name == "share removed"), None)
    if removed is not None:
        ends = f"{100 * removed.low:.0f} to {100 * removed.high:.0f} %"
        said += f". Removed: {100 * removed.value:.0f} % ({ends}) of what there was to see"
    if finding == "leak":
        return f"Unlearning leaves traces: {said}."
    if finding == "no leak found":
        return f"No trace found after unlearning: {said}."
    return (
        f"Inconclusive: {said}. No trace was shown, but so few records and models show one only "
        f"from an AUC of {0.5 + detectable / 2:.2g} upwards (in 4 audits of 5)."
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
