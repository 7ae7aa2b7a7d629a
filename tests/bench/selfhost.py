"""What the self-hosted mode takes and stands: `python -m tests.bench.selfhost [KILLS]`.

Prints how long it takes to start, the memory of the idle set-up, requests a second with 32 clients, seconds from a hit
to its webhook, and, where a number is given, what so many kills -9 of processes and servers lose and double.
"""

import os
import random
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Final

import cv2
import httpx

from anpr_client import AnprError, Client
from infra.local.clip.scene import PLATES, Scene
from infra.local.console import Console
from infra.local.place import Place
from infra.local.postgres import Postgres
from infra.local.process import LoggedProcess
from infra.local.scratch import scratch
from infra.local.selfhost import SelfHostedSite, launch
from infra.local.servers import start_seaweedfs, start_valkey
from tests.e2e.api_calls import camera_named, send
from tests.e2e.conftest import CAPTURED_AT
from tests.processes import family, kill_postgres, leader_of
from tests.receiver import Receiver, listening

_CLIENTS: Final = 32
_SECONDS: Final = 8
_HITS: Final = 20


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def memory_mb(state: Path, leaders: list[int]) -> float:
    """Proportional memory of the processes and all below them, of PostgreSQL too."""
    postmaster = int((state / "postgres" / "postmaster.pid").read_text().split()[0])
    parents = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(process.name)] = int((process / "stat").read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    wanted, total = set(leaders) | {postmaster}, 0
    for pid in parents:
        above = pid
        while above in parents and above not in wanted:
            above = parents[above]
        if above in wanted:
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return total / 1024


def throughput(site: SelfHostedSite, token: str) -> None:
    until, taken = time.monotonic() + _SECONDS, []

    def ask() -> int:
        done = 0
        headers = {"authorization": f"Bearer {token}"}
        with httpx.Client(base_url=site.api_url, headers=headers, trust_env=False, timeout=60) as http:
            while time.monotonic() < until:
                began = time.monotonic()
                http.get("/cameras").raise_for_status()
                taken.append(time.monotonic() - began)
                done += 1
        return done

    with ThreadPoolExecutor(_CLIENTS) as pool:
        done = sum(pool.map(lambda _: ask(), range(_CLIENTS)))
    taken.sort()
    say(f"GET /cameras, {_CLIENTS} clients: {done / _SECONDS:.0f}/s, p95 {taken[int(len(taken) * 0.95)] * 1000:.0f} ms")


def wanted(api: Client, receiver: Receiver) -> dict[str, Any]:
    made = api.post("/bolos/lists", {"name": "bench", "priority": "high", "alert_interval_s": 0})["id"]
    api.post("/bolos", {"list_id": made, "pattern": PLATES[0], "reason": "a test"})
    hook: dict[str, Any] = api.post(
        "/webhooks", {"url": receiver.url, "list_ids": [made], "event_types": ["bolo.matched"]}
    )
    return hook


def follow(api: Client, job_id: str, timeout_s: float = 300) -> dict[str, Any]:
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        with suppress(AnprError):
            job: dict[str, Any] = api.get(f"/jobs/{job_id}")
            if job["status"] in ("succeeded", "failed", "expired"):
                return job
        time.sleep(0.2)
    raise TimeoutError(job_id)


def latency(api: Client, hook: dict[str, Any], photo: Path, camera: str) -> None:
    for _ in range(_HITS):
        follow(api, send(api, photo, camera, CAPTURED_AT))
    time.sleep(3)
    since = sorted(each["since_hit_s"] for each in api.pages(f"/webhooks/{hook['id']}/deliveries"))
    median, high = statistics.median(since), since[int(len(since) * 0.95)]
    say(f"hit to webhook, {len(since)} hits: median {median:.2f} s, p95 {high:.2f} s")


def order(leader: int, number: signal.Signals) -> None:
    """Send a signal to a process and all below it."""
    for pid in family(leader):
        with suppress(ProcessLookupError):
            os.kill(pid, number)


class Victims:
    """What may be killed, and how each is started anew."""

    def __init__(self, site: SelfHostedSite, stack: ExitStack, worker: LoggedProcess) -> None:
        place, logs = site.place, site.place.logs
        assert site.valkey is not None
        self._postgres = Postgres(place.state / "postgres", place.port("database"), durable=False)
        self._running = {
            "worker": worker,
            "background": site.background,
            "api": site.api,
            "valkey": site.valkey.process,
            "seaweedfs": site.seaweedfs.process,
        }
        self._again: dict[str, Callable[[], LoggedProcess]] = {
            **{name: (lambda name=name: site.start(stack, name)) for name in ("worker", "background", "api")},  # type: ignore[misc]
            "valkey": lambda: (
                start_valkey(place.state / "valkey", logs / "valkey.log", port=place.port("valkey")).process
            ),
            "seaweedfs": lambda: (
                start_seaweedfs(
                    place.state / "seaweedfs", logs / "seaweedfs.log", port=place.port("s3"), keys=site.seaweedfs.keys
                ).process
            ),
        }
        self._stack = stack

    def leader(self, name: str) -> int:
        """The process that has all others of a victim below it."""
        if name == "postgres":
            return leader_of(self._postgres)
        return self._running[name].pid

    def kill(self, name: str) -> None:
        """End one with all below it, as a crash of the machine would, and start it again."""
        if name == "postgres":
            kill_postgres(self._postgres)
            self._postgres.start()
            return
        order(self.leader(name), signal.SIGKILL)
        self._running[name]._process.wait()
        self._running[name] = self._again[name]()
        self._stack.callback(self._running[name].kill)


def kills(api: Client, victims: Victims, photo: Path, camera: str, count: int) -> None:
    """Kill at random moments while photos are sent, and count what was read of each in the end."""
    expected = follow(api, send(api, photo, camera, CAPTURED_AT))["events_count"]
    jobs: list[str] = []
    done: Counter[str] = Counter()
    # A killed storage is back after some 20 s: seldom, so that the others have their turn.
    names = ["worker"] * 5 + ["background"] * 5 + ["api"] * 3 + ["valkey"] * 3 + ["postgres"] * 3 + ["seaweedfs"]
    for _ in range(count):
        with suppress(AnprError):
            jobs.append(send(api, photo, camera, CAPTURED_AT))
        time.sleep(random.uniform(0, 2.5))  # noqa: S311 - no secret
        name = random.choice(names)  # noqa: S311 - no secret
        victims.kill(name)
        done[name] += 1
    ended = [follow(api, job, 600) for job in jobs]
    events = Counter(event["upload_id"] for event in api.pages("/events", camera_id=camera))
    lost = [job["id"] for job in ended if job["status"] != "succeeded" or events[job["id"]] < expected]
    doubled = [job["id"] for job in ended if events[job["id"]] > expected]
    say(f"{sum(done.values())} kills ({dict(done)}), {len(jobs)} jobs: {len(lost)} lost, {len(doubled)} doubled")
    for job in ended:
        if job["id"] in lost:
            say(f"  {job['status']} {job['failure_reason']} {events[job['id']]} of {expected}")


def main(count: int) -> None:
    with ExitStack() as stack:
        folder = stack.enter_context(scratch())
        photo = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "photo.png"
        cv2.imwrite(str(photo), Scene().frame(50))
        began = time.monotonic()
        site = launch(Place.temporary(folder, folder / "logs"), Console(quiet=True), stack)
        worker = site.start_worker(stack)
        say(f"started in {time.monotonic() - began:.1f} s; load {os.getloadavg()[0]:.1f}")
        receiver = stack.enter_context(listening())
        api = stack.enter_context(Client(site.api_url, site.admin))
        camera, hook = camera_named(api, "bench"), wanted(api, receiver)
        time.sleep(10)
        leaders = [*site.groups.values(), worker.pid]
        idle, working = (memory_mb(site.place.state, some) for some in (leaders[:-1], leaders))
        say(f"idle: {idle:.0f} MB, and {working:.0f} MB with a worker")
        login = {"email": site.admin.email, "password": site.admin.password}
        token = httpx.post(f"{site.api_url}/auth/login", json=login, trust_env=False, timeout=30).json()["access_token"]
        throughput(site, token)
        latency(api, hook, photo, camera)
        if count:
            kills(api, Victims(site, stack, worker), photo, camera, count)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
