"""`python -m tests.bench.streams [--minutes 15]`: two cameras' streams, and what goes wrong with them.

A self-hosted backend reads two cameras, each of which plays a clip of 30 s with three vehicles round after round, while
at fixed times one is cut off, falls silent, changes the size of its picture and freezes, and the process that reads
both is killed, beside another that has none. Printed are how soon each is read again; of the rounds that came whole,
how many passages were found once, not at all, or twice; and the processor's time and memory of the processes.
"""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np

from anpr_client import Client
from infra.local.console import Console
from infra.local.place import Place
from infra.local.process import LoggedProcess
from infra.local.scratch import scratch
from infra.local.selfhost import SelfHostedSite, launch
from tests.gpu_worker.scenes import road
from tests.gpu_worker.vision.test_live import write_stream
from tests.rtsp_camera import RtspCamera

_FPS: Final = 20
_LAP_S: Final = 30
_CROSSING_S: Final = 6
_SIZE: Final = (640, 360)
_LARGER: Final = (960, 540)
_PLATES: Final = (("AB12CDE", "KX19DMV", "LM63ZTR"), ("XY98ZTR", "GN06BGV", "BD51SMR"))
_SLACK: Final = timedelta(seconds=1)
_POLL_S: Final = 0.1


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def lap(path: Path, plates: tuple[str, ...], size: tuple[int, int] = _SIZE) -> Path:
    """A clip in which each vehicle crosses the picture once, with an empty road before and after it."""
    frames = []
    every = _LAP_S // len(plates)
    for number in range(_LAP_S * _FPS):
        which, at = divmod(number / _FPS, every)
        x = 10 + round((at - 2) / _CROSSING_S * 450)
        there = [(plates[int(which)], x, 230)] if 2 <= at < 2 + _CROSSING_S else []
        frames.append(road(there)[0])
    return write_stream(path, frames, size)


@dataclass
class Watched:
    """A process that reads streams, and what it took: Unix time, processor's seconds, MB."""

    process: LoggedProcess
    seen: list[tuple[float, float, float]] = field(default_factory=list)

    def look(self) -> None:
        try:
            fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
            lines = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            return
        cpu = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        memory = sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
        self.seen.append((time.time(), cpu, memory))

    def told(self) -> str:
        """Share of a core, memory at the end, and how that grows, from the second minute on."""
        seen = [one for one in self.seen if one[0] > self.seen[0][0] + 60]
        if len(seen) < 3:
            return "too short to tell"
        times, cpu, memory = (np.array(column) for column in zip(*seen, strict=True))
        slope = np.polyfit((times - times[0]) / 60, memory, 1)[0]
        share = 100 * (cpu[-1] - cpu[0]) / (times[-1] - times[0])
        over = f"over {(times[-1] - times[0]) / 60:.0f} minutes"
        course = " ".join(f"{mb:.0f}" for mb in memory[::6])
        return f"{share:.0f} % of a core, {memory[-1]:.0f} MB at the end, {slope:+.2f} MB a minute {over} ({course})"


@dataclass
class Drill:
    """The cameras, the processes, and what happens to them."""

    api: Client
    cameras: list[RtspCamera]
    ids: list[str]
    watched: list[Watched]
    clips: dict[str, Path]

    def until(self, done: Callable[[], bool], limit_s: float = 120) -> float | None:
        """Wait; returns how long it took, None where it did not come."""
        began = time.monotonic()
        while not done():
            if time.monotonic() - began > limit_s:
                return None
            time.sleep(_POLL_S)
        return time.monotonic() - began

    def stream(self, number: int) -> dict[str, object]:
        found: dict[str, object] = self.api.get(f"/cameras/{self.ids[number]}")["stream"]
        return found

    def read_again(self, number: int) -> str:
        """How long until pictures have gone to a reader for a second."""
        camera, before = self.cameras[number], self.cameras[number].sent
        taken = self.until(lambda: camera.sent >= before + _FPS)
        return _s(None if taken is None else max(taken - 1, 0.0))

    def cut(self, number: int) -> None:
        """End the connection; the next one is taken."""
        self.cameras[number].fault = "cut"
        time.sleep(0.5)
        self.cameras[number].fault = None

    def server_killed(self) -> str:
        camera = self.cameras[0]
        camera.end()
        told = self.until(lambda: self.stream(0)["state"] == "lost")
        time.sleep(10)
        camera.again()
        return f"told as lost after {_s(told)}; up again, it is read after {self.read_again(0)}"

    def silent(self) -> str:
        camera = self.cameras[1]
        camera.fault = "stall"
        gone = self.until(lambda: self.stream(1)["state"] == "lost")
        reason = self.stream(1)["reason"]
        camera.fault = None
        return f"told after {_s(gone)} ({reason}); sending again, it is read after {self.read_again(1)}"

    def other_size(self) -> str:
        self.cameras[0].show(self.clips["larger"])
        self.cut(0)
        (width, height), (larger, higher) = _SIZE, _LARGER
        return f"{width} x {height} to {larger} x {higher}: read again after {self.read_again(0)}"

    def process_killed(self) -> str:
        self.watched[0].process.kill()
        return f"the other process reads one after {self.read_again(0)}, and then the other after {self.read_again(1)}"

    def frozen(self) -> str:
        self.cameras[1].show(self.clips["still"])
        self.cut(1)
        told = self.until(lambda: "not changed" in str(self.stream(1)["reason"]))
        self.cameras[1].show(self.clips["second"])
        self.cut(1)
        return f"told after {_s(told)}; moving again, it is read after {self.read_again(1)}"


def _s(seconds: float | None) -> str:
    return "no end of waiting" if seconds is None else f"{seconds:.1f} s"


def found(api: Client, camera_id: str, camera: RtspCamera, plates: tuple[str, ...]) -> Counter[str]:
    """Of the rounds that came whole, how often each vehicle was found; and what else there is."""
    start = datetime.fromtimestamp(camera.laps[0][0], UTC) - timedelta(minutes=30)
    events = [event for event in api.events.search(camera_id=camera_id, captured_from=start) if event.readable]
    told: Counter[str] = Counter()
    for began, ended in camera.laps:
        if ended - began < _LAP_S / 2:  # of the picture that stands still
            continue
        told["rounds"] += 1
        first, last = (datetime.fromtimestamp(at, UTC) for at in (began, ended))
        for plate in plates:
            times = sum(
                event.plate == plate and first - _SLACK <= event.captured_at <= last + _SLACK for event in events
            )
            told[("not found", "once")[times] if times < 2 else "more than once"] += 1
            if times != 1:
                say(f"{plate} of the round that began at {first:%H:%M:%S}: found {times} times")
    told["other plates"] = sum(event.plate not in plates for event in events)
    return told


def run(site: SelfHostedSite, stack: ExitStack, folder: Path, minutes: float) -> None:
    clips = {
        "first": lap(folder / "first.mp4", _PLATES[0]),
        "second": lap(folder / "second.mp4", _PLATES[1]),
        "larger": lap(folder / "larger.mp4", _PLATES[0], _LARGER),
        "still": write_stream(folder / "still.mp4", [road()[0]] * _FPS, _SIZE),
    }
    api = stack.enter_context(Client(site.api_url, site.admin))
    cameras = [stack.enter_context(RtspCamera([clips[name]])) for name in ("first", "second")]
    ids = [str(api.cameras.create(f"streams {number}").id) for number in range(2)]
    for camera_id, camera in zip(ids, cameras, strict=True):
        api.put(f"/cameras/{camera_id}/stream", {"url": camera.url})
    began = time.monotonic()
    watched = [Watched(site.start_streams(stack))]
    drill = Drill(api, cameras, ids, watched, clips)
    both = drill.until(lambda: all(camera.connections for camera in cameras))
    since = f"{datetime.now(UTC):%H:%M:%S}"
    say(f"both are read {_s(both)} after the process was started, at {since}; load {os.getloadavg()[0]:.1f}\n")
    watched.append(Watched(site.start_streams(stack)))
    # What is seen of the processes before the first is killed is what their memory is told by.
    due = [0.13, 0.26, 0.4, 0.6, 0.8]
    steps = [drill.server_killed, drill.silent, drill.other_size, drill.process_killed, drill.frozen]
    say("| minute | what | what happened |\n|---:|---|---|")
    for number in range(round(minutes * 6)):
        until = began + number * 10
        time.sleep(max(0.0, until - time.monotonic()))
        for one in watched:
            one.look()
        if due and number >= due[0] * minutes * 6:
            due.pop(0)
            step = steps.pop(0)
            at = (time.monotonic() - began) / 60
            say(f"| {at:.1f} | {step.__name__.replace('_', ' ')} | {step()} |")
    time.sleep(15)
    say(f"\n| camera | rounds that came whole | found once | not found | twice or more | other plates |\n{'|---' * 6}|")
    for number, (camera_id, camera) in enumerate(zip(ids, cameras, strict=True)):
        told = found(api, camera_id, camera, _PLATES[number])
        row = (told["once"], told["not found"], told["more than once"], told["other plates"])
        say(f"| {number + 1} | {told['rounds']} | {' | '.join(map(str, row))} |")
    say(f"\nthe killed process: {watched[0].told()}\nthe other one: {watched[1].told()}\nload {os.getloadavg()[0]:.1f}")


def main() -> None:
    """Run the drill, and print what happened."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=15)
    minutes = parser.parse_args().minutes
    with ExitStack() as stack:
        folder = stack.enter_context(scratch())
        site = launch(Place.temporary(folder, folder / "logs"), Console(quiet=True), stack)
        run(site, stack, folder, minutes)


if __name__ == "__main__":
    main()
