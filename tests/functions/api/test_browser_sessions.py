"""Logins of the web console: the refresh token is a cookie that no script reads and no other site's request uses."""

from http.cookies import SimpleCookie

import pytest

from anpr.models import Role
from tests.functions.api.client import PASSWORD, Api, Client, Reply

OURS = {"x-anpr-session": "1"}


def log_in(api: Api, password: str = PASSWORD) -> Reply:
    return api.anonymous.post("/auth/session", {"email": "reviewer@example.org", "password": password}, headers=OURS)


def cookie_of(reply: Reply) -> str:
    """The cookie that a browser would keep, as it would send it."""
    return "; ".join(one.split(";")[0] for one in reply.cookies)


def ask(api: Api, method: str, cookie: str | None) -> Reply:
    headers = OURS if cookie is None else OURS | {"cookie": cookie}
    return api.anonymous.request(method, "/auth/session", headers=headers)


def test_a_login_gives_an_access_token_and_keeps_the_refresh_token_from_scripts(api: Api) -> None:
    reply = log_in(api)

    assert reply.status == 200
    assert set(reply.json()) == {"access_token", "token_type", "expires_in"}
    assert reply.headers["cache-control"] == "no-store"
    [text] = reply.cookies
    [(name, morsel)] = SimpleCookie(text).items()
    assert name == "anpr_refresh"
    assert morsel["httponly"] is True
    assert morsel["secure"] is True
    assert (morsel["samesite"], morsel["max-age"]) == ("Strict", str(30 * 24 * 3600))
    # Without these, browsers keep it for this host alone and send it to the folder `auth` alone.
    assert (morsel["domain"], morsel["path"]) == ("", "")
    assert morsel.value not in reply.body
    assert Client(api.handler, reply.json()["access_token"]).get("/users/me").json()["role"] == "reviewer"


def test_the_cookie_gets_the_next_token_once(api: Api) -> None:
    first = log_in(api)
    second = ask(api, "PUT", cookie_of(first))

    assert second.status == 200
    assert cookie_of(second) != cookie_of(first)
    assert Client(api.handler, second.json()["access_token"]).get("/users/me").status == 200

    # A copy that is used once more ends the login, as with any refresh token.
    assert ask(api, "PUT", cookie_of(first)).status == 401
    assert ask(api, "PUT", cookie_of(second)).status == 401
    assert Client(api.handler, second.json()["access_token"]).get("/users/me").status == 401


def test_who_is_not_logged_in_is_told_so_without_an_error(api: Api) -> None:
    reply = ask(api, "PUT", None)

    assert (reply.status, reply.body, reply.cookies) == (204, "", [])


def test_a_logout_ends_the_login_and_takes_the_cookie_away(api: Api) -> None:
    begun = log_in(api)
    ended = ask(api, "DELETE", cookie_of(begun))

    assert ended.status == 204
    [morsel] = SimpleCookie(ended.cookies[0]).values()
    assert (morsel.value, morsel["max-age"]) == ("", "0")
    assert Client(api.handler, begun.json()["access_token"]).get("/users/me").status == 401
    assert ask(api, "PUT", cookie_of(begun)).status == 401


@pytest.mark.parametrize("cookie", [None, "anpr_refresh=nonsense", "anpr_refresh="])
def test_a_logout_of_nobody_takes_the_cookie_away_too(api: Api, cookie: str | None) -> None:
    reply = ask(api, "DELETE", cookie)

    assert reply.status == 204
    assert "Max-Age=0" in reply.cookies[0]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_request_that_another_site_could_have_made_is_refused(api: Api, method: str) -> None:
    begun = log_in(api)
    body = {"email": "reviewer@example.org", "password": PASSWORD} if method == "POST" else None

    forged = api.anonymous.request(method, "/auth/session", body=body, headers={"cookie": cookie_of(begun)})

    assert (forged.status, forged.cookies) == (403, [])
    assert "X-Anpr-Session" in forged.json()["detail"]
    # It ended nothing.
    assert ask(api, "PUT", cookie_of(begun)).status == 200


def test_other_routes_take_no_cookie_for_a_login(api: Api) -> None:
    reply = api.anonymous.get("/users/me", headers=OURS | {"cookie": cookie_of(log_in(api))})

    assert reply.status == 401


def test_a_wrong_password_sets_no_cookie_and_counts(api: Api) -> None:
    replies = [log_in(api, "not the password") for _ in range(30)]

    assert replies[0].status == 401
    assert replies[-1].status == 429
    assert int(replies[-1].headers["retry-after"]) > 0
    assert [reply.cookies for reply in replies] == [[]] * 30


def test_a_disabled_user_is_out(api: Api) -> None:
    begun = log_in(api)
    assert api.admin.patch(f"/users/{api.users[Role.REVIEWER]}", {"active": False}).status == 200

    assert ask(api, "PUT", cookie_of(begun)).status == 401
