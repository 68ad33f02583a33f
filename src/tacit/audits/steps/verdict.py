"""From measured checks to one finding, one sentence and one verdict."""

from collections.abc import Sequence
from dataclasses import replace

from tacit.core import (
    AtMost,
    Check,
    CheckResult,
    Estimate,
    InvalidInput,
    Note,
    NotRefuted,
    Policy,
    Report,
    Verdict,
    judge,
    overall,
)
from tacit.core.report import TOTAL_LEAK, Finding
from tacit.metrics import named

# An advantage below this is called small: "no leak found" needs an audit that would have shown it.
SMALL_LEAK = 0.10
# what a policy file can ask; a report can be judged again by these
KNOWN_RULES = ("at most", "not refuted")
# no audit, at whatever level, finds a leak beyond the one or misses it beyond the other
SURELY_CHANCE, SURELY_LEAK = 0.5, 1e-9
# below it the second decimal of a score is its only digit
SMALL = 0.095
ONLY_FREE = (
    "An attack without shadow models shows a leak that the attack with shadow models does not:"
    " the shadow models may not be trained as the audited model was, or are too few."
)
FALSE_ACCUSATIONS = ("tpr@fpr=0.001", "tpr@fpr=0.01", "tpr@fpr=0.1")


def finding_of(
    p_value: float | None, detectable: float | None, *, level: float, attributable: bool
) -> Finding:
    """``"leak"`` where the whole audit is significant; ``"no leak found"`` only where a small leak
    would have shown.

    Parameters
    ----------
    p_value : of the whole audit.
    detectable : the advantage that would have been shown in 4 audits of 5.
    level : confidence.
    attributable : False where a guesser without the model can tell the split apart.
    """
    if p_value is None or not attributable:
        return "inconclusive"
    if p_value <= 1 - level:
        return "leak"
    return (
        "no leak found" if detectable is not None and detectable <= SMALL_LEAK else "inconclusive"
    )


def headline_of(
    finding: Finding,
    chosen: CheckResult | None,
    detectable: float | None,
    *,
    warning: str = "",
    in_all: bool = True,
    slices: Sequence[CheckResult] = (),
    alpha: float = 0.05,
    missing: Note | None = None,
) -> str:
    """The finding in plain words.

    Parameters
    ----------
    finding, detectable, chosen : what was found, what would have shown, and the attack that was
        chosen.
    warning : why the numbers do not speak of the model, if they do not.
    in_all : whether the leak shows on all records together, not only in a slice.
    slices : results of the slices.
    alpha : chance of a false alarm.
    missing : what any finding takes, where there is less.
    """
    if warning:
        return f"Inconclusive: {warning}"
    if finding == "leak" and chosen is not None:
        return (
            f"This model leaks: {_attacker(chosen)}" if in_all else _only_in_a_slice(slices, alpha)
        )
    if finding == "no leak found" and detectable is not None:
        return (
            f"No leak found by these attacks. A leak with a score of {detectable:.2g} or more"
            " would have shown in 4 audits of 5; a smaller one, or a stronger attack, is not ruled"
            " out."
        )
    if detectable is None:
        least = "" if missing is None else f"; the least is {missing.needed} {missing.unit}"
        return f"Inconclusive: there are too few records to measure anything{least}."
    if detectable >= TOTAL_LEAK:
        return (
            "Whether it leaks is open: no leak was shown, but so few records would miss even a"
            " total one in more than 1 audit of 5."
        )
    return (
        "Whether it leaks is open: no leak was shown, but this few records show a score only from"
        f" {detectable:.2g} upwards (in 4 audits of 5), so a leak that matters could be there."
    )


def _attacker(chosen: CheckResult) -> str:
    score = chosen.estimate("advantage")
    for name in FALSE_ACCUSATIONS:
        rate = chosen.estimate(name)
        if rate is None:
            continue
        fpr = rate.settings["fpr"]
        if rate.low > fpr:
            return (
                f"an attacker who may be wrong about 1 in {round(1 / fpr):,} non-members finds"
                f" {percent(rate.value)} of the members ({percent(rate.low)} to"
                f" {percent(rate.high)}); guessing blindly finds"
                f" {percent(fpr)}.{_score_text(score)}"
            )
    return f"an attacker tells members from non-members better than chance.{_score_text(score)}"


def _score_text(score: Estimate | None) -> str:
    if score is None:
        return ""
    value, low, high = map(decimals, (score.value, score.low, score.high))
    return f" Vulnerability score {value} ({low} to {high}; 0 is none, 1 is total)."


def _only_in_a_slice(slices: Sequence[CheckResult], alpha: float) -> str:
    shown = [part for part in slices if part.p_adjusted is not None and part.p_adjusted <= alpha]
    if not shown:
        return (
            "This model leaks on some records: not shown for all together, but for a slice too"
            " small to be shown by itself."
        )
    worst = min(shown, key=lambda part: part.p_adjusted or 0.0)
    area = worst.estimate("auc")
    told = (
        ""
        if area is None
        else f" (AUC {decimals(area.value)}, {decimals(area.low)} to {decimals(area.high)};"
        " 0.5 is chance)"
    )
    return (
        f"This model leaks on some records: not shown for all together, but for {worst.name}{told}."
    )


def decimals(value: float) -> str:
    """``0.60`` and ``0.049``: two decimals, or two digits that matter, as in the tables below."""
    return f"{value:.2f}" if abs(value) >= SMALL else f"{value:.2g}"


def percent(share: float) -> str:
    """``2.1 %``, with two digits that matter."""
    return f"{100 * share:.2g} %" if share < 0.995 else f"{100 * share:.3g} %"


def rejudged(report: Report, policy: Policy) -> Report:
    """The same report under another policy, by the same judge.

    What the report did not measure is inconclusive, with the reason where it is known.
    """
    chosen = report.chosen_check
    checks = (
        [check for check in report.checks if check.role == "attack"] if chosen is None else [chosen]
    )
    estimates = [estimate for check in checks for estimate in check.estimates]
    estimates += [] if report.score is None else [report.score]
    notes = [*report.unknown, *(note for check in checks for note in check.notes)]
    verdicts = policy.judge(estimates, notes, attributable=report.attributable)
    facts = report.environment
    free = next((check for check in report.checks if check.name == facts.get("free_check")), None)
    if free is not None:
        verdicts = none_milder(
            verdicts,
            policy.judge(free.estimates, free.notes, attributable=report.attributable),
            only_free=facts.get("free_finding") == "leak" and report.finding != "leak",
        )
    return replace(report, verdict=overall(verdicts), verdicts=verdicts, policy=policy.name)


def none_milder(
    verdicts: Sequence[Verdict], free: Sequence[Verdict], *, only_free: bool
) -> tuple[Verdict, ...]:
    """Verdicts on an attack with shadow models, none milder than what the attack without them
    showed.

    Parameters
    ----------
    verdicts : on the attack with shadow models.
    free : on the attack without them; a rule that it breaks is broken.
    only_free : whether it alone shows a leak: then nothing passes.
    """
    failed = {verdict.metric for verdict in verdicts if verdict.outcome == "fail"}
    worse = [
        verdict for verdict in free if verdict.outcome == "fail" and verdict.metric not in failed
    ]
    if only_free:
        verdicts = [
            replace(verdict, outcome="inconclusive", note=Note(verdict.metric, ONLY_FREE))
            if verdict.outcome == "pass"
            else verdict
            for verdict in verdicts
        ]
    return (*verdicts, *worse)


def require_consistent(report: Report, *, other_rules: bool = False) -> None:
    """Compute every verdict of a report again from the numbers beside it.

    Parameters
    ----------
    report : as it was read.
    other_rules : whether it will be judged under other rules than its own; those that only the
        program that made the report can judge do not matter then.

    Raises
    ------
    InvalidInput : the report contradicts itself: it was edited, or damaged.
    """
    if report.chosen and report.chosen_check is None:
        raise _contradiction(f"it has no check {report.chosen!r}, which it says was chosen")
    for verdict in report.verdicts:
        _require_judged(verdict, report, other_rules)
    for check in report.checks:
        for verdict in check.verdicts:
            _require_judged(verdict, report, other_rules=True)
    if report.p_value is not None:
        leak = report.finding == "leak"
        if report.p_value > SURELY_CHANCE if leak else _surely_missed(report):
            raise _contradiction(f"its finding is {report.finding!r} at p = {report.p_value:.3g}")
    again = overall(report.verdicts)
    if (report.verdicts or report.verdict == "pass") and again != report.verdict:
        raise _contradiction(f"its verdict is {report.verdict!r}, and its rules say {again!r}")
    if report.verdict == "pass" and report.headline.startswith("Inconclusive"):
        raise _contradiction("it passes under a headline that says it is inconclusive")
    if not report.headline.strip():
        raise _contradiction("it has no headline")


def _surely_missed(report: Report) -> bool:
    return report.finding == "no leak found" and (report.p_value or 0.0) < SURELY_LEAK


def _require_judged(verdict: Verdict, report: Report, other_rules: bool) -> None:
    """Refuse a verdict that its own numbers do not give."""
    rule, gate = verdict.rule, _gate_of(verdict)
    if gate is None or verdict.estimate is None:
        if verdict.outcome != "pass" or (other_rules and verdict.relation not in KNOWN_RULES):
            return
        if verdict.relation not in KNOWN_RULES:
            raise InvalidInput(
                f"The report passes by the rule {rule!r}, which cannot be judged again from the"
                " file. Judge it under a policy file: --policy."
            )
        missing = "an estimate" if verdict.estimate is None else "a limit"
        raise _contradiction(f"it passes the rule {rule!r} without {missing}")
    again = judge((gate,), (verdict.estimate,), attributable=report.attributable)[0].outcome
    if again != verdict.outcome and not _doubted(verdict):
        raise _contradiction(
            f"it says {verdict.outcome!r} of the rule {rule!r}, and its own number says {again!r}"
            f" ({again_reason(verdict)})"
        )
    own = _measured(report, verdict.metric)
    if own and verdict.estimate not in own:
        raise _contradiction(
            f"the rule {rule!r} was judged on {verdict.estimate}, which the report did not measure"
        )


def _doubted(verdict: Verdict) -> bool:
    """An audit may say with a reason that a number shows nothing."""
    return verdict.outcome == "inconclusive" and verdict.note is not None


def _contradiction(what: str) -> InvalidInput:
    return InvalidInput(
        f"The report contradicts itself: {what}. It was edited or damaged; make it again."
    )


def again_reason(verdict: Verdict) -> str:
    """The number that a verdict stands on, in words."""
    return "nothing was measured" if verdict.estimate is None else str(verdict.estimate)


def _gate_of(verdict: Verdict) -> AtMost | NotRefuted | None:
    """The gate that gave a verdict, for the gates that a policy file can hold."""
    if verdict.limit is None:
        return None
    if verdict.relation == "at most":
        return AtMost(verdict.metric, verdict.limit)
    return NotRefuted(verdict.limit, verdict.metric) if verdict.relation == "not refuted" else None


def _measured(report: Report, metric: str) -> list[Estimate]:
    checks = [estimate for check in report.checks for estimate in check.estimates]
    scores = [] if report.score is None else [report.score]
    return [estimate for estimate in [*checks, *scores] if estimate.name == metric]


def require_known(policy: Policy, checks: Sequence[Check] = ()) -> None:
    """Refuse a policy that limits what nobody measures, before anything runs.

    Raises
    ------
    InvalidInput : a gate names a metric that there is not, and no check brings one of its own.
    """
    own = any(not isinstance(metric, str) for check in checks for metric in check.metrics)
    for gate in policy.gates:
        if gate.metric != "epsilon" and not own:
            named(gate.metric)
