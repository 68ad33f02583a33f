"""What every PyTorch loop shares, by hand: orders, rates, losses, and answers in batches."""

import math

import numpy as np
import pytest

from tacit.core import InvalidInput
from tacit.training import TorchRecipe
from tacit.training.torch_steps import (
    Answering,
    drawing,
    losses,
    optimizer_of,
    orders,
    seeded,
    set_rate,
    tensors,
)

pytestmark = pytest.mark.framework
torch = pytest.importorskip("torch")
nn = torch.nn


def recipe(build=lambda: nn.Linear(2, 3), **options):
    return TorchRecipe(build, **({"epochs": 3, "batch_size": 4} | options))


def test_every_epoch_shows_every_record_once_in_an_order_of_its_own():
    rows = np.array([2, 3, 5, 7, 11, 13, 17, 19, 23, 29])
    epochs = list(orders(recipe(), rows, 5))
    assert len(epochs) == 3
    for epoch in epochs:
        # the last batch is short and not dropped
        assert [len(batch) for batch, _ in epoch] == [4, 4, 2]
        assert sorted(np.concatenate([batch for batch, _ in epoch])) == rows.tolist()
    whole = [np.concatenate([batch for batch, _ in epoch]).tolist() for epoch in epochs]
    assert whole[0] != whole[1] != whole[2]
    assert whole[0] == np.random.default_rng(5).permutation(rows).tolist()


def test_the_order_is_the_seeds_and_augmentation_draws_from_another_stream():
    rows = np.arange(10)
    one, same, other = (
        [batch.tolist() for epoch in orders(recipe(), rows, seed) for batch, _ in epoch]
        for seed in (1, 1, 2)
    )
    assert one == same != other
    (first, noise), (_, again), _ = next(iter(orders(recipe(), rows, 1)))
    assert noise is again
    assert noise.random() == np.random.default_rng([1, 1]).random()
    assert first.tolist() == one[0]


def test_a_model_begins_where_its_seed_says_and_leaves_the_generator_alone():
    before = torch.random.get_rng_state()
    one, same, other = (seeded(recipe(), seed).weight.detach() for seed in (3, 3, 4))
    assert torch.equal(before, torch.random.get_rng_state())
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    torch.manual_seed(3)
    assert torch.equal(one, nn.Linear(2, 3).weight.detach())
    with drawing(2**64 + 3):
        assert torch.equal(one, nn.Linear(2, 3).weight.detach())


@pytest.mark.parametrize(
    ("schedule", "rates"),
    [
        ("constant", [0.2] * 4),
        # (1 + cos(pi e / 4)) / 2 of 0.2
        ("cosine", [0.2, 0.1 + 0.1 / math.sqrt(2), 0.1, 0.1 - 0.1 / math.sqrt(2)]),
    ],
)
def test_the_rate_of_each_epoch(schedule, rates):
    given = recipe(epochs=4, lr=0.2, schedule=schedule)
    step = optimizer_of(given, [torch.zeros(1, requires_grad=True)])
    found = []
    for epoch in range(4):
        set_rate(given, step, epoch)
        found.append(step.param_groups[0]["lr"])
    np.testing.assert_allclose(found, rates)


def test_an_optimizer_has_the_settings_of_the_recipe():
    weights = [torch.zeros(1, requires_grad=True)]
    sgd = optimizer_of(
        recipe(optimizer="sgd", lr=0.3, momentum=0.7, weight_decay=0.1), weights
    ).param_groups[0]
    assert (sgd["lr"], sgd["momentum"], sgd["weight_decay"]) == (0.3, 0.7, 0.1)
    adam = optimizer_of(recipe(lr=0.3, momentum=0.7, weight_decay=0.1), weights)
    assert isinstance(adam, torch.optim.Adam)
    assert (adam.param_groups[0]["lr"], adam.param_groups[0]["weight_decay"]) == (0.3, 0.1)


def test_one_loss_a_record():
    answer = torch.tensor([[[0.0, math.log(3)], [0.0, 0.0]]])
    target = torch.tensor([[1, 0]])
    found = losses(recipe(), answer, target)
    np.testing.assert_allclose(found, [[math.log(4 / 3), math.log(2)]], rtol=1e-6)
    # a fifth is spread over both classes: 0.9 of the one and 0.1 of the other
    smooth = losses(recipe(label_smoothing=0.2), answer, target)
    expected = 0.9 * math.log(4 / 3) + 0.1 * math.log(4)
    np.testing.assert_allclose(smooth, [[expected, math.log(2)]], rtol=1e-6)
    squared = losses(
        recipe(loss="squared_error"), torch.tensor([[1.0], [5.0]]), torch.tensor([3.0, 4.0])
    )
    assert squared.tolist() == [4.0, 1.0]


def test_classes_are_whole_numbers_and_everything_else_is_single_precision():
    rows, target = tensors(recipe(), np.ones((2, 2)), [0.0, 1.0])
    assert (rows.dtype, target.dtype) == (torch.float32, torch.int64)
    _, numbers = tensors(recipe(loss="squared_error"), np.ones((2, 2)), [0, 1])
    assert numbers.dtype == torch.float32
    given = torch.ones(2, 2, dtype=torch.int32)
    assert tensors(recipe(), given, [0, 1])[0] is given
    with pytest.raises(InvalidInput, match=r"\(x, y\)"):
        tensors(recipe(), np.ones((2, 2)), None)


def test_answers_keep_the_order_of_the_records_over_many_batches():
    class Echo(nn.Module):
        def __init__(self):
            super().__init__()
            self.sizes = []

        def forward(self, x):
            assert x.dtype == torch.float32
            self.sizes.append(len(x))
            return 2 * x

    x = np.arange(2 * 2500.0).reshape(2500, 2)
    model = Echo()
    np.testing.assert_allclose(Answering(model, recipe())(x).logits, 2 * x)
    assert model.sizes == [1024, 1024, 452]
    model = Echo()
    Answering(model, recipe(batch_size=2000))(torch.from_numpy(x))
    assert model.sizes == [2000, 500]


def test_predictions_stand_beside_the_truth():
    given = recipe(loss="squared_error")
    found = Answering(nn.Identity(), given, y=[1, 2, 3])(np.array([[4.0], [5.0], [6.0]]))
    assert found.prediction.tolist() == [4.0, 5.0, 6.0]
    assert found.truth.tolist() == [1.0, 2.0, 3.0]


def test_dropout_draws_from_another_stream_than_the_first_weights():
    drawn = []

    class Noisy(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.rand(5))

        def forward(self, x):
            drawn.append(torch.rand(5))
            return x * self.weight[0] + self.weight[:3].sum()

    given = recipe(Noisy, epochs=1, batch_size=9)
    before = torch.random.get_rng_state()
    given.fit(np.ones((9, 3)), np.zeros(9, int), np.arange(9), 6)
    assert torch.equal(before, torch.random.get_rng_state())
    assert not torch.allclose(drawn[0], seeded(given, 6).weight)
