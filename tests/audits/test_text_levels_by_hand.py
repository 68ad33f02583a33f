"""Every part of the audit of texts is asked at its level and seed."""

import numpy as np

from tacit.audits import text as room
from tacit.audits.steps.text_extraction import PlantedTexts
from tacit.audits.text import text_audit
from tacit.core import CheckResult, Membership, Report, Tokens


def test_gates_and_extraction_are_at_the_level_and_seed_of_the_audit(monkeypatch):
    seen = {}

    def noting(name, result):
        def part(*given, **named):
            seen[name] = named
            return result

        monkeypatch.setattr(room, name, part)

    parts = {name: (CheckResult(name, "control"),) for name in ("one", "two", "three", "four")}
    noting("blind_results", parts["one"])
    noting("reference_results", parts["two"])
    noting("extraction_results", (parts["three"], ()))
    noting("canary_results", parts["four"])
    monkeypatch.setattr(room, "gate_warning", lambda blind, models: "")
    kept = CheckResult("fine-tunes", "attack")
    monkeypatch.setattr(
        room, "_by_fine_tunes", lambda game, plan: Report("leak", "fail", "x", checks=(kept,))
    )
    rng = np.random.default_rng(0)
    tokens = Tokens(
        logp=-rng.gamma(4.0, 0.6, 240),
        start=np.arange(0, 241, 6),
        token=rng.integers(0, 10**6, 240),
    )
    coin = np.arange(20) < 10
    texts = [" ".join(map(str, row)) for row in tokens.token.reshape(40, 6)]
    report = text_audit(
        tokens,
        Membership(np.arange(40) < 20),
        texts=texts,
        canaries=PlantedTexts(rng.normal(size=20), coin),
        level=0.9,
        seed=4,
    )
    assert seen.pop("blind_results") == {"level": 0.9, "seed": 4}
    assert set(seen) == {"reference_results", "extraction_results", "canary_results"}
    assert all(named == {"level": 0.9} for named in seen.values())
    names = [check.name for check in report.checks]
    assert names[0] == "fine-tunes"
    assert names[-4:] == ["one", "two", "three", "four"]
