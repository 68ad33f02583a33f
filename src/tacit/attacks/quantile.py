"""What signal a record like this would have had, had it not been trained on: no shadow model,
non-members only.
"""

from dataclasses import dataclass
from hashlib import sha256
from math import ceil
from typing import Any, ClassVar, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput, NotEnoughData, Signals
from tacit.core.threads import one_thread

Given = Literal["features", "class"]
Learner = Literal["boosting", "torch"]
Head = Literal["gaussian", "quantiles"]
SMALLEST_SPREAD = 1e-6
FEWEST = 100
FEWEST_A_PART = 20
STEP = 2.0**-20


@dataclass(frozen=True)
class QuantileRegression:
    """Learn from told non-members what signal to expect of a record, and accuse those that exceed
    it (quantile regression).

    One part of the told non-members teaches a model of the signal z given the record x, whose
    excess is ``(z - mu(x)) / sd(x)``, or, from predicted quantiles ``q_1(x) < ... < q_K(x)`` of
    levels t_k, the line through the points ``(q_k(x), Phi^-1(t_k))`` at z [1]_. The other part, m
    records that the model did not see, is the yardstick: the score is one minus the conformal
    p-value ``p = (1 + #{yardsticks that exceed as much or more}) / (m + 1)`` [2]_. So accusing
    where ``score >= 1 - a`` accuses at most a share `a` of non-members on average over draws of the
    data, and where no two signals are equal exactly `a` for every multiple `a` of ``1 / (m + 1)``.
    This holds for any m, however wrong the model of the signal is: a wrong model costs power. It
    needs non-members that are exchangeable with the told ones; records of one person, told and
    scored, are not. For one draw the share is a Beta(a (m + 1), (1 - a) (m + 1)) variable about
    `a`. Records of equal p-value are ordered by their excess, in steps so small that together they
    add less than ``1e-6 / (m + 1)`` to a share. Several queries are averaged first.

    Parameters
    ----------
    given : what the signal is predicted from: ``"features"`` of the record (its own columns or an
        embedding, never the model's outputs: they hold the signal itself) and its class, or the
        ``"class"`` alone.
    held_out : share of the told non-members that the yardstick is made of; m of them reach no
        false-positive rate below ``1 / (m + 1)``.
    seed : decides which, together with the signals themselves; the order of records does not
        matter.
    learner : ``"boosting"`` (scikit-learn: the centre, then the spread), or ``"torch"``, a small
        network in single precision on the CPU, for embeddings; it leaves PyTorch's generator,
        threads and modes as they were.
    head : what the network predicts, the centre and spread of a ``"gaussian"`` by likelihood, or
        ``"quantiles"`` by pinball loss.
    width : hidden units of the network; 0 is a linear head.
    epochs : at most so many, fewer where a fifth of the teaching part, kept for that, improves no
        more.

    References
    ----------
    .. [1] Bertran et al., Scalable Membership Inference Attacks via Quantile Regression, NeurIPS
       2023, sec. 3.
    .. [2] Vovk, Gammerman, Shafer, Algorithmic Learning in a Random World, 2005, ch. 2 (conformal
       p-values).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> hard, member = rng.normal(0, 3, 1000), rng.random(1000) < 0.5
    >>> known = np.where(~member & (np.arange(1000) < 600), 0, -1)
    >>> signals = Signals.of(hard + 2.0 * member, features=hard[:, None], known=known)
    >>> score = QuantileRegression()(signals)[600:]
    >>> bool(score[member[600:]].mean() > score[~member[600:]].mean())
    True
    """

    given: Given = "features"
    held_out: float = 0.5
    seed: int = 0
    learner: Learner = "boosting"
    head: Head = "gaussian"
    width: int = 64
    epochs: int = 100

    learns: ClassVar[bool] = True
    reference: ClassVar[str] = "Bertran et al. 2023"
    needs: ClassVar[str] = (
        "needs known non-members and, best, columns of the records or an embedding; no shadow model"
    )

    def __post_init__(self) -> None:
        for name, kind in (("given", Given), ("learner", Learner), ("head", Head)):
            if getattr(self, name) not in get_args(kind):
                one, other = get_args(kind)
                raise InvalidInput(
                    f"`{name}` needs {one!r} or {other!r}, got {getattr(self, name)!r}."
                )
        if self.head != "gaussian" and self.learner != "torch":
            raise InvalidInput(
                f"`head={self.head!r}` needs `learner='torch'`, got {self.learner!r}."
            )
        if not 0 < self.held_out < 1:
            raise InvalidInput(
                f"`held_out` needs a number strictly between 0 and 1, got {self.held_out}."
            )
        for name, least in (("seed", 0), ("width", 0), ("epochs", 1)):
            if not isinstance(getattr(self, name), int) or getattr(self, name) < least:
                raise InvalidInput(
                    f"`{name}` needs a whole number from {least} on, got {getattr(self, name)!r}."
                )

    def __call__(self, signals: Signals) -> NDArray[np.floating[Any]]:
        """Scores (n,) in (0, 1).

        Raises
        ------
        NotEnoughData : the guesser was told fewer than 100 non-members, or `held_out` leaves one
            part fewer than 20.
        InvalidInput : the records have no features, and ``given="features"``.
        MissingDependency : PyTorch is not installed, and ``learner="torch"``.
        """
        z = np.asarray(signals.target.mean(axis=1), np.float64)
        teach, yardstick = self._parts(z, signals)
        excess = self._excess(z, signals, teach)
        return conformal(excess, excess[yardstick])

    def _parts(
        self, z: NDArray[np.float64], signals: Signals
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Rows to learn from and rows of the yardstick."""
        rows = np.flatnonzero(signals.known == 0)
        told = rows[np.lexsort((signals.group[rows], z[rows]))]
        # the rounding keeps 1 - 0.9 from needing one more
        needed = max(FEWEST, ceil(round(FEWEST_A_PART / min(self.held_out, 1 - self.held_out), 6)))
        if len(told) < needed:
            message = (
                f"QuantileRegression needs to be told {needed} non-members, got {len(told)}: pass"
                " `known` with zeros for them."
            )
            raise NotEnoughData(message, needed=needed, got=len(told), unit="told non-members")
        # a fixed choice among sorted signals would favour some ranks: the choice must be new for
        # new signals
        drawn = np.random.default_rng(
            [self.seed, int.from_bytes(sha256(z[told].tobytes()).digest()[:8], "big")]
        )
        held = drawn.permutation(len(told)) < round(self.held_out * len(told))
        return told[~held], told[held]

    def _excess(
        self, z: NDArray[np.float64], signals: Signals, teach: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        seen = (
            signals.features if self.given == "features" else np.zeros((signals.n, 0), np.float32)
        )
        if self.given == "features" and seen.shape[1] == 0:
            raise InvalidInput(
                "QuantileRegression needs `features` of the records (n, d), got none: pass their"
                " columns or an embedding to `Signals.of(..., features=...)`, or take"
                " `given='class'`."
            )
        if self.learner == "boosting":
            return _boosted(z, np.hstack([seen, signals.group[:, None]]), teach)
        from tacit.attacks.reference.quantile_network import Network

        return Network(self.head, self.width, self.epochs, self.seed).excess(
            z, seen, signals.group, teach
        )


@one_thread()
def _boosted(
    z: NDArray[np.float64], seen: NDArray[Any], teach: NDArray[np.intp]
) -> NDArray[np.float64]:
    from sklearn.ensemble import HistGradientBoostingRegressor

    leaf = max(20, len(teach) // 50)
    settings = {
        "max_iter": 60,
        "max_leaf_nodes": 8,
        "min_samples_leaf": leaf,
        "early_stopping": False,
        "random_state": 0,
    }
    centre = HistGradientBoostingRegressor(**settings).fit(seen[teach], z[teach]).predict(seen)
    size = (
        HistGradientBoostingRegressor(**settings)
        .fit(seen[teach], np.abs(z - centre)[teach])
        .predict(seen)
    )
    typical = float(np.abs(z - centre)[teach].mean())
    return np.asarray(
        (z - centre) / np.maximum(size, max(0.05 * typical, SMALLEST_SPREAD)), np.float64
    )


def conformal(excess: NDArray[np.float64], yardstick: NDArray[np.float64]) -> NDArray[np.float64]:
    """One minus the conformal p-value of each `excess` (n,) among those of exchangeable non-members
    `yardstick` (m,).

    Between two values of the p-value, the excess itself adds less than a millionth of their
    distance.

    Examples
    --------
    >>> conformal(np.array([9.0, -9.0]), np.zeros(99)).round(6).tolist()
    [0.99, 0.0]
    """
    below = np.searchsorted(np.sort(yardstick), excess, side="left")
    within = 0.5 + np.arctan(excess) / np.pi
    return np.asarray((below + STEP * within) / (len(yardstick) + 1), np.float64)
