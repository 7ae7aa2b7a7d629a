import json
import threading
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest

from anpr import tracing
from anpr.adapters.aws.segments import SegmentRecorder
from anpr.errors import Unavailable
from gpu_worker.service.consumer import JobOutcome
from gpu_worker.service.tracing import TracedJobs

ROOT = "1-67891233-abcdef012345678912345678"
HEADER = f"Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=1"


class Work:
    """Jobs that all do the same, which is part of the test."""

    def __init__(self, during_job: Callable[[], None]) -> None:
        self.during_job = during_job

    def run(self, upload_id: UUID, stop: threading.Event) -> JobOutcome:
        del upload_id, stop
        self.during_job()
        return JobOutcome.OVER

    def fail(self, upload_id: UUID, reason: str) -> None: ...

    def abandon(self) -> None: ...

    def stalled(self) -> bool:
        return False

    def check(self) -> None: ...


class Traces:
    """Where segments go; `stored` is the header that every file was stored with."""

    def __init__(self, *, stored: str | None = None, down: bool = False) -> None:
        self.segments: list[dict[str, Any]] = []
        self.stored = stored
        self.down = down

    def send(self, documents: Sequence[str]) -> None:
        if self.down:
            raise Unavailable("no traces today")
        self.segments += map(json.loads, documents)

    def origin(self, _upload_id: UUID) -> str | None:
        if self.down:
            raise Unavailable("no storage today")
        return self.stored

    def record(self, during_job: Callable[[], None] = lambda: None) -> JobOutcome:
        tracing.record_by(SegmentRecorder("anpr-worker", self.send))
        try:
            return TracedJobs(Work(during_job), self.origin).run(uuid4(), threading.Event())
        finally:
            tracing.record_by(None)


def test_a_job_goes_on_with_its_messages_trace_and_shows_its_steps() -> None:
    traces, passed_on = Traces(stored="Root=1-0-0;Sampled=1"), []

    def during_job() -> None:
        passed_on.append(tracing.current_header())
        with tracing.span("fetch"):
            pass
        with tracing.span("read"):
            pass

    with tracing.continued(HEADER):
        assert traces.record(during_job) is JobOutcome.OVER

    (segment,) = traces.segments
    assert (segment["trace_id"], segment["parent_id"], segment["name"]) == (ROOT, "53995c3f42cd8ad8", "anpr-worker")
    assert segment["annotations"]["outcome"] == "over"
    assert segment["end_time"] >= segment["start_time"]
    assert [(part["name"], "end_time" in part) for part in segment["subsegments"]] == [("fetch", True), ("read", True)]
    # What the job causes is this segment's child.
    assert passed_on == [f"Root={ROOT};Parent={segment['id']};Sampled=1"]


def test_a_job_from_the_storage_goes_on_with_the_request_that_made_the_form() -> None:
    traces = Traces(stored=HEADER)

    traces.record()

    assert (traces.segments[0]["trace_id"], traces.segments[0]["parent_id"]) == (ROOT, "53995c3f42cd8ad8")


@pytest.mark.parametrize("stored", [None, "no header at all", "Root"])
def test_a_job_that_nothing_is_known_of_begins_a_trace(stored: str | None) -> None:
    traces = Traces(stored=stored)

    traces.record()
    traces.record()

    first, second = traces.segments
    assert first["trace_id"].startswith("1-")
    assert first["trace_id"] != second["trace_id"]
    assert "parent_id" not in first


def test_a_trace_that_is_not_recorded_upstream_is_not_recorded_here() -> None:
    traces, passed_on = Traces(), []
    header = HEADER.replace("Sampled=1", "Sampled=0")

    with tracing.continued(header):
        traces.record(lambda: passed_on.append(tracing.current_header()))

    assert (traces.segments, passed_on) == ([], [header])


def test_a_job_that_raises_is_a_fault_with_its_reason() -> None:
    traces = Traces()

    def during_job() -> None:
        with tracing.span("read"):
            raise ZeroDivisionError("by hand")

    with pytest.raises(ZeroDivisionError):
        traces.record(during_job)

    (segment,) = traces.segments
    assert segment["fault"] is True
    assert segment["cause"]["exceptions"][0]["message"] == "by hand"
    assert "end_time" in segment["subsegments"][0]


def test_no_job_fails_for_want_of_its_trace() -> None:
    assert Traces(down=True).record() is JobOutcome.OVER


def test_a_step_outside_a_recorded_job_is_just_done() -> None:
    done = []
    with tracing.span("fetch"):
        done.append(True)
    assert done
