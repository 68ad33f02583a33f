"""Scores from shadow models by hand; here alone a low score means member."""

import math

import numpy as np
import pytest

from tacit import InvalidInput
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack import advanced_mia as mia

# of the models with record 0: 3 5 7, without: 0 2; of those with record 1: 1 1, without: 4 4 10
IN = [np.array([[3.0], [5.0], [7.0]]), np.array([[1.0], [1.0]])]
OUT = [np.array([[0.0], [2.0]]), np.array([[4.0], [4.0], [10.0]])]
TARGET = np.array([[5.0], [4.0]])


def log_density(x, centre, spread):
    return -(((x - centre) / spread) ** 2) / 2 - math.log(spread * math.sqrt(2 * math.pi))


def spread_of(values):
    return np.std(values)


def test_lira_is_out_less_in():
    one = mia.compute_score_lira(TARGET[:1], IN[:1], OUT[:1])
    out, inside = log_density(5, 1, 1), log_density(5, 5, spread_of([3, 5, 7]))
    assert one[0] == pytest.approx(out - inside)
    assert one[0] < 0, "low means member"
    assert mia.compute_score_lira(TARGET[:1], IN[:1], OUT[:1], "in")[0] == pytest.approx(-inside)
    assert mia.compute_score_lira(TARGET[:1], IN[:1], OUT[:1], "out")[0] == pytest.approx(out)


def test_the_centre_is_the_median_and_the_spread_is_about_the_mean():
    stats = [np.array([[4.0], [4.0], [10.0]])]
    median = mia.compute_score_lira([[4.0]], stats, stats, "out")
    assert median[0] == pytest.approx(log_density(4, 4, spread_of([4, 4, 10])))
    mean = mia.compute_score_lira([[4.0]], stats, stats, "out", median_or_mean="mean")
    assert mean[0] == pytest.approx(log_density(4, 6, spread_of([4, 4, 10])))


def test_one_spread_for_all_is_that_about_each_centre():
    """About the medians 1 and 4: -1 1 0 0 6."""
    found = mia.compute_score_lira(TARGET, IN, OUT, "out", fix_variance=True)
    spread = np.std([-1, 1, 0, 0, 6])
    np.testing.assert_allclose(found, [log_density(5, 1, spread), log_density(4, 4, spread)])


def test_scores_are_averaged_over_augmentations():
    two = [np.hstack([part, part + 1]) for part in IN]
    out = [np.hstack([part, 2 * part]) for part in OUT]
    target = np.hstack([TARGET, TARGET - 1])
    whole = mia.compute_score_lira(target, two, out, "in")
    parts = [
        mia.compute_score_lira(target[:, k : k + 1], [p[:, k : k + 1] for p in two], out, "in")
        for k in (0, 1)
    ]
    np.testing.assert_allclose(whole[0], (parts[0][0] + parts[1][0]) / 2)


def test_offsets_by_hand():
    """Medians 5 and 1 with, 1 and 4 without: half-way 3 and 2.5."""
    np.testing.assert_allclose(mia.compute_score_offset(TARGET, IN, OUT), [5 - 3, 4 - 2.5])
    np.testing.assert_allclose(mia.compute_score_offset(TARGET, IN, OUT, "in"), [0, 3])
    np.testing.assert_allclose(mia.compute_score_offset(TARGET, IN, OUT, "out"), [4, 0])
    mean = mia.compute_score_offset(TARGET, IN, OUT, "out", "mean")
    np.testing.assert_allclose(mean, [4, -2])


def test_a_record_without_shadow_models_gets_the_mean_of_the_others():
    stats = [*IN, np.empty((0, 1))]
    found = mia.compute_score_offset([[5.0], [4.0], [4.0]], stats, stats, "in")
    np.testing.assert_allclose(found, [0, 3, 4 - (5 + 1) / 2])
    table = np.array([[1.0, np.nan], [3.0, 4.0], [np.nan, 8.0]])
    mia.replace_nan_with_column_mean(table)
    assert table.tolist() == [[1, 6], [3, 4], [2, 8]]


def test_one_shadow_model_has_a_finite_score():
    found = mia.compute_score_lira([[1.0]], [np.array([[1.0]])], [np.array([[1.0]])])
    assert np.isfinite(found).all()


LOGITS = np.array([[2.0, 0.0, 1.0], [0.0, 0.0, 3.0]])
LABELS = np.array([0, 1])
E = math.exp


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("conf with logit", [2.0, 0.0]),
        ("hinge", [1.0, -3.0]),
        ("conf with prob", [E(2) / (E(2) + 1 + E(1)), 1 / (2 + E(3))]),
        ("logit", [2 - math.log(1 + E(1)), -math.log(1 + E(3))]),
        ("xe", [math.log(E(2) + 1 + E(1)) - 2, math.log(2 + E(3))]),
    ],
)
def test_statistics_of_logits_by_hand(option, expected):
    before = LOGITS.copy()
    found = mia.calculate_statistic(LOGITS, LABELS, option=option)
    np.testing.assert_allclose(found, expected)
    np.testing.assert_array_equal(LOGITS, before)


def test_statistics_of_probabilities_by_hand():
    probs = np.array([[0.7, 0.2, 0.1], [0.25, 0.5, 0.25]])
    for option, expected in (
        ("conf with prob", [0.7, 0.5]),
        ("xe", [-math.log(0.7), math.log(2)]),
        ("logit", [math.log(0.7 / 0.3), 0.0]),
    ):
        found = mia.calculate_statistic(probs, LABELS, is_logits=False, option=option)
        np.testing.assert_allclose(found, expected, atol=1e-12)
    weighted = mia.calculate_statistic(
        probs, LABELS, np.array([2.0, 3.0]), is_logits=False, option="xe"
    )
    np.testing.assert_allclose(weighted, [-2 * math.log(0.7), 3 * math.log(2)])
    sure = mia.calculate_statistic(np.array([[1.0, 0.0]]), LABELS[:1], is_logits=False)
    assert sure[0] == pytest.approx(-math.log(1e-45), rel=1e-2)
    for option in ("hinge", "conf with logit"):
        with pytest.raises(InvalidInput, match="needs logits"):
            mia.calculate_statistic(probs, LABELS, is_logits=False, option=option)
    np.testing.assert_allclose(mia.convert_logit_to_prob(LOGITS).sum(axis=1), 1)


@pytest.mark.parametrize(
    "stats", [[], [np.ones((2, 1)), np.ones((2, 2))], [np.ones((2, 1)), np.ones(2)]]
)
def test_every_record_needs_one_number_of_augmentations(stats):
    with pytest.raises(InvalidInput, match="with the same k"):
        mia.compute_score_offset([[1.0]], stats, stats, "in")
