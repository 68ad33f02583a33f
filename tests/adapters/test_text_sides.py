"""Texts come as lists, columns, tables and rows; nothing is mistaken for a text."""

from pathlib import Path

import numpy as np
import pytest

import tacit
from tacit.adapters.text_sides import prompts_of, side_of
from tacit.core import InvalidInput, Tokens

TEXTS = ["one", "two", "three"]


def as_series(texts):
    pandas = pytest.importorskip("pandas")
    return pandas.Series(texts, index=[7, 8, 9], dtype="string")


def as_frame(texts):
    pandas = pytest.importorskip("pandas")
    return pandas.DataFrame({"user": [1, 2, 3], "text": texts})


def as_single_column(texts):
    pandas = pytest.importorskip("pandas")
    return pandas.DataFrame({"body": texts})


def as_arrow(texts):
    return pytest.importorskip("pyarrow").table({"text": texts})


def as_arrow_column(texts):
    return pytest.importorskip("pyarrow").chunked_array([texts[:1], texts[1:]])


def as_lazy_frame(texts):
    return pytest.importorskip("polars").LazyFrame({"user": [1, 2, 3], "text": texts})


@pytest.mark.parametrize(
    "held",
    [
        list,
        tuple,
        np.array,
        iter,
        lambda texts: ({"text": text, "n": 1} for text in texts),
        lambda texts: dict(enumerate(texts)).values(),
        lambda texts: np.array(texts, object),
        lambda texts: {"text": texts, "n": [1, 2, 3]},
        lambda texts: {"only": texts},
        lambda texts: [{"text": text, "n": 1} for text in texts],
        as_series,
        as_frame,
        as_single_column,
        as_arrow,
        as_arrow_column,
        as_lazy_frame,
    ],
)
def test_texts_are_found_in_what_holds_them(held):
    side = side_of(held(TEXTS), "member")
    assert side.texts == TEXTS
    assert all(type(text) is str for text in side.texts)
    assert side.prompts is None


def test_rows_of_prompts_and_completions_are_both():
    side = side_of([{"prompt": "", "completion": text} for text in TEXTS], "member")
    assert (side.texts, side.prompts) == (TEXTS, ["", "", ""])


@pytest.mark.parametrize(
    ("given", "match"),
    [
        (None, "`member` needs a list of texts, got NoneType"),
        ("one", "got a single text"),
        (Path("a.jsonl"), r"name of a file.*read_texts\(path\)"),
        ("trained.jsonl", "name of a file"),
        ([("one", 1), ("two", 0)], "got tuple in 2 rows.*without their labels"),
        ({"one", "two"}, "in an order, got a set"),
        ([], "at least one text"),
        ({}, "it has none"),
        ([1, 2], "got int in 2 rows"),
        ([b"one"], "Decode them first"),
        ([[{"role": "user"}]], "apply_chat_template"),
        (["one", float("nan")], r"1 row \(first: 1\).*missing value"),
        (["one", None], "missing value"),
        (["one", " \n"], r"empty ones in 1 row \(first: 1\)"),
        (["one", "\ud800"], r"half a surrogate pair in 1 row \(first: 1\)"),
        ({"body": TEXTS, "n": [1, 2, 3]}, "a column 'text'.*it has 'body', 'n'"),
        ([{"text": "one"}, {"body": "two"}], r"got NoneType in 1 row \(first: 1\)"),
        ([{"text": "one"}, "two", 3], r"got int in 1 row \(first: 2\)"),
    ],
)
def test_what_is_no_text_is_named(given, match):
    with pytest.raises(InvalidInput, match=match):
        side_of(given, "member")


def test_columns_without_names_are_no_texts():
    pandas = pytest.importorskip("pandas")
    assert side_of(pandas.DataFrame(TEXTS), "member").texts == TEXTS
    with pytest.raises(InvalidInput, match="a column 'text'"):
        side_of(pandas.DataFrame([TEXTS, TEXTS]), "member")


def test_one_prompt_stands_for_all_and_may_be_empty():
    assert prompts_of("say: ", 2, "prompts[0]") == ["say: ", "say: "]
    assert prompts_of(["", "b"], 2, "prompts[0]") == ["", "b"]
    with pytest.raises(InvalidInput, match=r"`prompts\[0\]` needs 2 prompts"):
        prompts_of(["a"], 2, "prompts[0]")
    with pytest.raises(InvalidInput, match="got int"):
        prompts_of(["a", 1], 2, "prompts[0]")


def test_numbers_of_the_same_texts_on_both_sides_are_refused():
    rng = np.random.default_rng(0)
    lengths = rng.integers(5, 30, 60)
    tokens = Tokens(np.minimum(rng.normal(-3, 1, lengths.sum()), 0.0), np.r_[0, np.cumsum(lengths)])
    order = rng.permutation(60)
    for other in (tokens, tokens.take(np.arange(60)), tokens.take(order)):
        with pytest.raises(InvalidInput, match="same"):
            tacit.audit_text(member=tokens, nonmember=other)
    with pytest.raises(InvalidInput, match="`prompts` are for a model that is asked"):
        tacit.audit_text(
            member=tokens.take(order[:30]), nonmember=tokens.take(order[30:]), prompts="x"
        )


def test_a_policy_of_texts_may_be_a_mapping():
    rng = np.random.default_rng(1)
    sides = [Tokens(rng.normal(-3, 0.1, 90), np.arange(0, 91, 3)) for _ in range(2)]
    report = tacit.audit_text(member=sides[0], nonmember=sides[1], policy={"auc": 0.9})
    assert [verdict.metric for verdict in report.verdicts] == ["auc"]
    with pytest.raises(InvalidInput, match="Did you mean 'advantage'"):
        tacit.audit_text(member=sides[0], nonmember=sides[1], policy={"advantag": 0.9})
