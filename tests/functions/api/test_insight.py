from datetime import UTC, datetime, timedelta

import pytest

from tests.builders import add_event, add_upload
from tests.functions.api.client import Api

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WEEK = {"captured_from": "2026-03-01T00:00:00Z", "captured_to": "2026-03-08T00:00:00Z"}


def test_traffic_by_hour_and_day(api: Api) -> None:
    upload = add_upload(api.database)
    for minutes in (0, 20, 70):
        add_event(api.database, upload=upload, captured_at=NOON + timedelta(minutes=minutes), readable=minutes != 20)
    hours = api.viewer.get("/insight/traffic", params=WEEK).json()["items"]
    assert [(one["start"], one["passages"], one["unreadable"]) for one in hours] == [
        ("2026-03-02T12:00:00Z", 2, 1),
        ("2026-03-02T13:00:00Z", 1, 0),
    ]
    [day] = api.viewer.get("/insight/traffic", params={**WEEK, "step": "day"}).json()["items"]
    assert (day["camera_id"], day["start"], day["passages"]) == (str(upload.camera_id), "2026-03-02T00:00:00Z", 3)


@pytest.mark.parametrize(
    "params",
    [
        {"captured_from": "2026-01-01T00:00:00Z", "captured_to": "2026-03-01T00:00:00Z"},
        {"captured_from": "2026-03-08T00:00:00Z", "captured_to": "2026-03-01T00:00:00Z"},
        {"captured_from": "2024-01-01T00:00:00Z", "captured_to": "2026-03-01T00:00:00Z", "step": "day"},
        {**WEEK, "step": "week"},
    ],
)
def test_times_that_cannot_be(api: Api, params: dict[str, str]) -> None:
    assert api.viewer.get("/insight/traffic", params=params).status == 422


def test_a_month_with_an_hour_more_is_a_month(api: Api) -> None:
    # October in Berlin.
    params = {"captured_from": "2026-09-30T22:00:00Z", "captured_to": "2026-10-31T23:00:00Z"}
    assert api.viewer.get("/insight/traffic", params=params).status == 200


def test_the_last_passages(api: Api) -> None:
    event = add_event(api.database, captured_at=NOON)
    [last] = api.viewer.get("/insight/last").json()["items"]
    assert last == {
        "camera_id": str(event.camera_id),
        "event_id": str(event.id),
        "captured_at": "2026-03-02T12:00:00Z",
    }
