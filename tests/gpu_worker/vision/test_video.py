from pathlib import Path

import cv2
import numpy as np
import pytest

from anpr.errors import UnreadableMedia
from gpu_worker.vision.geometry import Image
from gpu_worker.vision.pictures import is_picture, read_picture
from gpu_worker.vision.video import MediaLimits, Video
from tests.gpu_worker.scenes import write_audio, write_clip

GREY_LEVELS = range(20, 220, 20)


def _shades() -> list[Image]:
    return [np.full((96, 160, 3), level, np.uint8) for level in GREY_LEVELS]


def test_frames_come_in_order_with_their_indices_and_times(tmp_path: Path) -> None:
    with Video(write_clip(tmp_path / "a.mp4", _shades())) as video:
        frames = list(video.frames())
    assert [f.index for f in frames] == list(range(10))
    assert [f.time_s for f in frames] == pytest.approx([i / 10 for i in range(10)], abs=2e-3)
    assert [float(f.image.mean()) for f in frames] == pytest.approx(list(GREY_LEVELS), abs=6)
    assert video.decoded == 10
    assert video.defect is None


def test_variable_frame_rates_and_a_late_start_are_honoured(tmp_path: Path) -> None:
    times = [1283, 1300, 1400, 1900, 1950, 3000, 3040, 3100, 4000, 4100]
    with Video(write_clip(tmp_path / "vfr.mkv", _shades(), times)) as video:
        frames = list(video.frames())
    assert [f.time_s for f in frames] == pytest.approx([(t - 1283) / 1000 for t in times], abs=2e-3)


def test_an_interval_leaves_frames_out_and_keeps_their_numbers(tmp_path: Path) -> None:
    with Video(write_clip(tmp_path / "a.mp4", _shades())) as video:
        frames = list(video.frames(interval_s=0.3))
    assert [f.index for f in frames] == [0, 3, 6, 9]
    assert video.decoded == 10


def test_a_turned_phone_gives_upright_frames(tmp_path: Path) -> None:
    picture = np.zeros((96, 160, 3), np.uint8)
    picture[:, :40] = 250  # the left of the stored frame
    path = write_clip(tmp_path / "turned.mp4", [picture] * 3, rotation=90)
    with Video(path) as video:
        image = next(iter(video.frames())).image
    assert image.shape == (160, 96, 3)
    # Shown turned by 90 degrees counter-clockwise, the stored left side lies at the bottom.
    assert image[-30:].mean() > 200
    assert image[:100].mean() < 50


def test_a_file_object_will_do(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", _shades())
    with path.open("rb") as file:
        assert not is_picture(file)
        with Video(file) as video:
            assert len(list(video.frames())) == 10
        assert not file.closed


@pytest.mark.parametrize("content", [b"\0" * 5000, b"plain text, no video at all\n" * 40, b"%PDF-1.7 " + b"x" * 3000])
def test_what_is_no_video_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "fake.mp4"
    path.write_bytes(content)
    with pytest.raises(UnreadableMedia, match="not a video"):
        Video(path)


def test_an_empty_file_is_said_to_be_empty(tmp_path: Path) -> None:
    path = tmp_path / "empty.mp4"
    path.touch()
    with pytest.raises(UnreadableMedia, match="empty"):
        is_picture(path)
    with pytest.raises(UnreadableMedia, match="empty"):
        Video(path)


def test_sound_alone_has_no_video_track(tmp_path: Path) -> None:
    with pytest.raises(UnreadableMedia, match="no video track"):
        Video(write_audio(tmp_path / "sound.wav"))


def test_a_cut_off_file_gives_what_was_readable_and_says_so(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    pictures = [np.asarray(rng.integers(0, 255, (96, 160, 3)), np.uint8) for _ in range(60)]
    path = write_clip(tmp_path / "a.mkv", pictures)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with Video(path) as video:
        frames = list(video.frames())
    assert 10 < len(frames) < 50
    assert video.defect is not None


def test_an_mp4_without_its_index_is_refused_in_words(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", _shades())
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(UnreadableMedia, match="index is missing"):
        Video(path)


def test_a_broken_stretch_in_the_middle_is_stepped_over(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    pictures = [np.asarray(rng.integers(0, 255, (96, 160, 3)), np.uint8) for _ in range(60)]
    path = write_clip(tmp_path / "a.mp4", pictures)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 4000] = b"\xff" * 4000
    path.write_bytes(data)
    with Video(path) as video:
        frames = list(video.frames())
    assert frames[-1].time_s == pytest.approx(5.9, abs=0.5)


def test_frames_beyond_the_limits_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", _shades())
    with pytest.raises(UnreadableMedia, match="160 x 96"):
        Video(path, MediaLimits(max_frame_pixels=10_000))


def test_a_video_beyond_the_longest_duration_is_read_up_to_there(tmp_path: Path) -> None:
    with Video(write_clip(tmp_path / "a.mp4", _shades()), MediaLimits(max_duration_s=0.45)) as video:
        assert len(list(video.frames())) == 5
    assert video.defect is not None
    assert "longer" in video.defect


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_pictures_are_known_by_content_and_decoded(tmp_path: Path, suffix: str) -> None:
    named = tmp_path / f"picture{suffix}"
    assert cv2.imwrite(str(named), np.full((40, 60, 3), 77, np.uint8))
    path = named.rename(tmp_path / "no-suffix")
    assert is_picture(path)
    assert read_picture(path, MediaLimits()).image.shape == (40, 60, 3)


def test_exif_orientation_turns_a_picture_upright(tmp_path: Path) -> None:
    ok, encoded = cv2.imencode(".jpg", np.full((40, 60, 3), 77, np.uint8))
    assert ok
    tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"  # one tag: orientation 6, turn clockwise
    segment = b"Exif\0\0" + tiff
    data = encoded.tobytes()
    path = tmp_path / "turned.jpg"
    path.write_bytes(data[:2] + b"\xff\xe1" + (len(segment) + 2).to_bytes(2) + segment + data[2:])
    assert read_picture(path, MediaLimits()).image.shape == (60, 40, 3)


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_a_picture_bomb_is_refused_by_its_header(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"bomb{suffix}"
    assert cv2.imwrite(str(path), np.zeros((300, 400, 3), np.uint8))
    with pytest.raises(UnreadableMedia, match="400 x 300"):
        read_picture(path, MediaLimits(max_pixels=100_000))


def test_a_damaged_picture_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "damaged.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 200)
    with pytest.raises(UnreadableMedia, match="damaged"):
        read_picture(path, MediaLimits())
