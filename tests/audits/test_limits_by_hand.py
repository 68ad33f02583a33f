"""What audits claim at their limits: detectable leaks, refuted claims and choices, by hand."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import binom, norm

from tacit.audits import attribute, shadow, strong, unlearning
from tacit.audits.compare import front
from tacit.audits.reconstruction import audit_reconstruction
from tacit.audits.steps.differences import Measured
from tacit.audits.steps.recommendation import advice
from tacit.audits.steps.replicates import grouped
from tacit.core import DEFAULT_POLICY, CheckResult, Estimate, Report, Signals
from tacit.core.comparison import Difference, Point
from tacit.dp.mechanisms import ApproxDP
from tacit.metrics.crossed import CrossedAuc


def estimate(name, value, low, high, level=0.95):
    return Estimate(name, value, low, high, level, 100, "by hand", ("x",), 0.5)


def guesser(name, gain, p, *, excess=(0.0, 0.2), beyond=(0.0, 0.1)):
    """A guesser about a secret whose intervals have these ends."""
    parts = (
        estimate("attribute advantage", gain, gain - 0.1, gain + 0.1),
        estimate("excess", sum(excess) / 2, *excess),
        estimate("beyond imputation", sum(beyond) / 2, *beyond),
    )
    return CheckResult(name, "attack", estimates=parts, p_value=p, p_adjusted=p)


def test_the_detectable_advantage_of_a_secret_pays_holm_and_the_larger_error():
    """Two guessers: the first step of Holm is 2.5 %, one-sided, and the power 80 %. The wider of
    both intervals is .2, its error .2 / 3.92.
    """
    found = attribute._detectable([guesser("a", 0.1, 0.5), guesser("b", 0.1, 0.5)], 0.95)
    error = 0.2 / (2 * norm.ppf(0.975))
    assert found == pytest.approx((norm.ppf(0.975) + norm.ppf(0.8)) * error)
    alone = attribute._detectable([guesser("a", 0.1, 0.5)], 0.95)
    assert alone == pytest.approx((norm.ppf(0.95) + norm.ppf(0.8)) * error)


def concluded(results, *, hiding=""):
    blind = CheckResult("blind", "blind", estimates=results[0].estimates)
    secret = SimpleNamespace(name=lambda: "s", kind="class")
    return attribute._concluded(
        blind,
        results,
        blind,
        secret,
        invalid="",
        hiding=hiding,
        policy=attribute.ATTRIBUTE_POLICY,
        level=0.95,
    )


def test_the_guesser_that_gains_more_is_held_against_the_rule():
    """.25 +- .1 lies above .10, .05 +- .1 across it: whichever is listed first."""
    loud, silent = guesser("a", 0.25, 0.6), guesser("b", 0.05, 0.7)
    assert concluded([loud, silent]).verdict == "fail"
    assert concluded([silent, loud]).verdict == "fail"
    assert concluded([silent, silent]).verdict == "inconclusive"


def test_what_can_only_hide_a_leak_refuses_no_leak_that_is_found():
    """Training records among the test records: "leak" at .05 stands, "none" does not."""
    hidden = concluded([guesser("a", 0.05, 0.0501), guesser("b", 0.05, 0.9)], hiding="hidden")
    assert (hidden.finding, hidden.attributable) == ("inconclusive", False)
    shown = concluded([guesser("a", 0.25, 0.05), guesser("b", 0.05, 0.9)], hiding="hidden")
    assert (shown.finding, shown.attributable, shown.warnings) == ("leak", True, ("hidden",))


def arm(value, error, *, families=9):
    """An AUC whose variance is that of its records: error ** 2."""
    record = np.full(101, 0.0)
    record[:50], record[50:100] = 1.0, -1.0
    record *= error / (100 * 101 / 100) ** 0.5
    cell = np.zeros((families, 101))
    return CrossedAuc(value, record, np.zeros(families), cell)


def test_what_is_detectable_after_unlearning_is_twice_the_reach_of_the_area():
    """One-sided at 5 %, 80 % power, 8 degrees of freedom, error .02: 2 x 2.727 x .02."""
    areas = {
        unlearning.CEILING: arm(0.9, 0.02),
        unlearning.UNLEARNED: arm(0.51, 0.02),
        unlearning.RETRAINED: arm(0.5, 0.02),
    }
    assert areas[unlearning.UNLEARNED].covariance(areas[unlearning.UNLEARNED]) == pytest.approx(
        0.0004
    )
    policy = unlearning.UNLEARNING_POLICY
    report = unlearning._concluded(areas, arm(0.5, 0.02), "x", policy=policy, level=0.95)
    assert report.detectable == pytest.approx(2 * 2.727 * 0.02, rel=1e-3)
    assert report.finding == "no leak found" or report.detectable > 0.1 - 1e-3
    broken = areas | {unlearning.RETRAINED: arm(0.6, 0.02)}
    report = unlearning._concluded(broken, arm(0.5, 0.02), "x", policy=policy, level=0.95)
    assert (report.finding, report.verdict) == ("inconclusive", "inconclusive")
    assert "the audit is broken" in report.headline


def lowest(hits, n, tail):
    """The exact lower limit of a rate: where `hits` or more have chance `tail`."""
    from scipy.optimize import brentq

    return brentq(lambda p: binom.sf(hits - 1, n, p) - tail, 1e-9, 1 - 1e-9)


def test_a_claim_is_refuted_by_the_one_sided_lower_limit_of_the_rate():
    """40 of 100 reconstructed: at least .3175 with 95 % confidence, .303 with 97.5 %. A claim that
    allows .31 falls, one that allows .32 stands, though the rate itself is .40.
    """
    low = lowest(40, 100, 0.05)
    assert low == pytest.approx(0.3175, abs=1e-4)
    for allowed, verdict in ((low - 1e-4, "fail"), (low + 1e-4, "pass")):
        claim = ApproxDP(float(np.log(allowed / 0.1)), 0.0)
        report = audit_reconstruction(np.arange(100) < 40, chance=0.1, claim=claim)
        assert report.verdict == verdict, allowed
        assert report.verdicts[0].estimate.low == pytest.approx(low)


def test_no_reconstruction_is_found_where_the_upper_end_is_within_a_tenth_of_chance():
    """40 of 200 at a chance of .2: up to .262, of 60 up to .32. A leak from p = .05 down."""
    hit = np.arange(200) < 40
    assert audit_reconstruction(hit, chance=0.2).finding == "no leak found"
    assert audit_reconstruction(np.arange(60) < 12, chance=0.2).finding == "inconclusive"
    for hits in range(35, 45):
        p = binom.sf(hits - 1, 200, 0.155)
        found = audit_reconstruction(np.arange(200) < hits, chance=0.155).finding
        assert (found == "leak") == (p <= 0.05)


def test_the_control_is_believed_at_one_in_a_hundred():
    """Of 100 controls at a chance of .1, 18 have p = .010007 and 19 have .0046."""
    for hits in (15, 16, 17, 18, 19, 20):
        p = binom.sf(hits - 1, 100, 0.1)
        report = audit_reconstruction(
            np.arange(100) < 40, chance=0.1, control=np.arange(100) < hits
        )
        assert report.attributable == (p > 0.01) == (hits < 19)


def test_the_upper_limit_of_chance_is_chance():
    chance = Estimate("best guess", 0.1, 0.1, 0.2, 0.95, 100, "x")
    report = audit_reconstruction(np.arange(100) < 20, chance=chance)
    assert report.p_value == pytest.approx(binom.sf(19, 100, 0.2))


def point(name, accuracy, score, half=0.01):
    return Point(
        name, name, None, accuracy, estimate("advantage", score, score - half, score + half)
    )


def test_better_in_one_and_equal_in_the_other_is_enough_to_beat():
    points = front((point("a", 0.9, 0.2), point("b", 0.9, 0.1), point("c", 0.8, 0.1)))
    assert [item.front for item in points] == [False, True, False]


def test_the_least_vulnerable_whose_difference_is_real_is_recommended():
    """b is within the tolerance at exactly one point of accuracy; c's difference is chance."""
    points = [point("a", 0.5, 0.3), point("b", 0.25, 0.2), point("c", 0.5, 0.1)]
    real = Difference("a", "b", None, 0.01, real=True)
    chance = Difference("a", "c", None, 0.2, real=False)
    assert advice([*points[:2], point("c", 0.4, 0.1)], [real, chance], tolerance=0.25)[0] == "b"
    both = [real, replace(chance, real=True)]
    assert advice([*points[:2], point("c", 0.4, 0.1)], both, tolerance=0.25)[0] == "c"
    assert advice([*points[:2], point("c", 0.4, 0.1)], both, tolerance=0.24)[0] == "c"
    assert advice(points[:2], both, tolerance=0.24)[0] == "a"


@pytest.mark.parametrize(
    ("verdicts", "joined"),
    [
        (("pass", "fail"), "fail"),
        (("pass", "inconclusive"), "inconclusive"),
        (("pass", "pass"), "pass"),
    ],
)
def test_the_worst_verdict_of_a_recipe_s_runs_is_said_of_it(verdicts, joined):
    runs = [Measured(replace(point("a", 0.9, 0.2), verdict=verdict)) for verdict in verdicts]
    assert grouped(runs)[0].point.verdict == joined
    assert grouped(runs[::-1])[0].point.verdict == joined


def test_records_that_some_shadow_models_saw_make_the_game_mixed():
    inside = np.array([[True, False, True], [True, False, False]])
    signals = Signals.of(np.zeros(3), shadow=np.zeros((2, 3)), shadow_member=inside)
    assert strong.game_of(signals) == "mixed"


def test_a_leak_that_both_audits_find_stays_one():
    leak = Report("leak", "fail", "both")
    assert strong._never_milder(leak, leak, DEFAULT_POLICY).finding == "leak"
    assert strong._never_milder(leak, leak, DEFAULT_POLICY).headline == "both"


def test_the_attack_that_promises_most_is_chosen_and_the_others_stand_for_themselves():
    from tacit.attacks import BASE, LiRA
    from tacit.testing import ShadowGaussian

    game = ShadowGaussian(n_shadows=4, shift=1.0).draw(150, seed=3)
    pair = (BASE(), LiRA(variance="fixed"))
    played = shadow.played_by(pair, game.signals, game.membership, level=0.95, tell=lambda *_: None)
    promises = {item.name: item.promise for item in played}
    assert len(set(promises.values())) == 2
    report = shadow.shadow_audit(game.signals, game.membership, attacks=pair)
    assert report.chosen == max(promises, key=promises.get)


def test_an_attack_that_learns_from_all_targets_learns_anew_without_the_one_it_guesses_about():
    """Two antithetic pairs: each model is attacked by the two models of the other pair."""
    half = np.arange(40) < 20
    member = np.stack([half, ~half, half[::-1] ^ (np.arange(40) % 2 == 0), np.zeros(40, bool)])
    member[3] = ~member[2]
    signal = np.arange(4.0)[:, None] + np.random.default_rng(0).normal(size=(4, 40)) / 10
    seen = []

    class Attack:
        shadow_scores = None

        def __call__(self, signals):
            own = round(float(signals.target.mean()))
            others = [round(float(row.mean())) for row in signals.shadow]
            assert (signals.shadow_member == member[others]).all()
            seen.append((own, others))
            return np.full(40, float(own))

    score = unlearning._scores(signal, member, Attack())
    assert sorted(seen) == [(0, [2, 3]), (1, [2, 3]), (2, [0, 1]), (3, [0, 1])]
    assert score[:, 0].tolist() == [0.0, 1.0, 2.0, 3.0]
