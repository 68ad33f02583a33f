"""Suffixes of texts: which tokens they are made of."""

import numpy as np
import pytest

from tacit.audits.steps.text_game import Shadows, Suffixes, TextGame, require_another_model
from tacit.core import InvalidInput, Membership, Tokens


def test_a_suffix_is_what_follows_the_prefix_and_no_token_more():
    """Four tokens are exactly long enough for two after two; of five the last does not count."""
    logp = [-1.0, -2, -3, -4, -1, -1, -1, -5, -6, -7, -8, -9]
    tokens = Tokens(logp=np.array(logp), start=np.array([0, 4, 7, 12]))
    found = Suffixes.of(tokens, prefix=2, suffix=2).log_p
    assert found[[0, 2]].tolist() == [-7.0, -15.0]
    assert np.isnan(found[1])


def test_of_several_references_the_one_that_says_it_most_readily_counts():
    found = Suffixes(np.zeros(2)).beside([np.array([-3.0, -1.0]), np.array([-2.0, -4.0])])
    assert found.prior.tolist() == [-2.0, -1.0]
    assert Suffixes(np.zeros(2)).beside([]).prior is None


def test_a_suffix_of_one_token_after_a_prefix_of_one_is_enough_and_none_is_refused():
    tokens = Tokens(logp=np.array([-1.0, -2, -3]), start=np.array([0, 2, 3]))
    found = Suffixes.of(tokens, prefix=1, suffix=1)
    assert found.log_p[0] == -2.0
    assert np.isnan(found.log_p[1])
    for prefix, suffix in ((0, 1), (1, 0)):
        with pytest.raises(InvalidInput, match=f"1 or more, got {prefix} and {suffix}"):
            Suffixes.of(tokens, prefix=prefix, suffix=suffix)


def test_fifty_tokens_after_fifty_are_looked_for_in_a_thousand_samples():
    tokens = Tokens(logp=np.full(199, -1.0), start=np.array([0, 100, 199]))
    made = Suffixes.of(tokens)
    assert made.log_p[0] == -50.0
    assert np.isnan(made.log_p[1])
    for found in (made, Suffixes(np.zeros(2))):
        assert (found.prefix, found.suffix, found.n, found.p) == (50, 50, 1000.0, 0.5)


def test_one_token_that_the_sampler_never_draws_cuts_the_suffix():
    logp = [-1.0, -np.inf, -1.0, -np.inf, -1.0, -1.0]
    tokens = Tokens(logp=np.array(logp), start=np.array([0, 3, 6]), sampler="top_k=5")
    # of the second text the cut lies in the prefix
    assert Suffixes.of(tokens, prefix=1, suffix=2).log_p.tolist() == [-np.inf, -2.0]


def test_fine_tunes_are_other_models_on_other_texts():
    """Texts may look alike to every model; models may not say the same of every text."""
    logp = np.array([[-1.0, -1.0, -2.0], [-3.0, -3.0, -4.0]])
    member = np.array([[True, False, False], [False, True, True]])
    shadows = Shadows(logp, member)
    assert shadows.n_models == 2
    kept = shadows.take(np.array([0, 2]))
    assert kept.logp.tolist() == [[-1.0, -2.0], [-3.0, -4.0]]
    assert kept.member.tolist() == [[True, False], [False, True]]
    with pytest.raises(InvalidInput, match="copies of one model"):
        Shadows(logp[[0, 0]], member)
    for side, what in ((True, "all of the texts"), (False, "none of the texts")):
        one_side = member.copy()
        one_side[1] = side
        with pytest.raises(InvalidInput, match=f"Fine-tune 1 was trained on {what}"):
            Shadows(logp, one_side)
    with pytest.raises(InvalidInput, match=r"\(2, 3\) and \(2, 2\)"):
        Shadows(logp, member[:, :2])


def spoken(logp, digest=""):
    return Tokens(logp=np.array(logp), start=np.array([0, 2, 4, 6]), digest=digest)


def test_every_part_speaks_of_as_many_texts():
    truth = Membership(np.array([True, False, True]))
    member = np.array([[True, False, True, False]] * 2)
    tokens = spoken([-1.0, -2, -3, -4, -5, -6])

    def game(texts=None, shadows=None, suffixes=None, slices=None):
        return TextGame(tokens, truth, texts, {}, shadows, suffixes, slices or {})

    shadows = Shadows(np.array([[-1.0, -2, -3, -4], [-1, -3, -2, -4]]), member)
    suffixes = Suffixes(np.array([-1.0, np.nan, -3, -4]))
    three = np.arange(3)
    whole = game(list("abc"), shadows.take(three), suffixes.take(three), {"a": [1, 2, 3]})
    for fine in (game(), whole):
        fine.require_whole()
    for part, name in (
        (game(texts=list("ab")), "texts"),
        (game(shadows=shadows), "shadows"),
        (game(suffixes=suffixes), "suffixes"),
        (game(slices={"a": [1, 2]}), r"slices\['a'\]"),
    ):
        with pytest.raises(InvalidInput, match=f"`{name}` needs 3 texts .* got [24]"):
            part.require_whole()
    kept = whole.take(np.array([False, True, True]))
    assert kept.tokens.logp.tolist() == [-3.0, -4.0, -5.0, -6.0]
    assert kept.texts == ["b", "c"]
    assert kept.shadows.logp.tolist() == [[-2.0, -3.0], [-3.0, -2.0]]
    np.testing.assert_equal(kept.suffixes.log_p, [np.nan, -3.0])
    assert kept.membership.member.tolist() == [False, True]
    assert kept.slices["a"].tolist() == [2, 3]


def test_a_reference_that_differs_by_rounding_alone_is_the_model():
    tokens = spoken([-1.0, -2, -3, -4, -5, -6])
    for change, refused in ((0.0, True), (8e-6, True), (1.2e-5, False), (0.5, False)):
        other = spoken(np.array([-1.0, -2, -3, -4, -5, -6]) - change * np.arange(6) / 5)
        if refused:
            with pytest.raises(InvalidInput, match="answers as the audited model does"):
                require_another_model(tokens, other, "base")
        else:
            require_another_model(tokens, other, "base")


def test_what_rounding_leaves_above_nought_is_nought():
    tokens = Tokens(logp=np.full(4, 5e-7), start=np.array([0, 2, 4]))
    assert Suffixes.of(tokens, prefix=1, suffix=1).log_p.tolist() == [0.0, 0.0]


def test_references_speak_of_the_same_texts_or_of_texts_of_the_same_size():
    """One with the same tokenizer token by token, one with another by the bytes of its texts."""
    truth = Membership(np.array([True, False, True]))
    logp = np.array([-1.0, -2, -3, -4, -5, -6])

    def made(logp, start, digest, n_bytes):
        return Tokens(logp=logp, start=np.array(start), digest=digest, n_bytes=np.array(n_bytes))

    tokens = made(logp, [0, 2, 4, 6], "a", [9, 9, 9])

    def game(other):
        return TextGame(tokens, truth, None, {"base": other}, None, None, {})

    game(made(logp - 1, [0, 2, 4, 6], "a", [9, 9, 9])).require_whole()
    game(made(logp, [0, 1, 2, 6], "b", [9, 9, 9])).require_whole()
    for other, said in (
        (made(logp - 1, [0, 1, 2, 6], "a", [9, 9, 9]), "texts of other lengths"),
        (made(logp, [0, 2, 4, 6], "a", [9, 9, 9]), "Reference 'base' answers as the audited"),
        (made(logp - 1, [0, 2, 4, 6], "b", [9, 9, 8]), r"`references\['base'\]` has texts of"),
    ):
        with pytest.raises(InvalidInput, match=said):
            game(other).require_whole()
    kept = game(made(logp - 1, [0, 2, 4, 6], "a", [9, 9, 9])).take(np.array([False, True, True]))
    assert kept.references["base"].logp.tolist() == [-4.0, -5.0, -6.0, -7.0]


def test_coins_and_references_go_with_their_texts():
    logp = np.array([[-1.0, -1.0, -2.0], [-3.0, -3.0, -4.0]])
    member = np.array([[True, False, True], [False, True, False]])
    kept = Shadows(logp, member).take(np.array([1, 2]))
    assert kept.member.tolist() == [[False, True], [True, False]]
    assert kept.logp.tolist() == [[-1.0, -2.0], [-3.0, -4.0]]
    suffixes = Suffixes(np.array([-1.0, -2.0, -3.0]), prior=np.array([-4.0, -5.0, -6.0]))
    taken = suffixes.take(np.array([2, 0]))
    assert (taken.log_p.tolist(), taken.prior.tolist()) == ([-3.0, -1.0], [-6.0, -4.0])
