"""Times that only go forward, from timestamps that may do anything."""

from collections import deque
from dataclasses import dataclass
from statistics import median
from typing import Final

_JITTER_S: Final = 1.0
"""Timestamps may go back by less than this: frames out of order are no new recording."""
_LONGEST_SPACING_S: Final = 120.0
_LONGEST_SPACING_OF_WHOLE_SECONDS_S: Final = 10.0
_LOOKED_AT_S: Final = 10.0
_GAP_S: Final = 1.0
_GAP_TIMES_USUAL: Final = 10.0
_TYPICAL_RATE: Final = 25.0
_PLAUSIBLE_RATES: Final = (0.1, 240.0)
_MPEG_WRAP_S: Final = 2**33 / 90_000


@dataclass(frozen=True, slots=True)
class ClockKind:
    """What is known of a track's clock before its first frame.

    Attributes:
        rate: frames a second, as far as it is known; what is not plausible is not believed.
        resolution_s: the unit of its timestamps.
        broadcast: it is a transport or program stream, whose clock may be set anew at any time and wraps around.
    """

    rate: float | None
    resolution_s: float
    broadcast: bool

    @property
    def spacing_s(self) -> float:
        """Time between two frames where the timestamps do not tell."""
        lowest, highest = _PLAUSIBLE_RATES
        return 1 / self.rate if self.rate and lowest <= self.rate <= highest else 1 / _TYPICAL_RATE

    @property
    def longest_jump_s(self) -> float:
        """A step forward of more is a clock that was set, not a pause. For broadcasts it is FFmpeg's own threshold."""
        return 10.0 if self.broadcast else 3600.0

    @property
    def longest_spacing_s(self) -> float:
        """The slowest time-lapse. Whole seconds are also what a time scale of zero is taken for."""
        return _LONGEST_SPACING_OF_WHOLE_SECONDS_S if self.resolution_s >= 1 else _LONGEST_SPACING_S


@dataclass(frozen=True, slots=True)
class Tick:
    """When a frame is shown.

    Attributes:
        time_s: from the first frame; never less than the frame's before.
        span_s: how much footage the frame stands for: the time since the one before, as far as that is plausible.
        gap_s: time without frames before this one, beyond what is usual; 0 if there is none worth mentioning.
        restarted: the clock was set anew before this frame.
    """

    time_s: float
    span_s: float
    gap_s: float
    restarted: bool


class Clock:
    """Follows the timestamps of one track; `restarts` and `estimated` say what had to be put right."""

    def __init__(self, kind: ClockKind) -> None:
        self._kind = kind
        self._recent: deque[float] = deque(maxlen=15)
        self._stamp_s: float | None = None
        self._offset_s = 0.0
        self._begun = False
        self.time_s = 0.0
        self.ticks = 0
        self.restarts: list[float] = []
        """Times at which the clock was set anew, seconds."""
        self.estimated = 0
        """Frames whose time was told by the usual rate, for want of a timestamp."""

    @property
    def usual_s(self) -> float:
        """The usual time between two frames."""
        return median(self._recent) if self._recent else self._kind.spacing_s

    def tick(self, stamp_s: float | None) -> Tick:
        """Take in the next frame's timestamp, in seconds of the file's own clock; None where it has none."""
        self.ticks += 1
        if not self._begun:
            self._begun = True
            self._set(stamp_s)
            return Tick(0.0, self._kind.spacing_s, 0.0, restarted=False)
        usual_s = self.usual_s
        step_s = None if stamp_s is None or self._stamp_s is None else self._unwrapped(stamp_s - self._stamp_s)
        if step_s is None or step_s == 0:
            return self._estimate(stamp_s, usual_s)
        if step_s < -_JITTER_S or step_s > self._longest_step(usual_s):
            if not self._recent:
                # Nothing says that the clock was ever right, so this is no new recording: it has no use at all.
                return self._estimate(stamp_s, usual_s)
            self.time_s += usual_s
            self._recent.clear()
            self._set(stamp_s)
            self.restarts.append(self.time_s)
            return Tick(self.time_s, usual_s, 0.0, restarted=True)
        return self._follow(stamp_s, step_s, usual_s)

    def _follow(self, stamp_s: float | None, step_s: float, usual_s: float) -> Tick:
        if stamp_s is None:
            raise ValueError("a clock cannot follow a timestamp that is missing")
        before_s = self.time_s
        if step_s > 0:
            if self._stamp_s is not None and stamp_s < self._stamp_s:  # the counter wrapped around
                self._offset_s += _MPEG_WRAP_S
            if stamp_s + self._offset_s < before_s - _JITTER_S:  # estimates had run ahead of it
                self._offset_s = before_s + step_s - stamp_s
            self._recent.append(step_s)
        self._stamp_s = stamp_s
        self.time_s = max(before_s, stamp_s + self._offset_s)
        elapsed_s = self.time_s - before_s
        is_gap = elapsed_s > max(_GAP_S, _GAP_TIMES_USUAL * usual_s)
        span_s = usual_s if is_gap else elapsed_s
        return Tick(
            self.time_s,
            span_s if span_s <= _LOOKED_AT_S else _GAP_S,
            elapsed_s - usual_s if is_gap and self.ticks > 2 else 0.0,
            restarted=False,
        )

    def _estimate(self, stamp_s: float | None, usual_s: float) -> Tick:
        self.estimated += 1
        self.time_s += usual_s
        if stamp_s is not None and stamp_s != self._stamp_s:
            self._set(stamp_s)
        return Tick(self.time_s, usual_s, 0.0, restarted=False)

    def _set(self, stamp_s: float | None) -> None:
        self._stamp_s = stamp_s
        self._offset_s = self.time_s - (stamp_s or 0.0)

    def _unwrapped(self, step_s: float) -> float:
        wrapped_s = step_s + _MPEG_WRAP_S
        return wrapped_s if self._kind.broadcast and 0 < wrapped_s < self._kind.longest_jump_s else step_s

    def _longest_step(self, usual_s: float) -> float:
        if not self._recent:
            return self._kind.longest_spacing_s
        return max(self._kind.longest_jump_s, _GAP_TIMES_USUAL * usual_s)
