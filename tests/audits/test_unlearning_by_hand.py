"""The audit of unlearning, piece by piece: which arm is which, and what each number is held to."""

import inspect
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import nct, t

from tacit.attacks import EBLiRA
from tacit.attacks.reference.families import families
from tacit.audits import unlearning
from tacit.audits.unlearning import (
    UNLEARNING_POLICY,
    _concluded,
    _scores,
    _short,
    audit_unlearning,
)
from tacit.core import InvalidInput
from tacit.design import assign
from tacit.metrics.crossed import CrossedAuc
from tacit.metrics.intervals import shown_in

N = 200
FORGET = np.arange(10, 50)
MEMBER = assign(40, 8, seed=3).member


def arm(value, error, families=9):
    """An AUC whose variance is that of its records: error ** 2."""
    record = np.zeros(101)
    record[:50], record[50:100] = 1.0, -1.0
    record *= error / (100 * 101 / 100) ** 0.5
    return CrossedAuc(value, record, np.zeros(families), np.zeros((families, 101)))


def concluded(left, ceiling, retrained, *, level=0.95):
    areas = {
        unlearning.CEILING: ceiling,
        unlearning.UNLEARNED: left,
        unlearning.RETRAINED: retrained,
    }
    return _concluded(areas, arm(0.52, 0.03), "x", policy=UNLEARNING_POLICY, level=level)


def test_an_audit_that_is_told_nothing_trains_16_models_at_95_percent():
    given = inspect.signature(audit_unlearning).parameters
    assert [given[name].default for name in ("n", "level", "seed")] == [16, 0.95, 0]


def test_an_attack_never_scores_all_models_at_once_with_what_it_learned_from_them():
    """Its own scores would have seen the coins; it is asked about each model by the others."""

    class Attack:
        def shadow_scores(self, signals):
            raise AssertionError("these scores know the coins")

        def __call__(self, signals):
            return signals.target[:, 0] - signals.shadow.mean(axis=0)[:, 0]

    signal = np.random.default_rng(0).normal(size=MEMBER.shape)
    found = _scores(signal, MEMBER, Attack())
    for group in families(MEMBER):
        others = np.setdiff1d(np.arange(8), group)
        for model in group:
            wanted = signal[model] - signal[others].mean(axis=0)
            np.testing.assert_allclose(found[model], wanted, atol=1e-12)


def test_what_is_detectable_is_an_advantage_and_never_more_than_one():
    """One-sided 10 % and 4 audits of 5 with 8 degrees of freedom; an error of .3 is capped."""
    report = concluded(arm(0.6, 0.3), arm(0.9, 0.01), arm(0.5, 0.3))
    assert report.detectable == 1.0
    report = concluded(arm(0.6, 0.2), arm(0.9, 0.01), arm(0.5, 0.2), level=0.9)
    reach = report.detectable / 2 / 0.2
    assert nct.sf(t.ppf(0.9, 8), 8, reach) == pytest.approx(0.8)
    # two families of models have one degree of freedom: a normal reach would be missed always
    few = concluded(arm(0.6, 0.03, 2), arm(0.99, 0.01, 2), arm(0.5, 0.2, 2))
    assert few.detectable == pytest.approx(2 * 8.19 * 0.03, rel=1e-3)


def test_a_leak_is_what_the_unlearned_models_tell_at_the_level_asked_for():
    """.53 +- .02 lies 1.5 errors above chance: p = .067 of a normal, .086 of a t with 8 df."""
    left, ceiling, retrained = arm(0.53, 0.02), arm(0.9, 0.02), arm(0.5, 0.02)
    p = left.estimate().p_value
    assert 0.067 < p < 0.09
    for level in (1 - p - 0.001, 1 - p + 0.001):
        report = concluded(left, ceiling, retrained, level=level)
        assert (report.finding == "leak") == (p <= 1 - level)
        assert report.p_value == p


def test_a_leak_of_a_tenth_is_excluded_where_it_would_have_shown():
    """2 x 2.72 e = .1 at an error of .0184, with 8 degrees of freedom."""
    edge = 0.1 / 2 / shown_in(0.8, 8, level=0.95)
    for error, finding in ((edge * 0.999, "no leak found"), (edge * 1.001, "inconclusive")):
        assert concluded(arm(0.5, error), arm(0.9, 0.02), arm(0.5, 0.02)).finding == finding


@pytest.mark.parametrize(
    ("value", "verdict"), [(0.501, "pass"), (0.54, "inconclusive"), (0.7, "fail")]
)
def test_the_rule_asks_for_an_area_of_at_most_055_after_unlearning(value, verdict):
    """The interval of .501 +- .01 ends at .523, that of .54 at .563; .7 starts at .677."""
    report = concluded(arm(value, 0.01), arm(0.9, 0.01), arm(0.5, 0.01))
    assert report.verdict == verdict
    assert [(item.metric, item.limit) for item in report.verdicts] == [("auc", 0.55)]


def test_each_arm_is_shown_under_its_own_name():
    report = concluded(arm(0.6, 0.01), arm(0.9, 0.02), arm(0.49, 0.03))
    shown = {check.name: (check.role, check.estimates[0].value) for check in report.checks}
    assert shown == {
        "unlearned": ("attack", 0.6),
        "one threshold for all records": ("attack", 0.52),
        "no unlearning": ("control", 0.9),
        "retrained without them": ("control", 0.49),
    }
    assert report.chosen == "unlearned"
    removed = report.check("unlearned").estimate("share removed")
    # of .4 that there was to see .1 is left
    assert removed.value == pytest.approx(0.75)
    for check in report.checks:
        assert check.p_value == check.estimates[0].p_value
        assert (check.n_members, check.n_nonmembers) == (check.estimates[0].n,) * 2
    assert report.check("one threshold for all records").attack == "Threshold()"


def test_a_control_that_fails_leaves_no_verdict_and_no_finding():
    for ceiling, retrained, said in (
        (arm(0.9, 0.02), arm(0.6, 0.02), "the audit is broken"),
        (arm(0.51, 0.02), arm(0.5, 0.02), "nothing to forget"),
    ):
        report = concluded(arm(0.7, 0.01), ceiling, retrained)
        assert (report.finding, report.verdict) == ("inconclusive", "inconclusive")
        assert report.attributable is False
        assert said in report.warnings[0]
        assert report.verdicts[0].note.reason == report.warnings[0]
    assert concluded(arm(0.7, 0.01), arm(0.9, 0.02), arm(0.5, 0.02)).attributable is True


def test_nineteen_records_and_four_users_are_too_few():
    assert _short(np.arange(19), None).needed == 20
    assert _short(np.arange(20), None) is None
    assert _short(np.arange(20), np.arange(20) % 5) is None
    short = _short(np.arange(20), np.arange(20) % 4)
    assert (short.needed, short.got) == (5, 4)


def handed_over(monkeypatch, **options):
    """A whole audit of models that answer as written here, and what was asked of training."""
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(8, 40, 3))
    # what there was to forget, half of it, and nothing
    noise += 4 * MEMBER[:, :, None] * np.array([1.0, 0.5, 0.0])
    seen = SimpleNamespace()

    def shadow(arms, rows, **given):
        seen.arms, seen.rows, seen.given = arms, rows, given
        return SimpleNamespace(shadow=noise, member=MEMBER)

    monkeypatch.setattr(unlearning, "shadow", shadow)
    seen.report = audit_unlearning(
        lambda rows, seed: None,
        lambda *given: None,
        np.zeros((N, 2)),
        forget=FORGET,
        **({"n": 8} | options),
    )
    seen.noise = noise
    return seen


def test_the_three_columns_are_before_after_and_retrained(monkeypatch):
    seen = handed_over(monkeypatch)
    groups = families(MEMBER)
    for column, name in enumerate(["no unlearning", "unlearned", "retrained without them"]):
        score = _scores(seen.noise[:, :, column], MEMBER, EBLiRA())
        wanted = CrossedAuc.of(score, MEMBER, groups).estimate()
        found = seen.report.check(name).estimates[0]
        assert (found.value, found.low, found.high) == (wanted.value, wanted.low, wanted.high)
    plain = CrossedAuc.of(seen.noise[:, :, 1], MEMBER, groups).estimate()
    shown = seen.report.check("one threshold for all records").estimates[0]
    assert (shown.value, shown.low) == (plain.value, plain.low)
    assert seen.report.unknown == ()
    assert seen.report.check("unlearned").attack == repr(EBLiRA())


def test_the_attack_that_is_asked_for_is_named_and_used(monkeypatch):
    class Attack:
        shadow_scores = None

        def __call__(self, signals):
            return signals.target[:, 0]

        def __repr__(self):
            return "Own()"

    seen = handed_over(monkeypatch, attack=Attack())
    named = {check.name: check.attack for check in seen.report.checks}
    assert named.pop("one threshold for all records") == "Threshold()"
    assert set(named.values()) == {"Own()"}
    plain, own = (
        seen.report.check(name) for name in ("one threshold for all records", "unlearned")
    )
    # a threshold on the signal is what this attack is
    assert own.estimates[0].value == plain.estimates[0].value


def test_training_is_asked_for_n_models_on_the_coins_of_the_records_to_forget(monkeypatch):
    seen = handed_over(monkeypatch, seed=4, level=0.9)
    assert seen.rows.tolist() == FORGET.tolist()
    assert (seen.given["n"], seen.given["seed"], seen.given["cluster"]) == (8, 4, None)
    made = seen.report.environment
    assert (made["n_models"], made["n_forget"], made["n_retain"]) == (8, 40, 160)
    assert (made["seed"], made["level"], made["task"]) == (4, 0.9, "unlearning")
    assert seen.report.check("unlearned").estimates[0].level == 0.9


def test_four_models_are_the_fewest(monkeypatch):
    """Two independent pairs: one to play the target, one to learn from."""
    assert handed_over(monkeypatch, n=4).given["n"] == 4
    with pytest.raises(InvalidInput, match="`n` needs 4 models or more, got 3"):
        handed_over(monkeypatch, n=3)


def test_users_are_the_unit_of_every_arm(monkeypatch):
    users = np.repeat(np.arange(N // 4), 4)
    users[:12] = 99
    users[FORGET] = np.repeat(np.arange(8), 5)
    kept = np.setdiff1d(np.arange(N), FORGET)
    users[kept] += 1000
    seen = handed_over(monkeypatch, cluster=users)
    assert seen.given["cluster"].tolist() == np.repeat(np.arange(8), 5).tolist()
    for check in seen.report.checks:
        assert check.estimates[0].n == 8
    assert seen.report.environment["n_clusters"] == 8


def test_retrained_models_that_answer_alike_are_named(monkeypatch):
    """Only the arm of the retrained models tells whether training has any chance in it."""
    seen = handed_over(monkeypatch)
    alike = unlearning.alike_note(0.0)
    assert alike.metric == "chance in training"
    still = seen.noise.copy()
    still[:, :, 2] = still[0, :, 2]
    run = SimpleNamespace(shadow=still, member=MEMBER)
    monkeypatch.setattr(unlearning, "shadow", lambda *given, **more: run)
    report = audit_unlearning(
        lambda rows, seed: None, lambda *given: None, np.zeros((N, 2)), forget=FORGET, n=8
    )
    assert [note.metric for note in report.unknown] == ["chance in training"]
    # one record of one model differs: there is chance in it
    still[0, 5, 2] += 1e-6
    report = audit_unlearning(
        lambda rows, seed: None, lambda *given: None, np.zeros((N, 2)), forget=FORGET, n=8
    )
    assert report.unknown == ()
