"""Statistics of a record's losses over training."""

import numpy as np
import pytest

from tacit.core import InvalidInput
from tacit.signals.traces import epochs_above, epochs_worse_than_half, mean_loss, trace_iqr

LOSSES = np.array([[4.0, 3.0, 2.0, 1.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0], [5.0, 5.0, 5.0, 5.0, 0.0]])


def test_the_range_is_between_the_quartiles():
    np.testing.assert_array_equal(trace_iqr(LOSSES), [2.0, 0.0, 0.0])


def test_epochs_above_a_limit_are_counted():
    np.testing.assert_allclose(epochs_above(LOSSES, 0.5), [0.8, 1.0, 0.8])


def test_epochs_worse_than_half_are_counted_with_ties_half():
    np.testing.assert_allclose(
        epochs_worse_than_half(LOSSES), [(0.5 + 0.5 + 0.5 + 0.5 + 0.5) / 5, 0.1 + 0.2, 0.9]
    )


def test_mean_loss_is_over_epochs():
    np.testing.assert_allclose(mean_loss(LOSSES), [2.0, 1.0, 4.0])


def test_a_record_learned_by_heart_ranges_wider_than_one_learned_early():
    epochs = np.arange(20)
    early, late = 3 * np.exp(-epochs / 1.0), 3 / (1 + np.exp(epochs - 10.0))
    easy, hard = trace_iqr(np.stack([early, late]))
    assert hard > 5 * easy


@pytest.mark.parametrize(
    ("losses", "message"),
    [
        (np.ones((3, 3)), "4 or more epochs"),
        ([[1, 2, np.nan, 3]], "finite"),
        ([1.0, 2], "dimension"),
    ],
)
def test_bad_losses_are_named(losses, message):
    with pytest.raises(InvalidInput, match=message):
        trace_iqr(losses)


def test_a_loss_at_the_limit_is_not_above_it_and_one_epoch_is_enough_for_counts():
    one = np.array([[2.0], [3.0], [4.0]])
    assert epochs_above(one, 3.0).tolist() == [0, 0, 1]
    assert epochs_worse_than_half(one).tolist() == [0, 0.5, 1]
    assert mean_loss(one).tolist() == [2, 3, 4]


def test_quartiles_need_four_epochs_and_no_more():
    """Losses 0, 1, 2, 3: quartiles .75 and 2.25 of NumPy's linear rule, 1.5 apart."""
    assert trace_iqr([[0.0, 1.0, 2.0, 3.0]]).tolist() == [1.5]
    with pytest.raises(InvalidInput, match="4 or more epochs"):
        trace_iqr([[0.0, 1.0, 2.0]])
