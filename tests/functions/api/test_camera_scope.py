"""A caller who is limited to one camera, before every route that shows or changes something of a camera's."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete

from anpr.governance import signing, usage
from anpr.models import Export, Role, UsageReport
from anpr.settings import LicenseSettings
from functions.api.access import Access
from tests.functions.api.client import RULES, Api, Client, Reply
from tests.functions.api.traces import TODAY, Trace, leave_trace

PERIOD = {"start": str(TODAY - timedelta(days=1)), "end": str(TODAY)}
WHY = {"reason": "case 12"}
YEAR = {"captured_from": "2026-01-01T00:00:00Z", "captured_to": "2026-12-31T00:00:00Z"}

# What the lists of a route need to be asked with; the others need nothing.
QUERIES: dict[str, dict[str, str]] = {
    "/usage": PERIOD,
    "/feedback/agreement": YEAR,
    "/insight/traffic": {**YEAR, "step": "day"},
}


@pytest.fixture
def traces(api: Api) -> tuple[Trace, Trace]:
    """What was left at a camera in scope, and at one out of scope; a reviewer is limited to the first."""
    list_id = api.admin.post("/bolos/lists", {"name": "stolen"}).json()["id"]
    own, other = leave_trace(api, list_id, "AB12CDE"), leave_trace(api, list_id, "AB12CDF")
    body = {"limited": True, "camera_ids": [str(own.camera_id)]}
    assert api.admin.request("PUT", f"/users/{api.users[Role.REVIEWER]}/cameras", body=body).status == 200
    return own, other


def test_no_route_shows_anything_of_a_camera_out_of_scope(api: Api, traces: tuple[Trace, Trace]) -> None:
    _, other = traces
    with api.database.transaction() as session:
        usage.close_months(session, datetime.now(UTC) + timedelta(days=40))
    told = []
    for (method, path), rule in RULES.items():
        if method != "GET" or rule.access not in (Access.VIEWER, Access.REVIEWER):
            continue
        if "{" in other.fill(path):
            continue  # A wanted plate or a list of them is of no camera.
        named = "{" in path and other.fill(path) != path
        reply = api.reviewer.get(other.fill(path), params=QUERIES.get(path))
        assert reply.status not in (401, 403, 422, 500), (path, reply.body)
        # A path that names it is not found, and says no more than what was asked.
        if (reply.status != 404) if named and "{month}" not in path else other.is_in(reply):
            told.append((path, reply.status))
    assert told == []


def test_figures_of_all_cameras_together_are_kept_from_who_is_limited(api: Api, traces: tuple[Trace, Trace]) -> None:
    own, _ = traces
    with api.database.transaction() as session:
        usage.close_months(session, datetime.now(UTC) + timedelta(days=40))
    _, issuer = signing.new_signing_key()
    licensing = LicenseSettings(public_keys=issuer, evaluation_cameras=2, evaluation_minutes=2)
    api = api.with_services(licensing=licensing)
    whole, part = (client.get("/licenses/current").json() for client in (api.admin, api.reviewer))
    assert [limit["used"] for limit in whole["limits"]] == [2, 2]
    assert len(whole["warnings"]) == 2
    assert part == {**whole, "limits": [{**limit, "used": None} for limit in whole["limits"]], "warnings": []}
    with api.database.transaction() as session:
        session.execute(delete(UsageReport).where(UsageReport.camera_id == own.camera_id))
    assert api.admin.get("/usage/reports").json()["items"] == [f"{TODAY:%Y-%m}"]
    assert api.reviewer.get("/usage/reports").json()["items"] == []


def test_a_refusal_by_the_licence_does_not_tell_what_all_cameras_used(api: Api, traces: tuple[Trace, Trace]) -> None:
    own, _ = traces
    _, issuer = signing.new_signing_key()
    licensing = LicenseSettings(public_keys=issuer, evaluation_cameras=1, evaluation_minutes=1)
    api = api.with_services(licensing=licensing)
    upload = {
        "file_name": "a.mp4",
        "content_type": "video/mp4",
        "size_bytes": 1,
        "camera_id": str(own.camera_id),
        "captured_at": "2026-05-01T08:30:00Z",
    }
    whole, part = (client.post("/uploads", upload) for client in (api.admin, api.reviewer))
    assert (whole.status, whole.json()["used"]) == (402, 2)
    assert (part.status, part.json()["used"], part.json()["allowed"]) == (402, None, 1)
    assert "2" not in part.json()["detail"].partition(".")[0]

    assert api.admin.patch(f"/cameras/{own.camera_id}", {"active": False}).status == 200
    machine = api.admin.post(
        "/auth/keys",
        {
            "name": "box",
            "role": "admin",
            "permissions": ["cameras:write"],
            "cameras": {"camera_ids": [str(own.camera_id)]},
        },
    )
    assert machine.status == 201, machine.body
    on = {"active": True}
    limited = Client(api.handler, machine.json()["key"]).patch(f"/cameras/{own.camera_id}", on)
    assert (limited.status, limited.json()["used"], limited.json()["allowed"]) == (402, None, 1)
    assert "1 are active" not in limited.body
    assert api.admin.patch(f"/cameras/{own.camera_id}", on).json()["used"] == 1


def test_what_is_in_scope_is_shown_by_the_same_routes(api: Api, traces: tuple[Trace, Trace]) -> None:
    own, _ = traces
    shown = {
        path
        for (method, path), rule in RULES.items()
        if method == "GET"
        and rule.access in (Access.VIEWER, Access.REVIEWER)
        and own.is_in(api.reviewer.get(own.fill(path), params=QUERIES.get(path)))
    }
    assert shown >= {
        "/cameras",
        "/cameras/{camera_id}",
        "/uploads",
        "/uploads/{upload_id}",
        "/jobs",
        "/jobs/{job_id}",
        "/events",
        "/events/{event_id}",
        "/bolos/hits",
        "/bolos/hits/{hit_id}",
        "/feedback/events/{event_id}",
        "/feedback/agreement",
        "/insight/last",
        "/insight/traffic",
        "/usage",
    }


def attempts(client: Client, trace: Trace) -> dict[str, Reply]:
    """Every change that a reviewer can make to something of a camera's."""
    verdict = {"verdict": "rejected", "reject_reason": "unreadable"}
    upload = {
        "file_name": "a.mp4",
        "content_type": "video/mp4",
        "size_bytes": 1,
        "camera_id": str(trace.camera_id),
        "captured_at": "2026-05-01T08:30:00Z",
    }
    return {
        "upload": client.post("/uploads", upload),
        "watch": client.post(f"/uploads/{trace.upload_id}/link", WHY),
        "retry": client.post(f"/jobs/{trace.job_id}/retry"),
        "verdict": client.post(f"/feedback/events/{trace.event_id}", verdict),
        "claim": client.request("PUT", f"/feedback/events/{trace.event_id}/claim"),
        "release": client.delete(f"/feedback/events/{trace.event_id}/claim"),
        "second opinion": client.post(f"/feedback/events/{trace.event_id}/second-opinion", {}),
        "undo": client.post(f"/feedback/verdicts/{trace.verdict_id}/undo"),
        "judge": client.patch(f"/bolos/hits/{trace.hit_id}", {"status": "dismissed"}),
        "export": client.post("/exports", {**WHY, "camera_ids": [str(trace.camera_id)]}),
        "link": client.post(f"/exports/{trace.export_id}/link"),
        "withdraw": client.delete(f"/exports/{trace.export_id}"),
    }


def test_nothing_of_a_camera_out_of_scope_can_be_changed(api: Api, traces: tuple[Trace, Trace]) -> None:
    _, other = traces
    statuses = {what: reply.status for what, reply in attempts(api.reviewer, other).items()}
    assert statuses == dict.fromkeys(statuses, 404)


def test_lists_of_work_and_searches_keep_to_the_scope(api: Api, traces: tuple[Trace, Trace]) -> None:
    own, other = traces
    pattern = {"pattern": "AB12*", "kind": "wildcard", **WHY}
    preview = api.reviewer.post("/bolos/preview", pattern)
    assert preview.status == 200, preview.body
    assert own.is_in(preview)
    assert not other.is_in(preview)
    search = api.reviewer.get("/events", params={"plate": "AB12*", **WHY})
    assert [item["id"] for item in search.json()["items"]] == [str(own.event_id)]
    claimed = api.reviewer.post("/feedback/claims", {"count": 20})
    assert not other.is_in(claimed)
    export = api.reviewer.post("/exports", WHY)
    assert export.status == 202, export.body
    with api.database.transaction() as session:
        assert session.get_one(Export, UUID(export.json()["id"])).camera_ids == [own.camera_id]


def test_searching_back_and_removing_tell_nothing_of_other_cameras(api: Api, traces: tuple[Trace, Trace]) -> None:
    own, other = traces
    list_id = api.admin.post("/bolos/lists", {"name": "wanted"}).json()["id"]
    found = {}
    for plate in ("AB12CDE", "AB12CDF", "ZZ99ZZZ"):
        entry = api.reviewer.post("/bolos", {"list_id": list_id, "pattern": plate}).json()["id"]
        searched = api.reviewer.post(f"/bolos/{entry}/back-search", {"days": 2, **WHY})
        assert searched.status == 200, searched.body
        found[plate] = searched.json()["matched"], api.reviewer.delete(f"/bolos/{entry}").status
    assert found == {"AB12CDE": (1, 403), "AB12CDF": (0, 403), "ZZ99ZZZ": (0, 403)}
    [hit] = api.reviewer.get("/bolos/hits", params={"list_id": list_id}).json()["items"]
    assert hit["event"]["id"] == str(own.event_id)
    hits = api.admin.get("/bolos/hits", params={"list_id": list_id})
    assert not other.is_in(hits)
