import base64
import json
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from anpr.errors import BadRequest
from anpr.paging import PageRequest, Position, decode, encode

AT = datetime(2026, 5, 1, 12, 30, 0, 123456, UTC)
ROW = UUID("7a4f8c8e-54a3-4a39-9a0e-6c52f2a9f6d1")


def forged(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def test_a_cursor_brings_its_position_back_to_the_microsecond() -> None:
    position = Position(AT, ROW)
    assert decode("events", encode("events", position)) == position


def test_a_cursor_needs_no_escaping_in_a_url() -> None:
    for _ in range(50):
        assert set(encode("events", Position(AT, uuid4()))) <= set(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        )


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "not a cursor",
        "====",
        "\u00e9\u00e9",
        forged([]),
        forged({}),
        forged(None),
        forged([2, "events", AT.isoformat(), str(ROW)]),
        forged([1, "uploads", AT.isoformat(), str(ROW)]),
        forged([1, "events", "yesterday", str(ROW)]),
        forged([1, "events", AT.isoformat(), "7"]),
        forged([1, "events", 7, 7]),
        forged([1, "events", "0001-01-01T00:00:00+14:00", str(ROW)]),
        base64.urlsafe_b64encode(b"[" * 100_000).decode(),
    ],
)
def test_a_malformed_cursor_is_refused_in_words(cursor: str) -> None:
    with pytest.raises(BadRequest, match="next_cursor"):
        PageRequest("events", cursor=cursor).after()
