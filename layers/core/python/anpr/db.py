"""The database connection: engine, sessions, and `transaction`, the only place that commits."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, sessionmaker

from anpr import driver
from anpr.errors import Unavailable, Unprocessable
from anpr.settings import DatabaseSettings

_AFTER_COMMIT: Final = "after_commit"
_QUERY_CANCELED: Final = "57014"
# What a text may hold and PostgreSQL cannot: NUL, as such or in JSON.
_UNSTORABLE: Final = frozenset({"22021", "22P05"})
# Connection lost, deadlock or serialisation failure, out of resources, shut down by an operator: all pass.
_OUTAGES: Final = frozenset({"08", "40", "53", "57"})


RDS_AUTHORITIES: Final = Path(__file__).parent / "rds.pem"
"""Amazon RDS signs its servers' certificates by authorities of its own, one a region, which no system trusts."""

# The socket waits longer than the server lets a statement run, so that the server ends it, with a clear error.
_GRACE: Final = 1.25


def make_engine(
    url: URL,
    settings: DatabaseSettings,
    *,
    password: Callable[[], str] | None = None,
    pooled: bool = False,
    search_path: str | None = None,
) -> Engine:
    """Make an engine on pg8000 that keeps at most `settings.pool_size` connections.

    Args:
        url: user, password, host, port and database; the driver part is replaced.
        settings: TLS, pool and time-outs.
        password: gives the password of each connection as it is opened, in place of the URL's.
        pooled: what is reached is a transaction pooler, such as PgBouncer or Supavisor: the next transaction may be on
            another connection of the server, so role, limits and search path travel with each. As start-up parameters
            PgBouncer would refuse them, and Supavisor drop them without a word.
        search_path: schemas in which names are looked for, where that is not the server's default.
    """
    parameters = {"statement_timeout": f"{round(settings.statement_timeout_s * 1000)}", "timezone": "UTC"}
    if search_path is not None:
        parameters["search_path"] = search_path
    if settings.role is not None:
        parameters["role"] = settings.role
    connect_args: dict[str, object] = {
        # One limit for opening a connection, which may have to wake the server, and for every answer after that.
        "timeout": max(settings.connect_timeout_s, settings.statement_timeout_s * _GRACE),
        "application_name": "anpr",
        "startup_params": {} if pooled else parameters,
    }
    if settings.ssl:
        authorities = str(RDS_AUTHORITIES) if settings.ssl_root_cert == "rds" else settings.ssl_root_cert
        connect_args["ssl_context"] = ssl.create_default_context(cafile=authorities)
    engine = create_engine(
        url.set(drivername=driver.driver_name()),
        json_serializer=driver.to_json,
        pool_size=settings.pool_size,
        max_overflow=0,
        pool_timeout=settings.connect_timeout_s,
        # A Lambda's connection may have been closed while it was frozen; a database that slept closes them all.
        pool_pre_ping=True,
        connect_args=connect_args,
    )
    driver.guard(engine)
    if pooled:
        _send_with_each_transaction(engine, parameters)
    if password is not None:

        @event.listens_for(engine, "do_connect")
        def _log_in(_dialect: object, _record: object, _args: object, parameters: dict[str, Any]) -> None:
            parameters["password"] = password()

    return engine


def _send_with_each_transaction(engine: Engine, parameters: dict[str, str]) -> None:
    """Set parameters when a transaction begins, for its length: one more round trip."""
    wanted = ", ".join("set_config(%s, %s, true)" for _ in parameters)
    values = tuple(text for pair in parameters.items() for text in pair)

    @event.listens_for(engine, "begin")
    def _set(connection: Connection) -> None:
        connection.exec_driver_sql(f"SELECT {wanted}", values)


class Database:
    """Sessions on one engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        # Rows are rendered after the commit, so they must stay readable.
        self._sessions = sessionmaker(engine, expire_on_commit=False)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Open a session, commit when the block ends well and roll back when it raises.

        A connection is thrown away after any error that the server did not send; see `anpr.driver`.

        Raises:
            anpr.errors.Unavailable: the database cannot be reached, or it ended a statement for taking too long.
            anpr.errors.Unprocessable: a text holds what PostgreSQL cannot store.
        """
        with self._sessions() as session:
            try:
                yield session
                session.commit()
            except PoolTimeout as error:
                raise Unavailable("The database has no free connection; try again in a moment.") from error
            except DBAPIError as error:
                if _sqlstate(error) == _QUERY_CANCELED:
                    raise Unavailable("The query took too long and was stopped; ask for less at a time.") from error
                if isinstance(error, (InterfaceError, OperationalError)) or _sqlstate(error)[:2] in _OUTAGES:
                    raise Unavailable("The database does not answer; try again in a moment.") from error
                if _sqlstate(error) in _UNSTORABLE:
                    raise Unprocessable("A text in the request holds a character that cannot be stored.") from error
                raise
            for call in session.info.pop(_AFTER_COMMIT, ()):
                call()


def after_commit(session: Session, call: Callable[[], None]) -> None:
    """Have something done once the transaction has committed, such as a call to a service: no lock waits for it then.

    Args:
        session: the transaction.
        call: raises nothing that the caller of a transaction that has committed could do anything about.
    """
    session.info.setdefault(_AFTER_COMMIT, []).append(call)


def _sqlstate(error: DBAPIError) -> str:
    """PostgreSQL's code for what went wrong; empty where the error is the driver's own."""
    return (driver.answer_of(error.orig) or {}).get("C", "")
