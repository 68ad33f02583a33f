"""One number, never bare."""

import json
import math

import pytest

from tacit.core import Estimate, InvalidInput
from tacit.core.estimate import interval_text, rounded_down, rounded_up


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


@pytest.mark.parametrize(
    ("bound", "digits", "down", "up"),
    [
        (0.99996, 4, 0.9999, 1.0),
        (1.99999, 3, 1.99, 2.0),
        (0.1, 4, 0.1, 0.1),
        (0.30000000000000004, 4, 0.3, 0.3001),
        (-1.00004, 4, -1.001, -1.0),
        (12345.6, 3, 12300.0, 12400.0),
        (0.0, 4, 0.0, 0.0),
    ],
)
def test_bounds_are_rounded_away_from_what_they_promise(bound, digits, down, up):
    assert rounded_down(bound, digits) == down
    assert rounded_up(bound, digits) == up


def test_a_bound_alone_is_never_told_as_more_than_it_is():
    assert interval_text(0.99996, math.inf) == ">= 0.9999"
    assert interval_text(-math.inf, 0.10004) == "<= 0.1001"
    assert interval_text(0.99996, 1.00004) == "[1, 1]"
