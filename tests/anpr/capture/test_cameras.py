from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from anpr.audit import SYSTEM
from anpr.capture import cameras
from anpr.db import Database
from anpr.errors import NotFound
from anpr.models import AuditRecord, Camera
from anpr.paging import PageRequest


@pytest.fixture
def two(database: Database) -> list[UUID]:
    made = [Camera(id=uuid4(), name=f"camera {number}") for number in range(2)]
    with database.transaction() as session:
        session.add_all(made)
    return [camera.id for camera in made]


def test_a_camera_out_of_scope_is_not_there(database: Database, two: list[UUID]) -> None:
    seen, unseen = two
    scope = frozenset({seen})
    with database.transaction() as session:
        found = cameras.find(session, PageRequest("cameras"), scope=scope)
        assert [camera.id for camera in found.items] == [seen]
        assert cameras.get(session, seen, scope=scope).id == seen
        with pytest.raises(NotFound):
            cameras.get(session, unseen, scope=scope)
        with pytest.raises(NotFound):
            cameras.update(session, SYSTEM, unseen, {"active": False}, scope=scope)
        with pytest.raises(NotFound):
            cameras.delete(session, SYSTEM, unseen, scope=scope)


def test_only_what_changed_is_on_record(database: Database, two: list[UUID]) -> None:
    with database.transaction() as session:
        cameras.update(session, SYSTEM, two[0], {"name": "camera 0", "heading": 90.0})
        cameras.update(session, SYSTEM, two[0], {"name": "camera 0"})
    with database.transaction() as session:
        records = session.scalars(select(AuditRecord)).all()
    assert [(record.action, record.target, record.detail) for record in records] == [
        ("camera.changed", f"camera:{two[0]}", {"heading": "90.0"})
    ]
