"""Edges of what one language model answered."""

import numpy as np
import pytest

from tacit.core import InvalidInput, Tokens


def tokens(**more):
    given = {"logp": np.log([0.5, 0.25, 0.1]), "start": np.array([0, 2, 3])}
    return Tokens(**(given | more))


@pytest.mark.parametrize(("context", "longer"), [(0, 0), (1, 1), (2, 0)])
def test_texts_longer_than_the_context_were_scored_in_windows(context, longer):
    assert tokens(context=context).n_windowed == longer


def test_tokens_are_compared_where_both_sides_have_them():
    with_tokens, without = tokens(token=np.array([1, 2, 3])), tokens()
    other = tokens(token=np.array([1, 2, 4]))
    with_tokens.require_same_texts(without, name="other")
    without.require_same_texts(with_tokens, name="other")
    with_tokens.require_same_texts(with_tokens, name="other")
    with pytest.raises(InvalidInput, match=r"`other` has other tokens in 1 row \(first: 1\)"):
        with_tokens.require_same_texts(other, name="other")
    with pytest.raises(InvalidInput, match="another tokenizer"):
        tokens(digest="a").require_same_texts(tokens(digest="b"), name="other")
    with pytest.raises(InvalidInput, match="got 1 texts of other lengths"):
        without.require_same_texts(tokens(start=np.array([0, 3])), name="other")


def test_sizes_are_one_at_least_and_the_first_that_is_not_is_named():
    assert tokens(n_bytes=np.array([1, 1])).n_bytes.tolist() == [1, 1]
    with pytest.raises(InvalidInput, match=r"`n_bytes` needs 1 or more.*1 row \(first: 1\)"):
        tokens(n_bytes=np.array([1, 0]))


def test_one_part_alone_is_joined_to_itself():
    whole = Tokens.concatenate([tokens(token=np.array([1, 2, 3]))])
    assert whole.token.tolist() == [1, 2, 3]
    assert whole.start.tolist() == [0, 2, 3]
    assert whole.mean is None
