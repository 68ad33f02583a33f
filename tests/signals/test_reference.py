"""Scores beside references, by hand and against their published formulas written plainly."""

import numpy as np
import pytest

from tacit.core import InvalidInput, Tokens
from tacit.signals import reference
from tacit.signals.language import mean_logprob

RIGHT = [True, False, False, True, True, True]
TARGET = Tokens(logp=[-1.0, -1.0, -3.0, -2.0, -0.5, -0.1], start=[0, 4, 6], top1=RIGHT)
OTHER = Tokens(logp=[-2.0, -3.0, -2.0, -2.0, -0.6, -0.2], start=[0, 4, 6])


def pair(n=40, *, seed=0, longest=60):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, longest, n)
    t, start = lengths.sum(), np.concatenate([[0], np.cumsum(lengths)])
    top1 = rng.random(t) < 0.6
    first = Tokens(logp=-rng.exponential(2, t), start=start, top1=top1)
    return first, Tokens(logp=-rng.exponential(2, t), start=start)


def rows(tokens, other):
    for i in range(tokens.n):
        part = slice(tokens.start[i], tokens.start[i + 1])
        gap = tokens.logp[part].astype(float) - other.logp[part].astype(float)
        yield gap, tokens.top1[part]


def test_differences_by_hand():
    np.testing.assert_allclose(reference.log_ratio(TARGET, OTHER), [0.5, 0.1], atol=1e-6)
    np.testing.assert_allclose(
        reference.tanh_vote(TARGET, OTHER),
        [np.tanh([1.0, 2.0, -1.0, 0.0]).mean(), np.tanh(0.1)],
        atol=1e-6,
    )


def test_the_error_zone_by_hand():
    # the wrong tokens of the first text gain 2 and lose 1; the second text has none
    np.testing.assert_allclose(reference.error_zone(TARGET, OTHER)[0], 1 / np.sqrt(6), rtol=1e-6)
    np.testing.assert_allclose(reference.error_zone_published(TARGET, OTHER), [2.0, 0.0], rtol=1e-6)
    assert reference.all_right(TARGET).tolist() == [False, True]
    assert -1e-6 < reference.error_zone(TARGET, OTHER)[1] < 0


def test_texts_without_a_wrong_token_are_ordered_among_themselves():
    logp = [-1.0, -0.1, -1.0, -0.9, -1.0, -3.0]
    right = Tokens(logp=logp, start=[0, 2, 4, 6], top1=[False, True] * 3)
    other = Tokens(logp=[-1.0, -2.0] * 3, start=[0, 2, 4, 6])
    score = reference.error_zone(right, other)
    assert score[0] > score[1] > score[2]
    assert np.abs(score).max() < 1e-6


def test_window_votes_are_those_of_a_plain_loop():
    target, other = pair()
    widths = (2, 3, 9, 40)
    expected = []
    for gap, _ in rows(target, other):
        shares = []
        for width in widths:
            size = min(width, len(gap))
            sums = np.convolve(gap, np.ones(size), "valid")
            shares.append((sums > 0).mean())
        expected.append(np.mean(shares))
    np.testing.assert_allclose(reference.window_vote(target, other, widths), expected)


def test_the_published_error_zone_is_that_of_a_plain_loop():
    target, other = pair(seed=1)
    expected = []
    for gap, top1 in rows(target, other):
        wrong = gap[1:][~top1[1:]]
        gains, losses = wrong[wrong > 0].sum(), -wrong[wrong < 0].sum()
        enough = len(wrong) >= 2 and losses > 0
        expected.append(gains / (losses + 1e-12) if enough else 0.0)
    np.testing.assert_allclose(reference.error_zone_published(target, other), expected)


def test_base_over_one_reference_is_the_difference_and_over_many_a_mean_likelihood():
    target, other = pair()
    _, third = pair(seed=5)
    np.testing.assert_allclose(
        reference.base_ratio(target, [other]), mean_logprob(target) - mean_logprob(other)
    )
    third = Tokens(logp=np.resize(third.logp, target.n_tokens), start=target.start)
    expected = mean_logprob(target) - np.log(
        (np.exp(mean_logprob(other)) + np.exp(mean_logprob(third))) / 2
    )
    np.testing.assert_allclose(reference.base_ratio(target, [other, third]), expected)


def test_no_likelihood_underflows():
    low = Tokens(logp=[-2000.0, -2000.0], start=[0, 1, 2])
    np.testing.assert_allclose(reference.base_ratio(low, [low, low]), 0.0, atol=1e-9)


def test_the_pooled_reference_is_the_mean_probability_of_each_token():
    target, other = pair()
    pooled = reference.pooled(target, [other, target])
    expected = np.log((np.exp(other.logp) + np.exp(target.logp)) / 2)
    np.testing.assert_allclose(pooled.logp, expected, atol=1e-5)


def test_no_score_depends_on_the_order_of_the_texts():
    target, other = pair(seed=2)
    order = np.random.default_rng(0).permutation(target.n)
    for name in reference.SCALES:
        if name in ("base_ratio", "byte_ratio"):  # tested by themselves, with what they need
            continue
        score = getattr(reference, name)
        np.testing.assert_array_equal(
            score(target, other)[order], score(target.take(order), other.take(order))
        )


def test_a_model_against_itself_scores_nothing():
    target, _ = pair()
    for name in ("log_ratio", "window_vote", "tanh_vote"):
        assert not np.any(getattr(reference, name)(target, target)), name


def test_other_tokenizers_and_missing_first_guesses_are_refused():
    target, other = pair()
    strange = Tokens(logp=other.logp, start=other.start, digest="other")
    with pytest.raises(InvalidInput, match="another tokenizer"):
        reference.window_vote(target, strange)
    with pytest.raises(InvalidInput, match="no `top1`"):
        reference.error_zone(other, target)
    with pytest.raises(InvalidInput, match="at least one Tokens"):
        reference.base_ratio(target, [])
    with pytest.raises(InvalidInput, match="`widths`"):
        reference.window_vote(target, other, [])


def sized(logp, n_bytes, digest=None):
    start = np.arange(0, len(logp) + 1, 2)
    return Tokens(logp=logp, start=start, n_bytes=n_bytes, digest=digest)


def test_bytes_are_gained_by_whole_texts_by_hand():
    """(-1 - 2) - (-4 - 1) = 2 nats over 4 bytes, (-3 - 3) - (-1 - 1) = -4 over 2."""
    target = sized([-1.0, -2.0, -3.0, -3.0], [4, 2], "one")
    other = sized([-4.0, -1.0, -1.0, -1.0], [4, 2], "two")
    np.testing.assert_allclose(reference.byte_ratio(target, other), [0.5, -2.0])
    with pytest.raises(InvalidInput, match="same 2 texts, got 1"):
        reference.byte_ratio(target, sized([-4.0, -1.0], [4], "two"))
    with pytest.raises(InvalidInput, match="another size in bytes"):
        reference.byte_ratio(target, sized([-1.0] * 4, [4, 3], "two"))


def test_every_published_width_has_one_vote_and_one_token_is_a_window():
    """-1, then eleven of +.05: the first window of w is won where .05 (w - 1) > 1: never.

    For w up to 12 that is 1 loss of 13 - w windows; where w > 12 the whole text is one window,
    of -1 + .55 < 0.
    """
    gap = np.array([-1.0] + [0.05] * 11)
    target = Tokens(logp=gap - 1.0, start=[0, 12])
    other = Tokens(logp=np.full(12, -1.0), start=[0, 12])
    shares = [1 - 1 / (13 - w) if w <= 12 else 0.0 for w in (2, 3, 4, 6, 9, 13, 18, 25, 32, 40)]
    np.testing.assert_allclose(reference.window_vote(target, other), [np.mean(shares)])
    np.testing.assert_allclose(reference.window_vote(target, other, [1]), [11 / 12])
    with pytest.raises(InvalidInput, match="`widths`"):
        reference.window_vote(target, other, [0, 2])
    assert reference.WIDTHS == (2, 3, 4, 6, 9, 13, 18, 25, 32, 40)


def test_a_text_without_a_wrong_token_lies_a_billionth_of_its_mean_below_zero():
    tokens = Tokens(logp=[-1.0, -3.0], start=[0, 2], top1=[False, True])
    np.testing.assert_allclose(reference.error_zone(tokens, tokens), [-2e-9])


def test_a_gain_without_any_measurable_loss_is_finite():
    """Gain 1 and a loss of 2^-24, the rounding of a float32 just below 1: 2^24 over 1 + 1.7e-5."""
    target = Tokens(logp=[0.0, -1.0, -(1 - 2**-24)], start=[0, 3], top1=[True, False, False])
    other = Tokens(logp=[0.0, -2.0, -(1 - 2**-23)], start=[0, 3])
    found = reference.error_zone_published(target, other)
    np.testing.assert_allclose(found, [1 / (2**-24 + 1e-12)], rtol=1e-9)
