"""Rules for how many workers there are: this project's, and the usual one that it is compared with."""

import math
from collections import deque
from dataclasses import dataclass
from typing import Final, Protocol

from infra.scaling import ScalingPolicy, capacity

_LATE_MINUTES: Final = 3
_LAG_MINUTES: Final = 2


@dataclass(frozen=True, slots=True)
class Sample:
    """What CloudWatch has of one minute.

    Attributes:
        waiting: messages that nobody has.
        running: messages that a worker has.
        oldest_s: age of the oldest of both.
        spot: workers that run on spot capacity.
        fallback: workers that run on demand.
    """

    waiting: int
    running: int
    oldest_s: float
    spot: int
    fallback: int


@dataclass(frozen=True, slots=True)
class Wish:
    """How many workers are meant to be; None leaves it as it is."""

    spot: int | None = None
    fallback: int | None = None


class Rule(Protocol):
    """Decides once a minute."""

    def decide(self, sample: Sample, meant: int) -> Wish:
        """Say how many workers there should be.

        Args:
            sample: the newest minute.
            meant: how many are meant to be on spot capacity so far.
        """


class BacklogRule:
    """The alarms and steps of the worker stack, with the numbers of its policy."""

    def __init__(self, policy: ScalingPolicy) -> None:
        self._policy = policy
        self._without_work = self._late = 0
        self._enough: deque[bool] = deque(maxlen=policy.stay_minutes + _LAG_MINUTES)

    def decide(self, sample: Sample, meant: int) -> Wish:
        policy = self._policy
        wanted = policy.wanted(sample.waiting, sample.running)
        missing = policy.missing(sample.waiting, sample.running, workers=sample.spot)
        late = policy.late(sample.waiting, sample.running, oldest_s=sample.oldest_s, workers=sample.spot)
        self._without_work = 0 if wanted else self._without_work + 1
        self._enough.append(not missing)
        self._late = self._late + 1 if late else 0
        spot = fallback = None
        if wanted:
            spot = capacity(wanted, policy.most)
        elif self._without_work >= policy.rest_minutes:
            spot = 0
        if self._late >= _LATE_MINUTES:
            fallback = capacity(late, policy.most_fallback)
        elif sum(self._enough) >= policy.stay_minutes:
            fallback = 0
        return Wish(spot, fallback)


class TargetTrackingRule:
    """Waiting messages a running worker, held at a target by proportion: what AWS's guides do for queues.

    Three minutes above the target scale out, fifteen below nine tenths of it scale in; a further step leads from none
    to one. It has no workers on demand.
    """

    def __init__(self, policy: ScalingPolicy) -> None:
        self._policy = policy
        self._loads: deque[float] = deque(maxlen=15)

    def decide(self, sample: Sample, meant: int) -> Wish:
        if meant == 0:
            self._loads.clear()
            return Wish(1 if sample.waiting else None, 0)
        target = self._policy.jobs_per_worker
        load = sample.waiting / max(sample.spot, 1)
        self._loads.append(load)
        if len(self._loads) >= 3 and min(list(self._loads)[-3:]) > target:
            return Wish(min(math.ceil(meant * load / target), self._policy.most), 0)
        if len(self._loads) == 15 and max(self._loads) < 0.9 * target:
            self._loads.clear()
            return Wish(math.floor(meant * load / target) if sample.running == 0 else max(1, meant - 1), 0)
        return Wish(None, 0)
