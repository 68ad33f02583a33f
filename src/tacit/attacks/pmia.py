"""A stand-in for the IN world: how the attacker's own records fare in models trained on them."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from tacit.attacks.worlds import over_queries
from tacit.core import InvalidInput, NotEnoughData, Signals

Proxy = Literal["all", "class"]
SMALLEST_SD = 1e-6
FEWEST = 30


@dataclass(frozen=True)
class PMIA:
    """Likelihood ratio with the attacker's own records as proxies for the IN world (PMIA, without cascades).

    The OUT world of a record is a Gaussian about the median of its own OUT models; its IN world is a Gaussian about the median
    signal of proxies in models trained on them. No shadow model needs to be trained on an audited record. The OUT spread is
    pooled over records where a record has fewer than 8 OUT models. Several queries are averaged.

    Parameters
    ----------
    proxy : ``"all"`` records that a shadow model was trained on, or those of the same ``"class"`` (`Signals.group`).

    References
    ----------
    .. [1] Du et al., Cascading and Proxy Membership Inference Attacks, NDSS 2026.
    """

    proxy: Proxy = "class"

    learns: ClassVar[bool] = False
    reference: ClassVar[str] = "Du et al. 2026"
    needs: ClassVar[str] = "needs shadow models without each record, trained on others"

    def __post_init__(self) -> None:
        if self.proxy not in get_args(Proxy):
            raise InvalidInput(f"`proxy` needs 'all' or 'class', got {self.proxy!r}.")

    def __call__(self, signals: Signals) -> NDArray[np.floating[Any]]:
        """Scores (n,).

        Raises
        ------
        NotEnoughData : a record has no OUT model, or no shadow model was trained on any record.
        """
        out = np.where(signals.shadow_member[:, :, None], np.nan, np.asarray(signals.shadow, np.float64))
        count = np.count_nonzero(~signals.shadow_member, axis=0)
        if (count == 0).any() or not signals.shadow_member.any():
            what = "without each record" if (count == 0).any() else "trained on some of the records"
            raise NotEnoughData(f"PMIA needs 1 shadow model {what}, got 0.", needed=1, got=0, unit="shadow models")
        centre = np.nanmedian(out, axis=0)
        spread = self._spread(out, count)
        proxy_centre, proxy_spread = self._proxies(signals)
        z = np.asarray(signals.target, np.float64)
        return over_queries(_log_normal(z, proxy_centre, proxy_spread) - _log_normal(z, centre, spread))

    def _spread(self, out: NDArray[np.float64], count: NDArray[np.int64]) -> NDArray[np.float64]:
        deviation = out - np.nanmean(out, axis=0)
        freedom = max(1, int(np.maximum(count - 1, 0).sum()))
        pooled = np.sqrt(np.nansum(deviation**2, axis=(0, 1)) / freedom)
        own = np.sqrt(np.nansum(deviation**2, axis=0) / np.maximum(count - 1, 1)[:, None])
        return np.asarray(np.maximum(np.where((count >= 8)[:, None], own, pooled), SMALLEST_SD), np.float64)

    def _proxies(self, signals: Signals) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        group = signals.group if self.proxy == "class" else np.zeros(signals.n, np.int64)
        everyone = np.asarray(signals.shadow[signals.shadow_member], np.float64)
        of = np.broadcast_to(group, signals.shadow_member.shape)[signals.shadow_member]
        centre, spread = np.empty(signals.target.shape), np.empty(signals.target.shape)
        for code in np.unique(group):
            inside = everyone[of == code]
            inside = inside if len(inside) >= FEWEST else everyone
            centre[group == code] = np.median(inside, axis=0)
            spread[group == code] = np.maximum(inside.std(axis=0), SMALLEST_SD)
        return centre, spread


def _log_normal(z: NDArray[np.float64], mean: NDArray[np.float64], sd: NDArray[np.float64]) -> NDArray[np.float64]:
    return -0.5 * ((z - mean) / sd) ** 2 - np.log(sd)
