"""The four doors through which a passage meets a wanted plate, held to one judge.

*Live* is the worker's, *review* a verdict's, *preview* and *back-search* look at the past.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Integer, String, cast, delete, func, insert, select, text, true
from sqlalchemy.orm import Session

from anpr import outbox
from anpr.alerts import notifications
from anpr.alerts.bolos import Matcher, backsearch, entries, hits, lists, matching, past, subscriptions
from anpr.alerts.bolos.matching import pattern_of
from anpr.alerts.bolos.patterns import PlatePattern, matched_by, read_of
from anpr.alerts.notifications import NotificationServices
from anpr.audit import SYSTEM
from anpr.db import Database
from anpr.identity.principals import Principal
from anpr.models import (
    Bolo,
    BoloKind,
    BoloMatch,
    Channel,
    Correction,
    Event,
    HitStatus,
    RejectReason,
    ReviewStatus,
    Tolerance,
    Upload,
    Verdict,
)
from anpr.plates import normalize_pattern, plate_key
from anpr.review import verdicts
from anpr.review.verdicts import Opinion
from tests.builders import add_event, add_upload, add_user
from tests.memory import MemoryBus, MemoryNotifier, MemoryQueue
from tests.plans import plan_of

ROOT: Final = Path(__file__).parents[4]
CONFIRM: Final = Opinion(Verdict.CONFIRMED)
REJECT: Final = Opinion(Verdict.REJECTED, reject_reason=RejectReason.NOT_A_PLATE)


@dataclass(frozen=True)
class Case:
    """What is wanted, what is read, what a person says of it; and what each door must then say of it."""

    wanted: dict[str, Any]
    read: dict[str, Any]
    opinion: Opinion | None
    by: str | None
    differs: bool = False


def _of(pattern: str, tolerance: Tolerance = Tolerance.NONE, **fields: Any) -> dict[str, Any]:
    return {"pattern": pattern, "tolerance": tolerance, **fields}


def _as(plate: str, **fields: Any) -> dict[str, Any]:
    return {"plate": plate, "candidates": (), "region": None, **fields}


def _corrected(plate: str, region: str | None = None) -> Opinion:
    return Opinion(Verdict.CORRECTED, plate=plate, region_code=region)


ONE_EDIT, ALIKE = Tolerance.ONE_EDIT, Tolerance.CONFUSABLES
REGEX: Final = BoloKind.REGEX
BY_TEXT: Final = {
    "as it is": Case(_of("LS15EBC"), _as("LS15EBC"), None, "exact"),
    "another": Case(_of("LS15EBC"), _as("LS15EBX"), None, None),
    "repeated trigrams": Case(_of("ABABAB", ONE_EDIT), _as("XBABAB"), None, "one_edit"),
    "one character": Case(_of("11111", ONE_EDIT), _as("X1111"), None, "one_edit"),
    "a short one": Case(_of("AB", ONE_EDIT), _as("XB"), None, "one_edit"),
    "a character short": Case(_of("AB", ONE_EDIT), _as("A"), None, "one_edit"),
    "a character more": Case(_of("AB", ONE_EDIT), _as("AXB"), None, "one_edit"),
    "an unsure character": Case(_of("LS15EBC", ONE_EDIT), _as("LS15?BC"), None, "one_edit"),
    "letters of its own": Case(_of("LS15EBC", ONE_EDIT), _as("LS15ЖBC"), None, "one_edit"),
    "two edits": Case(_of("LS15EBC", ONE_EDIT), _as("LX15EBX"), None, None),
    "look-alikes": Case(_of("LS15EBC", ALIKE), _as("L515E8C"), None, "confusable"),
    "a candidate": Case(_of("LS15EBC", ALIKE), _as("XX99XXX", candidates=(("LS15EBC", 0.01),)), None, "candidate"),
    "a candidate, nothing forgiven": Case(_of("LS15EBC"), _as("XX99XXX", candidates=(("LS15EBC", 0.4),)), None, None),
    "unreadable": Case(_of("LS15EBC", ALIKE), _as("LS15EBC", readable=False), None, "candidate"),
    "unreadable, nothing forgiven": Case(_of("LS15EBC"), _as("LS15EBC", readable=False), None, None),
    "wildcard": Case(_of("LS15*"), _as("LS15EBC"), None, "wildcard"),
    "wildcard that no index serves": Case(_of("*C"), _as("LS15EBC"), None, "wildcard"),
    "wildcard, look-alikes": Case(_of("LS15?BC", ALIKE), _as("L515E8C"), None, "confusable"),
    "wildcard, unreadable": Case(_of("LS15*", ALIKE), _as("LS15EBC", readable=False), None, None),
    "regex": Case(_of("ls[0-9]+e.*", kind=REGEX), _as("LS15EBC"), None, "regex"),
    "a confirmed misread": Case(_of("LS15EBC", ONE_EDIT), _as("LS15EBX"), CONFIRM, None),
    "a confirmed read": Case(_of("LS15EBC", ONE_EDIT), _as("LS15EBC"), CONFIRM, "exact"),
    "corrected to it": Case(_of("LS15EBC"), _as("XX99XXX"), _corrected("LS15EBC"), "exact"),
    "corrected to it, short": Case(_of("AB"), _as("XX99XXX"), _corrected("AB"), "exact"),
    "corrected to one like it": Case(_of("LS15EBC", ALIKE), _as("XX99XXX"), _corrected("LS15E8C"), None),
    "corrected to a candidate of it": Case(
        _of("LS15EBC", ALIKE), _as("LS15EBC", candidates=(("LS15EBC", 0.9),)), _corrected("LS15EBX"), None
    ),
    "corrected into a wildcard": Case(_of("LS15*"), _as("XX99XXX"), _corrected("LS15EBC"), "wildcard"),
    "rejected": Case(_of("LS15EBC"), _as("LS15EBC"), REJECT, None),
}

KINDS: Final = {
    "exact": Case(_of("LS15EBC"), _as("LS15EBC"), None, "exact"),
    "wildcard": Case(_of("LS15*"), _as("LS15EBC"), None, "wildcard"),
    "regex": Case(_of("ls.*", kind=REGEX), _as("LS15EBC"), None, "regex"),
    "confusable": Case(_of("LS15EBC", ALIKE), _as("L515E8C"), None, "confusable"),
    "one_edit": Case(_of("LS15EBC", ONE_EDIT), _as("LS15EBX"), None, "one_edit"),
    "candidate": Case(_of("LS15EBC", ALIKE), _as("XX99XXX", candidates=(("LS15EBC", 0.2),)), None, "candidate"),
}
# What the machine and a person say of the region of a plate that is wanted of `de`, by its row in the documentation.
REGIONS: Final[dict[str, tuple[tuple[str, float] | None, str | None]]] = {
    "unknown": (None, None),
    "machine: the wanted one": (("DE", 0.95), None),
    "machine: another": (("ro", 0.99), None),
    "machine: another, score below 0.5": (("ro", 0.4), None),
    "machine: another; a person confirms the plate": (("ro", 0.99), "confirms"),
    "machine: another; a person names the wanted one": (("ro", 0.99), "DE"),
    "machine: another; a person names a state of the wanted one": (("ro", 0.99), "de-by"),
    "machine: another; a person names that one too": (("ro", 0.99), "RO"),
    "machine: the wanted one; a person names another": (("de", 0.99), "RO"),
}
DOORS: Final = ("live", "review", "preview", "back-search")


@pytest.fixture
def list_id(database: Database) -> UUID:
    with database.transaction() as session:
        return lists.create(session, SYSTEM, {"name": "stolen"}).id


@pytest.fixture
def asker(database: Database) -> Principal:
    return add_user(database)


def _want(database: Database, list_id: UUID, fields: dict[str, Any]) -> Bolo:
    with database.transaction() as session:
        return entries.create(session, SYSTEM, list_id, fields, confirm_broad=True)  # type: ignore[arg-type]


def _judge(database: Database, event: Event, asker: Principal, opinion: Opinion) -> Correction:
    with database.transaction() as session:
        return verdicts.give(session, asker, event.id, opinion, matcher=Matcher())[0]


def _hit(database: Database, event: Event, bolo: Bolo) -> tuple[str | None, bool]:
    """How the entry hits the passage, and whether the regions differ."""
    with database.transaction() as session:
        which = select(BoloMatch.id).where(BoloMatch.event_id == event.id, BoloMatch.bolo_id == bolo.id)
        hit_id = session.scalar(which.where(BoloMatch.status != HitStatus.WITHDRAWN))
        if hit_id is None:
            return None, False
        hit = hits.get(session, hit_id)
        return hit.matched_by.value, hits.region_differs(hit)


def _through(door: str, case: Case, database: Database, list_id: UUID, asker: Principal) -> tuple[str | None, bool]:
    """What comes of a case at one door: how it hits, and whether the regions differ."""
    before = door in ("live", "review")
    if before:
        bolo = _want(database, list_id, case.wanted)
    event = add_event(database, **case.read, captured_at=datetime.now(UTC) - timedelta(hours=1))
    if case.opinion is not None:
        _judge(database, event, asker, case.opinion)
    elif door == "review":
        # The machine's read counts again once a verdict is undone.
        given = _judge(database, event, asker, REJECT)
        with database.transaction() as session:
            verdicts.undo(session, asker, given.id, matcher=Matcher())
    if before:
        return _hit(database, event, bolo)
    bolo = _want(database, list_id, case.wanted)
    with database.transaction() as session:
        if door == "preview":
            sample = backsearch.preview(session, asker, pattern_of(bolo), days=30, reason="case 17").sample
            return (sample[0].by.value, sample[0].region_differs) if sample else (None, False)
        backsearch.back_search(session, asker, bolo.id, days=30, reason="case 17")
    return _hit(database, event, bolo)


def _doors_of(opinion: Opinion | None) -> tuple[str, ...]:
    """A person has said nothing yet when the worker records a passage."""
    return DOORS if opinion is None else DOORS[1:]


@pytest.mark.parametrize(
    ("case", "door"),
    [
        pytest.param(case, door, id=f"{name}, {door}")
        for name, case in BY_TEXT.items()
        for door in _doors_of(case.opinion)
    ],
)
def test_every_door_matches_the_same_texts(
    case: Case, door: str, database: Database, list_id: UUID, asker: Principal
) -> None:
    assert _through(door, case, database, list_id, asker) == (case.by, case.differs)


def _documented() -> list[tuple[str, str, str, str]]:
    """Rows of the documentation's table: what is known of the region, at which doors, and what comes of it."""
    lines = (ROOT / "docs" / "alerts.md").read_text().split("<!-- regions -->")[1].strip().splitlines()[2:]
    return [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]  # type: ignore[misc]


def test_the_documented_table_has_every_row() -> None:
    assert [row[0] for row in _documented()] == list(REGIONS)
    assert all(row[1] == ", ".join(_doors_of(None if REGIONS[row[0]][1] is None else CONFIRM)) for row in _documented())


@pytest.mark.parametrize(
    ("row", "door"),
    [pytest.param(row, door, id=f"{row[0]}, {door}") for row in _documented() for door in row[1].split(", ")],
)
def test_regions_are_judged_as_documented_for_every_kind_of_match(
    row: tuple[str, str, str, str], door: str, database: Database, list_id: UUID, asker: Principal
) -> None:
    machine, person = REGIONS[row[0]]
    told = {}
    for by, case in KINDS.items():
        plate = case.read["plate"]
        opinion = None if person is None else CONFIRM if person == "confirms" else _corrected(plate, person)
        asked = replace(
            case, wanted={**case.wanted, "region": "de"}, read={**case.read, "region": machine}, opinion=opinion
        )
        with database.transaction() as session:
            for table in (BoloMatch, Bolo, Correction, Event):
                session.execute(delete(table))
        how, differs = _through(door, asked, database, list_id, asker)
        assert how in (None, by)
        told[by] = "no hit" if how is None else "hit, shown as differing" if differs else "hit"
    assert told == {
        **dict.fromkeys(("exact", "wildcard", "regex"), row[2]),
        **dict.fromkeys(("confusable", "one_edit", "candidate"), row[3]),
    }


ALPHABET: Final = "AB0O18?Ж"
PLATE_TEXT: Final = st.text(ALPHABET, min_size=1, max_size=6)
WANTED_TEXT: Final = st.text("AB0O18", min_size=2, max_size=6)
WANTED_PATTERN: Final = st.text("AB0O18?*", min_size=1, max_size=6).filter(lambda text: text.strip("*") != "")
WANTED: Final = st.one_of(
    st.builds(
        PlatePattern, st.just(BoloKind.EXACT), WANTED_TEXT, st.sampled_from(Tolerance), st.sampled_from([None, "de"])
    ),
    st.builds(
        PlatePattern,
        st.just(BoloKind.WILDCARD),
        WANTED_PATTERN.map(normalize_pattern),
        st.sampled_from([Tolerance.NONE, ALIKE]),
        st.sampled_from([None, "de"]),
    ),
)
READ: Final = st.fixed_dictionaries(
    {
        "plate": PLATE_TEXT,
        "readable": st.booleans(),
        "candidates": st.lists(WANTED_TEXT.map(lambda text: {"plate": text, "score": 0.1}), max_size=2),
        "reviewed_plate": st.none() | WANTED_TEXT,
        "review_status": st.sampled_from(ReviewStatus),
        "region_code": st.sampled_from([None, "de", "ro"]),
        "reviewed_region_code": st.sampled_from([None, None, "de", "ro"]),
    }
)


@pytest.fixture
def an_upload(database: Database) -> Upload:
    return add_upload(database)


@given(wanted=WANTED, reads=st.lists(READ, min_size=1, max_size=8))
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_found_and_what_the_judge_accepts_are_the_same(
    database: Database,
    an_upload: Upload,
    list_id: UUID,
    asker: Principal,
    wanted: PlatePattern,
    reads: list[dict[str, Any]],
) -> None:
    with database.transaction() as session:
        session.execute(delete(Bolo))
        session.execute(delete(Event))
    events = []
    for read in reads:
        event = add_event(database, upload=an_upload, plate=read["plate"], captured_at=datetime.now(UTC))
        with database.transaction() as session:
            stored = session.get_one(Event, event.id)
            for name, value in {**read, "region_score": 0.9}.items():
                setattr(stored, name, value)
            if stored.review_status in (ReviewStatus.UNREVIEWED, ReviewStatus.REJECTED):
                stored.reviewed_plate = stored.reviewed_region_code = None
            stored.reviewed_plate_key = None if stored.reviewed_plate is None else plate_key(stored.reviewed_plate)
        events.append(stored)
    accepted = {event.id for event in events if _accepts(wanted, event)}
    with database.transaction() as session:
        preview = backsearch.preview(session, asker, wanted, days=1, reason="case 17")
        assert {found.event.id for found in preview.sample} == accepted
    bolo = _want(
        database, list_id, {"kind": wanted.kind, **_of(wanted.pattern, wanted.tolerance, region=wanted.region)}
    )
    matcher = Matcher()
    with database.transaction() as session:
        live = {event.id for event in events if _finds(session, matcher, session.get_one(Event, event.id), bolo)}
    assert live == accepted


def _accepts(wanted: PlatePattern, event: Event) -> bool:
    read = read_of(event)
    return read is not None and matched_by(wanted, read) is not None


def _finds(session: Session, matcher: Matcher, event: Event, bolo: Bolo) -> bool:
    read = read_of(event)
    return read is not None and bolo.id in {one.bolo.id for one in matching.find(session, matcher, event, read)}


def _seed(database: Database, count: int) -> None:
    """Store passages of many plates, one a minute."""
    event = add_event(database)
    numbers = func.generate_series(1, count).table_valued("number").render_derived()
    number = cast(numbers.c.number, Integer)
    digest = func.upper(func.md5(cast(number, String)))
    plate = func.substr(digest, 1, 7)
    other = {
        "id": func.gen_random_uuid(),
        "passage_no": number,
        "plate": plate,
        "plate_key": plate,
        "candidates": func.jsonb_build_array(func.jsonb_build_object("plate", func.substr(digest, 2, 7))),
        "captured_at": func.now() - number * timedelta(minutes=1),
    }
    columns = {column.name: other.get(column.name, column) for column in Event.__table__.columns}
    with database.transaction() as session:
        seeded = select(*columns.values()).select_from(Event).join(numbers, true()).where(Event.id == event.id)
        session.execute(insert(Event).from_select(list(columns), seeded))


@pytest.mark.parametrize(
    "wanted",
    [
        PlatePattern(BoloKind.EXACT, "LS15EBC"),
        PlatePattern(BoloKind.EXACT, "LS15EBC", ALIKE),
        PlatePattern(BoloKind.EXACT, "LS15EBC", ONE_EDIT),
        PlatePattern(BoloKind.EXACT, "11", ONE_EDIT),
        PlatePattern(BoloKind.WILDCARD, "LS15*"),
        PlatePattern(BoloKind.WILDCARD, "*5EBC", ALIKE),
    ],
    ids=lambda wanted: f"{wanted.pattern} {wanted.tolerance.value}",
)
def test_no_look_up_reads_the_whole_table(database: Database, wanted: PlatePattern) -> None:
    _seed(database, 30_000)
    with database.transaction() as session:
        session.execute(text("ANALYZE events"))
    since = datetime.now(UTC) - timedelta(days=90)
    plan = plan_of(database, past.positions(wanted, since, None, limit=200_001))
    assert "Seq Scan" not in plan
    # Nor by an index that is walked from end to end.
    assert "ix_events_captured_at_id" not in plan


@pytest.mark.parametrize(
    ("machine", "person", "differs"),
    [(("ro", 0.9), None, True), (("de", 0.9), None, False), (("ro", 0.3), None, False), (("ro", 0.9), "DE", False)],
)
def test_a_difference_of_regions_is_told_in_the_notice_and_the_webhook(
    database: Database,
    list_id: UUID,
    asker: Principal,
    machine: tuple[str, float],
    person: str | None,
    differs: bool,
) -> None:
    notifier, bus = MemoryNotifier(), MemoryBus()
    subscriptions.subscribe(database, SYSTEM, list_id, (Channel.EMAIL, "duty@example.org"), notifier)
    _want(database, list_id, _of("LS15EBC", region="DE"))
    event = add_event(database, **_as("LS15EBC", region=machine))
    if person is not None:
        _judge(database, event, asker, _corrected("LS15EBC", person))
    outbox.relay(database, bus)
    [matched] = [event for event in bus.events if event.type == "bolo.matched"]

    notifications.notify(NotificationServices(database, notifier, MemoryQueue(), None), matched)

    [(_, notice)] = notifier.sent
    line = "Region: de is wanted, and the machine took the plate for one of ro"
    assert (line in notice.text, "Region:" in notice.text, "(region differs)" in notice.short) == (differs,) * 3
    with database.transaction() as session:
        hit_id = session.scalars(select(BoloMatch.id)).one()
        told = notifications.payload_of(matched, hits.get(session, hit_id))["data"]["hit"]
    assert (told["region_differs"], told["wanted_region"]) == (differs, "de")
