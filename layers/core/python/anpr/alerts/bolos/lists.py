"""Lists of wanted plates."""

from contextlib import suppress
from functools import partial
from typing import TypedDict
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from anpr import audit
from anpr.alerts.bolos.matcher import touch
from anpr.audit import Action, Actor
from anpr.db import after_commit
from anpr.errors import Conflict, NotFound, Unavailable
from anpr.models import BoloList, BoloMatch, Priority
from anpr.paging import Page, PageRequest, Position, newest_first, page_of
from anpr.ports import Notifier


class ListFields(TypedDict, total=False):
    """What may be set of a list; a field that is not there is left as it is.

    Attributes:
        active: entries of an inactive list match nothing.
        alert_interval_s: hits of one vehicle at one camera within this many seconds are one alert; 0 alerts of each.
    """

    name: str
    description: str
    priority: Priority
    active: bool
    alert_interval_s: int


def create(session: Session, actor: Actor, fields: ListFields) -> BoloList:
    """Make a list; `name` is required.

    Raises:
        Conflict: the name is taken.
    """
    values = {
        "description": "",
        "priority": Priority.NORMAL,
        "active": True,
        "alert_interval_s": 300,
        "created_by": actor.id,
        **fields,
    }
    made: BoloList | None = session.scalar(
        insert(BoloList)
        .values(id=uuid4(), **values)
        .on_conflict_do_nothing(index_elements=["name"])
        .returning(BoloList)
    )
    if made is None:
        raise Conflict(f"There is a list named {fields['name']!r} already.")
    audit.record(session, actor, Action.BOLO_LIST_CREATED, f"bolo_list:{made.id}", detail={"name": made.name})
    return made


def find(session: Session, page: PageRequest) -> Page[BoloList]:
    """List the lists, newest first."""
    rows = session.scalars(newest_first(select(BoloList), BoloList.created_at, BoloList.id, page)).all()
    return page_of(rows, page, lambda row: Position(row.created_at, row.id))


def get(session: Session, list_id: UUID, *, lock: bool = False) -> BoloList:
    """Get one list.

    Raises:
        NotFound: there is none.
    """
    found = session.get(BoloList, list_id, with_for_update=True if lock else None)
    if found is None:
        raise NotFound(f"There is no list {list_id}.")
    return found


def update(session: Session, actor: Actor, list_id: UUID, fields: ListFields) -> BoloList:
    """Change a list.

    Raises:
        NotFound: there is none.
        Conflict: the new name is taken.
    """
    changing = get(session, list_id, lock=True)
    changed = {name: value for name, value in fields.items() if value != getattr(changing, name)}
    for name, value in changed.items():
        setattr(changing, name, value)
    try:
        session.flush()
    except IntegrityError as error:
        raise Conflict(f"There is a list named {fields.get('name')!r} already.") from error
    if changed:
        audit.record(session, actor, Action.BOLO_LIST_CHANGED, f"bolo_list:{list_id}", detail=changed)
    return changing


def delete(session: Session, actor: Actor, list_id: UUID, notifier: Notifier) -> None:
    """Remove a list with its entries, and once that is committed its topic.

    Raises:
        NotFound: there is none.
        Conflict: it has hits, which would lose their reason; it can be made inactive instead.
    """
    removing = get(session, list_id, lock=True)
    if session.scalar(select(BoloMatch.id).where(BoloMatch.list_id == list_id).limit(1)) is not None:
        raise Conflict("The list has hits, which would lose their reason; set active to false instead.")
    touch(session)
    session.delete(removing)
    session.flush()
    audit.record(session, actor, Action.BOLO_LIST_DELETED, f"bolo_list:{list_id}", detail={"name": removing.name})
    if removing.topic is not None:
        after_commit(session, partial(_close, notifier, removing.topic))


def _close(notifier: Notifier, topic: str) -> None:
    # A topic that is left behind tells nobody anything.
    with suppress(Unavailable):
        notifier.close_topic(topic)
