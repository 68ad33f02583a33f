"""The signal itself is the score."""

import numpy as np

from tacit.attacks import Threshold
from tacit.core import Signals


def test_several_queries_are_averaged_and_one_is_taken_as_it_is():
    assert Threshold()(Signals.of([[1.0, 5.0], [4.0, 0.0]])).tolist() == [3, 2]
    assert Threshold()(Signals.of(np.array([7.0, -2.0]))).tolist() == [7, -2]
