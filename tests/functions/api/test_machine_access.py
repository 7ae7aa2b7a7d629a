"""Callers that are limited: machines by their keys' permissions, users to cameras, everybody in how often they call."""

import re
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest

from anpr.audit import Actor
from anpr.identity import apikeys
from anpr.identity.apikeys import NewApiKey
from anpr.identity.camera_limits import Grants
from anpr.identity.principals import Principal
from anpr.models import Role
from anpr.settings import RateLimitSettings
from functions.api.access import Access
from functions.api.access_table import key_permissions
from functions.api.key_uses import KeyRights, never_usable
from tests.builders import add_event
from tests.functions.api.client import PASSWORD, RULES, Api, Client

PERMISSIONS = key_permissions()
LOGIN = {"email": "viewer@example.org", "password": PASSWORD}
WRONG = {**LOGIN, "password": "not the password"}


def make_key(api: Api, **changes: Any) -> tuple[str, Client]:
    body = {"name": "box 7", "role": "reviewer", "permissions": ["uploads:write", "jobs:read", "events:read"]}
    made = api.admin.post("/auth/keys", body | changes)
    assert made.status == 201, made.body
    return made.json()["id"], Client(api.handler, made.json()["key"])


def older_key(api: Api, *, cameras: Grants | None = None, **changes: Any) -> Client:
    """A key as they could be made once: with permissions that it can never use."""
    new = {"name": "box 7", "role": Role.REVIEWER, "permissions": PERMISSIONS} | changes
    with api.database.transaction() as session:
        owner = Principal(Actor(api.users[Role.ADMIN], "admin@example.org"), Role.ADMIN)
        _, key = apikeys.create(session, owner, NewApiKey(**new, cameras=cameras), grantable=PERMISSIONS)
    return Client(api.handler, key)


def limit(api: Api, role: Role, *camera_ids: UUID) -> None:
    body = {"limited": True, "camera_ids": [str(camera_id) for camera_id in camera_ids]}
    assert api.admin.request("PUT", f"/users/{api.users[role]}/cameras", body=body).status == 200


def test_a_key_does_what_it_is_for_and_no_more(api: Api) -> None:
    """Every route by a key of an administrator's that is for uploads, jobs and events."""
    _, machine = make_key(api, role="admin")
    allowed = set()
    for (method, path), rule in RULES.items():
        if rule.access is Access.PUBLIC:
            continue
        status = machine.request(method, path.replace("{", "").replace("}", "")).status
        assert status != 401, (method, path)
        if status != 403:
            allowed.add((method, path))
    assert allowed == {
        ("POST", "/uploads"),
        ("POST", "/uploads/{upload_id}/complete"),
        ("GET", "/jobs"),
        ("GET", "/jobs/{job_id}"),
        ("GET", "/events"),
        ("GET", "/events/{event_id}"),
        ("GET", "/insight/traffic"),
        ("GET", "/insight/last"),
    }


def filled(path: str) -> str:
    return re.sub(r"\{\w+\}", lambda _name: str(uuid4()), path)


def for_machines() -> dict[tuple[str, str], frozenset[str]]:
    """The routes that a key can be made for, with what it must be permitted."""
    return {route: rule.keys for route, rule in RULES.items() if rule.keys}


def test_a_key_may_be_permitted_what_some_route_needs_and_nothing_else() -> None:
    assert frozenset[str]().union(*for_machines().values()) == PERMISSIONS


def test_a_key_needs_each_permission_of_a_route(api: Api) -> None:
    keys = {kept: make_key(api, role="admin", permissions=sorted(kept))[1] for kept in set(for_machines().values())}
    without = {gone: make_key(api, role="admin", permissions=sorted(PERMISSIONS - {gone}))[1] for gone in PERMISSIONS}
    wrong = []
    for (method, path), permissions in for_machines().items():
        if keys[permissions].request(method, filled(path)).status in (401, 403):
            wrong.append((method, path, "refused with all that it needs"))
        wrong += [
            (method, path, f"let in without {gone}")
            for gone in permissions
            if without[gone].request(method, filled(path)).status != 403
        ]
    assert wrong == []


def test_what_only_people_do_is_refused_to_a_key_with_every_permission(api: Api) -> None:
    _, machine = make_key(api, role="admin", permissions=sorted(PERMISSIONS))
    routes = [route for route, rule in RULES.items() if rule.access is not Access.PUBLIC and not rule.keys]
    assert routes
    assert {machine.request(method, filled(path)).status for method, path in routes} == {403}


def test_passages_are_given_to_nobody_who_may_only_write_wanted_plates(api: Api) -> None:
    body = {"pattern": "B17*", "kind": "wildcard", "reason": "case 12"}
    _, writer = make_key(api, permissions=["bolos:write"])
    _, reader = make_key(api, permissions=["bolos:write", "events:read"])
    assert writer.post("/bolos/preview", body).status == 403
    assert "events:read" in writer.post("/bolos/preview", body).json()["detail"]
    assert reader.post("/bolos/preview", body).status == 200


def test_passages_are_sent_to_nobody_by_who_may_only_write_webhooks_or_wanted_plates(api: Api) -> None:
    """Each door through which passages leave, with all that its own resource permits."""
    list_id = api.admin.post("/bolos/lists", {"name": "stolen"}).json()["id"]
    hit = add_event(api.database, plate="AB12CDE")
    _, writer = make_key(
        api, role="admin", permissions=["bolos:read", "bolos:write", "exports:write", "webhooks:read", "webhooks:write"]
    )
    entry = {"list_id": list_id, "pattern": hit.plate}
    made = writer.post("/bolos", entry)
    assert made.status == 201, made.body
    bolo_id = made.json()["id"]
    subscription = {"channel": "email", "address": "somebody@example.org"}
    doors = {
        "webhook": writer.post("/webhooks", {"url": "https://example.org/hook"}),
        "another address": writer.patch(f"/webhooks/{uuid4()}", {"url": "https://example.org/hook"}),
        "replay": writer.post(f"/webhooks/{uuid4()}/deliveries/{uuid4()}/replay"),
        "subscription": writer.post(f"/bolos/lists/{list_id}/subscriptions", subscription),
        "search back": writer.post(f"/bolos/{bolo_id}/back-search", {"reason": "case 12"}),
        "search back at once": writer.post(
            "/bolos", {**entry, "case_number": "7", "search_back_days": 7, "reason": "case 12"}
        ),
        "removal": writer.delete(f"/bolos/{bolo_id}"),
        "removal of a list": writer.delete(f"/bolos/lists/{list_id}"),
        "export": writer.post("/exports", {"reason": "case 12"}),
        "archive": writer.post(f"/exports/{uuid4()}/link"),
    }
    refused = {what: (reply.status, "events:read" in reply.body) for what, reply in doors.items()}
    assert refused == dict.fromkeys(doors, (403, True))
    assert [item["id"] for item in writer.get("/bolos").json()["items"]] == [bolo_id]


def test_a_key_is_told_that_what_is_peoples_is_not_a_matter_of_permissions(api: Api) -> None:
    _, machine = make_key(api, role="admin", permissions=sorted(PERMISSIONS))
    for path in ("/users/me", "/admin/audit", "/licenses/current", "/auth/keys"):
        assert machine.get(path).json()["detail"] == "Only a person may do that; an API key may not.", path


def test_what_is_of_every_camera_is_refused_to_who_is_limited(api: Api) -> None:
    """The rest of the routes, where what is asked for is of some camera, are walked in test_camera_scope."""
    camera_id = add_event(api.database).camera_id
    machine = older_key(api, role=Role.ADMIN, cameras=Grants(camera_ids=frozenset({camera_id})))
    routes = [route for route in for_machines() if RULES[route].everywhere]
    assert {path.split("/")[1] for _, path in routes} == {"bolos", "cameras", "metrics", "webhooks"}
    assert [route for route in routes if machine.request(route[0], filled(route[1])).status != 403] == []
    body = {"name": "own", "camera_ids": [str(camera_id)]}
    assert machine.post("/cameras/groups", body).status == 403
    assert machine.get("/cameras").status == 200


def test_a_monitoring_system_may_be_given_the_counters_and_nothing_else(api: Api) -> None:
    _, scraper = make_key(api, role="admin", permissions=["metrics:read"])

    assert scraper.get("/metrics").status == 200
    assert [scraper.get(path).status for path in ("/jobs", "/events", "/users", "/admin/health")] == [403] * 4


def test_a_key_may_come_in_a_header_of_its_own(api: Api) -> None:
    _, machine = make_key(api)
    assert machine.token is not None
    assert api.anonymous.get("/jobs", headers={"x-api-key": machine.token}).status == 200
    token = api.token(api.users[Role.ADMIN])
    assert api.anonymous.get("/jobs", headers={"x-api-key": token}).status == 401


def test_a_keys_role_still_counts(api: Api) -> None:
    machine = older_key(api, role=Role.VIEWER, permissions=frozenset({"uploads:write", "uploads:read"}))
    assert machine.get("/uploads").status == 200
    assert machine.post("/uploads", {}).status == 403


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (
            {"role": "viewer", "permissions": ["jobs:read", "uploads:write"]},
            "uploads:write takes the role reviewer",
        ),
        ({"role": "reviewer", "permissions": ["webhooks:read"]}, "webhooks:read takes the role admin"),
        (
            {"role": "admin", "permissions": ["metrics:read"], "cameras": {"camera_ids": []}},
            "metrics:read takes every camera, and the key is limited to some",
        ),
        (
            {"role": "admin", "permissions": ["webhooks:write", "events:read"], "cameras": {"camera_ids": []}},
            "webhooks:write takes every camera, and the key is limited to some",
        ),
    ],
)
def test_a_key_is_not_made_for_what_it_could_never_do(api: Api, asked: dict[str, Any], words: str) -> None:
    refused = api.admin.post("/auth/keys", {"name": "box 7", **asked})

    assert refused.status == 422
    assert words in refused.json()["detail"]
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/permissions"]
    assert api.admin.get("/auth/keys").json()["items"] == []


def test_each_permission_can_be_used_by_some_key_and_every_key_that_is_made_can_use_each(api: Api) -> None:
    """What the check lets through, some route lets in; what it refuses, every route refuses."""
    cameras = Grants(camera_ids=frozenset({add_event(api.database).camera_id}))
    wrong = []
    for permission, role, limited in product(sorted(PERMISSIONS), Role, (False, True)):
        machine = older_key(api, role=role, permissions=frozenset({permission}), cameras=cameras if limited else None)
        let_in = any(
            machine.request(method, filled(path)).status != 403
            for (method, path), needs in for_machines().items()
            if permission in needs
        )
        if let_in == bool(never_usable(KeyRights(role, frozenset({permission}), limited))):
            wrong.append((permission, role, limited))
    assert wrong == []


def test_a_revoked_key_is_out_at_once(api: Api) -> None:
    key_id, machine = make_key(api)
    assert machine.get("/jobs").status == 200
    assert api.admin.delete(f"/auth/keys/{key_id}").status == 204
    assert machine.get("/jobs").status == 401
    [listed] = api.admin.get("/auth/keys").json()["items"]
    assert listed["revoked_at"] is not None
    assert listed["last_used_at"] is not None
    assert "key" not in listed


def test_what_a_machine_does_is_on_record_under_its_name(api: Api) -> None:
    _, machine = make_key(api)
    machine.get("/events", params={"plate": "B172WAW", "reason": "case 12"})
    [record] = api.admin.get("/admin/audit", params={"action": "plate.searched"}).json()["items"]
    assert record["actor"] == "admin@example.org (key box 7)"


def test_a_user_who_is_limited_sees_these_cameras_everywhere(api: Api) -> None:
    seen, unseen = add_event(api.database), add_event(api.database)
    for role in (Role.VIEWER, Role.REVIEWER):
        limit(api, role, seen.camera_id)
    for client in (api.viewer, api.reviewer):
        for path, own in (
            ("/cameras", seen.camera_id),
            ("/uploads", seen.upload_id),
            ("/jobs", seen.upload_id),
            ("/events", seen.id),
        ):
            assert [item["id"] for item in client.get(path).json()["items"]] == [str(own)], path
        for path, own, other in (
            ("/cameras", seen.camera_id, unseen.camera_id),
            ("/uploads", seen.upload_id, unseen.upload_id),
            ("/jobs", seen.upload_id, unseen.upload_id),
            ("/events", seen.id, unseen.id),
        ):
            assert client.get(f"{path}/{own}").status == 200, path
            assert client.get(f"{path}/{other}").status == 404, path
    search = {"plate": seen.plate, "reason": "case 12"}
    assert len(api.viewer.get("/events", params=search).json()["items"]) == 1
    assert api.viewer.get("/events", params={"camera_id": str(unseen.camera_id)}).status == 404
    assert api.reviewer.post(f"/jobs/{unseen.upload_id}/retry").status == 404
    body = {
        "file_name": "a.mp4",
        "content_type": "video/mp4",
        "size_bytes": 1,
        "captured_at": "2026-05-01T08:30:00Z",
        "camera_id": str(unseen.camera_id),
    }
    assert api.reviewer.post("/uploads", body).status == 404
    assert len(api.admin.get("/events").json()["items"]) == 2


def test_a_limit_by_group_is_shown_changed_and_lifted(api: Api) -> None:
    one, other = add_event(api.database), add_event(api.database)
    group = api.admin.post("/cameras/groups", {"name": "north", "camera_ids": [str(one.camera_id)]}).json()
    url = f"/users/{api.users[Role.VIEWER]}/cameras"
    assert api.admin.get(url).json()["limited"] is False
    assert api.admin.request("PUT", url, body={"limited": True, "group_ids": [group["id"]]}).json() == {
        "limited": True,
        "camera_ids": [],
        "group_ids": [group["id"]],
    }

    def events() -> list[str]:
        return [item["id"] for item in api.viewer.get("/events").json()["items"]]

    assert events() == [str(one.id)]
    api.admin.request("PUT", f"/cameras/groups/{group['id']}", body={"camera_ids": [str(other.camera_id)]})
    assert events() == [str(other.id)]
    assert api.admin.delete(f"/cameras/groups/{group['id']}").status == 204
    assert events() == []
    assert api.admin.get("/cameras/groups").json()["items"] == []
    assert api.admin.request("PUT", url, body={"limited": False}).status == 200
    assert len(events()) == 2
    contradiction = {"limited": False, "camera_ids": [str(one.camera_id)]}
    assert api.admin.request("PUT", url, body=contradiction).status == 422


def test_guessing_a_password_is_slowed_down(api: Api) -> None:
    api = api.with_services(rates=RateLimitSettings(logins_per_account=3))
    assert [api.anonymous.post("/auth/login", WRONG).status for _ in range(3)] == [401] * 3
    refused = api.anonymous.post("/auth/login", LOGIN)
    assert refused.status == 429
    assert 0 < int(refused.headers["retry-after"]) <= 300
    upper = {**LOGIN, "email": "VIEWER@example.org"}
    assert api.anonymous.post("/auth/login", upper).status == 429
    assert api.anonymous.post("/auth/login", {**LOGIN, "email": "admin@example.org"}).status == 200


def test_an_attempt_that_succeeds_does_not_count(api: Api) -> None:
    api = api.with_services(rates=RateLimitSettings(logins_per_account=2, logins_per_address=3))
    attempts = (WRONG, LOGIN, WRONG, LOGIN, LOGIN)
    assert [api.anonymous.post("/auth/login", body).status for body in attempts] == [401, 200, 401, 200, 200]


def log_in(api: Api, address: str, body: dict[str, str] = LOGIN) -> int:
    return api.anonymous.post("/auth/login", body, address=address).status


def test_a_stranger_locks_nobody_out(api: Api) -> None:
    api = api.with_services(rates=RateLimitSettings(logins_per_account=3))
    assert [log_in(api, "198.51.100.7", WRONG) for _ in range(5)] == [401] * 3 + [429] * 2
    assert log_in(api, "198.51.100.7") == 429
    assert log_in(api, "192.0.2.9") == 200


def test_strangers_at_many_addresses_are_slowed_down_and_lock_nobody_out_where_they_were_before(api: Api) -> None:
    api = api.with_services(rates=RateLimitSettings(logins_per_account_anywhere=5))
    assert log_in(api, "192.0.2.9") == 200
    assert [log_in(api, f"198.51.100.{number}", WRONG) for number in range(7)] == [401] * 5 + [429] * 2
    assert log_in(api, "192.0.2.9", {**LOGIN, "email": "VIEWER@example.org"}) == 200
    assert log_in(api, "192.0.2.10") == 429
    assert log_in(api, "192.0.2.10", {**LOGIN, "email": "admin@example.org"}) == 200


def test_an_address_that_is_known_may_not_guess_for_ever(api: Api) -> None:
    api = api.with_services(rates=RateLimitSettings(logins_per_account=3, logins_per_account_anywhere=1))
    assert log_in(api, "192.0.2.9") == 200
    assert [log_in(api, "192.0.2.9", WRONG) for _ in range(4)] == [401] * 3 + [429]


def test_a_login_that_succeeds_does_not_use_up_what_strangers_may(api: Api) -> None:
    api = api.with_services(rates=RateLimitSettings(logins_per_account_anywhere=2))
    assert [log_in(api, f"192.0.2.{number}") for number in range(4)] == [200] * 4


def test_one_who_guesses_has_one_allowance_whatever_the_addresses_of_the_same_network(api: Api) -> None:
    api = api.with_services(rates=RateLimitSettings(logins_per_account=3))
    assert [log_in(api, f"2001:db8::{number:x}", WRONG) for number in range(5)] == [401] * 3 + [429] * 2
    assert log_in(api, "2001:db8:0:1::1") == 200
    assert [log_in(api, address, WRONG) for address in ("192.0.2.1", "::ffff:192.0.2.1") * 2] == [401] * 3 + [429]


def test_guessing_many_accounts_from_one_address_is_slowed_down(api: Api) -> None:
    api = api.with_services(rates=RateLimitSettings(logins_per_address=3))
    guesses = [{"email": f"{uuid4()}@example.org", "password": "not the password"} for _ in range(4)]
    assert [api.anonymous.post("/auth/login", guess).status for guess in guesses] == [401, 401, 401, 429]


def test_harvesting_is_slowed_down_for_each_account(api: Api) -> None:
    api = api.with_services(rates=RateLimitSettings(searches_per_account=2))
    assert [api.viewer.get("/events").status for _ in range(3)] == [200, 200, 429]
    assert api.reviewer.get("/events").status == 200
    assert api.viewer.get("/cameras").status == 200


def test_harvesting_is_slowed_down_for_each_address(api: Api) -> None:
    api = api.with_services(rates=RateLimitSettings(searches_per_address=2))
    statuses = [client.get("/events").status for client in (api.viewer, api.reviewer, api.admin)]
    assert statuses == [200, 200, 429]


def test_no_limit_where_none_is_set(api: Api) -> None:
    api = api.with_services(
        rates=RateLimitSettings(
            logins_per_account=0,
            logins_per_account_anywhere=0,
            logins_per_address=0,
            searches_per_account=0,
            searches_per_address=0,
        )
    )
    assert {api.viewer.get("/events").status for _ in range(3)} == {200}
    assert api.anonymous.post("/auth/login", LOGIN).status == 200
