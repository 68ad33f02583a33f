"""How a release was audited: what is told of it, its marked paper, and audits that cannot start."""

import numpy as np

from tacit.audits.steps import release_report as steps
from tacit.audits.steps.release_report import Release
from tacit.audits.steps.tables import Tables
from tacit.core import AtMost, Membership, NotEnoughData, Policy
from tacit.core.frame import Frame

N = 60
RATES = Policy("p", (AtMost("advantage", 0.1), AtMost("tpr@fpr=0.1", 0.3)))


def tables(columns=2, **key):
    rng = np.random.default_rng(0)

    def drawn(n):
        return Frame.of({f"c{i}": rng.normal(size=n) for i in range(columns)})

    return Tables(
        drawn(2 * N),
        Membership(np.arange(2 * N) < N, **key),
        drawn(50),
        drawn(70),
        left_out={"w": "it has one value only"},
        remarks=("something is odd",),
    )


def made(level=0.95, **given):
    return Release(tables(**given), RATES, level, 7, "a title", "a command")


def test_how_a_release_was_audited_is_told():
    told = made(level=0.9).environment
    assert (told["n_released"], told["n_reference"], told["n_columns"]) == (50, 70, 2)
    assert (told["n_members"], told["n_nonmembers"], told["n_clusters"]) == (N, N, None)
    assert (told["seed"], told["level"], told["command"]) == (7, 0.9, "a command")
    assert (told["task"], told["audit"]) == ("synthetic table", "synthetic data")


def test_a_score_is_marked_by_the_rows_in_their_order():
    cluster = np.arange(2 * N) // 2
    release = made(cluster=cluster, assignment="coin")
    score = np.arange(2.0 * N)
    paper = release.evidence(score, "a")
    assert paper.row.tolist() == list(range(2 * N))
    assert (paper.score == score).all()
    assert (paper.member == (np.arange(2 * N) < N)).all()
    assert paper.cluster.tolist() == cluster.tolist()
    assert (paper.assignment, paper.attack) == ("coin", "a")


def test_an_audit_that_could_not_start_says_what_it_takes():
    error = NotEnoughData("Too few.", needed=50, got=1, unit="members")
    report = made().empty(error)
    assert (report.finding, report.verdict) == ("inconclusive", "inconclusive")
    assert [note.metric for note in report.unknown] == ["everything", "the column 'w'"]
    assert (report.unknown[0].needed, report.unknown[0].got) == (50, 1)
    assert [verdict.outcome for verdict in report.verdicts] == ["inconclusive"] * 2
    assert report.p_value is None
    assert (report.policy, report.title) == ("p", "a title")


def test_a_curve_is_drawn_of_four_hundred_points_at_the_level_of_all_scores(monkeypatch):
    seen = []

    def points(paper, *, max_points, level):
        seen.append((max_points, level))
        return {}

    monkeypatch.setattr(steps, "roc_points", points)
    steps._figures(
        made().evidence(np.random.default_rng(1).normal(size=2 * N), "a"), "a", level=0.9
    )
    assert seen == [(400, 0.9)]
