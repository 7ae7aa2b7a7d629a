"""A worker that is killed, told to stop, cut off or fed rubbish loses nothing and doubles nothing."""

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import cv2
import numpy as np
import pytest

from anpr.messages import JobRequest
from anpr.models import UploadStatus
from infra.local.clip.scene import DURATION_S
from infra.local.clip.writer import write_clip
from tests.e2e.backend import Backend, Worker, backend
from tests.e2e.kill_test import Undisturbed, begun, facts_of, run_killed, run_outages, run_undisturbed

pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def place() -> Iterator[Backend]:
    with TemporaryDirectory(prefix="anpr-e2e-", ignore_cleanup_errors=True) as folder:
        # The unprivileged user that runs PostgreSQL must be able to walk to its data.
        Path(folder).chmod(0o755)
        with backend(Path(folder)) as running:
            yield running


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    write_clip(path)
    return path


@pytest.fixture(scope="module")
def undisturbed(place: Backend, clip: Path) -> Undisturbed:
    return run_undisturbed(place, clip)


@pytest.fixture
def worker(place: Backend) -> Iterator[Worker]:
    started = place.start_worker()
    yield started
    started.terminate()


def test_a_job_killed_twice_ends_as_if_nothing_had_happened(
    place: Backend, clip: Path, undisturbed: Undisturbed
) -> None:
    assert undisturbed.facts

    assert run_killed(place, clip, undisturbed, moments=(1, 2)).faults == []


def test_outages_of_the_database_cost_no_job_and_no_event(place: Backend, clip: Path, undisturbed: Undisturbed) -> None:
    assert run_outages(place, clip, undisturbed, outages=3, count=2) == [[], []]


def test_a_worker_told_to_stop_gives_its_job_back_at_once(place: Backend, clip: Path, undisturbed: Undisturbed) -> None:
    first = place.start_worker()
    upload_id = place.submit(clip)
    place.wait_for(upload_id, begun(1), what="not begun")

    assert first.terminate(timeout_s=15) == 0

    waiting = place.upload(upload_id)
    assert (waiting.status, waiting.attempts) == (UploadStatus.QUEUED, 0)
    second = place.start_worker()
    try:
        done = place.wait_until_over(upload_id)
    finally:
        second.terminate()
    assert (done.status, done.attempts) == (UploadStatus.SUCCEEDED, 1)
    assert [facts_of(event) for event in place.events(upload_id)] == undisturbed.facts


@pytest.mark.usefixtures("worker")
def test_bad_messages_and_files_get_their_due_and_the_worker_goes_on(place: Backend, clip: Path) -> None:
    bodies = [
        "rubbish",
        json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"}),
        JobRequest(upload_id=uuid4()).model_dump_json(),
    ]
    for body in bodies:
        place.sqs.send_message(QueueUrl=place.queue_url, MessageBody=body)
    place.s3.put_object(Bucket="footage", Key="uploads/readme.txt", Body=b"of no upload")
    footage = clip.read_bytes()
    empty = place.submit_bytes(b"")
    text = place.submit_bytes(b"This is not a video. " * 100)
    headless = place.submit_bytes(footage[len(footage) // 2 :])
    broken_off = place.submit_bytes(footage[: len(footage) * 2 // 3])
    encoded, picture = cv2.imencode(".png", np.zeros((32, 32, 3), np.uint8))
    assert encoded
    blank = place.submit_bytes(picture.tobytes(), "image/png")

    for upload_id in (empty, text, headless):
        failed = place.wait_until_over(upload_id)
        assert failed.status is UploadStatus.FAILED
        assert failed.failure_reason
        # A file's own fault is found at the first try.
        assert failed.attempts == 1
    partial = place.wait_until_over(broken_off)
    assert (partial.status, partial.failure_reason) == (UploadStatus.SUCCEEDED, None)
    assert partial.warning
    assert partial.duration_s is not None
    assert 0 < partial.duration_s < DURATION_S
    seen = place.wait_until_over(blank)
    assert (seen.status, seen.events_count, seen.duration_s) == (UploadStatus.SUCCEEDED, 0, 0)
    depth = place.sqs.get_queue_attributes(QueueUrl=place.dead_url, AttributeNames=["ApproximateNumberOfMessages"])
    assert depth["Attributes"]["ApproximateNumberOfMessages"] == "0"


@pytest.mark.usefixtures("worker")
def test_a_job_delivered_again_changes_nothing(place: Backend, clip: Path, undisturbed: Undisturbed) -> None:
    place.drain_tap()
    upload_id = place.submit(clip)
    request = JobRequest(upload_id=upload_id).model_dump_json()
    place.sqs.send_message(QueueUrl=place.queue_url, MessageBody=request)
    place.wait_until_over(upload_id)
    place.sqs.send_message(QueueUrl=place.queue_url, MessageBody=request)
    # The queue is taken from in order, so once this one is over, so are the deliveries before it.
    last = place.wait_until_over(place.submit_bytes(b"not a video"))

    assert last.status is UploadStatus.FAILED
    assert [facts_of(event) for event in place.events(upload_id)] == undisturbed.facts
    created = [
        detail["data"]["event_id"]
        for detail in place.drain_tap()
        if detail["type"] == "event.created" and detail["data"]["upload_id"] == str(upload_id)
    ]
    assert sorted(created) == sorted(str(event.id) for event in place.events(upload_id))
