"""Verdicts: give one, undo one, and what they make of an event."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from anpr import audit, outbox
from anpr.alerts import bolos
from anpr.audit import Action
from anpr.errors import Conflict, Forbidden, NotFound, Unprocessable
from anpr.identity import scopes
from anpr.identity.principals import Principal
from anpr.identity.scopes import CameraScope
from anpr.messages import EventReviewed, EventType
from anpr.models import Correction, Event, RejectReason, ReviewStatus, Role, Urgency, Verdict
from anpr.plates import MAX_PLATE_LENGTH, normalize, plate_key, refuse_stray
from anpr.regions import checked_region, normalize_region
from anpr.review.queue import locked, refuse_claimed_by_other


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a reviewer says of an event.

    Attributes:
        verdict: confirmed, corrected or rejected.
        plate: the right text, as typed; with a correction only.
        region_code: where the plate is from, if that is corrected too; with a correction only.
        reject_reason: why there is nothing to confirm or correct; with a rejection only.
        note: anything else, for other people.
        supersedes: the live verdict that this one is to replace, as the reviewer saw it; None where they saw none.
    """

    verdict: Verdict
    plate: str | None = None
    region_code: str | None = None
    reject_reason: RejectReason | None = None
    note: str = ""
    supersedes: UUID | None = None


def give(
    session: Session, principal: Principal, event_id: UUID, opinion: Opinion, *, matcher: bolos.Matcher
) -> tuple[Correction, bool]:
    """Record a verdict, make it the live one, and end the claim.

    A verdict on an event that has one already must name it, so that two people who looked at the same time do not
    overwrite each other unawares. A second opinion needs not: it is asked for because there is one.

    Args:
        session: the transaction.
        principal: who judges.
        event_id: which event.
        opinion: what they say.
        matcher: the process's matcher of wanted plates: a verdict may raise a hit, or withdraw one.

    Returns:
        The verdict, and whether it is new: the same verdict given twice by one person is recorded once.

    Raises:
        NotFound: no such event in scope.
        Forbidden: the caller is no person.
        Unprocessable: the opinion says nothing that can be recorded.
        Conflict: somebody else works on the event, has judged it meanwhile, or must judge it.
    """
    reviewer_id = person(principal)
    review = locked(session, event_id, scope=principal.scope)
    event, live = review.event, _live(session, event_id)
    made = _correction(event, opinion)
    made.reviewer_id = reviewer_id
    if live is not None and live.reviewer_id == reviewer_id and _same(live, made) and live.note == made.note:
        return live, False
    refuse_claimed_by_other(session, review, reviewer_id)
    wants_second = bool(review.urgency & Urgency.SECOND_OPINION)
    _refuse_unaware(live, opinion, reviewer_id, wants_second=wants_second)
    if wants_second and reviewer_id in (review.second_opinion_by, live.reviewer_id if live else None):
        raise Conflict("A second opinion was asked for, and another reviewer must give it.")

    if live is not None:
        made.supersedes_id = live.id
        made.second_opinion = wants_second
        if wants_second:
            review.disagreement = not _agree(event, live, made)
    session.add(made)
    review.open = False
    review.urgency &= ~Urgency.SECOND_OPINION
    review.second_opinion_by, review.second_opinion_note = None, ""
    review.claimed_by = review.claimed_until = None
    session.flush()
    _settle(session, event, made, matcher)
    audit.record(
        session,
        principal.actor,
        Action.EVENT_REVIEWED,
        f"event:{event_id}",
        detail={"verdict": made.verdict.value, "correction": made.id, "second_opinion": made.second_opinion},
    )
    return made, True


def undo(session: Session, principal: Principal, correction_id: UUID, *, matcher: bolos.Matcher) -> Correction:
    """Take back a live verdict: one's own, or as an administrator anybody's. The one before it holds again.

    An event left without a verdict goes back to the queue. A second opinion that is undone is not asked for again.

    Raises:
        NotFound: no such verdict in scope.
        Forbidden: it is another person's.
        Conflict: a later verdict stands on it.
    """
    reviewer_id = person(principal)
    event_id = session.scalar(select(Correction.event_id).where(Correction.id == correction_id))
    if event_id is None:
        raise NotFound(f"There is no verdict {correction_id}.")
    review = locked(session, event_id, scope=principal.scope)
    correction = session.get_one(Correction, correction_id, populate_existing=True)
    if correction.reviewer_id != reviewer_id and not principal.has(Role.ADMIN):
        raise Forbidden("Only the reviewer who gave a verdict, or an administrator, may undo it.")
    if correction.undone_at is not None:
        return correction
    live = _live(session, event_id)
    if live is None or live.id != correction_id:
        raise Conflict("A later verdict stands on this event; undo that one first.")
    correction.undone_at = session.execute(select(func.now())).scalar_one()
    correction.undone_by = reviewer_id
    session.flush()
    before = _live(session, event_id)
    if before is None:
        review.open = True
    if correction.second_opinion:
        review.disagreement = False
    _settle(session, review.event, before, matcher)
    audit.record(
        session, principal.actor, Action.EVENT_REVIEW_UNDONE, f"event:{event_id}", detail={"correction": correction_id}
    )
    return correction


def history(session: Session, event_id: UUID, *, scope: CameraScope) -> Sequence[Correction]:
    """All verdicts on an event, the newest first, undone ones included.

    Raises:
        NotFound: no such event in scope.
    """
    found = session.scalar(scopes.limit(select(Event.id).where(Event.id == event_id), scope, Event.camera_id))
    if found is None:
        raise NotFound(f"There is no event {event_id}.")
    return session.scalars(
        select(Correction)
        .where(Correction.event_id == event_id)
        .order_by(Correction.seq.desc())
        .options(selectinload(Correction.reviewer))
    ).all()


def person(principal: Principal) -> UUID:
    """The caller's user id: only people review.

    Raises:
        Forbidden: the caller is a machine, be it with somebody's key.
    """
    if principal.actor.id is None or principal.key_id is not None:
        raise Forbidden("Only a person can review; log in as a user.")
    return principal.actor.id


def _live(session: Session, event_id: UUID) -> Correction | None:
    return session.scalar(
        select(Correction)
        .where(Correction.event_id == event_id, Correction.undone_at.is_(None))
        .order_by(Correction.seq.desc())
        .limit(1)
    )


def _correction(event: Event, opinion: Opinion) -> Correction:
    """Turn an opinion into a row; a correction to what the machine read is a confirmation."""
    made = Correction(event_id=event.id, verdict=opinion.verdict, note=opinion.note)
    match opinion.verdict:
        case Verdict.CONFIRMED:
            if not event.readable or "?" in event.plate:
                raise Unprocessable("The machine could not read this plate, so there is nothing to confirm.")
        case Verdict.REJECTED:
            if opinion.reject_reason is None:
                raise Unprocessable("Say why the event is rejected: not_a_plate, unreadable or wrong_vehicle.")
            made.reject_reason = opinion.reject_reason
        case Verdict.CORRECTED:
            plate = normalize(opinion.plate or "")
            if not plate or len(plate) > MAX_PLATE_LENGTH:
                raise Unprocessable(f"A corrected plate has 1 to {MAX_PLATE_LENGTH} letters and digits.")
            refuse_stray(opinion.plate or "")
            # What a person says of the region is kept even where the machine said so too: their word rules out, and
            # the machine's does not.
            made.region_code = checked_region(opinion.region_code)
            if plate == event.plate and made.region_code in (None, normalize_region(event.region_code)):
                made.verdict = Verdict.CONFIRMED
            else:
                made.plate = plate
    return made


def _refuse_unaware(live: Correction | None, opinion: Opinion, reviewer_id: UUID, *, wants_second: bool) -> None:
    """Refuse a verdict that replaces another than the one its giver saw."""
    live_id = None if live is None else live.id
    if opinion.supersedes == live_id or (wants_second and opinion.supersedes is None):
        return
    if live is None:
        raise Conflict("The verdict that this one was to replace has been undone.")
    whose = "You have" if live.reviewer_id == reviewer_id else "Another reviewer has"
    raise Conflict(
        f"{whose} already judged this event ({live.verdict.value}); to replace that verdict, name it in `supersedes`.",
        live_verdict=str(live.id),
    )


def _same(one: Correction, other: Correction) -> bool:
    """Tell whether two verdicts say the same."""
    return (one.verdict, one.plate, one.region_code, one.reject_reason) == (
        other.verdict,
        other.plate,
        other.region_code,
        other.reject_reason,
    )


def _agree(event: Event, one: Correction, other: Correction) -> bool:
    """Tell whether two verdicts come to the same, be it that one of them leaves the region to the machine."""
    regions = {verdict.region_code or normalize_region(event.region_code) for verdict in (one, other)}
    return (one.verdict, one.plate, one.reject_reason) == (
        other.verdict,
        other.plate,
        other.reject_reason,
    ) and len(regions) == 1


def _settle(session: Session, event: Event, live: Correction | None, matcher: bolos.Matcher) -> None:
    """Bring an event in step with its live verdict, and tell everybody whom that concerns."""
    event.review_status = ReviewStatus.UNREVIEWED if live is None else ReviewStatus(live.verdict.value)
    event.reviewed_plate = None if live is None else live.plate
    event.reviewed_plate_key = None if event.reviewed_plate is None else plate_key(event.reviewed_plate)
    event.reviewed_region_code = None if live is None else live.region_code
    session.flush()
    bolos.rematch(session, matcher, event)
    outbox.add(
        session,
        EventType.EVENT_REVIEWED,
        str(event.id),
        EventReviewed(
            event_id=event.id,
            camera_id=event.camera_id,
            status=event.review_status.value,
            machine_plate=event.plate,
            plate=event.effective_plate,
            region=event.effective_region,
            verdict_id=None if live is None else live.id,
            captured_at=event.captured_at,
        ),
    )
