from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from anpr.identity.tokens import TokenKind
from anpr.models import AuditRecord, Role, User
from tests.functions.api.client import PASSWORD, Api, Client, Reply


def log_in(api: Api, role: Role = Role.VIEWER, password: str = PASSWORD) -> Reply:
    return api.anonymous.post("/auth/login", {"email": f"{role}@example.org", "password": password})


def actions(api: Api) -> list[str]:
    with api.database.transaction() as session:
        return list(session.scalars(select(AuditRecord.action).order_by(AuditRecord.seq)))


def test_a_login_gives_tokens_that_open_the_api(api: Api) -> None:
    reply = log_in(api)

    assert reply.status == 200
    tokens = reply.json()
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 900)
    me = Client(api.handler, tokens["access_token"]).get("/users/me").json()
    assert (me["email"], me["role"]) == ("viewer@example.org", "viewer")
    assert me["last_login_at"] is not None
    assert actions(api) == ["login.succeeded"]


def test_the_case_of_an_email_address_does_not_matter(api: Api) -> None:
    assert api.anonymous.post("/auth/login", {"email": "Viewer@Example.ORG", "password": PASSWORD}).status == 200


@pytest.mark.parametrize("email", ["viewer@example.org", "nobody@example.org"])
def test_a_wrong_password_and_an_unknown_account_look_alike_and_are_on_record(api: Api, email: str) -> None:
    reply = api.anonymous.post("/auth/login", {"email": email, "password": "not the password"})

    assert reply.status == 401
    assert reply.json()["detail"] == "The e-mail address or the password is wrong, or the account is disabled."
    assert reply.headers["www-authenticate"] == "Bearer"
    assert actions(api) == ["login.failed"]


def test_a_disabled_user_is_out_at_once(api: Api) -> None:
    tokens = log_in(api).json()
    client = Client(api.handler, tokens["access_token"])
    assert client.get("/users/me").status == 200

    assert api.admin.patch(f"/users/{api.users[Role.VIEWER]}", {"active": False}).status == 200

    assert client.get("/users/me").status == 401
    assert log_in(api).status == 401
    assert api.anonymous.post("/auth/refresh", {"refresh_token": tokens["refresh_token"]}).status == 401


def test_a_refresh_token_is_good_once_and_its_reuse_ends_the_family(api: Api) -> None:
    first = log_in(api).json()["refresh_token"]
    second = api.anonymous.post("/auth/refresh", {"refresh_token": first})
    assert second.status == 200
    assert Client(api.handler, second.json()["access_token"]).get("/users/me").status == 200

    assert api.anonymous.post("/auth/refresh", {"refresh_token": first}).status == 401
    assert api.anonymous.post("/auth/refresh", {"refresh_token": second.json()["refresh_token"]}).status == 401
    assert actions(api)[-1] == "token.reused"


def test_another_login_is_untouched_by_reuse(api: Api) -> None:
    first, other = (log_in(api).json()["refresh_token"] for _ in range(2))
    api.anonymous.post("/auth/refresh", {"refresh_token": first})
    api.anonymous.post("/auth/refresh", {"refresh_token": first})

    assert api.anonymous.post("/auth/refresh", {"refresh_token": other}).status == 200


def test_a_logout_ends_the_login(api: Api) -> None:
    token = log_in(api).json()["refresh_token"]

    assert api.anonymous.post("/auth/logout", {"refresh_token": token}).status == 204
    assert api.anonymous.post("/auth/logout", {"refresh_token": token}).status == 204
    assert api.anonymous.post("/auth/refresh", {"refresh_token": token}).status == 401


def test_one_kind_of_token_does_not_pass_for_the_other(api: Api) -> None:
    tokens = log_in(api).json()

    assert Client(api.handler, tokens["refresh_token"]).get("/users/me").status == 401
    assert api.anonymous.post("/auth/refresh", {"refresh_token": tokens["access_token"]}).status == 401


def test_nonsense_for_a_token_is_refused(api: Api) -> None:
    for token in (
        "",
        "x",
        "a.b.c",
        "eyJhbGciOiJub25lIn0.e30.",
        "\u00e9.\u00e9.\u00e9",
        # The header's `kid` is a NUL, half of a surrogate pair, and any other text.
        "eyJraWQiOiJcdTAwMDAifQ.e30.AA",
        "eyJraWQiOiJcdWQ4MDAifQ.e30.AA",
        "eyJraWQiOiJ4In0.e30.AA",
    ):
        assert Client(api.handler, token).get("/users/me").status == 401, token
        assert api.anonymous.post("/auth/refresh", {"refresh_token": token}).status in (401, 422), token
        assert log_in(api).status == 200, token
        assert api.viewer.get("/users").status == 403, token


def test_a_password_that_is_no_text_is_refused(api: Api) -> None:
    reply = api.anonymous.post("/auth/login", {"email": "viewer@example.org", "password": "\ud800"})
    assert (reply.status, reply.json()["errors"][0]["pointer"]) == (422, "/password")


def test_a_token_of_an_unknown_key_or_with_a_changed_end_is_refused(api: Api) -> None:
    token = api.token(api.users[Role.ADMIN])
    header, content, signature = token.split(".")
    assert Client(api.handler, f"{header}.{content}.{signature[:-4]}AAAA").get("/users/me").status == 401

    secret = api.secrets.values["signing"]
    assert secret is not None
    api.secrets.values["signing"] = {**secret, "kid": "unknown"}
    api.signer._cached = None
    assert Client(api.handler, api.token(api.users[Role.ADMIN])).get("/users/me").status == 401


def test_an_expired_refresh_token_says_so(api: Api) -> None:
    token = api.signer.sign(
        TokenKind.REFRESH,
        subject=api.users[Role.VIEWER],
        token_id=uuid4(),
        issued_at=datetime.now(UTC) - timedelta(days=31),
    )
    reply = api.anonymous.post("/auth/refresh", {"refresh_token": token})
    assert reply.status == 401
    assert "expired" in reply.json()["detail"]


def test_another_role_another_password_and_being_disabled_end_all_logins(api: Api) -> None:
    for change in ({"role": "reviewer"}, {"password": "another good password"}, {"active": False}):
        with api.database.transaction() as session:
            user = session.get_one(User, api.users[Role.VIEWER])
            user.active = True
        token = log_in(api).json()["refresh_token"]
        assert api.admin.patch(f"/users/{api.users[Role.VIEWER]}", change).status == 200
        with api.database.transaction() as session:
            user = session.get_one(User, api.users[Role.VIEWER])
            user.active, user.password_hash = True, session.get_one(User, api.users[Role.ADMIN]).password_hash
        assert api.anonymous.post("/auth/refresh", {"refresh_token": token}).status == 401
