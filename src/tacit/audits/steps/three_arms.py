"""One model of the audit of unlearning: trained with the records, unlearned, retrained without."""

from collections.abc import Callable
from dataclasses import dataclass, is_dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput, Outputs, TacitError
from tacit.training.jobs import Observe, Recipe
from tacit.training.measuring import Floats, Statistic, labelled

Unlearn = Callable[[Any, NDArray[np.int64], NDArray[np.int64], int], Any]
CEILING, UNLEARNED, RETRAINED = "no unlearning", "unlearned", "retrained without them"
ARMS = (CEILING, UNLEARNED, RETRAINED)
OTHER_SEED = 0x9E3779B9  # so that a retraining shares no random number with the first training


@dataclass(frozen=True, eq=False)
class ThreeArms:
    """A recipe that trains with some of the records to forget, unlearns them, and retrains without.

    Parameters
    ----------
    recipe : Recipe
        How to train.
    unlearn : Unlearn
        ``unlearn(model, forget, retain, seed) -> model``.
    x, y : Any
        All records.
    n : int
        Number of records.
    forget, retain : NDArray[np.int64]
        Row numbers of the records to forget, and of those that every model is trained on.
    statistic : Statistic
        From `Outputs` to one number a record.
    """

    recipe: Recipe
    unlearn: Unlearn
    x: Any
    y: Any
    n: int
    forget: NDArray[np.int64]
    retain: NDArray[np.int64]
    statistic: Statistic

    def fit(self, x: Any, y: Any, indices: NDArray[np.int64], seed: int) -> Observe:
        """Train, look, unlearn, look, retrain, look: a function that gives the three columns."""
        chosen = self.forget[indices]
        rows = np.sort(np.concatenate([self.retain, chosen]))
        trained = self._trained(rows, seed)
        # looked at first: unlearning may change the model in place
        columns = [self._look(trained)]
        columns.append(self._look(self._unlearned(trained, chosen, seed)))
        again = self._trained(self.retain, seed ^ OTHER_SEED)
        columns.append(self._look(again))
        return Seen(np.stack(columns, axis=1))

    def _trained(self, rows: NDArray[np.int64], seed: int) -> Observe:
        observe: Observe = asked("train_fn", lambda: self.recipe.fit(self.x, self.y, rows, seed))
        return observe

    def _unlearned(self, trained: Any, chosen: NDArray[np.int64], seed: int) -> Any:
        inner = getattr(trained, "model", None)
        # a scikit-learn estimator: the user's function takes and returns the estimator itself
        wrapped = inner is not None and is_dataclass(trained) and not isinstance(trained, type)
        model = asked(
            "unlearn_fn",
            lambda: self.unlearn(inner if wrapped else trained, chosen, self.retain, seed),
        )
        if wrapped:
            if not hasattr(model, "predict"):
                raise InvalidInput(
                    "`unlearn_fn` needs to return the unlearned estimator, got "
                    f"{type(model).__name__}."
                )
            return replace(trained, model=model)
        if not callable(model):
            raise InvalidInput(
                "`unlearn_fn` needs to return a function observe(x), as `train_fn` does, got "
                f"{type(model).__name__}."
            )
        return model

    def _look(self, observe: Observe) -> Floats:
        """The signal of the records to forget; (c,), the mean where there are several queries."""
        answer: Any = asked("observe", lambda: observe(self.x))
        if isinstance(answer, Outputs):
            answer = self.statistic(labelled(answer, self.y))
        try:
            value = np.asarray(answer, np.float64)
        except (TypeError, ValueError) as error:
            raise InvalidInput(
                f"`observe` needs to return `Outputs` or one number a record: {error}."
            ) from error
        if value.ndim == 0 or len(value) != self.n:
            got = f"one {type(answer).__name__}" if value.ndim == 0 else f"{len(value)} rows"
            raise InvalidInput(f"`observe` needs one row for each of all records, got {got}.")
        return np.asarray(value.reshape(self.n, -1).mean(axis=1)[self.forget])


def asked(name: str, call: Callable[[], Any]) -> Any:
    """What a function of the user returns; what it raises is told with its name."""
    try:
        return call()
    except (TacitError, MemoryError):
        raise
    except Exception as error:
        raise InvalidInput(
            f"`{name}` raised {type(error).__name__}: {error}. Its own lines are above."
        ) from error


@dataclass(frozen=True, eq=False)
class Seen:
    """What three models said, whatever is asked."""

    columns: Floats

    def __call__(self, x: Any) -> Floats:
        """The columns (c, 3)."""
        return self.columns
