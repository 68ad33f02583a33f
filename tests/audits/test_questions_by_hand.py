"""What audits ask of models and records, and what they refuse to ask."""

import numpy as np
import pytest

from tacit.audits import attribute, explore, label_only, unlearning
from tacit.core import InvalidInput


def test_an_exploration_needs_three_runs_two_variants_and_a_tolerance_below_one():
    good = {
        "runs": 3,
        "confirm": True,
        "tolerance": 0.0,
        "trials": 2,
        "seconds": None,
        "options": {"cluster": None},
    }
    for fine in ({}, {"confirm": 0}, {"confirm": 3}, {"tolerance": 0.99}, {"seconds": 0.1}):
        explore._require(**(good | fine))
    for bad in (
        {"runs": 2},
        {"trials": 1},
        {"confirm": 1},
        {"confirm": 2},
        {"tolerance": 1.0},
        {"tolerance": -0.01},
        {"seconds": 0},
        {"seconds": "1"},
        {"seconds": np.inf},
        {"options": {"depth": 1}},
    ):
        with pytest.raises(InvalidInput):
            explore._require(**(good | bad))
    assert explore._named({"a": {}, "b": {"x": 1}}) == {"a": {}, "b": {"x": 1}}
    for variants in ({"a": {}}, {"a": {}, " ": {}}, {"a": {}, "b": 3}):
        with pytest.raises(InvalidInput, match="`variants` needs"):
            explore._named(variants)
    assert explore._baseline("", {"a": 1, "b": 2}) == "a"
    assert explore._baseline("b", {"a": 1, "b": 2}) == "b"


def test_as_many_confident_records_are_asked_as_the_smaller_side_has(monkeypatch):
    """Depths 10, 50 and 100: a side of 50 allows two of them, one of 49 only the first."""
    monkeypatch.setattr(
        attribute, "precision_result", lambda name, code, depth, sides, codes, units, level: depth
    )
    for fewest, depths in ((49, [10]), (50, [10, 50]), (99, [10, 50]), (100, [10, 50, 100])):
        codes = (np.zeros(200, int), np.zeros(fewest, int))
        assert attribute._most_confident("x", 0, None, codes, None, 0.95) == depths
    people = (np.arange(200), np.arange(200) // 5)
    codes = (np.zeros(200, int), np.zeros(200, int))
    assert attribute._most_confident("x", 0, None, codes, people, 0.95) == [10]


def test_models_that_answer_alike_score_nothing_and_others_are_asked_in_turn():
    member = np.array([[1, 0, 1], [0, 1, 0], [1, 1, 0], [0, 0, 1]], bool)
    asked = []

    def attack(signals):
        asked.append((signals.n_shadows, signals.target[:, 0].tolist()))
        return signals.target[:, 0]

    alike = np.tile([[1.0, 5, 9]], (4, 1))
    assert not unlearning._scores(alike, member, attack).any()
    assert asked == []
    # models 0 and 1 are antithetic, and so are 2 and 3: neither is asked about by the other
    differ = np.arange(12.0).reshape(4, 3)
    member[3] = ~member[2]
    attack.shadow_scores = None
    found = unlearning._scores(differ, member, attack)
    np.testing.assert_array_equal(found, differ)
    assert [n for n, _ in asked] == [2, 2, 2, 2]


def test_both_sides_are_one_table_where_they_are_numbers_of_one_shape():
    both = label_only._together(np.array([[1, 2]]), [[3.5, 4.0]])
    assert both.tolist() == [[1, 2], [3.5, 4]]
    for first, second in (
        ([["a"]], [["b"]]),
        (np.zeros((2, 2)), np.zeros((2, 3))),
        (np.zeros((1, 1)), np.full((1, 1), np.nan)),
    ):
        assert label_only._together(first, second) is None


def test_noise_of_all_sizes_is_the_mean_where_there_are_several():
    x = np.array([[0.5, 1.0], [1.5, 3.0], [2.5, 2.0]])
    y = np.array([1, 0, 1])
    options = {"n_copies": 2, "changes": (), "seed": 0}

    def predict(rows):
        return (np.asarray(rows)[:, 0] > 1).astype(int)

    sides = (x[:2], x[2:])
    one = label_only._probes(predict, sides, x, y, scales=(0.5,), **options)
    assert len(one) == 2
    assert one[label_only.GAP].tolist() == [0, 0, 1]
    two = label_only._probes(predict, sides, x, y, scales=(0.5, 1.0), **options)
    names = list(two)
    assert names[1:] == ["noise of 0.5 deviations", "noise of 1 deviations", "noise of all sizes"]
    np.testing.assert_allclose(two[names[3]], (two[names[1]] + two[names[2]]) / 2)
    # records that are no table are asked as they are
    assert list(label_only._probes(predict, sides, None, y, scales=(0.5,), **options)) == [
        label_only.GAP
    ]
    changed = {**options, "changes": (lambda rows: np.asarray(rows) + 1,)}
    more = label_only._probes(predict, sides, None, y, scales=(), **changed)
    assert more["augmentations"].tolist() == [0.5, 0, 1]
