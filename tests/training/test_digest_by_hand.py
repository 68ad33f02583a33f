"""Fingerprints worked out by hand, part by part."""

import collections
import functools
import hashlib
import platform
import sys
import sysconfig
import types

import numpy as np
import pytest

from tacit.core import InvalidInput
from tacit.training import digest
from tacit.training.digest import digest_of, versions_of


def by_hand(*parts):
    """What `digest_of` is to give: each part with its length in eight bytes before it."""
    total = hashlib.blake2b(digest_size=16)
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        total.update(len(raw).to_bytes(8, "little") + raw)
    return total.hexdigest()


def made(source, name="f", **names):
    space = {"np": np, "__name__": "tacit_test_of_no_file", **names}
    exec(source, space)
    return space[name]


def test_plain_values_are_their_type_and_what_they_show():
    assert digest_of("ab") == by_hand("str", "'ab'")
    assert digest_of(b"ab") == by_hand("bytes", b"ab")
    assert digest_of(1.5) == by_hand("float", "1.5")
    assert digest_of(None) == by_hand("NoneType", "None")
    assert digest_of(...) == by_hand("ellipsis", "Ellipsis")
    assert digest_of(2j) == by_hand("complex", "2j")


def test_containers_say_their_kind_and_size_before_their_parts():
    assert digest_of([1, "a"]) == by_hand("list", "2", "int", "1", "str", "'a'")
    assert digest_of((1,)) == by_hand("tuple", "1", "int", "1")
    assert digest_of({"a": 2}) == by_hand("dict", "1", "str", "'a'", "int", "2")
    assert digest_of(set()) == by_hand("set")


def test_arrays_are_their_type_shape_and_bytes():
    value = np.array([[1, 2], [3, 4]], np.int16)
    total = hashlib.blake2b(digest_size=16)
    for part in ("array", "<i2", "(2, 2)"):
        total.update(len(part).to_bytes(8, "little") + part.encode())
    total.update(value.tobytes())
    assert digest_of(value) == total.hexdigest()


def test_what_is_met_again_is_named_by_the_place_of_its_first_meeting():
    one, other = [1], [2]
    listed = ("list", "3", "list", "1", "int", "1", "list", "1", "int", "2")
    # the whole is met first (0), then the first list (1) and the second (2)
    assert digest_of([one, other, one]) == by_hand(*listed, "again", "1")
    assert digest_of([one, other, other]) == by_hand(*listed, "again", "2")


def test_a_list_that_holds_itself_ends():
    value = [1]
    value.append(value)
    assert digest_of(value) == by_hand("list", "2", "int", "1", "again", "0")


def test_layout_in_memory_makes_no_difference_and_order_does():
    whole = np.arange(24.0).reshape(4, 6)
    for view in (whole.T, whole[:, ::2], whole[::-1], np.asfortranarray(whole), whole[0, ::2]):
        assert digest_of(view) == digest_of(np.ascontiguousarray(view))
    assert digest_of(whole[::-1]) != digest_of(whole)
    cube = np.arange(24).reshape(2, 3, 4)
    assert digest_of(cube.transpose(1, 0, 2)) == digest_of(cube.transpose(1, 0, 2).copy())


def test_a_number_of_numpy_is_an_array_without_axes():
    assert digest_of(np.int64(3)) == digest_of(np.array(3))
    assert digest_of(np.int64(3)) != digest_of(np.int64(4))


def test_objects_in_arrays_count_one_by_one():
    assert digest_of(np.array(["a", 1], object)) == by_hand(
        "array", "|O", "(2,)", "str", "'a'", "int", "1"
    )


def test_sets_have_no_order():
    words = ["alpha", "beta", "gamma", "delta"]
    assert digest_of({"a", "b", "c"}) == digest_of({"c", "b", "a"})
    assert digest_of(frozenset(words)) == digest_of(set(words))
    assert digest_of(set(words)) != digest_of(set(words[:3]))
    assert digest_of({1}) == by_hand("set", digest_of(1))


def test_a_dict_keeps_its_order():
    assert digest_of({"a": 1, "b": 2}) != digest_of({"b": 2, "a": 1})


def test_what_is_installed_counts_by_its_name():
    assert digest_of(np.add) == by_hand("library", "numpy", "add")
    assert digest_of(len) == by_hand("library", "builtins", "len")
    assert digest_of(collections.OrderedDict) == by_hand("library", "collections", "OrderedDict")
    assert digest_of(np.linalg) == by_hand("module", "numpy.linalg")


def test_a_module_of_the_user_counts_by_its_source_where_that_is_text(tmp_path):
    module = types.ModuleType("tacit_test_other")
    assert digest_of(module) == by_hand("module", "tacit_test_other"), "of no file"
    path = tmp_path / "tacit_test_other.py"
    path.write_text("depth = 1\n")
    module.__file__ = str(path)
    assert digest_of(module) == by_hand("module", "tacit_test_other", b"depth = 1\n")
    module.__file__ = str(tmp_path / "tacit_test_other.so")
    assert digest_of(module) == by_hand("module", "tacit_test_other")
    module.__file__ = sysconfig.get_path("stdlib") + "/json/__init__.py"
    assert digest_of(module) == by_hand("module", "tacit_test_other")


def test_the_parts_of_a_partial_count():
    plain = functools.partial(len, "a", end=1)
    for other in (
        functools.partial(sum, "a", end=1),
        functools.partial(len, "b", end=1),
        functools.partial(len, "a", end=2),
        len,
    ):
        assert digest_of(other) != digest_of(plain)


def test_a_method_is_its_function_and_its_object():
    class Own:
        def __init__(self, rate):
            self.rate = rate

        def one(self):
            return 1

        def two(self):
            return 2

    assert digest_of(Own(1).one) == digest_of(Own(1).one)
    assert digest_of(Own(1).one) != digest_of(Own(2).one)
    assert digest_of(Own(1).one) != digest_of(Own(1).two)


CLASS = """
class f(Base):
    '''About it.'''
    epochs = 3
    sizes = (1, 2)
    none = None
    __slots__ = ()

    @property
    def rate(self):
        return 1

    @rate.setter
    def rate(self, value):
        self.kept = 2

    @staticmethod
    def still(x):
        return x + 3

    @classmethod
    def kind(cls, x):
        return x + 4
"""


@pytest.mark.parametrize(
    ("was", "reads", "counts"),
    [
        ("About it.", "About another.", False),
        ("epochs = 3", "epochs = 4", True),
        ("epochs = 3", "rounds = 3", True),
        ("sizes = (1, 2)", "sizes = (1, 3)", True),
        ("none = None", "none = 0", True),
        ("return 1", "return 10", True),
        ("self.kept = 2", "self.kept = 20", True),
        ("x + 3", "x + 30", True),
        ("x + 4", "x + 40", True),
        ("class f(Base)", "class f(Other)", True),
    ],
)
def test_a_class_counts_by_its_constants_methods_and_bases(was, reads, counts):
    class Base:
        def run(self):
            return 1

    class Other:
        def run(self):
            return 2

    names = {"Base": Base, "Other": Other}
    assert CLASS.count(was) == 1
    first, second = made(CLASS, **names), made(CLASS.replace(was, reads), **names)
    assert digest_of(made(CLASS, **names)) == digest_of(first)
    assert (digest_of(first) != digest_of(second)) == counts


def test_where_a_class_stands_makes_no_difference():
    text = "class Own:\n    depth = 1\n"
    inside = "def f():\n" + "".join(f"    {line}\n" for line in text.splitlines())
    moved = made(inside + "    return Own\n")()
    assert moved.__qualname__ == "f.<locals>.Own"
    assert digest_of(moved) == digest_of(made(text, "Own"))


def test_a_class_of_a_notebook_counts_by_its_methods(monkeypatch):
    """There `__main__` has no file, as no built-in module has one."""
    monkeypatch.setitem(sys.modules, "__main__", types.ModuleType("__main__"))
    text = "class Own:\n    def __call__(self, indices, seed):\n        return 1\n"
    first, second = (
        made(source, "Own", __name__="__main__") for source in (text, text.replace("1", "2"))
    )
    assert first.__module__ == "__main__"
    assert digest_of(first()) != digest_of(second())
    assert "__main__" not in versions_of(first)


@pytest.mark.parametrize(
    "source",
    [
        "def f(a, b, *, c=1):\n    return a",  # another argument
        "def f(a, *, c=2):\n    return a",  # another default of a keyword
        "def f(a, *, d=1):\n    return a",  # another keyword
        "def f(b, *, c=1):\n    return b",  # another name
        "def f(a, c=1):\n    return a",  # no keyword
        "def f(a, *c):\n    return a",  # all that are left
        "async def f(a, *, c=1):\n    return a",  # another kind of function
        "def f(a, *, c=1):\n    return c",  # another variable
        "def g(a, *, c=1):\n    return a\nf = g",  # another function
    ],
)
def test_what_a_function_takes_and_does_counts(source):
    plain = "def f(a, *, c=1):\n    return a"
    assert digest_of(made(plain)) == digest_of(made(plain))
    assert digest_of(made(plain)) != digest_of(made(source))


def test_a_global_counts_where_an_inner_function_names_it():
    source = "def f():\n    def inner():\n        return RATE\n    return inner"
    assert digest_of(made(source, RATE=1)) != digest_of(made(source, RATE=2))
    assert digest_of(made(source, RATE=1)) != digest_of(made(source))
    assert digest_of(made(source, RATE=1, OTHER=1)) == digest_of(made(source, RATE=1, OTHER=2))


def test_a_closure_that_is_not_bound_yet_has_a_digest():
    def later():
        def f():
            return value

        before = digest_of(f)
        value = 3
        return before, digest_of(f)

    before, after = later()
    assert before != after


def test_an_import_of_the_user_s_code_counts_by_its_source(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "tacit_test_depth.py").write_text("depth = 1\n")
    source = "def f():\n    import tacit_test_depth\n"
    first = digest_of(made(source))
    (tmp_path / "tacit_test_depth.py").write_text("depth = 2\n")
    assert digest_of(made(source)) != first


def test_an_import_of_nothing_that_is_there_has_a_digest():
    assert digest_of(made("def f():\n    import tacit_test_of_nowhere\n"))


def test_objects_are_what_pickle_would_keep():
    deque = collections.deque
    assert digest_of(deque([1, 2])) == digest_of(deque([1, 2]))
    assert digest_of(deque([1, 2])) != digest_of(deque([1, 3]))
    assert digest_of(deque([1, 2])) != digest_of(deque([1, 2], maxlen=9))


def test_what_answers_with_an_array_counts_by_its_columns_and_numbers():
    class Table:
        def __init__(self, columns, values):
            self.columns, self.values = columns, values

        def __array__(self, dtype=None, copy=None):
            return np.asarray(self.values, dtype)

    assert digest_of(Table("ab", [1, 2])) == digest_of(Table("ab", [1, 2]))
    assert digest_of(Table("ab", [1, 2])) != digest_of(Table("ac", [1, 2]))
    assert digest_of(Table("ab", [1, 2])) != digest_of(Table("ab", [1, 3]))


def test_a_tensor_counts_by_its_numbers():
    class Tensor:
        def __init__(self, values):
            self.values = values

        def detach(self):
            return self

        def cpu(self):
            return np.asarray(self.values)

    assert digest_of(Tensor([1.0])) == digest_of(Tensor([1.0]))
    assert digest_of(Tensor([1.0])) != digest_of(Tensor([2.0]))


def test_settings_count_in_whatever_order_they_are_given():
    class Estimator:
        def __init__(self, **settings):
            self.settings = settings
            self.clock = object()

        def get_params(self, deep):
            assert deep is True
            return self.settings

    assert digest_of(Estimator(a=1, b=2)) == digest_of(Estimator(b=2, a=1))
    assert digest_of(Estimator(a=1, b=2)) != digest_of(Estimator(a=1, b=3))


def test_what_pickle_refuses_is_named_with_its_type():
    with pytest.raises(InvalidInput, match=r"got a builtins\.generator .*inside the function"):
        digest_of(number for number in ())


def test_versions_are_those_of_python_and_of_what_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "tacit_test_package", types.SimpleNamespace(__version__=7))
    source = "def f():\n    import json, tacit, tacit_test_package\n"
    found = versions_of(made(source))
    assert found == {
        "python": ".".join(platform.python_version_tuple()[:2]),
        "numpy": np.__version__,
        "tacit_test_package": "7",
    }


def test_the_standard_library_and_tacit_have_no_version_of_their_own():
    import json

    import tacit

    source = "def f():\n    return json.dumps, tacit.audit\n"
    assert set(versions_of(made(source, json=json, tacit=tacit))) == {"python", "numpy"}


def test_distributions_have_names_of_their_own(monkeypatch):
    asked = []

    def version(name):
        asked.append(name)
        return "1.0"

    monkeypatch.setattr(digest.importlib.metadata, "version", version)
    source = "def f():\n    import sklearn, PIL, cv2, yaml\n"
    assert set(versions_of(made(source))) == {"python", "numpy", "sklearn", "PIL", "cv2", "yaml"}
    assert sorted(asked) == ["numpy", "opencv-python", "pillow", "pyyaml", "scikit-learn"]


@pytest.mark.parametrize("package", ["keras", "tensorflow"])
def test_keras_says_its_backend_and_the_versions_of_all_of_them(package, monkeypatch):
    monkeypatch.setattr(digest.importlib.metadata, "version", lambda name: "1.0")
    function = made(f"def f():\n    import {package}\n")
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    found = versions_of(function)
    assert found["keras backend"] == "jax"
    assert {"keras", "jax", "tensorflow", "torch"} <= set(found)
    monkeypatch.delenv("KERAS_BACKEND")
    assert versions_of(function)["keras backend"] == "default"
    assert "keras backend" not in versions_of(len)


def test_libraries_are_told_from_the_user_s_files():
    assert digest._file_of(int) == "builtin"
    assert digest._is_library("builtin")
    assert not digest._is_library(None)
    assert not digest._is_library("/home/somebody/train.py")
    assert digest._is_library("/home/somebody/env/lib/site-packages/own/train.py")
    assert digest._is_library(digest.__file__), "tacit itself"
    assert digest._is_library(functools.__file__)
    assert not digest._is_library(digest.TACIT_FOLDER.replace("tacit", "tacit_own") + "train.py")
    assert not digest._is_library(digest.__file__.replace("tacit", "other"))
