"""The pieces of a common program by hand: padding, rests, the total loss, memory and gain."""

import numpy as np
import pytest

from tacit.training import TorchRecipe, batched

pytestmark = pytest.mark.framework
torch = pytest.importorskip("torch")
nn = torch.nn


def recipe(build=lambda: nn.Linear(4, 3), **options):
    return TorchRecipe(build, **({"epochs": 1, "batch_size": 4} | options))


def test_a_short_batch_is_filled_up_and_its_true_size_is_kept():
    rows = [np.arange(10), np.arange(20, 26)]
    ((first, second, third),) = batched._together(recipe(), rows, [1, 2])
    for step, sizes in ((first, [4, 4]), (second, [4, 2]), (third, [2, 0])):
        assert step[0].shape == (2, max(sizes))
        assert step[1].tolist() == sizes
    shown = [np.concatenate([s[0][k][: s[1][k]] for s in (first, second, third)]) for k in (0, 1)]
    assert sorted(shown[0]) == rows[0].tolist()
    assert sorted(shown[1]) == rows[1].tolist()
    assert shown[1].tolist() == np.random.default_rng(2).permutation(rows[1]).tolist()
    # every model augments from its own generator
    assert first[2][0].random() == np.random.default_rng([1, 1]).random()
    assert first[2][1].random() == np.random.default_rng([2, 1]).random()


def test_the_total_is_the_sum_of_the_means_of_the_models():
    given = recipe(loss="squared_error")
    answer = torch.tensor([[1.0, 2.0, 3.0], [4.0, 9.0, 9.0], [9.0, 9.0, 9.0]])
    target = torch.zeros(3, 3)
    # 1 + 4 + 9 of three, 16 of one, none: what fills up counts for nothing
    assert batched._total(given, answer, target, np.array([3, 1, 0])).item() == pytest.approx(
        14 / 3 + 16
    )
    alone = batched._total(given, answer[:1], target[:1], np.array([3]))
    assert alone.item() == pytest.approx(14 / 3)


def test_a_model_without_a_batch_gets_no_gradient():
    weights = {"w": torch.zeros(2, 3, requires_grad=True)}
    weights["w"].grad = torch.arange(6.0).reshape(2, 3)
    parts = [[torch.zeros(3, requires_grad=True)] for _ in range(2)]
    batched._hand_out(weights, parts, np.array([4, 0]))
    assert parts[0][0].grad.tolist() == [0.0, 1.0, 2.0]
    assert parts[1][0].grad is None
    assert weights["w"].grad is None


def test_what_fills_up_a_batch_is_not_augmented():
    seen = []

    def noted(batch, rng):
        seen.append((len(batch), rng))
        return batch + 1

    given = recipe(augment=noted)
    rows = torch.zeros(3, 2, 4)
    found = batched._inputs(given, rows, np.array([2, 1, 0]), ["a", "b", "c"])
    assert seen == [(2, "a"), (1, "b")]
    assert found[:, :, 0].tolist() == [[1, 1], [1, 0], [0, 0]]


def test_the_memory_of_a_model_is_its_weights_five_times_and_a_batch_twice():
    """4 x 3 + 3 weights of 4 bytes; the layer keeps its input of 4 numbers a record."""
    model = nn.Linear(4, 3)
    sample = torch.ones(2, 4)
    assert batched._bytes_of(model, sample, 10) == 5 * 15 * 4 + 2 * 10 * 16 + 1


@pytest.mark.parametrize(
    ("free", "group"),
    [(2 * 8 * 621.0, 8), (2 * 8 * 621.0 - 2, 7), (2 * 1.5 * 621, 1), (10.0, 1), (1e9, 16)],
)
def test_a_group_takes_half_of_the_free_memory(monkeypatch, free, group):
    monkeypatch.setattr(batched, "_free_bytes", lambda device: free)
    monkeypatch.setattr(batched, "gain_of", lambda *given: 2.0)
    monkeypatch.setattr(batched, "_bytes_of", lambda *given: 621)
    assert batched.group_size(recipe(), np.ones((5, 4))) == group


@pytest.mark.parametrize(("gain", "group"), [(1.1, 16), (1.0999, 1)])
def test_the_least_gain_is_a_tenth(monkeypatch, gain, group):
    monkeypatch.setattr(batched, "gain_of", lambda *given: gain)
    monkeypatch.setattr(batched, "_free_bytes", lambda device: 1e9)
    assert batched.group_size(recipe(), np.ones((5, 4))) == group


def test_a_group_on_a_gpu_is_not_probed_and_four_times_as_large(monkeypatch):
    monkeypatch.setattr(batched, "gain_of", lambda *given: 0.1)
    monkeypatch.setattr(batched, "_free_bytes", lambda device: 1e9)
    assert batched.group_size(recipe(device="cuda"), np.ones((5, 4))) == 64


def test_the_gain_is_the_time_of_so_many_alone_over_that_of_all_together(monkeypatch):
    """The least of four times alone and of three together, of at most sixteen models."""
    ticks = iter([0.2, 0.14, 2.0, 0.15, 1.6, 0.16, 3.0])
    monkeypatch.setattr(batched, "_seconds", lambda work: next(ticks))
    assert batched.gain_of(recipe(), np.ones((64, 4)), 99) == pytest.approx(16 * 0.14 / 1.6)
    ticks = iter([0.2, 0.24, 1.0, 0.25, 1.6, 0.26, 3.0])
    assert batched.gain_of(recipe(), np.ones((64, 4)), 3) == pytest.approx(3 * 0.2 / 1.0)


@pytest.mark.parametrize(("seconds", "gain"), [(0.4, 16.0), (0.41, 1.0)])
def test_a_step_of_more_than_a_twentieth_of_a_second_is_not_probed(monkeypatch, seconds, gain):
    """64 records are 16 batches of 4, of which 8 are probed: 8 x 0.05 s."""
    monkeypatch.setattr(batched, "_seconds", lambda work: seconds)
    assert batched.gain_of(recipe(), np.ones((64, 4)), 16) == gain


def test_seconds_are_those_of_the_processor(monkeypatch):
    ticks = iter([3.0, 5.5, 7.0, 7.0])
    monkeypatch.setattr(batched.time, "process_time", lambda: next(ticks))
    assert batched._seconds(list) == 2.5
    assert 0 < batched._seconds(list) < 1e-6


def test_dropout_of_nothing_and_norms_without_running_numbers_may_share_a_program():
    assert batched.obstacle_of(nn.Sequential(nn.Dropout(0.0), nn.Linear(2, 2))) is None
    assert batched.obstacle_of(nn.InstanceNorm1d(3)) is None
    assert "mixes the records" in batched.obstacle_of(nn.BatchNorm1d(3, track_running_stats=False))
    assert "running" in batched.obstacle_of(nn.InstanceNorm1d(3, track_running_stats=True))
    assert "random numbers" in batched.obstacle_of(nn.Sequential(nn.Dropout(0.1)))
    assert "recurrent" in batched.obstacle_of(nn.GRU(2, 2))


def test_free_memory_on_a_processor_is_that_of_the_machine(monkeypatch):
    pages = {"SC_AVPHYS_PAGES": 1000, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr(batched.os, "sysconf", pages.__getitem__)
    assert batched._free_bytes("cpu") == 4_096_000
    monkeypatch.setattr(batched.os, "sysconf_names", {})
    assert batched._free_bytes("cpu") == 4e9
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert batched._free_bytes("cuda") == 8e9
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (5, 9))
    assert batched._free_bytes("cuda:1") == 5
