"""Common substrings and shared runs: exact, against brute force."""

import difflib

import numpy as np
import pytest

from tacit.core import InvalidInput, Ragged
from tacit.metrics import matching
from tacit.metrics.matching import longest_common_substring, shared_runs


def brute(first, second):
    found = difflib.SequenceMatcher(None, first, second, autojunk=False).find_longest_match()
    return found.size


def words(rng, most=60):
    return "".join(rng.choice(list("ab c"), rng.integers(0, most)))


@pytest.mark.parametrize(
    ("short", "cells"), [(matching.SHORT, 0), (0, matching.MOST_CELLS), (0, 50)]
)
def test_the_longest_common_substring_is_that_of_brute_force(short, cells, monkeypatch):
    monkeypatch.setattr(matching, "SHORT", short)
    monkeypatch.setattr(matching, "MOST_CELLS", cells)
    rng = np.random.default_rng(0)
    for _ in range(200):
        first, second = words(rng), words(rng)
        assert longest_common_substring(first, second) == brute(first, second), (first, second)


def test_equal_disjoint_and_foreign_texts():
    assert longest_common_substring("naïve 日本", "naïve 日本") == 8
    assert longest_common_substring("aaaaaaa", "aaaa") == 4
    assert longest_common_substring("abc", "xyz") == 0
    assert longest_common_substring("", "xyz") == 0


def test_shared_runs_are_those_of_brute_force():
    rng = np.random.default_rng(2)
    corpus = Ragged(rng.integers(0, 3, 200), np.array([0, 90, 91, 200]))
    texts = Ragged(rng.integers(0, 3, 300), np.arange(0, 301, 10))
    held = ["".join(map(str, corpus.value[a:b])) for a, b in zip(corpus.start, corpus.start[1:])]
    for length in (1, 3, 5, 6, 7, 10, 11):
        expected = []
        for begin in texts.start[:-1]:
            own = "".join(map(str, texts.value[begin : begin + 10]))
            runs = [own[i : i + length] for i in range(10 - length + 1)]
            expected.append(any(run in part for run in runs for part in held))
        assert shared_runs(texts, corpus, length=length).tolist() == expected, length


def test_planted_runs_are_found_and_nothing_else():
    rng = np.random.default_rng(3)
    corpus = rng.integers(0, 50_000, 100_000)
    texts = rng.integers(0, 50_000, (2_000, 50))
    planted = rng.choice(2_000, 50, replace=False)
    for row in planted:
        begin = rng.integers(0, 99_900)
        texts[row, 5:37] = corpus[begin : begin + 32]
    found = shared_runs(
        Ragged(texts.ravel(), np.arange(0, 100_001, 50)),
        Ragged(corpus, np.array([0, 100_000])),
        length=32,
    )
    assert sorted(np.flatnonzero(found)) == sorted(planted)
    with pytest.raises(InvalidInput, match="`length`"):
        shared_runs(Ragged(corpus, [0, 100_000]), Ragged(corpus, [0, 100_000]), length=0)


def test_edit_similarity_is_that_of_rapidfuzz():
    pytest.importorskip("rapidfuzz")
    assert matching.edit_similarities([("abcd", "abed"), ("same", "same")]).tolist() == [0.75, 1.0]


def test_texts_too_long_for_a_table_that_share_nothing_have_no_run():
    from tacit.metrics.matching import _by_halving

    assert _by_halving(np.arange(5), np.arange(10, 15)) == 0
    assert _by_halving(np.arange(5), np.array([9, 3, 9])) == 1
    assert _by_halving(np.arange(9), np.array([2, 3, 4, 8])) == 3


def test_each_size_of_text_has_its_road(monkeypatch):
    """Up to 1,000 characters by search; beyond, a table of (n + 1) cells a character up to 2 ** 26;
    else by halving.
    """
    taken = []
    for name in ("_by_search", "_longest", "_by_halving"):
        monkeypatch.setattr(matching, name, lambda *_, name=name: taken.append(name) or 7)
    for first, second in (("a" * 1000, "b" * 1000), ("a" * 1001, "b"), ("a", "b" * 1001)):
        assert longest_common_substring(first, second) == 7
    assert taken == ["_by_search", "_longest", "_longest"]
    taken.clear()
    monkeypatch.setattr(matching, "MOST_CELLS", 12)
    for lengths in ((4, 2), (2, 4), (3, 3), (5, 2), (13, 1)):
        matching.longest_common_run(*(np.zeros(n, int) for n in lengths))
    assert taken == ["_longest"] * 3 + ["_by_halving"] * 2
    assert matching.longest_common_run(np.zeros(0, int), np.zeros(5, int)) == 0


def test_powers_of_a_hash_stay_within_64_bits():
    power = 1
    for size in range(1, 70):
        power = power * int(matching.BASE) % 2**64
        assert int(matching._power(size)) == power


def test_two_runs_of_one_hash_are_told_apart_by_all_of_their_tokens(monkeypatch):
    """As if all hashes were the same: the first token alone, or all but the last, are no run."""
    runs = matching._runs
    monkeypatch.setattr(
        matching,
        "_runs",
        lambda *given: (np.zeros(len(runs(*given)[1]), np.uint64), runs(*given)[1]),
    )
    for tokens, held in (
        ([1, 2, 3], True),
        ([1, 2, 4], False),
        ([1, 5, 3], False),
        ([0, 2, 3], False),
    ):
        texts = Ragged(np.array(tokens), np.array([0, 3]))
        corpus = Ragged(np.array([1, 2, 3]), np.array([0, 3]))
        assert shared_runs(texts, corpus, length=3).tolist() == [held]


def test_sequences_without_an_equal_number_have_no_run_in_a_table():
    assert matching._longest(np.array([1, 2, 3]), np.array([4, 5])) == 0
    assert matching._longest(np.array([1, 2, 3]), np.array([5, 3])) == 1
