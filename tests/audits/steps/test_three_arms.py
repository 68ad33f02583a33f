"""One model of an audit of unlearning: what it is trained on, what it forgets, what is seen."""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest

from tacit.audits.steps.three_arms import ARMS, OTHER_SEED, Seen, ThreeArms, asked
from tacit.core import InvalidInput, NotEnoughData, Outputs

N = 5


def arms(fit=None, unlearn=None, *, statistic=None, y=None):
    """Records 1 and 3 are to be forgotten; 0, 2 and 4 stay."""
    return ThreeArms(
        SimpleNamespace(fit=fit),
        unlearn,
        np.arange(float(N)),
        y,
        N,
        np.array([3, 1]),
        np.array([0, 4, 2]),
        statistic,
    )


def test_three_models_are_seen_in_the_order_of_the_arms():
    """Each model answers with how many rows it was trained on, unlearned ones with -1."""
    trained = []

    def fit(x, y, rows, seed):
        trained.append((rows.tolist(), seed))
        return lambda x: np.full(N, float(len(rows))) + np.arange(N) / 10

    def unlearn(model, forget, retain, seed):
        assert (forget.tolist(), retain.tolist(), seed) == ([3], [0, 4, 2], 5)
        return lambda x: np.full(N, -1.0)

    seen = arms(fit, unlearn).fit("x", "y", np.array([0]), 5)
    assert ARMS == ("no unlearning", "unlearned", "retrained without them")
    assert trained == [([0, 2, 3, 4], 5), ([0, 4, 2], 5 ^ OTHER_SEED)]
    # records 3 and 1, in the order in which they are to be forgotten
    expected = np.array([[4.3, -1.0, 3.3], [4.1, -1.0, 3.1]])
    np.testing.assert_allclose(seen(None), expected)


def test_a_retraining_shares_no_seed_with_a_training_of_the_audit():
    assert OTHER_SEED == 0x9E3779B9
    assert not {seed ^ OTHER_SEED for seed in range(10_000)} & set(range(10_000))


def test_outputs_become_the_statistic_with_the_labels_and_several_queries_their_mean():
    def statistic(outputs):
        return outputs.logits[:, 0] + 10 * outputs.label

    made = arms(statistic=statistic, y=np.array([0, 1, 0, 1, 1]))
    outputs = Outputs(logits=np.stack([np.arange(float(N)), np.zeros(N)], axis=1))
    assert made._look(lambda x: outputs).tolist() == [3.0 + 10, 1.0 + 10]
    queries = np.stack([np.arange(float(N)), np.full(N, 2.0), np.full(N, 6.0)], axis=1)
    assert made._look(lambda x: queries).tolist() == [(3 + 2 + 6) / 3, (1 + 2 + 6) / 3]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (np.zeros(N - 1), "got 4 rows"),
        (np.zeros(N + 1), "got 6 rows"),
        (1.5, "got one float"),
        (["a"] * N, "needs to return `Outputs` or one number a record"),
        ({}, "needs to return `Outputs`"),
    ],
)
def test_an_answer_that_is_not_one_number_a_record_is_refused(answer, said):
    with pytest.raises(InvalidInput, match=said):
        arms()._look(lambda x: answer)


@dataclass(frozen=True)
class Wrapped:
    """As the recipes of scikit-learn wrap an estimator."""

    model: object

    def __call__(self, x):
        return np.full(N, self.model.value)


class Estimator:
    def __init__(self, value):
        self.value = value

    def predict(self, x):
        return x


def test_an_estimator_is_unwrapped_for_the_user_and_wrapped_again():
    def unlearn(model, forget, retain, seed):
        assert isinstance(model, Estimator)
        return Estimator(model.value + 1)

    made = arms(unlearn=unlearn)
    found = made._unlearned(Wrapped(Estimator(2.0)), np.array([1]), 0)
    assert isinstance(found, Wrapped)
    assert found(None).tolist() == [3.0] * N
    made = arms(unlearn=lambda *_: None)
    with pytest.raises(InvalidInput, match="the unlearned estimator, got NoneType"):
        made._unlearned(Wrapped(Estimator(2.0)), np.array([1]), 0)


def test_a_function_is_handed_over_as_it_is_and_must_come_back_as_one():
    class Observe:
        model = "a model of its own, which is no estimator of ours"

        def __call__(self, x):
            return x

    given = Observe()
    made = arms(unlearn=lambda model, *_: model)
    assert made._unlearned(given, np.array([1]), 0) is given
    # a dataclass without a model is no wrapped estimator either
    assert made._unlearned(Seen(np.zeros((2, 3))), np.array([1]), 0).columns.shape == (2, 3)
    made = arms(unlearn=lambda *_: 3)
    with pytest.raises(InvalidInput, match=r"a function observe\(x\), .* got int"):
        made._unlearned(given, np.array([1]), 0)
    # a class is not the wrapped estimator, though it has a model and is a dataclass
    made = arms(unlearn=lambda model, *_: model)

    @dataclass
    class Kept:
        model: object = 3

    assert made._unlearned(Kept, np.array([1]), 0) is Kept


def test_what_a_users_function_raises_is_told_with_its_name():
    def broken():
        raise ValueError("no such file")

    with pytest.raises(InvalidInput, match="`train_fn` raised ValueError: no such file"):
        asked("train_fn", broken)

    def known():
        raise NotEnoughData("few", needed=2, got=1)

    with pytest.raises(NotEnoughData, match="few"):
        asked("train_fn", known)

    def full():
        raise MemoryError

    with pytest.raises(MemoryError):
        asked("train_fn", full)
    assert asked("train_fn", lambda: 3) == 3
