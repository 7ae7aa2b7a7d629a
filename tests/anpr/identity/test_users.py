from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from anpr.audit import SYSTEM
from anpr.db import Database
from anpr.errors import Conflict, Unprocessable
from anpr.governance import audit_log
from anpr.identity import passwords, users
from anpr.identity.users import NewUser, UserChanges
from anpr.models import AuditRecord, Role, User

PASSWORD = "a long enough one"


def add(database: Database, role: Role, *, active: bool = True) -> UUID:
    user = User(id=uuid4(), email=f"{uuid4()}@example.org", password_hash="-", role=role, active=active)
    with database.transaction() as session:
        session.add(user)
    return user.id


def roles(database: Database) -> list[tuple[Role, bool]]:
    with database.transaction() as session:
        return sorted((user.role, user.active) for user in session.scalars(select(User)))


@pytest.mark.parametrize("change", [UserChanges(role=Role.VIEWER), UserChanges(active=False)])
def test_two_administrators_who_end_each_other_leave_one(database: Database, change: UserChanges) -> None:
    def end(user_id: UUID) -> bool:
        try:
            with database.transaction() as session:
                users.update(session, SYSTEM, user_id, change)
        except Conflict:
            return False
        return True

    for _ in range(5):
        with database.transaction() as session:
            for user in session.scalars(select(User)):
                session.delete(user)
        both = [add(database, Role.ADMIN), add(database, Role.ADMIN)]
        with ThreadPoolExecutor(max_workers=2) as pool:
            ended = list(pool.map(end, both))
        assert sorted(ended) == [False, True]
        assert (Role.ADMIN, True) in roles(database)


def test_a_disabled_administrator_does_not_count(database: Database) -> None:
    add(database, Role.ADMIN, active=False)
    only = add(database, Role.ADMIN)
    with pytest.raises(Conflict), database.transaction() as session:
        users.update(session, SYSTEM, only, UserChanges(active=False))


def test_the_first_administrator_is_made_once(database: Database) -> None:
    add(database, Role.VIEWER)
    with database.transaction() as session:
        assert users.ensure_admin(session, "root@example.org", PASSWORD) is True
    with database.transaction() as session:
        assert users.ensure_admin(session, "other@example.org", PASSWORD) is False
        made = session.scalars(select(User).where(User.role == Role.ADMIN)).one()
        assert made.email == "root@example.org"
        assert passwords.verify(PASSWORD, made.password_hash).ok


def test_an_account_of_the_first_administrators_address_becomes_it(database: Database) -> None:
    with database.transaction() as session:
        session.add(User(email="Root@example.org", password_hash="-", role=Role.VIEWER, active=False))
    with database.transaction() as session:
        assert users.ensure_admin(session, "root@example.org", PASSWORD) is True
    assert roles(database) == [(Role.ADMIN, True)]


def test_a_first_administrator_with_a_poor_password_is_refused(database: Database) -> None:
    with pytest.raises(Unprocessable, match="12"), database.transaction() as session:
        users.ensure_admin(session, "root@example.org", "admin")
    assert roles(database) == []


def test_changes_are_on_record_without_the_password(database: Database) -> None:
    with database.transaction() as session:
        user = users.create(session, SYSTEM, NewUser(email="ana@example.org", password=PASSWORD, role=Role.VIEWER))
        users.update(session, SYSTEM, user.id, UserChanges(role=Role.REVIEWER, password="another good password"))
        users.update(session, SYSTEM, user.id, UserChanges(role=Role.REVIEWER))

    with database.transaction() as session:
        records = session.scalars(select(AuditRecord).order_by(AuditRecord.seq)).all()
        assert audit_log.verify(session) is None
    assert [(record.action, record.detail) for record in records] == [
        ("user.created", {"email": "ana@example.org", "role": "viewer"}),
        ("user.changed", {"role": "reviewer", "password_set": True}),
    ]
