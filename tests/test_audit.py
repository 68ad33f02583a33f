"""The front door: a model with its data, or outputs."""

import numpy as np
import pytest

import tacit


@pytest.fixture(scope="module")
def memoriser():
    """A nearest-neighbour model, which knows its training records by heart, and its data."""
    from sklearn.neighbors import KNeighborsClassifier

    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(800, 5)), rng.integers(0, 2, 800)
    model = KNeighborsClassifier(3).fit(x[:400], y[:400])
    return model, (x[:400], y[:400]), (x[400:], y[400:])


def test_a_model_and_its_data_are_enough(memoriser):
    model, train, test = memoriser
    report = tacit.audit(model, train=train, test=test, effort="quick")
    assert report.finding == "leak"
    assert report.title == "KNeighborsClassifier"
    assert report.accuracy["member"] > report.accuracy["nonmember"] + 0.1


def test_the_records_themselves_serve_the_blind_guesser(memoriser):
    model, train, test = memoriser
    moved = (test[0] + 1.5, test[1])
    report = tacit.audit(model, train=train, test=moved, effort="quick")
    assert "giveaway" in report.warnings[0]
    assert report.finding == "inconclusive"


def test_wrong_calls_say_what_to_give(memoriser):
    model, train, _ = memoriser
    outputs = tacit.Outputs(loss=np.ones(4))
    with pytest.raises(tacit.InvalidInput, match="`train=\\(X, y\\)` and `test=\\(X, y\\)`"):
        tacit.audit(model, train=train)
    with pytest.raises(tacit.InvalidInput, match="`member` and `nonmember` as tacit"):
        tacit.audit(member=np.ones(4), nonmember=outputs)
    with pytest.raises(tacit.InvalidInput, match="not as the model"):
        tacit.audit(outputs)
    with pytest.raises(tacit.InvalidInput, match="pair"):
        tacit.audit(member=outputs, nonmember=outputs, cluster=np.ones(8))
    with pytest.raises(tacit.InvalidInput, match="label"):
        tacit.audit(
            member=outputs, nonmember=tacit.Outputs(loss=np.ones(4), label=np.zeros(4, int))
        )


def test_progress_is_told_from_first_to_last(memoriser):
    model, train, test = memoriser
    seen = []
    tacit.audit(
        model, train=train, test=test, effort="quick", progress=lambda *step: seen.append(step)
    )
    assert seen[0][1] == 0
    assert seen[-1][1] == seen[-1][2]


def test_a_model_that_an_adapter_knows_is_described_in_its_report():
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(120, 3)), rng.integers(0, 2, 120)
    model = LogisticRegression().fit(x[:60], y[:60])
    sides = {"train": (x[:60], y[:60]), "test": (x[60:], y[60:])}
    made = tacit.audit(model, **sides, effort="quick").environment
    assert made["architecture"] == "sklearn.LogisticRegression"
    assert made["parameters"] == 4
    made = tacit.audit(lambda rows: model.predict_proba(rows), **sides, effort="quick").environment
    assert "architecture" not in made


def test_the_commit_is_what_the_ci_system_says_and_nothing_else(monkeypatch):
    from tacit.audits.steps import provenance

    for name in provenance.COMMITS:
        monkeypatch.delenv(name, raising=False)
    assert provenance.commit() == {}
    monkeypatch.setenv("GITHUB_SHA", "03035d5d4a271ac795dab80f5bc1cef82fc3d462")
    assert provenance.commit() == {"commit": "03035d5d4a271ac795dab80f5bc1cef82fc3d462"}
    monkeypatch.setenv("GITHUB_SHA", "<b>not a commit</b>")
    assert provenance.commit() == {}
