"""A fixed date is used, or refused by name."""

import pytest

from tacit.core import InvalidInput
from tacit.core.dates import today


def test_a_fixed_second_is_the_date(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert today() == "1970-01-02"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "253402300799")
    assert today() == "9999-12-31"


@pytest.mark.parametrize("value", ["9" * 20, "253402300800", "-1", "soon", "1.5", "\u0663"])
def test_what_is_no_date_is_refused_by_name(monkeypatch, value):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", value)
    with pytest.raises(InvalidInput, match="SOURCE_DATE_EPOCH"):
        today()
