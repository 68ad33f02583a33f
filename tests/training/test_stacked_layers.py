"""Stacks of linear layers end where the plain loop ends; no other module is taken for one."""

import numpy as np
import pytest

from tacit.training import TorchRecipe
from tacit.training.stacked_layers import Stack, linear_chains, slope_of

pytestmark = pytest.mark.framework
torch = pytest.importorskip("torch")
nn = torch.nn
RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 2, 3)).astype(np.float32)
Y = RNG.integers(0, 4, 90)
ROWS = [np.arange(0, 60, 2), np.arange(7, 60), np.arange(33, 90)]


def deep():
    return nn.Sequential(
        nn.Flatten(), nn.Linear(6, 9), nn.ReLU(), nn.Linear(9, 7), nn.ReLU(), nn.Linear(7, 4)
    )


def one_number():
    return nn.Sequential(nn.Flatten(), nn.Linear(6, 9), nn.ReLU(), nn.Linear(9, 1))


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize(
    ("build", "loss", "smoothing"),
    [
        (deep, "cross_entropy", 0.0),
        (deep, "cross_entropy", 0.2),
        (one_number, "squared_error", 0.0),
    ],
)
def test_slopes_by_hand_are_those_of_autograd(optimizer, build, loss, smoothing):
    recipe = TorchRecipe(
        build,
        epochs=4,
        batch_size=16,
        lr=0.01,
        optimizer=optimizer,
        weight_decay=0.01,
        schedule="cosine",
        loss=loss,
        label_smoothing=smoothing,
    )
    assert linear_chains([build()], torch.from_numpy(X)) is not None
    truth = Y if loss == "cross_entropy" else X[:, 0, 0] * 2
    together = recipe.fit_many(X, truth, ROWS, [1, 2, 3])
    for observe, rows, seed in zip(together, ROWS, [1, 2, 3], strict=True):
        ours, theirs = (
            np.concatenate([value.detach().numpy().ravel() for value in made.model.parameters()])
            for made in (observe, recipe.fit(X, truth, rows, seed))
        )
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=2e-4)


def watched():
    model = deep()
    model[1].register_forward_hook(lambda *given: None)
    return model


def twice():
    layer = nn.Linear(6, 6)
    return nn.Sequential(nn.Flatten(), layer, nn.ReLU(), layer)


def frozen():
    model = deep()
    model[3].weight.requires_grad_(False)
    return model


class Squared(nn.Linear):
    def forward(self, x):
        return super().forward(x) ** 2


@pytest.mark.parametrize(
    "build",
    [
        watched,
        twice,
        frozen,
        lambda: nn.Sequential(nn.Flatten(), Squared(6, 4)),
        lambda: nn.Sequential(nn.Flatten(), nn.Linear(6, 4, bias=False)),
        lambda: nn.Sequential(nn.Flatten(), nn.Linear(6, 9), nn.Tanh(), nn.Linear(9, 4)),
        lambda: nn.Sequential(nn.Flatten(), nn.Linear(6, 4), nn.ReLU()),
        lambda: nn.Sequential(nn.Linear(3, 4)),
        lambda: deep().double(),
    ],
    ids=["watched", "twice", "frozen", "own class", "no offsets", "tanh", "ends", "wide", "double"],
)
def test_other_modules_are_left_to_autograd(build):
    assert linear_chains([build()], torch.from_numpy(X)) is None


def test_a_chain_needs_no_flattening_of_flat_records():
    plain = nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 2))
    rows = torch.ones(4, 3)
    assert linear_chains([plain], rows) == [[plain[0], plain[2]]]
    assert linear_chains([plain[0]], rows) == [[plain[0]]]
    assert linear_chains([nn.Sequential(nn.Flatten(0), *plain)], rows) is None
    assert linear_chains([nn.Sequential()], rows) is None


def test_records_in_another_precision_are_left_to_autograd():
    assert linear_chains([deep()], torch.from_numpy(X).half()) is None


def test_the_slope_of_a_short_batch_is_its_own_mean():
    """Two models, of which the second has one record in a batch of three and the third none."""
    recipe = TorchRecipe(deep, epochs=1, label_smoothing=0.3)
    answer = torch.from_numpy(RNG.normal(size=(3, 3, 4))).requires_grad_()
    target = torch.from_numpy(RNG.integers(0, 4, (3, 3)))
    sizes = np.array([3, 1, 0])
    loss = nn.functional.cross_entropy
    total = sum(
        loss(answer[k, :size], target[k, :size], label_smoothing=0.3)
        for k, size in enumerate(sizes)
        if size
    )
    total.backward()
    found = slope_of(recipe, answer.detach(), target, sizes)
    np.testing.assert_allclose(found, answer.grad, atol=1e-12)
    assert (found[2] == 0).all()
    squares = TorchRecipe(one_number, epochs=1, loss="squared_error")
    one = slope_of(
        squares, torch.tensor([[[5.0], [1.0]]]), torch.tensor([[2.0, 2.0]]), np.array([2])
    )
    # the mean of (5 - 2)^2 and (1 - 2)^2
    assert one.tolist() == [[[3.0], [-1.0]]]


def test_a_stack_holds_every_weight_in_its_place_and_hands_it_back():
    chains = linear_chains([deep(), deep()], torch.from_numpy(X))
    before = [[layer.weight.detach().clone() for layer in chain] for chain in chains]
    stack = Stack(chains)
    assert stack.weights.shape == (2, 6 * 9 + 9 + 9 * 7 + 7 + 7 * 4 + 4)
    for k in range(2):
        for number, weight in enumerate(before[k]):
            assert torch.equal(stack.layers[number][0][k], weight)
            assert torch.equal(stack.layers[number][1][k, 0], chains[k][number].bias)
    given = stack.forward(torch.from_numpy(X[:5].reshape(1, 5, 6)).expand(2, 5, 6))
    for k in range(2):
        net = nn.Sequential(chains[k][0], nn.ReLU(), chains[k][1], nn.ReLU(), chains[k][2])
        np.testing.assert_allclose(
            given[-1][k], net(torch.from_numpy(X[:5].reshape(5, 6))).detach(), atol=1e-5
        )
    stack.weights[0] += 1
    stack.hand_back(chains)
    assert torch.equal(chains[0][1].weight, before[0][1] + 1)
    assert torch.equal(chains[1][1].weight, before[1][1])


def test_a_model_that_rests_keeps_its_weights_and_its_momentum():
    """One batch against two: Adam's second step of the shorter one would move it once more."""
    recipe = TorchRecipe(deep, epochs=1, batch_size=16, lr=0.1)
    rows = [np.arange(16), np.arange(32)]
    short, _ = recipe.fit_many(X, Y, rows, [5, 6])
    alone = recipe.fit(X, Y, rows[0], 5)
    for one, other in zip(short.model.parameters(), alone.model.parameters(), strict=True):
        np.testing.assert_allclose(one.detach(), other.detach(), atol=1e-5)
