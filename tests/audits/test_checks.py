"""Recipes on signals: declared before, measured on all records."""

import inspect

import numpy as np
import pytest

import tacit
from tacit.attacks import Threshold
from tacit.core import CheckResult, Estimate
from tacit.metrics import auc
from tacit.testing import GaussianShift


def world(mu, n=800):
    game = GaussianShift(mu).draw(n, n, seed=0)
    return game.signals, game.membership


def test_a_check_is_measured_and_gated():
    check = tacit.Check(
        "loss", "score", Threshold(), ["auc", "tpr@fpr=0.01"], [tacit.AtMost("auc", 0.6)]
    )
    report = tacit.run([check], *world(1.0))
    assert report.finding == "leak"
    assert report.verdict == "fail"
    assert report.checks[0].estimate("auc").low > 0.7


def test_p_values_are_adjusted_for_the_number_of_checks():
    signals, membership = world(0.1)
    one = tacit.run([tacit.Check("a", "score", Threshold(), ["auc"])], signals, membership)
    many = tacit.run(
        [tacit.Check(f"a{i}", "score", Threshold(), ["auc"]) for i in range(4)], signals, membership
    )
    assert many.checks[0].p_adjusted == pytest.approx(min(1, 4 * one.checks[0].p_value))


def test_a_gate_without_data_is_inconclusive():
    check = tacit.Check(
        "loss", "score", Threshold(), ["tpr@fpr=0.0001"], [tacit.AtMost("tpr@fpr=0.0001", 0.5)]
    )
    report = tacit.run([check], *world(0.0))
    assert report.verdict == "inconclusive"
    assert report.checks[0].notes


def test_metrics_may_be_functions():
    report = tacit.run([tacit.Check("loss", "score", Threshold(), [auc])], *world(1.0))
    assert report.checks[0].estimates[0].name == "auc"


def test_a_statistic_without_signals_is_named():
    signals, membership = world(0.0)
    with pytest.raises(tacit.InvalidInput, match="'entropy'"):
        tacit.run([tacit.Check("e", "entropy", Threshold())], {"score": signals}, membership)
    with pytest.raises(tacit.InvalidInput, match="at least one Check"):
        tacit.run([], signals, membership)


def test_no_gate_is_inconclusive_and_not_a_pass():
    assert (
        tacit.run([tacit.Check("loss", "score", Threshold())], *world(0.0)).verdict
        == "inconclusive"
    )


def test_results_do_not_depend_on_the_order_of_records():
    signals, membership = world(0.7)
    order = np.random.default_rng(1).permutation(signals.n)
    check = [tacit.Check("loss", "score", Threshold(), ["auc", "tpr@fpr=0.01"])]
    first, second = (
        tacit.run(check, signals, membership),
        tacit.run(check, signals.take(order), membership.take(order)),
    )
    assert first.checks[0].estimates == second.checks[0].estimates


def test_a_check_of_several_metrics_pays_for_each_of_them():
    """AUC and advantage have a p-value each: the smaller one, twice; never more than 1."""
    for shift in (0.1, -3.0):
        signals, membership = world(shift)
        both = tacit.Check("both", "score", Threshold(), ["auc", "advantage", "tpr@fpr=0.05"])
        result = tacit.run([both], signals, membership).checks[0]
        alone = [estimate.p_value for estimate in result.estimates[:2]]
        assert result.estimates[2].p_value is None
        assert result.p_value == pytest.approx(min(1.0, 2 * min(alone)))


def test_a_check_without_a_p_value_has_none():
    report = tacit.run([tacit.Check("rate", "score", Threshold(), ["tpr@fpr=0.05"])], *world(3.0))
    assert report.checks[0].p_value is None
    assert report.p_value is None
    assert report.finding == "inconclusive"


def test_the_report_s_p_value_is_the_smallest_adjusted_one_and_decides_at_its_level():
    """Two checks of one signal: twice its p-value. A leak at 1 - level and not above it."""
    signals, membership = world(0.1, 400)
    checks = [tacit.Check(name, "score", Threshold(), ["auc"]) for name in "ab"]
    report = tacit.run(checks, signals, membership)
    p = 2 * report.checks[0].estimates[0].p_value
    assert report.p_value == pytest.approx(p)
    assert 0.001 < p < 0.999
    for level, finding in ((1 - p - 1e-3, "leak"), (1 - p + 1e-3, "inconclusive")):
        if 0.5 <= level < 1:
            assert tacit.run(checks, signals, membership, level=level).finding == finding


def test_an_attack_that_learns_is_judged_by_folds_and_not_by_its_cross_fitted_scores():
    """The p-value is that of the looks at prequential folds; that of the estimates is another."""
    from tacit.attacks import LogisticRegression
    from tacit.audits.steps.joint_finding import learned_p
    from tacit.audits.steps.pooled_order import pooled_order
    from tacit.audits.steps.scoring import by_folds
    from tacit.metrics.prequential import deal_folds

    signals, membership = world(0.1, 150)
    check = tacit.Check("learned", "score", LogisticRegression(), ["auc", "advantage"])
    result = tacit.run([check], signals, membership).checks[0]
    order = pooled_order([signals], membership.member)
    item = by_folds(check, signals, membership, deal_folds(order), order)
    assert result.p_value == pytest.approx(learned_p([item], membership.member, None))
    cross_fitted = min(estimate.p_value for estimate in result.estimates)
    assert result.p_value != pytest.approx(cross_fitted, rel=1e-3)
    assert result.p_value != pytest.approx(2 * cross_fitted, rel=1e-3)


def test_of_a_loud_and_a_silent_check_the_loud_one_is_told_and_decides():
    loud, membership = world(1.0, 200)
    silent = world(0.0, 200)[0]
    checks = [tacit.Check(name, name, Threshold(), ["auc"]) for name in ("silent", "loud")]
    report = tacit.run(checks, {"loud": loud, "silent": silent}, membership)
    first, second = (result.p_adjusted for result in report.checks)
    assert report.p_value == second < 1e-6 < first
    assert report.headline.startswith("This model leaks. loud:")
    only = tacit.run(checks[:1], {"silent": silent}, membership)
    assert only.finding == "inconclusive"
    assert only.headline.startswith("Whether it leaks is open: no leak was shown")


def measured(name, p):
    shown = Estimate("auc", 0.5, 0.4, 0.6, 0.95, 10, "by hand", p_value=p)
    return CheckResult(name, "attack", estimates=(shown,), p_value=p, p_adjusted=p)


def test_a_p_value_of_nothing_is_the_smallest_there_is():
    """Far beyond any chance a p-value is 0.0 itself, and not missing."""
    from tacit.audits.checks import _headline

    results = [measured("other", 0.5), measured("surest", 0.0), measured("none", None)]
    assert _headline(results, 0.0, "leak").startswith("This model leaks. surest: auc = 0.5")
    assert _headline(results[2:], None, "x") == "Inconclusive: nothing could be measured."


def test_a_headline_shows_two_numbers_of_the_surest_check():
    from tacit.audits.checks import _headline

    (result,) = tacit.run(
        [tacit.Check("loss", "score", Threshold(), ["auc", "tpr@fpr=0.05", "advantage"])],
        *world(1.0, 100),
    ).checks
    first, second, third = map(str, result.estimates)
    told = _headline([result], result.p_value, "leak")
    assert told == f"This model leaks. loss: {first}; {second}"
    assert third not in told


def test_checks_are_run_at_95_percent_and_seed_0_unless_told_otherwise():
    given = inspect.signature(tacit.run).parameters
    assert [given[name].default for name in ("level", "seed")] == [0.95, 0]
    check = tacit.Check("loss", "score", Threshold(), ["auc"])
    report = tacit.run([check], *world(0.5, 60), level=0.8, seed=4)
    assert report.environment == {"seed": 4, "level": 0.8}
    assert report.checks[0].estimates[0].level == 0.8
    wide = tacit.run([check], *world(0.5, 60)).checks[0].estimates[0]
    assert (wide.level, wide.low < report.checks[0].estimates[0].low) == (0.95, True)


def test_members_and_non_members_are_counted_on_their_own_sides():
    game = GaussianShift(0.5).draw(70, 40, seed=0)
    report = tacit.run(
        [tacit.Check("loss", "score", Threshold(), ["auc"])], game.signals, game.membership
    )
    assert (report.checks[0].n_members, report.checks[0].n_nonmembers) == (70, 40)


def test_a_side_that_is_missing_is_noted_for_the_check_and_for_each_gate():
    """An attack that learns cannot learn from three records; its gates say so, and none passes."""
    from tacit.attacks import LogisticRegression

    game = GaussianShift(0.5).draw(2, 1, seed=0)
    gates = [tacit.AtMost("auc", 0.6), tacit.AtMost("advantage", 0.1)]
    check = tacit.Check("learned", "score", LogisticRegression(), ["auc"], gates)
    report = tacit.run([check], game.signals, game.membership)
    (result,) = report.checks
    assert [note.metric for note in result.notes] == ["learned", "auc", "advantage"]
    assert [verdict.outcome for verdict in result.verdicts] == ["inconclusive"] * 2
    assert (report.verdict, report.p_value, result.estimates) == ("inconclusive", None, ())


def test_folds_are_for_those_who_learn_from_the_labels_that_they_are_marked_by(monkeypatch):
    """Neither an attack that learns nothing, nor one that some known labels or shadow models teach
    is judged again by folds.
    """
    from tacit.attacks import LogisticRegression
    from tacit.audits import checks

    asked = []

    def learned(check, signals, membership):
        asked.append(check.name)
        return 0.25

    monkeypatch.setattr(checks, "_learned_p_value", learned)
    signals, membership = world(0.5, 60)
    tacit.run([tacit.Check("fixed", "score", Threshold(), ["auc"])], signals, membership)
    assert asked == []
    learns = tacit.Check("learned", "score", LogisticRegression(), ["auc", "advantage"])
    (result,) = tacit.run([learns], signals, membership).checks
    assert (asked, result.p_value) == (["learned"], 0.25)
    rate = tacit.Check("rate", "score", LogisticRegression(), ["tpr@fpr=0.1"])
    assert tacit.run([rate], signals, membership).checks[0].p_value is None
    known = np.where(np.arange(120) % 2 == 0, membership.member, -1)
    taught = tacit.Signals.of(signals.target, known=known)
    tacit.run([learns], taught, membership)
    assert asked == ["learned"]


def test_folds_keep_clusters_whole_and_the_p_value_has_them_as_its_unit(monkeypatch):
    from tacit.attacks import LogisticRegression
    from tacit.audits import checks

    signals, membership = world(0.5, 30)
    seen = []
    monkeypatch.setattr(
        checks, "deal_folds", lambda order, *, cluster: seen.append(cluster) or "folds"
    )
    monkeypatch.setattr(checks, "by_folds", lambda check, signals, key, fold, order: fold)
    monkeypatch.setattr(
        checks, "learned_p", lambda items, member, cluster: seen.append(cluster) or items
    )
    key = tacit.Membership(membership.member, np.arange(60) // 2)
    check = tacit.Check("learned", "score", LogisticRegression(), ["auc"])
    assert checks._learned_p_value(check, signals, key) == ["folds"]
    assert [units.tolist() for units in seen] == [key.cluster.tolist()] * 2


def test_an_attack_that_cannot_be_judged_by_folds_shows_nothing(monkeypatch):
    from tacit.attacks import LogisticRegression
    from tacit.audits import checks

    def by_folds(*given):
        raise tacit.NotEnoughData("too few", needed=4, got=2, unit="members")

    monkeypatch.setattr(checks, "by_folds", by_folds)
    check = tacit.Check("learned", "score", LogisticRegression(), ["auc"])
    assert checks._learned_p_value(check, *world(0.5, 30)) == 1.0
