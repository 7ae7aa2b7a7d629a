"""Single pictures, decoded to pixels. Knows nothing of plates."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, Literal

import cv2
import numpy as np

from anpr.errors import UnreadableMedia
from gpu_worker.vision.geometry import Image
from gpu_worker.vision.video import MediaLimits, Source, Video

Format = Literal["JPEG", "PNG", "WebP", "BMP", "TIFF", "AVIF", "HEIC"]

_HEAD: Final = 4096
_JPEG: Final = b"\xff\xd8\xff"
_END_OF_JPEG: Final = b"\xff\xd9"
_GIF: Final = (b"GIF87a", b"GIF89a")
_END_OF_GIF: Final = b";"
_CUT_OFF: Final = "The picture is cut off; it was read as far as it goes."
_JUNK: Final = 64
"""Bytes that may stand before a JPEG: line ends and byte order marks of programs that took it for text."""
_READABLE: Final = "JPEG, PNG, WebP, AVIF, BMP, TIFF or GIF"
_SIGNATURES: Final[tuple[tuple[bytes, Format], ...]] = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
)
_HEIC_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1"})
_NO_SIZE: Final = "The picture cannot be decoded: it is damaged or cut off, and does not tell its size."


@dataclass(frozen=True, slots=True, eq=False)
class Still:
    """A decoded picture.

    Attributes:
        image: BGR uint8 (height, width, 3), upright.
        defect: what is wrong with the file, in words; None if nothing.
    """

    image: Image
    defect: str | None = None


def read_still(source: Source, limits: MediaLimits) -> Still | None:
    """Decode a file that shows a single picture: a picture, the first one of a GIF, or a video of one frame.

    Returns:
        None for a video.

    Raises:
        UnreadableMedia: if it is neither, cannot be decoded or has too many pixels.
    """
    if is_picture(source):
        return read_picture(source, limits)
    if _read(source, _HEAD).startswith(_GIF):
        return _read_gif(source, limits)
    with Video(source, limits) as video:
        if video.tracks > 1:
            return None
        frames = list(islice(video.frames(), 2))
        return Still(frames[0].image, video.defect) if len(frames) == 1 else None


def _read_gif(source: Source, limits: MediaLimits) -> Still:
    """Decode the first frame alone: a few bytes are a whole frame more, and no camera films in GIF."""
    data = _read(source, None)
    width, height = _little(data[6:8]), _little(data[8:10])
    _require_size(width, height, limits)
    # FFmpeg and not OpenCV, which reads none whose end is missing.
    with Video(source, limits) as video:
        image = next(video.frames()).image
    return Still(image, None if data.rstrip(b"\0").endswith(_END_OF_GIF) else _CUT_OFF)


def is_picture(source: Source) -> bool:
    """Tell by its first bytes whether a file is a picture.

    Raises:
        UnreadableMedia: if the file is empty.
    """
    head = _read(source, _HEAD)
    if not head:
        raise UnreadableMedia("The file is empty.")
    return _format(head) is not None


def read_picture(source: Source, limits: MediaLimits) -> Still:
    """Decode a picture, turned upright by its EXIF orientation.

    Raises:
        UnreadableMedia: if it cannot be decoded or has too many pixels.
    """
    data = _read(source, None)
    kind = _format(data)
    if kind == "HEIC":
        raise UnreadableMedia(f"HEIC pictures cannot be read; send {_READABLE}.")
    if kind == "JPEG":
        data = data[data.index(_JPEG) :]
    width, height = _declared_size(data, kind)
    _require_size(width, height, limits)
    defect = None
    if kind == "JPEG" and _END_OF_JPEG not in data[_jpeg_scan(data) :]:
        # The decoder fills up what is missing only where it is told that no more will come.
        data += _END_OF_JPEG
        defect = _CUT_OFF
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise UnreadableMedia("The picture cannot be decoded.") from error
    if image is None:
        raise UnreadableMedia("The picture cannot be decoded: it is damaged or cut off.")
    return Still(np.asarray(image, np.uint8), defect)


def _require_size(width: int, height: int, limits: MediaLimits) -> None:
    if width <= 0 or height <= 0:
        raise UnreadableMedia(_NO_SIZE)
    if width * height > limits.max_pixels:
        raise UnreadableMedia(f"The picture has {width} x {height} pixels; at most {limits.max_pixels} are accepted.")


def _format(data: bytes) -> Format | None:
    if _JPEG in data[: _JUNK + len(_JPEG)]:
        return "JPEG"
    if data[4:8] == b"ftyp":
        brands = data[8 : int.from_bytes(data[:4])]
        if b"avif" in brands and brands[:4] != b"avis":
            return "AVIF"
        return "HEIC" if brands[:4] in _HEIC_BRANDS else None
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    return next((kind for signature, kind in _SIGNATURES if data.startswith(signature)), None)


def _declared_size(data: bytes, kind: Format | None) -> tuple[int, int]:
    """Read a picture's size from its header, without unpacking a pixel; (0, 0) where the header does not tell."""
    match kind:
        case "JPEG":
            return _jpeg_size(data)
        case "PNG":
            return int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
        case "BMP":
            return _bmp_size(data)
        case "WebP":
            return _webp_size(data)
        case "TIFF":
            return _tiff_size(data)
        case _:
            return _avif_size(data)


def _jpeg_size(data: bytes) -> tuple[int, int]:
    for marker, at in _jpeg_segments(data):
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:  # a start-of-frame segment
            return int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7])
    return 0, 0


def _jpeg_scan(data: bytes) -> int:
    """Find where the pixels begin, past the thumbnail, which has an end of its own; 0 if they do not."""
    return next((at for marker, at in _jpeg_segments(data) if marker == 0xDA), 0)


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Give the marker and the place of each segment, up to the first scan or to what is none."""
    at = 2
    while at + 9 < len(data):
        if data[at] != 0xFF:
            return
        marker = data[at + 1]
        if marker == 0xFF:  # a fill byte, of which any number may stand before a marker
            at += 1
        elif marker == 0x01 or 0xD0 <= marker <= 0xD8:  # markers that have no length
            at += 2
        else:
            yield marker, at
            if marker == 0xDA:
                return
            at += 2 + int.from_bytes(data[at + 2 : at + 4])


def _bmp_size(data: bytes) -> tuple[int, int]:
    if _little(data[14:18]) == 12:  # the oldest header, of small numbers
        return _little(data[18:20]), _little(data[20:22])
    return _little(data[18:22]), abs(int.from_bytes(data[22:26], "little", signed=True))


def _webp_size(data: bytes) -> tuple[int, int]:
    match data[12:16]:
        case b"VP8 ":
            return _little(data[26:28]) & 0x3FFF, _little(data[28:30]) & 0x3FFF
        case b"VP8L":
            bits = _little(data[21:25])
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8X":
            return _little(data[24:27]) + 1, _little(data[27:30]) + 1
    return 0, 0


def _tiff_size(data: bytes) -> tuple[int, int]:
    order: Literal["little", "big"] = "little" if data.startswith(b"II") else "big"
    at = int.from_bytes(data[4:8], order)
    sizes = {256: 0, 257: 0}
    for number in range(int.from_bytes(data[at : at + 2], order)):
        entry = data[at + 2 + 12 * number : at + 14 + 12 * number]
        tag = int.from_bytes(entry[:2], order)
        if tag in sizes:
            is_short = int.from_bytes(entry[2:4], order) == 3
            sizes[tag] = int.from_bytes(entry[8 : 10 if is_short else 12], order)
    return sizes[256], sizes[257]


def _avif_size(data: bytes) -> tuple[int, int]:
    """The largest of all sizes that are declared, since the layers and tiles have theirs too."""
    sizes = [(0, 0)]
    at = data.find(b"ispe")
    while at >= 0:
        sizes.append((int.from_bytes(data[at + 8 : at + 12]), int.from_bytes(data[at + 12 : at + 16])))
        at = data.find(b"ispe", at + 4)
    return max(sizes, key=lambda size: size[0] * size[1])


def _little(data: bytes) -> int:
    return int.from_bytes(data, "little")


def _read(source: Source, size: int | None) -> bytes:
    if isinstance(source, Path):
        with source.open("rb") as file:
            return file.read(-1 if size is None else size)
    source.seek(0)
    data = source.read(-1 if size is None else size)
    source.seek(0)
    return data
