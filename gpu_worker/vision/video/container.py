"""Opening files as containers of video, and as nothing else."""

import os
from pathlib import Path
from typing import BinaryIO, Final

import av
import av.container
import av.error
from av.stream import Disposition
from av.video.stream import VideoStream

from anpr.errors import UnreadableMedia
from gpu_worker.vision.hardware_decoding import DecoderName, hardware
from gpu_worker.vision.video.limits import MediaLimits

Source = Path | BinaryIO
"""A local file, or an open file that can seek."""

# Only what cameras, recorders, phones and editors write. FFmpeg would open playlists, scripts and devices too, which
# name other files and addresses. Formats of sound are here to be told that they have no picture.
_FORMATS: Final = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,asf,mxf,ogg,dv,dhav,ivf,obu,"
    "h264,hevc,m4v,mpegvideo,mjpeg,gif,apng,wav,mp3,flac,aac"
)
_NO_TRACK: Final = (
    Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image | Disposition.dependent
)
"""Pictures beside the footage: cover art, thumbnails, layers that cannot be shown alone."""


def open_container(source: Source, decoder: DecoderName, limits: MediaLimits) -> av.container.InputContainer:
    """Open a file.

    Raises:
        UnreadableMedia: if it is empty or no container of video.
    """
    if not size_of(source):
        raise UnreadableMedia("The file is empty.")
    # With the protocol named, a colon in a file's name does not make it an address.
    name = f"file:{source}" if isinstance(source, Path) else source
    try:
        return av.open(
            name,
            mode="r",
            container_options={
                "format_whitelist": _FORMATS,
                "protocol_whitelist": "file",
                "max_streams": "64",
            },
            # Looser than while decoding: a file that is too large should be opened far enough to tell its size.
            options={"max_pixels": str(4 * limits.max_frame_pixels)},
            hwaccel=hardware(decoder),
        )
    except (av.error.FFmpegError, ValueError) as error:
        raise UnreadableMedia("The file is not a video that can be decoded, or its index is missing.") from error


def video_tracks(container: av.container.InputContainer) -> list[VideoStream]:
    """Return the tracks of moving pictures."""
    return [stream for stream in container.streams.video if not stream.disposition & _NO_TRACK]


def size_of(source: Source) -> int:
    """Return a file's size in bytes; an open one is put back to its start."""
    if isinstance(source, Path):
        return source.stat().st_size
    size = source.seek(0, os.SEEK_END)
    source.seek(0)
    return size


def declared_duration(container: av.container.InputContainer, stream: VideoStream) -> float | None:
    """Return the length that the file claims, in seconds; None if it does not."""
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return container.duration / 1e6 if container.duration else None  # in units of AV_TIME_BASE, a microsecond
