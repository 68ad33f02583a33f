"""TensorBoard: the numbers of a trace as scalars, and reports as text; TensorFlow is not needed."""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from tacit.core import Report
from tacit.core.optional import require


class TensorBoardLog:
    """Writes an event file; give it to ``PrivacyTrace(log=[...])``, or a report to `report`.

    Parameters
    ----------
    folder : the run's log folder; each process that writes there adds a file of its own.
    """

    def __init__(self, folder: str | Path) -> None:
        boards = require("tensorboardX", extra="tensorboard", purpose="Writing TensorBoard events")
        self._writer = boards.SummaryWriter(str(folder))

    def __call__(self, numbers: Mapping[str, float], epoch: int) -> None:
        """Write scalars and flush them, so that a killed training keeps them."""
        for name, value in numbers.items():
            self._writer.add_scalar(name, value, epoch)
        self._writer.flush()

    def report(self, report: Report, epoch: int = 0) -> None:
        """Write a report's headline as text, and its estimates as scalars named by their check."""
        self._writer.add_text("privacy/headline", report.headline, epoch)
        for check in report.checks:
            for estimate in check.estimates if check.role == "attack" else ():
                self._writer.add_scalar(
                    f"privacy/{check.name}/{estimate.name}", estimate.value, epoch
                )
        self._writer.flush()

    def close(self) -> None:
        """Close the event file."""
        self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
