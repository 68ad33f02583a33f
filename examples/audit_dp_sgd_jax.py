"""DP-SGD with JAX-Privacy, watched step by step, and five ways to break it."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import dp_accounting
import jax
import jax.numpy as jnp
import jax_privacy
import numpy as np
import optax
from jax_privacy.accounting import accountants, analysis, calibrate
from jax_privacy.batch_selection import CyclicPoissonSampling, pad_to_multiple_of
from numpy.typing import NDArray

from audit_dp_sgd_game import CLASSES, HIDDEN, INPUTS, Plan, Trace

Gradient = Callable[..., jax.Array]
ORDERS = range(2, 65)  # whole Renyi orders, which are quick


def train(
    x: NDArray[np.float32],
    y: NDArray[np.int64],
    first: NDArray[np.float32],
    plan: Plan,
    mode: str | None,
    seed: int,
) -> Trace:
    """One training from the weights `first`; `mode` breaks it."""
    sigma, accounted = noise_for(plan, 1.0 if mode == "delta_one" else plan.delta)
    clipped = jax_privacy.clipped_grad(
        loss, l2_clip_norm=plan.clip, batch_argnums=(1, 2), keep_batch_dim=False
    )
    sensitivity = clipped.sensitivity(dp_accounting.NeighboringRelation.ADD_OR_REMOVE_ONE)
    stddev = sigma if mode == "unscaled" else sigma * sensitivity
    noise = jax_privacy.noise_addition.gaussian_privatizer(
        stddev=stddev, prng_key=jax.random.key(seed)
    )
    gradient = jax.jit(_clipped_mean(plan) if mode == "per_batch" else clipped)
    optimizer = optax.sgd(plan.learning_rate)
    weights = jnp.asarray(first)
    noise_state, state = noise.init(weights), optimizer.init(weights)
    seen, released = [first], []
    for step, batch in enumerate(batches(len(x), plan, seed)):
        total = gradient(weights, x[batch], y[batch], is_padding_example=batch < 0)
        if mode != "per_epoch" or step % plan.steps_an_epoch == 0:
            total, after = noise.update(total, noise_state)
            noise_state = noise_state if mode == "same_seed" else after
        change, state = optimizer.update(total / plan.batch_size, state)
        weights = optax.apply_updates(weights, change)
        released.append(np.asarray(total))
        seen.append(np.asarray(weights))
    return Trace(np.stack(seen), np.stack(released), sigma, accounted)


def loss(weights: jax.Array, image: jax.Array, label: jax.Array) -> jax.Array:
    """Cross entropy of one example (inputs,) at flat weights (p,)."""
    ends = np.cumsum([HIDDEN * INPUTS, HIDDEN, CLASSES * HIDDEN])
    w1, b1, w2, b2 = jnp.split(weights, ends)
    hidden = jax.nn.relu(w1.reshape(HIDDEN, INPUTS) @ image + b1)
    logits = w2.reshape(CLASSES, HIDDEN) @ hidden + b2
    return optax.softmax_cross_entropy_with_integer_labels(logits, label)


def batches(n: int, plan: Plan, seed: int) -> Any:
    """Poisson batches as indices, filled up with -1 to one size; one cycle, so each row may be in
    each.
    """
    sampling = CyclicPoissonSampling(sampling_prob=plan.rate, iterations=plan.n_steps)
    return (
        pad_to_multiple_of(batch, n)
        for batch in sampling.batch_iterator(n, rng=np.random.default_rng([seed, 2]))
    )


@lru_cache
def noise_for(plan: Plan, delta: float) -> tuple[float, float]:
    """The noise multiplier that JAX-Privacy chooses for epsilon at `delta`, and its epsilon at the
    plan's delta.
    """
    accountant = analysis.DpsgdTrainingAccountant(accountants.RdpAccountantConfig(orders=ORDERS))
    size = {"num_samples": plan.steps_an_epoch}  # of which one is in a batch: only the ratio counts
    sigma = calibrate.calibrate_noise_multiplier(
        target_epsilon=plan.epsilon,
        accountant=accountant,
        batch_sizes=1,
        num_updates=plan.n_steps,
        target_delta=delta,
        initial_min_noise=0.25,
        tol=1e-3,
        **size,
    )
    public = analysis.DpParams(noise_multipliers=sigma, batch_size=1, delta=plan.delta, **size)
    return sigma, accountant.compute_epsilon(plan.n_steps, public)


def _clipped_mean(plan: Plan) -> Gradient:
    def gradient(
        weights: jax.Array, image: jax.Array, label: jax.Array, is_padding_example: jax.Array
    ) -> jax.Array:
        each = jax.vmap(loss, in_axes=(None, 0, 0))
        total = jax.grad(
            lambda w: jnp.sum(jnp.where(is_padding_example, 0, each(w, image, label)))
        )(weights)
        return total * jnp.minimum(1, plan.clip / jnp.linalg.norm(total / plan.batch_size))

    return gradient
