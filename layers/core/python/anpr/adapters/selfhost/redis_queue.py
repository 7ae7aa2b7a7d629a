"""`anpr.ports.JobQueue` on Redis or Valkey: a list of what waits, with leases, deliveries and dead letters beside it.

`LLEN video_processing` is the backlog. Beside that list stand

- `…:leased`, a sorted set: what was delivered or is delayed, by when it comes back, in ms of the server's clock;
- `…:receives`, a hash: by a message's id, how often it was delivered;
- `…:dead`, a sorted set: what was delivered too often, by when it died.

Each change is one script, which the server runs as a whole: whatever is killed at whatever moment, a message is in
exactly one place. A receipt names the delivery too, so a receiver that is late can neither keep nor acknowledge what
somebody else was given since.
"""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

import redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from anpr import tracing
from anpr.errors import NotFound, Unavailable
from anpr.ports import DeadLetter, QueueMessage

CONNECT_TIMEOUT_S: Final = 3
ANSWER_TIMEOUT_S: Final = 4
_LOOK_EVERY_S: Final = 1.0
"""The longest that an idle receiver waits before it looks for messages whose lease has ended."""

_ID: Final = "local function id_of(item) return string.sub(item, 1, 32) end\n"
_NOW: Final = "local t = redis.call('TIME'); local now = t[1] * 1000 + math.floor(t[2] / 1000)\n"

# KEYS: waiting, leased, receives, dead. An item is the message's id, 32 characters, and its content as JSON.
_TAKE: Final = (
    _ID
    + _NOW
    + """
for _, item in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 100)) do
  redis.call('ZREM', KEYS[2], item)
  if tonumber(redis.call('HGET', KEYS[3], id_of(item)) or '0') >= tonumber(ARGV[1]) then
    redis.call('ZADD', KEYS[4], now, item); redis.call('HDEL', KEYS[3], id_of(item))
  else
    redis.call('RPUSH', KEYS[1], item)
  end
end
local item = redis.call('RPOP', KEYS[1])
if item then
  redis.call('ZADD', KEYS[2], now + tonumber(ARGV[2]), item)
  return {item, redis.call('HINCRBY', KEYS[3], id_of(item), 1)}
end
local due = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
return {false, due[2] and math.max(tonumber(due[2]) - now, 0) or -1}
"""
)
# ARGV: item, its delivery, for how many ms.
_EXTEND: Final = (
    _ID
    + _NOW
    + """
if redis.call('HGET', KEYS[3], id_of(ARGV[1])) ~= ARGV[2] then return 0 end
if not redis.call('ZSCORE', KEYS[2], ARGV[1]) then return 0 end
redis.call('ZADD', KEYS[2], now + tonumber(ARGV[3]), ARGV[1])
return 1
"""
)
_DELETE: Final = (
    _ID
    + """
if redis.call('HGET', KEYS[3], id_of(ARGV[1])) ~= ARGV[2] then return 0 end
if redis.call('ZREM', KEYS[2], ARGV[1]) == 0 then return 0 end
redis.call('HDEL', KEYS[3], id_of(ARGV[1]))
return 1
"""
)
_SEND_LATER: Final = _NOW + "return redis.call('ZADD', KEYS[2], now + tonumber(ARGV[2]), ARGV[1])"
_REVIVE: Final = (
    "if redis.call('ZREM', KEYS[4], ARGV[1]) == 1 then redis.call('LPUSH', KEYS[1], ARGV[1]); return 1 end return 0"
)


def connect(url: str) -> "redis.Redis":
    """Make a client with time-outs on everything; it is safe to share between threads."""
    client: redis.Redis = redis.Redis.from_url(
        url,
        decode_responses=True,
        socket_connect_timeout=CONNECT_TIMEOUT_S,
        # Longer than any wait for a message, which is an answer that the server holds back.
        socket_timeout=ANSWER_TIMEOUT_S,
        health_check_interval=30,
        # A connection that is gone is worth another try, but a server that stands still is not: each try takes the
        # whole time-out, and a new connection's greeting once more.
        retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), 2, supported_errors=(redis.ConnectionError,)),
    )
    return client


@contextmanager
def translated() -> Iterator[None]:
    """Turn the client's errors into the domain's."""
    try:
        yield
    except redis.RedisError as error:
        raise Unavailable("The queue cannot be reached; try again in a moment.") from error


class RedisQueue:
    """One queue, with its dead letters."""

    def __init__(self, client: "redis.Redis", name: str, *, max_receives: int) -> None:
        """Prepare to use a queue; nothing has to be made before.

        Args:
            client: of `connect`.
            name: of the list.
            max_receives: deliveries after which a message that comes back is dead.
        """
        self._client: Any = client
        self._name = name
        self._max_receives = max_receives
        self._keys = [name, f"{name}:leased", f"{name}:receives", f"{name}:dead"]
        self._scripts: dict[str, Any] = {
            script: client.register_script(script) for script in (_TAKE, _EXTEND, _DELETE, _SEND_LATER, _REVIVE)
        }

    def send(self, body: str, *, delay_s: int = 0) -> None:
        content = {"body": body, "trace": tracing.current_header()}
        item = f"{uuid4().hex}{json.dumps(content)}"
        with translated():
            if delay_s > 0:
                self._run(_SEND_LATER, item, delay_s * 1000)
            else:
                self._client.lpush(self._name, item)

    def receive(self, *, wait_s: int, visibility_s: int) -> QueueMessage | None:
        until = time.monotonic() + wait_s
        with translated():
            while True:
                item, number = self._run(_TAKE, self._max_receives, visibility_s * 1000)
                if item:
                    return _message(item, int(number))
                left = until - time.monotonic()
                if left <= 0:
                    return None
                wait = min(left, _LOOK_EVERY_S, *([int(number) / 1000] if int(number) >= 0 else []))
                # From the right end of the list to the right end changes nothing, and waits until there is an item:
                # none is ever in this process's memory alone.
                self._client.blmove(self._name, self._name, max(wait, 0.01), src="RIGHT", dest="RIGHT")

    def extend(self, message: QueueMessage, *, visibility_s: int) -> None:
        self._settle(_EXTEND, message, visibility_s * 1000)

    def delete(self, message: QueueMessage) -> None:
        self._settle(_DELETE, message)

    def depth(self) -> int:
        with translated():
            return int(self._client.llen(self._name))

    def check(self) -> None:
        self.depth()

    def dead(self, limit: int) -> list[DeadLetter]:
        with translated():
            items = self._client.zrange(self._keys[3], 0, limit - 1, withscores=True)
        return [
            DeadLetter(item[:32], _content(item)["body"], datetime.fromtimestamp(at / 1000, UTC)) for item, at in items
        ]

    def count_dead(self) -> int:
        with translated():
            return int(self._client.zcard(self._keys[3]))

    def revive(self, letter_ids: Sequence[str]) -> int:
        wanted = set(letter_ids)
        with translated():
            items = [item for item in self._client.zrange(self._keys[3], 0, -1) if item[:32] in wanted]
            return sum(int(self._run(_REVIVE, item)) for item in items)

    def bury(self, before: datetime) -> int:
        with translated():
            return int(self._client.zremrangebyscore(self._keys[3], "-inf", f"({before.timestamp() * 1000}"))

    def _settle(self, script: str, message: QueueMessage, *arguments: object) -> None:
        number, _, item = message.receipt.partition(":")
        with translated():
            done = self._run(script, item, number, *arguments)
        if not done:
            raise NotFound("The message is no longer held by this receiver.")

    def _run(self, script: str, *arguments: object) -> Any:
        return self._scripts[script](keys=self._keys, args=list(arguments))


def _message(item: str, receives: int) -> QueueMessage:
    content = _content(item)
    attributes = {} if content["trace"] is None else {tracing.ATTRIBUTE: content["trace"]}
    return QueueMessage(content["body"], f"{receives}:{item}", receives, attributes)


def _content(item: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(item[32:])
    return found
