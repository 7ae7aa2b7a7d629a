"""Lists of wanted plates as CSV: import with a dry run and a report, and export in the same form.

The first line names the columns; only `plate` is required. Commas and semicolons both separate, whichever the first
line has more of. Rows that are wrong are reported and left out; the others count.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from anpr import audit
from anpr.audit import Actor
from anpr.bolos import lists
from anpr.bolos.entries import EntryFields, columns_of
from anpr.bolos.matcher import touch
from anpr.errors import AnprError, BadRequest, Unprocessable
from anpr.models import Bolo, BoloKind, Tolerance
from anpr.paging import Position, decode, encode

COLUMNS: Final = (
    "plate",
    "kind",
    "tolerance",
    "region",
    "vehicle",
    "reason",
    "case_number",
    "valid_from",
    "valid_until",
    "active",
)
MAX_ROWS: Final = 200_000
_MAX_FIELD: Final = 1000
_MAX_ERRORS: Final = 1000
_BATCH: Final = 10_000
_EXPORT_BYTES: Final = 4 * 1024**2
"""A Lambda answers with at most 6 MB of JSON, in which the text stands as a string."""

_TRUE: Final = frozenset({"", "1", "true", "yes", "y"})
_FALSE: Final = frozenset({"0", "false", "no", "n"})
# A spreadsheet takes a cell that begins so for a formula. An apostrophe before it is the spreadsheets' own remedy.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")

# Each batch is one parameter and one statement: a hundred thousand rows are ten round trips.
_COUNT = text(
    """
    SELECT count(*) FILTER (WHERE known.id IS NULL) AS added,
        count(*) FILTER (
            WHERE (known.tolerance, known.vehicle, known.reason, known.valid_from, known.valid_until, known.active)
            IS DISTINCT FROM
            (given.tolerance, given.vehicle, given.reason, given.valid_from, given.valid_until, given.active)
            AND known.id IS NOT NULL
        ) AS updated
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS given(
        kind text, pattern text, tolerance text, region text, vehicle text, reason text, case_number text,
        valid_from timestamptz, valid_until timestamptz, active boolean
    )
    LEFT JOIN bolos AS known ON known.list_id = CAST(:list_id AS uuid) AND known.kind = given.kind
        AND known.pattern = given.pattern AND known.region IS NOT DISTINCT FROM given.region
        AND known.case_number IS NOT DISTINCT FROM given.case_number
    """
)
_WRITE = text(
    """
    WITH written AS (
        INSERT INTO bolos AS known (id, list_id, kind, pattern, pattern_key, edit_variants, tolerance, region, vehicle,
            reason, case_number, valid_from, valid_until, active, created_by)
        SELECT id, CAST(:list_id AS uuid), kind, pattern, pattern_key, edit_variants, tolerance, region, vehicle,
            reason, case_number, valid_from, valid_until, active, CAST(:created_by AS uuid)
        FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS given(
            id uuid, kind text, pattern text, pattern_key text, edit_variants text[], tolerance text, region text,
            vehicle text, reason text, case_number text, valid_from timestamptz, valid_until timestamptz, active boolean
        )
        ON CONFLICT ON CONSTRAINT uq_bolos_entry DO UPDATE SET tolerance = excluded.tolerance,
            edit_variants = excluded.edit_variants, vehicle = excluded.vehicle, reason = excluded.reason,
            valid_from = excluded.valid_from, valid_until = excluded.valid_until, active = excluded.active,
            updated_at = now()
        WHERE (known.tolerance, known.vehicle, known.reason, known.valid_from, known.valid_until, known.active)
            IS DISTINCT FROM (excluded.tolerance, excluded.vehicle, excluded.reason, excluded.valid_from,
            excluded.valid_until, excluded.active)
        -- No transaction has locked or replaced a row that was just inserted.
        RETURNING xmax = 0 AS is_new
    )
    SELECT count(*) FILTER (WHERE is_new) AS added, count(*) FILTER (WHERE NOT is_new) AS updated FROM written
    """
)


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong with one row; `line` counts as an editor does, the first line being 1."""

    line: int
    plate: str
    detail: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or a dry run would do. `errors` has the first thousand of `rejected` rows."""

    rows: int
    added: int
    updated: int
    unchanged: int
    rejected: int
    errors: tuple[RowError, ...]
    dry_run: bool


def load(
    session: Session, actor: Actor, list_id: UUID, content: bytes, *, dry_run: bool = False, confirm_broad: bool = False
) -> ImportReport:
    """Add a file's rows to a list. A row for an entry that the list has already changes that entry.

    Args:
        session: the transaction.
        actor: who imports.
        list_id: the list.
        content: the file: UTF-8, with or without a byte order mark.
        dry_run: only say what would be done.
        confirm_broad: take patterns that match much of the traffic.

    Raises:
        NotFound: there is no such list.
        BadRequest: the file as a whole cannot be read; it says why.
    """
    lists.get(session, list_id, lock=not dry_run)
    rows, errors, rejected = _read(content, confirm_broad=confirm_broad)
    added = updated = 0
    for start in range(0, len(rows), _BATCH):
        batch = rows[start : start + _BATCH]
        parameters = {"rows": json.dumps(batch), "list_id": list_id}
        written = {**parameters, "created_by": actor.id}
        counted = session.execute(_COUNT, parameters) if dry_run else session.execute(_WRITE, written)
        row = counted.one()
        added, updated = added + row.added, updated + row.updated
    if not dry_run and any(row["kind"] != BoloKind.EXACT for row in rows):
        touch(session)
    unchanged = len(rows) - added - updated
    report = ImportReport(len(rows) + rejected, added, updated, unchanged, rejected, tuple(errors), dry_run)
    if not dry_run:
        detail = {"rows": report.rows, "added": added, "updated": updated, "rejected": rejected}
        audit.record(session, actor, "bolo_list.imported", f"bolo_list:{list_id}", detail=detail)
    return report


def dump(session: Session, list_id: UUID, cursor: str | None = None) -> tuple[str, str | None]:
    """Write a list's entries as CSV, the newest first, as many as fit one answer.

    Args:
        session: the transaction.
        list_id: the list.
        cursor: where the part before ended.

    Returns:
        The part, with its header, and where the next one begins; None after the last.

    Raises:
        NotFound: there is no such list.
        BadRequest: the cursor is malformed.
    """
    lists.get(session, list_id)
    kind = f"export:{list_id}"
    position = None if cursor is None else decode(kind, cursor)
    rows, size = [_row(COLUMNS)], 0
    while True:
        page = _after(session, list_id, position)
        for entry in page:
            row = _row(_cells(entry))
            # In JSON a quote or the end of a line is two bytes, and a letter beyond ASCII is six.
            size += len(json.dumps(row))
            if size > _EXPORT_BYTES and position is not None and len(rows) > 1:
                return "".join(rows), encode(kind, position)
            rows.append(row)
            position = Position(entry.created_at, entry.id)
        if not page:
            return "".join(rows), None
        session.expunge_all()


def _row(cells: Iterable[str]) -> str:
    sink = io.StringIO()
    csv.writer(sink).writerow(cells)
    return sink.getvalue()


def _after(session: Session, list_id: UUID, position: Position | None) -> list[Bolo]:
    statement = select(Bolo).where(Bolo.list_id == list_id)
    if position is not None:
        statement = statement.where(
            text("(created_at, id) < (:at, CAST(:id AS uuid))").bindparams(at=position.at, id=position.id)
        )
    return list(session.scalars(statement.order_by(Bolo.created_at.desc(), Bolo.id.desc()).limit(1000)))


def _cells(entry: Bolo) -> list[str]:
    times = ("" if at is None else at.astimezone(UTC).isoformat() for at in (entry.valid_from, entry.valid_until))
    texts = (entry.region or "", entry.vehicle, entry.reason, entry.case_number or "")
    return [
        _safe(entry.pattern),
        entry.kind.value,
        entry.tolerance.value,
        *(_safe(cell) for cell in texts),
        *times,
        "true" if entry.active else "false",
    ]


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _unsafe(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def _read(content: bytes, *, confirm_broad: bool) -> tuple[list[dict[str, Any]], list[RowError], int]:
    """Check every row; return the good ones as JSON-ready columns, the first errors, and how many rows were wrong."""
    rows: list[dict[str, Any]] = []
    errors: list[RowError] = []
    rejected = 0
    seen: dict[tuple[object, ...], int] = {}
    for line, cells in _lines(content):
        try:
            columns = columns_of(_fields(cells), confirm_broad=confirm_broad)
            key = (columns["kind"], columns["pattern"], columns["region"], columns["case_number"])
            if key in seen:
                raise Unprocessable(f"Line {seen[key]} has the same entry already.")
        except AnprError as error:
            rejected += 1
            if len(errors) < _MAX_ERRORS:
                errors.append(RowError(line, cells.get("plate", "")[:40], error.detail))
            continue
        seen[key] = line
        rows.append({"id": str(uuid4()), **{name: _plain(value) for name, value in columns.items()}})
    return rows, errors, rejected


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _lines(content: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        decoded = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadRequest('The file is not UTF-8; save it as "CSV UTF-8".') from error
    if "\x00" in decoded:
        raise BadRequest("The file contains NUL characters; it is no CSV in UTF-8.")
    first = decoded.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(decoded, newline=""), delimiter=";" if first.count(";") > first.count(",") else ",")
    try:
        yield from _named(reader)
    except csv.Error as error:
        raise BadRequest(f"Line {reader.line_num} cannot be read as CSV: {error}.") from error


def _named(reader: Any) -> Iterator[tuple[int, dict[str, str]]]:
    names = [name.strip().lower() for name in next(reader, [])]
    if "plate" not in names:
        raise BadRequest(f"The first line must name the columns, plate among them; they are {', '.join(COLUMNS)}.")
    unknown = [name for name in names if name not in COLUMNS]
    if unknown or len(set(names)) < len(names):
        wrong = f"unknown columns {', '.join(unknown)!r}" if unknown else "a column twice"
        raise BadRequest(f"The first line has {wrong}; columns are {', '.join(COLUMNS)}.")
    for count, cells in enumerate(reader):
        if count >= MAX_ROWS:
            raise BadRequest(f"The file has more than {MAX_ROWS} rows; split it.")
        if any(cell.strip() for cell in cells):
            # A row that is too long shows a separator inside a text; it must not be cut in silence.
            yield reader.line_num, dict(zip([*names, "_excess"], cells, strict=False))


def _fields(cells: dict[str, str]) -> EntryFields:
    if "_excess" in cells:
        raise Unprocessable("The row has more cells than the first line; quote a text that has a separator in it.")
    given = {name: _unsafe(cell.strip()) for name, cell in cells.items()}
    if any(len(cell) > _MAX_FIELD for cell in given.values()):
        raise Unprocessable(f"A cell has more than {_MAX_FIELD} characters.")
    return {
        "pattern": given["plate"],
        "kind": BoloKind(_one_of(given, "kind", BoloKind)) if given.get("kind") else None,
        "tolerance": Tolerance(_one_of(given, "tolerance", Tolerance)) if given.get("tolerance") else Tolerance.NONE,
        "region": given.get("region"),
        "vehicle": given.get("vehicle", ""),
        "reason": given.get("reason", ""),
        "case_number": given.get("case_number"),
        "valid_from": _time(given, "valid_from"),
        "valid_until": _time(given, "valid_until"),
        "active": _flag(given.get("active", "")),
    }


def _one_of(given: dict[str, str], name: str, values: type[StrEnum]) -> str:
    allowed, value = [member.value for member in values], given[name].lower()
    if value not in allowed:
        raise Unprocessable(f"{name} is one of {', '.join(allowed)}, not {given[name][:40]!r}.")
    return value


def _flag(cell: str) -> bool:
    if cell.lower() in _TRUE | _FALSE:
        return cell.lower() in _TRUE
    raise Unprocessable(f"active is true or false, not {cell[:40]!r}.")


def _time(given: dict[str, str], name: str) -> datetime | None:
    """A time with its offset, or a day, in UTC; `valid_until` a day means its end."""
    cell = given.get(name)
    if not cell:
        return None
    try:
        if len(cell) == len("2026-01-31"):
            day = date.fromisoformat(cell) + timedelta(days=1 if name == "valid_until" else 0)
            return datetime.combine(day, time.min, UTC)
        at = datetime.fromisoformat(cell)
    except (ValueError, OverflowError) as error:
        raise Unprocessable(f"{name} is no day or time such as 2026-01-31 or 2026-01-31T12:00:00Z.") from error
    if at.tzinfo is None:
        raise Unprocessable(f"{name} needs an offset, such as Z, to say which time it is.")
    return at.astimezone(UTC)
