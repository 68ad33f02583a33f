"""The example of unlearning."""

import importlib
from pathlib import Path

import numpy as np
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def example(monkeypatch):
    monkeypatch.syspath_prepend(str(EXAMPLES))
    return importlib.import_module("unlearning")


def test_the_records_have_wrong_labels_that_only_memory_can_know(example):
    x, y = example.records()
    assert x.shape == (800, 64)
    assert set(np.unique(y)) == set(range(10))


@pytest.mark.slow
def test_every_method_is_audited_and_only_the_exact_one_is_cleared(example, capsys, monkeypatch):
    monkeypatch.setattr(example, "N_FORGET", 200)
    example.main()
    lines = capsys.readouterr().out.splitlines()
    found = {line.split()[0]: line.partition(": ")[0].split(maxsplit=1)[1] for line in lines}
    assert list(found) == ["nothing", "fine_tune", "wrong_labels", "exact"]
    assert found["nothing"] == found["fine_tune"] == "leak"
    assert found["exact"] != "leak"
