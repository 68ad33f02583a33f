import numpy as np
import pytest

from tacit.core import InvalidInput
from tacit.training.record_columns import RecordColumns


def test_a_row_is_the_same_row_of_every_column():
    rows = RecordColumns({"ids": np.arange(6).reshape(3, 2), 7: [1.0, 2.0, 3.0]})
    assert len(rows) == 3
    assert {name: part.tolist() for name, part in rows[[2, 0]].items()} == {
        "ids": [[4, 5], [0, 1]],
        "7": [3.0, 1.0],
    }
    assert rows[1:]["7"].tolist() == [2.0, 3.0]
    assert not rows.columns["ids"].flags.writeable


@pytest.mark.parametrize(
    ("columns", "got"),
    [
        ({}, "none"),
        ({"a": np.ones(2), "b": np.ones(3)}, "a 2, b 3"),
        ({"a": np.ones(2), "b": np.float64(1)}, "a 2, b 0"),
    ],
)
def test_columns_of_other_lengths_are_refused(columns, got):
    with pytest.raises(InvalidInput, match=f"one length, got {got}"):
        RecordColumns(columns)
