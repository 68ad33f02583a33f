"""The report on reconstruction."""

import numpy as np
import pytest

from tacit.audits import reconstruction
from tacit.audits.reconstruction import _finding, _warning, audit_reconstruction
from tacit.core import Estimate, InvalidInput, Report
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


def rate(high, p):
    return Estimate("reconstruction rate", 0.05, 0.0, high, 0.95, 100, "by hand", (), p)


def test_a_finding_stands_at_its_limits_and_not_beyond():
    """Alpha itself is a leak; an upper end a tenth above chance is not far from it."""
    alpha = 1 - 0.95
    for p, finding in ((alpha, "leak"), (alpha + 1e-9, "no leak found")):
        assert _finding(rate(0.1, p), 0.0, 0.95, "") == finding
    assert _finding(rate(0.1 + 1e-9, 0.5), 0.0, 0.95, "") == "inconclusive"
    assert _finding(rate(0.1, 0.06), 0.0, 0.9, "") == "leak"
    assert _finding(rate(0.1, 0.001), 0.0, 0.95, "chance") == "inconclusive"
    assert _finding(rate(0.1, None), 0.0, 0.95, "") == "no leak found"


def test_a_control_is_refused_at_one_in_a_hundred_itself():
    assert _warning(rate(0.3, 0.01), 0.1).startswith("chance was set too low")
    assert _warning(rate(0.3, 0.01 + 1e-9), 0.1) == ""
    assert _warning(rate(0.3, None), 0.1) == _warning(None, 0.1) == ""
    said = _warning(Estimate("rate", 0.4, 0.25, 0.5, 0.95, 100, "x", (), 0.001), 0.1)
    assert "at a rate of 0.4 (0.25 to 0.5), against a chance of 0.1." in said


def allowing(rate):
    """The bound of a claim, which allows this rate."""
    return lambda claim, *, chance: rate


def test_a_claim_that_allows_what_all_targets_would_show_cannot_fall(monkeypatch):
    """Of 9 targets all show .05^(1/9) = .717 at least. A claim that allows that much is out of
    reach, one that allows a little less falls if all are right and stands if one is not.
    """
    ceiling = audit_reconstruction(hits(9, 9), chance=0.1, claim=Gaussian(1.0)).verdicts[0]
    assert ceiling.estimate.low == ceiling.estimate.settings["ceiling"]
    shown = ceiling.estimate.low
    assert shown == pytest.approx(0.05 ** (1 / 9))
    for allowed, found in ((shown, ("inconclusive",) * 2), (shown - 1e-9, ("fail", "pass"))):
        monkeypatch.setattr(
            reconstruction, "reconstruction_bound", lambda *_, bound=allowed, **more: bound
        )
        verdicts = tuple(
            audit_reconstruction(hits(k, 9), chance=0.1, claim=Gaussian(1.0)).verdict
            for k in (9, 8)
        )
        assert verdicts == found


def test_a_report_shows_attack_and_control_and_what_they_assume():
    report = audit_reconstruction(
        hits(30, 100), chance=0.1, control=hits(12, 80), level=0.9, command="c"
    )
    attack, control = report.checks
    assert (attack.role, attack.estimates[0].value, attack.n_members) == ("attack", 0.3, 100)
    assert (control.role, control.estimates[0].value, control.n_members) == ("control", 0.15, 80)
    assert attack.n_nonmembers == control.n_nonmembers == 0
    assert {check.estimates[0].level for check in report.checks} == {0.9}
    assert report.assumes[-1] == "targets are independent"
    assert len(report.assumes) == 3
    made = report.environment
    assert (made["chance"], made["level"], made["seed"], made["command"]) == (0.1, 0.9, 0, "c")
    assert (report.policy, report.verdicts) == ("no claim", ())
    assert report.headline == (
        "This model gives records away: 30 % of 100 targets were reconstructed (22.5 to 38.4 %),"
        " where the best guess without the model reaches 10 %."
    )


def test_a_claim_is_judged_one_sided_at_the_level_asked_for():
    """9 of 9 at 90 %: .1^(1/9) = .774; the shown end is that, and there is none above."""
    report = audit_reconstruction(hits(9, 9), chance=0.1, claim=Gaussian(1.0), level=0.9)
    (verdict,) = report.verdicts
    assert verdict.estimate.low == pytest.approx(0.1 ** (1 / 9))
    assert verdict.estimate.high == np.inf
    assert verdict.estimate.settings["chance"] == 0.1
    assert verdict.outcome == "fail"


@pytest.mark.parametrize(
    ("allowed", "words", "way"),
    [(0.65, "a rate of at least ", -1), (0.9, "they show a rate of ", 1)],
)
def test_what_is_shown_is_told_rounded_down_and_what_could_be_shown_up(
    monkeypatch, allowed, words, way
):
    """Of 9 to 19 targets .05^(1/n) = .717 to .854 can be shown at most, by n - 5 of them less than
    .65.
    """
    monkeypatch.setattr(reconstruction, "reconstruction_bound", allowing(allowed))
    for n in range(9, 20):
        report = audit_reconstruction(hits(n - 5, n), chance=0.1, claim=Gaussian(1.0))
        (verdict,) = report.verdicts
        found = verdict.estimate
        exact = found.low if way < 0 else found.settings["ceiling"]
        told = float(verdict.reason.split(words)[1].split()[0])
        assert 0 <= way * (told - exact) < 1e-3
