"""pg8000 as this backend uses it: no connection outlives an error that the server did not send.

pg8000 writes a query in several messages and reads as many replies. An error of its own between two of them, such as a
text that UTF-8 cannot encode, leaves replies unread, and the next query on that connection gets the answer of this one.
"""

import json
import re
from typing import Any, Final

from pg8000.exceptions import InterfaceError
from sqlalchemy import Engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.pg8000 import PGDialect_pg8000
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext

from anpr.errors import AnprError, Unavailable, Unprocessable

_DRIVER: Final = "postgresql+anpr"
_UNSENDABLE: Final = re.compile("[\0\ud800-\udfff]")
# As JSON writes it; after an even number of backslashes, since the text `\u0000` itself is written with two.
_NUL_IN_JSON: Final = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class Dialect(PGDialect_pg8000):
    """SQLAlchemy's dialect of pg8000, in which a socket's error is always the driver's own.

    pg8000 passes some on as they are, such as a time-out while it logs in. Whoever catches `OSError` around a
    transaction means a file.
    """

    supports_statement_cache = True

    def connect(self, *cargs: Any, **cparams: Any) -> DBAPIConnection:
        try:
            return super().connect(*cargs, **cparams)
        except OSError as error:
            raise InterfaceError("network error") from error

    def do_ping(self, dbapi_connection: DBAPIConnection) -> bool:
        try:
            return super().do_ping(dbapi_connection)
        except OSError as error:
            raise InterfaceError("network error") from error


def driver_name() -> str:
    """The driver part of a URL that is opened by `Dialect`."""
    registry.register(_DRIVER.replace("+", "."), __name__, Dialect.__name__)
    return _DRIVER


def guard(engine: Engine) -> None:
    """Keep what would break a connection from being sent on it, and throw away one that was broken all the same."""
    event.listen(engine, "before_cursor_execute", _refuse_what_cannot_be_sent)
    event.listen(engine, "handle_error", _let_go)


def to_json(value: object) -> str:
    """Write JSON for PostgreSQL.

    Raises:
        Unprocessable: a text in it has a NUL, which JSON can write and JSONB cannot keep.
    """
    # Half of a surrogate pair stays what it is, so that it is found with those of other texts.
    written = json.dumps(value, ensure_ascii=False)
    if _NUL_IN_JSON.search(written):
        raise _no_text()
    return written


def storable(text: str) -> str:
    """A text without what PostgreSQL cannot keep, for words that no caller of ours chose, such as a decoder's."""
    return _UNSENDABLE.sub("", text)


def answer_of(error: BaseException | None) -> dict[str, str] | None:
    """The fields of the server's error, such as `C` for its SQLSTATE; None where it is not the server's.

    pg8000 has one exception for nearly every error of the server, with the server's fields as its argument.
    """
    fields = error.args[0] if error is not None and error.args else None
    return fields if isinstance(fields, dict) else None


def _refuse_what_cannot_be_sent(
    _connection: object, _cursor: object, _statement: object, parameters: Any, _context: object, _many: object
) -> None:
    """The last resort: whatever accepts a text should have refused this one, and could have said where it stands."""
    if not all(map(_is_sendable, parameters)):
        raise _no_text()


def _is_sendable(value: object) -> bool:
    if isinstance(value, str):
        return _UNSENDABLE.search(value) is None
    if isinstance(value, (list, tuple)):
        return all(map(_is_sendable, value))
    return True


def _no_text() -> Unprocessable:
    return Unprocessable("A text holds a NUL or half of a surrogate pair, which is not valid Unicode.")


def _let_go(context: ExceptionContext) -> None:
    """Throw the connection away after any error that is not the server's own answer, whoever catches the error.

    Raises:
        Unavailable: the connection's socket failed.
    """
    error = context.original_exception
    if isinstance(error, AnprError):
        # Raised while a parameter was prepared, before anything was sent. SQLAlchemy would wrap it.
        raise error
    if answer_of(error) is not None:
        return
    lost = isinstance(error, (InterfaceError, OSError))
    context.is_disconnect = True
    # Where the network or the server failed, the other connections are lost too.
    context.invalidate_pool_on_disconnect = lost
    if isinstance(error, OSError):
        raise Unavailable("The database does not answer; try again in a moment.") from error
