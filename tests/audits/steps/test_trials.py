"""What a threshold is worth on a run, by hand."""

from types import SimpleNamespace

import numpy as np

from tacit.audits.steps.trials import _advantage
from tacit.core import Evidence


def test_a_score_at_the_threshold_is_accused():
    """Members 1, 2, 3 and others 0, 1, 1, 3 at 1: all members and three of four others."""
    score = np.array([1.0, 2, 3, 0, 1, 1, 3])
    paper = Evidence(score, np.arange(7) < 3, None, "coin", "x", np.arange(7))
    assert _advantage(paper, 1.0) == 1 - 3 / 4
    assert _advantage(paper, 1.5) == 2 / 3 - 1 / 4


def test_no_run_is_scored_by_a_threshold_that_it_chose(monkeypatch):
    """Members at 1 and others at 0 in one run, 3 and 2 in the other: each run's own threshold
    would tell all apart, the other run's tells nothing (accuse nobody, accuse everybody).
    """
    from tacit.audits.steps import trials

    member = np.array([[1, 1, 0, 0], [0, 1, 0, 1]], bool)
    shadow = (member + np.array([[0.0], [2.0]]))[:, :, None]
    plan = SimpleNamespace(design=SimpleNamespace(cluster=None))
    run = SimpleNamespace(shadow=shadow, member=member, n_models=2, plan=plan)
    monkeypatch.setattr(trials, "_by_shadow", lambda run: [])
    assert trials.run_scores(run) == (0.0, 0.0)
    alike = SimpleNamespace(shadow=shadow % 2, member=member, n_models=2, plan=plan)
    assert trials.run_scores(alike) == (1.0, 1.0)
    # fresh runs are scored by the attack and the threshold of the earlier ones
    assert trials.fresh_scores(alike, run) == (1.0, 0.0)


def papers_of(*turned):
    """One paper a run: members score 1 and others 0, or the other way round where `turned`."""
    member = np.arange(6) < 3
    row = np.arange(6)
    return tuple(
        Evidence(
            np.where(member, 0.0, 1.0) if away else 1.0 * member, member, None, "coin", "x", row
        )
        for away in turned
    )


def test_the_attack_that_does_best_on_the_other_runs_scores_a_run(monkeypatch):
    """The signal is right on the first run alone, the attack on the second alone: each run is
    scored by what was right on the other, and wrong on it.
    """
    from tacit.audits.steps import trials

    monkeypatch.setattr(trials, "_by_signal", lambda run: papers_of(False, True))
    monkeypatch.setattr(trials, "_by_shadow", lambda run: [papers_of(True, False)])
    run = SimpleNamespace(n_models=2)
    assert trials.run_scores(run) == (-1.0, -1.0)
    # where both are as good on the others, the signal comes first
    monkeypatch.setattr(trials, "_by_shadow", lambda run: [papers_of(False, False)])
    assert trials.run_scores(run) == (1.0, -1.0)


def test_fresh_runs_are_scored_by_the_attack_that_did_best_on_the_earlier_ones(monkeypatch):
    from tacit.audits.steps import trials

    rng = np.random.default_rng(0)
    member = np.array([[1, 0, 1, 0, 0, 1], [0, 1, 1, 0, 1, 0]], bool)
    plan = SimpleNamespace(design=SimpleNamespace(cluster=None))
    taught = SimpleNamespace(
        shadow=rng.normal(size=(2, 6, 1)), member=member, statistic="scaled_logit", plan=plan
    )
    fresh = SimpleNamespace(shadow=rng.normal(size=(2, 6, 1)), member=~member, plan=plan)
    monkeypatch.setattr(trials, "_by_signal", lambda run: papers_of(True, True))
    seen = []

    def collect(attack, signals, truth):
        seen.append((attack, signals, truth))
        return papers_of(len(seen) == 2)[0]

    monkeypatch.setattr(trials, "collect", collect)
    for right, attack in (
        ([papers_of(True, False), papers_of(False, False)], 1),
        ([papers_of(False, False), papers_of(True, False)], 0),
    ):
        seen.clear()
        monkeypatch.setattr(trials, "_by_shadow", lambda run, right=right: right)
        assert trials.fresh_scores(taught, fresh) == (1.0, -1.0)
        for number, (used, signals, truth) in enumerate(seen):
            assert used is trials.ATTACKS[attack]
            np.testing.assert_allclose(signals.target, fresh.shadow[number], rtol=1e-6)
            np.testing.assert_allclose(signals.shadow, taught.shadow, rtol=1e-6)
            assert (truth.member == fresh.member[number]).all()
            assert truth.assignment == "coin"


def test_attacks_that_read_a_probability_are_left_out_where_the_signal_has_no_scale(monkeypatch):
    from tacit.audits.steps import trials
    from tacit.core import NotEnoughData

    rng = np.random.default_rng(0)
    plan = SimpleNamespace(design=SimpleNamespace(cluster=None))
    run = SimpleNamespace(
        shadow=rng.normal(size=(3, 8, 1)), member=rng.random((3, 8)) < 0.5, plan=plan
    )
    seen = []

    def evidence(attack, signals, *, cluster):
        seen.append(attack)
        np.testing.assert_allclose(signals.target, run.shadow[0], rtol=1e-6)
        if len(seen) == 1:
            raise NotEnoughData("too few", needed=2, got=1, unit="models")
        return attack

    monkeypatch.setattr(trials, "shadow_evidence", evidence)
    for statistic, used in (("scaled_logit", 2), ("none", 1)):
        seen.clear()
        run.statistic = statistic
        found = trials._by_shadow(run)
        assert seen == list(trials.ATTACKS[:used])
        assert found == list(trials.ATTACKS[1:used])


def test_papers_of_all_runs_are_pooled_for_the_threshold():
    from tacit.audits.steps.trials import _pooled

    first, second = papers_of(False, True)
    both = _pooled([first, second])
    assert both.score.tolist() == [1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1]
    assert both.member.tolist() == 2 * ([True] * 3 + [False] * 3)


def test_a_variant_is_told_by_its_runs_on_records_that_they_did_not_see(monkeypatch):
    """Accuracy is that on non-members, the second column; unknown where any run lacks it."""
    from tacit.audits.steps import trials
    from tacit.audits.steps.trials import Trials

    def run(*accuracy):
        return SimpleNamespace(accuracy=np.array(accuracy), seconds=np.array([3.0, 4.0]))

    monkeypatch.setattr(trials, "run_scores", lambda run: (0.1, 0.3))
    monkeypatch.setattr(trials, "fresh_scores", lambda taught, run: (taught, 0.5))
    found = Trials.of("a", run([0.9, 0.7], [0.8, 0.5]), level=0.9)
    assert (found.name, found.level) == ("a", 0.9)
    assert (found.scores, found.accuracies, found.seconds) == ((0.1, 0.3), (0.7, 0.5), (3.0, 4.0))
    assert (found.score.value, found.score.level) == (0.2, 0.9)
    assert found.accuracy.value == 0.6
    unknown = Trials.of("a", run([0.9, np.nan], [0.8, 0.5]), level=0.9, taught="earlier")
    assert unknown.accuracies == ()
    assert unknown.accuracy is None
    assert unknown.scores == ("earlier", 0.5)


def test_the_mean_over_the_other_runs_decides_and_not_the_best_of_them(monkeypatch):
    """For the first run the signal was right once and turned round once (.5 in the mean), the
    attack nearly right twice: the attack is chosen, which is wrong on the first run.
    """
    from tacit.audits.steps import trials

    member = np.arange(6) < 3
    nearly = Evidence(np.array([1.0, 1, 0, 0, 0, 0]), member, None, "coin", "x", np.arange(6))
    monkeypatch.setattr(trials, "_by_signal", lambda run: papers_of(False, False, True))
    monkeypatch.setattr(trials, "_by_shadow", lambda run: [(papers_of(True)[0], nearly, nearly)])
    scores = trials.run_scores(SimpleNamespace(n_models=3))
    assert scores[0] == -1.0
    assert len(scores) == 3
