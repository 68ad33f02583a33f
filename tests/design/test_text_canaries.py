"""Canaries for texts: secrets where they are said to be, coins, files."""

import re

import numpy as np
import pytest

from tacit.core import InvalidInput
from tacit.design import TextCanaries, digit_canaries, suffix_canaries, token_canaries
from tacit.design.canaries import Canaries

WORDS = [f"word{i}" for i in range(50)]


def test_digits_stand_where_they_are_said_to_be():
    made = digit_canaries("Desk {desk} has the code {secret}, keep it.", 40, digits=4, seed=3)
    for number, (text, secret) in enumerate(zip(made.texts, made.secrets)):
        assert re.fullmatch(r"\d{4}", secret)
        assert text == f"Desk {number} has the code {secret}, keep it."
        assert made.prompts[number] == f"Desk {number} has the code "
    again = digit_canaries("Desk {desk} has the code {secret}, keep it.", 40, digits=4, seed=3)
    assert made.texts == again.texts
    assert made.member.tolist() == again.member.tolist()


def test_each_canary_has_a_fair_coin_of_its_own():
    made = digit_canaries("Desk {desk}: {secret}", 400, seed=1)
    assert 150 < made.member.sum() < 250
    assert made.manifest.membership.assignment == "coin"
    assert made.manifest.membership.cluster is None
    assert len(made.inserted(3)) == 3 * made.member.sum()
    assert set(made.inserted()) == {t for t, c in zip(made.texts, made.member) if c}


def test_endings_are_random_words_after_a_real_beginning():
    heads = [f"On day {i} we saw " for i in range(10)]
    made = suffix_canaries(heads, WORDS, words=5)
    assert all(len(secret.split()) == 5 for secret in made.secrets)
    assert all(text.startswith(head.rstrip()) for text, head in zip(made.texts, heads))
    assert len(set(made.secrets)) == 10


def test_new_tokens_are_the_secret():
    made = token_canaries(["a b", "c d"], ["<canary-0>", "<canary-1>"])
    assert made.texts == ["a b <canary-0>", "c d <canary-1>"]
    assert made.secrets == ["<canary-0>", "<canary-1>"]


def test_a_file_gives_them_back(tmp_path):
    made = digit_canaries("Über {desk}: {secret}!", 20, seed=5)
    read = TextCanaries.load(made.save(tmp_path / "canaries.npz"))
    assert read.texts == made.texts
    assert read.secrets == made.secrets
    assert read.member.tolist() == made.member.tolist()
    with pytest.raises(InvalidInput, match="cannot be read"):
        TextCanaries.load(tmp_path / "absent.npz")
    with pytest.raises(InvalidInput, match=r"\.npz"):
        made.save(tmp_path / "canaries.json")


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: digit_canaries("no secret", 2), "{secret} once"),
        (lambda: digit_canaries("{secret}", 2, digits=0), "`digits`"),
        (lambda: digit_canaries("{secret}", 0), "one canary"),
        (lambda: digit_canaries("{secret}", 30, digits=1), "the same"),
        (lambda: suffix_canaries(["a"], ["b"]), "two words"),
        (lambda: token_canaries(["a", "b"], ["c", "c"]), "`tokens`"),
    ],
)
def test_canaries_that_cannot_be_are_refused(make, match):
    with pytest.raises(InvalidInput, match=match):
        make()


def test_a_secret_outside_its_text_is_refused():
    texts = Canaries(np.array(["abc"]), None, "digits", 0)
    with pytest.raises(InvalidInput, match="outside its text"):
        TextCanaries(texts, np.array([2]), np.array([4]))


def test_secrets_are_drawn_from_the_whole_space_and_padded():
    """Two digits: 00 to 99, every one of them in 2,000 draws but with a chance of 2e-7."""
    made = digit_canaries("{desk}: {secret}", 2000, digits=2, seed=7)
    assert sorted(set(made.secrets)) == [f"{value:02}" for value in range(100)]
    assert len(digit_canaries("{secret}", 1, digits=9).secrets[0]) == 9
    with pytest.raises(InvalidInput, match="`digits` needs 1 to 9, got 10"):
        digit_canaries("{secret}", 1, digits=10)


def test_endings_are_drawn_from_all_words_and_twelve_long():
    made = suffix_canaries([f"{i}" for i in range(30)], ["a", "b", "c"])
    assert set(" ".join(made.secrets).split()) == {"a", "b", "c"}
    assert {len(secret.split()) for secret in made.secrets} == {12}
    assert suffix_canaries(["x"], ["a", "b"], words=1).texts[0] in ("x a", "x b")


def test_a_secret_is_between_its_ends_and_not_empty():
    texts = Canaries(np.array(["abc"]), None, "digits", 0)
    whole = TextCanaries(texts, np.array([0]), np.array([3]))
    assert (whole.secrets, whole.prompts) == (["abc"], [""])
    for begin, end in ((1, 1), (-1, 2), (2, 1)):
        with pytest.raises(InvalidInput, match="outside its text"):
            TextCanaries(texts, np.array([begin]), np.array([end]))


def test_a_text_is_added_as_often_as_it_is_asked_for():
    made = digit_canaries("{desk}: {secret}", 12, seed=1)
    inside = [text for text, coin in zip(made.texts, made.member) if coin]
    assert made.inserted() == inside
    assert made.inserted(2) == [text for text in inside for _ in range(2)]
    with pytest.raises(InvalidInput, match="`repeats`"):
        made.inserted(0)


def test_without_a_seed_texts_are_those_of_seed_zero_with_four_digits():
    made = [
        (
            digit_canaries("{desk} {secret}", 9),
            digit_canaries("{desk} {secret}", 9, digits=4, seed=0),
        ),
        (suffix_canaries(["a", "b"], WORDS), suffix_canaries(["a", "b"], WORDS, words=12, seed=0)),
        (
            token_canaries(["a", "b"], ["<1>", "<2>"]),
            token_canaries(["a", "b"], ["<1>", "<2>"], seed=0),
        ),
    ]
    for plain, zero in made:
        assert plain.texts == zero.texts
        assert plain.member.tolist() == zero.member.tolist()


def test_beginnings_and_ends_need_a_number_a_text():
    texts = Canaries(np.array(["abc", "abd"]), None, "digits", 0)
    for begin, end in ((1, 2), (2, 1)):
        with pytest.raises(InvalidInput, match="`begin` and `end` need 2 numbers"):
            TextCanaries(texts, np.zeros(begin, int), np.ones(end, int))
