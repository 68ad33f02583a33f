"""What the audit of a claim holds against it, warns of and writes down, piece by piece."""

import numpy as np
import pytest

from tacit.audits.dp_claim import INTERFERENCE, dp_audit, dp_evidence
from tacit.core import AssumptionError, Evidence, InvalidInput, Membership
from tacit.dp import Gaussian, epsilon_lower_bound, one_run_epsilon

M = 60
# 29 of 60 in; the first is, the last is not
MEMBER = np.isin(np.arange(M), np.random.default_rng(4).permutation(np.arange(1, M - 1))[:28])
MEMBER[0] = True
COINS = Membership(MEMBER, None, "coin")
# every member above every non-member, no two alike
PERFECT = MEMBER * float(M) + np.arange(M)
# so close to nothing that no bound is above 0
SILENT = np.random.default_rng(1).normal(size=M)


def evidence(score, key=COINS):
    return Evidence.of(score, key.member, cluster=key.cluster, assignment=key.assignment)


def bound_of(report):
    return report.checks[0].estimates[0]


@pytest.mark.parametrize("runs", ["one", "many"])
@pytest.mark.parametrize("level", [0.95, 0.8])
def test_the_ceiling_is_what_a_guesser_who_is_always_right_would_show(runs, level):
    """29 members and 31 others: the ranks of a perfect guesser, written plainly."""
    report = dp_audit(SILENT, COINS, delta=1e-4, claimed_epsilon=0.5, runs=runs, level=level)
    method = one_run_epsilon if runs == "one" else epsilon_lower_bound
    perfect = method(evidence(PERFECT), 1e-4, level=level)
    found = method(evidence(SILENT), 1e-4, level=level)
    bound = bound_of(report)
    assert bound.settings["ceiling"] == pytest.approx(perfect.low, abs=1e-12)
    assert bound.settings["ceiling"] > 1
    assert bound.settings["delta"] == 1e-4
    assert (bound.low, bound.level) == (found.low, level)


def test_a_claim_at_the_ceiling_could_not_have_been_refuted_and_one_below_it_could():
    ceiling = one_run_epsilon(evidence(PERFECT), 0.0).low
    for claimed, verdict in ((ceiling, "inconclusive"), (ceiling - 1e-6, "pass")):
        report = dp_audit(SILENT, COINS, delta=0.0, claimed_epsilon=claimed)
        assert report.verdict == verdict
    # with every guess right the bound is the ceiling, and refutes all below it
    report = dp_audit(PERFECT, COINS, delta=0.0, claimed_epsilon=ceiling - 1e-6)
    assert (report.verdict, bound_of(report).low) == ("fail", ceiling)


@pytest.mark.parametrize(
    ("delta", "runs", "names"),
    [
        (0.0, "one", ["epsilon"]),
        (1e-5, "one", ["epsilon", "epsilon if Gaussian"]),
        (0.0, "many", ["epsilon"]),
        (1e-5, "many", ["epsilon"]),
    ],
)
def test_a_gaussian_is_spoken_of_where_one_run_has_a_delta(delta, runs, names):
    (check,) = dp_audit(PERFECT, COINS, delta=delta, runs=runs, level=0.9).checks
    assert [item.name for item in check.estimates] == names
    assert check.name == {"one": "canaries, one run", "many": "canaries, many runs"}[runs]
    assert (check.n_members, check.n_nonmembers) == (29, 31)
    if len(names) == 2:
        gaussian = one_run_epsilon(
            evidence(PERFECT), delta, level=0.9, method="fdp", family=Gaussian
        )
        assert (check.estimates[1].low, check.estimates[1].level) == (gaussian.low, 0.9)


def test_the_number_of_the_conditional_family_is_at_most_what_a_gaussian_guesser_shows():
    """Scores apart by 3: the Gaussian of that distance has epsilon 14.1 at delta 1e-5."""
    rng = np.random.default_rng(0)
    score = rng.normal(size=M) + 3 * MEMBER
    (check,) = dp_audit(score, COINS, delta=1e-5).checks
    assert 0 < check.estimates[1].low < 14.1


@pytest.mark.parametrize("claimed", [None, 1.0])
def test_backward_scores_are_named_with_what_they_show_turned_round(claimed):
    report = dp_audit(-PERFECT, COINS, delta=0.0, claimed_epsilon=claimed)
    turned = one_run_epsilon(evidence(PERFECT), 0.0, level=0.999).low
    assert (report.verdict, report.finding) == ("inconclusive", "inconclusive")
    assert report.attributable is False
    (warning,) = report.warnings
    assert warning.endswith(f"turned round they show epsilon >= {turned:.3g} (99.9 % confidence).")
    assert report.headline == f"Inconclusive: {warning}"
    assert [item.note.reason for item in report.verdicts] == [warning] * (claimed is not None)


def test_a_bound_above_nothing_needs_no_doubt_where_nothing_was_claimed():
    """Members are the 13 scores at the top and the 29 at the bottom: .80 is shown, and 1.05 if
    turned round, even at 99.9 %.
    """
    rank = np.random.default_rng(2).permutation(90)
    key = Membership((rank < 29) | (rank >= 77), None, "coin")
    low = one_run_epsilon(evidence(rank, key), 0.0).low
    assert 0 < low < 1 < one_run_epsilon(evidence(-1.0 * rank, key), 0.0, level=0.999).low
    assert dp_audit(rank, key, delta=0.0).finding == "leak"
    assert dp_audit(rank, key, delta=0.0, claimed_epsilon=low).finding == "inconclusive"


@pytest.mark.parametrize("claimed", [None, 3.0])
def test_scores_point_backwards_only_where_one_in_a_thousand_audits_would_say_so(claimed):
    """Members are the 20 scores at the top and the 25 at the bottom: turned round, they show more
    at 95 %, and less at 99.9 %.
    """
    rank = np.random.default_rng(2).permutation(90)
    key = Membership((rank < 25) | (rank >= 70), None, "coin")
    low, turned = (one_run_epsilon(evidence(s, key), 0.0).low for s in (rank, -1.0 * rank))
    assert 0 < one_run_epsilon(evidence(-1.0 * rank, key), 0.0, level=0.999).low < low < turned
    report = dp_audit(rank, key, delta=0.0, claimed_epsilon=claimed)
    assert (report.finding, report.attributable) == ("leak", True)
    assert report.warnings == (INTERFERENCE,)


def test_a_claim_that_falls_is_not_asked_whether_its_scores_point_backwards():
    """29 members first, then non-members: 9 of 10 right; turned round nothing more is said."""
    report = dp_audit(PERFECT, COINS, delta=0.0, claimed_epsilon=0.5)
    assert (report.verdict, report.warnings, report.attributable) == ("fail", (), True)
    low = bound_of(report).low
    assert report.headline == (
        f"The claim is refuted: an epsilon of at least {int(100 * low) / 100:g} at delta = 0"
        " is shown (95 % confidence), where 0.5 was claimed."
    )


@pytest.mark.parametrize(("claimed", "verdicts"), [(None, []), (0.5, ["inconclusive"])])
def test_scores_that_are_all_equal_are_a_broken_export_and_no_pass(claimed, verdicts):
    report = dp_audit(np.full(M, 3.0), COINS, delta=0.0, claimed_epsilon=claimed)
    assert "All scores are equal" in report.headline
    assert report.warnings[0].startswith("All scores are equal")
    assert [item.outcome for item in report.verdicts] == verdicts
    assert (report.verdict, report.finding) == ("inconclusive", "inconclusive")


def test_the_headline_says_the_bound_its_delta_and_its_confidence():
    report = dp_audit(PERFECT, COINS, delta=0.01, level=0.9)
    low = one_run_epsilon(evidence(PERFECT), 0.01, level=0.9).low
    assert report.headline == (
        f"This training shows an epsilon of at least {int(100 * low) / 100:g} at delta = 0.01"
        " (90 % confidence); no claim was given to hold against it."
    )
    assert report.policy == "no claim"
    held = dp_audit(SILENT, COINS, delta=0.01, claimed_epsilon=2.0)
    assert held.headline.startswith("The claim of epsilon = 2 is not refuted: an epsilon of at")
    assert held.policy == "claimed epsilon 2 at delta 0.01"
    assert held.warnings == (INTERFERENCE,)


def test_the_report_says_of_what_it_was_made():
    made = dp_audit(PERFECT, COINS, delta=0.01, level=0.9, command="c", runs="many").environment
    said = {name: made[name] for name in ("task", "seed", "level", "command", "delta", "runs")}
    assert said == {
        "task": "canaries",
        "seed": 0,
        "level": 0.9,
        "command": "c",
        "delta": 0.01,
        "runs": "many",
    }


def test_the_pictures_are_drawn_at_the_level_of_the_bound():
    from tacit.metrics import roc_points

    report = dp_audit(SILENT, COINS, delta=0.0, level=0.8)
    (curve,) = report.figures["roc"]
    wanted = roc_points(evidence(SILENT), level=0.8)
    assert curve == wanted | {"attack": "canaries, one run"}
    assert report.figures["scores"][0]["attack"] == "canaries, one run"


def test_an_observed_split_says_why_its_number_is_no_epsilon():
    observed = Membership(MEMBER)
    (check,) = dp_audit(PERFECT, observed, delta=0.0, runs="many").checks
    (bound,) = check.estimates
    assert bound.name != "epsilon"
    assert [note.metric for note in check.notes] == ["epsilon"]
    assert check.notes[0].reason == f"{bound.name}: {bound.assumes[0]}"
    assert check.remarks == (bound.method,)
    (check,) = dp_audit(PERFECT, COINS, delta=0.0, runs="many").checks
    assert check.notes == ()


def test_scores_may_stand_in_one_column_and_in_no_other_shape():
    assert dp_evidence(PERFECT[:, None], COINS).score.tolist() == PERFECT.tolist()
    for wrong in (PERFECT[:, None, None], np.stack([PERFECT] * 2, axis=1)):
        with pytest.raises(InvalidInput, match="`score`"):
            dp_evidence(wrong, COINS)


def test_evidence_keeps_scores_and_coins_as_they_were_given():
    found = dp_evidence(SILENT, COINS)
    assert found.score.tolist() == SILENT.tolist()
    assert found.member.tolist() == MEMBER.tolist()
    assert found.assignment == "coin"


def test_copies_are_declared_where_each_content_keeps_to_one_cluster():
    """Contents a, b, b, c, c, c: two clusters hold c, so one canary is a copy not declared."""
    member = [1, 0, 0, 1, 1, 1]
    digest = ("a", "b", "b", "c", "c", "c")
    score = np.arange(6.0)
    fine = Membership(member, [0, 1, 1, 2, 2, 2], "coin")
    assert dp_evidence(score, fine, digest=digest).n_members == 4
    # a cluster may hold several contents
    wider = Membership(member, [2, 1, 1, 2, 2, 2], "coin")
    assert dp_evidence(score, wider, digest=digest).n_members == 4
    for cluster, n in (([0, 1, 1, 2, 2, 3], 1), ([0, 1, 4, 2, 5, 3], 3), (None, 3)):
        with pytest.raises(AssumptionError, match=f"^{n} canaries have the same content"):
            dp_evidence(score, Membership(member, cluster, "coin"), digest=digest)


def test_coins_are_tested_within_kinds_where_there_are_coins_and_once_a_canary():
    """Of kind 0 all 20 are in, of kind 1 none: no coin, but a split that was seen may be so."""
    kind = np.repeat([0, 1], 20)
    score = np.arange(40.0)
    with pytest.raises(AssumptionError, match="within each kind"):
        dp_evidence(score, Membership(kind == 0, None, "coin"), kind=kind)
    assert dp_evidence(score, Membership(kind == 0), kind=kind).n_members == 20
    # four canaries of ten copies each: four coins that fell as they may
    copies = Membership(kind == 0, np.arange(40) // 10, "coin")
    assert dp_evidence(score, copies, kind=kind).n_members == 20
    with pytest.raises(InvalidInput, match=r"`kind`.*\(39,\) for 40"):
        dp_evidence(score, copies, kind=kind[1:])
