from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text, update

from anpr.alerts import bolos
from anpr.capture import familiar, jobs, passages
from anpr.capture.familiar import FamiliarPlate
from anpr.capture.jobs import Claim
from anpr.db import Database
from anpr.models import Event, ReviewStatus, Upload
from tests.builders import add_upload, images_of, passage


def begin(database: Database, upload: Upload) -> Claim:
    with database.transaction() as session:
        held = jobs.claim(session, upload.id, uuid4(), stale_after=timedelta(0))
    assert isinstance(held, Claim)
    return held


def recorded(database: Database, upload: Upload, *plates: str, beyond_doubt: bool = True) -> None:
    held = begin(database, upload)
    with database.transaction() as session:
        for number, plate in enumerate(plates):
            one = passage(number, plate=plate, beyond_doubt=beyond_doubt)
            passages.record(session, held, one, images_of(held.upload_id, number), matcher=bolos.Matcher())


def known(database: Database, upload: Upload) -> tuple[FamiliarPlate, ...]:
    with database.transaction() as session:
        return familiar.plates_of(session, upload.camera_id)


def test_plates_beyond_doubt_are_familiar_the_latest_first(database: Database) -> None:
    upload = add_upload(database)
    recorded(database, upload, "LS34EBC")
    with database.transaction() as session:
        session.execute(update(Event).values(processed_at=func.now() - timedelta(hours=1)))
    recorded(database, upload, "LS34EBC", "KN56WXY")
    assert known(database, upload) == (FamiliarPlate("KN56WXY"), FamiliarPlate("LS34EBC"))


def test_a_plate_that_the_expectation_decided_is_not_learnt(database: Database) -> None:
    upload = add_upload(database)
    recorded(database, upload, "LS15EBC", beyond_doubt=False)
    assert known(database, upload) == ()


@pytest.mark.parametrize(
    ("status", "plate", "expected"),
    [
        (ReviewStatus.CONFIRMED, None, (FamiliarPlate("LS15EBC", "gb"),)),
        (ReviewStatus.CORRECTED, "LS16EBC", (FamiliarPlate("LS16EBC", "gb"),)),
        (ReviewStatus.REJECTED, None, ()),
    ],
)
@pytest.mark.parametrize("beyond_doubt", [True, False])
def test_a_persons_word_counts_before_the_machines(
    database: Database, status: ReviewStatus, plate: str | None, expected: tuple[FamiliarPlate, ...], beyond_doubt: bool
) -> None:
    upload = add_upload(database)
    recorded(database, upload, "LS15EBC", beyond_doubt=beyond_doubt)
    with database.transaction() as session:
        session.execute(update(Event).values(review_status=status, reviewed_plate=plate, reviewed_region_code="gb"))
    assert known(database, upload) == expected


def test_a_job_learns_what_its_camera_saw_before_it_came_in_every_run_alike(database: Database) -> None:
    earlier = add_upload(database)
    recorded(database, earlier, "LS34EBC")
    upload = add_upload(database, camera_id=earlier.camera_id)
    elsewhere = add_upload(database)
    first = begin(database, upload)
    recorded(database, elsewhere, "KN56WXY")
    recorded(database, upload, "WV78TUF")
    assert first.familiar == begin(database, upload).familiar == (FamiliarPlate("LS34EBC"),)


def test_what_is_familiar_is_looked_up_by_its_index(database: Database) -> None:
    upload = add_upload(database)
    recorded(database, upload, "LS34EBC")
    with database.transaction() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = session.execute(
            text(
                "EXPLAIN SELECT plate FROM events WHERE camera_id = :camera AND (beyond_doubt AND review_status ="
                " 'unreviewed' OR review_status IN ('confirmed', 'corrected')) ORDER BY processed_at DESC LIMIT 300"
            ),
            {"camera": upload.camera_id},
        )
        lines = [str(row[0]) for row in plan]
    assert any("ix_events_familiar" in line for line in lines)
    asked = str(select(Event.plate).where(Event.is_familiar))
    assert "beyond_doubt AND review_status = 'unreviewed' OR review_status IN ('confirmed', 'corrected')" in asked
