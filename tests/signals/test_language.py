"""Scores of one model's tokens, by hand."""

import numpy as np
import pytest

from tacit.core import InvalidInput, Tokens
from tacit.signals import language

TWO = Tokens(
    logp=[-1.0, -4.0, -2.0, -3.0, -5.0, -0.5],
    start=[0, 5, 6],
    mean=[-2.0] * 6,
    var=[4.0, 4.0, 1.0, 1.0, 9.0, 0.0],
    n_bytes=[10, 2],
    compressed=[6, 10],
)


def test_each_score_is_its_formula():
    assert language.mean_logprob(TWO).tolist() == [-3.0, -0.5]
    assert language.byte_logprob(TWO).tolist() == [-1.5, -0.25]
    assert language.zlib_ratio(TWO).tolist() == [-2.5, -0.05]
    assert language.min_k(TWO, 0.4).tolist() == [-4.5, -0.5]
    # standardised: .5, -1, 0, -1, -1 and 1.5 over a deviation of 0.001
    np.testing.assert_allclose(language.min_k_plus_plus(TWO, 0.4), [-1.0, 1500.0], rtol=1e-6)


def test_a_short_text_has_its_one_lowest_token():
    assert language.min_k(TWO, 0.01).tolist() == [-5.0, -0.5]


def test_what_the_tokens_do_not_hold_is_named():
    bare = Tokens(logp=[-1.0], start=[0, 1])
    with pytest.raises(InvalidInput, match="no `compressed`"):
        language.zlib_ratio(bare)
    with pytest.raises(InvalidInput, match=r"no `mean`.*whole distribution"):
        language.min_k_plus_plus(bare)
    with pytest.raises(InvalidInput, match="`share`"):
        language.min_k(bare, 0.0)


def test_no_score_depends_on_the_order_of_the_texts():
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 60, 50)
    t = lengths.sum()
    some = Tokens(
        logp=-rng.exponential(2, t),
        start=np.concatenate([[0], np.cumsum(lengths)]),
        mean=-rng.exponential(2, t),
        var=rng.exponential(1, t),
    )
    order = rng.permutation(50)
    for score in (language.mean_logprob, language.min_k, language.min_k_plus_plus):
        np.testing.assert_array_equal(score(some)[order], score(some.take(order)))


def test_every_score_has_a_scale():
    for name, scale in language.SCALES.items():
        assert callable(getattr(language, name))
        assert scale in ("log-likelihood", "logit", "probability", "none")


def test_a_fifth_of_the_least_likely_tokens_is_the_default_of_min_k():
    """Ten tokens -1 to -10: the two least likely are -10 and -9."""
    tokens = Tokens(logp=-np.arange(1.0, 11.0), start=[0, 10])
    np.testing.assert_allclose(language.min_k(tokens), [-9.5])
    more = Tokens(logp=tokens.logp, start=[0, 10], mean=np.full(10, -5.0), var=np.full(10, 4.0))
    np.testing.assert_allclose(language.min_k_plus_plus(more), [-2.25])
