from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, MetaData, create_engine, make_url, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DatabaseError

from anpr import audit, migrations
from anpr.alerts.bolos import lists, subscriptions
from anpr.audit import SYSTEM, Action, Actor
from anpr.db import Database, make_engine
from anpr.errors import Unavailable
from anpr.identity import apikeys
from anpr.identity.apikeys import NewApiKey
from anpr.identity.camera_limits import Grants
from anpr.identity.principals import Principal
from anpr.messages import WebhookDisabled
from anpr.models import (
    ApiKey,
    Base,
    Channel,
    Correction,
    Event,
    OutboxMessage,
    ReviewStatus,
    Role,
    Verdict,
    WebhookEndpoint,
)
from anpr.operations import waiting
from anpr.settings import DatabaseSettings
from infra.local.postgres import Postgres
from tests.builders import add_event, add_user
from tests.memory import MemoryNotifier

At = Callable[[Database, str], Database]


@pytest.fixture
def at(postgres: Postgres, _server: Engine) -> Iterator[At]:
    """Makes a database as an older version had it, by its revision, with the rows of another as far as they fit."""
    opened: list[Engine] = []

    def make(source: Database, revision: str) -> Database:
        name = f"old_{uuid4().hex}"
        with _server.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        url = postgres.url(name)
        opened.append(make_engine(make_url(url), DatabaseSettings(url=url, ssl=False)))
        with opened[-1].begin() as connection:
            command.upgrade(migrations.config(connection), revision)
        old = MetaData()
        old.reflect(opened[-1])
        with source.engine.connect() as rows, opened[-1].begin() as connection:
            for table in Base.metadata.sorted_tables:
                # Its numbers are the server's to give.
                if table.name in old.tables and table.name != "outbox":
                    there = old.tables[table.name]
                    fitting = [column for column in table.columns if column.name in there.columns]
                    found = [dict(row) for row in rows.execute(select(*fitting)).mappings()]
                    if found:
                        connection.execute(insert(there).on_conflict_do_nothing(), found)
        return Database(opened[-1])

    yield make
    for engine in opened:
        engine.dispose()
        with _server.connect() as connection:
            connection.execute(text(f"DROP DATABASE {engine.url.database} WITH (FORCE)"))


def test_the_migrated_schema_is_the_models(database: Database) -> None:
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_a_second_run_changes_nothing(database: Database) -> None:
    first = migrations.upgrade(database.engine)
    assert first is not None
    assert migrations.upgrade(database.engine) == first


def test_a_process_of_a_new_version_waits_for_its_schema(database: Database) -> None:
    reasons: list[str] = []
    waiting.await_schema(database.engine, timedelta(0), reasons.append)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))

    with pytest.raises(Unavailable, match="`migrate` must run"):
        waiting.await_schema(database.engine, timedelta(0), reasons.append)
    assert reasons == []

    def finish(reason: str) -> None:
        reasons.append(reason)
        with database.engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    waiting.await_schema(database.engine, timedelta(seconds=30), finish)
    assert len(reasons) == 1


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_logs SET actor = 'x'", "DELETE FROM audit_logs", "TRUNCATE audit_logs"]
)
def test_the_audit_log_refuses_change(database: Database, statement: str) -> None:
    with database.engine.connect() as connection, pytest.raises(DatabaseError, match="append-only"):
        connection.execute(text(statement))


def test_a_schema_that_is_newer_than_the_code_is_left_as_it_is(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(text("ALTER TABLE cameras ADD COLUMN of_tomorrow text"))

    assert migrations.upgrade(database.engine) == "9999"
    assert not migrations.is_behind(database.engine)

    with database.engine.connect() as connection:
        assert connection.execute(text("SELECT count(of_tomorrow) FROM cameras")).scalar_one() == 0


def test_regions_are_spelt_alike_and_what_repeated_the_machine_is_a_confirmation(database: Database, at: At) -> None:
    same, other = (add_event(database, region=("ro", 0.9)) for _ in range(2))
    database = at(database, "0007")
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE events SET region_code = 'RO'"))
        for event, region in ((same, "RO"), (other, "HU")):
            row = {"event": event.id, "region": region, "id": uuid4()}
            connection.execute(
                text(
                    "INSERT INTO corrections (id, event_id, verdict, plate, region_code, note, second_opinion)"
                    " VALUES (:id, :event, 'corrected', 'LS15EBC', :region, '', false)"
                ),
                row,
            )
            connection.execute(
                text(
                    "UPDATE events SET review_status = 'corrected', reviewed_plate = plate,"
                    " reviewed_region_code = :region WHERE id = :event"
                ),
                row,
            )

    migrations.upgrade(database.engine)

    with database.transaction() as session:
        after = {event.id: event for event in session.scalars(select(Event))}
        verdicts = {
            row.event_id: (row.verdict, row.plate, row.region_code) for row in session.scalars(select(Correction))
        }
    assert {event.region_code for event in after.values()} == {"ro"}
    assert verdicts[same.id] == (Verdict.CONFIRMED, None, "ro")
    assert (after[same.id].review_status, after[same.id].reviewed_plate) == (ReviewStatus.CONFIRMED, None)
    assert verdicts[other.id] == (Verdict.CORRECTED, "LS15EBC", "hu")
    assert (after[other.id].review_status, after[other.id].reviewed_region_code) == (ReviewStatus.CORRECTED, "hu")


def add_webhook(database: Database, key: ApiKey | None, owner: Principal) -> UUID:
    """A webhook as the owner of a key, or the key, registered it."""
    name = owner.actor.name if key is None else f"{owner.actor.name} (key {key.name})"
    row = WebhookEndpoint(
        id=uuid4(), url="https://example.org", description="", event_types=[], secret=b"", created_by=owner.actor.id
    )
    with database.transaction() as session:
        session.add(row)
        session.flush()
        audit.record(session, Actor(owner.actor.id, name), Action.WEBHOOK_CREATED, f"webhook:{row.id}")
    return row.id


def test_webhooks_of_keys_that_may_not_register_any_are_switched_off_with_the_reason(
    database: Database, at: At
) -> None:
    owner = add_user(database, Role.ADMIN)
    good = frozenset({"webhooks:write", "events:read"})
    with database.transaction() as session:
        keys = {
            name: apikeys.create(
                session,
                owner,
                NewApiKey(name=name, role=role, permissions=permissions, cameras=cameras),
                grantable=good,
            )[0]
            for name, role, permissions, cameras in (
                ("good", Role.ADMIN, good, None),
                ("limited", Role.ADMIN, good, Grants()),
                ("blind", Role.ADMIN, frozenset({"webhooks:write"}), None),
                ("lesser", Role.REVIEWER, good, None),
            )
        }
    hooks = {name: add_webhook(database, key, owner) for name, key in keys.items()}
    hooks["person"] = add_webhook(database, None, owner)
    database = at(database, "0012")

    migrations.upgrade(database.engine)

    with database.transaction() as session:
        rows = {name: session.get_one(WebhookEndpoint, hook) for name, hook in hooks.items()}
        told = {row.subject: row.data for row in session.scalars(select(OutboxMessage))}
    reasons = {name: row.disabled_reason for name, row in rows.items() if not row.active}
    assert reasons.keys() == {"limited", "blind", "lesser"}
    assert reasons["limited"] == (
        'The API key "limited" registered it, which is limited to some cameras. '
        "An administrator who sets it active has it told of the hits at every camera."
    )
    assert "may not read passages" in str(reasons["blind"])
    assert "not the role admin" in str(reasons["lesser"])
    # As when the backend switches one off, so that administrators are told.
    assert {WebhookDisabled.model_validate(data).reason for data in told.values()} == set(reasons.values())
    assert {str(hooks[name]) for name in reasons} == told.keys()


def test_who_had_somebody_subscribed_is_taken_from_the_audit_log(database: Database, at: At) -> None:
    maker, notifier = add_user(database, Role.ADMIN).actor, MemoryNotifier()
    with database.transaction() as session:
        list_id = lists.create(session, SYSTEM, {"name": "stolen"}).id
    subscriptions.subscribe(database, maker, list_id, (Channel.EMAIL, "desk@example.org"), notifier)
    subscriptions.subscribe(database, SYSTEM, list_id, (Channel.SMS, "+40721234567"), notifier)
    database = at(database, "0012")

    migrations.upgrade(database.engine)

    with database.transaction() as session:
        makers = {row.address: row.created_by for row in subscriptions.find(session, list_id)}
    assert makers == {"desk@example.org": maker.id, "+40721234567": None}


def test_where_there_is_no_iam_nobody_is_let_in(database: Database) -> None:
    assert not migrations.let_in_by_iam(database.engine)
    assert _may_log_in(database) is False


@pytest.fixture
def _iam(database: Database) -> Iterator[None]:
    """A role of the name that Amazon's PostgreSQL has; roles belong to the whole server."""
    with database.engine.begin() as connection:
        connection.execute(text("CREATE ROLE rds_iam NOLOGIN"))
    yield
    with database.engine.begin() as connection:
        connection.execute(text("ALTER ROLE anpr_app NOLOGIN"))
        connection.execute(text("DROP ROLE rds_iam"))


@pytest.mark.usefixtures("_iam")
def test_functions_log_in_by_iam_with_their_own_rights_alone(database: Database) -> None:
    assert migrations.let_in_by_iam(database.engine)
    # A second deployment does it again.
    assert migrations.let_in_by_iam(database.engine)

    assert _may_log_in(database) is True
    engine = create_engine(database.engine.url.set(username="anpr_app"))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT pg_has_role('rds_iam', 'MEMBER')")).scalar_one()
        assert connection.execute(text("SELECT count(*) FROM cameras")).scalar_one() == 0
        with pytest.raises(DatabaseError, match="must be owner"):
            connection.execute(text("ALTER TABLE audit_logs DISABLE TRIGGER ALL"))
    with engine.connect() as connection, pytest.raises(DatabaseError, match="permission denied"):
        connection.execute(text(f'SET ROLE "{database.engine.url.username}"'))
    engine.dispose()


def _may_log_in(database: Database) -> bool:
    with database.engine.connect() as connection:
        return bool(
            connection.execute(text("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'anpr_app'")).scalar_one()
        )
