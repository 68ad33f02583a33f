"""Labels of any kind become codes in sorted order."""

import numpy as np
import pytest

from tacit.core.checking import labelled_codes

WHOLE = {
    "from 0": np.array([2, 0, 1, 2]),
    "with gaps": np.array([7, -3, 7, 4, -3, 5, 4, 4, 6, 1, 2]),
    "far apart": np.array([10**12, -(10**12), 0]),
    "one value": np.array([5, 5, 5]),
    "one record": np.array([-7]),
    "none": np.zeros(0, int),
    "small type": np.array([-128, 127] * 200, np.int8),
    "beyond int64": np.array([2**64 - 1, 2**64 - 2] * 3, np.uint64),
    "lowest": np.array([-(2**63), -(2**63) + 1]),
}


@pytest.mark.parametrize("name", WHOLE)
def test_whole_numbers_have_the_codes_that_sorting_gives(name):
    names, inverse = np.unique(WHOLE[name], return_inverse=True)
    codes, texts = labelled_codes(WHOLE[name], "label")
    assert codes.dtype == np.int64
    assert codes.tolist() == inverse.tolist()
    assert texts == [str(value) for value in names.tolist()]
