"""How hard a record is, by the models that were trained without it."""

import numpy as np
import pytest

from tacit.attacks import DifficultyCalibration
from tacit.core import NotEnoughData, Signals


def test_only_models_trained_without_a_record_say_how_hard_it_is():
    """OUT means 2 and 6 of the first query, 4 and 0 of the second: (5 - 2, 9 - 4), (7 - 6, 1 - 0).

    Averaged over the queries: 4 and 1. The models trained with a record answer 100.
    """
    shadow = np.array(
        [[[1.0, 3.0], [100.0, 100.0]], [[3.0, 5.0], [6.0, 0.0]], [[100.0, 100.0], [6.0, 0.0]]]
    )
    member = np.array([[0, 1], [0, 0], [1, 0]], bool)
    target = np.array([[5.0, 9.0], [7.0, 1.0]])
    signals = Signals.of(target, shadow=shadow, shadow_member=member)
    np.testing.assert_allclose(DifficultyCalibration()(signals), [4, 1])


def test_a_record_that_every_model_was_trained_on_cannot_be_calibrated():
    signals = Signals.of([1.0, 2.0], shadow=[[1.0, 2.0]], shadow_member=[[0, 1]])
    with pytest.raises(NotEnoughData, match="needs 1 shadow model without each record, got 0"):
        DifficultyCalibration()(signals)
