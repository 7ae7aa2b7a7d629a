"""Single pictures, read at once: by the client, and by the command as people run it."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from anpr.models import Event, Role
from anpr.settings import PictureSettings
from anpr_client import AsyncClient, Client, InvalidPayload, NotFound, Reading, TooLarge
from tests.client.conftest import login
from tests.client.server import Served
from tests.client.test_command import Run, out, printed, run
from tests.functions.api.test_pictures import EMPTY_ROAD, PICTURE, PLATES

__all__ = ["out", "run"]

AT = datetime(2026, 3, 1, 8, tzinfo=UTC)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    file = tmp_path / "car.jpg"
    file.write_bytes(PICTURE)
    return file


def events(served: Served) -> int:
    with served.api.database.transaction() as session:
        return session.scalar(select(func.count()).select_from(Event)) or 0


def test_a_picture_is_read_and_nothing_kept(client: Client, served: Served, picture: Path) -> None:
    found = client.pictures.read(picture)

    assert {plate.plate for plate in found.plates} == set(PLATES)
    assert (found.width, found.height, found.camera_id, found.captured_at) == (640, 360, None, None)
    assert [plate.outcome for plate in found.plates] == [None, None]
    assert events(served) == 0


def test_a_picture_of_a_camera_is_recorded_once(client: Client, served: Served, camera: str) -> None:
    reading = Reading(camera=camera, captured_at=AT, regions=["gb", "de"], fast=True)

    first, again = (client.pictures.read(PICTURE, reading) for _ in range(2))

    assert (str(first.camera_id), first.captured_at) == (camera, AT)
    assert [plate.outcome for plate in again.plates] == ["repeated", "repeated"]
    assert [plate.event_id for plate in again.plates] == [plate.event_id for plate in first.plates]
    assert {str(event.id) for event in client.events.search(camera_id=camera)} == {
        str(plate.event_id) for plate in first.plates
    }


def test_the_asynchronous_client_reads_the_same(served: Served) -> None:
    async def read() -> set[str]:
        async with AsyncClient(served.url, login(Role.REVIEWER)) as client:
            return {plate.plate for plate in (await client.pictures.read(PICTURE)).plates}

    assert asyncio.run(read()) == set(PLATES)


def test_what_is_refused_is_an_error_of_its_kind(client: Client, served: Served, picture: Path) -> None:
    with pytest.raises(InvalidPayload, match="no picture"):
        client.pictures.read(b"%PDF-1.7")
    with pytest.raises(NotFound, match="no camera named"):
        client.pictures.read(picture, Reading(camera="South gate"))
    with pytest.raises(TooLarge, match="POST /uploads"):
        client.pictures.read(bytes(PictureSettings().max_bytes + 1))


def test_the_command_shows_what_is_in_pictures(run: Run, picture: Path, tmp_path: Path) -> None:
    empty, broken = tmp_path / "empty.jpg", tmp_path / "notes.txt"
    empty.write_bytes(EMPTY_ROAD)
    broken.write_text("no picture")

    shown = run("read", picture, empty)
    told = run("read", empty)
    listed = run("read", picture, empty, broken, "--json")

    assert (shown.exit_code, told.exit_code) == (0, 0), shown.output
    for plate in PLATES:
        assert plate in shown.stdout
    assert "No plate was found." in told.stderr
    assert listed.exit_code == 1
    assert "notes.txt: " in listed.stderr
    assert [{plate["plate"] for plate in one["plates"]} for one in printed(listed)] == [set(PLATES), set()]


def test_the_command_records_for_a_camera(run: Run, client: Client, camera: str, picture: Path) -> None:
    name = next(one.name for one in client.cameras.list() if str(one.id) == camera)

    done = run("read", picture, "--camera", name, "--captured-at", "2026-03-01T08:00:00Z")

    assert done.exit_code == 0, done.output
    [first, *_rest] = list(client.events.search(camera_id=camera))
    assert f"recorded {first.id}" in done.stdout
    assert first.captured_at == AT
