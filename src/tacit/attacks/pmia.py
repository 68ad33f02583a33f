"""A stand-in for the IN world: how the attacker's own records fare in models trained on them."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from tacit.attacks.reference.densities import log_normal
from tacit.attacks.reference.proxies import ENOUGH_FOR_A_SPREAD, Proxies, smallest_deviation
from tacit.attacks.reference.readings import over_queries
from tacit.core import InvalidInput, NotEnoughData, Signals

Proxy = Literal["auto", "all", "class", "instance"]


@dataclass(frozen=True)
class PMIA:
    """Likelihood ratio with the attacker's own records as proxies for the IN world (PMIA, without
    cascades).

    No shadow model needs to be trained on an audited record. With z_q the audited model's signal
    under query q, the score is [1]_::

        mean over q of  log N(z_q; med_IN, sd_IN) - log N(z_q; med_OUT, sd_OUT)

    OUT: the record's own signals in models trained without it; sd_OUT is pooled over records where
    these are fewer than 8. IN: the signals of the record's proxies in the models trained on them.

    Parameters
    ----------
    proxy : ``"all"`` records that a shadow model was trained on; those of the same ``"class"``
        (`Signals.group`); by ``"instance"``, the nearest of the same class in `Signals.features`
        (an embedding, or the records' own columns): those of the highest cosine after
        standardisation, the record itself left out. ``"auto"`` takes instances where there are
        features and classes otherwise.
    neighbours : how many proxies a record has by instance; the paper takes one, with 256 shadow
        models. None takes as few as have 30 signals together.

    References
    ----------
    .. [1] Du et al., Cascading and Proxy Membership Inference Attacks, NDSS 2026 (global, class and
       instance proxies).

    Examples
    --------
    >>> from tacit.testing import ShadowGaussian
    >>> game = ShadowGaussian(n_shadows=8, shift=2.0).draw(300, seed=0)
    >>> score, member = PMIA()(game.signals), game.membership.member
    >>> bool(score[member].mean() > score[~member].mean())
    True
    """

    proxy: Proxy = "auto"
    neighbours: int | None = None

    learns: ClassVar[bool] = False
    reference: ClassVar[str] = "Du et al. 2026"
    needs: ClassVar[str] = (
        "needs shadow models without each record, trained on others; best, an embedding of the"
        " records"
    )

    def __post_init__(self) -> None:
        if self.proxy not in get_args(Proxy):
            raise InvalidInput(
                f"`proxy` needs one of {', '.join(map(repr, get_args(Proxy)))}, got {self.proxy!r}."
            )
        if self.neighbours is not None and (
            not isinstance(self.neighbours, int) or self.neighbours < 1
        ):
            raise InvalidInput(
                f"`neighbours` needs a whole number from 1 on, or None, got {self.neighbours!r}."
            )
        if self.neighbours is not None and self.proxy not in ("auto", "instance"):
            raise InvalidInput(f"`neighbours` needs `proxy='instance'`, got {self.proxy!r}.")

    def __call__(self, signals: Signals) -> NDArray[np.floating[Any]]:
        """Scores (n,).

        Raises
        ------
        NotEnoughData : a record has no OUT model, or no shadow model was trained on any record (by
            instance: on two).
        InvalidInput : ``proxy="instance"``, and the records have no features, or all the same.
        """
        out = np.where(
            signals.shadow_member[:, :, None], np.nan, np.asarray(signals.shadow, np.float64)
        )
        count = np.count_nonzero(~signals.shadow_member, axis=0)
        if (count == 0).any() or not signals.shadow_member.any():
            what = "without each record" if (count == 0).any() else "trained on some of the records"
            raise NotEnoughData(
                f"PMIA needs 1 shadow model {what}, got 0.", needed=1, got=0, unit="shadow models"
            )
        proxies = self._proxies(signals)
        centre = np.nanmedian(out, axis=0)
        spread = np.maximum(_spread(out, count), smallest_deviation(signals))
        z = np.asarray(signals.target, np.float64)
        inside = log_normal(z - proxies.centre, proxies.spread**2)
        return over_queries(inside - log_normal(z - centre, spread**2))

    def _proxies(self, signals: Signals) -> Proxies:
        described = bool((signals.features != signals.features[:1]).any())
        if self.proxy == "instance" and not described:
            raise InvalidInput(
                "PMIA(proxy='instance') needs `features` of the records (n, d), got none that"
                " differ: pass an embedding or their columns to `Signals.of(..., features=...)`, or"
                " take `proxy='class'`."
            )
        if self.proxy == "instance" or (self.proxy == "auto" and described):
            return Proxies.of_neighbours(signals, self.neighbours)
        return Proxies.of_group(
            signals, np.zeros(signals.n, np.int64) if self.proxy == "all" else signals.group
        )


def _spread(out: NDArray[np.float64], count: NDArray[np.int64]) -> NDArray[np.float64]:
    deviation = out - np.nanmean(out, axis=0)
    freedom = max(1, int(np.maximum(count - 1, 0).sum()))
    pooled = np.sqrt(np.nansum(deviation**2, axis=(0, 1)) / freedom)
    own = np.sqrt(np.nansum(deviation**2, axis=0) / np.maximum(count - 1, 1)[:, None])
    return np.asarray(np.where((count >= ENOUGH_FOR_A_SPREAD)[:, None], own, pooled), np.float64)
