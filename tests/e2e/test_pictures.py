"""One picture, from another service's client through the front to the answer, and on to a passage and a hit."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import cv2
import pytest

from anpr_client import ApiKey, Client, Reading
from infra.local.place import Running
from infra.local.process import LoggedProcess
from tests.clients import node_red
from tests.gpu_worker.scenes import road

pytestmark = pytest.mark.timeout(300)

PLATE = "KX19DMV"


@pytest.fixture(scope="module")
def reader(site: Running) -> Iterator[LoggedProcess]:
    with ExitStack() as before:
        site.start_reader(before)
    # The front finds it again, wherever it is by then.
    with ExitStack() as stack:
        yield site.start_reader(stack)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    file = tmp_path / "gate.jpg"
    assert cv2.imwrite(str(file), road([(PLATE, 240, 240)])[0])
    return file


@pytest.fixture
def key(api: Client) -> str:
    made: str = api.post("/auth/keys", {"name": "gate", "role": "reviewer", "permissions": ["pictures:write"]})["key"]
    return made


def test_another_services_client_has_a_wanted_plate_read(
    site: Running, api: Client, reader: LoggedProcess, key: str, picture: Path
) -> None:
    camera = api.cameras.create("gate of a client of others")
    wanted = api.bolos.create_list("pictures", priority="high", alert_interval_s=0)
    entry = api.bolos.add(wanted.id, PLATE, reason="a test")

    answer = node_red.recognize(f"{site.api_url}/v1/plate-reader/", key, picture, camera=camera.name, regions=["gb"])

    reader.check()
    assert answer["failed"] is False, answer
    [found] = answer["read"]["results"]
    assert (found["plate"], answer["statuses"][-1]) == (PLATE.lower(), PLATE)
    [hit] = api.hits.list(list_id=wanted.id)
    assert str(hit.event.id) == found["event_id"]
    assert hit.event.crop_url is not None
    assert api.events.image(hit.event.crop_url).startswith(b"\xff\xd8\xff")
    api.bolos.update(entry.id, active=False)


def test_a_picture_is_answered_in_the_backends_own_form(
    site: Running, api: Client, reader: LoggedProcess, key: str, picture: Path
) -> None:
    camera = api.cameras.create("gate of our own client")
    with Client(site.api_url, ApiKey(key)) as gate:
        asked = gate.pictures.read(picture)
        recorded, stitched = (gate.pictures.read(picture, Reading(camera=camera.id)) for _ in range(2))

    reader.check()
    assert [plate.plate for plate in asked.plates] == [PLATE]
    assert (asked.camera_id, asked.plates[0].event_id) == (None, None)
    assert [one.plates[0].outcome for one in (recorded, stitched)] == ["recorded", "stitched"]
    [event] = api.events.search(camera_id=camera.id)
    assert event.id == recorded.plates[0].event_id == stitched.plates[0].event_id
    assert PLATE not in (site.place.logs / "reader.log").read_text()
