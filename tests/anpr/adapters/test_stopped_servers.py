"""Servers that stand still: an outage to whoever asks, no call that never returns, and nothing is lost after it."""

import gc
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import make_url

from anpr.adapters.selfhost.postgres_queue import PostgresQueue
from anpr.adapters.selfhost.redis_queue import RedisQueue, connect
from anpr.db import Database, make_engine
from anpr.errors import Unavailable
from anpr.models import Base
from anpr.settings import DatabaseSettings
from infra.local.postgres import Postgres, free_port
from infra.local.scratch import scratch
from infra.local.servers import start_valkey
from tests.processes import family, kill_postgres, leader_of


@contextmanager
def standing_still(leader: int) -> Iterator[None]:
    """Stop a process and all below it while the block runs."""
    stopped = family(leader)
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)


@pytest.mark.timeout(120)
def test_valkey(tmp_path: Path) -> None:
    server = start_valkey(tmp_path / "data", tmp_path / "log")
    client = connect(server.url)
    try:
        server.wait()
        queue = RedisQueue(client, "q", max_receives=3)
        queue.send("before")
        asks: list[Callable[[], object]] = [
            queue.check,
            lambda: queue.send("meanwhile"),
            lambda: queue.receive(wait_s=1, visibility_s=30),
        ]
        with standing_still(server.process.pid):
            for ask in asks:
                with pytest.raises(Unavailable):
                    ask()
        # What was sent meanwhile lay in the server's socket, and may be there all the same.
        bodies = []
        while (message := queue.receive(wait_s=1, visibility_s=30)) is not None:
            bodies.append(message.body)
            queue.delete(message)
        assert bodies[0] == "before"
        assert set(bodies) <= {"before", "meanwhile"}
    finally:
        client.close()
        server.stop()


# The driver leaves a socket to the collector on which it waited in vain.
@pytest.mark.filterwarnings("ignore:.*unclosed <socket:ResourceWarning")
@pytest.mark.timeout(120)
def test_postgresql() -> None:
    with queue_of_its_own(durable=False) as (server, queue):
        queue.send("before")
        asks: list[Callable[[], object]] = [queue.check, lambda: queue.receive(wait_s=1, visibility_s=30)]
        with standing_still(leader_of(server)):
            for ask in asks:
                with pytest.raises(Unavailable):
                    ask()
        assert taken(queue) == ["before"]


@pytest.mark.filterwarnings("ignore:.*unclosed <socket:ResourceWarning")
@pytest.mark.timeout(120)
def test_postgresql_keeps_what_it_acknowledged_over_a_kill() -> None:
    with queue_of_its_own(durable=True) as (server, queue):
        acknowledged: list[str] = []
        killed = threading.Event()

        def send() -> None:
            with suppress(Unavailable):
                while not killed.is_set():
                    body = str(len(acknowledged))
                    queue.send(body)
                    acknowledged.append(body)

        sender = threading.Thread(target=send)
        sender.start()
        while len(acknowledged) < 20:
            time.sleep(0.01)
        kill_postgres(server)
        killed.set()
        sender.join()
        with pytest.raises(Unavailable):
            queue.check()
        server.start()

        # The last may have been committed without an answer.
        found = taken(queue)
        assert found[: len(acknowledged)] == acknowledged
        assert len(found) <= len(acknowledged) + 1


@contextmanager
def queue_of_its_own(*, durable: bool) -> Iterator[tuple[Postgres, PostgresQueue]]:
    """A queue on a server that nobody else uses."""
    with scratch() as folder:
        server = Postgres(folder / "data", free_port(), durable=durable)
        server.start()
        settings = DatabaseSettings(url=server.url(), ssl=False, connect_timeout_s=2, statement_timeout_s=1)
        database = Database(make_engine(make_url(server.url()), settings))
        try:
            Base.metadata.create_all(database.engine, [Base.metadata.tables["queue_messages"]])
            yield server, PostgresQueue(database, "q", max_receives=3, poll_s=0.05)
        finally:
            database.engine.dispose()
            server.remove()
            gc.collect()


def taken(queue: PostgresQueue) -> list[str]:
    """Take and acknowledge all that waits."""
    bodies = []
    while (message := queue.receive(wait_s=1, visibility_s=60)) is not None:
        bodies.append(message.body)
        queue.delete(message)
    return bodies
