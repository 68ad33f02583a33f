"""Bad input, one row each: the error names the argument, what was needed, what came and what to
do.
"""

import re
import resource
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tacit
from tacit import InvalidInput, Membership, NotEnoughData, Outputs, Report, Signals
from tacit.adapters.files import read_outputs
from tacit.attacks import Threshold
from tacit.signals import measure

LOGITS = np.array([[2.0, -1.0, 0.0], [0.0, 3.0, 1.0], [1.0, 5.0, -4.0]])
PROBS = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)
LABEL = np.array([0, 1, 1])


def with_value(value):
    changed = LOGITS.copy()
    changed[1, 2] = value
    return changed


def outputs(**given):
    return lambda: Outputs(**given)


# case: (call, argument, need, what came, what to do)
TABLE = {
    "NaN in logits": (
        outputs(logits=with_value(np.nan)),
        "`logits`",
        "needs finite numbers",
        r"got NaN in 1 row \(first: 1\)",
        "fix or clip",
    ),
    "infinite logits": (
        outputs(logits=with_value(-np.inf)),
        "`logits`",
        "needs finite",
        "got infinite values in 1 row",
        "fix or clip",
    ),
    "NaN in a loss": (
        outputs(loss=[1.0, np.nan]),
        "`loss`",
        "needs finite",
        r"NaN in 1 row \(first: 1\)",
        "at the source",
    ),
    "NaN in a signal": (
        lambda: Signals.of([np.nan, 1.0]),
        "`target`",
        "needs finite",
        "NaN in 1 row",
        "at the source",
    ),
    "a missing label": (
        outputs(logits=LOGITS, label=[0, 1, np.nan]),
        "`label`",
        "whole numbers",
        "fractions or NaN in 1 row",
        "Pass integers",
    ),
    "float labels": (
        outputs(logits=LOGITS, label=[0, 1.5, 1]),
        "`label`",
        "whole numbers",
        r"\(first: 1\)",
        "Pass integers",
    ),
    "one-hot labels": (
        outputs(logits=LOGITS, label=np.eye(3)[:2]),
        "`label`",
        "needs one row a record: 3",
        "got 2 rows",
        "same records",
    ),
    "labels of another length": (
        outputs(logits=LOGITS, label=[0, 1]),
        "`label`",
        "3 records",
        "got 2 rows",
        "same order",
    ),
    "labels from 1 to k": (
        outputs(logits=LOGITS, label=[1, 2, 3]),
        "`label`",
        "classes 0 to 2",
        "from 1 to 3 in 1 row",
        "count from 0",
    ),
    "negative labels": (
        outputs(logits=LOGITS, label=[-1, 0, 1]),
        "`label`",
        "classes 0 to 2",
        "from -1 to 1",
        "count from 0",
    ),
    "labels as text": (
        outputs(logits=LOGITS, label=["cat", "dog", "dog"]),
        "`label`",
        "needs numbers",
        "words such as 'cat', 'dog'",
        "Give `classes`",
    ),
    "probabilities as logits": (
        outputs(logits=PROBS),
        "`logits`",
        "unnormalised",
        "looks like probabilities",
        "`probs=`",
    ),
    "binary probabilities as logits": (
        outputs(logits=np.linspace(0.01, 0.99, 30)),
        "`logits`",
        "unnormalised",
        "lies between 0 and 1",
        "`probs=`",
    ),
    "logits as probabilities": (
        outputs(probs=LOGITS),
        "`probs`",
        "numbers from 0 to 1",
        "values from -4 to 5 in 3 rows",
        "`logits=`",
    ),
    "rows that do not sum to one": (
        outputs(probs=PROBS * 0.9),
        "`probs`",
        "sum to 1",
        "sums from 0.9 to 0.9",
        r"`label` of shape \(n, k\)",
    ),
    "object arrays": (
        outputs(logits=[[1.0, 2.0], [1.0]]),
        "`logits`",
        "read as an array",
        "inhomogeneous",
        "shape",
    ),
    "an object array": (
        outputs(logits=np.array([[1, None]], object)),
        "`logits`",
        "numbers",
        "dtype object",
        "missing value in row 0: leave out",
    ),
    "masked arrays": (
        outputs(logits=np.ma.masked_invalid(with_value(np.nan))),
        "`logits`",
        "masked",
        "1 masked",
        "Drop or fill",
    ),
    "complex numbers": (
        outputs(logits=LOGITS + 1j),
        "`logits`",
        "numbers",
        "complex128",
        "convert",
    ),
    "booleans as logits": (
        outputs(logits=LOGITS > 0),
        "`logits`",
        "real numbers",
        "got booleans",
        "",
    ),
    "three dimensions": (
        outputs(logits=np.zeros((2, 3, 4))),
        "`logits`",
        "1 or 2 dimension",
        r"shape \(2, 3, 4\)",
        "Reshape",
    ),
    "no records": (
        outputs(loss=[]),
        "Outputs",
        "at least one record",
        "got none",
        "filter or file",
    ),
    "no classes": (
        outputs(logits=np.zeros((3, 0))),
        "`logits`",
        "at least one class",
        r"shape \(3, 0\)",
        "",
    ),
    "nothing at all": (
        outputs(label=[1]),
        "`logits`, `probs`, `loss`",
        "exactly one",
        "got none of them",
        "Pass logits",
    ),
    "two answers": (
        outputs(logits=LOGITS, probs=PROBS),
        "`logits`, `probs`",
        "exactly one",
        "`logits`, `probs`",
        "Pass logits",
    ),
    "half a regression": (
        outputs(prediction=[1.0]),
        "`truth`",
        "needs both",
        "only one",
        "pass the other",
    ),
    "unknown membership": (
        lambda: Membership([0, 1, 2]),
        "`member`",
        "True/False or 0/1",
        r"\(first: 2\)",
        "Turn them into booleans",
    ),
    "an unknown assignment": (
        lambda: Membership([1], assignment="dice"),
        "`assignment`",
        "coin, fixed_size, observed",
        "'dice'",
        "",
    ),
    "clusters of another length": (
        lambda: Membership([0, 1], cluster=["a"]),
        "`cluster`",
        "2 records",
        "1 rows",
        "same order",
    ),
    "an unknown statistic": (
        lambda: measure(Outputs(loss=[1.0]), "logit"),
        "`name`",
        "one of loss, scaled_logit",
        "'logit'",
        "",
    ),
}


@pytest.mark.parametrize("case", TABLE)
def test_the_error_says_which_argument_what_was_needed_what_came_and_what_to_do(case):
    call, *expected = TABLE[case]
    with pytest.raises(InvalidInput) as caught:
        call()
    for pattern in expected:
        assert re.search(pattern, str(caught.value)), f"{pattern!r} is not in: {caught.value}"


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        (LOGITS.astype(int), LOGITS.astype(int).astype(float)),
        (LOGITS.astype(np.float16), LOGITS),
        (LOGITS.astype(np.int8), LOGITS),
        (LOGITS.astype(">f8"), LOGITS),
        (LOGITS.astype(">f4"), LOGITS),
        (np.asfortranarray(LOGITS), LOGITS),
        (np.repeat(LOGITS, 2, axis=0)[::2], LOGITS),
        (LOGITS.tolist(), LOGITS),
        (np.longdouble(LOGITS), LOGITS),
    ],
    ids=[
        "int64",
        "float16",
        "int8",
        "big-endian",
        "big-endian float32",
        "Fortran",
        "strided",
        "list",
        "longdouble",
    ],
)
def test_every_layout_and_type_of_numbers_gives_the_same_signals(changed, same):
    for name in ("scaled_logit", "modified_entropy", "entropy"):
        np.testing.assert_allclose(
            measure(Outputs(logits=changed, label=LABEL), name),
            measure(Outputs(logits=same, label=LABEL), name),
        )


def test_read_only_input_is_accepted_and_no_input_is_changed_or_locked():
    logits = LOGITS.copy()
    logits.setflags(write=False)
    measure(Outputs(logits=logits, label=LABEL), "scaled_logit")
    mine = LOGITS.copy()
    given = Outputs(logits=mine, label=LABEL)
    assert mine.flags.writeable
    assert not given.logits.flags.writeable
    np.testing.assert_array_equal(mine, LOGITS)


def test_labels_of_a_single_class_are_fine():
    assert measure(Outputs(logits=LOGITS, label=[1, 1, 1]), "scaled_logit").shape == (3,)


@pytest.mark.parametrize(("member", "unit"), [([0, 0, 0], "members"), ([1, 1, 1], "non-members")])
def test_a_game_without_one_side_says_which(member, unit):
    with pytest.raises(NotEnoughData, match=f"no {unit}") as caught:
        tacit.collect(Threshold(), Signals.of([1.0, 2.0, 3.0]), Membership(member))
    assert (caught.value.needed, caught.value.got, caught.value.unit) == (1, 0, unit)


def test_signals_and_membership_of_different_length_say_both_numbers():
    with pytest.raises(
        InvalidInput, match=r"`signals` and `membership` need the same records, got 2 and 3"
    ):
        tacit.collect(Threshold(), Signals.of([1.0, 2.0]), Membership([1, 0, 1]))


@pytest.mark.parametrize("name", ["member", "nonmember"])
def test_an_audit_needs_outputs(name):
    given = {"member": Outputs(loss=[1.0]), "nonmember": Outputs(loss=[1.0])} | {name: np.ones(3)}
    with pytest.raises(InvalidInput, match=rf"`{name}`.*ndarray"):
        tacit.audit(**given)


def test_outputs_of_another_number_of_classes_cannot_be_audited_together():
    with pytest.raises(
        InvalidInput, match=r"`logits` needs the same number of columns .*\(3, 3\) and \(3, 2\)"
    ):
        tacit.audit(
            member=Outputs(logits=LOGITS, label=LABEL),
            nonmember=Outputs(logits=LOGITS[:, :2], label=LABEL),
        )


def test_files_that_cannot_be_used_name_the_file_and_the_way_out(tmp_path):
    np.savez(tmp_path / "模型.npz", loss=np.ones(4), member=[1, 1, 0, 0])
    assert read_outputs(tmp_path / "模型.npz").member.n == 2
    whole = (tmp_path / "模型.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(whole[: len(whole) // 2])
    np.savez(tmp_path / "pickle.npz", loss=np.array([{}, {}]), member=[1, 0])
    (tmp_path / "column.csv").write_text("loss,group\n0.5,1\n")
    cases = {
        "cut.npz": "cannot be read.*Write it again",
        "pickle.npz": "pickled object.*np.savez",
        "column.csv": "no column `member`.*`loss`, `group`.*--member-key",
        "absent.csv": "does not exist; a file",
        ".": "is a directory; a file",
    }
    for name, message in cases.items():
        with pytest.raises(InvalidInput, match=message):
            read_outputs(tmp_path / name)


FULL_DISK = """
import sys, tacit
report = tacit.Report(finding="inconclusive", verdict="inconclusive", headline="x" * 100_000)
try:
    report.save(sys.argv[1])
except OSError as error:
    print("refused:", error)
"""


@pytest.mark.parametrize("suffix", [".json", ".html"])
def test_a_full_disk_leaves_the_old_report_in_place(tmp_path, suffix):
    target = tmp_path / f"report{suffix}"
    Report(finding="inconclusive", verdict="inconclusive", headline="the old one").save(target)
    before = target.read_bytes()

    def small_disk():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    run = subprocess.run(
        [sys.executable, "-B", "-c", FULL_DISK, str(target)],
        capture_output=True,
        text=True,
        preexec_fn=small_disk,
        check=False,
    )
    assert "refused:" in run.stdout, run.stderr
    assert target.read_bytes() == before
    assert [path.name for path in Path(tmp_path).iterdir()] == [target.name]


def test_a_report_cannot_replace_a_directory_or_take_an_unknown_suffix(tmp_path):
    report = Report(finding="inconclusive", verdict="inconclusive", headline="x")
    with pytest.raises(InvalidInput, match="is a directory; a report needs a file name"):
        report.save(tmp_path)
    with pytest.raises(InvalidInput, match=r"\.docx"):
        report.save(tmp_path / "report.docx")
    (tmp_path / "not.json").write_text("{]")
    with pytest.raises(InvalidInput, match="not a tacit report"):
        Report.load(tmp_path / "not.json")


def test_one_hot_labels_are_not_taken_for_independent_answers():
    label = np.eye(3, dtype=int)[np.arange(30) % 3]
    with pytest.raises(InvalidInput, match=r"one-hot.*argmax"):
        Outputs(logits=np.zeros((30, 3)) + 2.0, label=label)
    label[0] = 1
    assert Outputs(logits=np.zeros((30, 3)) + 2.0, label=label).task == "multilabel"


@pytest.mark.parametrize("kind", ["V4", "V2"])
def test_bytes_that_are_no_numbers_are_refused_by_name(kind):
    with pytest.raises(InvalidInput, match="`loss` needs numbers"):
        Outputs(loss=np.zeros(3, kind))
