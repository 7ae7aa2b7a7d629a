"""Bounds against files that unpack into more than the worker can hold or should spend."""

from dataclasses import dataclass
from typing import Final

_LEAST_FRAME: Final = 65_536
"""Pixels that a frame costs at least: opening, timing and comparing one has its price, however small it is."""
_GROWN: Final = 9_000_000
"""Pixels that a later frame may have whatever the first one had: 4K, rounded up."""


@dataclass(frozen=True, slots=True)
class MediaLimits:
    """What one file may cost. All but the time that it takes depends on the file alone, so that each run ends alike.

    Attributes:
        max_pixels: of one picture.
        max_frame_pixels: of one frame of a video; several are held at a time.
        max_duration_s: of a video, by what was looked at.
        base_pixels: that any video may unpack into, all frames together.
        pixels_per_byte: what it may unpack into beyond that, by its size. A still scene of a thrifty camera takes some
            30,000 pixels a byte.
    """

    max_pixels: int = 64_000_000
    max_frame_pixels: int = 36_000_000
    max_duration_s: float = 6 * 3600.0
    base_pixels: int = 2_000_000_000
    pixels_per_byte: int = 100_000

    def budget(self, size_bytes: int) -> int:
        """Return how many pixels a video of this size may unpack into."""
        return self.base_pixels + self.pixels_per_byte * size_bytes

    def largest_frame(self, declared: int) -> int:
        """Return the most pixels that a frame may have where the file declares `declared`; buffers are sized by it."""
        return min(self.max_frame_pixels, max(declared, _GROWN))


def frame_cost(width: int, height: int) -> int:
    """Return what a frame takes of the budget, in pixels."""
    return max(width * height, _LEAST_FRAME)
