"""What came out of a run: numbers of every model for every record, ready for the attacks."""

import contextlib
import re
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.core import InvalidInput, Membership, NotEnoughData, Outputs, Signals, checking
from tacit.training.digest import digest_of
from tacit.training.measuring import Floats, Named, Statistic
from tacit.training.plan import Plan
from tacit.training.stores import DirectoryStore, Store, get_array, get_note, put_rows

# the names that `_stacked` gives; whatever else lies beside them is the user's
OWN_STACK = re.compile(r"stack-[0-9a-f]{12}\.(npy|json)")


@dataclass(frozen=True, eq=False)
class ShadowRun:
    """What m shadow models say of n records.

    Parameters
    ----------
    shadow : float32 (m, n, q), signals under q queries; mapped into memory where the store is a
        directory.
    member : bool (m, n), which model was trained on which record.
    accuracy : float (m, 2), share of right answers on its own members and on the others; NaN where
        unknown.
    seconds : float (m,), what training and measuring each model took, in its worker.
    models : int (m,), the models' numbers in the plan.
    plan : the plan of the run.
    statistic : the name of the signal.
    """

    shadow: Floats
    member: NDArray[np.bool_]
    accuracy: NDArray[np.float64]
    seconds: NDArray[np.float64]
    models: NDArray[np.int64]
    plan: Plan
    statistic: str
    _measure: Statistic = field(repr=False, default_factory=Named)

    @property
    def n_models(self) -> int:
        """Number of shadow models."""
        return len(self.shadow)

    def signals(
        self,
        target: "int | Outputs | ArrayLike",
        *,
        group: ArrayLike | None = None,
        features: ArrayLike | None = None,
    ) -> Signals:
        """What a guesser sees of one target.

        Parameters
        ----------
        target : the audited model's `Outputs` or signals (n,) or (n, q) for the same records under
            the same queries; or the number of a shadow model that plays the target, the others
            (without its partner, whose training set is the complement of the target's) staying its
            shadows.
        group, features : see `Signals`.
        """
        if isinstance(target, (int, np.integer)):
            return self._as_target(int(target), group, features)
        values = self._measure(target) if isinstance(target, Outputs) else target
        return Signals.of(
            values,
            shadow=self.shadow,
            shadow_member=self.member,
            group=group,
            features=features,
            statistic=self.statistic,
        )

    def membership(self, target: int) -> Membership:
        """The answer key where shadow model `target` plays the target."""
        return self.plan.design.membership(int(self.models[target]))

    def _as_target(
        self, target: int, group: ArrayLike | None, features: ArrayLike | None
    ) -> Signals:
        if not -self.n_models <= target < self.n_models:
            raise InvalidInput(
                f"`target` needs a model from 0 to {self.n_models - 1}, got {target}."
            )
        references = np.isin(self.models, self.plan.design.references(int(self.models[target])))
        return Signals.of(
            self.shadow[target],
            shadow=self.shadow[references],
            shadow_member=self.member[references],
            group=group,
            features=features,
            statistic=self.statistic,
        )


def gather(plan: Plan, store: Store, *, statistic: Statistic | None = None) -> ShadowRun:
    """What the store holds of a plan.

    Raises
    ------
    NotEnoughData : no model of the plan is in the store.
    InvalidInput : models answered under different numbers of queries.
    """
    notes = plan.stored(store)
    if not notes:
        raise NotEnoughData(
            f"The store holds no model of the run {plan.key}.",
            needed=plan.n_models,
            got=0,
            unit="models",
        )
    models = np.array(sorted(notes), np.int64)
    accuracy = [
        [notes[m].get("accuracy_in", np.nan), notes[m].get("accuracy_out", np.nan)]
        for m in models.tolist()
    ]
    return ShadowRun(
        shadow=checking.frozen(_stacked(plan, store, models)),
        member=checking.frozen(plan.design.member[models]),
        accuracy=checking.frozen(np.array(accuracy, np.float64)),
        seconds=checking.frozen(
            np.array([notes[m].get("seconds", np.nan) for m in models.tolist()], np.float64)
        ),
        models=checking.frozen(models),
        plan=plan,
        statistic=notes[int(models[0])].get("statistic", "signal"),
        _measure=statistic or Named(),
    )


def _stacked(plan: Plan, store: Store, models: NDArray[np.int64]) -> Floats:
    """All models in one array: built row by row as a file of its own where the store is a
    directory.
    """
    first = get_array(store, plan.entry(int(models[0])))
    if not isinstance(store, DirectoryStore):
        return np.stack(
            [_same_shape(get_array(store, plan.entry(m)), first) for m in models.tolist()]
        )
    digests = [store[f"{plan.entry(m)}.json"] for m in models.tolist()]
    place = f"{plan.key}/stack-{digest_of(digests)[:12]}"
    if get_note(store, place) is None:
        rows = (_same_shape(get_array(store, plan.entry(m)), first) for m in models.tolist())
        put_rows(store, place, rows, (len(models), *first.shape), first.dtype)
        _drop_older(store, plan, place)
    return get_array(store, place)


def _drop_older(store: DirectoryStore, plan: Plan, place: str) -> None:
    for file in store.path(plan.key).glob("stack-*"):
        ours = OWN_STACK.fullmatch(file.name) is not None
        if ours and file.stem != place.rpartition("/")[2]:
            with contextlib.suppress(
                OSError
            ):  # still mapped by a reader on a system that forbids it
                file.unlink()


def _same_shape(value: Floats, first: Floats) -> Floats:
    if value.shape != first.shape:
        raise InvalidInput(
            f"Every shadow model needs signals of the same shape, got {first.shape} and"
            f" {value.shape}."
        )
    return value
