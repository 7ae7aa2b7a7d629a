"""The asynchronous client is the one that the other is made of; here it runs as itself."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from anpr.models import Role
from anpr_client import AsyncClient, InvalidPayload
from infra.packaging import ROOT
from tests.builders import CAPTURED_AT, passage
from tests.client.conftest import QUICK, login
from tests.client.server import Served, problem


def test_many_things_at_once_are_one_login(served: Served, camera: str, clip: Path) -> None:
    served.requests.clear()

    async def work() -> None:
        async with AsyncClient(served.url, login(Role.ADMIN), options=QUICK) as client:
            me, cameras = await asyncio.gather(client.me(), _all_cameras(client))
            assert me.role == "admin"
            assert [str(one) for one in cameras] == [camera]
            served.cuts.append(1000)
            upload = await client.uploads.send(clip, camera=camera, captured_at=CAPTURED_AT)
            served.read(upload.id, passage(1, plate="B77ANP"))
            assert (await client.jobs.follow(upload.id)).succeeded
            assert [event.plate async for event in client.events.search("B77*", reason="case 4711")] == ["B77ANP"]
            served.faults.append(problem(503, "starting", retry_after="0"))
            async for event in client.events.watch(since=upload.created_at):
                assert event.plate == "B77ANP"
                break
            with pytest.raises(InvalidPayload) as refused:
                await client.post("/cameras", {})
            assert refused.value.errors[0].pointer == "/name"

    asyncio.run(work())

    assert served.requests.count("POST /auth/login") == 1


async def _all_cameras(client: AsyncClient) -> list[object]:
    return [camera.id async for camera in client.cameras.list()]


def test_the_synchronous_client_is_the_asynchronous_one_without_waiting() -> None:
    check = [sys.executable, str(ROOT / "client" / "unasync.py"), "--check"]
    checked = subprocess.run(check, capture_output=True, text=True, timeout=120, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
