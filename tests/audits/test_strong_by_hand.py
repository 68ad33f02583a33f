"""Pieces of the strong audit, worked out by hand."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from tacit.audits import strong
from tacit.core import CheckResult, Estimate, Evidence, Signals


@pytest.mark.parametrize(
    ("seen", "game"),
    [
        ([[1, 1, 0], [0, 1, 0]], "online"),
        ([[1, 0, 0], [0, 0, 1]], "mixed"),
        ([[0, 0, 1], [0, 0, 0]], "offline"),
    ],
)
def test_records_that_are_known_play_no_game(seen, game):
    """The third record's membership is known: only whether models saw the first two matters."""
    signals = Signals.of(np.zeros(3), shadow=np.zeros((2, 3)), shadow_member=np.array(seen, bool))
    assert strong.game_of(signals.told(np.array([-1, -1, 0], np.int8))) == game
    assert strong.game_of(signals.told(np.array([-1, -1, 1], np.int8))) == game


def test_what_training_took_is_summed_over_the_models_that_say():
    assert strong._cost([1.00049, float("nan"), 2.0, 6.0]) == {
        "seconds_of_training": 9.0,
        "seconds_a_shadow_model": 3.0,
    }
    assert strong._cost([1.2344, 1.2344]) == {
        "seconds_of_training": 2.469,
        "seconds_a_shadow_model": 1.234,
    }
    assert strong._cost([float("inf")]) == strong._cost([]) == {}


def area(value):
    return Estimate("auc", value, value - 0.1, value + 0.1, 0.95, 90, "by hand")


def test_the_free_attack_and_its_baselines_stand_beside_the_strong_one():
    own = CheckResult("lira", "attack", estimates=(area(0.7),))
    free = CheckResult("loss", "attack", estimates=(area(0.6),), p_value=0.01, p_adjusted=0.02)
    other = CheckResult("entropy", "attack", estimates=(area(0.55),))
    blind = CheckResult("the record", "blind", estimates=(area(0.5),))
    left = SimpleNamespace(checks=(own,))
    right = SimpleNamespace(checks=(free, other, blind), chosen_check=free)
    gain = replace(area(0.1), name="auc gain")
    found = strong._side_by_side(left, right, gain)
    assert [check.name for check in found] == ["lira", "without shadow models: loss", "the record"]
    assert found[1].estimates == (area(0.6), gain)
    assert (found[1].p_value, found[1].p_adjusted) == (0.01, None)
    assert strong._side_by_side(left, right, None)[1].estimates == (area(0.6),)
    right.chosen_check = None
    assert strong._side_by_side(left, right, gain) == (own, blind)


def test_the_gain_is_that_on_the_records_that_both_scored(monkeypatch):
    """Rows 0 to 9 and 5 to 14: five are shared."""
    papers = {}
    for name, first in (("strong", 0), ("free", 5)):
        row = np.arange(first, first + 10)
        papers[name] = Evidence(1.0 * row, row % 2 == 0, None, "observed", name, row)
    monkeypatch.setattr(strong, "evidence_of", papers.get)
    seen = []

    def paired(first, second, *, level):
        seen.append((first, second, level))
        return area(0.2)

    monkeypatch.setattr(strong, "paired_auc_difference", paired)
    reports = [SimpleNamespace(records=name) for name in ("strong", "free")]
    found = strong.auc_gain(*reports, level=0.9)
    assert (found.name, found.value) == ("auc gain", 0.2)
    ((first, second, level),) = seen
    assert first.row.tolist() == second.row.tolist() == [5, 6, 7, 8, 9]
    assert (first.attack, second.attack, level) == ("strong", "free", 0.9)
    assert strong.auc_gain(reports[0], SimpleNamespace(records=None), level=0.9) is None
