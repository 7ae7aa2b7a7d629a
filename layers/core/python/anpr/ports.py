"""What really differs between the places this backend runs on, as Protocols.

Every call may raise `anpr.errors.Unavailable` when the service behind it does not answer in time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Protocol
from uuid import UUID

from anpr.messages import CloudEvent


@dataclass(frozen=True, slots=True)
class PresignedUpload:
    """How a client sends a file straight to the blob store.

    Attributes:
        method: by `POST` as a form, the file its last field after `fields`; by `PUT` as the request's body.
        fields: of the form.
        headers: of the request, as they stand.
    """

    url: str
    expires_at: datetime
    method: Literal["POST", "PUT"] = "POST"
    fields: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BlobInfo:
    """What the store knows of one object.

    Attributes:
        trace: the trace header of the request that asked for it.
        version_id: which of the versions that were stored under its key it is; None where the store keeps but one.
    """

    size_bytes: int
    content_type: str
    modified_at: datetime
    trace: str | None = None
    version_id: str | None = None


class BlobStore(Protocol):
    """Objects by key in one bucket."""

    @property
    def notifies(self) -> bool:
        """Whether the store itself puts a job on the queue for each file that comes; it may lose one."""

    def presign_upload(self, key: str, *, content_type: str, size_bytes: int, expires_in_s: int) -> PresignedUpload:
        """Let a client send a file of exactly this content type and size to this key, until it expires.

        A store that cannot make sure of the size takes any; whoever goes on with the file compares.
        """

    def presign_get(self, key: str, *, version_id: str | None = None, expires_in_s: int | None = None) -> str:
        """Make a link to download one object, in its latest version unless another is named."""

    def info(self, key: str, *, version_id: str | None = None) -> BlobInfo | None:
        """Describe an object, in its latest version unless another is named; None where there is none."""

    def list_keys(self, prefix: str, *, after: str, limit: int) -> list[tuple[str, datetime]]:
        """List objects in the order of their keys, from behind `after`, each with when it was stored."""

    def download(
        self, key: str, target: Path, *, version_id: str | None = None, on_bytes: Callable[[int], object] | None = None
    ) -> None:
        """Write an object to a file, in its latest version unless another is named.

        Args:
            key: the object.
            target: the file; over any that is there.
            version_id: which version.
            on_bytes: told how many more bytes came, each time some did, from threads of the store's own.

        Raises:
            anpr.errors.NotFound: there is no such object.
        """

    def put(self, key: str, body: bytes, *, content_type: str) -> None:
        """Store an object, over any that is there."""

    def delete(self, keys: Sequence[str]) -> None:
        """Remove objects with all their versions; those that are not there are no error."""

    def delete_other_versions(self, key: str, *, keep: str) -> int:
        """Remove what was stored under a key beside one version, and return how many versions went.

        Nothing is removed where the version to keep is not there.
        """

    def check(self) -> None:
        """Make one cheap request that fails where the bucket cannot be used."""


class ArchiveStore(Protocol):
    """The bucket as the writer of archives needs it. An object that is written in parts appears when it is complete."""

    def read(self, key: str) -> bytes:
        """Read a small object. Safe to call from several threads.

        Raises:
            anpr.errors.NotFound: there is no such object.
        """

    def info(self, key: str) -> BlobInfo | None:
        """Describe an object; None where there is none."""

    def begin_multipart(self, key: str, *, content_type: str) -> str:
        """Begin to write an object in parts, and return how this upload is referred to."""

    def multipart_exists(self, key: str, multipart_id: str) -> bool:
        """Tell whether an upload can be gone on with: neither completed nor aborted."""

    def put_part(self, key: str, multipart_id: str, number: int, body: bytes) -> str:
        """Write a part, over any of the same number, and return its tag.

        Args:
            key: the object.
            multipart_id: the upload.
            number: place of the part, 1-10,000.
            body: at least 5 MiB, unless it is the last part.

        Raises:
            anpr.errors.NotFound: there is no such upload.
        """

    def complete_multipart(self, key: str, multipart_id: str, etags: Sequence[str]) -> None:
        """Make the object of parts 1 to n with these tags.

        Raises:
            anpr.errors.NotFound: there is no such upload.
        """

    def abort_multipart(self, key: str, multipart_id: str) -> None:
        """Give up an upload with all its parts; one that is not there is no error."""

    def delete(self, keys: Sequence[str]) -> None:
        """Remove objects with all their versions; those that are not there are no error."""


@dataclass(frozen=True, slots=True)
class QueueMessage:
    """One delivery of a message.

    Attributes:
        receipt: what acknowledges this very delivery.
        receives: how often the message was delivered so far, this time included.
        attributes: transport attributes, such as a trace header.
    """

    body: str
    receipt: str
    receives: int
    attributes: dict[str, str]


class JobQueue(Protocol):
    """A queue of work with at-least-once delivery and a visibility time-out."""

    def send(self, body: str, *, delay_s: int = 0) -> None:
        """Put a message on the queue, which hides it for `delay_s` seconds: 0-900."""

    def receive(self, *, wait_s: int, visibility_s: int) -> QueueMessage | None:
        """Wait up to `wait_s` seconds for one message and hide it for `visibility_s`."""

    def extend(self, message: QueueMessage, *, visibility_s: int) -> None:
        """Hide a message for `visibility_s` seconds from now; 0 gives it back at once."""

    def delete(self, message: QueueMessage) -> None:
        """Acknowledge a message."""

    def depth(self) -> int:
        """Count the messages that wait, roughly."""

    def check(self) -> None:
        """Make one cheap request that fails where the queue cannot be used."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was delivered too often.

    Attributes:
        id: what names it to `DeadLetters`.
        died_at: when it was given up.
    """

    id: str
    body: str
    died_at: datetime


class DeadLetters(Protocol):
    """What nobody could deal with, of one queue, for people to look at and to put back."""

    def dead(self, limit: int) -> list[DeadLetter]:
        """List the oldest."""

    def count_dead(self) -> int:
        """Count all."""

    def revive(self, letter_ids: Sequence[str]) -> int:
        """Put messages back on the queue as if they had never been delivered, and return how many there were."""

    def bury(self, before: datetime) -> int:
        """Delete those that died before a time, and return how many."""


class WorkQueue(JobQueue, DeadLetters, Protocol):
    """A queue of ours, with its dead letters."""


@dataclass(frozen=True, slots=True)
class Published:
    """What became of events; one that is in neither was not tried, or met an outage.

    Attributes:
        taken: what the bus took.
        refused: why it refused others, by their ids: it will refuse them again.
    """

    taken: list[CloudEvent] = field(default_factory=list)
    refused: dict[UUID, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KeptAnchor:
    """One object of an anchor store.

    Attributes:
        key: what it was stored under.
        version_id: the first version that was stored there; None where that is gone.
        untouched: whether it is the only one, and nobody deleted it.
    """

    key: str
    version_id: str | None
    untouched: bool


class AnchorStore(Protocol):
    """A bucket of objects that are written once and stay."""

    def add(self, key: str, body: bytes) -> bool:
        """Store an object where there is none; tells whether it did."""

    def list(self, *, after: str = "") -> Sequence[KeptAnchor]:
        """List what was ever stored, in the order of the keys, from behind `after`; what was deleted since too."""

    def read(self, kept: KeptAnchor) -> bytes:
        """Read the first version of an object; nothing where that is gone."""


class EventBus(Protocol):
    """Where domain events are published, at least once and in no order."""

    def publish(self, events: Sequence[CloudEvent]) -> Published:
        """Publish events, and tell which ones the bus took, and which ones it refused."""

    def check(self) -> None:
        """Make one cheap request that fails where the bus cannot be used."""


class Secret(StrEnum):
    """The secrets that a deployment has, by the names that the backend knows them by."""

    SIGNING_KEY = "signing-key"
    WEBHOOK_KEY = "webhook-key"
    ANCHOR_KEY = "anchor-key"
    NOTICE_KEY = "notice-key"
    """Signs links in e-mails, where the backend sends them itself."""
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of looking at one part of a set-up.

    Attributes:
        part: what was looked at.
        good: whether all is well; None where it is not, and nothing depends on it.
        said: what was found, in words.
    """

    part: str
    good: bool | None
    said: str


class SecretStore(Protocol):
    """JSON documents kept secret."""

    def get(self, secret_id: str) -> dict[str, Any] | None:
        """Read a secret; None where it has no value yet."""

    def put(self, secret_id: str, value: dict[str, Any]) -> None:
        """Give an existing secret a new value."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What people are told.

    Attributes:
        subject: one line; an e-mail's subject.
        text: the whole of it, for e-mail.
        short: at most 160 characters, for SMS.
    """

    subject: str
    text: str
    short: str


class Notifier(Protocol):
    """Topics that people subscribe to by e-mail and SMS."""

    def open_topic(self, name: str, *, title: str) -> str:
        """Make a topic, or find it where it is there already, and return how it is referred to.

        Args:
            name: unique among this deployment's topics: letters, digits, hyphens.
            title: what people see as the sender.
        """

    def close_topic(self, topic: str) -> None:
        """Remove a topic with its subscriptions; one that is not there is no error."""

    def subscribe(self, topic: str, channel: str, address: str) -> str:
        """Subscribe an `email` or `sms` address and return how the subscription is referred to.

        Raises:
            anpr.errors.Unprocessable: the service does not take the address.
        """

    def unsubscribe(self, subscription: str) -> None:
        """End a subscription; one that is not there, or was never confirmed, is no error."""

    def publish(self, topic: str, notice: Notice) -> None:
        """Tell the subscribers of a topic.

        Raises:
            anpr.errors.NotFound: there is no such topic.
        """
