"""Lists of wanted plates as CSV: import with a dry run and a report, and export in the same form.

The first line names the columns; only `plate` is required. Rows that are wrong are reported and left out, and so is
what a spreadsheet made of a plate; the others count. What may be a plate or not is taken, and said.
"""

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from anpr import audit
from anpr.alerts.bolos import csv_text, debris, lists
from anpr.alerts.bolos.csv_text import CsvRow
from anpr.alerts.bolos.entries import EntryFields, columns_of
from anpr.alerts.bolos.matcher import touch
from anpr.audit import Action, Actor
from anpr.errors import AnprError, Unprocessable
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
_MAX_PLATE: Final = 40
"""How much of a plate a report repeats."""
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
    """What is wrong or unsure with one row; `line`, where it begins, counts as an editor does, the first being 1."""

    line: int
    plate: str
    detail: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or a dry run would do.

    `errors` has the first thousand of `rejected` rows, and `doubts` of those that were taken for a plate or pattern and
    may be something else.
    """

    rows: int
    added: int
    updated: int
    unchanged: int
    rejected: int
    errors: tuple[RowError, ...]
    unsure: int
    doubts: tuple[RowError, ...]
    dry_run: bool


def load(
    session: Session, actor: Actor, list_id: UUID, content: bytes, *, dry_run: bool = False, confirm_broad: bool = False
) -> ImportReport:
    """Add a file's rows to a list. A row for an entry that the list has already changes that entry.

    Args:
        session: the transaction.
        actor: who imports.
        list_id: the list.
        content: the file: UTF-8, with or without a byte order mark, or UTF-16 with one.
        dry_run: only say what would be done.
        confirm_broad: take patterns that match much of the traffic.

    Raises:
        NotFound: there is no such list.
        BadRequest: the file as a whole cannot be read; it says why.
    """
    lists.get(session, list_id, lock=not dry_run)
    checked = _read(content, confirm_broad=confirm_broad)
    rows, rejected = checked.rows, checked.rejected
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
    report = ImportReport(
        rows=len(rows) + rejected,
        added=added,
        updated=updated,
        unchanged=unchanged,
        rejected=rejected,
        errors=tuple(checked.errors),
        unsure=checked.unsure,
        doubts=tuple(checked.doubts),
        dry_run=dry_run,
    )
    if not dry_run:
        detail = {"rows": report.rows, "added": added, "updated": updated, "rejected": rejected}
        audit.record(session, actor, Action.BOLO_LIST_IMPORTED, f"bolo_list:{list_id}", detail=detail)
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


@dataclass(slots=True)
class _Checked:
    """A file's good rows as JSON-ready columns, how many were wrong, and the first errors and doubts."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    rejected: int = 0
    errors: list[RowError] = field(default_factory=list)
    unsure: int = 0
    doubts: list[RowError] = field(default_factory=list)


def _read(content: bytes, *, confirm_broad: bool) -> _Checked:
    """Check every row."""
    checked = _Checked()
    seen: dict[tuple[object, ...], int] = {}
    for row in csv_text.rows(content, COLUMNS, required="plate", most=MAX_ROWS):
        said = row.cells["plate"][:_MAX_PLATE]
        try:
            columns = columns_of(_fields(row), confirm_broad=confirm_broad)
            key = (columns["kind"], columns["pattern"], columns["region"], columns["case_number"])
            if key in seen:
                raise Unprocessable(f"Line {seen[key]} has the same entry already.")
        except AnprError as error:
            checked.rejected += 1
            if len(checked.errors) < _MAX_ERRORS:
                checked.errors.append(RowError(row.line, said, error.detail))
            continue
        seen[key] = row.line
        checked.rows.append({"id": str(uuid4()), **{name: _plain(value) for name, value in columns.items()}})
        doubtful = None if row.cells.get("kind") else debris.doubt(row.cells["plate"], columns["pattern"])
        if doubtful is not None:
            checked.unsure += 1
            if len(checked.doubts) < _MAX_ERRORS:
                checked.doubts.append(RowError(row.line, said, doubtful))
    return checked


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _fields(row: CsvRow) -> EntryFields:
    if row.fault is not None:
        raise Unprocessable(row.fault)
    given = {name: _unsafe(cell) for name, cell in row.cells.items()}
    if any(len(cell) > _MAX_FIELD for cell in given.values()):
        raise Unprocessable(f"A cell has more than {_MAX_FIELD} characters.")
    if given.get("kind", "").lower() != BoloKind.REGEX and (why := debris.why_no_plate(given["plate"])) is not None:
        raise Unprocessable(why)
    if any(debris.is_error(cell) for cell in given.values()):
        raise Unprocessable("A cell is a spreadsheet's error, such as #REF!; enter what it stands for.")
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
