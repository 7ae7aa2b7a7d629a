import struct
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from anpr.errors import UnreadableMedia
from gpu_worker.vision.geometry import Image
from gpu_worker.vision.video import MediaLimits, Video
from tests.gpu_worker.scenes import write_clip


def _picture() -> Image:
    """Each corner has a shade of its own."""
    picture = np.zeros((96, 160, 3), np.uint8)
    picture[:48, :80], picture[:48, 80:], picture[48:, :80], picture[48:, 80:] = 30, 90, 150, 210
    return picture


def _corners(image: Image) -> list[float]:
    return [float(image[y, x].mean()) for y in (5, -6) for x in (5, -6)]


def _write(path: Path, shades: range, width: int = 160, height: int = 96) -> Path:
    """Encode grey frames, 25 a second, each tenth a key frame."""
    with av.open(str(path), "w") as container:
        options = {"bf": "0", "x264-params": "keyint=10:scenecut=0"}
        stream = container.add_stream("libx264", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number, shade in enumerate(shades):
            frame = av.VideoFrame.from_ndarray(np.full((height, width, 3), shade, np.uint8), format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ((1, 0, 0, 1), [30, 90, 150, 210]),
        ((-1, 0, 0, 1), [90, 30, 210, 150]),
        ((1, 0, 0, -1), [150, 210, 30, 90]),
        ((-1, 0, 0, -1), [210, 150, 90, 30]),
        ((0, 1, -1, 0), [150, 30, 210, 90]),
        ((0, -1, 1, 0), [90, 210, 30, 150]),
        ((0, 1, 1, 0), [30, 150, 90, 210]),
        ((0, 0, 0, 0), [30, 90, 150, 210]),
    ],
)
def test_frames_are_turned_and_mirrored_as_the_container_asks(
    tmp_path: Path, matrix: tuple[int, int, int, int], expected: list[float]
) -> None:
    path = write_clip(tmp_path / "a.mp4", [_picture()] * 3)
    data = bytearray(path.read_bytes())
    a, b, c, d = (value << 16 for value in matrix)
    upright = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    at = data.index(upright, data.index(b"tkhd"))
    data[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    with Video(path) as video:
        image = next(iter(video.frames())).image
    assert _corners(image) == pytest.approx(expected, abs=8)


def test_recordings_joined_end_to_end_are_read_to_the_end(tmp_path: Path) -> None:
    parts = [_write(tmp_path / f"{n}.ts", range(20, 220, 4)) for n in range(3)]
    path = tmp_path / "joined.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    with Video(path) as video:
        frames = list(video.frames())
    assert len(frames) >= 147
    assert frames[-1].time_s == pytest.approx(5.96, abs=0.1)
    assert video.looked_s == pytest.approx(6, abs=0.2)
    assert video.defect is not None
    assert "set anew" in video.defect
    assert sum(frame.cut for frame in frames) >= 2


def test_after_a_hole_nothing_is_read_before_the_next_key_frame(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.ts", range(20, 220, 2))
    data = path.read_bytes()
    with av.open(str(path)) as container:
        places = [packet.pos for packet in container.demux(video=0) if packet.pos is not None]
    path.write_bytes(data[: places[34]] + data[places[46] :])
    with Video(path) as video:
        frames = list(video.frames())
    indices = [round(frame.time_s * 25) for frame in frames]
    assert not set(indices) & set(range(35, 50))
    assert indices[-1] == 99
    assert next(frame for frame in frames if frame.time_s > 1.9).cut
    assert video.defect is not None
    assert "not read" in video.defect


@pytest.mark.parametrize("bad", [10, 60])
def test_any_number_of_damaged_packets_is_stepped_over(tmp_path: Path, bad: int) -> None:
    path = _write(tmp_path / "a.mp4", range(20, 220))
    data = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        packets = [(p.pos, p.size) for p in container.demux(video=0) if p.pos is not None and p.size]
    for place, size in packets[12 : 12 + bad]:
        data[place : place + size] = b"\0" * size
    path.write_bytes(data)
    with Video(path) as video:
        frames = list(video.frames())
    assert frames[-1].time_s == pytest.approx(7.96)
    assert video.looked_s < 8 - bad / 25 + 0.1
    assert video.defect is not None
    assert "not read" in video.defect


def test_the_two_fields_of_interlaced_video_become_one_picture(tmp_path: Path) -> None:
    path = tmp_path / "interlaced.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"x264-params": "interlaced=1", "crf": "10"})
        stream.width, stream.height, stream.pix_fmt = 320, 192, "yuv420p"
        for number in range(12):
            fields = []
            for half in (0, 1):
                picture = np.full((192, 320, 3), 40, np.uint8)
                x = 40 + 16 * number + 8 * half
                cv2.rectangle(picture, (x, 60), (x + 60, 130), (220, 220, 220), -1)
                fields.append(picture)
            woven = fields[0].copy()
            woven[1::2] = fields[1][1::2]
            frame = av.VideoFrame.from_ndarray(woven, format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with Video(path) as video:
        frames = list(video.frames())
    assert [frame.index for frame in frames] == list(range(12))
    middle = frames[6].image[70:120].astype(int)
    assert np.abs(middle[::2] - middle[1::2]).max() < 60  # a comb would differ by 180


def test_a_list_of_other_files_is_no_video(tmp_path: Path) -> None:
    other = write_clip(tmp_path / "other.mp4", [_picture()] * 3)
    for text in (
        f"ffconcat version 1.0\nfile '{other.name}'\n",
        f"#EXTM3U\n#EXTINF:1,\n{other.name}\n#EXT-X-ENDLIST\n",
    ):
        path = tmp_path / "list.mp4"
        path.write_text(text)
        with pytest.raises(UnreadableMedia, match="not a video"):
            Video(path)


def test_a_colon_in_a_name_makes_it_no_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_clip(tmp_path / "2026-03-01T08:00:00.mp4", [_picture()] * 3)
    monkeypatch.chdir(tmp_path)
    with Video(Path("2026-03-01T08:00:00.mp4")) as video:
        assert len(list(video.frames())) == 3


def test_a_file_that_unpacks_into_too_much_is_read_up_to_there(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", [_picture()] * 30)
    with Video(path, MediaLimits(base_pixels=65_536 * 10, pixels_per_byte=0)) as video:
        assert len(list(video.frames())) == 10
    assert video.defect is not None
    assert "more pixels" in video.defect


def test_frames_that_grow_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "growing.ts"
    small = _write(tmp_path / "small.ts", range(20, 70))
    large = _write(tmp_path / "large.ts", range(20, 25), 4096, 2304)
    path.write_bytes(small.read_bytes() + large.read_bytes())
    with Video(path, MediaLimits(max_frame_pixels=4_000_000)) as video:
        frames = list(video.frames())
    assert {frame.image.shape for frame in frames} == {(96, 160, 3)}
    assert video.defect is not None
