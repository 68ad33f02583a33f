"""Stacks of linear layers end where the plain loop ends; no other module is taken for one."""

import numpy as np
import pytest

from tacit.training import TorchRecipe
from tacit.training.stacked_layers import linear_chains

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


def test_records_in_another_precision_are_left_to_autograd():
    assert linear_chains([deep()], torch.from_numpy(X).half()) is None
