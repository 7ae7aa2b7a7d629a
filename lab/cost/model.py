"""From a workload and an environment's settings to the lines of a month's bill."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import Final

from infra.environments import Environment
from infra.worker_sizes import CPUS, DISK_GIB, DISK_MIB_PER_S, FARGATE_MEMORY_MIB
from lab.cost.installed import Installed
from lab.cost.prices import PriceTable
from lab.cost.workload import HOURS_A_MONTH, SECONDS_A_MONTH, Workload

_MILLION: Final = 1e6
_INCLUDED_MB_PER_S: Final = 125
"""Of a gp3 volume's throughput, what its price includes."""

_IMAGES_GB: Final = 8.0
"""Two worker images of some 4 GB, compressed: the one in use and the one before."""

_LEAST_ACUS: Final = 0.5
"""What a database that is awake and has little to do takes."""

_COLD_STARTS: Final = 0.01
"""Share of requests that find no function that is up."""

_CUSTOM_METRICS: Final = 25
"""What functions and workers report of themselves; paid for by the hour in which they do."""

_MEMORY_GB: Final = 1.0
_QUEUE_CALLS_PER_UPLOAD: Final = 10
_POLLS_PER_WORKER_HOUR: Final = 180
_PUTS_PER_PASSAGE: Final = 2
_EVENTS_PER_PASSAGE: Final = 1
_METRICS_PER_LOOK: Final = 5
"""What is asked before each scheduled run: the API's requests, and two metrics of each of two queues."""

_LOOK_S: Final = 0.3
_LOOK_GB: Final = 0.25
_SWEEPS_PER_HOUR: Final = 60 + 12 + 12 + 60
"""Where something has happened: the outbox and webhooks each minute, exports and retention every five."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the bill.

    Attributes:
        part: what of the backend it is for.
        driver: what it is paid for.
        quantity: how much of it in the month, in units of the price.
        unit: that unit.
        usd: US dollars.
    """

    part: str
    driver: str
    quantity: float
    unit: str
    usd: float


@dataclass(frozen=True, slots=True)
class Bill:
    """What a month costs."""

    lines: tuple[Line, ...]

    @property
    def usd(self) -> float:
        """All lines together."""
        return sum(line.usd for line in self.lines)

    def of(self, part: str) -> float:
        """US dollars of one part."""
        return sum(line.usd for line in self.lines if line.part == part)

    @property
    def parts(self) -> list[str]:
        """The parts, in order."""
        return list(dict.fromkeys(line.part for line in self.lines))


class CostModel:
    """Prices, settings and what is installed; it makes a bill of a workload."""

    def __init__(
        self, prices: PriceTable, environment: Environment, installed: Installed, *, free_tier: bool = True
    ) -> None:
        """Set it up.

        Args:
            prices: of the region.
            environment: the deployment's decisions.
            installed: what stands there in any case.
            free_tier: whether the account has what is always free to itself.
        """
        self._prices = prices.prices
        self._environment = environment
        self._installed = installed
        self._free = free_tier

    def bill(self, workload: Workload) -> Bill:
        """Say what a month costs."""
        lines = (
            *self._workers(workload),
            *self._streams(workload),
            *self._database(workload),
            *self._storage(workload),
            *self._functions(workload),
            *self._messages(workload),
            *self._watching(workload),
            *self._standing(),
        )
        return Bill(lines)

    def worker_hours(self, workload: Workload) -> float:
        """Hours of all workers together."""
        habits, speed = workload.habits, workload.throughput
        rest = self._environment.scaling.rest_minutes
        if self._environment.worker == "gpu":
            return workload.worker_hours(speed.gpu_frames_per_s, start_minutes=habits.start_minutes, rest_minutes=rest)
        return workload.worker_hours(speed.cpu_frames_per_s, start_minutes=habits.cpu_start_minutes, rest_minutes=rest)

    def stream_tasks(self, workload: Workload) -> int:
        """Processes that read live streams."""
        return ceil(workload.cameras / self._environment.stream_cameras)

    def _awake_hours(self, workload: Workload) -> float:
        return workload.awake_hours(
            min(self.worker_hours(workload), HOURS_A_MONTH),
            quiet_minutes=self._environment.quiet_minutes,
            pause_minutes=self._environment.database_pause_minutes,
        )

    def _line(self, part: str, driver: str, price: str, quantity: float, *, share: float = 1.0) -> Line:
        """A line at a share of the list price."""
        listed = self._prices[price]
        return Line(part, driver, quantity, listed.unit, listed.of(quantity, free=self._free) * share)

    def _workers(self, workload: Workload) -> Iterator[Line]:
        part = "Workers"
        hours = self.worker_hours(workload)
        spot = hours * workload.habits.spot_share
        cheap = 1 - workload.habits.spot_discount
        if self._environment.worker == "gpu":
            kind = self._environment.worker_instances[0]
            yield self._line(part, f"{kind}, spot", f"ec2.{kind}", spot, share=cheap)
            yield self._line(part, f"{kind}, on demand", f"ec2.{kind}", hours - spot)
            months = hours / HOURS_A_MONTH
            yield self._line(part, "their disks", "ebs.gp3", months * DISK_GIB)
            faster = DISK_MIB_PER_S - _INCLUDED_MB_PER_S
            yield self._line(part, "their disks' throughput", "ebs.gp3.throughput", months * faster)
        else:
            memory = FARGATE_MEMORY_MIB / 1024
            for name, share_of_hours, share in (("spot", spot, cheap), ("on demand", hours - spot, 1.0)):
                yield self._line(part, f"processors, {name}", "fargate.vcpu", share_of_hours * CPUS, share=share)
                yield self._line(part, f"memory, {name}", "fargate.memory", share_of_hours * memory, share=share)
        yield self._line(part, "public addresses", "ipv4", hours)
        yield self._line(part, "images", "ecr.storage", _IMAGES_GB)

    def _streams(self, workload: Workload) -> Iterator[Line]:
        part = "Live streams"
        hours = self.stream_tasks(workload) * HOURS_A_MONTH
        yield self._line(part, "processors", "fargate.vcpu", hours * CPUS)
        yield self._line(part, "memory", "fargate.memory", hours * FARGATE_MEMORY_MIB / 1024)
        yield self._line(part, "streams' addresses", "ipv4", hours)

    def _database(self, workload: Workload) -> Iterator[Line]:
        part = "Database"
        environment, habits = self._environment, workload.habits
        awake = self._awake_hours(workload)
        rate = workload.passages / SECONDS_A_MONTH
        acus = min(_LEAST_ACUS + rate * habits.acus_per_passage_a_second, environment.database_max_acus)
        instances = 2 if environment.database_standby else 1
        kept = workload.passages * habits.database_kb_per_passage / 1e6 * environment.event_days / 30
        yield self._line(part, "capacity", "aurora.capacity", awake * acus * instances)
        yield self._line(part, "storage", "aurora.storage", kept)
        io = workload.passages * habits.database_ios_per_passage / _MILLION
        yield self._line(part, "storage requests", "aurora.requests", io)
        # As much as the database holds is free; changes of two weeks come to about as much again.
        yield self._line(part, "backups", "aurora.backup", kept)

    def _storage(self, workload: Workload) -> Iterator[Line]:
        part = "Footage and evidence"
        environment, footage = self._environment, workload.footage
        again = environment.undelete_days
        sources = workload.video_hours * footage.gb_per_hour * (environment.upload_days + again) / 30
        hours = workload.video_hours + workload.watched_hours
        evidence = hours * footage.evidence_gb_per_hour * (environment.evidence_days + again) / 30
        puts = (workload.uploads + workload.passages * _PUTS_PER_PASSAGE) / _MILLION
        seen = workload.passages * workload.habits.viewed
        yield self._line(part, "footage, kept", "s3.storage", sources)
        yield self._line(part, "crops and frames, kept", "s3.storage", evidence)
        yield self._line(part, "writing", "s3.put", puts)
        yield self._line(part, "reading", "s3.get", (workload.uploads * 2 + seen * 2) / _MILLION)
        yield self._line(part, "pictures looked at", "transfer.out", seen * (footage.crop_kb + footage.frame_kb) / 1e6)

    def _functions(self, workload: Workload) -> Iterator[Line]:
        part = "API and functions"
        requests = workload.requests
        # A passage's event is relayed by the worker itself; an upload's is booked, a hit is told of and sent.
        background = workload.uploads + 2 * workload.passages * workload.footage.hits_per_passage
        looks = self._installed.runs_a_month
        runs = looks + self._awake_hours(workload) * _SWEEPS_PER_HOUR
        calls = requests + background + runs - looks
        seconds = calls * workload.habits.seconds_per_request * _MEMORY_GB + looks * _LOOK_S * _LOOK_GB
        yield self._line(part, "API requests", "apigateway.http", requests / _MILLION)
        yield self._line(part, "function calls", "lambda.requests", (requests + background + runs) / _MILLION)
        yield self._line(part, "functions' time", "lambda.duration", seconds)
        if self._environment.snap_start:
            yield self._line(part, "snapshots, kept", "lambda.snapshot", self._installed.snapshot_gb * SECONDS_A_MONTH)
            yield self._line(part, "snapshots, used", "lambda.restore", requests * _COLD_STARTS * _MEMORY_GB)

    def _messages(self, workload: Workload) -> Iterator[Line]:
        part = "Messages"
        hits = workload.passages * workload.footage.hits_per_passage
        calls = workload.uploads * _QUEUE_CALLS_PER_UPLOAD + hits * 6
        polls = self.worker_hours(workload) * _POLLS_PER_WORKER_HOUR
        # Two functions' pollers ask all the time, five of them, each for twenty seconds.
        standing = 2 * 5 * SECONDS_A_MONTH / 20
        yield self._line(part, "queues' requests", "sqs.requests", (calls + polls + standing) / _MILLION)
        yield self._line(
            part,
            "events",
            "eventbridge.events",
            (workload.uploads + workload.passages * _EVENTS_PER_PASSAGE + hits) / _MILLION,
        )
        yield self._line(part, "e-mails", "sns.email", hits)

    def _watching(self, workload: Workload) -> Iterator[Line]:
        part = "Watching"
        active = self.worker_hours(workload)
        logs = (
            workload.requests * workload.habits.log_kb_per_request + self._installed.runs_a_month * 1.0 + active * 500
        ) / 1e6
        yield self._line(part, "logs", "cloudwatch.logs", logs)
        yield self._line(part, "own metrics", "cloudwatch.metric", _CUSTOM_METRICS * min(1.0, active / HOURS_A_MONTH))
        yield self._line(part, "alarms", "cloudwatch.alarm", self._installed.alarm_metrics)
        yield self._line(part, "dashboards", "cloudwatch.dashboard", self._installed.dashboards)
        if self._environment.tracing:
            yield self._line(part, "traces", "xray.traces", workload.requests * workload.habits.traced / _MILLION)

    def _standing(self) -> Iterator[Line]:
        part = "Standing"
        yield self._line(part, "secrets", "secrets.secret", self._installed.secrets)
        yield self._line(part, "own keys", "kms.key", self._installed.keys)
        yield self._line(
            part,
            "asking whether something happened",
            "cloudwatch.read",
            self._installed.runs_a_month * _METRICS_PER_LOOK / _MILLION,
        )
