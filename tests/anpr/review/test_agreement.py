from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import update

from anpr.alerts import bolos
from anpr.db import Database
from anpr.identity.scopes import CameraScope
from anpr.models import Camera, Event, RejectReason, Upload, Verdict
from anpr.review import agreement, verdicts
from anpr.review import queue as review_queue
from anpr.review.agreement import Agreement, AgreementQuery
from anpr.review.verdicts import Opinion
from tests.builders import add_event, add_upload, add_user

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
QUERY = AgreementQuery(MONDAY - timedelta(days=30), MONDAY + timedelta(days=30))
CONFIRM = Opinion(Verdict.CONFIRMED)
REJECT = Opinion(Verdict.REJECTED, reject_reason=RejectReason.UNREADABLE)


def judged(database: Database, upload: Upload, opinion: Opinion, at: datetime = MONDAY) -> Event:
    event = add_event(database, upload=upload, captured_at=at)
    with database.transaction() as session:
        verdicts.give(session, add_user(database), event.id, opinion, matcher=bolos.Matcher())
    return event


def figures(database: Database, query: AgreementQuery = QUERY, scope: CameraScope = None) -> list[Agreement]:
    with database.transaction() as session:
        return list(agreement.agreement(session, query, scope=scope))


def test_agreement_is_of_texts_and_of_characters(database: Database) -> None:
    upload = add_upload(database)
    judged(database, upload, CONFIRM)
    # One of seven characters was wrong.
    judged(database, upload, Opinion(Verdict.CORRECTED, plate="LS15EBG"))
    judged(database, upload, Opinion(Verdict.CORRECTED, plate="LS15EBC", region_code="IE"))
    judged(database, upload, REJECT)
    add_event(database, upload=upload, captured_at=MONDAY)

    (only,) = figures(database)
    assert (only.camera_id, only.week) == (upload.camera_id, date(2026, 3, 2))
    assert (only.confirmed, only.corrected, only.rejected) == (1, 2, 1)
    assert only.agreement == pytest.approx(2 / 3)
    assert only.character_agreement == pytest.approx((1 + 6 / 7 + 1) / 3)
    assert (only.second_opinions, only.disagreements) == (0, 0)


def test_a_week_of_rejections_has_no_share(database: Database) -> None:
    judged(database, add_upload(database), REJECT)

    (only,) = figures(database)
    assert (only.rejected, only.agreement, only.character_agreement) == (1, None, None)


def test_weeks_begin_on_monday_where_the_camera_is(database: Database) -> None:
    upload = add_upload(database)
    with database.transaction() as session:
        session.execute(update(Camera).where(Camera.id == upload.camera_id).values(time_zone="Pacific/Auckland"))
    # Sunday noon in London is Monday in Auckland.
    judged(database, upload, CONFIRM, MONDAY - timedelta(hours=11))
    judged(database, upload, CONFIRM, MONDAY - timedelta(hours=15))

    assert [one.week for one in figures(database)] == [date(2026, 2, 23), date(2026, 3, 2)]


def test_second_opinions_and_their_disagreements_are_counted(database: Database) -> None:
    upload = add_upload(database)
    for opinion in (CONFIRM, REJECT):
        event = judged(database, upload, CONFIRM)
        with database.transaction() as session:
            review_queue.ask_second_opinion(session, verdicts.person(add_user(database)), event.id, "", scope=None)
            verdicts.give(session, add_user(database), event.id, opinion, matcher=bolos.Matcher())

    (only,) = figures(database)
    assert (only.second_opinions, only.disagreements) == (2, 1)


def test_figures_keep_to_times_cameras_and_scope(database: Database) -> None:
    one, other = add_upload(database), add_upload(database)
    judged(database, one, CONFIRM)
    judged(database, other, CONFIRM, MONDAY + timedelta(days=30))

    assert [found.camera_id for found in figures(database)] == [one.camera_id]
    assert figures(database, AgreementQuery(MONDAY, MONDAY + timedelta(days=1), frozenset({other.camera_id}))) == []
    assert figures(database, scope=frozenset({uuid4()})) == []
