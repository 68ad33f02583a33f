"""An evidence file: 19 items, JSON both ways, one digest."""

import json
import runpy
from dataclasses import replace
from pathlib import Path

import pytest

from tacit.core import InvalidInput, Report
from tacit.core.attack_class import CLASSES, attack_class
from tacit.core.evidence_file import EvidenceFile
from tacit.core.filing import ITEMS, Filing

REPORTS = runpy.run_path(str(Path(__file__).parents[1] / "render" / "reports.py"))


@pytest.fixture
def filing():
    stated = EvidenceFile(model="scorer", parameters=1000)
    return Filing((REPORTS["leaking"](), REPORTS["claim"]()), stated)


def test_there_are_nineteen_items_each_with_facts_and_a_source(filing):
    items = filing.items()
    assert [item["number"] for item in items] == list(range(1, 20))
    assert all(item["facts"] and item["source"] for item in items)
    assert len({key for key, _ in ITEMS}) == 19


def test_json_gives_the_same_file_back(filing, tmp_path):
    path = filing.save(tmp_path / "file.json")
    again = Filing.load(path)
    assert again.digest == filing.digest
    assert json.loads(path.read_text(encoding="utf8"))["items"] == json.loads(
        json.dumps(filing.items())
    )


def test_members_for_each_parameter_are_counted_only_where_both_are_known(filing):
    assert filing.ratio is None
    report = replace(filing.reports[0], environment={"n_members": 250})
    assert Filing(report, filing.statements).ratio == pytest.approx(0.25)
    assert Filing(report).ratio is None


def test_a_mapping_states_what_an_evidence_file_states(filing):
    assert Filing(filing.reports[0], {"model": "scorer"}).title == "scorer"


@pytest.mark.parametrize("reports", [(), ("x",), None])
def test_a_file_without_a_report_is_refused(reports):
    with pytest.raises((InvalidInput, TypeError)):
        Filing(reports)


@pytest.mark.parametrize(
    ("environment", "kind"),
    [
        ({}, "membership"),
        ({"n_shadows": 8}, "membership with shadow models"),
        ({"audit": "synthetic data"}, "synthetic data"),
        ({"audit": "unheard of"}, "membership"),
    ],
)
def test_an_audit_is_known_by_what_it_says_and_then_by_what_it_measured(environment, kind):
    assert attack_class(replace(REPORTS["leaking"](), environment=environment)) == kind


def test_a_claim_is_known_by_its_epsilon():
    assert attack_class(REPORTS["claim"]()) == "differential privacy claim"
    assert attack_class(Report("inconclusive", "inconclusive", "x")) in CLASSES


@pytest.mark.parametrize("text", ["x", "{}", '{"kind": "tacit evidence file", "schema": 9}'])
def test_what_is_no_evidence_file_is_refused(text):
    with pytest.raises(InvalidInput, match="evidence file"):
        Filing.from_json(text)


def test_records_make_a_file_that_tells_members(filing):
    assert not filing.tells_members
    told = replace(filing.reports[0], records={"row": [1]})
    assert Filing(told).tells_members


def test_a_file_is_as_new_as_its_newest_report(filing):
    first = filing.reports[0]
    days = ["2026-03-01", "2026-11-02", "2025-12-31"]
    reports = tuple(replace(first, created=day) for day in days)
    assert replace(filing, reports=reports).created == "2026-11-02"
