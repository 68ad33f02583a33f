"""The gates on real texts: open on coins, shut on sources, lengths and weak mixtures."""

import gzip
import json

import numpy as np
import pytest

from tacit.audits.steps.text_gates import blind_results, gate_warning, reference_results
from tacit.core import Membership, Tokens


@pytest.fixture(scope="module")
def documents(shared):
    found = []
    for name in ("text_wikipedia.jsonl.gz", "text_nih_exporter.jsonl.gz"):
        with gzip.open(shared / "data" / name, "rt", encoding="utf8") as file:
            found.append([json.loads(line)["text"][:220] for line in file])
    return found


def shut(texts, member, seed=0):
    found = blind_results(texts, Membership(member), level=0.95, seed=seed)
    return bool(gate_warning(found, ()))


@pytest.mark.slow
def test_coins_pass_the_gate_in_95_of_100_draws(documents):
    rng = np.random.default_rng(0)
    refused = 0
    for draw in range(100):
        rows = rng.choice(1000, 120, replace=False)
        texts = [documents[i % 2][row] for i, row in enumerate(rows)]
        refused += shut(texts, rng.random(120) < 0.5, seed=draw)
    assert refused <= 5


def test_two_sources_are_refused(documents):
    texts = documents[0][:100] + documents[1][:100]
    assert shut(texts, np.arange(200) < 100)


@pytest.mark.slow
def test_a_weak_mixture_is_found(documents):
    """Members are 60 % from one source, non-members 40 %: no single look would show it."""
    rng = np.random.default_rng(1)
    texts = documents[0] + documents[1]
    chance = np.where(np.arange(2000) < 1000, 0.575, 0.425)
    assert shut(texts, rng.random(2000) < chance)


def test_lengths_and_years_are_refused():
    rng = np.random.default_rng(2)
    words = [f"w{i}" for i in range(200)]
    member = np.arange(200) < 100
    long = [" ".join(rng.choice(words, 30 + 8 * inside)) for inside in member]
    assert shut(long, member)
    dated = [
        f"{rng.integers(1950, 2000) + 25 * inside} " + text
        for text, inside in zip([" ".join(rng.choice(words, 30)) for _ in member], member)
    ]
    assert shut(dated, member)


def test_p_values_are_corrected_for_the_number_of_looks():
    texts = [f"text {i} of some {i % 7} words" for i in range(80)]
    found = blind_results(texts, Membership(np.arange(80) % 2 == 0), level=0.95, seed=0)
    assert len(found) == 5
    for result in found:
        assert result.p_adjusted >= result.p_value
    smallest = min(found, key=lambda result: result.p_value)
    assert smallest.p_adjusted == pytest.approx(min(1.0, 5 * smallest.p_value))


def test_a_reference_is_refused_in_either_direction_and_only_with_reason():
    rng = np.random.default_rng(3)
    member = np.arange(400) < 200

    def said(gain):
        logp = np.minimum(-rng.gamma(4, 0.5, (400, 20)) + gain * member[:, None], 0)
        return Tokens(logp=logp.ravel(), start=np.arange(0, 8001, 20))

    for gain in (0.4, -0.4):
        found = reference_results({"base": said(gain)}, Membership(member), level=0.95)
        assert "base alone" in gate_warning((), found)
    refused = 0
    for _ in range(200):
        found = reference_results({"base": said(0.0)}, Membership(member), level=0.95)
        refused += bool(gate_warning((), found))
    assert refused <= 7, "1 in 100 is allowed; more than 7 of 200 has a chance of 1 in 1,000"


def test_areas_count_pairs_and_half_of_the_ties():
    from tacit.audits.steps.text_gates import _areas

    score = np.array([[3.0, 1], [2, 1], [2, 1], [1, 1]])
    member = np.array([[1, 1], [1, 0], [0, 1], [0, 0]], bool)
    # 3 beats both; 2 ties one and beats one: 3.5 of 4. All alike: a half
    assert _areas(score, member).tolist() == [3.5 / 4, 0.5]


class Knows:
    """A guesser whose scores are `told`, whatever key it was taught."""

    def __init__(self, told):
        self.told = told

    def cross_fitted(self, keys, part):
        return np.repeat(self.told[:, None].astype(float), keys.shape[1], axis=1)


def test_the_true_key_counts_among_the_shuffled_ones():
    from tacit.audits.steps.text_gates import SHUFFLES, _by_shuffles

    member = np.random.default_rng(0).permutation(np.arange(60) < 30)
    found = _by_shuffles(Knows(member), Membership(member), seed=0)
    assert found == pytest.approx(1 / (sum(SHUFFLES) + 1))
    # who knows nothing ties with every key, so that ten are reached at once
    assert _by_shuffles(Knows(np.zeros(60)), Membership(member), seed=0) == 1.0


def test_two_halves_pay_for_each_other(monkeypatch):
    from types import SimpleNamespace

    from tacit.audits.steps import text_gates

    member = np.arange(20) < 10
    monkeypatch.setattr(text_gates, "collect", lambda *_: None)
    for pair, p in (
        ((0.4, 0.03), 0.06),
        ((0.02, 0.5), 0.04),
        ((0.8, 0.9), 1.0),
        ((None, 0.1), 0.2),
    ):
        found = (SimpleNamespace(p_value=value) for value in pair)
        monkeypatch.setattr(text_gates, "auc", lambda _, left=found: next(left))
        assert text_gates._by_halves(None, Membership(member), seed=0) == pytest.approx(p)


def test_a_cluster_with_both_kinds_is_cut_in_two():
    from tacit.audits.steps.text_gates import _units

    member = np.array([1, 1, 0, 1, 0, 0], bool)
    unit, answer = _units(Membership(member, cluster=np.array([0, 0, 1, 1, 2, 2])))
    assert len(answer) == 4
    assert (answer[unit] == member).all()
    assert unit[0] == unit[1] != unit[3] != unit[2]
    alone, same = _units(Membership(member))
    assert alone.tolist() == list(range(6))
    assert (same == member).all()


def test_whole_clusters_are_shuffled():
    from tacit.audits.steps.text_gates import _by_shuffles

    class Sees:
        keys = ()

        def cross_fitted(self, keys, part):
            self.keys = keys
            return np.zeros(keys.shape)

    member = np.repeat(np.arange(12) % 2 == 0, 5)
    guesser = Sees()
    _by_shuffles(guesser, Membership(member, np.repeat(np.arange(12), 5)), seed=0)
    # the truth is the last column
    assert guesser.keys.shape == (60, 65)
    assert (guesser.keys[:, -1] == member).all()
    assert (guesser.keys.reshape(12, 5, 65).sum(axis=1) % 5 == 0).all()
    assert len(np.unique(guesser.keys, axis=1).T) > 50
    assert (guesser.keys.sum(axis=0) == 30).all()


@pytest.mark.parametrize(("gain", "way"), [(0.15, 1), (-0.15, -1)])
def test_a_reference_is_tested_in_both_directions(gain, way):
    """Twice the smaller of both one-sided p-values of the area."""
    from tacit.metrics import auc
    from tacit.signals.language import mean_logprob

    rng = np.random.default_rng(3)
    member = np.arange(400) < 200
    logp = np.minimum(-rng.gamma(4, 0.5, (400, 20)) + gain * member[:, None], 0)
    tokens = Tokens(logp=logp.ravel(), start=np.arange(0, 8001, 20))
    (found,) = reference_results({"base": tokens}, Membership(member), level=0.95)
    one_sided = auc(mean_logprob(tokens), member if way > 0 else ~member).p_value
    assert found.p_value == pytest.approx(2 * one_sided)
    assert found.p_value == found.p_adjusted < 0.2


def test_a_gate_is_shut_at_the_corrected_p_value_of_one_in_a_hundred():
    from tacit.core import CheckResult, Estimate

    area = Estimate("auc", 0.6, 0.5, 0.7, 0.95, 90, "by hand")
    for alone, corrected, is_shut in ((0.002, 0.01, True), (0.0021, 0.0101, False)):
        found = CheckResult(
            "blind guesser (words)", "blind", estimates=(area,), p_value=alone, p_adjusted=corrected
        )
        assert bool(gate_warning([found], [])) == is_shut
        assert bool(gate_warning([], [found])) == is_shut


@pytest.mark.parametrize(
    ("shares", "much"), [((0.011, 0.0), 1), ((0.0, 0.011), 1), ((0.01, 0.01), 0)]
)
def test_one_side_that_overlaps_is_too_much_beyond_one_text_in_a_hundred(shares, much):
    from tacit.audits.steps.text_gates import Overlap

    assert Overlap(np.zeros(3, bool), 32, *shares).too_much == bool(much)


@pytest.mark.parametrize(
    ("n", "members", "enough"), [(12, 6, True), (11, 5, False), (500, 1, True), (499, 1, False)]
)
def test_five_hundred_splits_are_enough_for_five_guessers(n, members, enough):
    """One in 100 after Holm over five is one in 500: 924 splits of 12, 462 of 11, 500 of 500."""
    from tacit.audits.steps.text_gates import can_be_refused

    assert can_be_refused(Membership(np.arange(n) < members)) == enough


def test_each_half_is_guessed_by_what_the_other_half_teaches(monkeypatch):
    from types import SimpleNamespace

    from tacit.audits.steps import text_gates
    from tacit.core import deal

    truth = Membership(np.arange(20) < 10)
    told = []
    monkeypatch.setattr(text_gates, "collect", lambda _, signals, __: told.append(signals.known))
    monkeypatch.setattr(text_gates, "auc", lambda _: SimpleNamespace(p_value=0.5))
    text_gates._by_halves(None, truth, seed=3)
    part = deal(truth, 2, seed=3)
    for hidden, known in enumerate(told):
        assert (known[part == hidden] == -1).all()
        assert (known[part != hidden] == truth.member[part != hidden]).all()


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        # ten of the first lot, the last of them at place 30
        ([21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 40], [], 10 / 31),
        # four of the first lot, and the sixth of the second at its place 99
        ([0, 1, 2, 63], [0, 10, 20, 30, 40, 99, 150], 10 / (64 + 99 + 1)),
        # exactly ten, at the end of either lot
        ([0, 1, 2, 3, 4, 5, 6, 7, 8, 63], [0, 1], 10 / 64),
        ([0, 1, 2, 63], [0, 10, 20, 30, 40, 191], 10 / (64 + 191 + 1)),
        # six of all 1,024, and the truth
        ([5], [0, 10, 20, 30, 40], 7 / 1025),
    ],
)
def test_shuffles_stop_at_ten_that_do_as_well(monkeypatch, first, second, expected):
    from tacit.audits.steps import text_gates

    lots = iter((first, second, []))

    def areas(score, keys):
        found = np.full(keys.shape[1], 0.6)
        found[next(lots)] = 0.7
        if len(found) == 65:
            found[-1] = 0.7  # the truth, and ties with it count
        return found

    monkeypatch.setattr(text_gates, "_areas", areas)
    truth = Membership(np.arange(20) < 10)
    assert text_gates._by_shuffles(Knows(np.zeros(20)), truth, seed=0) == pytest.approx(expected)


def test_runs_of_twenty_four_words_are_shared_and_shorter_texts_where_they_stand_whole():
    from tacit.audits.steps.text_gates import overlap_of

    def words(first, last, kind="w"):
        return " ".join(f"{kind}{i}" for i in range(first, last))

    texts = [
        words(0, 30),  # 24 of it stand in a non-member
        words(100, 130),  # only 23 do
        words(200, 208),  # 8 words, whole in a longer non-member
        words(300, 307),  # 7 words in a longer one say nothing
        words(400, 407),  # but another text is the same
        words(3, 27) + " " + words(0, 9, "x"),
        words(105, 128) + " " + words(0, 9, "y"),
        words(198, 210),
        words(295, 310),
        words(400, 407),
        words(500, 540),
    ]
    member = np.arange(11) < 5
    found = overlap_of(None, Membership(member), texts)
    assert np.flatnonzero(found.shared).tolist() == [0, 2, 4, 5, 9]
    assert (found.member, found.nonmember) == (3 / 5, 2 / 6)
    assert (found.length, found.unit) == (24, "words")
    assert overlap_of(None, Membership(member), None) is None
    turned = overlap_of(None, Membership(~member), texts)
    assert (turned.member, turned.nonmember) == (2 / 6, 3 / 5)
    assert turned.shared.tolist() == found.shared.tolist()


def test_runs_of_thirty_two_tokens_are_shared_where_the_model_gives_their_numbers():
    from tacit.audits.steps.text_gates import overlap_of

    parts = [np.arange(40), np.arange(50, 90), np.r_[0, np.arange(5, 37)], np.arange(58, 89)]
    start = np.cumsum([0, *map(len, parts)])
    token = np.concatenate(parts).astype(np.int32)
    tokens = Tokens(logp=np.full(len(token), -1.0), start=start, token=token)
    found = overlap_of(tokens, Membership(np.array([True, True, False, False])))
    # the last is shorter than a run, and stands whole in the second
    assert found.shared.tolist() == [True, False, True, True]
    assert (found.member, found.nonmember, found.length, found.unit) == (0.5, 1.0, 32, "tokens")


def test_no_side_is_left_where_all_of_it_is_shared():
    from tacit.audits.steps.text_gates import Overlap
    from tacit.core import InvalidInput

    shared = np.array([True, True, False])
    for shares in ((1.0, 0.0), (0.0, 1.0)):
        with pytest.raises(InvalidInput, match="no text of a side"):
            Overlap(shared, 32, *shares).kept()
    assert Overlap(shared, 32, 0.99, 0.5).kept().tolist() == [False, False, True]


def test_a_repeated_text_is_looked_at_once_a_side():
    from tacit.audits.steps.text_gates import _once

    member = Membership(np.array([True, True, False, False, True]))
    assert _once(["a", "a", "a", "b", "b"], member).tolist() == [0, 2, 3, 4]


def test_texts_beyond_the_most_are_sampled(monkeypatch):
    from tacit.audits.steps import text_gates

    monkeypatch.setattr(text_gates, "MOST_TEXTS", 40)
    monkeypatch.setattr(text_gates, "_by_shuffles", lambda *_, **__: 0.3)
    monkeypatch.setattr(text_gates, "_by_halves", lambda *_, **__: 0.01)
    for n, kept in ((40, 40), (41, 40)):
        texts = [f"text {i} of some {i % 7} words" for i in range(n)]
        member = np.arange(n) % 2 == 0
        found = text_gates.blind_results(texts, Membership(member), level=0.9, seed=0)
        assert {result.n_members + result.n_nonmembers for result in found} == {kept}
        assert sorted(result.p_value for result in found) == [0.01, 0.3, 0.3, 0.3, 0.3]
        # Holm over five: 5 x 0.01, and 4 x 0.3
        assert {round(result.p_adjusted, 9) for result in found} == {0.05, 1.0}
        assert {result.estimates[0].level for result in found} == {0.9}


def test_only_results_with_a_p_value_share_the_error():
    from tacit.audits.steps.text_gates import adjusted
    from tacit.core import CheckResult, Estimate

    area = (Estimate("auc", 0.6, 0.5, 0.7, 0.95, 90, "by hand"),)
    given = [
        CheckResult("a", "blind", estimates=area, p_value=p) if p is not None else None
        for p in (0.02, None, 0.01)
    ]
    none = CheckResult("a", "blind")
    found = adjusted([none if result is None else result for result in given])
    assert [result.p_adjusted for result in found] == [pytest.approx(0.02), None, 0.02]
