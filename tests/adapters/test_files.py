"""Outputs from files: every documented key in every format, and a clear error for every file that
cannot be used.
"""

import contextlib
import gzip

import numpy as np
import pytest

from tacit import InvalidInput
from tacit.adapters.files import read_outputs, read_rows

LOGITS = np.array([[2.0, -1.0], [0.5, 3.0], [1.5, 0.0], [-2.0, 4.0]])
LABEL = np.array([0, 1, 0, 1])
MEMBER = np.array([1, 0, 1, 0])


def csv_text(**more):
    columns = {
        "logit_0": LOGITS[:, 0],
        "logit_1": LOGITS[:, 1],
        "label": LABEL,
        "member": MEMBER,
    } | more
    lines = [",".join(columns)] + [
        ",".join(str(cell) for cell in row) for row in zip(*columns.values())
    ]
    return "\n".join(lines) + "\n"


def whole_table():
    return {
        "logits": LOGITS,
        "label": LABEL,
        "member": MEMBER,
        "feature_age": np.arange(4.0),
        "feature_size": np.ones(4),
        "slice_region": np.array(["north", "south", "north", "east"]),
        "cluster": np.array(["a", "b", "a", "c"]),
    }


def written(folder, kind):
    path = folder / f"données 模型.{kind}"
    table = whole_table()
    if kind == "npz":
        np.savez(path, **table)
        return path
    flat = {"logit_0": LOGITS[:, 0], "logit_1": LOGITS[:, 1]} | {
        name: value for name, value in table.items() if name != "logits"
    }
    if kind == "parquet":
        arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
        parquet.write_table(arrow.table(flat), path)
        return path
    text = "\n".join(
        [",".join(flat)] + [",".join(str(cell) for cell in row) for row in zip(*flat.values())]
    )
    if kind == "csv.gz":
        with gzip.open(path, "wt", encoding="utf8") as file:
            file.write(text)
    else:
        path.write_text(text, encoding="utf8")
    return path


@pytest.mark.parametrize("kind", ["npz", "parquet", "csv", "csv.gz"])
def test_one_file_with_a_member_column(tmp_path, kind):
    records = read_outputs(written(tmp_path, kind))
    np.testing.assert_array_equal(records.member.logits, LOGITS[[0, 2]])
    np.testing.assert_array_equal(records.nonmember.logits, LOGITS[[1, 3]])
    assert records.member.label.tolist() == [0, 0]
    assert records.features is not None
    assert records.features[1].tolist() == [[1.0, 1.0], [3.0, 1.0]]
    assert list(records.slices) == ["region"]
    assert records.slices["region"][1].tolist() == ["south", "east"]
    assert records.cluster is not None
    assert records.cluster[0].tolist() == ["a", "a"]


def test_two_files_members_first(tmp_path):
    for name, rows in (("in", [0, 2]), ("out", [1, 3])):
        np.savez(tmp_path / f"{name}.npz", probs=np.full((2, 2), 0.5), y=LABEL[rows])
    records = read_outputs([tmp_path / "in.npz", str(tmp_path / "out.npz")])
    assert records.member.label.tolist() == [0, 0]
    assert records.nonmember.probs.shape == (2, 2)
    assert records.features is None
    assert records.cluster is None
    assert not records.slices


@pytest.mark.parametrize(
    ("columns", "task"),
    [
        ({"loss": [0.1, 0.2, 0.3, 0.4]}, "loss"),
        ({"logit_0": [1.0, -2.0, 3.0, 0.0], "label": [1, 0, 1, 0]}, "binary"),
        ({"prob_0": [0.5] * 4, "prob_1": [0.5] * 4}, "multiclass"),
        ({"prediction": [1.0, 2, 3, 4], "truth": [1.5, 2, 3, 4]}, "regression"),
        (
            {
                "logit_0": [1.0] * 4,
                "logit_1": [2.0] * 4,
                "label_0": [0, 1, 0, 1],
                "label_1": [1, 1, 0, 0],
            },
            "multilabel",
        ),
    ],
)
def test_every_kind_of_model_has_its_columns(tmp_path, columns, task):
    columns = columns | {"member": [1, 1, 0, 0]}
    lines = [",".join(columns)] + [
        ",".join(str(cell) for cell in row) for row in zip(*columns.values())
    ]
    (tmp_path / "t.csv").write_text("\n".join(lines))
    assert read_outputs(tmp_path / "t.csv").member.task == task


def test_eleven_classes_keep_their_order(tmp_path):
    columns = {f"logit_{j}": [j, j + 0.5] for j in reversed(range(11))} | {"member": [1, 0]}
    lines = [",".join(columns)] + [
        ",".join(str(cell) for cell in row) for row in zip(*columns.values())
    ]
    (tmp_path / "t.csv").write_text("\n".join(lines))
    assert read_outputs(tmp_path / "t.csv").member.logits.tolist() == [list(range(11))]


def test_another_member_column_can_be_named(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(csv_text().replace("member", "in_training"))
    assert read_outputs(path, member_key="in_training").member.n == 2
    with pytest.raises(
        InvalidInput, match=r"has no column `member` \(it has `logit_0`|it has .*`in_training`"
    ):
        read_outputs(path)


BROKEN_CSV = {
    "missing number": (csv_text().replace("logit_1", "logit_2"), "`logit_1` is missing"),
    "no scores": (
        "label,member\n0,1\n1,0\n",
        "needs one of `logits`, `probs`, `loss` or `prediction`",
    ),
    "text": (
        "loss,member\nabc,1\n0.5,0\n",
        r"`loss` of `.*` needs numbers, got text .* 'abc' in row 0",
    ),
    "empty cell": (
        "loss,member\n,1\n0.5,0\n",
        r"column `loss` .* got 1 empty cells \(first: row 0\)",
    ),
    "ragged": ("loss,member\n0.5,1\n0.5\n", "needs 2 cells in every row, got 1 in row 1"),
    "twice": ("loss,loss\n0.5,1\n", "distinct names"),
    "only a header": ("loss,member\n", "at least one record"),
    "empty": ("", "header line with distinct names, got an empty file"),
    "nan": (
        "loss,member\nnan,1\n0.5,0\n",
        r"`loss` needs finite numbers, got NaN in 1 row \(first: 0\)",
    ),
    "one side": ("loss,member\n0.5,1\n0.5,1\n", r"got no non-members \(0\)"),
    "member 2": ("loss,member\n0.5,2\n0.5,1\n", "`member` needs True/False or 0/1"),
    "both": ("loss,logits,logit_0,member\n1,1,1,1\n", "both `logits` and `logit_0`"),
    "label": (csv_text(label=[0, 1, 7, 1]), "`label` needs classes 0 to 1"),
    "float label": (csv_text(label=[0, 0.5, 1, 1]), "`label` needs whole numbers"),
}


@pytest.mark.parametrize("case", BROKEN_CSV)
def test_a_broken_csv_is_a_clear_error(tmp_path, case):
    text, message = BROKEN_CSV[case]
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(InvalidInput, match=message):
        read_outputs(path)


def test_bytes_that_are_no_text_are_a_clear_error(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"loss,member\n\xff\xfe,1\n")
    with pytest.raises(InvalidInput, match=r"t\.csv` is no text in UTF-8"):
        read_outputs(tmp_path / "t.csv")


def test_a_pickle_in_an_npz_is_refused_and_never_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    np.savez(tmp_path / "t.npz", logits=np.array([Trap(), Trap()], dtype=object))
    with pytest.raises(InvalidInput, match="pickled object"):
        read_outputs(tmp_path / "t.npz")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("kind", ["npz", "parquet", "csv.gz"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.95])
def test_truncated_files_are_a_clear_error(tmp_path, kind, share):
    whole = written(tmp_path, kind).read_bytes()
    path = tmp_path / f"cut.{kind}"
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(InvalidInput, match=rf"cut\.{kind}"):
        read_outputs(path)


@pytest.mark.parametrize("kind", ["npz", "parquet", "csv", "csv.gz"])
def test_random_bytes_are_a_clear_error(tmp_path, kind):
    path = tmp_path / f"noise.{kind}"
    path.write_bytes(np.random.default_rng(0).bytes(3000))
    with pytest.raises(InvalidInput, match="noise"):
        read_outputs(path)


def test_flipped_bytes_never_pass_as_data_or_crash(tmp_path):
    whole = bytearray(written(tmp_path, "npz").read_bytes())
    rng = np.random.default_rng(1)
    path = tmp_path / "flipped.npz"
    for place in rng.integers(0, len(whole), 60):
        damaged = whole.copy()
        damaged[place] ^= 0xFF
        path.write_bytes(damaged)
        with contextlib.suppress(InvalidInput):
            assert read_outputs(path).member.n == 2


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.npz", "does not exist"),
        ("folder", "is a directory"),
        ("t.txt", r"needs one of the formats .*\.txt"),
    ],
)
def test_what_is_no_table_is_a_clear_error(tmp_path, name, message):
    (tmp_path / "folder").mkdir()
    (tmp_path / "t.txt").write_text("hello")
    with pytest.raises(InvalidInput, match=message):
        read_outputs(tmp_path / name)


def test_two_files_need_the_same_columns_and_three_are_too_many(tmp_path):
    np.savez(tmp_path / "a.npz", loss=np.ones(3), cluster=np.arange(3))
    np.savez(tmp_path / "b.npz", loss=np.ones(3))
    with pytest.raises(InvalidInput, match=r"a\.npz` has `cluster` and .*b\.npz` has not"):
        read_outputs([tmp_path / "a.npz", tmp_path / "b.npz"])
    with pytest.raises(InvalidInput, match="got 3"):
        read_outputs([tmp_path / "b.npz"] * 3)


def test_arrays_of_different_length_are_named(tmp_path):
    np.savez(tmp_path / "a.npz", loss=np.ones(3), member=np.ones(4))
    with pytest.raises(InvalidInput, match="different lengths: `loss` 3, `member` 4"):
        read_outputs(tmp_path / "a.npz")


def test_parquet_lists_and_missing_cells(tmp_path):
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "t.parquet"
    parquet.write_table(
        arrow.table({"logits": LOGITS.tolist(), "label": LABEL, "member": MEMBER == 1}), path
    )
    assert read_outputs(path).member.logits.shape == (2, 2)
    parquet.write_table(arrow.table({"loss": [1.0, None], "member": [1, 0]}), path)
    with pytest.raises(InvalidInput, match=r"column `loss` .* 1 empty cells"):
        read_outputs(path)


def test_rows_in_their_order_take_words_for_members_as_two_sides_do(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("loss,member\n0.1,train\n0.9,test\n0.2,train\n", encoding="utf8")
    assert read_rows(path).member.tolist() == [True, False, True]
