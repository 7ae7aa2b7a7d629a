"""Passages: search, newest first, and one at a time.

What keeps a search fast is in the shape of its statement. With `ORDER BY captured_at LIMIT n` the planner is tempted to
walk the time index until it has met n matches, which for a rare plate is the whole table. So the positions of a plate's
matches are collected first, in a CTE that the planner may not merge, and only one page of rows is then fetched by id.

For a pattern that many plates match, it is the other way round: collecting them takes long, and the newest few thousand
passages hold a page of them. So those are looked at first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, func, literal, or_, select, true, union
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from anpr import audit
from anpr.audit import Action, Actor
from anpr.errors import NotFound, Unprocessable
from anpr.identity import scopes
from anpr.identity.scopes import CameraScope
from anpr.models import Event, ReviewStatus
from anpr.paging import Page, PageRequest, Position, is_after, page_of
from anpr.plate_query import MIN_PREFIX, MIN_RUN, Match, Matched, PlateQuery
from anpr.settings import SearchSettings

MAX_UNSELECTIVE_RANGE: Final = timedelta(days=31)
"""The longest time that a pattern which no index serves may be searched over."""

MAX_NEWS_RANGE: Final = timedelta(days=1)
"""How far back `processed_from` may lie: what was recorded since then is collected before it is sorted by capture."""

# Looking at this many of the newest passages costs a few milliseconds, and finds a page if every fortieth matches.
_RECENT: Final = 2000

# What the machine read, and what people made of it: a search finds both.
_PLATE_COLUMNS: Final[tuple[tuple[InstrumentedAttribute[Any], InstrumentedAttribute[Any]], ...]] = (
    (Event.plate, Event.plate_key),
    (Event.reviewed_plate, Event.reviewed_plate_key),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which passages to find; None and an empty set do not filter.

    Attributes:
        captured_from: not before this time.
        captured_to: before this time.
        processed_from: recorded here not before this time, whenever they were captured.
        camera_ids: at any of these cameras.
        plate: the machine's read or people's correction of it matches this.
        min_score: confidence of the read, from 0 to 1.
        readable: whether the plate could be read.
        review_status: what people said of the read.
        region: where people and machine together say that the plate is from; a country includes its states.
    """

    captured_from: datetime | None = None
    captured_to: datetime | None = None
    processed_from: datetime | None = None
    camera_ids: frozenset[UUID] = frozenset()
    plate: PlateQuery | None = None
    min_score: float | None = None
    readable: bool | None = None
    review_status: ReviewStatus | None = None
    region: str | None = None


def check_reason(criteria: EventFilter, reason: str | None, settings: SearchSettings) -> None:
    """See that a search for a plate says why.

    Raises:
        Unprocessable: it does not, and the deployment wants it to.
    """
    if settings.require_reason and criteria.plate is not None and not (reason or "").strip():
        raise Unprocessable(
            "A search for a plate needs a reason, which is kept in the audit log; add reason=.",
            errors=[{"pointer": "/query/reason", "detail": "required with plate"}],
        )


def search(
    session: Session,
    actor: Actor,
    criteria: EventFilter,
    page: PageRequest,
    *,
    reason: str | None = None,
    scope: CameraScope = None,
) -> Page[Event]:
    """Find passages, newest first. A search for a plate is put on record, whether anything is found or not.

    Raises:
        BadRequest: the cursor is malformed.
        NotFound: a camera that is named is out of scope.
        Unprocessable: the range of time ends before it begins, or is too long for such a pattern.
    """
    _check_range(criteria)
    scopes.check(scope, criteria.camera_ids)
    if criteria.plate is not None and criteria.plate.match is Match.FUZZY:
        threshold = func.set_config("pg_trgm.similarity_threshold", str(criteria.plate.similarity_threshold), True)
        session.execute(select(threshold))
    rows = _rows(session, criteria, page, scope)
    found = page_of(rows, page, lambda event: Position(event.captured_at, event.id))
    if criteria.plate is not None:
        detail = {
            "match": criteria.plate.match,
            "max_edits": criteria.plate.max_edits,
            "captured_from": criteria.captured_from,
            "captured_to": criteria.captured_to,
            "camera_ids": sorted(criteria.camera_ids),
            "found": len(found.items),
            "further_page": page.cursor is not None,
        }
        audit.record(
            session, actor, Action.PLATE_SEARCHED, f"plate:{criteria.plate.text}", reason=reason, detail=detail
        )
    return found


def get(session: Session, event_id: UUID, *, scope: CameraScope = None) -> Event:
    """Get one passage.

    Raises:
        NotFound: there is none in scope.
    """
    event = session.scalar(scopes.limit(select(Event).where(Event.id == event_id), scope, Event.camera_id))
    if event is None:
        raise NotFound(f"There is no event {event_id}.")
    return event


def matched(event: Event, query: PlateQuery) -> Matched | None:
    """Tell how a passage that was found matches: by the machine's read if that does, else by people's correction."""
    how = query.matched(event.plate)
    if how is None and event.reviewed_plate is not None:
        how = query.matched(event.reviewed_plate)
    return how


def _rows(session: Session, criteria: EventFilter, page: PageRequest, scope: CameraScope) -> Sequence[Event]:
    cameras = criteria.camera_ids or scope
    if cameras is None and criteria.plate is not None and criteria.plate.match is Match.WILDCARD:
        rows = session.scalars(_recent_statement(criteria, criteria.plate, page)).all()
        if len(rows) > page.limit:
            return rows
    return session.scalars(_statement(criteria, page, cameras)).all()


def _recent_statement(criteria: EventFilter, query: PlateQuery, page: PageRequest) -> Select[Event]:
    """The matches among the newest passages; a full page of them is the page, fewer may not be all."""
    newest = select(Event).where(*_in_time(criteria, page)).order_by(Event.captured_at.desc(), Event.id.desc())
    recent = aliased(Event, newest.limit(_RECENT).subquery("recent"))
    plates = or_(
        query.condition(recent.plate, recent.plate_key),
        query.condition(recent.reviewed_plate, recent.reviewed_plate_key),
    )
    statement = select(recent).where(plates, *_as_judged(criteria, recent))
    return statement.order_by(recent.captured_at.desc(), recent.id.desc()).limit(page.limit + 1)


def _statement(criteria: EventFilter, page: PageRequest, cameras: CameraScope) -> Select[Event]:
    """One page, and one row more."""
    bounds = [*_in_time(criteria, page), *_as_judged(criteria, Event)]
    if criteria.plate is not None and criteria.plate.is_selective:
        return _fetch(_plate_positions(criteria.plate, bounds, cameras, page.limit + 1), page)
    if criteria.plate is not None:
        bounds.append(or_(*(criteria.plate.condition(*columns) for columns in _PLATE_COLUMNS)))
    if criteria.processed_from is not None:
        return _fetch(_recorded_positions(bounds, cameras), page)
    if cameras is not None:
        return _fetch(_camera_positions(bounds, cameras, page.limit + 1), page)
    return select(Event).where(*bounds).order_by(Event.captured_at.desc(), Event.id.desc()).limit(page.limit + 1)


def _in_time(criteria: EventFilter, page: PageRequest) -> list[ColumnElement[bool]]:
    """What the order by time can be cut by."""
    bounds: list[ColumnElement[bool]] = []
    if criteria.captured_from is not None:
        bounds.append(Event.captured_at >= criteria.captured_from)
    if criteria.captured_to is not None:
        bounds.append(Event.captured_at < criteria.captured_to)
    after = page.after()
    if after is not None:
        bounds.append(is_after(after, Event.captured_at, Event.id))
    return bounds


def _as_judged(criteria: EventFilter, event: type[Event]) -> list[ColumnElement[bool]]:
    """What machine and people thought of the read, and when it was recorded."""
    bounds: list[ColumnElement[bool]] = []
    if criteria.processed_from is not None:
        bounds.append(event.processed_at >= criteria.processed_from)
    if criteria.min_score is not None:
        bounds.append(event.score >= criteria.min_score)
    if criteria.readable is not None:
        bounds.append(event.readable.is_(criteria.readable))
    if criteria.review_status is not None:
        bounds.append(event.review_status == criteria.review_status)
    if criteria.region is not None:
        region = event.effective_region
        bounds.append(or_(region == criteria.region, region.startswith(f"{criteria.region}-", autoescape=True)))
    return bounds


def _positions() -> Select[datetime, UUID]:
    return select(Event.captured_at, Event.id)


def _plate_positions(
    query: PlateQuery, bounds: list[ColumnElement[bool]], cameras: CameraScope, count: int
) -> Select[datetime, UUID]:
    """Where the matches of a plate are: each pair of columns by its own index."""
    branches = []
    for plate, key in _PLATE_COLUMNS:
        # The indexes on corrections leave out the rows that have none; the planner has to be told that it may use them.
        branch = _positions().where(query.condition(plate, key), plate.is_not(None), *bounds)
        branch = scopes.limit(branch, cameras, Event.camera_id)
        if query.match is Match.EXACT:
            # One plate's passages are sorted by time in the index; a frequent visitor has many.
            branch = branch.order_by(Event.captured_at.desc(), Event.id.desc()).limit(count)
        branches.append(branch)
    found = union(*branches).cte("found").prefix_with("MATERIALIZED")
    return select(found.c.captured_at, found.c.id)


def _camera_positions(
    bounds: list[ColumnElement[bool]], cameras: frozenset[UUID], count: int
) -> Select[datetime, UUID]:
    """The newest passages of each camera, each by the camera's index: of these, the newest are the page."""
    named = func.unnest(literal(sorted(cameras), ARRAY(Uuid()))).table_valued("camera_id").render_derived()
    newest = (
        _positions()
        .where(Event.camera_id == named.c.camera_id, *bounds)
        .order_by(Event.captured_at.desc(), Event.id.desc())
        .limit(count)
        .lateral("newest")
    )
    return select(newest.c.captured_at, newest.c.id).select_from(named).join(newest, true())


def _recorded_positions(bounds: list[ColumnElement[bool]], cameras: CameraScope) -> Select[datetime, UUID]:
    """Where what was recorded lately is, by the index on that time: most of it was captured lately, but not all."""
    found = scopes.limit(_positions().where(*bounds), cameras, Event.camera_id).cte("found").prefix_with("MATERIALIZED")
    return select(found.c.captured_at, found.c.id)


def _fetch(positions: Select[datetime, UUID], page: PageRequest) -> Select[Event]:
    """The rows at the newest of some positions."""
    at, row_id = positions.selected_columns
    newest = positions.order_by(at.desc(), row_id.desc()).limit(page.limit + 1).subquery("newest_positions")
    return select(Event).join(newest, Event.id == newest.c.id).order_by(Event.captured_at.desc(), Event.id.desc())


def _check_range(criteria: EventFilter) -> None:
    start, end = criteria.captured_from, criteria.captured_to
    if start is not None and end is not None and start >= end:
        raise Unprocessable(
            "captured_from is not before captured_to, so nothing lies between them.",
            errors=[{"pointer": "/query/captured_from"}, {"pointer": "/query/captured_to"}],
        )
    if criteria.processed_from is not None and criteria.processed_from < datetime.now(UTC) - MAX_NEWS_RANGE:
        raise Unprocessable(
            f"processed_from is for what is new, and may lie at most {MAX_NEWS_RANGE.days * 24} hours back.",
            errors=[{"pointer": "/query/processed_from", "detail": "too long ago"}],
        )
    if criteria.plate is None or criteria.plate.is_selective or criteria.camera_ids:
        return
    if start is None or end is None or end - start > MAX_UNSELECTIVE_RANGE:
        raise Unprocessable(
            f"This pattern fits too many plates. Give {MIN_PREFIX} or more characters at its start, or {MIN_RUN} "
            f"or more in a row, or a camera, or a range of at most {MAX_UNSELECTIVE_RANGE.days} days "
            "by captured_from and captured_to.",
            errors=[{"pointer": "/query/plate", "detail": "too unspecific"}],
        )
