"""One number, never bare."""

import json
import math

import pytest

from tacit.core import Estimate, InvalidInput


def made(value=0.5, low=0.4, high=0.6, **changes):
    return Estimate(
        "auc", value, low, high, 0.95, 900, "by hand", ("records are independent",), **changes
    )


def test_an_estimate_goes_through_json_and_back_unchanged():
    for estimate in (made(), made(high=math.inf), made(low=-math.inf), made(p_value=0.03)):
        assert (
            Estimate.from_dict(json.loads(json.dumps(estimate.to_dict(), allow_nan=False)))
            == estimate
        )


def test_an_estimate_that_is_not_a_number_is_refused():
    with pytest.raises(InvalidInput, match="auc is not a number"):
        made(value=math.nan)
    with pytest.raises(InvalidInput, match="auc is not a number"):
        made(low=math.nan)


def test_an_empty_interval_is_refused():
    with pytest.raises(InvalidInput, match=r"empty interval: \[0.6, 0.4\]"):
        made(low=0.6, high=0.4)


def test_an_estimate_prints_its_interval_level_and_size():
    assert str(made()) == "auc = 0.5 [0.4, 0.6] (95 %, n = 900)"


def test_a_one_sided_bound_prints_one_end():
    assert ">= 0.4" in str(made(high=math.inf))
    assert "<= 0.6" in str(made(low=-math.inf))


def test_numbers_become_plain_python_numbers():
    numpy = pytest.importorskip("numpy")
    estimate = made(value=numpy.float32(0.5))
    assert type(estimate.value) is float
    assert type(Estimate("x", 0, 0, 0, 0.9, numpy.int64(3), "m", ["a"]).n) is int
    assert Estimate("x", 0, 0, 0, 0.9, 3, "m", ["a"]).assumes == ("a",)


@pytest.mark.parametrize("level", [0.0, 1.0, -0.5, 1.5, math.nan])
def test_a_level_is_neither_nothing_nor_certainty(level):
    with pytest.raises(InvalidInput, match="needs a `level` between 0 and 1"):
        Estimate("auc", 0.5, 0.4, 0.6, level, 10, "by hand")


def test_an_interval_of_no_width_is_one():
    assert Estimate("auc", 0.5, 0.5, 0.5, 0.95, 10, "by hand").low == 0.5
