"""Sides of an audit of attribute inference, checked against one another."""

import pytest

from tacit.audits.steps.secret_sides import _require_strangers
from tacit.core import InvalidInput


def keys(known, of, start):
    """`of` keys, the first `known` of which are in the reference."""
    return [f"r{i}" for i in range(known)] + [f"s{start + i}" for i in range(of - known)]


def test_training_records_in_the_reference_are_refused_and_test_records_are_not():
    """Fisher's test, one-sided: 12 of 40 against none is p = .0001, 9 of 40 against none .0012."""
    reference = [f"r{i}" for i in range(60)]
    for train, test, refused in ((12, 0, True), (9, 0, False), (0, 40, False), (30, 30, False)):
        sides = (keys(train, 40, 0), keys(test, 40, 100), reference)
        if refused:
            with pytest.raises(InvalidInput, match=f"{train} of 40 rows of `train` are in it"):
                _require_strangers(sides)
        else:
            _require_strangers(sides)
