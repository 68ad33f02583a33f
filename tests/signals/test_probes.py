"""Probes of a model that answers with labels only."""

import numpy as np
import pytest

from tacit.core import InvalidInput
from tacit.signals.probes import augmentation_robustness, noise_robustness, right_label


def side(x):
    """Label 1 right of the origin."""
    return (np.asarray(x)[:, 0] > 0).astype(int)


def test_right_labels_are_ones_whatever_the_labels_are_called():
    assert right_label(lambda x: np.array(["a", "b"]), [0, 0], ["a", "a"]).tolist() == [1, 0]
    scores = np.array([[0.1, 0.9], [0.8, 0.2]])
    assert right_label(lambda x: scores, [0, 0], [1, 1]).tolist() == [1, 0]
    several = np.array([[1, 0, 1], [0, 0, 0]])
    assert right_label(lambda x: several, [0, 0], [[1, 1, 1], [0, 0, 0]]).tolist() == [2 / 3, 1]


def test_records_far_from_the_boundary_survive_more_noise():
    x = np.array([[0.01], [0.5], [3.0], [-1.0]])
    score = noise_robustness(side, x, [1, 1, 1, 1], scale=1.0, spread=[1.0], n_copies=400)
    assert score[0] == pytest.approx(0.5, abs=0.06)
    assert score[1] == pytest.approx(0.69, abs=0.06)  # Phi(0.5)
    assert score[2] > 0.98
    assert score[3] == pytest.approx(0.16, abs=0.06)  # wrong, but not always


def test_every_record_gets_the_same_noise_so_that_equal_records_tie():
    x = np.array([[0.3], [0.3], [0.1]])
    score = noise_robustness(side, x, [1, 1, 1], scale=0.5, spread=[1.0], n_copies=20)
    assert score[0] == score[1]
    order = noise_robustness(side, x[::-1], [1, 1, 1], scale=0.5, spread=[1.0], n_copies=20)
    assert order[::-1].tolist() == score.tolist()


def test_yes_no_columns_are_flipped_and_stay_yes_or_no():
    seen = []

    def predict(x):
        seen.append(np.unique(x[:, 1]))
        return side(x)

    x = np.column_stack([np.linspace(-1, 1, 50), np.arange(50) % 2])
    noise_robustness(predict, x, side(x), scale=1.0, n_copies=10)
    assert all(set(values) <= {0.0, 1.0} for values in seen)


def test_augmentations_count_with_the_record_itself():
    x = np.array([[1.0], [2.0]])
    shifts = [lambda z: z - 1.5, lambda z: z - 3]
    score = augmentation_robustness(side, x, [1, 1], augmentations=shifts)
    assert score.tolist() == [1 / 3, 2 / 3]


def test_bad_input_is_named():
    with pytest.raises(InvalidInput, match="one label a record"):
        right_label(lambda x: np.zeros(3), [0, 0], [0, 0])
    with pytest.raises(InvalidInput, match="`scale`"):
        noise_robustness(side, np.zeros((2, 1)), [0, 0], scale=0)
    with pytest.raises(InvalidInput, match="`spread`"):
        noise_robustness(side, np.zeros((2, 1)), [0, 0], scale=1, spread=[1.0, 2.0])
    with pytest.raises(InvalidInput, match="`augmentations`"):
        augmentation_robustness(side, np.zeros((2, 1)), [0, 0], augmentations=[])


def test_flags_are_turned_in_a_quarter_of_the_scale_and_copies_counted_with_the_record():
    """Always right about 0: of yes/no columns a quarter of the scale is turned, half at most."""
    zeros = np.zeros((2, 2000))
    seen = []

    def predict(x):
        seen.append(np.asarray(x).mean())
        return np.zeros(len(x), int)

    label = np.zeros(2, int)
    spread = np.zeros(2000)
    found = noise_robustness(predict, zeros, label, scale=1.0, spread=spread, n_copies=3)
    assert found.tolist() == [1.0, 1.0]
    assert seen[0] == 0
    assert np.mean(seen[1:]) == pytest.approx(0.25, abs=0.03)
    seen.clear()
    noise_robustness(predict, zeros, label, scale=4.0, spread=spread, n_copies=1)
    # never more than half
    assert seen[1] == pytest.approx(0.5, abs=0.05)


def test_the_share_of_right_answers_counts_the_record_itself():
    """Right about the record and wrong about each of three copies: a quarter."""
    calls = []

    def predict(x):
        calls.append(1)
        return np.full(len(x), 0 if len(calls) == 1 else 1)

    found = noise_robustness(
        predict, np.full((4, 2), 0.5), np.zeros(4, int), scale=0.1, spread=np.ones(2), n_copies=3
    )
    assert found.tolist() == [0.25] * 4


def test_one_column_of_labels_is_the_labels_and_not_scores():
    """A column of shape (n, 1) holds labels: the largest of one score would always be class 0."""
    column = np.array([[1], [0], [1]])
    assert right_label(lambda x: column, [0, 0, 0], [1, 1, 1]).tolist() == [1, 0, 1]


def test_noise_is_added_in_units_of_each_feature_and_fifty_copies_are_the_default():
    """The copies of a record (10, 0) under spreads 1 and 0 differ in the first number alone."""
    seen = []

    def predict(x):
        seen.append(np.asarray(x).copy())
        return np.zeros(len(x), int)

    x = np.array([[10.0, 0.25]])
    noise_robustness(predict, x, [0], scale=0.5, spread=[2.0, 0.0], seed=3)
    assert len(seen) == 51
    # the same generator, asked in the same order: normals, then the chances of a turned flag
    rng = np.random.default_rng(3)
    noise = rng.standard_normal(2)
    assert seen[0].tolist() == x.tolist()
    np.testing.assert_allclose(seen[1], x + 0.5 * np.array([2.0, 0.0]) * noise)
    rng.random(2)
    np.testing.assert_allclose(seen[2][0, 0], 10 + rng.standard_normal(2)[0])


def test_the_spread_is_taken_over_all_records_where_none_is_given():
    """Numbers 0 and 4 have a standard deviation of 2; the scale of 3 makes it 6 normals."""
    seen = []

    def predict(x):
        seen.append(np.asarray(x).copy())
        return np.zeros(len(x), int)

    x = np.array([[0.0], [4.0]])
    noise_robustness(predict, x, [0, 0], scale=3.0, n_copies=1)
    normal = np.random.default_rng(0).standard_normal(1)
    np.testing.assert_allclose(seen[1] - x, [6 * normal] * 2)
