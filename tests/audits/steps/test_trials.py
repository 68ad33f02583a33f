"""What a threshold is worth on a run, by hand."""

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
    from types import SimpleNamespace

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
