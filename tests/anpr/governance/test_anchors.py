"""The anchors: what their series refuses, and what a log that somebody had his hands on is found to be by them."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select, text

from anpr import audit
from anpr.anchor_documents import AuditAnchored
from anpr.audit import SYSTEM, Action
from anpr.db import Database
from anpr.errors import Unavailable
from anpr.governance import anchors, audit_log, audit_verification, retention, signing
from anpr.governance.anchors import LogDisputed, Series
from anpr.governance.audit_verification import Thoroughness, Verification
from anpr.messages import anchor_key
from anpr.models import AuditRecord, OutboxMessage
from anpr.settings import RetentionSettings
from tests.anpr.governance.test_audit_log import YEAR, make_older, record, tampering
from tests.memory import MemoryAnchors, MemoryBlobs, MemorySecrets

PRIVATE = Ed25519PrivateKey.generate()
PUBLIC = signing.public_text(PRIVATE)
HOUR = timedelta(hours=1)
ALL = Thoroughness()


class Log:
    """A log with its anchors, whose clock a test moves."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.store = MemoryAnchors()
        self.now = datetime.now(UTC)
        self.series = self.another_writer()

    def another_writer(self, key: Ed25519PrivateKey = PRIVATE) -> Series:
        return Series(self.database, self.store, lambda: key)

    def grow(self, count: int = 3) -> None:
        record(self.database, count)

    def an_hour_on(self) -> AuditAnchored | None:
        self.now += HOUR
        return self.series.keep_up(self.now)

    def tamper(self, statement: str) -> None:
        with tampering(self.database), self.database.transaction() as session:
            session.execute(text(statement))

    def verify(self, how: Thoroughness = ALL) -> Verification:
        with self.database.transaction() as session:
            return audit_verification.verify(session, self.store, how)

    def findings(self) -> str:
        return " ".join(self.verify().findings)

    def announced(self) -> list[dict[str, object]]:
        with self.database.transaction() as session:
            statement = select(OutboxMessage.data).where(OutboxMessage.type == "audit.anchored")
            return list(session.scalars(statement.order_by(OutboxMessage.seq)))


@pytest.fixture
def log(database: Database) -> Log:
    return Log(database)


def rewrite_from(database: Database, seq: int) -> None:
    """Change a record, and compute the chain anew from there, as somebody who has the database could."""
    with tampering(database), database.transaction() as session:
        rows = session.scalars(select(AuditRecord).where(AuditRecord.seq >= seq).order_by(AuditRecord.seq)).all()
        rows[0].actor = "somebody else"
        previous = rows[0].previous_hash
        for row in rows:
            row.previous_hash = previous
            row.hash = previous = audit.digest(row)


def forge_pruning(database: Database, through: int) -> None:
    """Cut the front off, and put on record that it was pruned, as the backend would."""
    with tampering(database), database.transaction() as session:
        last = session.get_one(AuditRecord, through)
        detail = {"through_seq": through, "head": last.hash.hex()}
        session.execute(text("DELETE FROM audit_logs WHERE seq <= :through"), {"through": through})
        session.expire_all()
        audit.record(session, SYSTEM, Action.AUDIT_PRUNED, "audit", detail=detail)


def test_an_anchor_says_how_far_the_log_reached_and_who_says_so(log: Log) -> None:
    log.grow(3)

    first = log.an_hour_on()
    log.grow(2)
    second = log.an_hour_on()

    assert first is not None
    assert second is not None
    assert [(each.no, each.seq, each.start.seq, each.key) for each in (first, second)] == [
        (1, 3, 1, PUBLIC),
        (2, 5, 1, PUBLIC),
    ]
    [one, two] = [stored[0] for stored in log.store.kept.values()]
    assert one is not None
    assert two is not None
    assert json.loads(two)["previous"] == sha256(one).hexdigest()
    unsigned = {name: value for name, value in json.loads(two).items() if name != "signature"}
    canonical = json.dumps(unsigned, sort_keys=True, separators=(",", ":")).encode()
    assert signing.is_signed(PRIVATE.public_key(), signing.decode(second.signature), canonical)
    assert log.announced() == [json.loads(one), json.loads(two)]
    assert log.verify().ok


def test_there_is_one_an_hour_and_only_where_the_log_has_grown(log: Log) -> None:
    assert log.an_hour_on() is None  # An empty log has no end.
    log.grow()
    assert log.an_hour_on() is not None
    log.grow()
    assert log.series.keep_up(log.now + HOUR / 2) is None
    assert log.another_writer().keep_up(log.now + HOUR / 2) is None
    assert log.an_hour_on() is not None
    assert log.an_hour_on() is None
    assert len(log.store.kept) == len(log.announced()) == 2


class Overtaken(MemoryAnchors):
    """A store where somebody else is quicker each time."""

    def __init__(self, kept: dict[str, list[bytes | None]], overtake: Callable[[], object]) -> None:
        super().__init__()
        self.kept = kept
        self._overtake = overtake

    def add(self, key: str, body: bytes) -> bool:
        self._overtake()
        return super().add(key, body)


def test_two_writers_at_the_same_moment_write_one(log: Log) -> None:
    log.grow()
    log.an_hour_on()
    log.grow()
    later = log.now + HOUR
    slow = Series(log.database, Overtaken(log.store.kept, lambda: log.series.keep_up(later)), lambda: PRIVATE)

    assert slow.keep_up(later) is None

    assert [each["no"] for each in log.announced()] == [1, 2]
    assert log.verify().ok
    log.grow()
    assert slow.keep_up(later) is None  # What the other wrote is not an hour old.


def test_an_anchor_whose_writer_died_before_it_told_of_it_is_told_of_once(log: Log) -> None:
    log.grow()
    assert log.an_hour_on() is not None
    with log.database.transaction() as session:
        session.execute(text("DELETE FROM outbox"))

    log.an_hour_on()
    log.an_hour_on()

    assert [each["no"] for each in log.announced()] == [1]


def emptied(log: Log) -> None:
    log.tamper("DELETE FROM audit_logs")


def tail_cut(log: Log) -> None:
    log.tamper("DELETE FROM audit_logs WHERE seq > 4")


def tail_cut_and_grown_again(log: Log) -> None:
    tail_cut(log)
    log.grow(5)


def chain_computed_anew(log: Log) -> None:
    rewrite_from(log.database, 2)


def front_gone_behind_a_forged_pruning(log: Log) -> None:
    forge_pruning(log.database, 3)


@pytest.mark.parametrize(
    ("crime", "words"),
    [
        (emptied, "log is empty"),
        (tail_cut, "record 6"),
        (tail_cut_and_grown_again, "record 6"),
        (chain_computed_anew, "record 6"),
        (front_gone_behind_a_forged_pruning, "Records 1 to 3 are gone"),
    ],
)
def test_what_the_chain_alone_cannot_find_its_anchors_do(log: Log, crime: Callable[[Log], None], words: str) -> None:
    log.grow(6)
    assert log.an_hour_on() is not None
    log.grow(2)
    assert log.verify().ok

    crime(log)

    with log.database.transaction() as session:
        assert audit_log.verify(session) is None
    found = log.verify()
    assert not found.ok
    assert words in " ".join(found.findings)
    with pytest.raises(LogDisputed, match=words):
        log.an_hour_on()
    assert len(log.store.kept) == 1


def test_a_record_that_was_changed_is_found_and_the_last_good_end_is_named(log: Log) -> None:
    for _ in range(4):
        log.grow(2)
        assert log.an_hour_on() is not None
    log.tamper("UPDATE audit_logs SET actor = 'x' WHERE seq = 5")
    assert "Record 5" in log.findings()

    rewrite_from(log.database, 5)

    found = log.verify()
    assert found.broken_at is None
    assert "Record 6 was the log's end" in found.findings[-1]
    assert "that of anchor 2, record 4" in found.findings[-1]


def test_what_came_after_the_newest_anchor_can_be_cut_off_unseen(log: Log) -> None:
    log.grow(3)
    assert log.an_hour_on() is not None
    log.grow(2)

    log.tamper("DELETE FROM audit_logs WHERE seq > 3")

    assert log.verify().ok


def changed(log: Log) -> None:
    log.store.kept[anchor_key(2)] = [(log.store.kept[anchor_key(2)][0] or b"").replace(b'"seq":4', b'"seq":3')]


def left_out(log: Log) -> None:
    del log.store.kept[anchor_key(1)]


def deleted(log: Log) -> None:
    log.store.kept[anchor_key(3)].append(None)


def stored_over(log: Log) -> None:
    log.store.kept[anchor_key(3)].append(log.store.kept[anchor_key(2)][0])


def signed_by_somebody_else(log: Log) -> None:
    log.grow()
    log.another_writer(Ed25519PrivateKey.generate()).keep_up(log.now + HOUR)


def made_up(log: Log) -> None:
    newest = AuditAnchored.model_validate_json(log.store.kept[anchor_key(3)][0] or b"")
    unsigned = newest.model_copy(update={"no": 4, "previous": bytes(32).hex()})
    signature = signing.encode(PRIVATE.sign(unsigned.signed_part()))
    log.store.kept[anchor_key(4)] = [unsigned.model_copy(update={"signature": signature}).document()]


@pytest.mark.parametrize(
    ("crime", "words"),
    [
        (changed, "Anchor 2 was not signed"),
        (left_out, "There is no anchor 1"),
        (deleted, "Anchor 3 was deleted"),
        (stored_over, "Anchor 3 was deleted, or stored over"),
        (signed_by_somebody_else, "Anchor 4 was not signed"),
        (made_up, "Anchor 4 does not follow"),
    ],
)
def test_anchors_that_somebody_had_his_hands_on_are_found(log: Log, crime: Callable[[Log], None], words: str) -> None:
    for _ in range(3):
        log.grow(2)
        assert log.an_hour_on() is not None
    assert log.verify().ok

    crime(log)

    assert words in log.findings()


def test_the_key_that_was_kept_is_the_one_that_counts(log: Log) -> None:
    log.grow()
    log.an_hour_on()

    assert log.verify(Thoroughness(key=PUBLIC)).ok
    _, other = signing.new_signing_key()
    assert not log.verify(Thoroughness(key=other)).ok


def prune(log: Log, series: Series | None = None) -> retention.Report:
    days = RetentionSettings(uploads_days=None, crops_days=None, events_days=None, hits_days=None, audit_days=730)
    return retention.run(log.database, MemoryBlobs(), days, seconds=60, series=series or log.series)


@pytest.fixture
def old_log(log: Log) -> Log:
    """Five records that are past their time, two that are not, and an anchor of them."""
    log.grow(5)
    make_older(log.database, 3 * YEAR)
    log.grow(2)
    assert log.an_hour_on() is not None
    return log


def test_what_is_pruned_is_anchored_before_and_the_log_stays_whole(old_log: Log) -> None:
    report = prune(old_log)

    assert (report.deleted, report.disputed) == ({"audit_records": 5}, None)
    anchor = AuditAnchored.model_validate_json(old_log.store.kept[anchor_key(2)][0] or b"")
    assert (anchor.start.seq, anchor.seq) == (6, 7)
    assert old_log.verify().ok
    assert prune(old_log).deleted == {}
    assert len(old_log.store.kept) == 2
    old_log.grow()
    assert old_log.an_hour_on() is not None
    assert old_log.verify().ok
    # More than the anchor allowed cannot go behind it.
    forge_pruning(old_log.database, 6)
    assert "Records 6 to 6 are gone" in old_log.findings()


def test_a_pruning_that_fails_after_its_anchor_leaves_the_log_whole_and_is_made_good(old_log: Log) -> None:
    with old_log.database.transaction() as session:
        due = audit_log.prunable(session, datetime.now(UTC) - 2 * YEAR)
    assert due is not None
    assert old_log.series.let_go(due, old_log.now)
    assert old_log.verify().ok

    assert prune(old_log, old_log.another_writer()).deleted == {"audit_records": 5}

    assert len(old_log.store.kept) == 2
    assert old_log.verify().ok


def test_a_log_without_an_anchor_gets_its_first_when_it_is_pruned(log: Log) -> None:
    log.grow(5)
    make_older(log.database, 3 * YEAR)
    log.grow(2)

    assert prune(log).deleted == {"audit_records": 5}

    assert log.verify().ok
    assert log.verify().anchors == 1


@pytest.mark.parametrize(
    "crime",
    [
        "UPDATE audit_logs SET actor = 'x' WHERE seq = 2",
        "DELETE FROM audit_logs WHERE seq = 3",
        "DELETE FROM audit_logs",
    ],
)
def test_a_log_that_is_not_as_it_was_is_not_pruned_and_all_else_is(old_log: Log, crime: str) -> None:
    old_log.tamper(crime)
    with old_log.database.transaction() as session:
        before = session.scalars(select(AuditRecord.seq).order_by(AuditRecord.seq)).all()

    report = prune(old_log)

    assert "audit_records" not in report.deleted
    if before:
        assert report.disputed is not None
    with old_log.database.transaction() as session:
        assert session.scalars(select(AuditRecord.seq).order_by(AuditRecord.seq)).all() == before


def test_nothing_is_pruned_that_could_not_be_anchored(old_log: Log) -> None:
    old_log.store.down = True

    with pytest.raises(Unavailable):
        prune(old_log)

    with old_log.database.transaction() as session:
        assert audit_log.start(session) == audit_log.Head(1, audit.FIRST)


def test_a_log_that_was_restored_is_begun_anew_for_all_to_see(log: Log) -> None:
    log.grow(6)
    log.an_hour_on()
    tail_cut(log)
    with pytest.raises(LogDisputed):
        log.an_hour_on()

    log.series.restart(SYSTEM, "restored from the backup of Monday", log.now)

    found = log.verify()
    assert found.ok
    assert [each.restart for each in found.restarts] == ["restored from the backup of Monday"]
    log.grow()
    assert log.an_hour_on() is not None
    log.tamper("DELETE FROM audit_logs WHERE seq > 3")
    assert not log.verify().ok
    with log.database.transaction() as session:
        assert not session.scalar(select(AuditRecord.seq).where(AuditRecord.action == "audit.restarted"))


def test_the_key_is_made_once() -> None:
    secrets = MemorySecrets("anchors")
    with pytest.raises(Unavailable, match="not set up"):
        anchors.load_key(secrets, "anchors")

    public = anchors.ensure_key(secrets, "anchors")

    assert anchors.ensure_key(secrets, "anchors") == public
    assert signing.public_text(anchors.load_key(secrets, "anchors")) == public
