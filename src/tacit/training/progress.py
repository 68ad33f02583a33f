"""How far a run is, and an honest guess of how long it still takes."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """The state of a run.

    Parameters
    ----------
    done : models finished, those found in the store included.
    total : models wanted.
    reused : models found in the store.
    elapsed : seconds since the run began.
    left : seconds still needed at the pace of *this* run (what was reused cost nothing and does not
        count); None until a model was trained here.
    """

    done: int
    total: int
    reused: int
    elapsed: float
    left: float | None

    def __str__(self) -> str:
        rest = (
            ""
            if self.done == self.total
            else f", {_duration(self.left)} left"
            if self.left is not None
            else ", time left unknown"
        )
        return f"{self.done} of {self.total} shadow models ({self.reused} reused){rest}"


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "an unknown time"
    if seconds < 90:
        return f"about {max(1, round(seconds))} s"
    return f"about {round(seconds / 60)} min" if seconds < 5400 else f"about {seconds / 3600:.1f} h"


class Watch:
    """Counts what is done and tells whoever listens."""

    def __init__(
        self,
        total: int,
        reused: int,
        listener: Callable[[Progress], None] | None,
        *,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._total = total
        self._reused = reused
        self._listener = listener
        self._clock = clock
        self._began = clock()
        self._trained = 0

    def done(self) -> None:
        """One more model is stored."""
        self._trained += 1
        self.tell()

    def tell(self) -> None:
        """Tell the listener how things stand."""
        if self._listener is not None:
            self._listener(self.state())

    def state(self) -> Progress:
        """How things stand."""
        elapsed = self._clock() - self._began
        done = self._reused + self._trained
        left = elapsed / self._trained * (self._total - done) if self._trained else None
        return Progress(done, self._total, self._reused, elapsed, left)
