import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from anpr import tracing
from anpr.errors import Conflict, Unavailable
from anpr.messages import JobRequest
from anpr.ports import QueueMessage
from gpu_worker.service.consumer import Consumer, ConsumerTiming, JobOutcome
from gpu_worker.service.scratch import ScratchUnusable
from tests.memory import MemoryQueue

TIMING = ConsumerTiming(visibility_s=60, max_receives=3, wait_s=0, retry_s=20)
TEST_EVENT = '{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}'


class Script:
    """Jobs that end as the test says: each entry is an outcome, or an error to raise; then all succeed."""

    def __init__(self, *results: JobOutcome | Exception) -> None:
        self.results = list(results)
        self.run_ids: list[UUID] = []
        self.failed: dict[UUID, str] = {}
        self.abandoned = 0
        self.during_job: Callable[[], None] = lambda: None
        self.outage_checks = 0

    def run(self, upload_id: UUID, stop: threading.Event) -> JobOutcome:
        self.run_ids.append(upload_id)
        self.during_job()
        if stop.is_set():
            return JobOutcome.STOPPED
        result = self.results.pop(0) if self.results else JobOutcome.OVER
        if isinstance(result, Exception):
            raise result
        return result

    def fail(self, upload_id: UUID, reason: str) -> None:
        self.failed[upload_id] = reason

    def abandon(self) -> None:
        self.abandoned += 1

    def stalled(self) -> bool:
        return False

    def check(self) -> None:
        if self.outage_checks:
            self.outage_checks -= 1
            raise Unavailable("still down")


def request(upload_id: UUID) -> str:
    return JobRequest(upload_id=upload_id).model_dump_json()


def consume(jobs: Script, *bodies: str) -> MemoryQueue:
    """Run a consumer until its queue is empty."""
    stop = threading.Event()
    queue = MemoryQueue(*bodies, on_empty=stop.set)
    Consumer(queue, jobs, TIMING, stop).run()
    return queue


def test_a_job_that_is_over_is_acknowledged() -> None:
    first, second = uuid4(), uuid4()
    jobs = Script()

    queue = consume(jobs, request(first), request(second))

    assert jobs.run_ids == [first, second]
    assert queue.deleted == [request(first), request(second)]


@pytest.mark.parametrize(
    "body",
    ["", "not JSON", "[]", "{}", TEST_EVENT, '{"Records":[{"s3":{"object":{"key":"uploads/readme.txt"}}}]}', "[" * 200],
)
def test_a_message_that_is_none_of_ours_is_dropped_and_the_next_is_done(body: str) -> None:
    upload_id = uuid4()
    jobs = Script()

    queue = consume(jobs, body, request(upload_id))

    assert (jobs.run_ids, queue.deleted) == ([upload_id], [body, request(upload_id)])


def test_a_notification_of_several_files_is_done_whole() -> None:
    first, second = uuid4(), uuid4()
    keys = [first, second, first]
    records = ",".join(f'{{"s3":{{"object":{{"key":"uploads/{key}/source"}}}}}}' for key in keys)
    jobs = Script()

    queue = consume(jobs, f'{{"Records":[{records}]}}')

    assert jobs.run_ids == [first, second]
    assert len(queue.deleted) == 1


def test_a_passing_error_is_tried_again_after_a_growing_wait() -> None:
    upload_id = uuid4()
    jobs = Script(RuntimeError("a bug"), RuntimeError("a bug"))

    queue = consume(jobs, request(upload_id))

    assert jobs.run_ids == [upload_id] * 3
    assert queue.hidden_for == [20, 40]
    assert (queue.deleted, queue.dead, jobs.failed) == ([request(upload_id)], [], {})


def test_poison_goes_to_the_dead_letters_and_its_upload_says_why() -> None:
    poison, fine = uuid4(), uuid4()
    jobs = Script(*[RuntimeError("a bug with a secret in its text")] * 3)

    queue = consume(jobs, request(poison))

    assert jobs.run_ids == [poison] * 3
    assert (queue.dead, queue.deleted) == ([request(poison)], [])
    assert "3 times" in jobs.failed[poison]
    assert "secret" not in jobs.failed[poison]
    assert consume(jobs, request(fine)).deleted == [request(fine)]


def test_an_expected_error_is_told_in_its_own_words() -> None:
    upload_id = uuid4()
    jobs = Script(RuntimeError(), RuntimeError(), Conflict("The file is in use."))

    consume(jobs, request(upload_id))

    assert jobs.failed[upload_id].endswith("The file is in use.")


def test_of_a_notification_of_several_files_only_the_one_that_breaks_is_failed() -> None:
    first, broken, last = uuid4(), uuid4(), uuid4()
    records = ",".join(f'{{"s3":{{"object":{{"key":"uploads/{key}/source"}}}}}}' for key in (first, broken, last))
    jobs = Script()
    results = {broken: RuntimeError("a bug")}
    jobs.during_job = lambda: jobs.results.append(results.get(jobs.run_ids[-1], JobOutcome.OVER))

    queue = consume(jobs, f'{{"Records":[{records}]}}')

    assert jobs.run_ids == [first, broken, last] * 3
    assert (list(jobs.failed), len(queue.dead)) == ([broken], 1)


def test_an_upload_that_an_outage_keeps_from_being_failed_waits() -> None:
    class Mute(Script):
        def fail(self, upload_id: UUID, reason: str) -> None:
            if not self.failed:
                self.failed[upload_id] = "lost"
                raise Unavailable("the database is down")
            super().fail(upload_id, reason)

    upload_id = uuid4()
    jobs = Mute(*[RuntimeError("a bug")] * 6)

    queue = consume(jobs, request(upload_id))

    assert jobs.run_ids == [upload_id] * 6
    assert ("3 times" in jobs.failed[upload_id], queue.dead) == (True, [request(upload_id)])


def test_where_the_queue_takes_no_copy_the_message_itself_comes_back() -> None:
    class Full(MemoryQueue):
        def send(self, body: str, *, delay_s: int = 0) -> None:
            raise Unavailable("the queue takes nothing")

    upload_id, stop = uuid4(), threading.Event()
    jobs = Script(Unavailable("the database is down"))
    queue = Full(request(upload_id), on_empty=stop.set)

    Consumer(queue, jobs, TIMING, stop).run()

    assert (jobs.run_ids, queue.hidden_for, queue.deleted) == ([upload_id] * 2, [20], [request(upload_id)])


def test_a_worker_that_is_unfit_itself_takes_no_message_and_shows_no_life(tmp_path: Path) -> None:
    stop, file = threading.Event(), tmp_path / "alive"

    class Unfit(Script):
        def check(self) -> None:
            stop.set()
            raise ScratchUnusable("The disk is full.")

    queue = MemoryQueue(request(uuid4()))

    Consumer(queue, Unfit(), TIMING, stop, file).run()

    message = queue.receive(wait_s=0, visibility_s=1)
    assert message is not None
    assert (message.receives, file.exists()) == (1, False)


def test_a_worker_shows_life_while_a_service_is_down(tmp_path: Path) -> None:
    stop, file = threading.Event(), tmp_path / "alive"

    class Down(Script):
        def check(self) -> None:
            stop.set()
            raise Unavailable("the database is down")

    Consumer(MemoryQueue(), Down(), TIMING, stop, file).run()

    assert file.exists()


def test_outages_use_up_no_tries_however_many_there_are() -> None:
    upload_id = uuid4()
    jobs = Script(*[Unavailable("the database is down"), RuntimeError("a bug")] * 2, *[Unavailable("down")] * 4)

    queue = consume(jobs, request(upload_id))

    assert len(jobs.run_ids) == 9
    assert (queue.dead, jobs.failed) == ([], {})


def test_a_worker_without_scratch_takes_no_message_and_shows_no_life(tmp_path: Path) -> None:
    liveness, stop = tmp_path / "alive", threading.Event()
    jobs = Script(ScratchUnusable("The disk is full."))
    shown: list[bool] = []

    def look() -> None:
        if not jobs.run_ids:
            return
        shown.append(liveness.exists())
        stop.set()
        raise ScratchUnusable("The disk is full.")

    jobs.during_job = liveness.unlink
    jobs.check = look  # type: ignore[method-assign] # the disk's state is the test's
    queue = MemoryQueue(request(uuid4()), request(uuid4()))

    Consumer(queue, jobs, TIMING, stop, liveness).run()

    assert shown == [False]
    assert not liveness.exists()
    assert len(jobs.run_ids) == 1
    assert jobs.failed == {}


def test_a_duplicate_of_a_running_job_waits_and_never_reaches_the_dead_letters() -> None:
    jobs = Script(*[JobOutcome.BUSY] * 3)

    queue = consume(jobs, request(uuid4()))

    assert queue.hidden_for == [60, 60]
    assert (len(queue.deleted), queue.dead, jobs.failed) == (1, [], {})


def test_a_stop_queues_the_job_afresh() -> None:
    upload_id = uuid4()
    jobs = Script()
    stop = threading.Event()
    jobs.during_job = stop.set
    queue = MemoryQueue(request(upload_id))

    Consumer(queue, jobs, TIMING, stop).run()

    assert queue.waiting == [request(upload_id)]
    message = queue.receive(wait_s=0, visibility_s=1)
    assert message is not None
    assert (message.receives, queue.now) == (1, 0.0)


def test_a_job_belongs_to_the_trace_that_its_message_names_and_so_does_its_fresh_copy() -> None:
    headers: list[str | None] = []
    jobs, stop = Script(), threading.Event()

    def look_and_stop() -> None:
        headers.append(tracing.current_header())
        stop.set()

    jobs.during_job = look_and_stop
    queue = MemoryQueue()
    with tracing.continued("Root=1-0-0;Sampled=1"):
        queue.send(request(uuid4()))

    Consumer(queue, jobs, TIMING, stop).run()

    copy = queue.receive(wait_s=0, visibility_s=1)
    assert copy is not None
    assert headers == [copy.attributes[tracing.ATTRIBUTE]] == ["Root=1-0-0;Sampled=1"]
    assert tracing.current_header() is None


def test_a_consumer_told_to_stop_takes_no_message() -> None:
    queue, stop = MemoryQueue(request(uuid4())), threading.Event()
    stop.set()

    Consumer(queue, Script(), TIMING, stop).run()

    message = queue.receive(wait_s=0, visibility_s=1)
    assert message is not None
    assert message.receives == 1


def test_a_job_that_does_not_stop_is_given_back_from_outside() -> None:
    upload_id = uuid4()
    stop, release = threading.Event(), threading.Event()
    jobs = Script()
    begun = threading.Event()

    def block() -> None:
        begun.set()
        release.wait(10)

    jobs.during_job = block
    queue = MemoryQueue(request(upload_id), on_empty=stop.set)
    consumer = Consumer(queue, jobs, TIMING, stop)
    thread = threading.Thread(target=consumer.run)
    thread.start()
    assert begun.wait(10)

    consumer.abandon()

    assert (jobs.abandoned, queue.waiting) == (1, [request(upload_id)])
    release.set()
    thread.join(10)


class FailingQueue(MemoryQueue):
    """A queue whose first polls fail, and which then is there."""

    failures = 1

    def receive(self, *, wait_s: int, visibility_s: int) -> QueueMessage | None:
        if self.failures:
            self.failures -= 1
            raise Unavailable("the queue is down")
        return super().receive(wait_s=wait_s, visibility_s=visibility_s)


def test_a_queue_that_was_down_is_polled_again() -> None:
    stop = threading.Event()
    queue = FailingQueue(request(uuid4()), on_empty=stop.set)

    Consumer(queue, Script(), TIMING, stop).run()

    assert len(queue.deleted) == 1


def test_an_outage_puts_a_fresh_copy_in_the_place_of_a_message_however_long_it_takes() -> None:
    upload_id = uuid4()
    jobs = Script(Unavailable("the database is down"))
    jobs.outage_checks = 1

    queue = consume(jobs, request(upload_id))

    assert jobs.run_ids == [upload_id] * 2
    assert (jobs.outage_checks, queue.deleted, jobs.failed) == (0, [request(upload_id)] * 2, {})


def test_a_message_stays_hidden_while_its_job_runs() -> None:
    stop = threading.Event()
    jobs = Script()
    extended = threading.Event()

    class Watched(MemoryQueue):
        def extend(self, message: QueueMessage, *, visibility_s: int) -> None:
            super().extend(message, visibility_s=visibility_s)
            extended.set()

    queue = Watched(request(uuid4()), on_empty=stop.set)
    jobs.during_job = lambda: pytest.fail("not extended") if not extended.wait(10) else None

    Consumer(queue, jobs, ConsumerTiming(visibility_s=1, max_receives=3, wait_s=0), stop).run()

    assert len(queue.deleted) == 1


def test_liveness_is_shown(tmp_path: Path) -> None:
    file = tmp_path / "alive"
    stop = threading.Event()
    before = datetime.now().astimezone().timestamp() - 1

    Consumer(MemoryQueue(on_empty=stop.set), Script(), TIMING, stop, file).run()

    assert file.stat().st_mtime > before
