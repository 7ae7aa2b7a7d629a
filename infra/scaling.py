"""How many workers there are for how much work: the numbers that the worker stack and its simulation share.

The rule is the queue's alone: it asks how many messages there are, never how many workers run. A worker with a GPU
takes minutes to come up, and a rule that looks at the workers orders too many meanwhile. docs/scaling.md argues the
numbers.
"""

import math
from dataclasses import dataclass
from typing import Final

_MOST_STEPS: Final = 20
"""The most steps that a step scaling policy may have."""


@dataclass(frozen=True, slots=True)
class ScalingPolicy:
    """When workers come and go.

    Attributes:
        most: the most workers on spot capacity; zero is always the fewest.
        most_fallback: the most workers on demand, beside those.
        jobs_per_worker: how many jobs, waiting or running, one worker is there for.
        patience_minutes: how long the oldest job may have waited before workers on demand come in.
        rest_minutes: how long there must be no work for the last worker to go.
    """

    most: int
    most_fallback: int
    jobs_per_worker: int = 10
    patience_minutes: int = 15
    rest_minutes: int = 10

    @property
    def stay_minutes(self) -> int:
        """How long spot capacity must be enough for workers on demand to go: it would be no gain to call them again."""
        return 2 * self.rest_minutes

    def __post_init__(self) -> None:
        """Refuse what would never scale, or never rest."""
        for name in ("most", "most_fallback", "jobs_per_worker", "patience_minutes", "rest_minutes"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more")

    def wanted(self, waiting: int, running: int) -> int:
        """How many workers this much work is worth, whatever the limits.

        Never fewer than have a job: a service must not have more protected tasks than it is meant to have.

        Args:
            waiting: messages that no worker has taken.
            running: messages that one has.
        """
        return math.ceil(max(running, (waiting + running) / self.jobs_per_worker))

    def missing(self, waiting: int, running: int, *, workers: int) -> int:
        """How many workers spot capacity owes: none for as long as those on demand have nothing to stay for.

        Args:
            waiting: messages that no worker has taken.
            running: messages that one has.
            workers: workers that run on spot capacity.
        """
        return max(0, self.wanted(waiting, running) - workers)

    def late(self, waiting: int, running: int, *, oldest_s: float, workers: int) -> int:
        """How many workers on demand are called for: what spot capacity owes, once somebody has waited too long.

        Args:
            waiting: messages that no worker has taken.
            running: messages that one has.
            oldest_s: age of the oldest message, in seconds; one that a worker has counts too.
            workers: workers that run on spot capacity.
        """
        if waiting == 0 or oldest_s < self.patience_minutes * 60:
            return 0
        return self.missing(waiting, running, workers=workers)


def rungs(most: int) -> tuple[int, ...]:
    """Numbers of workers that a policy of at most 20 steps can set, the largest last.

    Args:
        most: the largest.
    """
    count = min(most, _MOST_STEPS)
    return tuple(math.ceil(most * step / count) for step in range(1, count + 1))


def capacity(wanted: int, most: int) -> int:
    """The smallest rung that is enough, or the largest; 0 where none is wanted."""
    return 0 if wanted < 1 else next((rung for rung in rungs(most) if rung >= wanted), most)
