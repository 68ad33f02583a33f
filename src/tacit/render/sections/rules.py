"""The rules of the policy, one by one."""

from tacit.core import Verdict
from tacit.render.blocks import Block, Cell, Outcome, Section, Table, Text
from tacit.render.clean import sentence
from tacit.render.reading import Reading
from tacit.render.words import upper_first


def section(reading: Reading) -> Section:
    """What the policy asks, and whether it is so."""
    title = reading.words.say("rules.title", policy=reading.words.name(reading.report.policy))
    return Section("rules", title, _blocks(reading), "everywhere")


def _blocks(reading: Reading) -> tuple[Block, ...]:
    report, words = reading.report, reading.words
    group = "standing claim" if reading.epsilon is not None else f"standing.{report.finding}"
    standing = Text(words.say(f"{group}.{report.verdict}"))
    if not report.verdicts:
        return (standing, Text(words.say("rules.none")))
    rows: list[tuple[Cell, ...]] = [
        (
            words.rule(verdict),
            Outcome(verdict.outcome, words.say(f"verdict.{verdict.outcome}")),
            _reason(verdict, reading),
        )
        for verdict in report.verdicts
    ]
    head = (words.say("column.rule"), words.say("column.verdict"), words.say("column.why"))
    return (standing, Table(words.say("rules.caption"), head, tuple(rows)))


def _reason(verdict: Verdict, reading: Reading) -> str:
    """Why, in the units of the table."""
    words, found = reading.words, verdict.estimate
    if verdict.note is not None:
        return words.reason(verdict.note)
    if found is None:
        return words.say("rule.not measured", metric=words.metric_name(verdict.metric))
    if verdict.relation == "not refuted" and verdict.outcome in ("pass", "fail"):
        return words.say(
            f"rule.claim.{verdict.outcome}",
            low=words.bound(found.low),
            level=words.share(found.level),
        )
    if verdict.relation == "at most" and verdict.outcome in ("pass", "fail", "inconclusive"):
        return words.say(f"rule.{verdict.outcome}", found=words.both_of(found))
    return upper_first(sentence(verdict.reason))
