"""When what a camera sends happened: its time stamps as one line of time, and that line on the wall clock."""

import time
from collections import deque
from typing import Final

_ANEW_S: Final = 10.0
"""A time stamp that is farther from the one before than this is another clock's."""


class StreamTimes:
    """Seconds since the first frame, whatever the camera's time stamps do."""

    def __init__(self) -> None:
        self._origin: float | None = None
        self._last_stamp = 0.0
        self._last_s = 0.0
        self._last_arrival = 0.0

    def of(self, stamp: float | None, now: float) -> tuple[float, bool]:
        """Place a frame: its time, and whether the camera's clock was set anew before it."""
        if self._origin is None:
            self._origin = now
            self._last_stamp, self._last_arrival = stamp or 0.0, now
            return 0.0, False
        passed = now - self._last_arrival
        step = None if stamp is None else stamp - self._last_stamp
        restarted = step is not None and not -0.5 <= step <= passed + _ANEW_S
        self._last_s += passed if step is None or restarted else max(0.0, step)
        self._last_arrival = now
        if stamp is not None:
            self._last_stamp = stamp if restarted else max(stamp, self._last_stamp)
        return self._last_s, restarted


class WallClock:
    """From a stream's seconds to the wall clock.

    A frame comes later than it was taken, by more or by less; the smallest delay of the last minute is the best guess.
    Where the camera reports its own time and is not off by seconds, it is believed.
    """

    def __init__(self, *, window_s: float = 60.0, trusted_s: float = 2.0) -> None:
        self._window_s = window_s
        self._trusted_s = trusted_s
        self._offsets: deque[tuple[float, float]] = deque()
        self._camera: float | None = None

    def note(self, time_s: float, arrived: float, reported: float | None) -> None:
        """Take in a frame: its time in the stream, when it came, and when it was taken by the camera's clock."""
        offset = arrived - time_s
        # Ascending: what is later and not smaller can never become the smallest.
        while self._offsets and self._offsets[-1][1] >= offset:
            self._offsets.pop()
        self._offsets.append((arrived, offset))
        while arrived - self._offsets[0][0] > self._window_s:
            self._offsets.popleft()
        self._camera = None
        if reported is not None and abs(reported - arrived) <= self._trusted_s:
            self._camera = reported - time_s

    def wall_of(self, time_s: float) -> float:
        """The wall clock's time of a moment in the stream, seconds since the epoch."""
        if self._camera is not None:
            return time_s + self._camera
        return time_s + (self._offsets[0][1] if self._offsets else time.time())
