from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select

from anpr.db import Database
from anpr.errors import NotFound
from anpr.identity import scopes
from anpr.models import Camera


@pytest.fixture
def cameras(database: Database) -> list[UUID]:
    made = [Camera(name=f"camera {number}") for number in range(3)]
    with database.transaction() as session:
        session.add_all(made)
    return [camera.id for camera in made]


def test_no_scope_is_every_camera(database: Database, cameras: list[UUID]) -> None:
    with database.transaction() as session:
        found = session.scalars(scopes.limit(select(Camera.id), None, Camera.id)).all()
    assert set(found) == set(cameras)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_only_rows_of_the_cameras_in_scope_are_found(database: Database, cameras: list[UUID], count: int) -> None:
    scope = frozenset(cameras[:count])
    with database.transaction() as session:
        found = session.scalars(scopes.limit(select(Camera.id), scope, Camera.id)).all()
    assert set(found) == scope


def test_a_delete_is_kept_to_the_scope_too(database: Database, cameras: list[UUID]) -> None:
    with database.transaction() as session:
        session.execute(scopes.limit(delete(Camera), frozenset(cameras[:1]), Camera.id))
    with database.transaction() as session:
        assert set(session.scalars(select(Camera.id))) == set(cameras[1:])


def test_a_named_camera_out_of_scope_is_not_found() -> None:
    seen, unseen = uuid4(), uuid4()
    scopes.check(frozenset({seen}), {seen})
    scopes.check(None, {seen, unseen})
    with pytest.raises(NotFound, match=str(unseen)):
        scopes.check(frozenset({seen}), {seen, unseen})
