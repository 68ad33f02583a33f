"""Two guessers on the same records."""

import numpy as np
import pytest

from tacit.core import InvalidInput, NotEnoughData
from tacit.metrics.paired import paired_share_difference

N_WORLDS = 800


def marks(both, first, second, neither):
    one = np.repeat([1, 1, 0, 0], [both, first, second, neither]).astype(bool)
    other = np.repeat([1, 0, 1, 0], [both, first, second, neither]).astype(bool)
    return one, other


def test_without_any_disagreement_the_interval_is_symmetric():
    found = paired_share_difference(*marks(0, 0, 0, 54))
    assert found.value == 0
    assert found.low == pytest.approx(-found.high)
    assert found.high == pytest.approx(0.0664, abs=5e-4)  # Wilson: z^2 / (n + z^2)


def test_mcnemars_p_value_is_the_binomial_of_the_disagreements():
    found = paired_share_difference(*marks(40, 8, 2, 50))
    assert found.p_value == pytest.approx(56 / 1024)  # 1 + 10 + 45 ways of 2 or fewer in 10
    assert paired_share_difference(*marks(40, 0, 0, 50)).p_value == 1


@pytest.mark.parametrize(("p", "told"), [(0.2, 0.1), (0.8, 0.3), (0.5, 0.0)])
def test_the_interval_holds_the_truth(p, told):
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(N_WORLDS):
        base = rng.random(300) < p
        found = paired_share_difference(
            base | (rng.random(300) < told), base ^ (rng.random(300) < 0.02)
        )
        truth = p + told * (1 - p) - (p * 0.98 + (1 - p) * 0.02)
        inside += found.low <= truth <= found.high
    assert inside / N_WORLDS >= 0.93


def test_the_test_raises_no_more_alarms_than_it_says():
    rng = np.random.default_rng(1)
    alarms = 0
    for _ in range(N_WORLDS):
        one, other = rng.random((2, 100)) < 0.6
        alarms += paired_share_difference(one, other).p_value <= 0.05
    assert alarms / N_WORLDS <= 0.06


def test_correlation_narrows_the_interval():
    # the same shares, but right about the same records: less can be chance
    together = paired_share_difference(*marks(50, 10, 5, 35))
    apart = paired_share_difference(*marks(20, 40, 35, 5))
    assert together.high - together.low < 0.6 * (apart.high - apart.low)


def test_over_clusters_copies_of_a_record_count_once():
    rng = np.random.default_rng(2)
    unit = np.repeat(np.arange(40), 25)
    inside, naive = 0, 0
    for _ in range(300):
        one, other = (rng.random((2, 40)) < 0.5)[:, unit]
        found = paired_share_difference(one, other, cluster=unit)
        inside += found.low <= 0 <= found.high
        plain = paired_share_difference(one, other)
        naive += plain.low <= 0 <= plain.high
    assert inside / 300 >= 0.92
    assert naive / 300 < 0.5
    assert found.n == 40


def test_bad_input_is_named():
    with pytest.raises(InvalidInput, match="same records"):
        paired_share_difference([True], [True, False])
    with pytest.raises(NotEnoughData, match="at least one record"):
        paired_share_difference([], [])
    with pytest.raises(NotEnoughData, match="5 of them, got 2"):
        paired_share_difference([True, False], [True, True], cluster=[0, 1])


def test_over_users_it_is_the_t_test_of_their_means():
    """Six users of two records: the test and the interval of one sample of six means."""
    from scipy.stats import ttest_1samp

    one = np.array([1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 0], bool)
    other = np.array([0, 1, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1], bool)
    user = np.repeat(np.arange(6), 2)
    means = (one.astype(float) - other).reshape(6, 2).mean(axis=1)
    known = ttest_1samp(means, 0, alternative="greater")
    found = paired_share_difference(one, other, cluster=user)
    assert found.p_value == pytest.approx(known.pvalue)
    ends = ttest_1samp(means, 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((ends.low, ends.high))


def test_the_correlation_pays_half_a_record():
    """40 both, 20 the first alone, 40 neither: (40 * 40 - 100 / 2) / sqrt(60 * 40 * 40 * 60)."""
    one, other = np.arange(100) < 60, np.arange(100) < 40
    found = paired_share_difference(one, other)
    z = 1.959964
    wilson_low = (60 + z**2 / 2 - z * (100 * 0.24 + z**2 / 4) ** 0.5) / (100 + z**2)
    shorter = (2 * (1 - 1550 / 2400)) ** 0.5
    assert found.low == pytest.approx(0.2 - (0.6 - wilson_low) * shorter, abs=1e-6)


def test_a_negative_correlation_is_not_corrected():
    """1 both, 49 either alone, 1 neither: (1 - 49 * 49) / sqrt(50 ** 4)."""
    one = np.r_[np.ones(50, bool), np.zeros(50, bool)]
    other = np.r_[True, np.zeros(49, bool), np.ones(49, bool), False]
    found = paired_share_difference(one, other)
    z = 1.959964
    wilson_low = (50 + z**2 / 2 - z * (25 + z**2 / 4) ** 0.5) / (100 + z**2)
    longer = (2 * (1 + 2400 / 2500)) ** 0.5
    assert found.low == pytest.approx(-(0.5 - wilson_low) * longer, abs=1e-6)


def test_clusters_that_all_say_the_same_are_as_sure_as_so_many_coins():
    """Six clusters, the first guesser always right and the second never: 2 ** -6; reversed, 1."""
    cluster = np.arange(12) // 2
    right, wrong = np.ones(12, bool), np.zeros(12, bool)
    assert paired_share_difference(right, wrong, cluster=cluster).p_value == 2.0**-6
    assert paired_share_difference(wrong, right, cluster=cluster).p_value == 1.0
    assert paired_share_difference(right, right, cluster=cluster).p_value == 1.0


def test_one_user_with_most_of_the_records_leaves_few_degrees_of_freedom():
    """Five users of one record and one of five: shares .1 and .5, so 1 / (5 * .01 + .25) = 3.33."""
    from scipy.stats import t

    change = np.array([1, 1, 0, 1, 0, 1, 1, 1, 0, 1], bool)
    user = np.array([0, 1, 2, 3, 4, 5, 5, 5, 5, 5])
    found = paired_share_difference(change, np.zeros(10, bool), cluster=user)
    # the mean is .7: what each user adds to its error, over what the others hold
    parts = np.array([0.03, 0.03, -0.07, 0.03, -0.07]) / 0.9
    large = (4 - 5 * 0.7) / 10 / 0.5
    error = ((parts @ parts + large**2) * 5 / 6) ** 0.5
    assert found.p_value == pytest.approx(t.sf(0.7 / error, 1 / 0.3))
    assert found.high - 0.7 == pytest.approx(t.ppf(0.975, 1 / 0.3) * error)


def test_a_user_with_four_in_ten_records_does_not_make_differences():
    """By the t test of all users alike one world in seven was called a difference."""
    rng = np.random.default_rng(3)
    unit = np.repeat(np.arange(40), np.r_[260, np.full(39, 10)])
    alarms = covered = 0
    for _ in range(400):
        own = rng.normal(size=(2, 40))[:, unit]
        one, other = own + 1.5 * rng.normal(size=(2, 650)) > 0.5
        found = paired_share_difference(one, other, cluster=unit)
        alarms += found.p_value <= 0.05
        covered += found.low <= 0 <= found.high
    # 29 or more of 400 come in 3 of 100 runs at 5 %, and 370 or fewer in 2 of 100 at 95 %
    assert alarms < 29
    assert covered > 370
