"""Intervals over target models, and a bar for every record."""

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import binom, norm, t

from tacit.attacks import BASE
from tacit.audits.steps.shadow_targets import (
    _bars,
    between_models,
    shadow_evidence,
    vulnerability,
)
from tacit.core import Estimate, Evidence, Signals


def over(values, name="auc", level=0.95):
    """The interval between models that gave these values."""

    def metric(value):
        return Estimate(name, value, value - 0.01, value + 0.02, 0.95, 100, "by hand", ())

    groups = [[index] for index in range(len(values))]
    return between_models(values, metric, level=level, pairs=groups)


def test_two_models_by_hand():
    """.2 and .4: mean .3, variance .02, one and a half times that since each is a reference of the
    other, Student's t with 1 degree of freedom 12.706.
    """
    found = over([0.2, 0.4])
    reach = t.ppf(0.975, 1) * 0.03**0.5 / (0.3 * 0.7)
    assert found.value == pytest.approx(0.3)
    assert found.low == pytest.approx(expit(logit(0.3) - reach))
    assert found.high == pytest.approx(expit(logit(0.3) + reach))
    assert found.n == 2


def test_it_ends_within_the_range_of_the_metric():
    for values in ([0.99, 1.0], [0.0, 0.001, 0.0], [0.5, 1.0, 0.9, 0.97]):
        found = over(values)
        assert 0 < found.low < found.value < found.high < 1
    assert -1 < over([0.0, 0.3], "advantage").low < 0 < over([0.0, 0.3], "advantage").high < 1


def test_an_advantage_is_carried_over_between_minus_one_and_one():
    found = over([-0.1, 0.3], "advantage")
    reach = t.ppf(0.975, 1) * 0.12**0.5 / 2 / (0.55 * 0.45)
    assert found.low == pytest.approx(2 * expit(logit(0.55) - reach) - 1)


def test_a_metric_without_bounds_has_the_plain_interval():
    found = over([3.0, 5.0])
    assert found.low == pytest.approx(4 - t.ppf(0.975, 1) * 3**0.5)
    assert found.high == pytest.approx(4 + t.ppf(0.975, 1) * 3**0.5)


def test_where_all_models_agree_their_own_intervals_are_left():
    found = over([0.9, 0.9, 0.9])
    assert (found.low, found.high) == pytest.approx((0.89, 0.92))


@pytest.mark.parametrize(("a", "b"), [(8, 2), (2, 30)])
def test_it_covers_the_mean_of_all_models(a, b):
    """The normal quantile in place of Student's would cover 85 % of four models."""
    worlds = 1000
    draws = np.random.default_rng(0).beta(a, b, (worlds, 4))
    found = [over(list(values)) for values in draws]
    held = sum(one.low <= a / (a + b) <= one.high for one in found)
    assert held >= binom.ppf(0.001, worlds, 0.94)


def test_mates_are_one_model():
    found = between_models(
        [0.1, 0.3, 0.3, 0.5],
        lambda value: Estimate("auc", value, value, value, 0.95, 9, "by hand", ()),
        pairs=[[0, 1], [2, 3]],
    )
    assert found.n == 2
    assert found.low == pytest.approx(over([0.2, 0.4]).low)


def shown(share, member):
    """Evidence in which a member outscores so many of ten non-members, or ties."""
    score = np.concatenate([np.arange(10.0), np.array(share, float)])
    return Evidence(score, np.r_[np.zeros(10, bool), member], None, "coin", "x", np.arange(12))


def shared(k):
    """Of a variance, for a mean over k targets that are references of each other."""
    return (1 / k + 1 / max(k - 1, 1)) ** 0.5


def test_the_bar_of_a_record_comes_from_its_own_models():
    """Above 5 of 10 and, with a tie, 7.5 of 10: mean .6, squares 2 * .125 ** 2 about .625."""
    evidences = (
        shown([4.5, 1.5], [True, True]),
        shown([7.0, 1.5], [True, True]),
    )
    found = vulnerability(evidences)
    assert found["vulnerability"][10] == pytest.approx(0.625)
    error = 0.125 * 2**0.5 * shared(2)
    reach = t.ppf(0.975, 1) * error / (0.625 * 0.375)
    assert found["low"][10] == pytest.approx(expit(logit(0.625) - reach))
    assert found["high"][10] == pytest.approx(expit(logit(0.625) + reach))
    # no spread at all: as if shares were known to half of one of the non-members
    reach = t.ppf(0.975, 1) * 0.05 * shared(2) / (0.2 * 0.8)
    assert found["low"][11] == pytest.approx(expit(logit(0.2) - reach))
    assert found["vulnerability"][0] is None
    assert found["n_targets"][:1] + found["n_targets"][10:] == [0, 2, 2]


def test_a_record_of_one_model_has_the_spread_of_others_like_it():
    """Without others, the widest that there is: 1.96 * .5, for what targets share too."""
    mean, squares = np.array([0.4]), np.array([0.0])
    low, _ = _bars(mean, squares, np.array([1]), level=0.95, step=0.01)
    assert low[0] == pytest.approx(expit(logit(0.4) - 1.959964 * 0.5 * shared(1) / 0.24), rel=1e-5)
    # a hundred others with a variance of .01 each
    mean, count = np.full(101, 0.4), np.r_[np.full(100, 3), 1]
    squares = np.r_[np.full(100, 0.02), 0.0]
    low, _ = _bars(mean, squares, count, level=0.95, step=0.01)
    reach = logit(0.4) - logit(low[100])
    assert 0.7 < reach / (1.96 * 0.1 * shared(1) / 0.24) < 1.4


def test_three_models_have_two_degrees_of_freedom_and_very_many_are_normal():
    """Sums of squares .02 and 40: variances .01 and .04."""
    from tacit.audits.steps import shadow_targets

    mean, squares, count = np.array([0.4, 0.4]), np.array([0.02, 40.0]), np.array([3, 1001])
    many = shadow_targets.MANY_FREEDOM
    low, high = _bars(mean, squares, count, level=0.9, step=0.01)
    far = t.ppf(0.95, [2, 1000])
    far = np.where([True, many > 1000], far, norm.ppf(0.95))
    reach = far * [0.1 * shared(3), 0.2 * shared(1001)] / (0.4 * 0.6)
    assert low == pytest.approx(expit(logit(0.4) - reach))
    assert high == pytest.approx(expit(logit(0.4) + reach))


def test_a_record_of_one_target_has_the_share_that_it_beats_there():
    """Records 10 and 11: one was a member once, the other never."""
    one = shown([4.5, 1.5], [True, False])
    found = vulnerability((one, one))
    assert found["vulnerability"][10] == pytest.approx(6 / 11)
    alone = Evidence(
        np.r_[np.arange(10.0), 4.5, 1.5],
        np.r_[np.zeros(10, bool), True, True],
        None,
        "coin",
        "x",
        np.arange(12),
    )
    other = Evidence(
        np.r_[np.arange(10.0), 4.5, 1.5],
        np.r_[np.zeros(10, bool), False, True],
        None,
        "coin",
        "x",
        np.arange(12),
    )
    found = vulnerability((alone, other))
    assert found["n_targets"][10:] == [1, 2]
    assert found["vulnerability"][10] == pytest.approx(0.5)


def test_shares_are_known_to_half_of_one_of_the_fewest_non_members():
    """Of ten and of eight non-members the eight decide: 1 / 16."""
    bars = {}

    def kept(mean, squares, count, *, level, step):
        bars["step"] = step
        return mean, mean

    mixed = [
        Evidence(np.arange(12.0), np.arange(12) >= first, None, "coin", "x", np.arange(12))
        for first in (10, 8)
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tacit.audits.steps.shadow_targets._bars", kept)
        vulnerability(mixed)
        assert bars["step"] == 0.5 / 8


def test_bars_hold_record_by_record():
    """Spreads that differ tenfold between records. One spread for all covers 57 % at the worst."""
    rng, worlds = np.random.default_rng(1), 400
    spread = np.geomspace(0.2, 2.0, 40)
    truth = expit(0.5 + spread * rng.normal(size=(20_000, 1))).mean(axis=0)
    held = np.zeros(40)
    for _ in range(worlds):
        share = expit(0.5 + spread * rng.normal(size=(4, 40)))
        mean = share.mean(axis=0)
        squares = ((share - mean) ** 2).sum(axis=0)
        low, high = _bars(mean, squares, np.full(40, 4), level=0.95, step=1e-4)
        held += (low <= truth) & (truth <= high)
    # of 40 records the least: one in a thousand of samples whose bars cover 93 %
    assert held.min() >= binom.ppf(0.001 / 40, worlds, 0.93)


def test_bars_hold_where_targets_are_references_of_each_other():
    """Seven models of the same 60 records: as if targets were independent, 92 % of bars hold."""
    rng, n, worlds = np.random.default_rng(2), 60, 300
    centre, gain = rng.normal(2, 2, n), np.exp(rng.normal(-0.3, 0.9, n))
    found = []
    for _ in range(worlds):
        inside = rng.random((7, n)) < 0.5
        inside[1::2] = ~inside[:6:2]
        shadow = centre + inside * gain + rng.normal(size=(7, n))
        game = Signals.of(
            np.zeros(n), shadow=shadow, shadow_member=inside, statistic="scaled_logit"
        )
        found.append(vulnerability(shadow_evidence(BASE(), game)))
    value, low, high, count = (
        np.array([world[name] for world in found], float)
        for name in ("vulnerability", "low", "high", "n_targets")
    )
    truth = (value * count).sum(axis=0) / count.sum(axis=0)
    held = ((low <= truth) & (truth <= high)).mean(axis=0)
    assert held.mean() > 0.945
    assert held.min() > 0.88


def test_a_value_at_either_end_of_a_range_keeps_to_it_and_beyond_has_none():
    from tacit.audits.steps.shadow_targets import _bounds

    for values, bounds in (
        ([0.0, 1.0], (0.0, 1.0)),
        ([-0.001, 0.5], (-np.inf, np.inf)),
        ([0.5, 1.001], (-np.inf, np.inf)),
    ):
        assert _bounds("auc", np.array(values)) == bounds
        assert _bounds("advantage@x", np.array(values)) == (-1.0, 1.0)


def test_an_interval_of_some_other_level_and_range_by_hand():
    from tacit.audits.steps.shadow_targets import _within

    assert _within(4.0, 0.5, (-np.inf, np.inf)) == (3.5, 4.5)
    # between 2 and 6 the middle 4: the derivative of the log odds is 1 / .25, of a width of 4
    low, high = _within(4.0, 0.5, (2.0, 6.0))
    assert low == pytest.approx(2 + 4 * expit(-0.5))
    assert high == pytest.approx(2 + 4 * expit(0.5))
    found = over([0.2, 0.4, 0.6], level=0.8)
    reach = t.ppf(0.9, 2) * 0.2 * (1 / 3 + 1 / 2) ** 0.5 / (0.4 * 0.6)
    assert (found.level, found.n) == (0.8, 3)
    assert found.high == pytest.approx(expit(logit(0.4) + reach))


def test_one_unit_alone_has_no_interval_between_models():
    from tacit.core import NotEnoughData

    def metric(value):
        return Estimate("auc", value, value, value, 0.95, 9, "by hand", ())

    with pytest.raises(NotEnoughData, match="needs 2 targets that are not mates, got 1") as error:
        between_models([0.1, 0.3], metric, pairs=[[0, 1]])
    assert (error.value.needed, error.value.got, error.value.unit) == (2, 1, "targets")


def test_where_models_agree_the_widest_of_their_own_intervals_is_left():
    ends = iter([(0.8, 0.95), (0.85, 0.97), (0.7, 0.92)])

    def metric(value):
        low, high = next(ends)
        return Estimate("auc", value, low, high, 0.95, 9, "by hand", ())

    found = between_models([0.9] * 3, metric, pairs=[[0], [1], [2]])
    assert (found.value, found.low, found.high) == (pytest.approx(0.9), 0.7, 0.97)


def test_mates_are_known_by_their_members_where_nothing_else_is_said():
    """Opposite coins are one unit: areas 1 and 0 in the mean, and 1 alone."""
    row = np.arange(6)
    member = row < 3
    papers = [
        Evidence(1.0 * member, member, None, "coin", "x", row),
        Evidence(1.0 * member, ~member, None, "coin", "x", row),
        Evidence(1.0 * (row % 2), row % 2 == 1, None, "coin", "x", row),
    ]
    found = between_models(papers, "auc")
    assert (found.value, found.n) == (0.75, 2)


def test_every_model_is_a_target_with_its_own_members():
    from tacit.testing import ShadowGaussian

    signals = ShadowGaussian(n_shadows=4).draw(20, seed=0).signals
    cluster = np.arange(signals.n) // 2
    papers = shadow_evidence(BASE(), signals, cluster=cluster)
    assert len(papers) == len(signals.shadow_member)
    for paper, member in zip(papers, signals.shadow_member):
        assert (paper.member == member).all()
        assert paper.row.tolist() == list(range(signals.n))
        assert (paper.cluster == cluster).all()
        assert paper.assignment == "coin"


def test_a_share_at_either_end_is_known_to_a_step_and_its_bar_reaches_it():
    """Three targets that always find a record, of 50 non-members: as if .99, spread .01."""
    for mean in (1.0, 0.0):
        low, high = _bars(np.array([mean]), np.zeros(1), np.array([3]), level=0.9, step=0.01)
        reach = t.ppf(0.95, 2) * 0.01 * shared(3) / (0.99 * 0.01)
        inner = expit(logit(0.99) - reach)
        assert (low[0], high[0]) == pytest.approx((inner, 1.0) if mean else (0.0, 1 - inner))


def test_the_median_share_of_all_targets_is_that_of_those_it_was_a_member_of():
    """Shares 2 / 10 as a member and 9 / 10 as a non-member's place: .2 counts."""
    row = np.arange(12)
    inside = np.r_[np.zeros(10, bool), True, True]
    outside = np.r_[np.zeros(10, bool), False, True]
    first = Evidence(np.r_[np.arange(10.0), 1.5, 0.5], inside, None, "coin", "x", row)
    second = Evidence(np.r_[np.arange(10.0), 8.5, 0.5], outside, None, "coin", "x", row)
    found = vulnerability((first, second), level=0.9)
    assert found["vulnerability"][10] == pytest.approx(0.2)
    assert found["vulnerability"][11] == pytest.approx((1 / 10 + 1 / 11) / 2)


@pytest.mark.parametrize(("count", "normal"), [(10_000, False), (10_001, True)])
def test_from_ten_thousand_degrees_of_freedom_on_student_s_t_is_normal(count, normal):
    """A variance of .04; 9,999 degrees of freedom are Student's still."""
    low, _ = _bars(
        np.array([0.4]), np.array([0.04 * (count - 1)]), np.array([count]), level=0.9, step=0.01
    )
    far = norm.ppf(0.95) if normal else t.ppf(0.95, count - 1)
    reach = far * 0.2 * shared(count) / (0.4 * 0.6)
    assert low[0] == pytest.approx(expit(logit(0.4) - reach), rel=1e-9)


def test_the_spread_of_a_record_is_that_between_targets_that_saw_it():
    """Shares .2 and .4 as a member of two targets; the third, which it outscores, saw others."""
    row = np.arange(12)

    def target(score, seen):
        inside = np.r_[np.zeros(10, bool), seen, True]
        return Evidence(np.r_[np.arange(10.0), score, 0.5], inside, None, "coin", "x", row)

    found = vulnerability((target(1.5, True), target(3.5, True), target(9.5, False)), level=0.9)
    assert found["n_targets"][10:] == [2, 3]
    assert found["vulnerability"][10] == pytest.approx(0.3)
    reach = t.ppf(0.95, 1) * 0.1 * 2**0.5 * shared(2) / (0.3 * 0.7)
    assert found["low"][10] == pytest.approx(expit(logit(0.3) - reach))


def test_records_of_two_targets_tell_the_spread_of_those_of_one():
    """A hundred others with two targets each and a variance of .01; the widest there is is .25."""
    mean, count = np.full(101, 0.4), np.r_[np.full(100, 2), 1]
    squares = np.r_[0.01 * np.random.default_rng(0).chisquare(1, 100), 0.0]
    low, _ = _bars(mean, squares, count, level=0.95, step=0.01)
    reach = logit(0.4) - logit(low[100])
    assert 0.7 < reach / (1.96 * 0.1 * shared(1) / 0.24) < 1.4
