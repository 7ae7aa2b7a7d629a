import struct
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from anpr.errors import UnreadableMedia
from gpu_worker.vision.geometry import Image
from gpu_worker.vision.pictures import read_picture, read_still
from gpu_worker.vision.video import MediaLimits
from tests.gpu_worker.scenes import write_clip


def _shaded() -> Image:
    return np.repeat(np.tile(np.linspace(20, 230, 160).astype(np.uint8), (96, 1))[:, :, None], 3, axis=2)


def _encoded(suffix: str, image: Image) -> bytes:
    ok, data = cv2.imencode(suffix, image)
    assert ok
    return data.tobytes()


def _file(folder: Path, data: bytes) -> Path:
    path = folder / "no-suffix"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".avif", ".bmp", ".tiff", ".gif"])
def test_each_format_is_known_by_content_and_read_as_a_still(tmp_path: Path, suffix: str) -> None:
    still = read_still(_file(tmp_path, _encoded(suffix, _shaded())), MediaLimits())
    assert still is not None
    assert still.image.shape == (96, 160, 3)
    assert still.image[:, :40].mean() < 70  # a GIF's few colours keep this much of the shading
    assert still.image[:, -40:].mean() > 180
    assert still.defect is None


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".avif", ".bmp", ".tiff", ".gif"])
def test_each_format_is_refused_by_its_header_where_it_is_too_large(tmp_path: Path, suffix: str) -> None:
    path = _file(tmp_path, _encoded(suffix, _shaded()))
    with pytest.raises(UnreadableMedia, match="160 x 96"):
        read_still(path, MediaLimits(max_pixels=10_000, max_frame_pixels=10_000))


def test_line_ends_before_a_jpeg_do_no_harm(tmp_path: Path) -> None:
    path = _file(tmp_path, b"\r\n" + _encoded(".jpg", _shaded()))
    assert read_picture(path, MediaLimits()).image.shape == (96, 160, 3)


@pytest.mark.parametrize("filling", [b"\xff", b"\xff" * 9, b"\xff\xd0", b"\xff\x01"])
def test_filling_before_a_jpegs_size_does_not_lift_the_limit(tmp_path: Path, filling: bytes) -> None:
    data = _encoded(".jpg", _shaded())
    path = _file(tmp_path, data[:2] + filling + data[2:])
    with pytest.raises(UnreadableMedia, match="160 x 96"):
        read_picture(path, MediaLimits(max_pixels=10_000))


def test_a_jpeg_whose_size_cannot_be_told_is_refused(tmp_path: Path) -> None:
    data = _encoded(".jpg", _shaded())
    path = _file(tmp_path, data[:20] + b"junk" + data[20:])
    with pytest.raises(UnreadableMedia, match="does not tell its size"):
        read_picture(path, MediaLimits())


def test_a_jpeg_that_is_cut_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    noise = np.asarray(np.random.default_rng(0).integers(0, 255, (96, 160, 3)), np.uint8)
    data = _encoded(".jpg", noise)
    still = read_picture(_file(tmp_path, data[: len(data) * 3 // 4]), MediaLimits())
    assert still.defect is not None
    assert "cut off" in still.defect
    whole = read_picture(_file(tmp_path, data), MediaLimits())
    assert whole.defect is None
    assert np.array_equal(still.image[:48], whole.image[:48])


def test_a_format_that_cannot_be_read_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(UnreadableMedia, match="HEIC pictures cannot be read; send JPEG"):
        read_still(_file(tmp_path, b"\0\0\0\x1cftypheic" + b"\0" * 100), MediaLimits())


@pytest.mark.parametrize(("frames", "is_still"), [(1, True), (2, False)])
def test_a_video_of_one_frame_is_a_still(tmp_path: Path, frames: int, is_still: bool) -> None:
    path = write_clip(tmp_path / "a.mp4", [_shaded()] * frames)
    assert (read_still(path, MediaLimits()) is not None) is is_still


def _with_thumbnail(data: bytes) -> bytes:
    thumbnail = b"Exif\0\0" + _encoded(".jpg", _shaded()[::4, ::4])
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(thumbnail) + 2) + thumbnail + data[2:]


def test_the_end_of_a_thumbnail_is_not_the_pictures(tmp_path: Path) -> None:
    data = _with_thumbnail(_encoded(".jpg", _shaded()))
    still = read_picture(_file(tmp_path, data[:-200]), MediaLimits())
    assert still.defect is not None
    assert "cut off" in still.defect


def test_what_stands_after_a_jpegs_end_is_not_missing(tmp_path: Path) -> None:
    path = _file(tmp_path, _encoded(".jpg", _shaded()) + bytes(range(255)) * 64)
    assert read_picture(path, MediaLimits()).defect is None


def _gif(side: int, frames: int) -> bytes:
    frame = b"\x21\xf9\4\0\1\0\0\0," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\2\2\x44\1\0"
    return b"GIF89a" + struct.pack("<HHBBB", side, side, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff" + frame * frames + b";"


def test_a_gif_is_its_first_frame_however_many_it_has(tmp_path: Path) -> None:
    still = read_still(_file(tmp_path, _gif(300, 500)), MediaLimits())
    assert still is not None
    assert still.image.shape == (300, 300, 3)
    assert still.defect is None


def test_a_gif_that_is_cut_off_is_read_and_says_so(tmp_path: Path) -> None:
    data = _encoded(".gif", _shaded())
    still = read_still(_file(tmp_path, data[: len(data) * 3 // 4]), MediaLimits())
    assert still is not None
    assert still.defect is not None
    assert "cut off" in still.defect


def test_a_gif_whose_screen_is_too_large_is_refused_by_its_header(tmp_path: Path) -> None:
    with pytest.raises(UnreadableMedia, match="60000 x 60000"):
        read_still(_file(tmp_path, _gif(60_000, 2)), MediaLimits())


def test_opencv_has_a_limit_of_its_own_behind_the_headers() -> None:
    data = bytearray(_encoded(".bmp", _shaded()))
    data[18:26] = struct.pack("<ii", 20_000, 20_000)
    code = (
        "import gpu_worker, cv2, numpy\n"
        f"data = numpy.frombuffer({bytes(data[:200])!r}, numpy.uint8)\n"
        "try: cv2.imdecode(data, cv2.IMREAD_COLOR)\n"
        "except cv2.error as error: print('refused' if 'pixels' in str(error) else error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "refused"
