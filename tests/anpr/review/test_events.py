import random
import string
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest
from sqlalchemy import make_url, select

from anpr.audit import Actor
from anpr.db import Database
from anpr.errors import NotFound, Unprocessable
from anpr.models import AuditRecord, Camera, Event, ReviewStatus, Upload
from anpr.paging import Page, PageRequest
from anpr.plate_query import How, Match, parse
from anpr.plates import CONFUSABLES, plate_key
from anpr.review import events
from anpr.review.events import EventFilter
from anpr.settings import SearchSettings
from tests.bench import plans
from tests.bench.seed import seed

START = datetime(2026, 5, 1, tzinfo=UTC)
ACTOR = Actor(None, "ana@example.org", "request-1")


def add_events(database: Database, plates: Iterable[str], **columns: Any) -> list[Event]:
    """Store passages of one new camera, a second apart."""
    camera = Camera(id=uuid4(), name=f"camera {uuid4()}")
    upload = Upload(
        id=uuid4(), camera_id=camera.id, file_name="a", content_type="video/mp4", size_bytes=1, captured_at=START
    )
    made = [event(upload, number, plate, **columns) for number, plate in enumerate(plates)]
    with database.transaction() as session:
        for rows in ([camera], [upload], made):
            session.add_all(rows)
            session.flush()
    return made


def event(upload: Upload, number: int, plate: str, **columns: Any) -> Event:
    at = START + timedelta(seconds=number)
    fields: dict[str, Any] = {
        "id": uuid5(upload.id, str(number)),
        "upload_id": upload.id,
        "camera_id": upload.camera_id,
        "passage_no": number,
        "plate": plate,
        "plate_key": plate_key(plate),
        "raw_plate": plate,
        "readable": True,
        "score": 0.9,
        "dscore": 0.8,
        "candidates": [{"plate": plate, "score": 0.9}],
        "captured_at": at,
        "first_seen_at": at,
        "last_seen_at": at,
        "processed_at": at,
        "crop_key": "crop",
        "frame_key": "frame",
    }
    counts = ("first_frame", "last_frame", "best_frame", "frames_seen", "frames_agreeing")
    boxes = ("box_xmin", "box_ymin", "box_xmax", "box_ymax")
    return Event(**(fields | dict.fromkeys(counts, 1) | dict.fromkeys(boxes, 1.0) | columns))


def search(database: Database, wanted: EventFilter, **options: Any) -> Page[Event]:
    page = PageRequest("events", options.pop("limit", 200), options.pop("cursor", None))
    with database.transaction() as session:
        return events.search(session, ACTOR, wanted, page, **options)


def plates(database: Database, text: str, match: Match | None = None, **options: Any) -> list[str]:
    query = parse(text, match, max_edits=options.pop("max_edits", None))
    return [found.plate for found in search(database, EventFilter(plate=query), **options).items]


def test_plates_are_found_exactly_by_pattern_and_fuzzily(database: Database) -> None:
    add_events(database, ["B172WAW", "8172WAW", "B172WAV", "B17WAW", "CJ12ABC", "B999XYZ"])

    assert plates(database, "b-172 waw") == ["B172WAW"]
    assert plates(database, "B17*") == ["B17WAW", "B172WAV", "B172WAW"]
    assert plates(database, "?172WA?") == ["B172WAV", "8172WAW", "B172WAW"]
    assert plates(database, "*WAW") == ["B17WAW", "8172WAW", "B172WAW"]
    assert plates(database, "B172WAW", Match.FUZZY) == ["B17WAW", "B172WAV", "8172WAW", "B172WAW"]
    assert plates(database, "B172WAW", Match.FUZZY, max_edits=0) == ["8172WAW", "B172WAW"]
    assert plates(database, "ZZZ999") == []


def test_a_match_tells_how_it_came_about(database: Database) -> None:
    add_events(database, ["B172WAW", "8172WAW", "B172WAV"])
    query = parse("B172WAW", Match.FUZZY)
    found = search(database, EventFilter(plate=query)).items
    hows = [how for how in (events.matched(event, query) for event in found) if how is not None]
    assert [(how.how, how.distance) for how in hows] == [(How.EDIT, 1), (How.CONFUSABLE, 0), (How.EXACT, 0)]


def test_a_correction_is_found_as_well_as_the_read(database: Database) -> None:
    (made,) = add_events(database, ["B172WAW"], reviewed_plate="CJ12ABC", reviewed_plate_key=plate_key("CJ12ABC"))
    for text, match in [("B172WAW", None), ("CJ12ABC", None), ("CJ1*", None), ("CJ12A8C", Match.FUZZY)]:
        assert plates(database, text, match) == ["B172WAW"], text
    at_camera = EventFilter(plate=parse("?J*"), camera_ids=frozenset({made.camera_id}))
    assert [event.plate for event in search(database, at_camera).items] == ["B172WAW"]
    how = events.matched(made, parse("CJ12ABC"))
    assert how is not None
    assert how.how is How.EXACT


@pytest.mark.parametrize("max_edits", [1, 2])
def test_a_fuzzy_search_misses_nothing_within_its_edits(database: Database, max_edits: int) -> None:
    """Against a comparison with each plate, for plates with repeated characters too, whose trigrams are few."""
    draw = random.Random(7)  # noqa: S311 - a fixed sequence is the point
    alphabet = string.ascii_uppercase + string.digits
    asked = ["1111111", "AB12CDE", "51A12345", "7777A77", *("".join(draw.choices(alphabet, k=7)) for _ in range(6))]
    stored = {misread(plate, draw, edits) for plate in asked for edits in (0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3) * 4}
    add_events(database, sorted(stored))

    for plate in asked:
        query = parse(plate, Match.FUZZY, max_edits=max_edits)
        expected = {other for other in stored if query.matched(other) is not None}
        assert set(plates(database, plate, Match.FUZZY, max_edits=max_edits)) == expected, plate


def misread(plate: str, draw: random.Random, edits: int) -> str:
    back = {value: key for key, value in CONFUSABLES.items()}
    characters = [back.get(c, c) if draw.random() < 0.2 else c for c in plate]
    for _ in range(edits):
        at = draw.randrange(len(characters))
        kind = draw.choice(["insert", "delete", "change"])
        characters[at : at + (kind != "insert")] = [] if kind == "delete" else [draw.choice(string.ascii_uppercase)]
    return "".join(characters)


def test_filters_narrow_down(database: Database) -> None:
    here = add_events(database, ["AAA111", "AAA222", "AAA333"])
    there = add_events(database, ["BBB111"], score=0.5, readable=False, review_status=ReviewStatus.CONFIRMED)
    camera, other = here[0].camera_id, there[0].camera_id

    def found(**wanted: Any) -> list[str]:
        return sorted(event.plate for event in search(database, EventFilter(**wanted)).items)

    assert found() == ["AAA111", "AAA222", "AAA333", "BBB111"]
    assert found(camera_ids=frozenset({camera})) == ["AAA111", "AAA222", "AAA333"]
    assert found(camera_ids=frozenset({camera, other})) == ["AAA111", "AAA222", "AAA333", "BBB111"]
    assert found(camera_ids=frozenset({other}), plate=parse("AAA*")) == []
    assert found(camera_ids=frozenset({camera, other}), plate=parse("?B?")) == []
    assert found(camera_ids=frozenset({camera, other}), plate=parse("?B*")) == ["BBB111"]
    assert found(captured_from=START + timedelta(seconds=1)) == ["AAA222", "AAA333"]
    assert found(captured_to=START + timedelta(seconds=1)) == ["AAA111", "BBB111"]
    assert found(min_score=0.6) == ["AAA111", "AAA222", "AAA333"]
    assert found(readable=False) == ["BBB111"]
    assert found(review_status=ReviewStatus.CONFIRMED) == ["BBB111"]
    assert found(plate=parse("AAA*"), captured_from=START + timedelta(seconds=2)) == ["AAA333"]


@pytest.mark.parametrize("text", [None, "AA*", "*000*", "AA0001", "51A12345"])
def test_pages_hold_each_event_once_newest_first(database: Database, text: str | None) -> None:
    add_events(database, [f"AA{number % 3:04}" if text == "AA0001" else f"AA{number:04}A1" for number in range(7)])
    # Several at the same instant, which only the id tells apart.
    add_events(database, [f"AA{number:04}A1" for number in range(5)], captured_at=START)
    add_events(database, ["51A12345"] * 5, captured_at=START)
    wanted = EventFilter(plate=None if text is None else parse(text))
    whole = search(database, wanted)
    assert whole.next_cursor is None

    walked: list[Event] = []
    cursor = None
    for _ in range(len(whole.items)):
        page = search(database, wanted, limit=2, cursor=cursor)
        walked += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    assert [event.id for event in walked] == [event.id for event in whole.items]
    assert walked == sorted(walked, key=lambda event: (event.captured_at, event.id), reverse=True)
    assert len(walked) >= 2


@pytest.mark.parametrize("recent", [1, 4, 9, 100])
def test_a_pattern_finds_the_same_however_many_of_the_newest_are_looked_at_first(
    database: Database, recent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = add_events(database, [f"{'AAB' if number % 3 else 'CCD'}{number:02}" for number in range(20)])
    made += add_events(database, ["XYZ99"], reviewed_plate="AAB99", reviewed_plate_key=plate_key("AAB99"), score=0.1)
    expected = [event for event in made if "AAB" in (event.reviewed_plate or event.plate)]
    monkeypatch.setattr(events, "_RECENT", recent)

    for limit in (1, 2, 5):
        for wanted in (EventFilter(plate=parse("AA*")), EventFilter(plate=parse("AAB*"), min_score=0.5)):
            walked: list[UUID] = []
            cursor = None
            for _ in range(len(made)):
                page = search(database, wanted, limit=limit, cursor=cursor)
                walked += [event.id for event in page.items]
                cursor = page.next_cursor
                if cursor is None:
                    break
            right = [event for event in expected if wanted.min_score is None or event.score >= wanted.min_score]
            right.sort(key=lambda event: (event.captured_at, event.id), reverse=True)
            assert walked == [event.id for event in right], (limit, wanted)


def test_a_callers_scope_limits_every_search(database: Database) -> None:
    seen, unseen = add_events(database, ["AAA111"]), add_events(database, ["AAA111"])
    scope = frozenset({seen[0].camera_id})
    for wanted in (EventFilter(), EventFilter(plate=parse("AAA111")), EventFilter(plate=parse("AAA*"))):
        assert [event.id for event in search(database, wanted, scope=scope).items] == [seen[0].id]
        assert search(database, wanted, scope=frozenset()).items == []
    with pytest.raises(NotFound):
        search(database, EventFilter(camera_ids=frozenset({unseen[0].camera_id})), scope=scope)
    with database.transaction() as session:
        assert events.get(session, seen[0].id, scope=scope).id == seen[0].id
        with pytest.raises(NotFound):
            events.get(session, unseen[0].id, scope=scope)


@pytest.mark.parametrize("text", ["*7*", "?A?", "B*"])
def test_a_pattern_that_fits_too_much_needs_a_bound(database: Database, text: str) -> None:
    (made,) = add_events(database, ["B7A"])
    query = parse(text)
    with pytest.raises(Unprocessable, match="too many plates"):
        search(database, EventFilter(plate=query))
    with pytest.raises(Unprocessable, match="too many plates"):
        search(database, EventFilter(plate=query, captured_from=START, captured_to=START + timedelta(days=32)))

    month = EventFilter(plate=parse("*7*"), captured_from=START, captured_to=START + timedelta(days=31))
    assert [event.plate for event in search(database, month).items] == ["B7A"]
    at_camera = EventFilter(plate=parse("B*"), camera_ids=frozenset({made.camera_id}))
    assert [event.plate for event in search(database, at_camera).items] == ["B7A"]


def test_a_range_that_ends_before_it_begins_is_refused(database: Database) -> None:
    with pytest.raises(Unprocessable, match="captured_from"):
        search(database, EventFilter(captured_from=START, captured_to=START))


def test_a_plate_search_is_on_record_whatever_it_finds(database: Database) -> None:
    camera = UUID(int=1)
    search(database, EventFilter(plate=parse("B172WAW"), camera_ids=frozenset({camera})), reason="case 7")
    search(database, EventFilter())

    with database.transaction() as session:
        (record,) = session.scalars(select(AuditRecord)).all()
    assert (record.action, record.target, record.reason) == ("plate.searched", "plate:B172WAW", "case 7")
    assert (record.actor, record.request_id) == ("ana@example.org", "request-1")
    assert (record.detail["found"], record.detail["match"], record.detail["camera_ids"]) == (0, "exact", [str(camera)])


@pytest.mark.parametrize("reason", [None, "", "  "])
def test_a_plate_search_needs_a_reason_unless_the_deployment_says_not(reason: str | None) -> None:
    with_plate = EventFilter(plate=parse("B172WAW"))
    with pytest.raises(Unprocessable, match="reason"):
        events.check_reason(with_plate, reason, SearchSettings())
    events.check_reason(with_plate, "case 7", SearchSettings())
    events.check_reason(with_plate, reason, SearchSettings(require_reason=False))
    events.check_reason(EventFilter(), reason, SearchSettings())


def test_no_kind_of_search_scans_the_table(database: Database, database_url: str) -> None:
    seed(make_url(database_url), 40_000)
    with database.transaction() as session:
        cameras = frozenset(session.scalars(select(Camera.id).limit(5)))
    week: dict[str, Any] = {"captured_from": START, "captured_to": START + timedelta(days=7)}
    one = frozenset(list(cameras)[:1])
    kinds = {
        "newest": EventFilter(),
        "time": EventFilter(**week),
        "camera": EventFilter(camera_ids=one, **week),
        "cameras": EventFilter(camera_ids=cameras),
        "exact": EventFilter(plate=parse("51A12345")),
        "prefix": EventFilter(plate=parse("51A1*")),
        "short prefix": EventFilter(plate=parse("AB*")),
        "infix": EventFilter(plate=parse("*123*")),
        "suffix": EventFilter(plate=parse("*XYZ")),
        "pattern at a camera": EventFilter(plate=parse("?7?"), camera_ids=one),
        "fuzzy": EventFilter(plate=parse("51A12345", Match.FUZZY)),
        "fuzzy by two": EventFilter(plate=parse("51A12345", Match.FUZZY, max_edits=2)),
        "corrected": EventFilter(review_status=ReviewStatus.CORRECTED),
        "rejected": EventFilter(review_status=ReviewStatus.REJECTED),
        "unreadable": EventFilter(readable=False),
        "plate and camera": EventFilter(plate=parse("51A*"), camera_ids=one, **week),
    }
    for kind, wanted in kinds.items():
        with plans.recorded(database.engine) as statements:
            search(database, wanted, limit=50)
        found = [plans.plan(database.engine, *statement) for statement in statements if "events" in statement[0]]
        assert found, kind
        assert not [plan for plan in found if "Seq Scan on events" in plan], kind
