"""A report where there is too little to start."""

from tacit.audits.steps.unstarted import unstarted
from tacit.core import DEFAULT_POLICY, NotEnoughData


def test_every_gate_is_inconclusive_for_want_of_data():
    error = NotEnoughData("needs more", needed=20, got=3, unit="rows")
    found = unstarted("is there a leak?", error, policy=DEFAULT_POLICY, title="t")
    assert (found.finding, found.verdict) == ("inconclusive", "inconclusive")
    assert len(found.verdicts) == len(DEFAULT_POLICY.gates) > 0
    assert {verdict.outcome for verdict in found.verdicts} == {"inconclusive"}
    assert {(v.note.needed, v.note.got, v.note.unit) for v in found.verdicts} == {(20, 3, "rows")}
    (note,) = found.unknown
    assert (note.metric, note.needed, note.got) == ("is there a leak?", 20, 3)
    assert found.headline == "Inconclusive: needs more"
    plain = unstarted("is there a leak?", error, policy=None, title="t")
    assert (plain.policy, plain.verdicts) == ("no claim", ())
