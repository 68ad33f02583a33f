import functools
import threading

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tacit.core import InvalidInput
from tacit.training.digest import digest_of, versions_of

OFFSET = 1.0


def helper(z):
    return z + OFFSET


def made(source, **names):
    """A function from source text, as a user's edited file would have it."""
    space = {"np": np, **names}
    exec(source, space)
    return space["f"]


def test_equal_content_has_equal_digests():
    assert digest_of(np.arange(6).reshape(2, 3)) == digest_of(np.arange(6).reshape(2, 3))
    assert digest_of(np.arange(12).reshape(3, 4)[:, ::2]) == digest_of(
        np.ascontiguousarray(np.arange(12).reshape(3, 4)[:, ::2])
    )
    assert digest_of({"a": [1, (2.0, None)]}) == digest_of({"a": [1, (2.0, None)]})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (np.arange(6), np.arange(6).reshape(2, 3)),
        (np.zeros(3), np.zeros(3, np.float32)),
        (np.zeros(3), np.zeros(3) - 0.0 + 1e-300),
        (["ab", "c"], ["a", "bc"]),
        ([1, 2], (1, 2)),
        (1, 1.0),
        (True, 1),
        ("1", 1),
        ([[1], 2], [1, [2]]),
        (np.array(["a", "b"], object), np.array(["a", "c"], object)),
        (LogisticRegression(C=1.0), LogisticRegression(C=2.0)),
        (
            make_pipeline(StandardScaler(), LogisticRegression()),
            make_pipeline(StandardScaler(), LogisticRegression(C=3)),
        ),
        (np.random.default_rng(0), np.random.default_rng(1)),
        (functools.partial(helper, 1), functools.partial(helper, 2)),
        (np.add, np.subtract),
        (len, sum),
        (str.lower, str.upper),
    ],
)
def test_different_content_has_different_digests(one, other):
    assert digest_of(one) != digest_of(other)
    assert digest_of(one) == digest_of(one)


def test_comments_and_docstrings_do_not_count():
    plain = made("def f(a, b):\n    return a * 2 + b\n")
    commented = made('def f(a, b):\n    """What it does."""\n\n    # why\n    return a * 2 + b\n')
    assert digest_of(plain) == digest_of(commented)


BASE = "def f(indices, seed):\n    return lambda x: np.abs(x) * 2 + g(seed)\n"


@pytest.mark.parametrize(
    "source",
    [
        BASE.replace("* 2", "* 3"),
        BASE.replace("abs", "exp"),
        BASE.replace("+ g", "- g"),
        BASE.replace("g(seed)", "g(indices)"),
        BASE.replace("seed):", "seed=3):"),
        BASE.replace("    return", "    from sklearn import svm\n    return"),
    ],
)
def test_code_counts_down_to_the_inner_functions(source):
    assert digest_of(made(BASE, g=helper)) != digest_of(made(source, g=helper))


def test_closures_and_globals_count():
    before = digest_of(made(BASE, g=helper))
    assert before == digest_of(made(BASE, g=helper))
    assert before != digest_of(made(BASE, g=lambda z: z))
    globals()["OFFSET"] = 2.0
    try:
        assert before != digest_of(made(BASE, g=helper)), "a constant that a called function reads"
    finally:
        globals()["OFFSET"] = 1.0

    def closed(value):
        return lambda: value

    assert digest_of(closed(np.zeros(3))) != digest_of(closed(np.ones(3)))
    assert digest_of(closed(np.zeros(3))) == digest_of(closed(np.zeros(3)))


def test_functions_that_call_each_other_end():
    def even(n):
        return n == 0 or odd(n - 1)

    def odd(n):
        return n != 0 and even(n - 1)

    assert digest_of(even) != digest_of(odd)


def test_a_class_of_the_user_is_its_methods_and_an_object_its_fields():
    def kind(rate):
        class Trainer:
            epochs = 3

            def __init__(self, depth):
                self.depth = depth

            def __call__(self, indices, seed):
                return rate

        return Trainer

    assert digest_of(kind(1)(2)) == digest_of(kind(1)(2))
    assert digest_of(kind(1)(2)) != digest_of(kind(1)(3))
    assert digest_of(kind(1)(2)) != digest_of(kind(2)(2))
    changed = kind(1)
    changed.epochs = 4
    assert digest_of(changed(2)) != digest_of(kind(1)(2))


def test_a_module_of_the_user_is_its_source(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    file = tmp_path / "tacit_test_own_module.py"
    source = "def f():\n    import tacit_test_own_module\n    return tacit_test_own_module.depth\n"
    file.write_text("depth = 1\n")
    first = digest_of(made(source))
    file.write_text("depth = 2\n")
    assert digest_of(made(source)) != first


def test_frames_count_with_their_columns():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]})
    assert digest_of(frame) == digest_of(frame.copy())
    assert digest_of(frame) != digest_of(frame.rename(columns={"a": "c"}))
    assert digest_of(frame) != digest_of(frame.assign(b=["x", "z"]))


def test_what_has_no_content_is_refused():
    with pytest.raises(InvalidInput, match=r"lock.*Build it inside"):
        digest_of(threading.Lock())


def test_versions_name_the_libraries_that_are_used():
    def uses_sklearn(indices, seed):
        from sklearn.svm import SVC

        return SVC()

    assert set(versions_of(uses_sklearn)) >= {"python", "numpy", "sklearn"}
    assert set(versions_of(LogisticRegression())) >= {"sklearn"}
    assert "sklearn" not in versions_of(helper)


@pytest.mark.framework
def test_torch_modules_and_tensors_count_by_their_numbers():
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    one, other = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)
    assert digest_of(one) == digest_of(one)
    assert digest_of(one.weight) != digest_of(other.weight)
    assert "torch" in versions_of(one)
