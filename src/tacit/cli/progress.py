"""Progress on standard error: one line that moves in a terminal, a line now and then elsewhere."""

import sys
import time
from typing import TextIO


class Progress:
    """Says what is being done and how much is left, but only once a second has passed.

    Parameters
    ----------
    stream : where to write, standard error by default.
    quiet : say nothing.
    """

    def __init__(self, stream: TextIO | None = None, *, quiet: bool = False) -> None:
        self.stream = stream if stream is not None else sys.stderr
        self.quiet = quiet
        self.started = time.monotonic()
        self.said = self.started
        self.open = False

    def __call__(self, what: str, done: int, of: int) -> None:
        """`done` of `of` steps are finished and `what` begins."""
        now = time.monotonic()
        pause = 0.1 if self.stream.isatty() else 5.0
        if self.quiet or now - self.started < 1.0 or now - self.said < pause:
            return
        self.said = now
        left = (now - self.started) / done * (of - done) if done else None
        text = f"[{min(done + 1, of)}/{of}] {what}" + (
            f", about {left:.0f} s left" if left is not None else ""
        )
        if self.stream.isatty():
            self.stream.write(f"\r\x1b[2K{text[:100]}")
            self.open = True
        else:
            self.stream.write(text + "\n")
        self.stream.flush()

    def close(self) -> None:
        """Wipe the moving line."""
        if self.open:
            self.stream.write("\r\x1b[2K")
            self.stream.flush()
            self.open = False
