from datetime import timedelta
from hashlib import sha256
from uuid import uuid4

import pytest
from sqlalchemy import select

from anpr.alerts import bolos
from anpr.capture import jobs, passages
from anpr.capture.jobs import Claim
from anpr.db import Database
from anpr.models import Event, OutboxMessage, Upload
from tests.builders import CAPTURED_AT, add_upload, images_of, passage, reload


def begin(database: Database, upload: Upload) -> Claim:
    with database.transaction() as session:
        held = jobs.claim(session, upload.id, uuid4(), stale_after=timedelta(0))
    assert isinstance(held, Claim)
    return held


def test_a_passage_is_stored_as_it_was_read(database: Database) -> None:
    upload = add_upload(database)
    held = begin(database, upload)

    with database.transaction() as session:
        assert passages.record(session, held, passage(7), images_of(held.upload_id, 7), matcher=bolos.Matcher())

    with database.transaction() as session:
        event = session.scalars(select(Event)).one()
        outbox = session.scalars(select(OutboxMessage)).one()
    assert (event.upload_id, event.camera_id, event.passage_no) == (upload.id, upload.camera_id, 7)
    assert (event.plate, event.plate_key, event.raw_plate) == ("LS15EBC", "1515E8C", "LS15 EBC")
    assert (event.region_code, event.region_score) == ("gb", 0.9)
    assert (event.box_xmin, event.box_ymin, event.box_xmax, event.box_ymax) == (10, 20, 110, 45)
    assert event.candidates == [{"plate": "LS15EBC", "score": 0.97}, {"plate": "LS15E8C", "score": 0.02}]
    assert event.captured_at == CAPTURED_AT + timedelta(seconds=0.5)
    assert event.first_seen_at == CAPTURED_AT + timedelta(seconds=0.1)
    assert event.last_seen_at == CAPTURED_AT + timedelta(seconds=1)
    assert event.crop_key == f"crops/{upload.id}/000007-{sha256(b'crop').hexdigest()}.jpg"
    assert (outbox.type, outbox.subject) == ("event.created", str(event.id))
    assert (outbox.data["event_id"], outbox.data["plate"]) == (str(event.id), "LS15EBC")


def test_a_second_run_records_only_what_the_first_did_not(database: Database) -> None:
    upload = add_upload(database)
    first = begin(database, upload)
    with database.transaction() as session:
        passages.record(session, first, passage(0), images_of(first.upload_id, 0), matcher=bolos.Matcher())
        passages.record(
            session,
            first,
            passage(1, plate="A?C", readable=False),
            images_of(first.upload_id, 1),
            matcher=bolos.Matcher(),
        )

    second = begin(database, upload)
    with database.transaction() as session:
        new = [
            passages.record(
                session, second, passage(number), images_of(second.upload_id, number), matcher=bolos.Matcher()
            )
            for number in range(4)
        ]

    assert new == [False, False, True, True]
    with database.transaction() as session:
        assert session.scalars(select(Event.passage_no).order_by(Event.passage_no)).all() == [0, 1, 2, 3]
        assert session.scalars(select(Event.plate).order_by(Event.passage_no)).all()[1] == "A?C"
        assert len(session.scalars(select(OutboxMessage)).all()) == 4
    now = reload(database, upload)
    assert (now.events_count, now.unreadable_count) == (4, 1)


@pytest.mark.parametrize(("plate", "key"), [("A?12", "A?12"), ("?", "?"), ("", ""), ("B?0", "8?0")])
def test_an_unsure_character_stays_one_in_the_key(database: Database, plate: str, key: str) -> None:
    held = begin(database, add_upload(database))

    with database.transaction() as session:
        passages.record(
            session,
            held,
            passage(0, plate=plate, readable=False, region=None),
            images_of(held.upload_id, 0),
            matcher=bolos.Matcher(),
        )
        assert session.scalars(select(Event.plate_key)).one() == key
