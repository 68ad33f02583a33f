import numpy as np
import pytest

from tacit.audits.dp_claim import dp_audit
from tacit.core import AssumptionError, InvalidInput, Membership, Report
from tacit.design import random_pixels
from tacit.testing import GaussianShift


def world(mu, m=1000, seed=0):
    game = GaussianShift(mu).flip(m, seed=seed)
    return game.signals.target[:, 0], game.membership


def test_a_false_claim_is_refuted():
    report = dp_audit(*world(4.0), delta=1e-5, claimed_epsilon=1.0)
    assert (report.verdict, report.finding, report.exit_code) == ("fail", "leak", 1)
    assert "refuted" in report.headline
    assert report.checks[0].estimate("epsilon").low > 1


def test_a_true_claim_is_not_refuted_and_nothing_stronger_is_said():
    report = dp_audit(*world(0.5), delta=1e-5, claimed_epsilon=2.0)
    assert (report.verdict, report.exit_code) == ("pass", 0)
    assert "not refuted" in report.headline
    assert "no proof" in report.headline
    assert "proves nothing" in report.warnings[0]


def test_too_few_canaries_never_pass():
    report = dp_audit(*world(0.5, m=100), delta=1e-5, claimed_epsilon=8.0)
    assert (report.verdict, report.exit_code) == ("inconclusive", 2)
    assert "even if every guess is right" in report.verdicts[0].reason


def test_without_a_claim_there_is_a_bound_and_no_pass():
    report = dp_audit(*world(2.0), delta=1e-5)
    assert report.verdict == "inconclusive"
    assert "no claim" in report.headline


def test_a_manifest_is_an_answer_key():
    canaries = random_pixels(400, (2,), n_classes=2, seed=3)
    report = dp_audit(
        canaries.member * 1.0 + np.linspace(0, 0.1, 400),
        canaries.manifest,
        delta=0.0,
        claimed_epsilon=1.0,
    )
    assert report.verdict == "fail"


def test_conditional_numbers_are_never_called_epsilon():
    names = [estimate.name for estimate in dp_audit(*world(2.0), delta=1e-5).checks[0].estimates]
    assert names == ["epsilon", "epsilon if Gaussian"]


def test_many_runs_use_the_band():
    report = dp_audit(*world(3.0, m=600), delta=1e-5, claimed_epsilon=1.0, runs="many")
    assert report.verdict == "fail"
    assert "band" in report.checks[0].remarks[0]


def test_an_observed_split_gives_no_verdict():
    score, key = world(4.0)
    observed = Membership(key.member)
    report = dp_audit(score, observed, delta=1e-5, claimed_epsilon=1.0, runs="many")
    assert report.verdict == "inconclusive"
    with pytest.raises(AssumptionError):
        dp_audit(score, observed, delta=1e-5, claimed_epsilon=1.0)


def test_the_report_prints_and_survives_json():
    report = dp_audit(*world(2.0), delta=1e-5, claimed_epsilon=8.0, command="tacit dp audit")
    assert Report.from_json(report.to_json()).to_json() == report.to_json()
    assert "epsilon" in str(report).lower() or "ε" in str(report)


def test_runs_must_be_one_or_many():
    with pytest.raises(InvalidInput, match="`runs`"):
        dp_audit(*world(2.0), delta=0.0, runs="some")
