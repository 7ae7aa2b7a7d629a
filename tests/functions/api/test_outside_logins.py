"""The API where a Supabase project's Auth logs people in: rows at first sight, roles of ours, no passwords."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from anpr.adapters.supabase.auth import SupabaseLogins
from anpr.adapters.supabase.settings import ProjectSettings
from anpr.db import Database
from anpr.identity import outside, passwords
from anpr.models import AuditRecord, Role, User
from functions.api.aws.host import Handler
from tests.functions.api.client import PASSWORD, Api, Client, gateway
from tests.supabase.auth import Issuer

ROUTES_OF_PASSWORDS = [
    ("POST", "/auth/login", {"email": "viewer@example.org", "password": PASSWORD}),
    ("POST", "/auth/refresh", {"refresh_token": "x"}),
    ("POST", "/auth/logout", {"refresh_token": "x"}),
    ("POST", "/auth/session", {"email": "viewer@example.org", "password": PASSWORD}),
    ("PUT", "/auth/session", None),
    ("DELETE", "/auth/session", None),
]


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    made = Issuer()
    yield made
    made.stop()


@dataclass
class Site:
    """The API with logins by Supabase."""

    api: Api
    issuer: Issuer
    handler: Handler

    @property
    def database(self) -> Database:
        return self.api.database

    def somebody(self, subject: UUID | None = None, email: str = "me@example.org", **claims: object) -> Client:
        return Client(self.handler, self.issuer.token(subject, email, **claims))

    def users(self, email: str) -> list[User]:
        with self.database.transaction() as session:
            return list(session.scalars(select(User).where(User.email == email)))

    def admin(self) -> Client:
        """Who became an administrator, and their token."""
        subject = self.api.users[Role.ADMIN]
        return self.somebody(subject, "admin@example.org", aal="aal2")


def site_of(api: Api, issuer: Issuer, **settings: object) -> Site:
    logins = SupabaseLogins(ProjectSettings(url=issuer.url, **settings))  # type: ignore[arg-type]
    services = {name: replace(each, logins=logins) for name, each in api.services.items()}
    return Site(api, issuer, gateway(services, {}))


@pytest.fixture
def site(api: Api, issuer: Issuer) -> Site:
    return site_of(api, issuer)


def test_who_comes_for_the_first_time_has_the_least_role_whatever_the_token_says(site: Site) -> None:
    subject = uuid4()
    client = site.somebody(subject)

    me = client.get("/users/me").json()

    assert (me["id"], me["email"], me["role"], me["active"]) == (str(subject), "me@example.org", "viewer", True)
    assert client.get("/events").status == 200
    assert client.get("/users").status == 403
    with site.database.transaction() as session:
        made = session.scalars(select(AuditRecord).where(AuditRecord.action == "user.created")).all()
    assert [(row.target, row.detail["role"]) for row in made] == [(f"user:{subject}", "viewer")]


def test_an_admin_gives_roles_and_puts_people_out_at_once(site: Site) -> None:
    subject = uuid4()
    client, admin = site.somebody(subject), site.admin()
    client.get("/users/me")

    assert admin.patch(f"/users/{subject}", {"role": "admin"}).status == 200
    assert client.get("/users").status == 200
    assert admin.patch(f"/users/{subject}", {"active": False}).status == 200
    assert client.get("/users/me").status == 401


def test_new_people_may_have_to_wait_for_an_admin(api: Api, issuer: Issuer) -> None:
    site = site_of(api, issuer, new_users="inactive")
    subject = uuid4()
    client = site.somebody(subject)
    assert client.get("/events").status == 401

    assert site.admin().patch(f"/users/{subject}", {"active": True}).status == 200

    assert client.get("/events").status == 200


def test_the_named_first_administrator_is_one_from_the_first(api: Api, issuer: Issuer) -> None:
    subject = uuid4()
    site = site_of(api, issuer, admin_id=subject, new_users="inactive")

    assert site.somebody(subject).get("/users/me").json()["role"] == "admin"


def test_a_named_administrator_who_came_before_is_made_one_where_there_is_none(api: Api, issuer: Issuer) -> None:
    subject = uuid4()
    site_of(api, issuer).somebody(subject).get("/users/me")
    logins = SupabaseLogins(ProjectSettings(url=issuer.url, admin_id=subject))

    def appoint() -> bool:
        with api.database.transaction() as session:
            return outside.appoint(session, logins)

    assert not appoint()
    with api.database.transaction() as session:
        session.get_one(User, api.users[Role.ADMIN]).active = False
    assert appoint()
    assert not appoint()
    with api.database.transaction() as session:
        assert session.get_one(User, subject).role is Role.ADMIN


def test_a_second_factor_may_be_demanded_of_administrators_alone(api: Api, issuer: Issuer) -> None:
    site = site_of(api, issuer, admin_aal="aal2")
    subject = api.users[Role.ADMIN]

    refused = site.somebody(subject, "admin@example.org", aal="aal1").get("/users")
    assert refused.status == 403
    assert "second factor" in refused.json()["detail"]
    assert site.somebody(subject, "admin@example.org", aal="aal2").get("/users").status == 200
    assert site.somebody(aal="aal1").get("/users/me").status == 200


def test_an_address_follows_the_service_and_is_one_persons(site: Site) -> None:
    first, second = uuid4(), uuid4()
    site.somebody(first, "old@example.org").get("/users/me")
    assert site.somebody(first, "new@example.org").get("/users/me").json()["email"] == "new@example.org"

    # The account was deleted there, and the address belongs to somebody new.
    assert site.somebody(second, "New@example.org").get("/users/me").json()["role"] == "viewer"

    assert [row.id for row in site.users("new@example.org")] == [second]
    with site.database.transaction() as session:
        assert session.get_one(User, first).email == f"{first}@replaced.invalid"
        assert session.scalar(select(func.count()).select_from(User).where(User.id.in_([first, second]))) == 2


def test_a_token_that_is_not_good_opens_nothing_and_makes_nobody(site: Site) -> None:
    for changes in ({"role": "anon"}, {"exp": 1}, {"is_anonymous": True}):
        assert site.somebody(email="bad@example.org", **changes).get("/users/me").status == 401
    assert Client(site.handler, "x.y.z").get("/users/me").status == 401
    assert site.users("bad@example.org") == []


def test_our_own_tokens_are_nobodys_here(site: Site) -> None:
    own = site.api.admin
    assert own.get("/users/me").status == 200
    assert Client(site.handler, own.token).get("/users/me").status == 401


def test_keys_of_machines_work_as_everywhere(site: Site) -> None:
    made = site.admin().post("/auth/keys", {"name": "gate", "role": "viewer", "permissions": ["cameras:read"]}).json()
    assert Client(site.handler, made["key"]).get("/cameras").status == 200


@pytest.mark.parametrize(("method", "path", "body"), ROUTES_OF_PASSWORDS)
def test_what_is_about_passwords_says_where_to_log_in(
    site: Site, method: str, path: str, body: dict[str, str] | None
) -> None:
    reply = Client(site.handler).request(method, path, body=body, headers={"x-anpr-session": "1"})

    assert reply.status == 501
    assert "Supabase" in reply.json()["detail"]
    assert reply.cookies == []


def test_accounts_and_passwords_are_not_made_here(site: Site) -> None:
    admin = site.admin()
    account = {"email": "n@example.org", "password": PASSWORD, "role": "viewer"}
    assert admin.post("/users", account).status == 501
    assert admin.patch(f"/users/{site.api.users[Role.VIEWER]}", {"password": PASSWORD}).status == 501
    change = {"current_password": PASSWORD, "new_password": PASSWORD + "!"}
    assert admin.post("/users/me/password", change).status == 501
    assert admin.get("/users/me/sessions").status == 501


def test_nothing_that_is_typed_is_the_password_of_who_has_none() -> None:
    assert not passwords.verify("", passwords.NO_PASSWORD).ok
    assert not passwords.verify("!", passwords.NO_PASSWORD).ok
