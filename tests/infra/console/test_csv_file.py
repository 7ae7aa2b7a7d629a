"""A file's lines are counted as the API counts them, and what is sent of them is what it takes."""

import base64
import gzip
import json

import pytest

from anpr.alerts.bolos import csv_text
from tests.infra.console.modules import evaluate

COLUMNS = ("plate", "reason")


def lines_of(content: bytes) -> list[str] | None:
    found: list[str] | None = evaluate(f"""
const {{ linesOf }} = await load('app/lib/csv-file.js');
const file = new Blob([Buffer.from('{base64.b64encode(content).decode()}', 'base64')]);
console.log(JSON.stringify(await linesOf(file)));
""")
    return found


def body_of(lines: list[str], repeated: int = 1) -> tuple[str, bytes]:
    told = evaluate(f"""
const {{ bodyOf }} = await load('app/lib/csv-file.js');
const [head, ...rows] = {json.dumps(lines)};
const body = await bodyOf([head, ...Array({repeated}).fill(rows).flat()]);
console.log(JSON.stringify([body.type, Buffer.from(await body.arrayBuffer()).toString('base64')]));
""")
    return told[0], base64.b64decode(told[1])


@pytest.mark.parametrize(
    "content",
    [
        "plate,reason\nAB12,Schlüssel\n".encode(),
        "\ufeffplate,reason\r\nAB12,Schlüssel\r\n".encode(),
        "plate,reason\rAB12,Schlüssel".encode(),
        "plate;reason\nAB12;Schlüssel".encode("utf-16"),
    ],
)
def test_lines_are_counted_as_the_api_counts_them(content: bytes) -> None:
    lines = lines_of(content)
    assert lines is not None
    [row] = csv_text.rows(content, COLUMNS, required="plate", most=10)
    assert lines[row.line - 1].replace(";", ",") == "AB12,Schlüssel"


def test_what_is_in_another_encoding_is_left_to_the_api() -> None:
    assert lines_of("plate,reason\nAB12,Schlüssel\n".encode("latin-1")) is None


def test_mended_lines_are_sent_as_they_are_and_many_of_them_packed() -> None:
    lines = ["plate,reason", "AB12,Schlüssel"]
    assert body_of(lines) == ("text/csv", "plate,reason\nAB12,Schlüssel".encode())
    kind, packed = body_of(lines, repeated=50_000)
    assert kind == "application/gzip"
    rows = csv_text.rows(gzip.decompress(packed), COLUMNS, required="plate", most=100_000)
    assert sum(1 for row in rows if row.cells == {"plate": "AB12", "reason": "Schlüssel"}) == 50_000
