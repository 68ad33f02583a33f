"""The free and the strong audit on the same records: nothing that one saw is lost."""

from dataclasses import replace

import numpy as np
import pytest

from tacit.attacks import BASE, EBLiRA
from tacit.audits.strong import ONLY_FREE, _never_milder, game_of, strong_audit
from tacit.core import DEFAULT_POLICY, InvalidInput, Membership, Outputs, Report, Signals
from tacit.testing import ShadowGaussian


@pytest.fixture(scope="module")
def game():
    return ShadowGaussian(n_shadows=8, shift=1.5).draw(800, seed=1)


@pytest.fixture(scope="module")
def report(game):
    outputs = Outputs(loss=-game.signals.target[:, 0])
    return strong_audit(
        outputs, game.signals, game.membership, shadow_attacks=(BASE(), EBLiRA()), seconds=[1.0] * 8
    )


def test_shadow_models_find_what_the_free_attack_does_not(report):
    gain = report.check(report.environment["free_check"]).estimate("auc gain")
    assert report.finding == "leak"
    assert gain.low > 0
    assert report.environment["seconds_of_training"] == 8.0


def test_records_are_only_kept_where_they_are_asked_for(report):
    assert report.records is None


def made(finding, **changes):
    return Report(finding, "pass", "", **changes)


def test_a_leak_that_only_the_free_attack_shows_never_passes_for_none():
    judged = _never_milder(made("no leak found"), made("leak"), DEFAULT_POLICY)
    assert judged.finding == "inconclusive"
    assert ONLY_FREE in judged.warnings


def test_a_rule_that_the_free_attack_breaks_is_broken(report):
    failed = [
        replace(verdict, outcome="fail") for verdict in report.verdicts if verdict.limit is not None
    ]
    passed = replace(
        report, verdict="pass", verdicts=tuple(replace(v, outcome="pass") for v in report.verdicts)
    )
    judged = _never_milder(passed, made("leak", verdicts=tuple(failed)), DEFAULT_POLICY)
    assert judged.verdict == "fail"


def test_a_split_that_gives_itself_away_is_no_better_with_shadow_models(report):
    split = made("inconclusive", attributable=False, warnings=("A guesser without the model.",))
    judged = _never_milder(report, split, DEFAULT_POLICY)
    assert judged.finding == "inconclusive"
    assert not judged.attributable
    assert judged.verdict == "inconclusive"
    assert judged.warnings[0] == "A guesser without the model."


def test_the_game_is_named():
    shadow = np.zeros((2, 3))
    offline = Signals.of(np.zeros(3), shadow=shadow, shadow_member=np.zeros((2, 3), bool))
    assert game_of(offline) == "offline"
    inside = np.array([[True, False, True], [False, True, False]])
    assert game_of(Signals.of(np.zeros(3), shadow=shadow, shadow_member=inside)) == "online"


def test_outputs_and_signals_are_of_the_same_records(game):
    with pytest.raises(InvalidInput, match="same records"):
        strong_audit(Outputs(loss=[1.0, 2.0]), game.signals, Membership([True, False]))


def test_records_that_no_shadow_model_saw_make_the_game_mixed_and_the_report_says_so(game):
    inside = game.signals.shadow_member.copy()
    inside[:, 600:] = False
    report = strong_audit(
        Outputs(loss=-game.signals.target[:, 0]),
        game.signals.changed(shadow_member=inside),
        game.membership,
        shadow_attacks=(BASE(),),
        effort="quick",
    )
    assert report.environment["game"] == "mixed"
    assert "The game is mixed: some scored records were in no shadow model" in " ".join(
        str(report).split()
    )
