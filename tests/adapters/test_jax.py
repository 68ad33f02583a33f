"""JAX functions and Flax NNX modules are compiled once and left as they were."""

import numpy as np
import pytest

from tacit.adapters import adapter_of, outputs_of
from tacit.core import InvalidInput
from tacit.testing import check_adapter

pytestmark = pytest.mark.framework
jax = pytest.importorskip("jax")
nnx = pytest.importorskip("flax.nnx")


class Network(nnx.Module):
    def __init__(self, rngs, **dropout):
        self.first = nnx.Linear(3, 8, rngs=rngs)
        self.norm = nnx.BatchNorm(8, rngs=rngs)
        self.dropout = nnx.Dropout(0.5, rngs=rngs, **dropout)
        self.last = nnx.Linear(8, 4, rngs=rngs)

    def __call__(self, x):
        return self.last(self.dropout(nnx.relu(self.norm(self.first(x)))))


@pytest.fixture
def x():
    return np.random.default_rng(0).normal(size=(30, 3)).astype(np.float32)


@pytest.fixture
def y():
    return np.arange(30) % 4


def test_a_module_keeps_the_contract(x, y):
    net = Network(nnx.Rngs(0))
    net.train()
    net(x)
    twin = nnx.clone(net)
    twin.eval()

    def state():
        leaves = jax.tree.leaves(jax.tree.map(_plain, nnx.state(net)))
        return [leaves, net.dropout.deterministic, net.norm.use_running_average]

    assert adapter_of(net) == "jax"
    check_adapter(outputs_of, net, x, y, expected=np.asarray(twin(x)), state=state)
    assert not net.dropout.deterministic


def test_a_second_look_at_a_module_compiles_nothing(x, y):
    from tacit.adapters.jax import _applied

    net = Network(nnx.Rngs(0))
    outputs_of(net, x, y)
    compiled = _applied()._cache_size()
    net.last.kernel[...] = net.last.kernel[...] + 1
    outputs_of(net, x, y)
    assert _applied()._cache_size() == compiled


def _plain(leaf):
    return np.asarray(
        jax.random.key_data(leaf)
        if jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key)
        else leaf
    )


def test_a_jitted_function_is_compiled_for_one_shape(x, y):
    shapes = []

    @jax.jit
    def model(part):
        shapes.append(part.shape)
        return part @ np.ones((3, 4), np.float32)

    assert adapter_of(model) == "jax"
    found = outputs_of(model, x, y, batch_size=8)
    assert shapes == [(8, 3)]
    np.testing.assert_allclose(found.logits, x @ np.ones((3, 4)), atol=1e-5)


def test_dropout_that_is_always_on_is_an_error(x, y):
    net = Network(nnx.Rngs(0))
    counter = [0]

    def model(part):
        counter[0] += 1
        return net.last(
            jax.random.bernoulli(jax.random.key(counter[0]), 0.5, (len(part), 8)) * net.first(part)
        )

    with pytest.raises(InvalidInput, match="differently when asked twice"):
        outputs_of(model, x, y)
