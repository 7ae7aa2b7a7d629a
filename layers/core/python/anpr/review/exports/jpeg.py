"""Reading a JPEG's size from its header: all that labels need of an image, and no reason for an imaging library."""

import struct
from typing import Final

# Start-of-frame markers (ITU-T T.81, table B.1): C0 to CF without DHT (C4), JPG (C8) and DAC (CC).
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Markers that stand alone, without a length: TEM, RST0 to RST7, SOI.
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})


def size_of(image: bytes) -> tuple[int, int] | None:
    """Width and height in pixels; None where the bytes are no JPEG or end before its size."""
    if image[:2] != b"\xff\xd8":
        return None
    at = 2
    while at + 4 <= len(image) and image[at] == 0xFF:
        marker = image[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        if marker in _ALONE:
            at += 2
            continue
        (length,) = struct.unpack_from(">H", image, at + 2)
        if marker in _FRAMES:
            if at + 9 > len(image):
                return None
            height, width = struct.unpack_from(">HH", image, at + 5)
            return (width, height) if width and height else None
        at += 2 + length
    return None
