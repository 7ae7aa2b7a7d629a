from datetime import timedelta
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from anpr.alerts import bolos
from anpr.alerts.bolos import Matcher, entries, hits, lists
from anpr.alerts.bolos.hits import HitFilter
from anpr.audit import SYSTEM
from anpr.capture import passages
from anpr.capture.jobs import Claim, claim
from anpr.db import Database
from anpr.models import (
    Bolo,
    BoloKind,
    BoloMatch,
    Event,
    HitStatus,
    MatchedBy,
    OutboxMessage,
    Review,
    ReviewStatus,
    Tolerance,
    Urgency,
)
from anpr.paging import PageRequest
from tests.builders import CAPTURED_AT, add_event, add_upload, add_user, images_of, passage


@pytest.fixture
def list_id(database: Database) -> UUID:
    with database.transaction() as session:
        return lists.create(session, SYSTEM, {"name": "stolen", "alert_interval_s": 60}).id


def _want(database: Database, list_id: UUID, pattern: str = "LS15EBC", **fields: Any) -> Bolo:
    with database.transaction() as session:
        return entries.create(session, SYSTEM, list_id, {"pattern": pattern, **fields}, confirm_broad=True)  # type: ignore[typeddict-item]


def _hits(database: Database) -> list[BoloMatch]:
    with database.transaction() as session:
        return list(session.scalars(select(BoloMatch).order_by(BoloMatch.captured_at, BoloMatch.id)))


def _announced(database: Database) -> list[tuple[str, dict[str, Any]]]:
    with database.transaction() as session:
        rows = session.scalars(select(OutboxMessage).order_by(OutboxMessage.seq))
        return [(row.type, row.data) for row in rows if row.type.startswith("bolo.")]


def test_a_passage_raises_a_hit_with_the_promise_of_its_event(database: Database, list_id: UUID) -> None:
    bolo = _want(database, list_id)

    event = add_event(database, plate="LS15EBC")

    [hit] = _hits(database)
    assert (hit.event_id, hit.bolo_id, hit.list_id, hit.camera_id) == (event.id, bolo.id, list_id, event.camera_id)
    assert (hit.plate, hit.matched_by, hit.status) == ("LS15EBC", MatchedBy.EXACT, HitStatus.UNVERIFIED)
    assert hit.alert
    assert (hit.captured_at, hit.passage_ended_at) == (event.captured_at, event.last_seen_at)
    [(kind, data)] = _announced(database)
    assert kind == "bolo.matched"
    assert (data["match_id"], data["plate"], data["alert"]) == (str(hit.id), "LS15EBC", True)


def test_a_passage_that_is_recorded_again_raises_nothing_again(database: Database, list_id: UUID) -> None:
    _want(database, list_id)
    event = add_event(database, plate="LS15EBC")

    with database.transaction() as session:
        assert bolos.match(session, Matcher(), session.get_one(Event, event.id)) == []

    assert len(_hits(database)) == len(_announced(database)) == 1


def test_a_hit_is_lost_with_its_passage_and_only_with_it(database: Database, list_id: UUID) -> None:
    _want(database, list_id)
    upload = add_upload(database)
    session_ends = RuntimeError("the worker dies before the commit")

    def record_and_die() -> None:
        with database.transaction() as session:
            held = claim(session, upload.id, UUID(int=1))
            assert isinstance(held, Claim)
            passages.record(session, held, passage(0), images_of(held.upload_id, 0), matcher=Matcher())
            raise session_ends

    with pytest.raises(RuntimeError):
        record_and_die()
    assert _hits(database) == []
    assert _announced(database) == []


@pytest.mark.parametrize(
    ("valid_from_s", "valid_until_s", "raised"),
    [(None, None, 1), (-10, 10, 1), (1, None, 0), (None, 0, 0), (0, 1, 1)],
)
def test_an_entry_is_valid_by_when_the_passage_was_captured(
    database: Database, list_id: UUID, valid_from_s: int | None, valid_until_s: int | None, raised: int
) -> None:
    def at(seconds: int | None) -> Any:
        return None if seconds is None else CAPTURED_AT + timedelta(seconds=seconds)

    _want(database, list_id, valid_from=at(valid_from_s), valid_until=at(valid_until_s))
    add_event(database, plate="LS15EBC", best_s=0.0)
    assert len(_hits(database)) == raised


@pytest.mark.parametrize("switch", ["entry", "list"])
def test_what_is_inactive_matches_nothing(database: Database, list_id: UUID, switch: str) -> None:
    bolo = _want(database, list_id)
    with database.transaction() as session:
        if switch == "entry":
            entries.update(session, SYSTEM, bolo.id, {"active": False})
        else:
            lists.update(session, SYSTEM, list_id, {"active": False})
    add_event(database, plate="LS15EBC")
    assert _hits(database) == []


def test_repeats_within_the_interval_are_one_alert(database: Database, list_id: UUID) -> None:
    _want(database, list_id, tolerance=Tolerance.CONFUSABLES)
    upload = add_upload(database)
    for second, plate in ((0, "LS15EBC"), (30, "L515E8C"), (59, "LS15EBC"), (60, "LS15EBC"), (90, "LS15EBC")):
        add_event(database, upload=upload, plate=plate, candidates=(), best_s=float(second))
    elsewhere = add_event(database, plate="LS15EBC", best_s=31.0)

    here = [hit for hit in _hits(database) if hit.event_id != elsewhere.id]
    assert [hit.alert for hit in here] == [True, False, False, True, False]
    assert [hit.duplicate_of for hit in here] == [None, here[0].id, here[0].id, None, here[3].id]
    assert [hit.alert for hit in _hits(database) if hit.event_id == elsewhere.id] == [True]
    assert [data["alert"] for _, data in _announced(database)] == [True, False, False, True, False, True]


def test_a_pattern_s_repeats_are_told_by_the_plate(database: Database, list_id: UUID) -> None:
    _want(database, list_id, pattern="LS15*")
    upload = add_upload(database)
    for second, plate in ((0, "LS15EBC"), (1, "LS15XYZ"), (2, "L515E8C"), (3, "LS15E8C")):
        add_event(database, upload=upload, plate=plate, candidates=(), best_s=float(second))
    assert [hit.alert for hit in _hits(database)] == [True, True, False]


def test_two_workers_at_once_raise_one_alert(database: Database, list_id: UUID) -> None:
    _want(database, list_id)
    camera = add_upload(database).camera_id
    uploads = [add_upload(database, camera_id=camera) for _ in range(4)]
    threads = [
        Thread(target=add_event, args=(database,), kwargs={"upload": upload, "plate": "LS15EBC"}) for upload in uploads
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(hit.alert for hit in _hits(database)) == [False, False, False, True]


def test_with_no_interval_every_hit_alerts(database: Database, list_id: UUID) -> None:
    with database.transaction() as session:
        lists.update(session, SYSTEM, list_id, {"alert_interval_s": 0})
    _want(database, list_id)
    upload = add_upload(database)
    for _ in range(2):
        add_event(database, upload=upload, plate="LS15EBC")
    assert [hit.alert for hit in _hits(database)] == [True, True]


def test_an_event_with_a_hit_goes_to_the_head_of_the_review_queue(database: Database, list_id: UUID) -> None:
    _want(database, list_id)
    event = add_event(database, plate="LS15EBC")
    other = add_event(database, plate="AB12CDE")
    with database.transaction() as session:
        urgency = {row.event_id: row.urgency for row in session.scalars(select(Review))}
    assert urgency[event.id] & Urgency.OPEN_HIT
    assert not urgency[other.id] & Urgency.OPEN_HIT


def _rematch(database: Database, event: Event, status: ReviewStatus, plate: str | None = None) -> list[HitStatus]:
    """Match again as after a verdict that leaves the event so."""
    with database.transaction() as session:
        judged = session.get_one(Event, event.id)
        judged.review_status, judged.reviewed_plate = status, plate
        return [hit.status for hit in bolos.rematch(session, Matcher(), judged)]


def test_a_correction_to_a_wanted_plate_raises_a_hit(database: Database, list_id: UUID) -> None:
    _want(database, list_id)
    event = add_event(database, plate="XX99XXX", candidates=())

    assert _rematch(database, event, ReviewStatus.CORRECTED, "LS15EBC") == [HitStatus.UNVERIFIED]

    [hit] = _hits(database)
    assert (hit.plate, hit.reviewed, hit.alert) == ("LS15EBC", True, True)


def test_a_correction_away_withdraws_and_an_undo_restores(database: Database, list_id: UUID) -> None:
    _want(database, list_id)
    event = add_event(database, plate="LS15EBC")

    assert _rematch(database, event, ReviewStatus.CORRECTED, "XX99XXX") == [HitStatus.WITHDRAWN]
    assert _rematch(database, event, ReviewStatus.CORRECTED, "XX99XXX") == []
    assert _rematch(database, event, ReviewStatus.UNREVIEWED) == [HitStatus.UNVERIFIED]

    assert len(_hits(database)) == 1
    assert [(kind, data.get("status")) for kind, data in _announced(database)] == [
        ("bolo.matched", None),
        ("bolo.updated", "withdrawn"),
        ("bolo.updated", "unverified"),
    ]


def test_a_person_who_confirms_a_misread_withdraws_what_was_forgiven(database: Database, list_id: UUID) -> None:
    _want(database, list_id, tolerance=Tolerance.ONE_EDIT)
    event = add_event(database, plate="LS15EBX")
    assert _rematch(database, event, ReviewStatus.CONFIRMED) == [HitStatus.WITHDRAWN]


def test_a_rejected_event_loses_its_hits_but_not_what_people_said_of_them(database: Database, list_id: UUID) -> None:
    _want(database, list_id)
    dismissed = _want(database, list_id, pattern=r"LS15\w+", kind=BoloKind.REGEX)
    event = add_event(database, plate="LS15EBC")
    reviewer = add_user(database)
    with database.transaction() as session:
        page = hits.find(session, PageRequest("hits"), HitFilter(bolo_id=dismissed.id))
        hits.judge(session, reviewer, page.items[0].id, HitStatus.DISMISSED, "")

    assert _rematch(database, event, ReviewStatus.REJECTED) == [HitStatus.WITHDRAWN]

    assert {hit.bolo_id: hit.status for hit in _hits(database)}[dismissed.id] is HitStatus.DISMISSED


def test_when_an_alert_is_withdrawn_its_repeat_becomes_the_alert(database: Database, list_id: UUID) -> None:
    _want(database, list_id)
    upload = add_upload(database)
    first, *_ = [add_event(database, upload=upload, plate="LS15EBC", best_s=float(second)) for second in (0, 10, 20)]

    _rematch(database, first, ReviewStatus.CORRECTED, "XX99XXX")

    withdrawn, promoted, repeat = _hits(database)
    assert withdrawn.status is HitStatus.WITHDRAWN
    assert (promoted.alert, promoted.duplicate_of) == (True, None)
    assert (repeat.alert, repeat.duplicate_of) == (False, promoted.id)
    kind, data = _announced(database)[-1]
    assert (kind, data["match_id"], data["alert"]) == ("bolo.matched", str(promoted.id), True)
