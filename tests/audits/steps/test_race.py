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
