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


def test_every_share_and_every_size_of_a_text_by_hand():
    """ "A~\\x7f 9" has 5 signs, 2 words, 1 line; DEL (code 127) is the last one of ASCII."""
    row = surface(["A~\x7f 9"])[0].tolist()
    sizes = [np.log(6), np.log(3), np.log(2)]
    shares = [1 / 5, 1 / 5, 1 / 5, 1 / 5, 0]
    np.testing.assert_allclose(row, [*sizes, *shares, 0], rtol=1e-6)


def test_a_single_letter_is_all_letters_and_an_empty_text_has_no_shares():
    assert surface(["x"])[0, 3] == 1
    assert surface([""])[0].tolist() == [0, 0, np.float32(np.log(2)), 0, 0, 0, 0, 0, 0]
