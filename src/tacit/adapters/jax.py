"""JAX: jitted functions, and Flax NNX modules."""

from functools import cache, partial
from typing import Any

from numpy.typing import NDArray

from tacit.adapters.answers import Kind, answered
from tacit.adapters.arrays import as_array, batches, is_a, n_records, padded
from tacit.adapters.random_state import untouched_rng
from tacit.core import Outputs
from tacit.core.optional import require


def outputs_of(
    model: Any,
    x: Any,
    y: Any = None,
    *,
    batch_size: int = 256,
    kind: Kind = "auto",
    check: bool = True,
) -> Outputs:
    """What a jitted function or an NNX module answers; see `tacit.adapters.outputs_of`.

    A module is copied (the weights are shared, the flags are not), the copy put into evaluation
    mode and compiled; the module itself is left as it is. Every batch has the same size, so that
    one compilation serves all. A Flax Linen module or a plain function goes through a jitted
    function of its inputs: ``jax.jit(lambda x: net.apply(variables, x))``.
    """
    function = _frozen_copy(model) if is_a(model, "flax.Module") else model
    with untouched_rng():
        return answered(
            lambda part: _ask(function, part, batch_size),
            batches(x, y, batch_size),
            kind=kind,
            check=check,
        )


def _frozen_copy(module: Any) -> Any:
    nnx = require("flax.nnx", extra="jax", purpose="A Flax module")
    graph, state = nnx.split(module)
    copy = nnx.merge(graph, state)
    copy.eval()
    graph, state = nnx.split(copy)
    return partial(_applied(), graph, state)


@cache
def _applied() -> Any:
    """One jitted function for all modules: a second look at the same architecture compiles
    nothing.
    """
    nnx = require("flax.nnx", extra="jax", purpose="A Flax module")
    jax = require("jax", extra="jax", purpose="A Flax module")
    return jax.jit(lambda graph, weights, x: nnx.merge(graph, weights)(x), static_argnums=0)


def _ask(function: Any, x: Any, size: int) -> NDArray[Any]:
    n = n_records(x)
    answer = function(padded(x, size))
    return as_array(answer)[:n]
