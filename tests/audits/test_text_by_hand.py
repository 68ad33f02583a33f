"""The audit of a language model, piece by piece: which attacks, what is noted, what is withheld."""

import inspect
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from tacit.attacks import ShadowStack
from tacit.audits import text as room
from tacit.audits.steps.text_game import Shadows, TextGame
from tacit.audits.text import (
    BASE_ONLY,
    _assumed,
    _attacks,
    _by_fine_tunes,
    _empty,
    _facts,
    _made,
    _of_a_pair,
    _Plan,
    _shadow_signals,
    _unknown,
    _withheld,
    text_audit,
)
from tacit.core import (
    AtMost,
    CheckResult,
    Estimate,
    Evidence,
    Membership,
    NotEnoughData,
    Policy,
    Report,
    Tokens,
)

N, LENGTH = 40, 12
POLICY = Policy("p", (AtMost("auc", 0.6), AtMost("advantage", 0.1)))
MEMBER = np.arange(N) < N // 2
HALF = np.random.default_rng(1).permutation(N) < N // 2
# another half, and neither that one nor what it leaves
OTHER = np.random.default_rng(2).permutation(N) < N // 2


def tokens(seed=0, gain=0.0, **more):
    rng = np.random.default_rng(seed)
    logp = -rng.gamma(4.0, 0.6, (N, LENGTH)) + gain * MEMBER[:, None]
    given = {"token": rng.integers(0, 10**6, N * LENGTH), "digest": "words"} | more
    return Tokens(
        logp=np.minimum(logp, 0).ravel(), start=np.arange(0, N * LENGTH + 1, LENGTH), **given
    )


def shadows(*halves, with_tokens=False):
    inside = np.stack(halves)
    logp = np.random.default_rng(2).normal(-2, 1, inside.shape)
    parts = tuple(tokens(seed) for seed in range(len(inside))) if with_tokens else ()
    return Shadows(logp, inside, parts)


PAIR = shadows(HALF, ~HALF)
FOUR = shadows(HALF, ~HALF, OTHER, ~OTHER)


def game(*, fine_tunes=None, references=None, texts=None, cluster=None, **more):
    key = Membership(MEMBER, cluster)
    return TextGame(tokens(**more), key, texts, references or {}, fine_tunes, None, {})


def plan(**more):
    told = []
    given = {
        "policy": POLICY,
        "level": 0.9,
        "seed": 5,
        "title": "t",
        "command": "c",
        "records": False,
        "tell": lambda *step: told.append(step),
        "min_cell": 7,
        "facts": {"fact": 1},
    }
    return _Plan(**(given | more)), told


def test_an_audit_of_texts_is_at_95_percent_and_refuses_what_overlaps_unless_told_otherwise():
    given = inspect.signature(text_audit).parameters
    wanted = {"level": 0.95, "seed": 0, "overlap": "refuse", "records": False}
    assert {name: given[name].default for name in wanted} == wanted


def test_every_part_is_told_as_it_begins():
    told = []
    report = text_audit(
        tokens(gain=2.0),
        Membership(MEMBER),
        references={"base": tokens(1, token=tokens().token)},
        level=0.9,
        seed=3,
        records=True,
        progress=lambda *step: told.append(step),
    )
    parts = ["gates", "scores", "fine-tunes", "extraction", "report"]
    assert told == [(what, done, 4) for done, what in enumerate(parts)]
    assert report.finding == "leak"
    made = report.environment
    assert (made["level"], made["seed"], made["references"]) == (0.9, 3, "base")
    assert (made["n_members"], made["n_nonmembers"], made["n_tokens"]) == (20, 20, N * LENGTH)
    assert report.records["member"] == [row < 20 for row in report.records["row"]]
    # a score that is larger for members
    inside = np.array(report.records["member"])
    score = np.array(report.records["score"])
    assert score[inside].mean() > score[~inside].mean()


def test_fine_tunes_are_attacked_where_there_are_two_draws_of_them(monkeypatch):
    """One pair of halves is one draw; two pairs are two, and so are two models of unlike halves."""
    asked = []

    def shadow_audit(signals, membership, **given):
        asked.append((signals.n_shadows, given))
        return Report("inconclusive", "inconclusive", "x", environment={"other": 1})

    monkeypatch.setattr(room, "shadow_audit", shadow_audit)
    made, _ = plan(records=True)
    assert _by_fine_tunes(game(), made) is None
    assert _by_fine_tunes(game(fine_tunes=PAIR), made) is None
    assert asked == []
    report = _by_fine_tunes(game(fine_tunes=FOUR), made)
    ((n, given),) = asked
    wanted = {
        "min_cell": 7,
        "policy": POLICY,
        "level": 0.9,
        "title": "t",
        "command": "c",
        "records": True,
    }
    assert n == 4
    assert {name: given[name] for name in wanted} == wanted
    assert (report.environment["fact"], report.environment["level"]) == (1, 0.9)
    assert _by_fine_tunes(game(fine_tunes=shadows(HALF, OTHER)), made) is not None


def test_one_pair_of_fine_tunes_is_a_score_and_more_or_fewer_are_none():
    found = _of_a_pair(PAIR, tokens())
    assert [score.name for score in found] == ["shadow stack, 2 fine-tunes"]
    wanted = ShadowStack()(_shadow_signals(PAIR, tokens()))
    np.testing.assert_allclose(found[0].value, wanted)


def test_only_two_models_of_one_draw_are_a_pair(monkeypatch):
    monkeypatch.setattr(room, "ShadowStack", lambda: lambda signals: signals.target[:, 0])
    assert len(_of_a_pair(PAIR, tokens())) == 1
    four = shadows(HALF, ~HALF, HALF, ~HALF)
    for other in (None, shadows(HALF), shadows(HALF, OTHER), FOUR, four):
        assert _of_a_pair(other, tokens()) == []


def test_texts_that_stand_on_both_sides_are_dropped_where_that_is_asked_for(monkeypatch):
    shared = np.isin(np.arange(N), [3, 30])
    both = SimpleNamespace(shared=shared, length=32, unit="tokens", kept=lambda: ~shared)
    seen = []

    def audited(game, plan):
        seen.append((game.tokens.n, plan.facts["overlaps_dropped"]))
        return Report("inconclusive", "inconclusive", "x")

    monkeypatch.setattr(room, "overlap_of", lambda *_: both)
    monkeypatch.setattr(room, "_audited", audited)
    for overlap in ("drop", "keep"):
        text_audit(tokens(), Membership(MEMBER), overlap=overlap)
    both.shared = np.zeros(N, bool)
    text_audit(tokens(), Membership(MEMBER), overlap="drop")
    assert seen == [(38, True), (40, False), (40, False)]


@pytest.mark.parametrize("halves", [(HALF,), (HALF, ~HALF, HALF, ~HALF)], ids=["one", "four"])
def test_fine_tunes_of_one_draw_that_cannot_be_used_leave_the_other_scores(halves):
    """They are no pair, and no two draws: what the model says by itself is audited all the same."""
    report = text_audit(tokens(gain=2.0), Membership(MEMBER), shadows=shadows(*halves))
    assert report.finding == "leak"
    noted = [note for note in report.unknown if "fine-tuned references" in note.metric]
    assert ["one draw of the texts" in note.reason for note in noted] == [True]


def test_the_signal_of_a_text_is_its_mean_log_probability():
    own = tokens()
    signals = _shadow_signals(FOUR, own)
    mean = own.logp.reshape(N, LENGTH).mean(axis=1)
    np.testing.assert_allclose(signals.target[:, 0], mean, rtol=1e-6)
    np.testing.assert_allclose(signals.shadow[:, :, 0], FOUR.logp)
    assert (signals.shadow_member == FOUR.member).all()
    assert (signals.statistic, signals.scale) == ("mean_logprob", "log-likelihood")


def test_the_stack_sees_tokens_where_they_are_known():
    names = [type(attack).__name__ for attack in _attacks(FOUR, tokens())]
    assert names == ["ShadowStack", "EBLiRA", "LiRA", "BASE"]
    assert _attacks(FOUR, tokens())[0].beside is None
    known = shadows(HALF, ~HALF, with_tokens=True)
    assert _attacks(known, tokens())[0].beside is not None


def test_what_was_not_tried_is_said_once_each():
    split, base, fine = (
        "is the split itself a giveaway?",
        "what does an attacker with references find?",
        "what does an attacker with fine-tuned references find?",
    )
    texts, references = ["a"] * N, {"base": tokens(1)}
    for given, wanted in (
        ({}, [split, base]),
        ({"texts": texts}, [base]),
        ({"references": references}, [split, fine]),
        ({"references": references, "texts": texts}, [fine]),
        ({"fine_tunes": PAIR}, [split]),
        ({"fine_tunes": PAIR, "texts": texts}, []),
        ({"fine_tunes": FOUR, "texts": texts}, []),
        ({"fine_tunes": shadows(HALF), "texts": texts}, [fine]),
    ):
        assert [note.metric for note in _unknown(game(**given))] == wanted


def test_what_is_assumed_names_the_unit_and_that_only_a_base_was_there():
    report = Report("leak", "fail", "x", assumes=("own", "own"))
    found = _assumed(report, game())
    assert found[0].startswith("Texts are independent")
    assert found[1:] == (BASE_ONLY, room.ASSUMES["observed"], "own")
    found = _assumed(report, game(fine_tunes=PAIR, cluster=np.arange(N)))
    assert found[0].startswith("Clusters of texts are independent")
    assert found[1:] == (room.ASSUMES["observed"], "own")


def test_facts_count_tokens_models_and_texts():
    """12 tokens of 40 texts; three texts of which the model had every token right."""
    right = np.zeros(N * LENGTH, bool)
    right[: 3 * LENGTH] = True
    right[4 * LENGTH : 5 * LENGTH - 1] = True
    one = game(fine_tunes=FOUR, references={"a": tokens(1), "b": tokens(2)}, top1=right)
    found = _facts(one, None, dropped=True)
    assert found == {
        "n_tokens": 480,
        "tokenizer": "words",
        "references": "a, b",
        "n_shadows": 4,
        "texts_all_right": 3,
    }
    assert _facts(game(), None, dropped=False)["references"] == "none"
    assert _facts(game(), None, dropped=False)["n_shadows"] == 0
    shared = SimpleNamespace(shared=np.arange(N) < 6, length=32, unit="tokens")
    for dropped in (True, False):
        found = _facts(game(), shared, dropped=dropped)
        assert (found["texts_sharing_32_tokens"], found["overlaps_dropped"]) == (6, dropped)
    shared.shared = np.zeros(N, bool)
    assert _facts(game(), shared, dropped=True)["overlaps_dropped"] is False


def test_a_digest_depends_on_everything_that_was_measured():
    made, _ = plan()
    plain = _made(game(), made)
    assert (plain["task"], plain["seed"], plain["level"], plain["fact"]) == ("texts", 5, 0.9, 1)
    others = [
        _made(game(references={"a": tokens(1)}), made),
        _made(game(references={"a": tokens(2)}), made),
        _made(game(fine_tunes=PAIR), made),
        _made(game(fine_tunes=FOUR), made),
        _made(game(gain=0.1), made),
    ]
    digests = [str(item.get("digest", item)) for item in [plain, *others]]
    assert len(set(digests)) == len(digests)


def test_a_split_that_gives_itself_away_keeps_its_numbers_and_finds_nothing():
    area = Estimate("auc", 0.9, 0.8, 0.95, 0.95, 40, "x")
    chosen = CheckResult("best", "attack", estimates=(area,))
    report = Report("leak", "fail", "loud", chosen="best", checks=(chosen,), warnings=("other",))
    found = _withheld(report, POLICY, "a giveaway")
    assert (found.finding, found.verdict, found.attributable) == ("inconclusive",) * 2 + (False,)
    assert found.headline == "Inconclusive: a giveaway"
    assert found.warnings == ("a giveaway", "other")
    assert [verdict.outcome for verdict in found.verdicts] == ["inconclusive"] * 2
    assert found.checks == (chosen,)
    again = _withheld(replace(report, warnings=("a giveaway",)), POLICY, "a giveaway")
    assert again.warnings == ("a giveaway",)
    assert _withheld(replace(report, chosen=""), POLICY, "x").finding == "inconclusive"


def test_too_few_texts_are_noted_for_all_and_for_each_gate():
    made, _ = plan()
    error = NotEnoughData("needs 4", needed=4, got=2, unit="members")
    report = _empty(error, game(), made)
    assert (report.finding, report.verdict, report.title) == ("inconclusive",) * 2 + ("t",)
    assert [verdict.note.needed for verdict in report.verdicts] == [4, 4]
    assert [(note.metric, note.got) for note in report.unknown] == [("everything", 2)]
    assert (report.policy, report.environment["level"]) == ("p", 0.9)


def by_one_test(monkeypatch, p_value, warning, **more):
    """What the one test on all texts is asked, and told, where its p-value is this one."""
    seen = SimpleNamespace()
    paper = Evidence(np.zeros(2), [True, False], None, "observed", "x", np.array([0, 1]))
    shown = SimpleNamespace(name="first", evidence=paper)
    items = (shown, SimpleNamespace(name="second", evidence=None))
    found = SimpleNamespace(
        p_value=p_value, alpha=0.1, shown=shown, test="test", scored=items, shown_level=0.99
    )

    def joint_finding(scored, looks, member, **given):
        seen.items, seen.member, seen.joint = scored, member, given
        return found

    def concluded(found, results, parts, others, *, shown, policy, warning):
        seen.warning, seen.others = warning, others
        return Report("inconclusive", "inconclusive", "x")

    def slice_results(test, columns, evidence, **given):
        seen.sliced = given
        return ()

    def figures(scored, shown, *, level):
        return {"level": [level]}

    result = CheckResult("first", "attack")
    made = {
        "joint_finding": joint_finding,
        "concluded": concluded,
        "slice_results": slice_results,
        "figures": figures,
        "slice_looks": lambda *_: (),
        "pooled_order": lambda *_: None,
        "results_of": lambda *_, **more: {"first": result},
        # of the first score, the log-probability, alone
        "backwards_warning": lambda evidence: "backwards" if evidence is paper else "other",
    }
    for name, function in made.items():
        monkeypatch.setattr(room, name, function)
    given, _ = plan(**more)
    seen.report = room._by_one_test(game(), (), items, given, warning)
    return seen


def test_backward_scores_are_a_reason_only_where_nothing_is_found(monkeypatch):
    """Alpha is .1 and itself significant; a gate that is shut comes before."""
    for p_value, warning, told in (
        (0.1, "", ""),
        (0.1001, "", "backwards"),
        (0.1001, "gate", "gate"),
        (0.05, "gate", "gate"),
    ):
        assert by_one_test(monkeypatch, p_value, warning).warning == told


def test_one_test_is_at_the_level_and_cells_of_the_audit(monkeypatch):
    seen = by_one_test(monkeypatch, 0.5, "")
    assert (seen.joint["level"], seen.joint["cluster"]) == (0.9, None)
    assert seen.member.tolist() == MEMBER.tolist()
    assert seen.sliced == {"level": 0.9, "min_cell": 7}
    assert seen.report.figures == {"level": [0.99]}
    assert (seen.report.title, seen.report.records) == ("t", None)
    kept = by_one_test(monkeypatch, 0.5, "", records=True).report.records
    assert kept == {"attack": "first", "row": [0, 1], "member": [True, False], "score": [0.0, 0.0]}


def test_a_gate_that_is_shut_withholds_what_fine_tunes_found(monkeypatch):
    given = Report("leak", "fail", "x")
    monkeypatch.setattr(room, "_by_fine_tunes", lambda game, plan: given)
    monkeypatch.setattr(room, "gate_warning", lambda blind, models: "the gate")
    told = []
    report = text_audit(
        tokens(), Membership(MEMBER), shadows=FOUR, progress=lambda *step: told.append(step)
    )
    assert (report.finding, report.attributable) == ("inconclusive", False)
    assert report.headline == "Inconclusive: the gate"
    parts = ["gates", "scores", "fine-tunes", "extraction", "report"]
    assert told == [(what, done, 4) for done, what in enumerate(parts)]


def test_fine_tunes_stand_before_the_scores_without_them(monkeypatch):
    """The report of the fine-tunes is kept, and every score of the model alone is added to it."""
    own = CheckResult("ShadowStack", "attack")
    given = Report("leak", "fail", "x", chosen="ShadowStack", checks=(own,))
    monkeypatch.setattr(room, "_by_fine_tunes", lambda game, plan: given)
    report = text_audit(tokens(), Membership(MEMBER), shadows=FOUR, level=0.9)
    assert report.checks[0] is own
    beside = report.check("log-probability")
    assert (beside.role, beside.p_adjusted) == ("attack", None)
    assert {item.level for item in beside.estimates} == {0.9}
