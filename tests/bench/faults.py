"""What the self-hosted mode does while a server stands still, dies, or has no room: `python -m tests.bench.faults`.

Each fault comes in the middle of a clip, of a hit and of an export at once. Printed is what the API answered meanwhile,
what the processes said of it, and what was lost and doubled in the end. A full disk needs root, for a disk of its own.
"""

import json
import os
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Final

import cv2
import httpx

from anpr_client import AnprError, Client
from infra.local.clip.scene import Scene
from infra.local.console import Console
from infra.local.demo import rendered_clip
from infra.local.place import Place
from infra.local.scratch import scratch
from infra.local.selfhost import SelfHostedSite, launch
from tests.bench.selfhost import Victims, follow, order, say, wanted
from tests.e2e.api_calls import camera_named, send
from tests.e2e.conftest import CAPTURED_AT
from tests.receiver import Receiver, listening

_STILL_S: Final = 20
_FULL_S: Final = 45
_WAIT_S: Final = 300
_OURS: Final = ("api", "background", "worker")


@dataclass
class Work:
    """What is under way when a fault comes, and what it should come to.

    Attributes:
        expected: passages of the clip, and of the photo.
        reviewed: passages that an export holds.
    """

    site: SelfHostedSite
    api: Client
    receiver: Receiver
    camera: str
    reviewed_camera: str
    clip: Path
    photo: Path
    expected: tuple[int, int] = (0, 0)
    reviewed: int = 0

    def prepare(self) -> None:
        """Do all of it once without a fault."""
        jobs = [follow(self.api, send(self.api, file, self.camera, CAPTURED_AT)) for file in (self.clip, self.photo)]
        self.expected = (jobs[0]["events_count"], jobs[1]["events_count"])
        follow(self.api, send(self.api, self.photo, self.reviewed_camera, CAPTURED_AT))
        claims = {"count": 20, "camera_ids": [self.reviewed_camera]}
        for claimed in self.api.post("/feedback/claims", claims)["items"]:
            if claimed["event"]["readable"]:
                self.api.post(f"/feedback/events/{claimed['event']['id']}", {"verdict": "confirmed"})
                self.reviewed += 1

    def begin(self) -> tuple[str, str, str]:
        """Begin a clip, an export and a hit; returns when the clip is being read."""
        clip = send(self.api, self.clip, self.camera, CAPTURED_AT)
        until = time.monotonic() + _WAIT_S
        while self.api.get(f"/jobs/{clip}")["status"] != "processing" and time.monotonic() < until:
            time.sleep(0.02)
        photo = send(self.api, self.photo, self.camera, CAPTURED_AT)
        body = {"contents": ["crops", "jsonl"], "camera_ids": [self.reviewed_camera], "reason": "a test"}
        return clip, photo, self.api.post("/exports", body)["id"]

    def finish(self, clip: str, photo: str, export: str) -> str:
        """Wait for the end of all; says what was lost and what doubled."""
        ended = [follow(self.api, job, _WAIT_S) for job in (clip, photo)]
        made = self._exported(export)
        events = Counter(event["upload_id"] for event in self.api.pages("/events", camera_id=self.camera))
        short = [
            job["status"]
            for job, count in zip(ended, self.expected, strict=True)
            if job["status"] != "succeeded" or events[job["id"]] != count
        ]
        hits = {hit["id"] for hit in self.api.pages("/bolos/hits") if hit["event"]["upload_id"] in (clip, photo)}
        told = self._told(hits)
        lost, doubled = len(hits - told.keys()), sum(count - 1 for count in told.values())
        good = made == self.reviewed
        return (
            f"clip and photo {short or 'whole'}; export {'whole' if good else made}; "
            f"{len(hits)} hits, {lost} not told, {doubled} told twice"
        )

    def _exported(self, export: str) -> int | str:
        until = time.monotonic() + _WAIT_S
        while time.monotonic() < until:
            with suppress(AnprError):
                found = self.api.get(f"/exports/{export}")
                if found["status"] not in ("queued", "building"):
                    return int(found["events"]) if found["status"] == "ready" else str(found["status"])
            time.sleep(0.3)
        return "not ready"

    def _told(self, hits: set[str]) -> Counter[str]:
        until = time.monotonic() + 150
        while True:
            bodies = [json.loads(one.body) for one in self.receiver.taken]
            told = Counter(body["data"]["hit"]["id"] for body in bodies if body["type"] == "bolo.matched")
            of_these = Counter({hit: told[hit] for hit in hits if told[hit]})
            if hits <= of_these.keys() or time.monotonic() > until:
                return of_these
            time.sleep(0.5)


@contextmanager
def watched(site: SelfHostedSite, token: str) -> Iterator[Counter[str]]:
    """Ask the API for something each half second while the block runs, and count the answers."""
    seen: Counter[str] = Counter()
    over = Event()

    def ask() -> None:
        headers = {"authorization": f"Bearer {token}"}
        with httpx.Client(base_url=site.api_url, headers=headers, trust_env=False, timeout=5) as http:
            while not over.wait(0.5):
                try:
                    seen[str(http.get("/cameras").status_code)] += 1
                except httpx.HTTPError as error:
                    seen[type(error).__name__] += 1

    thread = Thread(target=ask, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def said(site: SelfHostedSite, since: dict[str, int]) -> Iterator[str]:
    """What our processes have said since, of what is wrong: each thing once, with how often."""
    for name in _OURS:
        lines = (site.place.logs / f"{name}.log").read_text(errors="replace")[since[name] :].splitlines()
        things: Counter[str] = Counter()
        for line in lines:
            try:
                entry = json.loads(line)
            except ValueError:
                things["(no JSON) " + line[:100]] += 1
                continue
            if entry.get("level") in ("WARNING", "ERROR", "CRITICAL"):
                things[f"{entry['level']} {entry['message']}: {entry.get('reason', '')}"[:150]] += 1
        for thing, count in things.most_common(6):
            yield f"    {name} x{count}: {thing}"


def suffer(work: Work, name: str, fault: Callable[[], None]) -> None:
    """Have a fault in the middle of everything, and say what came of it."""
    login = {"email": work.site.admin.email, "password": work.site.admin.password}
    answer = httpx.post(f"{work.site.api_url}/auth/login", json=login, trust_env=False, timeout=30)
    token = answer.raise_for_status().json()["access_token"]
    under_way = work.begin()
    since = {each: (work.site.place.logs / f"{each}.log").stat().st_size for each in _OURS}
    began = time.monotonic()
    with watched(work.site, token) as seen:
        fault()
        outcome = work.finish(*under_way)
    say(f"{name}: {outcome}; done after {time.monotonic() - began:.0f} s; the API meanwhile: {dict(seen)}")
    for line in said(work.site, since):
        say(line)


def stands_still(leader: Callable[[], int]) -> Callable[[], None]:
    """A server that answers nothing for a while, and then goes on."""

    def fault() -> None:
        order(leader(), signal.SIGSTOP)
        time.sleep(_STILL_S)
        order(leader(), signal.SIGCONT)

    return fault


def dies(victims: Victims, name: str) -> Callable[[], None]:
    """A server that is killed with all below it, and started again."""
    return lambda: victims.kill(name)


def has_no_room(disk: Path) -> Callable[[], None]:
    """A disk that somebody fills, and later clears."""

    def fault() -> None:
        filler = disk / "filler"
        with filler.open("wb") as file:
            free = os.statvfs(disk)
            with suppress(OSError):
                os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize - 2 * 1024**2)
        with suppress(OSError), (disk / "rest").open("wb") as file:
            while True:
                file.write(bytes(64 * 1024))
        time.sleep(_FULL_S)
        filler.unlink()
        (disk / "rest").unlink()

    return fault


@contextmanager
def small_disk(path: Path) -> Iterator[bool]:
    """A disk of 60 GB at a path, on a sparse file; tells whether there is one, as only root can have it."""
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "disk"
        image.touch()
        os.truncate(image, 60 * 1024**3)
        path.mkdir(parents=True)
        made = all(
            subprocess.run(command, check=False, capture_output=True).returncode == 0
            for command in (["mkfs.ext4", "-q", str(image)], ["mount", "-o", "loop", str(image), str(path)])
        )
        try:
            yield made
        finally:
            if made:
                subprocess.run(["umount", "-l", str(path)], check=True)


def main() -> None:
    with ExitStack() as stack:
        folder = stack.enter_context(scratch())
        disk = folder / "seaweedfs"
        full = stack.enter_context(small_disk(disk))
        photo = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "photo.png"
        cv2.imwrite(str(photo), Scene().frame(50))
        # As where data is kept: else PostgreSQL answers before it has written, and a kill loses what it answered for.
        site = launch(Place.kept(folder, folder / "logs", {}), Console(quiet=True), stack)
        worker = site.start_worker(stack)
        receiver = stack.enter_context(listening())
        api = stack.enter_context(Client(site.api_url, site.admin))
        wanted(api, receiver)
        camera, reviewed = (camera_named(api, name) for name in ("faults", "reviewed"))
        work = Work(site, api, receiver, camera, reviewed, rendered_clip(), photo)
        work.prepare()
        victims = Victims(site, stack, worker)
        for name in ("valkey", "seaweedfs", "postgres"):
            suffer(work, f"{name} stood still for {_STILL_S} s", stands_still(partial(victims.leader, name)))
            suffer(work, f"{name} was killed", dies(victims, name))
        if full:
            suffer(work, f"the disk of SeaweedFS was full for {_FULL_S} s", has_no_room(disk))
        else:
            say("a full disk was not tried: no disk of its own could be mounted here")


if __name__ == "__main__":
    main()
