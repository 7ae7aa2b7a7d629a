"""Drawn plates, roads and clips: small, deterministic, and readable by the real engines."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from gpu_worker.vision.geometry import BoundingBox, Image

ROAD_WIDTH, ROAD_HEIGHT = 640, 360


def plate(text: str, width: int = 160) -> Image:
    """A white plate with black text in one row, about 4 to 1."""
    picture = np.full((100, 420, 3), 235, np.uint8)
    cv2.rectangle(picture, (3, 3), (416, 96), (20, 20, 20), 3)
    (text_width, text_height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, 2.0, 5)
    at = ((420 - text_width) // 2, (100 + text_height) // 2)
    cv2.putText(picture, text, at, cv2.FONT_HERSHEY_DUPLEX, 2.0, (15, 15, 15), 5, cv2.LINE_AA)
    return np.asarray(cv2.resize(picture, (width, round(width / 4.2)), interpolation=cv2.INTER_AREA), np.uint8)


def two_row_plate(upper: str, lower: str) -> Image:
    """A white plate with two rows of black text, 200 x 150 px."""
    picture = np.full((150, 200, 3), 235, np.uint8)
    for text, base in ((upper, 62), (lower, 130)):
        (width, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, 1.7, 4)
        cv2.putText(
            picture, text, ((200 - width) // 2, base), cv2.FONT_HERSHEY_DUPLEX, 1.7, (15, 15, 15), 4, cv2.LINE_AA
        )
    return picture


def road(plates: Sequence[tuple[str, int, int]] = (), width: int = 160) -> tuple[Image, list[BoundingBox]]:
    """A grey road with cars at (text, x, y of the plate's left top corner); returns the plates' boxes too."""
    picture = np.full((ROAD_HEIGHT, ROAD_WIDTH, 3), 105, np.uint8)
    cv2.rectangle(picture, (0, 0), (ROAD_WIDTH, 90), (190, 170, 150), -1)
    boxes = []
    for text, x, y in plates:
        drawn = plate(text, width)
        height = drawn.shape[0]
        cv2.rectangle(picture, (x - 60, y - 110), (x + width + 60, y + height + 40), (60, 40, 30), -1)
        picture[y : y + height, x : x + width] = drawn
        boxes.append(BoundingBox(x, y, x + width, y + height))
    return picture, boxes


def write_clip(path: Path, frames: Sequence[Image], times_ms: Sequence[int] | None = None, rotation: int = 0) -> Path:
    """Encode frames, at 10 a second or at the given times, as MPEG-4."""
    times = times_ms or [100 * i for i in range(len(frames))]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=1000)
        stream.width, stream.height = frames[0].shape[1], frames[0].shape[0]
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = 8_000_000
        stream.codec_context.time_base = Fraction(1, 1000)
        if rotation:
            stream.set_display_rotation(rotation)
        for picture, time in zip(frames, times, strict=True):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="bgr24")
            frame.pts, frame.time_base = time, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def write_audio(path: Path) -> Path:
    """Encode half a second of silence, and no picture."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4000), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path
