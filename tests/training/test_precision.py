"""Products in bfloat16: in all three loops, with weights, losses and answers in float32."""

from dataclasses import replace

import numpy as np
import pytest

from tacit import InvalidInput
from tacit.training import TorchRecipe
from tacit.training.digest import digest_of
from tacit.training.stacked_layers import linear_chains
from tacit.training.torch_steps import losses

pytestmark = pytest.mark.framework
torch = pytest.importorskip("torch")
nn = torch.nn
RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 6)).astype(np.float32)
Y = RNG.integers(0, 4, 90)
ROWS = [np.arange(0, 60, 2), np.arange(7, 60), np.arange(33, 90)]
SEEDS = [1, 2, 3]


def chain():
    return nn.Sequential(nn.Linear(6, 9), nn.ReLU(), nn.Linear(9, 4))


def other():
    return nn.Sequential(nn.Linear(6, 9), nn.Tanh(), nn.Linear(9, 4))


def one_number():
    return nn.Sequential(nn.Linear(6, 9), nn.ReLU(), nn.Linear(9, 1))


class Watched(nn.Module):
    """Notes the precision in which its layer answers."""

    def __init__(self):
        super().__init__()
        self.layer, self.seen = nn.Linear(6, 4), []

    def forward(self, x):
        answer = self.layer(x)
        self.seen.append(answer.dtype)
        return answer


def weights_of(observe):
    parts = [value.detach() for value in observe.model.parameters()]
    assert {part.dtype for part in parts} == {torch.float32}
    return np.concatenate([part.numpy().ravel() for part in parts])


def recipe_of(build, precision="bfloat16", **more):
    return TorchRecipe(build, epochs=3, batch_size=16, lr=0.01, precision=precision, **more)


@pytest.mark.parametrize(
    ("build", "loss"),
    [(chain, "cross_entropy"), (other, "cross_entropy"), (one_number, "squared_error")],
)
def test_every_loop_ends_near_float32_and_not_at_it(build, loss):
    target = Y if loss == "cross_entropy" else X[:, 0] * 2
    half = recipe_of(build, loss=loss)
    plain = replace(half, precision="float32")
    assert (linear_chains([build()], torch.from_numpy(X)) is None) == (build is other)
    together = zip(
        half.fit_many(X, target, ROWS, SEEDS),
        plain.fit_many(X, target, ROWS, SEEDS),
        strict=True,
    )
    for (rounded, exact), rows, seed in zip(together, ROWS, SEEDS, strict=True):
        alone = half.fit(X, target, rows, seed)
        for found in (rounded, alone):
            away = np.abs(weights_of(found) - weights_of(exact))
            assert 1e-6 < away.max() < 0.05
    assert not torch.is_autocast_enabled("cpu")


def test_products_are_rounded_in_training_and_exact_in_answers():
    observe = recipe_of(Watched).fit(X, Y, ROWS[0], 1)
    assert set(observe.model.seen) == {torch.bfloat16}
    observe.model.seen.clear()
    observe(X)
    assert observe.model.seen == [torch.float32]


def test_the_stack_rounds_its_products_both_ways(monkeypatch):
    """A gradient that is a rounded product times a batch has no more bits than bfloat16."""
    from tacit.training import stacked_layers

    kept = []
    backward = stacked_layers.Stack.backward

    def noted(stack, given, slope):
        backward(stack, given, slope)
        kept.append((given[-1].dtype, stack.slopes[0][0].clone(), slope.dtype))

    monkeypatch.setattr(stacked_layers.Stack, "backward", noted)
    recipe_of(chain).fit_many(X, Y, ROWS, SEEDS)
    answer, gradient, slope = kept[0]
    assert (answer, slope) == (torch.bfloat16, torch.float32)
    assert torch.equal(gradient, gradient.bfloat16().float())


@pytest.mark.parametrize("loss", ["cross_entropy", "squared_error"])
def test_the_loss_of_rounded_answers_is_taken_in_float32(loss):
    answer = torch.randn(8, 4 if loss == "cross_entropy" else 1).bfloat16()
    target = torch.zeros(8, dtype=torch.int64 if loss == "cross_entropy" else torch.float32)
    found = losses(recipe_of(chain, loss=loss), answer, target)
    wanted = losses(recipe_of(chain, "float32", loss=loss), answer.float(), target)
    assert found.dtype == torch.float32
    assert torch.equal(found, wanted)


def test_another_precision_is_another_recipe():
    assert digest_of(recipe_of(chain).identity) != digest_of(recipe_of(chain, "float32").identity)


def test_unknown_precisions_are_refused():
    with pytest.raises(InvalidInput, match="`precision` needs 'float32' or 'bfloat16', got 'half'"):
        recipe_of(chain, "half")


def test_private_training_is_in_float32_only():
    with pytest.raises(InvalidInput, match="DP-SGD is trained in float32 only"):
        recipe_of(chain, noise=1.0)
