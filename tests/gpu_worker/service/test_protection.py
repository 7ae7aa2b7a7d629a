import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import UUID, uuid4

import pytest

from gpu_worker.service.consumer import JobOutcome
from gpu_worker.service.protection import ProtectedJobs, TaskProtection, protected


class Agent(ThreadingHTTPServer):
    """The container agent: keeps what it was asked, and answers as the test says."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[str, object]] = []
        self.answered = threading.Semaphore(0)
        self.status, self.answer = 200, b'{"protection": {"ProtectionEnabled": true}}'

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/api/42"


class _Handler(BaseHTTPRequestHandler):
    def do_PUT(self) -> None:
        agent = self.server
        assert isinstance(agent, Agent)
        agent.asked.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
        self.send_response(agent.status)
        self.end_headers()
        self.wfile.write(agent.answer)
        agent.answered.release()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


class Job:
    """A job that lasts until it is let go, or not at all."""

    def __init__(self, *, lasting: bool) -> None:
        self.goes_on = threading.Event()
        if not lasting:
            self.goes_on.set()
        self.error: Exception | None = None

    def run(self, upload_id: UUID, stop: threading.Event) -> JobOutcome:
        assert self.goes_on.wait(10)
        if self.error:
            raise self.error
        return JobOutcome.OVER

    def fail(self, upload_id: UUID, reason: str) -> None:
        raise NotImplementedError

    def abandon(self) -> None:
        self.goes_on.set()

    def stalled(self) -> bool:
        return True

    def check(self) -> None:
        raise NotImplementedError


@pytest.fixture
def agent() -> Iterator[Agent]:
    with Agent() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def run(job: Job, agent: Agent, *, after_s: float) -> JobOutcome:
    return ProtectedJobs(job, TaskProtection(agent.uri), after_s=after_s).run(uuid4(), threading.Event())


def let_go_when_asked(job: Job, agent: Agent) -> threading.Thread:
    def wait() -> None:
        agent.answered.acquire(timeout=10)
        job.goes_on.set()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


ON = ("/api/42/task-protection/v1/state", {"ProtectionEnabled": True, "ExpiresInMinutes": 60})
OFF = ("/api/42/task-protection/v1/state", {"ProtectionEnabled": False})


def test_a_long_job_is_protected_until_it_is_over(agent: Agent) -> None:
    job = Job(lasting=True)
    waiting = let_go_when_asked(job, agent)

    assert run(job, agent, after_s=0) is JobOutcome.OVER

    waiting.join()
    assert agent.asked == [ON, OFF]


def test_a_short_job_asks_nothing(agent: Agent) -> None:
    assert run(Job(lasting=False), agent, after_s=60) is JobOutcome.OVER
    assert agent.asked == []


def test_protection_ends_with_a_job_that_fails(agent: Agent) -> None:
    job = Job(lasting=True)
    job.error = ValueError("broken")
    waiting = let_go_when_asked(job, agent)

    with pytest.raises(ValueError, match="broken"):
        run(job, agent, after_s=0)

    waiting.join()
    assert agent.asked == [ON, OFF]


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (400, b'{"error": {"Code": "AccessDeniedException"}}'),
        (200, b'{"failure": {"Reason": "DEPLOYMENT_BLOCKED"}}'),
        (200, b"not JSON"),
    ],
)
def test_a_job_that_may_not_be_protected_is_done_all_the_same(agent: Agent, status: int, answer: bytes) -> None:
    agent.status, agent.answer = status, answer
    job = Job(lasting=True)
    waiting = let_go_when_asked(job, agent)

    assert run(job, agent, after_s=0) is JobOutcome.OVER

    waiting.join()
    assert agent.asked == [ON]


def test_an_agent_that_is_not_there_does_no_harm() -> None:
    assert TaskProtection("http://127.0.0.1:9").put(protected=True) is False


def test_only_ecs_is_asked() -> None:
    job = Job(lasting=False)

    assert protected(job, {}) is job
    assert isinstance(protected(job, {"ECS_AGENT_URI": "http://169.254.170.2/api/42"}), ProtectedJobs)


def test_the_rest_is_the_jobs_own() -> None:
    job = Job(lasting=True)
    wrapped = protected(job, {"ECS_AGENT_URI": "http://127.0.0.1:9"})

    wrapped.abandon()

    assert job.goes_on.is_set()
    assert wrapped.stalled()
