"""What a legal hold covers: what a case needs is left alone by retention and by erasure until the hold is released.

What is held is not written down row by row: it is a condition on facts that cannot be taken back while the hold is
active. What a machine read, where and when, is never overwritten; a verdict stays on record after another took its
place; a hit goes only with its event; and an entry cannot leave a case that is held (`refuse_leaving`). So an event
that falls under a hold, when the hold is placed or at any time after, stays under it until the release.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, case, exists, func, or_, select, text
from sqlalchemy.orm import Session

from anpr.errors import Conflict
from anpr.models import Bolo, BoloMatch, Correction, Event, LegalHold, Upload, UploadStatus
from anpr.plates import CONFUSABLES

_SECOND: Final = text("interval '1 second'")
_LONGEST_S: Final = 6 * 3600
"""The longest footage that is read: what an upload may show whose job did not get as far as its length."""


def keep_out(session: Session) -> None:
    """Let no hold be placed until this transaction ends: what it found free of holds, it deletes free of holds."""
    session.execute(text("LOCK TABLE legal_holds IN SHARE MODE"))


def refuse_leaving(session: Session, case_number: str | None) -> None:
    """Refuse to take an entry out of a case that is held: its hits, past and to come, would leave the hold with it.

    No hold can be placed until the transaction ends, so none is placed between this look and the entry's change.

    Raises:
        Conflict: the case is held.
    """
    if case_number is None:
        return
    keep_out(session)
    held = select(LegalHold.id).where(LegalHold.case_number == case_number, _is_active()).limit(1)
    if (hold_id := session.scalar(held)) is not None:
        raise Conflict(
            f"The entry's case {case_number} is under legal hold {hold_id}, so its case number stays until an "
            "administrator releases the hold. For another case, add another entry."
        )


def event_is_held() -> ColumnElement[bool]:
    """The condition that an event, of the query around it, is held."""
    key_of_correction = func.translate(Correction.plate, "".join(CONFUSABLES), "".join(CONFUSABLES.values()))
    was_corrected_to_it = exists(
        select(Correction.id)
        .where(Correction.event_id == Event.id, key_of_correction == LegalHold.plate_key)
        .correlate(Event, LegalHold)
    )
    matches = and_(
        _is_active(),
        _is_specific(),
        or_(
            LegalHold.plate_key.is_(None),
            LegalHold.plate_key == Event.plate_key,
            LegalHold.plate_key == Event.reviewed_plate_key,
            was_corrected_to_it,
        ),
        or_(LegalHold.camera_id.is_(None), LegalHold.camera_id == Event.camera_id),
        _covers(Event.first_seen_at, Event.last_seen_at),
    )
    by_case = (
        select(BoloMatch.id)
        .join(Bolo, Bolo.id == BoloMatch.bolo_id)
        .join(LegalHold, LegalHold.case_number == Bolo.case_number)
        .where(BoloMatch.event_id == Event.id, _is_active())
        .correlate(Event)
    )
    return or_(exists(select(LegalHold.id).where(matches).correlate(Event)), exists(by_case))


def upload_is_held() -> ColumnElement[bool]:
    """The condition that an upload is held: one of its events is, or its camera and time are, whatever it shows."""
    unknown = case((Upload.status == UploadStatus.SUCCEEDED, 0), else_=_LONGEST_S)
    length = func.coalesce(Upload.duration_s, unknown) * _SECOND
    of_place = select(LegalHold.id).where(
        _is_active(),
        _is_specific(),
        LegalHold.plate_key.is_(None),
        or_(LegalHold.camera_id.is_(None), LegalHold.camera_id == Upload.camera_id),
        _covers(Upload.captured_at, Upload.captured_at + length),
    )
    of_event = select(Event.id).where(Event.upload_id == Upload.id, event_is_held())
    return or_(exists(of_place.correlate(Upload)), exists(of_event.correlate(Upload)))


def _is_active() -> ColumnElement[bool]:
    return LegalHold.released_at.is_(None)


def _is_specific() -> ColumnElement[bool]:
    """A hold that names nothing but its case holds the case's hits, not everything there is."""
    return (
        func.num_nonnulls(LegalHold.plate_key, LegalHold.camera_id, LegalHold.captured_from, LegalHold.captured_to) > 0
    )


def _covers(start: SQLColumnExpression[datetime], end: SQLColumnExpression[datetime]) -> ColumnElement[bool]:
    """The condition that a hold's period and a time span have a moment in common."""
    return and_(
        or_(LegalHold.captured_from.is_(None), end >= LegalHold.captured_from),
        or_(LegalHold.captured_to.is_(None), start < LegalHold.captured_to),
    )
