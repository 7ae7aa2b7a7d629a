"""What has just come in, for whoever watches: passages in the order in which they were recorded, with their hits.

A search is ordered by when a passage was captured; footage that is uploaded today may be of last week, and to a watcher
it is as new as a camera's. What a watcher sees is asked for every other second, so an answer that would be the same as
the last one must cost little: it is told by a fingerprint.
"""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased, joinedload

from anpr.identity import scopes
from anpr.identity.scopes import CameraScope
from anpr.models import BoloMatch, Event
from anpr.review.vehicles import Known

LOOKED_AT: Final = 5000
"""Among how many of the newest passages those of some cameras are looked for: it bounds what an answer costs."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A passage that came in.

    Attributes:
        event: the passage.
        hits: of it, each with its entry and its list; the oldest first.
    """

    event: Event
    hits: tuple[BoloMatch, ...]


def newest(
    session: Session, *, limit: int, camera_ids: frozenset[UUID] = frozenset(), scope: CameraScope = None
) -> list[Arrival]:
    """List the passages that were recorded last, the latest first.

    Args:
        session: the transaction.
        limit: the most to list.
        camera_ids: at these cameras; any, where none is named.
        scope: the cameras that the caller may see.

    Raises:
        NotFound: a camera that is named is out of scope.
    """
    scopes.check(scope, camera_ids)
    cameras = camera_ids or scope
    order = (Event.processed_at.desc(), Event.id.desc())
    statement = select(Event).order_by(*order).limit(limit)
    if cameras is not None:
        latest = aliased(Event, select(Event).order_by(*order).limit(LOOKED_AT).subquery("latest"))
        statement = scopes.limit(select(latest), cameras, latest.camera_id)
        statement = statement.order_by(latest.processed_at.desc(), latest.id.desc()).limit(limit)
    events = session.scalars(statement).all()
    hits = _hits(session, [event.id for event in events])
    return [Arrival(event, tuple(hits[event.id])) for event in events]


def fingerprint(arrivals: Sequence[Arrival], known: Known) -> str:
    """What is the same exactly as long as a watcher sees the same: reviews, dispositions of hits and names included."""
    digest = hashlib.sha256()
    for arrival in arrivals:
        event = arrival.event
        seen = [event.id, event.review_status, event.reviewed_plate, event.reviewed_region_code, event.media_deleted_at]
        seen += [part for hit in arrival.hits for part in (hit.id, hit.status)]
        if event.id in known:
            seen += [known[event.id].id, known[event.id].name]
        digest.update(repr([str(part) for part in seen]).encode())
    return digest.hexdigest()[:32]


def _hits(session: Session, event_ids: Sequence[UUID]) -> defaultdict[UUID, list[BoloMatch]]:
    found: defaultdict[UUID, list[BoloMatch]] = defaultdict(list)
    if not event_ids:
        return found
    statement = (
        select(BoloMatch)
        .where(BoloMatch.event_id.in_(event_ids))
        .options(joinedload(BoloMatch.bolo), joinedload(BoloMatch.list))
        .order_by(BoloMatch.created_at, BoloMatch.id)
    )
    for hit in session.scalars(statement):
        found[hit.event_id].append(hit)
    return found
