"""Ctrl-C and its kin: they end the run once, and never between starting a program and noting that it runs."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """The person, or the system, wants the run to end. Not an error, so no `except Exception` takes it for one."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_status = 128 + number


class _Interrupts:
    """What is known of interruptions in this process; signal handlers are the process's too."""

    def __init__(self) -> None:
        self.depth = 0
        self.pending: int | None = None

    def handle(self, number: int, _frame: FrameType | None) -> None:
        # From here on things are being stopped; impatience would only leave some of them running.
        for other in _SIGNALS:
            signal.signal(other, signal.SIG_IGN)
        self.pending = number
        self.raise_pending()

    def raise_pending(self) -> None:
        if self.pending is not None and self.depth == 0:
            number, self.pending = self.pending, None
            raise Interrupted(number)


_interrupts = _Interrupts()


@contextmanager
def interruptible() -> Iterator[None]:
    """Turn the first signal that ends a program into `Interrupted`, and ignore those after it until the block ends.

    Use it in the main thread only.
    """
    before = {number: signal.signal(number, _interrupts.handle) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def deferred() -> Iterator[None]:
    """Keep an interruption back until the block has ended."""
    _interrupts.depth += 1
    try:
        yield
    finally:
        _interrupts.depth -= 1
    _interrupts.raise_pending()
