import json
from uuid import UUID

import pytest
from sqlalchemy import func, select

from anpr.alerts.bolos import Matcher, csv_import, entries, lists
from anpr.alerts.bolos.csv_import import ImportReport
from anpr.alerts.bolos.patterns import Read
from anpr.audit import SYSTEM
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
        (b"plate\n\xff\xfe\n", "line 2"),
        ("plate,reason\nM\u00dc AB 123,x\n".encode("cp1252"), "not UTF-8, as line 2"),
        ("plate,reason\nAB1,x\nM\ufffd AB 123,x\n", "lost a character in line 3"),
        ("plate\nAB12\n".encode("utf-16-le"), "NUL"),
        (b"PK\x03\x04\x14", "spreadsheet"),
        (b"\x1f\x8b\x08", "Content-Encoding"),
        ('plate,reason\nAB123CD,"stolen\nEF456GH,x\nGH999,y\n', "begins in line 2 .* no end"),
        ('plate,reason\nAB1,x\nAB123CD,"stolen\nEF456GH,"x"\nGH999,y\n', "begins in line 3"),
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


@pytest.mark.parametrize(
    ("content", "plates"),
    [
        ("plate,reason,,\nAB123CD,x,,\n", {"AB123CD"}),
        ("plate,,reason\nAB123CD,,x\n", {"AB123CD"}),
        ("reason,plate\nx,AB123CD\n", {"AB123CD"}),
        ("plate,reason,vehicle\nAB123CD\nEF456GH,x\n", {"AB123CD", "EF456GH"}),
        ("plate,reason\nAB123CD,x,,,\n", {"AB123CD"}),
        ("plate\treason\nAB123CD\tx, y; z\n", {"AB123CD"}),
        ("sep=;\nplate;reason\nAB123CD;x\n", {"AB123CD"}),
        ("\n,,\nplate,reason\nAB123CD,x\n", {"AB123CD"}),
        ("plate,reason\rAB123CD,x\r\nEF456GH,y\nGH999,z", {"AB123CD", "EF456GH", "GH999"}),
        ('plate,reason\nAB123CD,5" rims\nEF456GH,"a ""b"" c"\nGH999,"two\nlines"\n', {"AB123CD", "EF456GH", "GH999"}),
        ("\ufeffplate,reason\nMÜ AB 123,für Köln\n", {"MUAB123"}),
        ("plate,reason\nMU\u0308 AB 123,x\n", {"MUAB123"}),
        ("plate\n\uff21\uff22\uff11\uff12\n\u0410123\u0412\u0421\n", {"AB12", "A123BC"}),
        ("plate\n'AB123\n-EF456\n", {"AB123", "EF456"}),
        ("plate\n34 MAR 24\n34 dec 2024\n12E5\n1E6\n34A-368.37\n", {"34MAR24", "34DEC2024", "12E5", "1E6", "34A36837"}),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_what_is_plainly_a_plate_is_taken(
    database: Database, list_id: UUID, content: str, plates: set[str], encoding: str
) -> None:
    report = _load(database, list_id, content.encode(encoding))
    assert (report.added, report.rejected, report.unsure) == (len(plates), 0, 0)
    assert set(_entries(database)) == plates


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        *((cell, "number") for cell in ("12345.0", "12345,00", "1E+06", "1.20E+07", "1,23E+05", "5E-07")),
        *((cell, "error") for cell in ("#NAME?", "#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NV", "#WERT!", "#####")),
        *((cell, "formula") for cell in ("=A1", "=HYPERLINK(1)", "+A1", "@A1", "'=A1")),
        *((cell, "day") for cell in ("01-Mar", "Mar-01", "1-Mar-24", "01. Mrz", "5-juil", "1-3-2024", "12.03.2024")),
        *((cell, "day") for cell in ("2024-03-01", "2024-03-01 00:00:00", "2024-03-01T00:00:00Z", "12:30", "00:00:00")),
        *((cell, "missing") for cell in ("TRUE", "false", "nan", "NULL", "None", "n/a", "NA", "-", "?", "**", "")),
        ("AB\u20ac12", "No plate has"),
    ],
)
def test_what_is_plainly_debris_is_rejected_with_its_reason(
    database: Database, list_id: UUID, cell: str, said: str
) -> None:
    report = _load(database, list_id, f'plate;reason\nAB123CD;x\n"{cell}";x\n')
    assert [(error.line, said in error.detail) for error in report.errors] == [(3, True)], report.errors
    assert set(_entries(database)) == {"AB123CD"}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("plate,reason", "repeats the first line"),
        ('AB12,"x\nEF456GH,y"', "look like rows"),
        ("AB12,x,y", "more cells"),
        ("AB12,#REF!", "error"),
        (",x", "missing"),
    ],
)
def test_a_row_that_would_lose_something_is_rejected(database: Database, list_id: UUID, row: str, said: str) -> None:
    report = _load(database, list_id, f"plate,reason\nAB123CD,x\n{row}\nGH999,y\n")
    assert [(error.line, said in error.detail) for error in report.errors] == [(3, True)], report.errors
    assert set(_entries(database)) == {"AB123CD", "GH999"}


@pytest.mark.parametrize(
    ("cell", "plate", "said"),
    [
        ("12.345", "12345", "may be a number"),
        ("01-MAR", "01MAR", "may be a day"),
        ("01-02-03", "010203", "may be a day"),
        ("\u4eacA12345", "\u4eacA12345", "readers do not know"),
        ("AB12C?", "AB12C?", "taken for a pattern"),
    ],
)
@pytest.mark.parametrize("dry_run", [True, False])
def test_what_is_unsure_is_taken_and_said(
    database: Database, list_id: UUID, cell: str, plate: str, said: str, dry_run: bool
) -> None:
    report = _load(database, list_id, f"plate\n{cell}\nAB123CD\n", dry_run=dry_run)
    assert (report.added, report.rejected, report.unsure) == (2, 0, 1)
    assert [(doubt.line, said in doubt.detail, plate in doubt.detail) for doubt in report.doubts] == [(2, True, True)]
    assert set(_entries(database)) == (set() if dry_run else {plate, "AB123CD"})


def test_a_region_that_is_no_code_is_rejected(database: Database, list_id: UUID) -> None:
    report = _load(database, list_id, "plate,region\nAB12,Romania\nAB13,RO\nAB14,uk\n")
    assert [error.line for error in report.errors] == [2]
    assert {plate: entry.region for plate, entry in _entries(database).items()} == {"AB13": "ro", "AB14": "gb"}


def test_what_is_exported_is_taken_again(database: Database, list_id: UUID) -> None:
    _load(database, list_id, FULL + "12.345;;;;;;;;;\n")
    with database.transaction() as session:
        part, _ = csv_import.dump(session, list_id)
    report = _load(database, list_id, part)
    assert (report.rows, report.unchanged) == (4, 4)
