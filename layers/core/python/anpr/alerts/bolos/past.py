"""Where past passages are that an entry may match, found by the indexes of `events`.

What is found is more than matches, never less: `patterns.matched_by` accepts no passage that is not found here. So each
condition below stands for one way in which it may accept, and each has an index of its own. They are looked up apart
and united: a planner that is given them in one statement with an order by time is tempted to walk the table by time.
"""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, String, any_, column, literal, literal_column, select, union
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.sql.selectable import CompoundSelect

from anpr.alerts.bolos.patterns import PlatePattern, misspellings
from anpr.identity import scopes
from anpr.identity.scopes import CameraScope
from anpr.models import BoloKind, Event, Tolerance
from anpr.models.footage import CANDIDATE_PLATES, OTHER_LETTERS
from anpr.plate_query import Match, PlateQuery
from anpr.plates import like_pattern, plate_key


def positions(
    plate_pattern: PlatePattern, since: datetime, scope: CameraScope, *, limit: int
) -> Select[datetime, UUID] | CompoundSelect[datetime, UUID]:
    """Ask for times and ids of the passages that may match, the newest first.

    Args:
        plate_pattern: what the entry looks for.
        since: passages captured before are left out.
        scope: the cameras to look at; None for all.
        limit: how many at most. A regular expression, and a pattern that no index serves, have every passage there is
            for a candidate.
    """
    bounded = scopes.limit(select(Event.captured_at, Event.id), scope, Event.camera_id).where(
        Event.captured_at >= since
    )
    conditions = list(_conditions(plate_pattern))
    if not conditions:
        return bounded.order_by(Event.captured_at.desc(), Event.id.desc()).limit(limit)
    found = union(*(bounded.where(condition) for condition in conditions))
    return found.order_by(column("captured_at").desc(), column("id").desc()).limit(limit)


def _conditions(plate_pattern: PlatePattern) -> Iterator[ColumnElement[bool]]:
    if plate_pattern.kind is BoloKind.EXACT:
        yield from _of_plate(plate_pattern)
    elif plate_pattern.kind is BoloKind.WILDCARD and PlateQuery(Match.WILDCARD, plate_pattern.pattern).is_selective:
        yield from _of_wildcard(plate_pattern)


def _of_plate(plate_pattern: PlatePattern) -> Iterator[ColumnElement[bool]]:
    yield Event.plate == plate_pattern.pattern
    yield Event.reviewed_plate == plate_pattern.pattern
    if plate_pattern.tolerance is Tolerance.NONE:
        return
    yield Event.plate_key == plate_key(plate_pattern.pattern)
    plates: ColumnElement[object] = literal_column(CANDIDATE_PLATES, JSONB)
    yield plates.bool_op("@>")(literal([plate_pattern.pattern], JSONB))
    if plate_pattern.tolerance is Tolerance.ONE_EDIT:
        # Trigrams would not do: AB and XB have none in common. All spellings of a misread are a thousand or so.
        yield Event.plate == any_(literal(misspellings(plate_pattern.pattern), ARRAY(String)))
        yield literal_column(OTHER_LETTERS)


def _of_wildcard(plate_pattern: PlatePattern) -> Iterator[ColumnElement[bool]]:
    if plate_pattern.tolerance is Tolerance.NONE:
        pattern = like_pattern(plate_pattern.pattern)
        yield Event.plate.like(pattern)
        yield Event.reviewed_plate.like(pattern)
        return
    # Look-alikes are one in the key.
    pattern = like_pattern("".join(c if c in "?*" else plate_key(c) for c in plate_pattern.pattern))
    yield Event.plate_key.like(pattern)
    # The indexes of corrections hold the corrected rows alone, and must be told that no other is meant.
    yield Event.reviewed_plate_key.like(pattern) & Event.reviewed_plate.is_not(None)
