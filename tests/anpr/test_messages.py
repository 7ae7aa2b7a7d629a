import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.messages import (
    CloudEvent,
    JobRequest,
    UnknownMessage,
    crop_key,
    frame_key,
    upload_id_of,
    upload_ids_of,
    upload_key,
)

ID = UUID("6f1d4d3c-3b8f-4d7a-9d53-2a5a6f0f8d11")
OTHER = UUID("11111111-2222-4333-8444-555555555555")


def notification(*keys: object) -> str:
    return json.dumps(
        {"Records": [{"eventName": "ObjectCreated:Post", "s3": {"object": {"key": key}}} for key in keys]}
    )


def test_keys_are_made_of_the_upload_and_the_passage() -> None:
    assert upload_key(ID) == f"uploads/{ID}/source"
    assert crop_key(ID, 7, "ab") == f"crops/{ID}/000007-ab.jpg"
    assert frame_key(ID, 7, "cd") == f"frames/{ID}/000007-cd.jpg"


@given(st.uuids())
def test_an_upload_is_found_by_its_key(upload_id: UUID) -> None:
    assert upload_id_of(upload_key(upload_id)) == upload_id


@pytest.mark.parametrize(
    "key",
    [
        "",
        "uploads/",
        f"uploads/{ID}",
        f"uploads/{ID}/other",
        f"crops/{ID}/source",
        f"x/uploads/{ID}/source",
        "uploads/1/source",
    ],
)
def test_other_keys_are_of_no_upload(key: str) -> None:
    assert upload_id_of(key) is None


def test_a_notification_names_its_uploads_in_order() -> None:
    assert upload_ids_of(notification(upload_key(OTHER), upload_key(ID))) == [OTHER, ID]


def test_keys_in_notifications_are_escaped() -> None:
    assert upload_ids_of(notification(upload_key(ID).replace("/", "%2F").replace("-", "%2D"))) == [ID]


def test_a_notification_may_name_other_objects_too() -> None:
    assert upload_ids_of(notification("uploads/readme+file.txt", upload_key(ID))) == [ID]


def test_a_job_request_names_its_upload() -> None:
    assert upload_ids_of(JobRequest(upload_id=ID).model_dump_json()) == [ID]


def test_the_test_event_asks_for_nothing() -> None:
    assert upload_ids_of('{"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"}') == []


@pytest.mark.parametrize(
    "body",
    [
        "",
        "hello",
        "[]",
        "null",
        "{}",
        '{"upload_id": "1"}',
        json.dumps({"upload_id": str(ID), "more": 1}),
        '{"Records": null}',
        '{"Records": []}',
        '{"Records": [{}]}',
        notification("uploads/readme.txt"),
        '{"Event": "s3:Other"}',
    ],
)
def test_anything_else_is_unknown(body: str) -> None:
    with pytest.raises(UnknownMessage):
        upload_ids_of(body)


@pytest.mark.parametrize("key", [None, 7, [], {}])
def test_a_key_that_is_no_text_is_unknown(key: object) -> None:
    with pytest.raises(UnknownMessage):
        upload_ids_of(notification(key))


def test_an_event_is_a_cloud_event() -> None:
    event = CloudEvent(
        id=ID, type="event.created", subject="7", time=datetime(2026, 3, 1, 12, tzinfo=UTC), data={"plate": "AB1"}
    )

    assert json.loads(event.model_dump_json()) == {
        "specversion": "1.0",
        "id": str(ID),
        "source": "anpr",
        "type": "event.created",
        "subject": "7",
        "time": "2026-03-01T12:00:00Z",
        "datacontenttype": "application/json",
        "data": {"plate": "AB1"},
    }
