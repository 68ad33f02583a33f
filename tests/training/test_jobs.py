"""One job by hand: who is trained on what, with which seed, and what each query said."""

import numpy as np
import pytest

from tacit.core import InvalidInput, Outputs
from tacit.training.jobs import Context, Task, run_job, split
from tacit.training.measuring import Named, unchanged

X = np.arange(10.0)[:, None]
Y = np.array([0, 1] * 5)


def task(model=0, seed=5, member=(1, 3, 8, 9)):
    inside = np.isin(np.arange(10), member)
    return Task(model, seed, np.packbits(inside).tobytes(), 10)


class Told:
    """Says of each record whether it was trained on, plus its input and the seed."""

    def __init__(self):
        self.calls = []

    def fit(self, x, y, indices, seed):
        self.calls.append((indices.tolist(), seed))
        inside = np.isin(np.arange(len(x)), indices)
        return lambda asked: inside + 100.0 * asked[:, 0] + 10_000 * seed


class Together(Told):
    groups = 0

    def fit_many(self, x, y, indices, seeds):
        self.groups += 1
        return [self.fit(x, y, *pair) for pair in zip(indices, seeds, strict=True)]

    def fit(self, x, y, indices, seed):
        observe = super().fit(x, y, indices, seed)
        return lambda asked: observe(asked)


def context(recipe, *, queries=(unchanged,), data=X, **options):
    given = {"digest": "", "statistic": Named(), "keep": None} | options
    return Context(recipe, data, queries=queries, **given)


def test_members_survive_their_packing():
    """Ten records are two bytes: the bits that fill up the second one are nobody."""
    found = task()
    assert found.indices.tolist() == [1, 3, 8, 9]
    assert found.indices.dtype == np.int64
    assert found.member.tolist() == [i in (1, 3, 8, 9) for i in range(10)]
    assert task(member=range(10)).indices.tolist() == list(range(10))


@pytest.mark.parametrize("recipe", [Told(), Together()], ids=["alone", "together"])
def test_every_model_of_a_job_has_its_own_records_and_seed(recipe):
    tasks = [task(4, 5, (0, 1)), task(7, 6, (2, 3, 9))]
    one, two = run_job(context(recipe), tasks)
    assert recipe.calls == [([0, 1], 5), ([2, 3, 9], 6)]
    assert (one.model, two.model) == (4, 7)
    assert getattr(recipe, "groups", 1) == 1
    for answer, member, seed in ((one, (0, 1), 5), (two, (2, 3, 9), 6)):
        expected = np.isin(np.arange(10), member) + 100 * X[:, 0] + 10_000 * seed
        assert answer.signal.dtype == np.float32
        np.testing.assert_array_equal(answer.signal[:, 0], expected.astype(np.float32))
        assert answer.kept is None


def test_a_job_of_one_model_is_not_trained_in_a_group():
    class Never(Told):
        def fit_many(self, x, y, indices, seeds):
            raise AssertionError

    (answer,) = run_job(context(Never()), [task()])
    assert answer.signal.shape == (10, 1)


def test_each_query_is_a_column_in_the_order_of_the_queries():
    queries = (unchanged, lambda x: 2 * x, np.zeros_like)
    (answer,) = run_job(context(Told(), queries=queries), [task(seed=0)])
    inside = np.isin(np.arange(10), (1, 3, 8, 9))
    expected = np.stack([inside + 100 * scale * X[:, 0] for scale in (1, 2, 0)], axis=1)
    np.testing.assert_array_equal(answer.signal, expected)


class Classifier:
    def fit(self, x, y, indices, seed):
        inside = np.isin(np.arange(10), indices)

        def observe(asked):
            sign = 1 if asked[0, 0] >= 0 else -1
            logits = np.zeros((10, 2))
            logits[np.arange(10), Y] = sign * np.where(inside, 2.0, -1.0)
            return Outputs(logits=logits)

        return observe


def test_the_note_is_of_the_first_query_and_tells_its_own_members_apart():
    """Under the second query the classifier is wrong on every member."""
    queries = (unchanged, lambda x: x - 100)
    (answer,) = run_job(context(Classifier(), data=(X, Y), queries=queries), [task()])
    assert answer.note["statistic"] == "scaled_logit"
    assert (answer.note["accuracy_in"], answer.note["accuracy_out"]) == (1.0, 0.0)
    inside = np.isin(np.arange(10), (1, 3, 8, 9))
    np.testing.assert_array_equal(answer.signal[:, 0], np.where(inside, 2, -1))
    np.testing.assert_array_equal(answer.signal[:, 1], -np.where(inside, 2, -1))


def test_seconds_are_those_of_the_job_over_its_models(monkeypatch):
    ticks = iter([100.0, 112.0])
    monkeypatch.setattr("tacit.training.jobs.time.perf_counter", lambda: next(ticks))
    answers = run_job(context(Told()), [task(model) for model in range(3)])
    assert [answer.note["seconds"] for answer in answers] == [4.0, 4.0, 4.0]


def test_a_kept_model_is_what_keep_makes_of_it():
    kept = context(Told(), keep=lambda observe: bytes([int(observe(X[:10])[1] > 0)]))
    assert [answer.kept for answer in run_job(kept, [task()])] == [b"\x01"]


def test_wide_answers_are_columns_and_too_few_rows_are_refused():
    class Wide:
        def __init__(self, rows):
            self.rows = rows

        def fit(self, x, y, indices, seed):
            return lambda asked: np.ones((self.rows, 3))

    (answer,) = run_job(context(Wide(10)), [task()])
    assert answer.signal.shape == (10, 3)
    with pytest.raises(InvalidInput, match="10 records, got 9 rows"):
        run_job(context(Wide(9)), [task()])


def test_only_a_pair_is_split_into_inputs_and_labels():
    assert split((X, Y)) == (X, Y)
    for whole in (X, (X, Y, Y), [X, Y]):
        assert split(whole)[0] is whole
        assert split(whole)[1] is None


def test_a_recipe_that_ends_the_program_is_an_error():
    class Ends:
        def fit(self, x, y, indices, seed):
            raise SystemExit(3)

    with pytest.raises(RuntimeError, match=r"sys.exit\(3\)"):
        run_job(context(Ends()), [task()])
