"""The report of an audit that could not start: inconclusive, with the number that it would need."""

from tacit.core import Note, NotEnoughData, Policy, Report, overall
from tacit.core.dates import today


def unstarted(question: str, error: NotEnoughData, *, policy: Policy | None, title: str) -> Report:
    """The report where `question` has too little data; every gate is inconclusive for it."""
    asked = Note.of(question, error)
    gates = () if policy is None else policy.gates
    notes = [asked, *(Note.of(gate.metric, error) for gate in gates)]
    verdicts = () if policy is None else policy.judge((), notes)
    return Report(
        finding="inconclusive",
        verdict=overall(verdicts),
        headline=f"Inconclusive: {error}",
        verdicts=verdicts,
        unknown=(asked,),
        policy="no claim" if policy is None else policy.name,
        created=today(),
        title=title,
    )
