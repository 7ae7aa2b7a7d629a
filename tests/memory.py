"""The ports in memory, for tests above the adapters: they behave, and tests look at what they hold."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from anpr import tracing
from anpr.errors import NotFound, Unavailable
from anpr.messages import CloudEvent
from anpr.ports import BlobInfo, KeptAnchor, Notice, PresignedUpload, Published, QueueMessage


class MemoryBlobs:
    """Objects in a dictionary. `down` makes every call fail.

    `versions` has what `put` stored, oldest first, and is what versions are known from: objects that a test sets
    itself are of a store that keeps but one. `stored_at` is when all of it was stored, `content_type` what all is.
    """

    def __init__(self) -> None:
        # By key, which tests also take from events: these may have none, and of that there is no object.
        self.objects: dict[Any, bytes] = {}
        self.versions: dict[str, dict[str, bytes]] = {}
        self.stored_at: datetime | None = None
        self.content_type = "video/mp4"
        self.notifies = False
        self._stored = 0
        self.down = False

    def presign_upload(self, key: str, *, content_type: str, size_bytes: int, expires_in_s: int) -> PresignedUpload:
        fields = {"key": key, "Content-Type": content_type, "size": str(size_bytes)}
        expires_at = datetime.now(UTC) + timedelta(seconds=expires_in_s)
        return PresignedUpload("https://blobs.invalid/", expires_at, fields=fields)

    def presign_get(self, key: str, *, version_id: str | None = None, expires_in_s: int | None = None) -> str:
        version = "" if version_id is None else f"&version_id={version_id}"
        return f"https://blobs.invalid/{key}?expires_in_s={expires_in_s}{version}"

    def info(self, key: str, *, version_id: str | None = None) -> BlobInfo | None:
        self.check()
        body = self._body(key, version_id)
        if body is None:
            return None
        latest = version_id or next(reversed(self.versions.get(key, {})), None)
        return BlobInfo(len(body), self.content_type, self._time(), version_id=latest)

    def list_keys(self, prefix: str, *, after: str, limit: int) -> list[tuple[str, datetime]]:
        self.check()
        keys = sorted(key for key in self.objects if key.startswith(prefix) and key > after)
        return [(key, self._time()) for key in keys[:limit]]

    def download(
        self, key: str, target: Path, *, version_id: str | None = None, on_bytes: Callable[[int], object] | None = None
    ) -> None:
        self.check()
        body = self._body(key, version_id)
        if body is None:
            raise NotFound("no such object")
        target.write_bytes(body)
        if on_bytes is not None:
            on_bytes(len(body))

    def put(self, key: str, body: bytes, *, content_type: str) -> None:
        assert content_type
        self.check()
        self.objects[key] = body
        self._stored += 1
        self.versions.setdefault(key, {})[f"v{self._stored}"] = body

    def delete(self, keys: Sequence[str]) -> None:
        self.check()
        for key in keys:
            self.objects.pop(key, None)
            self.versions.pop(key, None)

    def delete_other_versions(self, key: str, *, keep: str) -> int:
        self.check()
        versions = self.versions.get(key, {})
        if keep not in versions:
            return 0
        self.versions[key] = {keep: versions[keep]}
        self.objects[key] = versions[keep]
        return len(versions) - 1

    def _body(self, key: str, version_id: str | None) -> bytes | None:
        return self.objects.get(key) if version_id is None else self.versions.get(key, {}).get(version_id)

    def _time(self) -> datetime:
        return self.stored_at or datetime.now(UTC)

    def check(self) -> None:
        if self.down:
            raise Unavailable("the storage is down")


class MemoryAnchors:
    """Anchors in a dictionary: by key all that was ever stored there, oldest first; None where it was deleted."""

    def __init__(self) -> None:
        self.kept: dict[str, list[bytes | None]] = {}
        self.down = False

    def add(self, key: str, body: bytes) -> bool:
        self._check()
        stored = self.kept.setdefault(key, [])
        if stored and stored[-1] is not None:
            return False
        stored.append(body)
        return True

    def list(self, *, after: str = "") -> Sequence[KeptAnchor]:
        self._check()
        return [
            KeptAnchor(key, "0", untouched=len(stored) == 1) for key, stored in sorted(self.kept.items()) if key > after
        ]

    def read(self, kept: KeptAnchor) -> bytes:
        self._check()
        return self.kept[kept.key][0] or b""

    def _check(self) -> None:
        if self.down:
            raise Unavailable("the storage of anchors is down")


@dataclass
class MemoryBus:
    """A bus that keeps what it took; it refuses the types in `refused`, and everything while `down`."""

    events: list[CloudEvent] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    down: bool = False

    def publish(self, events: Sequence[CloudEvent]) -> Published:
        self.check()
        taken = [event for event in events if event.type not in self.refused]
        self.events += taken
        return Published(taken, {event.id: "refused by type" for event in events if event.type in self.refused})

    def check(self) -> None:
        if self.down:
            raise Unavailable("the bus is down")


@dataclass
class _Entry:
    body: str
    receives: int = 0
    hidden_until: float = 0.0
    receipt: str = ""
    trace: str | None = field(default_factory=tracing.current_header)


class MemoryQueue:
    """A queue with visibility, receive counts and dead letters, on a clock that only `receive` moves.

    `receive` lets time pass until a message is visible. With nothing left it calls `on_empty`: a test's way to stop.
    """

    def __init__(self, *bodies: str, max_receives: int = 3, on_empty: Callable[[], object] = lambda: None) -> None:
        self.now = 0.0
        self.dead: list[str] = []
        self.deleted: list[str] = []
        self.hidden_for: list[int] = []
        self._entries = [_Entry(body) for body in bodies]
        self._max_receives = max_receives
        self._on_empty = on_empty

    @property
    def waiting(self) -> list[str]:
        return [entry.body for entry in self._entries]

    def send(self, body: str, *, delay_s: int = 0) -> None:
        self._entries.append(_Entry(body, hidden_until=self.now + delay_s))

    def receive(self, *, wait_s: int, visibility_s: int) -> QueueMessage | None:
        del wait_s
        while self._entries:
            entry = min(self._entries, key=lambda entry: entry.hidden_until)
            self.now = max(self.now, entry.hidden_until)
            if entry.receives == self._max_receives:
                self._entries.remove(entry)
                self.dead.append(entry.body)
                continue
            entry.receives += 1
            entry.hidden_until = self.now + visibility_s
            entry.receipt = f"{id(entry)}-{entry.receives}"
            attributes = {} if entry.trace is None else {tracing.ATTRIBUTE: entry.trace}
            return QueueMessage(entry.body, entry.receipt, entry.receives, attributes)
        self._on_empty()
        return None

    def extend(self, message: QueueMessage, *, visibility_s: int) -> None:
        self._entry(message).hidden_until = self.now + visibility_s
        self.hidden_for.append(visibility_s)

    def delete(self, message: QueueMessage) -> None:
        self._entries.remove(self._entry(message))
        self.deleted.append(message.body)

    def depth(self) -> int:
        return len(self._entries)

    def check(self) -> None:
        """Always there."""

    def _entry(self, message: QueueMessage) -> _Entry:
        for entry in self._entries:
            if entry.receipt == message.receipt:
                return entry
        raise NotFound("no such delivery")


class MemorySecrets:
    """Secrets in a dictionary; one must exist to be given a value, as in the real store."""

    def __init__(self, *names: str) -> None:
        self.values: dict[str, dict[str, Any] | None] = dict.fromkeys(names)

    def get(self, secret_id: str) -> dict[str, Any] | None:
        return self.values[secret_id]

    def put(self, secret_id: str, value: dict[str, Any]) -> None:
        if secret_id not in self.values:
            raise NotFound("no such secret")
        self.values[secret_id] = value


@dataclass
class MemoryNotifier:
    """Topics in dictionaries; `down` makes every call fail."""

    topics: dict[str, str] = field(default_factory=dict)
    subscribers: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    sent: list[tuple[str, Notice]] = field(default_factory=list)
    down: bool = False

    def open_topic(self, name: str, *, title: str) -> str:
        self._check()
        self.topics[f"topic:{name}"] = title
        return f"topic:{name}"

    def close_topic(self, topic: str) -> None:
        self._check()
        self.topics.pop(topic, None)

    def subscribe(self, topic: str, channel: str, address: str) -> str:
        self._check()
        reference = f"{topic}:{len(self.subscribers)}"
        self.subscribers[reference] = (topic, channel, address)
        return reference

    def unsubscribe(self, subscription: str) -> None:
        self._check()
        self.subscribers.pop(subscription, None)

    def publish(self, topic: str, notice: Notice) -> None:
        self._check()
        if topic not in self.topics:
            raise NotFound("no such topic")
        self.sent.append((topic, notice))

    def _check(self) -> None:
        if self.down:
            raise Unavailable("the notification service is down")
