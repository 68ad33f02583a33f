"""The report on reconstruction."""

import numpy as np
import pytest

from tacit.audits.reconstruction import audit_reconstruction
from tacit.core import InvalidInput, Report
from tacit.dp.mechanisms import ApproxDP, Gaussian
from tacit.metrics.reconstruction import best_guess


def hits(k, n):
    return np.arange(n) < k


def test_successes_beyond_chance_are_a_leak_and_refute_a_claim():
    report = audit_reconstruction(hits(60, 100), chance=0.1, claim=Gaussian(1.0))
    assert (report.finding, report.verdict) == ("leak", "fail")
    assert report.headline.startswith("The claim is refuted")
    assert "best guess without the model reaches 10 %" in report.headline


def test_successes_that_the_claim_allows_do_not_refute_it():
    report = audit_reconstruction(hits(25, 100), chance=0.1, claim=Gaussian(1.0))
    assert (report.finding, report.verdict) == ("leak", "pass")


def test_a_true_claim_is_rarely_refuted():
    rng = np.random.default_rng(0)
    refuted = [
        audit_reconstruction(rng.random(100) < 0.389, chance=0.1, claim=Gaussian(1.0)).verdict
        for _ in range(300)
    ].count("fail")
    assert refuted <= 25  # 5 % of 300, and what chance adds in 99 of 100 runs


def test_too_few_targets_to_refute_a_claim_say_so():
    report = audit_reconstruction(hits(3, 3), chance=0.1, claim=ApproxDP(5.0, 1e-5))
    assert report.verdict == "inconclusive"
    assert "even if all were reconstructed" in report.verdicts[0].reason


def test_chance_that_is_set_too_low_is_found_out_by_the_control():
    report = audit_reconstruction(
        hits(40, 100), chance=0.1, control=hits(40, 100), claim=Gaussian(0.5)
    )
    assert (report.finding, report.verdict) == ("inconclusive", "inconclusive")
    assert "chance was set too low" in report.warnings[0]


def test_no_more_than_chance_is_no_leak_where_enough_targets_were_tried():
    assert audit_reconstruction(hits(20, 200), chance=0.1).finding == "no leak found"
    assert audit_reconstruction(hits(1, 10), chance=0.1).finding == "inconclusive"


def test_chance_from_a_sample_counts_with_its_upper_limit():
    truth = np.random.default_rng(0).integers(0, 5, 100)
    guess = best_guess(truth[:, None] == np.arange(5))
    report = audit_reconstruction(hits(30, 100), chance=guess)
    assert report.environment["chance"] == guess.high


def test_the_report_is_plain_data():
    report = audit_reconstruction(
        hits(60, 100), chance=0.1, claim=Gaussian(1.0), control=hits(9, 100)
    )
    assert Report.from_json(report.to_json()).to_json() == report.to_json()
    assert "reconstructed" in str(report)
    assert audit_reconstruction([], chance=0.1).finding == "inconclusive"
    with pytest.raises(InvalidInput, match="`chance`"):
        audit_reconstruction(hits(1, 2), chance=2.0)


def test_the_report_says_in_words_what_was_claimed_and_what_was_shown():
    failed = str(audit_reconstruction(hits(60, 100), chance=0.1, claim=Gaussian(1.0)))
    assert "ε" not in failed.partition("Which attack")[0]
    passed = str(audit_reconstruction(hits(25, 100), chance=0.1, claim=Gaussian(1.0)))
    assert "not refuted" in " ".join(passed.split()).lower()
