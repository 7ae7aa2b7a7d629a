"""Rows of a CSV file, or why there are none: what people's programs write, read without losing a row unawares."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from anpr.errors import BadRequest

_DELIMITERS: Final = ",;\t"
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_SEPARATOR_LINE: Final = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
_SIGNATURES: Final = {
    b"PK\x03\x04": 'an archive or a spreadsheet such as .xlsx; save it as "CSV UTF-8"',
    b"\xd0\xcf\x11\xe0": 'an old spreadsheet (.xls); save it as "CSV UTF-8"',
    b"\x1f\x8b": "compressed; send it with Content-Encoding: gzip",
}


@dataclass(frozen=True, slots=True)
class CsvRow:
    """One row.

    Attributes:
        line: where it begins, as an editor counts, the first line being 1.
        cells: texts by the columns' names, stripped; a column that the row does not reach is empty.
        fault: why the row as a whole cannot be taken; None where it can.
    """

    line: int
    cells: dict[str, str]
    fault: str | None


def rows(content: bytes, columns: Sequence[str], *, required: str, most: int) -> Iterator[CsvRow]:
    """Read a file's rows.

    Args:
        content: UTF-8, or UTF-16 with a byte order mark; commas, semicolons or tabs separate, whichever the first line
            has most of.
        columns: the names that the first line may have.
        required: the one that it must have.
        most: how many rows there may be.

    Raises:
        BadRequest: the file as a whole cannot be read; it says why, and where.
    """
    decoded = _decoded(content)
    lines = _LINE_END.split(decoded)
    skipped, delimiter = _delimiter(lines)
    body = decoded.split(lines[0], 1)[1] if skipped else decoded
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter, strict=True)
    try:
        yield from _named(reader, delimiter, (columns, required, most))
    except csv.Error as error:
        begin = _begin_of_last(body, delimiter, reader.line_num)
        raise BadRequest(f"The row that begins in line {begin} cannot be read as CSV: {_said(error)}") from error


def _decoded(content: bytes) -> str:
    for signature, what in _SIGNATURES.items():
        if content.startswith(signature):
            raise BadRequest(f"The file is {what}.")
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    try:
        decoded = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BadRequest(f'The file is not UTF-8, as line {line} shows; save it as "CSV UTF-8".') from error
    decoded = decoded.removeprefix("\ufeff")
    if "\x00" in decoded:
        raise BadRequest("The file contains NUL characters; it is no CSV in UTF-8.")
    if "\ufffd" in decoded:
        # What stands where a program took another encoding for UTF-8: a letter is lost, and a plate would be another.
        line = decoded[: decoded.index("\ufffd")].count("\n") + 1
        raise BadRequest(f'The file was not UTF-8, and lost a character in line {line}; save it as "CSV UTF-8".')
    return decoded


def _delimiter(lines: list[str]) -> tuple[bool, str]:
    """Whether the first line only names the separator, as some spreadsheets have it; and the separator."""
    named = _SEPARATOR_LINE.fullmatch(lines[0].strip())
    if named is not None and named[1] in _DELIMITERS:
        return True, named[1]
    unquoted = re.sub(r'"[^"]*"', "", lines[0])
    return False, max(_DELIMITERS, key=unquoted.count)


def _said(error: csv.Error) -> str:
    if "end of data" in str(error):
        return "a text in quotes has no end, and the rows after it would be lost."
    return f"{error}."


def _begin_of_last(body: str, delimiter: str, line_num: int) -> int:
    """Find the first line of the row that the reader failed in."""
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter, strict=True)
    begin = 1
    try:
        while reader.line_num < line_num:
            begin = reader.line_num + 1
            next(reader)
    except (csv.Error, StopIteration):
        pass
    return begin


def _named(reader: Any, delimiter: str, shape: tuple[Sequence[str], str, int]) -> Iterator[CsvRow]:
    columns, required, most = shape
    names = _names(next((row for row in reader if any(cell.strip() for cell in row)), []), columns, required)
    begin, count = reader.line_num + 1, 0
    for cells in reader:
        line, begin = begin, reader.line_num + 1
        stripped = [cell.strip() for cell in cells]
        if not any(stripped):
            continue
        count += 1
        if count > most:
            raise BadRequest(f"The file has more than {most} rows; split it.")
        named = dict.fromkeys(filter(None, names), "")
        named.update((name, cell) for name, cell in zip(names, stripped, strict=False) if name)
        yield CsvRow(line, named, _fault(names, stripped, delimiter))


def _names(header: list[str], columns: Sequence[str], required: str) -> list[str]:
    names = [name.strip().lower() for name in header]
    if required not in names:
        raise BadRequest(f"The first line must name the columns, {required} among them; they are {', '.join(columns)}.")
    unknown = [name for name in names if name and name not in columns]
    if unknown:
        raise BadRequest(
            f"The first line has unknown columns {', '.join(unknown)!r}; columns are {', '.join(columns)}."
        )
    given = [name for name in names if name]
    if len(set(given)) < len(given):
        raise BadRequest(f"The first line has a column twice; columns are {', '.join(columns)}.")
    return names


def _fault(names: list[str], cells: list[str], delimiter: str) -> str | None:
    if [cell.lower() for cell in cells if cell] == [name for name in names if name]:
        return "The row repeats the first line."
    if any(cells[len(names) :]):
        return "The row has more cells than the first line; quote a text that has a separator in it."
    if any(cell and not name for name, cell in zip(names, cells, strict=False)):
        return "The row has a cell in a column without a name."
    separators = max(len([name for name in names if name]) - 1, 1)
    if any(line.count(delimiter) >= separators for cell in cells for line in _LINE_END.split(cell)[1:]):
        return "A text in quotes goes on over lines that look like rows of their own; is a quote missing?"
    return None
