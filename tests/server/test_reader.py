"""The process that answers single pictures, over HTTP: another service's client, and more requests than it takes."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import uvicorn
from sqlalchemy import select

from anpr.capture.pictures import PictureReader, ReadPicture, Wanted
from anpr.db import Database
from anpr.identity import apikeys
from anpr.identity.apikeys import NewApiKey
from anpr.models import Camera, Event, Role
from anpr.settings import PictureSettings
from functions.api.app import create_app
from functions.api.groups.reader import GROUP
from functions.api.services.reader import ReaderServices
from functions.api.telemetry import PlainTelemetry
from infra.local.postgres import free_port
from server.admission import Admission
from tests.builders import add_user
from tests.clients import node_red
from tests.functions.api.test_pictures import EMPTY_ROAD, PICTURE, PLATES
from tests.memory import MemoryBlobs, MemoryBus

BUSY = {"detail": "Request was throttled. Expected available in 1 second.", "status_code": 429}
NO_KEY = "3a0effff73919f898b69ac65a32dc12347769564"


class Gate:
    """A reader that reads nothing before it is told to go on."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.reading = threading.Semaphore(0)

    def read(self, _picture: bytes, _wanted: Wanted) -> ReadPicture:
        self.reading.release()
        assert self.go_on.wait(60)
        return ReadPicture(plates=(), width=640, height=360)


@contextmanager
def serving(
    database: Database, reader: PictureReader, *, places: int, pictures: PictureSettings | None = None
) -> Iterator[str]:
    """The process's application under its own server; gives the address."""
    services = ReaderServices(
        database=database,
        bus=MemoryBus(),
        blobs=MemoryBlobs(),
        reader=reader,
        pictures=pictures or PictureSettings(),
    )
    app = Admission(create_app(GROUP, services, PlainTelemetry()), places=places)
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(30)


@pytest.fixture
def key(database: Database) -> str:
    owner = add_user(database)
    new = NewApiKey(name="gate", role=Role.REVIEWER, permissions=frozenset({"pictures:write"}))
    with database.transaction() as session:
        _, made = apikeys.create(session, owner, new, grantable=new.permissions)
    return made


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    file = tmp_path / "car.jpg"
    file.write_bytes(PICTURE)
    return file


@pytest.mark.timeout(300)
@pytest.mark.xdist_group("npm")
def test_a_client_of_plate_recognizers_changes_the_address_and_nothing_else(
    database: Database, reader: PictureReader, key: str, picture: Path
) -> None:
    """The npm package node-red-contrib-plate-recognizer 1.0.3, as it is published."""
    with database.transaction() as session:
        session.add(Camera(name="North gate"))
    with serving(database, reader, places=4) as address:
        url = f"{address}/v1/plate-reader/"
        unnamed = node_red.recognize(url, key, picture)
        named = node_red.recognize(url, key, picture, camera="North gate", regions=["gb"])
        unknown = node_red.recognize(url, key, picture, camera="South gate")
        stranger = node_red.recognize(url, NO_KEY, picture)

    for answer in (unnamed, named):
        assert answer["failed"] is False
        assert answer["read"]["status"] == 200
        assert {found["plate"].upper() for found in answer["read"]["results"]} == set(PLATES)
        # What it shows people below its node.
        assert set(answer["statuses"][-1].split(",")) == set(PLATES)
    assert (unnamed["read"]["camera_id"], named["read"]["camera_id"]) == (None, "North gate")
    with database.transaction() as session:
        events = session.scalars(select(Event)).all()
    assert {str(event.id) for event in events} == {found["event_id"] for found in named["read"]["results"]}
    assert (unknown["failed"], unknown["statuses"][-1]) == (True, "Bad Request")
    assert (stranger["failed"], stranger["statuses"][-1]) == (True, "Forbidden")


def test_a_request_too_many_is_told_to_come_again_and_the_others_are_answered(database: Database, key: str) -> None:
    gate = Gate()
    headers = {"authorization": f"Token {key}"}
    with (
        serving(database, gate, places=3) as address,
        ThreadPoolExecutor(3) as pool,
        httpx.Client(base_url=address, headers=headers, timeout=60, trust_env=False) as http,
    ):
        taken = [pool.submit(http.post, "/read", content=EMPTY_ROAD) for _ in range(3)]
        for _ in taken:
            assert gate.reading.acquire(timeout=60)
        ours = http.post("/read", content=EMPTY_ROAD)
        theirs = http.post("/v1/plate-reader/", files={"upload": ("car.jpg", EMPTY_ROAD)})
        gate.go_on.set()
        answered = [one.result() for one in taken]
        after = http.post("/read", content=EMPTY_ROAD)

    assert (ours.status_code, ours.headers["retry-after"]) == (503, "1")
    assert ours.headers["content-type"] == "application/problem+json"
    assert (theirs.status_code, theirs.headers["retry-after"], theirs.json()) == (429, "1", BUSY)
    assert [reply.status_code for reply in (*answered, after)] == [200, 200, 200, 200]


def test_other_requests_are_answered_while_a_picture_is_read(database: Database, key: str) -> None:
    gate = Gate()
    with (
        serving(database, gate, places=1) as address,
        ThreadPoolExecutor(1) as pool,
        httpx.Client(base_url=address, timeout=60, trust_env=False) as http,
    ):
        reading = pool.submit(http.post, "/read", content=EMPTY_ROAD, headers={"x-api-key": key})
        assert gate.reading.acquire(timeout=60)
        meanwhile = http.get("/nothing")
        gate.go_on.set()
        assert reading.result().status_code == 200

    assert meanwhile.status_code == 404


def test_a_sender_that_goes_silent_keeps_nobody_waiting(database: Database, reader: PictureReader, key: str) -> None:
    quick = PictureSettings(arrive_within=timedelta(seconds=2))
    with serving(database, reader, places=1, pictures=quick) as address:
        host, port = address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=60) as silent:
            head = f"POST /read HTTP/1.1\r\nHost: {host}\r\nX-API-Key: {key}\r\nContent-Length: 1000\r\n\r\n"
            silent.sendall(head.encode() + EMPTY_ROAD[:100])
            told = ""
            # The answer may come in parts.
            while "within 2 s" not in told and (part := silent.recv(4096)):
                told += part.decode()
        # The place is free a moment after its answer has gone.
        for _ in range(100):
            answered = httpx.post(f"{address}/read", content=EMPTY_ROAD, headers={"x-api-key": key}, trust_env=False)
            if answered.status_code != 503:
                break
            time.sleep(0.05)

    assert told.startswith("HTTP/1.1 408 ")
    assert "has not come within 2 s" in told
    assert answered.status_code == 200


def test_a_picture_that_is_read_holds_no_connection(database: Database, key: str) -> None:
    """However many pictures wait for their turn, who asks for something else finds the database free."""
    gate = Gate()
    with (
        serving(database, gate, places=8) as address,
        ThreadPoolExecutor(8) as pool,
        httpx.Client(base_url=address, headers={"x-api-key": key}, timeout=60, trust_env=False) as http,
    ):
        reading = [pool.submit(http.post, "/read", content=EMPTY_ROAD) for _ in range(8)]
        for _ in reading:
            assert gate.reading.acquire(timeout=60)
        held = database.engine.pool.checkedout()  # type: ignore[attr-defined]
        gate.go_on.set()
        assert {one.result().status_code for one in reading} == {200}

    assert held == 0
