"""A day of uploads: a curve with two peaks, and somebody who sends a week's recordings at once."""

import math
import random
from dataclasses import dataclass
from typing import Final

DAY_S: Final = 24 * 3600
_BURST_S: Final = 300
_LONGEST_MINUTES: Final = 60.0
# Uploads by the hour of the day, as parts of the whole: little at night, most when people drive to work and back.
_CURVE: Final = (1, 1, 0, 0, 1, 3, 8, 14, 12, 8, 6, 6, 7, 6, 6, 8, 12, 14, 10, 6, 4, 3, 2, 2)


@dataclass(frozen=True, slots=True)
class Upload:
    """A clip that arrived.

    Attributes:
        at_s: seconds since midnight.
        footage_s: its length, in seconds.
    """

    at_s: float
    footage_s: float


@dataclass(frozen=True, slots=True)
class Demand:
    """What a day brings.

    Attributes:
        uploads: clips that follow the curve.
        minutes: their mean length.
        spread: standard deviation of the logarithm of their length.
        burst: clips that come within five minutes, beside those.
        burst_hour: when they come.
    """

    uploads: int
    minutes: float
    spread: float = 0.6
    burst: int = 0
    burst_hour: float = 13.0

    @property
    def footage_hours(self) -> float:
        """Hours of footage that are to be expected."""
        return (self.uploads + self.burst) * self.minutes / 60


def day_of(demand: Demand, seed: int) -> list[Upload]:
    """Draw a day, in order of arrival. The same seed draws the same day."""
    chance = random.Random(seed)  # noqa: S311 - a simulation
    hours = chance.choices(range(24), weights=_CURVE, k=demand.uploads)
    times = [(hour + chance.random()) * 3600 for hour in hours]
    times += [demand.burst_hour * 3600 + chance.random() * _BURST_S for _ in range(demand.burst)]
    # The mean of a lognormal is exp(mu + sigma²/2).
    mu = math.log(demand.minutes) - demand.spread**2 / 2
    return sorted(
        (Upload(at, 60 * min(chance.lognormvariate(mu, demand.spread), _LONGEST_MINUTES)) for at in times),
        key=lambda upload: upload.at_s,
    )
