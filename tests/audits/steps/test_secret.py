"""When a guess about a secret counts as right, and what is guessed among."""

import numpy as np
import pytest

from tacit.audits.steps.secret import Secret, secret_of

NUMBER = Secret(("a",), "number", np.array([0.0, 1.0, 2.0, 4.0]), tolerance=1.0)


def test_a_number_at_exactly_the_tolerance_is_right():
    """0 and 1 match, 1 and 2, 2 and 4 do not."""
    assert NUMBER.match.astype(int).tolist() == [
        [1, 1, 0, 0],
        [1, 1, 1, 0],
        [0, 1, 1, 0],
        [0, 0, 0, 1],
    ]
    guess, truth = np.array([0, 0, 3, 3]), np.array([1.0, 1.1, 5.0, 2.9])
    assert NUMBER.right(guess, truth).tolist() == [True, False, True, False]
    assert NUMBER.codes(np.array([0.4, 3.2, 9.0])).tolist() == [0, 3, 3]


def test_a_category_is_right_where_it_is_the_same_and_no_candidate_is_never_right():
    secret = Secret(("a",), "class", np.array(["x", "y"]))
    assert secret.match.tolist() == [[True, False], [False, True]]
    assert secret.codes(np.array(["y", "z", "x"])).tolist() == [1, -1, 0]
    assert secret.right(np.array([1, 1, 1]), np.array(["y", "z", "x"])).tolist() == [
        True,
        False,
        False,
    ]


def test_a_tenth_of_the_quartiles_is_near_enough_and_candidates_are_middles_of_25_parts():
    """0 to 100: quartiles 25 and 75, so 5; quantiles of .02, .06, ... .98."""
    found = secret_of("a", Table(np.arange(101.0)), kind="auto", tolerance=None)
    assert found.kind == "number"
    assert found.tolerance == pytest.approx(5.0)
    assert found.values.tolist() == [2.0 + 4 * k for k in range(25)]
    assert secret_of("a", Table(np.arange(101.0)), kind="auto", tolerance=0.0).tolerance == 0.0


def test_more_than_twenty_numbers_are_a_quantity():
    for distinct, kind in ((20, "class"), (21, "number")):
        values = Table(np.arange(210) % distinct)
        assert secret_of("a", values, kind="auto", tolerance=None).kind == kind


class Table:
    """The least that is a data frame here: one column called `a`."""

    def __init__(self, values):
        self.values = values
        self.columns = ["a"]
        self.iloc = None

    def __getitem__(self, name):
        return self.values

    def __len__(self):
        return len(self.values)
