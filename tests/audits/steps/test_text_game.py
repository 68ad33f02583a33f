"""Suffixes of texts: which tokens they are made of."""

import numpy as np

from tacit.audits.steps.text_game import Suffixes
from tacit.core import Tokens


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
