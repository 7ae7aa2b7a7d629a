"""What the clock on the wall says at a camera, on days with an hour more or less too."""

import json

import pytest

from tests.infra.console.modules import evaluate


def wall_of(at: str, zone: str) -> str:
    told: str = evaluate(f"""
const {{ wallOf }} = await load('app/lib/wall.js');
console.log(JSON.stringify(new Date(wallOf({json.dumps(at)}, {json.dumps(zone)})).toISOString()));
""")
    return told


def begin_of(day: str, zone: str) -> str:
    told: str = evaluate(f"""
const {{ beginOf }} = await load('app/lib/wall.js');
console.log(JSON.stringify(beginOf({json.dumps(day)}, {json.dumps(zone)}).toISOString()));
""")
    return told


@pytest.mark.parametrize(
    ("at", "zone", "wall"),
    [
        ("2026-03-02T11:30:00Z", "Europe/Berlin", "2026-03-02T12:30:00.000Z"),
        ("2026-07-02T11:30:00Z", "Europe/Berlin", "2026-07-02T13:30:00.000Z"),
        ("2026-03-02T18:30:00Z", "Asia/Kolkata", "2026-03-03T00:00:00.000Z"),
        ("2026-01-01T02:00:00Z", "America/New_York", "2025-12-31T21:00:00.000Z"),
    ],
)
def test_the_wall_s_clock(at: str, zone: str, wall: str) -> None:
    assert wall_of(at, zone) == wall


@pytest.mark.parametrize(
    ("day", "zone", "begin"),
    [
        ("2026-03-02", "UTC", "2026-03-02T00:00:00.000Z"),
        ("2026-03-02", "Europe/Berlin", "2026-03-01T23:00:00.000Z"),
        # The day on which clocks are put forward, and the one after.
        ("2026-03-29", "Europe/Berlin", "2026-03-28T23:00:00.000Z"),
        ("2026-03-30", "Europe/Berlin", "2026-03-29T22:00:00.000Z"),
        ("2026-10-25", "Europe/Berlin", "2026-10-24T22:00:00.000Z"),
        ("2026-10-26", "Europe/Berlin", "2026-10-25T23:00:00.000Z"),
        ("2026-03-02", "Pacific/Kiritimati", "2026-03-01T10:00:00.000Z"),
        ("2026-03-02", "America/New_York", "2026-03-02T05:00:00.000Z"),
    ],
)
def test_a_day_begins_by_the_clock_there(day: str, zone: str, begin: str) -> None:
    assert begin_of(day, zone) == begin
