"""Accuracy and vulnerability while a model trains: the one implementation behind every callback."""

import base64
import math
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from tacit.adapters import outputs_of
from tacit.adapters.answers import Kind
from tacit.adapters.samples import begin_alike, fingerprint, n_available, sample
from tacit.audits.steps.loss_trace import accuracy, record_losses
from tacit.audits.steps.quick_check import glance
from tacit.core import CheckResult, Estimate, InvalidInput, Outputs, checking, concatenate
from tacit.core.errors import NotFinite
from tacit.core.options import require_callback, require_choice, seed_of, several
from tacit.integrations.stopping import Stop
from tacit.integrations.trace_file import TraceFile

Log = Callable[[Mapping[str, float], int], None]
SCHEMA = 1
LEAST_SAMPLE, MOST_SAMPLE, SAMPLE_SHARE = 200, 2000, 25
# a training step costs about three forward passes a record; looking should cost a twentieth of that
FORWARD_PASSES, BUDGET = 3, 0.05
# a trend needs a few points; a short training is looked at more often than the budget allows
LEAST_LOOKS = 5


@dataclass(frozen=True, eq=False)
class TracePoint:
    """One look at a model in training.

    Parameters
    ----------
    epoch : counted from 0, as the framework counts.
    advantage, auc : of the threshold attack, with their intervals.
    member_accuracy, accuracy : on the sample's members and non-members; None where there are no
        classes.
    utility : what a rise of vulnerability is weighed against: validation accuracy, or minus the
        non-members' mean loss.
    measure : what `utility` is.
    seconds : that the look took.
    """

    epoch: int
    advantage: Estimate
    auc: Estimate
    member_accuracy: float | None
    accuracy: float | None
    utility: float
    measure: str
    seconds: float

    @staticmethod
    def no_numbers() -> dict[str, float]:
        """The names that `numbers` can have, with NaN: for loggers that fix their columns."""
        ends = ("", "_low", "_high")
        names = [f"privacy/{name}{end}" for name in ("advantage", "auc") for end in ends]
        names += ["privacy/member_accuracy", "privacy/nonmember_accuracy"]
        return dict.fromkeys(names, math.nan)

    def numbers(self) -> dict[str, float]:
        """What goes to a logger, by name."""
        named = {"advantage": self.advantage, "auc": self.auc}
        found = {f"privacy/{name}": estimate.value for name, estimate in named.items()}
        found |= {f"privacy/{name}_low": estimate.low for name, estimate in named.items()}
        found |= {f"privacy/{name}_high": estimate.high for name, estimate in named.items()}
        shown = {"member_accuracy": self.member_accuracy, "nonmember_accuracy": self.accuracy}
        return found | {
            f"privacy/{name}": value for name, value in shown.items() if value is not None
        }

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {**vars(self), "advantage": self.advantage.to_dict(), "auc": self.auc.to_dict()}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> "TracePoint":
        """The point that `to_dict` wrote."""
        return cls(
            **{**plain, **{name: Estimate.from_dict(plain[name]) for name in ("advantage", "auc")}}
        )


@dataclass(frozen=True, eq=False)
class History:
    """All looks so far, oldest first.

    Parameters
    ----------
    points : one a look.
    losses : float32 (looks, n), each record's loss.
    member : bool (n,), members first.
    """

    points: tuple[TracePoint, ...]
    losses: NDArray[np.float32]
    member: NDArray[np.bool_]


class PrivacyTrace:
    """Looks at a model every few epochs, on the same members and non-members each time, and changes
    nothing.

    Parameters
    ----------
    member, nonmember : records of the training set and others from the same population: a pair
        ``(x, y)``, a PyTorch data set or loader over one, or a ``datasets.Dataset``. Give
        evaluation transforms, not random ones.
    every : look after each `every`-th epoch, and after the last. None: as often as keeps looking
        below about 5 % of training, and five times at least where `expect` says how long it is.
    size : members looked at, and as many non-members. None: a 25th of the members, 200 at least and
        2,000 at most.
    path : of the trace file. Each look is flushed to disk before training goes on; a training that
        was killed and starts again with the same data goes on where its checkpoint is, and looks
        from later epochs are replaced.
    stop_when : called with the `History` after each look; what it returns, if anything, ends up in
        `stop`. `Risen()` is the valid test that vulnerability rose while accuracy did not.
    log : functions of (numbers by name, epoch), such as
        `tacit.integrations.tensorboard.TensorBoardLog`.
    seed : draws the sample.
    level : of the intervals.
    batch_size, kind : see `tacit.adapters.outputs_of`.
    write : False where another process writes the file (all ranks but the first).

    Attributes
    ----------
    rows : row numbers of the members and of the non-members that are looked at. stop : set when
        training should stop.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x, y = rng.normal(size=(600, 5)), rng.integers(0, 2, 600)
    >>> trace = PrivacyTrace((x[:300], y[:300]), (x[300:], y[300:]), every=1)
    >>> for epoch in range(3):
    ...     weights = rng.normal(size=(5, 2))                    # one epoch of training
    ...     point = trace.observe(epoch, lambda part: part @ weights)
    >>> [point.epoch for point in trace.history.points]
    [0, 1, 2]
    """

    def __init__(
        self,
        member: Any,
        nonmember: Any,
        *,
        every: int | None = None,
        size: int | None = None,
        path: str | Path | None = None,
        stop_when: Callable[[History], Stop | None] | None = None,
        log: Sequence[Log] = (),
        seed: int = 0,
        level: float = 0.95,
        batch_size: int = 256,
        kind: Kind = "auto",
        write: bool = True,
    ) -> None:
        _require_two(member, nonmember)
        seed_of(seed)
        require_choice(kind, "kind", get_args(Kind))
        require_callback(stop_when, "stop_when", "the history so far")
        log = several(log, "log", "functions")
        for function in log:
            require_callback(function, "log", "(numbers, epoch)")
        for name, number, least in (("every", every, 1), ("size", size, 2)):
            if number is not None:
                checking.whole(number, name, least=least)
        checking.whole(batch_size, "batch_size", least=1)
        n = n_available(member)
        self.size = default_size(n) if size is None else size
        self._chosen = every is not None
        self.every = default_every(n, self.size) if every is None else every
        self.level = checking.confidence(level)
        self.stop: Stop | None = None
        drawn = [
            sample(source, self.size, seed=seed + i) for i, source in enumerate((member, nonmember))
        ]
        self._groups = [(x, y) for x, y, _ in drawn]
        self.rows = tuple(rows for _, _, rows in drawn)
        self._stop_when, self._log = stop_when, log
        # batches of one size, so that a compiled model wastes nothing on filling up the last
        even = math.ceil(self.size / math.ceil(self.size / batch_size))
        self._asking: dict[str, Any] = {"batch_size": even, "kind": kind}
        self._trusted = False
        self._member = np.repeat([True, False], [len(rows) for rows in self.rows])
        self._looks: list[tuple[TracePoint, NDArray[np.float32]]] = []
        header: dict[str, Any] = {"tacit_trace": SCHEMA, "every": every, "level": self.level}
        header |= {
            name: fingerprint(x, y) for name, (x, y) in zip(("members", "nonmembers"), self._groups)
        }
        if header["members"] == header["nonmembers"]:
            raise InvalidInput(SAME)
        self._file = TraceFile(path, header) if path is not None and write else None
        for line in self._file.lines if self._file is not None else ():
            self._keep(TracePoint.from_dict(line["point"]), _numbers(line["losses"]))

    @property
    def history(self) -> History:
        """All looks so far."""
        losses = [loss for _, loss in self._looks]
        stacked = np.stack(losses) if losses else np.zeros((0, len(self._member)), np.float32)
        return History(
            tuple(point for point, _ in self._looks),
            checking.frozen(stacked),
            checking.frozen(self._member),
        )

    def expect(self, n_epochs: int | None) -> None:
        """Say how long training will be, so that a short one is looked at five times at least.

        Parameters
        ----------
        n_epochs : epochs to come, or None where nobody knows.
        """
        if not self._chosen and n_epochs is not None and n_epochs > 0:
            self.every = min(self.every, max(1, int(n_epochs) // LEAST_LOOKS))

    def due(self, epoch: int) -> bool:
        """Is this an epoch to look at?"""
        return (epoch + 1) % self.every == 0

    def observe(
        self, epoch: int, model: Any, *, accuracy: float | None = None, last: bool = False
    ) -> TracePoint | None:
        """Look at `model` after `epoch` (counted from 0), if it is due; the weights and every
        random state stay as they are.

        Parameters
        ----------
        epoch : that has just ended, a whole number.
        model : anything that `tacit.adapters.outputs_of` knows.
        accuracy : on validation data, where it is known; `stop_when` weighs it instead of the
            sample's own.
        last : this was the last epoch: look, due or not.

        Returns
        -------
        The look, or None where `epoch` was not due, or (with a warning) where the model's answers
        could not be used. A model that diverged (NaN) never ends the training; other answers that
        cannot be used raise at the first look only.

        Raises
        ------
        InvalidInput : at the first look, the model's answers cannot be used or trusted; or `epoch`
            is no whole number.
        """
        epoch = _whole(epoch)
        if not (last or self.due(epoch)):
            return None
        started = time.perf_counter()
        seen = self._seen(epoch, model, accuracy)
        if seen is None:
            return None
        self._keep(*seen)
        self.stop = None if self._stop_when is None else self._stop_when(self.history)
        point, losses = replace(seen[0], seconds=time.perf_counter() - started), seen[1]
        self._looks[-1] = (point, losses)
        if self._file is not None:
            self._file.append({"epoch": epoch, "point": point.to_dict(), "losses": _text(losses)})
        for log in self._log:
            log(point.numbers(), epoch)
        return point

    def finish(self, epoch: int, model: Any) -> TracePoint | None:
        """Look at the model that training ended with after `epoch`, unless that was looked at."""
        if self._looks and self._looks[-1][0].epoch == _whole(epoch):
            return None
        return self.observe(epoch, model, last=True)

    def _seen(
        self, epoch: int, model: Any, accuracy: float | None
    ) -> tuple[TracePoint, NDArray[np.float32]] | None:
        """One look; once one has worked, a failure is a warning and leaves training alone."""
        try:
            outputs = [
                outputs_of(model, x, y, check=not self._trusted, **self._asking)
                for x, y in self._groups
            ]
            losses = record_losses(concatenate(*outputs))
            point = _point(epoch, glance(*outputs, level=self.level), outputs, accuracy)
        except InvalidInput as error:
            if not self._trusted and not isinstance(error, NotFinite):
                raise
            warnings.warn(
                f"tacit could not look at the model after epoch {epoch}: {error}", stacklevel=3
            )
            return None
        self._trusted = True
        return point, losses

    def trend(self, model: str = "model") -> dict[str, Any]:
        """One line of a report's trend figure: accuracy against vulnerability, one point a look."""
        points = [
            {"epoch": point.epoch, "accuracy": point.utility, "score": point.advantage.to_dict()}
            for point, _ in self._looks
        ]
        return {"model": model, "points": points}

    def _keep(self, point: TracePoint, losses: NDArray[np.float32]) -> None:
        """Add a look; a training that went back to a checkpoint replaces what came after it."""
        self._looks = [look for look in self._looks if look[0].epoch < point.epoch]
        self._looks.append((point, losses))


def _require_two(member: Any, nonmember: Any) -> None:
    """Raise where a side is missing, or one object is both."""
    for name, source in (("member", member), ("nonmember", nonmember)):
        if source is None:
            raise InvalidInput(f"`{name}` needs records: a pair (x, y) or a data set, got None.")
    pairs = isinstance(member, tuple) and isinstance(nonmember, tuple) and member and nonmember
    if member is nonmember or (pairs and member[0] is nonmember[0]):
        raise InvalidInput(SAME)
    if pairs and all(begin_alike(*both) for both in zip(member, nonmember)):
        raise InvalidInput(SAME)


SAME = (
    "`member` and `nonmember` are the same records. Members are what the model is trained on,"
    " non-members what it never sees: give two different sets."
)


def _whole(epoch: Any) -> int:
    try:
        # loops over NumPy arrays, and counters of some frameworks, give 3.0
        number = int(epoch) if float(epoch) == int(epoch) else -1
    except (TypeError, ValueError, OverflowError):
        number = -1
    if number < 0 or isinstance(epoch, (bool, str, bytes)):
        raise InvalidInput(f"`epoch` needs a whole number counted from 0, got {epoch!r}.")
    return number


def default_size(n_members: int) -> int:
    """Members looked at: a 25th, 200 at least and 2,000 at most."""
    return max(LEAST_SAMPLE, min(MOST_SAMPLE, n_members // SAMPLE_SHARE))


def default_every(n_members: int, size: int) -> int:
    """Epochs from look to look that keep looking below about 5 % of training, by the number of
    forward passes.
    """
    return max(
        1, math.ceil(2 * min(size, n_members) / (FORWARD_PASSES * BUDGET * max(1, n_members)))
    )


def _point(
    epoch: int, seen: CheckResult, outputs: Sequence[Outputs], validation: float | None
) -> TracePoint:
    advantage, auc = seen.estimate("advantage"), seen.estimate("auc")
    assert advantage is not None and auc is not None  # noqa: PT018
    own = [accuracy(part) for part in outputs]
    if validation is not None:
        utility, measure = (
            checking.floats([validation], "accuracy", ndim=1).item(),
            "validation accuracy",
        )
    elif own[1] is not None:
        utility, measure = own[1], "accuracy"
    else:
        utility, measure = -float(record_losses(outputs[1]).mean()), "minus the loss of non-members"
    return TracePoint(epoch, advantage, auc, own[0], own[1], utility, measure, 0.0)


def _text(losses: NDArray[np.float32]) -> str:
    return base64.b64encode(losses.astype("<f4").tobytes()).decode("ascii")


def _numbers(text: str) -> NDArray[np.float32]:
    return np.frombuffer(base64.b64decode(text), "<f4").astype(np.float32)
