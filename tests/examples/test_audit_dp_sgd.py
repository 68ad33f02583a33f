import importlib.util
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "audit_dp_sgd.py"


@pytest.mark.framework
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_correct_training_stands_and_a_broken_one_is_refuted(capsys):
    pytest.importorskip("opacus")
    spec = importlib.util.spec_from_file_location("audit_dp_sgd", EXAMPLE)
    example = importlib.util.module_from_spec(spec)
    sys.modules["audit_dp_sgd"] = example
    spec.loader.exec_module(example)
    assert example.main(["--canaries", "120", "--epsilon", "1.5", "--break", "delta_one"]) == 0
    text = capsys.readouterr().out
    assert "The correct training is not refuted. 1 of 1 broken ones are refuted." in text
