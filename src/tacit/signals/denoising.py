"""How well a diffusion model removes noise that was put on a record."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.core import InvalidInput
from tacit.core.checking import floats

Denoise = Callable[[NDArray[Any], int], ArrayLike]


def denoising_fit(
    denoise: Denoise,
    x: ArrayLike,
    *,
    kept: ArrayLike,
    steps: Sequence[int],
    n_noises: int = 4,
    seed: int = 0,
) -> NDArray[np.float64]:
    """Minus the denoising loss at several noise levels; float64 (n, q). LARGER: MORE LIKE MEMBERS.

    One column a level and noise: -|| e - e_model(sqrt(a) x + sqrt(1 - a) e, t) ||^2 / d. All
    records get the same noises, and so must the shadow models: each column is a query then, and
    the attacks with shadow models take them as they are [1]_, [2]_. Without shadow models, their
    mean is the loss.

    Parameters
    ----------
    denoise : Denoise
        ``denoise(noisy, step)``: the noise that the model sees in records (n, ...) at a step.
    x : ArrayLike
        (n, ...), clean records in the scale of the training.
    kept : ArrayLike
        (t,), the share of the signal's variance that is kept at each step: the cumulative product
        of the alphas.
    steps : Sequence[int]
        Which steps to ask about. Around a tenth of the way members differ most (CIFAR-10); choose
        on other models than the audited one.
    n_noises : int
        Noises a step.
    seed : int
        Of the noises.

    References
    ----------
    .. [1] Carlini et al., Extracting Training Data from Diffusion Models, 2023, sec. 5.
    .. [2] Matsumoto, Miura, Yanai, Membership Inference Attacks against Diffusion Models, 2023.
    """
    records = np.asarray(floats(x, "x", ndim=range(2, 8)), np.float64)
    share = floats(kept, "kept", ndim=1)
    if not ((share > 0) & (share <= 1)).all():
        raise InvalidInput("`kept` needs shares above 0 and at most 1: the cumulative alphas.")
    if not len(steps) or min(steps) < 0 or max(steps) >= len(share) or n_noises < 1:
        raise InvalidInput(
            f"`steps` needs steps from 0 to {len(share) - 1} and `n_noises` 1 or more, got "
            f"{list(steps)} and {n_noises}."
        )
    rng = np.random.default_rng(seed)
    columns = []
    for step in steps:
        for _ in range(n_noises):
            noise = rng.standard_normal(records.shape[1:])
            noisy = np.sqrt(share[step]) * records + np.sqrt(1 - share[step]) * noise
            seen = np.asarray(denoise(noisy, step), np.float64)
            if seen.shape != records.shape:
                raise InvalidInput(
                    f"`denoise` needs to return noise of shape {records.shape}, got {seen.shape}."
                )
            columns.append(-((seen - noise) ** 2).reshape(len(records), -1).mean(axis=1))
    return np.stack(columns, axis=1)
