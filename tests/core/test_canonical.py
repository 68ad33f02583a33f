"""One text for one content."""

import json

import pytest

from tacit.core import InvalidInput
from tacit.core.canonical import canonical, digest_of


def test_the_order_of_keys_and_the_way_through_json_change_nothing():
    plain = {"b": [1.5, 1e-9, None, True], "a": {"ü": "é", "x": "\ud800"}}
    again = json.loads(canonical(plain))
    assert canonical(again) == canonical(plain)
    assert digest_of(dict(reversed(plain.items()))) == digest_of(plain)


def test_any_change_changes_the_digest():
    assert digest_of({"a": 1}) != digest_of({"a": 2})
    assert digest_of({"a": 1}) != digest_of({"a": 1.0})


def test_the_digest_is_the_one_written_down_by_hand():
    """BLAKE2b of 16 bytes over the seven bytes {"a":1}; b2sum --length=128 agrees."""
    assert canonical({"a": 1}) == b'{"a":1}'
    assert digest_of({"a": 1}) == "blake2b-128:2c6b113b8dd15ffbded9860b43eb0c6c"


def test_a_number_that_json_has_not_is_null_as_in_a_saved_report():
    assert digest_of({"a": float("inf")}) == digest_of({"a": None})


def test_what_json_cannot_hold_has_no_digest():
    with pytest.raises(InvalidInput, match="no digest"):
        digest_of({"a": {1, 2}})
