"""Vehicles that people know by name, and which passages are theirs."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import event as listening
from sqlalchemy import select

from anpr.alerts import bolos
from anpr.audit import SYSTEM
from anpr.db import Database
from anpr.errors import Conflict, NotFound, Unprocessable
from anpr.models import AuditRecord, Event, ReviewStatus, Verdict
from anpr.paging import PageRequest
from anpr.review import vehicles, verdicts
from anpr.review.vehicles import VehicleFields, VehicleFilter
from anpr.review.verdicts import Opinion
from tests.builders import add_event, add_upload, add_user


def name(database: Database, plate: str, called: str, region: str | None = None) -> UUID:
    with database.transaction() as session:
        return vehicles.create(session, SYSTEM, {"plate": plate, "name": called, "region": region}).id


def names_of(database: Database, *events: Event) -> list[str | None]:
    with database.transaction() as session:
        rows = [session.get_one(Event, one.id) for one in events]
        known = vehicles.known_as(session, rows)
        return [known[one.id].name if one.id in known else None for one in rows]


def listed(database: Database, **which: str) -> list[str]:
    with database.transaction() as session:
        return [one.name for one in vehicles.find(session, PageRequest("vehicles"), VehicleFilter(**which)).items]


def test_a_passage_is_known_by_its_plate_however_that_was_typed_and_misread(database: Database) -> None:
    name(database, "ls15-ebc", "Chief's car")
    same, look_alike, other = (add_event(database, plate=plate) for plate in ("LS15EBC", "L515E8C", "LS15EBX"))
    assert names_of(database, same, look_alike, other) == ["Chief's car", "Chief's car", None]


def test_a_name_follows_a_correction_and_leaves_what_was_rejected(database: Database) -> None:
    name(database, "LS15EBC", "Chief's car")
    name(database, "XX11XXX", "Post van")
    event = add_event(database, plate="LS15EBC")
    corrected = Opinion(verdict=Verdict.CORRECTED, plate="XX11 XXX")
    with database.transaction() as session:
        given, _ = verdicts.give(session, add_user(database), event.id, corrected, matcher=bolos.Matcher())
        standing = given.id
    assert names_of(database, event) == ["Post van"]
    rejected = Opinion(Verdict.REJECTED, None, None, "wrong_vehicle", "", standing)  # type: ignore[arg-type]
    with database.transaction() as session:
        verdicts.give(session, add_user(database), event.id, rejected, matcher=bolos.Matcher())
    assert names_of(database, event) == [None]


def test_a_plate_that_nobody_is_sure_of_is_no_vehicles(database: Database) -> None:
    # Without its character that is unsure, the text would be the other vehicle's.
    name(database, "LS15EB", "Chief's car")
    unsure = add_event(database, plate="LS15EB?", readable=True)
    unreadable = add_event(database, plate="LS15EB", readable=False)
    assert names_of(database, unsure, unreadable) == [None, None]
    with database.transaction() as session:
        said = session.get_one(Event, unreadable.id)
        said.reviewed_plate, said.review_status = "LS15EB", ReviewStatus.CORRECTED
    assert names_of(database, unreadable) == ["Chief's car"]


@pytest.mark.parametrize(
    ("regions", "read", "found"),
    [
        ((None,), ("gb", 0.99), 0),
        (("gb",), ("gb", 0.99), 0),
        (("gb",), ("de", 0.99), None),
        # A machine that is unsure of the region rules nothing out, and neither does one that names none.
        (("gb",), ("de", 0.05), 0),
        (("gb",), None, 0),
        (("gb", "de"), ("de", 0.99), 1),
        (("gb", "de"), None, None),
        (("gb", None), None, 1),
        (("gb", None), ("gb", 0.99), 0),
        (("gb", None), ("de", 0.99), 1),
        (("us", "us-ca"), ("us-ca", 0.99), 1),
        (("us", "us-ca"), ("us-ny", 0.99), 0),
        (("us-ca", "us-ny"), ("us", 0.99), None),
    ],
)
def test_regions_tell_apart_vehicles_of_one_plate(
    database: Database, regions: tuple[str | None, ...], read: tuple[str, float] | None, found: int | None
) -> None:
    for number, region in enumerate(regions):
        name(database, "LS15EBC", str(number), region)
    assert names_of(database, add_event(database, region=read)) == [None if found is None else str(found)]


def test_a_page_is_looked_up_in_one_query(database: Database) -> None:
    plates = [f"CJ{number:02}KLM" for number in range(20)]
    for plate in plates:
        name(database, plate, f"van {plate}")
    upload = add_upload(database)
    events = [add_event(database, upload=upload, plate=plate) for plate in plates]
    asked: list[str] = []

    def note(_connection: object, _cursor: object, sql: str, *_rest: object) -> None:
        asked.append(sql)

    with database.transaction() as session:
        rows = session.scalars(select(Event).where(Event.id.in_([one.id for one in events]))).all()
        listening.listen(database.engine, "before_cursor_execute", note)
        try:
            known = vehicles.known_as(session, rows)
        finally:
            listening.remove(database.engine, "before_cursor_execute", note)
        assert {vehicle.name for vehicle in known.values()} == {f"van {plate}" for plate in plates}
    assert len(asked) == 1
    assert "known_vehicles" in asked[0]


def test_a_plate_has_one_name_for_each_region(database: Database) -> None:
    first = name(database, "BO8 1", "one")
    with pytest.raises(Conflict, match="known already"):
        name(database, "808-I", "another")
    second = name(database, "BO8 1", "of Britain", "gb")
    with pytest.raises(Conflict, match="known already"), database.transaction() as session:
        vehicles.update(session, SYSTEM, second, {"region": None})
    with database.transaction() as session:
        vehicles.delete(session, SYSTEM, first)
    with database.transaction() as session:
        assert vehicles.update(session, SYSTEM, second, {"region": None}).region is None
    assert listed(database) == ["of Britain"]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"plate": "B17?WAW", "name": "x"}, "/plate"),
        ({"plate": "--", "name": "x"}, "/plate"),
        ({"plate": "A" * 17, "name": "x"}, "/plate"),
        ({"plate": "B17�WAW", "name": "x"}, "/plate"),
        ({"plate": "B17WAW", "name": " \t "}, "/name"),
        ({"plate": "B17WAW", "name": "x", "region": "Mars"}, "/region"),
    ],
)
def test_what_can_be_no_vehicle_is_refused_in_words(database: Database, fields: VehicleFields, pointer: str) -> None:
    with pytest.raises(Unprocessable) as refused, database.transaction() as session:
        vehicles.create(session, SYSTEM, fields)
    assert refused.value.extra["errors"] == [{"pointer": pointer, "detail": refused.value.detail}]


def test_the_list_is_found_in_by_plate_and_by_name(database: Database) -> None:
    for plate, called in (("CJ01ABC", "Post van"), ("CJ02ABC", "100 % electric"), ("CJ03ABC", "Chief")):
        name(database, plate, called)
    assert listed(database) == ["Chief", "100 % electric", "Post van"]
    assert listed(database, plate="cj-OI-abc") == ["Post van"]
    assert listed(database, name="POST") == ["Post van"]
    assert listed(database, name="%") == ["100 % electric"]
    assert listed(database, name="_") == []


def test_what_is_done_is_on_record_and_what_changes_nothing_is_not(database: Database) -> None:
    vehicle = name(database, "CJ01ABC", "Post van")
    with database.transaction() as session:
        vehicles.update(session, SYSTEM, vehicle, {"name": "Post van", "note": ""})
        vehicles.update(session, SYSTEM, vehicle, {"plate": "CJ 01 ABD", "note": "yellow"})
        vehicles.delete(session, SYSTEM, vehicle)
    with pytest.raises(NotFound), database.transaction() as session:
        vehicles.delete(session, SYSTEM, vehicle)
    with pytest.raises(NotFound), database.transaction() as session:
        vehicles.update(session, SYSTEM, uuid4(), {"note": "x"})
    with database.transaction() as session:
        entries = session.scalars(select(AuditRecord).order_by(AuditRecord.seq)).all()
        assert [(entry.action, entry.target, entry.detail) for entry in entries] == [
            ("vehicle.named", f"vehicle:{vehicle}", {"plate": "CJ01ABC", "region": None, "name": "Post van"}),
            ("vehicle.changed", f"vehicle:{vehicle}", {"plate": "CJ 01 ABD", "note": "yellow"}),
            ("vehicle.removed", f"vehicle:{vehicle}", {"plate": "CJ 01 ABD", "region": None, "name": "Post van"}),
        ]
