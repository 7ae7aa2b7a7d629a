import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from gpu_worker.vision.geometry import Image
from gpu_worker.vision.live import LiveSettings, LiveVideo
from gpu_worker.vision.live_clock import WallClock
from gpu_worker.vision.video import StreamLost
from tests.gpu_worker.scenes import road
from tests.rtsp_camera import RtspCamera

WIDTH, HEIGHT = 320, 192
QUICK = LiveSettings(open_timeout_s=3, read_timeout_s=1)


def pictures(count: int, *, moving: bool = True) -> list[Image]:
    return [road([("AB12CDE", 200 + (4 * n if moving else 0), 300)])[0] for n in range(count)]


def write_stream(path: Path, frames: list[Image], size: tuple[int, int] = (WIDTH, HEIGHT)) -> Path:
    """Encode frames at 20 a second as H.264, as a camera sends it."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=20, options={"preset": "ultrafast", "g": "10", "bf": "0"})
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        for picture in frames:
            scaled = np.asarray(cv2.resize(picture, size), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(scaled, format="bgr24")))
        container.mux(stream.encode())
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_stream(tmp_path_factory.mktemp("clips") / "road.mp4", pictures(40))


@pytest.fixture
def camera(clip: Path) -> Iterator[RtspCamera]:
    with RtspCamera([clip]) as camera:
        yield camera


def test_frames_come_in_order_and_no_oftener_than_asked_for(camera: RtspCamera) -> None:
    with LiveVideo(camera.url, QUICK) as video:
        frames = video.frames(0.2)
        seen = [next(frames) for _ in range(5)]
        health = video.health()
    times = [frame.time_s for frame in seen]
    assert times == sorted(times)
    assert all(later - earlier > 0.09 for earlier, later in pairwise(times))
    assert video.decoded > len(seen)
    assert health.connected_at is not None
    assert health.fps_in > 0
    assert health.trouble is None


def test_a_slow_reader_gets_the_newest_frame(camera: RtspCamera) -> None:
    with LiveVideo(camera.url, QUICK) as video:
        frames = video.frames(0.0)
        first = next(frames)
        time.sleep(1.5)
        later = [next(frames) for _ in range(2)]
        health = video.health()
    # One frame may have been waiting since the pause began; the next is of now.
    assert later[1].time_s - first.time_s > 1.0
    assert health.dropped > 10


def test_what_a_frame_shows_is_placed_on_the_wall_clock(camera: RtspCamera) -> None:
    with LiveVideo(camera.url, QUICK) as video:
        frames = video.frames(0.0)
        for _ in range(10):
            frame = next(frames)
        assert abs(video.wall_of(frame.time_s) - time.time()) < 2.0


@pytest.mark.parametrize(
    ("fault", "words"), [("stall", "Nothing has come from the camera for 1 s."), ("cut", "ended the connection")]
)
def test_a_stream_that_breaks_off_says_why(camera: RtspCamera, fault: str, words: str) -> None:
    with LiveVideo(camera.url, QUICK) as video:
        frames = video.frames(0.1)
        next(frames)
        camera.fault = fault  # type: ignore[assignment]
        with pytest.raises(StreamLost, match=words):
            for _ in frames:
                pass


def test_a_wrong_password_is_told_and_not_repeated(clip: Path) -> None:
    with RtspCamera([clip], user="viewer", password="right") as camera:
        with LiveVideo(camera.url, QUICK) as video:
            next(video.frames())
        with pytest.raises(StreamLost) as caught:
            LiveVideo(camera.url.replace("right", "wr0ng"), QUICK)
    assert caught.value.detail == "The camera does not accept the user name and password."


def test_a_camera_that_is_away_is_told_without_its_address() -> None:
    with pytest.raises(StreamLost) as caught:
        LiveVideo("rtsp://user:secret@127.0.0.1:9/cam", QUICK)
    assert caught.value.detail == "The camera refuses the connection."


def test_another_size_of_picture_is_a_cut_and_no_end(clip: Path, tmp_path: Path) -> None:
    small = write_stream(tmp_path / "small.mp4", pictures(20), (WIDTH // 2, HEIGHT // 2))
    with RtspCamera([clip, small]) as camera:
        with LiveVideo(camera.url, QUICK) as video:
            assert next(video.frames()).image.shape == (HEIGHT, WIDTH, 3)
        with LiveVideo(camera.url, QUICK) as video:
            assert next(video.frames()).image.shape == (HEIGHT // 2, WIDTH // 2, 3)


def test_a_picture_that_never_changes_is_called_frozen(tmp_path: Path) -> None:
    still = write_stream(tmp_path / "still.mp4", pictures(1, moving=False) * 30)
    settings = LiveSettings(read_timeout_s=1, frozen_after_s=0.5)
    with RtspCamera([still]) as camera, LiveVideo(camera.url, settings) as video:
        frames = video.frames(0.1)
        for _ in range(30):
            next(frames)
            if (trouble := video.health().trouble) is not None:
                break
    assert "has not changed" in (trouble or "")


def test_the_wall_clock_goes_by_the_quickest_frames_of_the_last_minute() -> None:
    clock = WallClock(window_s=60)
    for second in range(120):
        delay = 0.1 if second % 10 == 0 else 0.9
        clock.note(float(second), 1000.0 + second + delay, None)
    assert clock.wall_of(119.0) == pytest.approx(1119.1)


@pytest.mark.parametrize(("off_s", "believed"), [(1.0, True), (90.0, False)])
def test_a_cameras_own_clock_is_believed_unless_it_is_far_off(off_s: float, *, believed: bool) -> None:
    clock = WallClock()
    clock.note(5.0, 1005.2, 1005.2 + off_s)
    assert clock.wall_of(5.0) == pytest.approx(1005.2 + off_s if believed else 1005.2)
