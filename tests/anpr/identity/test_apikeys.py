from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from anpr.audit import SYSTEM, Actor
from anpr.db import Database
from anpr.errors import NotFound, Unauthenticated, Unprocessable
from anpr.identity import apikeys, camera_limits
from anpr.identity.apikeys import NewApiKey
from anpr.identity.camera_limits import Grants
from anpr.identity.principals import Principal
from anpr.models import ApiKey, AuditRecord, Camera, Role, User


@pytest.fixture
def owner(database: Database) -> User:
    user = User(email="boxes@example.org", password_hash="x", role=Role.REVIEWER)
    with database.transaction() as session:
        session.add(user)
    return user


@pytest.fixture
def cameras(database: Database) -> list[UUID]:
    made = [Camera(name=f"camera {number}") for number in range(3)]
    with database.transaction() as session:
        session.add_all(made)
    return [camera.id for camera in made]


GRANTABLE = frozenset({"uploads:write", "jobs:read"})


def make(database: Database, owner: User, **changes: Any) -> tuple[ApiKey, str]:
    values = {"name": "box 7", "role": Role.VIEWER, "permissions": frozenset({"uploads:write", "jobs:read"})}
    with database.transaction() as session:
        principal = Principal(Actor(owner.id, owner.email), owner.role)
        return apikeys.create(session, principal, NewApiKey(**(values | changes)), grantable=GRANTABLE)


def authenticate(database: Database, key: str) -> Principal:
    with database.transaction() as session:
        return apikeys.authenticate(session, key, request_id="r1")


def test_a_key_acts_for_its_owner(database: Database, owner: User) -> None:
    row, key = make(database, owner)
    caller = authenticate(database, key)
    assert caller.actor == Actor(owner.id, "boxes@example.org (key box 7)", "r1")
    assert (caller.role, caller.scope, caller.key_id) == (Role.VIEWER, None, row.id)
    assert caller.permissions == frozenset({"uploads:write", "jobs:read"})


def test_the_secret_is_nowhere_in_the_database(database: Database, owner: User) -> None:
    _, key = make(database, owner)
    secret = key.split("_", 2)[2]
    with database.transaction() as session:
        row = session.scalars(select(ApiKey)).one()
        records = session.scalars(select(AuditRecord)).all()
    assert secret.encode() not in row.secret_hash
    assert all(secret not in str(vars(each)) for each in [row, *records])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda key: key[:-1] + ("A" if key[-1] != "A" else "B"),
        lambda key: key.rsplit("_", 1)[0],
        lambda key: f"anpr_{uuid4().hex}_{key.split('_', 2)[2]}",
        lambda key: "anpr_",
        lambda key: "anpr__",
        lambda key: "anpr_\ud800_\ud800",
    ],
)
def test_any_other_key_is_refused(database: Database, owner: User, spoil: Any) -> None:
    _, key = make(database, owner)
    with pytest.raises(Unauthenticated):
        authenticate(database, spoil(key))


def test_a_revoked_key_is_refused(database: Database, owner: User) -> None:
    row, key = make(database, owner)
    with database.transaction() as session:
        apikeys.revoke(session, SYSTEM, row.id)
        apikeys.revoke(session, SYSTEM, row.id)
    with pytest.raises(Unauthenticated):
        authenticate(database, key)
    with database.transaction() as session:
        assert session.scalars(select(AuditRecord.action)).all() == ["api_key.created", "api_key.revoked"]
        with pytest.raises(NotFound):
            apikeys.revoke(session, SYSTEM, uuid4())


def test_an_expired_key_is_refused(database: Database, owner: User) -> None:
    _, key = make(database, owner, expires_at=datetime.now(UTC) + timedelta(hours=1))
    authenticate(database, key)
    with database.transaction() as session:
        session.execute(update(ApiKey).values(expires_at=datetime.now(UTC)))
    with pytest.raises(Unauthenticated):
        authenticate(database, key)


def test_a_key_ends_with_its_owners_account(database: Database, owner: User) -> None:
    _, key = make(database, owner)
    with database.transaction() as session:
        session.execute(update(User).values(active=False))
    with pytest.raises(Unauthenticated):
        authenticate(database, key)


def test_a_key_never_has_more_than_its_owners_role(database: Database, owner: User) -> None:
    _, key = make(database, owner, role=Role.ADMIN)
    assert authenticate(database, key).role is Role.REVIEWER
    with database.transaction() as session:
        session.execute(update(User).values(role=Role.VIEWER))
    assert authenticate(database, key).role is Role.VIEWER


def test_a_key_sees_what_both_it_and_its_owner_may_see(database: Database, owner: User, cameras: list[UUID]) -> None:
    _, free = make(database, owner)
    _, limited = make(database, owner, cameras=Grants(camera_ids=frozenset(cameras[:2])))
    assert authenticate(database, free).scope is None
    assert authenticate(database, limited).scope == frozenset(cameras[:2])
    with database.transaction() as session:
        camera_limits.change(session, SYSTEM, owner.id, Grants(camera_ids=frozenset(cameras[1:])))
    assert authenticate(database, free).scope == frozenset(cameras[1:])
    assert authenticate(database, limited).scope == frozenset(cameras[1:2])


def test_the_last_use_is_kept_to_the_minute(database: Database, owner: User) -> None:
    _, key = make(database, owner)
    times = []
    for _ in range(2):
        authenticate(database, key)
        with database.transaction() as session:
            times.append(session.scalar(select(ApiKey.last_used_at)))
    assert times[0] is not None
    assert times[0] == times[1]
    with database.transaction() as session:
        session.execute(update(ApiKey).values(last_used_at=ApiKey.last_used_at - timedelta(minutes=2)))
    authenticate(database, key)
    with database.transaction() as session:
        assert session.scalar(select(ApiKey.last_used_at)) >= times[0]


@pytest.mark.parametrize(
    "changes",
    [
        {"permissions": frozenset()},
        {"permissions": frozenset({"users:write"})},
        {"permissions": frozenset({"uploads"})},
        {"expires_at": datetime(2020, 1, 1, tzinfo=UTC)},
        {"cameras": Grants(camera_ids=frozenset({UUID(int=1)}))},
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(database: Database, owner: User, changes: dict[str, Any]) -> None:
    with pytest.raises(Unprocessable):
        make(database, owner, **changes)
    with database.transaction() as session:
        assert apikeys.find(session) == []


def test_a_caller_lacks_what_its_key_does_not_name() -> None:
    caller = Principal(SYSTEM, Role.VIEWER, permissions=frozenset({"uploads:write", "jobs:read"}))
    assert caller.lacks(frozenset({"uploads:write", "events:read"})) == {"events:read"}
    assert not Principal(SYSTEM, Role.VIEWER).lacks(frozenset({"events:read"}))
