from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from anpr.models import AuditRecord, Event, Role
from anpr.review.exports import builder
from anpr.settings import ExportSettings
from tests.archives import MemoryArchives
from tests.builders import add_event
from tests.functions.api.client import Api, Reply

WANTED = {"contents": ["csv"], "reason": "training of March"}


def reviewed(api: Api) -> Event:
    event = add_event(api.database)
    assert api.reviewer.post(f"/feedback/events/{event.id}", {"verdict": "confirmed"}).status == 201
    return event


def ask(api: Api, role: Role = Role.REVIEWER, **changes: Any) -> Reply:
    return api.as_role(role).post("/exports", {**WANTED, **changes})


def build(api: Api, export_id: str) -> None:
    store = MemoryArchives()
    builder.build(api.database, store, UUID(export_id), settings=ExportSettings(fetchers=1), remaining_s=lambda: 900.0)


def test_an_export_is_asked_for_followed_and_fetched(api: Api) -> None:
    reviewed(api)

    asked = ask(api)
    assert asked.status == 202
    export = asked.json()
    assert (export["status"], export["progress"], export["events"], export["available"]) == ("queued", 0.0, 1, False)
    assert "export.requested" in [told.type for told in api.bus.events]
    path = f"/exports/{export['id']}"
    assert api.reviewer.post(f"{path}/link").status == 409

    build(api, export["id"])
    ready = api.reviewer.get(path).json()
    assert (ready["status"], ready["progress"], ready["available"]) == ("ready", 1.0, True)
    assert ready["size_bytes"] > 0
    link = api.reviewer.post(f"{path}/link").json()["url"]
    assert f"exports/{export['id']}.zip" in link
    with api.database.transaction() as session:
        logged = session.execute(
            select(AuditRecord.action, AuditRecord.reason).where(AuditRecord.target == f"export:{export['id']}")
        ).all()
    assert [tuple(row) for row in logged] == [("export.requested", "training of March"), ("export.downloaded", None)]

    archive = f"exports/{export['id']}.zip"
    api.blobs.objects[archive] = b"zip"
    api.blobs.down = True
    assert api.reviewer.delete(path).status == 503
    assert api.reviewer.post(f"{path}/link").status == 409
    api.blobs.down = False
    withdrawn = api.reviewer.delete(path).json()
    assert archive not in api.blobs.objects
    assert withdrawn["available"] is False
    assert api.reviewer.post(f"{path}/link").status == 409


def test_only_its_owner_and_administrators_see_an_export(api: Api) -> None:
    reviewed(api)
    mine, theirs = ask(api).json()["id"], ask(api, Role.ADMIN).json()["id"]

    assert [one["id"] for one in api.reviewer.get("/exports").json()["items"]] == [mine]
    assert [one["id"] for one in api.admin.get("/exports").json()["items"]] == [theirs, mine]
    for reply in (
        api.reviewer.get(f"/exports/{theirs}"),
        api.reviewer.delete(f"/exports/{theirs}"),
        api.reviewer.post(f"/exports/{theirs}/link"),
        api.reviewer.get(f"/exports/{uuid4()}"),
    ):
        assert reply.status == 404


def test_a_bad_request_for_an_export_is_refused_in_words(api: Api) -> None:
    reviewed(api)
    bad: list[dict[str, Any]] = [
        {"reason": ""},
        {"contents": []},
        {"contents": ["pdf"]},
        {"contents": ["crops"], "statuses": ["rejected"]},
        {"captured_from": "2026-03-02T00:00:00"},
        {"captured_from": "2026-03-02T00:00:00Z", "captured_to": "2026-03-01T00:00:00Z"},
        {"captured_from": "2030-03-02T00:00:00Z"},
        {"validation_share": 0.9},
        {"camera": str(uuid4())},
    ]
    for change in bad:
        reply = ask(api, **change)
        assert reply.status == 422, change
        assert reply.json()["detail"]
    assert "confirmed and corrected" in ask(api, contents=["crops"], statuses=["rejected"]).json()["detail"]
    assert api.reviewer.get("/exports").json()["items"] == []


def test_an_export_of_too_many_events_is_refused(api: Api) -> None:
    for _ in range(6):
        reviewed(api)

    refused = ask(api)
    assert (refused.status, refused.json()["limit"]) == (422, 5)


def test_nobody_has_many_exports_in_the_making(api: Api) -> None:
    reviewed(api)
    for _ in range(3):
        assert ask(api).status == 202

    assert ask(api).status == 409
    assert ask(api, Role.ADMIN).status == 202
