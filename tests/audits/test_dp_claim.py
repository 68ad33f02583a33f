import numpy as np
import pytest

from tacit.audits.dp_claim import dp_audit, dp_evidence
from tacit.core import AssumptionError, InvalidInput, Membership, Report
from tacit.design import Manifest, digests, random_pixels
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


def test_rates_that_differ_between_kinds_of_canaries_are_refused():
    # .8 and .2 of 300 each, balanced in total, no leak: scores tell the kinds apart
    rng = np.random.default_rng(0)
    kind = np.repeat(["pixels", "mislabelled"], 300)
    member = np.concatenate([np.arange(300) < 240, np.arange(300) < 60])
    score = rng.normal(size=600) + (kind == "pixels")
    key = Membership(member, None, "coin")
    assert dp_audit(score, key, delta=0.0).checks[0].estimate("epsilon").low > 0
    with pytest.raises(AssumptionError, match="within each kind"):
        dp_audit(score, key, delta=0.0, kind=kind)
    with pytest.raises(AssumptionError, match="within each kind"):
        dp_evidence(score, key, kind=kind)
    fair = Membership(rng.random(600) < 0.5, None, "coin")
    assert dp_audit(score, fair, delta=0.0, kind=kind).verdict == "inconclusive"
    with pytest.raises(InvalidInput, match="`kind`"):
        dp_audit(score, fair, delta=0.0, kind=kind[1:])


def test_copies_count_once_in_the_test_of_kinds():
    # 12 canaries of 20 copies each, 9 of them in: no wonder, though 180 of 240 rows are
    cluster = np.repeat(np.arange(12), 20)
    member = cluster < 9
    score = cluster + np.linspace(0, 0.5, 240)
    report = dp_audit(
        score, Membership(member, cluster, "coin"), delta=0.0, kind=np.zeros(240, int)
    )
    assert report.checks[0].estimate("epsilon").n == 12


def test_scores_in_another_order_than_the_manifest_are_noticed():
    canaries = random_pixels(60, (2,), n_classes=2, seed=3)
    score = canaries.member * 1.0
    same = digests(canaries.x)
    for key in (canaries, canaries.manifest):
        assert dp_audit(score, key, delta=0.0, digest=same).finding == "leak"
        with pytest.raises(InvalidInput, match="another order"):
            dp_audit(score, key, delta=0.0, digest=same[::-1])
        with pytest.raises(InvalidInput, match="differ from the manifest"):
            dp_audit(score, key, delta=0.0, digest=("x", *same[1:]))


def test_copies_that_no_cluster_declares_are_noticed():
    rng = np.random.default_rng(0)
    member, score = rng.random(60) < 0.5, rng.normal(size=60)
    content = np.repeat(np.arange(60)[:, None], 3, axis=0)
    rows, coins = np.repeat(score, 3) + np.tile([0, 1e-3, 2e-3], 60), np.repeat(member, 3)
    undeclared = Membership(coins, None, "coin")
    with pytest.raises(AssumptionError, match="120 canaries have the same content"):
        dp_audit(rows, undeclared, delta=0.0, digest=digests(content))
    declared = Membership(coins, np.repeat(np.arange(60), 3), "coin")
    found = dp_audit(rows, declared, delta=0.0, digest=digests(content))
    assert found.checks[0].estimate("epsilon").n == 60
    with pytest.raises(AssumptionError, match="copies of one canary"):
        dp_audit(np.repeat(score, 3), undeclared, delta=0.0)
    with pytest.raises(InvalidInput, match="`digest`"):
        dp_audit(rows, undeclared, delta=0.0, digest=("a",))
    parts = canaries_of_two_clusters()
    with pytest.raises(AssumptionError, match="1 canaries have the same content"):
        dp_audit(np.arange(20), parts, delta=0.0)


def canaries_of_two_clusters():
    """A manifest written by hand that hides a copy."""
    digest = tuple(f"{max(i, 1):016x}" for i in range(20))
    return Manifest("by hand", 0, np.arange(20) % 2 == 0, np.arange(20), digest)


def test_too_few_canaries_for_any_bound_are_an_inconclusive_report():
    key = Membership([1, 0, 1, 0, 1], None, "coin")
    report = dp_audit(np.arange(5.0), key, delta=0.0, claimed_epsilon=1.0)
    assert (report.finding, report.verdict, report.exit_code) == ("inconclusive",) * 2 + (2,)
    assert (report.unknown[0].needed, report.unknown[0].got) == (10, 5)
    assert "10 canaries" in report.headline
    assert report.verdicts[0].outcome == "inconclusive"
    assert Report.from_json(report.to_json()).to_json() == report.to_json()
    one_side = Membership(np.ones(5, bool), None, "coin")
    assert dp_audit(np.arange(5.0), one_side, delta=0.0).verdict == "inconclusive"


def test_a_bound_of_nothing_is_no_leak():
    from tacit.audits.dp_claim import _finding
    from tacit.core import Estimate

    for low, finding in ((0.0, "inconclusive"), (1e-3, "leak")):
        bound = Estimate("epsilon", low, low, np.inf, 0.95, 100, "by hand")
        assert _finding(bound) == finding


COINS = Membership(np.arange(40) % 2, assignment="coin")


@pytest.mark.parametrize(
    ("score", "canaries", "delta", "says"),
    [
        (np.ones(40), COINS, "1e-5", r"`delta` needs a number in \[0, 1\), got '1e-5'"),
        (np.ones(40), COINS, True, "`delta` needs a number"),
        (np.ones(40), [True] * 40, 1e-5, r"`canaries` needs .*Membership\(member.*got list"),
        (np.ones(40), np.ones(40), 1e-5, "`canaries` needs .*got ndarray"),
        (np.ones((40, 2)), COINS, 1e-5, r"`score` needs one number a canary, got shape \(40, 2\)"),
        (np.full(40, np.nan), COINS, 1e-5, "`score` needs finite numbers, got NaN in 40 rows"),
        (["high"] * 40, COINS, 1e-5, "`score` needs numbers.*'high'"),
    ],
    ids=["delta as text", "delta as truth", "a list", "an array", "two guessers", "NaN", "words"],
)
def test_arguments_of_another_kind_are_refused_by_name(score, canaries, delta, says):
    with pytest.raises(InvalidInput, match=says):
        dp_audit(score, canaries, delta=delta, claimed_epsilon=1.0)
