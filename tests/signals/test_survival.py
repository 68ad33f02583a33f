"""The likelihood of a time and an event."""

import numpy as np
import pytest

from tacit.core import InvalidInput
from tacit.signals.survival import survival_log_likelihood

TIMES = [1.0, 2.0, 3.0]
CURVE = [0.8, 0.5, 0.1]


def fit(time, event):
    return float(np.exp(survival_log_likelihood([CURVE], TIMES, time=[time], event=[event]))[0])


@pytest.mark.parametrize(
    ("time", "drop"), [(0.5, 0.2), (1.0, 0.2), (1.5, 0.3), (2.0, 0.3), (2.5, 0.4), (9.0, 0.1)]
)
def test_an_event_is_as_likely_as_the_drop_of_its_interval(time, drop):
    assert fit(time, True) == pytest.approx(drop)


@pytest.mark.parametrize(("time", "alive"), [(0.5, 1.0), (1.0, 0.8), (2.5, 0.5), (9.0, 0.1)])
def test_a_censored_record_is_as_likely_as_its_curve(time, alive):
    assert fit(time, False) == pytest.approx(alive)


def test_the_chances_of_all_intervals_add_up_to_one():
    assert sum(fit(time, True) for time in (0.5, 1.5, 2.5, 9.0)) == pytest.approx(1)


def test_what_was_impossible_is_finite():
    flat = survival_log_likelihood([[0.5, 0.5, 0.5]], TIMES, time=[1.5], event=[True])
    assert np.isfinite(flat).all()


def test_bad_input_is_named():
    with pytest.raises(InvalidInput, match="`times`"):
        survival_log_likelihood([CURVE], [3.0, 2.0, 1.0], time=[1], event=[True])
    with pytest.raises(InvalidInput, match="`survival`"):
        survival_log_likelihood([[0.1, 0.5, 0.8]], TIMES, time=[1], event=[True])
    with pytest.raises(InvalidInput, match="`event`"):
        survival_log_likelihood([CURVE], TIMES, time=[1], event=[True, False])


def test_curves_fall_from_one_to_zero_over_two_times_or_more():
    curve = np.array([[0.9, 0.5]])
    known = {"time": [1.5], "event": [True]}
    assert np.exp(survival_log_likelihood(curve, [1, 2], **known)) == pytest.approx(0.4)
    zero = survival_log_likelihood([[1.0, 0.0]], [1, 2], **known)
    assert np.exp(zero) == pytest.approx(1.0)
    bad = [
        ([[0.9]], [1]),  # one time
        ([[0.9, 0.5]], [1, 1]),  # no later than the first
        ([[1.5, 0.5]], [1, 2]),
        ([[0.9, -0.5]], [1, 2]),
        ([[0.5, 0.9]], [1, 2]),  # it rises
    ]
    for survival, times in bad:
        with pytest.raises(InvalidInput):
            survival_log_likelihood(survival, times, **known)


def test_a_curve_is_refused_where_one_step_rises_though_the_others_fall():
    known = {"time": [1], "event": [True]}
    with pytest.raises(InvalidInput, match="`survival`"):
        survival_log_likelihood([[0.5, 0.9, 0.1]], TIMES, **known)
    # rounding of a millionth is no rise, and no chance below 0 or above 1
    survival_log_likelihood([[1 + 1e-6, 0.5, -1e-6]], TIMES, **known)
    with pytest.raises(InvalidInput, match="`survival`"):
        survival_log_likelihood([[1 + 4e-6, 0.5, 0.1]], TIMES, **known)


def test_what_was_impossible_counts_as_a_millionth():
    flat = survival_log_likelihood([[0.5, 0.5]], [1, 2], time=[1.5], event=[True])
    np.testing.assert_allclose(np.exp(flat), [1e-6])
