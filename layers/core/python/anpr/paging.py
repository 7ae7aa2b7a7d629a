"""Pages by keyset: opaque cursors that name the last row of a page, newest first."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from anpr.errors import BadRequest

MAX_LIMIT: Final = 200
DEFAULT_LIMIT: Final = 50
_VERSION: Final = 1

_MALFORMED: Final = (
    "The cursor is malformed or belongs to another list; use next_cursor as it was given, or leave it out."
)

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some rows of a list, and where to go on.

    Attributes:
        items: the rows, in the list's order.
        next_cursor: what to ask for the next page with; None on the last one.
    """

    items: Sequence[Item]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Position:
    """A row's place in a list that is sorted by time and, where times are equal, by id."""

    at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page of which list.

    Attributes:
        kind: the list's name; a cursor of another list is refused.
        limit: the most rows to return, 1-200.
        cursor: `next_cursor` of the page before; None for the first page.
    """

    kind: str
    limit: int = DEFAULT_LIMIT
    cursor: str | None = None

    def after(self) -> Position | None:
        """Read the cursor.

        Raises:
            BadRequest: the cursor is not one of this list's.
        """
        return None if self.cursor is None else decode(self.kind, self.cursor)


def encode(kind: str, position: Position) -> str:
    """Write a cursor: base64url of a small, versioned JSON array."""
    content = [_VERSION, kind, position.at.astimezone(UTC).isoformat(), str(position.id)]
    return base64.urlsafe_b64encode(json.dumps(content, separators=(",", ":")).encode()).rstrip(b"=").decode()


def decode(kind: str, cursor: str) -> Position:
    """Read a cursor.

    Raises:
        BadRequest: it is malformed, of another version, or of another list.
    """
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        version, of, at, row_id = json.loads(raw)
        position = Position(datetime.fromisoformat(at).astimezone(UTC), UUID(row_id))
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise BadRequest(_MALFORMED) from error
    if (version, of) != (_VERSION, kind):
        raise BadRequest(_MALFORMED)
    return position


def is_after(
    position: Position, at: InstrumentedAttribute[datetime], row_id: InstrumentedAttribute[UUID]
) -> ColumnElement[bool]:
    """The condition that a row comes after a position, newest first: a row comparison, so one index serves it."""
    return tuple_(at, row_id) < tuple_(position.at, position.id)


def newest_first(
    statement: Select[Any],
    at: InstrumentedAttribute[datetime],
    row_id: InstrumentedAttribute[UUID],
    request: PageRequest,
) -> Select[Any]:
    """Sort and cut a statement to one page, with one row more than the page holds: it tells whether there is a next."""
    after = request.after()
    if after is not None:
        statement = statement.where(is_after(after, at, row_id))
    return statement.order_by(at.desc(), row_id.desc()).limit(request.limit + 1)


def page_of(rows: Sequence[Item], request: PageRequest, position: Callable[[Item], Position]) -> Page[Item]:
    """Make a page of the rows that a `newest_first` statement gave."""
    items = rows[: request.limit]
    more = len(rows) > request.limit
    return Page(items, encode(request.kind, position(items[-1])) if more else None)
