"""The queues of the self-hosted mode, on real servers: what each promises, tried on both."""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import make_url

from anpr import tracing
from anpr.adapters.selfhost.postgres_queue import PostgresQueue
from anpr.adapters.selfhost.redis_queue import RedisQueue, connect
from anpr.db import Database, make_engine
from anpr.errors import NotFound, Unavailable
from anpr.ports import QueueMessage
from anpr.settings import DatabaseSettings
from infra.local.postgres import free_port
from infra.local.servers import Valkey, start_valkey
from tests.supabase.pooler import Pooler

MAX_RECEIVES = 3
Queue = RedisQueue | PostgresQueue
Open = Callable[[], Queue]


@pytest.fixture(params=["redis", "postgres", "pooled postgres"])
def open_queue(request: pytest.FixtureRequest) -> Iterator[Open]:
    """Opens one queue as often as it is called, as another process would."""
    name = f"queue-{uuid4().hex}"
    if request.param == "postgres":
        database: Database = request.getfixturevalue("database")
        yield lambda: PostgresQueue(database, name, max_receives=MAX_RECEIVES, poll_s=0.02)
        return
    if request.param == "pooled postgres":
        pooler: Pooler = request.getfixturevalue("pooler")
        url = pooler.url(str(make_url(request.getfixturevalue("database_url")).database))
        engine = make_engine(make_url(url), DatabaseSettings(url=url, ssl=False, pool_size=5), pooled=True)
        yield lambda: PostgresQueue(Database(engine), name, max_receives=MAX_RECEIVES, poll_s=0.02)
        engine.dispose()
        return
    valkey: Valkey = request.getfixturevalue("valkey")
    clients = []

    def open_one() -> Queue:
        clients.append(connect(valkey.url))
        return RedisQueue(clients[-1], name, max_receives=MAX_RECEIVES)

    yield open_one
    for client in clients:
        client.close()


@pytest.fixture
def queue(open_queue: Open) -> Queue:
    return open_queue()


def take(queue: Queue, *, wait_s: int = 5, visibility_s: int = 30) -> QueueMessage:
    message = queue.receive(wait_s=wait_s, visibility_s=visibility_s)
    assert message is not None
    return message


def test_messages_come_in_order_each_once_and_are_gone_when_acknowledged(queue: Queue) -> None:
    for body in ("a", "b"):
        queue.send(body)
    assert queue.depth() == 2

    first, second = take(queue), take(queue)
    assert [(each.body, each.receives) for each in (first, second)] == [("a", 1), ("b", 1)]
    assert queue.depth() == 0
    queue.delete(first)
    queue.delete(second)

    assert queue.receive(wait_s=0, visibility_s=1) is None
    with pytest.raises(NotFound):
        queue.delete(first)


def test_what_is_not_acknowledged_comes_again_and_a_late_receiver_has_no_say(open_queue: Open) -> None:
    one, other = open_queue(), open_queue()
    one.send("job")
    late = take(one, visibility_s=1)

    again = take(other)

    assert (again.body, again.receives) == ("job", 2)
    for act in (one.delete, lambda message: one.extend(message, visibility_s=60)):
        with pytest.raises(NotFound):
            act(late)
    other.extend(again, visibility_s=60)
    other.delete(again)


def test_what_is_held_stays_hidden_and_what_is_given_back_comes_at_once(queue: Queue) -> None:
    queue.send("job")
    held = take(queue, visibility_s=1)
    queue.extend(held, visibility_s=60)
    assert queue.receive(wait_s=2, visibility_s=1) is None

    queue.extend(held, visibility_s=0)

    assert take(queue).receives == 2


def test_a_delayed_message_waits_for_its_time(queue: Queue) -> None:
    queue.send("later", delay_s=1)
    assert queue.receive(wait_s=0, visibility_s=30) is None

    assert take(queue).body == "later"


def test_what_nobody_can_deal_with_is_put_aside_and_can_be_put_back(queue: Queue) -> None:
    for body in ("poison", "bad"):
        queue.send(body)
    for _ in range(2 * MAX_RECEIVES):
        queue.extend(take(queue), visibility_s=0)

    assert queue.receive(wait_s=0, visibility_s=1) is None
    letters = queue.dead(10)
    assert sorted(each.body for each in letters) == ["bad", "poison"]
    assert all(datetime.now(UTC) - each.died_at < timedelta(minutes=1) for each in letters)
    assert (queue.count_dead(), queue.depth()) == (2, 0)

    bad = next(each for each in letters if each.body == "bad")
    assert queue.revive([bad.id, uuid4().hex]) == 1
    revived = take(queue)
    assert (revived.body, revived.receives) == ("bad", 1)
    assert queue.bury(datetime.now(UTC) - timedelta(hours=1)) == 0
    assert queue.bury(datetime.now(UTC) + timedelta(hours=1)) == 1
    assert queue.count_dead() == 0


def test_a_message_says_which_request_it_came_by(queue: Queue) -> None:
    header = "Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1"
    with tracing.continued(header):
        queue.send("traced")
    queue.send("not traced")

    assert [take(queue).attributes for _ in range(2)] == [{tracing.ATTRIBUTE: header}, {}]


def test_receivers_that_compete_get_each_message_once(open_queue: Open) -> None:
    total = 120
    sender = open_queue()
    for number in range(total):
        sender.send(str(number))

    def receive() -> list[str]:
        queue, got = open_queue(), []
        while (message := queue.receive(wait_s=0, visibility_s=60)) is not None:
            got.append(message.body)
            queue.delete(message)
        return got

    with ThreadPoolExecutor(4) as pool:
        got = [body for bodies in pool.map(lambda _: receive(), range(4)) for body in bodies]

    assert Counter(got) == Counter(map(str, range(total)))


def test_a_receiver_that_waits_is_woken(open_queue: Open) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(open_queue().receive, wait_s=60, visibility_s=30)
        time.sleep(0.3)
        open_queue().send("news")
        received = waiting.result(timeout=30)
    assert received is not None
    assert received.body == "news"


_HOLD = """
import sys, time
from anpr.adapters.selfhost.redis_queue import RedisQueue, connect
message = RedisQueue(connect(sys.argv[1]), sys.argv[2], max_receives=3).receive(wait_s=10, visibility_s=1)
print(message.receives, flush=True)
time.sleep(60)
"""


def test_what_a_killed_process_held_comes_again_until_it_is_poison(valkey: Valkey) -> None:
    client, name = connect(valkey.url), f"queue-{uuid4().hex}"
    queue = RedisQueue(client, name, max_receives=3)
    queue.send("job")
    for delivery in ("1", "2", "3"):
        command = [sys.executable, "-c", _HOLD, valkey.url, name]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline().strip() == delivery
            holder.kill()

    assert queue.receive(wait_s=3, visibility_s=1) is None
    assert [each.body for each in queue.dead(10)] == ["job"]
    client.close()


def test_what_was_acknowledged_outlives_a_killed_server(tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "log"
    server = start_valkey(tmp_path / "data", log, port=port)
    client = connect(server.url)
    queue = RedisQueue(client, "video_processing", max_receives=3)
    try:
        server.wait()
        for number in range(50):
            queue.send(str(number))
        held = take(queue)
        server.process.kill()
        with pytest.raises(Unavailable):
            queue.send("during the outage")

        server = start_valkey(tmp_path / "data", log, port=port)
        server.wait()
        assert queue.depth() == 49
        queue.delete(held)
        assert [take(queue).body for _ in range(49)] == [str(number) for number in range(1, 50)]
    finally:
        client.close()
        server.stop()


def test_the_backlog_is_what_redis_itself_calls_the_lists_length(valkey: Valkey) -> None:
    client, name = connect(valkey.url), f"queue-{uuid4().hex}"
    queue = RedisQueue(client, name, max_receives=3)
    for number in range(3):
        queue.send(str(number))
    take(queue)

    assert client.llen(name) == queue.depth() == 2
    client.close()
