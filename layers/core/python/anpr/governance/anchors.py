"""Anchors: the audit log's head, signed, numbered and kept in a bucket where whoever has the database cannot reach.

The log's own chain finds a record that was changed or removed. It does not find a tail that was cut off, a log that was
emptied, a chain that was computed anew, or a front that went behind a made-up record of its pruning. Each anchor says
how far the log reached at a time (`seq`, `hash`) and where it may begin (`start`), so the log is held against that.

An anchor is never written over another, and names the digest of the one before: two writers cannot part the series.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import ValidationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from anpr import audit, outbox
from anpr.anchor_documents import AuditAnchored, AuditDisputed, ChainStart
from anpr.audit import Action, Actor
from anpr.db import Database
from anpr.errors import AnprError, Unavailable
from anpr.governance import audit_log, signing
from anpr.governance.audit_log import Head, Prefix
from anpr.messages import EventType, anchor_key
from anpr.models import OutboxMessage
from anpr.ports import AnchorStore, KeptAnchor, SecretStore

EVERY: Final = timedelta(hours=1)
"""How much of the log's end may go unnoticed at most."""

NONE_BEFORE: Final = bytes(32).hex()
"""What the first anchor names as the digest of the one before."""

_ANNOUNCED_FOR: Final = timedelta(days=1)
"""So long it is made good that an anchor was not told of; for much longer than that, the outbox does not remember."""


class LogDisputed(AnprError):
    """The audit log is not what an anchor says that it was."""

    code, title = "audit-log-disputed", "The audit log is not as it was"


class Series:
    """The anchors as their writer sees them."""

    def __init__(self, database: Database, store: AnchorStore, key: Callable[[], Ed25519PrivateKey]) -> None:
        """Make the writer.

        Args:
            database: where the log is.
            store: where the anchors are.
            key: gives the key to sign with, where there is something to sign.
        """
        self._database = database
        self._store = store
        self._key = key
        # Anchors are never changed, so what was read of the newest is still so: only newer ones are looked for.
        self._newest: AuditAnchored | None = None

    def keep_up(self, now: datetime) -> AuditAnchored | None:
        """Write an anchor if the newest is an hour old and the log has grown since.

        Returns:
            The anchor that was written; None where none is due.

        Raises:
            LogDisputed: the newest anchor speaks of records that are not there, or not as they were.
            anpr.errors.Unavailable: the database, the bucket or the key cannot be reached.
        """
        newest = self._find_newest()
        if newest is not None and now - newest.time < EVERY:
            return None
        with self._database.transaction() as session:
            head, start = self._state(session, newest)
        if head is None or start is None:
            return None
        if newest is not None and newest.seq == head.seq:
            self._announce(newest, now)
            return None
        return self._append(newest, head, start, now)

    def let_go(self, due: Prefix, now: datetime) -> bool:
        """Put on record, before the log's oldest records go, that it may begin behind them.

        They are looked at once more: when they are gone, nobody can find that they were not as they were written.

        Returns:
            Whether they may go now; False where another run writes anchors at this moment.

        Raises:
            LogDisputed: they, or the newest anchor's records, are not as they were.
            anpr.errors.Unavailable: the database, the bucket or the key cannot be reached.
        """
        newest = self._find_newest()
        if newest is not None and newest.start.seq > due.through.seq:
            return True
        with self._database.transaction() as session:
            head, start = self._state(session, newest)
            if head is None or start is None:
                return False
            broken = audit_log.first_broken(session, start, through=due.through.seq)
        if broken is not None:
            raise LogDisputed(f"Record {broken} was to be pruned, and it, or what stood before it, is not as it was.")
        behind = Head(due.through.seq + 1, due.through.hash)
        return self._append(newest, head, behind, now) is not None

    def restart(self, actor: Actor, reason: str, now: datetime) -> AuditAnchored:
        """Begin anew with the log as it is, such as after the database was restored from a backup: for ever visible.

        Args:
            actor: who decides that.
            reason: why the log is not what the anchors say.
            now: the time.

        Raises:
            Unavailable: the database, the bucket or the key cannot be reached, or another run writes at this moment.
        """
        newest = self._find_newest()
        with self._database.transaction() as session:
            audit.record(session, actor, Action.AUDIT_RESTARTED, "audit", reason=reason)
            head, start = audit_log.head(session), audit_log.start(session)
        assert head is not None  # noqa: S101 - the record from above is there
        assert start is not None  # noqa: S101
        made = self._append(newest, head, start, now, restart=reason)
        if made is None:
            raise Unavailable("Another anchor was written at the same moment; try again.")
        return made

    def _state(self, session: Session, newest: AuditAnchored | None) -> tuple[Head | None, Head | None]:
        """The log's head and where it may begin, once it was held against the newest anchor."""
        begins = audit_log.start(session)
        if newest is None:
            return audit_log.head(session), begins
        said = compare(session, newest)
        if said is not None:
            raise LogDisputed(said)
        return audit_log.head(session), start_of(newest)

    def _find_newest(self) -> AuditAnchored | None:
        after = "" if self._newest is None else anchor_key(self._newest.no)
        kept = self._store.list(after=after)
        if kept:
            found = read(self._store, kept[-1])
            if found is None or anchor_key(found.no) != kept[-1].key:
                raise LogDisputed(f"The newest anchor, {kept[-1].key}, is none that was written here.")
            self._newest = found
        return self._newest

    def _append(
        self, newest: AuditAnchored | None, head: Head, start: Head, now: datetime, *, restart: str | None = None
    ) -> AuditAnchored | None:
        """Write the next anchor and tell of it; None where another writer was first."""
        private = self._key()
        unsigned = AuditAnchored(
            no=1 if newest is None else newest.no + 1,
            seq=head.seq,
            hash=head.hash.hex(),
            time=now,
            start=ChainStart(seq=start.seq, hash=start.hash.hex()),
            previous=NONE_BEFORE if newest is None else sha256(newest.document()).hexdigest(),
            key=signing.public_text(private),
            restart=restart,
            signature="",
        )
        made = unsigned.model_copy(update={"signature": signing.encode(private.sign(unsigned.signed_part()))})
        if not self._store.add(anchor_key(made.no), made.document()):
            return None
        self._newest = made
        self._announce(made, now)
        return made

    def _announce(self, anchor: AuditAnchored, now: datetime) -> None:
        """Promise the anchor's event, once: it may have been written just before its writer died."""
        if now - anchor.time > _ANNOUNCED_FOR:
            return
        with self._database.transaction() as session:
            _tell_once(session, EventType.AUDIT_ANCHORED, anchor_key(anchor.no), anchor)


def report(session: Session, dispute: str) -> None:
    """Promise that administrators are told of a dispute: once in some days, as long as it lasts."""
    _tell_once(session, EventType.AUDIT_DISPUTED, "audit", AuditDisputed(reason=dispute))


def _tell_once(session: Session, event_type: EventType, subject: str, data: AuditAnchored | AuditDisputed) -> None:
    told = select(func.count()).where(OutboxMessage.subject == subject, OutboxMessage.type == event_type.value)
    if not session.scalar(told):
        outbox.add(session, event_type, subject, data)


def read(store: AnchorStore, kept: KeptAnchor) -> AuditAnchored | None:
    """Read an anchor; None where what is kept is none, byte for byte."""
    body = store.read(kept)
    try:
        found = AuditAnchored.model_validate_json(body)
    except ValidationError:
        return None
    return found if found.document() == body else None


def start_of(anchor: AuditAnchored) -> Head:
    """Where an anchor says that the log may begin: the first record, and the hash that it is chained to."""
    return Head(anchor.start.seq, bytes.fromhex(anchor.start.hash))


def compare(session: Session, anchor: AuditAnchored) -> str | None:
    """Hold the log against an anchor.

    Returns:
        What is not as it was, in words; None if the log begins where it may, and reaches the anchor's head.
    """
    when = f"Anchor {anchor.no} of {anchor.time:%Y-%m-%d %H:%M} UTC"
    begins = audit_log.start(session)
    if begins is None:
        return f"The log is empty. {when} found it to reach to record {anchor.seq}."
    if begins.seq > anchor.start.seq:
        missing = f"{anchor.start.seq} to {begins.seq - 1}"
        return f"Records {missing} are gone, and no anchor says that they were to be pruned."
    if not audit_log.begins_at(session, start_of(anchor)):
        return f"{when} says that the log may begin at record {anchor.start.seq}, which is not the one that it meant."
    if not audit_log.holds(session, Head(anchor.seq, bytes.fromhex(anchor.hash))):
        return f"{when} found record {anchor.seq} at the log's end, which is gone or is not as it was."
    return None


def ensure_key(store: SecretStore, secret_id: str) -> str:
    """Make the key that signs, where there is none. One that is there is never replaced.

    Returns:
        Its public half: 32 bytes as base64url.
    """
    value = store.get(secret_id)
    if not value or not value.get("private_key"):
        private, _ = signing.new_signing_key()
        value = {"private_key": private}
        store.put(secret_id, value)
    return signing.public_text(signing.read_private_key(value["private_key"]))


def load_key(store: SecretStore, secret_id: str) -> Ed25519PrivateKey:
    """Read the key that signs.

    Raises:
        Unavailable: there is none yet; the set-up function makes it.
    """
    value = store.get(secret_id)
    if not value or not value.get("private_key"):
        raise Unavailable("Anchors are not set up yet: their key has no value.")
    return signing.read_private_key(value["private_key"])
