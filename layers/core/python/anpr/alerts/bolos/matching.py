"""Raising and withdrawing hits, in the transaction that makes them true."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, joinedload

from anpr import outbox
from anpr.alerts.bolos.matcher import Matcher
from anpr.alerts.bolos.patterns import PlatePattern, Read, matched_by, read_of, region_differs
from anpr.messages import BoloMatched, BoloUpdated, EventType
from anpr.models import Bolo, BoloKind, BoloList, BoloMatch, Event, HitStatus, MatchedBy, Review, Urgency
from anpr.plates import plate_key

_LIVE: Final = (HitStatus.UNVERIFIED, HitStatus.VERIFIED)
_REJECTED: Final = "The passage was rejected."
_NOT_THAT_PLATE: Final = "The plate was corrected to one that is not wanted."
_NOT_THAT_REGION: Final = "A person said that the plate is of another region than the wanted one."


@dataclass(frozen=True, slots=True)
class Match:
    """One entry that a read matches, and how."""

    bolo: Bolo
    alert_interval: timedelta
    by: MatchedBy


def match(session: Session, matcher: Matcher, event: Event) -> list[BoloMatch]:
    """Raise the hits of a passage that was just recorded, each with the promise of its `bolo.matched`.

    Args:
        session: the transaction that records the passage.
        matcher: the process's matcher.
        event: the passage.

    Returns:
        The hits that are new; those that an earlier run raised are not raised again.
    """
    read = read_of(event)
    return [] if read is None else _raise_all(session, event, read, find(session, matcher, event, read))


def rematch(session: Session, matcher: Matcher, event: Event) -> list[BoloMatch]:
    """Bring an event's hits in line with what people say of it, or with the machine's read where they say nothing.

    Hits that no longer match are withdrawn, withdrawn ones that match again are unverified again, missing ones are
    raised. Each change has the promise of its event on the bus. What people said of a hit stays.

    Args:
        session: the transaction that records the verdict.
        matcher: the process's matcher.
        event: the passage, in step with its live verdict.

    Returns:
        The hits that were raised, withdrawn or restored.
    """
    read = read_of(event)
    matches = [] if read is None else find(session, matcher, event, read)
    wanted_now = {one.bolo.id for one in matches}
    changed = []
    hits = select(BoloMatch).where(BoloMatch.event_id == event.id).options(joinedload(BoloMatch.bolo))
    for hit in session.scalars(hits.with_for_update(of=BoloMatch)):
        if hit.status in _LIVE and hit.bolo_id not in wanted_now:
            changed.append(_change(session, hit, HitStatus.WITHDRAWN, _why_withdrawn(pattern_of(hit.bolo), read)))
            _promote_repeat(session, hit)
        elif hit.status is HitStatus.WITHDRAWN and hit.bolo_id in wanted_now:
            changed.append(_change(session, hit, HitStatus.UNVERIFIED, ""))
    raised = [] if read is None else _raise_all(session, event, read, matches)
    if changed:
        mark_for_review(session, event.id)
    return changed + raised


def find(session: Session, matcher: Matcher, event: Event, read: Read) -> list[Match]:
    """Judge the entries that a read may match, as they stood valid when the passage was captured."""
    ids = matcher.find(session, read)
    if not ids:
        return []
    rows = session.execute(
        select(Bolo, BoloList.alert_interval_s)
        .join(BoloList, BoloList.id == Bolo.list_id)
        .where(Bolo.id.in_(ids), Bolo.active, BoloList.active, *_valid_at(event))
        # In one order everywhere: the hits of two passages lock their entries one after the other.
        .order_by(Bolo.id)
    ).all()
    judged = ((bolo, interval_s, matched_by(pattern_of(bolo), read)) for bolo, interval_s in rows)
    return [Match(bolo, timedelta(seconds=interval_s), by) for bolo, interval_s, by in judged if by is not None]


def pattern_of(bolo: Bolo) -> PlatePattern:
    """What an entry looks for."""
    return PlatePattern(bolo.kind, bolo.pattern, bolo.tolerance, bolo.region)


def hit_id(event_id: UUID, bolo_id: UUID) -> UUID:
    """Id of the hit of one event on one entry: the same for every run."""
    return uuid5(event_id, str(bolo_id))


def vehicle_key(bolo: Bolo, plate: str) -> str:
    """What tells one vehicle's hits on an entry from another's.

    An entry for one plate is about one vehicle, however its plate was read this time.
    """
    return bolo.pattern_key if bolo.kind is BoloKind.EXACT else plate_key(plate)


def mark_for_review(session: Session, event_id: UUID) -> None:
    """Put an event at the head of the review queue while a hit on it waits to be verified, and back after that."""
    waits = session.scalar(
        select(BoloMatch.id)
        .where(
            BoloMatch.event_id == event_id,
            BoloMatch.status == HitStatus.UNVERIFIED,
            BoloMatch.historical.is_(False),
        )
        .limit(1)
    )
    mark_urgent(session, event_id, open_hit=waits is not None)


def mark_urgent(session: Session, event_id: UUID, *, open_hit: bool) -> None:
    """Move an event to the head of the review queue because an unverified hit hangs on it, or back when none does."""
    flag = int(Urgency.OPEN_HIT)
    urgency = Review.urgency.op("|")(flag) if open_hit else Review.urgency.op("&")(~flag)
    session.execute(
        update(Review)
        .where(Review.event_id == event_id)
        .values(urgency=urgency)
        .execution_options(synchronize_session=False)
    )


def announce_change(session: Session, hit: BoloMatch) -> None:
    """Promise the `bolo.updated` of a hit whose status changed."""
    updated = BoloUpdated(
        match_id=hit.id,
        bolo_id=hit.bolo_id,
        list_id=hit.list_id,
        event_id=hit.event_id,
        camera_id=hit.camera_id,
        plate=hit.plate,
        status=hit.status.value,
        alert=hit.alert,
    )
    outbox.add(session, EventType.BOLO_UPDATED, str(hit.id), updated)


def _valid_at(event: Event) -> Iterable[ColumnElement[bool]]:
    return (
        or_(Bolo.valid_from.is_(None), Bolo.valid_from <= event.captured_at),
        or_(Bolo.valid_until.is_(None), Bolo.valid_until > event.captured_at),
    )


def _change(session: Session, hit: BoloMatch, status: HitStatus, note: str) -> BoloMatch:
    hit.status, hit.status_note, hit.status_by, hit.status_at = status, note, None, func.now()
    session.flush()
    session.refresh(hit, ["status_at"])
    announce_change(session, hit)
    return hit


def _why_withdrawn(plate_pattern: PlatePattern, read: Read | None) -> str:
    if read is None:
        return _REJECTED
    return _NOT_THAT_REGION if read.region_certain and region_differs(plate_pattern, read) else _NOT_THAT_PLATE


def _raise_all(session: Session, event: Event, read: Read, matches: Iterable[Match]) -> list[BoloMatch]:
    raised = [hit for one in matches if (hit := _raise(session, event, read, one)) is not None]
    if raised:
        mark_for_review(session, event.id)
    return raised


def _raise(session: Session, event: Event, read: Read, one: Match) -> BoloMatch | None:
    key = vehicle_key(one.bolo, read.plate)
    # Two workers that see one vehicle at the same time must agree on which of the hits is the alert.
    lock = func.hashtextextended(f"{one.bolo.id}{event.camera_id}{key}", 0)
    session.execute(select(func.pg_advisory_xact_lock(lock)))
    earlier = _alert_nearby(session, event, one, key)
    hit = session.scalar(
        insert(BoloMatch)
        .values(
            id=hit_id(event.id, one.bolo.id),
            event_id=event.id,
            bolo_id=one.bolo.id,
            list_id=one.bolo.list_id,
            camera_id=event.camera_id,
            plate=read.plate,
            vehicle_key=key,
            matched_by=one.by,
            reviewed=read.certain,
            alert=earlier is None,
            duplicate_of=earlier,
            captured_at=event.captured_at,
            passage_ended_at=event.last_seen_at,
        )
        .on_conflict_do_nothing()
        .returning(BoloMatch)
    )
    if hit is not None:
        _announce(session, hit)
    return hit


def _announce(session: Session, hit: BoloMatch) -> None:
    matched = BoloMatched(
        match_id=hit.id,
        bolo_id=hit.bolo_id,
        list_id=hit.list_id,
        event_id=hit.event_id,
        camera_id=hit.camera_id,
        plate=hit.plate,
        matched_by=hit.matched_by.value,
        alert=hit.alert,
        captured_at=hit.captured_at,
    )
    outbox.add(session, EventType.BOLO_MATCHED, str(hit.id), matched)


def _promote_repeat(session: Session, withdrawn: BoloMatch) -> None:
    """Let the first true repeat of a withdrawn alert be the alert: nobody was told of it."""
    repeats = session.scalars(
        select(BoloMatch)
        .where(BoloMatch.duplicate_of == withdrawn.id, BoloMatch.status.in_(_LIVE))
        .order_by(BoloMatch.captured_at, BoloMatch.id)
        .with_for_update()
    ).all()
    if not repeats:
        return
    first, *others = repeats
    first.alert, first.duplicate_of = True, None
    for other in others:
        other.duplicate_of = first.id
    session.flush()
    _announce(session, first)


def _alert_nearby(session: Session, event: Event, one: Match, key: str) -> UUID | None:
    """The alert that this hit would repeat: same entry, camera and vehicle, within the list's interval.

    Only alerts count, so a vehicle that stays is alerted of again each interval. Footage comes in any order, so the
    alert may be of a later passage.
    """
    if not one.alert_interval:
        return None
    return session.scalar(
        select(BoloMatch.id)
        .where(
            BoloMatch.alert,
            BoloMatch.bolo_id == one.bolo.id,
            BoloMatch.camera_id == event.camera_id,
            BoloMatch.vehicle_key == key,
            BoloMatch.status != HitStatus.WITHDRAWN,
            BoloMatch.captured_at > event.captured_at - one.alert_interval,
            BoloMatch.captured_at < event.captured_at + one.alert_interval,
        )
        .order_by(BoloMatch.captured_at)
        .limit(1)
    )
