import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select, update

from anpr.alerts.egress import EgressPolicy
from anpr.capture import streams
from anpr.capture.streams import Lease
from anpr.db import Database
from anpr.models import Event, Stream, StreamState, Upload, UploadKind, UploadStatus
from anpr.settings import StreamSettings
from gpu_worker.service.live import Booker, CameraWatch, WatchSettings
from gpu_worker.service.services import Services
from gpu_worker.service.stream import STITCHING, StreamProcess, connect
from gpu_worker.vision.live import LiveSettings, LiveVideo
from gpu_worker.vision.pipeline import Pipeline, PipelineSettings
from gpu_worker.vision.video import StreamLost
from tests.anpr.capture.test_streams import SEAL, add_stream
from tests.gpu_worker.engines_by_hand import PatchDetector, PatchReader, marked
from tests.gpu_worker.vision.test_live import write_stream
from tests.memory import MemoryBlobs, MemoryBus
from tests.rtsp_camera import RtspCamera

SIZE = (640, 360)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two slow vehicles, one after the other, then an empty road: 9 s."""
    first = [marked([("AB12CDE", 20 + 3 * n, 200)]) for n in range(60)]
    second = [marked([("KLM4567", 520 - 3 * n, 120)]) for n in range(60)]
    return write_stream(tmp_path_factory.mktemp("clips") / "road.mp4", first + second + [marked([])] * 60, SIZE)


@pytest.fixture
def camera(clip: Path) -> Iterator[RtspCamera]:
    with RtspCamera([clip], user="viewer", password="s3cret") as camera:
        yield camera


@dataclass
class Site:
    database: Database
    blobs: MemoryBlobs
    settings: WatchSettings

    def process(self) -> StreamProcess:
        services = Services(self.database, self.blobs, MemoryBus())

        def watch(held: Lease, booker: Booker) -> CameraWatch:
            pipeline = Pipeline(PatchDetector(), PatchReader(), PipelineSettings(stitching=STITCHING))
            open_ = LiveSettings(open_timeout_s=3, read_timeout_s=1)
            return CameraWatch(lambda: LiveVideo(held.url, open_), pipeline, booker, self.settings)

        return StreamProcess(services, SEAL, StreamSettings(), watch)

    def plates(self) -> list[str]:
        with self.database.transaction() as session:
            return list(session.scalars(select(Event.plate).order_by(Event.captured_at)))

    def segments(self) -> list[Upload]:
        with self.database.transaction() as session:
            found = select(Upload).where(Upload.kind == UploadKind.STREAM).order_by(Upload.captured_at)
            return list(session.scalars(found))

    def stream(self, camera_id: UUID) -> Stream:
        with self.database.transaction() as session:
            return streams.get(session, camera_id)


@pytest.fixture
def site(database: Database) -> Site:
    return Site(database, MemoryBlobs(), WatchSettings(segment_s=300, longest_delay_s=1))


def wait_for(process: StreamProcess, done: Callable[[], bool], limit_s: float = 40) -> None:
    until = time.monotonic() + limit_s
    while not done():
        assert time.monotonic() < until, "it did not come"
        process.round()
        time.sleep(0.1)


def test_vehicles_before_a_camera_become_events_with_the_time_they_passed(site: Site, camera: RtspCamera) -> None:
    camera_id = add_stream(site.database, camera.url)
    began = datetime.now(UTC)
    process = site.process()

    wait_for(process, lambda: len(site.plates()) >= 2)
    shown = site.stream(camera_id)
    process.finish()

    assert site.plates()[:2] == ["AB12CDE", "KLM4567"]
    with site.database.transaction() as session:
        event = session.scalars(select(Event).order_by(Event.captured_at)).first()
        assert event is not None
        assert event.camera_id == camera_id
        assert began - timedelta(seconds=3) < event.first_seen_at <= event.last_seen_at < datetime.now(UTC)
        assert {event.crop_key, event.frame_key} <= set(site.blobs.objects)
    (segment,) = site.segments()
    assert (segment.status, segment.events_count) == (UploadStatus.SUCCEEDED, len(site.plates()))
    assert (segment.duration_s or 0) > 2
    assert (shown.state, shown.reason) == (StreamState.CONNECTED, None)
    assert site.stream(camera_id).lease_token is None


def test_segments_follow_one_another_and_a_passage_is_in_one_of_them(site: Site, camera: RtspCamera) -> None:
    site.settings = WatchSettings(segment_s=1.0)
    add_stream(site.database, camera.url)
    process = site.process()

    wait_for(process, lambda: len(site.segments()) >= 4 and len(site.plates()) >= 2)
    process.finish()

    assert site.plates()[:2] == ["AB12CDE", "KLM4567"]
    segments = site.segments()
    assert {segment.status for segment in segments} == {UploadStatus.SUCCEEDED}
    for earlier, later in pairwise(segments):
        ends = earlier.captured_at + timedelta(seconds=earlier.duration_s or 0)
        assert abs((later.captured_at - ends).total_seconds()) < 0.5


@pytest.mark.parametrize("fault", ["stall", "cut", "away"])
def test_a_stream_that_breaks_is_told_and_goes_on_by_itself(site: Site, camera: RtspCamera, fault: str) -> None:
    camera_id = add_stream(site.database, camera.url)
    process = site.process()
    wait_for(process, lambda: site.stream(camera_id).state is StreamState.CONNECTED)

    if fault == "away":
        camera.end()
    else:
        camera.fault = "stall" if fault == "stall" else "cut"
    wait_for(process, lambda: site.stream(camera_id).state is StreamState.LOST)
    reason = site.stream(camera_id).reason or ""
    if fault == "away":
        camera.again()
    camera.fault = None
    wait_for(process, lambda: site.stream(camera_id).state is StreamState.CONNECTED)
    process.finish()

    assert "camera" in reason.lower()
    assert "s3cret" not in reason


def test_a_vehicle_in_sight_when_the_connection_breaks_is_one_passage(site: Site, tmp_path: Path) -> None:
    parked = [marked([("XY98ZTR", 300 + n % 2, 200)]) for n in range(40)]
    clip = write_stream(tmp_path / "parked.mp4", parked, SIZE)
    with RtspCamera([clip]) as camera:
        camera_id = add_stream(site.database, camera.url)
        process = site.process()
        wait_for(process, lambda: site.stream(camera_id).state is StreamState.CONNECTED)
        time.sleep(2)
        camera.fault = "cut"
        wait_for(process, lambda: site.plates() == ["XY98ZTR"])
        camera.fault = None
        wait_for(process, lambda: site.stream(camera_id).state is StreamState.CONNECTED)
        time.sleep(2)
        process.finish()
    assert site.plates() == ["XY98ZTR"]


def test_what_is_seen_while_the_storage_is_away_is_written_when_it_is_back(site: Site, camera: RtspCamera) -> None:
    site.blobs.down = True
    add_stream(site.database, camera.url)
    process = site.process()
    wait_for(process, lambda: bool(site.segments()))
    time.sleep(6)
    assert site.plates() == []

    site.blobs.down = False
    wait_for(process, lambda: len(site.plates()) >= 2)
    process.finish()

    assert site.plates()[:2] == ["AB12CDE", "KLM4567"]


def test_a_dead_processs_cameras_are_read_on_by_another(site: Site, camera: RtspCamera) -> None:
    camera_id = add_stream(site.database, camera.url)
    dead = site.process()
    wait_for(dead, lambda: site.stream(camera_id).state is StreamState.CONNECTED)
    with site.database.transaction() as session:
        session.execute(update(Stream).values(leased_until=datetime.now(UTC) - timedelta(seconds=1)))

    successor = site.process()
    successor.round()
    dead.round()
    wait_for(successor, lambda: len(site.segments()) == 2 and site.stream(camera_id).state is StreamState.CONNECTED)
    successor.finish()
    dead.finish()

    assert {segment.status for segment in site.segments()} == {UploadStatus.SUCCEEDED}
    assert camera.connections == 2


def test_a_camera_in_a_network_that_is_not_named_is_not_connected_with(database: Database, camera: RtspCamera) -> None:
    services = Services(database, MemoryBlobs(), MemoryBus())
    held = Lease(UUID(int=1), UUID(int=2), camera.url, None)
    with pytest.raises(StreamLost, match="ANPR_STREAM_ALLOW_NETWORKS"):
        connect(held, services, EgressPolicy())
    assert camera.connections == 0
    with connect(held, services, EgressPolicy((IPv4Network("127.0.0.0/8"),))) as video:
        assert next(video.frames()).image.shape == (SIZE[1], SIZE[0], 3)


def test_the_process_ends_when_it_is_told(site: Site, camera: RtspCamera) -> None:
    add_stream(site.database, camera.url)
    stop = threading.Event()
    thread = threading.Thread(target=site.process().run, args=(stop,))
    thread.start()
    while not site.segments():
        time.sleep(0.1)
    stop.set()
    thread.join(30)
    assert not thread.is_alive()
    assert {segment.status for segment in site.segments()} == {UploadStatus.SUCCEEDED}
