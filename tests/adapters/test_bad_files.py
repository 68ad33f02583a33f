"""Bad files, one row each: a clear refusal that names what is wrong, and never a traceback."""

import gzip
import io
import json
import zipfile
from contextlib import nullcontext

import numpy as np
import pytest

from tacit import InvalidInput
from tacit.adapters.files import read_outputs
from tacit.cli import main
from tacit.cli.dp import read_scores
from tacit.core.checking import labelled_codes
from tacit.core.npz import read_npy
from tacit.design import Canaries, Manifest
from tacit.training.recipe_file import read_recipe

LOSS = [0.1, 0.2, 0.3, 0.4]
MEMBER = [1, 0, 1, 0]


def csv(*lines):
    return "\n".join(lines).encode() + b"\n"


def rows(head, *cells):
    """A csv with `loss`, `member` and a column of these cells."""
    body = (f"{x},{m},{cell}" for x, m, cell in zip(LOSS, MEMBER, cells))
    return csv(f"loss,member,{head}", *body)


def npz(**arrays):
    kept = io.BytesIO()
    np.savez(kept, **arrays)
    return kept.getvalue()


def archive(*parts, method=zipfile.ZIP_STORED):
    """A zip of (name, bytes or array), as no np.savez would write it."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", method) as file:
        names = set()
        for name, value in parts:
            if not isinstance(value, bytes):
                own = io.BytesIO()
                np.save(own, value)
                value = own.getvalue()
            twice = pytest.warns(UserWarning, match="Duplicate name")
            with twice if name in names else nullcontext():
                file.writestr(name, value)
            names.add(name)
    return kept.getvalue()


def headed(text, content=b"\0" * 32):
    """An array with this header, in an npz beside good ones."""
    head = text.encode() + b"\n"
    whole = b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + content
    return archive(("loss.npy", np.array(LOSS)), ("member.npy", np.array(MEMBER)), ("x.npy", whole))


GOOD = {"loss": LOSS, "member": MEMBER}
# case: (suffix, bytes, what the error says)
OUTPUTS = {
    "other names for what was answered": (
        "csv",
        csv("y_true,y_pred,member", "0.5,0.4,1", "0.7,0.1,0"),
        "needs one of `logits`.*it has `y_true`, `y_pred`, `member`",
    ),
    "cells apart by semicolons": (
        "csv",
        csv("loss;member", "0,5;1", "0,7;0"),
        r"cells apart by semicolons.*sep=';'",
    ),
    "cells apart by tabs": ("csv", csv("loss\tmember", "0.5\t1"), "cells apart by tabs"),
    "no header": ("csv", csv("0.5,1", "0.7,0"), r"got numbers in its first line \(0\.5, 1\)"),
    "text of Windows": (
        "csv",
        rows("slice_town", "Köln", "Rom", "Rom", "Köln").decode().encode("latin1"),
        r"no text in UTF-8 \(byte \d+\): save it",
    ),
    "decimal commas": (
        "csv",
        csv("loss,member", '"0,5",1', '"0,7",0'),
        "'0,5' in row 0.*a point before the decimals",
    ),
    "thousands": (
        "csv",
        csv("loss,member", '"1,000.5",1', "2.5,0"),
        "'1,000.5' in row 0.*nothing between thousands",
    ),
    "percent as probabilities": (
        "csv",
        csv("prob,label,member", "50%,1,1", "70%,0,0"),
        "'50%' in row 0.*0.1 for 10 %",
    ),
    "underscores in a number": ("csv", csv("loss,member", "1_000,1", "2,0"), r"'1_000' in row 0"),
    "a decimal comma": ("csv", csv("loss,member", '"1,5",1', "2,0"), r"'1,5' in row 0"),
    "percent": ("csv", csv("loss,member", "1,1", "5%,0"), r"'5%' in row 1"),
    "hexadecimal": ("csv", csv("loss,member", "0x10,1", "2,0"), r"'0x10' in row 0"),
    "full-width digits": (
        "csv",
        csv("loss,member", "\uff11\uff12,1", "2,0"),
        "needs numbers, got text .* in row 0",
    ),
    "Arabic digits": ("csv", csv("loss,member", "٣,1", "2,0"), r"'٣' in row 0"),
    "a NUL in a cell": ("csv", csv("loss,member", "1\0,1", "2,0"), "NUL character"),
    "an infinite loss": ("csv", csv("loss,member", "inf,1", "2,0"), "infinite values in 1 row"),
    "a loss beyond double": ("csv", csv("loss,member", "1e999,1", "2,0"), "infinite values"),
    "member 0_1": ("csv", csv("loss,member", "1,0_1", "2,0"), r"`member` .* '0_1'"),
    "clusters that are empty": ("csv", rows("cluster", "a", "", "", "b"), "got 2 empty cells"),
    "clusters that are blank": ("csv", rows("cluster", "a", " ", "c", "b"), r"first: row 1\)"),
    "clusters that are nan": ("csv", rows("cluster", "1", "nan", "2", "NaN"), "2 empty cells"),
    "clusters that are None": ("csv", rows("cluster", "None", "a", "b", "c"), "1 empty"),
    "clusters that are NULL": ("csv", rows("cluster", "NULL", "a", "b", "c"), "1 empty"),
    "y and labels": ("npz", npz(**GOOD, y=MEMBER, labels=LOSS), "both `y` and `labels`"),
    "label and target": ("npz", npz(**GOOD, label=MEMBER, target=LOSS), "both `label` and"),
    "probs and probabilities": (
        "npz",
        npz(member=MEMBER, probs=np.eye(4), probabilities=np.eye(4)[::-1]),
        "both `probs` and `probabilities`",
    ),
    "member and members": ("npz", npz(**GOOD, members=LOSS), "both `member` and `members`"),
    "logit_1 and logit_01": (
        "csv",
        csv("logit_0,logit_1,logit_01,member", "1,2,3,1", "1,2,3,0"),
        "both `logit_1` and `logit_01`",
    ),
    "logit_1 and logits_1": (
        "csv",
        csv("logit_0,logit_1,logits_1,member", "1,2,3,1", "1,2,3,0"),
        "both `logit_1` and `logits_1`",
    ),
    "a class with 5,000 digits": (
        "csv",
        csv(f"logit_0,logit_{'9' * 5000},member", "1,2,1", "1,2,0"),
        "beside columns of `logits` that are numbered",
    ),
    "a class that is missing": (
        "csv",
        csv("prob_0,prob_2,member", "1,0,1", "1,0,0"),
        "`prob_1` is missing",
    ),
    "one column with a class name": (
        "csv",
        csv("prob_yes,member", "1,1", "1,0"),
        "needs one of `logits`",
    ),
    "a label that is no class": (
        "csv",
        csv("prob_no,prob_yes,label,member", "0.5,0.5,no,1", "0.5,0.5,maybe,0"),
        "the classes .* got 'maybe'",
    ),
    "clusters, misspelt": ("csv", rows("clusters", *"abcd"), "Did you mean `cluster`"),
    "Cluster in capitals": ("npz", npz(**GOOD, Cluster=MEMBER), "Did you mean `cluster`"),
    "cluster_id": ("csv", rows("cluster_id", *"abcd"), "Did you mean `cluster`"),
    "slices_region": ("csv", rows("slices_region", *"abcd"), r"Did you mean `slice_\.\.\.`"),
    "features_age": ("csv", rows("features_age", *"1234"), r"Did you mean `feature_\.\.\.`"),
    "lable": ("csv", rows("lable", *"0101"), "Did you mean `label`"),
    "a name of 2,000 characters": ("csv", rows("slice_a", "x" * 2000, *"abc"), "1,000 characters"),
    "a cell of 200,000 characters": ("csv", rows("slice_a", "x" * 200_000, *"abc"), "field"),
    "a header line twice": ("csv", csv("loss,loss", "1,2"), "distinct names"),
    "an open quote": ("csv", csv("loss,member", '"1,1', "2,0"), "needs 2 cells"),
    "UTF-16": ("csv", "loss,member\n1,1\n2,0\n".encode("utf-16"), "no text in UTF-8"),
    "gzip that ends early": ("csv.gz", gzip.compress(csv("loss,member", "1,1"))[:-9], "cannot be"),
    "gzip that is none": ("csv.gz", b"loss,member\n1,1\n2,0\n", "cannot be read"),
    "member twice in an npz": (
        "npz",
        archive(
            ("loss.npy", np.array(LOSS)),
            ("member.npy", np.array(MEMBER)),
            ("member.npy", 1 - np.array(MEMBER)),
        ),
        "`member` more than once",
    ),
    "member and member.npy in an npz": (
        "npz",
        archive(
            ("loss.npy", np.array(LOSS)),
            ("member.npy", np.array(MEMBER)),
            ("member", 1 - np.array(MEMBER)),
        ),
        "`member` more than once",
    ),
    "a shape beyond int64": (
        "npz",
        headed("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,)}"),
        "does not fit its",
    ),
    "a shape of True": (
        "npz",
        headed("{'descr': '<f8', 'fortran_order': False, 'shape': (True,)}", b"\0" * 8),
        "does not fit its",
    ),
    "a negative shape": (
        "npz",
        headed("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, -4)}"),
        "does not fit its",
    ),
    "a shape of 10**12 nothings": (
        "npz",
        npz(**GOOD, label=np.zeros((10**12, 0))),
        "different lengths|one row",
    ),
    "a header that is no text": ("npz", headed("\x00\x01{(["), "cannot be read"),
    "a header of brackets": ("npz", headed("(" * 5000), "cannot be read"),
    "an array cut short": (
        "npz",
        headed("{'descr': '<f8', 'fortran_order': False, 'shape': (5,)}"),
        "does not fit its 94|does not fit",
    ),
    "bytes after an array": (
        "npz",
        headed("{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}"),
        "does not fit",
    ),
    "lzma in an npz": (
        "npz",
        archive(("loss.npy", np.array(LOSS)), method=zipfile.ZIP_LZMA),
        "np.savez does not use",
    ),
    "complex losses": ("npz", npz(loss=np.array(LOSS) * 1j, member=MEMBER), "dtype complex"),
    "a structured array": (
        "npz",
        npz(loss=np.zeros(4, [("a", "f8")]), member=MEMBER),
        "needs numbers or text",
    ),
    "a single number": ("npz", npz(loss=1.0, member=MEMBER), "one row a record"),
    "text losses in an npz": ("npz", npz(loss=["a"] * 4, member=MEMBER), "'a' in row 0"),
    "an npz without arrays": ("npz", archive(("readme.txt", b"hello")), "has no column|no columns"),
    "a zip of folders": ("npz", archive(("a/", b"")), "no columns"),
    "clusters of two columns": ("npz", npz(**GOOD, cluster=np.eye(4)), "one name a record"),
    "NaN clusters in an npz": ("npz", npz(**GOOD, cluster=[1, np.nan, 2, np.nan]), "2 empty cells"),
    "parquet that is none": ("parquet", b"PAR1 and no more PAR1", "cannot be read as parquet"),
}


@pytest.mark.parametrize("case", OUTPUTS)
def test_a_bad_file_of_outputs_is_a_clear_refusal(tmp_path, case):
    suffix, content, message = OUTPUTS[case]
    if suffix == "parquet":
        pytest.importorskip("pyarrow")
    path = tmp_path / f"o.{suffix}"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=message):
        read_outputs(path)


def plain(**changes):
    whole = {
        "schema": 1,
        "kind": "k",
        "seed": 1,
        "member": [0, 1] * 3,
        "cluster": list(range(6)),
        "digest": [f"{i:016x}" for i in range(6)],
    }
    return json.dumps(whole | changes)


MANIFESTS = {
    "a coin of 2": (plain(member=[2, 1] * 3), "`member`.*0/1"),
    "a coin of 0.9": (plain(member=[0.9, 1] * 3), "whole numbers, got '0.9' in row 0"),
    "a coin as text": (plain(member=["1", 1] * 3), "whole numbers"),
    "a coin of 10**30": (plain(member=[10**30] * 6), "whole numbers"),
    "one coin for all": (plain(member=1), "list of whole numbers"),
    "clusters of fractions": (plain(cluster=[0.05 * i for i in range(6)]), "whole numbers"),
    "copies with two coins": (plain(cluster=[0] * 6), "share a coin"),
    "a digest that is one text": (plain(digest="abcdef"), "list of texts"),
    "digests that are numbers": (plain(digest=list(range(6))), "list of texts"),
    "another length": (plain(digest=["a"]), "one entry a canary"),
    "no canary": (plain(member=[], cluster=[], digest=[]), "one entry a canary"),
    "an infinite seed": (plain(seed=float("inf")), "no Infinity"),
    "a negative seed": (plain(seed=-1), "`seed`"),
    "another schema": (plain(schema=2), "schema 1"),
    "a list": ("[1, 2]", "schema 1"),
    "brackets": ("[" * 100_000, "recursion|not a tacit"),
    "no coins": ('{"schema": 1, "kind": "k", "seed": 1}', "`member` is missing"),
}


@pytest.mark.parametrize("case", MANIFESTS)
def test_a_bad_manifest_is_a_clear_refusal(tmp_path, case):
    text, message = MANIFESTS[case]
    path = tmp_path / "coins.json"
    path.write_text(text)
    with pytest.raises(InvalidInput, match=message):
        Manifest.load(path)


RECIPES = {
    "a syntax error": ("r.py", "def train_fn(:\n", "cannot be run.*SyntaxError"),
    "a missing import": ("r.py", "import no_such_module_1\n", "ModuleNotFoundError"),
    "sys.exit": ("r.py", "import sys\nsys.exit(0)\n", "ends the program"),
    "an exception": ("r.py", "1 / 0\n", "ZeroDivisionError"),
    "no data": ("r.py", "train_fn = print\n", "needs `data`"),
    "options that are a number": ("r.py", "train_fn = print\ndata = [1]\noptions = 5\n", "dict"),
    "an unknown option": (
        "r.py",
        'train_fn = print\ndata = [1]\noptions = {"m": 5}\n',
        "got m",
    ),
    "a seed of -1": (
        "r.py",
        'train_fn = print\ndata = [1] * 9\noptions = {"seed": -1}\n',
        "`seed`",
    ),
    "n as text": ("r.py", 'train_fn = print\ndata = [1] * 9\noptions = {"n": "x"}\n', "`n`"),
    "data that exits": (
        "r.py",
        "import sys\ntrain_fn = print\ndef data():\n    sys.exit(0)\n",
        "ends the program",
    ),
    "data that is text": ("r.py", 'train_fn = print\ndata = "os:getcwd"\n', "`data`"),
    "data that is a dict": ("r.py", 'train_fn = print\ndata = {"x": [1]}\n', "`data`"),
    "a store that is a number": ("r.py", "train_fn = print\ndata = [1]\nstore = 5\n", "`store`"),
    "TOML that is none": ("r.toml", "[shadow\n", "not TOML"),
    "TOML of brackets": ("r.toml", "a = " + "[" * 100_000, "not TOML"),
    "TOML of another table": ("r.toml", "[policy]\n", r"table \[shadow\]"),
    "a pointer without a name": ("r.toml", '[shadow]\ntrain_fn = "x.py"\ndata = "a:b"\n', "names"),
    "a pointer to nothing": (
        "r.toml",
        '[shadow]\ntrain_fn = "none_1:f"\ndata = "none_1:g"\n',
        "cannot be loaded",
    ),
}


@pytest.mark.parametrize("case", RECIPES)
def test_a_bad_recipe_is_a_clear_refusal(tmp_path, case):
    name, text, message = RECIPES[case]
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(InvalidInput, match=message):
        read_recipe(path).plan()


SCORES = {
    "scores misspelt": ("csv", csv("scores,member", "1,1", "2,0"), "Did you mean `score`"),
    "a canary without a name": (
        "csv",
        csv("score,member,canary", "1,1,a", "2,0,"),
        "`canary`.*1 empty",
    ),
    "digests, not digest": (
        "csv",
        csv("score,member,digests", "1,1,a", "2,0,b"),
        "Did you mean `digest`",
    ),
    "an empty csv": ("csv", b"", "an empty file"),
    "an npy of objects": ("npy", b"\x93NUMPY\x01\x00\x02\x00{}", "cannot be read"),
    "an npy cut short": ("npy", b"\x93NUM", "cannot be read"),
}


@pytest.mark.parametrize("case", SCORES)
def test_a_bad_file_of_scores_is_a_clear_refusal(tmp_path, case):
    suffix, content, message = SCORES[case]
    path = tmp_path / f"s.{suffix}"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=message):
        read_scores(str(path), None, runs="one")


def test_an_array_that_nobody_asked_for_is_not_unpacked(tmp_path):
    import tracemalloc

    path = tmp_path / "o.npz"
    np.savez_compressed(path, **GOOD, thumbnails=np.zeros((4, 1 << 21)))
    tracemalloc.start()
    assert read_outputs(path).member.n == 2
    assert tracemalloc.get_traced_memory()[1] < 5e6
    tracemalloc.stop()


def test_more_than_memory_holds_is_refused_before_it_is_taken(tmp_path, monkeypatch):
    monkeypatch.setattr("tacit.core.npz._memory", lambda: 1000)
    path = tmp_path / "o.npz"
    np.savez_compressed(path, loss=np.zeros(400), member=np.arange(400) % 2)
    with pytest.raises(InvalidInput, match="of memory"):
        read_outputs(path)


def test_one_long_name_is_not_paid_for_in_every_row():
    codes, names = labelled_codes(np.array(["b" * 900, "a", None, "a"], dtype=object), "x")
    assert codes.tolist() == [1, 0, 2, 0]
    assert names == ["a", "b" * 900, "missing"]


def test_labels_may_name_the_classes_of_the_columns(tmp_path):
    path = tmp_path / "o.csv"
    path.write_bytes(csv("prob_no,prob_yes,label,member", "0.4,0.6,yes,1", "0.5,0.5,no,0"))
    records = read_outputs(path)
    assert records.member.label.tolist() == [1]
    assert records.member.classes == ("no", "yes")


def test_canaries_that_are_none_are_refused(tmp_path):
    path = tmp_path / "c.npz"
    for content in (b"", b"PK\x03\x04", npz(x=np.ones(3)), npz(x=np.array([{}, 1], object))):
        path.write_bytes(content)
        with pytest.raises(InvalidInput, match="canaries"):
            Canaries.load(path)


def test_an_npy_with_objects_is_never_run(tmp_path):
    np.save(tmp_path / "s.npy", np.array([{}, 1], dtype=object))
    with pytest.raises(InvalidInput, match="pickled object"):
        read_npy(tmp_path / "s.npy")


@pytest.mark.parametrize("word", ["0", "1", "None"])
def test_a_training_that_ends_the_program_is_no_verdict(tmp_path, word, capsys):
    recipe = tmp_path / "r.py"
    recipe.write_text(
        "import numpy as np\ndata = np.zeros((20, 2))\noptions = {'n': 2}\n"
        f"def train_fn(indices, seed):\n    raise SystemExit({word})\n"
    )
    assert main(["shadow", "run", str(recipe), "--quiet"]) == 1, "1: a training failed"
    assert "ended the program" in capsys.readouterr().err
