"""Which cameras a caller may see: the one helper that every query over rows of a camera goes through."""

from collections.abc import Set as AbstractSet
from typing import Any, Protocol, Self, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, any_, literal
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute

from anpr.errors import NotFound

CameraScope = frozenset[UUID] | None
"""The cameras that a caller is limited to; None is all of them, the empty set none."""


class _Filterable(Protocol):
    """A SELECT, UPDATE or DELETE."""

    def where(self, *clauses: Any) -> Self: ...


_Statement = TypeVar("_Statement", bound=_Filterable)


def limit(
    statement: _Statement, scope: CameraScope, camera: InstrumentedAttribute[UUID] | ColumnElement[UUID]
) -> _Statement:
    """Keep a statement to the rows of the cameras in scope.

    Args:
        statement: a SELECT, UPDATE or DELETE.
        scope: the caller's cameras, or None for no limit.
        camera: the column that holds a row's camera.

    Returns:
        The statement, with one more condition unless there is no limit.
    """
    if scope is None:
        return statement
    # One array parameter whatever the number of cameras, so the statement's text, and thus its plan, is one.
    return statement.where(camera == any_(literal(sorted(scope), ARRAY(Uuid()))))


def covers(scope: CameraScope, camera_id: UUID) -> bool:
    """Tell whether a camera is in scope."""
    return scope is None or camera_id in scope


def check(scope: CameraScope, camera_ids: AbstractSet[UUID]) -> None:
    """Refuse cameras that a caller names and may not see.

    Raises:
        NotFound: as for a camera that does not exist, so that an answer does not tell which cameras there are.
    """
    unseen = [camera_id for camera_id in sorted(camera_ids) if not covers(scope, camera_id)]
    if unseen:
        raise NotFound(f"There is no camera {unseen[0]}.")
