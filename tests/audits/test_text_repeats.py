"""Texts that stand on a side several times count once, also where only their numbers are given."""

from dataclasses import replace

import numpy as np

import tacit
from tacit import Tokens


def side(seed, *, copies=5, length=12):
    """40 texts, each several times, and which row is which text."""
    rng = np.random.default_rng(seed)
    logp = np.repeat(-rng.gamma(4.0, 0.6, (40, length)), copies, axis=0).ravel()
    token = np.repeat(rng.integers(0, 400, (40, length)), copies, axis=0).ravel()
    start = np.arange(0, len(logp) + 1, length)
    return Tokens(logp=logp, start=start, token=token), np.repeat(np.arange(40), copies)


def p_values(seeds, *, copies=5, length=12, names=False, known=True):
    """With texts named as clusters, or left to be found."""
    (one, mine), (other, theirs) = (side(s, copies=copies, length=length) for s in seeds)
    if not known:
        one, other = replace(one, token=None), replace(other, token=None)
    cluster = (mine, theirs + 40) if names else None
    return tacit.audit_text(member=one, nonmember=other, cluster=cluster).p_value


def test_repeated_texts_are_told_by_their_tokens_or_their_log_probabilities():
    by_name = p_values((0, 1), names=True)
    assert p_values((0, 1)) == by_name
    assert p_values((0, 1), known=False) == by_name


def test_short_texts_of_equal_log_probabilities_may_be_different_texts():
    short = {"length": 7, "copies": 2}
    by_name = p_values((0, 1), names=True, **short)
    assert p_values((0, 1), **short) == by_name
    assert p_values((0, 1), known=False, **short) != by_name
