"""Measure alerting through the deployed backend: `python -m tests.bench.alert_delivery [--runs N] [--down N]`.

First, a still with a wanted plate is uploaded as often as asked for, one after the other, and the time from the hit's
recording in the worker's transaction to the request's arrival at a receiver is taken; each signature is verified with
the standard's library. Then the receiver refuses `--down` hits, the emulator is stopped and started in the middle, and
the receiver takes them: each must arrive once, and be in the log. Prints Markdown.
"""

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import cv2

from anpr_client import Client
from infra.local import emulator
from infra.local.clip.scene import PLATES, Scene
from infra.local.console import Console
from infra.local.place import Place
from infra.local.site import Site, launch
from tests.e2e.api_calls import camera_named, send
from tests.receiver import Receiver, listening

_PATIENCE_S: Final = 300
_POLL_S: Final = 0.05


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(_POLL_S)


@dataclass(frozen=True, slots=True)
class _Trial:
    """A camera, a still of the rendered clip with a wanted plate in it, and an endpoint that is told."""

    api: Client
    receiver: Receiver
    still: Path
    camera_id: str
    list_id: str
    webhook: dict[str, Any]

    def see(self) -> None:
        """Upload the still and wait until it was read."""
        job = send(self.api, self.still, self.camera_id, datetime.now(UTC))
        _until(lambda: self.api.get(f"/jobs/{job}")["status"] == "succeeded", "the still was not read")

    def see_and_be_told(self) -> None:
        """Upload the still and wait until the receiver has taken one request more."""
        before = len(self.receiver.taken)
        self.see()
        _until(lambda: len(self.receiver.taken) > before, "no webhook came")

    def deliveries(self) -> list[dict[str, Any]]:
        """The endpoint's delivery log."""
        return list(self.api.pages(f"/webhooks/{self.webhook['id']}/deliveries", limit=200))

    def hits(self) -> list[dict[str, Any]]:
        """Every hit so far."""
        return list(self.api.pages("/bolos/hits", list_id=self.list_id, limit=200))


def _trial(api: Client, receiver: Receiver, folder: Path) -> _Trial:
    still = folder / "still.png"
    cv2.imwrite(str(still), Scene().frame(50))
    list_id = api.post("/bolos/lists", {"name": "bench", "alert_interval_s": 0})["id"]
    api.post("/bolos", {"list_id": list_id, "pattern": PLATES[0]})
    webhook = api.post("/webhooks", {"url": receiver.url, "event_types": ["bolo.matched"]})
    return _Trial(api, receiver, still, camera_named(api, "bench"), list_id, webhook)


def _measure_latency(trial: _Trial, runs: int) -> None:
    for _ in range(runs):
        trial.see_and_be_told()
    recorded = {hit["id"]: datetime.fromisoformat(hit["created_at"]).timestamp() for hit in trial.hits()}
    bodies = trial.receiver.verified(trial.webhook["secret"])
    arrivals = zip(bodies, trial.receiver.taken, strict=True)
    to_arrival = [one.at - recorded[body["data"]["hit"]["id"]] for body, one in arrivals]
    _until(lambda: all(one["status"] == "delivered" for one in trial.deliveries()), "not all are logged")
    logged = trial.deliveries()[:runs]
    stored = [one["since_hit_s"] for one in logged]
    from_capture = [one["since_passage_s"] for one in logged]
    _say(f"| {runs} stills, each with a wanted plate | p50 | p95 |\n|---|---:|---:|")
    for name, seconds in (
        ("from the hit's recording to the request at the receiver", to_arrival),
        ("the same, to the answer, as the delivery log has it", stored),
        ("from the capture, upload and reading included, to the answer", from_capture),
    ):
        _say(f"| {name} | {_quantile(seconds, 0.5):.3f} s | {_quantile(seconds, 0.95):.3f} s |")


def _quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def _restart_emulator(site: Site, stack: ExitStack) -> None:
    os.killpg(site.emulator_pid, signal.SIGTERM)
    os.waitpid(site.emulator_pid, 0)
    again = emulator.start(
        emulator.install(),
        port=site.place.port("emulator"),
        state=site.place.state / "aws",
        log=site.place.logs / "emulator.log",
        persistent=site.place.persistent,
    )
    stack.callback(again.stop)
    again.wait()


def _measure_outage(trial: _Trial, down: int, restart: Callable[[], None]) -> None:
    before = len(trial.receiver.taken)
    trial.receiver.status = 503
    for _ in range(down):
        trial.see()
    _until(lambda: sum(not _is_over(one) for one in trial.deliveries()) >= down, "not all hits became deliveries")
    restart()
    trial.receiver.status = 204
    up = time.monotonic()
    _until(lambda: len(trial.receiver.taken) - before >= down, "not all came after all")
    _until(lambda: all(_is_over(one) for one in trial.deliveries()), "not all are logged")
    taken = time.monotonic() - up
    ids = [one.headers["webhook-id"] for one in trial.receiver.taken[before:]]
    trial.receiver.verified(trial.webhook["secret"])
    _say(f"\n| receiver down for {down} hits, emulator restarted meanwhile | |\n|---|---|")
    _say(f"| requests refused | {len(trial.receiver.requests) - len(trial.receiver.taken)} |")
    _say(f"| arrived, of which different | {len(ids)}, {len(set(ids))} |")
    _say(f"| delivered, by the log | {sum(one['message_id'] in ids for one in trial.deliveries())} |")
    _say(f"| time until all had arrived | {taken:.0f} s |")


def _is_over(delivery: dict[str, Any]) -> bool:
    return bool(delivery["status"] == "delivered")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--down", type=int, default=20)
    arguments = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="anpr-bench-", ignore_cleanup_errors=True))
        )
        folder.chmod(0o755)
        place = Place(folder, folder / "logs", persistent=True)
        site = launch(place, Console(quiet=True), stack)
        site.start_worker(stack)
        receiver = stack.enter_context(listening())
        api = stack.enter_context(Client(site.api_url, site.admin))
        trial = _trial(api, receiver, folder)
        trial.see_and_be_told()  # the functions' first calls take seconds
        receiver.taken.clear()
        _measure_latency(trial, arguments.runs)
        _measure_outage(trial, arguments.down, lambda: _restart_emulator(site, stack))


if __name__ == "__main__":
    main()
