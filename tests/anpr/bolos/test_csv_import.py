import json
from uuid import UUID

import pytest
from sqlalchemy import func, select

from anpr.audit import SYSTEM
from anpr.bolos import Matcher, csv_import, entries, lists
from anpr.bolos.csv_import import ImportReport
from anpr.bolos.patterns import Read
from anpr.db import Database
from anpr.errors import BadRequest, NotFound
from anpr.models import Bolo, BoloKind, Tolerance
from anpr.paging import PageRequest


@pytest.fixture
def list_id(database: Database) -> UUID:
    with database.transaction() as session:
        return lists.create(session, SYSTEM, {"name": "stolen"}).id


def _load(database: Database, list_id: UUID, content: str | bytes, *, dry_run: bool = False) -> ImportReport:
    with database.transaction() as session:
        raw = content.encode() if isinstance(content, str) else content
        return csv_import.load(session, SYSTEM, list_id, raw, dry_run=dry_run)


def _entries(database: Database) -> dict[str, Bolo]:
    with database.transaction() as session:
        return {row.pattern: row for row in session.scalars(select(Bolo))}


FULL = (
    "plate;kind;tolerance;region;vehicle;reason;case_number;valid_from;valid_until;active\n"
    'ls15 ebc;;one_edit;GB;"red; two doors";stolen;2026/17;2026-03-01;2026-03-31;yes\n'
    "AB1?*;;;;;;;;;\n"
    "ro[0-9]+;REGEX;;;;;;2026-03-01T12:00:00+02:00;;no\n"
)


@pytest.mark.parametrize("encode", [str.encode, lambda text: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()])
def test_every_column_counts(database: Database, list_id: UUID, encode: object) -> None:
    assert callable(encode)
    report = _load(database, list_id, encode(FULL))

    assert (report.rows, report.added, report.updated, report.rejected) == (3, 3, 0, 0)
    found = _entries(database)
    car = found["LS15EBC"]
    assert (car.kind, car.tolerance, car.region, car.vehicle) == (
        BoloKind.EXACT,
        Tolerance.ONE_EDIT,
        "gb",
        "red; two doors",
    )
    assert (car.reason, car.case_number, car.active) == ("stolen", "2026/17", True)
    assert car.valid_from is not None
    assert car.valid_until is not None
    # Until a day means until its end.
    assert (car.valid_from.isoformat(), car.valid_until.isoformat()) == (
        "2026-03-01T00:00:00+00:00",
        "2026-04-01T00:00:00+00:00",
    )
    assert found["AB1?*"].kind is BoloKind.WILDCARD
    assert (found["ro[0-9]+"].kind, found["ro[0-9]+"].active) == (BoloKind.REGEX, False)


def test_what_is_imported_is_found(database: Database, list_id: UUID) -> None:
    matcher = Matcher()
    with database.transaction() as session:
        assert matcher.find(session, Read("LS15EBX")) == set()
    _load(database, list_id, "plate,tolerance\nLS15EBC,one_edit\nLS15*,\n")
    found = _entries(database)
    with database.transaction() as session:
        assert matcher.find(session, Read("LS15EBX")) == {found["LS15EBC"].id, found["LS15*"].id}


def test_a_second_import_changes_only_what_differs(database: Database, list_id: UUID) -> None:
    _load(database, list_id, "plate,reason\nAB12CDE,stolen\nXY34ZZZ,stolen\n")
    dry = _load(database, list_id, "plate,reason\nAB12CDE,stolen\nXY34ZZZ,found\nNEW1,\n", dry_run=True)
    wet = _load(database, list_id, "plate,reason\nAB12CDE,stolen\nXY34ZZZ,found\nNEW1,\n")

    assert (dry.added, dry.updated, dry.unchanged) == (wet.added, wet.updated, wet.unchanged) == (1, 1, 1)
    assert (dry.dry_run, wet.dry_run) == (True, False)
    assert _entries(database)["XY34ZZZ"].reason == "found"


def test_a_dry_run_changes_nothing(database: Database, list_id: UUID) -> None:
    report = _load(database, list_id, FULL, dry_run=True)
    assert report.added == 3
    assert _entries(database) == {}


def test_rows_that_are_wrong_are_reported_and_the_others_count(database: Database, list_id: UUID) -> None:
    report = _load(
        database,
        list_id,
        "plate,kind,tolerance,valid_from,valid_until,active\n"
        "AB12CDE,,,,,\n"
        "--,,,,,\n"
        "ab12 cde,,,,,\n"
        "XY1,shape,,,,\n"
        "XY2,,some,,,\n"
        "XY3,,,tomorrow,,\n"
        "XY4,,,2026-03-01T12:00:00,,\n"
        "XY5,,,2026-03-02,2026-03-01,\n"
        "XY6,,,,,perhaps\n"
        "XY7,,,,,yes,excess\n"
        "(,regex,,,,\n"
        "???????,,,,,\n"
        "\n"
        "GOOD1,,,,,\n",
    )
    assert (report.rows, report.added, report.rejected) == (13, 2, 11)
    said = {error.line: error.detail for error in report.errors}
    assert {line: word for line, word in said.items() if word} == said
    for line, word in {
        3: "letters and digits",
        4: "Line 2",
        5: "kind is one of",
        6: "tolerance is one of",
        7: "no day or time",
        8: "offset",
        9: "later",
        10: "true or false",
        11: "more cells",
        12: "RE2",
        13: "confirm_broad",
    }.items():
        assert word in said[line]
    assert set(_entries(database)) == {"AB12CDE", "GOOD1"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "name the columns"),
        ("AB12CDE\n", "name the columns"),
        ("plate,colour\nAB12,red\n", "colour"),
        ("plate,plate\nAB12,AB12\n", "twice"),
        (b"plate\n\xff\xfe\n", "UTF-8"),
        ("plate\nAB\x0012\n", "NUL"),
        ('plate,reason\nAB12,"' + "x" * 200_000 + "\n", "cannot be read as CSV"),
    ],
)
def test_a_file_that_is_no_such_csv_is_refused_as_a_whole(
    database: Database, list_id: UUID, content: str | bytes, said: str
) -> None:
    with pytest.raises(BadRequest, match=said):
        _load(database, list_id, content)


def test_an_unknown_list(database: Database) -> None:
    with pytest.raises(NotFound):
        _load(database, UUID(int=0), "plate\nAB12\n")


def test_an_export_imports_as_it_was(database: Database, list_id: UUID) -> None:
    _load(database, list_id, FULL)
    _load(database, list_id, "plate,reason,vehicle\nCD12,=1+1,@home\n")
    with database.transaction() as session:
        exported, following = csv_import.dump(session, list_id)
        other = lists.create(session, SYSTEM, {"name": "copy"}).id
    assert following is None
    assert "'=1+1" in exported

    report = _load(database, other, exported)

    assert (report.added, report.rejected) == (4, 0)
    with database.transaction() as session:
        again, _ = csv_import.dump(session, other)
    assert sorted(again.splitlines()) == sorted(exported.splitlines())
    assert _load(database, list_id, exported).unchanged == 4


def test_a_part_of_an_export_is_as_large_as_its_answer_will_be(
    database: Database, list_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    reason = "ж" * 200
    _load(database, list_id, "plate,reason\n" + "\n".join(f"AB{number:05},{reason}" for number in range(60)))
    monkeypatch.setattr(csv_import, "_EXPORT_BYTES", 20_000)
    cursor, rows = None, 0
    while True:
        with database.transaction() as session:
            part, cursor = csv_import.dump(session, list_id, cursor)
        # What Lambda is answered with: the text as a string of a JSON document.
        assert len(json.dumps(part)) < 20_500
        rows += len(part.splitlines()) - 1
        if cursor is None:
            break
    assert rows == 60


def test_a_long_export_goes_on_where_it_ended(
    database: Database, list_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    _load(database, list_id, "plate\n" + "\n".join(f"AB{number:05}" for number in range(2500)))
    monkeypatch.setattr(csv_import, "_EXPORT_BYTES", 30_000)
    plates: list[str] = []
    cursor, parts = None, 0
    while True:
        with database.transaction() as session:
            part, cursor = csv_import.dump(session, list_id, cursor)
        plates += [line.split(",")[0] for line in part.splitlines()[1:]]
        parts += 1
        if cursor is None:
            break
    assert parts > 1
    assert sorted(plates) == [f"AB{number:05}" for number in range(2500)]
    with database.transaction() as session, pytest.raises(BadRequest):
        csv_import.dump(session, list_id, "nonsense")


def test_many_rows_take_few_round_trips(database: Database, list_id: UUID) -> None:
    rows = csv_import._BATCH + 5
    report = _load(database, list_id, "plate\n" + "\n".join(f"AB{number:06}" for number in range(rows)))
    assert report.added == rows
    with database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Bolo)) == rows
        [entry] = entries.find(session, PageRequest("bolos"), entries.EntryFilter(plate=f"AB{rows - 1:06}")).items
        assert entry.active
