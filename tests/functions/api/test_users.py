from itertools import pairwise
from uuid import uuid4

import pytest

from anpr.models import Role
from anpr.settings import RateLimitSettings
from tests.functions.api.client import PASSWORD, Api, Client

NEW = {"email": "ana@example.org", "password": "a long enough one", "role": "reviewer", "full_name": "Ana Ionescu"}


def test_a_new_user_can_log_in_and_is_listed(api: Api) -> None:
    made = api.admin.post("/users", NEW)
    assert made.status == 201
    assert {name: made.json()[name] for name in ("email", "role", "full_name", "active")} == {
        "email": "ana@example.org",
        "role": "reviewer",
        "full_name": "Ana Ionescu",
        "active": True,
    }
    assert "password" not in made.body

    assert api.anonymous.post("/auth/login", {"email": NEW["email"], "password": NEW["password"]}).status == 200
    assert api.admin.get(f"/users/{made.json()['id']}").json()["email"] == "ana@example.org"
    listed = api.admin.get("/users").json()
    assert listed["items"][0]["email"] == "ana@example.org"
    assert len(listed["items"]) == 4


def test_an_email_address_has_one_account_in_any_case(api: Api) -> None:
    api.admin.post("/users", NEW)
    assert api.admin.post("/users", {**NEW, "email": "ANA@example.org"}).status == 409


def test_a_bad_account_is_refused_where_it_is_bad(api: Api) -> None:
    bad: list[tuple[dict[str, object], str]] = [
        ({"password": "short"}, "/password"),
        ({"password": "x" * 257}, "/password"),
        ({"email": "ana"}, "/email"),
        ({"email": "ana@@example.org"}, "/email"),
        ({"email": "a\u0000na@example.org"}, "/email"),
        ({"role": "root"}, "/role"),
        ({"full_name": "An\u0000a"}, "/full_name"),
        ({"full_name": "two\nlines"}, "/full_name"),
        ({"superuser": True}, "/superuser"),
        ({"password": "half a pair: \ud800"}, "/password"),
    ]
    for change, pointer in bad:
        reply = api.admin.post("/users", {**NEW, **change})
        assert reply.status == 422, change
        assert [error["pointer"] for error in reply.json()["errors"]] == [pointer], change
    assert len(api.admin.get("/users").json()["items"]) == len(Role)


@pytest.mark.parametrize("change", [{"active": False}, {"role": "viewer"}])
def test_the_last_active_administrator_stays(api: Api, change: dict[str, object]) -> None:
    admin = f"/users/{api.users[Role.ADMIN]}"
    assert api.admin.patch(admin, change).status == 409
    assert api.admin.get(admin).json()["role"] == "admin"

    other = api.admin.post("/users", {**NEW, "role": "admin"}).json()["id"]
    assert api.admin.patch(admin, change).status == 200
    assert Client(api.handler, api.token(other)).patch(f"/users/{other}", {"active": False}).status == 409


def test_a_change_is_kept_and_nothing_else(api: Api) -> None:
    viewer = f"/users/{api.users[Role.VIEWER]}"
    changed = api.admin.patch(viewer, {"full_name": "V."}).json()
    assert (changed["full_name"], changed["role"], changed["active"]) == ("V.", "viewer", True)
    assert api.admin.get(viewer).json() == changed


def test_a_change_of_nothing_or_of_what_cannot_be_changed_is_refused(api: Api) -> None:
    bodies: list[object] = [{}, {"email": "new@example.org"}, {"active": "perhaps"}, []]
    replies = [api.admin.patch(f"/users/{api.users[Role.VIEWER]}", body) for body in bodies]
    assert [reply.status for reply in replies] == [422] * len(bodies)


def test_an_unknown_user_is_not_found(api: Api) -> None:
    for reply in (api.admin.get(f"/users/{uuid4()}"), api.admin.patch(f"/users/{uuid4()}", {"active": False})):
        assert reply.status == 404
    assert api.admin.get("/users/not-a-uuid").status == 422


def test_one_changes_ones_own_password(api: Api) -> None:
    new = "another good password"
    wrong = api.viewer.post("/users/me/password", {"current_password": "wrong", "new_password": new})
    assert (wrong.status, wrong.json()["errors"][0]["pointer"]) == (422, "/current_password")
    assert api.viewer.post("/users/me/password", {"current_password": PASSWORD, "new_password": "short"}).status == 422

    done = api.viewer.post("/users/me/password", {"current_password": PASSWORD, "new_password": new})
    assert (done.status, done.body) == (204, "")
    login = {"email": "viewer@example.org", "password": PASSWORD}
    assert api.anonymous.post("/auth/login", login).status == 401
    assert api.anonymous.post("/auth/login", {**login, "password": new}).status == 200


def test_guesses_at_ones_own_password_are_on_record_and_limited(api: Api) -> None:
    api = api.with_services(rates=RateLimitSettings(logins_per_account=3))
    new = "another good password"
    guess = {"current_password": "not it", "new_password": new}
    replies = [api.viewer.post("/users/me/password", guess, address=f"192.0.2.{number}") for number in range(5)]
    assert [reply.status for reply in replies] == [422] * 3 + [429] * 2
    assert 0 < int(replies[-1].headers["retry-after"]) <= 300
    assert api.viewer.post("/users/me/password", {**guess, "current_password": PASSWORD}).status == 429

    records = api.admin.get("/admin/audit", params={"action": "password.refused"}).json()["items"]
    assert [record["target"] for record in records] == [f"user:{api.users[Role.VIEWER]}"] * 3
    assert api.reviewer.post("/users/me/password", {**guess, "current_password": PASSWORD}).status == 204
    assert api.anonymous.post("/auth/login", {"email": "viewer@example.org", "password": PASSWORD}).status == 200


def test_ones_own_password_is_no_guess(api: Api) -> None:
    api = api.with_services(rates=RateLimitSettings(logins_per_account=2))
    passwords = [PASSWORD, "another good password", PASSWORD, "another good password"]
    for current, new in pairwise(passwords):
        wrong = api.viewer.post("/users/me/password", {"current_password": "not it", "new_password": new})
        done = api.viewer.post("/users/me/password", {"current_password": current, "new_password": new})
        assert (wrong.status, done.status) == (422, 204)


def test_pages_of_users_hold_each_once(api: Api) -> None:
    for number in range(4):
        api.admin.post("/users", {**NEW, "email": f"{number}@example.org"})
    seen: list[str] = []
    cursor = None
    for _ in range(4):
        page = api.admin.get("/users", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        seen += [user["email"] for user in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 7
    assert seen[:4] == ["3@example.org", "2@example.org", "1@example.org", "0@example.org"]
