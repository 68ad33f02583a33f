"""What an owner may state, and what no statement may say."""

import pytest

from tacit.core import InvalidInput
from tacit.core.evidence_file import KEYS, EvidenceFile


def test_there_are_twenty_keys_and_none_must_be_there():
    assert len(KEYS) == 20
    assert EvidenceFile().stated == ()
    assert set(EvidenceFile().to_dict()) == set(KEYS)


def test_a_toml_table_is_read_and_written_back(tmp_path):
    path = tmp_path / "tacit.toml"
    path.write_text(
        '[policy]\nname = "x"\n[file]\nmodel = "scorer"\nparameters = 12\n'
        'review_date = 2027-05-01\ntriggers = ["retraining"]\nmeasures = "dropout"\n',
        encoding="utf8",
    )
    file = EvidenceFile.from_toml(path)
    assert (file.model, file.parameters, file.review_date) == ("scorer", 12, "2027-05-01")
    assert (file.triggers, file.measures) == (("retraining",), ("dropout",))
    assert EvidenceFile.from_dict(file.to_dict()) == file


def test_a_toml_file_without_the_table_states_nothing(tmp_path):
    path = tmp_path / "tacit.toml"
    path.write_text("[policy]\n", encoding="utf8")
    assert EvidenceFile.from_toml(path) == EvidenceFile()


@pytest.mark.parametrize(
    ("plain", "said"),
    [
        ({"modell": "x"}, r"unknown key\(s\) modell.*tested_by"),
        ({"model": 3}, "`model` needs text"),
        ({"model": "x" * 2001}, "at most 2,000 characters"),
        ({"parameters": 0}, "`parameters` needs a whole number of 1 or more"),
        ({"parameters": True}, "`parameters` needs a whole number"),
        ({"parameters": "many"}, "`parameters` needs a whole number"),
        ({"review_date": "soon"}, "`review_date` needs a date as YYYY-MM-DD, got 'soon'"),
        ({"triggers": {"a": 1}}, "`triggers` needs a list of texts"),
        ({"measures": ["ok", 3]}, "`measures` needs text"),
        (["model"], r"table \(\[file\]\)"),
    ],
)
def test_what_cannot_be_used_is_named(plain, said):
    with pytest.raises(InvalidInput, match=said):
        EvidenceFile.from_dict(plain)


@pytest.mark.parametrize("key", ["decision", "residual_risk"])
@pytest.mark.parametrize(
    "text",
    [
        "The model is anonymous.",
        "found COMPLIANT with the GDPR",
        "Das Modell ist anonym",
        "DSGVO-konform",
        "modèle conforme",
        "safe to publish",
    ],
)
def test_a_decision_cannot_be_a_legal_verdict(key, text):
    with pytest.raises(InvalidInput, match="a legal verdict that no test gives"):
        EvidenceFile.from_dict({key: text})


def test_a_decision_in_plain_words_is_kept():
    said = "Released to internal users; retrained with DP-SGD before any wider release."
    assert EvidenceFile(decision=said).decision == said
    assert EvidenceFile(dpia="Anonymisation assessment no. 7").stated == ("dpia",)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InvalidInput, match="cannot be read"):
        EvidenceFile.from_toml(tmp_path / "none.toml")
