"""What somebody may still do after something happened to their account: the table of docs/governance.md."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from anpr.models import Role
from tests.builders import add_event
from tests.functions.api.client import PASSWORD, Api, Client
from tests.markdown import rows_of

NEW_PASSWORD = "another good password"


@dataclass
class Held:
    """What a reviewer holds: a login, another one elsewhere, and a key of a machine's."""

    api: Api
    access: Client
    refresh: str
    elsewhere: Client
    key: Client

    @property
    def path(self) -> str:
        return f"/users/{self.api.users[Role.REVIEWER]}"

    def change(self, **changes: Any) -> None:
        assert self.api.admin.patch(self.path, changes).status == 200

    def log_in(self, password: str = PASSWORD) -> int:
        return self.api.anonymous.post("/auth/login", {"email": "reviewer@example.org", "password": password}).status

    def refreshes(self) -> bool:
        return self.api.anonymous.post("/auth/refresh", {"refresh_token": self.refresh}).status == 200


@pytest.fixture
def held(api: Api) -> Held:
    def log_in() -> dict[str, str]:
        reply = api.anonymous.post("/auth/login", {"email": "reviewer@example.org", "password": PASSWORD})
        assert reply.status == 200
        tokens: dict[str, str] = reply.json()
        return tokens

    # Administrators make keys, so the owner was one.
    reviewer = f"/users/{api.users[Role.REVIEWER]}"
    assert api.admin.patch(reviewer, {"role": "admin"}).status == 200
    body = {"name": "box 7", "role": "admin", "permissions": ["events:read", "uploads:write"]}
    made = api.reviewer.post("/auth/keys", body)
    assert made.status == 201, made.body
    assert api.admin.patch(reviewer, {"role": "reviewer"}).status == 200
    one, other = log_in(), log_in()
    access, elsewhere = (Client(api.handler, tokens["access_token"]) for tokens in (one, other))
    return Held(api, access, one["refresh_token"], elsewhere, Client(api.handler, made.json()["key"]))


def change_own_password(held: Held) -> None:
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    assert held.access.post("/users/me/password", body).status == 204


def reset_password(held: Held) -> None:
    held.change(password=NEW_PASSWORD)


def demote(held: Held) -> None:
    held.change(role="viewer")


def promote(held: Held) -> None:
    held.change(role="admin")


def disable(held: Held) -> None:
    held.change(active=False)


def disable_and_enable(held: Held) -> None:
    held.change(active=False)
    held.change(active=True)


def rename(held: Held) -> None:
    held.change(full_name="R.")


def log_out(held: Held) -> None:
    assert held.api.anonymous.post("/auth/logout", {"refresh_token": held.refresh}).status == 204


def end_the_other_login(held: Held) -> None:
    [other] = [one for one in held.access.get("/users/me/sessions").json()["items"] if not one["current"]]
    assert held.access.delete(f"/users/me/sessions/{other['id']}").status == 204


def use_a_refresh_token_twice(held: Held) -> None:
    assert [held.refreshes(), held.refreshes()] == [True, False]


def revoke_the_key(held: Held) -> None:
    [key] = held.api.admin.get("/auth/keys").json()["items"]
    assert held.api.admin.delete(f"/auth/keys/{key['id']}").status == 204


def nothing(held: Held) -> None:
    del held


HAPPENINGS: Final[dict[str, Callable[[Held], None]]] = {
    "nothing": nothing,
    "their name is changed": rename,
    "they change their password": change_own_password,
    "an administrator sets their password": reset_password,
    "they get a lesser role": demote,
    "they get a greater role": promote,
    "they are disabled": disable,
    "they are disabled and enabled again": disable_and_enable,
    "they log out": log_out,
    "they end their other login": end_the_other_login,
    "a refresh token is used twice": use_a_refresh_token_twice,
    "the key is revoked": revoke_the_key,
}
_WORDS: Final = {"good": True, "ended": False}
_PAGE: Final = Path(__file__).parents[3] / "docs" / "governance.md"
TABLE: Final = {row[0]: row[1:] for row in rows_of(_PAGE.read_text(), "what happens")}


def test_the_page_states_each_of_them() -> None:
    assert TABLE.keys() == HAPPENINGS.keys()


@pytest.mark.parametrize("happening", HAPPENINGS)
def test_what_is_held_is_good_or_ended_as_the_page_says(held: Held, happening: str) -> None:
    access, refresh, elsewhere, key = (_WORDS[word] for word in TABLE[happening])
    HAPPENINGS[happening](held)

    assert (held.access.get("/users/me").status == 200) is access
    assert (held.elsewhere.get("/users/me").status == 200) is elsewhere
    assert held.refreshes() is refresh
    assert (held.key.get("/events").status == 200) is key


def test_a_role_counts_from_the_next_request_on(held: Held) -> None:
    """Of a key: a login has ended with the role that it was for."""
    assert held.key.post("/uploads", {}).status == 422
    demote(held)
    assert held.key.post("/uploads", {}).status == 403
    promote(held)
    assert held.key.post("/uploads", {}).status == 422


def test_a_limit_to_cameras_counts_from_the_next_request_on(held: Held) -> None:
    seen = add_event(held.api.database)
    add_event(held.api.database)
    for client in (held.access, held.key):
        assert len(client.get("/events").json()["items"]) == 2
    limit = {"limited": True, "camera_ids": [str(seen.camera_id)]}
    assert held.api.admin.request("PUT", f"{held.path}/cameras", body=limit).status == 200
    for client in (held.access, held.elsewhere, held.key):
        assert [event["id"] for event in client.get("/events").json()["items"]] == [str(seen.id)]


@pytest.mark.parametrize("happening", [change_own_password, reset_password])
def test_after_a_change_of_password_the_new_one_opens_and_the_old_one_does_not(
    held: Held, happening: Callable[[Held], None]
) -> None:
    happening(held)
    assert (held.log_in(), held.log_in(NEW_PASSWORD)) == (401, 200)


def test_ones_own_logins_are_listed_until_they_end(held: Held) -> None:
    listed = held.access.get("/users/me/sessions").json()["items"]
    assert len(listed) == 2
    assert [one["current"] for one in listed].count(True) == 1
    assert all(one["begun_at"] <= one["renewed_at"] < one["expires_at"] for one in listed)

    # A renewal is the same login.
    assert held.refreshes()
    renewed = held.access.get("/users/me/sessions").json()["items"]
    assert {one["id"] for one in renewed} == {one["id"] for one in listed}
    assert [one["current"] for one in renewed] == [True, False]

    end_the_other_login(held)
    assert [one["current"] for one in held.access.get("/users/me/sessions").json()["items"]] == [True]


def test_nobody_ends_the_login_of_somebody_else(held: Held) -> None:
    [mine, _] = held.access.get("/users/me/sessions").json()["items"]
    assert held.api.admin.delete(f"/users/me/sessions/{mine['id']}").status == 404
    assert held.access.get("/users/me").status == 200
