"""What a text shows without a model."""

import numpy as np
import pytest

from tacit.core import InvalidInput
from tacit.signals.text import NAMES, surface


def test_the_numbers_of_a_text_by_hand():
    (row,) = surface(["Ab 12\nü"])
    named = dict(zip(NAMES, row.tolist()))
    np.testing.assert_allclose(np.exp(named["log characters"]), 8, rtol=1e-6)
    np.testing.assert_allclose(np.exp(named["log words"]), 4, rtol=1e-6)
    np.testing.assert_allclose(named["share of digits"], 2 / 7, rtol=1e-6)
    np.testing.assert_allclose(named["share of capitals"], 1 / 7, rtol=1e-6)
    np.testing.assert_allclose(named["share outside ASCII"], 1 / 7, rtol=1e-6)
    assert named["latest year"] == 0


def test_years_are_whole_numbers_of_four_digits():
    assert surface(["1987, 2019 and 12020"])[0, -1] == 2019
    with pytest.raises(InvalidInput):
        surface([])
