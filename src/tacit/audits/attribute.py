"""The audit of attribute inference: does the model tell a secret column of its training records?"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.attacks.learned.imputation import Imputation
from tacit.audits.steps.multiplicity import with_adjusted
from tacit.audits.steps.provenance import environment
from tacit.audits.steps.secret import (
    Column,
    Secret,
    columns_of,
    missing,
    numbers_of,
    row_keys,
    secret_of,
    values_of,
    with_value,
)
from tacit.audits.steps.secret_guesses import (
    Asked,
    Units,
    auditor_result,
    baseline_result,
    guesser_result,
    hits_of,
    precision_result,
)
from tacit.audits.steps.unstarted import unstarted
from tacit.audits.steps.verdict import finding_of
from tacit.core import (
    AtMost,
    CheckResult,
    InvalidInput,
    Membership,
    Note,
    NotEnoughData,
    Outputs,
    Policy,
    PolicyLike,
    Report,
    overall,
)
from tacit.core.checking import confidence
from tacit.core.dates import today
from tacit.metrics.intervals import fisher_p_value, normal_quantile
from tacit.signals.attribute import error_spread, log_likelihood

Ask = Callable[[Any, Any], Outputs]
Pair = tuple[Any, ArrayLike]
FEWEST_REFERENCE = 50  # imputation from fewer rows knows little, and then any model seems to tell
FEWEST_SIDE = 20  # below this no interval of a share is shorter than +-0.2
POWER = 0.8  # `detectable` is what would show in 4 audits of 5
SPLIT_ALARM = 0.01  # a split drawn at random is refused in 1 audit of 100
OVERLAP_ALARM = 1e-3  # a reference of strangers is refused in 1 audit of 1,000
DEPTHS = (10, 50, 100)  # of the sensitive-value form (Jayaraman and Evans, 2022)
SIDES = ("train", "test", "reference")
BOTH, ALONE = "prior and model", "model alone"
ATTRIBUTE_POLICY = Policy("attribute inference", (AtMost("attribute advantage", 0.10),))
ASSUMES = (
    "The reference rows come from the population of the training records, and none of them is one.",
    "The attacker knows the other columns of a record and its label, and may ask the model freely.",
)


def attribute_audit(
    ask: Ask,
    *,
    secret: Column | Sequence[Column],
    train: Pair,
    test: Pair,
    reference: Pair,
    kind: Literal["auto", "class", "number"] = "auto",
    tolerance: float | None = None,
    sensitive: Any = None,
    cluster: tuple[ArrayLike, ArrayLike] | None = None,
    policy: PolicyLike = ATTRIBUTE_POLICY,
    level: float = 0.95,
    title: str = "model",
    command: str = "",
) -> Report:
    """Audit what a model tells about one column of the records that it was trained on.

    This is `tacit.audit_attribute` with a function in place of the model; see there.

    Parameters
    ----------
    ask : Callable[[Any, Any], Outputs]
        From records and labels to what the model answers.
    secret, train, test, reference, kind, tolerance, sensitive, cluster
        As in `tacit.audit_attribute`.
    policy, level, title, command
        As in `tacit.audit_attribute`.

    Raises
    ------
    InvalidInput
        Says which argument, what was needed and what came.
    """
    policy = Policy.of(policy)
    confidence(level)
    parts = _parts((train, test, reference))
    found = secret_of(secret, parts[2][0], kind=kind, tolerance=tolerance)
    code = None if sensitive is None else _sensitive(found, sensitive)
    units = _units(cluster, parts)
    parts, units, dropped = _complete(parts, units, found)
    _require_strangers(parts)
    short = _short(parts)
    if short is not None:
        question = f"does the model tell “{found.name()}”?"
        return unstarted(question, short, policy=policy, title=title)
    sides = _asked(ask, found, parts)
    base = hits_of(found, sides, lambda side: side.prior)
    blind = baseline_result(base, units, level)
    both = hits_of(found, sides, lambda side: side.both)
    alone = hits_of(found, sides, lambda side: side.likelihood)
    results = [
        guesser_result(BOTH, both, base, units, level),
        guesser_result(ALONE, alone, base, units, level),
    ]
    codes = (found.codes(sides[0].truth), found.codes(sides[1].truth))
    if code is not None:
        results += _most_confident(str(sensitive), code, sides, codes, level)
    control = auditor_result(sides, codes, units, level)
    report = _concluded(blind, with_adjusted(results), control, found, policy=policy, level=level)
    return replace(
        report,
        unknown=(*report.unknown, *_unknown(dropped, found, sides, codes)),
        environment=_environment(sides, found, units, level=level, command=command),
        created=today(),
        title=title,
    )


def _parts(pairs: Sequence[Any]) -> list[tuple[Any, NDArray[Any]]]:
    """Records and labels of each side, with the same columns."""
    parts = []
    for name, pair in zip(SIDES, pairs):
        if not isinstance(pair, tuple) or len(pair) != 2 or pair[1] is None:
            raise InvalidInput(f"`{name}` needs (X, y), got {type(pair).__name__}.")
        x = pair[0] if hasattr(pair[0], "iloc") else np.asarray(pair[0])
        y = np.asarray(pair[1])
        if len(x) != len(y):
            raise InvalidInput(f"`{name}` needs one label a record, got {len(x)} and {len(y)}.")
        parts.append((x, y))
    wanted = columns_of(parts[0][0])
    for name, (x, _) in zip(SIDES[1:], parts[1:]):
        came = columns_of(x)
        if came != wanted:
            odd = [repr(item) for item in (*wanted, *came) if (item in wanted) != (item in came)]
            how = f"differs in {', '.join(odd[:5])}" if odd else "has them in another order"
            raise InvalidInput(f"`{name}` needs the columns of `train`; it {how}.")
    return parts


def _sensitive(secret: Secret, value: Any) -> int:
    if secret.kind != "class" or secret.values.ndim != 1:
        raise InvalidInput("`sensitive` needs a secret of one column of categories; leave it out.")
    code = int(secret.codes(np.array([value], dtype=object))[0])
    if code < 0:
        shown = ", ".join(repr(item) for item in secret.values.tolist()[:10])
        raise InvalidInput(f"`sensitive` needs one of the secret's values {shown}; got {value!r}.")
    return code


def _units(cluster: Any, parts: Sequence[tuple[Any, NDArray[Any]]]) -> Units:
    if cluster is None:
        return None
    if not isinstance(cluster, (tuple, list)) or len(cluster) != 2:
        raise InvalidInput("`cluster` needs a pair (of the training records, of the test records).")
    units = tuple(np.asarray(part) for part in cluster)
    for name, unit, (x, _) in zip(SIDES, units, parts):
        if unit.shape != (len(x),):
            raise InvalidInput(
                f"`cluster` needs {len(x)} entries for `{name}`, got shape {unit.shape}."
            )
    return units[0], units[1]


def _complete(
    parts: Sequence[tuple[Any, NDArray[Any]]], units: Units, secret: Secret
) -> tuple[list[tuple[Any, NDArray[Any]]], Units, int]:
    """Only the records whose secret is known, and how many of train and test were left out."""
    kept = [~missing(values_of(x, secret.columns)) for x, _ in parts]
    rows = [np.flatnonzero(mask) for mask in kept]
    whole = [
        (x.iloc[row] if hasattr(x, "iloc") else x[row], y[row]) for (x, y), row in zip(parts, rows)
    ]
    left = None if units is None else (units[0][rows[0]], units[1][rows[1]])
    return whole, left, int(sum(np.count_nonzero(~mask) for mask in kept[:2]))


def _require_strangers(parts: Sequence[tuple[Any, NDArray[Any]]]) -> None:
    """Refuse a reference that holds training records.

    Populations have twins, so a few equal rows prove nothing: the share of training records found
    in the reference is compared with that of the test records.
    """
    keys = [row_keys(x, y) for x, y in parts]
    known = set(keys[2])
    hits = [sum(key in known for key in side) for side in keys[:2]]
    if not keys[0] or not keys[1]:
        return
    if fisher_p_value((hits[0], hits[1]), (len(keys[0]), len(keys[1]))) < OVERLAP_ALARM:
        raise InvalidInput(
            f"`reference` holds training records: {hits[0]} of {len(keys[0])} rows of `train` are "
            f"in it, but {hits[1]} of {len(keys[1])} of `test`. Imputation must not have seen "
            "members: leave them out."
        )


def _short(parts: Sequence[tuple[Any, NDArray[Any]]]) -> NotEnoughData | None:
    for name, (x, _), needed in zip(SIDES, parts, (FEWEST_SIDE, FEWEST_SIDE, FEWEST_REFERENCE)):
        if len(x) < needed:
            message = f"Attribute inference needs {needed} rows of `{name}`, got {len(x)}."
            return NotEnoughData(message, needed=needed, got=len(x), unit=f"rows of `{name}`")
    return None


def _asked(
    ask: Ask, secret: Secret, parts: Sequence[tuple[Any, NDArray[Any]]]
) -> tuple[Asked, Asked]:
    tables, categorical = numbers_of([x for x, _ in parts], [y for _, y in parts], secret)
    tables = [tables[2], tables[0], tables[1]]
    value = secret.codes(values_of(parts[2][0], secret.columns))
    guess = Imputation()
    answer = ask(*parts[2])
    spread = error_spread(answer) if answer.task == "regression" else None
    sides = []
    for (x, y), table in zip(parts[:2], tables[1:]):
        prior = guess(tables[0], value, table, n_values=len(secret.values), categorical=categorical)
        columns = [
            log_likelihood(ask(with_value(x, secret, code), y), spread=spread)
            for code in range(len(secret.values))
        ]
        sides.append(Asked(values_of(x, secret.columns), prior, np.column_stack(columns)))
    return sides[0], sides[1]


def _most_confident(
    name: str,
    code: int,
    sides: tuple[Asked, Asked],
    codes: tuple[NDArray[np.int64], NDArray[np.int64]],
    level: float,
) -> list[CheckResult]:
    fewest = min(len(side) for side in codes)
    return [
        precision_result(name, code, depth, sides, codes, level)
        for depth in DEPTHS
        if depth <= fewest
    ]


def _concluded(
    blind: CheckResult,
    results: Sequence[CheckResult],
    control: CheckResult,
    secret: Secret,
    *,
    policy: Policy,
    level: float,
) -> Report:
    best = min(results, key=lambda item: item.p_adjusted or 0.0)
    chosen = best if best.p_adjusted is not None and best.p_adjusted <= 1 - level else results[0]
    unfair = blind.p_value is not None and blind.p_value <= SPLIT_ALARM
    warning = _warning(blind) if unfair else ""
    p_value = min(item.p_adjusted for item in results if item.p_adjusted is not None)
    detectable = _detectable(results, level)
    finding = finding_of(p_value, detectable, level=level, attributable=not warning)
    # of the two guessers about all records, the one that gains more: a release must bear both
    gaining = max(results[:2], key=lambda item: item.estimates[0].value)
    verdicts = policy.judge(gaining.estimates, attributable=not warning)
    return Report(
        finding=finding,
        verdict=overall(verdicts),
        attributable=not warning,
        headline=_headline(finding, blind, chosen, secret, detectable, warning),
        p_value=p_value,
        detectable=detectable,
        chosen=chosen.name,
        checks=(blind, *results, control),
        verdicts=verdicts,
        assumes=(*ASSUMES, *results[0].estimates[0].assumes),
        warnings=(warning,) if warning else (),
        policy=policy.name,
    )


def _detectable(results: Sequence[CheckResult], level: float) -> float:
    """The advantage that would show in 4 audits of 5, from the first guesser's intervals."""
    reach = 2 * normal_quantile(level)
    errors = [
        (found.high - found.low) / reach
        for name in ("excess", "beyond imputation")
        if (found := results[0].estimate(name)) is not None
    ]
    # Holm's first step: the smallest of the p-values is multiplied by their number
    alarm = normal_quantile(1 - 2 * (1 - level) / len(results))
    return float(min(1.0, (alarm + normal_quantile(2 * POWER - 1)) * max(errors)))


def _warning(blind: CheckResult) -> str:
    gap = blind.estimates[0]
    return (
        f"the split itself is a giveaway: guessing without the model is right more often about "
        f"members than about others, by {gap.value:.3g} ({gap.low:.3g} to {gap.high:.3g}). They "
        "come from different populations. Draw both from one pool at random."
    )


def _headline(
    finding: str,
    blind: CheckResult,
    chosen: CheckResult,
    secret: Secret,
    detectable: float,
    warning: str,
) -> str:
    if warning:
        return f"Inconclusive: {warning}"
    before, after, others = (
        (
            f"{100 * found.value:.1f} %"
            for check, name in (
                (blind, "accuracy, members"),
                (chosen, "accuracy, members"),
                (chosen, "accuracy, non-members"),
            )
            if (found := check.estimate(name)) is not None
        )
        if chosen.estimate("accuracy, members") is not None
        else ("", "", "")
    )
    if not after:
        gain = chosen.estimates[0]
        said = (
            f"among the {chosen.name}, the share of right guesses is {gain.value:.2g} larger than "
            f"without the model ({gain.low:.2g} to {gain.high:.2g})"
        )
    else:
        said = (
            f"without the model, “{secret.name()}” is guessed right for {before} of the members; "
            f"with it for {after}, and for {others} of records that it never saw"
        )
    if finding == "leak":
        return f"This model tells the secret of its training records: {said}."
    if finding == "no leak found":
        return (
            f"No leak of this column found: {said}. An advantage of {detectable:.2g} or more would "
            "have shown in 4 audits of 5."
        )
    return (
        f"Inconclusive: {said}. So few records show an advantage only from {detectable:.2g} "
        "upwards (in 4 audits of 5)."
    )


def _unknown(
    dropped: int,
    secret: Secret,
    sides: tuple[Asked, Asked],
    codes: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> list[Note]:
    unknown: list[Note] = []
    if dropped:
        reason = (
            f"the secret is missing in {dropped} rows of `train` and `test`, which were left out"
        )
        unknown.append(Note("records without the secret", reason))
    strange = sum(int(np.count_nonzero(code < 0)) for code in codes)
    if strange:
        reason = f"{strange} records have a value that `reference` never shows: it is never guessed"
        unknown.append(Note("values outside the reference", reason))
    spread = max(float(np.ptp(side.likelihood, axis=1).max(initial=0.0)) for side in sides)
    if spread == 0:
        reason = "the model's answer is the same whatever value the secret has"
        unknown.append(Note("does the model look at this column?", reason))
    return unknown


def _environment(
    sides: tuple[Asked, Asked], secret: Secret, units: Units, *, level: float, command: str
) -> dict[str, Any]:
    counts = [len(side.prior) for side in sides]
    cluster = None if units is None else np.concatenate([unit.astype(str) for unit in units])
    arrays = {
        f"{name} {side}": getattr(asked, name)
        for side, asked in zip(("member", "nonmember"), sides)
        for name in ("prior", "likelihood")
    }
    tolerance = {"tolerance": secret.tolerance} if secret.kind == "number" else {}
    return environment(
        arrays,
        Membership(np.repeat([True, False], counts), cluster),
        task="attribute inference",
        seed=0,
        level=level,
        command=command,
        audit="attribute inference",
        secret=secret.name(),
        secret_kind=secret.kind,
        n_candidates=len(secret.values),
        **tolerance,
    )
