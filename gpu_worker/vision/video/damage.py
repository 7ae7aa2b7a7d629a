"""What of a track cannot be trusted, because something before it is missing."""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

_HEALED_AFTER_S: Final = 10.0
"""A stream that has no key frame for so long refreshes its pictures piece by piece, and has done so by then."""
_REMEMBERED: Final = 512


class Continuity:
    """Tells which decoded frames were built on damaged ones. Packets are numbered in the order they were sent.

    A codec stores most frames as changes to others. After a hole, what the decoder shows is a mixture of old picture
    and new motion that can look perfectly sharp and be of two different vehicles, until the next key frame.
    """

    def __init__(self) -> None:
        self._holes: deque[float] = deque(maxlen=_REMEMBERED)
        self._keys: deque[tuple[int, int | None]] = deque(maxlen=_REMEMBERED)
        self._suspect_s = 0.0

    def sent(self, number: int, pts: int | None, *, is_key: bool, is_corrupt: bool) -> None:
        """Take note of a packet that goes to the decoder."""
        if is_corrupt:
            # Flagged is the packet before which, within which or after which data is missing. What the decoder makes of
            # it without complaint is whole; what follows may hang on what is missing.
            self._suspect_s = 0.0
            self._holes.append(number + 0.5)
        elif is_key:
            self._keys.append((number, pts))

    def broken(self, number: int) -> None:
        """Take note that a packet was damaged."""
        self._suspect_s = 0.0
        self._holes.append(number)

    def is_suspect(self, number: int, pts: int | None, span_s: float) -> bool:
        """Tell whether the frame that came of packet `number`, and stands for `span_s`, hangs on a damaged one."""
        hole = max((hole for hole in self._holes if hole <= number), default=None)
        if hole is None:
            return False
        keys = [key for key in self._keys if hole < key[0] <= number]
        # Frames that are shown before the key frame but sent after it may still be changes to what is missing.
        if any(key_pts is None or pts is None or pts >= key_pts for _, key_pts in keys):
            return False
        self._suspect_s += span_s
        return self._suspect_s < _HEALED_AFTER_S


@dataclass(slots=True)
class Damage:
    """How much of a track was not read.

    Attributes:
        lost_s: footage that is missing or was stepped over.
        first_s: when it first happened; None if it never did.
        stretches: how often it did.
        reason: the decoder's word for it.
    """

    lost_s: float = 0.0
    first_s: float | None = None
    stretches: int = 0
    reason: str = "data is missing"
    _open: bool = field(default=False, repr=False)

    def begin(self, time_s: float, reason: str | None = None) -> None:
        """Take note of damage after `time_s`; until `end` it is one stretch."""
        if self.first_s is None:
            self.first_s, self.reason = time_s, reason or self.reason
        if not self._open:
            self.stretches += 1
        self._open = True

    def end(self) -> bool:
        """Take note of a sound frame; tells whether it is the first one after damage."""
        was_open, self._open = self._open, False
        return was_open

    def sentence(self, looked_s: float) -> str | None:
        """Say what was not read, beside the seconds that were; None if nothing is amiss."""
        if self.first_s is None:
            return None
        whole_s = looked_s + self.lost_s
        share = 100 * self.lost_s / whole_s if whole_s else 0.0
        times = "" if self.stretches == 1 else f", in {self.stretches} places"
        amount = f"{self.lost_s:.1f} s of {whole_s:.1f} s ({share:.0f} %) were not read{times}"
        return f"The video is damaged near {self.first_s:.1f} s ({self.reason}): {amount}."
