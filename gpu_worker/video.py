"""Decoding uploads: pictures, and video frame by frame with true times. Knows nothing of plates."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

import av
import av.container
import av.error
import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from anpr.errors import UnreadableMedia
from gpu_worker.geometry import Image
from gpu_worker.hardware_decoding import DecoderName, hardware

Source = Path | BinaryIO
"""A local file, or an open file that can seek."""

_PICTURE_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
_MAX_BAD_PACKETS = 50
"""Damaged packets in a row after which the rest of a stream is given up."""


@dataclass(frozen=True, slots=True)
class MediaLimits:
    """Bounds against files that unpack into more than the worker can hold or should spend.

    Attributes:
        max_pixels: of one picture or frame.
        max_duration_s: of a video, by its frames' times.
    """

    max_pixels: int = 64_000_000
    max_duration_s: float = 6 * 3600.0


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One decoded frame.

    Attributes:
        index: 0-based, counting every decoded frame of the stream in display order.
        time_s: presentation time relative to the first frame, seconds.
        image: BGR uint8 (height, width, 3), upright: the container's rotation is applied.
    """

    index: int
    time_s: float
    image: Image


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


class Video:
    """An opened video. Iterate `frames` once; afterwards `decoded` and `defect` say how it went."""

    def __init__(self, source: Source, limits: MediaLimits | None = None, decoder: DecoderName = "cpu") -> None:
        """Open a file as a video.

        Args:
            source: a path or a seekable binary file; a file object stays open.
            limits: bounds on size and duration.
            decoder: what decodes it.

        Raises:
            UnreadableMedia: if the file is empty, no video, has no video track or frames that are too large.
        """
        self._limits = limits or MediaLimits()
        self._container = _open(source, decoder)
        streams = self._container.streams.video
        if not streams:
            self._container.close()
            raise UnreadableMedia("The file has no video track.")
        self._stream: VideoStream = streams[0]
        self._stream.thread_type = "AUTO"
        self.duration_s = _duration(self._container, self._stream)
        self.decoded = 0
        """Frames decoded so far."""
        self.last_time_s = 0.0
        """Time of the last decoded frame."""
        self.defect: str | None = None
        """Why decoding ended before the file's end, in words; None if it did not."""
        if self._stream.width * self._stream.height > self._limits.max_pixels:
            size = f"{self._stream.width} x {self._stream.height}"
            self.close()
            raise UnreadableMedia(
                f"The video has {size} pixels a frame; at most {self._limits.max_pixels} are accepted."
            )

    def close(self) -> None:
        """Release the decoder. A file object given as source stays open."""
        self._container.close()

    def __enter__(self) -> "Video":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def frames(self, interval_s: float = 0.0) -> Iterator[Frame]:
        """Decode the video, giving frames that are at least `interval_s` apart.

        Every frame is decoded and counted (later ones are built on it); only those given are converted to pixels.

        Args:
            interval_s: least time between two given frames, seconds; 0 gives all.

        Yields:
            Frames in display order. The first decodable frame is always among them.

        Raises:
            UnreadableMedia: if not one frame can be decoded.
        """
        origin: float | None = None
        due = 0.0
        for decoded in self._decode():
            time_s = self._time_of(decoded)
            origin = time_s if origin is None else origin
            # A clock that runs backwards (concatenated files) must not: times of passages would.
            self.last_time_s = max(self.last_time_s, time_s - origin)
            index, self.decoded = self.decoded, self.decoded + 1
            if self.last_time_s > self._limits.max_duration_s:
                self.defect = (
                    f"The video is longer than {self._limits.max_duration_s / 3600:g} hours; the rest is ignored."
                )
                return
            if index and self.last_time_s < due - 1e-6:
                continue
            # From the due time and not from this frame's, so that the mean rate holds at any frame rate.
            due = max(due + interval_s, self.last_time_s + interval_s / 2)
            yield Frame(index, self.last_time_s, _upright(decoded))
        if not self.decoded:
            raise UnreadableMedia(self.defect or "The video has no frames.")

    def _decode(self) -> Iterator[VideoFrame]:
        """Decode packet by packet, stepping over damaged ones."""
        bad = 0
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                break
            except av.error.FFmpegError as error:
                self.defect = f"The file is damaged after {self.last_time_s:.1f} s: {error.strerror}."
                break
            try:
                yield from packet.decode()
                bad = 0
            except av.error.FFmpegError as error:
                bad += 1
                self.defect = f"The video is damaged near {self.last_time_s:.1f} s: {error.strerror}."
                if bad > _MAX_BAD_PACKETS:
                    break
        if self.defect is None and self.duration_s and self.last_time_s < 0.9 * self.duration_s - 1:
            self.defect = (
                f"The video ends after {self.last_time_s:.1f} s of {self.duration_s:.1f} s: the file is cut off."
            )

    def _time_of(self, frame: VideoFrame) -> float:
        if frame.pts is not None and frame.time_base is not None:
            return float(frame.pts * frame.time_base)
        rate = self._stream.average_rate or Fraction(25)
        return self.decoded / float(rate)


def _open(source: Source, decoder: DecoderName) -> av.container.InputContainer:
    if not _read(source, 1):
        raise UnreadableMedia("The file is empty.")
    try:
        return av.open(str(source) if isinstance(source, Path) else source, mode="r", hwaccel=hardware(decoder))
    except (av.error.FFmpegError, ValueError) as error:
        raise UnreadableMedia("The file is not a video that can be decoded, or its index is missing.") from error


def _duration(container: av.container.InputContainer, stream: VideoStream) -> float | None:
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return container.duration / 1e6 if container.duration else None  # in units of AV_TIME_BASE, a microsecond


def _upright(frame: VideoFrame) -> Image:
    image = np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
    turns = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(image, turns)) if turns else image
