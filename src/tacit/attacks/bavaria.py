"""LiRA with a Bayesian variance: a normal-inverse-gamma prior from all records."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from tacit.attacks.reference.densities import log_normal, log_student_t, smallest_variance
from tacit.attacks.reference.in_out import Mode, World, Worlds
from tacit.attacks.reference.readings import over_queries
from tacit.core import InvalidInput, Signals

Variant = Literal["n", "t"]
PRIOR_MODELS = 1.0  # the prior's weight in models: kappa_0 of [1]_, sec. 4


@dataclass(frozen=True)
class BaVarIA:
    """Likelihood ratio with a conjugate prior that all records share (BaVarIA).

    Each world's prior has the mean and variance of all its raw values and weighs as much as one
    model. ``"t"`` compares the posterior predictive Student-t densities; ``"n"`` compares Gaussians
    about the record's own mean with the posterior mean of the variance. Offline, the IN world is
    the prior itself. Several queries of a record are averaged.

    Parameters
    ----------
    variant : ``"n"`` (better at low false-positive rates) or ``"t"`` (better AUC with few models).
    mode : ``"online"``, ``"offline"`` or ``"auto"``: online where every record has IN models.
        Offline the IN prior still needs some record that shadow models were trained with.

    References
    ----------
    .. [1] Brannvall, Exponential-Family Membership Inference: From LiRA and RMIA to BaVarIA, 2026.

    Examples
    --------
    >>> shadow = [[2.0, 0.5], [1.0, 1.5], [1.8, 0.3], [1.2, 1.9]]
    >>> inside = [[1, 0], [0, 1], [1, 0], [0, 1]]
    >>> signals = Signals.of(
    ...     [1.9, 0.4], shadow=shadow, shadow_member=inside, statistic="scaled_logit"
    ... )
    >>> BaVarIA()(signals).round(2).tolist()
    [2.41, -10.36]
    """

    variant: Variant = "n"
    mode: Mode = "auto"

    learns: ClassVar[bool] = False
    reference: ClassVar[str] = "Brannvall 2026"
    needs: ClassVar[str] = "needs shadow models"
    sees: ClassVar[str] = "signal"

    def __post_init__(self) -> None:
        if self.variant not in get_args(Variant):
            raise InvalidInput(f"`variant` needs 'n' or 't', got {self.variant!r}.")

    def __call__(self, signals: Signals) -> NDArray[np.floating[Any]]:
        """Scores (n,).

        Raises
        ------
        NotEnoughData : a record has too few shadow models in one of its worlds.
        """
        return self.score(Worlds.of(signals), signals.target)

    def score(self, worlds: Worlds, target: NDArray[Any]) -> NDArray[np.float64]:
        """Scores (n,) of a model's signal `target` (n, q) against `worlds`."""
        online = worlds.online(self.mode, "BaVarIA")
        z = np.asarray(target, np.float64)
        floor = smallest_variance(worlds)
        return over_queries(
            self._log_density(z, worlds.inside, floor, own=online)
            - self._log_density(z, worlds.outside, floor, own=True)
        )

    def _log_density(
        self, z: NDArray[np.float64], world: World, floor: NDArray[np.float64], *, own: bool
    ) -> NDArray[np.float64]:
        prior_mean, prior_beta = world.centre, world.raw_variance
        prior_alpha = 1.0 if self.variant == "n" else 2.0
        n = world.count[:, None] if own else np.zeros((1, 1), np.int64)
        mean = world.mean if own else prior_mean[None]
        squares = world.squares if own else np.zeros((1, len(prior_mean)))
        kappa, alpha = PRIOR_MODELS + n, prior_alpha + n / 2
        beta = prior_beta + squares / 2 + PRIOR_MODELS * n * (mean - prior_mean) ** 2 / (2 * kappa)
        if self.variant == "n":
            # the posterior mean of the variance; without a model of one's own there is none to take
            return log_normal(z - mean, np.maximum(beta / (alpha - 1) if own else beta, floor))
        centre = (PRIOR_MODELS * prior_mean + n * mean) / kappa
        scale = np.maximum(beta * (kappa + 1) / (alpha * kappa), floor)
        return log_student_t(z - centre, scale, 2 * alpha)
