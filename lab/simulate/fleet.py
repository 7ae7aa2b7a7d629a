"""One service's workers and the machines that they run on, as they come up, work and go."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from lab.simulate.arrivals import Upload

_PROTECTED_AFTER_S: Final = 20.0
"""As in gpu_worker/service/protection.py."""

_MACHINES_REST_MINUTES: Final = 15
"""ECS ends a machine that was not needed for so long, and half of all at most at a time."""

_FIRST_MACHINES: Final = 2
"""From none, ECS orders two machines even for one task (github.com/aws/containers-roadmap/issues/1716)."""


@dataclass(frozen=True, slots=True)
class StartTimes:
    """How long things take to come up, in seconds. All are assumptions but the first.

    Attributes:
        metric_s: from what is true to an alarm that knows.
        order_s: from a task without a machine to a machine that is ordered; 0 where there are no machines.
        boot_s: from the order to a machine that pulls the image.
        pull_s: from there to a container that starts, or all of it where there are no machines.
        load_s: from there to a worker that asks for a job.
    """

    metric_s: float = 60
    order_s: float = 60
    boot_s: float = 100
    pull_s: float = 90
    load_s: float = 15

    @property
    def has_machines(self) -> bool:
        """Whether tasks need machines that ECS orders for them."""
        return self.order_s > 0


GPU: Final = StartTimes()
FARGATE: Final = StartTimes(order_s=0, boot_s=0, pull_s=75, load_s=10)


@dataclass(slots=True, eq=False)
class Machine:
    """A machine that is paid for."""

    ready_at: float
    has_image: bool = False
    worker: "Worker | None" = None


@dataclass(slots=True, eq=False)
class Worker:
    """A task, from the moment that it is meant to be.

    Attributes:
        ready_at: when it can take a job; None while it has no machine.
        upload: what it reads.
        began: when it began to.
        ends: when it will have.
    """

    ready_at: float | None = None
    upload: Upload | None = None
    began: float = 0.0
    ends: float = 0.0

    def is_up(self, now: float) -> bool:
        """Whether it runs."""
        return self.ready_at is not None and self.ready_at <= now

    def may_be_ended(self, now: float) -> bool:
        """Whether ECS ends it when there are too many."""
        return self.upload is None or now - self.began < _PROTECTED_AFTER_S


@dataclass(slots=True)
class Fleet:
    """A service on one kind of capacity.

    Attributes:
        times: how long things take.
        most: the most machines.
        available: whether capacity can be had at a time.
        meant: how many workers are meant to be.
        workers: those that are, or come up.
        machines: what is paid for; empty where tasks are paid for themselves.
        paid_s: seconds paid for so far.
    """

    times: StartTimes
    most: int
    available: Callable[[float], bool]
    meant: int = 0
    workers: list[Worker] = field(default_factory=list)
    machines: list[Machine] = field(default_factory=list)
    paid_s: float = 0.0
    _short_since: float | None = None
    _spare_minutes: int = 0

    def up(self, now: float) -> list[Worker]:
        """Workers that run."""
        return [worker for worker in self.workers if worker.is_up(now)]

    def reconcile(self, now: float) -> list[Upload]:
        """Bring as many workers as are meant to be on their way, and end what is too many.

        Returns:
            What those that were ended had in hand.
        """
        self.workers += [Worker() for _ in range(self.meant - len(self.workers))]
        given_back = []
        spare = sorted(self.workers, key=lambda one: (one.upload is not None, one.is_up(now)))
        for worker in spare[: max(0, len(self.workers) - self.meant)]:
            if worker.may_be_ended(now):
                given_back += self.remove(worker)
        self._place(now)
        return given_back

    def remove(self, worker: Worker) -> list[Upload]:
        """End a worker; returns what it had in hand."""
        self.workers.remove(worker)
        for machine in self.machines:
            if machine.worker is worker:
                machine.worker = None
        return [worker.upload] if worker.upload else []

    def lose(self, machine: Machine) -> list[Upload]:
        """Have a machine taken away; returns what its worker had in hand."""
        self.machines.remove(machine)
        return self.remove(machine.worker) if machine.worker else []

    def pay(self, seconds: float) -> None:
        """Let time go by."""
        paid = len(self.machines) if self.times.has_machines else sum(w.ready_at is not None for w in self.workers)
        self.paid_s += paid * seconds

    def order_machines(self, now: float) -> None:
        """What ECS's managed scaling does once a minute."""
        if not self.times.has_machines:
            return
        needed = len(self.workers)
        have = len(self.machines)
        if needed > have:
            self._spare_minutes = 0
            self._short_since = now if self._short_since is None else self._short_since
            if now - self._short_since >= self.times.order_s and self.available(now):
                wanted = max(needed, _FIRST_MACHINES) if have == 0 else needed
                self.machines += [Machine(now + self.times.boot_s) for _ in range(min(wanted, self.most) - have)]
                self._short_since = None
            return
        self._short_since = None
        self._spare_minutes = self._spare_minutes + 1 if have > needed else 0
        if self._spare_minutes > _MACHINES_REST_MINUTES:
            for machine in [one for one in self.machines if one.worker is None][: max(1, have // 2)]:
                self.machines.remove(machine)

    def _place(self, now: float) -> None:
        times = self.times
        for worker in self.workers:
            if worker.ready_at is not None:
                continue
            if not times.has_machines:
                if self.available(now):
                    worker.ready_at = now + times.pull_s + times.load_s
                continue
            machine = next((one for one in self.machines if one.worker is None and one.ready_at <= now), None)
            if machine is None:
                return
            machine.worker = worker
            worker.ready_at = now + (0 if machine.has_image else times.pull_s) + times.load_s
            machine.has_image = True
