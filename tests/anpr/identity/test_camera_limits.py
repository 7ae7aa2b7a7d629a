from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select

from anpr.audit import SYSTEM
from anpr.db import Database
from anpr.errors import Conflict, NotFound, Unprocessable
from anpr.identity import camera_limits
from anpr.identity.camera_limits import Grants, Group
from anpr.identity.scopes import CameraScope
from anpr.models import AuditRecord, Camera, Role, User


@pytest.fixture
def cameras(database: Database) -> list[UUID]:
    made = [Camera(name=f"camera {number}") for number in range(4)]
    with database.transaction() as session:
        session.add_all(made)
    return [camera.id for camera in made]


def add_user(database: Database, role: Role = Role.VIEWER) -> UUID:
    user = User(email=f"{uuid4()}@example.org", password_hash="x", role=role)
    with database.transaction() as session:
        session.add(user)
    return user.id


@pytest.fixture
def user(database: Database) -> UUID:
    return add_user(database)


def change(database: Database, user: UUID, grants: Grants | None) -> None:
    with database.transaction() as session:
        camera_limits.change(session, SYSTEM, user, grants)


def scope(database: Database, user: UUID) -> CameraScope:
    with database.transaction() as session:
        return camera_limits.of_user(session, user)


def make_group(database: Database, name: str, cameras: list[UUID]) -> UUID:
    with database.transaction() as session:
        return camera_limits.create_group(session, SYSTEM, name, frozenset(cameras)).id


def test_a_user_sees_everything_until_limited(database: Database, user: UUID) -> None:
    assert scope(database, user) is None


def test_a_limit_is_its_cameras_and_those_of_its_groups(database: Database, user: UUID, cameras: list[UUID]) -> None:
    group = make_group(database, "north", cameras[1:3])
    change(database, user, Grants(camera_ids=frozenset(cameras[:2]), group_ids=frozenset({group})))
    assert scope(database, user) == frozenset(cameras[:3])
    assert scope(database, add_user(database)) is None


def test_a_limit_can_be_read_replaced_and_lifted(database: Database, user: UUID, cameras: list[UUID]) -> None:
    for grants in (
        Grants(camera_ids=frozenset(cameras[:2])),
        Grants(camera_ids=frozenset(cameras[2:])),
        Grants(),
        None,
    ):
        change(database, user, grants)
        with database.transaction() as session:
            assert camera_limits.get(session, user) == grants
    assert scope(database, user) is None
    with database.transaction() as session:
        assert session.scalars(select(AuditRecord.action)).all() == ["user.cameras_changed"] * 4


def test_a_limit_without_cameras_shows_nothing(database: Database, user: UUID) -> None:
    change(database, user, Grants())
    assert scope(database, user) == frozenset()


def test_losing_the_last_camera_or_group_does_not_open_the_rest(
    database: Database, user: UUID, cameras: list[UUID]
) -> None:
    group = make_group(database, "north", cameras[:1])
    change(database, user, Grants(camera_ids=frozenset(cameras[1:2]), group_ids=frozenset({group})))
    with database.transaction() as session:
        camera_limits.delete_group(session, SYSTEM, group)
        session.execute(delete(Camera).where(Camera.id == cameras[1]))
    assert scope(database, user) == frozenset()


def test_a_group_that_changes_changes_what_its_users_see(database: Database, user: UUID, cameras: list[UUID]) -> None:
    group = make_group(database, "north", cameras[:1])
    change(database, user, Grants(group_ids=frozenset({group})))
    with database.transaction() as session:
        camera_limits.change_group(session, SYSTEM, group, frozenset(cameras[2:]))
    assert scope(database, user) == frozenset(cameras[2:])


def test_groups_are_listed_by_name(database: Database, cameras: list[UUID]) -> None:
    south = make_group(database, "south", [])
    north = make_group(database, "north", cameras[:2])
    with database.transaction() as session:
        assert camera_limits.find_groups(session) == [
            Group(north, "north", frozenset(cameras[:2])),
            Group(south, "south", frozenset()),
        ]


def test_an_administrator_is_not_limited(database: Database) -> None:
    admin = add_user(database, Role.ADMIN)
    with pytest.raises(Conflict, match="administrator"):
        change(database, admin, Grants())
    change(database, admin, None)


def test_unknown_users_cameras_and_groups_are_refused(database: Database, user: UUID, cameras: list[UUID]) -> None:
    unknown = uuid4()
    with pytest.raises(NotFound):
        change(database, unknown, None)
    for grants in (Grants(camera_ids=frozenset({unknown, *cameras})), Grants(group_ids=frozenset({unknown}))):
        with pytest.raises(Unprocessable, match=str(unknown)):
            change(database, user, grants)
    assert scope(database, user) is None
    with database.transaction() as session:
        with pytest.raises(NotFound):
            camera_limits.change_group(session, SYSTEM, unknown, frozenset())
        with pytest.raises(NotFound):
            camera_limits.delete_group(session, SYSTEM, unknown)


def test_a_groups_name_is_its_own(database: Database) -> None:
    make_group(database, "north", [])
    with pytest.raises(Conflict, match="north"):
        make_group(database, "north", [])
