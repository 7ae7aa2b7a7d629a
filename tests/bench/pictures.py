"""`python -m tests.bench.pictures`: how long one picture takes until it is answered, by each way to it.

    python -m tests.bench.pictures [--seconds 10] [--clients 1 10] [--data FOLDER] [--modes aws]

It starts a backend in each mode with a reader, and asks by 1, 10 and 100 clients, each of which asks again as soon as
it has its answer, or a second later where it was told to. Without a folder, frames of the demonstration clip are asked
for. It prints the machine's load, which the times are no better than, and the processor's time that the reader took for
a picture, which depends less on it. A cold start is the process's, or the function's under Lambda's runtime client,
from its start until its first answer.
"""

import argparse
import base64
import json
import os
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import uuid4

import cv2
import httpx

from anpr_client import Client
from infra.local import selfhost
from infra.local import site as aws
from infra.local.clip.scene import Scene
from infra.local.console import Console
from infra.local.keep import Launch
from infra.local.place import Place, Running
from infra.local.scratch import scratch
from tests.lambda_runtime import running

CLIENTS: Final = (1, 10, 100)
_FRAMES: Final = range(0, 150, 15)
_LAUNCHES: Final[dict[str, Launch]] = {"aws": aws.launch, "selfhost": selfhost.launch}


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@dataclass(frozen=True)
class Way:
    """One way to ask: its name, and how a picture is asked for."""

    name: str
    ask: Callable[[httpx.Client, bytes], httpx.Response]


@dataclass
class Asked:
    """What clients saw: seconds of each answer, with and without the waits that they were told; and refusals."""

    answered: list[float] = field(default_factory=list)
    with_waits: list[float] = field(default_factory=list)
    refused: Counter[int] = field(default_factory=Counter)

    def add(self, other: "Asked") -> None:
        self.answered += other.answered
        self.with_waits += other.with_waits
        self.refused += other.refused


def ways(camera: str) -> list[Way]:
    own = "/read"
    return [
        Way("/read", lambda http, picture: http.post(own, content=picture)),
        Way("/read, fast", lambda http, picture: http.post(own, params={"fast": "true"}, content=picture)),
        Way("/read, a camera", lambda http, picture: http.post(own, params={"camera": camera}, content=picture)),
        Way(
            "/v1/plate-reader/",
            lambda http, picture: http.post("/v1/plate-reader/", files={"upload": ("a.jpg", picture, "image/jpeg")}),
        ),
    ]


def pictures(folder: Path | None) -> list[bytes]:
    """What is asked for."""
    if folder is not None:
        files = sorted(path for path in folder.iterdir() if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
        return [path.read_bytes() for path in files[:50]]
    scene = Scene()
    return [cv2.imencode(".jpg", scene.frame(index))[1].tobytes() for index in _FRAMES]


def client(url: str, key: str, way: Way, shown: Sequence[bytes], until: float) -> Asked:
    """Ask again and again."""
    seen = Asked()
    number = 0
    with httpx.Client(base_url=url, headers={"x-api-key": key}, timeout=60, trust_env=False) as http:
        while time.monotonic() < until:
            picture = shown[number % len(shown)]
            number += 1
            wanted = time.monotonic()
            while True:
                began = time.monotonic()
                response = way.ask(http, picture)
                if response.status_code in (429, 503):
                    seen.refused[response.status_code] += 1
                    if time.monotonic() >= until:
                        break
                    # What the emulator's gateway leaves out of a refusal is what it always says.
                    time.sleep(float(response.headers.get("retry-after", "1")))
                    continue
                response.raise_for_status()
                seen.answered.append(time.monotonic() - began)
                seen.with_waits.append(time.monotonic() - wanted)
                break
    return seen


@dataclass(frozen=True)
class Bench:
    """What rows have in common: whom to ask as whom, for how long, and the reader's process."""

    url: str
    key: str
    shown: Sequence[bytes]
    seconds: float
    pid: int


def row(bench: Bench, way: Way, clients: int) -> str:
    """One row of the table."""
    url, key, shown, seconds = bench.url, bench.key, bench.shown, bench.seconds
    client(url, key, way, shown, time.monotonic() + 1)
    before = cpu_s(bench.pid)
    until, seen = time.monotonic() + seconds, Asked()
    with ThreadPoolExecutor(clients) as pool:
        turned = [[*shown[n % len(shown) :], *shown[: n % len(shown)]] for n in range(clients)]
        for one in pool.map(lambda mine: client(url, key, way, mine, until), turned):
            seen.add(one)
    asked = len(seen.answered) + seen.refused.total()
    told = f"{100 * seen.refused.total() / asked:.0f} %" if asked else "-"
    cpu = 1000 * (cpu_s(bench.pid) - before) / max(len(seen.answered), 1)
    return (
        f"| {way.name} | {clients} | {len(seen.answered) / seconds:.1f} | {_ms(seen.answered, 0.5)} | "
        f"{_ms(seen.answered, 0.95)} | {_ms(seen.with_waits, 0.95)} | {told} | {cpu:.0f} | {os.getloadavg()[0]:.0f} |"
    )


def cpu_s(pid: int) -> float:
    """Processor's time that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _ms(seconds: list[float], share: float) -> str:
    ordered = sorted(seconds)
    return f"{ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000:.0f}" if ordered else "-"


def memory_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def fronts(site: Running) -> Iterator[tuple[str, str]]:
    """Addresses to ask at: what clients are told, and the process itself."""
    yield ("gateway" if isinstance(site, aws.Site) else "Caddy"), site.api_url
    yield "the process itself", f"http://127.0.0.1:{site.place.port('reader')}"


def run(mode: str, shown: Sequence[bytes], seconds: float, numbers: Sequence[int]) -> None:
    """Measure one mode."""
    with ExitStack() as stack:
        folder = stack.enter_context(scratch())
        site = _LAUNCHES[mode](Place.temporary(folder, folder / "logs"), Console(quiet=True), stack)
        with Client(site.api_url, site.admin) as api:
            name = f"bench {uuid4().hex[:8]}"
            api.cameras.create(name)
            asked = {"name": "bench", "role": "reviewer", "permissions": ["pictures:write"]}
            key = api.post("/auth/keys", asked)["key"]
        began = time.monotonic()
        reader = site.start_reader(stack)
        with httpx.Client(headers={"x-api-key": key}, timeout=60, trust_env=False) as http:
            address = f"http://127.0.0.1:{site.place.port('reader')}/read"
            http.post(address, content=shown[0]).raise_for_status()
        say(f"\n### {mode}: process started and first picture answered after {time.monotonic() - began:.1f} s")
        for front, url in fronts(site):
            say(f"\n{front}\n")
            say("| way | clients | answered/s | p50 ms | p95 ms | with waits | told to come again | CPU ms | load |")
            say("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
            bench = Bench(url, key, shown, seconds, reader.pid)
            for way in ways(name):
                for clients in numbers if front != "the process itself" else numbers[:1]:
                    say(row(bench, way, clients))
        say(f"\nload at the end {os.getloadavg()[0]:.1f}; memory of the reader {memory_mb(reader.pid):.0f} MB")
        if isinstance(site, aws.Site):
            function_cold(site, key, shown[0], folder)


def function_cold(site: aws.Site, key: str, picture: bytes, folder: Path) -> None:
    """The function under Lambda's runtime client: what a cold start takes, without fetching the image."""
    http = {"method": "POST", "path": "/read", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"}
    event = {
        "version": "2.0",
        "rawPath": "/read",
        "rawQueryString": "",
        "headers": {"x-api-key": key, "host": "api.example.org"},
        "requestContext": {"requestId": "1", "stage": "$default", "http": http},
        "body": base64.b64encode(picture).decode(),
        "isBase64Encoded": True,
    }
    ready, first, warm = [], [], []
    for _ in range(5):
        with running("server.reader_function.handler", site.worker_environment(), folder / "function.log") as runtime:
            began = time.monotonic()
            assert json.loads(json.dumps(runtime.invoke(event)))["statusCode"] == 200
            first.append(time.monotonic() - runtime.began)
            ready.append(runtime.ready_after_s or began)
            for _ in range(10):
                began = time.monotonic()
                runtime.invoke(event)
                warm.append(time.monotonic() - began)
    say(
        f"\nfunction, {len(first)} cold starts: ready after {statistics.median(ready):.2f} s, first answer after "
        f"{statistics.median(first):.2f} s (at worst {max(first):.2f}); warm p50 {_ms(warm, 0.5)} ms, p95 "
        f"{_ms(warm, 0.95)} ms; load {os.getloadavg()[0]:.1f}"
    )


def main() -> None:
    """Measure, and print tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=10, help="of each row")
    parser.add_argument("--data", type=Path, help="a folder of pictures")
    parser.add_argument("--clients", type=int, nargs="+", default=CLIENTS, help="how many at once")
    parser.add_argument("--modes", nargs="+", choices=sorted(_LAUNCHES), default=sorted(_LAUNCHES))
    asked = parser.parse_args()
    shown = pictures(asked.data)
    say(f"{len(shown)} pictures, {statistics.mean(map(len, shown)) / 1024:.0f} KB each")
    for mode in asked.modes:
        run(mode, shown, asked.seconds, asked.clients)


if __name__ == "__main__":
    main()
