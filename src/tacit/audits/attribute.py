"""The audit of attribute inference: does the model tell a secret column of its training records?"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.attacks.learned.imputation import Imputation
from tacit.audits.steps.attribute_words import headline, unknown
from tacit.audits.steps.multiplicity import with_adjusted
from tacit.audits.steps.provenance import environment
from tacit.audits.steps.secret import Column, Secret, numbers_of, values_of, with_value
from tacit.audits.steps.secret_guesses import (
    Asked,
    Hits,
    Units,
    auditor_result,
    baseline_result,
    guesser_result,
    hits_of,
    precision_result,
)
from tacit.audits.steps.secret_sides import Part, secret_sides
from tacit.audits.steps.secret_split import unfair_split
from tacit.audits.steps.unstarted import unstarted
from tacit.audits.steps.verdict import finding_of
from tacit.core import (
    AtMost,
    CheckResult,
    InvalidInput,
    Membership,
    Outputs,
    Policy,
    PolicyLike,
    Report,
    overall,
)
from tacit.core.checking import confidence
from tacit.core.dates import today
from tacit.metrics.intervals import normal_quantile
from tacit.signals.attribute import error_spread, log_likelihood

Ask = Callable[[Any, Any], Outputs]
Pair = tuple[Any, ArrayLike]
POWER = 0.8  # `detectable` is what would show in 4 audits of 5
DEPTHS = (10, 50, 100)  # of the sensitive-value form (Jayaraman and Evans, 2022)
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
    given = secret_sides(
        (train, test, reference), secret, kind=kind, tolerance=tolerance, cluster=cluster
    )
    found, units = given.secret, given.units
    code = None if sensitive is None else _sensitive(found, sensitive)
    short = given.short
    if short is not None:
        question = f"does the model tell “{found.name()}”?"
        return unstarted(question, short, policy=policy, title=title)
    sides = _asked(ask, found, given.parts)
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
        results += _most_confident(str(sensitive), code, sides, codes, units, level)
    control = auditor_result(sides, codes, units, level)
    invalid = unfair_split(base, codes, found, units) or _nothing_to_tell(base, found)
    report = _concluded(
        blind,
        with_adjusted(results),
        control,
        found,
        invalid=invalid,
        hiding=given.hiding,
        policy=policy,
        level=level,
    )
    return replace(
        report,
        unknown=(*report.unknown, *unknown(given.dropped, sides, codes)),
        environment=_environment(sides, found, units, level=level, command=command),
        created=today(),
        title=title,
    )


def _sensitive(secret: Secret, value: Any) -> int:
    if secret.kind != "class" or secret.values.ndim != 1:
        raise InvalidInput("`sensitive` needs a secret of one column of categories; leave it out.")
    code = int(secret.codes(np.array([value], dtype=object))[0])
    if code < 0:
        shown = ", ".join(repr(item) for item in secret.values.tolist()[:10])
        raise InvalidInput(f"`sensitive` needs one of the secret's values {shown}; got {value!r}.")
    return code


def _nothing_to_tell(base: Hits, secret: Secret) -> str:
    """Why no model could show a leak; empty where one could."""
    if not base.member.all():
        return ""
    return (
        f"there is nothing that a model could tell: without one, “{secret.name()}” is guessed "
        f"right for all {len(base.member)} members. It has one value, or follows from the other "
        "columns or the label."
    )


def _asked(ask: Ask, secret: Secret, parts: Sequence[Part]) -> tuple[Asked, Asked]:
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
    units: Units,
    level: float,
) -> list[CheckResult]:
    """The lists; each asks as many units as it has records."""
    fewest = min(len(np.unique(side)) for side in units) if units else min(map(len, codes))
    return [
        precision_result(name, code, depth, sides, codes, units, level)
        for depth in DEPTHS
        if depth <= fewest
    ]


def _concluded(
    blind: CheckResult,
    results: Sequence[CheckResult],
    control: CheckResult,
    secret: Secret,
    *,
    invalid: str,
    hiding: str,
    policy: Policy,
    level: float,
) -> Report:
    """The report; `invalid` says why nothing follows, `hiding` why nothing follows from "none"."""
    best = min(results, key=lambda item: item.p_adjusted or 0.0)
    chosen = best if best.p_adjusted is not None and best.p_adjusted <= 1 - level else results[0]
    p_value = min(item.p_adjusted for item in results if item.p_adjusted is not None)
    detectable = _detectable(results, level)
    hides = bool(hiding) and p_value > 1 - level
    warning = invalid or (hiding if hides else "")
    finding = finding_of(p_value, detectable, level=level, attributable=not warning)
    # of the two guessers about all records, the one that gains more: a release must bear both
    gaining = max(results[:2], key=lambda item: item.estimates[0].value)
    verdicts = policy.judge(gaining.estimates, attributable=not warning)
    return Report(
        finding=finding,
        verdict=overall(verdicts),
        attributable=not warning,
        headline=headline(finding, blind, chosen, secret, detectable, warning),
        p_value=p_value,
        detectable=detectable,
        chosen=chosen.name,
        checks=(blind, *results, control),
        verdicts=verdicts,
        assumes=(*ASSUMES, *results[0].estimates[0].assumes),
        warnings=tuple(dict.fromkeys(text for text in (warning, hiding) if text)),
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
