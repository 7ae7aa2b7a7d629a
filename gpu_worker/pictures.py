"""Single pictures, decoded to pixels. Knows nothing of plates."""

from pathlib import Path

import cv2
import numpy as np

from anpr.errors import UnreadableMedia
from gpu_worker.geometry import Image
from gpu_worker.video import MediaLimits, Source

_PICTURE_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")


def is_picture(source: Source) -> bool:
    """Tell by its first bytes whether a file is a JPEG or PNG picture.

    Raises:
        UnreadableMedia: if the file is empty.
    """
    head = _read(source, 16)
    if not head:
        raise UnreadableMedia("The file is empty.")
    return head.startswith(_PICTURE_SIGNATURES)


def read_picture(source: Source, limits: MediaLimits) -> Image:
    """Decode a JPEG or PNG, turned upright by its EXIF orientation.

    Returns:
        BGR uint8 (height, width, 3).

    Raises:
        UnreadableMedia: if it cannot be decoded or has too many pixels.
    """
    data = _read(source, None)
    width, height = _declared_size(data)
    if width * height > limits.max_pixels:
        raise UnreadableMedia(f"The picture has {width} x {height} pixels; at most {limits.max_pixels} are accepted.")
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise UnreadableMedia("The picture cannot be decoded.") from error
    if image is None:
        raise UnreadableMedia("The picture cannot be decoded: it is damaged or cut off.")
    return np.asarray(image, np.uint8)


def _declared_size(data: bytes) -> tuple[int, int]:
    """Read a picture's size from its header, without unpacking a pixel; (0, 0) where the header is damaged."""
    if data.startswith(b"\x89PNG"):
        return int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    at = 2
    while at + 9 < len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:  # a start-of-frame segment
            return int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7])
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return 0, 0


def _read(source: Source, size: int | None) -> bytes:
    if isinstance(source, Path):
        with source.open("rb") as file:
            return file.read(-1 if size is None else size)
    source.seek(0)
    data = source.read(-1 if size is None else size)
    source.seek(0)
    return data
