"""The trace: the same records each time, whole after a kill, and a stop only when vulnerability has
really risen.
"""

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tacit.core import Estimate, InvalidInput
from tacit.integrations import History, PrivacyTrace, Risen, TracePoint
from tacit.integrations.trace import default_every, default_size

LOOP = Path(__file__).parent / "killed_loop.py"
WEIGHTS = np.random.default_rng(1).normal(size=(6, 3))


@pytest.fixture
def records():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(200, 6)), rng.integers(0, 3, 200)
    return (x[:100], y[:100]), (x[100:], y[100:])


def model(part):
    return part @ WEIGHTS


def test_the_same_records_are_looked_at_each_time(records):
    trace = PrivacyTrace(*records, size=30, every=1)
    first, second = trace.observe(0, model), trace.observe(1, model)
    assert first.auc == second.auc
    assert trace.history.losses.shape == (2, 60)
    np.testing.assert_array_equal(trace.history.losses[0], trace.history.losses[1])
    again = PrivacyTrace(*records, size=30, every=1)
    assert again.observe(0, model).auc == first.auc
    assert PrivacyTrace(*records, size=30, every=1, seed=5).observe(0, model).auc != first.auc


def test_a_look_knows_accuracy_and_vulnerability_with_intervals(records):
    trace = PrivacyTrace(*records, every=1)
    point = trace.observe(0, model)
    (x, y), (u, v) = records
    assert point.member_accuracy == np.mean((x @ WEIGHTS).argmax(axis=1) == y)
    assert point.accuracy == point.utility == np.mean((u @ WEIGHTS).argmax(axis=1) == v)
    assert point.advantage.low <= point.advantage.value <= point.advantage.high
    assert set(point.numbers()) >= {
        "privacy/advantage",
        "privacy/advantage_low",
        "privacy/auc",
        "privacy/nonmember_accuracy",
    }
    z = x @ WEIGHTS
    loss = np.log(np.exp(z).sum(axis=1)) - z[np.arange(100), y]
    np.testing.assert_allclose(trace.history.losses[0][:100], loss, rtol=1e-5)


def test_only_every_kth_epoch_is_looked_at(records):
    trace = PrivacyTrace(*records, every=3)
    assert [trace.observe(epoch, model) is not None for epoch in range(6)] == [
        False,
        False,
        True,
        False,
        False,
        True,
    ]


@pytest.mark.parametrize("n", [300, 1000, 10_000, 50_000, 10**6])
def test_by_default_looking_costs_a_twentieth_of_the_forward_passes(n):
    size = default_size(n)
    passes_a_look, passes_an_epoch = 2 * min(size, n), 3 * n
    assert passes_a_look <= 0.05 * passes_an_epoch * default_every(n, size)
    assert default_every(50_000, default_size(50_000)) == 1


def test_loggers_get_the_numbers_and_the_epoch(records):
    told = []
    trace = PrivacyTrace(
        *records, every=2, log=[lambda numbers, epoch: told.append((epoch, numbers["privacy/auc"]))]
    )
    points = [trace.observe(epoch, model) for epoch in range(4)]
    assert told == [(1, points[1].auc.value), (3, points[3].auc.value)]


def test_a_loss_alone_is_enough(records):
    (x, _), (u, _) = records
    trace = PrivacyTrace((x, None), (u, None), every=1, kind="loss")
    point = trace.observe(0, lambda part: (part**2).sum(axis=1))
    assert point.accuracy is None
    assert point.utility == pytest.approx(-float((u**2).sum(axis=1).mean()), rel=1e-6)


def test_a_model_that_diverges_later_is_passed_over_with_a_warning(records):
    trace = PrivacyTrace(*records, every=1)
    trace.observe(0, model)
    with pytest.warns(UserWarning, match="could not look at the model after epoch 1"):
        assert trace.observe(1, lambda part: part @ WEIGHTS * np.nan) is None


def test_a_model_that_diverged_at_once_does_not_end_the_training(records):
    trace = PrivacyTrace(*records, every=1)
    with pytest.warns(UserWarning, match="NaN"):
        assert trace.observe(0, lambda part: part @ WEIGHTS * np.nan) is None
    assert trace.observe(1, model) is not None
    with pytest.raises(InvalidInput, match=r"numbers from 0 to 1.*as `logits=`"):
        PrivacyTrace(*records, every=1, kind="probs").observe(0, lambda part: part @ WEIGHTS + 9)


def test_a_short_training_is_looked_at_five_times_and_at_its_end(records):
    trace = PrivacyTrace(*records)
    assert trace.every > 1
    trace.expect(12)
    assert trace.every == 2
    seen = [trace.observe(epoch, model, last=epoch == 10) for epoch in range(11)]
    assert [point.epoch for point in seen if point is not None] == [1, 3, 5, 7, 9, 10]
    assert trace.finish(10, model) is None
    assert trace.finish(11, model).epoch == 11
    chosen = PrivacyTrace(*records, every=4)
    chosen.expect(4)
    assert chosen.every == 4


def test_epochs_are_whole_numbers_of_any_kind(records, tmp_path):
    trace = PrivacyTrace(*records, every=1, path=tmp_path / "run.trace")
    assert trace.observe(np.int64(0), model).epoch == 0
    with pytest.raises(InvalidInput, match="`epoch` needs a whole number"):
        trace.observe(0.5, model)


def test_a_file_that_is_no_trace_is_left_alone(records, tmp_path):
    path = tmp_path / "notes.txt"
    for content in (b"my only copy\n", b"\x00\x01", b"deadbeef {}\n"):
        path.write_bytes(content)
        with pytest.raises(InvalidInput, match="is no trace of tacit's"):
            PrivacyTrace(*records, path=path)
        assert path.read_bytes() == content


def test_damage_is_told_from_a_torn_last_line(records, tmp_path):
    path = tmp_path / "run.trace"
    trace = PrivacyTrace(*records, every=1, path=path)
    for epoch in range(2):
        trace.observe(epoch, model)
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    assert len(PrivacyTrace(*records, every=1, path=path).history.points) == 1
    flipped = bytearray(whole)
    flipped[-50] ^= 1
    path.write_bytes(flipped)
    with pytest.raises(InvalidInput, match="damaged in line 3"):
        PrivacyTrace(*records, every=1, path=path)
    assert path.read_bytes() == flipped


def test_a_second_writer_is_refused_and_harms_nothing(records, tmp_path):
    path = tmp_path / "run.trace"
    first = PrivacyTrace(*records, every=1, path=path)
    second = PrivacyTrace(*records, every=1, path=path)
    first.observe(0, model)
    with pytest.raises(InvalidInput, match="another training writes to it too"):
        second.observe(0, model)
    first.observe(1, model)
    assert len(PrivacyTrace(*records, every=1, path=path).history.points) == 2


def test_an_interrupt_while_a_look_is_written_leaves_a_readable_trace(
    records, tmp_path, monkeypatch
):
    path = tmp_path / "run.trace"
    trace = PrivacyTrace(*records, every=1, path=path)
    trace.observe(0, model)

    def interrupted(descriptor):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("tacit.integrations.trace_file.os.fsync", interrupted)
        with pytest.raises(KeyboardInterrupt):
            trace.observe(1, model)
    trace.observe(2, model)
    again = PrivacyTrace(*records, every=1, path=path)
    assert [point.epoch for point in again.history.points] == [0, 2]


def test_a_trace_file_gives_everything_back(records, tmp_path):
    path = tmp_path / "deep" / "run.trace"
    first = PrivacyTrace(*records, every=1, path=path)
    for epoch in range(3):
        first.observe(epoch, model)
    second = PrivacyTrace(*records, every=1, path=path)
    assert [point.to_dict() for point in second.history.points] == [
        point.to_dict() for point in first.history.points
    ]
    np.testing.assert_array_equal(second.history.losses, first.history.losses)


def test_looks_after_the_checkpoint_are_replaced(records, tmp_path):
    path = tmp_path / "run.trace"
    first = PrivacyTrace(*records, every=1, path=path)
    for epoch in range(4):
        first.observe(epoch, model)
    second = PrivacyTrace(*records, every=1, path=path)
    second.observe(2, lambda part: -part @ WEIGHTS)
    for trace in (second, PrivacyTrace(*records, every=1, path=path)):
        assert [point.epoch for point in trace.history.points] == [0, 1, 2]
        assert trace.history.losses[2].sum() != first.history.losses[2].sum()


@pytest.mark.parametrize("cut", [1, 7, 200])
def test_a_torn_last_line_is_cut_off(records, tmp_path, cut):
    path = tmp_path / "run.trace"
    first = PrivacyTrace(*records, every=1, path=path)
    for epoch in range(3):
        first.observe(epoch, model)
    path.write_bytes(path.read_bytes()[:-cut])
    second = PrivacyTrace(*records, every=1, path=path)
    assert [point.epoch for point in second.history.points] == [0, 1]
    second.observe(2, model)
    assert len(PrivacyTrace(*records, every=1, path=path).history.points) == 3


def test_a_line_changed_or_lost_in_the_middle_is_an_error(records, tmp_path):
    path = tmp_path / "run.trace"
    first = PrivacyTrace(*records, every=1, path=path)
    for epoch in range(3):
        first.observe(epoch, model)
    lines = path.read_bytes().splitlines(keepends=True)
    for damaged in (
        [lines[0], lines[1].replace(b'"epoch": 0', b'"epoch": 9'), *lines[2:]],
        [lines[0], *lines[2:]],
    ):
        path.write_bytes(b"".join(damaged))
        with pytest.raises(InvalidInput, match="damaged in line 2"):
            PrivacyTrace(*records, every=1, path=path)


def test_the_trace_of_other_data_is_not_gone_on_with(records, tmp_path):
    path = tmp_path / "run.trace"
    PrivacyTrace(*records, every=1, path=path)
    (x, y), others = records
    with pytest.raises(InvalidInput, match="trace of another training: its `members`"):
        PrivacyTrace((x + 1, y), others, every=1, path=path)
    with pytest.raises(InvalidInput, match="its `every` is 1, this one's is 2"):
        PrivacyTrace(*records, every=2, path=path)


def test_a_process_that_does_not_write_leaves_the_file_alone(records, tmp_path):
    path = tmp_path / "run.trace"
    PrivacyTrace(*records, every=1, path=path, write=False).observe(0, model)
    assert not path.exists()


def points(utilities):
    auc = Estimate("auc", 0.5, 0.4, 0.6, 0.95, 100, "given")
    return tuple(
        TracePoint(epoch, auc, auc, None, None, value, "accuracy", 0.0)
        for epoch, value in enumerate(utilities)
    )


def losses_of(shifts, *, n=300, seed=0, noise=0.5):
    """Losses of 2 n records over looks: each record keeps its difficulty, members lose `shifts` of
    it.
    """
    rng = np.random.default_rng(seed)
    member = np.arange(2 * n) < n
    difficulty = rng.normal(size=2 * n)
    losses = [difficulty - shift * member + noise * rng.normal(size=2 * n) for shift in shifts]
    return np.array(losses, np.float32), member


def test_a_rise_without_a_gain_in_accuracy_stops():
    losses, member = losses_of([0.0, 0.1, 1.2])
    stop = Risen()(History(points([0.60, 0.70, 0.69]), losses, member))
    assert stop.ship == 1
    assert "rose by" in stop.reason
    assert "ship the checkpoint of epoch 1" in stop.reason


def test_a_rise_that_buys_accuracy_does_not_stop():
    losses, member = losses_of([0.0, 0.1, 1.2])
    assert Risen()(History(points([0.60, 0.65, 0.70]), losses, member)) is None


def test_a_rise_too_small_to_matter_does_not_stop():
    losses, member = losses_of([0.0, 0.3], n=2000)
    history = History(points([0.7, 0.7]), losses, member)
    assert Risen()(history) is not None
    assert Risen(least=0.2)(history) is None


@pytest.mark.slow
def test_a_training_that_does_not_leak_more_is_seldom_stopped():
    n_trainings, stopped = 400, 0
    for seed in range(n_trainings):
        losses, member = losses_of([0.3] * 12, n=60, seed=seed)
        known = points([0.7] * 12)
        stopped += any(
            Risen(level=0.9)(History(known[:t], losses[:t], member)) is not None
            for t in range(2, 13)
        )
    # at most 10 % are allowed; 3 standard deviations of a share of 10 % in 400
    assert stopped / n_trainings <= 0.10 + 3 * np.sqrt(0.1 * 0.9 / n_trainings)


def test_a_stop_reaches_the_trace(records):
    trace = PrivacyTrace(*records, every=1, stop_when=Risen())
    (x, y), _ = records
    trace.observe(0, lambda part: part @ WEIGHTS * 1e-3)
    assert trace.stop is None
    known = {row.tobytes(): label for row, label in zip(x, y)}
    trace.observe(
        1,
        lambda part: np.array([9.0 * np.eye(3)[known.get(row.tobytes(), 0)] for row in part]),
        accuracy=0.1,
    )
    assert trace.stop.ship == 0


def test_a_training_killed_in_mid_epoch_goes_on_with_its_trace_whole(tmp_path):
    whole = _run(tmp_path / "undisturbed", pause=0.0)
    kills = 0
    folder = tmp_path / "killed"
    folder.mkdir()
    while kills < 3:
        process = subprocess.Popen([sys.executable, LOOP, folder, "0.01"])
        seen = _looks(folder)
        deadline = time.monotonic() + 120
        while process.poll() is None and _looks(folder) < seen + 1 and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(0.03)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.wait()
    resumed = _run(folder, pause=0.0)
    assert [line.split("|")[0] for line in resumed] == [str(epoch) for epoch in range(8)]
    assert resumed == whole


def _looks(folder):
    path = folder / "run.trace"
    return path.read_bytes().count(b"\n") if path.exists() else 0


def _run(folder, pause):
    folder.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, LOOP, folder, str(pause)], capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def test_importing_the_plug_in_package_loads_no_room():
    code = (
        "import sys, tacit.integrations.pytest_plugin; print(*[m for m in sys.modules if"
        " m.startswith('tacit.')])"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    heavy = {name for name in loaded if name.split(".")[1] not in ("core", "integrations")}
    assert not heavy


@pytest.mark.parametrize("epoch", [-1, 1.5, "1", None, True, np.nan, np.inf])
def test_epochs_of_another_kind_are_refused(records, epoch):
    with pytest.raises(InvalidInput, match="`epoch` needs a whole number counted from 0, got"):
        PrivacyTrace(*records, every=1).observe(epoch, model)


def test_the_same_records_on_both_sides_of_a_trace_are_refused(records):
    member = records[0]
    copy = (member[0].copy(), member[1].copy())
    for other in (member, (member[0], member[1]), copy):
        with pytest.raises(InvalidInput, match="`member` and `nonmember` are the same records"):
            PrivacyTrace(member, other)
    with pytest.raises(InvalidInput, match="`nonmember` needs records"):
        PrivacyTrace(member, None)


def test_a_copy_that_is_larger_than_the_sample_is_refused_too():
    """Other records of each are drawn; the first ones show that both are one set."""
    x = np.random.default_rng(0).normal(size=(900, 3))
    y = (x[:, 0] > 0).astype(int)
    with pytest.raises(InvalidInput, match="are the same records"):
        PrivacyTrace((x, y), (x.copy(), y.copy()))
    assert PrivacyTrace((x, y), (x.copy()[::-1], y[::-1])).size == 200
    assert PrivacyTrace((x, y), (x.copy(), 1 - y)).size == 200


def test_a_folder_is_no_trace(records, tmp_path):
    with pytest.raises(InvalidInput, match="is a directory; a trace needs the name of a file"):
        PrivacyTrace(*records, path=tmp_path)


# options that would have ended the training at the first look, and what the error says
SLIPS = {
    "every": ("1", "`every` needs 1 or more"),
    "size": ("all", "`size` needs 2 or more"),
    "seed": (None, "`seed`"),
    "kind": ("logit", "`kind` needs one of"),
    "stop_when": (0.1, "`stop_when` needs a function that is called with the history"),
    "batch_size": (0, "`batch_size` needs 1"),
}


@pytest.mark.parametrize("option", SLIPS)
def test_an_option_that_cannot_be_used_is_named_before_the_training(records, option):
    value, said = SLIPS[option]
    with pytest.raises(InvalidInput, match=said):
        PrivacyTrace(*records, **{option: value})


@pytest.mark.parametrize(("log", "said"), [(print, "`log` needs a list"), (["tb"], "`log` needs")])
def test_what_cannot_be_logged_to_is_named_before_the_training(records, log, said):
    with pytest.raises(InvalidInput, match=said):
        PrivacyTrace(*records, log=log)
