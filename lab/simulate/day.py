"""One day of the queue, minute by minute: what waits, who works, what it costs."""

import random
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from infra.scaling import ScalingPolicy
from lab.simulate.arrivals import DAY_S, Upload
from lab.simulate.fleet import Fleet, StartTimes, Worker
from lab.simulate.rules import Rule, Sample

_TICK_S: Final = 5
_JOB_OVERHEAD_S: Final = 3.0
"""Fetching the file, opening it, and the last transaction."""

_LONGEST_S: Final = 3 * DAY_S
"""A rule under which the day's work is not done by then does not work."""


@dataclass(frozen=True, slots=True)
class World:
    """What a day is simulated in.

    Attributes:
        times: how long workers take to come up.
        footage_s_per_s: how many seconds of footage a worker reads in one.
        no_spot: hours between which no spot capacity can be had, and what there is of it is taken away.
        lost_per_hour: how often a spot machine is taken away at other times.
        seed: of chance.
    """

    times: StartTimes
    footage_s_per_s: float
    no_spot: tuple[float, float] | None = None
    lost_per_hour: float = 0.05
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Minute:
    """The state at a minute's end, and the machine time paid for so far, in seconds."""

    sample: Sample
    meant: int
    paid_spot_s: float
    paid_fallback_s: float


@dataclass(frozen=True, slots=True)
class Read:
    """An upload that was read, by the worker that finished it; times are seconds since midnight."""

    upload: Upload
    began_s: float
    ended_s: float

    @property
    def wait_s(self) -> float:
        """From its arrival until that worker took it."""
        return self.began_s - self.upload.at_s


@dataclass(slots=True)
class Day:
    """What came of it.

    Attributes:
        minutes: one after the other.
        reads: in the order in which they ended.
        given_back: jobs that were begun and not finished by the same worker.
    """

    minutes: list[Minute] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)
    given_back: int = 0


class _Backend:
    """The queue and both services."""

    def __init__(self, world: World, policy: ScalingPolicy) -> None:
        self.world = world
        self.chance = random.Random(world.seed)  # noqa: S311 - a simulation
        self.waiting: deque[Upload] = deque()
        self.spot = Fleet(world.times, policy.most, lambda now: not self._scarce(now))
        self.fallback = Fleet(world.times, policy.most_fallback, lambda _now: True)
        self.day = Day()

    @property
    def fleets(self) -> tuple[Fleet, Fleet]:
        return self.spot, self.fallback

    @property
    def busy(self) -> list[Worker]:
        return [worker for fleet in self.fleets for worker in fleet.workers if worker.upload]

    def tick(self, now: float) -> None:
        """Let a few seconds go by."""
        self._finish(now)
        self._interrupt(now)
        for fleet in self.fleets:
            self._take_back(fleet.reconcile(now))
            fleet.pay(_TICK_S)
        for worker in (worker for fleet in self.fleets for worker in fleet.up(now)):
            if worker.upload is None and self.waiting:
                worker.upload = self.waiting.popleft()
                worker.began = now
                worker.ends = now + _JOB_OVERHEAD_S + worker.upload.footage_s / self.world.footage_s_per_s

    def sample(self, now: float) -> Sample:
        """What CloudWatch will know of this minute."""
        uploads = [*self.waiting, *(worker.upload for worker in self.busy if worker.upload)]
        oldest = max((now - upload.at_s for upload in uploads), default=0.0)
        spot, fallback = (len(fleet.up(now)) for fleet in self.fleets)
        return Sample(len(self.waiting), len(self.busy), oldest, spot, fallback)

    def _scarce(self, now: float) -> bool:
        window = self.world.no_spot
        return window is not None and window[0] * 3600 <= now < window[1] * 3600

    def _finish(self, now: float) -> None:
        for worker in self.busy:
            if worker.upload and worker.ends <= now:
                self.day.reads.append(Read(worker.upload, worker.began, worker.ends))
                worker.upload = None

    def _interrupt(self, now: float) -> None:
        chance = 1.0 if self._scarce(now) else self.world.lost_per_hour * _TICK_S / 3600
        for machine in list(self.spot.machines):
            if self.chance.random() < chance:
                self._take_back(self.spot.lose(machine))
        if not self.world.times.has_machines:
            for worker in [one for one in self.spot.workers if one.ready_at is not None]:
                if self.chance.random() < chance:
                    self._take_back(self.spot.remove(worker))

    def _take_back(self, uploads: list[Upload]) -> None:
        self.day.given_back += len(uploads)
        self.waiting.extend(uploads)


def simulate(uploads: list[Upload], rule: Rule, policy: ScalingPolicy, world: World) -> Day:
    """Run a day, and on until all is read and nobody is left.

    Args:
        uploads: in order of arrival.
        rule: how many workers there are.
        policy: its limits.
        world: the rest.

    Raises:
        RuntimeError: the work is not done two days later.
    """
    backend = _Backend(world, policy)
    known: deque[Sample] = deque(maxlen=round(world.times.metric_s / 60) + 1)
    coming = deque(uploads)
    now = 0.0
    while now < DAY_S or coming or backend.waiting or backend.busy or any(fleet.machines for fleet in backend.fleets):
        while coming and coming[0].at_s <= now:
            backend.waiting.append(coming.popleft())
        backend.tick(now)
        if now % 60 == 0:
            known.append(backend.sample(now))
            wish = rule.decide(known[0], backend.spot.meant)
            backend.spot.meant = backend.spot.meant if wish.spot is None else wish.spot
            backend.fallback.meant = backend.fallback.meant if wish.fallback is None else wish.fallback
            for fleet in backend.fleets:
                fleet.order_machines(now)
            meant = backend.spot.meant + backend.fallback.meant
            backend.day.minutes.append(Minute(known[-1], meant, backend.spot.paid_s, backend.fallback.paid_s))
        now += _TICK_S
        if now > _LONGEST_S:
            raise RuntimeError("the day's work was not done two days later")
    return backend.day
