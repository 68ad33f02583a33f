"""The network that predicts how a non-member's signal is distributed, for
`QuantileRegression(learner="torch")`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from tacit.core.optional import require

RATES = (1e-2, 2.5e-3, 6e-4)
DECAY = 1e-2
LONGEST_STEP = 1.0
PATIENCE = 6
VALIDATION = 0.2
STEPS_AN_EPOCH = 16
BATCHES = (32, 1024)
FARTHEST = 10.0
SMALLEST_SD = 0.02
LOWEST, HIGHEST, BETWEEN = -2.0, 3.5, 0.5
FEWEST_ABOVE = 5
BLOCK = 1 << 16

Parameters = list[Any]


@dataclass(frozen=True)
class Network:
    """One hidden layer beside a linear path, from standardised features and an embedding of the
    class; see `QuantileRegression`.

    It starts as the unconditional distribution of the signals that teach, and keeps the weights
    that did best on a fifth of them which it was not fitted on: features that say nothing leave it
    where it began. Where several epochs bring nothing, it goes back to the best weights and on in
    smaller steps.

    Parameters
    ----------
    head : ``"gaussian"``, fitted by likelihood, or ``"quantiles"``, by pinball loss; quantiles
        cannot cross, each is the one before and something positive.
    width : hidden units, 0 for the linear path alone.
    epochs : at most.
    seed : of weights and order.
    """

    head: str
    width: int
    epochs: int
    seed: int

    def excess(
        self,
        z: NDArray[np.float64],
        x: NDArray[Any],
        group: NDArray[np.int64],
        teach: NDArray[np.intp],
    ) -> NDArray[np.float64]:
        """How far the signals `z` (n,) exceed what is expected of records with features `x` (n, d)
        and class `group` (n,).

        Learnt from the rows `teach`. In units of a standard normal: float64 (n,).

        Raises
        ------
        MissingDependency : PyTorch is not installed.
        """
        torch = require("torch", extra="torch", purpose="QuantileRegression(learner='torch')")
        wanted = (z - z[teach].mean()) / (z[teach].std() or 1.0)
        levels = _levels(len(teach)) if self.head == "quantiles" else np.zeros(0)
        rng = np.random.default_rng([self.seed, 1])
        with _undisturbed(torch):
            inputs = _standardised(x, teach), _codes(group, teach)
            features, code, signal = (_tensor(torch, part[teach]) for part in (*inputs, wanted))
            fitted = self._fitted(torch, features, code, signal, levels, rng)
            parts = [
                _answers(
                    torch, fitted, *(_tensor(torch, part[start : start + BLOCK]) for part in inputs)
                )
                .detach()
                .numpy()
                for start in range(0, len(z), BLOCK)
            ]
        answer = np.concatenate(parts).astype(np.float64)
        return (
            _beyond_quantiles(wanted, answer, levels)
            if len(levels)
            else _beyond_normal(wanted, answer)
        )

    def _fitted(
        self,
        torch: Any,
        x: Any,
        code: Any,
        z: Any,
        levels: NDArray[np.float64],
        rng: np.random.Generator,
    ) -> Parameters:
        kept = _first_weights(torch, x.shape[1], int(code.max()) + 1, self.width, levels, rng)
        order = torch.from_numpy(rng.permutation(len(z)))
        n_checking = max(1, round(VALIDATION * len(z)))
        checking, teaching = order[:n_checking], order[n_checking:]
        best, done = _loss(torch, kept, x, code, z, levels, checking).item(), 0
        for rate in RATES:
            weights, waited = [part.clone().requires_grad_() for part in kept], 0
            step = _optimizer(torch, weights, rate)
            while waited < PATIENCE and done < self.epochs:
                for rows in _batches(torch, teaching, rng):
                    step.zero_grad()
                    _loss(torch, weights, x, code, z, levels, rows).backward()
                    torch.nn.utils.clip_grad_norm_(weights, LONGEST_STEP)
                    step.step()
                now, done = _loss(torch, weights, x, code, z, levels, checking).item(), done + 1
                best, kept, waited = (
                    (now, [part.detach().clone() for part in weights], 0)
                    if now < best
                    else (best, kept, waited + 1)
                )
        return kept


def _batches(torch: Any, rows: Any, rng: np.random.Generator) -> Any:
    size = int(np.clip(len(rows) // STEPS_AN_EPOCH, *BATCHES))
    return rows[torch.from_numpy(rng.permutation(len(rows)))].split(size)


@contextmanager
def _undisturbed(torch: Any) -> Iterator[None]:
    """Gradients on and mixed precision off, whatever the caller's modes; they come back
    afterwards.
    """
    with torch.inference_mode(False), torch.enable_grad(), torch.autocast("cpu", enabled=False):
        yield


def _optimizer(torch: Any, weights: Parameters, rate: float) -> Any:
    """AdamW as one kernel for all weights, where this PyTorch has it for the CPU; it looks at no
    default device.
    """
    try:
        return torch.optim.AdamW(weights, lr=rate, weight_decay=DECAY, fused=True)
    except (RuntimeError, TypeError):  # before PyTorch 2.4
        return torch.optim.AdamW(weights, lr=rate, weight_decay=DECAY)


def _tensor(torch: Any, value: NDArray[Any]) -> Any:
    return torch.from_numpy(np.array(value, np.int64 if value.dtype.kind == "i" else np.float32))


def _standardised(x: NDArray[Any], teach: NDArray[np.intp]) -> NDArray[np.float32]:
    """Columns in standard deviations of the rows that teach; far outliers are brought in, constant
    columns are 0 there.
    """
    known = np.asarray(x[teach], np.float64)
    centre, scale = known.mean(axis=0), known.std(axis=0)
    flat = scale <= 1e-9 * np.abs(centre)
    result = (x - centre) / np.where(flat, 1.0, scale)
    return np.asarray(np.clip(np.where(flat, 0.0, result), -FARTHEST, FARTHEST), np.float32)


def _codes(group: NDArray[np.int64], teach: NDArray[np.intp]) -> NDArray[np.int64]:
    """Classes numbered from 1 by those that teach; 0 is every other class."""
    known = np.unique(group[teach])
    place = np.minimum(np.searchsorted(known, group), len(known) - 1)
    return np.where(known[place] == group, place + 1, 0).astype(np.int64)


def _levels(n: int) -> NDArray[np.float64]:
    """Levels evenly spaced in normal deviates, from 2 below to where five of n records are expected
    above (at most 3.5).
    """
    highest = min(HIGHEST, float(-ndtri(FEWEST_ABOVE / n)))
    return np.asarray(
        ndtr(np.arange(LOWEST, max(highest, LOWEST + 2 * BETWEEN) + 1e-9, BETWEEN)), np.float64
    )


def _first_weights(
    torch: Any,
    d: int,
    n_classes: int,
    width: int,
    levels: NDArray[np.float64],
    rng: np.random.Generator,
) -> Parameters:
    """Hidden layer (d, width), its classes (c, width), its output (width, k); then the linear path,
    classes and constant.

    Class 0, which nothing teaches, adds nothing.
    """
    k = len(levels) or 2
    softplus_inverse = np.log(np.expm1((BETWEEN if len(levels) else 1.0) - SMALLEST_SD))
    constant = np.full(k, softplus_inverse)
    constant[0] = LOWEST if len(levels) else 0.0
    hidden = (
        rng.normal(size=(d, width)) * np.sqrt(2 / max(d, 1)),
        rng.normal(size=(n_classes, width)),
        np.zeros((width, k)),
    )
    hidden[1][0] = 0.0
    every = (*hidden, np.zeros((d, k)), np.zeros((n_classes, k)), constant)
    return [_tensor(torch, part) for part in every]


def _answers(torch: Any, weights: Parameters, x: Any, code: Any) -> Any:
    """Centre and spread (b, 2), or the quantiles (b, k), of standardised signals."""
    first, of_class, second, straight, shift, constant = weights
    hidden = torch.relu(x @ first + of_class[code])
    raw = hidden @ second + x @ straight + shift[code] + constant
    return torch.cat([raw[:, :1], SMALLEST_SD + torch.nn.functional.softplus(raw[:, 1:])], dim=1)


def _loss(
    torch: Any,
    weights: Parameters,
    x: Any,
    code: Any,
    z: Any,
    levels: NDArray[np.float64],
    rows: Any,
) -> Any:
    answer, wanted = _answers(torch, weights, x[rows], code[rows]), z[rows][:, None]
    if not len(levels):
        centre, spread = answer[:, :1], answer[:, 1:]
        return (torch.log(spread) + ((wanted - centre) / spread) ** 2 / 2).mean()
    above = wanted - answer.cumsum(dim=1)
    level = _tensor(torch, levels)
    return torch.maximum(level * above, (level - 1) * above).mean()


def _beyond_normal(z: NDArray[np.float64], answer: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((z - answer[:, 0]) / answer[:, 1], np.float64)


def _beyond_quantiles(
    z: NDArray[np.float64], answer: NDArray[np.float64], levels: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The normal deviate of the level of z, straight between neighbouring quantiles and beyond the
    outermost.
    """
    quantile, deviate = answer.cumsum(axis=1), ndtri(levels)
    part = np.clip((z[:, None] >= quantile).sum(axis=1) - 1, 0, len(levels) - 2)
    left, right = (
        np.take_along_axis(quantile, (part + side)[:, None], axis=1)[:, 0] for side in (0, 1)
    )
    slope = (deviate[part + 1] - deviate[part]) / (right - left)
    return np.asarray(deviate[part] + (z - left) * slope, np.float64)
